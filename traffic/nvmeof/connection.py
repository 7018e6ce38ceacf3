"""One NVMe/TCP connection against the rules: handshake, headers, digests, order, termination."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Final

from traffic.nvmeof import nvme_tcp as tcp
from traffic.nvmeof.controllers import Controllers
from traffic.nvmeof.crc import crc32c
from traffic.nvmeof.cutter import Cutter, FramingError, Pdu
from traffic.nvmeof.queue import Queue
from traffic.nvmeof.rules import Side, Violation
from traffic.nvmeof.transfers import Transfers

HOST, CONTROLLER = 0, 1
SIDES: Final = (Side.HOST, Side.CONTROLLER)
REMEMBERED_HEADERS: Final = 256
MAX_ALIGNMENT: Final = 31
MIN_MAX_H2C_DATA: Final = 4096

_ALLOWED: Final = (
    frozenset((tcp.IC_REQ, tcp.H2C_TERM, tcp.CAPSULE_CMD, tcp.H2C_DATA)),
    frozenset((tcp.IC_RESP, tcp.C2H_TERM, tcp.CAPSULE_RESP, tcp.C2H_DATA, tcp.R2T)),
)
_TERMS: Final = frozenset((tcp.H2C_TERM, tcp.C2H_TERM))
_OWN_FLAGS: Final = {tcp.H2C_DATA: tcp.LAST, tcp.C2H_DATA: tcp.LAST | tcp.SUCCESS}
_WITH_INFORMATION: Final = frozenset((tcp.INVALID_HEADER_FIELD, tcp.HEADER_DIGEST, tcp.UNSUPPORTED))


class ConnectionChecker:
    """Feed it both directions in causal order; it reports every rule that is broken."""

    def __init__(
        self, name: str, server: str, controllers: Controllers, emit: Callable[[Violation], None]
    ) -> None:
        self.pdus = 0
        self._name = name
        self._emit = emit
        self._cutters = (Cutter(), Cutter())
        self._lost = [False, False]
        self._terminated = [False, False]
        self._blamed = [False, False]
        self._headers: tuple[deque[bytes], deque[bytes]] = (
            deque(maxlen=REMEMBERED_HEADERS),
            deque(maxlen=REMEMBERED_HEADERS),
        )
        self._packet = self._offset = 0
        self._opened: list[Any] = [None, None]
        self._digests = 0
        self._queue = Queue(server, controllers, self._report)
        self._transfers = Transfers(self._queue, self._report)

    def feed(self, direction: int, data: bytes, packet: int, time: float) -> None:
        """Check the next bytes of a direction; `time` in seconds."""
        self._packet, self._queue.now = packet, time
        self._queue.check_silence()
        if self._lost[direction]:
            return
        try:
            for pdu in self._cutters[direction].feed(data):
                self.pdus += 1
                self._check(direction, pdu)
        except FramingError as error:
            self._offset = self._cutters[direction].offset
            self._headers[direction].append(error.header)
            self._report(error.rule, SIDES[direction], str(error))
            self._lost[direction] = True

    def end(self, direction: int) -> None:
        """Take note that a direction was closed in order."""
        cutter = self._cutters[direction]
        cut_off = not (self._lost[direction] or cutter.at_boundary)
        if cut_off and not any(self._terminated):
            self._offset = cutter.offset
            self._report("cut-off", SIDES[direction], "closed within a PDU")

    def close(self) -> None:
        """Forget what the other connections know of this one."""
        self._queue.close()

    def _report(self, rule: str, side: Side, message: str) -> None:
        self._blamed[SIDES.index(side)] = True
        self._emit(Violation(rule, side, self._name, self._packet, self._offset, message))

    def _check(self, direction: int, pdu: Pdu) -> None:
        side, self._offset = SIDES[direction], pdu.offset
        self._headers[direction].append(pdu.header)
        if self._terminated[direction]:
            self._report("after-term", side, f"{tcp.PDU_TYPES[pdu.kind]} after the end")
            return
        if pdu.kind not in _ALLOWED[direction]:
            self._report("pdu-direction", side, f"{tcp.PDU_TYPES[pdu.kind]} from the {side}")
            return
        if pdu.kind in _TERMS:
            self._termination(direction, pdu)
        elif pdu.kind in (tcp.IC_REQ, tcp.IC_RESP):
            self._handshake(direction, pdu)
        elif self._is_open(direction, pdu):
            self._check_header(direction, pdu)
            if not any(self._lost):
                self._dispatch(pdu)

    def _is_open(self, direction: int, pdu: Pdu) -> bool:
        side, what = SIDES[direction], tcp.PDU_TYPES[pdu.kind]
        if self._opened[direction] is None:
            self._report("ic-first", side, f"{what} came first")
        elif self._opened[1 - direction] is None:
            self._report("ic-order", side, f"{what} before the ICResp")
        return None not in self._opened

    def _handshake(self, direction: int, pdu: Pdu) -> None:
        side, layer = SIDES[direction], pdu.layer
        if self._opened[direction] is not None:
            self._report("ic-twice", side, tcp.PDU_TYPES[pdu.kind])
            return
        if direction == CONTROLLER and self._opened[HOST] is None:
            self._report("ic-order", side, "ICResp without an ICReq")
        self._opened[direction] = layer
        alignment = int(layer.hpda if direction == HOST else layer.cpda)
        wrong = [
            text
            for bad, text in (
                (int(layer.pfv), f"PFV {int(layer.pfv)}"),
                (alignment > MAX_ALIGNMENT, f"data alignment {alignment}"),
                (int(layer.dgst) > 3, f"DGST {int(layer.dgst):#04x}"),
            )
            if bad
        ]
        if direction == CONTROLLER:
            wrong += self._granted(layer)
        for text in wrong:
            self._report("ic-field", side, text)
        if any(bytes(layer.rsvd)) or int(layer.flags) or int(layer.pdo or 0):
            self._report("reserved", side, f"{tcp.PDU_TYPES[pdu.kind]} with reserved bits")

    def _granted(self, response: Any) -> list[str]:
        request = self._opened[HOST]
        asked = 0 if request is None else int(request.dgst) & 3
        self._digests = int(response.dgst) & 3
        if self._digests & ~asked:
            message = f"DGST {self._digests}, asked for {asked}"
            self._report("ic-digest", Side.CONTROLLER, message)
        self._transfers.max_r2t = 1 if request is None else int(request.maxr2t) + 1
        self._transfers.max_h2c = limit = int(response.maxh2cdata)
        bad = limit < MIN_MAX_H2C_DATA or limit % 4
        return [f"MAXH2CDATA {limit}"] if bad else []

    def _check_header(self, direction: int, pdu: Pdu) -> None:
        side, layer, flags = SIDES[direction], pdu.layer, int(pdu.layer.flags)
        allowed = self._digests | _OWN_FLAGS.get(pdu.kind, 0)
        needed = self._digests & tcp.HDGSTF
        if pdu.data_size:
            needed |= self._digests & tcp.DDGSTF
        if flags & ~allowed or needed & ~flags:
            self._report("pdu-flags", side, f"{tcp.PDU_TYPES[pdu.kind]} with {flags:#04x}")
        self._check_digests(side, pdu)
        self._check_data_offset(direction, pdu)
        if any(pdu.pad) or int(layer.getfieldval_or_none("rsvd") or 0):
            self._report("reserved", side, f"{tcp.PDU_TYPES[pdu.kind]} with reserved bits")

    def _check_digests(self, side: Side, pdu: Pdu) -> None:
        told = pdu.layer.hdgst
        if told is not None:
            computed = crc32c(pdu.header)
            if told != computed:
                self._report("header-digest", side, f"{told:#010x}, not {computed:#010x}")
        if pdu.data_digest is not None and pdu.data_digest != pdu.data_crc:
            message = f"{pdu.data_digest:#010x}, not {pdu.data_crc:#010x}"
            self._report("data-digest", side, message)

    def _check_data_offset(self, direction: int, pdu: Pdu) -> None:
        receiver = self._opened[1 - direction]
        alignment = int(receiver.cpda if direction == HOST else receiver.hpda)
        pdo, wanted = int(pdu.layer.pdo or 0), 0
        if pdu.data_size:
            digest = bool(int(pdu.layer.flags) & tcp.HDGSTF)
            pad = tcp.padding(len(pdu.header), header_digest=digest, alignment=alignment)
            wanted = len(pdu.header) + (tcp.DIGEST_SIZE if digest else 0) + len(pad)
        if pdo != wanted:
            self._report("pdo", SIDES[direction], f"data offset {pdo}, not {wanted}")

    def _dispatch(self, pdu: Pdu) -> None:
        handlers: dict[int, Callable[[Pdu], None]] = {
            tcp.CAPSULE_CMD: self._queue.command,
            tcp.CAPSULE_RESP: self._queue.response,
            tcp.R2T: self._transfers.r2t,
            tcp.H2C_DATA: self._transfers.to_controller,
            tcp.C2H_DATA: self._transfers.to_host,
        }
        handlers[pdu.kind](pdu)

    def _termination(self, direction: int, pdu: Pdu) -> None:
        side, layer = SIDES[direction], pdu.layer
        self._terminated[direction] = True
        error, information = int(layer.fes), int(layer.fei)
        if error not in tcp.FATAL_ERRORS:
            self._report("term-field", side, f"FES {error}")
        elif information and error not in _WITH_INFORMATION:
            self._report("term-field", side, f"FEI {information:#x} of FES {error}")
        if int(layer.flags) or int(layer.pdo or 0) or any(bytes(layer.rsvd)):
            self._report("reserved", side, "termination request with reserved bits")
        if pdu.data and not self._was_sent(1 - direction, pdu.data):
            message = f"header {pdu.data[:8].hex()}... is none that the peer sent"
            self._report("term-header", side, message)
        if not self._blamed[1 - direction]:
            self._report("term-unfounded", side, f"FES {error}, FEI {information:#x}")

    def _was_sent(self, direction: int, quoted: bytes) -> bool:
        return any(
            header.startswith(quoted) or quoted.startswith(header)
            for header in self._headers[direction]
        )
