"""What a logical volume store keeps about itself on its device.

The first block(s), 4 KiB at least, tell that there is a store, and are written once:

    0   8 bytes  magic
    8   u32      bytes of a slot
    12  32 bytes SHA-256 of the 12 bytes before

After them come two slots of the same size, written in turn: whatever happens while one is written,
the other is whole. A slot is a header of 64 bytes and a JSON text:

    0   8 bytes  magic
    8   u64      sequence number; the slot with the higher one holds
    16  u32      bytes of the text
    20  12 bytes zero
    32  32 bytes SHA-256 of the 32 bytes before, and of the text

Integers are little-endian. The text is the `StoreRecord`; the clusters of a volume are pairs of
u32, (index in the volume, number on the device), in base64. SPDK's blobstore has another layout.
"""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from dpu_sim.spdk_sim.bdev.device import Buffer

MAGIC = b"DPULVS\x00\x01"
_MARK = struct.Struct("<8sI")
_DIGEST = 32
_FIXED = struct.Struct("<8sQI12x")
HEADER = _FIXED.size + _DIGEST
_SMALLEST_MARK = 4096
_PAIR = struct.Struct("<II")
_SLOT = 256 << 10
"""Bytes of a slot apart from what the list of clusters takes."""
_CLUSTER = 12
"""Bytes of text that one cluster takes at most (a pair in base64)."""


class CorruptError(ValueError):
    """There is no store, or what was written of it is not whole."""


@dataclass(slots=True)
class VolumeRecord:
    """One volume, snapshot or clone."""

    uuid: UUID
    name: str
    clusters: int
    """Its size."""
    thin: bool
    snapshot: bool = False
    parent: UUID | None = None
    """The snapshot that gives what the volume has no cluster of its own for."""
    places: dict[int, int] = field(default_factory=dict)
    """Where each of its clusters is on the device."""


@dataclass(slots=True)
class StoreRecord:
    """A store."""

    uuid: UUID
    name: str
    cluster_size: int
    """In bytes."""
    clusters: int
    """On the device, those with the slots included."""
    reserved: int
    """Clusters that hold the slots."""
    volumes: list[VolumeRecord] = field(default_factory=list)


def mark_size(block_size: int) -> int:
    """Bytes before the slots, in whole blocks."""
    return max(_SMALLEST_MARK, block_size)


def slot_size(clusters: int, block_size: int) -> int:
    """Bytes of one slot for a device of so many clusters, in whole blocks."""
    return -(-(_SLOT + _CLUSTER * clusters) // block_size) * block_size


def encode_mark(slot: int, block_size: int) -> bytes:
    """The first blocks of a device with slots of so many bytes."""
    fixed = _MARK.pack(MAGIC, slot)
    return (fixed + hashlib.sha256(fixed).digest()).ljust(mark_size(block_size), b"\0")


def decode_mark(data: Buffer) -> int:
    """The bytes of a slot. Raises CorruptError: there is no store."""
    fixed = bytes(data[: _MARK.size])
    check = bytes(data[_MARK.size : _MARK.size + _DIGEST])
    if not fixed.startswith(MAGIC) or check != hashlib.sha256(fixed).digest():
        raise CorruptError("no store")
    return int(_MARK.unpack(fixed)[1])


def encode(record: StoreRecord, sequence: int, size: int) -> bytes:
    """The content of a slot of `size` bytes, as far as it is used. Raises ValueError: too long."""
    text = json.dumps(_described(record), separators=(",", ":")).encode()
    if HEADER + len(text) > size:
        raise ValueError("too many volumes")
    fixed = _FIXED.pack(MAGIC, sequence, len(text))
    return fixed + hashlib.sha256(fixed + text).digest() + text


def decode(data: Buffer) -> tuple[int, StoreRecord]:
    """Sequence number and content of a slot. Raises CorruptError."""
    if len(data) < HEADER or bytes(data[: len(MAGIC)]) != MAGIC:
        raise CorruptError("nothing was written")
    _, sequence, length = _FIXED.unpack_from(data)
    text = bytes(data[HEADER : HEADER + length])
    check = hashlib.sha256(bytes(data[: _FIXED.size]) + text).digest()
    if len(text) != length or check != bytes(data[_FIXED.size : HEADER]):
        raise CorruptError("not written to its end")
    try:
        return sequence, _understood(json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError, struct.error) as error:
        raise CorruptError(f"no store: {error!r}") from error


def _described(record: StoreRecord) -> dict[str, Any]:
    return {
        "uuid": str(record.uuid),
        "name": record.name,
        "cluster_size": record.cluster_size,
        "clusters": record.clusters,
        "reserved": record.reserved,
        "volumes": [
            {
                "uuid": str(one.uuid),
                "name": one.name,
                "clusters": one.clusters,
                "thin": one.thin,
                "snapshot": one.snapshot,
                "parent": str(one.parent) if one.parent else None,
                "places": base64.b64encode(
                    b"".join(_PAIR.pack(*pair) for pair in sorted(one.places.items()))
                ).decode(),
            }
            for one in record.volumes
        ],
    }


def _understood(read: dict[str, Any]) -> StoreRecord:
    return StoreRecord(
        UUID(read["uuid"]),
        str(read["name"]),
        int(read["cluster_size"]),
        int(read["clusters"]),
        int(read["reserved"]),
        [_volume(one) for one in read["volumes"]],
    )


def _volume(read: dict[str, Any]) -> VolumeRecord:
    places = dict(_PAIR.iter_unpack(base64.b64decode(read["places"], validate=True)))
    parent = UUID(read["parent"]) if read["parent"] else None
    flags = (bool(read["thin"]), bool(read["snapshot"]))
    return VolumeRecord(
        UUID(read["uuid"]), str(read["name"]), int(read["clusters"]), *flags, parent, places
    )
