"""Contexts: added, listed, chosen, removed; flags over environment over file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.opictl_line import Line

OWN = Path("home/.config/opictl/config.yml")


@pytest.fixture(autouse=True)
def _no_address(monkeypatch: pytest.MonkeyPatch, opictl: Line) -> None:
    monkeypatch.delenv("OPICTL_ADDRESS")


def shown(opictl: Line, *flags: str) -> dict[str, object]:
    outcome = opictl("context", "show", "-o", "json", *flags)
    assert outcome.code == 0, outcome.err
    data: dict[str, object] = json.loads(outcome.out)
    return data


def test_a_context_is_added_and_used(opictl: Line, tmp_path: Path) -> None:
    outcome = opictl("context", "add", "dpu1", "--address", "10.0.0.1", "--insecure")
    assert outcome.out == "dpu1 (10.0.0.1:50051) is in home/.config/opictl/config.yml now\n"
    opictl("context", "add", "dpu2", "--address", "10.0.0.2:1234", "--tls-ca", "ca.pem")
    outcome = opictl("context", "list")
    assert outcome.out.splitlines() == [
        "   NAME  ADDRESS         TLS  FROM",
        "*  dpu1  10.0.0.1:50051  off  home/.config/opictl/config.yml",
        "   dpu2  10.0.0.2:1234   on   home/.config/opictl/config.yml",
    ]
    assert shown(opictl)["name"] == "dpu1"
    opictl("context", "use", "dpu2")
    assert shown(opictl) == {
        "name": "dpu2",
        "address": "10.0.0.2:1234",
        "tls-ca": str(tmp_path / "ca.pem"),
    }
    opictl("context", "remove", "dpu2")
    assert opictl("context", "list", "-o", "name").out == "dpu1\n"
    assert (tmp_path / OWN).stat().st_mode & 0o777 == 0o600


def test_flags_win_over_the_environment_and_that_over_the_file(
    opictl: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (1, 2, 3):
        opictl("context", "add", f"dpu{number}", "-a", f"10.0.0.{number}", "--insecure")
    assert shown(opictl)["name"] == "dpu1"
    monkeypatch.setenv("OPICTL_CONTEXT", "dpu2")
    assert shown(opictl)["name"] == "dpu2"
    assert shown(opictl, "--context", "dpu3")["name"] == "dpu3"
    monkeypatch.setenv("OPICTL_ADDRESS", "[::1]:9")
    assert shown(opictl)["address"] == "[::1]:9"
    assert shown(opictl, "--context", "dpu3")["name"] == "dpu3", "a flag wins over a variable"
    assert shown(opictl, "--context", "dpu3", "-a", "h:1")["address"] == "h:1"


def test_the_flag_nearest_to_the_end_wins(opictl: Line) -> None:
    opictl("context", "add", "dpu1", "-a", "10.0.0.1", "--insecure")
    for line in (
        ("-o", "yaml", "context", "-o", "name", "show", "-o", "json"),
        ("-o", "yaml", "context", "-o", "json", "show"),
        ("-o", "json", "context", "show"),
    ):
        assert json.loads(opictl(*line).out)["insecure"] is True


def test_a_lab_in_this_folder_is_found_and_can_be_left(opictl: Line, tmp_path: Path) -> None:
    (tmp_path / "opictl.yml").write_text(
        "contexts:\n- {name: card1, address: '10.1.0.1:50051', insecure: true}\n"
        "current-context: card1\n"
    )
    opictl("context", "add", "mine", "-a", "10.0.0.9", "--insecure")
    assert shown(opictl)["name"] == "card1"
    outcome = opictl("context", "use", "mine")
    assert outcome.out.startswith("mine (10.0.0.9:50051) is used from now on")
    assert shown(opictl)["name"] == "mine"


def test_a_file_can_be_named(opictl: Line, tmp_path: Path) -> None:
    opictl("--config", "other.yml", "context", "add", "a", "-a", "10.0.0.1", "--insecure")
    assert (tmp_path / "other.yml").exists()
    assert not (tmp_path / OWN).exists()
    assert shown(opictl, "--config", "other.yml")["name"] == "a"


def test_a_context_across_a_network_is_told_about_its_certificate(opictl: Line) -> None:
    outcome = opictl("context", "add", "far", "--address", "dpu.example.net")
    assert outcome.code == 0
    assert outcome.err.startswith("note: its certificate is checked against this machine's")


def test_a_broken_file_is_named(opictl: Line, tmp_path: Path) -> None:
    (tmp_path / "opictl.yml").write_text("contexts: {")
    outcome = opictl("storage", "subsystem", "list")
    assert outcome.code == 2
    assert "opictl.yml: not valid YAML" in outcome.err
