"""One line for each type of event that an action writes: what has to be there before, and the act itself.

``TYPES`` is closed: a verb that leaves events and has no line fails ``test_every_step_fails_once``.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from tests.support import asked_by_address, authenticator, world
from tests.support.authenticator import Device
from tests.support.world import Place
from vestibule.actions import (
    answering,
    answering_data_requests,
    answering_erasure,
    apps,
    asking,
    asking_erasure,
    assigning,
    assigning_groups,
    connecting,
    consenting,
    converting,
    credentials,
    cross_tenant,
    data_exports,
    data_requests,
    deleting_apps,
    directory_users,
    ending_data_requests,
    erasing,
    exporting,
    group_members,
    grouping,
    guest_settings,
    inviting,
    leaving,
    organizing,
    passkeys,
    policies,
    providers,
    receipt_keys,
    redeeming,
    relating,
    removing,
    restoring,
    second_factors,
    sign_in_methods,
    signing_in,
    switching,
    terms,
)
from vestibule.actions.abroad import Metadata
from vestibule.actions.house import House
from vestibule.actions.organizing import FirstAdministrator, NewOrganization
from vestibule.actions.providers import Changes, NewProvider
from vestibule.actions.sign_in_methods import Proven
from vestibule.actions.user_objects import NewMember
from vestibule.ground import one_time
from vestibule.ground.clock import StoppedClock
from vestibule.ground.passkeys import Site
from vestibule.rules import roles
from vestibule.rules.actors import Strength, operator
from vestibule.rules.apps import NewApp
from vestibule.rules.groups import NewGroup
from vestibule.rules.person_requests import KEPT_AFTER_ANSWER, Ground, Kind
from vestibule.rules.policy import ErasureOnLeave, InvitesFrom
from vestibule.rules.terms import Document
from vestibule.rules.verbs import Verb
from vestibule.store import organizations
from vestibule.store.groups import Group
from vestibule.store.memberships import Membership
from vestibule.store.providers import IdentityProvider
from vestibule.store.sessions import SignInRequest

Act = Callable[[House], Awaitable[Any]]
Prepare = Callable[[Place], Awaitable[Act]]
ADDRESS: Final = "guest@elsewhere.example"
BACK: Final = "https://apps.example/"
TERMS: Final = {"en": Document(text="Be kind.")}
ALLOWED: Final = {
    "usersAndGroups": {"accessType": "allowed", "targets": [{"target": "AllUsers", "targetType": "user"}]},
    "applications": {
        "accessType": "allowed",
        "targets": [{"target": "AllApplications", "targetType": "application"}],
    },
}


@dataclass(frozen=True, slots=True)
class Line:
    """How a type of event comes about.

    Attributes:
        prepare: makes what has to be there, and returns the act, which takes the house to act in.
        in_steps: the act is made of several transactions, each of which may be the last before it is done again.
        looks_after: the act looks again after its commit, so that its answer can be lost when all of it is done.
    """

    prepare: Prepare
    in_steps: bool = False
    looks_after: bool = False


LINES: Final[dict[str, Line]] = {}


def line(name: str, *, in_steps: bool = False, looks_after: bool = False) -> Callable[[Prepare], Prepare]:
    """Keep the function as a line of a type of event: the first word of its name."""

    def keep(prepare: Prepare) -> Prepare:
        LINES[name] = Line(prepare, in_steps=in_steps, looks_after=looks_after)
        return prepare

    return keep


def _to(place: Place, who: Membership) -> dict[str, Any]:
    return {"tenant_id": place.id, "user_id": who.user_id, "by": place.admin}


async def _leave(place: Place, guest: Membership) -> leaving.Departure:
    return await leaving.leave(place.house, tenant_id=place.id, by=world.at_portal(guest), key="key")


async def _group(place: Place) -> Group:
    new = NewGroup("Partners", "partners")
    return await grouping.create_group(place.house, new, tenant_id=place.id, by=operator())


def push(house: House, step: timedelta) -> None:
    assert isinstance(house.clock, StoppedClock)
    house.clock.advance(step)


# --- The life of a guest ----------------------------------------------------------------------------------------------


@line("membership.invite")
async def _invite(place: Place) -> Act:
    asked = inviting.check(ADDRESS, BACK, sends=True, message="Welcome", copies=("cc@elsewhere.example",))
    return lambda house: inviting.invite(house, asked, tenant_id=place.id, by=place.admin)


@line("membership.invite of somebody deleted, afresh")
async def _invite_afresh(place: Place) -> Act:
    await _leave(place, await world.guest(place, ADDRESS))
    asked = inviting.check(ADDRESS, BACK, sends=True, start_fresh=True)
    return lambda house: inviting.invite(house, asked, tenant_id=place.id, by=place.admin)


@line("membership.reinvite")
async def _reinvite(place: Place) -> Act:
    await world.invited(place, ADDRESS)
    asked = inviting.check(ADDRESS, BACK, sends=True)
    return lambda house: inviting.invite(house, asked, tenant_id=place.id, by=place.admin)


@line("membership.resetRedemption")
async def _reset_redemption(place: Place) -> Act:
    guest = await world.guest(place, ADDRESS)
    asked = inviting.check(ADDRESS, BACK, sends=True, reset_of=guest.user_id)
    return lambda house: inviting.invite(house, asked, tenant_id=place.id, by=place.admin)


@line("membership.inviteInternal")
async def _invite_internal(place: Place) -> Act:
    member = await world.member(place)
    asked = inviting.check(ADDRESS, BACK, sends=True, internal=member.user_id)
    return lambda house: inviting.invite(house, asked, tenant_id=place.id, by=place.admin)


@line("membership.convertToInternal")
async def _convert_to_internal(place: Place) -> Act:
    guest = await world.guest(place, ADDRESS)
    name = f"robin@{place.domain}"
    return lambda house: converting.convert_to_internal(house, user_principal_name=name, **_to(place, guest))


@line("membership.redeem")
async def _redeem(place: Place) -> Act:
    _, ticket = await world.invited(place, ADDRESS)
    person_id = await world.mailbox_person(place.house, ADDRESS)
    by = world.person_at_pages(person_id)
    return lambda house: redeeming.redeem(house, person_id=person_id, ticket=ticket, by=by)


@line("membership.redeem by a member of another organization")
async def _redeem_from_home(place: Place) -> Act:
    member = await world.member(await world.organization(place.house, "Fabrikam"), mail="adele@fabrikam.example")
    _, ticket = await world.invited(place, "adele@fabrikam.example")
    by = world.at_portal(member)
    return lambda house: redeeming.redeem(house, person_id=member.person_id or "", ticket=ticket, by=by)


@line("membership.decline")
async def _decline(place: Place) -> Act:
    _, ticket = await world.invited(place, ADDRESS)
    ticket_hash = inviting.ticket_hash(ticket)
    return lambda house: removing.decline(house, ticket_hash=ticket_hash, by=world.person_at_pages("somebody"))


@line("invitation.expire")
async def _expire(place: Place) -> Act:
    asked = inviting.check(ADDRESS, BACK)
    sent = await inviting.invite(place.house, asked, tenant_id=place.id, by=place.admin)
    push(place.house, timedelta(days=30))
    return lambda house: inviting.expire(house, tenant_id=place.id, invitation_id=sent.invitation_id)


@line("invitation.block")
async def _block(place: Place) -> Act:
    _, ticket = await world.invited(place, ADDRESS)
    return lambda house: redeeming.block(house, ticket=ticket, by=world.person_at_pages("somebody"))


@line("invitation.allow")
async def _allow(place: Place) -> Act:
    _, ticket = await world.invited(place, ADDRESS)
    act: dict[str, Any] = {"ticket": ticket, "by": world.person_at_pages("somebody")}
    await redeeming.block(place.house, **act)
    return lambda house: redeeming.allow(house, **act)


@line("membership.connect")
async def _connect(place: Place) -> Act:
    person_id, client_id = await shared_app(place)
    by = world.person_at_pages(person_id)
    return lambda house: connecting.connect(house, tenant_id=place.id, person_id=person_id, client_id=client_id, by=by)


@line("membership.connect to one more app")
async def _connect_again(place: Place) -> Act:
    user = await connected(place)
    made = await apps.create_app(place.house, NewApp("Second", public=True), tenant_id=place.id, by=operator())
    act = {"tenant_id": place.id, "person_id": user.person_id or "", "client_id": made.app.client_id}
    return lambda house: connecting.connect(house, by=world.at_portal(user), **act)


async def connected(place: Place) -> Membership:
    """A direct connect user."""
    person_id, client_id = await shared_app(place)
    by = world.person_at_pages(person_id)
    return await connecting.connect(place.house, tenant_id=place.id, person_id=person_id, client_id=client_id, by=by)


async def shared_app(place: Place) -> tuple[str, str]:
    """An app of ours that members of another organization may use directly: one of them, and the app's client id."""
    name = f"Partner{len(await organizations.everyone(await place.house.store.read()))}"
    other = await world.organization(place.house, name)
    member = await world.member(other)
    assert member.person_id is not None
    for here, partner, way in ((place, other, "b2bDirectConnectInbound"), (other, place, "b2bDirectConnectOutbound")):
        await cross_tenant.set_partner(
            here.house, tenant_id=here.id, partner_id=partner.id, changes={way: ALLOWED}, by=operator()
        )
    made = await apps.create_app(place.house, NewApp("Shared", public=True), tenant_id=place.id, by=operator())
    return member.person_id, made.app.client_id


