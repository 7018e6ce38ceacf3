"""Functions of the card as virtio devices: each is one device at most, of whatever kind."""

from __future__ import annotations

from contextlib import AbstractContextManager

from dpu_sim.api.errors import failed_precondition, invalid_arguments
from dpu_sim.storage.functions import Functions, place
from dpu_sim.storage.records import Records
from opi.proto.opi_api.storage.v1.opicommon_pb2 import NVME_TRANSPORT_TYPE_PCIE, PciEndpoint

FIELD = "pcie_id"


class VirtioFunctions:
    """Which virtio device has which function."""

    def __init__(self, functions: Functions, records: Records) -> None:
        self._functions = functions
        self._records = records
        self._claims = functions.virtio

    def check(self, endpoint: PciEndpoint) -> None:
        """Raise ApiError, INVALID_ARGUMENT: the card has no such function."""
        self._functions.address(endpoint, FIELD)

    def check_numbers(self, endpoint: PciEndpoint) -> None:
        """The same, for any card: clients in the field name ports that few cards have."""
        names = ("port_id", "physical_function", "virtual_function")
        numbers = dict(zip(names, place(endpoint), strict=True))
        if any(number < 0 for number in numbers.values()):
            text = "must not be negative"
            raise invalid_arguments({f"{FIELD}.{n}.value": text for n in names if numbers[n] < 0})

    def taking(self, endpoint: PciEndpoint, name: str) -> AbstractContextManager[None]:
        """A function is this device's from here on, unless what is done within fails.

        Raises:
            ApiError: FAILED_PRECONDITION, another device or an NVMe controller is there.
        """
        where = place(endpoint)
        for one in self._records.controllers():
            if one.spec.trtype == NVME_TRANSPORT_TYPE_PCIE and place(one.spec.pcie_id) == where:
                text = f"{FIELD}: {one.name} is there already"
                raise failed_precondition(text, [one.name], "IN_USE", "has the function")
        return self._claims.taking(where, name, f"{FIELD}: the function")

    def leave(self, endpoint: PciEndpoint, name: str) -> None:
        """A function is this device's no more."""
        self._claims.leave(place(endpoint), name)
