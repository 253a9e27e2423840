"""Many at once, from two processes' worth of houses: one outcome each, one event each, and the laws hold."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from dataclasses import replace
from datetime import timedelta
from itertools import cycle, permutations, product
from typing import Any
from urllib.parse import urljoin

import pytest

from soak import laws
from soak.sign_in_breakages import (
    code_used_again,
    epoch_of_the_app_forgotten,
    epoch_of_the_organization_forgotten,
    refresh_token_used_again,
    tries_not_counted,
)
from soak.sign_in_breakages_invitations import invitation_accepted_again
from tests.faults.ground import Ground
from tests.faults.lines import ADDRESS, BACK, shared_app
from tests.faults.pausing import pausing_at_keys
from tests.faults.quiet_lines import CALLBACK, client_of, exchange, grant, ring_of, sent_code
from tests.faults.town import Town
from tests.support import world
from tests.support.broken import broken
from tests.support.houses import PUBLIC_URL
from tests.support.world import Place
from vestibule.actions import (
    answering_erasure,
    apps,
    asking,
    asking_erasure,
    assigning,
    connecting,
    consenting,
    directory_users,
    erasing,
    granting,
    group_members,
    grouping,
    guest_settings,
    inviting,
    leaving,
    mailbox_codes,
    policies,
    redeeming,
    removing,
    restoring,
    signing_in,
    switching,
)
from vestibule.actions.access import authenticate_bearer, secret_hash
from vestibule.actions.ending_sign_ins import end_app_sign_ins, end_organization_sign_ins
from vestibule.actions.house import House
from vestibule.actions.user_objects import NewMember
from vestibule.doors.portal import paths
from vestibule.rules import roles
from vestibule.rules.actors import Strength, operator
from vestibule.rules.apps import NewApp
from vestibule.rules.groups import NewGroup
from vestibule.rules.lifecycle import Deleted, Erased, Present, Purged
from vestibule.rules.person_requests import Kind
from vestibule.rules.policy import ErasureOnLeave
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import apps as kept_apps
from vestibule.store import hanging, memberships, organizations, people, requests, tokens
from vestibule.store.memberships import GLOBAL_ADMINISTRATOR, Membership

MANY = 50
THIRTY_DAYS = timedelta(days=30)
MOMENT = timedelta(milliseconds=1)
Outcome = Any


@pytest.fixture
async def houses(ground: Ground, house: House) -> AsyncIterator[list[House]]:
    """Two houses on one database, as two processes have them."""
    async with ground.another("the other house") as other:
        yield [house, other]


async def at_once(acts: Iterable[Awaitable[Any]]) -> list[Outcome]:
    """Let all of them run together. What is no answer and no refusal fails the test."""
    outcomes = await asyncio.gather(*acts, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException) and not isinstance(outcome, Refused):
            raise outcome
    return outcomes


def said(outcomes: Iterable[Outcome]) -> Counter[str]:
    """How often each reason was given; ``done`` for what was not refused."""
    return Counter(one.reason.value if isinstance(one, Refused) else "done" for one in outcomes)


async def lawful(house: House) -> None:
    assert list(laws.of_stages(await laws.look(house))) == []


async def told_of(place: Place, of_type: str) -> int:
    """How many events of a type there are, refusals left out."""
    return sum(event.type == of_type and event.reason is None for event in await world.events(place))


def to(place: Place, who: Membership) -> dict[str, Any]:
    return {"tenant_id": place.id, "user_id": who.user_id, "by": place.admin}


# --- Leaving ----------------------------------------------------------------------------------------------------------


async def test_leave_remove_disable_and_enable_happen_in_some_order(houses: list[House], contoso: Place):
    """For each guest there is an order of the four in which every answer and the end are what they are."""
    guests = [await world.guest(contoso, f"guest{number}@elsewhere.example") for number in range(13)]
    doors = cycle(houses)
    acts: list[Awaitable[Any]] = []
    for guest in guests:
        by = world.at_portal(guest)
        acts += [
            leaving.leave(next(doors), tenant_id=contoso.id, by=by, key=f"key-{guest.user_id}"),
            removing.remove(next(doors), **to(contoso, guest)),
            switching.disable(next(doors), **to(contoso, guest)),
            switching.enable(next(doors), **to(contoso, guest)),
        ]
    outcomes = await at_once(acts)
    for number, guest in enumerate(guests):
        answers = [said([one]).popitem()[0] for one in outcomes[number * 4 : number * 4 + 4]]
        after = await world.again(houses[0], contoso.id, guest.user_id)
        end = (type(after.stage).__name__, getattr(getattr(after.stage, "cause", None), "value", None))
        assert any(
            _in_order(order) == (answers, end, after.standing.enabled_here) for order in permutations(range(4))
        ), (answers, end)
    await lawful(houses[0])


def _in_order(order: Iterable[int]) -> tuple[list[str], tuple[str, str | None], bool]:
    """What leave, remove, disable and enable answer in this order, and how it ends: the rules, in ten lines."""
    here, cause, enabled = True, None, True
    answers = [""] * 4
    for act in order:
        if act == 0:
            answers[0] = "done" if here and enabled else "accountDisabled" if here else "wrongStage"
            here, cause = (False, "left") if answers[0] == "done" else (here, cause)
        elif act == 1:
            answers[1] = "done" if here else "notFound"
            here, cause = (False, "removed") if here else (here, cause)
        else:
            wanted = act == 3
            answers[act] = "notFound" if not here else "done" if enabled is not wanted else "alreadyThere"
            enabled = wanted if answers[act] == "done" else enabled
    return answers, ("Present" if here else "Deleted", cause), enabled


async def test_nobody_leaves_once_the_organization_was_told_that_guests_may_not(houses: list[House], contoso: Place):
    guests = [await world.guest(contoso, f"guest{number}@elsewhere.example") for number in range(MANY)]
    house = houses[0]

    async def gone() -> set[str]:
        reading = await house.store.read()
        found = await memberships.find_many(reading, contoso.id, [guest.user_id for guest in guests])
        return {one.user_id for one in found if isinstance(one.stage, Deleted)}

    async def forbid() -> set[str]:
        await policies.change_leave_setting(house, tenant_id=contoso.id, guests_may_leave=False, by=contoso.admin)
        return await gone()

    doors = cycle(houses)
    acts: list[Awaitable[Any]] = [
        leaving.leave(next(doors), tenant_id=contoso.id, by=world.at_portal(guest), key=guest.user_id)
        for guest in guests
    ]
    acts.insert(5, forbid())
    outcomes = await at_once(acts)
    assert outcomes.pop(5) == await gone()
    assert said(outcomes) == Counter(
        {
            word: count
            for word, count in (("done", len(await gone())), ("organizationForbids", MANY - len(await gone())))
            if count
        }
    )
    await lawful(house)


async def test_one_key_for_two_organizations_at_once_leaves_one(houses: list[House], contoso: Place):
    fabrikam = await world.organization(houses[0], "Fabrikam")
    for number in range(8):
        address = f"guest{number}@elsewhere.example"
        both = [(place, await world.guest(place, address)) for place in (contoso, fabrikam)]
        outcomes = await at_once(
            leaving.leave(house, tenant_id=place.id, by=world.at_portal(guest), key=f"key-{number}")
            for house, (place, guest) in zip(houses, both, strict=True)
        )
        assert said(outcomes) == {"done": 1, Reason.KEY_REUSED.value: 1}
    await lawful(houses[0])


async def test_fifty_departures_with_two_keys_are_one(houses: list[House], contoso: Place):
    guest = await world.guest(contoso, ADDRESS)
    doors = cycle(houses)
    outcomes = await at_once(
        leaving.leave(next(doors), tenant_id=contoso.id, by=world.at_portal(guest), key=f"key-{number % 2}")
        for number in range(MANY)
    )
    assert len({one.receipt.reference for one in outcomes}) == 1
    assert await told_of(contoso, "membership.leave") == 1
    await lawful(houses[0])


async def test_fifty_clicks_on_one_button_are_one_departure(town: Town):
    """Over HTTP, in one browser and in a second one that was signed in beside it."""
    contoso = await world.organization(town.program.house, "Contoso")
    graph = await town.program_of(contoso)
    asked = {
        "invitedUserEmailAddress": ADDRESS,
        "inviteRedirectUrl": f"{PUBLIC_URL}/myaccount/",
        "sendInvitationMessage": False,
    }
    await town.come_in(graph, asked)
    browser = town.people[-1]
    page = await browser.open(paths.sign_in_to_leave(contoso.id))
    form, (name, value) = page.button("Leave")
    sent = {**form.fields, **({name: value} if name else {})}
    said = {"origin": PUBLIC_URL, "sec-fetch-site": "same-origin"}
    address = urljoin(str(page.response.url), form.action)
    answers = await asyncio.gather(*(browser.http.post(address, data=sent, headers=said) for _ in range(MANY)))
    # Whoever comes after the session of that organization ended is asked to sign in; nobody leaves twice.
    places = {answer.headers.get("location", "").partition("?")[0] for answer in answers}
    assert {answer.status_code for answer in answers} <= {303, 401, 403}
    assert sum("/receipts/" in place for place in places) == 1
    facts = await laws.look(town.program.house)
    assert list(laws.of_stages(facts)) == []
    assert (laws.totals(facts)["membership.leave"], len(facts.tables["receipt"])) == (1, 1)


# --- Coming back, or going for good -----------------------------------------------------------------------------------


@pytest.mark.parametrize("early", [MOMENT, timedelta(0)], ids=["a millisecond early", "at the deadline"])
async def test_restore_and_purge_at_the_deadline_end_in_one_of_them(
    ground: Ground, houses: list[House], contoso: Place, early: timedelta
):
    guests = [await world.guest(contoso, f"guest{number}@elsewhere.example") for number in range(8)]
    for guest in guests:
        await removing.remove(houses[0], **to(contoso, guest))
    ground.push(THIRTY_DAYS - early)
    doors = cycle(houses)
    for guest in guests:
        acts: list[Awaitable[Any]] = []
        for _ in range(MANY // 3):
            acts.append(restoring.restore(next(doors), **to(contoso, guest)))
            acts.append(erasing.purge(next(doors), **to(contoso, guest)))
            acts.append(erasing.purge_due(next(doors), tenant_id=contoso.id, user_id=guest.user_id))
        outcomes = await at_once(acts)
        restored, purged = said(outcomes[::3])["done"], said(outcomes[1::3])["done"]
        by_time = sum(at is not None for at in outcomes[2::3])
        assert (restored + purged, by_time) == ((1, 0) if early else (0, 1))
        after = await world.again(houses[0], contoso.id, guest.user_id)
        assert type(after.stage) is (Present if restored else Purged)
    await lawful(houses[0])


async def test_a_restore_and_a_fresh_start_do_not_share_a_name(houses: list[House], contoso: Place):
    for number in range(8):
        address = f"guest{number}@elsewhere.example"
        guest = await world.guest(contoso, address)
        await removing.remove(houses[0], **to(contoso, guest))
        asked = replace(inviting.check(address, BACK), start_fresh=True)
        outcomes = await at_once(
            [
                restoring.restore(houses[0], **to(contoso, guest)),
                inviting.invite(houses[1], asked, tenant_id=contoso.id, by=contoso.admin),
            ]
        )
        restored, invited = outcomes
        assert isinstance(restored, Refused) == (not isinstance(invited, Refused) and invited.user_id != guest.user_id)
    await lawful(houses[0])


# --- Coming in --------------------------------------------------------------------------------------------------------


@broken(invitation_accepted_again)
async def test_fifty_acceptances_are_one(houses: list[House], contoso: Place):
    _, ticket = await world.invited(contoso, ADDRESS)
    person_id = await world.mailbox_person(houses[0], ADDRESS)
    by = world.person_at_pages(person_id)
    doors = cycle(houses)
    outcomes = await at_once(
        redeeming.redeem(next(doors), person_id=person_id, ticket=ticket, by=by) for _ in range(MANY)
    )
    assert said(outcomes) == {"done": 1, "invitationUsed": MANY - 1}
    assert await told_of(contoso, "membership.redeem") == 1
    await lawful(houses[0])


async def test_nobody_comes_in_twice_by_two_invitations(houses: list[House], contoso: Place):
    for number in range(8):
        member = await world.member(
            await world.organization(houses[0], f"Home{number}"), mail=f"other@home{number}.example"
        )
        addresses = (f"adele@home{number}.example", f"other@home{number}.example")
        tickets = [(await world.invited(contoso, address))[1] for address in addresses]
        outcomes = await at_once(
            redeeming.redeem(house, person_id=member.person_id or "", ticket=ticket, by=world.at_portal(member))
            for house, ticket in zip(houses, tickets, strict=True)
        )
        assert said(outcomes) == {"done": 1, "alreadyMember": 1}
    await lawful(houses[0])


async def test_nobody_connects_twice(houses: list[House], contoso: Place):
    for _ in range(4):
        person_id, client_id = await shared_app(contoso)
        by = world.person_at_pages(person_id)
        act: dict[str, Any] = {"tenant_id": contoso.id, "person_id": person_id, "client_id": client_id, "by": by}
        doors = cycle(houses)
        outcomes = await at_once(connecting.connect(next(doors), **act) for _ in range(MANY))
        assert said(outcomes) == {"done": MANY}
        assert len({one.user_id for one in outcomes}) == 1
    await lawful(houses[0])


async def test_fifty_invitations_of_one_address_lead_to_one_user(houses: list[House], contoso: Place):
    asked = inviting.check(ADDRESS, BACK)
    doors = cycle(houses)
    outcomes = await at_once(
        inviting.invite(next(doors), asked, tenant_id=contoso.id, by=contoso.admin) for _ in range(MANY)
    )
    assert said(outcomes) == {"done": MANY}
    assert len({one.user_id for one in outcomes}) == 1
    await lawful(houses[0])


async def test_one_name_makes_one_member(houses: list[House], contoso: Place):
    new = NewMember("Megan Bowen", f"megan@{contoso.domain}", "megan", world.PASSWORD)
    doors = cycle(houses)
    outcomes = await at_once(
        directory_users.create_user(next(doors), new, tenant_id=contoso.id, by=contoso.admin) for _ in range(MANY)
    )
    assert said(outcomes) == {"done": 1, "duplicateValue": MANY - 1}
    await lawful(houses[0])


# --- The last administrator -------------------------------------------------------------------------------------------


async def test_three_administrators_who_all_go_at_once_leave_one(houses: list[House], contoso: Place):
    """Demoted, disabled, removed and leaving: somebody stays who can let others in."""
    house = houses[0]
    for number in range(10):
        place = await world.organization(house, f"Place{number}")
        guest = await world.guest(place, f"guest{number}@elsewhere.example")
        member = await world.member(place, "Megan Bowen")
        for one in (guest, member):
            await assigning.assign_role(house, role_id=GLOBAL_ADMINISTRATOR, **{**to(place, one), "by": operator()})
        first = {**to(place, place.administrator), "by": operator()}
        ways: list[Callable[[House], Awaitable[Any]]] = [
            lambda at: leaving.leave(at, tenant_id=place.id, by=world.at_portal(guest), key="key"),  # noqa: B023
            lambda at: assigning.unassign_role(at, role_id=GLOBAL_ADMINISTRATOR, **first),  # noqa: B023
            lambda at: _gone_somehow(at, {**to(place, member), "by": operator()}, number),  # noqa: B023
        ]
        doors = cycle(houses)
        outcomes = await at_once(way(next(doors)) for way in ways)
        assert said(outcomes) == {"done": 2, "onlyAdministrator": 1}
        left = [await world.again(house, place.id, one.user_id) for one in (guest, member, place.administrator)]
        assert sum(_rules(one) for one in left) == 1
    await lawful(house)


Going = Callable[[House, Place, Membership], Awaitable[Any]]


async def _invited_as_external(house: House, place: Place, who: Membership) -> Any:
    asked = inviting.check(f"{who.user_id}@elsewhere.example", BACK, internal=who.user_id)
    return await inviting.invite(house, asked, tenant_id=place.id, by=operator())


WAYS_TO_GO: dict[str, Going] = {
    "demoted": lambda at, place, who: assigning.unassign_role(at, role_id=GLOBAL_ADMINISTRATOR, **_by_us(place, who)),
    "disabled": lambda at, place, who: switching.disable(at, **_by_us(place, who)),
    "updated": lambda at, place, who: directory_users.update_user(
        at, changes={"accountEnabled": False, "city": "Delft"}, **_by_us(place, who)
    ),
    "removed": lambda at, place, who: removing.remove(at, **_by_us(place, who)),
    "invited": _invited_as_external,
    "left": lambda at, place, who: leaving.leave(at, tenant_id=place.id, by=world.at_portal(who), key=who.user_id),
}


async def test_two_administrators_who_go_in_whichever_two_ways_leave_one(houses: list[House]):
    """Every way in which an administrator stops being one, against every other, one of each at once."""
    house = houses[0]
    for number, (first, second) in enumerate(product(WAYS_TO_GO, repeat=2)):
        if first == "left":
            continue  # members do not leave; the second one is a guest where they leave
        place = await world.organization(house, f"Two{number}")
        other = await (world.guest(place) if second == "left" else world.member(place, "Megan Bowen"))
        await assigning.assign_role(house, role_id=GLOBAL_ADMINISTRATOR, **_by_us(place, other))
        outcomes = await at_once(
            [
                WAYS_TO_GO[first](houses[number % 2], place, place.administrator),
                WAYS_TO_GO[second](houses[1 - number % 2], place, other),
            ]
        )
        assert said(outcomes) == {"done": 1, "onlyAdministrator": 1}, (first, second)
        left = [await world.again(house, place.id, one.user_id) for one in (other, place.administrator)]
        assert sum(_rules(one) for one in left) == 1, (first, second)
    await lawful(house)


def _by_us(place: Place, who: Membership) -> dict[str, Any]:
    return {**to(place, who), "by": operator()}


async def _gone_somehow(house: House, who: dict[str, Any], number: int) -> Any:
    return await (removing.remove if number % 2 else switching.disable)(house, **who)


def _rules(who: Membership) -> bool:
    return who.administrator and isinstance(who.stage, Present) and who.standing.enabled_here


# --- Codes and tokens -------------------------------------------------------------------------------------------------


@broken(tries_not_counted)
async def test_fifty_wrong_codes_are_five_tries(houses: list[House], contoso: Place):
    await world.invited(contoso, ADDRESS)
    request, code = await _sent(houses[0])
    wrong = f"{(int(code) + 1) % 10**8:08}"
    doors = cycle(houses)
    outcomes = await at_once(
        mailbox_codes.prove_code(next(doors), request, email=ADDRESS, typed=wrong, network="192.0.2.7")
        for _ in range(MANY)
    )
    assert said(outcomes) == {"codeWrong": 4, "tooManyTries": MANY - 4}
    left = sorted(int(one.facts["triesLeft"]) for one in outcomes if one.facts.get("triesLeft") is not None)
    assert left == [0, 1, 2, 3, 4]
    with pytest.raises(Refused) as refused:
        await mailbox_codes.prove_code(houses[0], request, email=ADDRESS, typed=code, network="192.0.2.7")
    assert refused.value.reason is Reason.TOO_MANY_TRIES


async def test_one_right_code_opens_one_session(houses: list[House], contoso: Place):
    await world.invited(contoso, ADDRESS)
    request, code = await _sent(houses[0])
    doors = cycle(houses)
    outcomes = await at_once(
        mailbox_codes.prove_code(next(doors), request, email=ADDRESS, typed=code, network="192.0.2.7")
        for _ in range(MANY)
    )
    assert said(outcomes) == {"done": 1, "codeWrong": MANY - 1}


async def _sent(house: House) -> tuple[Any, str]:
    handle = await signing_in.begin(house, browser="b", target="/myaccount/")
    request = await signing_in.find(house, await house.store.read(), handle, "b")
    assert request is not None
    return request, await sent_code(house, request)


@broken(code_used_again)
async def test_an_authorization_code_used_fifty_times_at_once_leaves_nothing_alive(houses: list[House], contoso: Place):
    app, guest = await client_of(contoso), await world.guest(contoso, ADDRESS)
    code = await granting.make_code(houses[0], app, guest, grant(houses[0]))
    await ring_of(houses[0])
    doors = cycle(houses)
    outcomes = await at_once(exchange(next(doors), app, guest, code) for _ in range(MANY))
    assert said(outcomes) == {"done": 1, "alreadyThere": MANY - 1}
    assert await _family_ended(houses[0], outcomes)


@broken(refresh_token_used_again)
async def test_a_refresh_token_used_fifty_times_at_once_leaves_nothing_alive(houses: list[House], contoso: Place):
    app, guest = await client_of(contoso), await world.guest(contoso, ADDRESS)
    code = await granting.make_code(houses[0], app, guest, grant(houses[0]))
    first = (await exchange(houses[0], app, guest, code)).refresh_token or ""
    rings = [await ring_of(house) for house in houses]
    doors = cycle(zip(houses, rings, strict=True))

    async def use() -> granting.Tokens:
        house, ring = next(doors)
        return await granting.refresh(house, ring, app, tenant_id=contoso.id, token=first, scope=None)

    outcomes = await at_once(use() for _ in range(MANY))
    assert said(outcomes) == {"done": 1, "alreadyThere": MANY - 1}
    assert await _family_ended(houses[0], outcomes)
    following = next(one.refresh_token for one in outcomes if not isinstance(one, Refused))
    with pytest.raises(Refused):
        await granting.refresh(houses[0], rings[0], app, tenant_id=contoso.id, token=following, scope=None)


@pytest.mark.parametrize("level", ["organization", "app"])
@broken(epoch_of_the_organization_forgotten, case="organization")
@broken(epoch_of_the_app_forgotten, case="app")
async def test_nothing_refreshed_while_everything_ends_is_good_afterwards(
    ground: Ground, houses: list[House], contoso: Place, level: str
):
    app = await client_of(contoso)
    rings = [await ring_of(house) for house in houses]
    doors = cycle(zip(houses, rings, strict=True))
    sam = await world.guest(contoso, ADDRESS)
    codes = [await granting.make_code(houses[0], app, sam, grant(houses[0])) for _ in range(MANY)]
    held = [(await exchange(houses[0], app, sam, code)).refresh_token or "" for code in codes]

    async def use(token: str) -> granting.Tokens:
        house, ring = next(doors)
        return await granting.refresh(house, ring, app, tenant_id=contoso.id, token=token, scope=None)

    async def end() -> None:
        if level == "app":
            await end_app_sign_ins(houses[1], tenant_id=contoso.id, app_id=app.app_id, by=operator())
        else:
            await end_organization_sign_ins(houses[1], tenant_id=contoso.id, by=operator())

    half = MANY // 2
    outcomes = await at_once([*map(use, held[:half]), end(), *map(use, held[half:])])
    assert outcomes[half] is None
    given = [one for one in outcomes if isinstance(one, granting.Tokens)]
    async with ground.another("after a restart") as restarted:
        ring = await ring_of(restarted)
        fresh = await kept_apps.find_by_client_id(await restarted.store.read(), app.client_id)
        assert fresh is not None
        for one in given:
            token = one.refresh_token or ""
            with pytest.raises(Refused):
                await granting.refresh(restarted, ring, fresh, tenant_id=contoso.id, token=token, scope=None)
            with pytest.raises(Refused):
                await authenticate_bearer(restarted, ring, await restarted.store.read(), one.access_token)
        sam = await world.again(restarted, contoso.id, sam.user_id)
        newer = await exchange(restarted, fresh, sam, await granting.make_code(restarted, fresh, sam, grant(restarted)))
        by = await authenticate_bearer(restarted, ring, await restarted.store.read(), newer.access_token)
        assert by.user_id == sam.user_id


async def _family_ended(house: House, outcomes: list[Outcome]) -> bool:
    tenant_id = next(iter(await organizations.everyone(await house.store.read()))).tenant_id
    token = next(one.refresh_token for one in outcomes if not isinstance(one, Refused))
    reading = await house.store.read()
    kept = await tokens.find_refresh(reading, tenant_id, secret_hash(token))
    assert kept is not None
    family = await tokens.find_family(reading, tenant_id, kept.family_id)
    return family is not None and family.ended_at is not None


# --- Nothing is tied to somebody who is gone --------------------------------------------------------------------------


async def test_nothing_new_hangs_on_somebody_whose_data_was_removed(houses: list[House], contoso: Place):
    """Rights are given from all sides while the user is removed, purged and erased."""
    house = houses[0]
    group = await grouping.create_group(house, NewGroup("Partners", "partners"), tenant_id=contoso.id, by=operator())
    new = NewApp("Expenses", redirect_uris=(CALLBACK,), delegated_permissions=("User.Read",))
    app = (await apps.create_app(house, new, tenant_id=contoso.id, by=operator())).app
    guests = [await world.guest(contoso, f"guest{number}@elsewhere.example") for number in range(12)]

    tickets = {guest.user_id: await _link_of(contoso, guest) for guest in guests}

    async def end(at: House, guest: Membership) -> None:
        with contextlib.suppress(Refused):  # somebody was faster
            await removing.remove(at, **to(contoso, guest))
        await erasing.purge(at, **to(contoso, guest))
        await erasing.erase(at, tenant_id=contoso.id, user_id=guest.user_id)

    acts: list[Awaitable[Any]] = []
    doors = cycle(houses)
    for guest in guests:
        who = to(contoso, guest)
        mine = {**who, "by": replace(world.at_portal(guest), strength=Strength.PASSWORD)}
        acts += [
            end(next(doors), guest),
            group_members.add_member(next(doors), group_id=group.group_id, **who),
            group_members.add_owner(next(doors), group_id=group.group_id, **who),
            assigning.assign_app(next(doors), app_id=app.app_id, **who),
            assigning.assign_role(next(doors), role_id=roles.DIRECTORY_READERS, **who),
            consenting.consent(next(doors), app_id=app.app_id, permissions=["User.Read"], **mine),
            granting.make_code(next(doors), app, guest, grant(house)),
            signing_in.open_session(next(doors), guest.person_id or "", Strength.EMAILED_CODE),
            directory_users.update_user(next(doors), changes={"jobTitle": "Buyer"}, **who),
            inviting.invite(
                next(doors), inviting.check(guest.mail or "", BACK, sends=True), tenant_id=contoso.id, by=contoso.admin
            ),
            *(removing.remove(next(doors), **who) for _ in range(6)),
            *(restoring.restore(next(doors), **{**who, "new_upn": "nobody"}) for _ in range(6)),
            leaving.leave(next(doors), tenant_id=contoso.id, by=world.at_portal(guest), key=guest.user_id),
            redeeming.block(next(doors), ticket=tickets[guest.user_id], by=world.person_at_pages("somebody")),
        ]
    await at_once(acts)
    facts = await laws.look(house)
    assert list(laws.of_stages(facts)) == []
    assert {row["key_id"] for row in facts.tables["audit_payload"]} <= facts.keys, "written after the key was destroyed"
    for guest in guests:
        assert isinstance((await world.again(house, contoso.id, guest.user_id)).stage, Erased)
        assert await hanging.everything(await house.store.read(), contoso.id, guest.user_id) == []


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)  # with SQLite a unit stands still for nobody
@pytest.mark.parametrize("whose", ["it is about", "who tried"])
async def test_nothing_is_written_under_a_key_that_is_being_destroyed(houses: list[House], contoso: Place, whose: str):
    """A refused attempt is written down while the data of whom it is about, or of who tried it, is removed."""
    guest = await world.guest(contoso, ADDRESS)
    other = await world.guest(contoso, "other@elsewhere.example")
    attempt: Coroutine[object, object, object]
    if whose == "it is about":
        await removing.remove(houses[0], **to(contoso, guest))
        slow, pause = pausing_at_keys(houses[1])
        attempt = restoring.restore(slow, new_upn="nobody", **to(contoso, guest))
    else:
        slow, pause = pausing_at_keys(houses[1])
        attempt = removing.remove(slow, **{**to(contoso, other), "by": world.at_portal(guest)})
    trying = asyncio.create_task(attempt)
    await pause.reached.wait()
    with contextlib.suppress(Refused):
        await removing.remove(houses[0], **to(contoso, guest))
    await erasing.purge(houses[0], **to(contoso, guest))
    await erasing.erase(houses[0], tenant_id=contoso.id, user_id=guest.user_id)
    pause.over.set()
    with pytest.raises(Refused):
        await trying
    facts = await laws.look(houses[0])
    assert {row["key_id"] for row in facts.tables["audit_payload"]} <= facts.keys
    assert laws.totals(facts)["refusals"] >= 1
    await lawful(houses[0])


async def _link_of(place: Place, guest: Membership) -> str:
    """A link that somebody got who is in already."""
    asked = inviting.check(guest.mail or "", BACK)
    sent = await inviting.invite(place.house, asked, tenant_id=place.id, by=place.admin)
    return sent.redeem_url.rpartition("/")[2]


async def test_a_request_is_answered_by_whatever_happens_at_the_same_time(houses: list[House], contoso: Place):
    house = houses[0]
    await policies.change_leave_setting(house, tenant_id=contoso.id, guests_may_leave=False, by=contoso.admin)
    for number in range(10):
        guest = await world.guest(contoso, f"guest{number}@elsewhere.example")
        who = to(contoso, guest)
        await at_once(
            [
                removing.remove(houses[0], **who),
                asking.ask_removal(houses[1], **{**who, "by": world.at_portal(guest)}),
            ]
        )
        open_ones = [
            one
            for one in (await requests.of_membership(await house.store.read(), contoso.id, guest.user_id)).values()
            if one.answer is None
        ]
        assert open_ones == []
    await lawful(house)


async def test_of_granting_restoring_and_withdrawing_at_once_what_is_first_counts(houses: list[House], contoso: Place):
    outcomes: Counter[str] = Counter()
    for number in range(12):
        guest = await world.guest(contoso, f"guest{number}@elsewhere.example")
        me = world.at_portal(guest)
        await leaving.leave(houses[0], tenant_id=contoso.id, by=me, key="to be erased", erase=True)
        who, seen = to(contoso, guest), (await world.again(houses[0], contoso.id, guest.user_id)).version
        acts = [
            answering_erasure.grant_erasure(houses[0], **who, if_version=seen),
            restoring.restore(houses[1], **who),
            asking_erasure.withdraw_erasure(houses[number % 2], **{**who, "by": me}),
        ]
        turn = number % len(acts)
        done = await at_once(acts[turn:] + acts[:turn])
        granted, restored, withdrawn = (
            not isinstance(one, Refused) for one in done[len(acts) - turn :] + done[: len(acts) - turn]
        )
        now = await world.again(houses[0], contoso.id, guest.user_id)
        mine = await requests.of_membership(await houses[0].store.read(), contoso.id, guest.user_id)
        answer = mine[Kind.ERASURE].answer
        if granted:
            assert (restored, withdrawn, answer) == (False, False, "granted")
            assert isinstance(now.stage, Purged)
        else:
            assert isinstance(now.stage, Present) is restored
            assert answer == ("withdrawn" if withdrawn else None)
        outcomes["granted" if granted else "not granted"] += 1
    assert await told_of(contoso, "membership.purge") == outcomes["granted"]
    await lawful(houses[0])


async def test_who_leaves_twice_at_once_is_erased_once(houses: list[House], contoso: Place):
    await guest_settings.change_guest_settings(
        houses[0], tenant_id=contoso.id, erasure_on_leave=ErasureOnLeave.AT_ONCE, by=operator()
    )
    for number in range(6):
        guest = await world.guest(contoso, f"guest{number}@elsewhere.example")
        leave: dict[str, Any] = {"tenant_id": contoso.id, "by": world.at_portal(guest), "erase": True}
        done = await at_once(leaving.leave(house, key=f"key {n}", **leave) for n, house in enumerate(houses * 2))
        assert len({one.receipt.reference for one in done}) == 1
        assert {one.answer["state"] for one in done} == {"purged"}
    assert await told_of(contoso, "membership.purge") == await told_of(contoso, "membership.leave") == 6
    await lawful(houses[0])


async def test_of_two_last_memberships_that_are_erased_at_once_one_takes_the_address_along(
    houses: list[House], contoso: Place
):
    fabrikam = await world.organization(houses[0], "Fabrikam")
    for number in range(10):
        address = f"guest{number}@elsewhere.example"
        both = [(place, await world.guest(place, address)) for place in (contoso, fabrikam)]
        for place, guest in both:
            await removing.remove(houses[0], **to(place, guest))
            await erasing.purge(houses[0], **to(place, guest))
        await at_once(
            erasing.erase(house, tenant_id=place.id, user_id=guest.user_id)
            for house, (place, guest) in zip(houses, both, strict=True)
        )
        person_id = both[0][1].person_id or ""
        reading = await houses[0].store.read()
        assert await people.ties(reading, person_id) == []
        assert [box.address for box in await people.mailboxes(reading, person_id)] == [None]
    await lawful(houses[0])
