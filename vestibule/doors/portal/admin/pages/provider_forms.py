"""Adding an identity provider, changing, disabling and deleting it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Final

from starlette.responses import Response

from vestibule.actions import providers as acting
from vestibule.actions import saml_providers
from vestibule.actions.providers import Changes, NewProvider
from vestibule.actions.saml_providers import NewSamlProvider, SamlChanges
from vestibule.doors.portal.admin import paths
from vestibule.doors.portal.admin.gate import Admin
from vestibule.doors.portal.admin.pages.providers import Row, ends_of, row_of
from vestibule.doors.portal.admin.said import Said, heard, say
from vestibule.doors.web.frame import Problem, View
from vestibule.doors.web.words import N_
from vestibule.rules import providers as rules
from vestibule.rules.filters import Compare, Op
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.saml import LONGEST_CERTIFICATE, PERSISTENT, UNSPECIFIED
from vestibule.rules.verbs import Verb
from vestibule.store import providers, user_leads, user_rows
from vestibule.store.providers import IdentityProvider

OIDC, SAML = rules.OIDC, rules.SAML
_FIELDS: Final = {
    OIDC: ("name", "metadata", "client_id", "secret", "domains"),
    SAML: ("name", "metadata", "entity_id", "sign_in_url", "certificates", "attribute", "domains", "names"),
}
_AT: Final = {
    "displayName": "name",
    "metadataUrl": "metadata",
    "metadataExchangeUri": "metadata",
    "clientId": "client_id",
    "clientSecret": "secret",
    "issuerUri": "entity_id",
    "passiveSignInUri": "sign_in_url",
    "signingCertificate": "certificates",
    "domains": "domains",
}
_WRONG: Final = {
    "name": N_("Enter a name of at most 256 characters."),
    "metadata": N_("Enter the https address of the provider's metadata."),
    "client_id": N_("Enter the client ID that the provider knows your organization by."),
    "secret": N_("Enter the client secret."),
    "entity_id": N_("Enter the provider's entity ID, or the address of its metadata."),
    "sign_in_url": N_("Enter the https address where the provider signs people in."),
    "certificates": N_("Enter a certificate that has not ended, in PEM."),
    "attribute": N_("Enter the name of one attribute."),
    "domains": N_("Enter domains, one per line. A domain that has an organization here can't be one of them."),
}
_TAKEN: Final = {
    "domains": N_("Another provider is responsible for one of these domains."),
    "metadata": N_("This provider is there already."),
    "entity_id": N_("This provider is there already."),
}
_AWAY: Final = N_("The provider's metadata can't be reached. Nothing was saved.")
_UNFIT: Final = N_("The provider's metadata don't fit: {why}")
_BETWEEN_CERTIFICATES: Final = "-----END CERTIFICATE-----"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderPage(View):
    """The form.

    Attributes:
        kind: ``oidc`` or ``saml``. typed: by field, as it is or was typed. row: the provider, None for a new one.
        certificates: of the provider, with the moment each ends. may_change: by who is signed in.
    """

    template: ClassVar[str] = "portal/admin/provider.html"
    kind: str
    typed: Mapping[str, str]
    row: Row | None = None
    ends: tuple[datetime, ...] = ()
    may_change: bool = True
    said: Said | None = None
    formats: tuple[str, ...] = field(default=(PERSISTENT, UNSPECIFIED))


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteProviderPage(View):
    """*Delete {name}?*; ``guests`` come from it and can't sign in any more."""

    template: ClassVar[str] = "portal/admin/delete_provider.html"
    fragment: ClassVar[str] = "portal/admin/delete_provider_dialog.html"
    provider_id: str
    name: str
    guests: int


# --- A new one --------------------------------------------------------------------------------------------------------


async def add_oidc(admin: Admin) -> Response:
    """The empty form for one that speaks OpenID Connect."""
    return _form(admin, OIDC, {})


async def add_saml(admin: Admin) -> Response:
    """The empty form for one that speaks SAML."""
    return _form(admin, SAML, {"names": PERSISTENT})


