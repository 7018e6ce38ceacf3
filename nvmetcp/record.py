"""Structures with fields at explicit offsets, declared as dataclasses.

    @dataclass(slots=True, kw_only=True)
    class Heading(Record):
        SIZE: ClassVar[int] = 16
        generation: int = u64(0)
        name: str = text(8, 8)

Everything is little-endian; bytes without a field are reserved: sent as zero, ignored on receipt.
For the cold paths (admin and fabrics); the hot ones have a precompiled `struct` of their own.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any, ClassVar, Self, cast

from nvmetcp.errors import LocalProtocolError, RemoteProtocolError

Buffer = bytes | bytearray | memoryview


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a field is: `size` bytes at `offset`, and how it is read and written."""

    offset: int
    size: int
    read: Callable[[bytes], Any]
    write: Callable[[Any], bytes]
    shared: bool = False  # with other fields: the bytes are joined by OR


def _slot(slot: Slot, default: Any) -> Any:
    return field(default=default, metadata={"slot": slot})


def number(offset: int, size: int, default: int = 0) -> Any:
    """Declare an unsigned integer of `size` bytes."""

    def write(value: int) -> bytes:
        try:
            return int(value).to_bytes(size, "little")
        except OverflowError as error:
            raise LocalProtocolError(f"{value} does not fit {size} bytes") from error

    return _slot(Slot(offset, size, lambda raw: int.from_bytes(raw, "little"), write), default)


def u8(offset: int, default: int = 0) -> Any:
    """Declare a byte."""
    return number(offset, 1, default)


def u16(offset: int, default: int = 0) -> Any:
    """Declare a 16-bit integer."""
    return number(offset, 2, default)


def u32(offset: int, default: int = 0) -> Any:
    """Declare a 32-bit integer."""
    return number(offset, 4, default)


def u64(offset: int, default: int = 0) -> Any:
    """Declare a 64-bit integer."""
    return number(offset, 8, default)


def u128(offset: int, default: int = 0) -> Any:
    """Declare a 128-bit integer."""
    return number(offset, 16, default)


def bits(offset: int, size: int, shift: int, width: int, default: int = 0) -> Any:
    """Declare `width` bits from bit `shift` of the integer of `size` bytes at `offset`."""

    def write(value: int) -> bytes:
        if not 0 <= int(value) < 1 << width:
            raise LocalProtocolError(f"{value} does not fit {width} bits")
        return (int(value) << shift).to_bytes(size, "little")

    def read(value: bytes) -> int:
        return int.from_bytes(value, "little") >> shift & (1 << width) - 1

    return _slot(Slot(offset, size, read, write, shared=True), default)


def raw(offset: int, size: int) -> Any:
    """Declare `size` bytes as they are; shorter values are filled with zeros."""

    def write(value: bytes) -> bytes:
        if len(value) > size:
            raise LocalProtocolError(f"{len(value)} bytes do not fit {size}")
        return bytes(value).ljust(size, b"\0")

    return _slot(Slot(offset, size, bytes, write), bytes(size))


def text(offset: int, size: int, default: str = "") -> Any:
    """Declare ASCII text padded with blanks, such as a serial number."""

    def write(value: str) -> bytes:
        return _encode(value, "ascii", size).ljust(size, b" ")

    def read(value: bytes) -> str:
        return _decode(value.split(b"\0", 1)[0], "ascii").rstrip(" ")

    return _slot(Slot(offset, size, read, write), default)


def name(offset: int, size: int = 256, default: str = "") -> Any:
    """Declare UTF-8 text that ends at the first zero byte, such as an NQN."""

    def write(value: str) -> bytes:
        return _encode(value, "utf-8", size - 1).ljust(size, b"\0")

    def read(value: bytes) -> str:
        if b"\0" not in value:
            raise RemoteProtocolError(f"name without end: {value[:32]!r}")
        return _decode(value.split(b"\0", 1)[0], "utf-8")

    return _slot(Slot(offset, size, read, write), default)


def _encode(value: str, encoding: str, size: int) -> bytes:
    try:
        encoded = value.encode(encoding)
    except UnicodeEncodeError as error:
        raise LocalProtocolError(f"{value!r} is not {encoding}") from error
    if len(encoded) > size or b"\0" in encoded:
        raise LocalProtocolError(f"{value!r} does not fit {size} bytes of text")
    return encoded


def _decode(value: bytes, encoding: str) -> str:
    try:
        return value.decode(encoding)
    except UnicodeDecodeError as error:
        raise RemoteProtocolError(f"text that is not {encoding}: {value[:32]!r}") from error


@cache
def _layout(record: Hashable) -> tuple[tuple[str, Slot], ...]:
    return tuple((one.name, one.metadata["slot"]) for one in fields(cast("type[Any]", record)))


@dataclass(slots=True)
class Record:
    """Base of the structures: `pack` gives SIZE bytes, `parse` takes SIZE bytes or more."""

    SIZE: ClassVar[int] = 0

    @classmethod
    def parse(cls, data: Buffer) -> Self:
        """Read the structure that starts `data`. Raises RemoteProtocolError when it is short."""
        view = memoryview(data)
        if len(view) < cls.SIZE:
            raise RemoteProtocolError(f"{cls.__name__}: {len(view)} bytes, {cls.SIZE} needed")
        return cls(
            **{
                key: slot.read(bytes(view[slot.offset : slot.offset + slot.size]))
                for key, slot in _layout(cast("Hashable", cls))
            }
        )

    def pack(self) -> bytes:
        """Return the structure as bytes. Raises LocalProtocolError when a value does not fit."""
        image = bytearray(self.SIZE)
        for key, slot in _layout(cast("Hashable", type(self))):
            written = slot.write(getattr(self, key))
            if slot.shared:
                before = image[slot.offset : slot.offset + slot.size]
                written = bytes(a | b for a, b in zip(before, written, strict=True))
            image[slot.offset : slot.offset + slot.size] = written
        return bytes(image)


def parse_array(form: struct.Struct, data: Buffer, count: int, start: int = 0) -> list[Any]:
    """Read `count` tuples that follow each other. Raises RemoteProtocolError when short."""
    if len(data) - start < form.size * count:
        raise RemoteProtocolError(f"{len(data)} bytes, {count} entries of {form.size} announced")
    return [form.unpack_from(data, start + index * form.size) for index in range(count)]
