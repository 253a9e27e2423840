"""*Verify log*: every sealed event of the organization is looked at again; a long log in the background."""

import json
from typing import Final

from starlette.responses import Response

from vestibule.actions import proving_log
from vestibule.actions.jobs import VERIFY
from vestibule.actions.proving_log import Proof
from vestibule.doors.portal.admin import exports, paths
from vestibule.doors.portal.admin.exports import Sink
from vestibule.doors.portal.admin.gate import Admin
from vestibule.doors.portal.admin.said import Said, say
from vestibule.doors.web.words import N_, NN_
from vestibule.store import audit_log

AT_ONCE: Final = 20_000
"""A log that has no more events is looked at while the browser waits, for about a second."""
WHOLE: Final = NN_("The log is complete: {n} event checked.", "The log is complete: {n} events checked.")
CHANGED: Final = N_("The log was changed at position {n}.")


async def verify(admin: Admin) -> Response:
    """Look at the log, and say on the page of the logs what was found; or begin to look, and lead to how far it is."""
    await admin.visit.form(tenant_id=admin.tenant_id)
    head = await audit_log.head(admin.reading, admin.tenant_id)
    if head is not None and head.size > AT_ONCE:
        return await exports.begin(admin, VERIFY, head.size, {"filters": ""})
    say(admin.visit, _said(await proving_log.verify(admin.visit.house, admin.tenant_id)))
    return admin.visit.redirect(paths.AUDIT_LOGS)


async def check(admin: Admin) -> Response:
    """The whole of it, as the step of a job; what is wrong is written down, the first place first."""
    proof = await proving_log.verify(admin.visit.house, admin.tenant_id)
    wrong = [{"name": str(one.place), "why": one.why} for one in proof.findings]
    sink = admin.visit.sink
    assert isinstance(sink, Sink), "only a job looks at a log this way"
    sink.keep(json.dumps(wrong[:1]) if wrong else "", proof.size, None, failed=min(1, len(wrong)))
    return Response()


def _said(proof: Proof) -> Said:
    if proof.findings:
        return Said(CHANGED, n=proof.findings[0].place, wrong=True)
    return Said(WHOLE[0], many=WHOLE[1], n=proof.size)
