"""The inventory of a card: its personality, its wired functions and its identity in one message."""

from __future__ import annotations

from collections.abc import Iterator

from dpu_sim.card import CardError, CardTable
from dpu_sim.inventory.identity import card_uuid, serial_number
from dpu_sim.pci import function_address
from dpu_sim.personality import FunctionInfo, Pci, Personality
from opi.proto.opi_api.inventory.v1 import inventory_pb2 as pb

_MIB = 1024 * 1024


def build_inventory(personality: Personality, card: CardTable | None, node: str) -> pb.Inventory:
    """Say what the card in `node` is made of.

    Lists all PFs of the personality; of the VFs those that the card table has wired, or all of them
    when there is no table (a DPU that runs outside a lab).

    Raises:
        CardError: the card table wires a function that the personality does not have.
    """
    if card is not None:
        _check_wiring(personality.pci, card)
    return pb.Inventory(
        bios=_bios(personality),
        system=_system(personality, node),
        baseboard=_baseboard(personality, node),
        chassis=_chassis(personality, node),
        processor=pb.CPUInfo(
            total_cores=personality.processor.total_cores,
            total_threads=personality.processor.total_threads,
        ),
        memory=pb.MemoryInfo(
            total_physical_bytes=personality.memory.total_physical_mib * _MIB,
            total_usable_bytes=personality.memory.total_usable_mib * _MIB,
        ),
        pci=[*_physical(personality.pci, card), *_virtual(personality.pci, card)],
    )


def _bios(personality: Personality) -> pb.BIOSInfo:
    bios = personality.bios
    return pb.BIOSInfo(vendor=bios.vendor, version=bios.version, date=bios.date)


def _system(personality: Personality, node: str) -> pb.SystemInfo:
    system = personality.system
    return pb.SystemInfo(
        family=system.family,
        name=system.name,
        vendor=system.vendor,
        serial_number=serial_number(node, "system", system.serial_prefix),
        uuid=str(card_uuid(node)),
        sku=system.sku,
        version=system.version,
    )


def _baseboard(personality: Personality, node: str) -> pb.BaseboardInfo:
    board = personality.baseboard
    return pb.BaseboardInfo(
        asset_tag=board.asset_tag,
        serial_number=serial_number(node, "baseboard", personality.system.serial_prefix),
        vendor=board.vendor,
        version=board.version,
        product=board.product,
    )


def _chassis(personality: Personality, node: str) -> pb.ChassisInfo:
    chassis = personality.chassis
    return pb.ChassisInfo(
        asset_tag=chassis.asset_tag,
        serial_number=serial_number(node, "chassis", personality.system.serial_prefix),
        type=str(chassis.type),
        type_description=chassis.type_description,
        vendor=chassis.vendor,
        version=chassis.version,
    )


def _check_wiring(pci: Pci, card: CardTable) -> None:
    for function in card.functions:
        name = function.representor
        if function.pf >= pci.physical_functions:
            raise CardError(
                f"card table: {name} is on PF {function.pf}, "
                f"the personality has {pci.physical_functions} PFs, numbered from 0"
            )
        if function.vf is not None and function.vf >= pci.virtual_functions:
            raise CardError(
                f"card table: {name} is VF {function.vf}, "
                f"the personality has {pci.virtual_functions} VFs per PF, numbered from 0"
            )


def _physical(pci: Pci, card: CardTable | None) -> Iterator[pb.PCIeDeviceInfo]:
    wired = {f.pf: f.address for f in card.functions if f.vf is None} if card else {}
    addresses = (wired.get(pf) or function_address(pf) for pf in range(pci.physical_functions))
    return (_function(pci.physical, address) for address in sorted(addresses))


def _virtual(pci: Pci, card: CardTable | None) -> Iterator[pb.PCIeDeviceInfo]:
    if card is None:
        pfs, vfs = range(pci.physical_functions), range(pci.virtual_functions)
        addresses = [function_address(pf, vf) for pf in pfs for vf in vfs]
    else:
        addresses = [function.address for function in card.functions if function.vf is not None]
    return (_function(pci.virtual, address) for address in sorted(addresses))


def _function(info: FunctionInfo, address: str) -> pb.PCIeDeviceInfo:
    device = pb.PCIeDeviceInfo(
        driver=info.driver,
        address=address,
        vendor=info.vendor,
        product=info.product,
        revision=info.revision,
        subsystem=info.subsystem,
        subclass=info.subclass,
    )
    setattr(device, "class", info.class_)  # the field's name is a Python keyword
    return device
