"""Witnesses: a real one signs what grew, and whatever else it or the log does is found, said and never written over."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.support import world
from tests.support.witness import DASH, Answer, Witness, is_consistent, running
from tests.support.world import Place
from vestibule.actions import exporting, sealing, witnessing
from vestibule.actions.house import House
from vestibule.actions.witnessing import Outcome, Witnessing
from vestibule.ground.merkle import Frontier
from vestibule.ground.outgoing import Outgoing
from vestibule.ground.witnesses import read_witnesses
from vestibule.rules.verbs import Verb
from vestibule.rules.witnesses import State
from vestibule.store import audit_log
from vestibule.store import witnesses as store
from vestibule.store.bulk import Step
from vestibule.store.unit import Stale
from vestibule.store.witnesses import Counted, Standing


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture
def witness(house: House, certificates: Path) -> Iterator[Witness]:
    with running(Witness(now=house.clock.now), certificates) as made:
        trust(house, made)
        yield made


def trust(house: House, *known: Witness) -> None:
    """Let the house ask these."""
    house.outgoing = Outgoing(allow_loopback=True, extra_ca=known[0].authority)
    house.witnesses = read_witnesses("\n".join(one.setting for one in known), house.outgoing.check)


async def introduced(house: House, place: Place, *known: Witness) -> str:
    """Let the witnesses know the log of an organization as it is called now. Returns how it is called."""
    await sealing.seal_log(house, place.id)
    origin = sealing.origin_of((await sealing.signer(house)).name, place.id)
    for one in known:
        one.knows(origin, *(str(key) for key in await sealing.verifiers(house)))
    return origin


async def more(house: House, place: Place, count: int = 1) -> int:
    """Events happen and are sealed; so much later that every witness may be asked again. Returns the log's size."""
    by = world.at_portal(place.administrator)
    for number in range(count):
        await exporting.export_list(house, tenant_id=place.id, what=str(number), rows=1, reads=Verb.READ_AUDIT, by=by)
    await sealing.seal_log(house, place.id)
    later(house, timedelta(minutes=2))
    head = await audit_log.head(await house.store.read(), place.id)
    assert head is not None
    return head.size


def later(house: House, by: timedelta) -> None:
    house.clock.advance(by)  # type: ignore[attr-defined]


async def standing(house: House, place: Place, witness: Witness) -> Standing:
    found = await store.find(await house.store.read(), place.id, witness.vkey)
    assert found is not None
    return found


async def offered(house: House, place: Place) -> State | None:
    return await witnessing.offer(house, house.witnesses[0], place.id)


async def run(house: House, *statements: str) -> None:
    """Change the database behind everybody's back."""
    await house.store.run_steps([Step(one) for one in statements])  # type: ignore[attr-defined]


async def test_what_grew_is_cosigned_again_and_again(house: House, contoso: Place, witness: Witness):
    origin = await introduced(house, contoso, witness)
    witnesses = Witnessing(house)
    sizes = []
    for count in (1, 2, 5, 300, 1):
        sizes.append(await more(house, contoso, count))
        assert await witnesses.turn() == 1
        assert witness.seen[origin][0] == sizes[-1]
    assert await witnesses.turn() == 0, "there is nothing new"
    assert len(witness.asked) == len(sizes)
    now = await standing(house, contoso, witness)
    assert (now.state, now.size, now.failures, now.origin) == (State.COSIGNED, sizes[-1], 0, origin)
    assert now.cosigned_at == house.clock.now()
    kept = await store.cosigned(await house.store.read(), contoso.id)
    assert [one.size for one in kept] == [sizes[-1]], "of an hour, the last one"
    assert kept[0].note.startswith(f"{origin}\n{sizes[-1]}\n")


async def test_of_each_hour_a_cosigned_checkpoint_is_kept(house: House, contoso: Place, witness: Witness):
    await introduced(house, contoso, witness)
    sizes = []
    for _ in range(3):
        sizes.append(await more(house, contoso))
        assert await offered(house, contoso) is State.COSIGNED
        later(house, timedelta(hours=1))
    assert [one.size for one in await store.cosigned(await house.store.read(), contoso.id)] == sizes


