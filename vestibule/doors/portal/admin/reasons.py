"""Why something was refused, in the words of the logs."""

from collections.abc import Mapping
from typing import Final

from vestibule.doors.web.words import N_
from vestibule.rules.refusals import Reason

REASONS: Final[Mapping[Reason, str]] = {
    Reason.HOME_ORGANIZATION: N_("It's their home organization."),
    Reason.WRONG_STAGE: N_("The account isn't in a state for this."),
    Reason.ACCOUNT_DISABLED: N_("The account is disabled."),
    Reason.ORGANIZATION_FORBIDS: N_("The organization doesn't let guests leave on their own."),
    Reason.ONLY_ADMINISTRATOR: N_("They're the only administrator."),
    Reason.TOO_LATE: N_("The time for it is over."),
    Reason.TOO_EARLY: N_("It's too early for it."),
    Reason.NAME_TAKEN: N_("Somebody else has the user name."),
    Reason.STILL_DELETED: N_("The account is still among the deleted users."),
    Reason.LEFT_BY_CHOICE: N_("They left by their own choice."),
    Reason.ALREADY_THERE: N_("It was there already, or used before."),
    Reason.NOT_THERE: N_("It wasn't there."),
    Reason.ALREADY_MEMBER: N_("They already belong to the organization."),
    Reason.ON_HOLD: N_("The data is on hold."),
    Reason.NOT_SIGNED_IN: N_("Nobody was signed in."),
    Reason.NOT_ALLOWED: N_("The rights for it were missing."),
    Reason.NOT_FOUND: N_("It doesn't exist, or not for whoever asked."),
    Reason.STRONGER_SIGN_IN: N_("It takes a stronger sign-in."),
    Reason.SIGN_IN_AGAIN: N_("It takes a fresh sign-in."),
    Reason.SECOND_FACTOR_NEEDED: N_("It takes a second step at sign-in."),
    Reason.NEEDS_PERSON: N_("Only a person can do this."),
    Reason.TERMS_NOT_ACCEPTED: N_("The terms of use weren't accepted."),
    Reason.INVITATION_EXPIRED: N_("The invitation had expired."),
    Reason.INVITATION_USED: N_("The invitation had been used."),
    Reason.INVITATION_DEAD: N_("The invitation was withdrawn."),
    Reason.WRONG_PERSON: N_("The invitation was for somebody else."),
    Reason.BLOCKED_BY_PERSON: N_("The person blocks invitations."),
    Reason.INVITING_FORBIDDEN: N_("The invite settings don't allow it."),
    Reason.INVITEE_IS_MEMBER: N_("The address belongs to a member."),
    Reason.INVITEE_DISABLED: N_("The invited account is disabled."),
    Reason.DOMAIN_NOT_ALLOWED: N_("The domain isn't allowed."),
    Reason.CODE_WRONG: N_("The code or secret was wrong."),
    Reason.CODE_EXPIRED: N_("The code was no longer valid."),
    Reason.PASSWORD_WRONG: N_("The email or password was wrong."),
    Reason.PASSWORD_WEAK: N_("The password was too weak."),
    Reason.TOO_MANY_TRIES: N_("There were too many tries."),
    Reason.CONNECT_FORBIDDEN: N_("Direct connect isn't allowed."),
    Reason.COLLABORATION_FORBIDDEN: N_("Cross-tenant access settings don't allow it."),
    Reason.PROVIDER_REFUSED: N_("The other identity provider didn't confirm it."),
    Reason.PROVIDER_AWAY: N_("The other identity provider didn't answer."),
    Reason.PRIVACY_INFORMATION_MISSING: N_("Privacy information is missing."),
    Reason.PRIVACY_INFORMATION_NEEDED: N_("Privacy information is needed while guests can't leave on their own."),
    Reason.LAST_OWNER: N_("They're the last owner."),
    Reason.BAD_VALUE: N_("A value wasn't valid."),
    Reason.MISSING_VALUE: N_("A value was missing."),
    Reason.DUPLICATE_VALUE: N_("A value is in use elsewhere."),
    Reason.READ_ONLY: N_("The value can't be changed."),
    Reason.KEY_MISSING: N_("The request had no key against repetition."),
    Reason.KEY_REUSED: N_("The request's key had been used for something else."),
    Reason.VERSION_MISMATCH: N_("Somebody changed it meanwhile."),
    Reason.BUSY: N_("The service was busy."),
    Reason.UNAVAILABLE: N_("The service couldn't do it just then."),
}
"""Every reason there is."""


def reason_of(code: str | None) -> str:
    """The sentence for a reason's code; empty without one, the code itself for one that is no longer in use."""
    if not code:
        return ""
    try:
        return REASONS[Reason(code)]
    except ValueError:
        return code


SIGN_IN_FAILURES: Final[Mapping[int, str]] = {
    50000: N_("The sign-in was not completed."),
    50008: N_("The other identity provider's answer isn't valid."),
    50014: N_("The invitation has not been accepted yet."),
    50020: N_("No such account in this organization."),
    50034: N_("No such account."),
    50057: N_("The account is disabled."),
    50076: N_("It takes a stronger sign-in."),
    50105: N_("Not assigned to the app."),
    7000112: N_("The app is switched off in this organization."),
    50107: N_("The other identity provider is off."),
    50126: N_("The email or password was wrong."),
    50173: N_("The app's access was ended."),
    54005: N_("The code had been used before."),
    65001: N_("Nobody consented to the app."),
    65004: N_("The person declined."),
    70008: N_("The code or the app's access had expired."),
    500121: N_("The second step failed."),
    500213: N_("Cross-tenant access settings don't allow it."),
    500341: N_("The account is deleted."),
    500571: N_("The guest account is disabled."),
    700027: N_("The app's proof isn't valid."),
    7000215: N_("The app's secret is wrong."),
}
"""Every number of ``rules.sign_ins`` but success."""


def failure_of(number: int) -> str:
    """The sentence for the number of a sign-in that did not succeed."""
    return SIGN_IN_FAILURES.get(number, SIGN_IN_FAILURES[50000])
