from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pyroute2.netlink.exceptions import NetlinkError

from lab.errors import LabError, UnsupportedError
from lab.links.impairment import Counters, ImpairmentState
from lab.links.impairment.shaping import (
    NETEM,
    ROOT,
    TBF_CHILD,
    TBF_ROOT,
    Interface,
    read_shape,
    set_shape,
    tbf_parameters,
)
from lab.topology.model import Impairment

ETH1 = Interface("eth1", 7, 1500)


class Message(dict[str, Any]):
    """A netlink message as pyroute2 gives it: fields by key, attributes by name."""

    def get_attr(self, name: str) -> Any:
        return self.get(name)


class Kernel:
    """Records tc requests and answers with the given qdiscs; `lacks` are missing kinds."""

    def __init__(self, *qdiscs: Message, lacks: str = "") -> None:
        self.qdiscs, self.lacks = qdiscs, lacks
        self.requests: list[tuple[str, str | None, dict[str, Any]]] = []

    def get_qdiscs(self, index: int) -> tuple[Message, ...]:
        return self.qdiscs

    def tc(self, command: str, kind: str | None = None, **request: Any) -> None:
        if kind == self.lacks:
            raise NetlinkError(2, "No such file or directory")
        self.requests.append((command, kind, request))


def qdisc(kind: str, handle: int, parent: int = ROOT, drops: int = 0, **options: Any) -> Message:
    stats = Message(TCA_STATS_QUEUE={"drops": drops})
    attributes = {"TCA_KIND": kind, "TCA_OPTIONS": Message(options), "TCA_STATS2": stats}
    return Message(handle=handle, parent=parent, **attributes)


TBF_AT_ROOT = qdisc("tbf", TBF_ROOT, TCA_TBF_PARMS={"rate": 1000})
DELAYED = qdisc("netem", NETEM, drops=5, delay=156250, jitter=15625)
TBF_BELOW = qdisc("tbf", TBF_CHILD, NETEM + 1, drops=3, TCA_TBF_PARMS={"rate": 1000})


@pytest.mark.parametrize(
    ("rate_bps", "mtu", "burst", "limit"),
    [
        (10_000_000, 1500, 6250, 68750),  # 5 ms; 50 ms behind it
        (100_000, 1500, 3036, 18216),  # two frames; ten behind them
        (34_000_000_000, 9500, 21_250_000, 233_750_000),
    ],
)
def test_tbf_parameters(rate_bps: int, mtu: int, burst: int, limit: int) -> None:
    assert tbf_parameters(rate_bps, mtu) == {
        "rate": rate_bps // 8,
        "burst": burst,
        "limit": limit,
    }


def test_rate_of_odd_bits_is_rounded_up() -> None:
    assert tbf_parameters(8_001, 1500)["rate"] == 1001


@pytest.mark.parametrize("rate_bps", [1, 7_999, 34_000_000_001, 100_000_000_000])
def test_rates_that_tbf_cannot_express(rate_bps: int) -> None:
    with pytest.raises(LabError) as caught:
        tbf_parameters(rate_bps, 1500)
    assert str(caught.value) == (
        f"a link rate of {rate_bps} bit/s cannot be set\n"
        "  hint: give between 8000 and 34000000000 bit/s, or none for no limit"
    )


def test_reading_delay_and_rate() -> None:
    shape = read_shape([DELAYED, TBF_BELOW])
    assert (shape.delay_us, shape.jitter_us, shape.rate_bps) == (10_000, 1_000, 8_000)
    assert (shape.queue_dropped, shape.foreign) == (5, "")


def test_reading_leaves_others_qdiscs_alone() -> None:
    clsact = qdisc("clsact", 0xFFFF0000, 0xFFFFFFF1)
    assert read_shape([qdisc("noqueue", 0), clsact]).foreign == ""
    assert read_shape([qdisc("htb", 0x10000), clsact]).foreign == "htb"


def test_rate_alone_is_tbf_at_the_root() -> None:
    kernel = Kernel(qdisc("noqueue", 0))
    set_shape(kernel, ETH1, Impairment(rate_bps=10_000_000))
    (request,) = kernel.requests
    assert request == (
        "replace",
        "tbf",
        {"index": 7, "handle": TBF_ROOT, "rate": 1_250_000, "burst": 6250, "limit": 68750},
    )


def test_delay_and_rate_are_netem_with_tbf_below() -> None:
    kernel = Kernel(TBF_AT_ROOT)
    set_shape(kernel, ETH1, Impairment(delay_us=10_000, jitter_us=500, rate_bps=10_000_000))
    (netem, tbf) = kernel.requests
    assert netem[:2] == ("replace", "netem")
    assert netem[2] == {
        "index": 7,
        "handle": NETEM,
        "limit": 20_000,
        "delay": 10_000,
        "jitter": 500,
    }
    assert tbf[:2] == ("replace", "tbf")
    assert (tbf[2]["handle"], tbf[2]["parent"]) == (TBF_CHILD, NETEM + 1)


def test_rate_is_taken_from_below_a_delay() -> None:
    kernel = Kernel(DELAYED, TBF_BELOW)
    set_shape(kernel, ETH1, Impairment(delay_us=10_000))
    assert [request[:2] for request in kernel.requests] == [("replace", "netem"), ("del", None)]


@pytest.mark.parametrize(
    ("qdiscs", "handle"), [((TBF_AT_ROOT,), TBF_ROOT), ((DELAYED, TBF_BELOW), NETEM)]
)
def test_nothing_asked_removes_our_root(qdiscs: tuple[Message, ...], handle: int) -> None:
    kernel = Kernel(*qdiscs)
    set_shape(kernel, ETH1, Impairment(loss=0.5))
    assert kernel.requests == [("del", None, {"index": 7, "handle": handle, "parent": ROOT})]


def test_nothing_asked_and_nothing_there_asks_nothing() -> None:
    kernel = Kernel(qdisc("htb", 0x10000))
    set_shape(kernel, ETH1, Impairment(loss=0.5))
    assert kernel.requests == []


def test_somebody_elses_root_is_refused() -> None:
    with pytest.raises(LabError) as caught:
        set_shape(Kernel(qdisc("htb", 0x10000)), ETH1, Impairment(rate_bps=10_000_000))
    assert str(caught.value) == (
        "eth1 has a root qdisc (htb) that is not the lab's: rate and delay need its place\n"
        "  hint: remove it in the node: tc qdisc del dev eth1 root"
    )


def test_delay_without_netem() -> None:
    kernel = Kernel(TBF_AT_ROOT, lacks="netem")
    with pytest.raises(UnsupportedError) as caught:
        set_shape(kernel, ETH1, Impairment(delay_us=250))
    assert caught.value.capability == "netem"
    assert str(caught.value) == (
        "delay 250 us: delay needs netem, which this kernel lacks\n"
        "  hint: load the module (modprobe sch_netem) or drop delay and jitter; "
        "loss, duplicate, corrupt and rate work without it"
    )
    assert kernel.requests == []


def test_a_state_satisfies_what_differs_in_nothing_effective() -> None:
    state = ImpairmentState(Impairment(rate_bps=8008), Counters(), 0)
    assert state.satisfies(Impairment(rate_bps=8001, seed=77))
    assert not state.satisfies(Impairment(rate_bps=8001, loss=0.1))
    lossy = ImpairmentState(Impairment(loss=0.1, seed=2**64 - 1), Counters(seen=9), 0)
    assert lossy.satisfies(Impairment(loss=0.1, seed=-1))
    assert not lossy.satisfies(replace(lossy.impairment, seed=1))