async def test_nothing_but_the_logs_name_size_and_hashes_leaves(house: House, contoso: Place, witness: Witness):
    await introduced(house, contoso, witness)
    await world.guest(contoso, "sam@elsewhere.example", "Sam Rivers")
    await more(house, contoso)
    await offered(house, contoso)
    await world.guest(contoso, "robin@elsewhere.example", "Robin Counts")
    await more(house, contoso)
    await offered(house, contoso)
    for body in witness.asked:
        old, *proof = body.decode().partition("\n\n")[0].split("\n")
        note = body.decode().partition("\n\n")[2].split("\n")
        assert old.startswith("old ")
        assert all(len(line) == 44 for line in proof)
        assert note[0] == f"vestibule.example/audit/{contoso.id}"
        assert len(note) == 6
        assert note[4].startswith(f"{DASH}vestibule.example/audit ")
    assert len(witness.asked) == 2


async def test_a_log_in_which_nothing_happens_is_shown_once_a_day(house: House, contoso: Place, witness: Witness):
    origin = await introduced(house, contoso, witness)
    size = await more(house, contoso)
    witnesses = Witnessing(house)
    assert await witnesses.turn() == 1
    later(house, timedelta(hours=20))
    assert await witnesses.turn() == 0
    later(house, timedelta(hours=5))
    assert await witnesses.turn() == 1
    now = await standing(house, contoso, witness)
    assert (now.size, now.cosigned_at) == (size, house.clock.now())
    [kept] = await store.cosigned(await house.store.read(), contoso.id)
    assert kept.at == house.clock.now()
    assert witness.seen[origin][0] == size


async def test_a_witness_that_knows_the_log_already_says_so_and_is_asked_from_there(
    house: House, contoso: Place, witness: Witness
):
    """As after the database came from a copy that was taken before the witness signed."""
    origin = await introduced(house, contoso, witness)
    await more(house, contoso, 3)
    await offered(house, contoso)
    known = witness.seen[origin][0]
    await run(house, "DELETE FROM audit_witness", "DELETE FROM audit_cosignature")
    size = await more(house, contoso, 4)
    assert await offered(house, contoso) is State.COSIGNED
    assert [body.split(b"\n")[0] for body in witness.asked[1:]] == [b"old 0", f"old {known}".encode()]
    assert witness.seen[origin][0] == size


def instead(body: bytes, status: int = 200, kind: str = "text/plain") -> Callable[[Answer], Answer]:
    return lambda _: (status, kind, body)


def flipped(answer: Answer) -> Answer:
    """One bit of the signature, far behind name, id and time."""
    status, kind, body = answer
    return status, kind, body[:-20] + bytes([body[-20] ^ 1]) + body[-19:]


def signed_by_another(answer: Answer) -> Answer:
    other = Witness(private=Ed25519PrivateKey.from_private_bytes(b"o" * 32))
    return answer[0], answer[1], other.line("another text\n").encode()


SIZE = "text/x.tlog.size"
UNUSABLE = {
    "a bit of the signature": (flipped, State.WRONG, "does not fit|cannot be read"),
    "by another key": (signed_by_another, State.WRONG, "no cosignature by the key that is set"),
    "nothing": (instead(b""), State.WRONG, "no cosignature"),
    "garbage": (instead(b"\xff\xfe garbage"), State.WRONG, "cannot be read"),
    "words": (instead(b"it is fine\n"), State.WRONG, "cannot be read"),
    "a note of its own": (
        instead(b"\nanother\n1\n\n"),
        State.WRONG,
        "more than signatures|cannot be read|no signed note",
    ),
    "oversized": (instead(b"x" * 100_000), State.WRONG, "too large"),
    "a conflict without a size": (instead(b"many", 409, SIZE), State.WRONG, "at which size"),
    "a conflict of another type": (instead(b"3\n", 409), State.WRONG, "at which size"),
    "a size with a zero before it": (instead(b"03\n", 409, SIZE), State.WRONG, "at which size"),
    "a conflict that never ends": (instead(b"0\n", 409, SIZE), State.WRONG, "again and again"),
    "it does not know the log": (instead(b"", 404), State.UNKNOWN, "404"),
    "it does not know the key": (instead(b"", 403), State.REFUSED, "403"),
    "it is asked wrongly": (instead(b"", 400), State.REFUSED, "400"),
    "it has moved": (instead(b"", 302), State.REFUSED, "302"),
    "it has enough": (instead(b"", 429), State.AWAY, "429"),
    "it is broken": (instead(b"", 503), State.AWAY, "503"),
}


