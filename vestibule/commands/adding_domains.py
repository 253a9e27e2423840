"""A command about an organization's domains: the operator's word that one is theirs."""

from typing import Annotated, Any

import typer

from vestibule.actions import organizing
from vestibule.commands import common, naming
from vestibule.commands.common import AsJson
from vestibule.program import Program
from vestibule.rules.actors import operator


def add_domain(
    organization: Annotated[str, typer.Argument(help="Its id or a domain.")],
    domain: Annotated[str, typer.Argument(help="The domain, once its owner has proven it to you.")],
    as_json: AsJson = False,
) -> None:
    """Add a domain to an organization, verified by your word; a claim to it is settled with that."""

    async def work(program: Program) -> dict[str, Any]:
        found = await naming.organization(await program.house.store.read(), organization)
        made = await organizing.add_domain(program.house, tenant_id=found.tenant_id, name=domain, by=operator())
        return {"domain": made.name, "tenantId": made.tenant_id}

    value = common.perform(work)
    common.show(value, common.shown(value), as_json=as_json)
