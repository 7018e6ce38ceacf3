"""How a receiver ends, on a socket of paper: what it may say of frames that it did not see."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, Self, cast

import pytest

from traffic import receiver
from traffic.frame import Observation, Other
from traffic.receiver import BATCH, Options

TAG = bytes(range(16))
SECOND = 1_000_000_000


class PaperWire:
    """Socket, clock and stop signal in one. `frames` are (arrival, number), -1 being a stranger."""

    def __init__(self, *frames: tuple[float, int], drops: int = 0, stop_at: float = 1e9) -> None:
        self.frames = [(int(at * SECOND), number) for at, number in frames]
        self.drops, self.stop_at = drops, int(stop_at * SECOND)
        self.now = 0
        self.events: list[str] = []
        self.time = SimpleNamespace(monotonic_ns=lambda: self.now, time_ns=lambda: self.now)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    # the socket

    def recv_into(self, view: memoryview) -> int:
        if not self.frames or self.frames[0][0] > self.now:
            raise BlockingIOError
        _, number = self.frames.pop(0)
        view[:4] = struct.pack("!i", number)
        return 4

    def getsockopt(self, *_: int) -> bytes:
        return struct.pack("=II", 99, self.drops)

    def getsockname(self) -> tuple[Any, ...]:
        return "lo", 3, 0, 1, b""

    # the stop signal

    @property
    def requested(self) -> bool:
        return self.now >= self.stop_at

    def wait(self, seconds: float, *_: object) -> bool:
        if not self.requested:
            soon = [at for at, _ in self.frames[:1]]
            deadline = self.now + int(seconds * SECOND)
            self.now = max(self.now, min(deadline, self.stop_at, *soon))
        return self.requested


def parse(frame: memoryview) -> Observation | Other:
    (number,) = struct.unpack("!i", frame)
    return Observation(TAG, number, 5, "udp", 4, None) if number >= 0 else Other.NO_MAGIC


@pytest.fixture
def listen(monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    def run(wire: PaperWire, expected: int, quiet_after: float | None = None) -> dict[str, Any]:
        def opened(options: Options) -> socket.socket:
            wire.events.append("open")
            return cast(socket.socket, wire)

        for name, value in (
            ("_open", opened),
            ("StopSignal", lambda: wire),
            ("time", wire.time),
            ("parse_frame", parse),
        ):
            monkeypatch.setattr(receiver, name, value)
        options = Options("lo", TAG, expected, timeout=10.0, quiet_after=quiet_after)
        return receiver.receive(options, lambda event: wire.events.append(event["event"]))

    return run


Listen = Callable[..., dict[str, Any]]


def test_it_says_armed_only_once_it_listens(listen: Listen) -> None:
    wire = PaperWire((1, 0))
    listen(wire, 1)
    assert wire.events == ["open", "armed"]


@pytest.mark.parametrize(
    ("arrivals", "expected", "quiet_after", "ended", "seconds"),
    [
        ([1, 2], 2, None, "complete", 2),
        ([1, 2], 3, None, "timeout", 10),
        ([], 0, None, "timeout", 10),
        ([1, 2], 2, 3, "complete", 5),
        ([1, 2], 3, 3, "quiet", 5),
        ([8, 9], 2, 3, "complete", 10),
        ([8, 9], 3, 3, "timeout", 10),
    ],
)
def test_an_end_has_its_name(
    listen: Listen,
    arrivals: list[float],
    expected: int,
    quiet_after: float | None,
    ended: str,
    seconds: float,
) -> None:
    wire = PaperWire(*((at, number) for number, at in enumerate(arrivals)))
    result = listen(wire, expected, quiet_after)
    assert (result["ended"], result["seconds"]) == (ended, seconds)
    assert result["received"] == len(arrivals)


def test_what_the_kernel_dropped_is_in_the_result(listen: Listen) -> None:
    result = listen(PaperWire((1, 0), drops=3), 2)
    assert (result["kernel_drops"], result["inconclusive"]) == (3, True)


def test_frames_that_came_before_the_end_are_counted(listen: Listen) -> None:
    frames = [(1.0, number) for number in range(2 * BATCH + 5)]
    result = listen(PaperWire(*frames, stop_at=1.0), 0)
    assert (result["ended"], result["received"]) == ("signal", len(frames))


def test_a_receiver_that_was_paused_does_not_take_its_own_silence_for_the_wires(
    listen: Listen,
) -> None:
    """Strangers' frames fill the first batch read after the pause; ours wait behind them."""
    wire = PaperWire((0, 0), *[(0.5, -1)] * BATCH, (0.5, 1))
    slept = wire.wait

    def wait(seconds: float, *also: object) -> bool:
        if wire.now == 0 and len(wire.frames) <= BATCH + 1:
            wire.now = 5 * SECOND
        return slept(seconds, *also)

    wire.wait = wait  # type: ignore[method-assign]
    result = listen(wire, 2, 1.0)
    assert (result["ended"], result["received"]) == ("complete", 2)
