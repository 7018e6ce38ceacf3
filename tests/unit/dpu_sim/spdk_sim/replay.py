"""Recorded conversations with a real spdk_tgt, asked again of the stand-in and compared."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from dpu_sim.spdk_sim.application import Application
from dpu_sim.spdk_sim.envelope import answer

DEADLINE = 30
"""Seconds for a conversation with what is waited for in it."""

HERE = Path(__file__).parent
RECORDED_FOLDER = "/tmp/lab/"
"""Where the recorded aio device's file was, and those of keys."""

_TIME = "what the clock of the machine says"
_MACHINE = "numbers of that machine and process"
_THREADS = "spdk_tgt polls in several threads; here is one, which sleeps"
VOLATILE = {
    **dict.fromkeys(("uuid", "nguid", "aliases"), "made by chance where nobody says"),
    **dict.fromkeys(("tick_rate", "ticks", "tsc_rate", "busy", "idle", "elapsed"), _TIME),
    **dict.fromkeys(("pid", "tid", "sys", "usr", "irq"), _MACHINE),
    **dict.fromkeys(("in_interrupt", "lw_threads", "threads"), _THREADS),
    "max_growable_size": "of SPDK's blobstore; another layout has other limits",
}
"""Fields that are not compared, and why; the recordings are mostly kept without them."""
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def conversation(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (HERE / name).read_text().splitlines()]


def stable(value: Any, volatile: Collection[str] = ()) -> Any:
    """The value without its volatile fields; a UUID is like another."""
    if isinstance(value, dict):
        left_out = {*VOLATILE, *volatile}
        return {key: stable(one, volatile) for key, one in value.items() if key not in left_out}
    if isinstance(value, str) and _UUID.fullmatch(value):
        return "a uuid"
    return [stable(one, volatile) for one in value] if isinstance(value, list) else value


async def replay(
    recorded: list[dict[str, Any]],
    applications: Mapping[str, Application],
    substitutes: Mapping[str, str],
    differences: Collection[int],
    volatile: Collection[str] = (),
    awaited: Collection[int] = (),
) -> None:
    """Ask what was asked, in order; compare each answer.

    Args:
        recorded: requests with their answers; `process` says whom they were asked.
        applications: who is asked now, by that.
        substitutes: what stands for recorded texts (folders, addresses) here.
        differences: numbers of answers that are to be different.
        volatile: more fields that are not compared.
        awaited: numbers of answers that are what they were only after a while: they are asked for
            until they are refused, or not, as then.
    """
    methods = {name: one.methods() for name, one in applications.items()}
    deadline = time.monotonic() + DEADLINE
    for one in recorded:
        asked = {"id": one["n"], "method": one["method"]}
        if one["params"] is not None:
            asked["params"] = json.loads(_replaced(json.dumps(one["params"]), substitutes))
        told = json.dumps(await answer(asked, methods[one.get("process", "main")]))
        while one["n"] in awaited and ("error" in json.loads(told)) != ("error" in one["response"]):
            assert time.monotonic() < deadline, (one, told)
            await asyncio.sleep(0.01)
            told = json.dumps(await answer(asked, methods[one.get("process", "main")]))
        back = {here: recorded for recorded, here in substitutes.items()}
        reply = json.loads(_replaced(told, back))
        expected = {"jsonrpc": "2.0", "id": one["n"], **one["response"]}
        same = stable(reply, volatile) == stable(expected, volatile)
        assert same != (one["n"] in differences), (one, reply)
    for application in reversed(list(applications.values())):
        await application.close()


def _replaced(text: str, substitutes: Mapping[str, str]) -> str:
    for former, new in substitutes.items():
        text = text.replace(former, new)
    return text
