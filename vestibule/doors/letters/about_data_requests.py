"""Letters to whoever asked an organization for their data, or for its removal, by a proven address."""

from vestibule.doors.letters import neutral
from vestibule.doors.letters.about_requests import complaint, dates_of_answer, dates_of_extension, ground_in_words
from vestibule.doors.letters.draft import Block, Code, Draft, Items, Link, Paragraph, Voice
from vestibule.doors.letters.kinds import (
    DataRequestAnsweredFacts,
    DataRequestCodeFacts,
    DataRequestExtendedFacts,
    DataRequestFacts,
    DataRequestReceivedFacts,
    DataRequestRefusedFacts,
    Wish,
)
from vestibule.doors.letters.pieces import named, organization_row, privacy_contact, quoted, rows
from vestibule.doors.letters.wording import Sentence, Wording


def code(facts: DataRequestCodeFacts, wording: Wording) -> Draft:
    """Compose the one-time code of a request. No link, as in the one for signing in."""
    org = neutral.name(facts.organization)
    return Draft(
        subject=wording.say("Your code for a request to {org}", org=org),
        body=(
            Code(facts.code),
            Paragraph(wording.say("The code is valid until {time}.", time=wording.clock(facts.valid_until))),
            Paragraph(wording.say("It confirms a request about your data. It doesn't sign anybody in.")),
            Paragraph(wording.say("Only enter it on the page that you opened yourself, and don't pass it on.")),
            Paragraph(wording.say("Didn't ask for this? You can ignore this email.")),
        ),
        why=wording.say("You got this email because someone entered your address in a request to {org}.", org=org),
        voice=Voice.SERVICE,
        about=None,
    )


def received(facts: DataRequestReceivedFacts, wording: Wording) -> Draft:
    """Compose that the request was filed, and by when it is answered."""
    org = named(facts)
    return Draft(
        subject=wording.say("We sent your request to {org}", org=org),
        body=(
            Paragraph(_asked(facts, wording)),
            rows(
                organization_row(facts, wording),
                (wording.say("Asked on"), wording.moment(facts.asked_at)),
                (wording.say("Answer due by"), wording.moment(facts.answer_due)),
                (wording.say("Privacy contact"), facts.privacy_contact),
            ),
            Paragraph(wording.say("An administrator of {org} decides. Nothing changes until they do.", org=org)),
            Paragraph(wording.say("You can look at your request and withdraw it. We'll send you a code for that.")),
            Link(wording.say("View request"), facts.request_link),
        ),
        why=_why(facts, wording),
        voice=Voice.SERVICE,
        about=facts,
    )


def extended(facts: DataRequestExtendedFacts, wording: Wording) -> Draft:
    """Compose that the answer takes longer, until when and why (GDPR, article 12(3))."""
    org = named(facts)
    return Draft(
        subject=wording.say("{org} needs more time for your request", org=org),
        body=(
            Paragraph(_asked(facts, wording)),
            Paragraph(wording.say("The answer takes longer than a month.")),
            *quoted(wording.say("Message from {org}:", org=org), facts.message),
            dates_of_extension(facts, wording),
            Paragraph(complaint(wording)),
            Link(wording.say("View request"), facts.request_link),
        ),
        why=_why(facts, wording),
        voice=Voice.ORGANIZATION,
        about=facts,
        reply_to=privacy_contact(facts),
    )


def refused(facts: DataRequestRefusedFacts, wording: Wording) -> Draft:
    """Compose a refusal, its ground, and where the reader can complain (GDPR, article 12(4))."""
    org = named(facts)
    return Draft(
        subject=wording.say("{org} answered your request", org=org),
        body=(
            Paragraph(_asked(facts, wording)),
            Paragraph(wording.say("{org} refused.", org=org)),
            Paragraph(ground_in_words(facts.ground, wording)),
            *quoted(wording.say("Message from {org}:", org=org), facts.message),
            dates_of_answer(facts, wording),
            Paragraph(complaint(wording)),
        ),
        why=_why(facts, wording),
        voice=Voice.ORGANIZATION,
        about=facts,
        reply_to=privacy_contact(facts),
    )


def answered(facts: DataRequestAnsweredFacts, wording: Wording) -> Draft:
    """Compose the answer: the way to the copy, what was removed and what stays, or that there is nothing."""
    org = named(facts)
    return Draft(
        subject=wording.say("{org} answered your request", org=org),
        body=(
            Paragraph(_asked(facts, wording)),
            *_outcome(facts, wording),
            *quoted(wording.say("Message from {org}:", org=org), facts.message),
            dates_of_answer(facts, wording),
            Paragraph(complaint(wording)),
        ),
        why=_why(facts, wording),
        voice=Voice.ORGANIZATION,
        about=facts,
        reply_to=privacy_contact(facts),
    )


def _outcome(facts: DataRequestAnsweredFacts, wording: Wording) -> tuple[Block, ...]:
    if facts.copy_until is not None:
        until = wording.moment(facts.copy_until)
        return (
            Paragraph(wording.say("You can download a copy of your data once, until {date}.", date=until)),
            Paragraph(wording.say("We'll send you a code for that. The copy isn't in this email.")),
            Link(wording.say("Download copy"), facts.request_link),
        )
    nothing = wording.say("There is no data under your address in the directory of {org}.", org=named(facts))
    first = (Paragraph(nothing),) if facts.nothing_held else _removed(facts, wording)
    return first + _kept(facts, wording)


def _removed(facts: DataRequestAnsweredFacts, wording: Wording) -> tuple[Block, ...]:
    lines = []
    if facts.accounts_removed:
        n = facts.accounts_removed
        lines.append(wording.count("{n} account, permanently deleted", "{n} accounts, permanently deleted", n))
    if facts.letters_removed:
        n = facts.letters_removed
        lines.append(wording.count("{n} email that waited", "{n} emails that waited", n))
    done = (Items(wording.say("What was removed:"), tuple(lines)),) if lines else ()
    if not facts.accounts_removed:
        return done
    return (*done, Paragraph(wording.say("The data of the account is removed within 30 days. This can't be undone.")))


def _kept(facts: DataRequestAnsweredFacts, wording: Wording) -> tuple[Block, ...]:
    words = {
        "invitationBlock": wording.say("That you don't want invitations, because you asked for that"),
        "contact": wording.say("Your address as a contact that the organization names to everybody"),
    }
    lines = tuple(words[one] for one in facts.kept if one in words)
    return (Items(wording.say("What stays:"), lines),) if lines else ()


def _asked(facts: DataRequestFacts, wording: Wording) -> Sentence:
    org = named(facts)
    if facts.wish is Wish.ACCESS:
        return wording.say("You asked {org} whether it has data about you, and for a copy.", org=org)
    return wording.say("You asked {org} to remove the data that it has about you.", org=org)


def _why(facts: DataRequestFacts, wording: Wording) -> Sentence:
    return wording.say("You got this email because your address was confirmed in a request to {org}.", org=named(facts))
