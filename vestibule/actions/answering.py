"""Answering a guest who asked to be removed: keeping them is said here, removing them is the removal itself."""

from dataclasses import replace
from typing import Final

from vestibule.actions import journal
from vestibule.actions.asking import REMOVAL
from vestibule.actions.authorising import find_user
from vestibule.actions.carry_out import attempt
from vestibule.actions.house import House
from vestibule.actions.posting import LetterKind, post
from vestibule.rules import policy, texts
from vestibule.rules.actors import Actor
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import memberships, organizations, requests
from vestibule.store.memberships import Membership
from vestibule.store.organizations import Organization
from vestibule.store.requests import GuestRequest
from vestibule.store.unit import Unit

KEPT: Final = "kept"
"""The answer with which a guest stays."""

LONGEST_MESSAGE: Final = 1000


async def answer_removal(
    house: House, *, tenant_id: str, user_id: str, by: Actor, message: str | None = None
) -> GuestRequest:
    """Tell a guest who asked to be removed that the organization keeps them. Returns the answered request.

    Args:
        house: the house. tenant_id, user_id: whose request. by: who answers.
        message: why, in the organization's words, at most 1,000 characters of plain text; it is in the letter only.

    Raises:
        Refused: NOT_FOUND, NOT_ALLOWED; WRONG_STAGE when no request is open; BAD_VALUE for the message.
    """
    said = texts.text_lines(message, limit=LONGEST_MESSAGE, what="message") if message else None

    async def work(unit: Unit) -> GuestRequest:
        guest, _ = await find_user(unit, by, Verb.ANSWER_REMOVAL, tenant_id, user_id)
        organization = await organizations.find(unit, tenant_id)
        asked = (await requests.of_membership(unit, tenant_id, user_id)).get(REMOVAL)
        if organization is None or asked is None or asked.answer is not None:
            raise Refused(Reason.WRONG_STAGE)
        requests.answer(unit, asked, KEPT)
        memberships.touch(unit, guest, seen=False)  # who removes them at the same time comes first, or sees the answer
        after = replace(guest, version=guest.version + 1)
        event = journal.Event(
            Verb.ANSWER_REMOVAL, tenant_id, journal.about(guest, after), unit.now, facts={"answer": KEPT}
        )
        await journal.write(house, unit, event, by=by)
        _tell(house, unit, organization, guest, asked, said)
        return replace(asked, answer=KEPT, answered_at=unit.now)

    return await attempt(house, Verb.ANSWER_REMOVAL, work, by=by, tenant_id=tenant_id, user_id=user_id)


def _tell(
    house: House, unit: Unit, organization: Organization, guest: Membership, asked: GuestRequest, message: str | None
) -> None:
    post(
        house,
        unit,
        LetterKind.REMOVAL_REQUEST_ANSWERED,
        organization=organization,
        user_id=guest.user_id,
        recipient=guest.contact,
        languages=[guest.preferred_language],
        facts={
            "askedAt": asked.asked_at,
            "answeredAt": unit.now,
            "askAgainFrom": policy.ask_again_at(asked.asked_at, unit.now) or unit.now,
            "organizationsLink": f"{house.public_url}/myaccount/organizations",
            "message": message,
        },
    )
