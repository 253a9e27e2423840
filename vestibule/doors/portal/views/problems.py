"""What can be wrong with a form of the portal or of a sign-in page: each sentence stands once, here."""

from typing import Final

from vestibule.doors.web.frame import Problem
from vestibule.doors.web.words import N_

LONGEST_REASON: Final = 500

ENTER_EMAIL: Final = Problem(N_("Enter your email address."), at="email")
ODD_EMAIL: Final = Problem(N_("Enter an email address like name@contoso.example."), at="email")
ENTER_PASSWORD: Final = Problem(N_("Enter your password."), at="password")
WRONG_PASSWORD: Final = Problem(N_("That email and password don't match."), at="password")
ENTER_CODE: Final = Problem(N_("Enter the code from the email."), at="code")
WRONG_CODE: Final = Problem(N_("That code didn't work. Check it, or send a new one."), at="code")
EXPIRED_CODE: Final = Problem(N_("That code is no longer valid. Send a new one."), at="code")
ENTER_DEVICE_CODE: Final = Problem(N_("Enter the code that the device shows."), at="user_code")
WRONG_DEVICE_CODE: Final = Problem(
    N_("No device waits for that code. Check it, or start again on the device."), at="user_code"
)
ENTER_DOMAIN: Final = Problem(N_("Enter the organization's domain."), at="domain")
UNKNOWN_DOMAIN: Final = Problem(N_("No organization here has this domain. Check it."), at="organization")
CHOOSE_WISH: Final = Problem(N_("Choose what you ask for."), at="wish")
WORDS_TOO_LONG: Final = Problem(N_("Write at most 1,000 characters, and none that can't be seen."), at="words")
ENTER_APP_CODE: Final = Problem(N_("Enter the code from your authenticator app."), at="code")
WRONG_APP_CODE: Final = Problem(N_("That code didn't work. Wait for the next one and enter that."), at="code")
ENTER_RECOVERY: Final = Problem(N_("Enter a recovery code."), at="recovery")
WRONG_RECOVERY: Final = Problem(N_("That recovery code didn't work. Each works once."), at="recovery")
PASSKEY_FAILED: Final = Problem(N_("That passkey didn't work. Nothing was changed."))
PASSKEY_KNOWN: Final = Problem(N_("That passkey was added before."))
TOO_MANY_PASSKEYS: Final = Problem(N_("You can have 20 passkeys. Remove one first."))
NAME_PASSKEY: Final = Problem(N_("Enter a name of at most 60 characters."), at="name")
ENTER_OLD_PASSWORD: Final = Problem(N_("Enter your current password."), at="old")
WRONG_OLD_PASSWORD: Final = Problem(N_("That isn't your current password."), at="old")
ENTER_NEW_PASSWORD: Final = Problem(N_("Enter a new password."), at="new")
PASSWORDS_DIFFER: Final = Problem(N_("Both new passwords have to be the same."), at="again")
PASSWORD_TOO_LONG: Final = Problem(N_("Use at most 1,024 characters."), at="new")
PASSWORD_ODD: Final = Problem(N_("Use no characters that can't be seen."), at="new")
PASSWORD_REPEATS: Final = Problem(N_("Use a password that doesn't repeat the same few characters."), at="new")
PASSWORD_NAME: Final = Problem(
    N_("Use a password that isn't made of your name, your address or your organization."), at="new"
)
PASSWORD_KNOWN: Final = Problem(
    N_("Many people use this password, or it was in a data breach. Use another one."), at="new"
)


def password_too_short(least: int) -> Problem:
    """The new password has too few characters."""
    return Problem(N_("Use at least {n} characters."), at="new", values={"n": least})


LONGEST_JUSTIFICATION: Final = 1_000
SAY_WHY: Final = N_("Say why access is still needed.")
WHY_TOO_LONG: Final = N_("Write at most 1,000 characters.")
REASON_TOO_LONG: Final = Problem(N_("Write at most 500 characters."), at="reason")
CHOOSE_LANGUAGE: Final = Problem(N_("Choose one of the languages."), at="language")
REQUEST_NOT_SENT: Final = Problem(N_("We couldn't send your request. Nothing was changed."))
STALE_FORM: Final = Problem(
    N_("This form was open too long, or in another session. Nothing was changed. Send it again.")
)