@line("membership.leave")
async def _leave_line(place: Place) -> Act:
    guest = await world.guest(place, ADDRESS)
    group = await _group(place)
    await group_members.add_member(place.house, group_id=group.group_id, **_to(place, guest))
    by = world.at_portal(guest)
    await receipt_keys.signer(place.house)  # made on first need; that has a line of its own
    return lambda house: leaving.leave(house, tenant_id=place.id, by=by, key="key", why="It was enough")


@line("membership.leave of a direct connect user")
async def _leave_connected(place: Place) -> Act:
    by = world.at_portal(await connected(place))
    await receipt_keys.signer(place.house)
    return lambda house: leaving.leave(house, tenant_id=place.id, by=by, key="key")


@line("membership.remove of a direct connect user")
async def _remove_connected(place: Place) -> Act:
    user = await connected(place)
    return lambda house: removing.remove(house, **_to(place, user))


@line("membership.remove")
async def _remove(place: Place) -> Act:
    guest = await world.guest(place, ADDRESS)
    return lambda house: removing.remove(house, **_to(place, guest))


@line("membership.disable")
async def _disable(place: Place) -> Act:
    guest = await world.guest(place, ADDRESS)
    return lambda house: switching.disable(house, **_to(place, guest))


@line("membership.enable")
async def _enable(place: Place) -> Act:
    guest = await world.guest(place, ADDRESS)
    await switching.disable(place.house, **_to(place, guest))
    return lambda house: switching.enable(house, **_to(place, guest))


