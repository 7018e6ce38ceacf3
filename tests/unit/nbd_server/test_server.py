"""The server and the client over a real socket, and a device that is away for a while."""

from __future__ import annotations

import asyncio
import errno
import os
import random
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from host_sim.remote import open_remote
from nbd_server.client import Connection, RefusedError, list_exports
from nbd_server.device import Buffer, FileDevice
from nbd_server.server import Server
from nbd_server.wire import Command, CommandFlag, Export, ProtocolError

SIZE = 1 << 20
DEADLINE = 10.0


class Stalling:
    """A device whose reads end when they are let, and whose writes fail."""

    block_size, blocks = 512, 16

    def __init__(self) -> None:
        self.reading = 0
        self.gate = asyncio.Event()

    async def read(self, first: int, blocks: int) -> Buffer:
        self.reading += 1
        await self.gate.wait()
        return bytes([first]) * blocks * self.block_size

    async def write(self, first: int, data: memoryview, *, fua: bool = False) -> None:
        raise OSError(errno.EBADE, "a reservation is in the way")

    async def flush(self) -> None:
        raise ZeroDivisionError

    async def write_zeroes(self, first: int, blocks: int, *, deallocate: bool = False) -> None:
        raise OSError(errno.ENOSPC, "full")

    async def trim(self, first: int, blocks: int) -> None:
        raise OSError(errno.EPERM, "no")


def run(body: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(DEADLINE):
            await body()

    asyncio.run(bounded())


@asynccontextmanager
async def serving(path: Path, **devices: Any) -> AsyncIterator[Server]:
    server = Server()
    for name, device in devices.items():
        server.add(name, device)
    await server.start(path)
    try:
        yield server
    finally:
        await server.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(bytes(SIZE))
    return path


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0.005)


