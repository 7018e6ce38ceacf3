"""Acting inside a network namespace that is given by a path."""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from lab.errors import LabError

T = TypeVar("T")

_CLONE_NEWNET = 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)


def run_in(netns: Path, fn: Callable[[], T]) -> T:
    """Run `fn` in a fresh thread that has entered the namespace, and return what it returns.

    Sockets opened by `fn` belong to the namespace for good, also after the thread has ended, and
    /proc/sys/net and /proc/thread-self/net show it (/sys and /proc/net do not). The thread carries
    the membership, so nothing has to be undone and the caller's threads never change namespace.
    `fn` should be short: a Ctrl-C is delivered once it has ended, so that no work goes on behind
    the caller's back. What `fn` raises is raised here. Raises LabError when the path is no network
    namespace or may not be entered.
    """
    outcome: list[T] = []
    failure: list[BaseException] = []

    def body() -> None:
        try:
            _enter(netns)
            outcome.append(fn())
        except BaseException as error:  # noqa: BLE001 - handed to the caller, whatever it is
            failure.append(error)

    thread = threading.Thread(target=body, name=f"netns {netns}")
    thread.start()
    try:
        thread.join()
    finally:
        thread.join()
    if failure:
        try:
            raise failure[0]
        finally:
            failure.clear()  # an error holding its own frame would outlive the call
    return outcome[0]


def _enter(netns: Path) -> None:
    """Move the calling thread into the namespace (setns(2))."""
    try:
        fd = os.open(netns, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise LabError(
            f"network namespace {netns}: {error.strerror}",
            "the node that it belongs to is not running; `dpulab up` brings it back",
        ) from error
    try:
        if _LIBC.setns(fd, _CLONE_NEWNET):
            _refuse(netns, ctypes.get_errno())
    finally:
        os.close(fd)


def _refuse(netns: Path, number: int) -> None:
    hints = {
        1: "run as root or through sudo",
        22: "the path has to be a bind mount of /proc/PID/ns/net",
    }
    raise LabError(f"cannot enter {netns}: {os.strerror(number)}", hints.get(number, ""))
