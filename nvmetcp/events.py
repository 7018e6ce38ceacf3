"""What a connection tells its user."""

from __future__ import annotations

from dataclasses import dataclass

from nvmetcp.command import Command
from nvmetcp.pdu import ICReq, ICResp, TermReq
from nvmetcp.status import Completion, Status


@dataclass(slots=True)
class Opened:
    """The handshake is done; `peer` is what the other side told."""

    peer: ICReq | ICResp


@dataclass(slots=True)
class CommandArrived:
    """A command for the controller.

    `data` is the data that came with it. `length` bytes more belong to it by its descriptor: the
    controller asks for them or sends them. With a `fault` the command must be completed with that
    status and nothing else.
    """

    command: Command
    data: memoryview | None
    length: int
    fault: Status = Status.SUCCESS


@dataclass(slots=True)
class DataArrived:
    """Part of a command's data; `last` when all came, `digest_ok` of this part.

    Parts come in order, but on a controller whose host allows several requests to transfer at once:
    there they are in order within each request.
    """

    cid: int
    offset: int
    data: memoryview
    last: bool
    digest_ok: bool = True


@dataclass(slots=True)
class Completed:
    """A command is done; `received` counts its bytes, `digest_ok` is False if any part was bad."""

    completion: Completion
    received: int = 0
    digest_ok: bool = True


@dataclass(slots=True)
class Terminated:
    """The peer found a fatal error of ours and gives up; close the transport."""

    request: TermReq


Event = Opened | CommandArrived | DataArrived | Completed | Terminated
