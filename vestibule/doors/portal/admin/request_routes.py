"""The routes of the pages about requests."""

from starlette.routing import BaseRoute

from vestibule.doors.portal.admin import paths
from vestibule.doors.portal.admin.gate import page
from vestibule.doors.portal.admin.pages import request, requests
from vestibule.doors.portal.desk import Desk
from vestibule.rules.person_requests import Kind
from vestibule.rules.verbs import Verb

_ID = "{id}"
_READS, _ALSO = Verb.READ_DELETED, Verb.READ_AUDIT


def request_routes(desk: Desk) -> list[BaseRoute]:
    """The list, one request, and what is done about it."""
    return [
        page(desk, paths.REQUESTS, _READS, also=_ALSO, get=requests.show),
        page(desk, paths.REQUESTS_CSV, _READS, also=_ALSO, get=requests.download),
        *[route for kind in (Kind.REMOVAL, Kind.ERASURE) for route in _of(desk, kind)],
        page(
            desk,
            paths.request(_ID, Kind.ERASURE, "grant"),
            _READS,
            also=_ALSO,
            get=request.ask_grant,
            post=request.grant,
            changes=Verb.ANSWER_ERASURE,
        ),
        page(
            desk,
            paths.request(_ID, Kind.ERASURE, "refuse"),
            _READS,
            also=_ALSO,
            get=request.ask_refuse,
            post=request.refuse,
            changes=Verb.ANSWER_ERASURE,
        ),
    ]


def _of(desk: Desk, kind: Kind) -> list[BaseRoute]:
    return [
        page(desk, paths.request(_ID, kind), _READS, also=_ALSO, get=request.shows(kind)),
        page(
            desk,
            paths.request(_ID, kind, "extend"),
            _READS,
            also=_ALSO,
            get=request.asks_extend(kind),
            post=request.extends(kind),
            changes=Verb.EXTEND_REQUEST,
        ),
    ]
