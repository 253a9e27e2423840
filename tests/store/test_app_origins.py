"""The step that writes down where apps in a browser are served from, for those that were registered before it."""

import json
from pathlib import Path

from tests.store.rows import TENANT
from vestibule.ground.clock import StoppedClock
from vestibule.ground.sealing import Sealer
from vestibule.rules.grants import origin_of
from vestibule.store import app_index, migrate
from vestibule.store.opening import open_store

PAGES = [
    "https://app.contoso.example/cb",
    "https://APP.contoso.example/other?x=1",
    "https://app.contoso.example:8443",
    "https://plain.contoso.example?x=/",
    "http://localhost:5173/cb",
    "http://localhost",
    "http://127.0.0.1:9/a:b",
    "http://[::1]:5000/cb",
]


async def test_origins_of_earlier_apps_are_those_of_later_ones(
    empty_url: str | None, tmp_path: Path, clock: StoppedClock, sealer: Sealer
) -> None:
    opened = await open_store(empty_url, tmp_path, clock, sealer=sealer)
    try:
        await migrate.upgrade(opened.store, "0004")
        no = "false" if opened.store.dialect == "postgresql" else "0"
        await opened.store.execute_script(
            "INSERT INTO app (tenant_id, app_id, service_principal_id, client_id, display_name, enabled, public,"
            " device_code, password_grant, requires_assignment, id_token_alg, redirect_uris, spa_redirect_uris,"
            " logout_uris, app_roles, permissions, delegated, attributes, version, created_at) VALUES"
            f" ('{TENANT}', 'app', 'principal', 'client', 'App', {no}, {no}, {no}, {no}, {no}, 'RS256', '[]',"
            f" '{json.dumps(PAGES)}', '[]', '[]', '[]', '[]', '{{}}', 1, 1)"
        )
        await migrate.upgrade(opened.store)
        reading = await opened.store.read()
        for page in PAGES:
            assert await app_index.serves_pages_from(reading, origin_of(page)), page
        for other in ("https://evil.example", "https://plain.contoso.example?x=", "http://localhost:5173"):
            assert not await app_index.serves_pages_from(reading, other)
    finally:
        await opened.close()
