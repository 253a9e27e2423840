"""``vestibule audit``: whether the log is what was signed, carrying it out of the house, and another key for it."""

import asyncio
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from vestibule.actions import exported_log, exporting_log, proving_log, sealing
from vestibule.actions.exported_log import NoExport, Witnessed
from vestibule.actions.proving_log import Proof
from vestibule.commands import common, exporting_audit
from vestibule.commands.common import AsJson, Failure
from vestibule.commands.exporting_audit import Wanted
from vestibule.ground.clock import iso
from vestibule.ground.cosignatures import WitnessKey
from vestibule.ground.signed_notes import BadNote, Verifier
from vestibule.program import Program
from vestibule.rules.witnesses import Cosigned

commands = typer.Typer(no_args_is_help=True, help="The audit log: verify, export, rotate-key.")

SHOWN: Final = 20
"""So many findings are listed of one log; the first one says where to begin to look."""

_Proofs = list[tuple[str, Proof]]


@commands.callback()
def about() -> None:
    """The audit log: verify, export, rotate-key."""


commands.command("export")(exporting_audit.export)


@commands.command("verify")
def verify(
    organization: Wanted = None,
    from_: Annotated[
        Path | None, typer.Option("--from", help="Check an exported log in this folder; needs no database.")
    ] = None,
    key: Annotated[
        list[str] | None, typer.Option("--key", help="A verifier key to believe, as `audit verify` shows it.")
    ] = None,
    checkpoint: Annotated[
        list[Path] | None, typer.Option("--checkpoint", help="With --from: a checkpoint you kept; the log begins so.")
    ] = None,
    witness: Annotated[
        list[str] | None,
        typer.Option("--witness", help="With --from: a verifier key of a witness who has to cosign."),
    ] = None,
    quorum: Annotated[
        int | None, typer.Option("--quorum", min=1, help="With --witness: so many of them are enough. Default: all.")
    ] = None,
    up_to: Annotated[
        int | None,
        typer.Option("--up-to", min=1, help="With --witness: so many events have to be cosigned. Default: all."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Look at every sealed event again. Ends with status 1 and the first bad place when something was changed."""
    if from_ is not None and organization is not None:
        common.misused("--from looks at the log of one organization; leave --organization out")
    if from_ is None and (key or checkpoint or witness):
        common.misused("--key, --checkpoint and --witness belong to --from; in the house, its own are asked")
    wanted = _witnessed(witness or [], quorum, up_to)
    proofs, keys = (
        _verify_house(organization) if from_ is None else _verify_folder(from_, key or [], checkpoint or [], wanted)
    )
    common.show(_as_json(proofs, keys), (line for one in proofs for line in _lines(*one)), as_json=as_json)
    bad = [(name, proof.findings[0]) for name, proof in proofs if proof.findings]
    if bad:
        name, first = bad[0]
        common.stop(f"the audit log of {name} is not what was signed; first at place {first.place}: {first.why}")
    if from_ is not None and not key:
        common.tell("checked with the keys in the folder itself: it fits together; --key says whose it is")


def _witnessed(keys: list[str], quorum: int | None, up_to: int | None) -> Witnessed:
    if not keys and (quorum is not None or up_to is not None):
        common.misused("--quorum and --up-to say how much the witnesses have to cosign; name each with --witness")
    if quorum is not None and quorum > len(set(keys)):
        common.misused(f"--quorum {quorum} is more than the {len(set(keys))} that --witness names")
    return common.attempt(partial(_read_witnesses, keys, quorum, up_to))


def _read_witnesses(keys: list[str], quorum: int | None, up_to: int | None) -> Witnessed:
    try:
        found = list(dict.fromkeys(WitnessKey.parse(one) for one in keys))
    except BadNote as bad:
        raise Failure(f"--witness: {bad}") from bad
    return Witnessed(found, quorum, up_to)


@commands.command("rotate-key")
def rotate_key(as_json: AsJson = False) -> None:
    """Let a new key sign. The private half of the one before is destroyed; its public half stays for good."""

    async def work(program: Program) -> str:
        return str(await sealing.rotate(program.house))

    new = common.perform(work)
    said = f"the audit logs are signed with {new} from now on; keep it beside the keys that you kept"
    common.show({"key": new}, [said], as_json=as_json)


def _verify_house(organization: str | None) -> tuple[_Proofs, list[str]]:
    async def work(program: Program) -> tuple[_Proofs, list[str]]:
        keys = [str(one) for one in await sealing.verifiers(program.house)]
        proofs = [
            (one.display_name, await proving_log.verify(program.house, one.tenant_id))
            for one in await exporting_audit.wanted(program, organization)
        ]
        return proofs, keys

    return common.perform(work)


def _verify_folder(
    folder: Path, keys: list[str], checkpoints: list[Path], witnessed: Witnessed
) -> tuple[_Proofs, list[str]]:
    """The log in a folder; or one in each folder inside it, as an export of every organization has them."""

    async def work(trusted: list[Verifier], older: list[str]) -> _Proofs:
        found = [await exported_log.verify(one, trusted, older, witnessed) for one in _logs_in(folder)]
        return [(proof.tenant_id, proof) for proof in found]

    def run() -> _Proofs:
        try:
            older = [one.read_text(encoding="utf-8") for one in checkpoints]
            return asyncio.run(work([Verifier.parse(one) for one in keys], older))
        except (NoExport, BadNote) as bad:
            raise Failure(str(bad)) from bad

    return common.attempt(run), keys


def _logs_in(folder: Path) -> list[Path]:
    inside = sorted(one for one in folder.iterdir() if one.is_dir()) if folder.is_dir() else []
    several = [one for one in inside if (one / exporting_log.STATEMENT).exists()]
    return several if several and not (folder / exporting_log.STATEMENT).exists() else [folder]


def _lines(name: str, proof: Proof) -> list[str]:
    waiting = f", {proof.waiting} not sealed yet" if proof.waiting else ""
    cosigned = [_cosigned(one) for one in proof.cosigned]
    if not proof.findings:
        return [f"{name}: {proof.size} events as they were signed{waiting}", *cosigned]
    found = [f"{name}: {proof.size} events{waiting}", *cosigned]
    found += [f"  place {finding.place}: {finding.why}" for finding in proof.findings[:SHOWN]]
    left = len(proof.findings) - SHOWN
    return [*found, f"  and {left} more"] if left > 0 else found


def _cosigned(one: Cosigned) -> str:
    if one.at is None:
        return f"  not cosigned by {one.witness}"
    return f"  {one.size} events cosigned by {one.witness} at {one.at:%Y-%m-%d %H:%M:%S} UTC"


def _as_json(proofs: _Proofs, keys: list[str]) -> dict[str, Any]:
    return {
        "verified": not any(proof.findings for _, proof in proofs),
        "keys": keys,
        "logs": [
            {
                "organization": name,
                "tenantId": proof.tenant_id,
                "size": proof.size,
                "waiting": proof.waiting,
                "witnesses": [
                    {"name": one.witness, "size": one.size, "at": None if one.at is None else iso(one.at)}
                    for one in proof.cosigned
                ],
                "findings": [{"place": found.place, "why": found.why} for found in proof.findings],
            }
            for name, proof in proofs
        ],
    }
