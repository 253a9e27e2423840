from typing import Any

import pytest

from soak.sign_in_breakages_invitations import older_links_stay_good
from tests.support import world
from tests.support.broken import broken
from tests.support.world import Place
from vestibule.actions import assigning, directory_users
from vestibule.actions.credentials import HashedPassword, hashed
from vestibule.actions.directory_users import create_user, revoke_sign_in_sessions, set_password, update_user
from vestibule.actions.house import House
from vestibule.actions.redeeming import redeem
from vestibule.actions.user_objects import NewMember
from vestibule.ground.passwords import Passwords
from vestibule.rules.actors import Strength, operator
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.roles import USER_ADMINISTRATOR
from vestibule.store import invitations, memberships, people, profiles

NEW_PASSWORD = HashedPassword(world.PASSWORD.encoded.replace("A", "B"))


async def _profile(place: Place, user_id: str) -> profiles.Profile:
    found = await profiles.find(await place.house.store.read(), place.id, user_id)
    assert found is not None
    return found


async def test_a_member_has_a_person_a_profile_and_an_event(house: House, contoso: Place):
    new = NewMember(
        "Adele Vance",
        "Adele@Contoso.example",
        "adele",
        world.PASSWORD,
        properties={"mail": "Adele.Vance@contoso.example", "jobTitle": "Manager", "usageLocation": "NL"},
    )
    made = await create_user(house, new, tenant_id=contoso.id, by=contoso.admin)
    assert await world.again(house, contoso.id, made.user_id) == made
    profile = await _profile(contoso, made.user_id)
    assert profile.user_principal_name == "Adele@contoso.example"
    assert profile.mail_key == "adele.vance@contoso.example"
    assert profile.job_title == "Manager"
    assert profile.attributes == {
        "mailNickname": "adele",
        "usageLocation": "NL",
        "proxyAddresses": ["SMTP:Adele.Vance@contoso.example"],
    }
    reading = await house.store.read()
    assert [one.user_id for one in await memberships.of_person(reading, made.person_id or "")] == [made.user_id]
    told = await world.last_event(contoso)
    assert told.type == "user.create"
    assert told.actor["userPrincipalName"] == "admin@contoso.example"
    assert told.subject["details"]["new"]["jobTitle"] == "Manager"


@pytest.mark.parametrize(
    ("wrong", "reason", "named"),
    [
        ({"user_principal_name": "ADELE@contoso.example"}, Reason.DUPLICATE_VALUE, "userPrincipalName"),
        ({"user_principal_name": "x@elsewhere.example"}, Reason.BAD_VALUE, "userPrincipalName"),
        ({"user_principal_name": "x_y.example#EXT#@contoso.example"}, Reason.BAD_VALUE, "userPrincipalName"),
        ({"mail_nickname": "two words"}, Reason.BAD_VALUE, "mailNickname"),
        ({"display_name": ""}, Reason.BAD_VALUE, "displayName"),
        ({"properties": {"mail": "adele@contoso.example"}}, Reason.DUPLICATE_VALUE, "proxyAddresses"),
        ({"properties": {"userType": "Guest"}}, Reason.READ_ONLY, "userType"),
        ({"properties": {"identities": []}}, Reason.READ_ONLY, "identities"),
        ({"properties": {"shoeSize": 43}}, Reason.BAD_VALUE, "shoeSize"),
    ],
)
async def test_what_no_member_is_made_from(
    house: House, contoso: Place, wrong: dict[str, Any], reason: Reason, named: str
):
    await world.member(contoso, mail="adele@contoso.example")
    given = {"display_name": "X", "user_principal_name": "x@contoso.example", "mail_nickname": "x", **wrong}
    with pytest.raises(Refused) as refused:
        await create_user(house, NewMember(password=None, **given), tenant_id=contoso.id, by=contoso.admin)
    assert (refused.value.reason, refused.value.facts["property"]) == (reason, named)


