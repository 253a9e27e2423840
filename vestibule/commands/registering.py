"""Commands about apps: register one, look at them, change and delete them, give them secrets."""

from pathlib import Path
from typing import Annotated, Any

import typer

from vestibule.actions import (
    app_credentials,
    app_roles,
    consenting,
    deleting_apps,
    ending_sign_ins,
    key_credentials,
)
from vestibule.actions import apps as app_actions
from vestibule.actions.key_credentials import NewKey
from vestibule.commands import common, connecting, naming
from vestibule.commands.common import AsJson, Failure, Organization
from vestibule.commands.connecting import Wishes
from vestibule.ground.clock import iso
from vestibule.program import Program
from vestibule.rules.actors import operator
from vestibule.rules.apps import NewApp
from vestibule.rules.connections import Whom
from vestibule.rules.names import guid
from vestibule.rules.signals import Status
from vestibule.store import app_keys, apps
from vestibule.store.apps import App

commands = typer.Typer(no_args_is_help=True, help="Apps: create, list, show, update, delete, add-secret, end-sign-ins.")

Named = Annotated[str, typer.Argument(help="Its client id or object id.")]
Certificate = Annotated[
    Path | None, typer.Option(help="A file with a certificate (PEM) that it proves itself with.", dir_okay=False)
]
Redirects = Annotated[list[str] | None, typer.Option(help="Where sign-ins return to. May be repeated.")]


