"""Where a subsystem is reached: SPDK's listen_address, normalized so that equal ones compare so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address

IPV4, IPV6 = "IPv4", "IPv6"
_FAMILIES = {"ipv4": IPV4, "ipv6": IPV6}
_FAMILY_OF_VERSION = {4: IPV4, 6: IPV6}
_LAST_PORT = 65535


@dataclass(frozen=True, slots=True)
class Address:
    """A transport address; texts as SPDK shows them ("TCP", "IPv4", "127.0.0.1", "4420")."""

    trtype: str
    adrfam: str
    traddr: str
    trsvcid: str

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Address:
        """The address that a listen_address object names.

        Raises:
            ValueError: a family that is not the address's, a host name, or no port.
        """
        address = ip_address(given["traddr"])
        family = _FAMILY_OF_VERSION[address.version]
        wanted = given.get("adrfam")
        if wanted is not None and _FAMILIES.get(wanted.lower()) != family:
            raise ValueError(f"{wanted} is not the family of {given['traddr']}")
        port = given.get("trsvcid", "")
        if not (port.isascii() and port.isdecimal() and 0 < int(port) <= _LAST_PORT):
            raise ValueError(f"no port: {port!r}")
        return cls(given["trtype"].upper(), family, str(address), str(int(port)))

    @classmethod
    def tcp(cls, traddr: str, port: int) -> Address:
        """The address of a TCP socket, as its name says it. Raises ValueError."""
        address = ip_address(traddr.partition("%")[0])
        return cls("TCP", _FAMILY_OF_VERSION[address.version], str(address), str(port))

    @property
    def port(self) -> int:
        """The service as a number."""
        return int(self.trsvcid)

    @property
    def is_wildcard(self) -> bool:
        """Whether it stands for every address of the machine."""
        return ip_address(self.traddr).is_unspecified

    def describe(self) -> dict[str, str]:
        """The address as methods show it."""
        return {
            "trtype": self.trtype,
            "adrfam": self.adrfam,
            "traddr": self.traddr,
            "trsvcid": self.trsvcid,
        }
