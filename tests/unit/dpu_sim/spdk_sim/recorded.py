"""Recorded conversations of a real spdk_tgt, repeated with ours; what is different, and why.

Without pytest: it is also run where that is not, by the Python of our images.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dpu_sim.spdk_sim.application import Application
from dpu_sim.spdk_sim.nvmf.tls import AVAILABLE
from nvmetcp.auth import Secret
from nvmetcp.psk import ConfiguredPsk
from tests.loopback import free_port, private_address
from tests.unit.dpu_sim.spdk_sim.replay import RECORDED_FOLDER, conversation, replay

_ELSEWHERE = "the recorded host was this process itself, which is left out here"
DIFFERENCES = {
    31: "subsystems that do not exist here (iscsi, vmd, ...) are not listed",
    36: "fewer parts have a flag of their own",
    44: "the spelling `name` of before 26.01 is accepted too",
    71: "the spelling `name` of before 26.01 is accepted too",
    228: "the vfio-user transport has no statistics",
    247: _ELSEWHERE,
    248: _ELSEWHERE,
    249: _ELSEWHERE,
    301: "a volume can be flushed, compared and copied; it is durable when its device is",
    310: "there are no fsdev notifications: there are no file system devices",
    1324: "[BUG] spdk_tgt never gets out of EAGAIN on a device that nobody has open",
}
_QUEUES = "the I/O queues are connected with the controller, not when they are used first"
_SHAPE = "commands are not passed through, and there is no DMA"
_COUNTED = "spdk_tgt counts what it reads to examine a device; here users' I/O alone is counted"
HOST_DIFFERENCES = {
    1051: _COUNTED,
    1055: _COUNTED,
    1056: _COUNTED,
    1059: DIFFERENCES[1324],
    1066: _SHAPE,
    1077: _QUEUES,
    1078: _QUEUES,
    1080: _SHAPE,
    1085: "controllers here have a temperature, and all of their spare; spdk_tgt's have 0 kelvin",
    1104: _QUEUES,
    1123: "there is no RAID and no hot plugging, and other defaults of the host",
}
WITH_TLS = {216, *range(1100, 1107)}


def has_ipv6() -> bool:
    try:
        free_port("::1")
    except OSError:
        return False
    return True


def substitutes_in(folder: Path) -> dict[str, str]:
    """What stands here for recorded texts; the files that are named are made.

    Addresses are replaced by some of the loopback network that nobody else uses.
    """
    (folder / "aiofile").write_bytes(bytes(1 << 20))
    keys = {
        "psk.txt": ConfiguredPsk(bytes(range(32))).text(),
        "dh.txt": Secret(bytes(range(32)), 1).text(),
    }
    for name, key in keys.items():
        (folder / name).touch(0o600)
        (folder / name).write_text(key)
    return {
        RECORDED_FOLDER: f"{folder}/",
        "127.0.0.1": private_address(),
        '"4496"': f'"{free_port("::1") if has_ipv6() else 4496}"',
        '"4494"': f'"{free_port()}"',
    }


def possible(recorded: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What can be asked here: without TLS (before Python 3.13) there are no listeners for it."""
    if AVAILABLE:
        return recorded
    kept = [one for one in recorded if one["n"] not in WITH_TLS]
    return [one | {"response": _without_tls(one["response"])} for one in kept]


def _without_tls(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_tls(one) for one in value if not _is_tls(one)]
    if isinstance(value, dict):
        return {name: _without_tls(one) for name, one in value.items()}
    return value


def _is_tls(value: Any) -> bool:
    address = value.get("address", value) if isinstance(value, dict) else {}
    return address.get("trsvcid") == "4495"


async def repeat_with_target(folder: Path) -> None:
    """The conversation with one target. Raises AssertionError where an answer is another."""
    recorded = possible(conversation("recorded_target.jsonl"))
    await replay(recorded, {"main": Application()}, substitutes_in(folder), DIFFERENCES)


async def repeat_about_limits(folder: Path) -> None:
    """The conversation about limits. Raises AssertionError where an answer is another."""
    recorded = conversation("recorded_limits.jsonl")
    await replay(recorded, {"rec": Application()}, substitutes_in(folder), DIFFERENCES)


async def repeat_with_hosts(folder: Path) -> None:
    """The conversation with a target and one that attaches to it. Raises AssertionError."""
    recorded = possible(conversation("recorded_hosts.jsonl"))
    parties = {"target": Application(), "initiator": Application()}
    volatile = {"cntlid", "hostid", "peer_address"}
    # Namespaces come and go at the host after an event.
    awaited = {1080, 1082}
    await replay(recorded, parties, substitutes_in(folder), HOST_DIFFERENCES, volatile, awaited)
