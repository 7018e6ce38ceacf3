"""The eBPF classifier that loses, corrupts and duplicates frames as `fate.py` says.

It sits on the egress of a clsact qdisc in direct-action mode. One array map holds what was asked,
the number of the next frame and the counters; a per-CPU map marks the copy of a duplicated frame
on its second way through the classifier, so that skb->mark stays the sender's. Needs Linux 5.12
(atomic fetch-and-add).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum

from lab.links.impairment import bpf_syscall as bpf
from lab.links.impairment.bpf_asm import Alu, Assembler, Cond, Helper, Reg, Size
from lab.links.impairment.checksum import repair_checksum
from lab.links.impairment.fate import (
    DRAWS_PER_FRAME,
    ETHERNET_HEADER,
    GAMMA,
    MASK_64,
    MIX_1,
    MIX_2,
    Draw,
    threshold,
)
from lab.links.impairment.layout import SkBuff, Stack
from lab.topology.model import Impairment

NAME = "dpulab_impair"
GUARD_NAME = "dpulab_guard"

TC_ACT_UNSPEC = -1
"""No opinion: later filters, if any, decide; without any the frame leaves."""
TC_ACT_STOLEN = 4
"""The frame ends here and the sender is told that it left, as on a wire. TC_ACT_SHOT would answer
ENOBUFS to raw sockets and make TCP slow down before anything is missed."""

_STATE = struct.Struct("=QQQQ QQQQQ ddd Q")


class Field(IntEnum):
    """Byte offsets in the map's only element."""

    SEED = 0
    LOSS_BELOW = 8
    DUPLICATE_BELOW = 16
    CORRUPT_BELOW = 24
    SEEN = 32
    LOST = 40
    DUPLICATED = 48
    CORRUPTED = 56
    AGGREGATED = 64


@dataclass(frozen=True, slots=True)
class Counters:
    """What the classifier did since it was installed, in frames.

    `seen` is also the number of the next frame. `aggregated` counts those among `seen` that stood
    for several frames of one TCP stream (GSO/GRO) and shared one fate.
    """

    seen: int = 0
    lost: int = 0
    duplicated: int = 0
    corrupted: int = 0
    aggregated: int = 0


@dataclass(frozen=True, slots=True)
class State:
    """The map's element, decoded: what was asked and what was done."""

    seed: int
    loss: float
    duplicate: float
    corrupt: float
    gso_segs_before: int
    counters: Counters = Counters()

    def encode(self) -> bytes:
        """The element in the layout of `Field`; probabilities follow as given, for reading back."""
        asked = (self.loss, self.duplicate, self.corrupt)
        done = self.counters
        return _STATE.pack(
            self.seed & MASK_64,
            *(threshold(probability) for probability in asked),
            *(done.seen, done.lost, done.duplicated, done.corrupted, done.aggregated),
            *asked,
            self.gso_segs_before,
        )

    @classmethod
    def decode(cls, data: bytes) -> State:
        """Read an element back. Raises struct.error when the size is another."""
        seed, _, _, _, *words = _STATE.unpack(data)
        loss, duplicate, corrupt, gso_segs_before = words[5:]
        return cls(seed, loss, duplicate, corrupt, gso_segs_before, Counters(*words[:5]))


def load(impairment: Impairment, *, gso_segs_before: int) -> int:
    """Load a classifier of its own for the impairment; return the program's file descriptor.

    The program keeps its maps alive. Raises OSError.
    """
    state = State(
        impairment.seed, impairment.loss, impairment.duplicate, impairment.corrupt, gso_segs_before
    )
    with (
        bpf.closing(bpf.map_create(bpf.MapType.ARRAY, _STATE.size, NAME)) as state_fd,
        bpf.closing(bpf.map_create(bpf.MapType.PERCPU_ARRAY, 8, GUARD_NAME)) as guard_fd,
    ):
        bpf.map_write(state_fd, state.encode())
        return bpf.prog_load(bpf.ProgramType.SCHED_CLS, program(state_fd, guard_fd), NAME)


