"""Client secrets of an application: add one, which is shown once, and take one away."""

from datetime import datetime, timedelta
from typing import Final

from vestibule.actions import app_credentials
from vestibule.doors.graph.call import NO_CONTENT, Call, Handler, Reply
from vestibule.doors.graph.model.app import ADD_PASSWORD, PASSWORD_CREDENTIAL, REMOVE_PASSWORD
from vestibule.doors.graph.routes.app_finding import APPLICATIONS_AT, application_in, insist_on_app
from vestibule.doors.graph.routes.app_views import password_view
from vestibule.doors.graph.routing import Route
from vestibule.rules.verbs import Verb

LIFE: Final = timedelta(days=730)
"""How long a secret opens when nobody says until when (Graph, *application: addPassword*)."""


async def add_password(call: Call) -> Reply:
    """Give an application another secret; it is in this answer and nowhere else."""
    app = await insist_on_app(call, Verb.CHANGE_APP_CREDENTIALS, await application_in(call))
    given = (await call.action_body(ADD_PASSWORD)).values.get("passwordCredential") or {}
    starts: datetime = given.get("startDateTime") or call.reading.moment.machine
    made = await app_credentials.add_secret(
        call.house,
        tenant_id=call.tenant_id,
        app_id=app.app_id,
        by=call.by,
        starts_at=starts,
        expires_at=given.get("endDateTime") or starts + LIFE,
        display_name=given.get("displayName"),
    )
    values = dict(password_view(made, made.text))
    return call.single("microsoft.graph.passwordCredential", PASSWORD_CREDENTIAL, values)


async def remove_password(call: Call) -> Reply:
    """Take a secret away; it opens nothing from now on."""
    app = await insist_on_app(call, Verb.CHANGE_APP_CREDENTIALS, await application_in(call))
    key_id = (await call.action_body(REMOVE_PASSWORD)).values["keyId"]
    await app_credentials.remove_secret(
        call.house, tenant_id=call.tenant_id, app_id=app.app_id, secret_id=key_id, by=call.by
    )
    return NO_CONTENT


def _of_one(at: str) -> list[Route[Handler]]:
    return [
        Route(
            "POST",
            f"{at}/addPassword",
            add_password,
            verb=Verb.CHANGE_APP_CREDENTIALS,
            body=ADD_PASSWORD,
            summary="Add a client secret",
        ),
        Route(
            "POST",
            f"{at}/removePassword",
            remove_password,
            verb=Verb.CHANGE_APP_CREDENTIALS,
            body=REMOVE_PASSWORD,
            status=204,
            summary="Remove a client secret",
        ),
    ]


ROUTES: Final[list[Route[Handler]]] = [route for at in APPLICATIONS_AT for route in _of_one(at)]
