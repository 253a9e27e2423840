"""Bringing in people: guests are invited, members get a user object, and who was deleted comes in deleted."""

from typing import Final

from vestibule.actions import arriving, inviting
from vestibule.actions.inviting import Asked
from vestibule.actions.user_objects import NewMember
from vestibule.importing.journey import Journey
from vestibule.importing.sources import Said
from vestibule.importing.wishes import Guest, Member
from vestibule.rules import names
from vestibule.rules.actors import operator
from vestibule.rules.lifecycle import Invited, Present, Tie
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import memberships

HOME_PAGE: Final = "/myaccount/organizations"
_STILL_HERE: Final = "somebody with this address or name is here, and not deleted"


async def guest(journey: Journey, said: Said, wish: Guest) -> None:
    """Invite one guest."""
    address = names.read_address(wish.address.strip())
    key = names.key(wish.address.strip()) if address is None else address.key
    twice = journey.told_before(said.place, _told(wish, mail=key))
    if twice is not None:
        journey.refuse(said, twice)
        return
    found = await _guest_there(journey, wish, key)
    if found is not None:
        journey.there(said, *found)
        return
    try:
        sent = await arriving.guest_arrives(
            journey.house,
            _asked(journey, wish, fresh=key in journey.ended),
            tenant_id=journey.tenant_id,
            by=operator(),
            properties=wish.properties,
            enabled=wish.enabled,
            deleted=wish.deleted,
        )
    except Refused as refused:
        _refuse(journey, said, refused, deleted=wish.deleted)
        return
    if wish.deleted:
        journey.ended.add(key)
    journey.accept(said, sent.user_id, link=None if wish.sends or wish.deleted else sent.redeem_url)


async def member(journey: Journey, said: Said, wish: Member) -> None:
    """Make the user object of one member."""
    key = names.key(wish.user_principal_name)
    mail = wish.properties.get("mail")
    mail_key = names.key(mail) if isinstance(mail, str) else None
    twice = journey.told_before(said.place, _told(wish, name=key, mail=mail_key))
    if twice is not None:
        journey.refuse(said, twice)
        return
    found = await _member_there(journey, wish, key)
    if found is not None:
        journey.there(said, found)
        return
    gone = journey.present.gone_by_name.get(key)
    if gone is not None and key not in journey.ended:
        journey.refuse_deleted(said, gone)
        return
    try:
        made = await arriving.member_arrives(
            journey.house, _new_member(wish), tenant_id=journey.tenant_id, by=operator(), deleted=wish.deleted
        )
    except Refused as refused:
        _refuse(journey, said, refused, deleted=wish.deleted)
        return
    if wish.deleted:
        journey.ended.add(key)
    journey.accept(said, made.user_id)


def _told(wish: Guest | Member, *, mail: str | None = None, name: str | None = None) -> dict[str, str]:
    """What no two lines may share. Who was deleted may have the name and address of somebody who is there."""
    space = "deleted " if wish.deleted else ""
    said = {"user": (wish.old_id, "the id"), "name": (name, "the user principal name"), "mail": (mail, "the address")}
    return {
        f"{space if what != 'user' else ''}{what} {value}": called
        for what, (value, called) in said.items()
        if value is not None
    }


def _asked(journey: Journey, wish: Guest, *, fresh: bool) -> Asked:
    """What the invitation asks for. Raises Refused."""
    return inviting.check(
        wish.address.strip(),
        wish.redirect_url or f"{journey.house.public_url}{HOME_PAGE}",
        display_name=wish.display_name,
        message=wish.message,
        user_type=wish.user_type,
        sends=wish.sends,
        # The one who was deleted came in with this import: nobody is brought back.
        start_fresh=fresh or wish.deleted,
    )


def _new_member(wish: Member) -> NewMember:
    properties = dict(wish.properties)
    nickname = properties.pop("mailNickname", None) or wish.user_principal_name.partition("@")[0]
    return NewMember(
        display_name=wish.display_name,
        user_principal_name=wish.user_principal_name,
        mail_nickname=nickname,
        password=None,
        enabled=wish.enabled,
        properties=properties,
    )


async def _guest_there(journey: Journey, wish: Guest, key: str) -> tuple[str, str] | None:
    """The object that this guest has here already, and how it stands; None when the rules have to decide."""
    if wish.deleted:
        gone = journey.present.gone_by_mail.get(key)
        return None if gone is None else (gone, "is among the deleted users already")
    reading = await journey.house.store.read()
    known = await memberships.by_mail(reading, journey.tenant_id, key)
    here = next((one for one in known if isinstance(one.stage, Invited | Present)), None)
    if here is None or here.standing.tie is Tie.HOME or (wish.enabled and not here.standing.enabled_here):
        return None
    return here.user_id, "is invited already" if isinstance(here.stage, Invited) else "is a guest already"


async def _member_there(journey: Journey, wish: Member, key: str) -> str | None:
    if wish.deleted:
        return journey.present.gone_by_name.get(key)
    reading = await journey.house.store.read()
    found = await memberships.find_by_upn(reading, journey.tenant_id, key)
    return None if found is None or found.standing.tie is not Tie.HOME else found.user_id


def _refuse(journey: Journey, said: Said, refused: Refused, *, deleted: bool) -> None:
    taken = refused.reason in {Reason.ALREADY_THERE, Reason.DUPLICATE_VALUE}
    journey.refuse(said, _STILL_HERE if deleted and taken else refused)
