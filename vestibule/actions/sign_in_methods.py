"""Ways to sign in, of one person: which there are, who may change them, and who is told.

They belong to the person and to no organization. A change needs a sign-in of the last minutes, so that a screen that
was left open changes nothing. It is written to the log of the home organization, else of the one they are signed in
to, and told by letter to the address that is known of them.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from vestibule.actions import journal
from vestibule.actions.access import SignedIn, home_of, secret_hash
from vestibule.actions.authorising import insist_themselves
from vestibule.actions.house import House
from vestibule.actions.posting import LetterKind, post
from vestibule.rules.actors import Actor, Strength
from vestibule.rules.lifecycle import Present
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import hanging, memberships, organizations, people, second_factors
from vestibule.store.memberships import Membership
from vestibule.store.people import Person
from vestibule.store.second_factors import AuthenticatorApp, Passkey
from vestibule.store.unit import Reading, Unit

FRESH: Final = timedelta(minutes=10)
ONE_FACTOR: Final = frozenset({Strength.NONE, Strength.EMAILED_CODE, Strength.PASSWORD})
"""Proofs that are one factor alone."""

PASSWORD: Final = "password"  # noqa: S105 - the kind of a credential, not a secret


class Method(StrEnum):
    """What can be added and removed."""

    AUTHENTICATOR_APP = "authenticatorApp"
    PASSKEY = "passkey"
    RECOVERY_CODES = "recoveryCodes"
    EVERY_SECOND_FACTOR = "everySecondFactor"


@dataclass(frozen=True, slots=True)
class Methods:
    """What somebody can sign in with, besides an emailed code.

    Attributes:
        password_since: machine time of their password; None without one.
        app: their authenticator app. passkeys: oldest first. codes_left: unused recovery codes.
    """

    password_since: datetime | None
    app: AuthenticatorApp | None
    passkeys: list[Passkey]
    codes_left: int

    @property
    def has_second_factor(self) -> bool:
        """Whether a password alone does not sign them in."""
        return self.app is not None or bool(self.passkeys)


@dataclass(frozen=True, slots=True)
class Proven:
    """Somebody who proved who they are, not long ago.

    Attributes:
        person_id: who. at: machine time of the proof. strength: how.
        bound_to: the session or the sign-in under way in which they did; what is begun there ends there.
    """

    person_id: str
    at: datetime
    strength: Strength
    bound_to: str


def proven_by(signed_in: SignedIn) -> Proven:
    """The proof that a session rests on. The session keeps its form key for its life, so that binds to it."""
    bound_to = secret_hash(signed_in.session.form_key)
    return Proven(signed_in.person.person_id, signed_in.session.signed_in_at, signed_in.strength, bound_to)


async def methods_of(reading: Reading, person_id: str) -> Methods:
    """What somebody can sign in with."""
    password = await people.find_credential(reading, person_id, PASSWORD)
    return Methods(
        password_since=None if password is None else password.changed_at,
        app=await second_factors.app_of(reading, person_id),
        passkeys=await second_factors.passkeys_of(reading, person_id),
        codes_left=await second_factors.codes_left(reading, person_id),
    )


async def has_second_factor(reading: Reading, person_id: str) -> bool:
    """Whether a password alone does not sign them in."""
    if await second_factors.app_of(reading, person_id) is not None:
        return True
    return bool(await second_factors.passkeys_of(reading, person_id))


async def must_enrol(house: House, reading: Reading, person: Person) -> bool:
    """Whether somebody holds a directory role, which outside an emulator takes more than a password."""
    return not house.emulator and await holds_role(reading, person.person_id)


async def holds_role(reading: Reading, person_id: str) -> bool:
    """Whether somebody holds a directory role, in whichever organization."""
    for one in await memberships.of_person(reading, person_id):
        if isinstance(one.stage, Present) and await hanging.roles(reading, one.tenant_id, one.user_id):
            return True
    return False


def is_fresh(now: datetime, proven: Proven) -> bool:
    """Whether the proof is young enough to change how one signs in. ``now``: machine time."""
    return now - proven.at <= FRESH


async def insist(unit: Reading, verb: Verb, proven: Proven, *, by: Actor) -> Person:
    """Insist that somebody may change their own ways to sign in. Returns who it is.

    Who comes from another provider has none here: only their home can let them in, or no longer.
    Who has a second factor and came without it changes nothing: whoever knows the password or reads the mail could,
    too.

    Raises:
        Refused: NOT_FOUND for anybody but the person; NOT_ALLOWED for a token; NEEDS_PERSON for a program;
            SIGN_IN_AGAIN when the proof is too old; STRONGER_SIGN_IN.
    """
    insist_themselves(by, verb)
    person = await people.find(unit, proven.person_id)
    if person is None or by.person_id != proven.person_id:
        raise Refused(Reason.NOT_FOUND)
    if not by.through_pages or person.is_federated:
        raise Refused(Reason.NOT_ALLOWED)
    if not is_fresh(unit.moment.machine, proven):
        raise Refused(Reason.SIGN_IN_AGAIN)
    if proven.strength in ONE_FACTOR and await has_second_factor(unit, proven.person_id):
        raise Refused(Reason.STRONGER_SIGN_IN)
    return person


async def tell(
    house: House, unit: Unit, verb: Verb, method: Method, person: Person, *, by: Actor, letter: bool = True
) -> None:
    """Write the event and the letter of a change."""
    mine = await _account(unit, person, by)
    if mine is not None:
        facts = {"method": method.value}
        event = journal.Event(verb, mine.tenant_id, journal.about(mine), unit.now, facts=facts)
        await journal.write(house, unit, event, by=by)
    if not letter:
        return
    kind = LetterKind.METHOD_REMOVED if verb is Verb.REMOVE_SIGN_IN_METHOD else LetterKind.METHOD_ADDED
    post(
        house,
        unit,
        kind,
        organization=None if mine is None else await organizations.find(unit, mine.tenant_id),
        user_id=None if mine is None else mine.user_id,
        recipient=await address_of(unit, person, mine),
        languages=[person.preferred_language, None if mine is None else mine.preferred_language],
        facts={"method": method.value, "at": unit.now},
    )


async def _account(reading: Reading, person: Person, by: Actor) -> Membership | None:
    """In whose log it is told: at home, else where they are signed in."""
    home = await home_of(reading, person)
    if home is not None or not by.tenant_id or not by.user_id:
        return home
    return await memberships.find(reading, by.tenant_id, by.user_id)


async def address_of(reading: Reading, person: Person, mine: Membership | None) -> str | None:
    """Where a person is written to: at home, else the mailbox that they proved."""
    if person.home_tenant is not None and mine is not None:
        return mine.contact or mine.user_principal_name
    proved = [one.address for one in await people.mailboxes(reading, person.person_id) if one.address]
    return proved[0] if proved else None if mine is None else mine.contact
