"""The one error that the command line prints without a traceback."""

from __future__ import annotations


class TrafficError(Exception):
    """The machine or network refused; `hint` says what to do about it. Exit code 1."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  hint: {self.hint}" if self.hint else self.message


class SpecError(ValueError):
    """The user asked for something that cannot be; names the flag. Exit code 2."""
