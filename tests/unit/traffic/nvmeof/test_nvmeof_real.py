"""Our host and our target with a listener between them: all that passes keeps the rules."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from host_sim.client import Address, ConnectOptions, Subsystem
from tests.spdk_process import running_spdk_sim
from tests.spdk_target import ask
from tests.unit.traffic.nvmeof.test_nvmeof_illegal import free_port
from traffic.nvmeof.connection import CONTROLLER, HOST, ConnectionChecker
from traffic.nvmeof.controllers import Controllers
from traffic.nvmeof.rules import Violation

SUBSYSTEM = "nqn.2026-01.io.lab:real"
BLOCK = 512


@dataclass
class Relay:
    """Passes every connection on to `port`, and shows the checker what it passes."""

    port: int
    violations: list[Violation] = field(default_factory=list)
    checkers: list[ConnectionChecker] = field(default_factory=list)
    controllers: Controllers = field(default_factory=Controllers)
    packets: int = 0

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up, down = await asyncio.open_connection("127.0.0.1", self.port)
        name = f"connection {len(self.checkers)}"
        checker = ConnectionChecker(name, "target", self.controllers, self.violations.append)
        self.checkers.append(checker)
        await asyncio.gather(
            self._pass(checker, HOST, reader, down), self._pass(checker, CONTROLLER, up, writer)
        )
        checker.close()

    async def _pass(
        self,
        checker: ConnectionChecker,
        way: int,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        try:
            while data := await reader.read(1 << 16):
                self.packets += 1
                checker.feed(way, data, self.packets, asyncio.get_running_loop().time())
                writer.write(data)
                await writer.drain()
            checker.end(way)
        except ConnectionError:
            pass  # the other side has closed already
        finally:
            writer.close()


@asynccontextmanager
async def relaying(port: int) -> AsyncIterator[tuple[Relay, int]]:
    relay = Relay(port)
    server = await asyncio.start_server(relay.accept, "127.0.0.1", 0)
    try:
        yield relay, server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def work(port: int, header: bool, data: bool) -> Relay:
    """Writes and reads of many sizes at once; what is read is what was written."""
    async with relaying(port) as (relay, open_port):
        subsystem = Subsystem(SUBSYSTEM)
        options = ConnectOptions(
            Address("127.0.0.1", open_port), SUBSYSTEM, header_digest=header, data_digest=data
        )
        await subsystem.connect(options)
        namespace = subsystem.namespaces[1]

        async def one(number: int) -> None:
            blocks = (1, 7, 8, 64, 256, 300)[number % 6]
            content = os.urandom(BLOCK * blocks)
            await namespace.write(number * 512, content)
            assert bytes(await namespace.read(number * 512, blocks)) == content

        await asyncio.gather(*(one(number) for number in range(24)))
        await namespace.flush()
        await subsystem.close()
    return relay


@pytest.mark.parametrize(("header", "data"), [(False, False), (True, True)])
def test_host_and_target_keep_the_rules(tmp_path: Path, header: bool, data: bool) -> None:
    with running_spdk_sim(tmp_path / "s") as path:
        ask(path, "nvmf_create_transport", trtype="TCP")
        ask(path, "bdev_malloc_create", num_blocks=24 * 512, block_size=BLOCK, name="M0")
        ask(path, "nvmf_create_subsystem", nqn=SUBSYSTEM, allow_any_host=True)
        ask(path, "nvmf_subsystem_add_ns", nqn=SUBSYSTEM, namespace={"bdev_name": "M0"})
        port = free_port()
        address = {"trtype": "TCP", "adrfam": "IPv4", "traddr": "127.0.0.1", "trsvcid": str(port)}
        ask(path, "nvmf_subsystem_add_listener", nqn=SUBSYSTEM, listen_address=address)
        relay = asyncio.run(asyncio.wait_for(work(port, header, data), 60))
    told = [f"{one.connection} {one.side} {one.rule}: {one.message}" for one in relay.violations]
    assert told == []
    assert len(relay.checkers) >= 2, "an Admin queue and an I/O queue"
    assert sum(one.pdus for one in relay.checkers) > 100
