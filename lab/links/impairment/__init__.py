"""Impairments of link ends: seeded loss, duplication and corruption, rate and delay."""

from lab.links.impairment.classifier import Counters
from lab.links.impairment.control import ImpairmentState, apply, clear, read
from lab.links.impairment.fate import Fate, fate

__all__ = ["Counters", "Fate", "ImpairmentState", "apply", "clear", "fate", "read"]
