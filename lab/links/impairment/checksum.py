"""Keeping a corrupted frame wrong on the wire.

A locally sent TCP segment passes the classifier before the kernel has finished its checksum: the
field holds the sum over the pseudo header only (CHECKSUM_PARTIAL), and the rest is added on the way
to the driver, over the flipped bit too. The receiver would then find a correct checksum over wrong
data, which no link does. A classifier cannot see CHECKSUM_PARTIAL, but it can see that the field
equals the pseudo header's sum; it then takes the flipped bit out of the field, so that the
finished checksum is that of the frame before the flip (RFC 1624, equation 3, used backwards).

Covered: TCP and UDP straight over IPv4 and IPv6. Not covered: a checksum left unfinished *inside* a
tunnel. Little-endian machines only, as the table of system calls is.
"""

from __future__ import annotations

from lab.links.impairment.bpf_asm import Alu, Assembler, Cond, Helper, Reg, Size
from lab.links.impairment.fate import ETHERNET_HEADER
from lab.links.impairment.layout import SkBuff, Stack

_IPV4, _IPV6 = 0x0008, 0xDD86  # EtherTypes in network order, as a little-endian machine reads them
_TCP, _UDP = 6, 17
_FRAGMENT = 0xFF3F  # "more fragments" and the offset, likewise


# In: R6 the skb, R9 the offset of the flipped byte. R8 becomes the offset of the TCP/UDP header.
_SKB, _L4, _BYTE = Reg.R6, Reg.R8, Reg.R9


def repair_checksum(asm: Assembler, done: str) -> None:
    """Emit the repair; go to label `done` where there is nothing to do. Keeps R6, R7 and R9."""
    asm.load(Size.WORD, Reg.R1, _SKB, SkBuff.PROTOCOL)
    asm.jump_if(Reg.R1, Cond.EQ, _IPV4, "ipv4")
    asm.jump_if(Reg.R1, Cond.NE, _IPV6, done)
    _ipv6(asm, done)
    asm.jump("sum")
    asm.label("ipv4")
    _ipv4(asm, done)
    asm.label("sum")
    _compare(asm, done)
    _take_out(asm)


def _ipv4(asm: Assembler, done: str) -> None:
    """Find the L4 header and its pseudo header; R0 = sum over the latter."""
    _skb_bytes(asm, ETHERNET_HEADER, Stack.IP, 20)
    asm.call(Helper.SKB_LOAD_BYTES)
    asm.jump_if(Reg.R0, Cond.NE, 0, done)
    asm.load(Size.HALF, Reg.R1, Reg.FP, Stack.IP + 6)
    asm.alu(Alu.AND, Reg.R1, _FRAGMENT)
    asm.jump_if(Reg.R1, Cond.NE, 0, done)
    asm.load(Size.BYTE, _L4, Reg.FP, Stack.IP)
    asm.alu(Alu.AND, _L4, 0x0F)
    asm.alu(Alu.LSH, _L4, 2)
    asm.alu(Alu.ADD, _L4, ETHERNET_HEADER)
    asm.load(Size.BYTE, Reg.R1, Reg.FP, Stack.IP + 9)
    _pseudo_header(asm, Stack.IP + 12, 8, "4", done)


def _ipv6(asm: Assembler, done: str) -> None:
    """As `_ipv4`; extension headers mean "not covered"."""
    _skb_bytes(asm, ETHERNET_HEADER, Stack.IP, 40)
    asm.call(Helper.SKB_LOAD_BYTES)
    asm.jump_if(Reg.R0, Cond.NE, 0, done)
    asm.mov(_L4, ETHERNET_HEADER + 40)
    asm.load(Size.BYTE, Reg.R1, Reg.FP, Stack.IP + 6)
    _pseudo_header(asm, Stack.IP + 8, 32, "6", done)


