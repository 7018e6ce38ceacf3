"""Where NVMe is served over PCIe: a function of the card."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from opictl.errors import CommandError

_FORM = re.compile(r"pf(?P<physical>\d{1,4})(?:vf(?P<virtual>\d{1,4}))?")


@dataclass(frozen=True)
class Function:
    """A physical function, or one of its virtual ones, which Linux counts from 0."""

    physical: int
    virtual: int | None = None

    @property
    def slug(self) -> str:
        """What an id can have of it."""
        return str(self)

    def endpoint(self) -> dict[str, Any]:
        """OPI's PciEndpoint, where virtual function 0 is the physical one itself."""
        numbers = {
            "port_id": 0,
            "physical_function": self.physical,
            "virtual_function": 0 if self.virtual is None else self.virtual + 1,
        }
        return {name: {"value": number} for name, number in numbers.items()}

    def __str__(self) -> str:
        name = f"pf{self.physical}"
        return name if self.virtual is None else f"{name}vf{self.virtual}"


def function_of(endpoint: Any) -> Function:
    """The function that a PciEndpoint means."""
    virtual = endpoint.virtual_function.value
    return Function(endpoint.physical_function.value, virtual - 1 if virtual else None)


def parse_function(text: str) -> Function:
    """The function of this name, "pf0" or "pf0vf1". Raises CommandError."""
    match = _FORM.fullmatch(text)
    if match is None:
        raise CommandError(f"{text!r} is no function of the card", "they are called pf0 or pf0vf1")
    virtual = match["virtual"]
    return Function(int(match["physical"]), None if virtual is None else int(virtual))
