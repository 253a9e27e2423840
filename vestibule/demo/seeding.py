"""Making the demo organizations, through the actions, in the order in which such things happen.

The story begins forty days ago and ends now, so that every time in it lies in the past and fits the others, and the
emulator's clock need not be pushed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from vestibule.actions import (
    apps,
    assigning,
    connecting,
    cross_tenant,
    directory_users,
    emulating,
    grouping,
    organizing,
    removing,
    signing_in,
    switching,
)
from vestibule.actions.apps import Registered
from vestibule.actions.credentials import hashed
from vestibule.actions.organizing import Created, FirstAdministrator, NewOrganization
from vestibule.actions.user_objects import NewMember
from vestibule.demo import cast
from vestibule.demo.cast import FABRIKAM, LITWARE, TAILSPIN, WOODGROVE, Place, Somebody
from vestibule.demo.stage import Stage, as_person
from vestibule.rules.actors import operator
from vestibule.rules.apps import NewApp
from vestibule.rules.groups import UNIFIED, NewGroup
from vestibule.rules.lifecycle import RESTORABLE_FOR
from vestibule.rules.roles import DIRECTORY_READERS
from vestibule.store.memberships import Membership

BEGINS_BEFORE: Final = timedelta(days=40)
DAYS_LEFT: Final = timedelta(days=12)
_PENDING_SINCE: Final = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Seeded:
    """What was made: organizations, their apps, the members of Contoso, and who is what where."""

    places: dict[str, Created]
    apps: dict[str, dict[str, Registered]]
    members: dict[str, Membership]
    elsewhere: dict[str, list[tuple[str, Membership]]]


async def seed(stage: Stage, until: datetime) -> Seeded:
    """Make everything. The stage's clock stands at ``until`` afterwards."""
    places = {place.key: await _organization(stage, place) for place in cast.PLACES}
    members = {who.name: await _member(stage, places["contoso"], who) for who in cast.PEOPLE}
    registered = {place.key: await _apps(stage, places[place.key]) for place in cast.PLACES}
    seeded = Seeded(places, registered, members, {who.name: [] for who in cast.PEOPLE})
    former = await _fabrikam(stage, seeded)
    await _woodgrove_and_litware(stage, seeded)
    await _tailspin(stage, seeded)
    _go_to(stage, until - (RESTORABLE_FOR - DAYS_LEFT))
    fabrikam = places["fabrikam"].organization.tenant_id
    await removing.remove(stage.house, tenant_id=fabrikam, user_id=former.user_id, by=operator())
    _go_to(stage, until - _PENDING_SINCE)
    await stage.invite(FABRIKAM, places["fabrikam"], cast.PENDING)
    await stage.program.worker.tick()
    _go_to(stage, until)
    await emulating.forget_mail(stage.house)
    return seeded


async def _organization(stage: Stage, place: Place) -> Created:
    stage.breathe()
    admin = f"admin@{place.domain}"
    new = NewOrganization(
        display_name=place.name,
        domain=place.domain,
        technical_contact=f"it@{place.domain}",
        privacy_contact=f"privacy@{place.domain}" if place.private else None,
        privacy_statement=f"https://{place.domain}/privacy" if place.private else None,
        guests_may_leave=place.may_leave,
    )
    password = await hashed(stage.program.passwords, place.password, names=(admin, place.name, place.domain))
    first = FirstAdministrator(admin, password, f"{place.name} Administrator")
    return await organizing.create_organization(stage.house, new, by=operator(), administrator=first)


async def _member(stage: Stage, contoso: Created, who: Somebody) -> Membership:
    stage.breathe()
    given, surname = who.name.split()
    password = await hashed(stage.program.passwords, who.password, names=(who.name, who.email))
    new = NewMember(
        display_name=who.name,
        user_principal_name=who.email,
        mail_nickname=who.email.partition("@")[0],
        password=password,
        properties={"mail": who.email, "givenName": given, "surname": surname},
    )
    tenant_id = contoso.organization.tenant_id
    return await directory_users.create_user(stage.house, new, tenant_id=tenant_id, by=operator())


async def _apps(stage: Stage, made: Created) -> dict[str, Registered]:
    name = made.organization.display_name
    shared: dict[str, Any] = {
        "redirect_uris": ("http://localhost",),
        "spa_redirect_uris": (cast.CALLBACK,),
        "logout_uris": (cast.CALLBACK,),
        "public": True,
        "device_code": True,
    }
    wanted = {
        "app": NewApp(
            f"{name} Directory Tools",
            redirect_uris=(cast.CALLBACK,),
            logout_uris=(cast.CALLBACK,),
            application_permissions=cast.APPLICATION_PERMISSIONS,
        ),
        "public": NewApp(
            f"{name} Companion", delegated_permissions=cast.PUBLIC_PERMISSIONS, password_grant=True, **shared
        ),
        "admin": NewApp(f"{name} Administration", delegated_permissions=cast.ADMIN_PERMISSIONS, **shared),
    }
    return {key: await _register(stage, made, new) for key, new in wanted.items()}


