"""The functions of the card as places for NVMe controllers: which exist, and where each is served.

A controller on a function is a listener of the target's vfio-user transport in a folder of its
own, FOLDER/HOST/FUNCTION: of the folder the lab gives each host that part which is its own.
"""

from __future__ import annotations

from pathlib import Path

from dpu_sim.api.errors import ApiError, failed_precondition, invalid_argument, unimplemented
from dpu_sim.card import CardFunction, CardTable
from dpu_sim.pci import function_address
from dpu_sim.personality import Pci
from dpu_sim.storage.claims import Claims
from opi.proto.opi_api.storage.v1.opicommon_pb2 import PciEndpoint

FIELD = "spec.pcie_id"

Place = tuple[int, int, int]
"""Port, physical function and virtual function of OPI's PciEndpoint: VF 0 is the PF itself."""


class Functions:
    """The functions of one card."""

    def __init__(self, pci: Pci, card: CardTable | None, folder: Path | None) -> None:
        """
        Args:
            pci: how many there are.
            card: which of them the lab has wired, and to whom; None: nobody says.
            folder: where the sockets of controllers go; None: nowhere.
        """
        self._pci = pci
        self._folder = folder
        self._wired = None if card is None else {_opi(one): one for one in card.functions}
        self.virtio: Claims[Place] = Claims()
        """Those that are virtio devices."""

    def address(self, endpoint: PciEndpoint, field: str = FIELD) -> str:
        """PCI address of a function.

        Raises:
            ApiError: INVALID_ARGUMENT on `field`, the card has none such.
        """
        port, physical, virtual = place(endpoint)
        limits = {
            "port_id": (port, 0),
            "physical_function": (physical, self._pci.physical_functions - 1),
            "virtual_function": (virtual, self._pci.virtual_functions),
        }
        for name, (number, last) in limits.items():
            if not 0 <= number <= last:
                text = f"the card has none such: {number} is not in 0 to {last}"
                raise invalid_argument(f"{field}.{name}.value", text)
        return function_address(physical, virtual - 1 if virtual else None)

    def folder(self, endpoint: PciEndpoint) -> Path:
        """The folder for the controller on a function. Raises ApiError: it cannot have one."""
        address = self.address(endpoint)
        if self._folder is None:
            raise unimplemented(
                f"{FIELD}: function {address} exists, but this DPU does not serve NVMe over PCIe: "
                "it has been given no folder for that (--pcie-dir)"
            )
        if self._wired is None:
            return self._folder / _name(endpoint)
        wired = self._wired.get(place(endpoint))
        if wired is None or not wired.host:
            text = f"{FIELD}: no host is at function {_name(endpoint)} ({address})"
            raise failed_precondition(text)
        return self._folder / wired.host / _name(endpoint)

    def make_folder(self, endpoint: PciEndpoint) -> Path:
        """The same folder, which is there afterwards. Raises ApiError."""
        folder = self.folder(endpoint)
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            text = f"{FIELD}: {folder} cannot be made: {error.strerror}"
            raise failed_precondition(text) from error
        return folder

    def remove_folder(self, endpoint: PciEndpoint) -> None:
        """Remove the folder if the target has left nothing in it."""
        try:
            self.folder(endpoint).rmdir()
        except (ApiError, OSError):
            return


def _opi(function: CardFunction) -> Place:
    opi = function.opi
    return opi.port_id, opi.physical_function, opi.virtual_function


def _name(endpoint: PciEndpoint) -> str:
    """The function's name as Linux has it, which counts VFs from 0: pf0, pf0vf0."""
    _, physical, virtual = place(endpoint)
    return f"pf{physical}vf{virtual - 1}" if virtual else f"pf{physical}"


def place(endpoint: PciEndpoint) -> Place:
    """The numbers of a function."""
    return (
        endpoint.port_id.value,
        endpoint.physical_function.value,
        endpoint.virtual_function.value,
    )
