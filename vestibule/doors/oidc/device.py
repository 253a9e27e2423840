"""The device authorization endpoint (RFC 8628, section 3.1)."""

from typing import Any, Final

from starlette.requests import Request

from vestibule.actions import device_signing_in
from vestibule.doors.oidc import wanted_claims
from vestibule.doors.oidc.clients import Client, authenticate, insist_proven
from vestibule.doors.oidc.desk import Desk, find_authority, form, needed
from vestibule.doors.oidc.errors import of_refusal
from vestibule.doors.web.visits import network_of
from vestibule.rules.refusals import Refused

PAGE: Final = "/signin/device"


async def begin(desk: Desk, request: Request, word: str) -> tuple[Client, dict[str, Any]]:
    """Answer a device: what it asks with, and what it shows.

    Raises:
        ProtocolError: whatever is wrong with the request, in OAuth's words.
    """
    given = await form(request)
    reading = await desk.house.store.read()
    authority = await find_authority(reading, word)
    client = await authenticate(desk, reading, request, given, authority)
    if not client.proven:
        insist_proven(client)
    wanted_claims.read(given.get("claims"))
    (scope,) = needed(given, "scope")
    try:
        begun = await device_signing_in.begin(
            desk.house, client.app, authority.where, scope=scope, network=network_of(request)
        )
    except Refused as refused:
        raise of_refusal(refused) from refused
    address = f"{desk.house.public_url}{PAGE}"
    return client, {
        "device_code": begun.device_code,
        "user_code": begun.user_code,
        "verification_uri": address,
        "expires_in": begun.expires_in,
        "interval": begun.interval,
        "message": f"To sign in, open {address} in a browser and enter the code {begun.user_code}.",
    }
