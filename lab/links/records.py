"""What has to be remembered of a lab's link ends while they are not as the file has them.

Small files in the node's folder under /run/dpulab: they go with the lab, and with a reboot.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from lab.errors import LabError
from lab.ownership import lab_folder
from lab.topology.model import Endpoint, Impairment

_IMPAIRMENT = TypeAdapter(Impairment)

Routes = list[dict[str, Any]]


def write(path: Path, data: bytes) -> None:
    """Replace a file atomically, readable by everyone: status works without root."""
    new = path.with_name(f"{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new.write_bytes(data)
        new.chmod(0o644)
        new.replace(path)
    except OSError as error:
        raise LabError(f"cannot write {path}: {error.strerror}", "make room under /run") from error


class EndRecords:
    """The records of one link end."""

    def __init__(self, lab: str, end: Endpoint) -> None:
        folder = lab_folder(lab) / end.node
        self._cut = folder / f"cut-{end.interface}.json"
        self._impairment = folder / f"impairment-{end.interface}.json"

    @property
    def is_cut(self) -> bool:
        """Whether the end was set down to cut its link."""
        return self._cut.exists()

    def routes(self) -> Routes:
        """The routes that a cut end had."""
        routes: Routes = json.loads(self._cut.read_bytes())
        return routes

    def set_cut(self, routes: Routes) -> None:
        """Remember that the end is cut, and its routes."""
        write(self._cut, json.dumps(routes).encode())

    def set_healed(self) -> None:
        """The end is not cut any more."""
        self._cut.unlink(missing_ok=True)

    def impairment(self, of_file: Impairment) -> Impairment:
        """What was set by hand, else what the file says."""
        if not self._impairment.exists():
            return of_file
        return _IMPAIRMENT.validate_json(self._impairment.read_bytes())

    def set_impairment(self, by_hand: Impairment | None) -> None:
        """Remember what was set by hand, None for nothing."""
        if by_hand is None:
            self._impairment.unlink(missing_ok=True)
        else:
            write(self._impairment, _IMPAIRMENT.dump_json(by_hand))


def forget_routes(lab: str, node: str) -> None:
    """A node that was started anew has its routes from its own commands; its cuts stay cut."""
    for record in (lab_folder(lab) / node).glob("cut-*.json"):
        write(record, b"[]")


def is_off(lab: str, node: str) -> bool:
    """Whether a node was stopped: its namespace is there, but nothing must pass through it."""
    return _off(lab, node).exists()


def set_off(lab: str, node: str, *, off: bool) -> None:
    """Remember that a node was stopped, or started."""
    if off:
        write(_off(lab, node), b"")
    else:
        _off(lab, node).unlink(missing_ok=True)


def _off(lab: str, node: str) -> Path:
    return lab_folder(lab) / node / "off"
