"""Every illegal PDU: the checker names its rule, and the target answers as demanded."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.spdk_process import running_spdk_sim
from tests.spdk_target import ask
from tests.unit.traffic.nvmeof.wire import DOWN, UP, Pdus, check, segments
from traffic.errors import TrafficError
from traffic.nvmeof.builders import (
    DISCOVERY_NQN,
    HOST_NQN,
    Dialect,
    connect,
    connect_data,
)
from traffic.nvmeof.demands import Demand, Kind, Reaction, complete, terminate
from traffic.nvmeof.illegal import CATALOGUE, Illegal, Situation, Stage
from traffic.nvmeof.probe import Target, send_illegal
from traffic.nvmeof.rules import RULES, Side

ROOT = Path(__file__).parents[4]
SUBSYSTEM = "nqn.2026-01.io.lab:probed"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with running_spdk_sim(tmp_path_factory.mktemp("spdk") / "s") as path:
        ask(path, "nvmf_create_transport", trtype="TCP")
        ask(path, "bdev_malloc_create", num_blocks=2048, block_size=512, name="M0")
        ask(path, "nvmf_create_subsystem", nqn=SUBSYSTEM, allow_any_host=True)
        ask(path, "nvmf_subsystem_add_ns", nqn=SUBSYSTEM, namespace={"bdev_name": "M0"})
        port = free_port()
        address = {"trtype": "TCP", "adrfam": "IPv4", "traddr": "127.0.0.1", "trsvcid": str(port)}
        ask(path, "nvmf_subsystem_add_listener", nqn=SUBSYSTEM, listen_address=address)
        yield Target("127.0.0.1", port, SUBSYSTEM, HOST_NQN)


@pytest.mark.parametrize("illegal", CATALOGUE.values(), ids=lambda one: one.name)
def test_the_target_answers_as_demanded_and_survives(target: Target, illegal: Illegal) -> None:
    outcome = send_illegal(target, illegal)
    assert outcome.alive
    assert outcome.violations == []
    assert outcome.as_demanded, outcome.as_json()


def beginning(illegal: Illegal, dialect: Dialect) -> Pdus:
    """What goes before an illegal PDU of a stage."""
    handshake = [(UP, bytes(dialect.ic_req())), (DOWN, bytes(dialect.ic_resp()))]
    waiting = dialect.command(connect(inside=False, cid=1))
    done = dialect.command(connect(cid=1), connect_data(SUBSYSTEM))
    return {
        Stage.FIRST: [],
        Stage.OPEN: handshake,
        Stage.TRANSFER: [
            *handshake,
            (UP, bytes(waiting)),
            (DOWN, bytes(dialect.r2t(1, 7, 0, 1024))),
        ],
        Stage.ADMIN: [
            *handshake,
            (UP, bytes(done)),
            (DOWN, bytes(dialect.response(cid=1, sqhd=1, result=1))),
        ],
    }[illegal.stage]


@pytest.mark.parametrize("illegal", CATALOGUE.values(), ids=lambda one: one.name)
def test_the_checker_names_the_rule(illegal: Illegal) -> None:
    dialect = Dialect(header_digest=illegal.digests, data_digest=illegal.digests)
    pdus = beginning(illegal, dialect)
    assert not check(list(segments(pdus))).count
    bad = illegal.make(Situation(dialect, SUBSYSTEM, 1, 7, 1024))
    report = check(list(segments([*pdus, (UP, bad)])))
    if illegal.rule is None:
        assert not report.count, "a matter of what the target has: no capture shows it"
    else:
        assert illegal.rule in RULES
        assert report.violations[0].side is Side.HOST
        assert illegal.rule in report.rules


@pytest.mark.parametrize(
    ("demand", "reaction", "met"),
    [
        (terminate(1, 8), Reaction(Kind.TERMREQ, 1, 8, closed=True), True),
        (terminate(1, 8), Reaction(Kind.TERMREQ, 1, 8, closed=False), False),
        (terminate(1, 8), Reaction(Kind.TERMREQ, 1, 10, closed=True), False),
        (terminate(1), Reaction(Kind.TERMREQ, 1, 10, closed=True), True),
        (terminate(1), Reaction(Kind.TERMREQ, 2, 0, closed=True), False),
        (terminate(), Reaction(Kind.CLOSE, closed=True), False),
        (complete(0x182, 44), Reaction(Kind.COMPLETION, 0x182, 44), True),
        (complete(0x182, 44), Reaction(Kind.COMPLETION, 0x182, 40), False),
        (complete(0x182), Reaction(Kind.COMPLETION, 0), False),
        (Demand(Kind.CLOSE), Reaction(Kind.CLOSE, closed=True), True),
        (Demand(Kind.CLOSE), Reaction(Kind.NOTHING), False),
    ],
)
def test_what_meets_a_demand(demand: Demand, reaction: Reaction, met: bool) -> None:
    assert demand.met(reaction) is met


@contextmanager
def listening(answers: list[bytes]) -> Iterator[int]:
    """A server that sends the next answer to whatever comes, and says nothing afterwards."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        held: list[socket.socket] = []

        def serve() -> None:
            while True:
                try:
                    line, _ = server.accept()
                except OSError:
                    return
                held.append(line)
                for answer in answers:
                    if not line.recv(1 << 16):
                        break
                    line.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join(10)
            for line in held:
                line.close()