@commands.command("create")
def create(
    *,
    organization: Organization,
    name: Annotated[str, typer.Option(help="Its name.")],
    redirect_uri: Redirects = None,
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
    certificate: Certificate = None,
    grant_admin_consent: Annotated[
        bool, typer.Option("--grant-admin-consent", help="Consent for everybody to what it asks for.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Register an app. Its secret is shown once, here; one with a certificate gets none."""
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
        keys = [] if certificate is None else [_certificate(certificate)]
        made = await app_actions.create_app(
            program.house,
            new,
            tenant_id=found.tenant_id,
            by=operator(),
            grant_admin_consent=grant_admin_consent,
            with_secret=False if keys else None,
            keys=keys,
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
        return [_line(one) for one in await apps.everyone(reading, found.tenant_id)]

    found = common.perform(work)
    rows = [(one["clientId"], "public" if one["public"] else "confidential", one["displayName"]) for one in found]
    common.show_table(found, ("CLIENT ID", "KIND", "NAME"), rows, as_json=as_json)


@commands.command("show")
def show(app: Named, organization: Organization, as_json: AsJson = False) -> None:
    """One app, with its secrets (never themselves) and certificates."""

    async def work(program: Program) -> dict[str, Any]:
        return await _whole(program, await _find(program, organization, app))

    value = common.perform(work)
    common.show(value, common.shown(value), as_json=as_json)


@commands.command("update")
def update(
    app: Named,
    *,
    organization: Organization,
    name: Annotated[str | None, typer.Option(help="Its name.")] = None,
    redirect_uri: Redirects = None,
    spa_redirect_uri: Annotated[list[str] | None, typer.Option(help="The same for an app in the browser.")] = None,
    logout_uri: Annotated[list[str] | None, typer.Option(help="Where sign-outs return to.")] = None,
    backchannel_logout_uri: Annotated[
        str | None, typer.Option(help="Where it is told that somebody is signed out; empty: nowhere.")
    ] = None,
    enabled: Annotated[bool | None, typer.Option("--enable/--disable", help="Whether tokens are given for it.")] = None,
    device_code: Annotated[bool | None, typer.Option(help="Whether it may sign people in by device code.")] = None,
    requires_assignment: Annotated[
        bool | None, typer.Option(help="Whether only people who are assigned to it get in.")
    ] = None,
    application_permission: Annotated[
        list[str] | None, typer.Option(help="What it may do for itself: these and no others, with your consent.")
    ] = None,
    delegated_permission: Annotated[
        list[str] | None, typer.Option(help="What it may do in everybody's name: these and no others.")
    ] = None,
    certificate: Certificate = None,
    webhook: Annotated[
        str | None, typer.Option(help="Where it is told what becomes of people, signed; empty: nowhere.")
    ] = None,
    new_webhook_secret: Annotated[
        bool, typer.Option("--new-webhook-secret", help="Another secret for the webhook, shown once, here.")
    ] = False,
    scim: Annotated[
        str | None, typer.Option(help="Its SCIM server, where accounts are switched off and deleted; empty: none.")
    ] = None,
    scim_token: Annotated[
        Path | None, typer.Option(help="A file with the token that its SCIM server gave you.", dir_okay=False)
    ] = None,
    stream: Annotated[
        str | None,
        typer.Option(help="Where its stream of Shared Signals is pushed, or 'poll': the app collects; empty: none."),
    ] = None,
    stream_authorization: Annotated[
        Path | None, typer.Option(help="A file with the Authorization header that it wants to see.", dir_okay=False)
    ] = None,
    stream_status: Annotated[
        Status | None, typer.Option(help="Whether its stream tells, holds back, or drops.")
    ] = None,
    commands: Annotated[
        str | None,
        typer.Option(help="Where it takes OpenID Provider Commands (draft 02, experimental); empty: nowhere."),
    ] = None,
    told_of: Annotated[
        Whom | None, typer.Option(help="Of those who have to do with it, or of everyone in the organization.")
    ] = None,
    removals_wait: Annotated[bool | None, typer.Option(help="Whether data removals wait for its answer.")] = None,
    as_json: AsJson = False,
) -> None:
    """Change an app; what is not named stays. A list that is named replaces the one that was there."""
    given = {
        "display_name": name,
        "redirect_uris": redirect_uri or None,
        "spa_redirect_uris": spa_redirect_uri or None,
        "logout_uris": logout_uri or None,
        "enabled": enabled,
        "device_code": device_code,
        "requires_assignment": requires_assignment,
        "delegated": delegated_permission or None,
    }
    changes: dict[str, Any] = {field: value for field, value in given.items() if value is not None}
    if backchannel_logout_uri is not None:
        changes["backchannel_logout_uri"] = backchannel_logout_uri or None
    if application_permission:
        changes["properties"] = {app_actions.ASKED: application_permission}
    wishes = Wishes(
        webhook,
        scim,
        scim_token,
        told_of,
        removals_wait,
        new_webhook_secret,
        stream,
        stream_status,
        stream_authorization,
        commands,
    )
    if not changes and certificate is None and wishes.is_nothing:
        common.misused("name what to change, such as --redirect-uri https://app.example/cb")

    async def work(program: Program) -> dict[str, Any]:
        found = await _find(program, organization, app)
        of: dict[str, Any] = {"tenant_id": found.tenant_id, "app_id": found.app_id, "by": operator()}
        key = None if certificate is None else _certificate(certificate)
        if application_permission:
            await app_roles.set_permissions(program.house, application_permissions=application_permission, **of)
        if changes:
            await app_actions.update_app(program.house, changes=changes, **of)
        if delegated_permission:
            await consenting.consent_for_everybody(program.house, permissions=delegated_permission, **of)
        if key is not None:
            await app_credentials.add_key_credential(program.house, key, **of)
        secret = await connecting.carry_out(program, found, wishes)
        return await _whole(program, await _find(program, organization, app)) | secret

    value = common.perform(work)
    common.show(value, common.shown(value), as_json=as_json)


@commands.command("delete")
def delete(app: Named, organization: Organization, as_json: AsJson = False) -> None:
    """Delete an app; it can be restored for 30 days."""

    async def work(program: Program) -> dict[str, Any]:
        found = await _find(program, organization, app)
        gone = await deleting_apps.delete_app(
            program.house, tenant_id=found.tenant_id, app_id=found.app_id, by=operator()
        )
        until = None if gone.purge_due is None else iso(gone.purge_due)
        return {"id": gone.app_id, "clientId": gone.client_id, "restorableUntil": until}

    value = common.perform(work)
    common.show(value, common.shown(value), as_json=as_json)


@commands.command("add-secret")
def add_secret(
    app: Named,
    organization: Organization,
    name: Annotated[str | None, typer.Option(help="What people call it.")] = None,
    as_json: AsJson = False,
) -> None:
    """Give an app another secret. It is shown once, here."""

    async def work(program: Program) -> dict[str, Any]:
        found = await _find(program, organization, app)
        made = await app_credentials.add_secret(
            program.house, tenant_id=found.tenant_id, app_id=found.app_id, by=operator(), display_name=name
        )
        return {"clientId": found.client_id, "keyId": made.secret_id, "clientSecret": made.text}

    value = common.perform(work)
    common.show(value, common.shown(value), as_json=as_json)


@commands.command("end-sign-ins")
def end_sign_ins(app: Named, organization: Organization, as_json: AsJson = False) -> None:
    """End everything that was given to an app: its codes and tokens, for everybody. Its secrets stay."""

    async def work(program: Program) -> dict[str, Any]:
        found = await _find(program, organization, app)
        ended = await ending_sign_ins.end_app_sign_ins(
            program.house, tenant_id=found.tenant_id, app_id=found.app_id, by=operator()
        )
        return {"id": ended.app_id, "clientId": ended.client_id, "displayName": ended.display_name}

    value = common.perform(work)
    common.show(value, common.shown(value), as_json=as_json)


async def _find(program: Program, organization: str, named: str) -> App:
    """The app of an organization. Raises Failure when there is none."""
    reading = await program.house.store.read()
    here = await naming.organization(reading, organization)
    id_ = guid(named.strip())
    found = None if id_ is None else await apps.find_by_any_client_id(reading, id_)
    if found is None and id_ is not None:
        found = await apps.find(reading, here.tenant_id, id_)
    if found is None or found.tenant_id != here.tenant_id or not found.is_live:
        raise Failure(f"there is no app {named}; `vestibule app list` says which there are")
    return found


def _certificate(path: Path) -> NewKey:
    """The certificate in a file. Raises Failure when it cannot be read, Refused (BAD_VALUE) when it is none."""
    try:
        octets = path.read_bytes()
    except OSError as wrong:
        raise Failure(f"{path} cannot be read: {wrong.strerror}") from wrong
    return key_credentials.from_certificate(octets, display_name=path.stem)


def _line(one: App) -> dict[str, Any]:
    return {
        "clientId": one.client_id,
        "displayName": one.display_name,
        "servicePrincipalId": one.service_principal_id,
        "tenantId": one.tenant_id,
        "public": one.public,
        "enabled": one.enabled,
        "redirectUris": one.redirect_uris,
        "applicationPermissions": one.attributes.get(app_actions.ASKED, []),
        "grantedPermissions": one.permissions,
        "delegatedPermissions": one.delegated,
    }


async def _whole(program: Program, one: App) -> dict[str, Any]:
    reading = await program.house.store.read()
    secrets = await apps.secrets(reading, one.tenant_id, one.app_id)
    keys = await app_keys.of_app(reading, one.tenant_id, one.app_id)
    return _line(one) | {
        "id": one.app_id,
        "spaRedirectUris": one.spa_redirect_uris,
        "logoutUris": one.logout_uris,
        "backchannelLogoutUri": one.backchannel_logout_uri,
        "requiresAssignment": one.requires_assignment,
        "deviceCode": one.device_code,
        "connections": await connecting.shown(program, one),
        "secrets": [
            {"keyId": secret.secret_id, "displayName": secret.display_name, "hint": secret.hint,
             "expires": None if secret.expires_at is None else iso(secret.expires_at)}
            for secret in secrets
        ],
        "certificates": [
            {"keyId": key.key_id, "displayName": key.display_name, "thumbprint": key.thumbprint,
             "expires": None if key.expires_at is None else iso(key.expires_at)}
            for key in keys
        ],
    }  # fmt: skip