def state_of(prog_fd: int) -> State | None:
    """What a loaded program holds; None when it is none of ours. Raises OSError."""
    for map_id in bpf.prog_map_ids(prog_fd):
        with bpf.closing(bpf.map_by_id(map_id)) as map_fd:
            if bpf.map_name_and_size(map_fd) == (NAME, _STATE.size):
                return State.decode(bpf.map_read(map_fd, _STATE.size))
    return None


# Registers that keep their meaning from one block to the next.
_SKB, _MAP, _STREAM, _TEMP = Reg.R6, Reg.R7, Reg.R8, Reg.R9


def program(state_fd: int, guard_fd: int) -> bytes:
    """The classifier's machine code, for the maps behind the two file descriptors."""
    asm = Assembler()
    _find_state(asm, state_fd)
    _pass_the_copy(asm, guard_fd)
    _number_the_frame(asm)
    _lose(asm)
    asm.label("corrupt")
    _corrupt(asm)
    asm.label("duplicate")
    _duplicate(asm, guard_fd)
    asm.label("pass")
    asm.mov(Reg.R0, TC_ACT_UNSPEC)
    asm.exit()
    return asm.assemble()


def _lookup(asm: Assembler, map_fd: int) -> None:
    """R0 = the map's only element; a missing one lets the frame pass (it cannot be missing)."""
    asm.load_map(Reg.R1, map_fd)
    asm.mov(Reg.R2, Reg.FP)
    asm.alu(Alu.ADD, Reg.R2, Stack.KEY)
    asm.call(Helper.MAP_LOOKUP_ELEM)
    asm.jump_if(Reg.R0, Cond.EQ, 0, "pass")


def _find_state(asm: Assembler, state_fd: int) -> None:
    asm.mov(_SKB, Reg.R1)
    asm.store(Size.WORD, Reg.FP, Stack.KEY, 0)
    _lookup(asm, state_fd)
    asm.mov(_MAP, Reg.R0)


def _pass_the_copy(asm: Assembler, guard_fd: int) -> None:
    """A frame met while this CPU is inside `_duplicate` is the copy: it passes uncounted."""
    asm.load(Size.DOUBLE, Reg.R1, _MAP, Field.DUPLICATE_BELOW)
    asm.jump_if(Reg.R1, Cond.EQ, 0, "number")
    _lookup(asm, guard_fd)
    asm.load(Size.DOUBLE, Reg.R1, Reg.R0, 0)
    asm.jump_if(Reg.R1, Cond.NE, 0, "pass")


def _number_the_frame(asm: Assembler) -> None:
    """_STREAM = where the frame's draws begin: seed + 4 * n * GAMMA."""
    asm.label("number")
    asm.mov(_STREAM, 1)
    asm.fetch_add(_MAP, Field.SEEN, _STREAM)
    asm.alu(Alu.MUL, _STREAM, DRAWS_PER_FRAME)
    asm.load_constant(Reg.R1, GAMMA)
    asm.alu(Alu.MUL, _STREAM, Reg.R1)
    asm.load(Size.DOUBLE, Reg.R1, _MAP, Field.SEED)
    asm.alu(Alu.ADD, _STREAM, Reg.R1)
    asm.load(Size.WORD, Reg.R1, _SKB, SkBuff.GSO_SEGS)
    asm.jump_if(Reg.R1, Cond.LE, 1, "lose")
    _count(asm, Field.AGGREGATED)
    asm.label("lose")


def _draw(asm: Assembler, which: Draw) -> None:
    """R0 = the frame's draw; uses R1. The same steps as `fate.mix`."""
    asm.load_constant(Reg.R0, (which + 1) * GAMMA & MASK_64)
    asm.alu(Alu.ADD, Reg.R0, _STREAM)
    for shift, factor in ((30, MIX_1), (27, MIX_2), (31, None)):
        asm.mov(Reg.R1, Reg.R0)
        asm.alu(Alu.RSH, Reg.R1, shift)
        asm.alu(Alu.XOR, Reg.R0, Reg.R1)
        if factor is not None:
            asm.load_constant(Reg.R1, factor)
            asm.alu(Alu.MUL, Reg.R0, Reg.R1)


def _unless_met(asm: Assembler, which: Draw, below: Field, target: str) -> None:
    """Go to `target` unless the frame's draw meets the probability."""
    asm.load(Size.DOUBLE, _TEMP, _MAP, below)
    asm.jump_if(_TEMP, Cond.EQ, 0, target)
    _draw(asm, which)
    asm.alu(Alu.RSH, Reg.R0, 32)
    asm.jump_if(Reg.R0, Cond.GE, _TEMP, target)


