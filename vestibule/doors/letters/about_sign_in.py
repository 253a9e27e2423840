"""Letters about how the reader signs in: told whoever did it, so that a theft does not stay hidden."""

from vestibule.doors.letters import neutral
from vestibule.doors.letters.draft import Caution, Draft, Paragraph, Rows, Voice
from vestibule.doors.letters.kinds import (
    AccountFacts,
    MethodAddedFacts,
    MethodRemovedFacts,
    PasswordChangedFacts,
    SignedOutEverywhereFacts,
    SignInMethod,
)
from vestibule.doors.letters.wording import Sentence, Wording


def method_changed(
    facts: MethodAddedFacts | MethodRemovedFacts, wording: Wording, recipient: str, service_name: str
) -> Draft:
    """Compose the letter about a way to sign in that was added or removed. No link: a forged one would have one."""
    org = neutral.name(facts.organization, otherwise=service_name)
    added = isinstance(facts, MethodAddedFacts)
    what = _added(facts.method, wording) if added else _removed(facts.method, wording)
    return Draft(
        subject=wording.say("A sign-in method was added") if added else wording.say("A sign-in method was removed"),
        body=(
            Paragraph(what),
            Rows(((wording.say("Account"), recipient), (wording.say("When"), str(wording.moment(facts.at))))),
            Paragraph(wording.say("Was it you? Then there is nothing to do.")),
            Caution(
                wording.say(
                    "Wasn't it you? Sign in, remove what you don't know under Security info, sign out everywhere, and "
                    "tell an administrator."
                )
            ),
        ),
        why=wording.say("You got this email because {email} is used to sign in to {org}.", email=recipient, org=org),
        voice=Voice.SERVICE,
        about=None,
    )


def account_changed(
    facts: PasswordChangedFacts | SignedOutEverywhereFacts, wording: Wording, recipient: str, service_name: str
) -> Draft:
    """Compose the letter about a new password, or about being signed out everywhere. No link, as above."""
    org = neutral.name(facts.organization, otherwise=service_name)
    password = isinstance(facts, PasswordChangedFacts)
    subject = wording.say("Your password was changed") if password else wording.say("You were signed out everywhere")
    what = _new_password(facts, wording) if password else _signed_out(facts, wording)
    return Draft(
        subject=subject,
        body=(
            Paragraph(what),
            Rows(((wording.say("Account"), recipient), (wording.say("When"), str(wording.moment(facts.at))))),
            Paragraph(wording.say("Was it you, or did you ask for it? Then there is nothing to do.")),
            Caution(
                wording.say(
                    "Wasn't it you? Tell an administrator, sign in, change your password, and remove what you don't "
                    "know under Security info."
                )
            ),
        ),
        why=wording.say("You got this email because {email} is used to sign in to {org}.", email=recipient, org=org),
        voice=Voice.SERVICE,
        about=None,
    )


def _new_password(facts: AccountFacts, wording: Wording) -> Sentence:
    if facts.by_reader:
        return wording.say("The password of your account was changed. Everything that was signed in is signed out.")
    return wording.say(
        "An administrator gave your account a new password. Everything that was signed in is signed out."
    )


def _signed_out(facts: AccountFacts, wording: Wording) -> Sentence:
    if facts.by_reader:
        return wording.say("Every browser and app that was signed in with your account was signed out.")
    return wording.say("An administrator signed out every browser and app that was signed in with your account.")


def _added(method: SignInMethod, wording: Wording) -> Sentence:
    match method:
        case SignInMethod.AUTHENTICATOR_APP:
            return wording.say("An authenticator app was added to your account.")
        case SignInMethod.PASSKEY:
            return wording.say("A passkey was added to your account.")
        case SignInMethod.RECOVERY_CODES | SignInMethod.EVERY_SECOND_FACTOR:
            return wording.say("New recovery codes were made for your account. Earlier ones no longer work.")


def _removed(method: SignInMethod, wording: Wording) -> Sentence:
    match method:
        case SignInMethod.AUTHENTICATOR_APP:
            return wording.say("The authenticator app was removed from your account.")
        case SignInMethod.PASSKEY:
            return wording.say("A passkey was removed from your account.")
        case SignInMethod.RECOVERY_CODES:
            return wording.say("The recovery codes of your account were removed.")
        case SignInMethod.EVERY_SECOND_FACTOR:
            return wording.say("Your passkeys, authenticator app and recovery codes were all removed.")
