"""Asking for one's data by a proven address: filed, answered, refused, extended, withdrawn, fetched, ended."""

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from tests.support import asked_by_address as stranger
from tests.support import world
from tests.support.world import Place
from vestibule.actions import (
    answering_data_requests,
    data_request_found,
    data_requests,
    due,
    ending_data_requests,
    holding,
    mailbox_codes,
    proving_log,
    sealed_requests,
    sealing,
    signing_in,
)
from vestibule.actions.data_request_found import How
from vestibule.actions.house import House
from vestibule.actions.posting import LetterKind, post
from vestibule.ground.clock import StoppedClock
from vestibule.rules.actors import operator
from vestibule.rules.lifecycle import Present, Purged
from vestibule.rules.person_requests import COPY_LIVES, KEPT_AFTER_ANSWER, Answer, Ground
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import data_requests as kept
from vestibule.store import organizations, sessions
from vestibule.store.data_requests import DataRequest
from vestibule.store.memberships import Membership

ANA = "ana@nowhere.example"
WORDS = "I once wrote to you about a flat."
DAY = timedelta(days=1)


def push(house: House, step: timedelta) -> None:
    """Let time pass."""
    assert isinstance(house.clock, StoppedClock)
    house.clock.advance(step)


async def refusal(awaitable: Awaitable[object]) -> Refused:
    with pytest.raises(Refused) as caught:
        await awaitable
    return caught.value


async def now(place: Place, asked: DataRequest) -> DataRequest | None:
    return await kept.find(await place.house.store.read(), place.id, asked.request_id)


async def answered(place: Place, asked: DataRequest, *accounts: Membership, **more: Any) -> DataRequest:
    chosen = {one.user_id: one.version for one in accounts}
    return await answering_data_requests.answer_request(
        place.house, tenant_id=place.id, request_id=asked.request_id, by=place.admin, accounts=chosen, **more
    )


def of(place: Place, asked: DataRequest) -> dict[str, Any]:
    return {"tenant_id": place.id, "request_id": asked.request_id, "by": place.admin}


async def sole_letter(house: House, kind: LetterKind) -> dict[str, Any]:
    [letter] = await stranger.letters(house, kind)
    return {"to": letter.recipient, **letter.facts}


# --- Filing -----------------------------------------------------------------------------------------------------------


async def test_nothing_is_filed_before_the_code_and_the_code_files_it(house: House, contoso: Place):
    request = await stranger.ask(contoso, ANA, "erasure", WORDS, language="nl")
    assert await kept.waiting(await house.store.read(), contoso.id) == []
    assert (await sole_letter(house, LetterKind.DATA_REQUEST_CODE))["to"] == ANA
    filed = await data_requests.file_request(house, request, typed=await stranger.code(house), by=stranger.NOBODY)
    asked = filed.request
    assert (filed.already, asked.wish, asked.answer) == (False, "erasure", None)
    assert (asked.answer_due - asked.asked_at).days in {28, 29, 30, 31}
    assert await sealed_requests.opened(house, asked) == sealed_requests.Said(ANA, WORDS, "nl")
    told = await sole_letter(house, LetterKind.DATA_REQUEST_RECEIVED)
    assert (told["to"], told["wish"]) == (ANA, "erasure")
    event = await world.last_event(contoso)
    assert (event.type, event.record["facts"]) == ("dataRequest.file", {"wish": "erasure"})
    assert (event.subject["mail"], event.subject["details"]) == (ANA, {"message": WORDS})
    assert ANA not in str(event.record)


async def test_the_contact_hears_that_somebody_asks_and_not_who(house: House, contoso: Place):
    filed = await stranger.file(contoso, ANA, words=WORDS)
    [letter] = await stranger.letters(house, LetterKind.ADMIN_DATA_REQUESTED)
    assert str(letter.facts["rowLink"]).endswith(f"/admin/requests/{filed.request.request_id}/data")
    assert ANA not in str(letter.facts)
    assert WORDS not in str(letter.facts)


