"""Passwords on their way into the store: checked, then hashed off the event loop, before any transaction begins.

Actions take a ``HashedPassword``, and ``hashed`` is how one is made; so no door can forget the rule.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from vestibule.ground.passwords import Passwords, PasswordTooLong
from vestibule.rules import passwords as rules
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import people
from vestibule.store.people import Credential
from vestibule.store.unit import Unit

PASSWORD: Final = "password"  # noqa: S105 - the kind of a credential, not a secret


@dataclass(frozen=True, slots=True)
class HashedPassword:
    """A password that passed the rules, as argon2id in its encoded form."""

    encoded: str


async def hashed(
    passwords: Passwords, password: str, *, names: Iterable[str] = (), second_factor: bool = False
) -> HashedPassword:
    """Check a new password and hash it.

    Args:
        passwords: the pool that hashes. password: as it was typed or sent.
        names: what is known of the person and the organization; a password made of one is refused.
        second_factor: whether the person also signs in with something else.

    Raises:
        Refused: PASSWORD_WEAK with ``why`` and the least number of characters.
        Busy: too many passwords wait to be hashed.
    """
    least = rules.LEAST_WITH_SECOND_FACTOR if second_factor else rules.LEAST
    wrong = rules.weakness(password, names=names, second_factor=second_factor)
    if wrong is not None:
        raise _weak(wrong, least)
    if await passwords.is_known(password):
        raise _weak(rules.Weakness.IS_KNOWN, least)
    try:
        return HashedPassword(await passwords.hash(password))
    except PasswordTooLong:
        raise _weak(rules.Weakness.TOO_LONG, least) from None


def _weak(wrong: rules.Weakness, least: int) -> Refused:
    return Refused(Reason.PASSWORD_WEAK, property="passwordProfile", why=wrong.value, least=least)


async def keep(unit: Unit, person_id: str, password: HashedPassword) -> None:
    """Write a person's password into a unit, their first or a new one. Times are machine time."""
    new = Credential(person_id, PASSWORD, password.encoded, unit.moment.machine)
    before = await people.find_credential(unit, person_id, PASSWORD)
    if before is None:
        people.insert_credential(unit, new)
    else:
        people.change_credential(unit, new)
