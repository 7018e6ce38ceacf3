"""What this machine can do, found out by trying, each with the reason when it cannot.

Everything that leaves a trace is tried in a network namespace that ends with the probing thread.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import shutil
import socket
import struct
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
import requests
from docker.errors import DockerException
from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from lab.errors import LabError, UnsupportedError
from lab.links.impairment import bpf_syscall as bpf
from lab.links.impairment import classifier, shaping
from lab.links.impairment.bpf_asm import Assembler, Reg
from lab.links.impairment.filter import EGRESS
from lab.topology.model import Impairment, Kind, LinkType, Topology

GIB = 1 << 30
MIN_MEMORY, MIN_DISK, MIN_CORES = 2 * GIB, 5 * GIB, 2

_CLONE_NEWNET = 0x40000000
_XDP_PASS, _XDP_FLAGS_DRV_MODE = 2, 1 << 2
_NEEDS_ROOT = "needs root to tell"


@dataclass(frozen=True, slots=True)
class Capability:
    """One line of `dpulab doctor`. `reason` says why not, or what was found."""

    name: str
    available: bool
    reason: str
    needed_for: str


class _Missing(Exception):  # noqa: N818 - an answer, not an error
    """A probe's "no", with the reason."""


@dataclass(frozen=True, slots=True)
class _Probe:
    """`run` returns what was found, or raises _Missing, OSError or NetlinkError."""

    name: str
    needed_for: str
    run: Callable[[], str]
    isolated: bool = False
    """Runs in a throw-away network namespace."""


def probe() -> list[Capability]:
    """Try everything; the order is fixed. Takes well under 2 s; nothing is left behind."""
    plain = [_try(each) for each in _PROBES if not each.isolated]
    isolated = [each for each in _PROBES if each.isolated]
    found = {each.name: each for each in plain + _isolated(isolated)}
    return [found[each.name] for each in _PROBES]


def probe_one(name: str) -> Capability:
    """Try one capability. Raises LabError for an unknown name."""
    known = {each.name: each for each in _PROBES}
    if name not in known:
        raise LabError(f"unknown capability {name!r}", f"known are: {', '.join(known)}")
    return _isolated([known[name]])[0] if known[name].isolated else _try(known[name])


Prober = Callable[[list[str]], list[Capability]]
"""Tries the named capabilities, all of them for an empty list."""


def probe_some(names: list[str]) -> list[Capability]:
    """Try the named capabilities; an empty list means all."""
    return [probe_one(name) for name in names] if names else probe()


def require(names: Iterable[str], prober: Prober = probe_some) -> None:
    """Raise UnsupportedError for the first capability of `names` that this machine lacks."""
    wanted = list(names)
    for found in prober(wanted) if wanted else []:
        if not found.available:
            raise UnsupportedError(
                found.name,
                f"this machine lacks {found.name}: {found.reason}",
                f"it is needed for {found.needed_for}; `dpulab doctor` shows the whole table",
            )


def unsupported(topology: Topology, capabilities: Iterable[Capability]) -> list[UnsupportedError]:
    """What a topology asks for that the given capabilities lack; one error for each place."""
    lacking = {each.name: each.reason for each in capabilities if not each.available}
    return [
        UnsupportedError(name, f"{place}: {message or f'needs {name}: {lacking[name]}'}", hint)
        for name, place, message, hint in _needs(topology)
        if name in lacking
    ]


def refuse_unsupported(topology: Topology, prober: Prober = probe_some) -> None:
    """Raise UnsupportedError when a topology asks for what this machine lacks; all of it at once.

    Only what is asked for is tried. What cannot be told without root is not held against it.
    """
    asked = sorted({name for name, *_ in _needs(topology)})
    found = [one for one in prober(asked) if one.reason != _NEEDS_ROOT] if asked else []
    errors = unsupported(topology, found)
    if errors:
        text = "\n".join(error.message for error in errors)
        raise UnsupportedError(errors[0].capability, text, errors[0].hint)


_LINK_NEEDS = {
    LinkType.VETH: "veth",
    LinkType.HOST: "veth",
    LinkType.MGMT_NET: "veth",
    LinkType.MACVLAN: "macvlan",
    LinkType.VXLAN: "vxlan",
    LinkType.DUMMY: "dummy",
}
_DEVICE_NEEDS = {"/dev/net/tun": "tun", "/dev/fuse": "fuse", "/dev/kvm": "kvm"}


