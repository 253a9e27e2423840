"""From a named reason to Graph's words: the one table of this door."""

from collections.abc import Callable, Mapping
from typing import Final

from vestibule.doors.graph import errors
from vestibule.doors.graph.errors import GraphError
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb

_OF_INVITING: Final = frozenset({Verb.INVITE, Verb.REINVITE})  # Graph's invitation service has a code of its own
_NOT_ON_USER: Final = (
    "The email you're using to invite this user doesn't match any emails on the user object. Please add this email to"
    " the user object and try again."
)
_OF_DOMAIN: Final = {
    "proof": (
        "Domain verification failed. The DNS does not show the record in verificationDnsRecords yet; it can take a day"
        " until a new one is seen everywhere."
    ),
    "proofAway": "Domain verification failed. The DNS gave no answer; try again later.",
    "stays": "The initial domain of an organization cannot be deleted, nor the default one while it is.",
    "namesSomething": "The domain is in use. domainNameReferences lists who and what is named in it.",
    "tooManyReferences": (
        "The domain has more than 1,000 references. Rename or remove some of what domainNameReferences lists first."
    ),
}
_NO_ACTION: Final = "The resource action '{}' cannot be in a custom role."
_HANDS_ON: Final = "You may not do what the resource action '{}' allows, so you cannot put it into a role."
_OUT_OF_REACH: Final = (
    "The user {} has a name in this domain, and a role because of which you may not rename or disable them."
)
_OF_PROVIDER: Final = {
    "issuer": "it names another issuer.",
    "endpoints": "an endpoint is missing, or at an address that may not be reached.",
    "target": "its address may not be reached from here.",
    "keys": "it has no certificate that can be used here, or too many.",
    "signedRequests": "the provider wants signed requests, which are not sent.",
}
Facts = Mapping[str, str | int | None]
_WHY_NOT: Final = {
    Reason.HOME_ORGANIZATION: "This is the person's home organization, which cannot be left.",
    Reason.WRONG_STAGE: "The account is not in a state in which the person can leave.",
    Reason.ACCOUNT_DISABLED: "The account is disabled. Only the organization can remove it.",
    Reason.ORGANIZATION_FORBIDS: "The organization does not let guests leave on their own. Ask one of its contacts.",
    Reason.ONLY_ADMINISTRATOR: "The person is the organization's only administrator.",
}


def of(refused: Refused, *, verb: Verb | None = None, title: str = "User", given: str = "") -> GraphError:
    """What a refused action answers.

    Args:
        refused: the refusal, with its facts (``property``, ``objectId``, ``retryAfter`` and the like).
        verb: what was tried, where the same reason is said differently.
        title: what messages call the object: ``User``, ``Group``.
        given: the id in the path, which a "not found" repeats when the refusal itself names none.
    """
    facts = {"objectId": given, **refused.facts}
    if verb is Verb.RESTORE and refused.reason is Reason.NAME_TAKEN:
        return errors.taken(_named(facts, "userPrincipalName"), status=409)
    error = _ANSWERS[refused.reason](facts, title)
    if verb in _OF_INVITING and error.code == errors.REQUEST_BAD_REQUEST:
        return GraphError(error.status, errors.BAD_REQUEST, error.message, target=error.target, details=error.details)
    return error


def of_leaving(refused: Refused, contacts: Mapping[str, object]) -> GraphError:
    """What a refused leave answers: the ``whyNot`` word as the code, and whom to ask (our own call, not Graph's).

    The contacts stand in ``innerError`` as in the list of organizations, and each of them by its name as well.
    """
    message = _WHY_NOT.get(refused.reason)
    if message is None:
        return of(refused, verb=Verb.LEAVE)
    return GraphError(403, refused.reason.value, message, inner={"contacts": contacts, **contacts})


def _named(facts: Facts, otherwise: str = "") -> str:
    return str(facts.get("property") or otherwise)


def _fixed(error: Callable[[], GraphError]) -> Callable[[Facts, str], GraphError]:
    return lambda _facts, _title: error()


def _saying(status: int, code: str, message: str) -> Callable[[Facts, str], GraphError]:
    return lambda _facts, _title: GraphError(status, code, message)


def _missing(facts: Facts, _title: str) -> GraphError:
    return errors.not_found(str(facts.get("objectId") or ""))


def _taken(facts: Facts, _title: str) -> GraphError:
    return errors.taken(_named(facts, "userPrincipalName"))


def _duplicate(facts: Facts, _title: str) -> GraphError:
    return errors.taken(_named(facts, "proxyAddresses"))


def _still_deleted(facts: Facts, _title: str) -> GraphError:
    found = facts.get("objectId")
    message = (
        f'The invited user exists as deleted object ID: {found}. Restore it, or send "startFresh": true to make a new'
        " user that has nothing of the old one."
    )
    return errors.conflict(message, objectId=found)


