"""Decoding of method parameters, as strict as SPDK's: names, types and ranges must fit."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from dpu_sim.spdk_sim.errors import RpcError, invalid_parameters

Check = Callable[[Any], bool]


def string(value: Any) -> bool:
    """A JSON string."""
    return isinstance(value, str)


def boolean(value: Any) -> bool:
    """A JSON true or false."""
    return isinstance(value, bool)


def off(value: Any) -> bool:
    """A JSON false: the parameter is known, but what it switches on does not exist here."""
    return value is False


def unsigned(bits: int) -> Check:
    """An integer of so many bits; neither a fraction nor a text is one."""
    return lambda value: type(value) is int and 0 <= value < 1 << bits


def signed(bits: int) -> Check:
    """An integer of so many bits, its sign included."""
    half = 1 << (bits - 1)
    return lambda value: type(value) is int and -half <= value < half


def one_of(*names: str) -> Check:
    """One of these strings."""
    return lambda value: isinstance(value, str) and value in names


def strings(value: Any) -> bool:
    """An array of strings."""
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def identifier(value: Any) -> bool:
    """A UUID in its usual notation."""
    with suppress(ValueError, TypeError, AttributeError):
        return bool(str(uuid.UUID(value)) == value.lower())
    return False


def decode(
    given: Any,
    fields: Mapping[str, Check],
    required: set[str],
    failure: Callable[[], RpcError] = invalid_parameters,
) -> dict[str, Any]:
    """Check the parameters of a method and return them.

    Args:
        given: what the request has.
        fields: every parameter that the method knows, with the check of its type.
        required: those that must be there.
        failure: makes the error; each family of SPDK's methods has its own.

    Raises:
        RpcError: that error, whatever is wrong; "Invalid parameters" as the nvmf methods do.
    """
    parameters = {} if given is None else given
    if not isinstance(parameters, dict):
        raise failure()
    known = all(name in fields and fields[name](value) for name, value in parameters.items())
    if not known or not required <= set(parameters):
        raise failure()
    return parameters


def none(method: str, given: Any) -> None:
    """Check that a method that takes no parameters was given none. Raises RpcError."""
    if given is not None:
        raise invalid_parameters(f"{method} method requires no parameters")
