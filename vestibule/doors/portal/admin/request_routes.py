"""The routes of the pages about requests."""

from starlette.routing import BaseRoute

from vestibule.doors.portal.admin import paths
from vestibule.doors.portal.admin.gate import page
from vestibule.doors.portal.admin.pages import data_request, request, requests
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
        *_by_address(desk),
    ]


def _by_address(desk: Desk) -> list[BaseRoute]:
    """The pages of a request by a proven address."""
    acts = (
        ("answer", data_request.ask_answer, data_request.answer, Verb.ANSWER_DATA_REQUEST),
        ("refuse", data_request.ask_refuse, data_request.refuse, Verb.ANSWER_DATA_REQUEST),
        ("extend", data_request.ask_extend, data_request.extend, Verb.EXTEND_DATA_REQUEST),
    )
    return [
        page(desk, paths.data_request(_ID), _READS, also=_ALSO, get=data_request.show),
        *[
            page(desk, paths.data_request(_ID, act), _READS, also=_ALSO, get=ask, post=do, changes=changes)
            for act, ask, do, changes in acts
        ],
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
