"""Hosts and JSON-RPC clients that misbehave, each against a target in a process of its own.

Attacks are repeatable: each takes a random generator and how often to do what it does. What a
target owes to the rest of the world is measured from outside: another host's verified I/O, memory,
files and connections (in /proc and by JSON-RPC), and its log.
"""

from __future__ import annotations

import json
import random
import select
import socket
import struct
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress

from nvmetcp import pdu as p
from nvmetcp.command import Command, Direction, make_command
from nvmetcp.fabrics import Connect, Property
from nvmetcp.host import HostConnection
from nvmetcp.io import Read, Write
from tests.nvme_host import HOST_ID, Host, HostQueue
from tests.siege import NQN, SLACK, Besieged, until

Attack = Callable[[Besieged, random.Random, int], None]
_RESET = struct.pack("ii", 1, 0)
_TCP_REPAIR = 19
_LENGTHS = (0, 1, 512, 4096, 8192, 131072)
_ADMIN_THAT_WAITS = {0x0C}
"""Asynchronous Event Request: it ends when something happens."""


def identity(number: int) -> bytes:
    """Host identifier of an attacker."""
    return number.to_bytes(8, "big") + HOST_ID[8:]


# -- random PDUs


def random_pdus(target: Besieged, choice: random.Random, count: int) -> None:
    """Streams of PDUs, right and wrong, whole and byte by byte, at every stage of a connection."""
    for number in range(count):
        stage = choice.choice(["silence", "handshake", "admin", "io"])
        stream = b"".join(random_pdu(choice) for _ in range(choice.randint(1, 12)))
        piece = choice.choice([1, 7, 128, 1 << 20])
        with ExitStack() as stack:
            raw = opened(target, stage, number, stack)
            pour(raw, stream[: 600 if piece == 1 else None], piece)
            drained(raw)


def opened(target: Besieged, stage: str, number: int, stack: ExitStack) -> socket.socket:
    """A connection that has got so far."""
    if stage == "silence":
        return stack.enter_context(socket.create_connection(target.address))
    if stage == "handshake":
        queue = HostQueue(target.address)
        stack.callback(queue.close)
        return queue.socket
    host = stack.enter_context(Host(target.address, NQN, hostid=identity(number)))
    return host.admin.socket if stage == "admin" else host.io_queue().socket


def random_pdu(choice: random.Random) -> bytes:
    """A PDU that a host may send or not; one in three has a wrong byte, some end early."""
    framing = p.Framing(choice.random() < 0.1, choice.random() < 0.1)
    tag, data = choice.randrange(4), choice.randbytes(choice.choice([1, 64, 512, 4096]))
    match choice.randrange(7):
        case 0 | 1:
            image = b"".join(p.encode_command(framing, random_entry(choice)))
        case 2:
            image = b"".join(p.encode_command(framing, random_entry(choice), data))
        case 3:
            at = choice.choice([0, 4, 512, 1 << 31])
            parts = p.encode_h2c_data(framing, tag, tag, at, data, last=choice.random() < 0.5)
            image = b"".join(parts)
        case 4:
            image = p.encode_ic_req(p.ICReq(choice.random() < 0.5, hpda=choice.randrange(40)))
        case 5:
            image = p.encode_term_req(p.TermReq(choice.random() < 0.5, choice.randrange(9)))
        case _:
            image = choice.randbytes(choice.randint(1, 200))
    if choice.random() < 1 / 3:
        where = choice.randrange(min(len(image), 90))
        image = image[:where] + choice.randbytes(1) + image[where + 1 :]
    return image[: choice.randrange(len(image))] if choice.random() < 0.1 else image


def random_entry(choice: random.Random) -> bytes:
    """A submission queue entry of 64 bytes."""
    opcode = choice.choice(
        [0x00, 0x01, 0x02, 0x05, 0x06, 0x08, 0x0C, 0x18, 0x7F, choice.randrange(256)]
    )
    return make_command(opcode, choice.choice([0, 1, 0xFFFFFFFF]))._replace(
        cid=choice.randrange(4),
        sgl_type=choice.choice([0x5A, 0x01, 0x00, 0x40, choice.randrange(256)]),
        sgl_length=choice.choice([*_LENGTHS, 0xFFFFFFFF]),
        **dwords(choice),
    ).pack()  # fmt: skip


def dwords(choice: random.Random) -> dict[str, int]:
    """Command dwords 10 to 15: nothing, small numbers or large ones."""
    most = choice.choice([1, 16, 1 << 16, 1 << 32])
    return {f"cdw{number}": choice.randrange(most) for number in range(10, 16)}


