"""What surrounds a page: whose service it is, who is signed in, and how this reader wants to see it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar, Final

from vestibule.doors.web.words import Words

_NO_VALUES: Final[Mapping[str, object]] = MappingProxyType({})


class Display(StrEnum):
    """Light or dark; ``system`` follows the device."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class Site:
    """The service as a whole.

    Attributes:
        product: the name in the banner and in titles.
        operator: the organization that runs the service, for the footer; empty when it is not named.
        privacy_url: what the service keeps and why.
        help_url: how things are done here.
    """

    product: str = "Vestibule"
    operator: str = ""
    privacy_url: str = "/privacy"
    help_url: str = "/help"


@dataclass(frozen=True, slots=True)
class SwitchTarget:
    """An organization the account menu can switch to."""

    tenant_id: str
    name: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """Who is signed in.

    Attributes:
        name: the person's display name.
        email: the address shown under it.
        organization: display name of the organization the person is signed in to; empty when there is none.
        switch_to: the organizations of the switcher, the current one among them.
        administrator: the person holds an admin role in the current organization.
    """

    name: str
    email: str
    organization: str = ""
    switch_to: tuple[SwitchTarget, ...] = ()
    administrator: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """Everything around one page.

    Attributes:
        words: the language the page is in.
        path: the address the page can be asked for again with GET, without its query.
        now: the present moment, for what is counted from it.
        query: the query of that address, kept when the language changes.
        form_token: goes into every form of the page.
        account: who is signed in; None before sign-in.
        display: light, dark or as the system.
        shortcuts: single keys act in the Admin center.
        site: the service.
        ask_after: the seconds after which our script asks whether the session is about to end; None without one.
    """

    words: Words
    path: str
    now: datetime
    query: tuple[tuple[str, str], ...] = ()
    form_token: str = ""
    account: Account | None = None
    display: Display = Display.SYSTEM
    shortcuts: bool = True
    site: Site = field(default_factory=Site)
    ask_after: int | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a form that has to be put right.

    Attributes:
        message: the sentence, as the catalog knows it (marked with ``N_``).
        at: name of the field it is about; empty when it is about the whole form.
        values: what fills the sentence's placeholders.
    """

    message: str
    at: str = ""
    values: Mapping[str, object] = field(default_factory=lambda: _NO_VALUES)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The base of all view models: what one page shows, with the template that shows it.

    Attributes:
        problems: what has to be put right; shown first, with links to the fields.
    """

    template: ClassVar[str]
    problems: tuple[Problem, ...] = ()

    @property
    def wrong(self) -> bool:
        """A form was sent and did not do what it is for; the title says so."""
        return bool(self.problems)

    def problem_at(self, name: str) -> Problem | None:
        """The first problem of a field, to be repeated beside it."""
        return next((problem for problem in self.problems if problem.at == name), None)
