"""The documentation names only commands, options, targets, keys and files that exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from bootstrap.doclinks import broken_links
from bootstrap.main import COMMANDS as SETUP
from lab.capabilities import probe
from lab.cli import app
from lab.scenario.load import read_scenario
from lab.scenario.matchers import MATCHER_NAMES
from lab.scenario.model import ScenarioFile
from lab.scenario.steps import STEP_KINDS
from lab.scenario.verdict import Verdict
from lab.topology.labels import LABELS
from lab.topology.loader import load
from lab.topology.model import LinkType
from lab.topology.scalars import kebab
from lab.topology.spec import MgmtSpec, NodeSpec
from lab.topology.spec_links import ImpairmentSpec

ROOT = Path(__file__).parents[2]
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "topologies").glob("*/README.md")),
]
BLOCK = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL)
SET_UP = re.compile(r"python3 -m bootstrap ([a-z]+)")
DECISION = re.compile(r"docs/adr/(\d{4})")
FOLDERS = (
    "bench|bootstrap|clients|docs|dpu_sim|host_sim|images|lab|nvmetcp|opi|opictl|proto|"
    "requirements|scenarios|schemas|tests|topologies|traffic"
)
INLINE = re.compile(r"`([^`\n]+)`")
SHELL = {"sh", "console", "bash"}


def name_of(document: Path) -> str:
    return document.relative_to(ROOT).as_posix()


def blocks(document: Path, *languages: str) -> list[str]:
    found = BLOCK.finditer(document.read_text())
    return [match["text"] for match in found if match["language"] in languages]


def command_lines(document: Path) -> Iterator[str]:
    """What a reader may type: lines of shell blocks, and code within the text."""
    for text in blocks(document, *SHELL):
        console = any(line.startswith("$ ") for line in text.splitlines())
        for line in text.splitlines():
            if not console or line.startswith("$ "):
                yield line.removeprefix("$ ")
    yield from INLINE.findall(BLOCK.sub("", document.read_text()))


def calls_of(program: str, document: Path) -> Iterator[list[str]]:
    """The words after `program`, for each time it is called."""
    for line in command_lines(document):
        bare = line.split("  #")[0]
        for piece in re.split(r"\s+(?:\||&&|;)\s+", bare):
            words = piece.split()
            starts = [i for i, word in enumerate(words) if word.rpartition("/")[2] == program]
            arguments = words[starts[0] + 1 :] if starts else []
            before = words[: starts[0]] if starts else []
            if set(before) <= {"sudo", "run:"} and arguments and re.match("[a-z]", arguments[0]):
                yield arguments


def command_of(words: list[str]) -> tuple[Any, list[str]]:
    """The command that the words name, and its arguments."""
    command: Any = get_command(app)
    while words and hasattr(command, "commands"):
        alternatives = words[0].split("|")
        unknown = [word for word in alternatives if word not in command.commands]
        assert not unknown, f"no command {unknown}"
        command, words = command.commands[alternatives[0]], words[1:]
    return command, words


def options_of(command: Any) -> set[str]:
    named = (option for parameter in command.params for option in parameter.opts)
    return {option for option in named if option.startswith("-")} | {"--help", "-h"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_commands_and_their_options_exist(document: Path) -> None:
    for words in calls_of("dpulab", document):
        command, arguments = command_of(words)
        given = arguments[: arguments.index("--")] if "--" in arguments else arguments
        options = {word.partition("=")[0] for word in given if re.match(r"--?[a-z]", word)}
        assert options <= options_of(command), " ".join(["dpulab", *words])


def test_commands_are_found_in_the_documentation() -> None:
    guide = ROOT / "docs" / "guide.md"
    called = [words[0] for words in calls_of("dpulab", guide)]
    assert {"up", "status", "exec", "capture", "impair", "node", "replay", "down"} <= set(called)
    assert len(called) > 20


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_make_targets_exist(document: Path) -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    for words in calls_of("make", document):
        named = {word.strip("`,.") for word in words if not word.startswith(("-", "ARGS"))}
        assert named <= targets, f"make {' '.join(words)}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_set_up_commands_exist(document: Path) -> None:
    for found in re.findall(SET_UP, document.read_text()):
        assert found in {*SETUP, "test"}


def test_links_lead_to_files() -> None:
    assert broken_links(ROOT) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_files_named_in_the_text_exist(document: Path) -> None:
    """Paths in code that begin with one of our folders."""
    for code in paths_in(document):
        assert (ROOT / code).exists(), code


def paths_in(document: Path) -> Iterator[str]:
    """Those of files that are ours, not made by a lab."""
    path = re.compile(rf"(?:{FOLDERS})/[\w./-]+\w")
    for code in INLINE.findall(BLOCK.sub("", document.read_text())):
        if path.fullmatch(code) and "NAME" not in code and "/dpulab-" not in code:
            yield code


def test_the_documents_have_what_is_looked_for_in_them() -> None:
    """Else the tests of each document would say nothing."""
    text = "\n".join(document.read_text() for document in DOCUMENTS)
    assert sum(len(list(calls_of("make", document))) for document in DOCUMENTS) > 10
    assert len(re.findall(SET_UP, text)) > 3
    assert sum(len(list(paths_in(document))) for document in DOCUMENTS) > 20
    assert any(list(topologies_in(document)) for document in DOCUMENTS)
    sources = "\n".join(one.read_text() for one in (ROOT / "lab").rglob("*.py"))
    assert re.search(DECISION, sources)


def test_code_refers_to_decisions_that_are_written_down() -> None:
    for source in (ROOT / "lab").rglob("*.py"):
        for number in re.findall(DECISION, source.read_text()):
            assert list((ROOT / "docs" / "adr").glob(f"{number}-*.md")), source


def test_the_record_lists_every_decision() -> None:
    record = ROOT / "docs" / "adr" / "0001-record.md"
    others = {path.name for path in record.parent.glob("*.md")} - {record.name}
    assert others == set(re.findall(r"\((\d{4}-[\w-]+\.md)\)", record.read_text()))


def codes(document: str) -> set[str]:
    """Everything that a document sets as code, and the words of it."""
    text = (ROOT / "docs" / document).read_text()
    found = {
        *INLINE.findall(BLOCK.sub("", text)),
        *re.findall(r"[\w.-]+", " ".join(blocks_of(text))),
    }
    return found | {word for code in found for word in re.split(r"[^\w.-]+", code)}


def blocks_of(text: str) -> list[str]:
    return [match["text"] for match in BLOCK.finditer(text)]


@pytest.mark.parametrize("model", [NodeSpec, MgmtSpec, ImpairmentSpec])
def test_every_key_of_a_topology_file_is_described(model: Any) -> None:
    assert {kebab(name) for name in model.model_fields} <= codes("topology-format.md")


def test_every_label_and_link_type_is_described() -> None:
    described = codes("topology-format.md")
    assert set(LABELS) | set(LinkType) <= described
    assert {value for label in LABELS.values() for value in label.values} <= described


def test_everything_of_a_scenario_is_described() -> None:
    described = codes("scenarios.md")
    assert set(ScenarioFile.model_fields) | set(STEP_KINDS) | set(Verdict) <= described
    assert described >= MATCHER_NAMES


def test_capabilities_that_impairments_need_are_lines_of_doctor() -> None:
    table = (ROOT / "docs" / "impairments.md").read_text()
    named = set(
        re.findall(r"`([a-z-]+)`", " ".join(re.findall(r"\| ([^|]+) \|$", table, re.MULTILINE)))
    )
    assert named
    assert named <= {capability.name for capability in probe()}


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_topologies_in_the_text_load(document: Path, tmp_path: Path) -> None:
    for text in topologies_in(document):
        path = tmp_path / "documented.clab.yml"
        path.write_text(text)
        assert load(path).nodes


def topologies_in(document: Path) -> Iterator[str]:
    texts = [text for text in blocks(document, "yaml") if text.startswith("name:")]
    for line in blocks(document, "sh"):
        texts += re.findall(r"<<END\n(.*?)^END$", line, re.MULTILINE | re.DOTALL)
    return (text for text in texts if "steps:" not in text)


def test_steps_in_the_text_are_steps() -> None:
    """As steps on the quickstart topology, with the variables that the text leaves open."""
    texts = blocks(ROOT / "docs" / "scenarios.md", "yaml")
    steps = [text for text in texts if text.startswith("- ")]
    assert len(steps) == len(STEP_KINDS)
    head = (
        "name: documented\n"
        "topology: ../../topologies/quickstart/quickstart.clab.yml\n"
        "vars: {serial1: a, serial2: b}\n"
        "steps:\n"
    )
    path = ROOT / "scenarios" / "quickstart" / "documented.scenario.yml"
    scenario = read_scenario(head + "".join(steps), path)
    assert {step.kind for step in scenario.steps} == set(STEP_KINDS)