def pour(raw: socket.socket, stream: bytes, piece: int) -> None:
    """Send a stream in pieces, taking whatever comes back, until the other side hangs up."""
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    raw.setblocking(False)
    rest = memoryview(stream)
    with suppress(ConnectionError):
        while rest:
            readable, writable, _ = select.select([raw], [raw], [], 20)
            assert readable or writable, "the target neither takes nor gives anything"
            if readable and not raw.recv(1 << 16):
                return
            if writable:
                rest = rest[raw.send(rest[:piece]) :]


def drained(raw: socket.socket) -> None:
    """Say that nothing more comes; the target hangs up in time."""
    raw.settimeout(20)
    with suppress(ConnectionError, OSError):
        raw.shutdown(socket.SHUT_WR)
    with suppress(ConnectionError):
        while raw.recv(1 << 16):
            pass


# -- random commands


def random_commands(target: Besieged, choice: random.Random, count: int) -> None:
    """Well-formed capsules with any command: each is completed, or the connection is ended."""
    left = count
    while left > 0:
        with Host(target.address, NQN, hostid=identity(left)) as host:
            queue = choice.choice([host.admin, host.io_queue()])
            commands = min(left, choice.randint(1, 25))
            left -= commands
            with suppress(EOFError, ConnectionError):
                for _ in range(commands):
                    submit(queue, choice, admin=queue is host.admin)
                queue.flush()
                while queue.connection.outstanding:
                    queue.turn()


def submit(queue: HostQueue, choice: random.Random, *, admin: bool) -> None:
    """One command of any kind. `nvmetcp` judges what comes of it, and raises."""
    opcode = choice.randrange(256) if choice.random() < 0.5 else choice.randrange(0x20)
    while admin and opcode in _ADMIN_THAT_WAITS:
        opcode = choice.randrange(256)
    nsid = choice.choice([0, 1, 1, 1, 2, 0xFFFFFFFF, choice.randrange(1 << 32)])
    command: Command = make_command(opcode, nsid, **dwords(choice))
    length = choice.choice(_LENGTHS)
    if command.direction == Direction.HOST_TO_CONTROLLER and length:
        queue.submit(command, choice.randbytes(length))
    elif command.direction == Direction.CONTROLLER_TO_HOST:
        queue.submit(command, length=length)
    elif command.direction == Direction.NONE:
        queue.submit(command)


# -- JSON-RPC garbage

_READING = ["bdev_get_bdevs", "nvmf_get_subsystems", "rpc_get_methods", "bdev_get_iostat", "no"]


def json_garbage(target: Besieged, choice: random.Random, count: int) -> None:
    """Requests that are none, or too much; clients that hang up early or take no answer."""
    for _ in range(count):
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(20)
            with suppress(ConnectionError):
                link.connect(str(target.socket))
                link.sendall(json_nonsense(choice))
                if choice.random() < 0.5:
                    link.shutdown(socket.SHUT_WR)
                    while link.recv(1 << 16):
                        pass


def json_nonsense(choice: random.Random) -> bytes:
    """What a client may send by mistake or by malice."""
    request = {"jsonrpc": "2.0", "id": choice.randrange(99), "method": choice.choice(_READING)}
    request["params"] = choice.choice(
        [None, [], {}, 7, "x", {"name": choice.choice([7, "no", None])}]
    )
    text = json.dumps(request).encode()  # fmt: skip
    where = choice.randrange(len(text))
    return choice.choice(
        [
            choice.randbytes(choice.randint(1, 3000)),
            text[:where] + choice.randbytes(1) + text[where + 1 :],
            text[:where],
            text * choice.randint(1, 300),
            b"[" * choice.randint(1, 5000),
            b'{"a":' * choice.randint(1, 5000),
            b'"' + b"x" * choice.randint(1, 2 << 20),
            json.dumps(choice.choice([[], 7, None, [request], {"id": {}}])).encode(),
        ]
    )


# -- coming and going


