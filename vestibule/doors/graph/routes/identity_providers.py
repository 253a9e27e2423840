"""Identity providers: where guests of the organization may be at home (Graph beta, *identityProviderBase*)."""

from collections.abc import Mapping
from typing import Any, Final

from vestibule.actions import federating, providers
from vestibule.actions.providers import Changes, NewProvider
from vestibule.doors.graph import errors
from vestibule.doors.graph.bodies import Mode, read_body
from vestibule.doors.graph.call import NO_CONTENT, Call, Handler, Reply
from vestibule.doors.graph.errors import GraphError
from vestibule.doors.graph.lists import answer_small
from vestibule.doors.graph.model import IDENTITY_PROVIDER, OPENID_CONNECT, SAML_PROVIDER, Entity
from vestibule.doors.graph.odata.options import SELECTED, Collection
from vestibule.doors.graph.routes import saml_providers as saml
from vestibule.doors.graph.routing import BETA, Route
from vestibule.doors.graph.shapes.picking import Shape
from vestibule.doors.graph.shapes.plain import PROVIDERS, SAML_PROVIDERS, Plain
from vestibule.rules import providers as rules
from vestibule.rules.names import guid
from vestibule.rules.verbs import Verb
from vestibule.store import providers as kept_providers
from vestibule.store.providers import IdentityProvider

_OF: Final = "identity/identityProviders"
_AT: Final = f"/{_OF}"
_ONE: Final = f"{_AT}/{{provider}}"
_TYPE: Final = "@odata.type"
_SAML: Final = "samlorwsfed"
_KINDS: Final = frozenset(
    {"openidconnectidentityprovider", "samlorwsfedprovider", "samlorwsfedexternaldomainfederation"}
)
_PROTOCOL: Final = "preferredAuthenticationProtocol"
_WS_FED: Final = "wsfed"


async def list_providers(call: Call) -> Reply:
    """Every provider, by name."""
    await call.may_read(Verb.READ_PROVIDERS)
    domains = await kept_providers.domains_here(call.reading, call.tenant_id)
    found = await kept_providers.everyone(call.reading, call.tenant_id)
    views = [(_shape(one), _view(one, domains.get(one.provider_id, []))) for one in found]
    return answer_small(call, _OF, views, typed=True)


async def get_provider(call: Call) -> Reply:
    """One provider. Its secret is never answered."""
    await call.may_read(Verb.READ_PROVIDERS)
    return await _answer(call, await _find(call, Verb.READ_PROVIDERS))


async def create_provider(call: Call) -> Reply:
    """Let guests be at home at another provider."""
    await call.insist(Verb.CREATE_PROVIDER)
    given, entity = await _given(call)
    values = read_body(given, entity, Mode.CREATE, beta=call.beta).values
    if entity is SAML_PROVIDER:
        made = await saml.create(call, values)
    else:
        new = NewProvider(
            display_name=values["displayName"],
            metadata_url=values["metadataUrl"],
            client_id=values["clientId"],
            client_secret=values["clientSecret"],
            domains=tuple(values.get("domains", ())),
            enabled=values.get("isEnabled", True),
        )
        made = await providers.create_provider(call.house, new, tenant_id=call.tenant_id, by=call.by)
    await call.fresh()
    location = call.location(f"{_AT}/{made.provider_id}")
    return await _answer(call, made, status=201, headers=location)


async def update_provider(call: Call) -> Reply:
    """Change a provider; switched off, it lets nobody in and nobody stay in."""
    await call.insist(Verb.UPDATE_PROVIDER)
    found = await _find(call, Verb.UPDATE_PROVIDER)
    shape, view = _shape(found), await _with_domains(call, found)
    given, _ = await _given(call, shape.entity)
    current = shape.everything(view, beta=True)
    values = read_body(given, shape.entity, Mode.UPDATE, beta=call.beta, current=current).values
    if shape.entity is SAML_PROVIDER:
        await saml.update(call, found, values)
        return NO_CONTENT
    domains = values.get("domains")
    changes = Changes(
        display_name=values.get("displayName"),
        client_id=values.get("clientId"),
        client_secret=values.get("clientSecret"),
        domains=None if domains is None else tuple(domains),
        enabled=values.get("isEnabled"),
    )
    await providers.update_provider(
        call.house, changes, tenant_id=call.tenant_id, provider_id=found.provider_id, by=call.by
    )
    return NO_CONTENT


