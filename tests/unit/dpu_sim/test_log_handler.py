"""Lines that may wait for others: none is lost, none overtakes another, errors come at once."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import select
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from dpu_sim import logs

DEADLINE = 20.0


class Writes(io.StringIO):
    """A stream that remembers each write."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []

    def write(self, text: str) -> int:
        """Remember it."""
        self.pieces.append(text)
        return super().write(text)


@pytest.fixture
def writes() -> Writes:
    """Where the lines go."""
    return Writes()


@pytest.fixture
def log(writes: Writes) -> Iterator[logging.Logger]:
    """A logger that writes bare messages there."""
    logger = logging.getLogger("tests.gathering")
    handler = logs.GatheringHandler(writes)
    logger.addHandler(handler)
    logger.propagate = False
    logger.setLevel("INFO")
    yield logger
    logger.removeHandler(handler)


def patiently(log: logging.Logger, message: str, level: int = logging.INFO) -> None:
    """Log what may wait."""
    log.log(level, message, extra={"may_wait": True})


def test_what_may_wait_is_written_together_and_soon(log: logging.Logger, writes: Writes) -> None:
    async def main() -> None:
        for number in range(5):
            patiently(log, str(number))
        assert writes.pieces == []
        async with asyncio.timeout(DEADLINE):
            while not writes.pieces:
                await asyncio.sleep(0.001)

    asyncio.run(main())
    assert writes.pieces == ["0\n1\n2\n3\n4\n"]


def test_anything_else_is_written_at_once_behind_what_waits(
    log: logging.Logger, writes: Writes
) -> None:
    async def main() -> None:
        patiently(log, "first")
        log.info("second")
        assert writes.pieces == ["first\nsecond\n"]
        patiently(log, "third")
        patiently(log, "fourth", logging.ERROR)
        assert writes.pieces[1:] == ["third\nfourth\n"]

    asyncio.run(main())


def test_without_an_event_loop_nothing_waits(log: logging.Logger, writes: Writes) -> None:
    patiently(log, "alone")
    assert writes.pieces == ["alone\n"]


def test_a_line_of_another_thread_comes_behind_what_waits(
    log: logging.Logger, writes: Writes
) -> None:
    async def main() -> None:
        patiently(log, "first")
        await asyncio.to_thread(log.info, "second")

    asyncio.run(main())
    assert writes.getvalue() == "first\nsecond\n"


def test_no_write_is_larger_than_what_a_pipe_takes_as_a_whole(
    log: logging.Logger, writes: Writes
) -> None:
    lines = [f"{number} {'x' * 300}" for number in range(100)]

    async def main() -> None:
        for line in lines:
            patiently(log, line)
        for handler in log.handlers:
            handler.flush()

    asyncio.run(main())
    assert writes.getvalue().splitlines() == lines
    assert max(map(len, writes.pieces)) <= select.PIPE_BUF
    assert len(writes.pieces) < 10


PROCESS = """
import asyncio, logging, signal
from dpu_sim import logs
logs.WAIT_SECONDS = 3600
logs.configure("info")

async def main():
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    logging.getLogger("x").info("ready")
    for number in range(3):
        logging.getLogger("x").info(str(number), extra={"may_wait": True})
    await stopping.wait()

asyncio.run(main())
"""


def test_what_waits_is_written_before_the_process_ends_on_sigterm() -> None:
    command = [sys.executable, "-c", PROCESS]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert json.loads(process.stderr.readline())["message"] == "ready"
        process.send_signal(signal.SIGTERM)
        _, rest = process.communicate(timeout=DEADLINE)
    assert [json.loads(line)["message"] for line in rest.splitlines()] == ["0", "1", "2"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "1970-01-01T00:00:00.000Z"),
        (1700000000.9999, "2023-11-14T22:13:20.999Z"),
        (1700000001.0, "2023-11-14T22:13:21.000Z"),
        (1700000000.25, "2023-11-14T22:13:20.250Z"),  # clocks are set back, too
    ],
)
def test_a_line_tells_its_time_in_utc(seconds: float, text: str) -> None:
    record = logging.makeLogRecord({"created": seconds})
    assert json.loads(logs.JsonFormatter().format(record))["time"] == text
