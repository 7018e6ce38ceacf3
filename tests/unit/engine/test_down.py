"""`down` on a paper engine: everything goes, also what appears while it works."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from lab.engine import down
from lab.errors import LabError
from lab.links.netops import NetOps
from lab.runtime.docker_engine import Docker


@dataclass
class PaperMachine:
    """Containers by the time at which they appear; both the engine and the links."""

    appear: dict[str, float]
    networks: list[str] = field(default_factory=list)
    now: float = 0.0
    said: list[str] = field(default_factory=list)

    def containers(self, lab: str) -> list[SimpleNamespace]:
        return [SimpleNamespace(id=name) for name, at in self.appear.items() if at <= self.now]

    def remove(self, container: str) -> None:
        self.said.append(container)
        del self.appear[container]

    def lab_networks(self, lab: str) -> list[str]:
        return list(self.networks)

    def remove_network(self, name: str) -> None:
        self.said.append(name)
        self.networks.remove(name)

    def clean_up(self, lab: str) -> None:
        self.said.append(f"links of {lab}")

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(down, "lab_folder", lambda lab: tmp_path / lab)
    return tmp_path


def destroy(machine: PaperMachine, monkeypatch: pytest.MonkeyPatch, *, settle: bool) -> bool:
    monkeypatch.setattr(down, "time", machine)
    return down.destroy("t", cast(Docker, machine), cast(NetOps, machine), settle=settle)


def test_containers_networks_and_links_go(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = PaperMachine({"a": 0, "b": 0}, ["mgmt"])
    assert destroy(machine, monkeypatch, settle=False)
    assert sorted(machine.said[:2]) == ["a", "b"]
    assert machine.said[2:] == ["mgmt", "links of t"]


def test_what_a_killed_up_left_the_daemon_to_do_goes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = PaperMachine({"a": 0, "b": 0.7, "c": 1.4, "d": 2.1, "too late": 9})
    assert destroy(machine, monkeypatch, settle=True)
    assert machine.said == ["a", "b", "c", "d", "links of t"]


def test_containers_that_never_stop_appearing_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = PaperMachine({f"c{number}": number * 0.5 for number in range(400)})
    with pytest.raises(LabError, match="containers of lab t keep appearing"):
        destroy(machine, monkeypatch, settle=True)
    assert "links of t" not in machine.said


def test_whether_there_was_anything(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    assert not destroy(PaperMachine({}), monkeypatch, settle=False)
    assert destroy(PaperMachine({}, ["mgmt"]), monkeypatch, settle=False)
    (folder / "t").mkdir()
    assert destroy(PaperMachine({}), monkeypatch, settle=False)


@pytest.mark.parametrize(("phase", "interrupted"), [("up", False), ("coming up", True), ("", True)])
def test_an_up_that_did_not_come_to_its_end_is_known(
    folder: Path, phase: str, interrupted: bool
) -> None:
    assert not down.was_interrupted("t")
    (folder / "t").mkdir()
    (folder / "t" / "phase").write_text(phase)
    assert down.was_interrupted("t") is interrupted
