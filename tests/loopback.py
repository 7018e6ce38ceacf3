"""Addresses of the loopback network for tests that listen, so that none meets another."""

from __future__ import annotations

import os
import socket


def private_address() -> str:
    """An address that no other test process uses (one of 127.64.0.0/10, by process id)."""
    number = os.getpid()
    return f"127.{number >> 16 & 0x3F | 0x40}.{number >> 8 & 0xFF}.{number & 0xFF}"


def free_port(address: str = "0.0.0.0") -> int:
    """A port that nobody listens on at this moment."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.bind((address, 0))
        port: int = probe.getsockname()[1]
    return port