async def test_update_writes_what_changed_once_and_raises_the_version(house: House, contoso: Place):
    adele = await world.member(contoso, jobTitle="Manager", city="Utrecht")
    changes: dict[str, Any] = {
        "jobTitle": "Director",
        "city": None,
        "displayName": "Adele Vance",
        "otherMails": ["a@b.example"],
    }
    after = await update_user(house, tenant_id=contoso.id, user_id=adele.user_id, changes=changes, by=contoso.admin)
    assert after.version == adele.version + 1
    assert after.epoch == adele.epoch
    profile = await _profile(contoso, adele.user_id)
    assert profile.job_title == "Director"
    assert "city" not in profile.attributes
    told = await world.last_event(contoso)
    assert told.record["changes"] == ["city", "jobTitle", "otherMails"]
    assert told.subject["details"]["old"] == {"jobTitle": "Manager", "city": "Utrecht", "otherMails": None}
    count = len(await world.events(contoso))
    same = await update_user(house, tenant_id=contoso.id, user_id=adele.user_id, changes=changes, by=contoso.admin)
    assert same.version == after.version
    assert len(await world.events(contoso)) == count


async def test_a_new_name_is_unique_and_frees_the_old_one(house: House, contoso: Place):
    adele, megan = await world.member(contoso), await world.member(contoso, "Megan Bowen")
    rename = {"userPrincipalName": "megan@contoso.example"}
    with pytest.raises(Refused) as refused:
        await update_user(house, tenant_id=contoso.id, user_id=adele.user_id, changes=rename, by=contoso.admin)
    assert refused.value.reason is Reason.DUPLICATE_VALUE
    away = {"userPrincipalName": "mb@contoso.example"}
    await update_user(house, tenant_id=contoso.id, user_id=megan.user_id, changes=away, by=contoso.admin)
    await update_user(house, tenant_id=contoso.id, user_id=adele.user_id, changes=rename, by=contoso.admin)
    found = await memberships.find_by_upn(await house.store.read(), contoso.id, "megan@contoso.example")
    assert found is not None
    assert found.user_id == adele.user_id


async def test_a_stale_version_is_refused(house: House, contoso: Place):
    adele = await world.member(contoso)
    await update_user(house, tenant_id=contoso.id, user_id=adele.user_id, changes={"city": "A"}, by=contoso.admin)
    with pytest.raises(Refused) as refused:
        await update_user(
            house,
            tenant_id=contoso.id,
            user_id=adele.user_id,
            changes={"city": "B"},
            by=contoso.admin,
            if_version=adele.version,
        )
    assert refused.value.reason is Reason.VERSION_MISMATCH


async def test_one_update_may_disable_set_a_password_and_rename(house: House, contoso: Place):
    adele = await world.member(contoso)
    after = await update_user(
        house,
        tenant_id=contoso.id,
        user_id=adele.user_id,
        changes={"accountEnabled": False, "city": "Utrecht", "userPrincipalName": "av@contoso.example"},
        password=NEW_PASSWORD,
        by=contoso.admin,
    )
    now = await world.again(house, contoso.id, adele.user_id)
    assert not now.standing.enabled_here
    assert (now.version, now.epoch) == (adele.version + 1, adele.epoch + 1) == (after.version, after.epoch)
    assert now.upn_key == "av@contoso.example"
    kept = await people.find_credential(await house.store.read(), adele.person_id or "", "password")
    assert kept is not None
    assert kept.secret == NEW_PASSWORD.encoded
    assert len({event.record["type"] for event in (await world.events(contoso))[-3:]}) == 3
    back = await update_user(
        house, tenant_id=contoso.id, user_id=adele.user_id, changes={"accountEnabled": True}, by=contoso.admin
    )
    assert back.standing.enabled_here


