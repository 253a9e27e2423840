"""Letters to a guest, from the code they sign in with to the last one of all."""

from vestibule.doors.letters import neutral
from vestibule.doors.letters.draft import Block, Button, Caution, Code, Draft, Items, Link, Paragraph, Voice
from vestibule.doors.letters.kinds import (
    AccountRestoredFacts,
    DataRemovedFacts,
    NotReturned,
    PasscodeFacts,
    PermanentlyDeletedFacts,
    PurgeCause,
    Returned,
    Thing,
    YouLeftFacts,
)
from vestibule.doors.letters.pieces import how_to_leave, named, organization_row, privacy_contact, rows
from vestibule.doors.letters.wording import Sentence, Wording


def passcode(facts: PasscodeFacts, service_name: str, wording: Wording) -> Draft:
    """Compose the one-time code. No link: whoever learns to follow one here would follow a forged one."""
    org = neutral.name(facts.organization, otherwise=service_name)
    return Draft(
        subject=wording.say("Your code for {org}", org=org),
        body=(
            Code(facts.code),
            Paragraph(wording.say("The code is valid until {time}.", time=wording.clock(facts.valid_until))),
            Paragraph(wording.say("Only enter it on the page that you opened yourself, and don't pass it on.")),
            Paragraph(wording.say("Didn't ask for this? You can ignore this email.")),
        ),
        why=wording.say("You got this email because someone entered your address to sign in to {org}.", org=org),
        voice=Voice.SERVICE,
        about=None,
    )


def you_left(facts: YouLeftFacts, wording: Wording, recipient: str) -> Draft:
    """Compose the receipt of a leave: what holds now, until when, and the way back while there is one."""
    org = named(facts)
    until = facts.restorable_until
    return Draft(
        subject=wording.say("You left {org}", org=org),
        body=(
            Paragraph(_what_leaving_did(facts, wording)),
            rows(
                organization_row(facts, wording),
                (wording.say("Left on"), wording.moment(facts.left_at)),
                (wording.say("Can be restored until"), wording.moment(until) if until else None),
                (wording.say("Data removed by"), wording.moment(facts.data_removed_by)),
                (wording.say("Reference"), facts.reference),
                (wording.say("Privacy contact"), facts.privacy_contact),
            ),
            *_way_back(facts, wording),
            Link(wording.say("View receipt"), facts.receipt_link),
        ),
        why=wording.say("You got this email because {email} had access to {org}.", email=recipient, org=org),
        voice=Voice.ORGANIZATION,
        about=facts,
        reply_to=privacy_contact(facts),
    )


def _what_leaving_did(facts: YouLeftFacts, wording: Wording) -> Sentence:
    if facts.restorable_until is None:
        return wording.say("Data removal starts straight away. This can't be undone.")
    return wording.say(
        "{org} can restore your account, with its groups and permissions, if you ask. You can't undo this yourself.",
        org=named(facts),
    )


def _way_back(facts: YouLeftFacts, wording: Wording) -> tuple[Block, ...]:
    org = named(facts)
    if facts.restorable_until is None:
        return (Paragraph(wording.say("Wasn't this you? Tell {org} at once.", org=org)),)
    if facts.restore_link is None:
        msg = "a guest who can be restored needs the link to ask for it"
        raise ValueError(msg)
    return (
        Paragraph(wording.say("Wasn't this you, or changed your mind?")),
        Button(wording.say("Ask {org} to restore my account", org=org), facts.restore_link),
    )


def account_restored(facts: AccountRestoredFacts, wording: Wording, recipient: str) -> Draft:
    """Compose what came back, what did not and why, and how to leave again."""
    org = named(facts)
    disabled = wording.say("Your account is still disabled. An administrator of {org} can enable it.", org=org)
    return Draft(
        subject=wording.say("{org} restored your account", org=org),
        body=(
            Paragraph(_unasked(org, wording) if facts.unasked else wording.say("You don't have to do anything.")),
            rows(
                organization_row(facts, wording),
                (wording.say("Restored on"), wording.moment(facts.restored_at)),
            ),
            *_what_came_back(facts.returned, wording),
            *_what_did_not(facts.not_returned, wording),
            *((Caution(disabled),) if facts.still_disabled else ()),
            *how_to_leave(facts, wording),
        ),
        why=wording.say("You got this email because {email} has an account in {org}.", email=recipient, org=org),
        voice=Voice.ORGANIZATION,
        about=facts,
        reply_to=privacy_contact(facts),
    )


def _unasked(org: str, wording: Wording) -> Sentence:
    return wording.say(
        "You left {org} and didn't ask to come back. If you don't want to be there, leave again.", org=org
    )


