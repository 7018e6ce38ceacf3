"""What an illegal PDU must be answered with, and what the answer was."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from traffic.nvmeof.nvme_tcp import FATAL_ERRORS


class Kind(StrEnum):
    """How a controller reacts."""

    TERMREQ = "termreq"
    COMPLETION = "completion"
    CLOSE = "close"
    """The connection is closed without a word."""
    NOTHING = "nothing"
    OTHER = "other"
    """PDUs, but neither the end nor the completion of the command at fault."""


@dataclass(frozen=True, slots=True)
class Reaction:
    """What came back. `code` is the fatal error status or the status (type << 8 | code).

    `detail` is the FEI or the result; `closed` whether the connection was closed in time.
    """

    kind: Kind
    code: int | None = None
    detail: int | None = None
    closed: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return it for printing."""
        shown: dict[str, Any] = {"reaction": str(self.kind), "closed": self.closed}
        if self.kind is Kind.TERMREQ:
            shown |= {"fes": self.code, "fei": self.detail}
        elif self.kind is Kind.COMPLETION:
            shown |= {"status": shown_status(self.code or 0), "result": self.detail}
        return shown


@dataclass(frozen=True, slots=True)
class Demand:
    """One answer that the specifications allow; without `detail`, any FEI or result will do."""

    kind: Kind
    code: int | None = None
    detail: int | None = None

    def met(self, reaction: Reaction) -> bool:
        """Whether this is what came back; after a termination request the connection must close."""
        if self.kind is not reaction.kind:
            return False
        if self.kind is Kind.TERMREQ and not reaction.closed:
            return False
        if self.code is not None and self.code != reaction.code:
            return False
        return self.detail is None or self.detail == reaction.detail

    def __str__(self) -> str:
        if self.kind is Kind.TERMREQ and self.code is not None:
            at = "" if self.detail is None else f", FEI {self.detail:#x}"
            return f"C2HTermReq: {FATAL_ERRORS[self.code]} ({self.code}){at}"
        if self.kind is Kind.COMPLETION and self.code is not None:
            at = "" if self.detail is None else f", result {self.detail:#x}"
            return f"completion {shown_status(self.code)}{at}"
        return str(self.kind)


def terminate(code: int | None = None, detail: int | None = None) -> Demand:
    """Demand a termination request; `code` is its FES, `detail` its FEI."""
    return Demand(Kind.TERMREQ, code, detail)


def complete(status: int, result: int | None = None) -> Demand:
    """Demand a completion."""
    return Demand(Kind.COMPLETION, status, result)


def shown_status(status: int) -> str:
    """Return a status as type and code: 1/82."""
    return f"{status >> 8:x}/{status & 0xFF:02X}"