async def test_asking_again_before_an_answer_leaves_the_first_with_its_clock(house: House, contoso: Place):
    first = (await stranger.file(contoso, ANA)).request
    push(house, DAY)
    again = await stranger.file(contoso, ANA.replace("ana", "Ana"))
    assert (again.already, again.request) == (True, first)
    assert len(await kept.waiting(await house.store.read(), contoso.id)) == 1
    other = await stranger.file(contoso, ANA, "erasure")
    assert not other.already
    await answered(contoso, first)
    assert not (await stranger.file(contoso, ANA)).already


async def test_one_address_asks_each_organization_for_itself(house: House, contoso: Place):
    fabrikam = await world.organization(house, "Fabrikam")
    here, there = (await stranger.file(contoso, ANA)).request, (await stranger.file(fabrikam, ANA)).request
    assert here.address_mac != there.address_mac
    answering = answering_data_requests.answer_request(house, **{**of(contoso, there), "accounts": {}})
    assert (await refusal(answering)).reason is Reason.NOT_FOUND


@pytest.mark.parametrize(
    ("wrong", "which"),
    [
        ({"address": "not an address"}, "address"),
        ({"wish": "everything"}, "wish"),
        ({"words": "x" * 1001}, "words"),
        ({"words": "a\u202eb"}, "words"),
    ],
)
async def test_what_cannot_be_asked_is_refused_and_nothing_is_sent(
    house: House, contoso: Place, wrong: dict[str, Any], which: str
):
    values: dict[str, Any] = {"address": ANA, "wish": "access", "words": "", **wrong}
    asking = data_requests.ask_code(
        house, tenant_id=contoso.id, browser=stranger.BROWSER, network=stranger.NETWORK, **values
    )
    refused = await refusal(asking)
    assert refused.reason is Reason.BAD_VALUE
    assert which in {refused.facts["property"], "address"}
    assert await stranger.letters(house) == []


async def test_whatever_is_known_of_an_address_the_same_is_done(house: House, contoso: Place, sam: Membership):
    """No look-up, no branch: the same statements, rows and letters for a guest and for nobody."""
    seen = []
    for address in ("sam@elsewhere.example", "nobody@elsewhere.example"):
        before = len(await stranger.letters(house))
        events = len(await world.events(contoso))
        request = await stranger.ask(contoso, address)
        after = await stranger.letters(house)
        told = [one for one in after if one.recipient == address and one.kind == LetterKind.DATA_REQUEST_CODE]
        assert [one.for_nobody for one in told] == [False]
        seen.append((len(after) - before, len(await world.events(contoso)) - events, sorted(request.facts)))
    assert seen[0] == seen[1]


async def test_a_code_has_five_tries_and_the_right_one_comes_too_late_after_them(house: House, contoso: Place):
    request = await stranger.ask(contoso, ANA)
    right = await stranger.code(house)
    wrong = "00000000" if right != "00000000" else "11111111"
    for left in (4, 3, 2, 1):
        refused = await refusal(data_requests.file_request(house, request, typed=wrong, by=stranger.NOBODY))
        assert (refused.reason, refused.facts["triesLeft"]) == (Reason.CODE_WRONG, left)
    last = await refusal(data_requests.file_request(house, request, typed=wrong, by=stranger.NOBODY))
    assert last.reason is Reason.TOO_MANY_TRIES
    late = await refusal(data_requests.file_request(house, request, typed=right, by=stranger.NOBODY))
    assert late.reason is Reason.TOO_MANY_TRIES
    assert await kept.waiting(await house.store.read(), contoso.id) == []
    keys = await house.keys.all_ids()
    found = await signing_in.find(house, await house.store.read(), "", stranger.BROWSER)
    assert found is None
    assert len(keys) == 2, "the organization's and its administrator's: no wrong guess left one behind"


async def test_two_hundred_wrong_guesses_at_once_are_five(house: House, contoso: Place):
    request = await stranger.ask(contoso, ANA)
    right = await stranger.code(house)
    guesses = [f"{number:08}" for number in range(200) if f"{number:08}" != right]
    acts = [data_requests.file_request(house, request, typed=one, by=stranger.NOBODY) for one in guesses]
    done = await asyncio.gather(*acts, return_exceptions=True)
    reasons = [one.reason for one in done if isinstance(one, Refused)]
    assert reasons.count(Reason.CODE_WRONG) == 4
    assert set(reasons) == {Reason.CODE_WRONG, Reason.TOO_MANY_TRIES}


