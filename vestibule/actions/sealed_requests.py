"""What a request by a proven address says, sealed under a key of its own, and how it is found again without it.

The key lies with the subject keys, outside the main backup. Once it is destroyed nobody can tell who asked, in a copy
of the database either.
"""

import hmac
from collections.abc import Iterable

import msgspec

from vestibule.actions import journal
from vestibule.actions.house import House
from vestibule.ground.sealing import CannotOpen
from vestibule.store.data_requests import DataRequest
from vestibule.store.request_lists import Listed


class Said(msgspec.Struct, frozen=True):
    """What is sealed.

    Attributes:
        address: who asks, as they typed it; empty when the key is lost. words: what they added.
        language: in which letters are written to them.
        accounts: the users whose data the answer is about, once it was answered.
    """

    address: str
    words: str = ""
    language: str | None = None
    accounts: tuple[str, ...] = ()


UNREADABLE = Said("")


def seal(house: House, key: bytes, request_id: str, said: Said) -> bytes:
    """As it is kept."""
    return house.sealer.seal(key, msgspec.json.encode(said), request_id.encode())


async def opened(house: House, asked: DataRequest) -> Said:
    """What a request says; UNREADABLE when its key is gone."""
    return (await opened_many(house, [asked]))[asked.request_id]


async def opened_many(house: House, asked: list[DataRequest]) -> dict[str, Said]:
    """What these requests say, by id."""
    return await _opened(house, [(one.request_id, one.subject_key_id, one.sealed) for one in asked])


async def opened_listed(house: House, listed: Iterable[Listed]) -> dict[str, Said]:
    """The same of those rows of a list that were asked by an address."""
    rows = [(one.user_id, one.key_id, one.sealed) for one in listed]
    return await _opened(house, [(of, key_id, sealed) for of, key_id, sealed in rows if key_id and sealed])


async def _opened(house: House, rows: list[tuple[str, str, bytes]]) -> dict[str, Said]:
    keys = await house.keys.find_many({key_id for _, key_id, _ in rows})
    return {request_id: _open(house, keys.get(key_id), request_id, sealed) for request_id, key_id, sealed in rows}


def _open(house: House, key: bytes | None, request_id: str, sealed: bytes) -> Said:
    if key is None:
        return UNREADABLE
    try:
        plain = house.sealer.open(key, sealed, request_id.encode())
    except CannotOpen:  # a backup came back without its keys: that one is lost, and this is another
        return UNREADABLE
    return msgspec.json.decode(plain, type=Said)


def mac_of(house: House, tenant_id: str, address_key: str) -> str:
    """How the requests of an address to one organization are found; of no use at another organization."""
    return house.sealer.mac("data-request", f"{tenant_id}|{address_key}".encode()).hex()


def code_mac(house: House, address_key: str) -> str:
    """Under what codes for requests are kept and counted: apart from those for signing in, which they never replace."""
    return house.sealer.mac("data-request-code", address_key.encode()).hex()


def link_key(house: House, request_id: str) -> str:
    """What the link in the letters carries; with it a code is sent to the mailbox, and nothing else is done."""
    return house.sealer.mac("data-request-link", request_id.encode()).hex()[:40]


def fits(house: House, request_id: str, key: str) -> bool:
    """Whether a link's key is that of the request."""
    return hmac.compare_digest(key.encode(), link_key(house, request_id).encode())


def about(before: DataRequest, after: DataRequest | None, said: Said, *, key_gone: bool = False) -> journal.Subject:
    """The subject of an event: a label, and under the request's own key who asks."""
    return journal.Subject(
        kind="dataRequest",
        id=before.request_id,
        tag=before.audit_tag,
        key_id=None if key_gone else before.subject_key_id,
        shown={"displayName": said.address, "mail": said.address},
        before=0 if after is None else before.version,
        after=before.version if after is None else after.version,
    )
