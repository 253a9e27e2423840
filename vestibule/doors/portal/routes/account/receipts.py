"""Receipts: as a page, as text, and asking to be restored. They open for the person, and by the key of the mail."""

import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from starlette.responses import PlainTextResponse, Response

from vestibule.actions import asking, belonging, filing_erasure, leaving, signed_receipts
from vestibule.actions.belonging import Departed
from vestibule.actions.house import Injected
from vestibule.doors.portal import paths
from vestibule.doors.portal.desk import NO_STORE, NeedsSignIn, Visit
from vestibule.doors.portal.routes.account import finding
from vestibule.doors.portal.views.erasure import Erasure, erasure
from vestibule.doors.portal.views.problems import REQUEST_NOT_SENT
from vestibule.doors.portal.views.receipts import Receipt, ReceiptPage, ReceiptState, RequestRestore, receipt_text
from vestibule.doors.web.errors import ErrorKind
from vestibule.doors.web.frame import Problem
from vestibule.rules import names
from vestibule.rules.lifecycle import Erased, Present, Tie
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import certificates, memberships, organizations, people, requests
from vestibule.store.receipts import Receipt as Given
from vestibule.store.unit import Unavailable

_NOT_NOW: Final = {Reason.ALREADY_THERE, Reason.TOO_LATE, Reason.WRONG_STAGE}


@dataclass(frozen=True, slots=True)
class Opened:
    """A receipt that the visitor may see.

    Attributes:
        departed: the departure. receipt: as the pages show it. state: where the account stands now.
        key: what it was opened with, when the visitor is not signed in as the person.
    """

    departed: Departed
    receipt: Receipt
    state: ReceiptState
    key: str


# --- The pages --------------------------------------------------------------------------------------------------------


async def show(visit: Visit) -> Response:
    """The receipt as a page."""
    opened = await open_receipt(visit)
    if opened is None:
        return gone_page(visit)
    departed = opened.departed
    place = await organizations.find(visit.reading, departed.receipt.tenant_id)
    email = email_of(departed)
    return visit.page(
        ReceiptPage(
            receipt=opened.receipt,
            state=opened.state,
            key=opened.key,
            email=email,
            privacy_contact=(place.privacy_contact if place else None) or "",
            asked=await _asked(visit, departed),
            signed_out=visit.signed_in is None and bool(email) and await _belongs_nowhere(visit, departed),
            certified=await _certificate(visit, departed) is not None,
            erasure=await _erasure(visit, departed),
            erased_with_leave=given_up(departed.receipt),
        )
    )


async def download(visit: Visit) -> Response:
    """The receipt as text, to be saved."""
    opened = await open_receipt(visit)
    if opened is None:
        return gone_page(visit)
    name = f"{opened.receipt.reference}.txt"
    headers = {
        **NO_STORE,
        "Content-Language": visit.words.language,
        "Content-Disposition": f'attachment; filename="{name}"',
        "Vary": "Accept-Language, Cookie",
    }
    return PlainTextResponse(receipt_text(opened.receipt, visit.words, visit.now), headers=headers)


async def download_signed(visit: Visit) -> Response:
    """The receipt as a signed file."""
    opened = await open_receipt(visit)
    if opened is None:
        return gone_page(visit)
    signed = await signed_receipts.signed(visit.house, opened.departed.receipt)
    return signed_file(signed, f"{opened.receipt.reference}-receipt.jws")


async def download_certificate(visit: Visit) -> Response:
    """The certificate that the data was removed, as a signed file."""
    opened = await open_receipt(visit)
    if opened is None:
        return gone_page(visit)
    signed = await _certificate(visit, opened.departed)
    if signed is None:
        raise Refused(Reason.NOT_FOUND)
    return signed_file(signed, f"{opened.receipt.reference}-certificate.jws")