async def test_a_code_ends_after_ten_minutes_and_the_page_with_it(house: House, contoso: Place):
    request = await stranger.ask(contoso, ANA)
    right = await stranger.code(house)
    push(house, timedelta(minutes=10))
    filing = data_requests.file_request(house, request, typed=right, by=stranger.NOBODY)
    assert (await refusal(filing)).reason is Reason.CODE_EXPIRED

    push(house, timedelta(seconds=1))
    await house.store.change(_forget_pages)
    assert await sessions.find_request(await house.store.read(), request.request_hash) is None


async def _forget_pages(unit: Any) -> None:
    sessions.forget(unit, timedelta(hours=1))


async def test_a_code_for_a_request_signs_nobody_in_and_one_for_signing_in_files_nothing(
    house: House, contoso: Place, sam: Membership
):
    handle = await signing_in.begin(house, browser=stranger.BROWSER, target="/myaccount/", tenant_id=contoso.id)
    way_in = await stranger.page(house, handle)
    mail = "sam@elsewhere.example"
    await mailbox_codes.send_code(house, way_in, email=mail, languages=[])
    request = await stranger.ask(contoso, mail)
    sign_in_code = str((await stranger.letters(house, LetterKind.PASSCODE))[-1].facts["code"])
    filing = data_requests.file_request(house, request, typed=sign_in_code, by=stranger.NOBODY)
    assert (await refusal(filing)).reason is Reason.CODE_WRONG
    proving = mailbox_codes.prove_code(house, way_in, email=mail, typed=await stranger.code(house), network="")
    assert (await refusal(proving)).reason is Reason.CODE_WRONG
    # and neither takes the place of the other
    opened = await mailbox_codes.prove_code(house, way_in, email=mail, typed=sign_in_code, network="")
    assert opened.signed_in.person.person_id == sam.person_id


async def test_codes_are_limited_by_mailbox_and_by_network(house: House, contoso: Place):
    for number in range(20):
        await stranger.ask(contoso, ANA, network=f"198.51.{number}.1")
    refused = await refusal(stranger.ask(contoso, ANA, network="203.0.113.1"))
    assert (refused.reason, "retryAfter" in refused.facts) == (Reason.TOO_MANY_TRIES, True)
    for number in range(100):
        await stranger.ask(contoso, f"p{number}@nowhere.example", network="192.0.2.77")
    assert (await refusal(stranger.ask(contoso, "q@nowhere.example", network="192.0.2.77"))).reason is (
        Reason.TOO_MANY_TRIES
    )


async def test_programs_and_other_doors_file_nothing(house: House, contoso: Place):
    request = await stranger.ask(contoso, ANA)
    filing = data_requests.file_request(house, request, typed=await stranger.code(house), by=world.program(contoso))
    assert (await refusal(filing)).reason is Reason.NEEDS_PERSON


async def test_filed_twice_at_once_it_is_there_once(house: House, contoso: Place):
    request = await stranger.ask(contoso, ANA)
    right = await stranger.code(house)
    acts = [data_requests.file_request(house, request, typed=right, by=stranger.NOBODY) for _ in range(8)]
    done = await asyncio.gather(*acts, return_exceptions=True)
    assert sum(not isinstance(one, BaseException) for one in done) == 1
    [asked] = await kept.waiting(await house.store.read(), contoso.id)
    assert [event.type for event in await world.events(contoso)].count("dataRequest.file") == 1
    assert await house.keys.find(asked.subject_key_id) is not None
    assert len(await house.keys.all_ids()) == 3


# --- What is found ----------------------------------------------------------------------------------------------------


async def found(place: Place, asked: DataRequest, address: str) -> data_request_found.Found:
    reading = await place.house.store.read()
    organization = await organizations.find(reading, place.id)
    assert organization is not None
    return await data_request_found.find(place.house, reading, organization, asked, address)


