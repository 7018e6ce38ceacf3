"""Ways to break a legal session, each with the rules that it breaks and whose fault it is."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.unit.traffic.nvmeof.wire import DOWN, UP, Pdus, rebuilt
from traffic.nvmeof import nvme, nvme_tcp
from traffic.nvmeof.nvme import NVMeSQE
from traffic.nvmeof.nvme_tcp import (
    NVMeTCP,
    NVMeTCPC2HData,
    NVMeTCPC2HTermReq,
    NVMeTCPCapsuleCmd,
    NVMeTCPH2CTermReq,
    NVMeTCPR2T,
)

IC_REQ, IC_RESP, CMD, RESP = (
    nvme_tcp.IC_REQ,
    nvme_tcp.IC_RESP,
    nvme_tcp.CAPSULE_CMD,
    nvme_tcp.CAPSULE_RESP,
)
H2C, C2H, R2T = nvme_tcp.H2C_DATA, nvme_tcp.C2H_DATA, nvme_tcp.R2T
UPWARD = {IC_REQ, CMD, H2C}
Change = Callable[[Pdus, random.Random], None]


@dataclass(frozen=True)
class Mutation:
    """`rules`: one of these must be reported, of `way`."""

    name: str
    rules: set[str]
    way: int
    change: Change
    digests: bool | None = None
    """Only of sessions with, or without digests."""


def find(
    pdus: Pdus, kind: int, chance: random.Random, fits: Callable[[Any], bool] = lambda _one: True
) -> int:
    """The place of some PDU of a kind."""
    places = [at for at, (_, pdu) in enumerate(pdus) if pdu[0] == kind and fits(NVMeTCP(pdu))]
    return chance.choice(places)


def is_transport_write(pdu: Any) -> bool:
    return bool(pdu.sqe.opcode == nvme.WRITE and pdu.sqe.sgl.kind == nvme.TRANSPORT)


def is_in_capsule(pdu: Any) -> bool:
    return bool(pdu.sqe.sgl.kind == nvme.IN_CAPSULE)


def opcode(wanted: int) -> Callable[[Any], bool]:
    return lambda pdu: bool(pdu.sqe.opcode == wanted)


def fields(kind: int, fits: Callable[[Any], bool] = lambda _one: True, **values: Any) -> Change:
    """Set fields of some PDU; a function as value is given the old one and the chance."""

    def change(pdus: Pdus, chance: random.Random) -> None:
        at = find(pdus, kind, chance, fits)
        way, pdu = pdus[at]
        new = {}
        for path, value in values.items():
            old: Any = NVMeTCP(pdu)
            for name in path.split("__"):
                old = old.getfieldval(name)
            new[path] = value(int(old), chance) if callable(value) else value
        pdus[at] = way, rebuilt(pdu, **new)

    return change


def plus(low: int, high: int, step: int = 1) -> Callable[[int, random.Random], int]:
    return lambda old, chance: old + step * chance.randint(low, high)


def drop(kind: int, fits: Callable[[Any], bool] = lambda _one: True) -> Change:
    def change(pdus: Pdus, chance: random.Random) -> None:
        del pdus[find(pdus, kind, chance, fits)]

    return change


def double(kind: int) -> Change:
    def change(pdus: Pdus, chance: random.Random) -> None:
        at = find(pdus, kind, chance)
        pdus.insert(at, pdus[at])

    return change


def turn(kind: int) -> Change:
    def change(pdus: Pdus, chance: random.Random) -> None:
        at = find(pdus, kind, chance)
        way, pdu = pdus[at]
        pdus[at] = 1 - way, pdu

    return change


def byte(kind: int, where: int, value: Callable[[int, random.Random], int]) -> Change:
    """Change one byte and nothing else, digests included."""

    def change(pdus: Pdus, chance: random.Random) -> None:
        at = find(pdus, kind, chance)
        way, pdu = pdus[at]
        image = bytearray(pdu)
        image[where] = value(image[where], chance) & 0xFF
        pdus[at] = way, bytes(image)

    return change


def flip(kind: int, start: int, end: int | None = None, least: int = 0) -> Change:
    """Flip one bit between two places of a PDU of at least `least` bytes."""

    def change(pdus: Pdus, chance: random.Random) -> None:
        at = find(pdus, kind, chance, lambda one: int(one.plen) > least)
        way, pdu = pdus[at]
        image = bytearray(pdu)
        image[chance.choice(range(len(image))[start:end])] ^= 1 << chance.randrange(8)
        pdus[at] = way, bytes(image)

    return change


def insert_after(kind: int, fits: Callable[[Any], bool], make: Callable[[Any], bytes]) -> Change:
    def change(pdus: Pdus, chance: random.Random) -> None:
        at = find(pdus, kind, chance, fits)
        made = make(NVMeTCP(pdus[at][1]))
        pdus.insert(at + 1, (UP if made[0] in {*UPWARD, nvme_tcp.H2C_TERM} else DOWN, made))

    return change


def append(*made: NVMeTCP) -> Change:
    def change(pdus: Pdus, _chance: random.Random) -> None:
        for one in made:
            pdu = bytes(one)
            pdus.append((UP if pdu[0] in {*UPWARD, nvme_tcp.H2C_TERM} else DOWN, pdu))

    return change


def flags_of(pdus: Pdus) -> int:
    return int(NVMeTCP(pdus[1][1]).dgst)


def merge_data(pdus: Pdus, chance: random.Random) -> None:
    """Join two H2CData that follow each other: twice MAXH2CDATA."""
    at = find(pdus, H2C, chance, lambda one: not int(one.flags) & nvme_tcp.LAST)
    first, second = NVMeTCP(pdus[at][1]), NVMeTCP(pdus[at + 1][1])
    data = bytes(first.data) + bytes(second.data)
    joined = rebuilt(pdus[at + 1][1], datao=int(first.datao), data=data, datal=len(data), plen=None)
    pdus[at : at + 2] = [(UP, joined)]


def shorten_data(pdus: Pdus, chance: random.Random) -> None:
    """Send less of a Read's last data than was asked for, with lengths that agree."""
    at = find(pdus, C2H, chance, lambda one: bool(int(one.flags) & nvme_tcp.LAST))
    data = bytes(NVMeTCP(pdus[at][1]).data)
    less = data[: chance.randrange(4, len(data), 4)]
    pdus[at] = DOWN, rebuilt(pdus[at][1], data=less, datal=len(less), plen=None)


