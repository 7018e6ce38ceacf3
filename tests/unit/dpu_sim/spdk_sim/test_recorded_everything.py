"""Every recorded answer of a real spdk_tgt is compared, or it is said why not."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import Coroutine, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from dpu_sim.spdk_sim.application import Application
from dpu_sim.spdk_sim.envelope import Handler
from dpu_sim.spdk_sim.errors import RpcError
from dpu_sim.spdk_sim.framing import Splitter
from dpu_sim.spdk_sim.parameters import decode
from tests.spdk_process import running_spdk_sim
from tests.unit.dpu_sim.spdk_sim.replay import HERE, conversation, stable

RECORDINGS = 382
_ITSELF = "it attached to itself, where the names of devices clash; asked of two in 1063 and on"
_NOT_HERE = "no method of those that the DPU's clients call"
_RAID = "there is no RAID"
_HALF_CLOSED = "[BUG] spdk_tgt drops the answer to a client that sends no more; ours arrives"
LEFT_OUT = {
    23: "spdk_tgt has 296 methods; those that are called are listed in spdk_methods.txt",
    33: _NOT_HERE,
    37: _NOT_HERE,
    38: _NOT_HERE,
    **dict.fromkeys((229, 230, 232, 233, 235, 236, 237, 239, 240, 241, 242, 244), _ITSELF),
    **dict.fromkeys((250, 251, 252, 254, 256, 259), _ITSELF),
    **dict.fromkeys((307, 308, 309), _RAID),
    314: "a histogram of ranges at another tick rate, compared in test_recorded_devices",
    324: "the configuration of devices, compared in test_recorded_devices and with 1123",
    **dict.fromkeys((1307, 1309, 1310), _HALF_CLOSED),
}
"""Recordings that are nowhere replayed."""
VERSION = {"version", "fields"}

METHODS: dict[str, list[str]] = {
    method: parameters
    for method, *parameters in map(str.split, (HERE / "spdk_methods.txt").read_text().splitlines())
}
"""What DPUs' bridges, tools that set targets up, and labs call, of virtual devices all but RAID and
split: parameters of SPDK 26.09, with ! where they are required."""
EITHER = {"size_in_mib"}
"""Required, but where its earlier spelling is given."""


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with running_spdk_sim(tmp_path_factory.mktemp("envelopes") / "spdk.sock") as path:
        yield path


def replayed() -> dict[int, str]:
    """The numbers that some test replays, with their method, if it is one."""
    found: dict[int, str] = {}
    for path in HERE.glob("recorded_*.jsonl"):
        found |= {one["n"]: one.get("method", "") for one in conversation(path.name)}
    return found


def test_every_recording_is_replayed_or_left_out_for_a_reason() -> None:
    compared = set(replayed())
    assert not compared & set(LEFT_OUT)
    assert len(compared | set(LEFT_OUT)) == RECORDINGS
    assert all(LEFT_OUT.values())


def asked(path: Path, data: bytes) -> tuple[list[Any], bool]:
    """What the server answers within a moment, and whether it hung up."""
    splitter, closed = Splitter(), False
    found: list[Any] = []
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(10)
        link.connect(str(path))
        # One that is always answered comes last: what is not answered before it, is not at all.
        link.sendall(data + b'{"id":"end","method":"framework_wait_init"}')
        while not (found and isinstance(found[-1], dict) and found[-1].get("id") == "end"):
            received = link.recv(65536)
            if not received:
                closed = True
                break
            found += splitter.feed(received)
    return [one for one in found if not isinstance(one, dict) or one.get("id") != "end"], closed


@pytest.mark.parametrize(
    "recorded", conversation("recorded_envelopes.jsonl"), ids=lambda one: one["case"]
)
def test_an_envelope_is_answered_as_recorded(target: Path, recorded: dict[str, Any]) -> None:
    replies, closed = asked(target, recorded["request"].encode())
    expected = recorded["response"]
    assert closed == (expected == "<connection closed by server>")
    if isinstance(expected, str):
        assert replies == []
    elif recorded["n"] == 21:
        assert [one["id"] for one in replies] == expected
    else:
        assert stable(replies, VERSION) == stable([expected], VERSION)


def test_every_method_that_clients_call_is_served_and_listed(target: Path) -> None:
    [reply], _ = asked(target, b'{"id":1,"method":"rpc_get_methods"}')
    assert not set(METHODS) - set(reply["result"])


@pytest.mark.parametrize("method", sorted(METHODS))
def test_parameters_that_no_method_has_are_refused_by_every_method(
    target: Path, method: str
) -> None:
    """As SPDK's decoders do; so every method looks at what it is given."""
    request = {"id": 1, "method": method, "params": {"no such parameter": 1}}
    [reply], _ = asked(target, json.dumps(request).encode())
    assert reply["error"]["code"] in {-32700, -32602, -32603}
    assert reply["error"]["message"]


class SeenError(Exception):
    """What a method would have decoded its parameters with: those that it knows and requires."""

    def __init__(self, known: set[str], required: set[str]) -> None:
        super().__init__(known, required)
        self.known, self.required = known, required


def reveal(_: Any, fields: Mapping[str, Any], required: set[str], *_more: Any) -> None:
    """In place of `decode`."""
    raise SeenError(set(fields), set(required))


def test_every_method_knows_every_parameter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under its name of today, and requires what SPDK requires."""
    handlers = Application()._methods
    modules = [one for name, one in sys.modules.items() if name.startswith("dpu_sim.spdk_sim.")]
    for module in modules:
        if getattr(module, "decode", None) is decode:
            monkeypatch.setattr(module, "decode", reveal)
    for method, parameters in METHODS.items():
        known, required = decoded(handlers[method])
        assert not {one.rstrip("!") for one in parameters} - known, method
        assert required == {one[:-1] for one in parameters if one.endswith("!")} - EITHER, method


def decoded(handler: Handler) -> tuple[set[str], set[str]]:
    """The parameters that a method knows and requires; none where it says that it has none."""
    try:
        asyncio.run(cast("Coroutine[Any, Any, Any]", handler({})))
    except SeenError as seen:
        return seen.known, seen.required
    except RpcError as error:
        if "requires no parameters" in error.message:
            return set(), set()
        raise
    raise AssertionError("it looks at nothing")