async def test_an_account_is_found_by_its_mailbox_and_by_what_names_the_address(
    house: House, contoso: Place, sam: Membership, robin: Membership
):
    asked = (await stranger.file(contoso, "sam@elsewhere.example")).request
    [account] = (await found(contoso, asked, "SAM@elsewhere.example")).accounts
    assert (account.user.user_id, account.how, account.held) == (sam.user_id, How.PROVEN, False)
    waiting, _ = await world.invited(contoso, "ben@elsewhere.example", "Ben")
    [account] = (await found(contoso, asked, "ben@elsewhere.example")).accounts
    assert (account.user.user_id, account.how) == (waiting.user_id, How.INVITED)
    adele = await world.member(contoso, "Adele Vance", otherMails=["adele@home.example"])
    [account] = (await found(contoso, asked, "adele@home.example")).accounts
    assert (account.user.user_id, account.how) == (adele.user_id, How.OTHER_MAIL)
    nothing = await found(contoso, asked, "nobody@elsewhere.example")
    assert not nothing.anything


# --- Answering --------------------------------------------------------------------------------------------------------


async def test_a_copy_is_fetched_once_with_a_fresh_code(house: House, contoso: Place, sam: Membership):
    asked = (await stranger.file(contoso, "sam@elsewhere.example", words=WORDS)).request
    after = await answered(contoso, asked, await world.again(house, contoso.id, sam.user_id), message="Here you are.")
    assert (after.answer, after.copy_until) == (Answer.GRANTED, after.asked_at + COPY_LIVES)
    told = await sole_letter(house, LetterKind.DATA_REQUEST_ANSWERED)
    assert "Sam Rivers" not in str(told)
    assert (told["message"], "copyUntil" in told) == ("Here you are.", True)
    request, right = await stranger.prove_link(contoso, after)
    wrong = data_requests.collect_copy(house, request, typed="00000000", by=stranger.NOBODY)
    assert (await refusal(wrong)).reason is Reason.CODE_WRONG
    copied = msgspec.json.decode(await data_requests.collect_copy(house, request, typed=right, by=stranger.NOBODY))
    [account] = copied["accounts"]
    assert (account["userId"], account["profile"]["displayName"]) == (sam.user_id, "Sam Rivers")
    assert copied["address"] == "sam@elsewhere.example"
    assert (await world.last_event(contoso)).type == "dataRequest.collect"
    request, right = await stranger.prove_link(contoso, after)
    again = data_requests.collect_copy(house, request, typed=right, by=stranger.NOBODY)
    assert (await refusal(again)).reason is Reason.TOO_LATE


async def test_a_copy_waits_fourteen_days_and_no_longer(house: House, contoso: Place, sam: Membership):
    asked = (await stranger.file(contoso, "sam@elsewhere.example")).request
    after = await answered(contoso, asked, sam)
    push(house, COPY_LIVES)
    request, right = await stranger.prove_link(contoso, after)
    late = data_requests.collect_copy(house, request, typed=right, by=stranger.NOBODY)
    assert (await refusal(late)).reason is Reason.TOO_LATE


async def test_accounts_that_the_administrator_left_out_are_not_in_the_copy(
    house: House, contoso: Place, sam: Membership
):
    other = await world.member(contoso, "Adele Vance", otherMails=["sam@elsewhere.example"])
    asked = (await stranger.file(contoso, "sam@elsewhere.example")).request
    assert len((await found(contoso, asked, "sam@elsewhere.example")).accounts) == 2
    after = await answered(contoso, asked, sam)
    request, right = await stranger.prove_link(contoso, after)
    copied = await data_requests.collect_copy(house, request, typed=right, by=stranger.NOBODY)
    assert other.user_id not in copied.decode()
    assert "Adele" not in copied.decode()