async def delete_provider(call: Call) -> Reply:
    """Let nobody be at home there any more."""
    named = guid(call.parameters["provider"]) or call.parameters["provider"]
    await providers.delete_provider(call.house, tenant_id=call.tenant_id, provider_id=named, by=call.by)
    return NO_CONTENT


# --- Inside -----------------------------------------------------------------------------------------------------------


async def _given(call: Call, expected: Entity | None = None) -> tuple[Mapping[str, Any], Entity]:
    """The body, and which kind of provider it is about: the ``expected`` one where the body does not say.

    A domain may be written as Graph writes those of a SAML provider, as an object with an ``id``.

    Raises GraphError: 501 for a provider that speaks WS-Federation, 400.
    """
    given = await call.json_object()
    known = (expected or OPENID_CONNECT).name
    kind = str(given.get(_TYPE, known)).rpartition(".")[2].lower()
    entity = SAML_PROVIDER if kind.startswith(_SAML) else OPENID_CONNECT
    if kind not in _KINDS or (expected is not None and entity is not expected):
        raise errors.invalid_value(_TYPE, (expected or IDENTITY_PROVIDER).title)
    if any(name.lower() == _PROTOCOL.lower() and str(value).lower() == _WS_FED for name, value in given.items()):
        raise GraphError(
            501, "NotImplemented", "Providers that speak WS-Federation are not supported.", target=_PROTOCOL
        )
    return {
        name: _plain_domains(value) if name.lower() == "domains" else value for name, value in given.items()
    }, entity


def _plain_domains(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    return [one["id"] if isinstance(one, Mapping) and "id" in one else one for one in value]


async def _find(call: Call, verb: Verb) -> IdentityProvider:
    named = guid(call.parameters["provider"])
    found = None if named is None else await kept_providers.find(call.reading, call.tenant_id, named)
    if found is None:
        raise await call.missing(verb)
    return found


async def _answer(call: Call, found: IdentityProvider, **more: Any) -> Reply:
    shape = _shape(found)
    values = shape.values(await _with_domains(call, found), call.asked.select)
    return call.single(_OF, shape.entity, values, typed=True, **more)


async def _with_domains(call: Call, found: IdentityProvider) -> Plain:
    return _view(found, await kept_providers.domains_of(call.reading, call.tenant_id, found.provider_id))


def _shape(one: IdentityProvider) -> Shape[Plain]:
    return SAML_PROVIDERS if one.kind == rules.SAML else PROVIDERS


def _view(one: IdentityProvider, domains: list[str]) -> Plain:
    if one.kind == rules.SAML:
        return saml.view(one, domains)
    return {
        "id": one.provider_id,
        "displayName": one.display_name,
        "clientId": one.client_id,
        "metadataUrl": rules.metadata_url(one.issuer),
        "responseMode": "query",
        "responseType": "code",
        "scope": federating.SCOPE,
        "domains": domains,
        "isEnabled": one.enabled,
    }


_LISTED: Final = Collection(IDENTITY_PROVIDER, options=SELECTED | {"top", "skiptoken"}, page=100, directory=False)
_SINGLE: Final = Collection(IDENTITY_PROVIDER, options=SELECTED, single=True)
_ABOUT: Final = "where guests may be at home"
ROUTES: Final[list[Route[Handler]]] = [
    Route(
        "GET",
        _AT,
        list_providers,
        versions=(BETA,),
        verb=Verb.READ_PROVIDERS,
        query=_LISTED,
        summary=f"List identity providers, {_ABOUT}",
    ),
    Route(
        "POST",
        _AT,
        create_provider,
        versions=(BETA,),
        verb=Verb.CREATE_PROVIDER,
        body=OPENID_CONNECT,
        other_body=SAML_PROVIDER,
        status=201,
        summary=f"Add an identity provider, {_ABOUT}",
    ),
    Route(
        "GET",
        _ONE,
        get_provider,
        versions=(BETA,),
        verb=Verb.READ_PROVIDERS,
        query=_SINGLE,
        summary="Get an identity provider",
    ),
    Route(
        "PATCH",
        _ONE,
        update_provider,
        versions=(BETA,),
        verb=Verb.UPDATE_PROVIDER,
        body=OPENID_CONNECT,
        other_body=SAML_PROVIDER,
        status=204,
        summary="Change an identity provider, or switch it off or on",
    ),
    Route(
        "DELETE",
        _ONE,
        delete_provider,
        versions=(BETA,),
        verb=Verb.DELETE_PROVIDER,
        status=204,
        summary="Delete an identity provider",
    ),
]
