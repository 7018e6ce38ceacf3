"""Every RPC of the interface definitions is reached by a command of its own, and by `call`.

The server's access log tells which method a command has called.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from opi.catalog import Method, catalog
from opictl.areas import area_catalog, area_resources, command_of
from opictl.vocabulary import AREAS, FIREWALL, Area
from tests.opictl_line import Line, command_line, serving_dpu
from tests.opid_process import Opid

pytestmark = pytest.mark.integration

METHODS = list(catalog().methods())


@pytest.fixture(scope="module")
def dpu(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opid]:
    """A DPU with nothing on it."""
    with serving_dpu(tmp_path_factory.mktemp("dpu")) as server:
        yield server


@pytest.fixture
def opictl(
    dpu: Opid,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Line:
    """Runs the command line against the DPU."""
    line = command_line(tmp_path, monkeypatch, capsys)
    monkeypatch.setenv("OPICTL_ADDRESS", dpu.endpoint)
    return line


def area_of(method: Method) -> Area:
    package = method.service.rpartition(".")[0]
    (area,) = [one for one in AREAS.values() if package in one.packages]
    return area


def words_for(method: Method) -> list[str]:
    """The command that calls a method, with no more arguments than it needs."""
    area = area_of(method)
    words = list(command_of(area, method))
    kind = area_resources(area).of(method)
    if kind is None or words[-1] == "list":
        if kind is not None and kind.is_child:
            words += ["--parent", "a123"]
        return words
    short_name = "/".join(["a123"] * kind.pattern.variables)
    words.append(short_name)
    return words + ["--clear", kind.descriptor.fields[-1].name] * (words[-2] == "update")


def calls(dpu: Opid, method: Method) -> int:
    return sum(entry.get("method") == method.path[1:] for entry in dpu.log)


@pytest.mark.parametrize("method", METHODS, ids=lambda one: one.path[1:])
def test_every_rpc_has_a_command(method: Method, dpu: Opid, opictl: Line) -> None:
    before = calls(dpu, method)
    outcome = opictl(*words_for(method))
    assert outcome.code in {0, 1}, outcome.err
    assert "defect" not in outcome.err
    dpu.wait_for_count("call", before + 1, method=method.path[1:])


@pytest.mark.parametrize("method", METHODS, ids=lambda one: one.path[1:])
def test_every_rpc_is_reached_by_call(method: Method, dpu: Opid, opictl: Line) -> None:
    before = calls(dpu, method)
    outcome = opictl("call", method.path[1:], "{}")
    assert outcome.code in {0, 1}, outcome.err
    dpu.wait_for_count("call", before + 1, method=method.path[1:])


def test_areas_have_every_service_once() -> None:
    """What the areas gather is the whole catalog: a new package cannot be forgotten."""
    gathered = [name for area in AREAS.values() for name in area_catalog(area).services]
    assert sorted(gathered) == sorted(catalog().services)


def test_no_two_rpcs_share_a_command() -> None:
    commands = [command_of(area_of(method), method) for method in METHODS]
    assert len(set(commands)) == len(commands)


def test_a_service_without_back_end_says_so(opictl: Line) -> None:
    outcome = opictl("evpn", "vrf", "list")
    assert outcome.code == 1
    assert outcome.err.startswith("error: opi_api.network.evpn_gw.v1alpha1.VrfService/ListVrfs ")
    assert "hint: `opictl services` shows what this DPU serves" in outcome.err


@pytest.mark.parametrize("noun", FIREWALL)
def test_the_firewall_has_what_other_areas_define(noun: str, dpu: Opid, opictl: Line) -> None:
    outcome = opictl("firewall", noun, "list")
    assert outcome.code == 1
    assert "not supported by this DPU" in outcome.err
