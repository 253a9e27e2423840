"""What the soak does: each verb as somebody would do it, on people picked at random.

An act returns the facts of the answer it got, or nothing when there was nobody to do it to. What has to be known of
an act that got no answer is said before it begins.
"""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from soak.places import CALLBACK, Place, addresses
from soak.reading import EVERYBODY
from tests.support import world
from vestibule.actions import (
    asking,
    assigning,
    directory_users,
    emulating,
    erasing,
    granting,
    group_members,
    holding,
    inviting,
    leaving,
    policies,
    redeeming,
    removing,
    restoring,
    switching,
)
from vestibule.actions.access import secret_hash
from vestibule.actions.house import House
from vestibule.actions.key_ring import KeyRing
from vestibule.ground.clock import iso
from vestibule.rules import roles
from vestibule.rules.actors import Actor, Strength, operator
from vestibule.rules.lifecycle import Tie
from vestibule.store import holds, memberships, organizations, people, receipts
from vestibule.store.memberships import Membership

Facts = dict[str, Any]
Say = Callable[..., None]
Do = Callable[["Stage", random.Random, Say], Awaitable[Facts]]


@dataclass(slots=True)
class Stage:
    """Where everybody plays.

    Attributes:
        tickets: links of invitations that this process sent. tokens: refresh tokens that it got: whose, and the text.
    """

    house: House
    places: list[Place]
    ring: KeyRing
    tickets: list[tuple[str, str, str]] = field(default_factory=list)
    tokens: list[tuple[Place, str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Act:
    """One kind of act and how often it is chosen."""

    name: str
    weight: int
    do: Do


async def invite(stage: Stage, chance: random.Random, _say: Say) -> Facts:
    place = chance.choice(stage.places)
    address = chance.choice(addresses(place))
    sends, fresh = chance.random() < 0.5, chance.random() < 0.3
    asked = inviting.check(address, "https://apps.example/", sends=sends, start_fresh=fresh)
    sent = await inviting.invite(stage.house, asked, tenant_id=place.tenant_id, by=_manager(place, chance))
    stage.tickets.append((place.tenant_id, address, sent.redeem_url.rpartition("/")[2]))
    return {"tenant": place.tenant_id, "user": sent.user_id, "invitation": sent.invitation_id}


async def redeem(stage: Stage, chance: random.Random, _say: Say) -> Facts:
    found = await _pick(stage, chance, "invited")
    if found is None or not found[1].mail:
        return {}
    place, guest = found
    person_id = await _person(stage.house, guest.mail or "")
    by = world.person_at_pages(person_id)
    done = await redeeming.redeem(
        stage.house, person_id=person_id, tenant_id=place.tenant_id, user_id=guest.user_id, by=by
    )
    return _after(done.membership)


async def decline(stage: Stage, chance: random.Random, _say: Say) -> Facts:
    if not stage.tickets:
        return {}
    _tenant, _address, ticket = stage.tickets.pop(chance.randrange(len(stage.tickets)))
    by = world.person_at_pages("somebody")
    return _after(await removing.decline(stage.house, ticket_hash=inviting.ticket_hash(ticket), by=by))


async def leave(stage: Stage, chance: random.Random, say: Say) -> Facts:
    found = await _pick(stage, chance, "present")
    if found is None:
        return {}
    place, guest = found
    key = f"key-{chance.getrandbits(64):x}"
    say("leaving", tenant=place.tenant_id, user=guest.user_id, key=key)
    gone = await leaving.leave(stage.house, tenant_id=place.tenant_id, by=world.at_portal(guest), key=key)
    facts = {"receipt": gone.receipt.receipt_id, "reference": gone.receipt.reference, "answer": gone.answer}
    return {"tenant": place.tenant_id, "user": gone.receipt.user_id, "key": key, **facts}


async def remove(stage: Stage, chance: random.Random, _say: Say) -> Facts:
    found = await _pick(stage, chance, "present", "invited")
    if found is None:
        return {}
    return _after(await removing.remove(stage.house, **_to(found, chance)))


async def restore(stage: Stage, chance: random.Random, _say: Say) -> Facts:
    found = await _pick(stage, chance, "deleted")
    if found is None:
        return {}
    return _after((await restoring.restore(stage.house, **_to(found, chance))).membership)


async def purge(stage: Stage, chance: random.Random, _say: Say) -> Facts:
    found = await _pick(stage, chance, "deleted")
    if found is None:
        return {}
    return _after(await erasing.purge(stage.house, **_to(found, chance)))


async def hold(stage: Stage, chance: random.Random, _say: Say) -> Facts:
    found = await _pick(stage, chance, "present", "deleted", "purged")
    if found is None:
        return {}
    one = await holding.set_hold(stage.house, reason="A claim", **_to(found, chance))
    return {"tenant": one.tenant_id, "user": one.user_id, "hold": one.hold_id}


async def lift(stage: Stage, chance: random.Random, _say: Say) -> Facts:
    place = chance.choice(stage.places)
    standing = await holds.standing(await stage.house.store.read(), place.tenant_id, 100)
    if not standing:
        return {}
    one = chance.choice(standing)
    to: Facts = {"tenant_id": place.tenant_id, "user_id": one.user_id, "by": _manager(place, chance)}
    await holding.lift_hold(stage.house, hold_id=one.hold_id, reason="Settled", **to)
    return {"tenant": one.tenant_id, "user": one.user_id}


async def disable(stage: Stage, chance: random.Random, _say: Say) -> Facts:
    found = await _pick(stage, chance, "present")
    if found is None:
        return {}
    return _after(await switching.disable(stage.house, **_to(found, chance)))


async def enable(stage: Stage, chance: random.Random, _say: Say) -> Facts:
    found = await _pick(stage, chance, "present")
    if found is None:
        return {}
    return _after(await switching.enable(stage.house, **_to(found, chance)))


async def join(stage: Stage, chance: random.Random, _say: Say) -> Facts:
    found = await _pick(stage, chance, "present")
    if found is None:
        return {}
    place, guest = found
    await group_members.add_member(stage.house, group_id=place.group_id, **_to(found, chance))
    return {"tenant": place.tenant_id, "user": guest.user_id}


async def ask(stage: Stage, chance: random.Random, _say: Say) -> Facts:
    found = await _pick(stage, chance, "present", "deleted")
    if found is None:
        return {}
    place, guest = found
    to = {"tenant": place.tenant_id, "user": guest.user_id}
    receipt = await receipts.latest(await stage.house.store.read(), place.tenant_id, guest.user_id)
    by = world.at_portal(guest)
    if receipt is None:
        await asking.ask_removal(stage.house, tenant_id=place.tenant_id, user_id=guest.user_id, by=by)
    else:
        await asking.ask_restore(stage.house, receipt_id=receipt.receipt_id, by=by)
    return to


async def assign(stage: Stage, chance: random.Random, _say: Say) -> Facts:
    found = await _pick(stage, chance, "present")
    if found is None:
        return {}
    act = assigning.unassign_role if chance.random() < 0.4 else assigning.assign_role
    await act(stage.house, role_id=roles.DIRECTORY_READERS, **_to(found, chance))
    return {"tenant": found[0].tenant_id, "user": found[1].user_id}


async def update(stage: Stage, chance: random.Random, _say: Say) -> Facts:
    found = await _pick(stage, chance, "present", "invited")
    if found is None:
        return {}
    changes = {"jobTitle": f"Job {chance.getrandbits(32):x}"}
    return _after(await directory_users.update_user(stage.house, changes=changes, **_to(found, chance)))


async def forbid(stage: Stage, chance: random.Random, _say: Say) -> Facts:
    place = chance.choice(stage.places)
    may = chance.random() < 0.8
    before = await organizations.find(await stage.house.store.read(), place.tenant_id)
    after = await policies.change_leave_setting(
        stage.house, tenant_id=place.tenant_id, guests_may_leave=may, by=_manager(place, chance)
    )
    changed = before is not None and before.guests_may_leave is not may
    return {"tenant": place.tenant_id, "version": after.version} if changed else {}


async def refresh(stage: Stage, chance: random.Random, _say: Say) -> Facts:
    """A token is rotated; the first of a family comes by a code."""
    if not stage.tokens or chance.random() < 0.3:
        return await _sign_in_app(stage, chance)
    place, user_id, token = stage.tokens.pop(chance.randrange(len(stage.tokens)))
    made = await granting.refresh(
        stage.house, stage.ring, place.app, tenant_id=place.tenant_id, token=token, scope=None
    )
    stage.tokens.append((place, user_id, made.refresh_token or ""))
    facts = {"tenant": place.tenant_id, "user": user_id, "used": secret_hash(token)}
    return {**facts, "token": secret_hash(made.refresh_token or "")}


async def _sign_in_app(stage: Stage, chance: random.Random) -> Facts:
    found = await _pick(stage, chance, "present")
    if found is None:
        return {}
    place, guest = found
    grant = granting.Grant(
        scope="openid offline_access User.Read",
        permissions=("User.Read",),
        nonce=None,
        auth_time=stage.house.clock.now(),
        strength=Strength.PASSWORD,
        redirect_uri=CALLBACK,
    )
    code = await granting.make_code(stage.house, place.app, guest, grant)
    made = await granting.exchange_code(
        stage.house,
        stage.ring,
        place.app,
        tenant_id=place.tenant_id,
        code=code,
        redirect_uri=CALLBACK,
        verifier=None,
    )
    stage.tokens.append((place, guest.user_id, made.refresh_token or ""))
    return {"tenant": place.tenant_id, "user": guest.user_id, "token": secret_hash(made.refresh_token or "")}


async def push(stage: Stage, chance: random.Random, _say: Say) -> Facts:
    if chance.random() < 0.7:
        return {}
    await emulating.advance(stage.house, timedelta(days=chance.choice((1, 8, 31))))
    return {"now": iso((await stage.house.store.moment()).now)}


ACTS = (
    Act("invite", 6, invite),
    Act("redeem", 8, redeem),
    Act("decline", 1, decline),
    Act("leave", 5, leave),
    Act("remove", 2, remove),
    Act("restore", 3, restore),
    Act("purge", 2, purge),
    Act("setLegalHold", 1, hold),
    Act("liftLegalHold", 1, lift),
    Act("disable", 1, disable),
    Act("enable", 2, enable),
    Act("join", 2, join),
    Act("ask", 1, ask),
    Act("assign", 1, assign),
    Act("update", 1, update),
    Act("forbid", 1, forbid),
    Act("refresh", 3, refresh),
    Act("push", 1, push),
)


def _manager(place: Place, chance: random.Random) -> Actor:
    return chance.choice((place.admin, operator()))


def _to(found: tuple[Place, Membership], chance: random.Random) -> Facts:
    place, guest = found
    return {"tenant_id": place.tenant_id, "user_id": guest.user_id, "by": _manager(place, chance)}


def _after(guest: Membership) -> Facts:
    return {"tenant": guest.tenant_id, "user": guest.user_id, "version": guest.version}


async def _pick(stage: Stage, chance: random.Random, *stages: str) -> tuple[Place, Membership] | None:
    """A guest, mostly one in a stage in which the act can succeed."""
    place = chance.choice(stage.places)
    reading = await stage.house.store.read()
    everybody = await reading.all(EVERYBODY, tenant_id=place.tenant_id, tie=Tie.GUEST.value)
    fitting = [user_id for user_id, now in everybody if now in stages or chance.random() < 0.02]
    if not fitting:
        return None
    guest = await memberships.find(reading, place.tenant_id, chance.choice(fitting))
    return None if guest is None else (place, guest)


async def _person(house: House, address: str) -> str:
    """Who reads this mailbox: the member whose home account has it, or somebody without a home organization."""
    reading = await house.store.read()
    owner = await organizations.find_domain(reading, address.rpartition("@")[2])
    member = None if owner is None else await memberships.find_by_upn(reading, owner.tenant_id, address)
    if member is not None and member.person_id is not None:
        return member.person_id
    known = await people.find_mailbox(reading, inviting.address_mac(house, address.lower()))
    return known.person_id if known is not None else await world.mailbox_person(house, address)
