"""Random sequences of calls against a model, over gRPC, over HTTP, and over both by turns.

opid and the SPDK stand-in are processes of their own. After every call what opid lists, and what
the target has, is what the model says.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from tests.opid_process import Opid, channel, starting_opid
from tests.spdk_target import spdk_target, subsystems
from tests.subsystem_model import Model, OverGrpc, OverHttp, Spec, Transport, on_target

pytestmark = pytest.mark.integration

FULL = os.environ.get("DPULAB_FULL") == "1"
SEQUENCES = 300 if FULL else 20
CALLS = 40 if FULL else 25

IDS = st.sampled_from(["sub-a", "sub-b", "sub-c", "sub-d"])
NQNS = st.sampled_from([f"nqn.2022-09.io.spdk:opi{n}" for n in range(4)])
HOSTS = [f"nqn.2014-08.org.nvmexpress:uuid:{n * 8}-d51f-40c8-b348-2753f3571d3c" for n in "12"]
OTHERS: dict[str, Any] = {
    "serial_number": st.sampled_from(["SN1", "SN2"]),
    "model_number": st.just("M" * 40),
    "max_namespaces": st.sampled_from([1, 32, 65535]),
    "hostnqn": st.sampled_from(HOSTS),
}
SPECS = st.fixed_dictionaries({"nqn": NQNS}, optional=OTHERS)
ANY_SPECS = SPECS | st.fixed_dictionaries({}, optional={**OTHERS, "nqn": st.just("bad")})
FIELDS = ["nqn", *OTHERS]
MASKS: Any = (
    st.just(())
    | st.sampled_from([("*",), ("spec",)])
    | st.lists(st.sampled_from([f"spec.{f}" for f in FIELDS]), min_size=1, unique=True).map(tuple)
)


class ByTurns:
    """Every call goes the other way than the one before."""

    def __init__(self, *ways: Transport) -> None:
        self._ways = list(ways)

    def __getattr__(self, name: str) -> Any:
        self._ways.append(self._ways.pop(0))
        return getattr(self._ways[0], name)


class Sequence(RuleBasedStateMachine):
    """Calls, with what the model says to each of them."""

    transport: Transport
    socket: Path

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()

    @initialize()
    def empty(self) -> None:
        """Servers are shared by the sequences: starting one takes longer than all of its calls."""
        for identity in self.transport.specs():
            assert self.transport.delete(identity, False).code == "OK"

    @rule(identity=IDS, spec=SPECS | ANY_SPECS)
    def create(self, identity: str, spec: Spec) -> None:
        assert self.transport.create(identity, spec) == self.model.create(identity, spec)

    @rule(identity=IDS, data=st.data())
    def create_again(self, identity: str, data: st.DataObject) -> None:
        """With what is there, or was asked for first: else few creates would be the same."""
        one = self.model.has.get(identity)
        spec = data.draw(st.sampled_from([one.spec, one.requested])) if one else data.draw(SPECS)
        assert self.transport.create(identity, spec) == self.model.create(identity, spec)

    @rule(identity=IDS, spec=SPECS | ANY_SPECS, mask=MASKS, allow_missing=st.booleans())
    def update(self, identity: str, spec: Spec, mask: tuple[str, ...], allow_missing: bool) -> None:
        expected = self.model.update(identity, spec, mask, allow_missing)
        assert self.transport.update(identity, spec, mask, allow_missing) == expected

    @rule(identity=IDS, allow_missing=st.booleans())
    def delete(self, identity: str, allow_missing: bool) -> None:
        expected = self.model.delete(identity, allow_missing)
        assert self.transport.delete(identity, allow_missing) == expected

    @rule(identity=IDS)
    def get(self, identity: str) -> None:
        assert self.transport.get(identity) == self.model.get(identity)

    @rule(page_size=st.integers(0, 3))
    def list(self, page_size: int) -> None:
        assert self.transport.specs(page_size) == self.model.specs()

    @invariant()
    def listed_and_on_the_target(self) -> None:
        assert self.transport.specs() == self.model.specs()
        seen = subsystems(self.socket)
        wanted = on_target(self.model.specs())
        fields = {nqn: {key: seen[nqn][key] for key in one} for nqn, one in wanted.items()}
        assert (fields, seen.keys()) == (wanted, wanted.keys())


@pytest.fixture(scope="module")
def socket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("target") / "spdk.sock"
    with spdk_target(path):
        yield path


@pytest.fixture(scope="module")
def server(socket: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opid]:
    with starting_opid(tmp_path_factory.mktemp("opid")) as start:
        yield start("--spdk-socket", str(socket), http="127.0.0.1:0")


@pytest.fixture(params=["grpc", "http", "by turns"])
def transport(request: pytest.FixtureRequest, server: Opid) -> Iterator[Transport]:
    with channel(server) as opened:
        if request.param == "grpc":
            yield OverGrpc(opened)
            return
        http = OverHttp(server.http)
        yield http if request.param == "http" else ByTurns(http, OverGrpc(opened))
        http.close()


def test_sequences_give_what_the_model_says(transport: Transport, socket: Path) -> None:
    class Bound(Sequence):
        pass

    Bound.transport, Bound.socket = transport, socket
    run_state_machine_as_test(
        Bound,
        settings=settings(
            max_examples=SEQUENCES,
            stateful_step_count=CALLS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
