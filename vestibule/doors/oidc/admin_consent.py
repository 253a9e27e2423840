"""Where an app sends an administrator to consent for everybody (platform: *admin consent endpoint*).

The question itself is a page of the Admin center. Here the request is looked at, and errors stay on our page: nobody is
sent back to an address that the app did not register.
"""

from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request

from vestibule.doors.oidc.asking import read
from vestibule.doors.oidc.desk import Desk
from vestibule.doors.oidc.errors import repeated

PAGE: Final = "/admin/consent"
_TAKEN: Final = ("client_id", "redirect_uri", "scope", "state")


async def begin(desk: Desk, request: Request, word: str) -> str:
    """The address of the question.

    Raises:
        ProtocolError: for the person, on a page of ours.
    """
    given: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name in given:
            raise repeated(name)
        given[name] = value
    asking = await read(await desk.house.store.read(), word, given)
    wanted = {name: given[name] for name in _TAKEN if given.get(name)}
    tenant = {"tenant": asking.where.tenant_id} if asking.where.tenant_id else {}
    return f"{PAGE}?{urlencode({**tenant, **wanted})}"