def swap_first_commands(pdus: Pdus, _chance: random.Random) -> None:
    """A command before Connect was answered."""
    places = [at for at, (_, pdu) in enumerate(pdus) if pdu[0] == CMD]
    moved = pdus.pop(places[1])
    pdus.insert(places[0] + 1, moved)


def flood(pdus: Pdus, chance: random.Random) -> None:
    """More Flushes at once than the queue holds."""
    at = find(pdus, RESP, chance, lambda one: one.cqe.cid != 0)
    many = []
    for cid in range(1000, 1032):
        sqe = NVMeSQE(opcode=0, nsid=1, cid=cid)
        flags = flags_of(pdus) & nvme_tcp.HDGSTF
        many.append((UP, bytes(NVMeTCPCapsuleCmd(flags=flags, sqe=sqe))))
    pdus[at + 1 : at + 1] = many


def cut_last(pdus: Pdus, chance: random.Random) -> None:
    way, pdu = pdus[-1]
    pdus[-1] = way, pdu[: chance.randrange(1, len(pdu))]


def widen_capsule(pdus: Pdus, chance: random.Random) -> None:
    """In-capsule data that agree with the descriptor, but exceed what always fits."""
    at = find(pdus, CMD, chance, is_in_capsule)
    size = 8192 + 4 * chance.randint(1, 100)
    data = bytes(size)
    pdus[at] = UP, rebuilt(pdus[at][1], sqe__sgl__length=size, data=data, plen=None)


def c2h_for(pdu: Any) -> bytes:
    return bytes(
        NVMeTCPC2HData(flags=int(pdu.flags) | nvme_tcp.LAST, cccid=int(pdu.sqe.cid), data=bytes(8))
    )


def r2t_for(pdu: Any) -> bytes:
    return bytes(NVMeTCPR2T(flags=int(pdu.flags) & 1, cccid=int(pdu.sqe.cid), ttag=99, r2tl=512))


def connect_again(pdu: Any) -> bytes:
    sqe = pdu.sqe.copy()
    sqe.cid = 77
    return rebuilt(bytes(pdu), sqe=sqe)