def _needs(topology: Topology) -> Iterator[tuple[str, str, str, str]]:
    """Capability, place, message ('' for the usual one) and hint of everything asked for."""
    for node in topology.nodes.values():
        if node.kind is Kind.BRIDGE:
            yield "bridge", f"node {node.name}", "", ""
        for device in node.devices:
            if name := _DEVICE_NEEDS.get(device.split(":")[0]):
                yield name, f"node {node.name}, device {device}", "", ""
        if node.storage:
            for name in ("fuse", "loop"):
                yield name, f"node {node.name}, dpulab.storage", "", ""
    for link in topology.links:
        place = "link " + " -- ".join(str(end) for end in link.endpoints)
        yield _LINK_NEEDS[link.type], f"{place}, type {link.type}", "", ""
        for end in link.endpoints:
            yield from _impairment_needs(f"{place}, leaving {end}", end.impairment)


def _impairment_needs(place: str, asked: Impairment) -> Iterator[tuple[str, str, str, str]]:
    if asked.delay_us or asked.jitter_us:
        yield "netem", place, shaping.no_netem(asked), shaping.NETEM_HINT
    if asked.rate_bps:
        yield "tbf", place, "", ""
    if asked.loss or asked.duplicate or asked.corrupt:
        yield "ebpf", place, "", ""
        yield "ebpf-atomic", place, "", ""


def _try(each: _Probe) -> Capability:
    try:
        return Capability(each.name, True, each.run(), each.needed_for)
    except _Missing as answer:
        reason = str(answer)
    except NetlinkError as error:
        reason = f"the kernel answers: {error.args[-1]}"
    except PermissionError as error:
        reason = str(error.strerror or error) if os.geteuid() == 0 else _NEEDS_ROOT
    except OSError as error:
        reason = f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror)
    return Capability(each.name, False, reason, each.needed_for)


def _isolated(probes: Sequence[_Probe]) -> list[Capability]:
    """Run the probes in one fresh namespace, which the kernel removes when the thread ends."""

    def body() -> list[Capability]:
        if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWNET):
            code = ctypes.get_errno()
            as_user = code == errno.EPERM and os.geteuid() != 0
            reason = _NEEDS_ROOT if as_user else f"no network namespace: {os.strerror(code)}"
            return [Capability(each.name, False, reason, each.needed_for) for each in probes]
        return [_try(each) for each in probes]

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(body).result()


# Probes that only look.


def _root() -> str:
    if os.geteuid() == 0:
        return "root"
    if shutil.which("sudo") is None:
        raise _Missing("not root, and sudo is not installed")
    if subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode:
        raise _Missing("not root, and sudo asks for a password: run `sudo -v` first")
    return "sudo without a password"


def _docker() -> str:
    try:
        client = docker.from_env(timeout=3)
        try:
            version = client.version()
        finally:
            client.close()
    except (DockerException, requests.RequestException) as error:
        raise _Missing(f"no Docker Engine answers: {_first_cause(error)}") from error
    return f"Docker Engine {version['Version']}, API {version['ApiVersion']}"


def _first_cause(error: BaseException) -> str:
    """The system's own words, which the HTTP layers wrap several times."""
    while error.__context__ is not None:
        error = error.__context__
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _btf() -> str:
    size = Path("/sys/kernel/btf/vmlinux").stat().st_size
    return f"/sys/kernel/btf/vmlinux, {size >> 10} KiB"


def _opens(path: str) -> Callable[[], str]:
    def run() -> str:
        os.close(os.open(path, os.O_RDWR | os.O_CLOEXEC))
        return f"{path} opens"

    return run


def _kvm() -> str:
    with Path("/dev/kvm").open("r+b", buffering=0) as device:
        version = fcntl.ioctl(device, 0xAE00)  # KVM_GET_API_VERSION
    flags = Path("/proc/cpuinfo").read_text()
    if os.uname().machine == "x86_64" and not {"vmx", "svm"} & set(flags.split()):
        raise _Missing("/dev/kvm opens, but the processor has neither vmx nor svm")
    return f"KVM API version {version}"


def _nvme_tcp() -> str:
    release = os.uname().release
    if Path("/sys/module/nvme_tcp").exists():
        return "module nvme_tcp is loaded"
    for listing in ("modules.builtin", "modules.dep"):
        path = Path("/lib/modules", release, listing)
        if path.exists() and "/nvme-tcp.ko" in path.read_text():
            if listing == "modules.builtin":
                return "built into the kernel"
            raise _Missing("module nvme_tcp exists but is not loaded: modprobe nvme-tcp")
    raise _Missing(f"kernel {release} has no module nvme_tcp")


def _hugepages() -> str:
    fields = _meminfo()
    if "HugePages_Total" not in fields:
        raise _Missing("the kernel has no hugetlbfs")
    if not fields["HugePages_Total"]:
        raise _Missing("none reserved: sysctl vm.nr_hugepages=64")
    return f"{fields['HugePages_Free']} of {fields['HugePages_Total']} free"