async def create_oidc(admin: Admin) -> Response:
    """Add one that speaks OpenID Connect."""
    typed = await _typed(admin, OIDC, Verb.CREATE_PROVIDER)
    new = NewProvider(
        typed["name"], typed["metadata"], typed["client_id"], typed["secret"], domains=_lines(typed["domains"])
    )
    try:
        await acting.create_provider(admin.visit.house, new, tenant_id=admin.tenant_id, by=admin.by)
    except Refused as refused:
        return _form(admin, OIDC, typed, _problem(refused))
    return _done(admin, N_("{name} was added."), typed["name"])


async def create_saml(admin: Admin) -> Response:
    """Add one that speaks SAML."""
    typed = await _typed(admin, SAML, Verb.CREATE_PROVIDER)
    try:
        new = _new_saml(typed)
        await saml_providers.create_saml_provider(admin.visit.house, new, tenant_id=admin.tenant_id, by=admin.by)
    except Refused as refused:
        return _form(admin, SAML, typed, _problem(refused))
    return _done(admin, N_("{name} was added."), typed["name"])


def _new_saml(typed: Mapping[str, str]) -> NewSamlProvider:
    return NewSamlProvider(
        typed["name"],
        entity_id=typed["entity_id"] or None,
        sign_in_url=typed["sign_in_url"] or None,
        certificates=_certificates(typed["certificates"]),
        metadata_url=typed["metadata"] or None,
        name_id_format=typed["names"] if typed["names"] in {PERSISTENT, UNSPECIFIED} else PERSISTENT,
        email_attribute=typed["attribute"] or None,
        domains=_lines(typed["domains"]),
    )


# --- One that is there ------------------------------------------------------------------------------------------------


async def show(admin: Admin) -> Response:
    """A provider, to be changed."""
    found = await _find(admin)
    domains = await providers.domains_of(admin.reading, admin.tenant_id, found.provider_id)
    return await _edit(admin, found, _as_is(found, domains))


async def save(admin: Admin) -> Response:
    """Change a provider."""
    found = await _find(admin)
    typed = await _typed(admin, found.kind, Verb.UPDATE_PROVIDER)
    try:
        await _save(admin, found, typed)
    except Refused as refused:
        return await _edit(admin, found, typed, _problem(refused))
    say(admin.visit, Said(N_("Saved.")))
    return admin.visit.redirect(paths.provider(found.provider_id))


async def _save(admin: Admin, found: IdentityProvider, typed: Mapping[str, str]) -> None:
    house, domains = admin.visit.house, _lines(typed["domains"])
    if found.kind == OIDC:
        changes = Changes(typed["name"], client_id=typed["client_id"], domains=domains)
        if typed["secret"]:
            changes = Changes(typed["name"], typed["client_id"], typed["secret"], domains)
        here = {"tenant_id": admin.tenant_id, "provider_id": found.provider_id}
        await acting.update_provider(house, changes, **here, by=admin.by)
        return
    certificates = _certificates(typed["certificates"])
    saml = SamlChanges(
        display_name=typed["name"],
        sign_in_url=typed["sign_in_url"] if typed["sign_in_url"] != found.authorization_endpoint else None,
        certificates=certificates or None,
        metadata_url=typed["metadata"] or None,
        email_attribute=typed["attribute"],
        domains=domains,
    )
    await saml_providers.update_saml_provider(house, saml, provider=found, by=admin.by)


async def switch(admin: Admin) -> Response:
    """Let people come from it, or nobody."""
    form = await admin.visit.form(verb=Verb.UPDATE_PROVIDER, tenant_id=admin.tenant_id)
    found = await _find(admin)
    on = form.get("enabled") == "yes"
    here = {"tenant_id": admin.tenant_id, "provider_id": found.provider_id}
    await acting.update_provider(admin.visit.house, Changes(enabled=on), **here, by=admin.by)
    sentence = N_("{name} was enabled.") if on else N_("{name} was disabled.")
    names = {"name": found.display_name}
    back = {"enabled": "no" if on else "yes"}
    say(admin.visit, Said(sentence, names, undo=f"{paths.provider(found.provider_id)}/switch", fields=back))
    return admin.visit.redirect(paths.provider(found.provider_id))


async def ask_delete(admin: Admin) -> Response:
    """*Delete {name}?*"""
    found = await _find(admin)
    come_from = Compare(user_leads.PROVIDER, Op.EQ, found.issuer)
    guests = await user_rows.count(admin.reading, admin.tenant_id, come_from)
    return admin.visit.page(DeleteProviderPage(provider_id=found.provider_id, name=found.display_name, guests=guests))


