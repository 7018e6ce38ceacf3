"""Writes a capture file of a conversation, and asks tshark what it sees there."""

from __future__ import annotations

import shutil
import struct
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.unit.nvmetcp.playbook import HOST

NVME_PORT = 4420
LINKTYPE_RAW = 101
SEGMENT = 60_000
needs_tshark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")


def segments(wire: Sequence[tuple[str, bytes]], client_port: int) -> Iterator[bytes]:
    """IPv4 packets of one TCP connection; checksums are left 0, as tshark ignores them."""
    sent = {True: 1, False: 1}
    for who, data in wire:
        for start in range(0, len(data), SEGMENT):
            part, up = data[start : start + SEGMENT], who == HOST
            ports = (client_port, NVME_PORT) if up else (NVME_PORT, client_port)
            tcp = struct.pack(">HHIIBBHHH", *ports, sent[up], sent[not up], 0x50, 0x18, 65535, 0, 0)
            addresses = (b"\x0a\0\0\1", b"\x0a\0\0\2") if up else (b"\x0a\0\0\2", b"\x0a\0\0\1")
            size = 20 + len(tcp) + len(part)
            head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, size, 0, 0, 64, 6, 0, *addresses)
            sent[up] += len(part)
            yield head + tcp + part


def write_capture(path: Path, *wires: Sequence[tuple[str, bytes]]) -> None:
    """Write one capture of several connections, one after the other."""
    image = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 1 << 18, LINKTYPE_RAW)]
    clock = 0
    for number, wire in enumerate(wires):
        for packet in segments(wire, 40000 + number):
            clock += 1
            image.append(struct.pack("<IIII", clock, 0, len(packet), len(packet)) + packet)
    path.write_bytes(b"".join(image))


def ask(path: Path, *fields: str, only: str = "nvme-tcp") -> list[list[str]]:
    """Return the values of `fields` in every frame that matches, all occurrences with commas."""
    shown = [word for field in fields for word in ("-e", field)]
    command = [
        "tshark", "-r", str(path), "-Y", only, "-T", "fields", "-E", "separator=|", *shown,
        "-o", "nvme-tcp.check_hdgst:TRUE", "-o", "nvme-tcp.check_ddgst:TRUE",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return [line.split("|") for line in done.stdout.splitlines()]
