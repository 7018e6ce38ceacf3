"""Reservations that survive loss of power: SPDK's ptpl_file of a namespace, in JSON."""

from __future__ import annotations

import json
import logging
import os
import uuid
from pathlib import Path
from typing import Any

from dpu_sim.spdk_sim.nvmf.reservations import Reservations
from nvmetcp.reservations import ReservationType

_log = logging.getLogger("dpu_sim.spdk_sim.nvmf")


def save(path: Path, state: Reservations, bdev_uuid: uuid.UUID) -> None:
    """Write the state, or forget it if it is not to persist; durable on return. Raises OSError."""
    if not state.persistent:
        path.unlink(missing_ok=True)
        return
    holder = state.holder if state.rtype else None
    image = {
        "ptpl": True,
        "rtype": int(state.rtype),
        "crkey": state.registrants.get(holder, 0) if holder else 0,
        "bdev_uuid": str(bdev_uuid),
        "holder_uuid": str(uuid.UUID(bytes=holder)) if holder else "",
        "registrants": [
            {"rkey": key, "host_uuid": str(uuid.UUID(bytes=host))}
            for host, key in state.registrants.items()
        ],
    }
    fresh = path.with_name(path.name + ".new")
    with fresh.open("w") as file:
        json.dump(image, file)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def load(path: Path, state: Reservations, bdev_uuid: uuid.UUID) -> None:
    """Take over what was saved for this device; a file that cannot be read is none, and said so."""
    try:
        image = json.loads(path.read_text())
        _restore(state, image, bdev_uuid)
    except FileNotFoundError:
        return
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        _log.error("reservations in %s are lost: %s", path, error)


def _restore(state: Reservations, image: dict[str, Any], bdev_uuid: uuid.UUID) -> None:
    if image["bdev_uuid"] != str(bdev_uuid):
        raise ValueError(f"they are of the device {image['bdev_uuid']}")
    registrants = {
        uuid.UUID(one["host_uuid"]).bytes: int(one["rkey"]) for one in image["registrants"]
    }
    rtype = ReservationType(image["rtype"])
    holder = uuid.UUID(image["holder_uuid"]).bytes if image["holder_uuid"] else None
    state.registrants.update(registrants)
    state.rtype, state.holder, state.persistent = rtype, holder, True