def test_a_file_is_read_and_written_in_any_order_by_several_clients(
    tmp_path: Path, file: Path
) -> None:
    async def body() -> None:
        path, dice = tmp_path / "s", random.Random(4)
        with FileDevice(file) as device:
            async with serving(path, disk=device):
                clients = [await Connection.open(path, "disk") for _ in range(3)]
                assert clients[0].export == Export(SIZE, 512)
                chunks = [dice.randbytes(4096) for _ in range(SIZE // 4096)]
                order = dice.sample(range(len(chunks)), len(chunks))
                await asyncio.gather(
                    *(
                        clients[n % 3].request(Command.WRITE, n * 4096, 4096, data=chunks[n])
                        for n in order
                    )
                )
                await clients[0].request(Command.FLUSH, 0, 0)
                found = await asyncio.gather(
                    *(clients[n % 2].request(Command.READ, n * 4096, 4096) for n in range(256))
                )
                assert found == chunks
                await clients[1].request(Command.WRITE_ZEROES, 4096, 8192, flags=1)
                await clients[1].request(Command.TRIM, 0, 512)
                for one in clients:
                    await one.close()
        expected = b"".join(chunks)
        assert file.read_bytes() == expected[:4096] + bytes(8192) + expected[12288:]

    run(body)


def test_exports_are_listed_with_sizes_and_come_and_go(tmp_path: Path, file: Path) -> None:
    async def body() -> None:
        path = tmp_path / "s"
        with FileDevice(file, 4096) as device:
            async with serving(path, one=device) as server:
                assert await list_exports(path) == {"one": Export(SIZE, 4096)}
                server.add("two", device)
                assert set(await list_exports(path)) == {"one", "two"} == set(server.exports)
                user = await Connection.open(path, "one")
                server.remove("one")
                await until(lambda: user.lost)
                assert set(await list_exports(path)) == {"two"}
                with pytest.raises(FileNotFoundError, match="no export one"):
                    await Connection.open(path, "one")
                with pytest.raises(ValueError, match="two"):
                    server.add("two", device)
        assert not path.exists()

    run(body)


def test_failures_of_the_device_are_answered_and_the_connection_goes_on(tmp_path: Path) -> None:
    async def body() -> None:
        async with serving(tmp_path / "s", disk=(device := Stalling())):
            client = await Connection.open(tmp_path / "s", "disk")
            for command, number in (
                (Command.WRITE, errno.EIO),
                (Command.WRITE_ZEROES, errno.ENOSPC),
                (Command.TRIM, errno.EPERM),
            ):
                data = bytes(512) if command is Command.WRITE else b""
                with pytest.raises(RefusedError) as caught:
                    await client.request(command, 0, 512, data=data)
                assert caught.value.errno == number
            with pytest.raises(RefusedError) as caught:
                await client.request(Command.FLUSH, 0, 0)
            assert caught.value.errno == errno.EIO
            device.gate.set()
            assert await client.request(Command.READ, 512, 512) == b"\1" * 512
            await client.close()

    run(body)


def test_durability_is_passed_on_to_the_device(tmp_path: Path) -> None:
    class Noting(Stalling):
        def __init__(self) -> None:
            super().__init__()
            self.notes: list[str] = []

        async def write(self, first: int, data: memoryview, *, fua: bool = False) -> None:
            self.notes.append(f"write {first} {len(data)} {fua}")

        async def flush(self) -> None:
            self.notes.append("flush")

        async def write_zeroes(self, first: int, blocks: int, *, deallocate: bool = False) -> None:
            self.notes.append(f"zeroes {first} {blocks} {deallocate}")

        async def trim(self, first: int, blocks: int) -> None:
            self.notes.append(f"trim {first} {blocks}")

    async def body() -> None:
        async with serving(tmp_path / "s", disk=(device := Noting())):
            client = await Connection.open(tmp_path / "s", "disk")
            await client.request(Command.WRITE, 512, 1024, data=bytes(1024))
            await client.request(Command.WRITE, 0, 512, CommandFlag.FUA, bytes(512))
            await client.request(Command.FLUSH, 0, 0)
            await client.request(Command.WRITE_ZEROES, 512, 512, CommandFlag.NO_HOLE)
            await client.request(Command.WRITE_ZEROES, 512, 512, CommandFlag.FUA)
            await client.request(Command.TRIM, 1024, 512)
            assert device.notes == [
                "write 1 1024 False",
                "write 0 512 True",
                "flush",
                "zeroes 1 1 False",
                "zeroes 1 1 True",
                "flush",
                "trim 2 1",
            ]
            await client.close()

    run(body)


def test_one_client_may_have_so_many_requests_under_way_and_no_more(tmp_path: Path) -> None:
    async def body() -> None:
        async with serving(tmp_path / "s", disk=(device := Stalling())):
            client = await Connection.open(tmp_path / "s", "disk")
            other = await Connection.open(tmp_path / "s", "disk")
            many = [asyncio.create_task(client.request(Command.READ, 0, 512)) for _ in range(300)]
            await until(lambda: device.reading >= 128)
            single = asyncio.create_task(other.request(Command.READ, 1024, 512))
            await until(lambda: device.reading >= 129)
            assert device.reading == 129
            device.gate.set()
            assert await single == b"\2" * 512
            assert await asyncio.gather(*many) == [bytes(512)] * 300
            await client.close()
            await other.close()

    run(body)


@pytest.mark.parametrize("greeting", [b"", b"\0\0\0\3"])
def test_whoever_speaks_something_else_is_dropped_and_others_are_not(
    tmp_path: Path, file: Path, greeting: bytes
) -> None:
    async def body() -> None:
        path = tmp_path / "s"
        with FileDevice(file) as device:
            async with serving(path, disk=device):
                good = await Connection.open(path, "disk")
                reader, writer = await asyncio.open_unix_connection(path)
                writer.write(greeting + random.Random(1).randbytes(4096))
                assert (await reader.read())[:8] == b"NBDMAGIC"  # and then the end
                writer.close()
                assert await good.request(Command.READ, 0, 512) == bytes(512)
                await good.close()

    run(body)


def test_a_dead_socket_is_replaced_and_a_live_one_is_not(tmp_path: Path, file: Path) -> None:
    async def body() -> None:
        path = tmp_path / "s"
        pid = os.fork()
        if not pid:  # a server that is killed leaves its socket
            asyncio.run(Server().start(path))
            os._exit(0)
        os.waitpid(pid, 0)
        assert path.is_socket()
        with FileDevice(file) as device:
            async with serving(path, disk=device):
                assert path.stat().st_mode & 0o777 == 0o600
                with pytest.raises(OSError, match="in use") as caught:
                    await Server().start(path)
                assert caught.value.errno == errno.EADDRINUSE
                assert set(await list_exports(path)) == {"disk"}

    run(body)


def test_what_listens_and_is_no_server_is_told_from_one(tmp_path: Path) -> None:
    async def body() -> None:
        async def web(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            writer.close()

        async with await asyncio.start_unix_server(web, tmp_path / "s"):
            with pytest.raises(ProtocolError):
                await list_exports(tmp_path / "s")

    run(body)


def test_requests_wait_for_a_device_that_comes_back(tmp_path: Path, file: Path) -> None:
    async def body() -> None:
        path = tmp_path / "s"
        with FileDevice(file) as device:
            async with serving(path, disk=device):
                remote = await open_remote(path, "disk", patience=DEADLINE)
                await remote.write(0, memoryview(b"a" * 512))
            writing = asyncio.create_task(remote.write(1, memoryview(b"b" * 3 * (1 << 18))))
            reading = asyncio.create_task(remote.read(0, 1))
            done, _ = await asyncio.wait((writing, reading), timeout=0.3)
            assert not done
            async with serving(path, disk=device):
                assert await reading == b"a" * 512
                await writing
                await remote.flush()
                await remote.write_zeroes(2, 1)
                await remote.trim(3, 1)
                expected = b"a" * 512 + b"b" * 512 + bytes(512) + b"b" * 512
                assert await remote.read(0, 4) == expected
                await remote.close()

    run(body)


def test_a_device_that_stays_away_fails_in_time_and_so_does_one_that_hangs(tmp_path: Path) -> None:
    async def body() -> None:
        loop = asyncio.get_running_loop()
        async with serving(tmp_path / "s", disk=Stalling()):
            remote = await open_remote(tmp_path / "s", "disk", patience=0.3)
            began = loop.time()
            with pytest.raises(OSError, match="no answer in time") as caught:
                await remote.read(0, 1)
            assert caught.value.errno == errno.EIO
        with pytest.raises(OSError, match="away") as caught:
            await remote.read(0, 1)
        assert caught.value.errno == errno.EIO
        assert 0.6 <= loop.time() - began < 2.5
        await remote.close()

    run(body)


def test_a_device_of_another_size_is_not_taken_for_the_one_that_went(
    tmp_path: Path, file: Path
) -> None:
    async def body() -> None:
        path = tmp_path / "s"
        with FileDevice(file) as device:
            async with serving(path, disk=device):
                remote = await open_remote(path, "disk", patience=0.5)
        async with serving(path, disk=Stalling()):
            with pytest.raises(OSError, match="away"):
                await remote.read(0, 1)
            await remote.close()

    run(body)


def test_another_device_of_the_same_size_is_told_by_its_description(
    tmp_path: Path, file: Path
) -> None:
    async def body() -> None:
        path = tmp_path / "s"
        with FileDevice(file) as device:
            async with serving(path) as server:
                server.add("disk", device, "one \N{SNOWMAN}")
                assert (await list_exports(path))["disk"].description == "one \N{SNOWMAN}"
                remote = await open_remote(path, "disk", patience=0.5)
            async with serving(path) as server:
                server.add("disk", device, "other")
                assert (await list_exports(path))["disk"].replaces(remote.export)
                with pytest.raises(OSError, match="away"):
                    await remote.read(0, 1)
            async with serving(path) as server:
                server.add("disk", device, "one \N{SNOWMAN}")
                assert await remote.read(0, 1)
                await remote.close()

    run(body)