async def test_each_part_of_an_update_asks_for_its_own_right(house: House, contoso: Place):
    adele = await world.member(contoso)
    only_switch = world.program(contoso, "User.EnableDisableAccount.All")
    done = await update_user(
        house, tenant_id=contoso.id, user_id=adele.user_id, changes={"accountEnabled": False}, by=only_switch
    )
    assert not done.standing.enabled_here
    for changes, password in (({"accountEnabled": True, "city": "X"}, None), ({}, NEW_PASSWORD)):
        with pytest.raises(Refused) as refused:
            await update_user(
                house,
                tenant_id=contoso.id,
                user_id=adele.user_id,
                changes=changes,
                password=password,
                by=only_switch,
            )
        assert refused.value.reason is Reason.NOT_ALLOWED
    assert not (await world.again(house, contoso.id, adele.user_id)).standing.enabled_here


async def test_people_change_little_about_themselves(house: House, contoso: Place):
    adele = await world.member(contoso)
    by = world.with_token(adele, "User.ReadWrite")
    await update_user(house, tenant_id=contoso.id, user_id=adele.user_id, changes={"preferredLanguage": "nl-NL"}, by=by)
    for changes in ({"jobTitle": "Boss"}, {"mail": "a@contoso.example"}, {"accountEnabled": True}):
        with pytest.raises(Refused) as refused:
            await update_user(house, tenant_id=contoso.id, user_id=adele.user_id, changes=changes, by=by)
        assert refused.value.reason is Reason.NOT_ALLOWED


async def test_sensitive_properties_ask_about_the_targets_roles(house: House, contoso: Place):
    admin, boss = await world.member(contoso, "User Admin"), await world.member(contoso, "Boss Two")
    await assigning.assign_role(
        house, tenant_id=contoso.id, role_id=USER_ADMINISTRATOR, user_id=admin.user_id, by=operator()
    )
    await assigning.assign_role(
        house,
        tenant_id=contoso.id,
        role_id="e8611ab8-c189-46e8-94e1-60213ab1f814",
        user_id=boss.user_id,
        by=operator(),
    )
    by = world.at_portal(admin)
    await update_user(house, tenant_id=contoso.id, user_id=boss.user_id, changes={"city": "Utrecht"}, by=by)
    for changes in ({"mobilePhone": "1"}, {"mail": "x@contoso.example"}, {"userPrincipalName": "x@contoso.example"}):
        with pytest.raises(Refused) as refused:
            await update_user(house, tenant_id=contoso.id, user_id=boss.user_id, changes=changes, by=by)
        assert refused.value.reason is Reason.NOT_ALLOWED


@broken(older_links_stay_good)
async def test_a_new_address_kills_the_invitation_sent_to_the_old_one(house: House, contoso: Place):
    waiting, ticket = await world.invited(contoso, "ann@old.example")
    await update_user(
        house,
        tenant_id=contoso.id,
        user_id=waiting.user_id,
        changes={"mail": "ann@new.example"},
        by=contoso.admin,
    )
    told = await world.last_event(contoso)
    assert told.record["facts"] == {"invitationsEnded": True}
    reading = await house.store.read()
    assert [one.state for one in await invitations.of_user(reading, contoso.id, waiting.user_id)] == ["dead"]
    ann = await world.mailbox_person(house, "ann@old.example")
    with pytest.raises(Refused) as refused:
        await redeem(house, person_id=ann, ticket=ticket, by=world.person_at_pages(ann))
    assert refused.value.reason is Reason.INVITATION_DEAD
    new, ticket = await world.invited(contoso, "ann@new.example")
    assert new.user_id == waiting.user_id
    ann = await world.mailbox_person(house, "ann@new.example")
    done = await redeem(house, person_id=ann, ticket=ticket, by=world.person_at_pages(ann))
    assert done.membership.user_id == waiting.user_id