def come_and_go(target: Besieged, choice: random.Random, count: int) -> None:
    """Connections that are hung up on at any point, in order or by a reset."""
    opening = HostConnection()
    opening.open()
    ic_req = b"".join(opening.data_to_send())
    for number in range(count):
        stage = choice.choice(["silence", "half", "handshake", "half a connect", "admin", "io"])
        with ExitStack() as stack:
            if stage in {"silence", "half", "half a connect"}:
                raw = stack.enter_context(socket.create_connection(target.address))
                if stage != "silence":
                    raw.sendall(ic_req[: choice.randrange(128)] if stage == "half" else ic_req)
                if stage == "half a connect":
                    capsule = b"".join(
                        p.encode_command(p.Framing(), Connect(qid=0).command().pack(), bytes(1024))
                    )
                    raw.sendall(capsule[: choice.randrange(1, len(capsule))])
            else:
                raw = opened(target, stage, number, stack)
            if stage == "io":
                begin_reading(raw, choice.randrange(20))
            if choice.random() < 0.4:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)


def begin_reading(raw: socket.socket, commands: int) -> None:
    """Ask for 128 KiB so many times."""
    for cid in range(commands):
        entry = Read(nsid=1, slba=0, nlb=255).command()._replace(cid=cid, sgl_length=131072)
        raw.sendall(b"".join(p.encode_command(p.Framing(), entry.pack())))


def resets(target: Besieged, choice: random.Random, count: int) -> None:
    """Controllers that are disabled or shut down with commands under way, and used again."""
    with Host(target.address, NQN) as host:
        for _ in range(count):
            queue = host.io_queue()
            for slba in range(0, choice.randrange(2, 64), 2):
                queue.submit(Write(nsid=1, slba=slba, nlb=127).command(), bytes(65536))
            queue.flush()
            host.set_property(Property.CC, choice.choice([0x460000, 0x464001, 0x468001]))
            with suppress(EOFError, ConnectionError):
                while True:
                    queue.turn()
            queue.close()
            host.queues.remove(queue)
            host.set_property(Property.CC, 0x460000)
            host.enable()


# -- those who vanish, and those who take nothing


def half_open(target: Besieged, choice: random.Random, count: int) -> None:
    """Hosts that are gone without a word, or say nothing any more: their time runs out."""
    with ExitStack() as stack:
        silent = []
        for number in range(count):
            host = Host(target.address, NQN, hostid=identity(number), kato=1000)
            if choice.random() < 0.5:
                begin_reading(host.io_queue().socket, choice.randrange(1, 20))
            if choice.random() < 0.5:
                silent += [queue.socket for queue in host.queues]
                stack.callback(host.close)
                continue
            for queue in host.queues:
                vanish(queue.socket)
        until(lambda: target.controllers(NQN) == 0, "hosts that have vanished are remembered")
        for raw in silent:
            drained(raw)


def vanish(raw: socket.socket) -> None:
    """Close without telling the other side, as a machine does that loses power."""
    with suppress(OSError):  # without CAP_NET_ADMIN it is a FIN
        raw.setsockopt(socket.IPPROTO_TCP, _TCP_REPAIR, 1)
    raw.close()


def slow_readers(target: Besieged, choice: random.Random, count: int) -> None:
    """Hosts that ask for 16 MiB each and take next to nothing: the target keeps little of it."""
    before = target.resident()
    hosts = []
    with ExitStack() as stack:
        for number in range(count):
            host = stack.enter_context(Host(target.address, NQN, hostid=identity(number)))
            queue = host.io_queue()
            queue.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
            for _ in range(127):
                queue.submit(Read(nsid=1, slba=0, nlb=255).command(), length=131072)
            queue.flush()
            hosts.append(queue.socket)
        end = time.monotonic() + 0.5
        while time.monotonic() < end:  # all the while they take a little
            choice.choice(hosts).recv(1000)
            assert target.resident() - before < count * PER_CONNECTION + SLACK
        target.goes_on()


PER_CONNECTION = 6 << 20
"""What a connection may cost: 4 MiB under way, 1 MiB untaken, and its commands."""

ATTACKS: dict[Attack, int] = {
    random_pdus: 80,
    random_commands: 400,
    json_garbage: 100,
    come_and_go: 250,
    resets: 12,
    half_open: 10,
    slow_readers: 12,
}
"""How often in an ordinary run; a full one has as many as FULL says."""

FULL: dict[Attack, int] = {
    random_pdus: 3000,
    random_commands: 20000,
    json_garbage: 3000,
    come_and_go: 3000,
    resets: 300,
    half_open: 60,
    slow_readers: 180,
}


PARTS = 3


def bear(target: Besieged, attack: Attack, seed: int, count: int) -> None:
    """An attack, three times: the target bears it, and it leaves nothing behind.

    Raises AssertionError.
    """
    before = target.usage()
    target.watch()
    for part in range(PARTS):
        attack(target, random.Random(seed * PARTS + part), count // PARTS)
        target.settled(before)
    target.check_watch()
    target.check_log()