def _invitee_disabled(facts: Facts, _title: str) -> GraphError:
    message = (
        f"The invited user already exists in the directory as object ID: {facts.get('objectId')}, but the account is"
        " blocked from signing in. Unblock the account and invite again."
    )
    return errors.bad_request(message)


def _already_member(facts: Facts, _title: str) -> GraphError:
    where = _named(facts, "members")
    return errors.invalid(
        f"One or more added object references already exist for the following modified properties: '{where}'."
    )


def _already_there(facts: Facts, title: str) -> GraphError:
    """What is added is there: Graph has its own words for references, roles and assignments to apps."""
    match facts.get("property"):
        case "members" | "owners" | "sponsors":
            return _already_member(facts, title)
        case "roleAssignments":
            return errors.invalid(
                "A conflicting object with one or more of the specified property values is present in the directory."
            )
        case "appRoleAssignments":
            return errors.invalid("Permission being assigned already exists on the object")
        case "domains":
            return errors.same_key("The domain is there already; it waits to be verified.")
        case "servicePrincipals":
            return errors.same_key(
                "The service principal cannot be created, updated, or restored because the service principal name is"
                " already in use."
            )
        case "oauth2PermissionGrants":
            return errors.same_key("Permission entry already exists.")
        case _:
            return errors.conflict("It is so already.")


def _wrong_stage(facts: Facts, title: str) -> GraphError:
    if facts.get("why") == "homeElsewhere":
        return errors.invalid("The password of an external user is set where they come from.", target=_named(facts))
    if facts.get("why") == "notRedeemed":
        return errors.invalid("The external user has not redeemed an invitation yet.")
    if facts.get("why") == "review":
        return errors.invalid("The access review is not in a state in which this can be done.")
    return _missing(facts, title)


def _bad_value(facts: Facts, title: str) -> GraphError:
    if not facts.get("property"):
        return errors.invalid("One or more property values specified are invalid.")
    if facts.get("why") in _OF_DOMAIN:
        return errors.invalid(_OF_DOMAIN[str(facts["why"])], target=_named(facts))
    if facts.get("why") == "action":
        return errors.invalid(_NO_ACTION.format(errors.shown(str(facts.get("value")))), target=_named(facts))
    if facts.get("why") == "notOnUser":
        return errors.invalid(_NOT_ON_USER, target=_named(facts))
    return errors.invalid_value(_named(facts), title)


def _not_allowed(facts: Facts, _title: str) -> GraphError:
    if facts.get("why") == "handsOn":
        return errors.denied(_HANDS_ON.format(errors.shown(str(facts.get("action")))))
    if facts.get("why") == "outOfReach":
        return errors.denied(_OUT_OF_REACH.format(facts.get("objectId")))
    return errors.denied()


def _provider_refused(facts: Facts, _title: str) -> GraphError:
    message = "The metadata of the identity provider does not fit: "
    return errors.invalid(message + _OF_PROVIDER.get(str(facts.get("why")), "it cannot be read."), target=_named(facts))


def _missing_value(facts: Facts, title: str) -> GraphError:
    return errors.missing_value(_named(facts), title)


def _read_only(facts: Facts, title: str) -> GraphError:
    return errors.read_only(_named(facts), title)


def _too_many(facts: Facts, _title: str) -> GraphError:
    seconds = facts.get("retryAfter")
    return errors.too_many("Please retry again later.", retry_after=seconds if isinstance(seconds, int) else 60)


def _invitation(message: str) -> Callable[[Facts, str], GraphError]:
    return _saying(400, errors.BAD_REQUEST, message)


def _invalid(message: str) -> Callable[[Facts, str], GraphError]:
    return _saying(400, errors.REQUEST_BAD_REQUEST, message)


def _forbidden(message: str) -> Callable[[Facts, str], GraphError]:
    return _saying(403, errors.FORBIDDEN, message)


def _denied(message: str) -> Callable[[Facts, str], GraphError]:
    return _saying(403, errors.REQUEST_DENIED, message)


