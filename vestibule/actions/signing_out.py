"""Sign out everywhere: a person ends what is open in their name, in every browser and program."""

from dataclasses import replace

from vestibule.actions import account_letters, journal, telling_apps, telling_connected
from vestibule.actions.authorising import authorise
from vestibule.actions.carry_out import attempt
from vestibule.actions.house import House
from vestibule.actions.posting import LetterKind
from vestibule.ground.clock import iso
from vestibule.rules.actors import Actor, ActorKind
from vestibule.rules.lifecycle import Present
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import memberships, people, profiles, sessions
from vestibule.store.memberships import Membership
from vestibule.store.people import Person
from vestibule.store.unit import Unit


async def sign_out_everywhere(house: House, *, person_id: str, by: Actor) -> None:
    """End every session and token of a person, the one they ask with among them.

    A home organization signs its member out of every other one as well, since whatever they hold there was born in
    an epoch of the account at home. Somebody without one is signed out of each organization they are in.

    Raises:
        Refused: NOT_FOUND for an unknown person, and for anybody but the person.
    """

    async def work(unit: Unit) -> None:
        person = await people.find(unit, person_id)
        if person is None or by.person_id != person_id:
            raise Refused(Reason.NOT_FOUND)
        mine = await _signed_out_by(unit, person)
        for user in mine[:1]:  # one letter, however many organizations it ends something in
            await account_letters.tell(house, unit, LetterKind.SIGNED_OUT_EVERYWHERE, user, by=by)
        for user in mine:
            acting = replace(by, tenant_id=user.tenant_id, user_id=user.user_id)
            await authorise(unit, acting, Verb.SIGN_OUT_EVERYWHERE, user.tenant_id, user)
            await end_sessions(house, unit, user, by=acting)
        sessions.drop_person(unit, person_id)

    await attempt(house, Verb.SIGN_OUT_EVERYWHERE, work, by=by, tenant_id=by.tenant_id, user_id=by.user_id)


async def end_sessions(house: House, unit: Unit, user: Membership, *, by: Actor) -> Membership:
    """Write into a unit that no session and no token of a user is good any more. The right to it has been asked."""
    after = replace(user, version=user.version + 1, epoch=user.epoch + 1)
    memberships.touch(unit, user, epoch=after.epoch)
    await tell_ended(house, unit, user, after, by=by)
    profile = await profiles.find(unit, user.tenant_id, user.user_id)
    if profile is not None:
        since = {"signInSessionsValidFromDateTime": iso(unit.now)}
        profiles.save(unit, replace(profile, attributes={**profile.attributes, **since}))
    event = journal.Event(Verb.SIGN_OUT_EVERYWHERE, user.tenant_id, journal.about(user, after), unit.now)
    await journal.write(house, unit, event, by=by)
    return after


async def tell_ended(
    house: House, unit: Unit, user: Membership, after: Membership, *, by: Actor, changed: bool = False
) -> None:
    """Write what apps are told of somebody whose sessions and tokens this unit ends, whatever ended them.

    ``changed``: it changes their profile too.
    """
    await telling_apps.tell_all(house, unit, user)
    await telling_connected.tell_signed_out(house, unit, user, after, by=_whose_doing(by, user), changed=changed)


def _whose_doing(by: Actor, user: Membership) -> str:
    """In CAEP's words (``initiating_entity``)."""
    if by.kind is ActorKind.SYSTEM:
        return "system"
    return "user" if by.person_id is not None and by.person_id == user.person_id else "admin"


async def _signed_out_by(unit: Unit, person: Person) -> list[Membership]:
    """The memberships whose epoch ends everything: the one at home, else each of them."""
    mine = [one for one in await memberships.of_person(unit, person.person_id) if isinstance(one.stage, Present)]
    home = [one for one in mine if one.tenant_id == person.home_tenant and one.user_id == person.home_user]
    return home or mine