@line("membership.restore")
async def _restore(place: Place) -> Act:
    guest = await world.guest(place, ADDRESS)
    group = await _group(place)
    await group_members.add_member(place.house, group_id=group.group_id, **_to(place, guest))
    departure = await _leave(place, guest)
    await asking.ask_restore(place.house, receipt_id=departure.receipt.receipt_id, by=world.at_portal(guest))
    return lambda house: restoring.restore(house, **_to(place, guest))


@line("membership.purge")
async def _purge(place: Place) -> Act:
    guest = await world.guest(place, ADDRESS)
    await _leave(place, guest)
    return lambda house: erasing.purge(house, **_to(place, guest))


@line("membership.purge by time")
async def _purge_due(place: Place) -> Act:
    guest = await world.guest(place, ADDRESS)
    await _leave(place, guest)
    push(place.house, timedelta(days=30))
    return lambda house: erasing.purge_due(house, tenant_id=place.id, user_id=guest.user_id)


@line("membership.erase of a direct connect user", in_steps=True)
async def _erase_connected(place: Place) -> Act:
    user = await connected(place)
    await leaving.leave(place.house, tenant_id=place.id, by=world.at_portal(user), key="key")
    return lambda house: erasing.erase(house, tenant_id=place.id, user_id=user.user_id)


@line("membership.erase", in_steps=True)
async def _erase(place: Place) -> Act:
    guest = await world.guest(place, ADDRESS)
    group = await _group(place)
    await group_members.add_member(place.house, group_id=group.group_id, **_to(place, guest))
    await _leave(place, guest)
    await erasing.purge(place.house, **_to(place, guest))
    return lambda house: erasing.erase(house, tenant_id=place.id, user_id=guest.user_id)


@line("invitation.ask")
async def _ask_invitation(place: Place) -> Act:
    _, ticket = await world.invited(place, ADDRESS)
    assert isinstance(place.house.clock, StoppedClock)
    place.house.clock.advance(timedelta(days=30))
    act: dict[str, Any] = {"ticket": ticket, "by": world.person_at_pages("somebody")}
    return lambda house: asking.ask_invitation(house, **act)


@line("membership.askRemoval")
async def _ask_removal(place: Place) -> Act:
    guest = await world.guest(place, ADDRESS)
    await policies.change_leave_setting(place.house, tenant_id=place.id, guests_may_leave=False, by=place.admin)
    act: dict[str, Any] = {"tenant_id": place.id, "user_id": guest.user_id, "by": world.at_portal(guest)}
    return lambda house: asking.ask_removal(house, **act)


@line("membership.answerRemoval")
async def _answer_removal(place: Place) -> Act:
    guest = await world.guest(place, ADDRESS)
    await policies.change_leave_setting(place.house, tenant_id=place.id, guests_may_leave=False, by=place.admin)
    await asking.ask_removal(place.house, tenant_id=place.id, user_id=guest.user_id, by=world.at_portal(guest))
    return lambda house: answering.answer_removal(house, message="Until June.", **_to(place, guest))


@line("membership.askErasure")
async def _ask_erasure(place: Place) -> Act:
    guest = await world.guest(place, ADDRESS)
    await _leave(place, guest)
    act: dict[str, Any] = {"tenant_id": place.id, "user_id": guest.user_id, "by": world.at_portal(guest)}
    return lambda house: asking_erasure.ask_erasure(house, **act)


async def _asked_to_be_erased(place: Place) -> dict[str, Any]:
    """Somebody who left and asked to be erased."""
    guest = await world.guest(place, ADDRESS)
    act: dict[str, Any] = {"tenant_id": place.id, "by": world.at_portal(guest)}
    await leaving.leave(place.house, key="leaves to be erased", erase=True, **act)
    return {**act, "user_id": guest.user_id}


@line("membership.withdrawErasure")
async def _withdraw_erasure(place: Place) -> Act:
    act = await _asked_to_be_erased(place)
    return lambda house: asking_erasure.withdraw_erasure(house, **act)


