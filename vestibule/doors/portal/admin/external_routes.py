"""The routes of the pages below *External Identities* but for collaboration."""

from starlette.routing import BaseRoute

from vestibule.doors.portal.admin import paths
from vestibule.doors.portal.admin.gate import page
from vestibule.doors.portal.admin.pages import cross_tenant, provider_forms, providers
from vestibule.doors.portal.desk import Desk
from vestibule.rules.verbs import Verb

_ID = "{id}"


def external_routes(desk: Desk) -> list[BaseRoute]:
    """Every address about other organizations and identity providers."""
    return [*_cross_tenant(desk), *_providers(desk)]


def _cross_tenant(desk: Desk) -> list[BaseRoute]:
    reads, change = Verb.READ_POLICIES, Verb.CHANGE_CROSS_TENANT
    one = paths.partner(_ID)
    return [
        page(desk, paths.CROSS_TENANT, reads, get=cross_tenant.show, post=cross_tenant.add, changes=change),
        page(
            desk,
            paths.CROSS_TENANT_DEFAULT,
            reads,
            get=cross_tenant.show_default,
            post=cross_tenant.save_default,
            changes=change,
        ),
        page(desk, paths.RESET_DEFAULT, reads, get=cross_tenant.ask_reset, post=cross_tenant.reset, changes=change),
        page(desk, one, reads, get=cross_tenant.show_partner, post=cross_tenant.save_partner, changes=change),
        page(desk, f"{one}/remove", reads, get=cross_tenant.ask_remove, post=cross_tenant.remove, changes=change),
    ]


def _providers(desk: Desk) -> list[BaseRoute]:
    reads, update, create = Verb.READ_PROVIDERS, Verb.UPDATE_PROVIDER, Verb.CREATE_PROVIDER
    one = paths.provider(_ID)
    return [
        page(desk, paths.PROVIDERS, reads, get=providers.show, post=providers.save, changes=update),
        page(desk, paths.STOP_CODES, reads, get=providers.ask_stop),
        page(desk, paths.ADD_OIDC, reads, get=provider_forms.add_oidc, post=provider_forms.create_oidc, changes=create),
        page(desk, paths.ADD_SAML, reads, get=provider_forms.add_saml, post=provider_forms.create_saml, changes=create),
        page(desk, one, reads, get=provider_forms.show, post=provider_forms.save, changes=update),
        page(desk, f"{one}/switch", reads, post=provider_forms.switch, changes=update),
        page(
            desk,
            f"{one}/delete",
            reads,
            get=provider_forms.ask_delete,
            post=provider_forms.delete,
            changes=Verb.DELETE_PROVIDER,
        ),
    ]
