"""What a restore brings back, thing by thing: what can be left out, what cannot come back, and why."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from vestibule.actions.restoring import Returned, Wants
from vestibule.doors.web.words import N_
from vestibule.store.hanging import Hanging, Kind

KINDS: Final = {Kind.GROUP: "groups", Kind.APP: "apps", Kind.ROLE: "roles", Kind.OWNED: "owned"}
_WHY: Final = {
    "gone": N_("{name} (no longer exists)"),
    "withheld": N_("{name} (your role can't grant it)"),
    "leftOut": N_("{name} (left out)"),
}
_REVOKED: Final = N_("{name} (taken away meanwhile)")


@dataclass(frozen=True, slots=True)
class Item:
    """A thing, by name.

    Attributes:
        sentence: of the catalog, with ``name``: the name, and why it cannot come back; empty for what can.
        key: by which the form names it; empty for what cannot be left out by itself. chosen: it is ticked.
    """

    name: str
    sentence: str = ""
    key: str = ""
    chosen: bool = True


@dataclass(frozen=True, slots=True)
class Lines:
    """Things of one kind."""

    kind: str
    items: tuple[Item, ...]


def returning(found: Sequence[Returned], chosen: Collection[str] | None = None) -> tuple[Lines, ...]:
    """What can come back; ``chosen``: the keys that were ticked, all of them unless it is said."""
    return by_kind([(one.thing.kind, _item(one.thing, chosen)) for one in found if one.why_not is None])


def lost(found: Sequence[Returned]) -> tuple[Lines, ...]:
    """What cannot come back, or did not, with the reason."""
    return by_kind(
        [
            (one.thing.kind, Item(one.thing.name or "", _WHY.get(one.why_not, _REVOKED)))
            for one in found
            if one.why_not is not None
        ]
    )


def by_kind(found: Sequence[tuple[Kind, Item]]) -> tuple[Lines, ...]:
    """Things by kind, and by name in each; what has no name any more is left out."""
    lines = []
    for kind, word in KINDS.items():
        items = [item for here, item in found if here is kind and item.name]
        if items:
            lines.append(Lines(word, tuple(sorted(items, key=lambda item: item.name.casefold()))))
    return tuple(lines)


def only(chosen: Collection[str]) -> Wants:
    """A restore of what was ticked."""
    return lambda thing: _key(thing) in chosen


def _item(thing: Hanging, chosen: Collection[str] | None) -> Item:
    key = "" if thing.through or thing.kind is Kind.OWNED else _key(thing)
    return Item(thing.name or "", key=key, chosen=chosen is None or key in chosen)


def _key(thing: Hanging) -> str:
    return f"{thing.kind.value}:{thing.target_id}:{thing.detail}"
