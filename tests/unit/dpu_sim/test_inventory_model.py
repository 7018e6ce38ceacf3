"""What a card says about itself."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import grpc
import pytest

from dpu_sim.api.errors import ApiError
from dpu_sim.card import CardError, CardFunction, CardTable, OpiFunction
from dpu_sim.inventory.model import build_inventory
from dpu_sim.inventory.servicer import InventoryService
from dpu_sim.pci import function_address
from dpu_sim.personality import known_personalities, load_personality
from opi.proto.opi_api.inventory.v1 import inventory_pb2 as pb


def wired(pf: int, vf: int | None, address: str = "") -> CardFunction:
    """A function that the lab has wired."""
    return CardFunction(
        representor=f"pf{pf}vf{vf}",
        pf=pf,
        vf=vf,
        opi=OpiFunction(port_id=0, physical_function=pf, virtual_function=0),
        lif=1,
        address=address or function_address(pf, vf),
        host="host1",
        host_interface="eth1",
    )


@pytest.mark.parametrize("name", known_personalities())
def test_every_field_of_a_shipped_personality_is_told(name: str) -> None:
    personality = load_personality(name)
    inventory = build_inventory(personality, None, "dpu1")
    assert inventory.bios.version == personality.bios.version
    assert inventory.system.name == personality.system.name
    assert inventory.baseboard.product == personality.baseboard.product
    assert inventory.chassis.type == str(personality.chassis.type)
    assert 0 < inventory.memory.total_usable_bytes < inventory.memory.total_physical_bytes
    assert inventory.memory.total_physical_bytes % 2**20 == 0
    assert inventory.processor.total_threads >= inventory.processor.total_cores > 0
    pci = personality.pci
    assert len(inventory.pci) == pci.physical_functions * (1 + pci.virtual_functions)
    assert len({device.address for device in inventory.pci}) == len(inventory.pci)
    for device in inventory.pci:
        assert device.vendor
        assert getattr(device, "class") == "Network controller"


def test_a_card_table_leaves_only_the_wired_vfs() -> None:
    card = CardTable(functions=(wired(1, 3), wired(0, 0), wired(0, 2, "0000:03:02.7")))
    inventory = build_inventory(load_personality("generic"), card, "dpu1")
    assert [device.address for device in inventory.pci] == [
        "0000:03:00.0",
        "0000:03:00.1",
        "0000:03:02.0",
        "0000:03:02.7",
        "0000:03:0a.3",
    ]
    assert [device.product for device in inventory.pci][1:3] == [
        "SimDPU network controller",
        "SimDPU Virtual Function",
    ]


def test_a_wired_pf_keeps_the_address_of_the_table() -> None:
    card = CardTable(functions=(wired(1, None, "0000:03:00.5"),))
    inventory = build_inventory(load_personality("generic"), card, "dpu1")
    assert [device.address for device in inventory.pci] == ["0000:03:00.0", "0000:03:00.5"]


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (wired(2, 0), "card table: pf2vf0 is on PF 2, the personality has 2 PFs"),
        (wired(0, 16), "card table: pf0vf16 is VF 16, the personality has 16 VFs per PF"),
    ],
)
def test_a_card_table_that_the_card_cannot_have(function: CardFunction, message: str) -> None:
    with pytest.raises(CardError) as caught:
        build_inventory(load_personality("generic"), CardTable(functions=(function,)), "dpu1")
    assert str(caught.value).startswith(message)


def test_identity_is_stable_for_a_node_and_differs_between_nodes() -> None:
    generic = load_personality("generic")
    first, again, other = (build_inventory(generic, None, n) for n in ("dpu1", "dpu1", "dpu2"))
    assert first == again
    assert UUID(first.system.uuid).version == 5
    assert first.system.uuid != other.system.uuid
    serials = [
        part.serial_number
        for inventory in (first, other)
        for part in (inventory.system, inventory.baseboard, inventory.chassis)
    ]
    assert len(set(serials)) == 6
    assert all(len(serial) == 15 and serial.startswith("SIM") for serial in serials)


def test_only_the_name_of_an_inventory_or_none_is_answered() -> None:
    service = InventoryService(pb.Inventory())
    call: Any = None
    for name in ("", "inventory/card/inventory/1"):
        request = pb.GetInventoryRequest(name=name)
        assert asyncio.run(service.GetInventory(request, call)) == pb.Inventory()
    with pytest.raises(ApiError) as caught:
        asyncio.run(service.GetInventory(pb.GetInventoryRequest(name="inventory/card"), call))
    assert caught.value.code is grpc.StatusCode.INVALID_ARGUMENT
