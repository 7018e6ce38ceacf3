"""The command reference (docs/cli.md), made from the commands themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lab.cli import EXIT_CODES, PROGRAM, command

_HEAD = f"""# The dpulab command

<!-- Made from the commands by lab/cli/reference.py; tests/unit/cli/test_reference.py keeps it. -->

Data goes to stdout and everything else to stderr, so `dpulab status -f json | jq` works.
Every option has an environment variable, which the command line overrides; `DPULAB_LAB` is the lab
that all commands act on where `--lab` is left out.

Exit codes: {EXIT_CODES}.
"""


def markdown() -> str:
    """The whole reference, one section for each command."""
    return "\n".join([_HEAD, *_sections(command(), PROGRAM)])


def _sections(group: Any, path: str) -> Iterator[str]:
    for name, one in group.commands.items():
        if getattr(one, "commands", None):
            yield from _sections(one, f"{path} {name}")
        else:
            yield _section(one, f"{path} {name}")


def _section(one: Any, path: str) -> str:
    arguments = [each for each in one.params if each.param_type_name == "argument"]
    options = [each for each in one.params if each.param_type_name == "option"]
    usage = " ".join([path, *(["[OPTIONS]"] if options else []), *map(_placeholder, arguments)])
    lines = [f"## {path}", "", f"    {usage}", "", _prose(one.help), ""]
    lines += _table(
        ("Argument", "Meaning"), [(_code(_name(each)), each.help) for each in arguments]
    )
    head = ("Option", "Meaning", "Default", "Variable")
    lines += _table(head, [_option_row(each) for each in options])
    return "\n".join(lines)


def _prose(text: str | None) -> str:
    return "\n".join(line.strip() for line in (text or "").splitlines())


def _name(argument: Any) -> str:
    return str(argument.metavar or argument.name.upper())


def _placeholder(argument: Any) -> str:
    many = f"{_name(argument)}..." if argument.nargs != 1 else _name(argument)
    return many if argument.required else f"[{many}]"


def _option_row(option: Any) -> tuple[str, ...]:
    names = ", ".join(_code(name) for name in sorted(option.opts, key=len, reverse=True))
    return (names, option.help or "", _default(option), _code(option.envvar))


def _default(option: Any) -> str:
    if isinstance(option.show_default, str):
        return str(option.show_default)
    value = option.default
    if value is None or value is False or value == "":
        return ""
    return _code(f"{value:g}" if isinstance(value, float) else str(value))


def _code(text: str) -> str:
    return f"`{text}`"


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    if not rows:
        return []
    rule = tuple("---" for _ in head)
    return [*map(_table_line, (head, rule, *rows)), ""]


def _table_line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
