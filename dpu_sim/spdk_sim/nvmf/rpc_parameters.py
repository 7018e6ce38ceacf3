"""Parameters and errors that SPDK's nvmf_* methods have in common."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from dpu_sim.spdk_sim.errors import INTERNAL_ERROR, RpcError, invalid_parameters
from dpu_sim.spdk_sim.nvmf.address import Address
from dpu_sim.spdk_sim.nvmf.listener import Listener
from dpu_sim.spdk_sim.nvmf.namespace import Namespace
from dpu_sim.spdk_sim.nvmf.subsystem import Subsystem
from dpu_sim.spdk_sim.nvmf.target import Target
from dpu_sim.spdk_sim.parameters import Check, decode, string

Parameters = dict[str, Any]

TARGET: dict[str, Check] = {"tgt_name": string}
"""Without effect: there is one target."""

_ADDRESS = dict.fromkeys(("trtype", "adrfam", "traddr", "trsvcid"), string)


def record(fields: Mapping[str, Check], required: Collection[str] = ()) -> Check:
    """A JSON object with these members."""

    def is_record(value: Any) -> bool:
        return (
            isinstance(value, dict)
            and all(name in fields and fields[name](one) for name, one in value.items())
            and set(required) <= set(value)
        )

    return is_record


address_record = record(_ADDRESS, ("trtype", "traddr"))
"""The type of listen_address."""


def hexadecimal(digits: int) -> Check:
    """A text of so many hexadecimal digits."""

    def is_hexadecimal(value: Any) -> bool:
        return (
            isinstance(value, str)
            and len(value) == digits
            and all(one in "0123456789abcdefABCDEF" for one in value)
        )

    return is_hexadecimal


def names_of(known: Collection[str]) -> Check:
    """An array of some of these names."""
    return lambda value: isinstance(value, list) and all(one in known for one in value)


def decode_for_subsystem(
    target: Target, given: Any, fields: Mapping[str, Check], required: Collection[str] = ()
) -> tuple[Subsystem, Parameters]:
    """Check the parameters of a method on a subsystem, and find that.

    Raises:
        RpcError: parameters that do not fit, or no such subsystem.
    """
    wanted = decode(given, {"nqn": string, **fields, **TARGET}, {"nqn", *required})
    subsystem = target.subsystem(wanted["nqn"])
    if subsystem is None:
        raise invalid_parameters(f"Subsystem with NQN '{wanted['nqn']}' not found")
    return subsystem, wanted


def address_of(given: Mapping[str, str]) -> Address:
    """The address that a listen_address names. Raises RpcError."""
    try:
        return Address.of(given)
    except ValueError as error:
        raise invalid_parameters() from error


def listener_at(subsystem: Subsystem, given: Mapping[str, str]) -> Listener:
    """The listener that a listen_address names. Raises RpcError."""
    listener = subsystem.listeners.get(address_of(given))
    if listener is None:
        raise invalid_parameters()
    return listener


def namespace_of(subsystem: Subsystem, nsid: int) -> Namespace:
    """The namespace of that number. Raises RpcError."""
    namespace = subsystem.namespaces.get(nsid)
    if namespace is None:
        raise invalid_parameters()
    return namespace


def internal_error(message: str = "Internal error") -> RpcError:
    """What nvmf methods say when what was asked for is refused."""
    return RpcError(INTERNAL_ERROR, message)
