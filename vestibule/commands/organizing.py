"""Commands about organizations: the first one, further ones, which there are, how their guests may sign in."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from vestibule.actions import digests, ending_sign_ins, guest_settings, organizing, terms
from vestibule.actions.credentials import hashed
from vestibule.actions.organizing import Created, FirstAdministrator, NewOrganization
from vestibule.commands import common, naming
from vestibule.commands.common import AsJson, Failure
from vestibule.commands.operating import Emulator
from vestibule.ground.clock import iso
from vestibule.program import Program
from vestibule.rules import terms as rules
from vestibule.rules.actors import operator
from vestibule.rules.digests import DigestPeriod
from vestibule.rules.policy import ErasureOnLeave
from vestibule.rules.terms import Document
from vestibule.store import organizations
from vestibule.store import terms as kept_terms
from vestibule.store.organizations import Organization
from vestibule.store.terms import Terms
from vestibule.store.unit import Reading

commands = typer.Typer(no_args_is_help=True, help="Organizations: create, list, show, set, end-sign-ins.")

PasswordFile = Annotated[
    str | None, typer.Option("--password-file", help="A file with the password in its first line, or - for stdin.")
]


def init(
    organization: Annotated[str, typer.Option("--organization", help="Its name.")],
    domain: Annotated[str, typer.Option(help="Its domain, such as contoso.example.")],
    admin: Annotated[str, typer.Option(help="Mail address of the first Global Administrator.")],
    password_file: PasswordFile = None,
    emulator: Emulator = False,
    as_json: AsJson = False,
) -> None:
    """Make the database, the first organization and its Global Administrator."""
    given = common.read_password(password_file)

    async def work(program: Program) -> dict[str, Any]:
        if await organizations.everyone(await program.house.store.read()):
            raise Failure("there is an organization already; `vestibule organization create` makes further ones")
        new = NewOrganization(display_name=organization, domain=domain)
        return await _create(program, new, admin, given)

    _show_created(common.perform(work, migrate=True, emulator=emulator), as_json=as_json)


@commands.command("create")
def create(
    *,
    name: Annotated[str, typer.Option(help="Its name.")],
    domain: Annotated[str, typer.Option(help="Its domain.")],
    admin: Annotated[str | None, typer.Option(help="Mail address of its first Global Administrator.")] = None,
    password_file: PasswordFile = None,
    privacy_contact: Annotated[str | None, typer.Option(help="Whom guests turn to about their data.")] = None,
    privacy_statement: Annotated[str | None, typer.Option(help="Link to the privacy statement.")] = None,
    technical_contact: Annotated[str | None, typer.Option(help="Mail address for technical matters.")] = None,
    country: Annotated[str, typer.Option(help="Two letters, such as NL.")] = "",
    language: Annotated[str, typer.Option(help="Of letters: en, nl or sv.")] = "en",
    time_zone: Annotated[str, typer.Option(help="Such as Europe/Amsterdam.")] = "UTC",
    guests_may_leave: Annotated[bool, typer.Option(help="Whether guests may leave on their own.")] = True,
    as_json: AsJson = False,
) -> None:
    """Make a further organization."""
    given = common.read_password(password_file)
    new = NewOrganization(
        display_name=name,
        domain=domain,
        country=country,
        notification_language=language,
        time_zone=time_zone,
        technical_contact=technical_contact,
        privacy_contact=privacy_contact,
        privacy_statement=privacy_statement,
        guests_may_leave=guests_may_leave,
    )

    async def work(program: Program) -> dict[str, Any]:
        return await _create(program, new, admin, given)

    _show_created(common.perform(work), as_json=as_json)


class Answer(StrEnum):
    """Yes or no, where leaving it out means to leave it as it is."""

    YES = "yes"
    NO = "no"


@commands.command("set")
def set_(
    organization: Annotated[str, typer.Argument(help="Its id or a domain.")],
    device_sign_in_for_guests: Annotated[
        Answer | None, typer.Option(help="Whether guests may sign in on devices without a keyboard.")
    ] = None,
    guest_digest: Annotated[
        DigestPeriod | None, typer.Option(help="How often the contacts hear who left, by mail.")
    ] = None,
    erasure_on_leave: Annotated[
        ErasureOnLeave | None, typer.Option(help="When those who leave and ask for it are erased.")
    ] = None,
    terms_of_use: Annotated[
        str | None,
        typer.Option(help="What people accept before they come in: a text file, - for stdin, an https link, or none."),
    ] = None,
    language: Annotated[str, typer.Option(help="Of the terms of use: en, nl or sv.")] = "en",
    as_json: AsJson = False,
) -> None:
    """Change how people sign in to an organization, and how they leave it; what is not named stays."""
    if not any((device_sign_in_for_guests, guest_digest, erasure_on_leave, terms_of_use is not None)):
        common.misused("name what to set, such as --device-sign-in-for-guests yes")
    devices = None if device_sign_in_for_guests is None else device_sign_in_for_guests is Answer.YES
    documents = None if terms_of_use is None else common.attempt(lambda: _documents(terms_of_use, language))

    async def work(program: Program) -> dict[str, Any]:
        found = await naming.organization(await program.house.store.read(), organization)
        house, by = program.house, operator()
        if devices is not None or erasure_on_leave is not None:
            await guest_settings.change_guest_settings(
                house, tenant_id=found.tenant_id, by=by, device_sign_in=devices, erasure_on_leave=erasure_on_leave
            )
        if guest_digest is not None:
            changes = {digests.SETTING: guest_digest.value}
            await organizing.update_organization(house, tenant_id=found.tenant_id, changes=changes, by=by)
        if documents is not None:
            await terms.change_terms_of_use(
                house, tenant_id=found.tenant_id, by=by, documents=documents, keep_others=True
            )
        return await _shown(await program.house.store.read(), found.tenant_id)

    value = common.perform(work)
    common.show(value, common.shown(value), as_json=as_json)


@commands.command("list")
def list_all(as_json: AsJson = False) -> None:
    """Which organizations there are, oldest first."""

    async def work(program: Program) -> list[dict[str, Any]]:
        reading = await program.house.store.read()
        return [as_value(one) for one in await organizations.everyone(reading)]

    found = common.perform(work)
    rows = [(one["id"], one["domain"], one["displayName"]) for one in found]
    common.show_table(found, ("ID", "DOMAIN", "NAME"), rows, as_json=as_json)


@commands.command("show")
def show(
    organization: Annotated[str, typer.Argument(help="Its id or a domain.")],
    as_json: AsJson = False,
) -> None:
    """One organization with its domains and policies."""

    async def work(program: Program) -> dict[str, Any]:
        reading = await program.house.store.read()
        found = await naming.organization(reading, organization)
        domains = [one.name for one in await organizations.domains(reading, found.tenant_id)]
        return await _shown(reading, found.tenant_id) | {"domains": domains}

    value = common.perform(work)
    common.show(value, common.shown(value), as_json=as_json)


@commands.command("end-sign-ins")
def end_sign_ins(
    organization: Annotated[str, typer.Argument(help="Its id or a domain.")],
    as_json: AsJson = False,
) -> None:
    """End everything that was given in an organization: everybody signs in again, programs ask for new tokens."""

    async def work(program: Program) -> dict[str, Any]:
        found = await naming.organization(await program.house.store.read(), organization)
        ended = await ending_sign_ins.end_organization_sign_ins(program.house, tenant_id=found.tenant_id, by=operator())
        return {"id": ended.tenant_id, "displayName": ended.display_name, "domain": ended.initial_domain}

    value = common.perform(work)
    common.show(value, common.shown(value), as_json=as_json)


def _documents(source: str, language: str) -> dict[str, Document | None]:
    """The terms of use in one language: a link, the text of a file, or None for ``none``. Raises Refused."""
    named = rules.language(language)
    if source.lower() == "none":
        return {named: None}
    if source.lower().startswith("https://"):
        return {named: rules.document(link=source)}
    try:
        octets = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
        return {named: rules.document(text=octets.decode("utf-8-sig"))}
    except (OSError, UnicodeDecodeError) as bad:
        raise Failure(f"{source} cannot be read as text: {bad}") from bad


async def _shown(reading: Reading, tenant_id: str) -> dict[str, Any]:
    found, in_force = await organizations.find(reading, tenant_id), await kept_terms.in_force(reading, tenant_id)
    if found is None:
        raise Failure("the organization is gone")
    return as_value(found, in_force)


def as_value(of: Organization, in_force: Terms | None = None) -> dict[str, Any]:
    """An organization as commands print it."""
    languages = [] if in_force is None else sorted(in_force.documents)
    return {
        "id": of.tenant_id,
        "displayName": of.display_name,
        "domain": of.initial_domain,
        "countryLetterCode": of.country or None,
        "notificationLanguage": of.notification_language,
        "timeZone": of.time_zone,
        "technicalContact": of.technical_contact,
        "privacyContact": of.privacy_contact,
        "privacyStatement": of.privacy_statement,
        "guestsMayLeave": of.guests_may_leave,
        "guestDigest": digests.period_of(of).value,
        "deviceSignInForGuests": guest_settings.allows_device_sign_in(of),
        "erasureOnLeave": guest_settings.erasure_on_leave_of(of).value,
        "termsOfUseVersion": in_force.edition if in_force is not None and languages else None,
        "termsOfUseLanguages": languages,
        "createdDateTime": iso(of.created_at),
    }


async def _create(program: Program, new: NewOrganization, admin: str | None, given: str | None) -> dict[str, Any]:
    """Make it; without a given password its administrator gets a random one, which is shown once."""
    password = given or program.house.chance.token(18)
    first = None
    if admin is not None:
        names = (admin, new.display_name, new.domain)
        first = FirstAdministrator(admin, await hashed(program.passwords, password, names=names))
    made = await organizing.create_organization(program.house, new, by=operator(), administrator=first)
    value: dict[str, Any] = {"tenantId": made.organization.tenant_id, "organization": as_value(made.organization)}
    return value | _administrator(made, None if given else password)


def _administrator(made: Created, password: str | None) -> dict[str, Any]:
    if made.administrator is None:
        return {}
    who = {"id": made.administrator.user_id, "userPrincipalName": made.administrator.user_principal_name}
    return {"admin": who | ({} if password is None else {"password": password})}


def _show_created(value: dict[str, Any], *, as_json: bool) -> None:
    organization = value["organization"]
    lines = [f"made {organization['displayName']} ({organization['domain']}), id {organization['id']}"]
    if "admin" in value:
        lines.append(f"its administrator signs in as {value['admin']['userPrincipalName']}")
        password = value["admin"].get("password")
        lines += [f"with this password, shown only now: {password}"] if password else []
    common.show(value, lines, as_json=as_json)