@pytest.mark.parametrize("what", UNUSABLE)
async def test_an_answer_that_does_not_count_is_said_and_nothing_is_kept(
    house: House, contoso: Place, witness: Witness, what: str
):
    wrong, state, why = UNUSABLE[what]
    await introduced(house, contoso, witness)
    await more(house, contoso)
    witness.instead = wrong
    with structlog.testing.capture_logs() as said:
        assert await offered(house, contoso) is state
    now = await standing(house, contoso, witness)
    assert (now.state, now.size, now.failures, now.failing_since) == (state, 0, 1, house.clock.now())
    assert any(part in now.why for part in why.split("|")), now.why
    assert [one["event"] for one in said] == ["audit_log_not_cosigned"]
    assert await store.cosigned(await house.store.read(), contoso.id) == []
    witness.instead = None
    later(house, timedelta(minutes=5))
    assert await Witnessing(house).turn() == 1, "afterwards it goes on"
    now = await standing(house, contoso, witness)
    assert (now.state, now.failures, now.failing_since) == (State.COSIGNED, 0, None)


@pytest.mark.parametrize(("days", "why"), [(-30_000, "when it was made"), (1, "its clock is ahead of ours")])
async def test_a_time_that_nobody_can_mean_is_not_taken(
    house: House, contoso: Place, witness: Witness, days: int, why: str
):
    await introduced(house, contoso, witness)
    await more(house, contoso)
    witness.now = lambda: max(house.clock.now() + timedelta(days=days), datetime.fromtimestamp(0, UTC))
    assert await offered(house, contoso) is State.WRONG
    assert why in (await standing(house, contoso, witness)).why


