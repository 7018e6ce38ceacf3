"""What the checker knows to be a violation, and the section that says so.

Sections: TCP = NVMe/TCP Transport Specification 1.0, Base = NVM Express Base Specification 2.0,
NVM = NVM Command Set Specification 1.0.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final


class Side(StrEnum):
    """Who broke the rule."""

    HOST = "host"
    CONTROLLER = "controller"


RULES: Final = {
    # framing
    "pdu-type": ("TCP 3.6.1", "the PDU type does not exist"),
    "pdu-direction": ("TCP 3.6.1", "this side does not send PDUs of this type"),
    "pdu-hlen": ("TCP 3.6.2", "the header length is not that of the type"),
    "pdu-plen": ("TCP 3.6.2", "the PDU length is impossible for the type"),
    "pdu-flags": ("TCP 3.6.2", "a flag is set or clear against the type or the handshake"),
    "pdo": ("TCP 3.6.2", "data do not start where header, digest and alignment put them"),
    "reserved": ("TCP 3.6.2", "reserved bits or padding are not zero"),
    "data-length": ("TCP 3.6.2", "DATAL disagrees with the PDU length"),
    "header-digest": ("TCP 3.3.1.1", "the header digest is wrong"),
    "data-digest": ("TCP 3.3.1.2", "the data digest is wrong"),
    "cut-off": ("TCP 3.5", "the connection ends within a PDU"),
    # handshake and end
    "ic-first": ("TCP 3.2", "the first PDU is no ICReq or ICResp"),
    "ic-twice": ("TCP 3.2", "the handshake is begun or answered again"),
    "ic-order": ("TCP 3.2", "a PDU before the handshake was answered"),
    "ic-field": ("TCP 3.6.2.2", "a field of the handshake is out of range"),
    "ic-digest": ("TCP 3.6.2.3", "a digest is granted that the host did not ask for"),
    "term-field": ("TCP 3.6.2.4", "a termination request has impossible contents"),
    "term-header": ("TCP 3.6.2.4", "a termination request quotes a PDU that was never sent"),
    "term-unfounded": ("TCP 3.5", "terminated, though no violation of the peer was seen"),
    "after-term": ("TCP 3.5", "a PDU after this side's termination request"),
    # commands
    "connect-first": ("Base 3.3.2", "the first command of a queue is not Connect"),
    "before-connect": ("Base 6.3", "a command before Connect was answered"),
    "connect-twice": ("Base 6.3", "Connect on a queue that is connected"),
    "connect-field": ("Base 6.3", "a field of Connect is impossible"),
    "connect-host": ("Base 6.3", "an I/O queue of another host is accepted"),
    "connect-qid": ("Base 6.3", "a queue that exists is accepted again"),
    "cid-in-use": ("Base 3.3.3.1", "the command identifier is in use"),
    "queue-full": ("Base 3.3.1.5", "more commands than the submission queue holds"),
    "psdt": ("TCP 3.3.2", "a command that does not use SGLs"),
    "sgl-type": ("TCP 3.3.2", "a descriptor type that NVMe/TCP does not have"),
    "sgl-length": ("Base 4.1.2", "descriptor and data of the capsule disagree"),
    "in-capsule": ("TCP 3.3.2", "more data in the capsule than the controller takes"),
    "keep-alive": ("Base 3.9", "no command for longer than the keep-alive time-out"),
    # transfers
    "r2t-cid": ("TCP 3.3.2.2", "R2T for no outstanding command"),
    "r2t-unasked": ("TCP 3.3.2.2", "R2T for a command without data to fetch"),
    "r2t-range": ("TCP 3.3.2.2", "R2T out of order, empty or beyond the command's data"),
    "r2t-limit": ("TCP 3.3.2.2", "more R2Ts than MAXR2T allows"),
    "r2t-tag": ("TCP 3.6.2.10", "the transfer tag is in use"),
    "h2c-cid": ("TCP 3.3.2.2", "data for no outstanding command"),
    "h2c-tag": ("TCP 3.3.2.2", "data that no R2T asked for"),
    "h2c-range": ("TCP 3.3.2.2", "data out of order or beyond what was asked for"),
    "h2c-limit": ("TCP 3.6.2.8", "more data than MAXH2CDATA"),
    "h2c-last": ("TCP 3.6.2.8", "LAST flag in the wrong place"),
    "c2h-cid": ("TCP 3.3.2.1", "data for no outstanding command"),
    "c2h-unasked": ("TCP 3.3.2.1", "data for a command that takes none"),
    "c2h-range": ("TCP 3.3.2.1", "data out of order or beyond the command's descriptor"),
    "c2h-last": ("TCP 3.6.2.9", "LAST flag missing, or data after it"),
    "c2h-success": ("TCP 3.6.2.9", "SUCCESS flag that was not agreed, or without LAST"),
    "data-empty": ("TCP 3.6.2", "a data PDU without data"),
    # completions
    "cqe-cid": ("Base 3.3.3.2", "completion of no outstanding command"),
    "cqe-field": ("Base 3.3.3.2", "a field of the completion is impossible"),
    "cqe-sqhd": ("Base 3.3.3.2", "the queue head is where it can't be"),
    "cqe-early": ("TCP 3.3.2", "success before all data were transferred"),
}


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that was broken, where and by whom. `packet` counts from 1 as Wireshark does."""

    rule: str
    side: Side
    connection: str
    packet: int
    offset: int
    message: str

    def as_json(self) -> dict[str, Any]:
        """Return it for printing, with the section of the rule."""
        return {
            "rule": self.rule,
            "section": RULES[self.rule][0],
            "side": str(self.side),
            "connection": self.connection,
            "packet": self.packet,
            "offset": self.offset,
            "message": self.message,
        }