async def delete(admin: Admin) -> Response:
    """Let nobody be at home there any more."""
    await admin.visit.form(verb=Verb.DELETE_PROVIDER, tenant_id=admin.tenant_id)
    found = await _find(admin)
    here = {"tenant_id": admin.tenant_id, "provider_id": found.provider_id}
    await acting.delete_provider(admin.visit.house, **here, by=admin.by)
    return _done(admin, N_("{name} was deleted."), found.display_name)


# --- Inside -----------------------------------------------------------------------------------------------------------


async def _find(admin: Admin) -> IdentityProvider:
    provider_id = admin.visit.captured("id").lower()
    found = await providers.find(admin.reading, admin.tenant_id, provider_id)
    if found is None:
        raise Refused(Reason.NOT_FOUND, objectId=provider_id)
    return found


async def _typed(admin: Admin, kind: str, verb: Verb) -> dict[str, str]:
    form = await admin.visit.form(verb=verb, tenant_id=admin.tenant_id)
    return {name: form.get(name, "").replace("\r\n", "\n").strip() for name in _FIELDS[kind]}


def _as_is(found: IdentityProvider, domains: list[str]) -> dict[str, str]:
    common = {"name": found.display_name, "domains": "\n".join(domains)}
    if found.kind == OIDC:
        return common | {"metadata": rules.metadata_url(found.issuer), "client_id": found.client_id}
    return common | {
        "metadata": "",  # typed again, it is read again
        "sign_in_url": found.authorization_endpoint,
        "attribute": found.email_attribute or "",
        "names": found.name_id_format or PERSISTENT,
    }


def _form(admin: Admin, kind: str, typed: Mapping[str, str], *problems: Problem) -> Response:
    page = ProviderPage(
        kind=kind, typed=_all(kind, typed), may_change=admin.may(Verb.CREATE_PROVIDER), problems=problems
    )
    return admin.visit.page(page, 400 if problems else 200)


async def _edit(admin: Admin, found: IdentityProvider, typed: Mapping[str, str], *problems: Problem) -> Response:
    await admin.visit.fresh()
    domains = await providers.domains_of(admin.reading, admin.tenant_id, found.provider_id)
    page = ProviderPage(
        kind=found.kind,
        typed=_all(found.kind, typed),
        row=row_of(found, domains, admin.reading.now),
        ends=tuple(sorted(ends_of(found))),
        may_change=admin.may(Verb.UPDATE_PROVIDER),
        said=heard(admin.visit),
        problems=problems,
    )
    return admin.visit.page(page, 400 if problems else 200)


def _all(kind: str, typed: Mapping[str, str]) -> dict[str, str]:
    return {**dict.fromkeys(_FIELDS[kind], ""), **typed}


def _done(admin: Admin, sentence: str, name: str) -> Response:
    say(admin.visit, Said(sentence, {"name": name}))
    return admin.visit.redirect(paths.PROVIDERS)


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.split("\n") if line.strip())


def _certificates(text: str) -> tuple[str, ...]:
    """Each certificate of a text with several in PEM, or the one in it."""
    if len(text) > 8 * LONGEST_CERTIFICATE:
        raise Refused(Reason.BAD_VALUE, property="signingCertificate")
    if _BETWEEN_CERTIFICATES not in text:
        return (text,) if text else ()
    parts = [part.strip() for part in text.split(_BETWEEN_CERTIFICATES)]
    return tuple(f"{part}\n{_BETWEEN_CERTIFICATES}\n" for part in parts if part)


def _problem(refused: Refused) -> Problem:
    """What was wrong, at its field. Raises what is wrong with no field."""
    at = _AT.get(str(refused.facts.get("property") or ""), "")
    match refused.reason:
        case Reason.BAD_VALUE | Reason.MISSING_VALUE if at in _WRONG:
            return Problem(_WRONG[at], at=at)
        case Reason.DUPLICATE_VALUE if at in _TAKEN:
            return Problem(_TAKEN[at], at=at)
        case Reason.PROVIDER_AWAY:
            return Problem(_AWAY, at="metadata")
        case Reason.PROVIDER_REFUSED:
            return Problem(_UNFIT, at="metadata", values={"why": str(refused.facts.get("why") or "")})
        case _:
            raise refused
