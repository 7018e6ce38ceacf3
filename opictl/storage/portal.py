"""Where NVMe/TCP is served: an IP address and a port."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address

from opictl.defaults import NVME_PORT
from opictl.errors import CommandError

_FORMS = (
    re.compile(r"\[(?P<address>[^]]*)\](?::(?P<port>\d{1,6}))?"),
    re.compile(r"(?P<address>[^:]+)(?::(?P<port>\d{1,6}))?"),
    re.compile(r"(?P<address>.*)"),
)
"""[fd00::1]:4420 and [fd00::1]; 10.0.0.1:4420 and 10.0.0.1; fd00::1."""


@dataclass(frozen=True)
class Portal:
    """An IP address, in the usual spelling, and a TCP port."""

    address: str
    port: int = NVME_PORT

    @property
    def slug(self) -> str:
        """What an id can have of it: "10-1-1-1-4420"."""
        return f"{self.address.replace('.', '-').replace(':', '-').strip('-')}-{self.port}"

    def __str__(self) -> str:
        address = f"[{self.address}]" if ":" in self.address else self.address
        return f"{address}:{self.port}"


def parse_portal(text: str) -> Portal:
    """The place that ADDRESS[:PORT] means, the port is 4420 if left out. Raises CommandError."""
    match = next(filter(None, (form.fullmatch(text) for form in _FORMS)), None)
    groups = match.groupdict() if match else {"address": text}
    port = int(groups.get("port") or NVME_PORT)
    try:
        found = ip_address(groups["address"])
    except ValueError:
        hint = "10.0.0.1:4420 or [fd00::1]:4420"
        raise CommandError(f"{text!r} is no IP address, with a port or without", hint) from None
    if not 0 < port < 65536:
        raise CommandError(f"{text!r}: there is no port {port}")
    return Portal(str(found), port)
