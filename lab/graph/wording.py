"""What a drawing says about nodes, link ends and links; every format uses the same words."""

from __future__ import annotations

from lab.topology.model import Endpoint, Impairment, Kind, Link, LinkType, Node

_DECIMAL_PREFIXES = ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k"))


def printable(text: str) -> str:
    """The text on one line, without characters that XML 1.0 (section 2.2) cannot carry."""
    return "".join(char if char.isprintable() else " " for char in text)


def role_of(node: Node) -> str:
    """Role of a node as a reader knows it: a bridge is a bridge, whatever its label says."""
    return "bridge" if node.kind is Kind.BRIDGE else node.role.value


def addresses_of(end: Endpoint) -> list[str]:
    """Addresses of a link end with prefix length, IPv4 first; none where it has none."""
    return [printable(address) for address in (end.ipv4, end.ipv6) if address]


def impairments(impairment: Impairment) -> list[str]:
    """What happens to frames that leave, one short text each: "delay 10 ms ±1 ms", "loss 1%"."""
    return [*_delay(impairment), *_chances(impairment), *_rate(impairment)]


def far_end(link: Link) -> str:
    """Where a link with one end in the lab leads to, in a few words."""
    host_side = printable(link.host_interface)
    match link.type:
        case LinkType.HOST:
            return f"machine: {host_side}" if host_side else "machine"
        case LinkType.MGMT_NET:
            return f"mgmt-net: {host_side}" if host_side else "mgmt-net"
        case LinkType.MACVLAN:
            return f"macvlan ({link.macvlan_mode}): {host_side}"
        case LinkType.VXLAN:
            return f"vxlan {link.vxlan_vni}: {printable(link.vxlan_remote)}"
        case _:
            return link.type.value


def link_summary(link: Link) -> str:
    """One line for a link: both ends, MTU, what its ends do to frames."""
    other = str(link.b) if link.b else far_end(link)
    parts = [f"{link.a} ↔ {other}", f"mtu {link.mtu}"]
    for end in link.endpoints:
        words = impairments(end.impairment)
        parts += [f"leaving {end}: {', '.join(words)}"] if words else []
    return printable("; ".join(parts))


def _delay(impairment: Impairment) -> list[str]:
    if not impairment.delay_us:
        return []
    jitter = f" ±{_time(impairment.jitter_us)}" if impairment.jitter_us else ""
    return [f"delay {_time(impairment.delay_us)}{jitter}"]


def _chances(impairment: Impairment) -> list[str]:
    chances = {
        "loss": impairment.loss,
        "duplicate": impairment.duplicate,
        "corrupt": impairment.corrupt,
    }
    return [f"{what} {chance * 100:.4g}%" for what, chance in chances.items() if chance]


def _rate(impairment: Impairment) -> list[str]:
    bits = impairment.rate_bps
    if not bits:
        return []
    factor, prefix = next((pair for pair in _DECIMAL_PREFIXES if bits >= pair[0]), (1, ""))
    return [f"rate {bits / factor:.6g} {prefix}bit/s"]


def _time(microseconds: int) -> str:
    if microseconds >= 1_000_000:
        return f"{microseconds / 1_000_000:.6g} s"
    if microseconds >= 1_000:
        return f"{microseconds / 1_000:.6g} ms"
    return f"{microseconds} µs"
