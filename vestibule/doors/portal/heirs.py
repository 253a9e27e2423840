"""Who owns from now on what somebody owned alone, as the forms of leaving and deleting send it."""

from collections.abc import Mapping
from typing import Final

from vestibule.doors.web.frame import Problem
from vestibule.doors.web.words import N_
from vestibule.rules import names

FIELD: Final = "heir-"
"""With the id of the thing behind it: the name of its field."""

HEIR_GONE: Final = Problem(N_("What you own, or who takes it over, has changed. Choose again."), at="heirs")


def heirs_in(form: Mapping[str, str]) -> dict[str, str]:
    """The new owners that were chosen, by the id of the thing; nothing for what goes to nobody."""
    return {
        name.removeprefix(FIELD): user_id
        for name, value in form.items()
        if name.startswith(FIELD) and names.guid(name.removeprefix(FIELD)) and (user_id := names.guid(value))
    }
