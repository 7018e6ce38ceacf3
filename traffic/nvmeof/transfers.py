"""The data PDUs of one connection: R2T, H2CData and C2HData against the commands they belong to."""

from __future__ import annotations

from typing import Any

from traffic.nvmeof.cutter import KEPT, Pdu
from traffic.nvmeof.nvme_tcp import LAST, SUCCESS
from traffic.nvmeof.queue import Outstanding, Queue, Report
from traffic.nvmeof.rules import Side


class Transfers:
    """Follows what was asked for and what came. `max_r2t` counts from 1, `max_h2c` in bytes."""

    def __init__(self, queue: Queue, report: Report) -> None:
        self.max_r2t = 1
        self.max_h2c = 0
        self._queue = queue
        self._report = report

    def r2t(self, pdu: Pdu) -> None:
        """Check a request to transfer."""
        layer = pdu.layer
        cid, tag, start, length = (
            int(one) for one in (layer.cccid, layer.ttag, layer.r2to, layer.r2tl)
        )
        command = self._queue.commands.get(cid)
        if command is None:
            self._fail("r2t-cid", f"R2T for command {cid}")
        elif not command.direction & 1 or not command.length:
            self._fail("r2t-unasked", f"command {cid} has no data to fetch")
        else:
            self._check_request(command, cid, tag, (start, start + length))

    def _check_request(
        self, command: Outstanding, cid: int, tag: int, span: tuple[int, int]
    ) -> None:
        start, end = span
        if start != command.asked or start == end or end > command.length:
            message = f"command {cid}: {start}..{end} of {command.length}, {command.asked} is due"
            self._fail("r2t-range", message)
        if len(command.requests) >= self.max_r2t:
            self._fail("r2t-limit", f"command {cid}: {len(command.requests) + 1} at a time")
        if tag in command.requests:
            self._fail("r2t-tag", f"command {cid}: tag {tag:#x}")
        command.asked = max(command.asked, end)
        command.requests[tag] = span

    def to_controller(self, pdu: Pdu) -> None:
        """Check data that the host sends."""
        layer = pdu.layer
        cid, tag, start = int(layer.cccid), int(layer.ttag), int(layer.datao)
        end = start + pdu.data_size
        if not pdu.data_size:
            self._blame("data-empty", f"command {cid}")
        if self.max_h2c and pdu.data_size > self.max_h2c:
            self._blame("h2c-limit", f"{pdu.data_size} bytes, MAXH2CDATA is {self.max_h2c}")
        command = self._queue.commands.get(cid)
        if command is None:
            self._blame("h2c-cid", f"data for command {cid}")
            return
        if tag not in command.requests:
            self._blame("h2c-tag", f"command {cid}: tag {tag:#x}")
            return
        due, stop = command.requests[tag]
        if start != due or end > stop:
            self._blame("h2c-range", f"command {cid}: {start}..{end}, asked for {due}..{stop}")
        last = bool(int(layer.flags) & LAST)
        if last != (end >= stop):
            self._blame("h2c-last", f"command {cid}: {start}..{end} of ..{stop}")
        if command.is_connect and len(command.data) == start:
            command.data = (command.data + pdu.data)[:KEPT]
        command.fetched += pdu.data_size
        if last or end >= stop:
            del command.requests[tag]
        else:
            command.requests[tag] = end, stop

    def to_host(self, pdu: Pdu) -> None:
        """Check data that the controller sends."""
        layer = pdu.layer
        cid = int(layer.cccid)
        if not pdu.data_size:
            self._fail("data-empty", f"command {cid}")
        if int(layer.ttag):
            self._fail("reserved", f"C2HData with tag {int(layer.ttag):#x}")
        command = self._queue.commands.get(cid)
        if command is None:
            self._fail("c2h-cid", f"data for command {cid}")
        elif not command.direction & 2 or not command.length:
            self._fail("c2h-unasked", f"command {cid} takes no data")
        else:
            self._check_arrival(command, cid, layer, pdu)

    def _check_arrival(self, command: Outstanding, cid: int, layer: Any, pdu: Pdu) -> None:
        start, flags = int(layer.datao), int(layer.flags)
        end = start + pdu.data_size
        if command.last:
            self._fail("c2h-last", f"command {cid}: data after the last")
        if start != command.sent or end > command.length:
            message = f"command {cid}: {start}..{end} of {command.length}, {command.sent} is due"
            self._fail("c2h-range", message)
        if command.is_kept and len(command.data) == start < KEPT:
            command.data = (command.data + pdu.data)[:KEPT]
        command.sent = max(command.sent, end)
        command.last = command.last or bool(flags & LAST)
        if flags & SUCCESS:
            if not flags & LAST or self._queue.flow_control:
                self._fail("c2h-success", f"command {cid}")
            self._queue.silently_completed(cid)

    def _fail(self, rule: str, message: str) -> None:
        self._report(rule, Side.CONTROLLER, message)

    def _blame(self, rule: str, message: str) -> None:
        self._report(rule, Side.HOST, message)
