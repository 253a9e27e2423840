"""What a refusal means at the command line: one sentence for each reason that says what to do."""

from collections.abc import Mapping
from typing import Final

from vestibule.rules.refusals import Reason, Refused

SENTENCES: Final[Mapping[Reason, str]] = {
    Reason.HOME_ORGANIZATION: "nobody leaves their home organization; `vestibule user delete` removes them",
    Reason.WRONG_STAGE: "that is not possible in this stage of the account; `vestibule user show` says where it stands",
    Reason.ACCOUNT_DISABLED: "the account is disabled; `vestibule user enable` changes that",
    Reason.ORGANIZATION_FORBIDS: "the organization does not let guests leave; `vestibule user delete` removes them",
    Reason.ONLY_ADMINISTRATOR: "this is the only Global Administrator; give somebody else the role first",
    Reason.TOO_LATE: "it is too late for that",
    Reason.TOO_EARLY: "it is too early for that",
    Reason.NAME_TAKEN: "somebody else has the user principal name now; give another with --new-upn",
    Reason.STILL_DELETED: "a guest with this address left or was deleted and can be restored: `vestibule user restore`",
    Reason.LEFT_BY_CHOICE: "this person left by choice; only an invitation that they accept brings them back",
    Reason.ALREADY_THERE: "it is so already; nothing was changed",
    Reason.NOT_THERE: "there is nothing of the kind to take away; nothing was changed",
    Reason.ALREADY_MEMBER: "the person is in this organization already, by another account",
    Reason.ON_HOLD: "a legal hold keeps this from being deleted; `vestibule hold list` says which",
    Reason.NOT_SIGNED_IN: "nobody is signed in",
    Reason.NOT_ALLOWED: "this is not allowed here",
    Reason.NOT_FOUND: "there is no such thing; the list commands say what there is",
    Reason.STRONGER_SIGN_IN: "this needs a stronger sign-in",
    Reason.SIGN_IN_AGAIN: "the sign-in is too long ago for that; sign in again",
    Reason.SECOND_FACTOR_NEEDED: "a second factor is needed besides the password",
    Reason.NEEDS_PERSON: "only a person can do this, or the operator for one",
    Reason.INVITATION_EXPIRED: "the invitation is over; invite again",
    Reason.INVITATION_USED: "the invitation was used already",
    Reason.INVITATION_DEAD: "the invitation is not good any more; invite again",
    Reason.TERMS_NOT_ACCEPTED: "the terms of use have not been accepted",
    Reason.WRONG_PERSON: "the invitation is for somebody else",
    Reason.BLOCKED_BY_PERSON: "the person wants no invitations from this organization",
    Reason.INVITING_FORBIDDEN: "the organization's policy does not let this be invited",
    Reason.INVITEE_IS_MEMBER: "the address belongs to the organization itself; create a member instead",
    Reason.INVITEE_DISABLED: "there is a guest with this address, who is disabled; `vestibule user enable` first",
    Reason.DOMAIN_NOT_ALLOWED: "the organization does not take guests from this domain",
    Reason.CODE_WRONG: "the code is wrong",
    Reason.CODE_EXPIRED: "the code is over; ask for a new one",
    Reason.PASSWORD_WRONG: "the password is wrong",
    Reason.PASSWORD_WEAK: "the password is too weak; take at least 15 characters that are no name and no repetition",
    Reason.TOO_MANY_TRIES: "too many of these in a day for this address; try again tomorrow",
    Reason.CONNECT_FORBIDDEN: "the cross-tenant access settings of the two organizations do not allow it",
    Reason.COLLABORATION_FORBIDDEN: "the cross-tenant access settings of the two organizations allow no guest here",
    Reason.PROVIDER_REFUSED: "what the identity provider says does not fit",
    Reason.PROVIDER_AWAY: "the identity provider does not answer",
    Reason.PRIVACY_INFORMATION_MISSING: "set a privacy contact and a privacy statement first",
    Reason.PRIVACY_INFORMATION_NEEDED: "while guests may not leave, the privacy information has to stay",
    Reason.LAST_OWNER: "this is the last owner; name another first",
    Reason.BAD_VALUE: "a value cannot be used",
    Reason.MISSING_VALUE: "a value is missing",
    Reason.DUPLICATE_VALUE: "the value is in use already; choose another",
    Reason.READ_ONLY: "this value cannot be set",
    Reason.KEY_MISSING: "the idempotency key is missing",
    Reason.KEY_REUSED: "the idempotency key was used for something else",
    Reason.VERSION_MISMATCH: "somebody changed it meanwhile; look again",
    Reason.BUSY: "too busy right now; try again shortly",
    Reason.UNAVAILABLE: "the database cannot be used right now; try again shortly",
}
"""The sentence of each reason, without a capital letter: it follows what it is about."""

_WHYS: Final[Mapping[str, str]] = {
    "address": "this is no mail address that invitations can go to",
    "blank": "it is blank",
    "choice": "it is none of the values that are allowed",
    "metadata": "it has to end with /.well-known/openid-configuration",
    "issuer": "it has to be an https address without query and fragment",
    "domain": "its domain is none of this organization's, or cannot be used",
    "form": "it is not of the form that is allowed",
    "hiddenCharacter": "it holds a control character or another one that shows nothing",
    "keepsNoSecret": "a public app keeps no secret",
    "link": "it has to be an https link (http on loopback only), without user information",
    "redirect": "it has to be an https address (http on loopback only) without fragment and wildcard",
    "required": "it cannot be empty",
    "tooLong": "it is too long",
    "tooMany": "these are too many",
    "type": "it is of the wrong type",
    "unknown": "there is no such property",
    "userPrincipalName": "this is no user principal name of a member",
}
"""What is wrong with a value, by the ``why`` of the refusal."""

_SAYS_ITSELF: Final = frozenset({Reason.PRIVACY_INFORMATION_MISSING, Reason.NAME_TAKEN})
"""Reasons whose sentence names the property already."""

_OPTIONS: Final = {
    "invitedUserEmailAddress": "the address",
    "inviteRedirectUrl": "the redirect URL",
    "customizedMessageBody": "the message",
    "invitedUserDisplayName": "the name",
    "userPrincipalName": "the user principal name",
    "displayName": "the name",
    "domain": "the domain",
    "admin": "the administrator's address",
    "proxyAddresses": "the mail address",
}


def sentence(refused: Refused) -> str:
    """One line that says what is wrong and what to do: ``the domain: the value is in use already; choose another``."""
    why = str(refused.facts.get("why"))
    known = refused.reason is Reason.BAD_VALUE and why in _WHYS
    told = _WHYS[why] if known else SENTENCES[refused.reason]
    about = refused.facts.get("property")
    if about is not None and refused.reason not in _SAYS_ITSELF:
        told = f"{_OPTIONS.get(str(about), about)}: {told}"
    shown = ("objectId",) if known else ("why", "objectId")
    extra = [f"{name} {refused.facts[name]}" for name in shown if refused.facts.get(name) is not None]
    return f"{told} ({', '.join(extra)})" if extra else told
