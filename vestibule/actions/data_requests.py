"""Asking an organization for one's data, or for its removal, by a proven address: with an account or without.

Whoever asks types an address, and a code goes there, whatever is known of it: nothing is looked up. Only the code
files the request; until then it is in the row of the page alone, sealed, which ends with the code. Taking it back and
fetching a copy go by the link of the letters and a fresh code: a link opens nothing.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

import msgspec

from vestibule.actions import data_request_found, journal, limits, sealed_requests
from vestibule.actions.access import secret_hash
from vestibule.actions.data_request_letters import tell, tell_contacts
from vestibule.actions.grouping import find_organization
from vestibule.actions.house import House
from vestibule.actions.mailbox_codes import use_code, write_code
from vestibule.actions.posting import LetterKind, post
from vestibule.actions.sealed_requests import Said, about
from vestibule.actions.signing_in import sealed
from vestibule.rules import names, passcodes, person_requests, policy, texts
from vestibule.rules.actors import Actor, ActorKind
from vestibule.rules.person_requests import KEPT_AFTER_ANSWER, LONGEST_TEXT, Answer
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import data_requests, rates, sessions
from vestibule.store.data_requests import DataRequest
from vestibule.store.sessions import SignInRequest
from vestibule.store.unit import Unit

T = TypeVar("T")

FACT: Final = "dataRequest"


class Draft(msgspec.Struct, frozen=True):
    """What waits for a code: a request that is to be filed, or one that was (``request_id``).

    Attributes:
        address: where the code went. until: until when it is good.
    """

    address: str
    until: datetime
    wish: str = ""
    words: str = ""
    language: str | None = None
    request_id: str = ""
    wrong: int = 0


@dataclass(frozen=True, slots=True)
class Filed:
    """A request that stands. ``already``: the address had asked for the same, and nobody has answered."""

    request: DataRequest
    already: bool


# --- The code ---------------------------------------------------------------------------------------------------------


async def ask_code(
    house: House,
    *,
    tenant_id: str,
    address: str,
    wish: str,
    words: str,
    browser: str,
    network: str,
    language: str | None = None,
    instead_of: SignInRequest | None = None,
) -> str:
    """Send a code that files a request. Returns the handle for the address of its page.

    Args:
        house: the house. tenant_id: whom the person asks. address: theirs. wish: ``access`` or ``erasure``.
        words: what they add, at most 1,000 characters; may be empty. browser: its cookie, which the handle is bound to.
        network: the network address, for the limit. language: of the letters.
        instead_of: the page under way whose code this one takes the place of.

    Raises:
        Refused: NOT_FOUND; BAD_VALUE with ``property``: address, wish, words; TOO_MANY_TRIES with ``retryAfter``.
    """
    typed = names.address(address.strip(), what="address")
    kind = person_requests.wish(wish)
    said = texts.text_lines(words, limit=LONGEST_TEXT, what="words") if words.strip() else ""
    draft = {"wish": kind.value, "words": said, "language": language}
    return await _send(house, tenant_id, typed.mailbox, draft, browser, network, instead_of)


async def ask_link_code(
    house: House,
    *,
    tenant_id: str,
    request_id: str,
    key: str,
    browser: str,
    network: str,
    instead_of: SignInRequest | None = None,
) -> str:
    """Send a code to whoever filed a request, for whoever holds the link of its letters. Returns the handle.

    The arguments are those of ``ask_code``; ``key`` is the link's.

    Raises:
        Refused: NOT_FOUND for another key, and when the request is gone; TOO_MANY_TRIES with ``retryAfter``.
    """
    asked = await data_requests.find(await house.store.read(), tenant_id, request_id)
    said = None if asked is None else await sealed_requests.opened(house, asked)
    if asked is None or said is None or not said.address or not sealed_requests.fits(house, request_id, key):
        raise Refused(Reason.NOT_FOUND)
    draft = {"wish": asked.wish, "request_id": request_id, "language": said.language}
    return await _send(house, tenant_id, said.address, draft, browser, network, instead_of)


async def _send(
    house: House,
    tenant_id: str,
    address: str,
    draft: dict[str, Any],
    browser: str,
    network: str,
    instead_of: SignInRequest | None,
) -> str:
    handle, code = house.chance.token(), house.chance.digits(passcodes.LENGTH)
    mac = sealed_requests.code_mac(house, names.key(address))

    async def work(unit: Unit) -> None:
        organization = await find_organization(unit, tenant_id)
        await limits.count(house, unit, limits.CODES, network)
        await rates.count(unit, f"passcode:{mac}", limit=passcodes.UNUSED_A_DAY, window=passcodes.DAY)
        waiting = Draft(address=address, until=unit.now + passcodes.LIFE, **draft)
        request = _page(unit, handle, browser, tenant_id, waiting)
        if instead_of is not None:
            sessions.drop_request(unit, instead_of.request_hash)
        sessions.insert_request(unit, sealed(house, request))
        code_kept = await write_code(house, unit, request, mac=mac, right=code)
        post(
            house,
            unit,
            LetterKind.DATA_REQUEST_CODE,
            organization=organization,
            user_id=None,
            recipient=address,
            languages=[waiting.language],
            facts={"code": code, "validUntil": code_kept.expires_at, "wish": waiting.wish},
        )

    await house.change(work)
    return handle


def _page(unit: Unit, handle: str, browser: str, tenant_id: str, draft: Draft) -> SignInRequest:
    """The row of the page under way: it ends with the code, so that nothing of an unproven request outlives that."""
    return SignInRequest(
        request_hash=secret_hash(handle),
        browser_hash=secret_hash(browser),
        facts={"target": "", "tenant": tenant_id, FACT: msgspec.to_builtins(draft)},
        expires_at=unit.moment.machine + passcodes.LIFE,
        offset_at_birth=unit.moment.offset // timedelta(microseconds=1),
        generation=unit.moment.generation,
    )


def draft_of(request: SignInRequest | None) -> Draft | None:
    """What waits for a code on this page; None when it is another kind of page."""
    kept = None if request is None else request.facts.get(FACT)
    return msgspec.convert(kept, Draft) if isinstance(kept, dict) and "address" in kept else None


async def _use(house: House, unit: Unit, request: SignInRequest, draft: Draft, typed: str) -> Refused | None:
    """Use up the code, or count the try, here and in the page's own row. Returns what was refused."""
    refused = await use_code(house, unit, request, sealed_requests.code_mac(house, names.key(draft.address)), typed)
    if refused is not None:
        counted = msgspec.structs.replace(draft, wrong=draft.wrong + 1)
        _note(house, unit, request, msgspec.to_builtins(counted))
    return refused


