"""Impairments as people write them: `loss: 1%`, `rate: 10mbit`."""

from __future__ import annotations

from collections.abc import Mapping

from lab.errors import LabError
from lab.topology import units
from lab.topology.model import Impairment

_PERCENT = ("loss", "duplicate", "corrupt")


def parse(texts: Mapping[str, str], seed: int) -> Impairment:
    """Read delay, jitter, loss, duplicate, corrupt and rate. Raises LabError naming the setting."""
    values: dict[str, float] = {}
    for key, text in texts.items():
        try:
            values[key] = _READ[key](text)
        except ValueError as error:
            raise LabError(f"{key}: {error}") from error
    return Impairment(
        delay_us=int(values.get("delay", 0)),
        jitter_us=int(values.get("jitter", 0)),
        loss=values.get("loss", 0.0),
        duplicate=values.get("duplicate", 0.0),
        corrupt=values.get("corrupt", 0.0),
        rate_bps=int(values.get("rate", 0)),
        seed=seed,
    )


_READ = {
    "delay": units.microseconds,
    "jitter": units.microseconds,
    **dict.fromkeys(_PERCENT, units.probability),
    "rate": units.bits_per_second,
}


def describe(impairment: Impairment) -> dict[str, str]:
    """The settings that are in force, as `parse` reads them; empty for none."""
    words = {
        "delay": _time(impairment.delay_us),
        "jitter": _time(impairment.jitter_us),
        **{key: _percent(getattr(impairment, key)) for key in _PERCENT},
        "rate": _rate(impairment.rate_bps),
    }
    return {key: text for key, text in words.items() if text}


def _time(microseconds: int) -> str:
    if not microseconds:
        return ""
    return f"{microseconds / 1000:g}ms" if microseconds >= 1000 else f"{microseconds}us"


def _percent(probability: float) -> str:
    return f"{probability * 100:.4g}%" if probability else ""


def _rate(bits: int) -> str:
    for unit, factor in (("gbit", 10**9), ("mbit", 10**6), ("kbit", 10**3)):
        if bits >= factor:
            return f"{bits / factor:g}{unit}"
    return f"{bits}bit" if bits else ""
