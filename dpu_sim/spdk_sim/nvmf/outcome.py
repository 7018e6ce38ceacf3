"""How a command ends: what its handler returns or raises."""

from __future__ import annotations

from collections.abc import Coroutine
from enum import Enum, auto
from typing import Any

from dpu_sim.spdk_sim.bdev.device import Buffer
from dpu_sim.spdk_sim.bdev.errors import IoError
from nvmetcp.fabrics import FabricsType
from nvmetcp.status import Status

_FABRICS_TYPES = frozenset(FabricsType)


class Later(Enum):
    """A command that is completed some time, by whoever keeps its identifier."""

    LATER = auto()


LATER = Later.LATER

Result = Buffer | int | None
"""Success: data for the host, dword 0 of the completion, or neither."""

Outcome = Result | Later | Coroutine[Any, Any, Result]
"""What a handler returns; a coroutine runs beside the commands that follow."""


class CommandError(Exception):
    """A command fails with `status` (see nvmetcp.status); `result` is dword 0 of the completion."""

    def __init__(self, status: int, result: int = 0) -> None:
        super().__init__(f"status {status:#05x}")
        self.status = status
        self.result = result


def misplaced(fabrics_type: int) -> Status:
    """The status of a Fabrics command that its queue does not take."""
    known = fabrics_type in _FABRICS_TYPES
    return Status.COMMAND_SEQUENCE_ERROR if known else Status.INVALID_OPCODE


def status_of(error: IoError) -> int:
    """The status of a command whose I/O failed."""
    code_type, code = error.nvme_status
    return (code_type << 8 | code) & 0x7FF
