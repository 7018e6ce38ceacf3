"""Who a simulated unit is: serial numbers and UUID, the same on every start of the same node."""

from __future__ import annotations

import hashlib
from uuid import NAMESPACE_DNS, UUID, uuid5

_NAMESPACE = uuid5(NAMESPACE_DNS, "card.dpulab")
_SERIAL_DIGITS = 12


def card_uuid(node: str) -> UUID:
    """UUID of the card in `node`: version 5, name-based (RFC 9562, section 5.5)."""
    return uuid5(_NAMESPACE, node)


def serial_number(node: str, part: str, prefix: str = "") -> str:
    """Serial number of one part ("system", "chassis", ...) of the card in `node`.

    `prefix` and twelve hexadecimal digits of a hash: no two nodes of a lab share one.
    """
    digest = hashlib.sha256(f"{node}\0{part}".encode("utf-8", "surrogateescape")).hexdigest()
    return prefix + digest[:_SERIAL_DIGITS].upper()