async def test_nobody_is_told_that_there_is_nothing_while_there_is_an_account(
    house: House, contoso: Place, sam: Membership
):
    for wish in ("access", "erasure"):
        asked = (await stranger.file(contoso, "sam@elsewhere.example", wish)).request
        missing = await refusal(answered(contoso, asked))
        assert (missing.reason, missing.facts["property"]) == (Reason.MISSING_VALUE, "accounts")
        after = await answered(contoso, asked, none_theirs=True)
        assert after.answer == Answer.NOTHING_HELD
    assert isinstance((await world.again(house, contoso.id, sam.user_id)).stage, Present)


async def test_nor_while_an_account_lists_the_address_among_others(house: House, contoso: Place):
    await world.member(contoso, "Adele Vance", otherMails=["adele@home.example"])
    asked = (await stranger.file(contoso, "adele@home.example")).request
    refused = await refusal(answered(contoso, asked))
    assert (refused.reason, refused.facts["property"]) == (Reason.MISSING_VALUE, "accounts")
    assert (await answered(contoso, asked, none_theirs=True)).answer == Answer.NOTHING_HELD


async def test_nobody_elses_account_can_be_chosen(house: House, contoso: Place, sam: Membership, robin: Membership):
    for wish in ("access", "erasure"):
        asked = (await stranger.file(contoso, "sam@elsewhere.example", wish)).request
        assert (await refusal(answered(contoso, asked, robin))).reason is Reason.NOT_FOUND
    stage = (await world.again(house, contoso.id, robin.user_id)).stage
    assert isinstance(stage, Present)


async def test_where_nothing_is_held_the_answer_says_so(house: House, contoso: Place):
    for wish in ("access", "erasure"):
        asked = (await stranger.file(contoso, ANA, wish)).request
        after = await answered(contoso, asked)
        assert (after.answer, after.copy_until) == (Answer.NOTHING_HELD, None)
        told = await sole_letter(house, LetterKind.DATA_REQUEST_ANSWERED)
        assert (told["nothingHeld"], "copyUntil" in told) == (True, False)


async def test_granting_an_erasure_deletes_the_account_for_good(house: House, contoso: Place, sam: Membership):
    asked = (await stranger.file(contoso, "sam@elsewhere.example", "erasure")).request
    stale = answered(contoso, asked, replace(sam, version=sam.version + 1))
    assert (await refusal(stale)).reason is Reason.VERSION_MISMATCH
    after = await answered(contoso, asked, sam)
    assert after.answer == Answer.GRANTED
    assert isinstance((await world.again(house, contoso.id, sam.user_id)).stage, Purged)
    told = await sole_letter(house, LetterKind.DATA_REQUEST_ANSWERED)
    assert (told["accountsRemoved"], told["nothingHeld"]) == (1, False)
    types = [event.type for event in await world.events(contoso)][-3:]
    assert sorted(types) == ["dataRequest.answer", "membership.purge", "membership.remove"]
    await due.run_due(house)
    assert "sam@elsewhere.example" not in str([event.subject for event in await world.events(contoso)][-1])


async def test_a_legal_hold_keeps_what_is_asked_to_go(house: House, contoso: Place, sam: Membership):
    asked = (await stranger.file(contoso, "sam@elsewhere.example", "erasure")).request
    await holding.set_hold(
        house, tenant_id=contoso.id, user_id=sam.user_id, reason="A claim is under way", by=contoso.admin
    )
    held = await world.again(house, contoso.id, sam.user_id)
    assert [one.held for one in (await found(contoso, asked, "sam@elsewhere.example")).accounts] == [True]
    assert (await refusal(answered(contoso, asked, held))).reason is Reason.ON_HOLD
    assert isinstance((await world.again(house, contoso.id, sam.user_id)).stage, Present)
    left = await now(contoso, asked)
    assert left is not None
    assert left.answer is None


async def test_letters_that_wait_for_nobodys_account_go_with_the_erasure(house: House, contoso: Place):
    asked = (await stranger.file(contoso, ANA, "erasure")).request
    organization = await organizations.find(await house.store.read(), contoso.id)

    async def write(unit: Any) -> None:
        facts = {"code": "12345678", "validUntil": unit.now}
        where: dict[str, Any] = {"organization": organization, "user_id": None, "languages": [], "facts": facts}
        post(house, unit, LetterKind.PASSCODE, recipient="Ana@nowhere.example", **where)
        post(house, unit, LetterKind.PASSCODE, recipient="other@nowhere.example", **where)

    await house.store.change(write)
    await answered(contoso, asked)
    left = [one.recipient for one in await stranger.letters(house, LetterKind.PASSCODE)]
    assert left == ["other@nowhere.example"]
    told = await sole_letter(house, LetterKind.DATA_REQUEST_ANSWERED)
    assert (told["lettersRemoved"], told["nothingHeld"]) == (1, False)


