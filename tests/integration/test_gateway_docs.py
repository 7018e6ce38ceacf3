"""The commands of docs/http.md, run in their order against a live opid."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dpu_sim.gateway.answers import HTTP_STATUS
from tests.opid_process import DEADLINE, ROOT, Opid, starting_opid
from tests.spdk_process import running_spdk_sim

pytestmark = pytest.mark.integration

PAGE = (ROOT / "docs" / "http.md").read_text()
BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ ((?:.*\\\n)*.*)\n(.*)$", re.MULTILINE)
ADDRESS = "127.0.0.1:8082"


@pytest.fixture
def opid(tmp_path: Path) -> Iterator[Opid]:
    """A server with a storage target."""
    with running_spdk_sim(tmp_path / "spdk.sock") as socket, starting_opid(tmp_path) as start:
        yield start("--spdk-socket", str(socket), http="127.0.0.1:0")


def holds(found: Any, wanted: Any) -> bool:
    """Whether everything that the page shows is in the answer."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(
            key in found and holds(found[key], one) for key, one in wanted.items()
        )
    if isinstance(wanted, list):
        return len(found) == len(wanted) and all(map(holds, found, wanted))
    return bool(found == wanted)


def test_the_commands_of_the_page(opid: Opid) -> None:
    if shutil.which("curl") is None:
        pytest.skip("there is no curl")
    steps = [step for block in BLOCK.findall(PAGE) for step in COMMAND.findall(block)]
    assert len(steps) == PAGE.count("\n$ ")
    for command, shown in steps:
        assert ADDRESS in command
        done = subprocess.run(
            ["sh", "-c", command.replace(ADDRESS, opid.http)],
            capture_output=True,
            check=True,
            timeout=DEADLINE,
        )
        assert holds(json.loads(done.stdout), json.loads(shown)), f"{command}\n{done.stdout!r}"


def test_the_table_of_statuses_is_the_real_one() -> None:
    rows = re.findall(r"^\| (\d{3}) \| (.*) \|$", PAGE, re.MULTILINE)
    shown = {name: int(status) for status, text in rows for name in re.findall(r"[A-Z_]{5,}", text)}
    assert shown == {code.name: status for code, status in HTTP_STATUS.items() if status != 200}
