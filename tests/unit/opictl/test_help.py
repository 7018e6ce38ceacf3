"""Help, as it is printed: golden texts, and what must hold for every command there is."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from opi.catalog import catalog
from opictl.areas import area_catalog, command_of
from opictl.cli import COMMANDS, root
from opictl.session import GLOBAL_FLAGS
from opictl.vocabulary import AREAS, TOGETHER
from tests.opictl_line import Line

GOLDEN = Path(__file__).with_name("golden")
PAGES = {
    "root": ["--help"],
    "storage": ["storage", "--help"],
    "subsystem": ["storage", "subsystem", "--help"],
    "subsystem-create": ["storage", "subsystem", "create", "--help"],
    "subsystem-update": ["storage", "subsystem", "update", "--help"],
    "namespace-create": ["storage", "namespace", "create", "--help"],
    "namespace-list": ["storage", "namespace", "list", "--help"],
    "volume-create": ["storage", "volume", "create", "--help"],
    "expose": ["storage", "expose", "--help"],
    "malloc-create": ["storage", "malloc-volume", "create", "--help"],
    "firewall": ["firewall", "--help"],
    "svi-create": ["evpn", "svi", "create", "--help"],
    "apply": ["apply", "--help"],
    "watch": ["watch", "--help"],
    "call": ["call", "--help"],
    "context": ["context", "--help"],
    "context-add": ["context", "add", "--help"],
}


@pytest.mark.parametrize("page", PAGES)
def test_help_reads_as_agreed(page: str, opictl: Line) -> None:
    """Changed on purpose? Write the new text into the golden file, and read it as a newcomer."""
    outcome = opictl(*PAGES[page])
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == (GOLDEN / f"{page}.txt").read_text()


def every_command() -> list[tuple[str, ...]]:
    places = [
        command_of(area, method)
        for area in AREAS.values()
        for method in area_catalog(area).methods()
    ]
    return [*places, *((name,) for name in COMMANDS)]


def commands_of_several() -> list[tuple[str, ...]]:
    """Those that work on several kinds of resources; the verbs of `volume` one by one."""
    found = [(area, word) for area, words in TOGETHER.items() for word in words]
    verbs = [("storage", "volume", verb) for verb in ("create", "delete", "list")]
    return [*found, *verbs]


def command_at(words: tuple[str, ...]) -> click.Command:
    command: click.Command = root()
    for word in words:
        assert isinstance(command, click.Group)
        found = command.get_command(click.Context(command), word)
        assert found is not None, words
        command = found
    return command


@pytest.mark.parametrize("words", [*every_command(), *commands_of_several()], ids=" ".join)
def test_every_command_has_words_and_flags_of_its_own(words: tuple[str, ...]) -> None:
    command = command_at(words)
    assert command.help
    assert "TODO" not in command.help
    flags = [name for one in command.params for name in (*one.opts, *one.secondary_opts)]
    assert len(flags) == len(set(flags)), "two parameters share a name"


@pytest.mark.parametrize("words", [*every_command(), *commands_of_several()], ids=" ".join)
def test_every_command_takes_the_global_flags(words: tuple[str, ...]) -> None:
    """Save for a flag that means a field of the request itself there."""
    command = command_at(words)
    if isinstance(command, click.Group):
        return
    flags = {name for one in command.params for name in one.opts}
    missing = {name for one in GLOBAL_FLAGS for name in one.names[:1]} - flags
    missing = {name for name in missing if name.partition("/")[0] not in flags}
    assert not missing


def test_commands_of_methods_are_as_many_as_the_methods() -> None:
    assert len(set(every_command()) - {(name,) for name in COMMANDS}) == len(
        list(catalog().methods())
    )


@pytest.mark.parametrize(
    "words", [["help"], ["help", "storage", "sub"], ["storage", "help"], ["evpn", "vrf", "help"]]
)
def test_help_is_a_word_as_well(words: list[str], opictl: Line) -> None:
    place = [word for word in words if word != "help"]
    assert opictl(*words) == opictl(*place, "--help")


def test_the_version_is_a_flag_as_well(opictl: Line) -> None:
    assert opictl("--version") == opictl("version")


def test_no_arguments_are_a_question(opictl: Line) -> None:
    outcome = opictl()
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith("Usage: opictl AREA NOUN VERB [FLAGS]")