def _bridge_nf_call() -> str:
    folder = Path("/proc/sys/net/bridge")
    values = {path.name: path.read_text().strip() for path in folder.glob("bridge-nf-call-ip*")}
    calling = sorted(name for name, value in values.items() if value != "0")
    if calling:
        raise _Missing(f"{', '.join(calling)} = 1: bridged frames pass this machine's firewall")
    return "0" if values else "br_netfilter is not loaded"


def _cgroup() -> str:
    root = Path("/sys/fs/cgroup")
    if (root / "cgroup.controllers").exists():
        return "version 2"
    if not root.is_dir() or not any(root.iterdir()):
        raise _Missing("/sys/fs/cgroup is not mounted")
    return "version 1" + (", hybrid" if (root / "unified").is_dir() else "")


def _memory() -> str:
    return _at_least(_meminfo()["MemAvailable"] << 10, MIN_MEMORY, "available")


def _disk() -> str:
    data = Path("/var/lib/docker")
    place = data if os.access(data, os.F_OK) else Path("/")
    return _at_least(shutil.disk_usage(place).free, MIN_DISK, f"free in {place}")


def _cores() -> str:
    usable = len(os.sched_getaffinity(0))
    if usable < MIN_CORES:
        raise _Missing(f"{usable}; a lab wants {MIN_CORES}")
    return str(usable)


def _at_least(found: int, wanted: int, what: str) -> str:
    if found < wanted:
        raise _Missing(f"{found / GIB:.1f} GiB {what}; a lab wants {wanted / GIB:.0f} GiB")
    return f"{found / GIB:.1f} GiB {what}"


def _meminfo() -> dict[str, int]:
    lines = Path("/proc/meminfo").read_text().splitlines()
    return {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}


# Probes that create something, in the throw-away namespace of `_isolated`. Each has its own
# interfaces, so that one does not depend on another.


def _link(kind: str, **options: Any) -> Callable[[], str]:
    """Create a device of the kind."""

    def run() -> str:
        with IPRoute() as ipr:
            ipr.link("add", ifname="probe", kind=kind, **options)
            ipr.link("del", ifname="probe")
        return "created one"

    return run


def _on_veth(act: Callable[[Any, int], str]) -> Callable[[], str]:
    """Run `act(ipr, index)` with a veth pair."""

    def run() -> str:
        with IPRoute() as ipr:
            ipr.link("add", ifname="probe", kind="veth", peer="probe-peer")
            index = ipr.link_lookup(ifname="probe")[0]
            try:
                return act(ipr, index)
            finally:
                ipr.link("del", index=index)

    return run


def _upper(kind: str, **options: Any) -> Callable[[], str]:
    """Create a device of the kind on top of a veth."""

    def act(ipr: Any, index: int) -> str:
        ipr.link("add", ifname="probe-upper", kind=kind, link=index, **options)
        ipr.link("del", ifname="probe-upper")
        return "created one"

    return _on_veth(act)


def _qdisc(kind: str, **options: Any) -> Callable[[], str]:
    def act(ipr: Any, index: int) -> str:
        try:
            ipr.tc("add", kind, index=index, handle=shaping.NETEM, **options)
        except NetlinkError as error:
            if error.code == errno.ENOENT:
                raise _Missing(f"kernel {os.uname().release} has no sch_{kind}") from error
            raise
        return "installed one"

    return _on_veth(act)


def _returning(kind: bpf.ProgramType, verdict: int) -> int:
    asm = Assembler()
    asm.mov(Reg.R0, verdict)
    asm.exit()
    return bpf.prog_load(kind, asm.assemble(), "dpulab_probe")


def _ebpf(ipr: Any, index: int) -> str:
    verdict = classifier.TC_ACT_UNSPEC
    with bpf.closing(_returning(bpf.ProgramType.SCHED_CLS, verdict)) as fd:
        ipr.tc("add", "clsact", index=index)
        place = {"index": index, "parent": EGRESS, "name": "probe", "direct_action": True}
        ipr.tc("add-filter", "bpf", fd=fd, **place)
    return "attached a classifier to clsact"


def _ebpf_atomic() -> str:
    os.close(classifier.load(Impairment(loss=0.5), gso_segs_before=0))
    return "the loss classifier loads"


def _xdp(ipr: Any, index: int) -> str:
    with bpf.closing(_returning(bpf.ProgramType.XDP, _XDP_PASS)) as fd:
        ipr.link("set", index=index, xdp={"attrs": _xdp_attributes(fd)})
    return "attached a program in driver mode"


def _xdp_attributes(fd: int) -> list[tuple[str, int]]:
    return [("IFLA_XDP_FD", fd), ("IFLA_XDP_FLAGS", _XDP_FLAGS_DRV_MODE)]


def _tun() -> str:
    with Path("/dev/net/tun").open("r+b", buffering=0) as device:
        request = struct.pack("16sH22x", b"probe", 0x0001 | 0x1000)  # IFF_TUN | IFF_NO_PI
        fcntl.ioctl(device, 0x400454CA, request)  # TUNSETIFF
    return "/dev/net/tun makes a device"