def _note(house: House, unit: Unit, request: SignInRequest, fact: dict[str, Any]) -> None:
    sessions.save_request(unit, sealed(house, replace(request, facts={**request.facts, FACT: fact})))


# --- What a code does -------------------------------------------------------------------------------------------------


async def file_request(house: House, request: SignInRequest, *, typed: str, by: Actor) -> Filed:
    """File the request that the page holds, with the code from the mail. Asked again before an answer, it stands.

    Args:
        house: the house. request: the page under way. typed: the code. by: who asks.

    Raises:
        Refused: NEEDS_PERSON for a program; NOT_FOUND when the page holds no request; CODE_WRONG with ``triesLeft``;
            CODE_EXPIRED; TOO_MANY_TRIES when no try is left.
    """
    _insist_pages(by)
    draft = draft_of(request)
    if draft is None or draft.request_id:
        raise Refused(Reason.NOT_FOUND)
    if draft.wrong >= passcodes.TRIES:
        raise Refused(Reason.TOO_MANY_TRIES)
    key_id = house.chance.guid()
    key = await house.keys.create(key_id)  # before anything mentions it; an orphan is destroyed below, or swept

    async def work(unit: Unit) -> Filed | Refused:
        refused = await _use(house, unit, request, draft, typed)
        if refused is not None:
            return refused
        filed = await _file(house, unit, request, draft, key_id, key, by=by)
        told = {"filed": filed.request.request_id, "already": filed.already}
        _note(house, unit, request, told)  # the address and the words are in the request now, and nowhere else
        return filed

    done = await house.change(work)
    if isinstance(done, Refused) or done.already:
        await house.keys.destroy([key_id])
    if isinstance(done, Refused):
        raise done
    return done