async def test_a_slow_witness_holds_up_neither_sealing_nor_another_witness(
    house: House, contoso: Place, witness: Witness, certificates: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(witnessing, "DEADLINE_S", 1.0)
    quick = Witness("quick.example", Ed25519PrivateKey.from_private_bytes(b"q" * 32), now=house.clock.now)
    with running(quick, certificates):
        trust(house, witness, quick)
        origin = await introduced(house, contoso, witness, quick)
        await more(house, contoso)
        witness.held.clear()
        witnesses = Witnessing(house)
        witnesses.begin()
        assert await witnesses.going[quick.name] == 1
        assert not witnesses.going[witness.name].done()
        size = await more(house, contoso)
        witnesses.begin()
        assert await witnesses.going[quick.name] == 1
        assert quick.seen[origin][0] == size
        assert await witnesses.going[witness.name] == 0
    now = await standing(house, contoso, witness)
    assert (now.state, now.why) == (State.AWAY, "no answer in time")


async def test_one_that_is_away_is_asked_ever_less_often(house: House, contoso: Place, witness: Witness):
    await introduced(house, contoso, witness)
    await more(house, contoso)
    witness.instead = instead(b"", 503)
    witnesses, asked = Witnessing(house), []
    for minute in range(180):
        before = len(witness.asked)
        await witnesses.turn()
        if len(witness.asked) > before:
            asked.append(minute)
        later(house, timedelta(minutes=1))
    assert asked == [0, 1, 3, 7, 15, 31, 63, 123]


async def test_one_that_is_away_is_not_asked_about_the_next_log_in_the_same_turn(
    house: House, contoso: Place, witness: Witness
):
    fabrikam = await world.organization(house, "Fabrikam")
    for place in (contoso, fabrikam):
        await introduced(house, place, witness)
        await more(house, place)
    witness.instead = instead(b"", 503)
    witnesses = Witnessing(house)
    await witnesses.turn()
    assert len(witness.asked) == 1
    witness.instead = None
    assert await witnesses.turn() == 1, "the other one has its turn"
    later(house, timedelta(minutes=5))
    assert await witnesses.turn() == 1
    assert len(witness.seen) == 2


async def test_an_address_inside_the_network_is_not_asked(house: House, contoso: Place, witness: Witness):
    await introduced(house, contoso, witness)
    await more(house, contoso)
    house.outgoing = Outgoing(extra_ca=witness.authority)
    assert await offered(house, contoso) is State.REFUSED
    assert "may not be reached" in (await standing(house, contoso, witness)).why
    assert witness.asked == []


async def test_another_log_in_the_place_of_the_one_that_was_signed_is_refused_and_found(
    house: House, contoso: Place, witness: Witness
):
    """Who holds database and key writes the log anew, signs it, and forgets what the witness signed: a fork."""
    origin = await introduced(house, contoso, witness)
    await more(house, contoso, 4)
    assert await offered(house, contoso) is State.COSIGNED
    known = witness.seen[origin]
    await forge(house, contoso)
    await run(house, "DELETE FROM audit_witness", "DELETE FROM audit_cosignature")
    size = await more(house, contoso, 5)
    assert size > known[0]
    with structlog.testing.capture_logs() as said:
        assert await offered(house, contoso) is State.FORKED
        later(house, timedelta(hours=2))
        assert await offered(house, contoso) is State.FORKED
    assert [(one["event"], one["log_level"]) for one in said] == [("audit_log_not_what_was_witnessed", "error")]
    assert witness.seen[origin] == known, "it holds on to what it signed"
    assert await store.cosigned(await house.store.read(), contoso.id) == []


async def test_another_log_is_found_here_as_long_as_what_was_signed_is_kept(
    house: House, contoso: Place, witness: Witness
):
    await introduced(house, contoso, witness)
    await more(house, contoso, 4)
    assert await offered(house, contoso) is State.COSIGNED
    await forge(house, contoso)
    await more(house, contoso, 5)
    assert await offered(house, contoso) is State.DAMAGED
    assert len(witness.asked) == 1
    now = await standing(house, contoso, witness)
    assert "they are not the same any more" in now.why


async def forge(house: House, place: Place) -> None:
    """Let the whole log be sealed anew, in another order, so that every hash and signature of it fits."""
    await run(
        house,
        f"INSERT INTO audit_pending SELECT tenant_id, event_id FROM audit_event WHERE tenant_id = '{place.id}'"
        f" AND event_id <> (SELECT min(event_id) FROM audit_event WHERE tenant_id = '{place.id}')",
        "DELETE FROM audit_seal",
        "DELETE FROM audit_tile",
        "DELETE FROM audit_checkpoint",
    )
    await sealing.seal_log(house, place.id)


async def test_a_witness_that_knows_more_is_a_finding_and_nothing_is_written_over(
    house: House, contoso: Place, witness: Witness
):
    """As after somebody put an older copy of the database in its place."""
    origin = await introduced(house, contoso, witness)
    size = await more(house, contoso)
    witness.seen[origin] = (size + 40, b"r" * 32)
    with structlog.testing.capture_logs() as said:
        assert await offered(house, contoso) is State.AHEAD
    now = await standing(house, contoso, witness)
    assert (now.known, now.size) == (size + 40, 0)
    assert f"it signed {size + 40} events, and the log has {size}" == now.why
    assert said[0]["event"] == "audit_log_not_what_was_witnessed"
    assert witness.seen[origin] == (size + 40, b"r" * 32)
    await more(house, contoso, 50)
    later(house, timedelta(hours=2))
    assert await offered(house, contoso) is State.FORKED, "once it is longer, it is another log"


async def test_after_a_restore_the_log_goes_on_under_another_name(house: House, contoso: Place, witness: Witness):
    origin = await introduced(house, contoso, witness)
    await more(house, contoso)
    await offered(house, contoso)
    before = dict(witness.seen)
    await sealing.begin_again(house)
    size = await more(house, contoso)
    assert await offered(house, contoso) is State.UNKNOWN
    new = await introduced(house, contoso, witness)
    assert new != origin
    later(house, timedelta(minutes=2))
    assert await offered(house, contoso) is State.COSIGNED
    assert witness.asked[-1].startswith(b"old 0\n\n")
    assert witness.seen == {**before, new: (size, witness.seen[new][1])}
    assert (await standing(house, contoso, witness)).origin == new


async def test_a_tree_that_cannot_be_shown_is_not_shown(house: House, contoso: Place, witness: Witness):
    await introduced(house, contoso, witness)
    await more(house, contoso, 3)
    await offered(house, contoso)
    await more(house, contoso, 3)
    await run(house, "DELETE FROM audit_tile")
    assert await offered(house, contoso) is State.DAMAGED
    assert len(witness.asked) == 1


async def test_several_who_ask_at_once_write_down_one_answer(house: House, contoso: Place, witness: Witness):
    await introduced(house, contoso, witness)
    for _ in range(3):
        size = await more(house, contoso)
        done = await asyncio.gather(*(offered(house, contoso) for _ in range(6)))
        assert State.COSIGNED in done
        assert set(done) <= {State.COSIGNED, None}
        now = await standing(house, contoso, witness)
        assert (now.size, now.failures) == (size, 0)


async def test_what_comes_of_an_older_turn_is_not_written_over_a_newer_one(
    house: House, contoso: Place, witness: Witness
):
    """As when the machine of whoever asked first stood still for a while."""
    await introduced(house, contoso, witness)
    await more(house, contoso)
    await offered(house, contoso)
    before = await standing(house, contoso, witness)
    older = await witnessing._claim(house, before, there=True)
    with pytest.raises(Stale):
        await witnessing._claim(house, before, there=True)
    size = await more(house, contoso)
    assert await offered(house, contoso) is State.COSIGNED
    with pytest.raises(Stale):
        await witnessing._settle(house, older, Outcome(State.AWAY, "no answer in time"))
    now = await standing(house, contoso, witness)
    assert (now.state, now.size, now.failures) == (State.COSIGNED, size, 0)


async def test_how_logs_stand_is_counted(house: House, contoso: Place, witness: Witness):
    fabrikam = await world.organization(house, "Fabrikam")
    await introduced(house, contoso, witness)
    await sealing.seal_waiting(house)
    reading = await house.store.read()
    assert (await store.behind(reading, witness.vkey))[0] == 2
    since = house.clock.now()
    later(house, timedelta(minutes=10))
    assert (await store.behind(reading, witness.vkey))[1] == since
    await Witnessing(house).turn()
    found = await store.states(reading, witness.vkey)
    assert found == {
        State.COSIGNED: Counted(1, None, ""),
        State.UNKNOWN: Counted(1, house.clock.now(), "it does not know this log (404)"),
    }
    assert await store.behind(reading, witness.vkey) == (1, since)
    assert fabrikam.id != contoso.id


def test_the_witness_of_these_tests_tells_trees_apart():
    """Every two sizes up to 40, by proofs made here from the definition; and with each hash changed."""
    leaves = [bytes([number]) * 32 for number in range(40)]
    for size in range(1, 41):
        for old in range(1, size + 1):
            proof = _proof(old, leaves[:size], whole=True)
            roots = _root(leaves[:old]), _root(leaves[:size])
            assert is_consistent(old, size, *roots, proof)
            assert not is_consistent(old, size, roots[0], b"x" * 32, proof)
            assert not is_consistent(old, size, *roots, [*proof, b"x" * 32])


def _root(leaves: list[bytes]) -> bytes:
    frontier = Frontier()
    for one in leaves:
        frontier.append(one)
    return frontier.root()


def _proof(m: int, leaves: list[bytes], *, whole: bool) -> list[bytes]:
    """SUBPROOF of RFC 6962, section 2.1.2."""
    n = len(leaves)
    if m == n:
        return [] if whole else [_root(leaves)]
    k = 1 << ((n - 1).bit_length() - 1)
    if m <= k:
        return [*_proof(m, leaves[:k], whole=whole), _root(leaves[k:])]
    return [*_proof(m - k, leaves[k:], whole=False), _root(leaves[:k])]