@line("membership.answerErasure")
async def _refuse_erasure(place: Place) -> Act:
    act = {**await _asked_to_be_erased(place), "by": place.admin}
    return lambda house: answering_erasure.refuse_erasure(house, ground=Ground.LEGAL_CLAIMS, message="No.", **act)


@line("membership.answerErasure granted to who left")
async def _grant_erasure(place: Place) -> Act:
    act = {**await _asked_to_be_erased(place), "by": place.admin}
    return lambda house: answering_erasure.grant_erasure(house, **act)


@line("membership.answerErasure granted to who is here")
async def _grant_erasure_here(place: Place) -> Act:
    guest = await world.guest(place, ADDRESS)
    await policies.change_leave_setting(place.house, tenant_id=place.id, guests_may_leave=False, by=place.admin)
    act: dict[str, Any] = {"tenant_id": place.id, "user_id": guest.user_id, "by": world.at_portal(guest)}
    await asking_erasure.ask_erasure(place.house, **act)
    return lambda house: answering_erasure.grant_erasure(house, **_to(place, guest))


@line("membership.leave to be erased")
async def _leave_to_be_erased(place: Place) -> Act:
    guest = await world.guest(place, ADDRESS)
    await receipt_keys.signer(place.house)
    act: dict[str, Any] = {"tenant_id": place.id, "by": world.at_portal(guest)}
    return lambda house: leaving.leave(house, key="to be erased", erase=True, **act)


@line("membership.leave and be erased at once")
async def _leave_and_be_erased(place: Place) -> Act:
    guest = await world.guest(place, ADDRESS)
    await guest_settings.change_guest_settings(
        place.house, tenant_id=place.id, erasure_on_leave=ErasureOnLeave.AT_ONCE, by=operator()
    )
    await receipt_keys.signer(place.house)
    act: dict[str, Any] = {"tenant_id": place.id, "by": world.at_portal(guest)}
    return lambda house: leaving.leave(house, key="to be erased", erase=True, **act)


@line("membership.extendRequest")
async def _extend_request(place: Place) -> Act:
    act = {**await _asked_to_be_erased(place), "by": place.admin}
    return lambda house: answering_erasure.extend_request(house, kind=Kind.ERASURE, months=2, why="Holidays.", **act)


@line("dataRequest.file")
async def _file_data_request(place: Place) -> Act:
    request = await asked_by_address.ask(place, ADDRESS)
    code = await asked_by_address.code(place.house)
    return lambda house: data_requests.file_request(house, request, typed=code, by=asked_by_address.NOBODY)


@line("dataRequest.withdraw")
async def _withdraw_data_request(place: Place) -> Act:
    asked = (await asked_by_address.file(place, ADDRESS)).request
    request, code = await asked_by_address.prove_link(place, asked)
    return lambda house: data_requests.withdraw_request(house, request, typed=code, by=asked_by_address.NOBODY)


async def _open_data_request(place: Place, wish: str = "access") -> dict[str, Any]:
    asked = (await asked_by_address.file(place, ADDRESS, wish)).request
    return {"tenant_id": place.id, "request_id": asked.request_id, "by": place.admin}


@line("dataRequest.extend")
async def _extend_data_request(place: Place) -> Act:
    act = await _open_data_request(place)
    return lambda house: answering_data_requests.extend_request(house, months=2, why="Holidays.", **act)


@line("dataRequest.answer")
async def _answer_data_request(place: Place) -> Act:
    guest = await world.guest(place, ADDRESS)
    act = await _open_data_request(place, "erasure")
    chosen = {guest.user_id: guest.version}
    return lambda house: answering_data_requests.answer_request(house, accounts=chosen, **act)


@line("dataRequest.answer of a refusal")
async def _refuse_data_request(place: Place) -> Act:
    act = await _open_data_request(place)
    return lambda house: answering_data_requests.refuse_request(house, ground=Ground.EXCESSIVE, **act)


@line("dataRequest.collect")
async def _collect_copy(place: Place) -> Act:
    guest = await world.guest(place, ADDRESS)
    act = await _open_data_request(place)
    chosen = {guest.user_id: guest.version}
    after = await answering_data_requests.answer_request(place.house, accounts=chosen, **act)
    request, code = await asked_by_address.prove_link(place, after)
    return lambda house: data_requests.collect_copy(house, request, typed=code, by=asked_by_address.NOBODY)


@line("dataRequest.end", in_steps=True)
async def _end_data_request(place: Place) -> Act:
    act = await _open_data_request(place)
    after = await answering_data_requests.answer_request(place.house, accounts={}, **act)
    assert isinstance(place.house.clock, StoppedClock)
    place.house.clock.advance(KEPT_AFTER_ANSWER)
    return lambda house: ending_data_requests.end_due(house, after)


@line("membership.askRestore")
async def _ask_restore(place: Place) -> Act:
    guest = await world.guest(place, ADDRESS)
    departure = await _leave(place, guest)
    by = world.at_portal(guest)
    return lambda house: asking.ask_restore(house, receipt_id=departure.receipt.receipt_id, by=by)