async def _file(
    house: House, unit: Unit, request: SignInRequest, draft: Draft, key_id: str, key: bytes, *, by: Actor
) -> Filed:
    organization = await find_organization(unit, str(request.facts["tenant"]))
    mac = sealed_requests.mac_of(house, organization.tenant_id, names.key(draft.address))
    known = await data_requests.find_open(unit, organization.tenant_id, mac, draft.wish)
    if known is not None:
        return Filed(known, already=True)
    request_id, said = house.chance.guid(), Said(draft.address, draft.words, draft.language)
    new = DataRequest(
        tenant_id=organization.tenant_id,
        request_id=request_id,
        address_mac=mac,
        wish=draft.wish,
        subject_key_id=key_id,
        audit_tag=journal.tag_of(key),
        sealed=sealed_requests.seal(house, key, request_id, said),
        asked_at=unit.now,
        answer_due=policy.answer_due(unit.now),
    )
    data_requests.insert(unit, new)
    subject = replace(about(new, None, said), after=1)
    event = journal.Event(
        Verb.FILE_DATA_REQUEST, new.tenant_id, subject, unit.now, facts={"wish": new.wish}, details=_words(said)
    )
    await journal.write(house, unit, event, by=by)
    tell(house, unit, LetterKind.DATA_REQUEST_RECEIVED, organization, new, said, {"answerDue": new.answer_due})
    tell_contacts(house, unit, organization, new)
    return Filed(new, already=False)


def _words(said: Said) -> dict[str, str]:
    return {"message": said.words} if said.words else {}


async def withdraw_request(house: House, request: SignInRequest, *, typed: str, by: Actor) -> DataRequest:
    """Take a request back that nobody has answered, with a fresh code. Returns it.

    Raises:
        Refused: as ``file_request``; WRONG_STAGE when it is answered.
    """

    async def act(unit: Unit, asked: DataRequest, said: Said) -> DataRequest:
        if asked.answer is not None:
            raise Refused(Reason.WRONG_STAGE)
        after = data_requests.answer(unit, asked, Answer.WITHDRAWN, kept_for=KEPT_AFTER_ANSWER)
        facts = {"wish": asked.wish, "answer": Answer.WITHDRAWN.value}
        event = journal.Event(
            Verb.WITHDRAW_DATA_REQUEST, asked.tenant_id, about(asked, after, said), unit.now, facts=facts
        )
        await journal.write(house, unit, event, by=by)
        return after

    return await _with_code(house, request, typed, act, by=by)


async def collect_copy(house: House, request: SignInRequest, *, typed: str, by: Actor) -> bytes:
    """Fetch the copy that was granted, with a fresh code, once: JSON with what is held at this moment.

    It is made now and kept nowhere, so that what was erased since the answer is not in it.

    Raises:
        Refused: as ``file_request``; WRONG_STAGE when no copy was granted; TOO_LATE when it was fetched, or its time
            is over.
    """

    async def act(unit: Unit, asked: DataRequest, said: Said) -> dict[str, Any]:
        if asked.copy_until is None:
            raise Refused(Reason.WRONG_STAGE)
        if asked.collected_at is not None or unit.now >= asked.copy_until:
            raise Refused(Reason.TOO_LATE)
        place = await find_organization(unit, asked.tenant_id)
        copied = await data_request_found.copy(house, unit, place, asked, said)
        after = data_requests.save(unit, asked, replace(asked, collected_at=unit.now))
        subject = about(asked, after, said)
        event = journal.Event(Verb.COLLECT_DATA_COPY, asked.tenant_id, subject, unit.now, facts={"wish": asked.wish})
        await journal.write(house, unit, event, by=by)
        return copied

    copied = await _with_code(house, request, typed, act, by=by)
    return msgspec.json.format(msgspec.json.encode(copied), indent=2) + b"\n"


async def _with_code(
    house: House,
    request: SignInRequest,
    typed: str,
    act: Callable[[Unit, DataRequest, Said], Awaitable[T]],
    *,
    by: Actor,
) -> T:
    """Do something with a filed request, with its code used up in the same unit; a wrong one is counted."""
    _insist_pages(by)
    draft = draft_of(request)
    if draft is None or not draft.request_id:
        raise Refused(Reason.NOT_FOUND)

    async def work(unit: Unit) -> T | Refused:
        asked = await data_requests.find(unit, str(request.facts["tenant"]), draft.request_id)
        if asked is None:
            raise Refused(Reason.NOT_FOUND)
        refused = await _use(house, unit, request, draft, typed)
        if refused is not None:
            return refused
        _note(house, unit, request, {"done": draft.request_id})
        return await act(unit, asked, await sealed_requests.opened(house, asked))

    done = await house.change(work)
    if isinstance(done, Refused):
        raise done
    return done


def _insist_pages(by: Actor) -> None:
    """Whoever can read the mailbox asks on our own pages; no program asks for them."""
    if by.kind is not ActorKind.PERSON or not by.through_pages:
        raise Refused(Reason.NEEDS_PERSON)
