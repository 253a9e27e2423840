"""Connect: a member of another organization uses an app shared with it by direct connect.

Both sides have to allow it: the home organization outwards, this one inwards. No user object is made; the
membership holds nothing about the person but who they are at home.
"""

from dataclasses import replace

from vestibule.actions import journal
from vestibule.actions.carry_out import attempt
from vestibule.actions.house import House
from vestibule.rules import direct_connect, lifecycle
from vestibule.rules.actors import Actor
from vestibule.rules.lifecycle import Present, Standing, Tie
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import apps, audit, cross_tenant, groups, hanging, memberships, organizations, people
from vestibule.store.memberships import Membership
from vestibule.store.unit import Reading, Unit

_DEFAULT_ROLE = "00000000-0000-0000-0000-000000000000"


async def connect(house: House, *, tenant_id: str, person_id: str, client_id: str, by: Actor) -> Membership:
    """Use a shared app for the first time, or again.

    Raises:
        Refused: NOT_FOUND for an unknown organization or app; CONNECT_FORBIDDEN when one of the two policies does
            not allow it; ACCOUNT_DISABLED at home; ALREADY_MEMBER for somebody who is a guest or member here.
    """
    new_key = house.chance.guid()
    await house.keys.create(new_key)

    async def work(unit: Unit) -> Membership:
        organization = await organizations.find(unit, tenant_id)
        app = await apps.find_by_client_id(unit, client_id)
        person = await people.find(unit, person_id)
        if organization is None or app is None or app.tenant_id != tenant_id or person is None:
            raise Refused(Reason.NOT_FOUND)
        home = await _home(unit, person)
        here = await memberships.of_person_here(unit, tenant_id, person_id)
        present = next((one for one in here if isinstance(one.stage, Present)), None)
        if present is not None and present.standing.tie is not Tie.DIRECT_CONNECT:
            raise Refused(Reason.ALREADY_MEMBER)
        await check_policies(unit, tenant_id, home, client_id)
        if present is not None:
            return await _again(house, unit, present, app.app_id, by=by)
        people.touch(unit, person)
        return await _first_time(house, unit, tenant_id, person_id, app.app_id, new_key, by=by)

    return await attempt(house, Verb.CONNECT, work, by=by, tenant_id=tenant_id)


async def _home(unit: Unit, person: people.Person) -> Membership:
    if person.home_tenant is None or person.home_user is None:
        raise Refused(Reason.CONNECT_FORBIDDEN)
    home = await memberships.find(unit, person.home_tenant, person.home_user)
    if home is None or not lifecycle.may_sign_in(home.standing, unit.now):
        raise Refused(Reason.ACCOUNT_DISABLED)
    return home


async def check_policies(unit: Reading, tenant_id: str, home: Membership, client_id: str) -> None:
    """Insist that both sides allow it now: the home organization outwards, the other one inwards.

    Raises:
        Refused: CONNECT_FORBIDDEN.
    """
    group_ids = await groups.of_member(unit, home.tenant_id, home.user_id)
    outbound = await cross_tenant.direct_connect_outbound(unit, home.tenant_id, tenant_id)
    inbound = await cross_tenant.direct_connect_inbound(unit, tenant_id, home.tenant_id)
    reason = direct_connect.why_not_connect(
        outbound=outbound, inbound=inbound, user_id=home.user_id, group_ids=group_ids, app_id=client_id
    )
    if reason is not None:
        raise Refused(reason)


async def _again(house: House, unit: Unit, present: Membership, app_id: str, *, by: Actor) -> Membership:
    """Nothing new, or one more app, which the log tells of as well."""
    held = await hanging.everything(unit, present.tenant_id, present.user_id)
    if any(thing.target_id == app_id for thing in held):
        return present
    hanging.hold_app(unit, present.tenant_id, present.user_id, app_id, _DEFAULT_ROLE, house.chance.guid())
    memberships.touch(unit, present)
    after = replace(present, version=present.version + 1)
    await _tell(house, unit, present, after, by=by)
    return after


async def _first_time(
    house: House, unit: Unit, tenant_id: str, person_id: str, app_id: str, key_id: str, *, by: Actor
) -> Membership:
    key = await house.keys.find(key_id)
    if key is None:
        raise Refused(Reason.UNAVAILABLE)
    user = Membership(
        tenant_id=tenant_id,
        user_id=house.chance.guid(),
        person_id=person_id,
        standing=Standing(Tie.DIRECT_CONNECT, Present(unit.now)),
        epoch=1,
        home_epoch=0,
        version=1,
        audit_tag=journal.tag_of(key),
        subject_key_id=key_id,
        self_service=False,
        created_at=unit.now,
        home_tenant=None,
        home_user=None,
        upn_key=None,
        display_name="",
        user_principal_name="",
        mail=None,
        user_type="",
        preferred_language=None,
        home_display_name=None,
        home_mail=None,
        administrator=False,
    )
    memberships.insert(unit, user)
    people.belongs(unit, person_id, tenant_id, user.user_id)
    audit.index_subject(unit, tenant_id, user.audit_tag, user.user_id)
    hanging.hold_app(unit, tenant_id, user.user_id, app_id, _DEFAULT_ROLE, house.chance.guid())
    await _tell(house, unit, replace(user, version=0), user, by=by)
    return user


async def _tell(house: House, unit: Unit, before: Membership, after: Membership, *, by: Actor) -> None:
    subject = journal.about(before, after)
    event = journal.Event(Verb.CONNECT, after.tenant_id, subject, unit.now, facts={"tie": "directConnect"})
    await journal.write(house, unit, event, by=by)