def _nftables() -> str:
    get_generation = 10 << 8 | 16  # NFNL_SUBSYS_NFTABLES, NFT_MSG_GETGEN
    _ask(12, get_generation, 0, bytes(4))  # NETLINK_NETFILTER; struct nfgenmsg
    return "nf_tables answers"


def _esp() -> str:
    """Add a security association: ESP, tunnel mode, AES-GCM (struct xfrm_usersa_info)."""
    address, unlimited = socket.inet_aton("192.0.2.1"), b"\xff" * 32
    sa_id = struct.pack("=16s4sB3x", address, b"\0\0\x10\0", socket.IPPROTO_ESP)
    limits = unlimited + bytes(32)  # soft and hard by bytes and packets; none by time
    state = struct.pack("=IIHBBB7x", 0, 0, socket.AF_INET, 1, 0, 0)
    body = bytes(56) + sa_id + address.ljust(16, b"\0") + limits + bytes(32 + 12) + state
    aead = struct.pack("=64sII", b"rfc4106(gcm(aes))", 20 * 8, 128) + bytes(20)
    attribute = struct.pack("=HH", 4 + len(aead), 18) + aead  # XFRMA_ALG_AEAD
    _ask(6, 0x10, 0x400, body + attribute)  # NETLINK_XFRM, XFRM_MSG_NEWSA, NLM_F_CREATE
    return "added an ESP association with AES-GCM"


def _ask(protocol: int, kind: int, flags: int, body: bytes) -> None:
    """Send one netlink request and read the answer. Raises OSError with the kernel's errno."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol) as sock:
        sock.settimeout(1)
        header = struct.pack("=IHHII", 16 + len(body), kind, flags | 0x5, 1, 0)  # REQUEST | ACK
        sock.sendto(header + body, (0, 0))
        answer = sock.recv(8192)
    if struct.unpack_from("=H", answer, 4)[0] != 2:  # NLMSG_ERROR
        return
    code = -struct.unpack_from("=i", answer, 16)[0]
    if code:
        raise OSError(code, f"the kernel answers: {os.strerror(code)}")


_PROBES = (
    _Probe("root", "everything that touches namespaces", _root),
    _Probe("docker", "running nodes", _docker),
    _Probe("netns", "running nodes", lambda: "made one", isolated=True),
    _Probe("veth", "links", _link("veth", peer="probe-peer"), isolated=True),
    _Probe("bridge", "bridge nodes", _link("bridge"), isolated=True),
    _Probe("macvlan", "macvlan links", _upper("macvlan", macvlan_mode="bridge"), isolated=True),
    _Probe("vxlan", "vxlan links, EVPN", _upper("vxlan", vxlan_id=7), isolated=True),
    _Probe("dummy", "dummy links", _link("dummy"), isolated=True),
    _Probe("vrf", "tenant routing by l3mdev", _link("vrf", vrf_table=10), isolated=True),
    _Probe("vlan", "VLAN devices in nodes", _upper("vlan", vlan_id=7), isolated=True),
    _Probe("ebpf", "loss, duplicate, corrupt; the firewall", _on_veth(_ebpf), isolated=True),
    _Probe("ebpf-atomic", "loss, duplicate, corrupt", _ebpf_atomic, isolated=True),
    _Probe("xdp-native", "the firewall at speed", _on_veth(_xdp), isolated=True),
    _Probe("btf", "loading compiled eBPF (CO-RE)", _btf),
    _Probe("tbf", "rate", _qdisc("tbf", rate=1000, burst=3000, limit=9000), isolated=True),
    _Probe("netem", "delay and jitter", _qdisc("netem", delay=1000), isolated=True),
    _Probe("nftables", "firewall rules of bridge nodes", _nftables, isolated=True),
    _Probe("esp", "IPsec in the kernel, transport mode", _esp, isolated=True),
    _Probe("tun", "IPsec in user space", _tun, isolated=True),
    _Probe("nvme-tcp", "NVMe/TCP hosts in the kernel", _nvme_tcp),
    _Probe("fuse", "block devices of hosts in user space", _opens("/dev/fuse")),
    _Probe("loop", "block devices of hosts", _opens("/dev/loop-control")),
    _Probe("hugepages", "a real SPDK target", _hugepages),
    _Probe("kvm", "nodes with a kernel of their own, at speed", _kvm),
    _Probe("bridge-nf-call", "bridge nodes in the machine's namespace", _bridge_nf_call),
    _Probe("cgroup", "limits of nodes", _cgroup),
    _Probe("memory", "labs of useful size", _memory),
    _Probe("cores", "labs of useful size", _cores),
    _Probe("disk", "images", _disk),
)
