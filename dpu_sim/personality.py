"""Personality files: what kind of card a simulated DPU pretends to be.

A personality is a YAML file with one mapping (see `Personality` for its fields). Those that come
with the package live in `personalities/` and go by their name; others go by their path.
"""

from __future__ import annotations

import difflib
from datetime import datetime
from pathlib import Path
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from dpu_sim.errors import ConfigError
from dpu_sim.pci import MAX_PHYSICAL_FUNCTIONS, MAX_VIRTUAL_FUNCTIONS
from dpu_sim.yaml_model import parse_model, read_limited

FOLDER = Path(__file__).parent / "personalities"


def _smbios_date(text: str) -> str:
    try:
        parsed = datetime.strptime(text, "%m/%d/%Y")
    except ValueError:
        parsed = None
    if parsed is None or parsed.strftime("%m/%d/%Y") != text:
        raise ValueError("not a date of the form mm/dd/yyyy")
    return text


Text = Annotated[str, StringConstraints(min_length=1, max_length=255)]
OptionalText = Annotated[str, StringConstraints(max_length=255)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Bios(_Part):
    """Firmware. `date` is mm/dd/yyyy, as in DSP0134 structure type 0."""

    vendor: Text
    version: Text
    date: Annotated[str, AfterValidator(_smbios_date)]


class System(_Part):
    """The card as a product. `serial_prefix` starts the serial numbers of all its units."""

    family: OptionalText = ""
    name: Text
    vendor: Text
    sku: OptionalText = ""
    version: OptionalText = ""
    serial_prefix: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{0,8}$")] = ""


class Baseboard(_Part):
    """The circuit board."""

    vendor: Text
    product: Text
    version: OptionalText = ""
    asset_tag: OptionalText = ""


class Chassis(_Part):
    """The enclosure. `type` is a number of DSP0134's list of chassis types (1 means "other")."""

    vendor: Text
    version: OptionalText = ""
    type: Annotated[int, Field(ge=1, le=36)]
    type_description: Text
    asset_tag: OptionalText = ""


class Processor(_Part):
    """Cores and hardware threads, all sockets together."""

    total_cores: Annotated[int, Field(ge=1, le=4096)]
    total_threads: Annotated[int, Field(ge=1, le=65536)]

    @model_validator(mode="after")
    def _threads_run_on_cores(self) -> Self:
        if self.total_threads < self.total_cores:
            raise ValueError("total_threads must be at least total_cores")
        return self


class Memory(_Part):
    """Main memory in MiB; firmware and kernel keep some, so usable is less than physical."""

    total_physical_mib: Annotated[int, Field(ge=1, le=2**30)]
    total_usable_mib: Annotated[int, Field(ge=1, le=2**30)]

    @model_validator(mode="after")
    def _some_is_kept(self) -> Self:
        if self.total_usable_mib >= self.total_physical_mib:
            raise ValueError("total_usable_mib must be less than total_physical_mib")
        return self


class FunctionInfo(_Part):
    """What a PCI Express function says it is. An empty driver means that none is bound."""

    vendor: Text
    product: Text
    driver: OptionalText = ""
    revision: Annotated[str, StringConstraints(pattern=r"^0x[0-9a-f]{2}$")]
    subsystem: OptionalText = ""
    class_: Annotated[Text, Field(alias="class")]
    subclass: Text


class Pci(_Part):
    """The functions of the card; `virtual_functions` is the number of VFs of *each* PF."""

    physical_functions: Annotated[int, Field(ge=1, le=MAX_PHYSICAL_FUNCTIONS)]
    virtual_functions: Annotated[int, Field(ge=0, le=MAX_VIRTUAL_FUNCTIONS)]
    physical: FunctionInfo
    virtual: FunctionInfo


class Personality(_Part):
    """A kind of card."""

    description: Text
    bios: Bios
    system: System
    baseboard: Baseboard
    chassis: Chassis
    processor: Processor
    memory: Memory
    pci: Pci


def known_personalities() -> list[str]:
    """Names of the personalities that come with the package."""
    return sorted(path.stem for path in FOLDER.glob("*.yml"))


def load_personality(name_or_path: str) -> Personality:
    """Read a personality by name, or by path when it has a slash or ends in .yml or .yaml.

    Raises:
        ConfigError: unknown name, unreadable file, or a file that describes no card.
    """
    path = _locate(name_or_path)
    return parse_personality(read_limited(path, "personality"), str(path))


def parse_personality(data: bytes, source: str) -> Personality:
    """Make a personality of the content of a file.

    Args:
        data: UTF-8 text, YAML 1.2, at most `MAX_FILE_BYTES`.
        source: name of the file, for error texts.

    Raises:
        ConfigError: anything that is not a personality; names the line and the field.
    """
    return parse_model(data, source, Personality, what="personality", example="bios")


def _locate(name_or_path: str) -> Path:
    if "/" in name_or_path or name_or_path.endswith((".yml", ".yaml")):
        return Path(name_or_path)
    known = known_personalities()
    if name_or_path in known:
        return FOLDER / f"{name_or_path}.yml"
    close = difflib.get_close_matches(name_or_path, known, n=1)
    advice = f"did you mean {close[0]}?" if close else f"known: {', '.join(known)}"
    raise ConfigError(f"unknown personality {name_or_path!r}; {advice}")