@line("list.export")
async def _export_list(place: Place) -> Act:
    act: dict[str, Any] = {"tenant_id": place.id, "what": "users", "rows": 3, "by": place.admin}
    return lambda house: exporting.export_list(house, reads=Verb.READ_USERS, **act)


@line("user.exportData")
async def _export_data(place: Place) -> Act:
    guest = await world.guest(place, ADDRESS)
    where = "https://storage.example/exports?sig=secret"
    return lambda house: data_exports.export_personal_data(house, location=where, **_to(place, guest))


# --- The organization and its policies --------------------------------------------------------------------------------


@line("organization.create")
async def _create_organization(_place: Place) -> Act:
    new = NewOrganization("Woodgrove", "woodgrove.example")
    first = FirstAdministrator("admin@woodgrove.example", world.PASSWORD)
    return lambda house: organizing.create_organization(house, new, by=operator(), administrator=first)


@line("organization.update")
async def _update_organization(place: Place) -> Act:
    changes = {"displayName": "Contoso Ltd"}
    return lambda house: organizing.update_organization(house, tenant_id=place.id, changes=changes, by=place.admin)


@line("organization.changePrivacy")
async def _change_privacy(place: Place) -> Act:
    return lambda house: policies.change_privacy(
        house, tenant_id=place.id, contact="dpo@contoso.example", statement="https://contoso.example/p", by=place.admin
    )


@line("organization.addDomain")
async def _add_domain(place: Place) -> Act:
    return lambda house: organizing.add_domain(house, tenant_id=place.id, name="contoso-two.example", by=operator())


PARTNER: Final = NewProvider("Partner", "https://id.example/.well-known/openid-configuration", "us", "secret")


async def _provider(house: House, place: Place) -> IdentityProvider:
    issuer = "https://id.example"
    found = Metadata(issuer, f"{issuer}/a", f"{issuer}/t", f"{issuer}/k", basic=True, names_issuer=True)
    return await providers.keep_provider(house, PARTNER, found, tenant_id=place.id, by=place.admin)


@line("provider.create")
async def _create_provider(place: Place) -> Act:
    return lambda house: _provider(house, place)


@line("provider.update")
async def _update_provider(place: Place) -> Act:
    made = await _provider(place.house, place)
    changes = Changes(display_name="Partners", client_secret="another", domains=("c.example",), enabled=False)
    where = {"tenant_id": place.id, "provider_id": made.provider_id}
    return lambda house: providers.update_provider(house, changes, **where, by=place.admin)


@line("provider.delete")
async def _delete_provider(place: Place) -> Act:
    made = await _provider(place.house, place)
    where = {"tenant_id": place.id, "provider_id": made.provider_id}
    return lambda house: providers.delete_provider(house, **where, by=place.admin)


@line("policy.changeLeaveSetting")
async def _change_leave_setting(place: Place) -> Act:
    return lambda house: policies.change_leave_setting(
        house, tenant_id=place.id, guests_may_leave=False, by=place.admin
    )


@line("terms.create")
async def _create_terms(place: Place) -> Act:
    return lambda house: terms.change_terms_of_use(house, tenant_id=place.id, documents=TERMS, by=place.admin)


@line("terms.change")
async def _change_terms(place: Place) -> Act:
    await (await _create_terms(place))(place.house)
    other = {"en": Document(text="Be kind, and be brief.")}
    return lambda house: terms.change_terms_of_use(house, tenant_id=place.id, documents=other, by=place.admin)


@line("terms.withdraw")
async def _withdraw_terms(place: Place) -> Act:
    await (await _create_terms(place))(place.house)
    return lambda house: terms.change_terms_of_use(house, tenant_id=place.id, documents={}, by=place.admin)


@line("terms.accept")
async def _accept_terms(place: Place) -> Act:
    guest = await world.guest(place, ADDRESS)
    await (await _create_terms(place))(place.house)
    act: dict[str, Any] = {"tenant_id": place.id, "user_id": guest.user_id, "by": world.at_portal(guest)}
    return lambda house: terms.accept_terms(house, **act, edition=1)


@line("terms.decline")
async def _decline_terms(place: Place) -> Act:
    guest = await world.guest(place, ADDRESS)
    await (await _create_terms(place))(place.house)
    act: dict[str, Any] = {"tenant_id": place.id, "user_id": guest.user_id, "by": world.at_portal(guest)}
    return lambda house: terms.decline_terms(house, **act)


@line("policy.changeGuestSettings")
async def _change_guest_settings(place: Place) -> Act:
    return lambda house: guest_settings.change_guest_settings(
        house, tenant_id=place.id, invites=InvitesFrom.NONE, by=place.admin
    )


async def _partner(place: Place) -> Place:
    return await world.organization(place.house, "Fabrikam")


async def _set_partner(place: Place, house: House, partner_id: str, *, new: bool) -> Any:
    changes = {"b2bDirectConnectInbound": ALLOWED}
    return await cross_tenant.set_partner(
        house, tenant_id=place.id, partner_id=partner_id, changes=changes, by=place.admin, must_be_new=new
    )


