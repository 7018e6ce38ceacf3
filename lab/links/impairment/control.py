"""Putting an impairment on one end of a link, reading it back and taking it off.

Nothing is kept outside the kernel: any process can read or remove what another one applied, and an
interface that goes takes its impairment with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from lab.errors import LabError
from lab.links.impairment import filter as egress_filter
from lab.links.impairment.classifier import Counters
from lab.links.impairment.shaping import Interface, read_shape, set_shape
from lab.links.netns import run_in
from lab.topology.model import Impairment

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ImpairmentState:
    """What the kernel holds for one link end.

    `counters` count since the last `apply`; `queue_dropped` are frames that a full queue of the
    rate limit or the delay dropped. Without loss, duplicate and corrupt no seed is in force and no
    frame is counted.
    """

    impairment: Impairment
    counters: Counters
    queue_dropped: int

    def satisfies(self, wanted: Impairment) -> bool:
        """Whether applying `wanted` would change nothing but the counters."""
        return _effective(wanted) == _effective(self.impairment)


def apply(netns: Path, interface: str, impairment: Impairment) -> None:
    """Make frames leaving through the interface meet the impairment, and nothing before it.

    Replaces what an earlier call set; the frame sequence and the counters start at 0 again, so the
    same seed gives the same frames the same fates. Raises UnsupportedError when the kernel lacks
    netem (delay, jitter) or eBPF classifiers; LabError for an unknown interface or namespace, a
    rate out of range, or a root qdisc of somebody else.
    """

    def change(ipr: Any, found: Interface) -> None:
        set_shape(ipr, found, impairment)
        if _draws(impairment):
            egress_filter.attach(ipr, found.index, impairment)
        else:
            egress_filter.detach(ipr, found.index)

    _on_interface(netns, interface, change)


def clear(netns: Path, interface: str) -> None:
    """Take the impairment off; a link end without one is left alone. Raises LabError."""
    apply(netns, interface, Impairment())


def read(netns: Path, interface: str) -> ImpairmentState:
    """What is in force now, with its counters. Raises LabError."""

    def look(ipr: Any, found: Interface) -> ImpairmentState:
        shape = read_shape(ipr.get_qdiscs(index=found.index))
        state = egress_filter.find(ipr, found.index)
        impairment = Impairment(shape.delay_us, shape.jitter_us, rate_bps=shape.rate_bps)
        if state is None:
            return ImpairmentState(impairment, Counters(), shape.queue_dropped)
        impairment = replace(
            impairment,
            loss=state.loss,
            duplicate=state.duplicate,
            corrupt=state.corrupt,
            seed=state.seed,
        )
        return ImpairmentState(impairment, state.counters, shape.queue_dropped)

    return _on_interface(netns, interface, look)


def _draws(impairment: Impairment) -> bool:
    """Whether random numbers decide anything, so that the classifier is needed."""
    return bool(impairment.loss or impairment.duplicate or impairment.corrupt)


def _effective(impairment: Impairment) -> Impairment:
    """The impairment as the kernel keeps it: rate in whole bytes, a seed only where it is used."""
    return replace(
        impairment,
        rate_bps=-(-impairment.rate_bps // 8) * 8,
        seed=impairment.seed % (1 << 64) if _draws(impairment) else 0,
    )


def _on_interface(netns: Path, interface: str, act: Callable[[Any, Interface], T]) -> T:
    """Run `act` inside the namespace; kernel refusals become LabError."""

    def inside() -> T:
        with IPRoute() as ipr:
            links = {link.get_attr("IFLA_IFNAME"): link for link in ipr.get_links()}
            if interface not in links:
                raise LabError(
                    f"no interface {interface} in {netns}",
                    f"it has: {', '.join(sorted(links))}",
                )
            link = links[interface]
            return act(ipr, Interface(interface, link["index"], link.get_attr("IFLA_MTU")))

    try:
        return run_in(netns, inside)
    except NetlinkError as error:
        raise LabError(f"{interface} in {netns}: {error.args[-1]}") from error
