"""schemathesis on the gateway of a live opid, with its OpenAPI document as the only knowledge."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.http_call import call
from tests.opid_process import ROOT, Opid, starting_opid
from tests.spdk_process import running_spdk_sim

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

FULL = os.environ.get("DPULAB_FULL") == "1"
CONFORMANCE = (
    "status_code_conformance,content_type_conformance,response_headers_conformance,"
    "response_schema_conformance,unsupported_method"
)
CONFIGURATION = """[parameters]
"path.nvmeSubsystem" = "fuzz"

[checks.not_a_server_error]
expected-statuses = ["2xx", "3xx", "4xx", 501]
"""
"""What there is, so that calls get to the resource. Of the 501 that this lets pass, `unexpected`
finds those without a known reason."""

REFUSALS = {
    r"(Create|Update)NvmeSubsystem": r"spec\.psk: ",
    r"(Create|Update)NvmeController": r"spec\.(trtype|[a-z_]+limit|pcie_id[a-z_.]*): ",
    r"StatsNvmeController": r"nvmeSubsystems/\S+ has several controllers, ",
    r"(Create|Update)NvmePath": r"trtype: ",
    r"(Create|Update)VirtioScsiController": r"(min|max)_limit: ",
    r"StatsNvmePath": r"nvmeRemoteControllers/\S+ has several paths, ",
}
"""What implemented methods answer 501 to: how the message begins that says what they do not do."""

UNIMPLEMENTED = "/x-unimplemented == true"


@pytest.fixture(scope="module")
def opid(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opid]:
    """A server with a storage target and a subsystem."""
    folder = tmp_path_factory.mktemp("fuzz")
    with running_spdk_sim(folder / "spdk.sock") as socket, starting_opid(folder) as start:
        server = start("--spdk-socket", str(socket), http="127.0.0.1:0")
        body = {"spec": {"nqn": "nqn.2022-09.io.spdk:fuzz"}}
        created = call(server.http, "POST", "/v1/nvmeSubsystems?nvmeSubsystemId=fuzz", body)
        assert created.status == 200
        yield server


def unexpected(log: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The calls that were UNIMPLEMENTED for another reason than the known ones."""
    known = [re.compile(rf"{name} {text}") for name, text in REFUSALS.items()]
    calls = (one for one in log if one.get("code") == "UNIMPLEMENTED")
    return [
        one
        for one in calls
        if not any(k.match(f"{one['method'].rpartition('/')[2]} {one['problem']}") for k in known)
    ]


def test_a_501_of_any_other_reason_would_be_found() -> None:
    def entry(method: str, problem: str) -> dict[str, Any]:
        name = f"opi_api.storage.v1.FrontendNvmeService/{method}"
        return {"message": "call", "code": "UNIMPLEMENTED", "method": name, "problem": problem}

    psk = "spec.psk: there is no place for keys"
    assert unexpected([entry("CreateNvmeSubsystem", psk), {"message": "serving"}]) == []
    wrong = [
        entry("GetNvmeSubsystem", psk),
        entry("CreateNvmeSubsystem", "spec.nqn: is not supported"),
        entry("CreateNvmeSubsystem", "…/CreateNvmeSubsystem is not supported by this DPU"),
    ]
    assert unexpected(wrong) == wrong


def fuzz(server: Opid, folder: Path, *flags: str, seconds: float) -> str:
    """Run schemathesis; return its report. Fails the test with that, should it find something."""
    command = [sys.executable, "-m", "schemathesis.cli", "run"]
    command += [f"http://{server.http}/openapi.json", "--no-color", "--max-time", f"{seconds:g}"]
    # Random timeouts end calls, rightly with 504.
    command += ["--header", "Grpc-Timeout: 20S", "--generation-database", "none", *flags]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command,
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        timeout=seconds + 120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_nothing_that_fits_the_document_breaks_what_is_implemented(
    opid: Opid, tmp_path: Path
) -> None:
    examples, seconds = ("200", 240.0) if FULL else ("10", 40.0)
    (tmp_path / "schemathesis.toml").write_text(CONFIGURATION)
    flags = ["--checks", f"not_a_server_error,{CONFORMANCE}", "--exclude-by", UNIMPLEMENTED]
    flags += ["--exclude-method", "DELETE"]  # which is called by its RPC's name, with other ids
    phases = "examples,coverage,fuzzing" if FULL else "fuzzing"
    report = fuzz(
        opid, tmp_path, *flags, "--max-examples", examples, "--phases", phases, seconds=seconds
    )
    assert "Fuzzing" in report
    assert call(opid.http, "GET", "/healthz").status == 200
    assert unexpected(opid.log) == []
    for name in ("GetNvmeSubsystem", "UpdateNvmeSubsystem"):
        opid.wait_for("call", method=f"opi_api.storage.v1.FrontendNvmeService/{name}", code="OK")
    assert [one for one in opid.log if one["level"] == "error"] == []


def test_what_is_not_implemented_answers_as_the_document_says(opid: Opid, tmp_path: Path) -> None:
    """A part of it in the normal run: every operation is called in test_gateway, with less."""
    examples, seconds = ("5", 240.0) if FULL else ("1", 20.0)
    flags = ["--checks", CONFORMANCE, "--include-by", UNIMPLEMENTED, "--phases", "fuzzing"]
    # It has no serializer for a stream of requests.
    flags += ["--exclude-path-regex", "(AddSession|CreateIpTunnel)$"]
    if not FULL:
        flags += ["--include-path-regex", "^/v1/[a-p]"]
    fuzz(opid, tmp_path, *flags, "--max-examples", examples, seconds=seconds)
    assert [one for one in opid.log if one["level"] == "error"] == []
