"""The linter of the interface definitions: what it finds, and that no exception is idle."""

from __future__ import annotations

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from bootstrap.areas import LINT
from bootstrap.console import BootstrapError
from bootstrap.descriptors import SOURCE
from bootstrap.protolint import lint, main

CONFIG = SOURCE / "buf.yaml"
GOOD = """syntax = "proto3";

package shop.v1;

// Something to sell.
message Item {
  // What it is called.
  string name = 1;
}
"""


def _write(folder: Path, text: str, path: str = "shop/v1/item.proto") -> Path:
    target = folder / path
    target.parent.mkdir(parents=True)
    target.write_text(text)
    return folder


def test_ours_are_clean(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0, capsys.readouterr().err
    assert capsys.readouterr().out.endswith(" interface definitions, 0 findings\n")


def test_make_lint_runs_it() -> None:
    assert ("python", "-m", "bootstrap.protolint") in LINT


def test_a_good_one_passes(tmp_path: Path) -> None:
    assert lint(_write(tmp_path, GOOD), CONFIG) == []


def test_a_missing_comment_is_found(tmp_path: Path) -> None:
    text = GOOD.replace("  // What it is called.\n", "")
    (found,) = lint(_write(tmp_path, text), CONFIG)
    assert found.startswith("shop/v1/item.proto:7:3: COMMENT_FIELD: ")


def test_a_folder_that_is_not_the_package_is_found(tmp_path: Path) -> None:
    (found,) = lint(_write(tmp_path, GOOD, "shop/item.proto"), CONFIG)
    assert found.startswith("shop/item.proto:3:1: PACKAGE_DIRECTORY_MATCH: ")


def test_what_does_not_compile_is_no_finding_but_an_error(tmp_path: Path) -> None:
    with pytest.raises(BootstrapError, match="protoc rejected"):
        lint(_write(tmp_path, GOOD.replace("string", "text")), CONFIG)


def test_a_broken_configuration_is_an_error(tmp_path: Path) -> None:
    config = tmp_path / "broken" / "buf.yaml"
    config.parent.mkdir()
    config.write_text("version: v2\nlint:\n  use: [NO_SUCH_RULE]\n")
    with pytest.raises(BootstrapError, match="buf failed with exit code"):
        lint(_write(tmp_path, GOOD), config)


def test_every_exception_is_still_needed(tmp_path: Path) -> None:
    yaml = YAML(typ="safe")
    configuration = yaml.load(CONFIG)
    rules = configuration["lint"]
    excepted = {(rule, path) for rule, paths in rules.pop("ignore_only").items() for path in paths}
    off = set(rules.pop("except"))
    bare = tmp_path / "buf.yaml"
    yaml.dump(configuration, bare)
    broken = {(f.split(": ")[1], f.split(":")[0]) for f in lint(SOURCE, bare)}
    assert {(rule, path) for rule, path in broken if rule not in off} == excepted
    assert off <= {rule for rule, _ in broken}
