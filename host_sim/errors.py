"""What can go wrong between a host and its controllers, so that a user can act on it."""

from __future__ import annotations

from nvmetcp.status import Status, describe

PATH_STATUS_TYPE = 3  # status code type of path-related errors


class HostError(Exception):
    """Base of everything that this package raises on purpose."""


class UnreachableError(HostError):
    """Nobody answers at the address, or not as an NVMe/TCP controller."""


class RefusedError(HostError):
    """The controller answers and does not want us. `status` is what Connect was completed with."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class AuthenticationError(HostError):
    """A secret or key is missing, malformed or not the one the other side has."""


class PathError(HostError):
    """The connection ended before the command was completed: it may have been carried out."""


class NoPathError(HostError):
    """No controller can reach the namespace, and none came back in time."""


class RemovedError(HostError):
    """The namespace is not there any more."""


class UnsupportedError(HostError):
    """This machine (or its Python) cannot do it."""


class NvmeError(HostError):
    """A controller completed a command with an error. `status` holds code type and code."""

    def __init__(self, what: str, status: int, *, do_not_retry: bool = False) -> None:
        super().__init__(f"{what}: {describe(status)}")
        self.status = status
        self.do_not_retry = do_not_retry

    @property
    def name(self) -> str:
        """The status in NVMe's words."""
        return describe(self.status)

    @property
    def of_path(self) -> bool:
        """Whether another path may do what this one did not (NVMe Base, path-related status)."""
        return self.status >> 8 == PATH_STATUS_TYPE and self.status != Status.ABORTED_BY_HOST
