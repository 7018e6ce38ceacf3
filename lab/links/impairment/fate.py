"""What happens to the n-th frame: the pure model of the classifier in `classifier.py`.

The fate of frame n is a function of the seed and n alone. SplitMix64 (Steele, Lea and Flood, "Fast
splittable pseudorandom number generators", OOPSLA 2014) gives output i as a mix of
seed + (i + 1) * GAMMA, so any output can be had without those before it. Frame n owns outputs 4n to
4n+3, one for each `Draw`. A probability p is met when the upper 32 bits of a draw are below
round(p * 2^32).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from lab.topology.model import Impairment

GAMMA = 0x9E3779B97F4A7C15
MIX_1 = 0xBF58476D1CE4E5B9
MIX_2 = 0x94D049BB133111EB
MASK_64 = (1 << 64) - 1
DRAWS_PER_FRAME = 4
ETHERNET_HEADER = 14


class Draw(IntEnum):
    """Which of a frame's four random numbers decides what."""

    LOSS = 0
    DUPLICATE = 1
    CORRUPT = 2
    CORRUPTED_BIT = 3


@dataclass(frozen=True, slots=True)
class Fate:
    """What a frame meets. A lost frame meets nothing else.

    `corrupted_bit` counts from the frame's first bit sent as byte 0, bit 0 being a byte's least
    significant: bit b is in byte b // 8 and has the weight 1 << b % 8. A frame that is corrupted
    and duplicated leaves twice with the same flipped bit.
    """

    lost: bool = False
    duplicated: bool = False
    corrupted_bit: int | None = None


def mix(state: int) -> int:
    """SplitMix64's output function: a permutation of the 64-bit numbers."""
    state = (state ^ state >> 30) * MIX_1 & MASK_64
    state = (state ^ state >> 27) * MIX_2 & MASK_64
    return state ^ state >> 31


def draw(seed: int, n: int, which: Draw) -> int:
    """The 64-bit random number of frame n (from 0) for one decision."""
    return mix(seed + (DRAWS_PER_FRAME * n + which + 1) * GAMMA & MASK_64)


def threshold(probability: float) -> int:
    """The value in [0, 2^32] below which 32 random bits meet the probability."""
    return 0 if probability <= 0 else min(1 << 32, max(1, round(probability * (1 << 32))))


def fate(n: int, length: int, impairment: Impairment) -> Fate:
    """The fate of frame n (from 0) of `length` bytes, Ethernet header included."""

    def meets(which: Draw, probability: float) -> bool:
        return draw(impairment.seed, n, which) >> 32 < threshold(probability)

    if meets(Draw.LOSS, impairment.loss):
        return Fate(lost=True)
    corrupted = length > ETHERNET_HEADER and meets(Draw.CORRUPT, impairment.corrupt)
    return Fate(
        duplicated=meets(Draw.DUPLICATE, impairment.duplicate),
        corrupted_bit=_corrupted_bit(n, length, impairment.seed) if corrupted else None,
    )


def _corrupted_bit(n: int, length: int, seed: int) -> int:
    bits = (length - ETHERNET_HEADER) * 8
    return ETHERNET_HEADER * 8 + draw(seed, n, Draw.CORRUPTED_BIT) % bits