async def test_a_refusal_names_a_ground_that_the_law_knows_for_the_wish(house: House, contoso: Place):
    asked = (await stranger.file(contoso, ANA)).request
    refuse = answering_data_requests.refuse_request
    wrong = await refusal(refuse(house, **of(contoso, asked), ground=Ground.ARCHIVING))
    assert (wrong.reason, wrong.facts["property"]) == (Reason.BAD_VALUE, "ground")
    after = await refuse(house, **of(contoso, asked), ground=Ground.EXCESSIVE, message="Every week.")
    assert (after.answer, after.ground) == (Answer.REFUSED, "excessive")
    told = await sole_letter(house, LetterKind.DATA_REQUEST_REFUSED)
    assert (told["to"], told["ground"], told["message"]) == (ANA, "excessive", "Every week.")
    again = refuse(house, **of(contoso, asked), ground=Ground.EXCESSIVE)
    assert (await refusal(again)).reason is Reason.WRONG_STAGE


async def test_the_month_is_extended_once_before_it_is_over(house: House, contoso: Place):
    asked = (await stranger.file(contoso, ANA)).request
    extend = answering_data_requests.extend_request
    after = await extend(house, **of(contoso, asked), months=2, why="The archive is large.")
    assert after.first_due == asked.answer_due
    assert after.answer_due > asked.answer_due + timedelta(days=55)
    assert (await sole_letter(house, LetterKind.DATA_REQUEST_EXTENDED))["message"] == "The archive is large."
    again = extend(house, **of(contoso, asked), months=1, why="More.")
    assert (await refusal(again)).reason is Reason.ALREADY_THERE
    late = (await stranger.file(contoso, ANA, "erasure")).request
    push(house, late.answer_due - late.asked_at)
    assert (await refusal(extend(house, **of(contoso, late), months=1, why="More."))).reason is Reason.TOO_LATE


async def test_only_whoever_has_the_role_answers(house: House, contoso: Place, sam: Membership):
    asked = (await stranger.file(contoso, ANA)).request
    mine = {**of(contoso, asked), "by": world.at_portal(sam)}
    for act in (
        answering_data_requests.answer_request(house, **mine, accounts={}),
        answering_data_requests.refuse_request(house, **mine, ground=Ground.EXCESSIVE),
        answering_data_requests.extend_request(house, **mine, months=1, why="More."),
    ):
        assert (await refusal(act)).reason in {Reason.NOT_ALLOWED, Reason.STRONGER_SIGN_IN}


# --- Withdrawing ------------------------------------------------------------------------------------------------------


async def test_withdrawing_takes_a_fresh_code_and_no_link_alone(house: House, contoso: Place):
    asked = (await stranger.file(contoso, ANA)).request
    forged = data_requests.ask_link_code(
        house,
        tenant_id=contoso.id,
        request_id=asked.request_id,
        key="0" * 40,
        browser=stranger.BROWSER,
        network=stranger.NETWORK,
    )
    assert (await refusal(forged)).reason is Reason.NOT_FOUND
    request, right = await stranger.prove_link(contoso, asked)
    after = await data_requests.withdraw_request(house, request, typed=right, by=stranger.NOBODY)
    assert after.answer == Answer.WITHDRAWN
    assert (await world.last_event(contoso)).type == "dataRequest.withdraw"
    assert (await refusal(answered(contoso, asked))).reason is Reason.WRONG_STAGE
    assert not (await stranger.file(contoso, ANA)).already


