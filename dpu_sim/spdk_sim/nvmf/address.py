"""Where a subsystem is reached: SPDK's listen_address, normalized so that equal ones compare so."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

TCP, VFIO_USER = "TCP", "VFIOUSER"
"""Types of transport: sockets, and functions that a virtual machine or a host sees on its bus."""

IPV4, IPV6, NO_FAMILY = "IPv4", "IPv6", "unknown"
_FAMILIES = {"ipv4": IPV4, "ipv6": IPV6}
_FAMILY_OF_VERSION = {4: IPV4, 6: IPV6}
_LAST_PORT = 65535


@dataclass(frozen=True, slots=True)
class Address:
    """A transport address; texts as SPDK shows them ("TCP", "IPv4", "127.0.0.1", "4420").

    Of a vfio-user function, `traddr` is the folder of its socket.
    """

    trtype: str
    adrfam: str
    traddr: str
    trsvcid: str

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Address:
        """The address that a listen_address object names.

        Raises:
            ValueError: a family that is not the address's, a host name, or no port; a folder that
                is not absolute.
        """
        trtype, traddr = given["trtype"].upper(), given["traddr"]
        if trtype == VFIO_USER:
            if not Path(traddr).is_absolute() or b"\0" in os.fsencode(traddr):
                raise ValueError(f"no absolute path: {traddr!r}")
            return cls(trtype, NO_FAMILY, traddr, "")
        address = ip_address(traddr)
        family = _FAMILY_OF_VERSION[address.version]
        wanted = given.get("adrfam")
        if wanted is not None and _FAMILIES.get(wanted.lower()) != family:
            raise ValueError(f"{wanted} is not the family of {traddr}")
        port = given.get("trsvcid", "")
        if not (port.isascii() and port.isdecimal() and 0 < int(port) <= _LAST_PORT):
            raise ValueError(f"no port: {port!r}")
        return cls(trtype, family, str(address), str(int(port)))

    @classmethod
    def tcp(cls, traddr: str, port: int) -> Address:
        """The address of a TCP socket, as its name says it. Raises ValueError."""
        address = ip_address(traddr.partition("%")[0])
        return cls(TCP, _FAMILY_OF_VERSION[address.version], str(address), str(port))

    @property
    def port(self) -> int:
        """The service as a number."""
        return int(self.trsvcid)

    @property
    def is_wildcard(self) -> bool:
        """Whether it stands for every address of the machine."""
        return self.trtype == TCP and ip_address(self.traddr).is_unspecified

    def describe(self) -> dict[str, str]:
        """The address as methods show it."""
        return {
            "trtype": self.trtype,
            "adrfam": self.adrfam,
            "traddr": self.traddr,
            "trsvcid": self.trsvcid,
        }
