"""exec: run a command in a node and judge how it ended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from pydantic import Field, field_validator

from lab.errors import LabError
from lab.node import ExecResult
from lab.scenario.matchers import Matcher, compiled
from lab.scenario.steps.base import Invertible, StepContext
from lab.scenario.strict import Strict
from lab.scenario.variables import is_unresolved
from lab.scenario.verdict import ExpectationError

# What a shell and a container engine say of a command that is not there or cannot run (POSIX,
# Shell Command Language 2.8.2).
_NOT_RUN = (126, 127)
_TAIL = 400


class ExecExpect(Strict):
    """What the command must do. Text that is no mapping must be found as a regular expression."""

    exit_code: int | Matcher | None = Field(default=None, description="Default: 0.")
    stdout: str | Matcher | None = None
    stderr: str | Matcher | None = None

    @field_validator("stdout", "stderr")
    @classmethod
    def _compiles(cls, pattern: str | Matcher | None) -> str | Matcher | None:
        if isinstance(pattern, str) and not is_unresolved(pattern):
            compiled(pattern)
        return pattern

    def mismatch(self, result: ExecResult) -> str:
        """Why the result does not fit, or ''."""
        code = 0 if self.exit_code is None else self.exit_code
        checks: tuple[tuple[Any, Any, str], ...] = (
            (
                Matcher(equals=code) if isinstance(code, int) else code,
                result.exit_code,
                "exit code",
            ),
            (_text_matcher(self.stdout), result.stdout, "stdout"),
            (_text_matcher(self.stderr), result.stderr, "stderr"),
        )
        reasons = (want.mismatch(have, name) for want, have, name in checks)
        return next((reason for reason in reasons if reason), "")


class ExecAction(Strict):
    """A command: a text is run by `sh -c`, a list is run as it is."""

    node: str
    command: str | list[str] = Field(min_length=1)
    env: dict[str, str] = Field(default_factory=dict)
    expect: ExecExpect = ExecExpect()
    save: dict[str, str] = Field(
        default_factory=dict,
        description="Variable: regular expression on stdout; its first group is the value.",
    )

    @field_validator("save")
    @classmethod
    def _has_group(cls, save: dict[str, str]) -> dict[str, str]:
        for pattern in save.values():
            if not is_unresolved(pattern) and compiled(pattern).groups < 1:
                raise ValueError(f"{pattern!r} has no group: put ( ) around the value")
        return save


class ExecStep(Invertible):
    """Run a command in a node."""

    kind: ClassVar[str] = "exec"

    exec: ExecAction

    def places(self) -> Iterator[str]:
        """See Step."""
        yield self.exec.node

    def run(self, context: StepContext) -> None:
        """See Step."""
        command = self.exec.command
        argv = ["sh", "-c", command] if isinstance(command, str) else command
        result = context.node(self.exec.node).exec(
            argv, timeout=context.deadline.timeout(), env=self.exec.env or None
        )
        context.measured |= {
            "exit_code": result.exit_code,
            "stdout": result.stdout[-_TAIL:],
            "stderr": result.stderr[-_TAIL:],
        }
        self._judge(result)
        for variable, pattern in self.exec.save.items():
            context.save(variable, _first_group(pattern, result.stdout))

    def _judge(self, result: ExecResult) -> None:
        if result.exit_code in _NOT_RUN and self.exec.expect.exit_code is None:
            # Else `not: true` would take a missing program for the failure it waits for.
            raise LabError(
                f"{self.exec.node} could not run {self.exec.command!r}: {_tail(result.stderr)}",
                "install the program in the node's image, or expect this exit code",
            )
        if reason := self.exec.expect.mismatch(result):
            said = _tail(result.stderr) or _tail(result.stdout)
            raise ExpectationError(f"{reason}; it said: {said}" if said else reason)


def _text_matcher(want: str | Matcher | None) -> Matcher:
    if want is None:
        return Matcher()
    return Matcher(regex=want) if isinstance(want, str) else want


def _first_group(pattern: str, text: str) -> str:
    found = compiled(pattern).search(text)
    if found is None or found[1] is None:
        raise ExpectationError(f"stdout has nothing to save for {pattern!r}: {_tail(text)}")
    return found[1]


def _tail(text: str) -> str:
    return text.strip()[-_TAIL:]