_ANSWERS: Final[Mapping[Reason, Callable[[Facts, str], GraphError]]] = {
    # Why a person may not leave; outside the leave call these are about somebody else's act
    Reason.HOME_ORGANIZATION: _denied(_WHY_NOT[Reason.HOME_ORGANIZATION]),
    Reason.WRONG_STAGE: _wrong_stage,
    Reason.ACCOUNT_DISABLED: _denied("The account is disabled."),
    Reason.ORGANIZATION_FORBIDS: _denied(_WHY_NOT[Reason.ORGANIZATION_FORBIDS]),
    Reason.ONLY_ADMINISTRATOR: _denied("The organization's only administrator cannot be disabled or removed."),
    # Time and state
    Reason.TOO_LATE: _missing,
    Reason.TOO_EARLY: _invalid("It is too early for that."),
    Reason.NAME_TAKEN: _taken,
    Reason.STILL_DELETED: _still_deleted,
    Reason.LEFT_BY_CHOICE: _saying(
        409, errors.CONFLICT, "The person left by choice. Only an invitation that they accept brings them back."
    ),
    Reason.ALREADY_THERE: _already_there,
    Reason.NOT_THERE: _missing,
    Reason.ALREADY_MEMBER: _already_member,
    Reason.ON_HOLD: _saying(409, errors.CONFLICT, "A legal hold keeps the object from being deleted."),
    # Rights
    Reason.NOT_SIGNED_IN: _saying(401, errors.INVALID_TOKEN, "Access token has expired or is not yet valid."),
    Reason.NOT_ALLOWED: _not_allowed,
    Reason.NOT_FOUND: _missing,
    Reason.STRONGER_SIGN_IN: _denied("The role has no effect for someone who signed in with an emailed code alone."),
    Reason.SIGN_IN_AGAIN: _denied("The sign-in is too long ago for that."),
    Reason.SECOND_FACTOR_NEEDED: _denied("A second factor is needed besides the password."),
    Reason.NEEDS_PERSON: _denied("Only a signed-in person can do this, not an application by itself."),
    # Invitations and proofs
    Reason.INVITATION_EXPIRED: _invitation("The invitation has expired."),
    Reason.INVITATION_USED: _invitation("The invitation was already redeemed."),
    Reason.INVITATION_DEAD: _invitation("The invitation no longer holds."),
    Reason.TERMS_NOT_ACCEPTED: _denied("The organization's terms of use have not been accepted."),
    Reason.WRONG_PERSON: _forbidden("The invitation is for somebody else."),
    Reason.BLOCKED_BY_PERSON: _forbidden("The invited person does not take invitations from this organization."),
    Reason.INVITING_FORBIDDEN: _forbidden(
        "Guest invitations not allowed for your company. Contact your company administrator for more details."
    ),
    Reason.INVITEE_IS_MEMBER: _invitation("Invitee is in inviter tenant"),
    Reason.INVITEE_DISABLED: _invitee_disabled,
    Reason.DOMAIN_NOT_ALLOWED: _forbidden(
        "The domain of the invited address is not allowed by the organization's collaboration policy."
    ),
    Reason.CODE_WRONG: _invalid("The code is wrong."),
    Reason.CODE_EXPIRED: _invalid("The code has expired."),
    Reason.PASSWORD_WRONG: _invalid("The specified password does not match."),
    Reason.PASSWORD_WEAK: _invalid(
        "The specified password does not comply with password complexity requirements. Please provide a different"
        " password."
    ),
    Reason.TOO_MANY_TRIES: _too_many,
    Reason.CONNECT_FORBIDDEN: _forbidden("Direct connect is not allowed between these organizations."),
    Reason.COLLABORATION_FORBIDDEN: _forbidden(
        "This invitation is blocked by cross-tenant access settings. Admins in both your organization and the invited"
        " user's organization must configure cross-tenant access settings to allow the invitation."
    ),
    Reason.PROVIDER_REFUSED: _provider_refused,
    Reason.PROVIDER_AWAY: _invalid("The identity provider does not answer at its metadata address."),
    # Policies
    Reason.PRIVACY_INFORMATION_MISSING: _invalid(
        "allowExternalIdentitiesToLeave can be changed only while the organization's privacyProfile has a contactEmail"
        " and a statementUrl."
    ),
    Reason.PRIVACY_INFORMATION_NEEDED: _invalid(
        "The privacyProfile cannot be cleared while allowExternalIdentitiesToLeave is false."
    ),
    Reason.LAST_OWNER: _invalid("The last owner cannot be removed."),
    # Input
    Reason.BAD_VALUE: _bad_value,
    Reason.MISSING_VALUE: _missing_value,
    Reason.DUPLICATE_VALUE: _duplicate,
    Reason.READ_ONLY: _read_only,
    Reason.KEY_MISSING: _saying(400, errors.BAD_REQUEST, "The header Idempotency-Key is required."),
    Reason.KEY_REUSED: _saying(
        422, "IdempotencyKeyReused", "The Idempotency-Key was used before, for another request."
    ),
    Reason.VERSION_MISMATCH: _fixed(errors.version_mismatch),
    # Operations
    Reason.BUSY: _fixed(errors.unavailable),
    Reason.UNAVAILABLE: _fixed(errors.unavailable),
}
