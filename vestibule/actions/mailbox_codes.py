"""Codes by mail: eight digits that prove a mailbox, for people without a home organization.

A code is good for ten minutes and five tries, counted on the row whoever tries; only the newest works, in the
browser and for the sign-in that asked for it. Who proves a mailbox for the first time becomes a person, under a random
subject: the address is where they were found, never who they are.
"""

import hmac
from typing import Final

from vestibule.actions import limits, sign_in_log
from vestibule.actions.house import House
from vestibule.actions.inviting import address_mac
from vestibule.actions.posting import LetterKind, post
from vestibule.actions.proofs import with_proof
from vestibule.actions.signing_in import Opened, opened, sealed, write_session
from vestibule.rules import names, passcodes
from vestibule.rules.actors import Strength
from vestibule.rules.invitations import DAY
from vestibule.rules.lifecycle import Present
from vestibule.rules.names import Address
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import memberships, organizations, people, rates, sessions
from vestibule.store import passcodes as kept_codes
from vestibule.store.passcodes import KeptCode
from vestibule.store.people import Mailbox, Person
from vestibule.store.sessions import SignInRequest
from vestibule.store.unit import Reading, Unit

ISSUER: Final = "mail"


async def send_code(
    house: House,
    request: SignInRequest,
    *,
    email: str,
    languages: list[str | None],
    network: str = "",
    known: bool = False,
) -> None:
    """Send a new code to a mailbox, when somebody may sign in with it; the caller cannot tell.

    For a mailbox that nobody is known by, the same is looked up and written: a code that no text fits, and a letter
    that is thrown away instead of sent. So neither the answer nor its time tells who is known. Codes count per mailbox
    and per network. In a browser that has signed in with the mailbox before (``known``) they count apart, so that
    nobody who asks for codes elsewhere keeps the owner from theirs.

    Raises:
        Refused: BAD_VALUE for no address; TOO_MANY_TRIES when too many codes went out today.
    """
    address = names.address(email.strip(), what="email")
    code = house.chance.digits(passcodes.LENGTH)

    async def work(unit: Unit) -> None:
        mac = address_mac(house, address.key)
        await limits.count(house, unit, limits.CODES, network, known=known)
        await rates.count(unit, f"passcode{'-known' if known else ''}:{mac}", limit=passcodes.UNUSED_A_DAY, window=DAY)
        expected = await _may_come(unit, mac)
        fresh = await write_code(house, unit, request, mac=mac, right=code if expected else house.chance.token())
        tenant_id = request.facts.get("tenant")
        organization = await organizations.find(unit, str(tenant_id)) if tenant_id else None
        post(
            house,
            unit,
            LetterKind.PASSCODE,
            organization=organization,
            user_id=None,
            recipient=address.mailbox,
            languages=languages,
            facts={"code": code, "validUntil": fresh.expires_at},
            for_nobody=not expected,
        )

    await house.change(work)


async def write_code(house: House, unit: Unit, request: SignInRequest, *, mac: str, right: str) -> KeptCode:
    """A new code for a mailbox, good for this request alone; the one before it is dead. Returns it as it is kept.

    Args:
        house, unit: where. request: what the code is for, bound to its browser. mac: keyed hash of the mailbox.
        right: what has to be typed.
    """
    fresh = passcodes.fresh(unit.now)
    new = KeptCode(
        address_mac=mac,
        code_mac=_code_mac(house, mac, right, request.request_hash),
        browser_hash=request.browser_hash,
        request_hash=request.request_hash,
        tries_left=fresh.tries_left,
        expires_at=fresh.expires_at,
        sent_at=unit.now,
        generation=unit.moment.generation,
    )
    kept_codes.put(unit, await kept_codes.find(unit, mac), new)
    return new


async def prove_code(
    house: House, request: SignInRequest, *, email: str, typed: str, network: str, old_token: str | None = None
) -> Opened:
    """Sign in with the code from the mail.

    Raises:
        Refused: CODE_WRONG with ``triesLeft``; CODE_EXPIRED; TOO_MANY_TRIES when none is left.
    """
    address = names.address(email.strip(), what="email")
    mac = address_mac(house, address.key)
    token = house.chance.token()

    async def work(unit: Unit) -> Refused | None:
        refused = await use_code(house, unit, request, mac, typed)
        if refused is not None:
            await _log(house, unit, request, mac, network)
            return refused
        person = await _person_of(house, unit, mac, address)
        strength = Strength.EMAILED_CODE
        await write_session(house, unit, person, strength, token=token, network=network, old_token=old_token)
        return None

    refused = await house.change(work)
    if refused is not None:
        raise refused
    return await opened(house, token)


