"""Parts that several letters share."""

from vestibule.doors.letters import neutral
from vestibule.doors.letters.draft import Block, Link, Paragraph, Quote, Rows
from vestibule.doors.letters.kinds import AccountRestoredFacts, InvitationNothingToDoFacts, LetterFacts, Mailbox
from vestibule.doors.letters.wording import Sentence, Wording


def named(facts: LetterFacts) -> str:
    """Return the organization's name as it may stand anywhere in a letter; its domain when nothing is left of it."""
    return neutral.name(facts.organization, otherwise=neutral.name(facts.domain))


def named_person(mailbox: Mailbox) -> str:
    """Return a person's name as it may stand anywhere in a letter; the address when nothing is left of it."""
    return neutral.name(mailbox.name, otherwise=neutral.name(mailbox.address, otherwise="–"))


def named_with_address(mailbox: Mailbox, wording: Wording) -> str:
    """Return a person's name and address, or the one that is there."""
    name, email = named_person(mailbox), neutral.name(mailbox.address)
    return wording.say("{name} ({email})", name=name, email=email) if email not in {"", name} else name


def privacy_contact(facts: LetterFacts) -> Mailbox | None:
    """Return whom an organization lets answer about a person's data, when it named one."""
    contact = facts.privacy_contact
    return Mailbox(name=facts.organization, address=contact) if contact else None


def organization_row(facts: LetterFacts, wording: Wording) -> tuple[Sentence, str]:
    """Return the row that tells organizations of the same name apart."""
    return wording.say("Organization"), wording.say("{org} ({domain})", org=named(facts), domain=facts.domain)


def rows(*pairs: tuple[Sentence, str | None]) -> Rows:
    """Return the rows that have a value, made harmless where it is somebody's own words."""
    return Rows(tuple((label, _harmless(value)) for label, value in pairs if value))


def _harmless(value: str) -> str:
    return value if isinstance(value, Sentence) else neutral.name(value)


def quoted(label: Sentence, message: str | None) -> tuple[Block, ...]:
    """Return somebody's message as a quote, or nothing when it says nothing."""
    lines = neutral.message(message)
    return (Quote(label, lines),) if lines else ()


def how_to_leave(facts: InvitationNothingToDoFacts | AccountRestoredFacts, wording: Wording) -> tuple[Block, ...]:
    """Return how a guest gets out again, as the organization's leave setting has it."""
    org, organizations_link = named(facts), facts.organizations_link
    if facts.may_leave:
        way = wording.say("You can leave an organization on your own, without contacting an administrator.")
        return Paragraph(way), Link(wording.say("Leave {org}", org=org), organizations_link)
    way = wording.say("{org} doesn't let guests remove themselves. You can ask to be removed.", org=org)
    return Paragraph(way), Link(wording.say("Manage organizations"), organizations_link)
