"""A small assembler for eBPF: named registers, labels, one method for each instruction used.

Source: RFC 9669 (BPF Instruction Set Architecture), sections 3 to 5. An instruction is eight bytes:
opcode, two register nibbles, a signed 16-bit offset and a signed 32-bit immediate; a 64-bit
immediate takes a second slot. Offsets of jumps count slots from the one after the jump.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum


class Reg(IntEnum):
    """Registers. R0 returns; R1-R5 are arguments and lost by calls; R6-R9 survive calls."""

    R0 = 0
    R1 = 1
    R2 = 2
    R3 = 3
    R4 = 4
    R5 = 5
    R6 = 6
    R7 = 7
    R8 = 8
    R9 = 9
    FP = 10
    """Frame pointer: the stack is the 512 bytes below it; read-only."""


class Size(IntEnum):
    """Width of a memory access (RFC 9669, table 11)."""

    WORD = 0x00
    HALF = 0x08
    BYTE = 0x10
    DOUBLE = 0x18


class Alu(IntEnum):
    """Arithmetic on 64-bit registers (RFC 9669, table 4)."""

    ADD = 0x00
    SUB = 0x10
    MUL = 0x20
    OR = 0x40
    AND = 0x50
    LSH = 0x60
    RSH = 0x70
    MOD = 0x90
    XOR = 0xA0
    MOV = 0xB0


class Cond(IntEnum):
    """Conditions of jumps, all unsigned (RFC 9669, table 8)."""

    EQ = 0x10
    GT = 0x20
    GE = 0x30
    NE = 0x50
    LT = 0xA0
    LE = 0xB0


class Helper(IntEnum):
    """Kernel helpers that our programs call, by their numbers in the kernel's ABI."""

    MAP_LOOKUP_ELEM = 1
    SKB_STORE_BYTES = 9
    CLONE_REDIRECT = 13
    SKB_LOAD_BYTES = 26
    CSUM_DIFF = 28


_CLASS_LD, _CLASS_LDX, _CLASS_ST, _CLASS_STX = 0x00, 0x01, 0x02, 0x03
_CLASS_ALU, _CLASS_JMP, _CLASS_ALU64 = 0x04, 0x05, 0x07
_MODE_IMM, _MODE_MEM, _MODE_ATOMIC = 0x00, 0x60, 0xC0
_SOURCE_REGISTER = 0x08
_OP_CALL, _OP_EXIT, _OP_END = 0x80, 0x90, 0xD0
_ATOMIC_ADD, _ATOMIC_FETCH = 0x00, 0x01
_PSEUDO_MAP_FD = 1


@dataclass(frozen=True, slots=True)
class _Slot:
    opcode: int
    dst: int = 0
    src: int = 0
    offset: int = 0
    immediate: int = 0
    target: str = ""

    def encode(self, offset: int) -> bytes:
        return struct.pack(
            "<BBhi", self.opcode, self.src << 4 | self.dst, offset, _signed32(self.immediate)
        )


class Assembler:
    """Collects instructions; `assemble` resolves the labels and returns the machine code."""

    def __init__(self) -> None:
        self._slots: list[_Slot] = []
        self._labels: dict[str, int] = {}

    def label(self, name: str) -> None:
        """Name the next instruction. Raises ValueError when the name is taken."""
        if name in self._labels:
            raise ValueError(f"label {name!r} is defined twice")
        self._labels[name] = len(self._slots)

    def alu(self, op: Alu, dst: Reg, src: Reg | int) -> None:
        """dst = dst `op` src; an int is sign-extended from 32 bits."""
        self._emit(_CLASS_ALU64 | op, dst, src)

    def mov(self, dst: Reg, src: Reg | int) -> None:
        """dst = src; an int is sign-extended from 32 bits."""
        self.alu(Alu.MOV, dst, src)

    def big_endian16(self, dst: Reg) -> None:
        """dst = its low 16 bits in network byte order."""
        self._slots.append(_Slot(_CLASS_ALU | _SOURCE_REGISTER | _OP_END, dst, immediate=16))

    def load_constant(self, dst: Reg, value: int) -> None:
        """dst = a 64-bit constant; takes two slots."""
        self._wide(dst, 0, value)

    def load_map(self, dst: Reg, map_fd: int) -> None:
        """dst = the map behind a file descriptor of the loading process; takes two slots."""
        self._wide(dst, _PSEUDO_MAP_FD, map_fd)

    def load(self, size: Size, dst: Reg, base: Reg, offset: int) -> None:
        """dst = memory at base + offset, zero-extended."""
        self._slots.append(_Slot(_CLASS_LDX | _MODE_MEM | size, dst, base, offset))

    def store(self, size: Size, base: Reg, offset: int, src: Reg | int) -> None:
        """Memory at base + offset = src."""
        if isinstance(src, Reg):
            self._slots.append(_Slot(_CLASS_STX | _MODE_MEM | size, base, src, offset))
        else:
            self._slots.append(_Slot(_CLASS_ST | _MODE_MEM | size, base, 0, offset, src))

    def fetch_add(self, base: Reg, offset: int, src: Reg) -> None:
        """Add src to the 64-bit word at base + offset; src = the value before. Linux 5.12."""
        opcode = _CLASS_STX | _MODE_ATOMIC | Size.DOUBLE
        self._slots.append(_Slot(opcode, base, src, offset, _ATOMIC_ADD | _ATOMIC_FETCH))

    def jump(self, target: str) -> None:
        """Go on at the label."""
        self._slots.append(_Slot(_CLASS_JMP, target=target))

    def jump_if(self, dst: Reg, condition: Cond, src: Reg | int, target: str) -> None:
        """Go on at the label when dst `condition` src, both unsigned."""
        self._emit(_CLASS_JMP | condition, dst, src, target)

    def call(self, helper: Helper) -> None:
        """R0 = helper(R1..R5); R1-R5 are lost."""
        self._slots.append(_Slot(_CLASS_JMP | _OP_CALL, immediate=helper))

    def exit(self) -> None:
        """Return R0."""
        self._slots.append(_Slot(_CLASS_JMP | _OP_EXIT))

    def assemble(self) -> bytes:
        """Machine code, a multiple of eight bytes. Raises ValueError for an unknown label."""
        return b"".join(
            slot.encode(self._distance(position, slot)) for position, slot in enumerate(self._slots)
        )

    def _distance(self, position: int, slot: _Slot) -> int:
        if not slot.target:
            return slot.offset
        if slot.target not in self._labels:
            raise ValueError(f"label {slot.target!r} is not defined")
        return self._labels[slot.target] - position - 1

    def _emit(self, opcode: int, dst: Reg, src: Reg | int, target: str = "") -> None:
        if isinstance(src, Reg):
            self._slots.append(_Slot(opcode | _SOURCE_REGISTER, dst, src, target=target))
        else:
            self._slots.append(_Slot(opcode, dst, immediate=src, target=target))

    def _wide(self, dst: Reg, kind: int, value: int) -> None:
        opcode = _CLASS_LD | _MODE_IMM | Size.DOUBLE
        self._slots.append(_Slot(opcode, dst, kind, immediate=value & 0xFFFFFFFF))
        self._slots.append(_Slot(0, immediate=value >> 32 & 0xFFFFFFFF))


def _signed32(value: int) -> int:
    """The two's complement reading of a 32-bit immediate given signed or unsigned."""
    if not -(1 << 31) <= value < 1 << 32:
        raise ValueError(f"{value} does not fit a 32-bit immediate")
    return value - (1 << 32) if value >= 1 << 31 else value
