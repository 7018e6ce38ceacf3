"""Envelopes are answered as a real spdk_tgt did: same results, same codes, same words."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from dpu_sim.spdk_sim.application import Application
from dpu_sim.spdk_sim.envelope import answer
from dpu_sim.spdk_sim.server import JsonRpcServer
from tests.unit.dpu_sim.spdk_sim.replay import conversation

VERSION = {"jsonrpc": "2.0", "method": "spdk_get_version"}
INVALID = {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "Invalid request"}}


def ask(server: JsonRpcServer, request: Any) -> Any:
    return asyncio.run(answer(request, server._methods))


@pytest.fixture
def server() -> JsonRpcServer:
    return JsonRpcServer(Application().methods())


@pytest.mark.parametrize(
    "request_",
    [
        {"jsonrpc": "1.0", "id": 8, "method": "spdk_get_version"},
        {"jsonrpc": "2.0", "id": 11},
        {"jsonrpc": "2.0", "id": 12, "method": "spdk_get_version", "extra": 1},
        {"jsonrpc": "2.0", "id": 13, "method": 5},
        [],
        42,
        "text",
    ],
)
def test_an_envelope_that_is_none_is_refused_without_an_id(
    server: JsonRpcServer, request_: Any
) -> None:
    assert ask(server, request_) == INVALID


def test_a_notification_gets_no_answer_but_is_carried_out(server: JsonRpcServer) -> None:
    create = {"jsonrpc": "2.0", "method": "nvmf_create_subsystem"}
    parameters = {"nqn": "nqn.2022-09.io.spdk:quiet"}
    assert ask(server, create | {"params": parameters}) is None
    listed = ask(server, {"id": 1, "method": "nvmf_get_subsystems", "params": parameters})
    assert listed["result"][0]["nqn"] == "nqn.2022-09.io.spdk:quiet"


def test_ids_come_back_as_they_were(server: JsonRpcServer) -> None:
    assert ask(server, VERSION | {"id": "abc"})["id"] == "abc"
    assert ask(server, VERSION | {"id": None}) is None


def test_a_batch_is_answered_with_a_batch(server: JsonRpcServer) -> None:
    replies = ask(server, [VERSION | {"id": 17}, {"id": 18, "method": "nope"}, VERSION])
    assert [one["id"] for one in replies] == [17, 18]
    assert replies[1]["error"] == {"code": -32601, "message": "Method not found"}


@pytest.mark.parametrize("parameters", [{}, [], {"a": 1}])
def test_a_method_without_parameters_refuses_any(server: JsonRpcServer, parameters: Any) -> None:
    reply = ask(server, VERSION | {"id": 1, "params": parameters})
    assert reply["error"] == {
        "code": -32602,
        "message": "spdk_get_version method requires no parameters",
    }


def test_scalar_parameters_are_an_invalid_request_with_its_id(server: JsonRpcServer) -> None:
    assert ask(server, VERSION | {"id": 5, "params": 3}) == INVALID | {"id": 5}


@pytest.mark.parametrize("count", [64.5, "64", -1, 1 << 32, True])
def test_numbers_are_integers_in_their_range(server: JsonRpcServer, count: Any) -> None:
    parameters = {"nqn": "nqn.2022-09.io.spdk:n", "max_namespaces": count}
    reply = ask(server, {"id": 1, "method": "nvmf_create_subsystem", "params": parameters})
    assert reply["error"] == {"code": -32602, "message": "Invalid parameters"}


def test_the_methods_are_listed(server: JsonRpcServer) -> None:
    listed = ask(server, {"id": 1, "method": "rpc_get_methods"})["result"]
    assert {one["method"] for one in conversation("recorded_target.jsonl")} <= set(listed)
