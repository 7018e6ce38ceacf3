"""Recorded conversations of `nvmetcp`, as single PDUs and as the segments of a TCP connection."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from nvmetcp import admin
from nvmetcp import io as nvm
from nvmetcp.controller import ControllerConfig
from nvmetcp.fabrics import PropertyGet, PropertySet
from nvmetcp.host import HostConfig
from nvmetcp.identify import IdentifyController
from nvmetcp.status import Status
from tests.unit.nvmetcp import session
from tests.unit.nvmetcp.playbook import HOST, opened
from tests.unit.nvmetcp.session import WHO
from traffic.nvmeof.capture import CaptureChecker, Report
from traffic.nvmeof.nvme_tcp import NVMeTCP
from traffic.nvmeof.segments import ACK, FIN, SYN, Endpoint, Segment

UP, DOWN = 0, 1
SERVER = Endpoint("10.0.0.2", 4420)
CLIENT = Endpoint("10.0.0.1", 40000)
IDENTIFIED = IdentifyController(cntlid=1, ioccsz=260, kas=100, subnqn=WHO.subnqn)

Pdus = list[tuple[int, bytes]]


class Session(session.Session):
    """One whose PDUs can be looked at."""

    @property
    def pdus(self) -> Pdus:
        return split(self.talk.wire)


def split(wire: Sequence[tuple[str, bytes]]) -> Pdus:
    """Every PDU of a recording on its own."""
    found = []
    for who, turn in wire:
        at = 0
        while at < len(turn):
            (size,) = struct.unpack_from("<I", turn, at + 4)
            found.append((UP if who == HOST else DOWN, turn[at : at + size]))
            at += size
    return found


def admin_session(header: bool = False, data: bool = False, pda: int = 0) -> Session:
    host = HostConfig(header, data, pda)
    session = Session(opened(host, ControllerConfig(cpda=pda))).connect(0, kato=10_000)
    session.bare(PropertyGet(attrib=1, offset=0).command(), 0x0800_0020_1E01_007F)
    session.bare(PropertySet(offset=0x14, value=0x460001).command())
    session.read(admin.Identify(cns=1).command(), IDENTIFIED.pack())
    session.bare(admin.KeepAlive().command())
    return session.fail(admin.GetFeatures(fid=0x7E).command(), Status.INVALID_FIELD)


def io_session(
    header: bool = False, data: bool = False, pda: int = 0, flow_control: bool = True
) -> Session:
    host = HostConfig(header, data, pda, maxr2t=1, in_capsule=4096, flow_control=flow_control)
    grants = ControllerConfig(cpda=pda, max_h2c_data=4096, in_capsule=4096, r2t_size=8192)
    session = Session(opened(host, grants)).connect(1, 1, cattr=0 if flow_control else 4)
    session.read(nvm.Read(nsid=1, slba=8, nlb=15).command(), bytes(range(256)) * 32)
    session.write(nvm.Write(nsid=1, slba=0, nlb=0).command(), b"\xa5" * 512)
    session.write(nvm.Write(nsid=1, slba=8, nlb=39).command(), b"\x5a" * 20480)
    session.bare(nvm.Flush(nsid=1).command())
    return session.fail(nvm.Flush(nsid=9).command(), Status.INVALID_NAMESPACE)


def segments(
    pdus: Sequence[tuple[int, bytes]],
    client: Endpoint = CLIENT,
    server: Endpoint = SERVER,
    size: int = 1448,
    end: bool = True,
    start: int = 0xFFFFFF00,
) -> Iterator[Segment]:
    """The TCP segments of a connection, `size` bytes each, from SYN to FIN.

    `start` is the client's first sequence number; that of the default wraps soon.
    """
    ends = (client, server)
    sent = [start, 7]

    def segment(way: int, flags: int, data: bytes = b"") -> Segment:
        seq, ack = sent[way] % 2**32, sent[1 - way] % 2**32
        sent[way] += len(data) + bool(flags & (SYN | FIN))
        return Segment(ends[way], ends[1 - way], seq, ack, flags, data)

    yield segment(UP, SYN)
    yield segment(DOWN, SYN | ACK)
    yield segment(UP, ACK)
    for way, pdu in pdus:
        for at in range(0, len(pdu), size):
            yield segment(way, ACK, pdu[at : at + size])
    if end:
        yield segment(UP, FIN | ACK)
        yield segment(DOWN, FIN | ACK)


def check(*connections: Sequence[Segment], step: float = 0.001) -> Report:
    """Check connections that follow each other; `step` seconds between packets."""
    checker = CaptureChecker()
    packets = [segment for one in connections for segment in one]
    for number, segment in enumerate(packets, 1):
        checker.feed(segment, number, number * step)
    return checker.finish()


def check_pdus(*sessions: Pdus) -> Report:
    """Check sessions whose connections are open at the same time, the admin queue's first."""
    checker, number = CaptureChecker(), 0
    for port, pdus in enumerate(sessions, 40000):
        for segment in segments(pdus, Endpoint(CLIENT.address, port), end=False):
            number += 1
            checker.feed(segment, number, number / 1000)
    return checker.finish()


def frame(segment: Segment) -> bytes:
    """A segment as an Ethernet frame with IPv4; checksums are 0."""
    tcp = struct.pack(
        ">HHIIBBHHH", segment.source.port, segment.target.port, segment.seq, segment.ack,
        0x50, segment.flags, 65535, 0, 0,
    )  # fmt: skip
    ends = [bytes(map(int, one.address.split("."))) for one in (segment.source, segment.target)]
    size = 40 + len(segment.data)
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, size, 0, 0, 64, 6, 0, *ends)
    return bytes(12) + b"\x08\x00" + ip + tcp + segment.data


def write_pcap(path: Path, packets: Sequence[Segment]) -> None:
    """Write a capture, a millisecond between packets."""
    image = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 1 << 18, 1)]
    for number, segment in enumerate(packets, 1):
        data = frame(segment)
        image.append(struct.pack("<IIII", 0, number * 1000, len(data), len(data)) + data)
    path.write_bytes(b"".join(image))


def rebuilt(pdu: bytes, chance: random.Random | None = None, **fields: Any) -> bytes:
    """A PDU with fields changed; its digests are computed anew, its lengths stay as they were."""
    layer = NVMeTCP(pdu)
    layer.clear_cache()  # scapy does not notice a change two structures further in
    for name in ("hdgst", "ddgst"):
        if name in layer.fields and layer.fields[name] is not None:
            layer.setfieldval(name, None)
    for path, value in fields.items():
        *inner, name = path.split("__")
        target = layer
        for one in inner:
            target = target.getfieldval(one)
        target.setfieldval(name, value)
    return bytes(layer)