@line("policy.changeCrossTenant.addPartner")
async def _add_partner(place: Place) -> Act:
    partner = await _partner(place)
    return lambda house: _set_partner(place, house, partner.id, new=True)


@line("policy.changeCrossTenant.updatePartner")
async def _update_partner(place: Place) -> Act:
    partner = await _partner(place)
    changes = {"b2bDirectConnectOutbound": ALLOWED}
    await cross_tenant.set_partner(
        place.house, tenant_id=place.id, partner_id=partner.id, changes=changes, by=place.admin
    )
    return lambda house: _set_partner(place, house, partner.id, new=False)


@line("policy.changeCrossTenant.deletePartner")
async def _delete_partner(place: Place) -> Act:
    partner = await _partner(place)
    await _set_partner(place, place.house, partner.id, new=True)
    return lambda house: cross_tenant.delete_partner(house, tenant_id=place.id, partner_id=partner.id, by=place.admin)


@line("policy.changeCrossTenant.updateDefault")
async def _update_default(place: Place) -> Act:
    changes = {"b2bDirectConnectInbound": ALLOWED}
    return lambda house: cross_tenant.set_default(house, tenant_id=place.id, changes=changes, by=place.admin)


@line("policy.changeCrossTenant.resetDefault")
async def _reset_default(place: Place) -> Act:
    changes = {"b2bDirectConnectInbound": ALLOWED}
    await cross_tenant.set_default(place.house, tenant_id=place.id, changes=changes, by=place.admin)
    return lambda house: cross_tenant.reset_default(house, tenant_id=place.id, by=place.admin)


# --- Users, groups, apps, roles ---------------------------------------------------------------------------------------


@line("user.create")
async def _create_user(place: Place) -> Act:
    new = NewMember("Megan Bowen", f"megan@{place.domain}", "megan", world.PASSWORD)
    return lambda house: directory_users.create_user(house, new, tenant_id=place.id, by=place.admin)


@line("user.update")
async def _update_user(place: Place) -> Act:
    member = await world.member(place)
    changes = {"displayName": "Adele V.", "jobTitle": "Buyer"}
    return lambda house: directory_users.update_user(house, changes=changes, **_to(place, member))


@line("user.update together with the account and the password")
async def _update_user_whole(place: Place) -> Act:
    member = await world.member(place)
    act = {**_to(place, member), "changes": {"displayName": "Adele V.", "accountEnabled": False}}
    return lambda house: directory_users.update_user(house, password=world.PASSWORD, **act)


@line("user.setManager")
async def _set_manager(place: Place) -> Act:
    member, boss = await world.member(place), await world.member(place, "Alex Wilber")
    return lambda house: relating.set_manager(house, manager_id=boss.user_id, **_to(place, member))


@line("user.setManager to nobody")
async def _clear_manager(place: Place) -> Act:
    member, boss = await world.member(place), await world.member(place, "Alex Wilber")
    await relating.set_manager(place.house, manager_id=boss.user_id, **_to(place, member))
    return lambda house: relating.set_manager(house, manager_id=None, **_to(place, member))


@line("user.addSponsor")
async def _add_sponsor(place: Place) -> Act:
    guest, member = await world.guest(place, ADDRESS), await world.member(place)
    return lambda house: relating.add_sponsor(house, sponsor_id=member.user_id, **_to(place, guest))


@line("user.removeSponsor")
async def _remove_sponsor(place: Place) -> Act:
    guest, member = await world.guest(place, ADDRESS), await world.member(place)
    await relating.add_sponsor(place.house, sponsor_id=member.user_id, **_to(place, guest))
    return lambda house: relating.remove_sponsor(house, sponsor_id=member.user_id, **_to(place, guest))


@line("password.reset")
async def _reset_password(place: Place) -> Act:
    member = await world.member(place)
    return lambda house: directory_users.set_password(house, password=world.PASSWORD, **_to(place, member))


@line("password.change")
async def _change_password(place: Place) -> Act:
    member = await world.member(place)
    act = {**_to(place, member), "by": world.at_portal(member)}
    return lambda house: directory_users.set_password(house, password=world.PASSWORD, own=True, **act)


@line("session.endAll")
async def _end_sessions(place: Place) -> Act:
    member = await world.member(place)
    return lambda house: directory_users.revoke_sign_in_sessions(house, **_to(place, member))


@line("group.create")
async def _create_group(place: Place) -> Act:
    new = NewGroup("Partners", "partners")
    return lambda house: grouping.create_group(house, new, tenant_id=place.id, by=place.admin)


@line("group.update")
async def _update_group(place: Place) -> Act:
    of: dict[str, Any] = {"tenant_id": place.id, "group_id": (await _group(place)).group_id}
    return lambda house: grouping.update_group(house, changes={"displayName": "Friends"}, by=place.admin, **of)


@line("group.delete")
async def _delete_group(place: Place) -> Act:
    of: dict[str, Any] = {"tenant_id": place.id, "group_id": (await _group(place)).group_id}
    return lambda house: grouping.delete_group(house, by=place.admin, **of)


