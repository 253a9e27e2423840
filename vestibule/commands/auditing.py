"""Commands about the audit log: whether it is what was signed."""

from typing import Annotated, Any, Final

import typer

from vestibule.actions import proving_log, sealing
from vestibule.actions.proving_log import Proof
from vestibule.commands import common, naming
from vestibule.commands.common import AsJson
from vestibule.program import Program
from vestibule.store import organizations
from vestibule.store.organizations import Organization

commands = typer.Typer(no_args_is_help=True, help="The audit log: verify.")

SHOWN: Final = 20
"""So many findings are listed of one log; the first one says where to begin to look."""

_Proofs = list[tuple[Organization, Proof]]
_Wanted = Annotated[
    str | None, typer.Option("--organization", "-o", help="The organization: its id or a domain. Default: every one.")
]


@commands.callback()
def about() -> None:
    """The audit log: verify."""


@commands.command("verify")
def verify(organization: _Wanted = None, as_json: AsJson = False) -> None:
    """Look at every sealed event again. Ends with status 1 and the first bad place when something was changed."""

    async def work(program: Program) -> tuple[_Proofs, list[str]]:
        keys = [str(one) for one in await sealing.verifiers(program.house)]
        return [(one, await proving_log.verify(program.house, one.tenant_id)) for one in await _of(program)], keys

    async def _of(program: Program) -> list[Organization]:
        reading = await program.house.store.read()
        if organization is not None:
            return [await naming.organization(reading, organization)]
        return await organizations.everyone(reading)

    proofs, keys = common.perform(work)
    common.show(_as_json(proofs, keys), (line for one in proofs for line in _lines(*one)), as_json=as_json)
    bad = [(one, proof.findings[0]) for one, proof in proofs if proof.findings]
    if bad:
        one, first = bad[0]
        common.stop(
            f"the audit log of {one.display_name} is not what was signed; first at place {first.place}: {first.why}"
        )


def _lines(one: Organization, proof: Proof) -> list[str]:
    waiting = f", {proof.waiting} not sealed yet" if proof.waiting else ""
    if not proof.findings:
        return [f"{one.display_name}: {proof.size} events as they were signed{waiting}"]
    found = [f"{one.display_name}: {proof.size} events{waiting}"]
    found += [f"  place {finding.place}: {finding.why}" for finding in proof.findings[:SHOWN]]
    left = len(proof.findings) - SHOWN
    return [*found, f"  and {left} more"] if left > 0 else found


def _as_json(proofs: _Proofs, keys: list[str]) -> dict[str, Any]:
    return {
        "verified": not any(proof.findings for _, proof in proofs),
        "keys": keys,
        "logs": [
            {
                "organization": one.display_name,
                "tenantId": one.tenant_id,
                "size": proof.size,
                "waiting": proof.waiting,
                "findings": [{"place": found.place, "why": found.why} for found in proof.findings],
            }
            for one, proof in proofs
        ],
    }
