"""The virtual machine of the slow tests: when it is there, what it is made from, what is kept."""

from __future__ import annotations

import platform
import shutil
from pathlib import Path
from typing import Any

import pytest

from bootstrap import areas, vm_image
from bootstrap.console import BootstrapError
from bootstrap.images import INPUTS_LABEL


def base(ident: str = "a", inputs: str = "same") -> dict[str, Any]:
    """Return what docker says of the base image."""
    labels = {INPUTS_LABEL: inputs}
    return {vm_image.BASE: {"Id": f"sha256:{ident}", "Config": {"Labels": labels}}}


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine with QEMU and the base image, and no virtual machine made yet."""
    monkeypatch.delenv(vm_image.VARIABLE, raising=False)
    monkeypatch.setattr(vm_image, "MACHINES", tmp_path / "vm")
    monkeypatch.setattr(vm_image, "inspect_images", lambda _: base())
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(shutil, "which", lambda _: "/usr/bin/qemu")
    monkeypatch.setattr(vm_image, "ensure_wheelhouse", lambda *_: tmp_path / "wheels")


def fill(command: list[str], *_: Any, **__: Any) -> None:
    """Stand in for docker: leave in the mounted folder what make.sh leaves there."""
    (out,) = [word.removesuffix(":/out:rw") for word in command if word.endswith(":/out:rw")]
    for name in vm_image.FILES:
        Path(out, name).write_text(name)


def test_it_is_made_once_and_the_one_of_older_inputs_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vm_image, "run_logged", fill)
    first = vm_image.ensure_machine()
    assert vm_image.prepared_machine() == first
    assert sorted(path.name for path in first.iterdir()) == sorted(vm_image.FILES)
    (first / "mine").touch()
    vm_image.ensure_machine()
    assert (first / "mine").exists()
    monkeypatch.setattr(vm_image, "inspect_images", lambda _: base("c", inputs="other"))
    assert list(vm_image.MACHINES.iterdir()) == [first] != [vm_image.ensure_machine()]
    assert list(vm_image.MACHINES.iterdir()) == [vm_image.prepared_machine()] != [first]


def test_an_image_built_again_from_the_same_needs_no_new_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = vm_image.machine_folder()
    monkeypatch.setattr(vm_image, "inspect_images", lambda _: base("b"))
    assert vm_image.machine_folder() == before


def test_a_machine_that_is_named_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(vm_image.VARIABLE, str(tmp_path))
    assert vm_image.prepared_machine() == tmp_path
    monkeypatch.setenv(vm_image.VARIABLE, str(tmp_path / "gone"))
    with pytest.raises(BootstrapError, match="gone has not been made"):
        vm_image.prepared_machine()


def test_a_failure_leaves_nothing_half_made(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise BootstrapError("no mirror")

    monkeypatch.setattr(vm_image, "run_logged", fail)
    with pytest.raises(BootstrapError, match="no mirror"):
        vm_image.ensure_machine()
    assert list(vm_image.MACHINES.iterdir()) == []


def test_reasons_for_its_absence(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BootstrapError, match="has not been made"):
        vm_image.prepared_machine()
    monkeypatch.setattr(vm_image, "inspect_images", lambda _: {})
    with pytest.raises(BootstrapError, match=r"is made from dpulab/base:latest\n  hint: run: make"):
        vm_image.prepared_machine()
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(BootstrapError, match="qemu-system-x86_64 is not installed"):
        vm_image.prepared_machine()
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    for ask in (vm_image.prepared_machine, vm_image.ensure_machine):
        with pytest.raises(BootstrapError, match="for x86_64, not aarch64"):
            ask()


def test_qemu_is_not_installed_against_the_users_will(monkeypatch: pytest.MonkeyPatch) -> None:
    def which(name: str) -> str | None:
        return "/usr/bin/apt-get" if name == "apt-get" else None

    monkeypatch.setattr(shutil, "which", which)
    monkeypatch.setattr("bootstrap.apt.installed", lambda _: False)
    monkeypatch.setenv("DPULAB_NO_INSTALL", "1")
    with pytest.raises(BootstrapError, match=r"and DPULAB_NO_INSTALL is set\n.*qemu-system-x86"):
        vm_image.ensure_machine()


def test_the_tests_go_on_without_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    monkeypatch.setattr(areas, "RESULTS", tmp_path)
    monkeypatch.setattr(areas, "SUMMARY", tmp_path / "summary.txt")
    monkeypatch.setattr(areas, "VENV", Path("/usr"))
    monkeypatch.setattr(areas, "ensure_oracles", dict)
    slow = areas.Area("slow", 5, (("true",),), only_full=True)
    monkeypatch.setattr(areas, "AREAS", (areas.Area("quick", 5, (("true",),)), slow))
    assert areas.run_areas([], full=True) == 0
    assert "stock kernel will be skipped" in capsys.readouterr().err
    assert [row.split()[0] for row in (tmp_path / "summary.txt").read_text().splitlines()[1:3]] == [
        "quick",
        "slow",
    ]
