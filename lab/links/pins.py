"""Network namespaces that outlive their container.

Docker destroys the namespace of a container that dies, and both ends of its veth links with it. A
bind mount of the namespace keeps it: the far ends stay up, and `adopt` (ends.py) moves the near
ends into the namespace of the next container.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import threading
from pathlib import Path

from lab.errors import LabError
from lab.ownership import lab_folder, pin_path

OWN_NAMESPACE = Path("/proc/self/ns/net")
"""The machine's own namespace, as seen by the process that does the namespace work."""

_LIBC = ctypes.CDLL(None, use_errno=True)
_MS_BIND = 0x1000
_MNT_DETACH = 2
_CLONE_NEWNET = 0x40000000


def pin(lab: str, node: str, source: Path) -> Path:
    """Pin the namespace that `source` (/proc/PID/ns/net) shows; an older pin is replaced."""
    target = pin_path(lab, node)
    unpin(lab, node)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.touch()
    if _LIBC.mount(os.fsencode(source), os.fsencode(target), None, _MS_BIND, None):
        reason = os.strerror(ctypes.get_errno())
        target.unlink()
        raise LabError(
            f"cannot pin the network namespace of {node}: {reason}", "run as root or through sudo"
        )
    return target


def pin_new(lab: str, node: str) -> Path:
    """Pin a fresh, empty namespace."""
    failure: list[OSError | LabError] = []

    def body() -> None:
        try:
            if _LIBC.unshare(_CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
            pin(lab, node, Path(f"/proc/self/task/{threading.get_native_id()}/ns/net"))
        except (OSError, LabError) as error:
            failure.append(error)

    # unshare(2) moves the calling thread alone, so a thread of its own leaves the others in place
    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
    if failure:
        raise LabError(f"cannot create a network namespace for {node}: {failure[0]}")
    return pin_path(lab, node)


def is_pinned(lab: str, node: str) -> bool:
    """Whether a live namespace is mounted at the node's pin."""
    return _is_mounted(pin_path(lab, node))


def _is_mounted(pin: Path) -> bool:
    return os.path.ismount(pin)  # Path.is_mount says no to every file (until Python 3.12)


def is_namespace(netns: Path) -> bool:
    """Whether a namespace is there to be entered: ours, or a pin that is mounted."""
    return netns == OWN_NAMESPACE or _is_mounted(netns)


def same_namespace(one: Path, other: Path) -> bool:
    """Whether two paths show the same namespace."""
    try:
        a, b = one.stat(), other.stat()
    except OSError:
        return False
    return (a.st_dev, a.st_ino) == (b.st_dev, b.st_ino)


def unpin(lab: str, node: str) -> None:
    """Drop a node's pin; one that is gone already is fine."""
    target = pin_path(lab, node)
    while _is_mounted(target):
        if _LIBC.umount2(os.fsencode(target), _MNT_DETACH):
            raise LabError(f"cannot unmount {target}: {os.strerror(ctypes.get_errno())}")
    target.unlink(missing_ok=True)


def pinned_nodes(lab: str) -> list[str]:
    """Nodes of a lab that have a pin, live or stale."""
    return sorted(path.parent.name for path in lab_folder(lab).glob("*/netns"))


def live_nodes(lab: str) -> list[str]:
    """Nodes of a lab that have a live namespace."""
    return [node for node in pinned_nodes(lab) if is_pinned(lab, node)]


def remove_all(lab: str) -> None:
    """Drop every pin of a lab, and the lab's folder with them."""
    for node in pinned_nodes(lab):
        unpin(lab, node)
    if lab_folder(lab).exists():
        shutil.rmtree(lab_folder(lab))
