"""Errors that a user can do something about. The CLI prints them without a traceback."""

from __future__ import annotations


class LabError(Exception):
    """What went wrong, and in `hint` what to do about it."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  hint: {self.hint}" if self.hint else self.message


class UnsupportedError(LabError):
    """This machine or back end cannot do what was asked; `capability` names it.

    A scenario that meets it is inconclusive, not failed.
    """

    def __init__(self, capability: str, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.capability = capability
