from __future__ import annotations

import random
from functools import cache
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nvmetcp import admin
from nvmetcp.identify import IdentifyController
from tests.unit.nvmetcp.session import WHO
from tests.unit.traffic.nvmeof import mutations
from tests.unit.traffic.nvmeof.mutations import Mutation
from tests.unit.traffic.nvmeof.wire import (
    DOWN,
    UP,
    Pdus,
    admin_session,
    check,
    check_pdus,
    io_session,
    rebuilt,
    segments,
)
from traffic.nvmeof.capture import MAX_VIOLATIONS, CaptureChecker, Report
from traffic.nvmeof.nvme_tcp import NVMeTCPC2HData, NVMeTCPR2T
from traffic.nvmeof.rules import RULES, Side
from traffic.nvmeof.segments import Endpoint

SIDES: Final = {UP: Side.HOST, DOWN: Side.CONTROLLER}
LOOKS: Final = [
    (header, data, alignment) for header in (False, True) for data in (False, True)
    for alignment in (0, 3, 31)
]  # fmt: skip
SEEDS: Final = range(3)
EVERY: Final = [
    *(("admin", one) for one in [*mutations.COMMON, *mutations.ADMIN]),
    *(("io", one) for one in [*mutations.COMMON, *mutations.IO]),
]


@cache
def recorded(kind: str, header: bool, data: bool, alignment: int) -> tuple[tuple[int, bytes], ...]:
    make = admin_session if kind == "admin" else io_session
    pdus = make(header, data, alignment).pdus
    assert not check(list(segments(pdus))).count
    return tuple(pdus)


def told(report: Report) -> str:
    return "\n".join(f"{one.rule} {one.side}: {one.message}" for one in report.violations)


@pytest.mark.parametrize(("header", "data", "alignment"), LOOKS)
@pytest.mark.parametrize("flow_control", [True, False])
def test_a_legal_session_is_clean(
    header: bool, data: bool, alignment: int, flow_control: bool
) -> None:
    admin = admin_session(header, data, alignment).pdus
    queue = io_session(header, data, alignment, flow_control).pdus
    report = check_pdus(admin, queue)
    assert told(report) == ""
    assert report.as_json()["clean"]
    assert report.pdus == len(admin) + len(queue)


def require_reported(kind: str, broken: Mutation, seed: int) -> None:
    """Break a session as `seed` says; the checker blames the right side for a right reason."""
    chance = random.Random(f"{broken.name} {seed}")
    digests = chance.random() < 0.5 if broken.digests is None else broken.digests
    pdus: Pdus = list(recorded(kind, digests, digests, chance.choice([0, 3])))
    broken.change(pdus, chance)
    report = check(list(segments(pdus)))
    of_side = {one.rule for one in report.violations if one.side is SIDES[broken.way]}
    assert of_side & broken.rules, f"seed {seed}, instead:\n{told(report)}"


@pytest.mark.parametrize("mutation", EVERY, ids=lambda one: f"{one[0]}-{one[1].name}")
def test_a_broken_session_is_reported(mutation: tuple[str, Mutation]) -> None:
    for seed in SEEDS:
        require_reported(*mutation, seed)


def test_every_rule_has_a_test() -> None:
    elsewhere = {"keep-alive", "connect-host", "connect-qid", "data-empty"}
    tested = {rule for _, one in EVERY for rule in one.rules}
    assert set(RULES) - tested - elsewhere == set()


def test_a_silent_host_is_reported_once_for_each_silence() -> None:
    packets = list(segments(admin_session().pdus))
    assert not check(packets, step=0.1).count
    report = check(packets[:-4], packets[-4:], step=11.0)
    assert set(report.rules) == {"keep-alive"}
    assert {one.side for one in report.violations} == {Side.HOST}


def test_a_queue_of_another_host_is_reported() -> None:
    queue = [(way, pdu.replace(b"io.lab:h\0", b"io.lab:x\0")) for way, pdu in io_session().pdus]
    report = check_pdus(admin_session().pdus, queue)
    assert [(one.rule, one.side) for one in report.violations] == [
        ("connect-host", Side.CONTROLLER)
    ]


def test_a_queue_that_exists_is_reported() -> None:
    report = check_pdus(admin_session().pdus, io_session().pdus, io_session().pdus)
    assert [one.rule for one in report.violations] == ["connect-qid"]


def test_targets_on_two_ports_are_two() -> None:
    checker, number = CaptureChecker([4420, 4421]), 0
    for port, server in enumerate((4420, 4421, 4420, 4421), 40000):
        pdus = (admin_session() if port < 40002 else io_session()).pdus
        ends = Endpoint("10.0.0.1", port), Endpoint("10.0.0.2", server)
        for segment in segments(pdus, *ends, end=False):
            number += 1
            checker.feed(segment, number, 0.0)
    report = checker.finish()
    assert told(report) == ""
    assert report.connections == 4


def test_a_data_pdu_without_data_is_reported() -> None:
    pdus = admin_session().pdus
    at = next(at for at, (_, pdu) in enumerate(pdus) if pdu[0] == 7)
    pdus.insert(at, (DOWN, bytes(NVMeTCPC2HData(cccid=3, datal=0))))
    assert "data-empty" in check(list(segments(pdus))).rules


