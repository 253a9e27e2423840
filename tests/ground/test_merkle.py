"""Merkle trees against the definitions of RFC 6962, written out, and against vectors that all implementations share."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vestibule.ground import merkle
from vestibule.ground.merkle import BadProof, Edge, Frontier

# The eight leaves of the certificate-transparency project, and the roots of the logs of their first n.
LEAVES = [bytes.fromhex(one) for one in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657",
                                         "606162636465666768696a6b6c6d6e6f")]  # fmt: skip
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
SIZES = st.integers(1, 300)


def hashes(count: int) -> list[bytes]:
    return [merkle.leaf_hash(str(number).encode()) for number in range(count)]


def by_definition(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1, as it is written there."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return merkle.node_hash(by_definition(leaves[:k]), by_definition(leaves[k:]))


def node_of(leaves: list[bytes]) -> merkle.NodeOf:
    return lambda height, number: by_definition(leaves[number << height : (number + 1) << height])


@pytest.mark.parametrize("size", range(9))
def test_the_roots_that_everybody_knows(size: int):
    leaves = [merkle.leaf_hash(one) for one in LEAVES[:size]]
    assert merkle.root_of(leaves).hex() == ROOTS[size]


@given(SIZES)
def test_a_frontier_has_the_root_of_the_definition(size: int):
    frontier = Frontier()
    for leaf in hashes(size):
        frontier.append(leaf)
    assert frontier.root() == by_definition(hashes(size))


@given(st.lists(st.integers(0, 700), min_size=1, max_size=4))
def test_an_edge_that_is_taken_up_again_and_again_has_it_too(steps: list[int]):
    """Whoever seals reads only the edge; the tiles it writes are all that is left for the next one."""
    kept: dict[merkle.Tile, bytes] = {}
    size = 0
    for step in steps:
        tiles = {tile: kept[tile] for tile, _ in merkle.edge_of(size)}
        edge = Edge(size, tiles)
        assert edge.root() == merkle.root_of(hashes(size))
        edge.extend(hashes(size + step)[size:])
        size += step
        assert (edge.size, edge.root()) == (size, merkle.root_of(hashes(size)))
        kept |= edge.touched
    below = [one for tile in sorted(kept) if tile[0] == 0 for one in merkle.hashes_in(kept[tile])]
    assert below == hashes(size)


def test_three_levels_of_tiles():
    leaves = [number.to_bytes(32, "big") for number in range(256 * 256 + 256 + 1)]
    edge = Edge()
    edge.extend(leaves)
    assert edge.root() == merkle.root_of(leaves)
    assert {tile: len(octets) // 32 for tile, octets in edge.touched.items() if tile[0] > 0} == {
        (1, 0): 256, (1, 1): 1, (2, 0): 1,
    }  # fmt: skip
    assert [tile for tile, _ in merkle.edge_of(edge.size)] == [(0, 257), (1, 1), (2, 0)]


def test_an_edge_that_is_not_all_there_is_refused():
    edge = Edge()
    edge.extend(hashes(300))
    with pytest.raises(BadProof, match="holds 0 hashes and not 44"):
        Edge(300, {(1, 0): edge.touched[1, 0]})
    with pytest.raises(BadProof, match="holds 43 hashes and not 44"):
        Edge(300, {(1, 0): edge.touched[1, 0], (0, 1): edge.touched[0, 1][:-32]})


@given(SIZES, st.data())
def test_a_leaf_that_is_there_can_be_shown(size: int, data: st.DataObject):
    index = data.draw(st.integers(0, size - 1))
    leaves = hashes(size)
    root = by_definition(leaves)
    proof = merkle.inclusion_proof(index, size, node_of(leaves))
    merkle.check_inclusion(leaves[index], index, size, root, proof)
    assert len(proof) <= (size - 1).bit_length()
    for wrong in _broken(proof, data):
        with pytest.raises(BadProof):
            merkle.check_inclusion(leaves[index], index, size, root, wrong)
    if size > 1:
        with pytest.raises(BadProof):
            merkle.check_inclusion(leaves[index], (index + 1) % size, size, root, proof)
    with pytest.raises(BadProof):
        merkle.check_inclusion(merkle.leaf_hash(b"another"), index, size, root, proof)


@given(SIZES, st.data())
def test_a_log_that_only_grew_can_be_shown(size: int, data: st.DataObject):
    old = data.draw(st.integers(1, size))
    leaves = hashes(size)
    root, before = by_definition(leaves), by_definition(leaves[:old])
    proof = merkle.consistency_proof(old, size, node_of(leaves))
    merkle.check_consistency(old, before, size, root, proof)
    for wrong in _broken(proof, data):
        with pytest.raises(BadProof):
            merkle.check_consistency(old, before, size, root, wrong)
    with pytest.raises(BadProof):
        merkle.check_consistency(old, merkle.leaf_hash(b"another"), size, root, proof)
    with pytest.raises(BadProof):
        merkle.check_consistency(old, before, size, merkle.leaf_hash(b"another"), proof)


def _broken(proof: list[bytes], data: st.DataObject) -> list[list[bytes]]:
    longer = [*proof, merkle.leaf_hash(b"more")]
    if not proof:
        return [longer]
    at = data.draw(st.integers(0, len(proof) - 1))
    changed = [*proof[:at], bytes([proof[at][0] ^ 1]) + proof[at][1:], *proof[at + 1 :]]
    return [longer, proof[:-1], changed]


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_nobody_shows_a_leaf_that_is_not_there(index: int, size: int):
    with pytest.raises(BadProof, match="there is no leaf"):
        merkle.inclusion_proof(index, size, node_of(hashes(3)))
    with pytest.raises(BadProof, match="there is no leaf"):
        merkle.check_inclusion(hashes(1)[0], index, size, merkle.EMPTY, [])


@pytest.mark.parametrize(("old", "size"), [(0, 3), (4, 3)])
def test_nobody_shows_a_log_that_never_was(old: int, size: int):
    with pytest.raises(BadProof, match="was never one of"):
        merkle.consistency_proof(old, size, node_of(hashes(3)))
    with pytest.raises(BadProof, match="was never one of"):
        merkle.check_consistency(old, merkle.EMPTY, size, merkle.EMPTY, [])
