"""Figures at ``/metrics``: only where somebody wants them, and nothing about anybody."""

import httpx

from tests.commands.conftest import Desk
from tests.commands.server import client
from tests.support.ports import free_port


def _served(desk: Desk, **settings: str) -> httpx.Client:
    port = free_port()
    desk.serve("--port", port, **settings).ready()
    return client(port)


def test_nobody_is_told_figures_unless_the_operator_says_so(desk: Desk) -> None:
    with _served(desk) as http:
        assert http.get("/metrics").status_code == 404


def test_requests_and_what_waits_are_told(desk: Desk) -> None:
    with _served(desk, METRICS="true") as http:
        assert http.get("/healthz").status_code == 200
        assert http.get("/v1.0/users").status_code == 401
        assert http.request("TRACE", "/v1.0/users").status_code in {401, 405}
        told = http.get("/metrics")
    assert told.headers["content-type"].startswith("text/plain; version=")
    lines = told.text.splitlines()
    assert 'vestibule_requests_total{door="operations",method="GET",status="200"} 1.0' in lines
    assert 'vestibule_requests_total{door="graph",method="GET",status="401"} 1.0' in lines
    assert any(line.startswith('vestibule_requests_total{door="graph",method="other"') for line in lines)
    assert 'vestibule_request_seconds_count{door="graph"} 2.0' in lines
    assert "vestibule_letters_waiting 0.0" in lines
    assert 'vestibule_due_late_seconds{verb="purge"} 0.0' in lines
    assert any(line.startswith("vestibule_worker_seen_seconds ") for line in lines)
    assert "contoso" not in told.text