def silent(port: int) -> Target:
    return Target("127.0.0.1", port, DISCOVERY_NQN, HOST_NQN, timeout=0.2)


def test_a_target_that_takes_everything_is_found_out() -> None:
    dialect = Dialect()
    with listening([bytes(dialect.ic_resp()), bytes(dialect.response(cid=0x51, sqhd=1))]) as port:
        outcome = send_illegal(silent(port), CATALOGUE["connect-format"])
        assert outcome.reaction == Reaction(Kind.COMPLETION, 0, 0)
        assert not outcome.as_demanded
        assert outcome.alive


def test_what_the_target_does_wrong_meanwhile_is_told() -> None:
    dialect = Dialect()
    wrong = bytes(dialect.c2h_data(0x51, 0, b"unasked"))
    with listening([bytes(dialect.ic_resp()), wrong]) as port:
        outcome = send_illegal(silent(port), CATALOGUE["connect-format"])
        assert outcome.reaction.kind is Kind.OTHER
        assert [one.rule for one in outcome.violations] == ["c2h-unasked"]


def test_a_target_that_hangs_is_not_alive() -> None:
    with listening([]) as port:
        outcome = send_illegal(silent(port), CATALOGUE["ic-version"])
        assert outcome.reaction == Reaction(Kind.NOTHING)
        assert not outcome.alive


def test_no_legal_beginning_is_no_verdict() -> None:
    page = b"HTTP/1.1 400 Bad Request\r\n\r\n"
    with listening([page]) as port, pytest.raises(TrafficError, match="no NVMe/TCP"):
        send_illegal(silent(port), CATALOGUE["ic-twice"])
    with pytest.raises(TrafficError, match="refused"):
        send_illegal(silent(port), CATALOGUE["ic-twice"])


def run(*words: str) -> tuple[int, list[dict[str, object]], str]:
    command = [sys.executable, "-m", "traffic", "nvmeof", *words]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def test_the_command_line_sends(target: Target) -> None:
    to = f"{target.address}:{target.port}"
    code, (said,), _ = run("send", "--illegal", "ic-hlen", "--to", to, "--subnqn", SUBSYSTEM)
    assert code == 0
    assert said == {
        "event": "answered", "illegal": "ic-hlen", "to": to,
        "demanded": ["C2HTermReq: invalid PDU header field (1), FEI 0x2"],
        "reaction": "termreq", "fes": 1, "fei": 2, "closed": True,
        "as_demanded": True, "alive": True, "violations": [],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--illegal", "nonsense", "--to", "127.0.0.1:1"], "--illegal: 'nonsense' is none of"),
        (["--illegal", "ic-hlen", "--to", "somewhere"], "--to: 'somewhere' is not ADDRESS:PORT"),
        (["--illegal", "ic-hlen", "--to", "h:0"], "--to: 'h:0' is not ADDRESS:PORT"),
    ],
)
def test_the_command_line_refuses(words: list[str], complaint: str) -> None:
    code, said, text = run("send", *words)
    assert (code, said) == (2, [])
    assert text.startswith(f"traffic nvmeof: {complaint}")


def test_the_command_line_lists() -> None:
    code, listed, _ = run("list")
    assert code == 0
    assert [one["illegal"] for one in listed] == list(CATALOGUE)
    assert all(one["demanded"] for one in listed)