async def _register(stage: Stage, made: Created, new: NewApp) -> Registered:
    stage.breathe()
    tenant_id = made.organization.tenant_id
    return await apps.create_app(stage.house, new, tenant_id=tenant_id, by=operator(), grant_admin_consent=True)


async def _fabrikam(stage: Stage, seeded: Seeded) -> Membership:
    """Adele and Alex in groups and apps, somebody by emailed code, and somebody who will be deleted."""
    made = seeded.places["fabrikam"]
    tenant_id = made.organization.tenant_id
    adele = await _guest(stage, seeded, FABRIKAM, cast.ADELE)
    alex = await _guest(stage, seeded, FABRIKAM, cast.ALEX)
    await stage.join_by_code(FABRIKAM, made, cast.QUINN, "Quinn")
    former = await stage.join_by_code(FABRIKAM, made, cast.FORMER, "Grady Archie")
    both = [adele.user_id, alex.user_id]
    await _group(stage, made, "Harbour Project", "harbour", [*both, former.user_id])
    await _group(stage, made, "Partner News", "partnernews", both, unified=True)
    for name, people in (("Expenses", both), ("Timesheets", [adele.user_id])):
        app = await _register(stage, made, NewApp(name, redirect_uris=(f"https://apps.{FABRIKAM.domain}/{name}",)))
        for user_id in people:
            stage.breathe()
            await assigning.assign_app(
                stage.house, tenant_id=tenant_id, app_id=app.app.app_id, user_id=user_id, by=operator()
            )
    stage.breathe()
    await assigning.assign_role(
        stage.house, tenant_id=tenant_id, role_id=DIRECTORY_READERS, user_id=adele.user_id, by=operator()
    )
    return former


async def _woodgrove_and_litware(stage: Stage, seeded: Seeded) -> None:
    await _guest(stage, seeded, WOODGROVE, cast.ADELE)
    alex = await _guest(stage, seeded, LITWARE, cast.ALEX)
    stage.breathe()
    tenant_id = seeded.places["litware"].organization.tenant_id
    await switching.disable(stage.house, tenant_id=tenant_id, user_id=alex.user_id, by=operator())


async def _tailspin(stage: Stage, seeded: Seeded) -> None:
    """Megan uses a shared app; Contoso lets its people out to Tailspin, Tailspin lets Contoso's in to this app."""
    made, home = seeded.places["tailspin"], seeded.places["contoso"]
    here, there = made.organization.tenant_id, home.organization.tenant_id
    shared = await _register(
        stage, made, NewApp("Tailspin Boards", redirect_uris=(f"https://boards.{TAILSPIN.domain}/",))
    )
    everybody = _access("AllUsers", "user")
    inward = {"usersAndGroups": everybody, "applications": _access(shared.app.client_id, "application")}
    outward = {"usersAndGroups": everybody, "applications": _access("AllApplications", "application")}
    stage.breathe()
    await cross_tenant.set_partner(
        stage.house, tenant_id=here, partner_id=there, changes={"b2bDirectConnectInbound": inward}, by=operator()
    )
    await cross_tenant.set_partner(
        stage.house, tenant_id=there, partner_id=here, changes={"b2bDirectConnectOutbound": outward}, by=operator()
    )
    opened = await stage.sign_in(cast.MEGAN)
    connected = await connecting.connect(
        stage.house,
        tenant_id=here,
        person_id=opened.signed_in.person.person_id,
        client_id=shared.app.client_id,
        by=as_person(opened.signed_in),
    )
    await signing_in.sign_out(stage.house, opened.token)
    seeded.elsewhere[cast.MEGAN.name].append((TAILSPIN.key, connected))


async def _guest(stage: Stage, seeded: Seeded, place: Place, who: Somebody) -> Membership:
    guest = await stage.join(place, seeded.places[place.key], who)
    seeded.elsewhere[who.name].append((place.key, guest))
    return guest


async def _group(
    stage: Stage, made: Created, name: str, nickname: str, members: list[str], *, unified: bool = False
) -> None:
    stage.breathe()
    owner = [] if made.administrator is None else [made.administrator.user_id]
    new = NewGroup(name, nickname, unified, not unified, (UNIFIED,) if unified else ())
    await grouping.create_group(
        stage.house,
        new,
        tenant_id=made.organization.tenant_id,
        by=operator(),
        owner_ids=owner,
        member_ids=members,
    )


def _access(target: str, kind: str) -> dict[str, Any]:
    return {"accessType": "allowed", "targets": [{"target": target, "targetType": kind}]}


def _go_to(stage: Stage, moment: datetime) -> None:
    stage.clock.advance(moment - stage.clock.now())
