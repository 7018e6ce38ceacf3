"""Errors of the JSON-RPC interface, with the codes that SPDK uses (JSON-RPC 2.0, section 5.1)."""

from __future__ import annotations

import errno
import os

INVALID_REQUEST = -32600
PARSE_ERROR = -32700
METHOD_NOT_FOUND = -32601
INVALID_PARAMETERS = -32602
INTERNAL_ERROR = -32603


class RpcError(Exception):
    """A request that is refused. `code` is one of the above, or a negative errno."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def invalid_parameters(message: str = "Invalid parameters") -> RpcError:
    """Parameters of the wrong name, type or range."""
    return RpcError(INVALID_PARAMETERS, message)


def undecoded(code: int = INTERNAL_ERROR) -> RpcError:
    """Parameters of the wrong name, type or range, as most methods say it."""
    return RpcError(code, "spdk_json_decode_object failed")


def system_error(number: int) -> RpcError:
    """An errno, as SPDK reports it: the negative number and the system's words for it."""
    return RpcError(-number, os.strerror(number))


def no_such_device() -> RpcError:
    """There is no object of that name."""
    return system_error(errno.ENODEV)
