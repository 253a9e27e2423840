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
ENTER_DOMAIN: Final = Problem(N_("Enter the organization's domain."), at="domain")
REASON_TOO_LONG: Final = Problem(N_("Write at most 500 characters."), at="reason")
CHOOSE_LANGUAGE: Final = Problem(N_("Choose one of the languages."), at="language")
REQUEST_NOT_SENT: Final = Problem(N_("We couldn't send your request. Nothing was changed."))
STALE_FORM: Final = Problem(
    N_("This form was open too long, or in another session. Nothing was changed. Send it again.")
)
