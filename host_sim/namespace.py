"""What a controller tells about its namespaces."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from uuid import UUID

from host_sim.association import Association
from host_sim.errors import NvmeError
from nvmetcp.errors import RemoteProtocolError
from nvmetcp.identify import (
    Cns,
    DescriptorType,
    IdentifyNamespace,
    parse_descriptors,
    parse_namespaces,
)

_LIST = 1024  # namespaces that one Identify names


@dataclass(frozen=True, slots=True)
class NamespaceInfo:
    """A namespace as one controller shows it."""

    nsid: int
    identify: IdentifyNamespace
    uuid: UUID | None = None
    nguid: bytes = b""
    eui64: bytes = b""

    @property
    def block_size(self) -> int:
        """In bytes."""
        return 1 << self.identify.lbads

    @property
    def blocks(self) -> int:
        """Its size in blocks."""
        return self.identify.nsze

    @property
    def ana_group(self) -> int:
        """The group whose state tells how good this path is; 0 is none."""
        return self.identify.anagrpid

    @property
    def identity(self) -> tuple[UUID | None, bytes, bytes]:
        """What is the same on every path, and on no other namespace."""
        return self.uuid, self.nguid, self.eui64


async def read_namespaces(association: Association) -> dict[int, NamespaceInfo]:
    """All active namespaces by identifier. Raises NvmeError, PathError."""
    nsids = await _active(association)
    found = await asyncio.gather(*(read_namespace(association, nsid) for nsid in nsids))
    return {one.nsid: one for one in found if one is not None}


async def _active(association: Association) -> list[int]:
    nsids: list[int] = []
    while True:
        after = nsids[-1] if nsids else 0
        more = parse_namespaces(await association.identify_data(Cns.ACTIVE_NAMESPACES, after))
        nsids += more
        if len(more) < _LIST:
            return nsids


async def read_namespace(association: Association, nsid: int) -> NamespaceInfo | None:
    """One namespace, None if it has gone meanwhile. Raises NvmeError, PathError."""
    try:
        page = await association.identify_data(Cns.NAMESPACE, nsid)
        identify = IdentifyNamespace.parse(page)
        if not identify.nsze:
            return None
        described = await association.identify_data(Cns.DESCRIPTORS, nsid)
        values = dict(parse_descriptors(described))
    except (NvmeError, RemoteProtocolError):
        return None
    number = values.get(DescriptorType.UUID)
    return NamespaceInfo(
        nsid, identify, UUID(bytes=number) if number else None,
        values.get(DescriptorType.NGUID, b""), values.get(DescriptorType.EUI64, b""),
    )  # fmt: skip
