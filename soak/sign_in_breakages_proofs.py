"""Broken builds of proving who one is, and of what pages tell about it: each leaves one check out.

``setting`` is what replaces an attribute and puts it back afterwards, as pytest's ``monkeypatch.setattr`` does.
"""

from contextlib import suppress
from dataclasses import replace
from typing import Any

from soak.sign_in_breakages import Setting, nothing, nothing_later
from vestibule import app
from vestibule.actions import inviting, mailbox_codes, redeeming, second_steps, signing_in
from vestibule.doors.portal import entering, known_accounts
from vestibule.doors.portal.desk import Visit
from vestibule.doors.portal.routes import signing_in as pages
from vestibule.ground import passwords
from vestibule.rules import passcodes
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import passcodes as kept_codes
from vestibule.store import people, rates, second_factors
from vestibule.store.invitations import Invitation
from vestibule.store.memberships import Membership
from vestibule.store.sessions import SignInRequest
from vestibule.store.unit import Reading, Unit

# --- Codes ------------------------------------------------------------------------------------------------------------


def one_code_too_many(setting: Setting) -> None:
    """A mailbox gets twenty-one unused codes in a day."""
    setting(passcodes, "UNUSED_A_DAY", passcodes.UNUSED_A_DAY + 1)


def code_of_any_sign_in(setting: Setting) -> None:
    """A code is good for whichever sign-in it is typed in."""
    real = mailbox_codes.use_code

    async def use(house: Any, unit: Unit, request: SignInRequest, mac: str, typed: str) -> Refused | None:
        kept = await kept_codes.find(unit, mac)
        meant = request if kept is None else replace(request, request_hash=kept.request_hash)
        return await real(house, unit, meant, mac, typed)

    setting(mailbox_codes, "use_code", use)


def unknown_mailboxes_told(setting: Setting) -> None:
    """Who asks for a code for a mailbox that nobody has hears so."""
    real = mailbox_codes._may_come  # noqa: SLF001

    async def may_come(unit: Any, mac: str) -> bool:
        if not await real(unit, mac):
            raise Refused(Reason.NOT_FOUND)
        return True

    setting(mailbox_codes, "_may_come", may_come)


# --- Passwords and second factors -------------------------------------------------------------------------------------


def unknown_accounts_told(setting: Setting) -> None:
    """Who types a password for a name that nobody has hears so."""
    real = signing_in._count_failure  # noqa: SLF001

    async def count(house: Any, email: str, member: Membership | None, **more: Any) -> None:
        await real(house, email, member, **more)
        if member is None:
            raise Refused(Reason.NOT_FOUND)

    setting(signing_in, "_count_failure", count)


def passwords_cut(setting: Setting) -> None:
    """Only the first 72 octets of a password count, as with bcrypt."""
    real = passwords._prepared  # noqa: SLF001
    setting(passwords, "_prepared", lambda password: real(password)[:72])


def names_cut(setting: Setting) -> None:
    """A name is cut to the length of the column that it is kept in."""
    real = pages.way_in

    async def way_in(visit: Visit, email: str, *, masked: bool = False) -> str:
        return await real(visit, email[:21], masked=masked)

    setting(pages, "way_in", way_in)


def factors_guessed(setting: Setting) -> None:
    """Wrong second factors cost nothing."""
    setting(rates, "count", nothing_later)


def factor_used_again(setting: Setting) -> None:
    """A code of an authenticator app is good as long as the app shows it."""
    setting(second_factors, "use_app", nothing)


def known_browsers_count_like_others(setting: Setting) -> None:
    """Tries from elsewhere count against a browser that has signed in with the account before."""

    async def nobody(*_given: Any) -> bool:
        return False

    setting(known_accounts, "knows", nobody)


def second_factor_left_out(setting: Setting) -> None:
    """A password opens everything for whoever has a second factor too."""

    async def none(*_given: Any) -> bool:
        return False

    setting(second_steps, "has_second_factor", none)
    setting(signing_in, "has_second_factor", none)


# --- Steps ------------------------------------------------------------------------------------------------------------


def step_before_believed(setting: Setting) -> None:
    """A page takes for granted that the one before it was answered."""
    real = entering.fact

    def fact(visit: Visit, name: str) -> str:
        return real(visit, name) or ("somebody@mailbox.example" if name == "email" else "")

    setting(entering, "fact", fact)


def last_step_believes_the_first(setting: Setting) -> None:
    """Whether the person is the invited one is asked on the way, and not when they accept."""
    check = redeeming._check_person  # noqa: SLF001

    async def is_for(house: Any, reading: Reading, invitation: Invitation, person_id: str, proof: Any = None) -> bool:
        person = await people.find(reading, person_id)
        if person is None:
            return False
        with suppress(Refused):
            await check(house, reading, invitation, person, proof)
            return True
        return False

    setting(redeeming, "is_for", is_for)
    setting(redeeming, "_check_person", nothing_later)


def any_host_will_do(setting: Setting) -> None:
    """Nobody looks at whom a request is for."""
    setting(app, "says_its_host", lambda _scope: True)


# --- Who left ---------------------------------------------------------------------------------------------------------


def choice_to_leave_forgotten(setting: Setting) -> None:
    """Who left is no different from somebody who was never here."""
    real = inviting._known  # noqa: SLF001

    async def known(unit: Unit, tenant_id: str, asked: Any) -> Membership | None:
        try:
            return await real(unit, tenant_id, asked)
        except Refused:
            return None

    async def nobody(*_given: Any) -> set[str]:
        return set()

    setting(inviting, "_known", known)
    setting(inviting, "_people_behind", nobody)


def guesses_not_counted(setting: Setting) -> None:
    """Wrong codes of devices cost nothing."""
    setting(rates, "check", nothing_later)
    setting(rates, "count", nothing_later)
