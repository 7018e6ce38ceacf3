"""docs/opictl.md does what it says: its commands are run, and what they print is compared.

A block of shell starts the servers; a block of console has commands after "$ " and what they print.
"..." stands for any text on a line, and for any lines where it is all there is.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opictl.errors import EXIT_CODES
from tests.opictl_line import VARIABLES, serving_dpu
from tests.opid_process import DEADLINE, ROOT

pytestmark = pytest.mark.integration

PAGE = ROOT / "docs" / "opictl.md"
ADDRESS = "127.0.0.1:50051"
TIME = re.compile(r"^\d\d:\d\d:\d\d ", re.MULTILINE)
BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Example:
    """A command of the page and what it prints."""

    line: int
    command: str
    output: str


def examples(text: str) -> Iterator[Example]:
    """The commands of the console blocks of a page, in order."""
    for block in BLOCK.finditer(text):
        if block["language"] == "console":
            first = text[: block.start("text")].count("\n") + 1
            yield from _commands(block["text"].splitlines(), first)


def _commands(lines: list[str], first: int) -> Iterator[Example]:
    number = 0
    while number < len(lines):
        assert lines[number].startswith("$ "), f"line {first + number}: a command is expected"
        start, command = number, [lines[number][2:]]
        number += 1
        if (here := re.search(r"<<'(\w+)'", command[0])) is not None:
            end = lines.index(here[1], number) + 1
            command += lines[number:end]
            number = end
        output = []
        while number < len(lines) and not lines[number].startswith("$ "):
            output.append(lines[number])
            number += 1
        yield Example(first + start, "\n".join(command), "\n".join(output))


def matches(expected: str, text: str) -> bool:
    """Whether a text is what the page shows."""
    parts = []
    for line in expected.splitlines():
        if line == "...":
            parts.append(r"(?:.*\n)*?")
        else:
            parts.append(".*".join(map(re.escape, line.split("..."))) + r"\n")
    return (
        re.fullmatch("".join(parts), text if not text or text.endswith("\n") else text + "\n")
        is not None
    )


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """A place to run the commands of the page in, with the page's servers running."""
    folder = tmp_path_factory.mktemp("page")
    with serving_dpu(folder) as server:
        yield Shell(folder, server.endpoint)


class Shell:
    """Runs commands like a reader does."""

    def __init__(self, folder: Path, endpoint: str) -> None:
        self.folder = folder / "work"
        self.folder.mkdir()
        self.endpoint = endpoint
        home = folder / "home"
        home.mkdir()
        own = {k: v for k, v in os.environ.items() if not k.startswith(VARIABLES)}
        path = f"{Path(sys.executable).parent}:{own['PATH']}"
        self.environment = {**own, "PATH": path, "HOME": str(home), "OPICTL_ADDRESS": endpoint}

    def run(self, command: str) -> str:
        """What a command prints, on both streams, with the page's address in place of ours."""
        here = command.replace(ADDRESS, self.endpoint)
        done = subprocess.run(
            here,
            shell=True,
            executable="/bin/bash",
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=DEADLINE,
            check=False,
        )
        text = done.stdout.replace(self.endpoint.ljust(len(ADDRESS)), ADDRESS)
        return TIME.sub("HH:MM:SS ", text)


def test_the_page_does_what_it_says(shell: Shell) -> None:
    """In order, since what one command makes the next shows."""
    found = list(examples(PAGE.read_text()))
    assert len(found) > 25
    for one in found:
        printed = shell.run(one.command)
        assert matches(one.output, printed), (
            f"line {one.line}: $ {one.command}\n"
            f"the page shows:\n{one.output}\nit prints:\n{printed}"
        )


def test_servers_start_as_the_page_says(tmp_path: Path) -> None:
    """The first block of shell, word for word, on ports of our own."""
    block = next(one["text"] for one in BLOCK.finditer(PAGE.read_text()) if one["language"] == "sh")
    script = f"{block}\nwait -n\n"
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "OPID_GRPC": "127.0.0.1:0",
        "OPID_HTTP": "",
    }
    with subprocess.Popen(
        ["bash", "-c", f"trap 'kill $(jobs -p)' TERM; {script}"],
        cwd=tmp_path,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        try:
            assert next(one for one in process.stderr if '"endpoints"' in one)
            assert (tmp_path / "opi" / "spdk.sock").exists()
        finally:
            process.terminate()
            process.communicate(timeout=DEADLINE)


def test_the_page_has_all_exit_codes() -> None:
    rows = re.findall(r"^\| (\d+) \| (.*) \|$", PAGE.read_text(), re.MULTILINE)
    assert [(int(code), words) for code, words in rows] == list(EXIT_CODES)


# -- the reader of the page


def test_a_page_is_read() -> None:
    text = "x\n```console\n$ a <<'END'\n$ no\nEND\nout\n$ b\n```\n```sh\nnot this\n```\n"
    assert list(examples(text)) == [
        Example(3, "a <<'END'\n$ no\nEND", "out"),
        Example(7, "b", ""),
    ]


@pytest.mark.parametrize(
    ("expected", "text", "agree"),
    [
        ("a", "a\n", True),
        ("a", "ab\n", False),
        ("a\n...\nb", "a\nb\n", True),
        ("a\n...\nb", "a\nx\ny\nb\n", True),
        ("a ... c", "a b c\n", True),
        ("a ... c", "a b\n", False),
        ("", "", True),
        ("", "a\n", False),
        ("...", "", True),
    ],
)
def test_what_is_left_out_matches_anything(expected: str, text: str, agree: bool) -> None:
    assert matches(expected, text) == agree


@given(st.text("ab.\n", max_size=12))
def test_a_text_without_gaps_matches_itself_alone(text: str) -> None:
    whole = "".join(f"{line}\n" for line in text.splitlines())
    if "..." not in text:
        assert matches(text, whole)
        assert not matches(text, whole + "x\n")
