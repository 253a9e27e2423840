"""Letters to an organization's administrators and contacts."""

from vestibule.doors.letters import neutral
from vestibule.doors.letters.draft import Block, Button, Caution, Draft, Items, Link, Paragraph, Table, Voice
from vestibule.doors.letters.kinds import (
    AdminDataRequestedFacts,
    AdminErasureAskedFacts,
    AdminRemovalAskedFacts,
    AdminRestoreAskedFacts,
    DeadlineAtRiskFacts,
    Departure,
    DigestPeriod,
    ExportReadyFacts,
    FailedStep,
    GuestDigestFacts,
    InvitationAskedFacts,
    OpenRequest,
    Wish,
)
from vestibule.doors.letters.pieces import named, named_with_address, quoted, rows
from vestibule.doors.letters.wording import Sentence, Wording


def removal_asked(facts: AdminRemovalAskedFacts, wording: Wording) -> Draft:
    """Compose a guest's wish to be removed, with the date to answer by."""
    org = named(facts)
    return Draft(
        subject=wording.say("A guest asks {org} to remove their account", org=org),
        body=(
            Paragraph(wording.say("This guest can't leave {org} without an administrator.", org=org)),
            rows(
                (wording.say("Guest"), named_with_address(facts.guest, wording)),
                (wording.say("Asked on"), wording.moment(facts.asked_at)),
                (wording.say("Answer due by"), wording.moment(facts.answer_due)),
                (wording.say("Reference"), facts.reference),
            ),
            *quoted(wording.say("Message from the guest:"), facts.message),
            Button(wording.say("Open the request"), facts.row_link),
        ),
        why=_why(org, wording),
        voice=Voice.SERVICE,
        about=facts,
        reply_to=facts.guest,
        reference=facts.reference,
    )


def erasure_asked(facts: AdminErasureAskedFacts, wording: Wording) -> Draft:
    """Compose a guest's wish to be erased, with the date to answer by."""
    org = named(facts)
    return Draft(
        subject=wording.say("A guest asks {org} to remove their data", org=org),
        body=(
            Paragraph(wording.say("This guest asks to be deleted permanently, without waiting.")),
            rows(
                (wording.say("Guest"), named_with_address(facts.guest, wording)),
                (wording.say("Asked on"), wording.moment(facts.asked_at)),
                (wording.say("Answer due by"), wording.moment(facts.answer_due)),
            ),
            Button(wording.say("Open the request"), facts.row_link),
        ),
        why=_why(org, wording),
        voice=Voice.SERVICE,
        about=facts,
        reply_to=facts.guest,
    )


def data_requested(facts: AdminDataRequestedFacts, wording: Wording) -> Draft:
    """Compose that somebody asks by a proven address. Who it is stands on the page, not in a mailbox of many."""
    org = named(facts)
    wanted = {
        Wish.ACCESS: wording.say("They ask whether you have data about them, and for a copy."),
        Wish.ERASURE: wording.say("They ask you to remove the data that you have about them."),
    }[facts.wish]
    return Draft(
        subject=wording.say("Someone asks {org} about their data", org=org),
        body=(
            Paragraph(wording.say("They confirmed their email address. They may or may not have an account.")),
            Paragraph(wanted),
            rows(
                (wording.say("Asked on"), wording.moment(facts.asked_at)),
                (wording.say("Answer due by"), wording.moment(facts.answer_due)),
            ),
            Button(wording.say("Open the request"), facts.row_link),
        ),
        why=_why(org, wording),
        voice=Voice.SERVICE,
        about=facts,
    )


def restore_asked(facts: AdminRestoreAskedFacts, wording: Wording) -> Draft:
    """Compose a guest's wish to come back, with the last moment for it."""
    org, until = named(facts), wording.moment(facts.restorable_until)
    return Draft(
        subject=wording.say("A guest asks {org} to restore their account", org=org),
        body=(
            Paragraph(
                wording.say("You can restore the account until {date}. After that nobody can.", date=until),
            ),
            rows(
                (wording.say("Guest"), named_with_address(facts.guest, wording)),
                (wording.say("Left on"), wording.moment(facts.left_at)),
                (wording.say("Asked on"), wording.moment(facts.asked_at)),
                (wording.say("Can be restored until"), until),
                (wording.say("Reference"), facts.reference),
            ),
            *quoted(wording.say("Message from the guest:"), facts.message),
            Button(wording.say("Open the request"), facts.row_link),
        ),
        why=_why(org, wording),
        voice=Voice.SERVICE,
        about=facts,
        reply_to=facts.guest,
        reference=facts.reference,
    )


def invitation_asked(facts: InvitationAskedFacts, wording: Wording) -> Draft:
    """Compose the wish for a new invitation, after the old one ended, for whoever sent it."""
    org = named(facts)
    return Draft(
        subject=wording.say("A guest asks for a new invitation to {org}", org=org),
        body=(
            Paragraph(wording.say("Their invitation ended before they accepted it. You can send a new one.")),
            rows(
                (wording.say("Guest"), named_with_address(facts.guest, wording)),
                (wording.say("Invited on"), wording.moment(facts.invited_at)),
                (wording.say("Ended on"), wording.moment(facts.expired_at)),
                (wording.say("Asked on"), wording.moment(facts.asked_at)),
            ),
            Button(wording.say("Open the request"), facts.row_link),
        ),
        why=wording.say("You got this email because you invited this guest, or are a contact of {org}.", org=org),
        voice=Voice.SERVICE,
        about=facts,
        reply_to=facts.guest,
    )