@line("group.restore")
async def _restore_group(place: Place) -> Act:
    of: dict[str, Any] = {"tenant_id": place.id, "group_id": (await _group(place)).group_id}
    await grouping.delete_group(place.house, by=place.admin, **of)
    return lambda house: grouping.restore_group(house, by=place.admin, **of)


@line("group.purge")
async def _purge_group(place: Place) -> Act:
    of: dict[str, Any] = {"tenant_id": place.id, "group_id": (await _group(place)).group_id}
    guest = await world.guest(place, ADDRESS)
    await group_members.add_member(place.house, group_id=of["group_id"], **_to(place, guest))
    await assigning_groups.assign_group(place.house, **{**await _app(place), **of})
    await grouping.delete_group(place.house, by=place.admin, **of)
    return lambda house: grouping.purge_group(house, by=place.admin, **of)


@line("group.purge by time")
async def _purge_group_due(place: Place) -> Act:
    of: dict[str, Any] = {"tenant_id": place.id, "group_id": (await _group(place)).group_id}
    await grouping.delete_group(place.house, by=place.admin, **of)
    push(place.house, timedelta(days=30))
    return lambda house: grouping.purge_group_due(house, **of)


async def _in_group(place: Place) -> dict[str, Any]:
    group = await _group(place)
    return {**_to(place, await world.guest(place, ADDRESS)), "group_id": group.group_id}


@line("group.addMember")
async def _add_member(place: Place) -> Act:
    of = await _in_group(place)
    return lambda house: group_members.add_member(house, **of)


@line("group.removeMember")
async def _remove_member(place: Place) -> Act:
    of = await _in_group(place)
    await group_members.add_member(place.house, **of)
    return lambda house: group_members.remove_member(house, **of)


@line("group.addOwner")
async def _add_owner(place: Place) -> Act:
    of = await _in_group(place)
    return lambda house: group_members.add_owner(house, **of)


@line("group.removeOwner")
async def _remove_owner(place: Place) -> Act:
    of = await _in_group(place)
    await group_members.add_owner(place.house, **of)
    await group_members.add_owner(place.house, **{**of, "user_id": place.administrator.user_id})
    return lambda house: group_members.remove_owner(house, **of)


async def _app(place: Place) -> dict[str, Any]:
    new = NewApp("Expenses", redirect_uris=("https://app.example/cb",), delegated_permissions=("User.Read",))
    made = await apps.create_app(place.house, new, tenant_id=place.id, by=operator())
    return {"tenant_id": place.id, "app_id": made.app.app_id, "by": place.admin}


@line("app.create")
async def _create_app(place: Place) -> Act:
    new = NewApp("Expenses", redirect_uris=("https://app.example/cb",), delegated_permissions=("User.Read",))
    return lambda house: apps.create_app(house, new, tenant_id=place.id, by=place.admin, grant_admin_consent=True)


@line("app.update")
async def _update_app(place: Place) -> Act:
    of = await _app(place)
    return lambda house: apps.update_app(house, changes={"display_name": "Costs"}, **of)


@line("app.delete")
async def _delete_app(place: Place) -> Act:
    of = await _app(place)
    guest = await world.guest(place, ADDRESS)
    await assigning.assign_app(place.house, user_id=guest.user_id, **of)
    return lambda house: deleting_apps.delete_app(house, **of)


@line("app.assignUser")
async def _assign_app(place: Place) -> Act:
    of = await _app(place)
    guest = await world.guest(place, ADDRESS)
    return lambda house: assigning.assign_app(house, user_id=guest.user_id, **of)


@line("app.unassignUser")
async def _unassign_app(place: Place) -> Act:
    of = await _app(place)
    guest = await world.guest(place, ADDRESS)
    held = await assigning.assign_app(place.house, user_id=guest.user_id, **of)
    return lambda house: assigning.unassign_app(
        house, tenant_id=place.id, assignment_id=held.assignment_id, by=place.admin
    )


@line("role.assign")
async def _assign_role(place: Place) -> Act:
    guest = await world.guest(place, ADDRESS)
    return lambda house: assigning.assign_role(house, role_id=roles.DIRECTORY_READERS, **_to(place, guest))


@line("role.unassign")
async def _unassign_role(place: Place) -> Act:
    guest = await world.guest(place, ADDRESS)
    await assigning.assign_role(place.house, role_id=roles.DIRECTORY_READERS, **_to(place, guest))
    return lambda house: assigning.unassign_role(house, role_id=roles.DIRECTORY_READERS, **_to(place, guest))


# --- Signing in -------------------------------------------------------------------------------------------------------


@line("signIn", looks_after=True)
async def _sign_in(place: Place) -> Act:
    member = await world.member(place)
    assert member.person_id is not None
    person_id = member.person_id
    return lambda house: signing_in.open_session(house, person_id, Strength.PASSWORD, network="192.0.2.7")


