"""*All identity providers*: where guests are at home besides here, and whether an emailed code is enough."""

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from starlette.responses import Response

from vestibule.actions import emailed_codes, saml_answers
from vestibule.doors.portal.admin import paths
from vestibule.doors.portal.admin.gate import Admin
from vestibule.doors.portal.admin.said import Said, heard, say
from vestibule.doors.web.frame import Problem, View
from vestibule.doors.web.words import N_
from vestibule.ground import public_keys
from vestibule.rules import providers as rules
from vestibule.rules.saml import shown_issuer
from vestibule.rules.verbs import Verb
from vestibule.store import providers
from vestibule.store.providers import IdentityProvider

CHOOSE: Final = N_("Choose one of the options.")


@dataclass(frozen=True, slots=True)
class Row:
    """A provider.

    Attributes:
        saml: it speaks SAML, else OpenID Connect. expires: when the last of its certificates ends; None without one.
        over: that moment has passed.
    """

    provider_id: str
    name: str
    saml: bool
    issuer: str
    domains: tuple[str, ...]
    enabled: bool
    expires: datetime | None
    over: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvidersPage(View):
    """The page.

    Attributes:
        rows: the providers, by name. codes: emailed codes are taken. may_change: by who is signed in.
        entity_id, answers, redirect: how the organization is registered at a provider: for SAML who it is (which is
            also where it describes itself) and where answers go, for OpenID Connect the redirect address.
    """

    template: ClassVar[str] = "portal/admin/providers.html"
    rows: tuple[Row, ...]
    codes: bool
    may_change: bool
    entity_id: str
    answers: str
    redirect: str
    said: Said | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StopCodesPage(View):
    """*Turn off one-time passcodes?*; ``guests`` is how many could no longer sign in."""

    template: ClassVar[str] = "portal/admin/stop_codes.html"
    fragment: ClassVar[str] = "portal/admin/stop_codes_dialog.html"
    guests: int


async def show(admin: Admin) -> Response:
    """The page."""
    return await _page(admin)


async def _page(admin: Admin, *problems: Problem, status: int = 200) -> Response:
    domains = await providers.domains_here(admin.reading, admin.tenant_id)
    found = await providers.everyone(admin.reading, admin.tenant_id)
    house = admin.visit.house
    return admin.visit.page(
        ProvidersPage(
            rows=tuple(row_of(one, domains.get(one.provider_id, []), admin.reading.now) for one in found),
            codes=not admin.organization.refuses_codes,
            may_change=admin.may(Verb.UPDATE_PROVIDER),
            entity_id=saml_answers.entity_id(house, admin.tenant_id),
            answers=house.public_url + saml_answers.ANSWERS,
            redirect=f"{house.public_url}/signin/federated",
            said=heard(admin.visit),
            problems=problems,
        ),
        status,
    )


def row_of(one: IdentityProvider, domains: list[str], now: datetime) -> Row:
    """A provider as a row."""
    expires = max(ends_of(one), default=None)
    return Row(
        provider_id=one.provider_id,
        name=one.display_name,
        saml=one.kind == rules.SAML,
        issuer=shown_issuer(one.issuer),
        domains=tuple(domains),
        enabled=one.enabled,
        expires=expires,
        over=expires is not None and expires <= now,
    )


def ends_of(one: IdentityProvider) -> list[datetime]:
    """When each of a provider's certificates ends."""
    return [public_keys.read_certificate(base64.b64decode(text)).expires_at for text in one.certificates]


async def save(admin: Admin) -> Response:
    """Take emailed codes, or take them no more; that is asked once more."""
    form = await admin.visit.form(verb=Verb.UPDATE_PROVIDER, tenant_id=admin.tenant_id)
    on = {"yes": True, "no": False}.get(form.get("codes", ""))
    if on is None:
        return await _page(admin, Problem(CHOOSE, at="codes"), status=400)
    if not on and not admin.organization.refuses_codes and form.get("confirmed") != "yes":
        return admin.visit.redirect(paths.STOP_CODES)
    await emailed_codes.switch_emailed_codes(admin.visit.house, tenant_id=admin.tenant_id, on=on, by=admin.by)
    say(admin.visit, Said(N_("Saved.")))
    return admin.visit.redirect(paths.PROVIDERS)


async def ask_stop(admin: Admin) -> Response:
    """*Turn off one-time passcodes?*"""
    return admin.visit.page(StopCodesPage(guests=await emailed_codes.count_by_code(admin.reading, admin.tenant_id)))
