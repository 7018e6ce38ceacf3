"""The stand-in answers as a real spdk_tgt did, but for what is listed with its reason.

What needs TLS is repeated by the Python of our images: tests/integration/test_storage_tls.py.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.unit.dpu_sim.spdk_sim.recorded import (
    has_ipv6,
    repeat_about_limits,
    repeat_with_hosts,
    repeat_with_target,
)


@pytest.mark.skipif(not has_ipv6(), reason="the recorded target was served at ::1, too")
def test_a_recorded_conversation_with_a_target(tmp_path: Path) -> None:
    asyncio.run(repeat_with_target(tmp_path))


def test_a_recorded_conversation_about_limits(tmp_path: Path) -> None:
    asyncio.run(repeat_about_limits(tmp_path))


def test_a_recorded_conversation_with_a_target_and_its_host(tmp_path: Path) -> None:
    asyncio.run(repeat_with_hosts(tmp_path))
