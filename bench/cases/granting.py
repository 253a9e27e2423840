"""The token endpoint: an app's own tokens, and refresh tokens that are rotated and kept."""

import json
from urllib.parse import urlencode

from bench import checks, load
from bench.cases.reading import yardstick_by_pgbench
from bench.load import Plan, Report
from bench.people import PASSWORD
from bench.rounds import Contestant, How, Round, interleave, line, of_report, with_cpu
from bench.stand import SQLITE, Stand
from bench.table import Line
from bench.yardsticks import by_hand, pgbench, rows
from vestibule.rules.grants import GRAPH_HOST

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_SCOPE = "openid offline_access User.Read"


def measure_token(stand: Stand, how: How) -> list[Line]:
    """Client credentials with a secret, each time with a new token signed ES256, the app read from the database."""
    app = stand.cast.tools
    assert app.secret is not None, "a confidential app has a secret"
    form = {
        "grant_type": "client_credentials",
        "client_id": app.app.client_id,
        "client_secret": app.secret.text,
        "scope": f"{GRAPH_HOST}/.default",
    }
    plan = Plan(
        stand.port, [load.post(_at(stand.cast.host.tenant_id), _FORM, _encoded(form))], how.seconds, how.connections
    )
    task = by_hand.Task("", "sign", "", how.seconds, [])
    yardsticks: dict[str, Contestant] = {
        "ES256 signatures, one core": lambda _number: of_report(by_hand.run(task, stand.folder)),
    }
    return _measure("token", stand, how, plan, yardsticks)


def measure_refresh(stand: Stand, how: How) -> list[Line]:
    """Each connection trades its refresh token for the next one, again and again; the old one is dead at once."""
    tokens = _signed_in(stand, how.connections)
    plan = Plan(
        stand.port, [_refresh(stand, token) for token in tokens], how.seconds, how.connections, follows="refresh_token"
    )
    chain = _Chain(stand, plan)
    found = {"refresh_token": rows.find(stand, "refresh_token", "used_at IS NULL LIMIT 1")}
    tenant_id = stand.cast.home.tenant_id
    if stand.kind == SQLITE:
        hand = by_hand.Rotation(stand, tenant_id, how.seconds, found)
        yardsticks: dict[str, Contestant] = {"SQL by hand, a commit each": lambda _number: of_report(hand.run())}
    else:
        script = pgbench.rotation(found)
        yardsticks = {
            "pgbench": yardstick_by_pgbench(script, stand, how, begin=pgbench.first_tokens(found, how.connections))
        }
    before = _rotated(stand)
    lines = _measure("refresh", stand, how, plan, yardsticks, run=chain.run)
    used = _rotated(stand) - before
    if used != chain.good:
        raise checks.Lost(f"{chain.good} refresh tokens were rotated, but {used} are marked as used")
    return lines


class _Chain:
    """Runs the plan round by round, each connection going on with the token that it was given last."""

    def __init__(self, stand: Stand, plan: Plan) -> None:
        self._stand, self._plan = stand, plan
        self.good = 0

    def run(self) -> Report:
        report = load.run(self._plan, self._stand.folder)
        self._plan = Plan(
            self._plan.port, report.next, self._plan.seconds, self._plan.connections, follows=self._plan.follows
        )
        self.good += report.good
        return report


def _measure(
    case: str, stand: Stand, how: How, plan: Plan, yardsticks: dict[str, Contestant], run: object = None
) -> list[Line]:
    answer = run if callable(run) else lambda: load.run(plan, stand.folder)

    def ours(_number: int) -> Round:
        round_, report = with_cpu(stand, answer)
        checks.load_was_clean(report)
        return round_

    done = interleave({case: ours, **yardsticks}, how)
    checks.durability(stand)
    return [line(case, stand, done[case], name, done[name]) for name in yardsticks]


def _at(tenant_id: str) -> str:
    return f"/{tenant_id}/oauth2/v2.0/token"


def _encoded(form: dict[str, str]) -> bytes:
    return urlencode(form).encode()


def _refresh(stand: Stand, token: str) -> bytes:
    form = {"grant_type": "refresh_token", "client_id": stand.cast.companion.app.client_id, "refresh_token": token}
    return load.post(_at(stand.cast.home.tenant_id), _FORM, _encoded(form | {"scope": _SCOPE}))


def password_form(stand: Stand, number: int, password: str) -> bytes:
    """A sign-in by name and password."""
    form = {
        "grant_type": "password",
        "client_id": stand.cast.companion.app.client_id,
        "username": f"person{number}@{stand.cast.home.domain}",
        "password": password,
        "scope": _SCOPE,
    }
    return _encoded(form)


def by_password(stand: Stand, number: int, password: str, network: str) -> bytes:
    """The whole request, as it comes from somewhere in the network behind our proxy."""
    headers = _FORM | {"X-Forwarded-For": network}
    return load.post(_at(stand.cast.home.tenant_id), headers, password_form(stand, number, password))


def _signed_in(stand: Stand, count: int) -> list[str]:
    """The first refresh tokens of so many people, who sign in by password."""
    asked = [load.post(_at(stand.cast.home.tenant_id), _FORM, password_form(stand, n, PASSWORD)) for n in range(count)]
    report = load.run(Plan(stand.port, asked, 60, 2, once=True), stand.folder)
    checks.load_was_clean(report)
    return [str(json.loads(body)["refresh_token"]) for _, body in report.answers]


def _rotated(stand: Stand) -> int:
    return int(checks.rows(stand, "SELECT count(*) FROM refresh_token WHERE used_at IS NOT NULL")[0][0])
