"""A small file that says which country a network is in: what an operator would download, made by the test.

The format is MaxMind's (*MaxMind DB File Format Specification* 2.0): a tree of bits, sixteen empty octets, the records,
a mark and what the file says about itself. Everything here is for addresses of version 6; those of version 4 lie in it
below ``::/96``.
"""

from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any

_MARK = b"\xab\xcd\xefMaxMind.com"
_SEPARATOR = bytes(16)
Node = list[Any]


def _control(kind: int, size: int) -> bytes:
    first = (kind << 5) if kind < 8 else 0
    if size < 29:
        head, more = first | size, b""
    else:  # up to 284 octets or members
        head, more = first | 29, bytes([size - 29])
    return bytes([head]) + (b"" if kind < 8 else bytes([kind - 7])) + more


def _encode(value: Any) -> bytes:
    match value:
        case str():
            octets = value.encode()
            return _control(2, len(octets)) + octets
        case int():
            octets = value.to_bytes((value.bit_length() + 7) // 8, "big")
            return _control(9 if len(octets) > 4 else 6, len(octets)) + octets
        case Mapping():
            return _control(7, len(value)) + b"".join(_encode(one) for pair in value.items() for one in pair)
        case _:
            return _control(11, len(value)) + b"".join(map(_encode, value))


def write_countries(file: Path, networks: Mapping[str, Any]) -> Path:
    """Write a file in which each of these networks has this record. Returns its path."""
    data, offsets = b"", {}
    root: Node = [None, None]
    for name, record in networks.items():
        offsets[name] = len(data)
        data += _encode(record)
        _put(root, name)
    nodes = _numbered(root)
    tree = b"".join(_number(side, nodes, offsets).to_bytes(4, "big") for node in nodes for side in node)
    about = {
        "binary_format_major_version": 2,
        "binary_format_minor_version": 0,
        "build_epoch": 1_700_000_000,
        "database_type": "Test-Country",
        "description": {"en": "For tests"},
        "ip_version": 6,
        "languages": ["en"],
        "node_count": len(nodes),
        "record_size": 32,
    }
    file.write_bytes(tree + _SEPARATOR + data + _MARK + _encode(about))
    return file


def _put(root: Node, name: str) -> None:
    network = ip_network(name)
    version_4 = network.version == 4
    length = network.prefixlen + (96 if version_4 else 0)
    bits = f"{int(network.network_address):0128b}"[:length]
    node = root
    for bit in bits[:-1]:
        side = int(bit)
        if node[side] is None:
            node[side] = [None, None]
        node = node[side]
    node[int(bits[-1])] = name


def _numbered(root: Node) -> list[Node]:
    found = [root]
    for node in found:
        found += [side for side in node if isinstance(side, list)]
    return found


def _number(side: Any, nodes: list[Node], offsets: Mapping[str, int]) -> int:
    """Another node, a record behind the tree and its separator, or nothing: as many as there are nodes."""
    if side is None:
        return len(nodes)
    if isinstance(side, str):
        return len(nodes) + len(_SEPARATOR) + offsets[side]
    return next(number for number, node in enumerate(nodes) if node is side)
