"""Letters to whoever asked an organization to remove or erase them, about what becomes of it."""

from vestibule.doors.letters.draft import Block, Draft, Link, Paragraph, Voice
from vestibule.doors.letters.kinds import (
    DataRequestAnsweredFacts,
    DataRequestExtendedFacts,
    DataRequestRefusedFacts,
    ErasureRefusedFacts,
    Ground,
    RemovalRequestAnsweredFacts,
    RemovalRequestReceivedFacts,
    RequestExtendedFacts,
)
from vestibule.doors.letters.pieces import named, organization_row, privacy_contact, quoted, rows
from vestibule.doors.letters.wording import Sentence, Wording


def removal_request_received(facts: RemovalRequestReceivedFacts, wording: Wording) -> Draft:
    """Compose what a guest gets who may not leave alone and asked to be removed, or who asked to be erased."""
    org = named(facts)
    gone = wording.say(
        "If they grant it, your account is permanently deleted and your data is removed. This can't be undone."
    )
    return Draft(
        subject=wording.say("We sent your request to {org}", org=org),
        body=(
            Paragraph(_what_was_asked(org, wording, erasure=facts.erasure)),
            rows(
                organization_row(facts, wording),
                (wording.say("Asked on"), wording.moment(facts.asked_at)),
                (wording.say("Answer due by"), wording.moment(facts.answer_due)),
                (wording.say("Reference"), facts.reference),
                (wording.say("Privacy contact"), facts.privacy_contact),
            ),
            Paragraph(wording.say("An administrator of {org} decides. Nothing changes until they do.", org=org)),
            *((Paragraph(gone),) if facts.erasure else ()),
            Paragraph(wording.say("You can see the answer on the Organizations page.")),
            Link(wording.say("Manage organizations"), facts.organizations_link),
        ),
        why=_why(org, wording, erasure=facts.erasure),
        voice=Voice.SERVICE,
        about=facts,
    )


def removal_request_answered(facts: RemovalRequestAnsweredFacts, wording: Wording) -> Draft:
    """Compose the organization's answer to who asked to be removed: they are kept, and what they can do about it."""
    org = named(facts)
    again = wording.say("You can ask again from {date}.", date=wording.day(facts.ask_again_from))
    return Draft(
        subject=wording.say("{org} answered your request", org=org),
        body=(
            Paragraph(wording.say("You asked {org} to remove you. {org} decided to keep your account.", org=org)),
            *quoted(wording.say("Message from {org}:", org=org), facts.message),
            dates_of_answer(facts, wording),
            Paragraph(again),
            Link(wording.say("Manage organizations"), facts.organizations_link),
        ),
        why=wording.say("You got this email because you asked to be removed from {org}.", org=org),
        voice=Voice.ORGANIZATION,
        about=facts,
        reply_to=privacy_contact(facts),
    )


def request_extended(facts: RequestExtendedFacts, wording: Wording) -> Draft:
    """Compose that the answer takes longer, until when and why (GDPR, article 12(3))."""
    org = named(facts)
    return Draft(
        subject=wording.say("{org} needs more time for your request", org=org),
        body=(
            Paragraph(_what_was_asked(org, wording, erasure=facts.erasure)),
            Paragraph(wording.say("The answer takes longer than a month.")),
            *quoted(wording.say("Message from {org}:", org=org), facts.message),
            dates_of_extension(facts, wording),
            Paragraph(complaint(wording)),
            Link(wording.say("Manage organizations"), facts.organizations_link),
        ),
        why=_why(org, wording, erasure=facts.erasure),
        voice=Voice.ORGANIZATION,
        about=facts,
        reply_to=privacy_contact(facts),
    )


def erasure_refused(facts: ErasureRefusedFacts, wording: Wording) -> Draft:
    """Compose that the data stays, why, and where the reader can complain (GDPR, article 12(4))."""
    org = named(facts)
    return Draft(
        subject=wording.say("{org} answered your request", org=org),
        body=(
            Paragraph(wording.say("You asked {org} to remove your data. {org} refused.", org=org)),
            Paragraph(ground_in_words(facts.ground, wording)),
            *quoted(wording.say("Message from {org}:", org=org), facts.message),
            dates_of_answer(facts, wording),
            Paragraph(complaint(wording)),
            Paragraph(wording.say("You can ask again from {date}.", date=wording.day(facts.ask_again_from))),
            Link(wording.say("Manage organizations"), facts.organizations_link),
        ),
        why=_why(org, wording, erasure=True),
        voice=Voice.ORGANIZATION,
        about=facts,
        reply_to=privacy_contact(facts),
    )


def dates_of_answer(
    facts: RemovalRequestAnsweredFacts | ErasureRefusedFacts | DataRequestRefusedFacts | DataRequestAnsweredFacts,
    wording: Wording,
) -> Block:
    """Who answered, when it was asked and when answered, and whom to turn to."""
    return rows(
        organization_row(facts, wording),
        (wording.say("Asked on"), wording.moment(facts.asked_at)),
        (wording.say("Answered on"), wording.moment(facts.answered_at)),
        (wording.say("Privacy contact"), facts.privacy_contact),
    )


def dates_of_extension(facts: RequestExtendedFacts | DataRequestExtendedFacts, wording: Wording) -> Block:
    """By when the answer was due, and by when it is now."""
    return rows(
        organization_row(facts, wording),
        (wording.say("Asked on"), wording.moment(facts.asked_at)),
        (wording.say("First due by"), wording.moment(facts.first_due)),
        (wording.say("Answer due by"), wording.moment(facts.answer_due)),
        (wording.say("Privacy contact"), facts.privacy_contact),
    )


def _what_was_asked(org: str, wording: Wording, *, erasure: bool) -> Sentence:
    if erasure:
        return wording.say("You asked {org} to remove your data without waiting.", org=org)
    return wording.say("You asked {org} to remove you.", org=org)


def _why(org: str, wording: Wording, *, erasure: bool) -> Sentence:
    if erasure:
        return wording.say("You got this email because you asked {org} to remove your data.", org=org)
    return wording.say("You got this email because you asked to be removed from {org}.", org=org)


def complaint(wording: Wording) -> Sentence:
    """Say to whom somebody turns who does not agree with an answer."""
    return wording.say("If you don't agree, you can complain to a data protection authority, and you can go to court.")


def ground_in_words(ground: Ground, wording: Wording) -> Sentence:
    """Say why a request is refused."""
    return {
        Ground.EXPRESSION: wording.say("The data is needed for freedom of expression and information."),
        Ground.LEGAL_OBLIGATION: wording.say("The law obliges the organization to keep the data."),
        Ground.PUBLIC_HEALTH: wording.say("The data is needed in the public interest, for public health."),
        Ground.ARCHIVING: wording.say("The data is needed for archiving, research or statistics."),
        Ground.LEGAL_CLAIMS: wording.say("The data is needed to make or defend legal claims."),
        Ground.UNFOUNDED: wording.say("The request is manifestly unfounded."),
        Ground.EXCESSIVE: wording.say("The request is excessive, because it is repeated for example."),
    }[ground]
