"""Commands about apps: register one, list them."""

from typing import Annotated, Any

import typer

from vestibule.actions import apps as app_actions
from vestibule.commands import common, naming
from vestibule.commands.common import AsJson, Organization
from vestibule.program import Program
from vestibule.rules.actors import operator
from vestibule.rules.apps import NewApp
from vestibule.store import apps

commands = typer.Typer(no_args_is_help=True, help="Apps: create, list.")


@commands.command("create")
def create(
    *,
    organization: Organization,
    name: Annotated[str, typer.Option(help="Its name.")],
    redirect_uri: Annotated[list[str] | None, typer.Option(help="Where sign-ins return to. May be repeated.")] = None,
    spa_redirect_uri: Annotated[list[str] | None, typer.Option(help="The same for an app in the browser.")] = None,
    logout_uri: Annotated[list[str] | None, typer.Option(help="Where sign-outs return to.")] = None,
    backchannel_logout_uri: Annotated[
        str | None, typer.Option(help="Where it is told that somebody is signed out.")
    ] = None,
    backchannel_logout_session: Annotated[
        bool, typer.Option("--backchannel-logout-session", help="It is told of each session by itself.")
    ] = False,
    public: Annotated[bool, typer.Option("--public", help="It can keep no secret, and gets none.")] = False,
    device_code: Annotated[bool, typer.Option("--device-code", help="It may sign people in by device code.")] = False,
    password_grant: Annotated[
        bool, typer.Option("--password-grant", help="It may take passwords itself. A last resort.")
    ] = False,
    application_permission: Annotated[list[str] | None, typer.Option(help="Such as User.Read.All.")] = None,
    delegated_permission: Annotated[list[str] | None, typer.Option(help="Such as User.Read.")] = None,
    client_id: Annotated[str | None, typer.Option(help="A GUID of your own choice.")] = None,
    grant_admin_consent: Annotated[
        bool, typer.Option("--grant-admin-consent", help="Consent for everybody to what it asks for.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Register an app. Its secret is shown once, here."""
    new = NewApp(
        display_name=name,
        client_id=client_id,
        redirect_uris=tuple(redirect_uri or ()),
        spa_redirect_uris=tuple(spa_redirect_uri or ()),
        logout_uris=tuple(logout_uri or ()),
        backchannel_logout_uri=backchannel_logout_uri,
        backchannel_logout_session=backchannel_logout_session,
        public=public,
        device_code=device_code,
        password_grant=password_grant,
        application_permissions=tuple(application_permission or ()),
        delegated_permissions=tuple(delegated_permission or ()),
    )

    async def work(program: Program) -> dict[str, Any]:
        found = await naming.organization(await program.house.store.read(), organization)
        made = await app_actions.create_app(
            program.house, new, tenant_id=found.tenant_id, by=operator(), grant_admin_consent=grant_admin_consent
        )
        secret = {} if made.secret is None else {"clientSecret": made.secret.text}
        return {
            "clientId": made.app.client_id,
            **secret,
            "servicePrincipalId": made.app.service_principal_id,
            "tenantId": made.app.tenant_id,
        }

    value = common.perform(work)
    common.show(value, common.shown(value), as_json=as_json)


@commands.command("list")
def list_all(organization: Organization, as_json: AsJson = False) -> None:
    """The apps of an organization, by name."""

    async def work(program: Program) -> list[dict[str, Any]]:
        reading = await program.house.store.read()
        found = await naming.organization(reading, organization)
        return [
            {
                "clientId": one.client_id,
                "displayName": one.display_name,
                "servicePrincipalId": one.service_principal_id,
                "tenantId": one.tenant_id,
                "public": one.public,
                "enabled": one.enabled,
                "redirectUris": one.redirect_uris,
                "applicationPermissions": one.attributes.get("applicationPermissions", []),
                "grantedPermissions": one.permissions,
                "delegatedPermissions": one.delegated,
            }
            for one in await apps.everyone(reading, found.tenant_id)
        ]

    found = common.perform(work)
    rows = [(one["clientId"], "public" if one["public"] else "confidential", one["displayName"]) for one in found]
    common.show_table(found, ("CLIENT ID", "KIND", "NAME"), rows, as_json=as_json)