def a_flush(pdu: Any) -> bytes:
    return bytes(NVMeTCPCapsuleCmd(flags=int(pdu.flags) & 1, sqe=NVMeSQE(opcode=0, cid=500)))


def always(_pdu: Any) -> bool:
    return True


COMMON = [
    Mutation("ICReq is missing", {"ic-first", "ic-order"}, UP, drop(IC_REQ)),
    Mutation("ICResp is missing", {"ic-first"}, DOWN, drop(IC_RESP)),
    Mutation("a command is missing", {"cqe-cid", "c2h-cid", "r2t-cid"}, DOWN, drop(CMD)),
    Mutation("Connect is missing", {"connect-first"}, UP,
             drop(CMD, lambda one: one.sqe.name == "NVMe Connect")),
    Mutation("Connect is late", {"before-connect"}, UP, swap_first_commands),
    Mutation("ICReq twice", {"ic-twice"}, UP, double(IC_REQ)),
    Mutation("ICResp twice", {"ic-twice"}, DOWN, double(IC_RESP)),
    Mutation("a command twice", {"cid-in-use"}, UP, double(CMD)),
    Mutation("a completion twice", {"cqe-cid"}, DOWN, double(RESP)),
    Mutation("data twice", {"c2h-range", "c2h-last"}, DOWN, double(C2H)),
    Mutation("a host's completion", {"pdu-direction"}, UP, turn(RESP)),
    Mutation("a controller's command", {"pdu-direction"}, DOWN, turn(CMD)),
    Mutation("a host's data for hosts", {"pdu-direction"}, UP, turn(C2H)),
    *(
        Mutation(f"type of {kind}", {"pdu-type"}, UP if kind in UPWARD else DOWN,
                 byte(kind, 0, lambda _old, chance: chance.choice([8, 10, 0x55, 0xFF])))
        for kind in (IC_REQ, CMD, RESP, C2H)
    ),
    *(
        Mutation(f"HLEN of {kind}", {"pdu-hlen"}, UP if kind in UPWARD else DOWN,
                 byte(kind, 2, lambda old, chance: old + chance.randint(1, 100)))
        for kind in (IC_REQ, IC_RESP, CMD, RESP, C2H)
    ),
    *(
        Mutation(f"PLEN of {kind}", {"pdu-plen", "data-length", "sgl-length", "pdu-hlen",
                                     "pdu-type"},
                 UP if kind in UPWARD else DOWN,
                 byte(kind, 4, lambda old, chance: old + chance.choice([-4, -1, 1, 4])))
        for kind in (IC_REQ, IC_RESP, RESP, C2H)
    ),
    Mutation("far too long", {"pdu-plen"}, UP, byte(CMD, 7, lambda _old, _chance: 0xFF)),
    *(
        Mutation(f"reserved flag of {kind}", {"pdu-flags"}, UP if kind in UPWARD else DOWN,
                 fields(kind, flags=lambda old, chance: old | chance.choice([16, 32, 64, 128])))
        for kind in (CMD, RESP, C2H)
    ),
    Mutation("digest flag of a completion", {"pdu-flags", "pdu-plen"}, DOWN,
             byte(RESP, 1, lambda old, _chance: old ^ 1)),
    Mutation("PDO of data", {"pdo", "data-length"}, DOWN,
             byte(C2H, 3, lambda old, chance: old + chance.choice([-4, 4, 1]))),
    Mutation("PDO of a bare capsule", {"pdo"}, UP,
             fields(CMD, lambda one: one.sqe.sgl.kind == nvme.TRANSPORT, pdo=72)),
    Mutation("header digest", {"header-digest"}, DOWN, flip(RESP, 24, 28), digests=True),
    Mutation("header under a digest", {"header-digest"}, UP, flip(CMD, 8, 72), digests=True),
    Mutation("data digest", {"data-digest"}, DOWN, flip(C2H, -4), digests=True),
    Mutation("data under a digest", {"data-digest"}, DOWN, flip(C2H, -400, -4, 500), digests=True),
    Mutation("PFV", {"ic-field"}, UP, fields(IC_REQ, pfv=plus(1, 9))),
    Mutation("PFV granted", {"ic-field"}, DOWN, fields(IC_RESP, pfv=plus(1, 9))),
    Mutation("HPDA", {"ic-field"}, UP, fields(IC_REQ, hpda=plus(32, 99))),
    Mutation("DGST", {"ic-field"}, UP, fields(IC_REQ, dgst=plus(1, 30, 4))),
    Mutation("MAXH2CDATA small", {"ic-field"}, DOWN, fields(IC_RESP, maxh2cdata=2048)),
    Mutation("MAXH2CDATA odd", {"ic-field"}, DOWN, fields(IC_RESP, maxh2cdata=plus(1, 3))),
    Mutation("digest not asked for", {"ic-digest"}, DOWN, fields(IC_RESP, dgst=1), digests=False),
    Mutation("reserved of ICReq", {"reserved"}, UP, flip(IC_REQ, 16)),
    Mutation("reserved of ICResp", {"reserved"}, DOWN, flip(IC_RESP, 16)),
    Mutation("reserved of data", {"reserved"}, DOWN, fields(C2H, rsvd=plus(1, 1 << 20))),
    Mutation("tag of data for hosts", {"reserved"}, DOWN, fields(C2H, ttag=plus(1, 9))),
    Mutation("completion of another", {"cqe-cid"}, DOWN, fields(RESP, cqe__cid=plus(100, 900))),
    Mutation("queue of a completion", {"cqe-field"}, DOWN, fields(RESP, cqe__sqid=plus(2, 900))),
    Mutation("phase tag", {"cqe-field"}, DOWN, fields(RESP, cqe__phase=1)),
    Mutation("head too far", {"cqe-sqhd"}, DOWN, fields(RESP, cqe__sqhd=plus(1, 5))),
    Mutation("head of no entry", {"cqe-sqhd"}, DOWN, fields(RESP, cqe__sqhd=plus(40, 900))),
    Mutation("LAST missing", {"c2h-last"}, DOWN,
             fields(C2H, flags=lambda old, _chance: old & ~nvme_tcp.LAST)),
    Mutation("SUCCESS", {"c2h-success"}, DOWN,
             fields(C2H, flags=lambda old, _chance: old | nvme_tcp.SUCCESS)),
    Mutation("offset of data", {"c2h-range"}, DOWN, fields(C2H, datao=plus(1, 99, 4))),
    Mutation("DATAL", {"data-length"}, DOWN, fields(C2H, datal=plus(1, 99))),
    Mutation("data of another", {"c2h-cid"}, DOWN, fields(C2H, cccid=plus(100, 900))),
    Mutation("descriptor type", {"sgl-type"}, UP, fields(CMD, sqe__sgl__type=4)),
    Mutation("descriptor subtype", {"sgl-type"}, UP, fields(CMD, sqe__sgl__subtype=3)),
    Mutation("PRP", {"psdt"}, UP, fields(CMD, sqe__psdt=0)),
    Mutation("descriptor of the capsule", {"sgl-length"}, UP,
             fields(CMD, is_in_capsule, sqe__sgl__length=plus(1, 99, 4))),
    Mutation("offset in the capsule", {"sgl-length"}, UP,
             fields(CMD, is_in_capsule, sqe__sgl__address=plus(1, 99, 4))),
    Mutation("RECFMT", {"connect-field"}, UP,
             fields(CMD, lambda one: one.sqe.name == "NVMe Connect", sqe__recfmt=plus(1, 9))),
    Mutation("queue of one", {"connect-field"}, UP,
             fields(CMD, lambda one: one.sqe.name == "NVMe Connect", sqe__sqsize=0)),
    Mutation("Connect twice", {"connect-twice"}, UP,
             lambda pdus, _chance: pdus.append(
                 (UP, connect_again(NVMeTCP(next(p for _, p in pdus if p[0] == CMD)))))),
    Mutation("data for a command without", {"c2h-unasked"}, DOWN,
             insert_after(CMD, is_in_capsule, c2h_for)),
    Mutation("R2T for a command without", {"r2t-unasked"}, DOWN,
             insert_after(CMD, lambda one: not nvme.direction_of(one.sqe) & 1, r2t_for)),
    Mutation("command before ICResp", {"ic-order"}, UP, insert_after(IC_REQ, always, a_flush)),
    Mutation("no reason to end", {"term-unfounded"}, DOWN, append(NVMeTCPC2HTermReq(fes=2))),
    Mutation("no reason to end (host)", {"term-unfounded"}, UP, append(NVMeTCPH2CTermReq(fes=2))),
    Mutation("FES", {"term-field"}, DOWN, append(NVMeTCPC2HTermReq(fes=7))),
    Mutation("FES 0", {"term-field"}, UP, append(NVMeTCPH2CTermReq(fes=0))),
    Mutation("FEI of a sequence error", {"term-field"}, DOWN,
             append(NVMeTCPC2HTermReq(fes=2, fei=9))),
    Mutation("quotes nothing", {"term-header"}, DOWN, append(NVMeTCPC2HTermReq(data=b"?" * 24))),
    Mutation("after the end", {"after-term"}, DOWN,
             append(NVMeTCPC2HTermReq(fes=1), NVMeTCPR2T())),
    Mutation("too long an end", {"pdu-plen"}, UP, append(NVMeTCPH2CTermReq(data=bytes(129)))),
    Mutation("closed too early", {"cut-off"}, DOWN, cut_last),
]  # fmt: skip

