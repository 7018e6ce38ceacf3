"""Links as the topology file writes them: the brief form and six extended types.

Shapes are those of containerlab (schemas/clab.schema.json, definitions link-*; links/link_*.go).
A link is recognised by its `type`; without one it is brief.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from lab.topology import units
from lab.topology.scalars import WHOLE, Loose, Name, Spec, Text, json_schema, read_by

_PERCENT = json_schema(
    anyOf=[
        {"type": "string", "pattern": units.LOSS_PATTERN},
        {"type": "number", "minimum": 0, "maximum": 100},
    ]
)
_TIME = json_schema(type="string", pattern=units.DELAY_PATTERN)
Delay = Annotated[Text, read_by(units.microseconds), _TIME]
Percent = Annotated[Text, read_by(units.probability), _PERCENT]
Rate = Annotated[
    Text, read_by(units.bits_per_second), json_schema(type="string", pattern=units.RATE_PATTERN)
]


class ImpairmentSpec(Spec):
    """What happens to frames that leave through a link end."""

    delay: Delay | None = Field(default=None, description="Delay of each frame: 250us, 10ms, 1s.")
    jitter: Delay | None = Field(default=None, description="Variation of the delay; needs delay.")
    loss: Percent | None = Field(
        default=None, description="Share of frames lost, in percent: 1%, 0.5."
    )
    duplicate: Percent | None = Field(
        default=None, description="Share of frames sent twice, in percent."
    )
    corrupt: Percent | None = Field(default=None, description="Share of frames with a flipped bit.")
    rate: Rate | None = Field(
        default=None, description="Rate limit: 500kbit, 10mbit, 1gbit (decimal)."
    )
    seed: Annotated[int, Field(ge=0, le=2**32 - 1), WHOLE] | None = Field(
        default=None, description="Makes the n-th frame's fate the same in every run."
    )


class VarsSpec(BaseModel):
    """Free variables; only `dpulab` is ours."""

    model_config = ConfigDict(extra="allow", frozen=True)
    dpulab: ImpairmentSpec | None = Field(
        default=None, description="Impairment of the link's ends, or of this end only."
    )


class EndpointSpec(Spec):
    """One end of a link in the extended form."""

    node: Name = Field(description="Name of the node.")
    interface: Name = Field(description="Name of the interface in the node, up to 15 characters.")
    mac: (
        Annotated[
            Text, json_schema(type="string", pattern=r"^(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}$")
        ]
        | None
    ) = Field(default=None, description="Ethernet address; without it the kernel chooses one.")
    ipv4: Name | None = Field(default=None, description="IPv4 address with prefix length.")
    ipv6: Name | None = Field(default=None, description="IPv6 address with prefix length.")
    vars: VarsSpec | None = Field(
        default=None, description="Variables of this end; dpulab overrides."
    )


class CommonLinkSpec(Spec):
    """What every link may have."""

    mtu: Annotated[int, Field(ge=68, le=65535), WHOLE] | None = Field(
        default=None,
        description="MTU of the ends in bytes; 9500 unless given (macvlan 1500, vxlan 1450).",
    )
    vars: VarsSpec | None = Field(
        default=None, description="Variables of the link; dpulab impairs it."
    )
    labels: dict[str, Loose] = Field(default={}, description="Labels of the link.")


_Addresses = Annotated[list[Text], Field(min_length=1, max_length=2)]


class _TwoEnds(CommonLinkSpec):
    ipv4: _Addresses | None = Field(
        default=None,
        description="IPv4 addresses with prefix length in the order of endpoints; '' skips.",
    )
    ipv6: _Addresses | None = Field(
        default=None,
        description="IPv6 addresses with prefix length in the order of endpoints; '' skips.",
    )


class BriefLink(_TwoEnds):
    """Two ends NODE:INTERFACE; the node may be host, mgmt-net or macvlan for the machine's side."""

    endpoints: Annotated[list[Name], Field(min_length=2, max_length=2)] = Field(
        description="The two ends, NODE:INTERFACE."
    )


class VethLink(_TwoEnds):
    """A wire between two nodes."""

    type: Literal["veth"] = Field(description="A wire between two nodes.")
    endpoints: Annotated[list[EndpointSpec], Field(min_length=2, max_length=2)] = Field(
        description="The two ends."
    )


class _OneEnd(CommonLinkSpec):
    endpoint: EndpointSpec = Field(description="The end in the node.")


class HostLink(_OneEnd):
    """A wire from a node to the machine (needs --trust)."""

    type: Literal["host"] = Field(description="A wire to the machine.")
    host_interface: Name = Field(description="Name of the end on the machine.")


class MgmtNetLink(_OneEnd):
    """A wire from a node to the bridge of the management network."""

    type: Literal["mgmt-net"] = Field(description="A wire to the management bridge.")
    host_interface: Name = Field(description="Name of the bridge port on the machine.")


class MacvlanLink(_OneEnd):
    """An interface with its own MAC address on an interface of the machine (needs --trust)."""

    type: Literal["macvlan"] = Field(description="A macvlan interface.")
    host_interface: Name = Field(description="Parent interface on the machine.")
    mode: Literal["private", "vepa", "bridge", "passthru", "source"] = Field(
        default="bridge", description="Mode of the macvlan interface (ip-link(8))."
    )


class VxlanLink(_OneEnd):
    """A VXLAN tunnel (RFC 7348) from a node to another machine (needs --trust)."""

    type: Literal["vxlan"] = Field(description="A VXLAN tunnel to another machine.")
    remote: Name = Field(description="Address of the other machine.")
    vni: Annotated[int, Field(ge=1, le=2**24 - 1), WHOLE] = Field(description="Network identifier.")
    dst_port: Annotated[int, Field(ge=1, le=65535), WHOLE] = Field(
        description="UDP port of the other machine."
    )
    src_port: Annotated[int, Field(ge=1, le=65535), WHOLE] | None = Field(
        default=None, description="UDP source port; without it the kernel chooses by flow."
    )


class DummyLink(_OneEnd):
    """An interface that leads nowhere."""

    type: Literal["dummy"] = Field(description="An interface that leads nowhere.")


FORMS = {
    "brief": BriefLink,
    "veth": VethLink,
    "host": HostLink,
    "mgmt-net": MgmtNetLink,
    "macvlan": MacvlanLink,
    "vxlan": VxlanLink,
    "dummy": DummyLink,
}
OneEndLink = HostLink | MgmtNetLink | MacvlanLink | VxlanLink | DummyLink


def _form(value: object) -> str:
    """Tag of a link's form; without a type it is brief."""
    if not isinstance(value, dict) or "type" not in value:
        return "brief"
    found = value["type"]
    # An explicit "brief" is no type of the format; it must not choose the brief form by accident.
    return str(found) if isinstance(found, str) and found != "brief" else f"{found!s} "


LinkSpec = Annotated[
    Annotated[BriefLink, Tag("brief")]
    | Annotated[VethLink, Tag("veth")]
    | Annotated[HostLink, Tag("host")]
    | Annotated[MgmtNetLink, Tag("mgmt-net")]
    | Annotated[MacvlanLink, Tag("macvlan")]
    | Annotated[VxlanLink, Tag("vxlan")]
    | Annotated[DummyLink, Tag("dummy")],
    Discriminator(_form),
]
