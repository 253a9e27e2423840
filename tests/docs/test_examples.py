"""The shell blocks of ``docs/emulator.md`` and the Python block of the README run against a demo that really serves."""

import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.ports import free_port
from tests.support.wanted import Missing, find_program

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
START_S = 120.0


@dataclass(frozen=True)
class Demo:
    """A running demo: its folder, and the ports of https and http."""

    folder: Path
    port: int
    plain_port: int

    @property
    def facts(self) -> dict[str, Any]:
        """What ``demo.json`` says."""
        found: dict[str, Any] = json.loads((self.folder / "demo.json").read_text())
        return found

    def here(self, text: str) -> str:
        """An example with this demo's folder and ports instead of the usual ones."""
        text = text.replace("localhost:8080", f"localhost:{self.plain_port}").replace("var/demo", str(self.folder))
        return text.replace("localhost:8443", f"localhost:{self.port}")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo of its own, served until the module's tests have run."""
    if find_program("curl") is None:
        pytest.skip(str(Missing("curl")))
    made = Demo(tmp_path_factory.mktemp("demo"), free_port(), free_port())
    command = [sys.executable, "-m", "vestibule.demo", "--data", str(made.folder)]
    command += ["--port", str(made.port), "--http-port", str(made.plain_port)]
    with (made.folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=_environment(), stdout=log, stderr=log)
        try:
            _wait(made, process)
            yield made
        finally:
            process.send_signal(signal.SIGTERM)
            status = process.wait(timeout=20)
    assert status == 0, (made.folder / "log").read_text()


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VESTIBULE_")}
    return kept | {"PATH": f"{BIN}{os.pathsep}{kept.get('PATH', '')}"}


def _wait(made: Demo, process: "subprocess.Popen[bytes]") -> None:
    ends = time.monotonic() + START_S
    while time.monotonic() < ends and process.poll() is None:
        with suppress(OSError), urllib.request.urlopen(f"http://localhost:{made.plain_port}/readyz", timeout=2):
            return
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.1)
    pytest.fail(f"the demo does not serve: {(made.folder / 'log').read_text()}")


def _blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", (ROOT / page).read_text(), flags=re.MULTILINE | re.DOTALL)


def _run(demo: Demo, script: str) -> str:
    """What a script printed. Curl fails where the example does not ask for the status itself."""
    curl = 'curl() { case " $* " in *" -w "*) command curl "$@";; *) command curl --fail-with-body "$@";; esac; }\n'
    whole = f"set -euo pipefail\n{curl}{demo.here(script)}"
    done = subprocess.run(
        ["bash", "-c", whole], cwd=ROOT, env=_environment(), capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def _verbs(answer: str) -> set[str]:
    return {one["verb"] for one in json.loads(answer)["done"]}


def test_the_blocks_of_the_emulator_run_one_after_another(demo: Demo) -> None:
    ready, month, alone, mail, faults, reset = _blocks("docs/emulator.md", "sh")
    exports = "export VESTIBULE_DATA=var/demo\n"

    _run(demo, ready)
    assert {"purge", "erase"} <= _verbs(_last(_run(demo, month)))
    assert {"purge", "erase"} <= _verbs(_last(_run(demo, exports + alone)))
    letters = json.loads(_last(_run(demo, exports + mail)))
    assert letters[0]["to"] == "reader@partner.example"
    assert any("/invitations/" in link for link in letters[0]["links"])
    assert re.findall(r"([0-9]{3})$", _run(demo, faults), flags=re.MULTILINE) == ["429", "200"]
    assert json.loads(_run(demo, reset))["offset"] == "PT0S"


def test_the_graph_client_of_the_readme_runs(demo: Demo) -> None:
    (block,) = _blocks("README.md", "python")
    imports, _, body = block.partition("\n\n")
    tenant = demo.facts["tenants"]["fabrikam"]
    app = tenant["app"]
    script = (
        f"import asyncio\n{imports}\n"
        f"tenant, client_id, secret = {tenant['id']!r}, {app['clientId']!r}, {app['clientSecret']!r}\n"
        f"async def main():\n{textwrap.indent(demo.here(body), '    ')}"
        "    print([one.display_name for one in deleted.value])\n"
        "asyncio.run(main())\n"
    )
    authority = str(demo.folder / "ca.pem")
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=_environment() | {"SSL_CERT_FILE": authority, "REQUESTS_CA_BUNDLE": authority},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout == "['Grady Archie']\n", done.stderr


def _last(printed: str) -> str:
    """The last JSON value; answers have no line end, so that values may stand on one line."""
    decoder, at, found = json.JSONDecoder(), 0, ""
    while at < len(printed):
        at = min(
            (place for place in (printed.find("{", at), printed.find("[", at)) if place >= 0), default=len(printed)
        )
        if at < len(printed):
            _, end = decoder.raw_decode(printed, at)
            found, at = printed[at:end], end
    return found