ADMIN = [Mutation("too much in the capsule", {"in-capsule"}, UP, widen_capsule)]

IO = [
    Mutation("data are missing", {"c2h-range", "cqe-early"}, DOWN, drop(C2H)),
    Mutation("an R2T is missing", {"h2c-tag"}, UP, drop(R2T)),
    Mutation("R2T twice", {"r2t-range", "r2t-tag"}, DOWN, double(R2T)),
    Mutation("data for the controller twice", {"h2c-tag", "h2c-range"}, UP, double(H2C)),
    Mutation("R2T offset", {"r2t-range"}, DOWN, fields(R2T, r2to=plus(1, 99, 4))),
    Mutation("R2T too long", {"r2t-range"}, DOWN, fields(R2T, r2tl=plus(10_000, 20_000, 4))),
    Mutation("R2T empty", {"r2t-range"}, DOWN, fields(R2T, r2tl=0)),
    Mutation("R2T of another", {"r2t-cid"}, DOWN, fields(R2T, cccid=plus(100, 900))),
    Mutation("R2T reserved", {"reserved"}, DOWN, fields(R2T, rsvd=1)),
    Mutation("R2T length of PDU", {"pdu-plen"}, DOWN,
             byte(R2T, 4, lambda old, chance: old + chance.choice([-4, 4]))),
    Mutation("two R2Ts of one", {"r2t-limit"}, DOWN, fields(IC_REQ, maxr2t=0)),
    Mutation("tag", {"h2c-tag"}, UP, fields(H2C, ttag=plus(100, 900))),
    Mutation("H2C offset", {"h2c-range"}, UP, fields(H2C, datao=plus(1, 99, 4))),
    Mutation("H2C of another", {"h2c-cid"}, UP, fields(H2C, cccid=plus(100, 900))),
    Mutation("H2C LAST", {"h2c-last"}, UP,
             fields(H2C, flags=lambda old, _chance: old ^ nvme_tcp.LAST)),
    Mutation("H2C SUCCESS", {"pdu-flags"}, UP,
             fields(H2C, flags=lambda old, _chance: old | nvme_tcp.SUCCESS)),
    Mutation("H2C too much", {"h2c-limit"}, UP, merge_data),
    Mutation("H2C missing", {"h2c-range"}, UP,
             drop(H2C, lambda one: not int(one.flags) & nvme_tcp.LAST)),
    Mutation("last H2C missing", {"cqe-early"}, DOWN,
             drop(H2C, lambda one: int(one.datao) + int(one.datal) == 20480)),
    Mutation("a short read", {"cqe-early"}, DOWN, shorten_data),
    Mutation("a short descriptor", {"r2t-range"}, DOWN,
             fields(CMD, is_transport_write, sqe__sgl__length=16384)),
    Mutation("a Read of less", {"c2h-range"}, DOWN,
             fields(CMD, opcode(nvme.READ), sqe__sgl__length=4096)),
    Mutation("a Write of more", {"cqe-early"}, DOWN,
             fields(CMD, is_transport_write, sqe__sgl__length=24576)),
    Mutation("more than the queue holds", {"queue-full"}, UP, flood),
    Mutation("H2C data digest", {"data-digest"}, UP, flip(H2C, -4), digests=True),
]  # fmt: skip
