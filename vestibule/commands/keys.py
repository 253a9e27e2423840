"""Commands about the signing keys: list, rotate, retire."""

from typing import Annotated, Any

import typer

from vestibule.actions import rotating_keys
from vestibule.actions.rotating_keys import Described
from vestibule.commands import common
from vestibule.commands.common import AsJson, Failure
from vestibule.ground.clock import iso
from vestibule.program import Program
from vestibule.rules.refusals import Reason, Refused

commands = typer.Typer(no_args_is_help=True, help="Signing keys: list, rotate, retire.")


@commands.command("list")
def list_all(as_json: AsJson = False) -> None:
    """The keys that tokens are signed with: the next ones, those that sign, and those that only verify."""

    async def work(program: Program) -> list[Described]:
        return await rotating_keys.everything(program.house)

    _show(common.perform(work), as_json=as_json)


@commands.command("rotate")
def rotate(
    publish_first: Annotated[
        bool, typer.Option("--publish-first", help="The new keys are published now and sign in two days.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a new key of each kind. It signs at once; what the last one signed stays good until it ends."""

    async def work(program: Program) -> list[Described]:
        return await rotating_keys.rotate(program.house, publish_first=publish_first)

    _show(common.perform(work), as_json=as_json)


@commands.command("retire")
def retire(
    kid: Annotated[str, typer.Argument(help="The key's id, as `vestibule key list` shows it.")], as_json: AsJson = False
) -> None:
    """Take a key away for good. Refused while something that it signed can be alive."""

    async def work(program: Program) -> None:
        try:
            await rotating_keys.retire(program.house, kid)
        except Refused as refused:
            raise Failure(_sentence(refused, kid)) from refused

    common.perform(work)
    common.show({"kid": kid, "retired": True}, [f"key {kid} is gone"], as_json=as_json)


def _sentence(refused: Refused, kid: str) -> str:
    if refused.reason is Reason.NOT_FOUND:
        return f"there is no key {kid}; `vestibule key list` shows them"
    until, state = refused.facts.get("until"), refused.facts.get("state")
    if until is None:
        return f"key {kid} is {state}; `vestibule key rotate` puts another in its place first"
    return f"key {kid} is {state}: tokens that it signed can live until {until}"


def _show(found: list[Described], *, as_json: bool) -> None:
    rows = [(one.kid, one.alg, one.state.value, iso(one.signs_from), _until(one)) for one in found]
    common.show_table(
        [_as_json(one) for one in found],
        ("KEY", "ALGORITHM", "STATE", "SIGNS FROM", "NEEDED UNTIL"),
        rows,
        as_json=as_json,
    )


def _as_json(one: Described) -> dict[str, Any]:
    return {
        "kid": one.kid,
        "alg": one.alg,
        "state": one.state.value,
        "createdAt": iso(one.created_at),
        "signsFrom": iso(one.signs_from),
        "signsUntil": None if one.signs_until is None else iso(one.signs_until),
        "neededUntil": None if one.needed_until is None else iso(one.needed_until),
    }


def _until(one: Described) -> str:
    return "" if one.needed_until is None else iso(one.needed_until)
