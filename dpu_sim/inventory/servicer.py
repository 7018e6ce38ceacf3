"""opi_api.inventory.v1.InventoryService."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dpu_sim.api.names import require_name
from opi.proto.opi_api.inventory.v1 import inventory_pb2 as pb

if TYPE_CHECKING:
    from dpu_sim.api.call import Call

SERVICE_NAME = pb.DESCRIPTOR.services_by_name["InventoryService"].full_name
NAME_PATTERN = "inventory/*/inventory/*"


class InventoryService:
    """Answers with one inventory, which does not change while the DPU runs."""

    def __init__(self, inventory: pb.Inventory) -> None:
        self._inventory = inventory

    async def GetInventory(  # noqa: N802 (the RPC's name)
        self,
        request: pb.GetInventoryRequest,
        call: Call,  # noqa: ARG002
    ) -> pb.Inventory:
        """Return the inventory of this card, whatever well-formed name it is asked by.

        An empty name is accepted although the proto marks it REQUIRED: the command line clients
        of OPI (godpu, pydpu) send it.

        Raises:
            ApiError: INVALID_ARGUMENT for any other name.
        """
        if request.name:
            require_name("name", request.name, NAME_PATTERN)
        return self._inventory
