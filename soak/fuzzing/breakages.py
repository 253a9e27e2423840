"""Broken builds: each lets a door do what it never may, so that a test sees that the checks find it."""

from collections.abc import Callable, Mapping
from typing import Any

from vestibule.doors.graph import errors
from vestibule.doors.graph.odata import options
from vestibule.doors.graph.odata.grammar import parse_filter
from vestibule.doors.oidc import errors as oidc_errors
from vestibule.doors.scim.errors import ScimError
from vestibule.rules import grants

Patch = Callable[[object, str, Any], None]
"""Sets an attribute of a module or class; a test puts it back afterwards (``monkeypatch.setattr``)."""


def a_filter_raises(patch: Patch) -> None:
    """A ``$filter`` with brackets ends in an exception that nobody expected."""

    def parsed(text: str) -> Any:
        if "(" in text:
            raise KeyError("(")
        return parse_filter(text)

    patch(options, "parse_filter", parsed)


def an_address_raises(patch: Patch) -> None:
    """A redirect address that is not registered ends in an exception."""
    matches = grants.redirect_matches

    def matched(registered: Any, given: str) -> bool:
        if not matches(registered, given):
            raise LookupError("no such address")
        return True

    patch(grants, "redirect_matches", matched)


def the_inside_is_told(patch: Patch) -> None:
    """A refusal quotes the statement that failed."""

    def told(message: str, **more: Any) -> errors.GraphError:
        return refused(f"{message} asyncpg.exceptions.UniqueViolationError: duplicate key value", **more)

    refused = errors.bad_request
    patch(options, "bad_request", told)


def no_envelope(patch: Patch) -> None:
    """Errors of SCIM leave out their status."""

    def body(self: ScimError) -> Mapping[str, Any]:
        return {"detail": self.detail}

    patch(ScimError, "body", body)


def no_number(patch: Patch) -> None:
    """Errors of OAuth lose the number that clients look for."""

    def description(self: oidc_errors.ProtocolError, *_: object) -> str:
        return self.text

    patch(oidc_errors.ProtocolError, "description", description)
