"""Rate by tbf and delay by netem: which qdiscs an impairment needs, with which parameters.

Delay comes first and rate behind it: netem is the root and tbf its only child; either stands alone
when the other is not asked for. The handles are ours and nobody else's by convention, so that what
another tool put on the interface is recognised and left alone.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pyroute2.netlink.exceptions import NetlinkError

from lab.errors import LabError, UnsupportedError
from lab.topology.model import Impairment

ROOT = 0xFFFFFFFF
NETEM = 0xD9B0 << 16
TBF_ROOT = 0xD9B1 << 16
TBF_CHILD = 0xD9B2 << 16
OURS = frozenset({NETEM, TBF_ROOT, TBF_CHILD})

MIN_RATE_BPS = 8_000
MAX_RATE_BPS = 34_000_000_000
"""tbf's rate attribute is 32 bits of bytes a second."""

_BURST_SECONDS = 0.005
_QUEUE_SECONDS = 0.050
_QUEUE_FRAMES = 10
_NETEM_FRAMES = 20_000
_FRAME_OVERHEAD = 18  # Ethernet header and one VLAN tag
_TICK_NS = 64  # the kernel's packet scheduler clock (PSCHED_SHIFT)


@dataclass(frozen=True, slots=True)
class Interface:
    """A network interface: name, kernel index and MTU in bytes."""

    name: str
    index: int
    mtu: int


@dataclass(frozen=True, slots=True)
class Shape:
    """What the qdiscs of an interface do; `queue_dropped` counts frames that found it full."""

    delay_us: int = 0
    jitter_us: int = 0
    rate_bps: int = 0
    queue_dropped: int = 0
    handles: frozenset[int] = frozenset()
    foreign: str = ""
    """Kind of a root qdisc that somebody else put there."""


def tbf_parameters(rate_bps: int, mtu: int) -> dict[str, int]:
    """tbf's rate (bytes/s), burst and limit (bytes) for a rate in bit/s and an MTU in bytes.

    The bucket holds 5 ms of the rate, and at least two frames: a smaller one never lets a frame
    of full size pass. Behind it wait at most 50 ms of the rate, and at least ten frames. Raises
    LabError for a rate that tbf cannot express.
    """
    if not MIN_RATE_BPS <= rate_bps <= MAX_RATE_BPS:
        raise LabError(
            f"a link rate of {rate_bps} bit/s cannot be set",
            f"give between {MIN_RATE_BPS} and {MAX_RATE_BPS} bit/s, or none for no limit",
        )
    rate, frame = -(-rate_bps // 8), mtu + _FRAME_OVERHEAD
    burst = max(int(rate * _BURST_SECONDS), 2 * frame)
    queue = max(int(rate * _QUEUE_SECONDS), _QUEUE_FRAMES * frame)
    return {"rate": rate, "burst": burst, "limit": min(burst + queue, (1 << 32) - 1)}


def read_shape(qdiscs: Iterable[Any]) -> Shape:
    """Decode the qdiscs (pyroute2 messages) of one interface."""
    delay = jitter = rate = dropped = 0
    handles, foreign = set[int](), ""
    for qdisc in qdiscs:
        kind, handle = qdisc.get_attr("TCA_KIND"), qdisc["handle"]
        if handle not in OURS:
            foreign = kind if handle and qdisc["parent"] == ROOT else foreign
            continue
        handles.add(handle)
        options = qdisc.get_attr("TCA_OPTIONS")
        if kind == "netem":
            delay, jitter = _microseconds(options["delay"]), _microseconds(options["jitter"])
        else:
            rate = options.get_attr("TCA_TBF_PARMS")["rate"] * 8
        dropped = max(dropped, _drops(qdisc))  # a classful parent counts its child's drops too
    return Shape(delay, jitter, rate, dropped, frozenset(handles), foreign)


def set_shape(ipr: Any, interface: Interface, wanted: Impairment) -> None:
    """Make the interface's qdiscs what the impairment asks; in place where the kinds stay.

    Raises UnsupportedError when the kernel has no netem, LabError when the root qdisc is somebody
    else's. Either way the interface stays as it was.
    """
    index = interface.index
    now = read_shape(ipr.get_qdiscs(index=index))
    delayed = bool(wanted.delay_us or wanted.jitter_us)
    tbf = tbf_parameters(wanted.rate_bps, interface.mtu) if wanted.rate_bps else None
    if now.foreign and (delayed or tbf):
        raise LabError(
            f"{interface.name} has a root qdisc ({now.foreign}) that is not the lab's: rate and "
            "delay need its place",
            f"remove it in the node: tc qdisc del dev {interface.name} root",
        )
    if delayed:
        _set_netem(ipr, index, wanted)
        _set_child(ipr, index, tbf, now)
    elif tbf:
        ipr.tc("replace", "tbf", index=index, handle=TBF_ROOT, **tbf)
    elif now.handles:
        ipr.tc("del", index=index, handle=min(now.handles), parent=ROOT)


def _set_netem(ipr: Any, index: int, wanted: Impairment) -> None:
    """Replace the root by netem. Its queue holds 20,000 frames: 240 ms at 1 Gbit/s and MTU 1500."""
    times = {"delay": wanted.delay_us, "jitter": wanted.jitter_us}
    try:
        ipr.tc("replace", "netem", index=index, handle=NETEM, limit=_NETEM_FRAMES, **times)
    except NetlinkError as error:
        if error.code != errno.ENOENT:
            raise
        raise UnsupportedError("netem", no_netem(wanted), NETEM_HINT) from error


NETEM_HINT = (
    "load the module (modprobe sch_netem) or drop delay and jitter; loss, duplicate, corrupt and "
    "rate work without it"
)


def no_netem(wanted: Impairment) -> str:
    """The message for a delay on a kernel without netem."""
    asked = f"delay {wanted.delay_us} us"
    if wanted.jitter_us:
        asked += f" with jitter {wanted.jitter_us} us"
    return f"{asked}: delay needs netem, which this kernel lacks"


def _set_child(ipr: Any, index: int, tbf: Mapping[str, int] | None, now: Shape) -> None:
    if tbf:
        ipr.tc("replace", "tbf", index=index, handle=TBF_CHILD, parent=NETEM + 1, **tbf)
    elif TBF_CHILD in now.handles:
        ipr.tc("del", index=index, handle=TBF_CHILD, parent=NETEM + 1)


def _microseconds(ticks: int) -> int:
    return round(ticks * _TICK_NS / 1000)


def _drops(qdisc: Any) -> int:
    stats = qdisc.get_attr("TCA_STATS2")
    queue = stats.get_attr("TCA_STATS_QUEUE") if stats is not None else None
    return int(queue["drops"]) if queue is not None else 0