def _count(asm: Assembler, field: Field) -> None:
    asm.mov(Reg.R1, 1)
    asm.fetch_add(_MAP, field, Reg.R1)


def _lose(asm: Assembler) -> None:
    _unless_met(asm, Draw.LOSS, Field.LOSS_BELOW, "corrupt")
    _count(asm, Field.LOST)
    asm.mov(Reg.R0, TC_ACT_STOLEN)
    asm.exit()


def _corrupt(asm: Assembler) -> None:
    _unless_met(asm, Draw.CORRUPT, Field.CORRUPT_BELOW, "duplicate")
    asm.load(Size.WORD, Reg.R2, _SKB, SkBuff.LEN)
    asm.jump_if(Reg.R2, Cond.LE, ETHERNET_HEADER, "duplicate")
    asm.alu(Alu.SUB, Reg.R2, ETHERNET_HEADER)
    asm.alu(Alu.LSH, Reg.R2, 3)
    _draw(asm, Draw.CORRUPTED_BIT)
    asm.alu(Alu.MOD, Reg.R0, Reg.R2)
    asm.alu(Alu.ADD, Reg.R0, ETHERNET_HEADER * 8)
    asm.mov(_TEMP, Reg.R0)  # the bit to flip
    _flip(asm)
    _count(asm, Field.CORRUPTED)
    asm.store(Size.DOUBLE, Reg.FP, Stack.STREAM, _STREAM)
    asm.alu(Alu.RSH, _TEMP, 3)  # the byte that it is in
    repair_checksum(asm, done="corrupted")
    asm.label("corrupted")
    asm.load(Size.DOUBLE, _STREAM, Reg.FP, Stack.STREAM)


def _flip(asm: Assembler) -> None:
    """Flip bit _TEMP of the frame; keep the byte before and after on the stack."""
    _one_byte(asm, Stack.OLD_BYTE)
    asm.call(Helper.SKB_LOAD_BYTES)
    asm.jump_if(Reg.R0, Cond.NE, 0, "duplicate")
    asm.mov(Reg.R1, _TEMP)
    asm.alu(Alu.AND, Reg.R1, 7)
    asm.mov(Reg.R2, 1)
    asm.alu(Alu.LSH, Reg.R2, Reg.R1)
    asm.load(Size.BYTE, Reg.R3, Reg.FP, Stack.OLD_BYTE)
    asm.alu(Alu.XOR, Reg.R3, Reg.R2)
    asm.store(Size.BYTE, Reg.FP, Stack.NEW_BYTE, Reg.R3)
    _one_byte(asm, Stack.NEW_BYTE)
    asm.mov(Reg.R5, 0)  # flags
    asm.call(Helper.SKB_STORE_BYTES)
    asm.jump_if(Reg.R0, Cond.NE, 0, "duplicate")


def _one_byte(asm: Assembler, place: Stack) -> None:
    """R1-R4 = skb, offset of the byte with bit _TEMP, place on the stack, one byte."""
    asm.mov(Reg.R1, _SKB)
    asm.mov(Reg.R2, _TEMP)
    asm.alu(Alu.RSH, Reg.R2, 3)
    asm.mov(Reg.R3, Reg.FP)
    asm.alu(Alu.ADD, Reg.R3, place)
    asm.mov(Reg.R4, 1)


def _duplicate(asm: Assembler, guard_fd: int) -> None:
    _unless_met(asm, Draw.DUPLICATE, Field.DUPLICATE_BELOW, "pass")
    _count(asm, Field.DUPLICATED)
    _lookup(asm, guard_fd)
    asm.mov(_TEMP, Reg.R0)
    asm.store(Size.DOUBLE, _TEMP, 0, 1)
    asm.mov(Reg.R1, _SKB)
    asm.load(Size.WORD, Reg.R2, _SKB, SkBuff.IFINDEX)
    asm.mov(Reg.R3, 0)  # egress
    asm.call(Helper.CLONE_REDIRECT)
    asm.store(Size.DOUBLE, _TEMP, 0, 0)
