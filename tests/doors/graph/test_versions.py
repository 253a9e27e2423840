"""Entity tags of users, groups and applications: what is read again, and changes that insist on what was seen."""

from typing import Any

from tests.support import world
from tests.support.graph import Caller, code_of
from tests.support.world import Place

GROUP = {"displayName": "Partners", "mailNickname": "partners", "mailEnabled": False, "securityEnabled": True}


async def _tried(program: Caller, path: str, change: dict[str, Any]) -> None:
    """What has a tag is not sent twice, and is changed and deleted by that tag alone."""
    first = await program.get(path)
    tag = first.headers["etag"]
    assert tag.startswith('W/"')
    seen = await program.get(path, headers={"If-None-Match": tag})
    assert (seen.status_code, seen.content, seen.headers["etag"]) == (304, b"", tag)
    assert (await program.patch(path, change, headers={"If-Match": tag})).status_code == 204
    late = await program.patch(
        path, {name: f"{value} again" for name, value in change.items()}, headers={"If-Match": tag}
    )
    assert late.status_code == 412
    now = await program.get(path, headers={"If-None-Match": tag})
    assert now.status_code == 200
    assert {name: now.json()[name] for name in change} == change
    assert (await program.delete(path, headers={"If-Match": tag})).status_code == 412
    assert (await program.get(path)).status_code == 200
    gone = await program.delete(path, headers={"If-Match": f'"0", {now.headers["etag"]}'})
    assert gone.status_code == 204
    assert code_of(await program.get(path)) == (404, "Request_ResourceNotFound")


async def test_users_groups_and_applications_have_versions(program: Caller, contoso: Place):
    member = await world.member(contoso)
    await _tried(program, f"/v1.0/users/{member.user_id}", {"jobTitle": "Buyer"})
    group = (await program.post("/v1.0/groups", GROUP)).json()
    await _tried(program, f"/v1.0/groups/{group['id']}", {"description": "Who we work with"})
    app = (await program.post("/v1.0/applications", {"displayName": "Travel"})).json()
    await _tried(program, f"/v1.0/applications/{app['id']}", {"displayName": "Journeys"})


async def test_anything_matches_a_star_and_nothing_another_tag(program: Caller):
    path = f"/v1.0/groups/{(await program.post('/v1.0/groups', GROUP)).json()['id']}"
    member_path = {"members@odata.bind": ["https://graph.microsoft.com/v1.0/users/x"]}
    refused = await program.patch(path, member_path, headers={"If-Match": 'W/"99"'})
    assert code_of(refused)[0] == 412
    assert (await program.patch(path, {"description": "One"}, headers={"If-Match": "*"})).status_code == 204
    assert (await program.get(path, headers={"If-None-Match": "*"})).status_code == 304
