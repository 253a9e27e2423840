"""Errors: the envelope, and an answer for every reason there is."""

from datetime import UTC, datetime

import pytest

from vestibule.doors.graph import errors, refusals
from vestibule.doors.graph.errors import Detail, GraphError
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb

START = datetime(2026, 11, 20, 19, 0, 0, 123456, tzinfo=UTC)


def test_the_envelope() -> None:
    error = errors.taken("userPrincipalName")
    assert error.body(at=START, request_id="r", client_request_id="c") == {
        "error": {
            "code": "Request_BadRequest",
            "message": "Another object with the same value for property userPrincipalName already exists.",
            "details": [
                {
                    "code": "ObjectConflict",
                    "message": "Another object with the same value for property userPrincipalName already exists.",
                    "target": "userPrincipalName",
                }
            ],
            "innerError": {"date": "2026-11-20T19:00:00", "request-id": "r", "client-request-id": "c"},
        }
    }


def test_target_and_inner_members() -> None:
    error = GraphError(400, "c", "m", target="t", details=[Detail("a", "b", "c")], inner={"x": 1, "date": "never"})
    body = error.body(at=START, request_id="r", client_request_id="c")["error"]
    assert isinstance(body, dict)
    assert body["target"] == "t"
    assert body["innerError"] == {"x": 1, "date": "2026-11-20T19:00:00", "request-id": "r", "client-request-id": "c"}
    assert str(error) == "400 c: m"


@pytest.mark.parametrize(
    ("error", "status", "code", "headers"),
    [
        (errors.denied(), 403, "Authorization_RequestDenied", {}),
        (errors.not_found("x"), 404, "Request_ResourceNotFound", {}),
        (errors.method_not_allowed(["PATCH", "GET"]), 405, "Request_BadRequest", {"Allow": "GET, PATCH"}),
        (errors.version_mismatch(), 412, "preconditionFailed", {}),
        (errors.too_many("x", retry_after=7), 429, "TooManyRequests", {"Retry-After": "7"}),
        (errors.not_implemented(), 501, "NotImplemented", {}),
        (errors.internal(), 500, "InternalServerError", {}),
        (errors.unavailable(), 503, "serviceNotAvailable", {"Retry-After": "2"}),
        (
            errors.unauthenticated("x", "https://o", error="invalid_token"),
            401,
            "InvalidAuthenticationToken",
            {
                "WWW-Authenticate": 'Bearer realm="", authorization_uri="https://o/common/oauth2/v2.0/authorize",'
                ' client_id="00000003-0000-0000-c000-000000000000", error="invalid_token"'
            },
        ),
    ],
)
def test_statuses_and_codes(error: GraphError, status: int, code: str, headers: dict[str, str]) -> None:
    assert (error.status, error.code, error.headers) == (status, code, headers)


def test_messages_repeat_little_and_nothing_invisible() -> None:
    assert errors.shown("a" * 100) == "a" * 80 + "…"
    assert errors.shown("a\u202eb\n") == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_an_answer(reason: Reason) -> None:
    for verb in (None, *Verb):
        error = refusals.of(Refused(reason), verb=verb, given="the-id")
        assert 400 <= error.status < 600
        assert error.message
        assert "None" not in error.message


@pytest.mark.parametrize(
    ("refused", "verb", "status", "code", "message"),
    [
        (
            Refused(Reason.NAME_TAKEN),
            Verb.CREATE_USER,
            400,
            "Request_BadRequest",
            "Another object with the same value for property userPrincipalName already exists.",
        ),
        (
            Refused(Reason.NAME_TAKEN, property="mailNickname"),
            Verb.RESTORE,
            409,
            "Conflict",
            "Another object with the same value for property mailNickname already exists.",
        ),
        (
            Refused(Reason.STILL_DELETED, objectId="abc"),
            Verb.INVITE,
            409,
            "Conflict",
            (
                'The invited user exists as deleted object ID: abc. Restore it, or send "startFresh": true to make a'
                " new user that has nothing of the old one."
            ),
        ),
        (
            Refused(Reason.TOO_LATE),
            Verb.RESTORE,
            404,
            "Request_ResourceNotFound",
            "Resource 'given' does not exist or one of its queried reference-property objects are not present.",
        ),
        (
            Refused(Reason.BAD_VALUE, property="invitedUserEmailAddress", why="address"),
            Verb.INVITE,
            400,
            "BadRequest",
            "Invalid value specified for property 'invitedUserEmailAddress' of resource 'User'.",
        ),
        (Refused(Reason.PRIVACY_INFORMATION_MISSING), None, 400, "Request_BadRequest", None),
        (Refused(Reason.ALREADY_MEMBER), Verb.ADD_MEMBER, 400, "Request_BadRequest", None),
        (Refused(Reason.KEY_REUSED), Verb.LEAVE, 422, "IdempotencyKeyReused", None),
    ],
)
def test_what_particular_refusals_say(
    refused: Refused, verb: Verb | None, status: int, code: str, message: str | None
) -> None:
    error = refusals.of(refused, verb=verb, given="given")
    assert (error.status, error.code) == (status, code)
    assert message is None or error.message == message


def test_a_refused_leave_names_the_reason_and_whom_to_ask() -> None:
    contacts = {"contacts": {"privacyContact": "privacy@woodgrove.example"}}
    for reason in list(Reason)[:5]:
        error = refusals.of_leaving(Refused(reason), contacts)
        assert (error.status, error.code, error.inner) == (403, reason.value, contacts)
    assert refusals.of_leaving(Refused(Reason.KEY_MISSING), contacts).status == 400
    assert refusals.of_leaving(Refused(Reason.NOT_FOUND), contacts).status == 404
