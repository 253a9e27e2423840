"""How far somebody is who follows what changes: ``$deltatoken``, ``$skiptoken`` and their links.

A token holds the question (which properties, which objects) and the place in the order of commits, under the same mac
as page tokens. So a caller repeats nothing, and cannot look at places that it was not given. It is good for seven
days of lifecycle time, as Graph's tokens for directory objects are.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from vestibule.doors.graph.errors import GraphError, invalid
from vestibule.doors.graph.odata.paging import SkipTokens, next_link
from vestibule.ground.clock import from_us, to_us
from vestibule.store.feed import BEGINNING, Window

LIFE: Final = timedelta(days=7)
OBJECTS: Final = 0
MEMBERS: Final = 1
"""What is told of at the moment: objects first, then who came into them and went out of them."""

_PARTS: Final = 9


@dataclass(frozen=True, slots=True)
class Progress:
    """How far somebody is.

    Attributes:
        feed: the order of commits that places belong to.
        window: what this round tells of.
        stage: OBJECTS or MEMBERS. after: behind which one to go on; None at the beginning of the stage.
        begun: when the round began, lifecycle time.
        select: the properties to tell; None for the default ones. ids: only these objects; None for all.
    """

    feed: str
    window: Window
    begun: datetime
    stage: int = OBJECTS
    after: tuple[int | str, str] | None = None
    select: tuple[str, ...] | None = None
    ids: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Followers:
    """Makes and opens the tokens of one organization for one list.

    Attributes:
        tokens: seals them. tenant_id: the organization. address: where the list is, absolute.
        question: what the list is, for the seal.
    """

    tokens: SkipTokens
    tenant_id: str
    address: str
    question: str

    def next_page(self, progress: Progress) -> str:
        """The address of the rest of this round."""
        return next_link(self.address, (), self._seal(progress))

    def next_round(self, progress: Progress, now: datetime) -> str:
        """The address under which everything will be told that changed after this round."""
        until = progress.window.until
        later = replace(progress, window=Window(until, until), begun=now, stage=OBJECTS, after=None)
        return next_link(self.address, (), self._seal(later), name="$deltatoken")

    def open(self, token: str, feed: str, until: int, now: datetime, *, new_round: bool) -> Progress:
        """Go on where a token says.

        Args:
            token: as it came. feed, until: what ``feed.horizon`` says now. now: lifecycle time.
            new_round: it is a ``$deltatoken``, so that everything up to ``until`` is told of.

        Raises GraphError: 400 for a token that we did not make for this list, 410 for one that is too old.
        """
        parts = self.tokens.open(token, tenant_id=self.tenant_id, question=self.question)
        found = _progress(parts)
        if (found.window.since == found.window.until) is not new_round:
            raise invalid("The specified page token value is not valid here or has expired.")
        gone = found.feed != feed or found.window.until > until or now - found.begun > LIFE
        if gone:
            raise self._gone(found)
        return replace(found, window=Window(found.window.since, until), begun=now) if new_round else found

    def _gone(self, progress: Progress) -> GraphError:
        question = [("$select", progress.select), ("$filter", progress.ids)]
        again = [
            (name, " or ".join(f"id eq '{one}'" for one in asked) if name == "$filter" else ",".join(asked))
            for name, asked in question
            if asked is not None
        ]
        return GraphError(
            410,
            "syncStateNotFound",
            "The delta token is too old or from before a restored backup. Begin again at the address in Location.",
            headers={"Location": next_link(self.address, again, None)},
        )

    def _seal(self, progress: Progress) -> str:
        first, second = progress.after or (None, None)
        return self.tokens.seal(
            (
                progress.feed,
                progress.window.since,
                progress.window.until,
                progress.stage,
                first,
                second,
                to_us(progress.begun),
                _joined(progress.select),
                _joined(progress.ids),
            ),
            tenant_id=self.tenant_id,
            question=self.question,
        )


def beginning(feed: str, until: int, now: datetime, *, from_now: bool = False) -> Progress:
    """The first round: everything that is there, or nothing but what changes ``from_now`` on."""
    return Progress(feed, Window(until if from_now else BEGINNING, until), now)


def _progress(parts: tuple[object, ...]) -> Progress:
    """What a token of ours says; its seal has been looked at."""
    if len(parts) != _PARTS:
        raise invalid("The specified page token value is not valid here or has expired.")
    feed, since, until, stage, first, second, begun, select, ids = parts
    return Progress(
        feed=str(feed),
        window=Window(int(str(since)), int(str(until))),
        begun=from_us(int(str(begun))),
        stage=int(str(stage)),
        after=None if not isinstance(first, int | str) else (first, str(second)),
        select=_split(select),
        ids=_split(ids),
    )


def _joined(names: tuple[str, ...] | None) -> str | None:
    return None if names is None else ",".join(names)


def _split(text: object) -> tuple[str, ...] | None:
    return None if text is None else tuple(part for part in str(text).split(",") if part)
