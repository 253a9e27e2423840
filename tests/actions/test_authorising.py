"""The right is asked with what the store says now, inside the transaction."""

from dataclasses import replace

import pytest

from tests.support import world
from tests.support.world import Place
from vestibule.actions import assigning, authorising, directory_users, switching
from vestibule.actions.house import House
from vestibule.rules.actors import Strength, operator, system
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.roles import GLOBAL_ADMINISTRATOR, HELPDESK_ADMINISTRATOR, USER_ADMINISTRATOR
from vestibule.rules.verbs import Verb
from vestibule.store import memberships
from vestibule.store.unit import Unit


async def _ask(house: House, by, verb: Verb, tenant_id: str, user_id: str | None = None):
    async def work(unit: Unit):
        target = None if user_id is None else await memberships.find(unit, tenant_id, user_id)
        return await authorising.authorise(unit, by, verb, tenant_id, target)

    return await house.store.change(work)


async def test_roles_come_from_the_store_and_not_from_the_caller(house: House, contoso: Place):
    adele = await world.member(contoso)
    pretender = replace(world.at_portal(adele), roles=frozenset({GLOBAL_ADMINISTRATOR}))
    with pytest.raises(Refused) as refused:
        await _ask(house, pretender, Verb.CREATE_USER, contoso.id)
    assert refused.value.reason is Reason.NOT_ALLOWED
    assert refused.value.facts["role"] == USER_ADMINISTRATOR
    actor = await _ask(house, contoso.admin, Verb.CREATE_USER, contoso.id)
    assert actor.roles == {GLOBAL_ADMINISTRATOR}


async def test_operator_and_system_need_no_right(house: House, contoso: Place):
    for trusted in (operator(), system()):
        assert await _ask(house, trusted, Verb.PURGE, contoso.id) == trusted


async def test_another_organization_does_not_exist_for_an_outsider(house: House, contoso: Place):
    fabrikam = await world.organization(house, "Fabrikam")
    adele = await world.member(contoso)
    with pytest.raises(Refused) as refused:
        await _ask(house, fabrikam.admin, Verb.REMOVE, contoso.id, adele.user_id)
    assert refused.value.reason is Reason.NOT_FOUND
    with pytest.raises(Refused) as unknown:
        await _ask(house, contoso.admin, Verb.REMOVE, house.chance.guid())
    assert unknown.value.reason is Reason.NOT_FOUND


async def test_a_disabled_administrator_acts_no_more(house: House, contoso: Place):
    second = await world.member(contoso, "Second Admin")
    await assigning.assign_role(
        house, tenant_id=contoso.id, role_id=GLOBAL_ADMINISTRATOR, user_id=second.user_id, by=operator()
    )
    actor = world.at_portal(second)
    await _ask(house, actor, Verb.CREATE_USER, contoso.id)
    await switching.disable(house, tenant_id=contoso.id, user_id=second.user_id, by=contoso.admin)
    with pytest.raises(Refused) as refused:
        await _ask(house, actor, Verb.CREATE_USER, contoso.id)
    assert refused.value.reason is Reason.NOT_SIGNED_IN


async def test_a_role_on_an_emailed_code_waits_for_a_stronger_sign_in(house: House, contoso: Place):
    weak = world.at_portal(contoso.administrator, Strength.EMAILED_CODE)
    with pytest.raises(Refused) as refused:
        await _ask(house, weak, Verb.CREATE_USER, contoso.id)
    assert refused.value.reason is Reason.STRONGER_SIGN_IN


async def test_the_targets_roles_decide_about_sensitive_acts(house: House, contoso: Place):
    helper, adele, boss = [await world.member(contoso, name) for name in ("Helper One", "Adele Vance", "Boss Two")]
    for user, role in ((helper, HELPDESK_ADMINISTRATOR), (boss, USER_ADMINISTRATOR)):
        await assigning.assign_role(house, tenant_id=contoso.id, role_id=role, user_id=user.user_id, by=operator())
    by = world.at_portal(helper)
    await directory_users.revoke_sign_in_sessions(house, tenant_id=contoso.id, user_id=adele.user_id, by=by)
    with pytest.raises(Refused) as refused:
        await directory_users.revoke_sign_in_sessions(house, tenant_id=contoso.id, user_id=boss.user_id, by=by)
    assert refused.value.reason is Reason.NOT_ALLOWED


async def test_an_unknown_id_says_nothing_to_somebody_without_the_right(house: House, contoso: Place):
    adele, megan = await world.member(contoso), await world.member(contoso, "Megan Bowen")
    answers = []
    for user_id in (megan.user_id, house.chance.guid()):
        with pytest.raises(Refused) as refused:
            await directory_users.revoke_sign_in_sessions(
                house, tenant_id=contoso.id, user_id=user_id, by=world.at_portal(adele)
            )
        answers.append((refused.value.reason, refused.value.facts))
    assert answers[0] == answers[1]


async def test_a_role_taken_away_between_question_and_commit_counts(house: House, contoso: Place):
    second = await world.member(contoso, "Second Admin")
    held = await assigning.assign_role(
        house, tenant_id=contoso.id, role_id=USER_ADMINISTRATOR, user_id=second.user_id, by=operator()
    )
    if house.store.dialect == "sqlite":  # type: ignore[attr-defined]
        return  # one writer at a time: there is no between
    taken = False

    async def work(unit: Unit):
        nonlocal taken
        await authorising.authorise(unit, world.at_portal(second), Verb.CREATE_USER, contoso.id)
        if not taken:
            taken = True
            await assigning.unassign_role(house, tenant_id=contoso.id, assignment_id=held.assignment_id, by=operator())

    with pytest.raises(Refused) as refused:
        await house.store.change(work)
    assert refused.value.reason is Reason.NOT_ALLOWED
