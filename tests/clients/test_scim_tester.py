"""scim2-tester, unmodified, against the real server over TLS: everything that the service publishes is so."""

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from scim2_client.client import BaseSyncSCIMClient
from scim2_tester import Status, check_server

from tests.commands.conftest import Desk, closing, initialise
from tests.support.ports import free_port

PERMISSIONS = ("User.ReadWrite.All", "Group.ReadWrite.All")


class Client(BaseSyncSCIMClient):
    """The client, sending with the HTTP library that is here."""

    def __init__(self, http: httpx.Client) -> None:
        super().__init__()
        self._http = http

    def _stays_under_base_url(self, endpoint: str) -> bool:
        return self._http.build_request("GET", endpoint).url.raw_path.startswith(self._http.base_url.raw_path)

    def _parse_json(self, response: Any) -> Any:
        return response.json()

    def request(self, method: str, url: str, **kwargs: Any) -> httpx.Response:
        return self._http.request(method, url, **kwargs)


@pytest.fixture(params=["sqlite", "postgresql"])
def client(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[httpx.Client]:
    """A client with a token of an app of the organization, as the documentation says to get one."""
    data = tmp_path / "data"
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    for one in closing(Desk(data, url)):
        done = initialise(one)
        assert done.status == 0, done.err
        port = free_port()
        permissions = [word for name in PERMISSIONS for word in ("--application-permission", name)]
        app = one.json("app", "create", "--organization", "contoso.example", "--name", "Sync", *permissions,
                       "--grant-admin-consent")  # fmt: skip
        origin = f"https://localhost:{port}"
        one.serve("--port", port, "--tls-dev", public_url=origin).ready()
        trust = ssl.create_default_context(cafile=data / "ca.pem")
        form = {
            "grant_type": "client_credentials",
            "client_id": app["clientId"],
            "client_secret": app["clientSecret"],
            "scope": "https://graph.microsoft.com/.default",
        }
        with httpx.Client(verify=trust) as http:
            issued = http.post(f"{origin}/{app['tenantId']}/oauth2/v2.0/token", data=form).json()
        headers = {"Authorization": f"Bearer {issued['access_token']}"}
        base = f"{origin}/scim/{app['tenantId']}/v2"
        with httpx.Client(base_url=base, headers=headers, verify=trust) as http:
            yield http


def test_every_check_passes(client: httpx.Client):
    results = check_server(Client(client))
    bad = [
        f"{one.title} {one.resource_type}: {one.status.name} {one.reason}"
        for one in results
        if one.status not in {Status.SUCCESS, Status.COMPLIANT, Status.ACCEPTABLE}
    ]
    assert not bad, "\n".join(bad)
    assert len(results) >= 100
    assert {one.resource_type for one in results} >= {"User", "Group"}
    described = client.get(client.base_url.copy_with(path="/openapi.json")).json()
    assert {"/scim/{tenant}/v2/Users", "/v1.0/users"} <= set(described["paths"]), "one description of both doors"