async def _log(house: House, unit: Unit, request: SignInRequest, mac: str, network: str) -> None:
    """A wrong code is a sign-in that failed, where it is known which organization was meant."""
    tenant_id = str(request.facts.get("tenant") or "")
    if not tenant_id:
        return
    known = await people.find_mailbox(unit, mac)
    person_id = house.chance.guid() if known is None else known.person_id  # nobody is looked up like somebody
    mine = await memberships.of_person_here(unit, tenant_id, person_id)
    present = next((one for one in mine if isinstance(one.stage, Present)), None)
    if present is None:
        await sign_in_log.write_unknown(house, unit, tenant_id, network=network)
        return
    await organizations.find(unit, tenant_id)  # as for somebody unknown
    facts = {"step": "code"}
    await sign_in_log.write_failure(house, unit, present, Reason.CODE_WRONG, network=network, facts=facts)


async def prove_mailbox(
    house: House, request: SignInRequest, *, person_id: str, email: str, typed: str
) -> SignInRequest:
    """Somebody who is signed in otherwise proves a mailbox too, for what they are about to do in this sign-in alone.

    The mailbox does not become theirs: who signs in with it stays who they are. Returns the sign-in under way, which
    knows the proof from now on.

    Raises:
        Refused: as ``prove_code``.
    """
    mac = address_mac(house, names.address(email.strip(), what="email").key)
    changed = with_proof(request, person_id=person_id, mac=mac, tenant_id="")

    async def work(unit: Unit) -> Refused | None:
        refused = await use_code(house, unit, request, mac, typed)
        if refused is None:
            sessions.save_request(unit, sealed(house, changed))
        return refused

    refused = await house.change(work)
    if refused is not None:
        raise refused
    return changed


async def use_code(house: House, unit: Unit, request: SignInRequest, mac: str, typed: str) -> Refused | None:
    """Use up the code, or count the try and say why it is none: the count has to be kept, so nothing is raised.

    Returns the refusal (CODE_WRONG, CODE_EXPIRED, TOO_MANY_TRIES), or None when the mailbox is proven.
    """
    kept = await kept_codes.find(unit, mac)
    code = passcodes.read_code(typed) or ""
    if kept is None or kept.request_hash != request.request_hash or kept.generation != unit.moment.generation:
        return Refused(Reason.CODE_WRONG, triesLeft=None)
    reason = passcodes.why_not_try(passcodes.Passcode(kept.expires_at, kept.tries_left), unit.now)
    if reason is not None:
        return Refused(reason)
    if not hmac.compare_digest(kept.code_mac, _code_mac(house, mac, code, request.request_hash)):
        kept_codes.count_try(unit, kept)
        left = kept.tries_left - 1
        return Refused(Reason.CODE_WRONG if left else Reason.TOO_MANY_TRIES, triesLeft=left)
    kept_codes.use(unit, kept)
    rates.clear(unit, f"passcode-known:{mac}")
    rates.clear(unit, f"passcode:{mac}")  # whoever used a code can read the mailbox and need not guess
    return None


async def _may_come(reading: Reading, mac: str) -> bool:
    """Whether somebody is known by this mailbox, or an invitation waits for it."""
    mailbox = await people.find_mailbox(reading, mac)
    waiting = await people.invitations_awaiting(reading, mac)  # asked in any case: that takes time
    return mailbox is not None or bool(waiting)


def _code_mac(house: House, mac: str, code: str, request_hash: str) -> str:
    return house.sealer.mac("passcode", f"{mac}|{code}|{request_hash}".encode()).hex()


async def _person_of(house: House, unit: Unit, mac: str, address: Address) -> Person:
    """The person who proved this mailbox, now or before."""
    known = await people.find_mailbox(unit, mac)
    if known is not None:
        if known.address is None:
            people.remember_address(unit, mac, address.text)
        return await _find_person(unit, known.person_id)
    person = Person(
        person_id=house.chance.guid(),
        issuer=ISSUER,
        subject=house.chance.token(16),
        home_tenant=None,
        home_user=None,
        preferred_language=None,
        version=1,
        created_at=unit.now,
    )
    people.insert(unit, person)
    people.insert_mailbox(unit, Mailbox(mac, person.person_id, address.text, unit.now))
    return person


async def _find_person(reading: Reading, person_id: str) -> Person:
    found = await people.find(reading, person_id)
    if found is None:
        raise Refused(Reason.NOT_FOUND)
    return found
