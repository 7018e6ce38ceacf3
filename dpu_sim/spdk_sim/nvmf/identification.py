"""What Identify returns for an I/O controller: NVM Express Base Specification 2.0, section 5.17."""

from __future__ import annotations

from dataclasses import dataclass

from dpu_sim.spdk_sim.nvmf.async_events import LIMIT
from dpu_sim.spdk_sim.nvmf.io import COPY_RANGES, copy_blocks
from dpu_sim.spdk_sim.nvmf.limits import PAGE, Limits
from dpu_sim.spdk_sim.nvmf.view import NamespaceView
from nvmetcp.features import AsyncEvents
from nvmetcp.identify import (
    CTRATT_HOST_ID_128,
    FUSES_COMPARE_WRITE,
    NMIC_SHARED,
    NVM_COMMAND_SET,
    Cmic,
    Descriptor,
    DescriptorType,
    IdentifyController,
    IdentifyNamespace,
    IndependentNamespace,
    NvmController,
    Oncs,
)

FIRMWARE = "26.09"

_TBKAS = 1 << 6
"""CTRATT: every command says that the host is there, not Keep Alive alone."""
_OUI = bytes((0xE4, 0xD2, 0x5C))
"""IEEE's number of SPDK's controllers, least significant byte first."""
_ANA_SECONDS = 10
_ANA_STATES = 0x1F
"""ANACAP: every state is reported."""
_CACHE_AND_BROADCAST_FLUSH = 0x07
_LOG_PAGE_ATTRIBUTES = 1 << 1 | 1 << 2
"""LPA: the effects log, and offsets into log pages."""
_ALL_RESERVATIONS = 0x7E
_PERSISTS = 1
_KEY_IS_NOT_IGNORED = 1 << 7
"""RESCAP: all types; persistence; IEKEY as since revision 1.3."""
_READS_ZEROES, _ZEROES_DEALLOCATE = 1, 1 << 3

_ONCS = Oncs.COMPARE | Oncs.DATASET_MANAGEMENT | Oncs.WRITE_ZEROES | Oncs.RESERVATIONS | Oncs.COPY


@dataclass(frozen=True, slots=True)
class Names:
    """The identities of a namespace."""

    nguid: bytes
    eui64: bytes
    uuid: bytes


def controller(
    subnqn: str, texts: tuple[str, str], cntlid: int, namespaces: int, limits: Limits, *, ana: bool
) -> IdentifyController:
    """CNS 01. `texts` are serial and model number, `namespaces` how many there may be."""
    events = AsyncEvents.NAMESPACE_ATTRIBUTE | (AsyncEvents.ANA_CHANGE if ana else 0)
    shown = IdentifyController(
        vid=0x8086, ssvid=0x8086, sn=texts[0], mn=texts[1], fr=FIRMWARE, ieee=_OUI,
        cmic=Cmic.MULTI_PORT | Cmic.MULTI_CONTROLLER | (Cmic.ANA if ana else 0),
        mdts=max(limits.transfer // PAGE, 1).bit_length() - 1, cntlid=cntlid, oaes=events,
        ctratt=CTRATT_HOST_ID_128 | _TBKAS, acl=3, aerl=LIMIT - 1, frmw=3, elpe=127,
        lpa=_LOG_PAGE_ATTRIBUTES, kas=100, maxcmd=limits.queue_entries, nn=namespaces,
        mnan=namespaces, oncs=_ONCS, fuses=FUSES_COMPARE_WRITE, vwc=_CACHE_AND_BROADCAST_FLUSH,
        acwu=0, subnqn=subnqn, ofcs=1,
    )  # fmt: skip
    shown.in_capsule = limits.in_capsule
    shown.crdt1, shown.crdt2, shown.crdt3 = limits.retry_delays
    if ana:
        shown.anatt, shown.anacap = _ANA_SECONDS, _ANA_STATES
        shown.anagrpmax = shown.nanagrpid = namespaces
    return shown


def namespace(view: NamespaceView, names: Names, group: int, *, persists: bool) -> bytes:
    """CNS 00. `group` is the ANA group."""
    shape, device = view.descriptor.bdev.geometry, view.descriptor.bdev.device
    copied = copy_blocks(view)
    data = shape.block_size - (shape.md_size if shape.md_interleave else 0)
    deallocation = _ZEROES_DEALLOCATE | (_READS_ZEROES if device.zeroes_after_unmap else 0)
    shown = IdentifyNamespace(
        nsze=shape.blocks, ncap=shape.blocks, nuse=shape.blocks, nmic=NMIC_SHARED,
        rescap=_ALL_RESERVATIONS | _KEY_IS_NOT_IGNORED | (_PERSISTS if persists else 0),
        dlfeat=deallocation, noiob=shape.optimal_io_boundary,
        nvmcap=shape.blocks * data, mssrl=copied, mcl=copied * COPY_RANGES, msrc=COPY_RANGES - 1,
        anagrpid=group, nsattr=int(device.readonly), nguid=names.nguid, eui64=names.eui64,
        lbads=data.bit_length() - 1,
    )  # fmt: skip
    if shape.md_interleave and shape.md_size:
        shown.flbas, shown.mc, shown.metadata = 0x10, 1, shape.md_size
    return shown.pack()


def independent(view: NamespaceView, group: int, *, persists: bool) -> bytes:
    """CNS 08."""
    rescap = _ALL_RESERVATIONS | _KEY_IS_NOT_IGNORED | (_PERSISTS if persists else 0)
    readonly = int(view.descriptor.bdev.device.readonly)
    return IndependentNamespace(
        nmic=NMIC_SHARED, rescap=rescap, anagrpid=group, nsattr=readonly
    ).pack()


def descriptors(names: Names) -> list[Descriptor]:
    """CNS 03: the identities that are set, and the command set."""
    kinds = (
        (DescriptorType.EUI64, names.eui64),
        (DescriptorType.NGUID, names.nguid),
        (DescriptorType.UUID, names.uuid),
    )
    shown = [Descriptor(kind, value) for kind, value in kinds if any(value)]
    return [*shown, Descriptor(DescriptorType.COMMAND_SET, bytes((NVM_COMMAND_SET,)))]


def nvm_controller(limits: Limits) -> bytes:
    """CNS 06 of the NVM command set."""
    return NvmController(wzsl=limits.zeroes, dmrl=255, dmrsl=limits.deallocated).pack()