def _pseudo_header(asm: Assembler, addresses: int, size: int, version: str, done: str) -> None:
    """R0 = sum over both addresses, protocol (R1) and length; FIELD = the checksum's offset."""
    asm.mov(Reg.R2, 16)
    asm.jump_if(Reg.R1, Cond.EQ, _TCP, f"field{version}")
    asm.mov(Reg.R2, 6)
    asm.jump_if(Reg.R1, Cond.NE, _UDP, done)
    asm.label(f"field{version}")
    asm.alu(Alu.ADD, Reg.R2, _L4)
    asm.store(Size.DOUBLE, Reg.FP, Stack.FIELD, Reg.R2)
    asm.load(Size.WORD, Reg.R5, _SKB, SkBuff.LEN)
    asm.alu(Alu.SUB, Reg.R5, _L4)
    asm.alu(Alu.ADD, Reg.R5, Reg.R1)
    asm.big_endian16(Reg.R5)  # seed of the sum
    asm.mov(Reg.R1, 0)
    asm.mov(Reg.R2, 0)
    asm.mov(Reg.R3, Reg.FP)
    asm.alu(Alu.ADD, Reg.R3, addresses)
    asm.mov(Reg.R4, size)
    asm.call(Helper.CSUM_DIFF)
    _fold(asm)


def _compare(asm: Assembler, done: str) -> None:
    """Go on only when the field holds R0 (unfinished) and the flipped byte is behind it."""
    asm.store(Size.DOUBLE, Reg.FP, Stack.PSEUDO_SUM, Reg.R0)
    asm.jump_if(_BYTE, Cond.LT, _L4, done)
    asm.load(Size.DOUBLE, Reg.R2, Reg.FP, Stack.FIELD)
    asm.mov(Reg.R1, _BYTE)
    asm.alu(Alu.SUB, Reg.R1, Reg.R2)
    asm.jump_if(Reg.R1, Cond.LE, 1, done)  # the field itself was hit
    _skb_bytes(asm, Reg.R2, Stack.CHECKSUM, 2)
    asm.call(Helper.SKB_LOAD_BYTES)
    asm.jump_if(Reg.R0, Cond.NE, 0, done)
    asm.load(Size.HALF, Reg.R0, Reg.FP, Stack.CHECKSUM)
    asm.load(Size.DOUBLE, Reg.R1, Reg.FP, Stack.PSEUDO_SUM)
    asm.jump_if(Reg.R0, Cond.NE, Reg.R1, done)


def _take_out(asm: Assembler) -> None:
    """Field R0 += old - new, in ones' complement, each byte at its place in its 16-bit word."""
    asm.mov(Reg.R3, _BYTE)
    asm.alu(Alu.SUB, Reg.R3, _L4)
    asm.alu(Alu.AND, Reg.R3, 1)
    asm.alu(Alu.LSH, Reg.R3, 3)
    asm.load(Size.BYTE, Reg.R1, Reg.FP, Stack.OLD_BYTE)
    asm.alu(Alu.LSH, Reg.R1, Reg.R3)
    asm.alu(Alu.ADD, Reg.R0, Reg.R1)
    asm.load(Size.BYTE, Reg.R1, Reg.FP, Stack.NEW_BYTE)
    asm.alu(Alu.LSH, Reg.R1, Reg.R3)
    asm.alu(Alu.XOR, Reg.R1, 0xFFFF)
    asm.alu(Alu.ADD, Reg.R0, Reg.R1)
    _fold(asm)
    asm.store(Size.HALF, Reg.FP, Stack.CHECKSUM, Reg.R0)
    asm.load(Size.DOUBLE, Reg.R2, Reg.FP, Stack.FIELD)
    _skb_bytes(asm, Reg.R2, Stack.CHECKSUM, 2)
    asm.mov(Reg.R5, 0)  # flags
    asm.call(Helper.SKB_STORE_BYTES)


def _skb_bytes(asm: Assembler, offset: Reg | int, place: int, size: int) -> None:
    """R1-R4 = skb, offset in the frame, place on the stack, size: as load and store take them."""
    asm.mov(Reg.R1, _SKB)
    asm.mov(Reg.R2, offset)
    asm.mov(Reg.R3, Reg.FP)
    asm.alu(Alu.ADD, Reg.R3, place)
    asm.mov(Reg.R4, size)


def _fold(asm: Assembler) -> None:
    """R0 = R0 (32 bits) folded to 16 with end-around carry; uses R1."""
    asm.alu(Alu.LSH, Reg.R0, 32)
    asm.alu(Alu.RSH, Reg.R0, 32)
    for _ in range(2):
        asm.mov(Reg.R1, Reg.R0)
        asm.alu(Alu.RSH, Reg.R1, 16)
        asm.alu(Alu.AND, Reg.R0, 0xFFFF)
        asm.alu(Alu.ADD, Reg.R0, Reg.R1)
