"""Where the card's functions sit on the simulated PCI Express bus.

The lab's card table uses the same rule, so that an address means the same function on both sides.
"""

from __future__ import annotations

MAX_PHYSICAL_FUNCTIONS = 8
"""Physical functions are the eight functions of one device."""
MAX_VIRTUAL_FUNCTIONS = 64
"""Virtual functions of each physical function: the stride between their address ranges."""

_FIRST_BUS = 3
_FIRST_VIRTUAL = 16


def function_address(pf: int, vf: int | None = None) -> str:
    """Address (domain:bus:device.function) of physical function `pf`, or of its VF `vf`.

    PF p is function p of device 0 on bus 03. VF v of PF p has routing id 16 + 64 p + v counted from
    that device, and continues on the next bus where a bus's 256 are used up, as SR-IOV does with
    First VF Offset and VF Stride (PCI Express Base Specification, SR-IOV chapter).

    Raises:
        ValueError: a number outside what one card can have.
    """
    if not 0 <= pf < MAX_PHYSICAL_FUNCTIONS:
        raise ValueError(f"physical function {pf} is not in 0..{MAX_PHYSICAL_FUNCTIONS - 1}")
    if vf is not None and not 0 <= vf < MAX_VIRTUAL_FUNCTIONS:
        raise ValueError(f"virtual function {vf} is not in 0..{MAX_VIRTUAL_FUNCTIONS - 1}")
    offset = pf if vf is None else _FIRST_VIRTUAL + MAX_VIRTUAL_FUNCTIONS * pf + vf
    bus, devfn = divmod(offset, 256)
    return f"0000:{_FIRST_BUS + bus:02x}:{devfn >> 3:02x}.{devfn & 7}"
