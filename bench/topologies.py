"""Generated topologies: as large as a question needs them."""

from __future__ import annotations

from collections.abc import Iterator

_HEAD = """\
name: {name}
topology:
  defaults: {{kind: linux, image: dpulab/base, network-mode: none}}
  groups:
    host: {{labels: {{dpulab.role: host}}}}
    dpu-like:
      labels: {{dpulab.role: dpu, dpulab.ready: running}}
      sysctls: {{net.ipv4.ip_forward: 1}}
    dpu:
      image: dpulab/dpu
      network-mode: ""
      labels: {{dpulab.role: dpu}}
      sysctls: {{net.ipv4.ip_forward: 1}}
  nodes:
"""


def ring_of_pairs(pairs: int, *, leaves: int = 4, dpus: int = 0, name: str = "ring") -> str:
    """A topology file of hosts, each behind a card, on a row of bridges.

    Every card has routes to the host behind the next card and the one before it, the last being
    next to the first: just what `up` verifies. `dpus` cards are real DPU containers, the others
    forward with the base image alone, so that a hundred of them cost little. The lab has
    2 * pairs + leaves nodes and 2 * pairs + leaves - 1 links.
    """
    numbers = range(1, pairs + 1)
    lines = [line for number in numbers for line in _pair(number, pairs, number <= dpus)]
    lines += [f"    leaf{number}: {{kind: bridge}}" for number in range(1, leaves + 1)]
    lines.append("  links:")
    lines += [line for number in numbers for line in _links(number, leaves)]
    lines += [
        f'    - {{endpoints: ["leaf{one}:right", "leaf{one + 1}:left"], mtu: 1500}}'
        for one in range(1, leaves)
    ]
    return _HEAD.format(name=name) + "\n".join(lines) + "\n"


def _pair(number: int, pairs: int, is_dpu: bool) -> Iterator[str]:
    neighbours = {(number - 2) % pairs + 1, number % pairs + 1} - {number}
    routes = [
        f"ip route add {_subnet(other)}.0/24 via {_underlay(other)}" for other in sorted(neighbours)
    ]
    yield f"    h{number}: {{group: host, exec: [ip route add default via {_subnet(number)}.1]}}"
    group = "dpu" if is_dpu else "dpu-like"
    yield f"    d{number}: {{group: {group}, exec: [{', '.join(routes)}]}}"


def _links(number: int, leaves: int) -> Iterator[str]:
    subnet = _subnet(number)
    yield (
        f'    - {{endpoints: ["h{number}:eth1", "d{number}:pf0vf0"], mtu: 1500, '
        f"ipv4: [{subnet}.2/24, {subnet}.1/24]}}"
    )
    yield (
        f'    - {{endpoints: ["d{number}:p0", "leaf{number % leaves + 1}:p{number}"], mtu: 1500, '
        f'ipv4: [{_underlay(number)}/16, ""]}}'
    )


def _subnet(number: int) -> str:
    return f"10.{64 + number // 256}.{number % 256}"


def _underlay(number: int) -> str:
    return f"10.100.{number // 250}.{number % 250 + 1}"