def _what_came_back(returned: tuple[Returned, ...], wording: Wording) -> tuple[Block, ...]:
    lines = tuple(_came_back(things, wording) for things in returned if things.count)
    return (Items(wording.say("What came back:"), lines),) if lines else ()


def _came_back(things: Returned, wording: Wording) -> str:
    counted = _counted(things, wording)
    names = [name for typed in things.names if (name := neutral.name(typed))]
    if not names:
        return counted
    return wording.say("{count}: {names}", count=counted, names=wording.series(names, of=things.count))


def _counted(things: Returned, wording: Wording) -> Sentence:
    match things.what:
        case Thing.GROUP:
            return wording.count("{n} group", "{n} groups", things.count)
        case Thing.APP:
            return wording.count("{n} app", "{n} apps", things.count)
        case Thing.ROLE:
            return wording.count("{n} role", "{n} roles", things.count)
        case Thing.OWNED:
            return wording.count("{n} owned object", "{n} owned objects", things.count)


def _what_did_not(missing: tuple[NotReturned, ...], wording: Wording) -> tuple[Block, ...]:
    lines = tuple(_did_not(thing, wording) for thing in missing)
    return (Items(wording.say("What didn't come back:"), lines),) if lines else ()


def _did_not(thing: NotReturned, wording: Wording) -> Sentence:
    name = neutral.name(thing.name, otherwise="–")
    match thing.why:
        case "gone":
            return wording.say("{name}: it no longer exists.", name=name)
        case "withheld":
            return wording.say("{name}: the administrator who restored you may not grant it.", name=name)
        case "leftOut":
            return wording.say("{name}: the administrator who restored you left it out.", name=name)
        case _:
            return wording.say("{name}: your access was withdrawn meanwhile.", name=name)


def permanently_deleted(facts: PermanentlyDeletedFacts, wording: Wording, recipient: str) -> Draft:
    """Compose the end of the time in which the account could come back."""
    org = named(facts)
    return Draft(
        subject=wording.say("Your account in {org} was permanently deleted", org=org),
        body=(
            Paragraph(_why_deleted(facts, wording)),
            Paragraph(wording.say("It can't be restored. {org} can invite you again.", org=org)),
            rows(
                organization_row(facts, wording),
                (wording.say("Permanently deleted on"), wording.moment(facts.deleted_at)),
                (wording.say("Data removed by"), wording.moment(facts.data_removed_by)),
                (wording.say("Reference"), facts.reference),
                (wording.say("Privacy contact"), facts.privacy_contact),
            ),
        ),
        why=wording.say("You got this email because {email} had access to {org}.", email=recipient, org=org),
        voice=Voice.ORGANIZATION,
        about=facts,
        reply_to=privacy_contact(facts),
    )


def _why_deleted(facts: PermanentlyDeletedFacts, wording: Wording) -> Sentence:
    org, date = named(facts), wording.moment(facts.deleted_at)
    match facts.cause:
        case PurgeCause.ADMINISTRATOR:
            return wording.say("An administrator of {org} permanently deleted your account.", org=org)
        case PurgeCause.TIME_PASSED:
            return wording.say(
                "The 30 days in which {org} could restore your account ended on {date}.", org=org, date=date
            )
        case PurgeCause.ASKED_FOR:
            return wording.say("You asked {org} to remove your data without waiting.", org=org)


def data_removed(facts: DataRemovedFacts, wording: Wording, recipient: str) -> Draft:
    """Compose the last letter, and say what little is kept."""
    org = named(facts)
    return Draft(
        subject=wording.say("Your data in {org} was removed", org=org),
        body=(
            rows(
                organization_row(facts, wording),
                (wording.say("Data removed on"), wording.moment(facts.removed_at)),
                (wording.say("Reference"), facts.reference),
            ),
            Paragraph(wording.say("A record of the removal is kept: its dates, its steps and its reference.")),
            Paragraph(wording.say("It proves the removal, and holds neither your name nor your address.")),
            *_certificate(facts, wording),
            Paragraph(wording.say("This is the last email about it. The address kept for sending it is removed too.")),
        ),
        why=wording.say("You got this email because {email} had access to {org}.", email=recipient, org=org),
        voice=Voice.SERVICE,
        about=facts,
    )


def _certificate(facts: DataRemovedFacts, wording: Wording) -> tuple[Block, ...]:
    if facts.certificate_link is None:
        return ()
    return (
        Paragraph(wording.say("A signed certificate of it is on your receipt. You sign in to see it.")),
        Link(wording.say("View receipt"), facts.certificate_link),
    )
