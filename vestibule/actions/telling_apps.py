"""Telling apps that somebody is signed out (OpenID Connect Back-Channel Logout 1.0).

A notice is written in the unit of what ends the sign-in, so that it is never told of what did not happen, and goes
out afterwards like a letter. Tokens do not wait for it: they are dead with the commit. It is for the session that an
app keeps itself.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from vestibule.actions import sealed_letters
from vestibule.actions.house import House
from vestibule.actions.subjects import pairwise
from vestibule.rules.lifecycle import Present, Tie
from vestibule.store import apps, memberships, outbox, tokens
from vestibule.store.memberships import Membership
from vestibule.store.outbox import Letter
from vestibule.store.tokens import Family
from vestibule.store.unit import Unit

_SEALED_FOR: Final = "logout-notices"


class Notice(msgspec.Struct, frozen=True):
    """What is told to one app.

    Attributes:
        client_id: which app. uri: where it is told.
        sub: the person, as the app calls them. sid: the session that ended; None: all of theirs.
    """

    client_id: str
    uri: str
    sub: str
    sid: str | None = None


async def tell_all(house: House, unit: Unit, user: Membership) -> None:
    """Every sign-in of an account is over, here and, when this is its home, wherever it is a guest."""
    await _tell_of(house, unit, user)
    for one in await elsewhere(unit, user):
        await _tell_of(house, unit, one)


async def elsewhere(unit: Unit, user: Membership) -> list[Membership]:
    """Where else somebody is signed out as soon as this account is: wherever they are a guest, if it is their home."""
    if user.standing.tie is not Tie.HOME or user.person_id is None or user.tenant_id != user.home_tenant:
        return []
    here = (user.tenant_id, user.user_id)
    found = await memberships.of_person(unit, user.person_id)
    return [one for one in found if (one.tenant_id, one.user_id) != here and isinstance(one.stage, Present)]


async def tell_session(house: House, unit: Unit, session_id: str) -> None:
    """One browser session is over."""
    for family in await tokens.began_in(unit, session_id):
        user = await memberships.find(unit, family.tenant_id, family.user_id)
        if user is not None:
            await _write(house, unit, user, [family], by_session=True)


def open_notice(house: House, letter: Letter) -> Notice:
    """What a notice says."""
    return sealed_letters.opened(house, letter, Notice, sealed_for=_SEALED_FOR)


async def _tell_of(house: House, unit: Unit, user: Membership) -> None:
    families = await tokens.open_of(unit, user.tenant_id, user.user_id)
    if not families:
        return
    tokens.end_of(unit, user.tenant_id, user.user_id)
    await _write(house, unit, user, families, by_session=False)


async def _write(house: House, unit: Unit, user: Membership, families: Iterable[Family], *, by_session: bool) -> None:
    """One notice for each app, or one for each session where the app wants to know which."""
    sessions: dict[str, set[str | None]] = {}
    for family in families:
        sessions.setdefault(family.client_id or "", set()).add(family.began_in or None)
    for client_id, sids in sorted(sessions.items()):
        app = await apps.find_by_client_id(unit, client_id)
        if app is None or not app.enabled or app.backchannel_logout_uri is None:
            continue
        each = by_session or (app.backchannel_logout_session and None not in sids)
        for sid in sorted(one for one in sids if one is not None) if each else [None]:
            notice = Notice(client_id, app.backchannel_logout_uri, pairwise(house, user, app), sid)
            # Under nobody's id: it has to go out although the account is being erased.
            sealed_letters.put(
                house,
                unit,
                notice,
                kind=outbox.NOTICE,
                sealed_for=_SEALED_FOR,
                tenant_id=user.tenant_id,
                user_id=None,
            )