async def test_of_answering_and_withdrawing_at_once_one_happens(house: House, contoso: Place):
    for _ in range(5):
        asked = (await stranger.file(contoso, ANA)).request
        request, right = await stranger.prove_link(contoso, asked)
        done = await asyncio.gather(
            answered(contoso, asked),
            data_requests.withdraw_request(house, request, typed=right, by=stranger.NOBODY),
            return_exceptions=True,
        )
        refused = [one for one in done if isinstance(one, Refused)]
        [happened] = [one for one in done if isinstance(one, DataRequest)]
        assert [one.reason for one in refused] == [Reason.WRONG_STAGE]
        left = await now(contoso, asked)
        assert left is not None
        assert left.answer == happened.answer


# --- The end ----------------------------------------------------------------------------------------------------------


async def test_thirty_days_after_the_answer_nothing_is_left_but_that_it_was_answered(house: House, contoso: Place):
    asked = (await stranger.file(contoso, ANA, words=WORDS)).request
    await answered(contoso, asked, message="Nothing here.")
    push(house, KEPT_AFTER_ANSWER - timedelta(seconds=1))
    await due.run_due(house)
    assert await now(contoso, asked) is not None
    push(house, timedelta(seconds=1))
    assert await now(contoso, asked) is None, "time decides, before a worker came"
    [upcoming] = [one for one in await due.upcoming(house, 50) if one.verb is Verb.END_DATA_REQUEST]
    assert upcoming.as_json()["dataRequestId"] == asked.request_id
    done = [one.verb for one in await due.run_due(house)]
    assert done.count(Verb.END_DATA_REQUEST) == 1
    assert await kept.find_any(await house.store.read(), contoso.id, asked.request_id) is None
    assert await house.keys.find(asked.subject_key_id) is None
    told = [event for event in await world.events(contoso) if event.type.startswith("dataRequest.")]
    assert [event.type for event in told] == ["dataRequest.file", "dataRequest.answer", "dataRequest.end"]
    assert [event.subject for event in told] == [{}, {}, {}]
    assert told[1].record["facts"]["answer"] == "nothingHeld"
    assert [event.record["object"]["tag"] for event in told] == [asked.audit_tag] * 3


async def test_the_log_still_verifies_when_the_key_of_a_request_is_gone(house: House, contoso: Place):
    asked = (await stranger.file(contoso, ANA, words=WORDS)).request
    await answered(contoso, asked)
    push(house, KEPT_AFTER_ANSWER)
    await due.run_due(house)
    await sealing.seal_waiting(house)
    proof = await proving_log.verify(house, contoso.id)
    assert (proof.waiting, proof.findings) == (0, [])


async def test_a_request_that_a_backup_brings_back_without_its_key_ends_again(house: House, contoso: Place):
    gone = (await stranger.file(contoso, ANA, words=WORDS)).request
    stays = (await stranger.file(contoso, ANA, "erasure")).request
    await house.keys.destroy([gone.subject_key_id])
    assert await ending_data_requests.end_again(house, {gone.subject_key_id, "another"}) == 1
    assert await now(contoso, gone) is None
    assert await now(contoso, stays) == stays
    event = await world.last_event(contoso)
    assert (event.type, event.record["facts"]["destroyedKey"]) == ("dataRequest.end", gone.subject_key_id)


async def test_an_open_request_never_ends_by_itself(house: House, contoso: Place):
    asked = (await stranger.file(contoso, ANA)).request
    push(house, timedelta(days=200))
    await due.run_due(house)
    left = await now(contoso, asked)
    assert left is not None
    assert (await sealed_requests.opened(house, left)).address == ANA


async def test_a_request_whose_key_is_lost_is_refused_or_extended_without_a_letter_and_not_answered(
    house: House, contoso: Place
):
    asked = (await stranger.file(contoso, ANA)).request
    await house.keys.destroy([asked.subject_key_id])
    assert (await refusal(answered(contoso, asked))).reason is Reason.UNAVAILABLE
    await answering_data_requests.refuse_request(
        house, **{**of(contoso, asked), "by": operator()}, ground=Ground.UNFOUNDED
    )
    assert await stranger.letters(house, LetterKind.DATA_REQUEST_REFUSED) == []
