"""Commands about signed receipts and certificates: check one, and the keys that sign them."""

import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from vestibule.actions import proving_receipts, receipt_keys
from vestibule.actions.proving_receipts import LARGEST, Keys, NotProven, Proven
from vestibule.commands import common
from vestibule.commands.common import AsJson, Failure
from vestibule.program import Program
from vestibule.rules.certificates import RECEIPT_TYPE

commands = typer.Typer(no_args_is_help=True, help="Signed receipts and certificates: verify, keys, rotate-key.")


@commands.command("verify")
def verify(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="The signed receipt or certificate; - for standard input.")
    ],
    key: Annotated[
        str | None,
        typer.Option(
            "--key",
            metavar="FILE",
            help="The published public keys (JWK set). Then nothing else is needed, neither a database nor a network.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check a signed receipt or certificate. Ends with status 1 and the reason when it cannot be believed."""
    text = common.attempt(lambda: _read(file))
    found, source = common.attempt(lambda: _keys(key))
    try:
        proven = proving_receipts.prove(text, found)
    except NotProven as why:
        common.stop(f"{_name(file)} cannot be believed: {why}")
    told = {"verified": True, "type": proven.typ, "kid": proven.kid, "keysFrom": source, "claims": proven.claims}
    common.show(told, _lines(proven, source), as_json=as_json)


@commands.command("keys")
def keys(as_json: AsJson = False) -> None:
    """The public keys that receipts and certificates are checked with; --json prints them as a JWK set."""

    async def work(program: Program) -> dict[str, list[dict[str, Any]]]:
        return await receipt_keys.published(program.house)

    found = common.perform(work)
    rows = [(one["kid"], one["alg"], one.get("name", "receipts and certificates")) for one in found["keys"]]
    if as_json:
        common.show(found, (), as_json=True)
    else:
        common.show_table(None, ("Key", "Algorithm", "Signs"), rows, as_json=False)


@commands.command("rotate-key")
def rotate_key(as_json: AsJson = False) -> None:
    """Let a new key sign. The private half of the one before is destroyed; its public half stays for good."""

    async def work(program: Program) -> dict[str, Any]:
        return await receipt_keys.rotate(program.house)

    new = common.perform(work)
    common.show(new, [f"receipts and certificates are signed with {new['kid']} from now on"], as_json=as_json)


def _read(file: str) -> str:
    octets = sys.stdin.buffer.read(LARGEST + 1) if file == "-" else Path(file).read_bytes()[: LARGEST + 1]
    try:
        return octets.decode("ascii")
    except UnicodeDecodeError:
        raise Failure(f"{_name(file)} cannot be believed: it is no signed receipt or certificate") from None


def _name(file: str) -> str:
    return "standard input" if file == "-" else file


def _keys(key: str | None) -> tuple[Keys, str]:
    """The keys, and in words where they are from."""
    try:
        if key is not None:
            return proving_receipts.read_keys(Path(key).read_bytes()), key
        known = common.settings()
        try:
            common.insist_on_database(known)
        except Failure as none:
            raise Failure(
                f"there are no keys to check it with: name a file of public keys with --key, as whoever signed it "
                f"publishes them at {receipt_keys.ADDRESS} ({none})"
            ) from None
        return proving_receipts.read_keys(common.perform(_published, at=known)), "this deployment"
    except NotProven as why:
        raise Failure(f"{key or 'this deployment'}: {why}") from None


async def _published(program: Program) -> bytes:
    return msgspec.json.encode(await receipt_keys.published(program.house))


def _lines(proven: Proven, source: str) -> list[str]:
    claims = proven.claims
    receipt = proven.typ == RECEIPT_TYPE
    place = claims["organization"]
    told = {
        "Reference": claims.get("reference"),
        "Organization": f"{place['displayName']} ({place['domain']}, {place['id']})",
        "Kind": claims["kind"],
        "Left on": claims.get("leftAt"),
        "Can be restored until": claims.get("restorableUntil"),
        "Permanently deleted on": claims.get("permanentlyDeletedAt"),
        "Data removed by": claims["dataRemovedBy"],
        "Data removed on": claims.get("dataRemovedAt"),
        "Signed by": claims["iss"],
    }
    what = "a receipt of a leave" if receipt else "a certificate of a data removal"
    lines = [f"genuine: {what}", f"signed with the key {proven.kid}, found in: {source}", *common.shown(told)]
    if claims.get("emulator") is True:
        lines.append("It comes from an emulator: its times are not real.")
    return lines if receipt else [*lines, *_more(claims)]


def _more(claims: dict[str, Any]) -> list[str]:
    log = claims["log"]
    lines = [f"In the audit log {log['origin']}: event {log['index'] + 1} of {log['treeSize']}", "Removed:"]
    lines += [f"  {one['what']}: {one['count']}" for one in claims["removed"] if one["count"]]
    lines += [f"  {one['what']}: {one['how']}" for one in claims["removed"] if one["count"] is None]
    lines.append("Recipients:" if claims["recipients"] else "Recipients: none is known")
    lines += [f"  {one['displayName']}: {one['answer'] or one['state']}" for one in claims["recipients"]]
    if claims["furtherRecipients"]:
        lines.append(f"  and {claims['furtherRecipients']} more")
    return [*lines, "Kept:", *(f"  {one['what']} ({one['ground']}; {one['until']})" for one in claims["kept"])]
