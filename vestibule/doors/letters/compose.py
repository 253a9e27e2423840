"""From the facts of a case to a draft."""

from typing import assert_never

from vestibule.doors.letters import (
    about_data_requests,
    about_requests,
    about_sign_in,
    kinds,
    to_admins,
    to_guests,
    to_invited,
    to_reviewers,
)
from vestibule.doors.letters.draft import Draft
from vestibule.doors.letters.wording import Wording


def compose(  # noqa: C901, PLR0911 - one line for each kind
    facts: kinds.AnyFacts, wording: Wording, *, recipient: str, service_name: str
) -> Draft:
    """Return the draft for the facts, in the wording's language.

    Args:
        facts: the facts of one kind of letter.
        wording: the reader's language and time zone.
        recipient: the reader's mail address, for the line that says why they got it.
        service_name: what the operator calls this service; stands in a code's subject when no organization does.

    Raises:
        ValueError: a link is no web address, a code has not eight digits, or facts contradict each other.
    """
    match facts:
        case kinds.InvitationFacts():
            return to_invited.invitation(facts, wording, recipient)
        case kinds.InvitationNothingToDoFacts():
            return to_invited.invitation_nothing_to_do(facts, wording, recipient)
        case kinds.PasscodeFacts():
            return to_guests.passcode(facts, service_name, wording)
        case kinds.YouLeftFacts():
            return to_guests.you_left(facts, wording, recipient)
        case kinds.RemovalRequestReceivedFacts():
            return about_requests.removal_request_received(facts, wording)
        case kinds.RemovalRequestAnsweredFacts():
            return about_requests.removal_request_answered(facts, wording)
        case kinds.AccountRestoredFacts():
            return to_guests.account_restored(facts, wording, recipient)
        case kinds.PermanentlyDeletedFacts():
            return to_guests.permanently_deleted(facts, wording, recipient)
        case kinds.DataRemovedFacts():
            return to_guests.data_removed(facts, wording, recipient)
        case kinds.AdminRemovalAskedFacts():
            return to_admins.removal_asked(facts, wording)
        case kinds.AdminRestoreAskedFacts():
            return to_admins.restore_asked(facts, wording)
        case kinds.AdminErasureAskedFacts():
            return to_admins.erasure_asked(facts, wording)
        case kinds.RequestExtendedFacts():
            return about_requests.request_extended(facts, wording)
        case kinds.ErasureRefusedFacts():
            return about_requests.erasure_refused(facts, wording)
        case kinds.DataRequestCodeFacts():
            return about_data_requests.code(facts, wording)
        case kinds.DataRequestReceivedFacts():
            return about_data_requests.received(facts, wording)
        case kinds.DataRequestExtendedFacts():
            return about_data_requests.extended(facts, wording)
        case kinds.DataRequestRefusedFacts():
            return about_data_requests.refused(facts, wording)
        case kinds.DataRequestAnsweredFacts():
            return about_data_requests.answered(facts, wording)
        case kinds.AdminDataRequestedFacts():
            return to_admins.data_requested(facts, wording)
        case kinds.InvitationAskedFacts():
            return to_admins.invitation_asked(facts, wording)
        case kinds.GuestDigestFacts():
            return to_admins.guest_digest(facts, wording)
        case kinds.DeadlineAtRiskFacts():
            return to_admins.deadline_at_risk(facts, wording)
        case kinds.ExportReadyFacts():
            return to_admins.export_ready(facts, wording)
        case kinds.ReviewAskedFacts() | kinds.ReviewReminderFacts():
            return to_reviewers.review(facts, wording)
        case kinds.ReviewCompletedFacts():
            return to_reviewers.completed(facts, wording)
        case kinds.MethodAddedFacts() | kinds.MethodRemovedFacts():
            return about_sign_in.method_changed(facts, wording, recipient, service_name)
        case kinds.PasswordChangedFacts() | kinds.SignedOutEverywhereFacts():
            return about_sign_in.account_changed(facts, wording, recipient, service_name)
        case _:
            assert_never(facts)