@line("consent.give")
async def _consent(place: Place) -> Act:
    of = await _app(place)
    guest = await world.guest(place, ADDRESS)
    by = replace(world.at_portal(guest), strength=Strength.PASSWORD)
    act = {**of, "user_id": guest.user_id, "permissions": ["User.Read"], "by": by}
    return lambda house: consenting.consent(house, **act)


# --- Ways to sign in --------------------------------------------------------------------------------------------------


async def with_app(place: Place) -> tuple[Membership, Proven, SignInRequest, bytes]:
    """A member who is about to confirm an authenticator app: who, their proof, where it is kept, and the secret."""
    member = await world.member(place)
    opened = await signing_in.open_session(place.house, member.person_id or "", Strength.MULTI_FACTOR)
    proven = sign_in_methods.proven_by(opened.signed_in)
    await credentials_of(place, member)
    handle = await signing_in.begin(place.house, browser="a browser", target="/myaccount/")
    request = await signing_in.find(place.house, await place.house.store.read(), handle, "a browser")
    assert request is not None
    request = await second_factors.begin_authenticator(place.house, request, proven, by=world.at_portal(member))
    return member, proven, request, second_factors.pending_secret(request, proven) or b""


async def credentials_of(place: Place, member: Membership) -> None:
    """A password that nobody knows, so that a second factor makes sense."""
    await place.house.store.change(lambda unit: credentials.keep(unit, member.person_id or "", world.PASSWORD))


def code_of(house: House, secret: bytes, later: int = 0) -> str:
    """What the app shows, now or so many steps later."""
    return one_time.code_of(secret, one_time.step_at(house.clock.now()) + later)


@line("signInMethod.add")
async def _add_method(place: Place) -> Act:
    member, proven, request, secret = await with_app(place)
    typed, by = code_of(place.house, secret), world.at_portal(member)
    return lambda house: second_factors.confirm_authenticator(house, request, proven, typed=typed, by=by)


@line("signInMethod.add of recovery codes")
async def _make_codes(place: Place) -> Act:
    member, proven, request, secret = await with_app(place)
    typed, by = code_of(place.house, secret), world.at_portal(member)
    await second_factors.confirm_authenticator(place.house, request, proven, typed=typed, by=by)
    return lambda house: second_factors.make_recovery_codes(house, proven, by=by)


async def with_passkey(place: Place) -> tuple[Membership, Proven, Site, Device, str]:
    """A member whose device is about to be added: who, their proof, whose passkey it is, the device and its answer."""
    member, proven, _, _ = await with_app(place)
    site, device = passkeys.site_of(place.house, [place.house.public_url]), Device()
    asked = await passkeys.begin_passkey(
        place.house,
        site,
        proven,
        browser="a browser",
        shown=passkeys.Shown("adele", "Adele"),
        by=world.at_portal(member),
    )
    return member, proven, site, device, device.make(asked)


async def passkey_of(place: Place) -> tuple[Membership, Proven, Site, Device]:
    """A member with a passkey."""
    member, proven, site, device, answer = await with_passkey(place)
    of: dict[str, Any] = {"browser": "a browser", "answer": answer, "name": "Phone", "by": world.at_portal(member)}
    await passkeys.add_passkey(place.house, site, proven, **of)
    return member, proven, site, device


@line("signInMethod.add of a passkey")
async def _add_passkey(place: Place) -> Act:
    member, proven, site, _, answer = await with_passkey(place)
    of: dict[str, Any] = {"browser": "a browser", "answer": answer, "name": "Phone", "by": world.at_portal(member)}
    return lambda house: passkeys.add_passkey(house, site, proven, **of)


@line("signInMethod.change")
async def _rename_passkey(place: Place) -> Act:
    member, proven, _, device = await passkey_of(place)
    of: dict[str, Any] = {
        "credential_id": authenticator.text(device.id),
        "name": "Old phone",
        "by": world.at_portal(member),
    }
    return lambda house: passkeys.rename_passkey(house, proven, **of)


@line("signInMethod.remove")
async def _remove_app(place: Place) -> Act:
    member, proven, request, secret = await with_app(place)
    typed, by = code_of(place.house, secret), world.at_portal(member)
    await second_factors.confirm_authenticator(place.house, request, proven, typed=typed, by=by)
    return lambda house: second_factors.remove_authenticator(house, proven, by=by)


@line("signInMethod.remove by the operator")
async def _reset_methods(place: Place) -> Act:
    member, _, _, _ = await passkey_of(place)
    of = {"tenant_id": place.id, "user_id": member.user_id}
    return lambda house: second_factors.reset_second_factors(house, **of, by=operator())


@line("signInMethod.remove of a passkey")
async def _remove_passkey(place: Place) -> Act:
    member, proven, _, device = await passkey_of(place)
    of: dict[str, Any] = {"credential_id": authenticator.text(device.id), "by": world.at_portal(member)}
    return lambda house: passkeys.remove_passkey(house, proven, **of)


from tests.faults import app_lines as app_lines  # noqa: E402 - it adds its lines to those above
from tests.faults import provisioning_lines as provisioning_lines  # noqa: E402
from tests.faults import review_lines as review_lines  # noqa: E402