def test_more_in_the_capsule_than_identify_grants_is_reported() -> None:
    small = IdentifyController(cntlid=1, ioccsz=4 + 16, subnqn=WHO.subnqn)  # 256 bytes
    session = admin_session().read(admin.Identify(cns=1).command(), small.pack())
    report = check_pdus(session.pdus, io_session().pdus)
    assert set(report.rules) == {"in-capsule"}
    assert "512 bytes, 256 are taken" in told(report)


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_order_and_cuts_of_segments_do_not_matter(data: st.DataObject) -> None:
    """Segments doubled, overlapping and out of order give what they give in order."""
    pdus = list(recorded("io", True, True, 3))
    pdus[-1] = pdus[-1][0], pdus[-1][1][:-1] + b"?"
    packets = list(segments(pdus, size=data.draw(st.integers(60, 9000))))
    expected = [(one.rule, one.offset) for one in check(packets).violations]
    assert expected
    chance = random.Random(data.draw(st.integers(0, 1 << 32)))
    head, rest = packets[:3], packets[3:]
    for _ in range(data.draw(st.integers(0, 30))):
        at = chance.randrange(len(rest) - 1)
        change = chance.randrange(3)
        if change == 0:
            rest[at], rest[at + 1] = rest[at + 1], rest[at]
        elif change == 1:
            rest.insert(chance.randrange(at, len(rest)), rest[at])
        elif len(rest[at].data) > 1:
            cut = chance.randrange(1, len(rest[at].data))
            late = rest[at]._replace(seq=(rest[at].seq + cut) % 2**32, data=rest[at].data[cut:])
            rest.insert(chance.randrange(at + 1, len(rest)), late)
    report = check(head + rest)
    assert [(one.rule, one.offset) for one in report.violations] == expected


def test_a_hole_is_no_violation_but_not_clean_either() -> None:
    packets = list(segments(list(recorded("io", False, False, 0))))
    report = check(packets[:9] + packets[10:])
    assert not report.count
    assert report.unchecked == {"10.0.0.1:40000 > 10.0.0.2:4420": "the capture lacks segments"}
    assert not report.as_json()["clean"]


def test_what_waits_for_a_hole_is_bounded() -> None:
    packets = list(segments(list(recorded("io", False, False, 0))))
    checker = CaptureChecker()
    for number, segment in enumerate(packets[:9], 1):
        checker.feed(segment, number, 0.0)
    part = packets[10]
    for number in range(5000):
        late = part._replace(seq=(part.seq + 2000 * (number + 1)) % 2**32, data=bytes(1400))
        checker.feed(late, number, 0.0)
    assert checker.report.unchecked
    assert all(one is None for one in checker._followed.values())


def test_a_connection_whose_beginning_is_missing_is_not_judged() -> None:
    packets = list(segments(list(recorded("io", False, False, 0))))
    report = check(packets[12:])
    assert not report.count
    assert list(report.unchecked.values()) == ["began before the capture"]
    assert check(packets[3:]).as_json()["clean"], "from the ICReq on"


def test_tls_is_not_judged() -> None:
    report = check(list(segments([(UP, b"\x16\x03\x01\0\5hello"), (DOWN, b"\x16\x03\x03")])))
    assert not report.count
    assert list(report.unchecked.values()) == ["TLS"]


def test_a_port_used_again_is_a_new_connection() -> None:
    packets = list(segments(list(recorded("admin", False, False, 0)), end=False))
    again = [one._replace(seq=(one.seq + 77777) % 2**32) if one.source.port == 40000
             else one._replace(ack=(one.ack + 77777) % 2**32) for one in packets]  # fmt: skip
    report = check(packets, again)
    assert report.as_json()["clean"]
    assert report.connections == 2


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([UP, DOWN]), st.binary(max_size=300)), max_size=8))
def test_garbage_is_reported_and_never_an_error(pdus: Pdus) -> None:
    report = check(list(segments([(UP, b"\x7f" * 8), *pdus])))
    assert report.rules["pdu-type"] >= 1


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 1 << 32), st.integers(1, 12))
def test_flipped_bits_are_never_an_error(seed: int, flips: int) -> None:
    chance, pdus = random.Random(seed), list(recorded("io", True, True, 0))
    for _ in range(flips):
        at = chance.randrange(2, len(pdus))  # the handshake has no digests
        image = bytearray(pdus[at][1])
        image[chance.randrange(len(image))] ^= 1 << chance.randrange(8)
        pdus[at] = pdus[at][0], bytes(image)
    report = check(list(segments(pdus)))
    changed = [one for one, old in zip(pdus, recorded("io", True, True, 0), strict=True)
               if one != old]  # fmt: skip
    assert bool(report.count) == bool(changed), "both digests cover every bit"


def test_what_is_kept_of_many_violations_is_bounded() -> None:
    pdus = list(recorded("admin", False, False, 0))
    bad = (DOWN, bytes(NVMeTCPR2T(cccid=999, r2tl=4)))
    report = check(list(segments([*pdus, *([bad] * (MAX_VIOLATIONS + 10))])))
    assert len(report.violations) == MAX_VIOLATIONS
    assert report.count == report.rules["r2t-cid"] == MAX_VIOLATIONS + 10


def test_connections_are_told_apart() -> None:
    good, bad = (list(recorded("admin", False, False, 0)) for _ in range(2))
    bad[-1] = bad[-1][0], rebuilt(bad[-1][1], cqe__cid=999)
    other = Endpoint("2001:db8::1", 50000)
    target = Endpoint("2001:db8::2", 8009)
    both = zip(segments(good), segments(bad, other, target), strict=True)
    report = check([one for pair in both for one in pair])
    (found,) = report.violations
    assert found.connection == "[2001:db8::1]:50000 > [2001:db8::2]:8009"
    assert (found.rule, found.side) == ("cqe-cid", Side.CONTROLLER)
