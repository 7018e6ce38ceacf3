"""Proof that a lab forwards: host-to-host traffic must move the counters of both DPUs."""

from __future__ import annotations

import time
from ipaddress import ip_interface

from lab.engine.cancellation import Cancellation
from lab.engine.readiness import backoff
from lab.errors import LabError
from lab.links.netops import NetOps
from lab.node import Node
from lab.plan import dpu_of
from lab.topology.model import Endpoint, Topology

_DEADLINE = 20.0
_PROBES = 5
"""Echo requests that must all be seen by both DPUs: more than a stray neighbour solicitation."""


def verify_pair(
    topology: Topology, net: NetOps, sender: Node, receiver: str, cancellation: Cancellation
) -> str:
    """Ping `receiver` from `sender`; both DPUs must have forwarded it. Raises LabError."""
    near = _behind_dpu(topology, sender.name)
    far = _behind_dpu(topology, receiver)
    address = str(ip_interface(_host_end(topology, receiver).ipv4 or far[1].ipv6).ip)
    deadline = time.monotonic() + _DEADLINE
    for pause in backoff():
        before = _seen(topology, net, near[0]), _seen(topology, net, far[0])
        answered, output = _ping(sender, address)
        after = _seen(topology, net, near[0]), _seen(topology, net, far[0])
        if answered and _grew(before, after):
            return f"{sender.name} -> {receiver} crosses {near[0].node} and {far[0].node}"
        if time.monotonic() > deadline:
            raise _failure(sender.name, receiver, output, near, far)
        cancellation.pause(pause)
    raise AssertionError("backoff never ends")


def _ping(sender: Node, address: str) -> tuple[bool, str]:
    """Whether all probes were answered, and what ping said."""
    probes = ["-c", str(_PROBES), "-i", "0.01", "-W", "1"]
    try:
        result = sender.exec(["ping", "-n", *probes, address], timeout=15)
    except TimeoutError as error:
        return False, str(error)
    return result.exit_code == 0, result.stdout or result.stderr


def _grew(before: tuple[int, int], after: tuple[int, int]) -> bool:
    return all(new - old >= _PROBES for old, new in zip(before, after, strict=True))


def _seen(topology: Topology, net: NetOps, representor: Endpoint) -> int:
    return net.counters(topology, representor.node, representor.interface)["rx_packets"]


def _behind_dpu(topology: Topology, host: str) -> tuple[Endpoint, Endpoint]:
    """(representor, host end) of the link between a host and its DPU."""
    dpu = dpu_of(topology, topology.nodes[host])
    for link, end in topology.links_of(host):
        far = link.b if end is link.a else link.a
        if far is not None and far.node == dpu:
            return far, end
    raise LabError(f"{host} is not linked to a DPU")


def _host_end(topology: Topology, host: str) -> Endpoint:
    return _behind_dpu(topology, host)[1]


def _failure(
    sender: str,
    receiver: str,
    output: str,
    near: tuple[Endpoint, Endpoint],
    far: tuple[Endpoint, Endpoint],
) -> LabError:
    return LabError(
        f"{sender} does not reach {receiver} through {near[0]} and {far[0]}:\n{output.strip()}",
        "check the routes in the topology file (`exec`, startup-config); a host that is meant to "
        'be cut off gets the label dpulab.verify: "off"',
    )
