"""Network interfaces: their addresses (rtnetlink), and sockets that hear only one of them."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import IPv6Address, ip_address
from pathlib import Path

_RTM_GETADDR = 22
_RTM_NEWADDR = 20
_NLM_F_REQUEST_DUMP = 0x0301
_NLMSG_ERROR = 2
_NLMSG_DONE = 3
_IFA_ADDRESS = 1
_IFA_LOCAL = 2
_IFA_FLAGS = 8
_IFA_F_DADFAILED = 0x08
_IFA_F_TENTATIVE = 0x40
_RT_SCOPE_LINK = 253

_HEADER = struct.Struct("=IHHII")  # nlmsghdr: length, type, flags, sequence, port
_ADDRESS = struct.Struct("=BBBBI")  # ifaddrmsg: family, prefix length, flags, scope, index
_ATTRIBUTE = struct.Struct("=HH")  # rtattr: length, type

_POLL_SECONDS = 0.02


class ListenError(Exception):
    """There is no way to listen where we were told to."""


async def wait_for_addresses(interface: str, timeout: float) -> list[str]:
    """Addresses of `interface`, once it has any and IPv6 has found them free of duplicates.

    Link-local addresses are left out: they need a scope to be reached.

    Args:
        interface: name of a network interface, which may appear while we wait.
        timeout: seconds.

    Raises:
        ListenError: no usable address in time.
    """
    deadline = time.monotonic() + timeout
    while True:
        addresses, tentative = _addresses(interface)
        if addresses and not tentative:
            return addresses
        if time.monotonic() > deadline:
            break
        await asyncio.sleep(_POLL_SECONDS)
    state = "has no address" if interface in dict(_interfaces()) else "does not exist"
    raise ListenError(f"interface {interface} {state} after {timeout:g} s")


def why_unusable(address: str, port: int) -> str:
    """The kernel's reason why nothing can listen there; '' when something can."""
    family = socket.AF_INET6 if ip_address(address).version == 6 else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
            probe.listen()
        except OSError as error:
            return error.strerror or str(error)
    return ""


def confine(addresses: list[str], port: int, interface: str) -> None:
    """Make this process's listening sockets at `addresses` deaf to all interfaces but one.

    Linux delivers a packet for any of its addresses whatever interface it came in on, so without
    this a host behind a data interface reaches the management address by routing through the DPU.
    gRPC does not give its sockets away, hence the search through our own descriptors.

    Raises:
        ListenError: an address without a socket, or the kernel refuses.
    """
    found = set()
    for listener in _listening_sockets():
        with listener:
            address, bound_port = _plain(listener.getsockname()[0]), listener.getsockname()[1]
            if bound_port == port and address in addresses:
                bind_to_device(listener, interface)
                found.add(address)
    if missing := set(addresses) - found:
        raise ListenError(f"no listening socket at {', '.join(sorted(missing))} port {port}")


def bind_to_device(listener: socket.socket, interface: str) -> None:
    """Make a socket deaf to all interfaces but one. Raises ListenError: the kernel refuses."""
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode() + b"\0")
    except OSError as error:
        raise ListenError(f"cannot confine a socket to {interface}: {error.strerror}") from error


def _listening_sockets() -> Iterator[socket.socket]:
    """Duplicates of our listening IP sockets; the caller closes them."""
    for entry in list(Path("/proc/self/fd").iterdir()):
        with suppress(OSError):  # not a socket, or the listing's own descriptor, closed by now
            duplicate = os.dup(int(entry.name))
            try:
                candidate = socket.socket(fileno=duplicate)
            except OSError:
                os.close(duplicate)
                raise
            if _listens(candidate):
                yield candidate
            else:
                candidate.close()


def _listens(candidate: socket.socket) -> bool:
    return candidate.family in {socket.AF_INET, socket.AF_INET6} and bool(
        candidate.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    )


def _plain(address: str) -> str:
    """gRPC listens for IPv4 on IPv6 sockets; undo the mapping (RFC 4291, section 2.5.5.2)."""
    parsed = ip_address(address.partition("%")[0])
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return str(mapped or parsed)


def _interfaces() -> Iterator[tuple[str, int]]:
    return ((name, index) for index, name in socket.if_nameindex())


def _addresses(interface: str) -> tuple[list[str], bool]:
    """Usable addresses, and whether there are others that will be usable soon."""
    index = dict(_interfaces()).get(interface)
    addresses: list[str] = []
    tentative = False
    for message in _dump_addresses():
        family, _, short_flags, scope, owner = _ADDRESS.unpack_from(message)
        if owner != index or scope == _RT_SCOPE_LINK:
            continue
        attributes = dict(_attributes(message[_ADDRESS.size :]))
        flags = attributes.get(_IFA_FLAGS)
        flags = struct.unpack("=I", flags)[0] if flags else short_flags
        if flags & _IFA_F_DADFAILED:
            continue
        if flags & _IFA_F_TENTATIVE:
            tentative = True
            continue
        raw = attributes.get(_IFA_LOCAL) or attributes[_IFA_ADDRESS]
        addresses.append(socket.inet_ntop(family, raw))
    return addresses, tentative


def _dump_addresses() -> Iterator[bytes]:
    """Bodies of the RTM_NEWADDR messages for all addresses of the namespace."""
    request = _ADDRESS.pack(socket.AF_UNSPEC, 0, 0, 0, 0)
    header = _HEADER.pack(_HEADER.size + len(request), _RTM_GETADDR, _NLM_F_REQUEST_DUMP, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as netlink:
        netlink.sendto(header + request, (0, 0))
        while True:
            for kind, body in _messages(netlink.recv(65536)):
                if kind == _NLMSG_DONE:
                    return
                if kind == _NLMSG_ERROR:
                    raise OSError(-struct.unpack_from("=i", body)[0], "rtnetlink address dump")
                if kind == _RTM_NEWADDR:
                    yield body


def _messages(data: bytes) -> Iterator[tuple[int, bytes]]:
    while data:
        length, kind, *_ = _HEADER.unpack_from(data)
        yield kind, data[_HEADER.size : length]
        data = data[(length + 3) & ~3 :]


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    while data:
        length, kind = _ATTRIBUTE.unpack_from(data)
        yield kind, data[_ATTRIBUTE.size : length]
        data = data[(length + 3) & ~3 :]
