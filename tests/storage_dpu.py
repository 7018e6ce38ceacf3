"""An opid and the storage target that it works on, in tests: calls, restarts, what there is."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import grpc
import pytest

from opi.catalog import catalog
from tests.opid_process import DEADLINE, SERVING, Opid, channel, health, starting_opid
from tests.spdk_target import ask, spdk_target

METHODS = {method.name: method for method in catalog().methods()}


class Dpu:
    """An opid and its target, each of which can be ended and started again."""

    def __init__(self, folder: Path, stack: ExitStack, *flags: str) -> None:
        """`flags` are further ones of opid, which `start_opid` goes by."""
        self.socket = folder / "spdk.sock"
        self.file = folder / "disk"
        self.file.write_bytes(bytes(1 << 20))
        self.state = folder / "state"
        self._stack = stack
        self.flags = flags
        self._start = stack.enter_context(starting_opid(folder))
        self.opid: Opid
        self.start_target()
        self.start_opid()

    def start_target(self) -> None:
        self.target = self._stack.enter_context(spdk_target(self.socket))

    def kill_target(self) -> None:
        self.target.kill()
        self.target.wait(DEADLINE)
        self.socket.unlink(missing_ok=True)

    def start_opid(self) -> None:
        where = ("--state-dir", str(self.state), "--spdk-socket", str(self.socket))
        self.opid = self._start(*where, *self.flags)
        self.opid.wait_for("serving")
        self._channel = self._stack.enter_context(channel(self.opid))

    def kill_opid(self) -> None:
        self.opid.process.kill()
        self.opid.end()

    def restart(self, *dead: str) -> None:
        """Kill "opid", "target" or both, and start them again; the target is back first."""
        if "opid" in dead:
            self.kill_opid()
        if "target" in dead:
            self.kill_target()
            self.start_target()
        if "opid" in dead:
            self.start_opid()

    def call(self, rpc: str, /, **fields: Any) -> Any:
        return call_over(self._channel, rpc, True, **fields)

    def bdevs(self) -> dict[str, dict[str, Any]]:
        return {one["name"]: one for one in ask(self.socket, "bdev_get_bdevs")}

    def keys(self) -> list[str]:
        return [one["name"] for one in ask(self.socket, "accel_crypto_keys_get")]


def call_over(opened: grpc.Channel, rpc: str, wait: bool = False, /, **fields: Any) -> Any:
    """One call; `wait` for a server that is not there yet. Raises grpc.RpcError."""
    method = METHODS[rpc]
    request: Any = method.request
    stub: Any = opened.unary_unary(
        f"/{method.path.lstrip('/')}",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=method.response.FromString,
    )
    return stub(request(**fields), timeout=DEADLINE, wait_for_ready=wait)


def code_over(opened: grpc.Channel, rpc: str, /, **fields: Any) -> str:
    """What becomes of a call: "OK", or the name of its status code."""
    try:
        call_over(opened, rpc, **fields)
    except grpc.RpcError as error:
        code: grpc.StatusCode = error.code()
        return code.name
    return "OK"


def refused(dpu: Dpu, code: grpc.StatusCode, rpc: str, /, **fields: Any) -> str:
    """The words of a refusal with this code."""
    with pytest.raises(grpc.RpcError) as caught:
        dpu.call(rpc, **fields)
    error: Any = caught.value
    assert error.code() is code, error.details()
    return str(error.details())


def wait_for_health(dpu: Dpu) -> bool:
    return becomes(lambda: health(dpu.opid) == SERVING)


def becomes(condition: Callable[[], bool]) -> bool:
    """Whether it comes true in time."""
    end = time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def free_port() -> int:
    """A TCP port of loopback that nobody listens at."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