def guest_digest(facts: GuestDigestFacts, wording: Wording) -> Draft:
    """Compose who left in a period, and who waits for an answer."""
    since, until = wording.moment(facts.since), wording.moment(facts.until)
    return Draft(
        subject=_how_many_left(facts, wording),
        body=(
            Paragraph(wording.say("From {since} to {until}.", since=since, until=until)),
            rows(
                (wording.say("Guests who left"), wording.number(facts.left_count)),
                (wording.say("Restores asked for"), wording.number(len(facts.restores_asked))),
                (wording.say("Removals asked for"), wording.number(len(facts.removals_asked))),
                (wording.say("Erasures asked for"), wording.number(len(facts.erasures_asked))),
                (wording.say("Requests by a confirmed address"), wording.number(facts.by_address)),
            ),
            *_departures(facts, wording),
            *_requests(
                wording.say("Restores asked for"), wording.say("Can be restored until"), facts.restores_asked, wording
            ),
            *_requests(wording.say("Removals asked for"), wording.say("Answer due by"), facts.removals_asked, wording),
            *_requests(wording.say("Erasures asked for"), wording.say("Answer due by"), facts.erasures_asked, wording),
            Button(wording.say("Open Deleted users"), facts.deleted_users_link),
            Link(wording.say("Open the requests"), facts.requests_link),
            Link(wording.say("Change when this email comes"), facts.settings_link),
        ),
        why=_why(named(facts), wording),
        voice=Voice.SERVICE,
        about=facts,
    )


def _how_many_left(facts: GuestDigestFacts, wording: Wording) -> Sentence:
    n, org = facts.left_count, named(facts)
    match facts.period:
        case DigestPeriod.WEEK:
            return wording.count("{org}: {n} guest left this week", "{org}: {n} guests left this week", n, org=org)
        case DigestPeriod.DAY:
            return wording.count("{org}: {n} guest left today", "{org}: {n} guests left today", n, org=org)


def _departures(facts: GuestDigestFacts, wording: Wording) -> tuple[Block, ...]:
    if not facts.left:
        return ()
    rest = facts.left_count - len(facts.left)
    columns = (
        wording.say("Name"),
        wording.say("Left on"),
        wording.say("Can be restored until"),
        wording.say("Reason"),
    )
    more = wording.count("And {n} more guest.", "And {n} more guests.", rest) if rest > 0 else None
    shown = tuple(_departure(entry, wording) for entry in facts.left)
    return (Table(wording.say("Guests who left"), columns, shown, more),)


def _departure(entry: Departure, wording: Wording) -> tuple[str | None, ...]:
    until = entry.restorable_until
    return (
        neutral.name(entry.name, otherwise="–"),
        wording.moment(entry.left_at),
        wording.moment(until) if until else wording.say("Can't be restored"),
        " / ".join(line for line in neutral.message(entry.reason) if line) or None,
    )


def _requests(
    caption: Sentence, due: Sentence, waiting: tuple[OpenRequest, ...], wording: Wording
) -> tuple[Block, ...]:
    if not waiting:
        return ()
    shown = tuple(
        (
            neutral.name(entry.name, otherwise="–"),
            wording.moment(entry.asked_at),
            wording.moment(entry.due),
        )
        for entry in waiting
    )
    return (Table(caption, (wording.say("Name"), wording.say("Asked on"), due), shown),)


def deadline_at_risk(facts: DeadlineAtRiskFacts, wording: Wording) -> Draft:
    """Compose the warning that a promised date may be missed, with what failed."""
    org = named(facts)
    return Draft(
        subject=wording.count(
            "Data removal for {n} person is due by {date}",
            "Data removal for {n} people is due by {date}",
            facts.people,
            date=wording.day(facts.due_by),
        ),
        body=(
            Caution(wording.say("{org} promised these people a date, and it may be missed.", org=org)),
            rows(
                (wording.say("Organization"), org),
                (wording.say("People"), wording.number(facts.people)),
                (wording.say("Data removed by"), wording.moment(facts.due_by)),
            ),
            *_on_hold(facts.on_hold, wording),
            *_what_failed(facts.failed, wording),
            Button(wording.say("Open Data removal"), facts.data_removal_link),
        ),
        why=_why(org, wording),
        voice=Voice.SERVICE,
        about=facts,
    )


def _on_hold(people: int, wording: Wording) -> tuple[Block, ...]:
    if not people:
        return ()
    said = wording.count(
        "{n} person is on hold: their data is removed once every legal hold on them is lifted.",
        "{n} people are on hold: their data is removed once every legal hold on them is lifted.",
        people,
    )
    return (Paragraph(said),)


def _what_failed(failed: tuple[FailedStep, ...], wording: Wording) -> tuple[Block, ...]:
    lines = tuple(_failure(step, wording) for step in failed)
    return (Items(wording.say("What failed:"), lines),) if lines else ()


def _failure(step: FailedStep, wording: Wording) -> str:
    system, error = neutral.name(step.system, otherwise="–"), neutral.name(step.error)
    return wording.say("{system}: {error}", system=system, error=error) if error else system


def export_ready(facts: ExportReadyFacts, wording: Wording) -> Draft:
    """Compose the news that a file can be fetched; the file itself never goes by mail."""
    org = named(facts)
    return Draft(
        subject=wording.say("Your export from {org} is ready", org=org),
        body=(
            rows(
                (wording.say("Asked on"), wording.moment(facts.begun_at)),
                (wording.say("Can be downloaded until"), wording.moment(facts.kept_until)),
            ),
            Paragraph(wording.say("Sign in with the account that asked for it.")),
            Button(wording.say("Download the file"), facts.file_link),
        ),
        why=wording.say("You got this email because you asked for this export."),
        voice=Voice.SERVICE,
        about=facts,
    )


def _why(org: str, wording: Wording) -> Sentence:
    return wording.say("You got this email because you are a contact or an administrator of {org}.", org=org)