async def test_an_address_written_in_other_letters_is_still_another_invitation(house: House, contoso: Place):
    waiting, _ = await world.invited(contoso, "ann@old.example")
    await update_user(
        house, tenant_id=contoso.id, user_id=waiting.user_id, changes={"mail": "Ann@Old.example"}, by=contoso.admin
    )
    _, ticket = await world.invited(contoso, "Ann@Old.example")
    ann = await world.mailbox_person(house, "ann@old.example")
    await redeem(house, person_id=ann, ticket=ticket, by=world.person_at_pages(ann))


async def test_a_password_ends_every_session(house: House, contoso: Place):
    adele = await world.member(contoso)
    after = await set_password(
        house, tenant_id=contoso.id, user_id=adele.user_id, password=NEW_PASSWORD, by=contoso.admin
    )
    now = await world.again(house, contoso.id, adele.user_id)
    assert (now.epoch, now.home_epoch) == (adele.epoch + 1, adele.epoch + 1)
    assert now.version == after.version
    kept = await people.find_credential(await house.store.read(), adele.person_id or "", "password")
    assert kept is not None
    assert kept.secret == NEW_PASSWORD.encoded
    own = await set_password(
        house, tenant_id=contoso.id, user_id=adele.user_id, password=NEW_PASSWORD, by=world.at_portal(adele), own=True
    )
    assert own.epoch == now.epoch + 1


async def test_a_guest_has_no_password_here(house: House, contoso: Place):
    ann = await world.guest(contoso)
    with pytest.raises(Refused) as refused:
        await set_password(house, tenant_id=contoso.id, user_id=ann.user_id, password=NEW_PASSWORD, by=contoso.admin)
    assert refused.value.reason is Reason.WRONG_STAGE


async def test_sessions_are_revoked_by_an_administrator_and_by_oneself(house: House, contoso: Place):
    ann = await world.guest(contoso)
    by_themselves = world.at_portal(ann, Strength.EMAILED_CODE)
    for by in (contoso.admin, by_themselves):
        before = await world.again(house, contoso.id, ann.user_id)
        await revoke_sign_in_sessions(house, tenant_id=contoso.id, user_id=ann.user_id, by=by)
        after = await world.again(house, contoso.id, ann.user_id)
        assert after.epoch == before.epoch + 1
    profile = await _profile(contoso, ann.user_id)
    assert profile.attributes["signInSessionsValidFromDateTime"] == "2026-03-02T09:30:00Z"
    other = await world.guest(contoso, "bob@elsewhere.example")
    with pytest.raises(Refused) as refused:
        await revoke_sign_in_sessions(house, tenant_id=contoso.id, user_id=other.user_id, by=by_themselves)
    assert refused.value.reason in {Reason.NOT_ALLOWED, Reason.NOT_FOUND}


async def test_a_deleted_user_is_not_found(house: House, contoso: Place):
    from vestibule.actions.removing import remove

    ann = await world.guest(contoso)
    await remove(house, tenant_id=contoso.id, user_id=ann.user_id, by=contoso.admin)
    with pytest.raises(Refused) as refused:
        await update_user(house, tenant_id=contoso.id, user_id=ann.user_id, changes={"city": "X"}, by=contoso.admin)
    assert refused.value.reason is Reason.NOT_FOUND
    with pytest.raises(Refused) as refused:
        await directory_users.revoke_sign_in_sessions(
            house, tenant_id=contoso.id, user_id=ann.user_id, by=contoso.admin
        )
    assert refused.value.reason is Reason.NOT_FOUND


async def test_weak_passwords_never_reach_the_store(house: House):
    pool = Passwords(house.chance, workers=1)
    try:
        for weak in ("short", "a" * 40, "contoso.example1234", "€" * 1000):
            with pytest.raises(Refused) as refused:
                await hashed(pool, weak, names=["contoso.example"])
            assert refused.value.reason is Reason.PASSWORD_WEAK
        good = await hashed(pool, "correct horse battery staple")
        assert await pool.verify(good.encoded, "correct horse battery staple")
    finally:
        pool.close()
