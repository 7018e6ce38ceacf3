"""Encodings checked against RFC 9669 by hand: opcode, registers, offset, immediate."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lab.links.impairment.bpf_asm import Alu, Assembler, Cond, Helper, Reg, Size


@pytest.mark.parametrize(
    ("emit", "code"),
    [
        (lambda asm: asm.exit(), "95 00 0000 00000000"),
        (lambda asm: asm.mov(Reg.R0, 1), "b7 00 0000 01000000"),
        (lambda asm: asm.mov(Reg.R0, -1), "b7 00 0000 ffffffff"),
        (lambda asm: asm.mov(Reg.R6, Reg.R1), "bf 16 0000 00000000"),
        (lambda asm: asm.alu(Alu.ADD, Reg.R2, -8), "07 02 0000 f8ffffff"),
        (lambda asm: asm.alu(Alu.XOR, Reg.R1, 0xFFFFFFFF), "a7 01 0000 ffffffff"),
        (lambda asm: asm.alu(Alu.MUL, Reg.R8, Reg.R1), "2f 18 0000 00000000"),
        (lambda asm: asm.alu(Alu.MOD, Reg.R0, Reg.R2), "9f 20 0000 00000000"),
        (lambda asm: asm.alu(Alu.RSH, Reg.R9, 3), "77 09 0000 03000000"),
        (lambda asm: asm.big_endian16(Reg.R5), "dc 05 0000 10000000"),
        (lambda asm: asm.load(Size.WORD, Reg.R2, Reg.R6, 40), "61 62 2800 00000000"),
        (lambda asm: asm.load(Size.DOUBLE, Reg.R1, Reg.R7, 8), "79 71 0800 00000000"),
        (lambda asm: asm.load(Size.HALF, Reg.R0, Reg.FP, -40), "69 a0 d8ff 00000000"),
        (lambda asm: asm.load(Size.BYTE, Reg.R3, Reg.FP, -24), "71 a3 e8ff 00000000"),
        (lambda asm: asm.store(Size.DOUBLE, Reg.FP, -8, Reg.R1), "7b 1a f8ff 00000000"),
        (lambda asm: asm.store(Size.BYTE, Reg.FP, -16, Reg.R3), "73 3a f0ff 00000000"),
        (lambda asm: asm.store(Size.WORD, Reg.FP, -8, 0), "62 0a f8ff 00000000"),
        (lambda asm: asm.fetch_add(Reg.R7, 32, Reg.R8), "db 87 2000 01000000"),
        (lambda asm: asm.call(Helper.MAP_LOOKUP_ELEM), "85 00 0000 01000000"),
        (
            lambda asm: asm.load_constant(Reg.R1, 0x1122334455667788),
            "18 01 0000 88776655 00 00 0000 44332211",
        ),
        (lambda asm: asm.load_map(Reg.R1, 5), "18 11 0000 05000000 00 00 0000 00000000"),
    ],
)
def test_encoding(emit: Callable[[Assembler], None], code: str) -> None:
    asm = Assembler()
    emit(asm)
    assert asm.assemble() == bytes.fromhex(code)


def test_jumps_count_slots_from_the_next_instruction() -> None:
    asm = Assembler()
    asm.label("again")
    asm.jump_if(Reg.R1, Cond.EQ, 0, "out")
    asm.load_constant(Reg.R1, 0)  # two slots
    asm.jump_if(Reg.R1, Cond.GE, Reg.R2, "again")
    asm.jump("out")
    asm.label("out")
    asm.exit()
    assert asm.assemble() == bytes.fromhex(
        "15 01 0400 00000000"
        "18 01 0000 00000000 00 00 0000 00000000"
        "3d 21 fcff 00000000"
        "05 00 0000 00000000"
        "95 00 0000 00000000"
    )


@pytest.mark.parametrize(
    ("condition", "opcode"),
    [
        (Cond.EQ, 0x15),
        (Cond.GT, 0x25),
        (Cond.GE, 0x35),
        (Cond.NE, 0x55),
        (Cond.LT, 0xA5),
        (Cond.LE, 0xB5),
    ],
)
def test_conditions(condition: Cond, opcode: int) -> None:
    asm = Assembler()
    asm.jump_if(Reg.R3, condition, 7, "next")
    asm.label("next")
    assert asm.assemble() == bytes([opcode, 3, 0, 0, 7, 0, 0, 0])


def test_unknown_and_doubled_labels_are_refused() -> None:
    asm = Assembler()
    asm.label("here")
    with pytest.raises(ValueError, match="label 'here' is defined twice"):
        asm.label("here")
    asm.jump("there")
    with pytest.raises(ValueError, match="label 'there' is not defined"):
        asm.assemble()


@pytest.mark.parametrize("value", [1 << 32, -(1 << 31) - 1])
def test_too_large_immediates_are_refused(value: int) -> None:
    asm = Assembler()
    asm.mov(Reg.R0, value)
    with pytest.raises(ValueError, match="does not fit a 32-bit immediate"):
        asm.assemble()
