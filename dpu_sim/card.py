"""The card table: which functions of this DPU the lab has wired, and to whom.

The lab writes it as JSON before the DPU starts. It ties together every name that a function has:
representor and uplink interfaces, OPI ids, session LIF numbers, PCI addresses, the host's end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from dpu_sim.errors import ConfigError, dotted, first_problem
from dpu_sim.pci import MAX_PHYSICAL_FUNCTIONS, MAX_VIRTUAL_FUNCTIONS

DEFAULT_PATH = Path("/etc/dpulab/card.json")

PciAddress = Annotated[
    str, StringConstraints(pattern=r"^[0-9a-f]{4}:[0-9a-f]{2}:[01][0-9a-f]\.[0-7]$")
]


class CardError(ConfigError):
    """A card table that cannot be read or contradicts itself or the personality."""


class _Entry(BaseModel):
    # The lab may know more about a function than this version of the DPU does.
    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)


class OpiFunction(_Entry):
    """OPI's PCIe endpoint ids; `virtual_function` 0 is the PF itself, VF v is v + 1."""

    port_id: Annotated[int, Field(ge=0)]
    physical_function: Annotated[int, Field(ge=0)]
    virtual_function: Annotated[int, Field(ge=0)]


class CardFunction(_Entry):
    """One wired function. `vf` None is the physical function itself; `lif` its session LIF."""

    representor: Annotated[str, StringConstraints(min_length=1, max_length=15)]
    pf: Annotated[int, Field(ge=0, lt=MAX_PHYSICAL_FUNCTIONS)]
    vf: Annotated[int, Field(ge=0, lt=MAX_VIRTUAL_FUNCTIONS)] | None
    opi: OpiFunction
    lif: Annotated[int, Field(ge=0)]
    address: PciAddress
    host: str
    host_interface: str


class CardTable(_Entry):
    """The wired part of a card. An empty `personality` leaves the choice to the DPU."""

    personality: str = ""
    uplinks: tuple[str, ...] = ()
    functions: tuple[CardFunction, ...] = ()

    @model_validator(mode="after")
    def _functions_are_distinct(self) -> Self:
        _distinct("function", ((function.pf, function.vf) for function in self.functions))
        _distinct("address", (function.address for function in self.functions))
        _distinct("representor", (function.representor for function in self.functions))
        return self


def _distinct(what: str, values: Iterable[object]) -> None:
    for value, count in Counter(values).items():
        if count > 1:
            raise ValueError(f"{what} {value} occurs {count} times")


def load_card(path: Path | None) -> CardTable | None:
    """Read the card table at `path`; None means the default place, where it may be absent.

    Raises:
        CardError: unreadable, or not a card table; names the field.
    """
    try:
        data = (path or DEFAULT_PATH).read_bytes()
    except FileNotFoundError:
        if path is None:
            return None
        raise CardError(f"{path}: no such card table") from None
    except OSError as error:
        raise CardError(f"{path or DEFAULT_PATH}: cannot be read: {error.strerror}") from None
    return parse_card(data, str(path or DEFAULT_PATH))


def parse_card(data: bytes, source: str) -> CardTable:
    """Make a card table of JSON text; `source` names it in errors. Raises CardError."""
    try:
        return CardTable.model_validate_json(data)
    except ValidationError as error:
        field, problem = first_problem(error)
        raise CardError(f"{source}: {dotted(field)}: {problem}") from None
