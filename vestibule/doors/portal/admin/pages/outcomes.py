"""The result of an act on several users: each with what became of it, whatever became of the others."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import ClassVar, Final

from vestibule.doors.web.frame import View
from vestibule.rules.refusals import Reason, Refused
from vestibule.store.users import User

_DONE: Final[AbstractSet[Reason | None]] = frozenset({None})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one user: the sentence of the catalog."""

    name: str
    sentence: str
    done: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomesPage(View):
    """The result of an act on several users; ``title`` is a sentence of the catalog."""

    template: ClassVar[str] = "portal/admin/outcomes.html"
    title: str
    outcomes: tuple[Outcome, ...]
    back_url: str
    back_name: str


async def outcomes_of(
    act: Callable[[User], Awaitable[object]],
    found: Sequence[User],
    sentences: Mapping[Reason | None, str],
    otherwise: str,
    *,
    done: AbstractSet[Reason | None] = _DONE,
) -> tuple[Outcome, ...]:
    """Do something to one user after the other; who is refused holds up nobody else.

    Args:
        act: what is done to each. found: to whom.
        sentences: what is said by the reason of a refusal, None for none; ``otherwise`` for any other reason.
        done: the reasons that leave the user as they were to be.
    """
    outcomes = []
    for user in found:
        reason: Reason | None = None
        try:
            await act(user)
        except Refused as refused:
            reason = refused.reason
        sentence = sentences.get(reason, otherwise)
        outcomes.append(Outcome(user.profile.display_name, sentence, done=reason in done))
    return tuple(outcomes)