def signed_file(signed: str, name: str) -> Response:
    """A JSON Web Signature in compact form, to be saved (RFC 7515, section 9.2.1)."""
    headers = {**NO_STORE, "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(f"{signed}\n", headers=headers, media_type="application/jose")


async def _certificate(visit: Visit, departed: Departed) -> str | None:
    """The signed certificate of the removal that followed this departure; None while there is none."""
    given = departed.receipt
    if departed.erased_at is None:
        return None
    found = await certificates.find(visit.reading, given.tenant_id, given.user_id)
    return None if found is None else found.signed


async def ask(visit: Visit) -> Response:
    """The form that asks for a restore, what became of it, or that it is too late."""
    opened = await open_receipt(visit)
    return gone_page(visit) if opened is None else await _request(visit, opened)


async def ask_restore(visit: Visit) -> Response:
    """Ask the organization to restore the account."""
    await visit.form()
    opened = await open_receipt(visit)
    if opened is None:
        return gone_page(visit)
    guest = opened.departed.guest
    by = visit.actor() if guest is None or opened.key else finding.as_themselves(visit, guest)
    try:
        await asking.ask_restore(visit.house, receipt_id=opened.receipt.receipt_id, by=by)
    except Refused as refused:
        if refused.reason not in _NOT_NOW:
            raise
        if refused.reason is Reason.TOO_LATE:
            return await _request(visit, opened, status=409)
    except Unavailable as away:
        status = away.answer if isinstance(away, Injected) else 503
        return await _request(visit, opened, status=status, problems=(REQUEST_NOT_SENT,))
    return visit.redirect(paths.request_restore(opened.receipt.receipt_id, opened.key))


async def _request(visit: Visit, opened: Opened, *, status: int = 200, problems: tuple[Problem, ...] = ()) -> Response:
    view = RequestRestore(
        receipt=opened.receipt,
        state=opened.state,
        key=opened.key,
        email=email_of(opened.departed),
        asked=await _asked(visit, opened.departed),
        problems=problems,
    )
    return visit.page(view, status)


# --- Who may see it ---------------------------------------------------------------------------------------------------


async def open_receipt(visit: Visit) -> Opened | None:
    """The receipt in the address. None when the key that opened it ended with the data.

    Raises:
        Refused: NOT_FOUND for whoever it is not for. NeedsSignIn: nobody is signed in, and no key was given.
    """
    receipt_id = names.guid(visit.captured("receipt"))
    departed = None if receipt_id is None else await belonging.departure(visit.reading, receipt_id)
    if departed is not None and _is_theirs(visit, departed):
        return _opened(visit, departed, "")
    key = visit.request.query_params.get("key", "")
    if departed is None or not key or not _fits(visit, departed, key):
        if visit.signed_in is None and not key:
            raise NeedsSignIn
        raise Refused(Reason.NOT_FOUND)
    gone = departed.stage is None or isinstance(departed.stage, Erased)
    return None if gone else _opened(visit, departed, key)


def _is_theirs(visit: Visit, departed: Departed) -> bool:
    return visit.signed_in is not None and visit.signed_in.person.person_id == departed.receipt.person_id


def _fits(visit: Visit, departed: Departed, key: str) -> bool:
    expected = leaving.receipt_key(visit.house, departed.receipt.receipt_id)
    return hmac.compare_digest(key.encode(), expected.encode())


def gone_page(visit: Visit) -> Response:
    """The key ended with the data."""
    return visit.problem(ErrorKind.RECEIPT_GONE, 410)


# --- What it says -----------------------------------------------------------------------------------------------------


def _opened(visit: Visit, departed: Departed, key: str) -> Opened:
    given = departed.receipt
    receipt = Receipt(
        receipt_id=given.receipt_id,
        reference=given.reference,
        name=given.display_name,
        domain=given.domain,
        left_at=given.left_at,
        restorable_until=given.restorable_until,
        data_removed_by=departed.data_removed_by,
        purged_at=departed.purged_at,
        erased_at=departed.erased_at,
        restored_at=departed.restored_at,
        held=departed.held,
    )
    return Opened(departed, receipt, receipt.state_at(visit.now), key)


def email_of(departed: Departed) -> str:
    """Where the copy of the receipt went, for as long as that is known."""
    return (departed.guest.contact if departed.guest else None) or ""


async def _asked(visit: Visit, departed: Departed) -> datetime | None:
    """When the person asked to be restored after this departure, while nothing has answered it."""
    given = departed.receipt
    found = (await requests.of_membership(visit.reading, given.tenant_id, given.user_id)).get(asking.RESTORE)
    return found.asked_at if found is not None and found.answer is None and found.asked_at >= given.left_at else None


async def _erasure(visit: Visit, departed: Departed) -> Erasure | None:
    """What the person asked of their data, while that is not answered by what was done since."""
    if departed.guest is None or not departed.current:
        return None
    return erasure(await filing_erasure.erasure_of(visit.reading, departed.guest))


def given_up(given: Given) -> bool:
    """Whether the person left and was erased in one: there is an account that nobody could restore."""
    return given.restorable_until is None and given.tie != Tie.DIRECT_CONNECT


async def _belongs_nowhere(visit: Visit, departed: Departed) -> bool:
    person = await people.find(visit.reading, departed.receipt.person_id)
    if person is None or person.home_tenant is not None:
        return False
    mine = await memberships.of_person(visit.reading, person.person_id)
    return not any(isinstance(one.stage, Present) for one in mine)
