"""A sealed log, and everything that can be done to it: it is found, at the place where it was done."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vestibule.ground import merkle
from vestibule.rules.proven_log import DESTROYED, ERASED, Entry, Finding, Proving

TENANT = "contoso"
KEYS = ("key-a", "key-b", "key-c")


def entry(
    place: int, kind: str = "membership.update", version: int = 0, parts: Sequence[str] = (), destroyed: str = ""
) -> Entry:
    """An event about the one object of this log, with a personal part for each of these keys."""
    ciphertexts = {key: [f"{place}/{key}".encode()] for key in parts}
    record = msgspec.json.encode({
        "event_id": f"event-{place}",
        "tenant": TENANT,
        "type": kind,
        "outcome": "success",
        "object": {"kind": "membership", "tag": "a", "ver_before": max(version - 1, 0), "ver_after": version},
        "parts": [{"key_id": key, "h": hashlib.sha256(some[0]).hexdigest()} for key, some in ciphertexts.items()],
        "facts": {DESTROYED: destroyed} if destroyed else {},
    })  # fmt: skip
    return Entry(place, f"event-{place}", record, merkle.leaf_hash(record), ciphertexts)


LOG = [
    *(entry(place, version=place + 1, parts=KEYS[: 1 + place % 3]) for place in range(20)),
    entry(20, ERASED, destroyed="key-c"),
    *(entry(place) for place in range(21, 24)),
]
ROOT = merkle.root_of([one.leaf for one in LOG])
PLACES = st.integers(0, len(LOG) - 1)


def look(
    log: Sequence[Entry], size: int = len(LOG), root: bytes = ROOT, earlier: dict[int, bytes] | None = None
) -> list[Finding]:
    proving = Proving(TENANT, earlier or {})
    proving.leaves([one.leaf for one in LOG], len(LOG))
    for one in log:
        proving.take(one)
    return proving.end(size, root)


def test_a_log_as_it_was_signed():
    assert look(LOG) == []
    assert look([], 0, merkle.EMPTY) == []
    earlier = {size: merkle.root_of([one.leaf for one in LOG[:size]]) for size in (1, 7, 24)}
    assert look(LOG, earlier=earlier) == []


@given(PLACES, st.data())
def test_no_octet_of_a_record_can_be_changed(place: int, data: st.DataObject):
    record = LOG[place].record
    at = data.draw(st.integers(0, len(record) - 1))
    changed = record[:at] + bytes([record[at] ^ data.draw(st.integers(1, 255))]) + record[at + 1 :]
    found = look([*LOG[:place], replace(LOG[place], record=changed), *LOG[place + 1 :]])
    assert Finding(place, "the record is not the one that was sealed") in found
    assert found[0].place == place


@given(PLACES, st.data())
def test_no_two_events_can_change_places(place: int, data: st.DataObject):
    other = data.draw(PLACES.filter(lambda one: one != place))
    log = list(LOG)
    log[place], log[other] = replace(LOG[other], place=place), replace(LOG[place], place=other)
    # Whoever moves the leaves too still meets the root.
    assert look(log)
    log[place], log[other] = replace(log[place], leaf=LOG[place].leaf), replace(log[other], leaf=LOG[other].leaf)
    assert look(log)[0].place == min(place, other)


@given(PLACES)
def test_no_event_can_be_taken_away(place: int):
    assert look([*LOG[:place], *LOG[place + 1 :]])[0].place == place


@given(PLACES)
def test_no_event_can_be_slipped_in(place: int):
    new = replace(entry(99), place=place)
    pushed = [replace(one, place=one.place + 1) for one in LOG[place:]]
    assert look([*LOG[:place], new, *pushed])
    assert look([*LOG[:place], replace(new, leaf=LOG[place].leaf), *pushed])[0].place == place


@given(PLACES)
def test_the_end_cannot_be_cut_off(place: int):
    assert look(LOG[:place])[0].place == place


@given(PLACES.filter(lambda one: one < 20))
def test_a_part_is_missing_only_when_its_key_was_destroyed(place: int):
    for key, why in (("key-a", True), ("key-b", True), ("key-c", False)):
        left = {name: some for name, some in LOG[place].parts.items() if name != key}
        found = look([*LOG[:place], replace(LOG[place], parts=left), *LOG[place + 1 :]])
        assert bool(found) == (why and key in LOG[place].parts)
        assert not found or found[0].place == place


def test_a_part_of_another_event_is_found():
    assert look([*LOG[:3], replace(LOG[3], parts=LOG[4].parts), *LOG[4:]])[0].place == 3


def test_another_log_that_was_signed_later_does_not_begin_as_the_first_did():
    """A fork: whoever holds the key signs another history; one who kept an earlier root sees where it parts."""
    fork = [*LOG[:9], entry(9), *LOG[10:]]
    root = merkle.root_of([one.leaf for one in fork])
    earlier = {size: merkle.root_of([one.leaf for one in LOG[:size]]) for size in (5, 10, 15)}
    assert look(fork, root=root) == []
    [found] = look(fork, root=root, earlier=earlier)
    assert (found.place, found.why) == (
        5,
        "an earlier root that was signed is another one; it begins between places 5 and 9",
    )


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        (entry(5, version=3), "version 3 of membership a was written twice"),
        (replace(LOG[4], place=5), "event event-4 is there twice"),
        (replace(LOG[5], event_id="another"), "of another event"),
    ],
)
def test_what_only_who_holds_the_key_could_do(changed: Entry, why: str):
    log = [*LOG[:5], changed, *LOG[6:]]
    found = look(log, root=merkle.root_of([merkle.leaf_hash(one.record) for one in log]))
    assert any(one.place == 5 and why in one.why for one in found), found


def test_an_event_of_another_organization_is_found():
    proving = Proving("fabrikam")
    proving.take(LOG[0])
    assert "another organization" in proving.end(1, LOG[0].leaf)[0].why
