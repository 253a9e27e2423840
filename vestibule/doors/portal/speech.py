"""Which language a page of this door is in."""

from typing import Final

from starlette.requests import Request

from vestibule.actions.access import SignedIn
from vestibule.doors.web import language
from vestibule.doors.web.language import Choice
from vestibule.doors.web.words import Words, words
from vestibule.store import organizations
from vestibule.store.sessions import SignInRequest
from vestibule.store.unit import Reading

DOMAIN: Final = "pages"


def of_browser(request: Request, chosen: str) -> Words:
    """By what the browser says alone."""
    return _words(language.for_sign_in(chosen=chosen, accept_language=_accepted(request)))


async def of_portal(
    reading: Reading, request: Request, chosen: str, signed_in: SignedIn | None, tenant_id: str | None
) -> Words:
    """A page of My Account, in the context of an organization or of none."""
    return _words(
        language.for_portal(
            chosen=chosen,
            preferred="" if signed_in is None else signed_in.person.preferred_language or "",
            accept_language=_accepted(request),
            organization=await _of_organization(reading, tenant_id),
        )
    )


async def of_sign_in(reading: Reading, request: Request, chosen: str, flow: SignInRequest) -> Words:
    """A page of a sign-in under way, which an app may have asked for in certain languages."""
    authorize = flow.facts.get("authorize")
    given = authorize.get("given", {}) if isinstance(authorize, dict) else {}
    tenant_id = flow.facts.get("tenant")
    return _words(
        language.for_sign_in(
            chosen=chosen,
            ui_locales=str(given.get("ui_locales", "")),
            accept_language=_accepted(request),
            organization=await _of_organization(reading, str(tenant_id) if tenant_id else None),
        )
    )


async def _of_organization(reading: Reading, tenant_id: str | None) -> str:
    found = None if tenant_id is None else await organizations.find(reading, tenant_id)
    return "" if found is None else found.notification_language


def _accepted(request: Request) -> str:
    return request.headers.get("accept-language", "")


def _words(choice: Choice) -> Words:
    return words(choice.language, DOMAIN, american=choice.american)
