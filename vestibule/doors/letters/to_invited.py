"""Letters that ask somebody in."""

from urllib.parse import urlsplit

from vestibule.doors.letters import neutral
from vestibule.doors.letters.draft import Block, Button, Caution, Draft, Items, Link, Paragraph, Voice
from vestibule.doors.letters.kinds import InvitationFacts, InvitationNothingToDoFacts, InvitingFacts
from vestibule.doors.letters.pieces import how_to_leave, named, named_person, named_with_address, quoted
from vestibule.doors.letters.wording import Sentence, Wording


def invitation(facts: InvitationFacts, wording: Wording, recipient: str) -> Draft:
    """Compose the invitation: who asks, into what, what they say, and the one button."""
    org, inviter = named(facts), _inviter(facts)
    return Draft(
        subject=wording.say("{inviter} invited you to {org}", inviter=inviter, org=org),
        body=(
            Caution(wording.say("Only accept an invitation you expected.")),
            Paragraph(_who_invites(facts, wording)),
            *quoted(wording.say("Message from {inviter}:", inviter=inviter), facts.message),
            *_where_you_land(facts.redirect_url, wording),
            Button(wording.say("Accept invitation"), facts.accept_link),
            Paragraph(wording.say("The invitation is valid until {date}.", date=wording.moment(facts.valid_until))),
            Link(wording.say("Block future invitations"), facts.block_link),
        ),
        why=_why(facts, wording, recipient),
        voice=Voice.ORGANIZATION,
        about=facts,
        reply_to=facts.inviter,
        unsubscribe=facts.block_link,
    )


def invitation_nothing_to_do(facts: InvitationNothingToDoFacts, wording: Wording, recipient: str) -> Draft:
    """Compose the notice to somebody who has access already: what was shared, what to do with it, how to leave."""
    org, inviter = named(facts), _inviter(facts)
    return Draft(
        subject=wording.say("You now have access to {org}", org=org),
        body=(
            Paragraph(_who_gave_access(facts, wording)),
            Paragraph(wording.say("You don't have to do anything.")),
            *quoted(wording.say("Message from {inviter}:", inviter=inviter), facts.message),
            *_what_was_shared(facts.shared, wording),
            Paragraph(wording.say("Sign in as {email} to use what {org} shares with you.", email=recipient, org=org)),
            Button(wording.say("Go to {org}", org=org), facts.open_link),
            *how_to_leave(facts, wording),
            Link(wording.say("Block future invitations"), facts.block_link),
        ),
        why=_why(facts, wording, recipient),
        voice=Voice.ORGANIZATION,
        about=facts,
        reply_to=facts.inviter,
        unsubscribe=facts.block_link,
    )


def _inviter(facts: InvitingFacts) -> str:
    return named_person(facts.inviter) if facts.inviter else named(facts)


def _who_invites(facts: InvitationFacts, wording: Wording) -> Sentence:
    org, domain = named(facts), facts.domain
    if facts.inviter is None:
        return wording.say("{org} ({domain}) invites you to work together.", org=org, domain=domain)
    inviter = named_with_address(facts.inviter, wording)
    return wording.say(
        "{inviter} invites you to work together with {org} ({domain}).", inviter=inviter, org=org, domain=domain
    )


def _who_gave_access(facts: InvitationNothingToDoFacts, wording: Wording) -> Sentence:
    org, domain = named(facts), facts.domain
    if facts.inviter is None:
        return wording.say("{org} ({domain}) gave you access.", org=org, domain=domain)
    inviter = named_with_address(facts.inviter, wording)
    return wording.say("{inviter} gave you access to {org} ({domain}).", inviter=inviter, org=org, domain=domain)


def _where_you_land(address: str | None, wording: Wording) -> tuple[Block, ...]:
    """Name the place by its host only: the address is the inviter's choice, and only our own links may be followed."""
    place = neutral.name(_host(address or ""))
    return (Paragraph(wording.say("After you accept, you go to {place}.", place=place)),) if place else ()


def _host(address: str) -> str:
    try:
        parts = urlsplit(address)
        return f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname or ""
    except ValueError:
        return ""


def _what_was_shared(shared: tuple[str, ...], wording: Wording) -> tuple[Block, ...]:
    names = tuple(cleaned for typed in shared if (cleaned := neutral.name(typed)))
    return (Items(wording.say("What was shared with you:"), names),) if names else ()


def _why(facts: InvitingFacts, wording: Wording, recipient: str) -> Sentence:
    org = named(facts)
    if facts.inviter is None:
        return wording.say("You got this email because {org} asked us to invite {email}.", org=org, email=recipient)
    return wording.say(
        "You got this email because {inviter} asked us to invite {email} to {org}.",
        inviter=_inviter(facts),
        email=recipient,
        org=org,
    )
