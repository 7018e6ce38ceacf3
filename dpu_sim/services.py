"""The services of this DPU: which of the OPI services it implements, and with what behind them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from dpu_sim.api.backend import Backend
from dpu_sim.api.service import ResourceService, compose
from dpu_sim.api.store import Store
from dpu_sim.card import CardTable, load_card
from dpu_sim.inventory import servicer as inventory
from dpu_sim.inventory.model import build_inventory
from dpu_sim.personality import Personality, load_personality
from dpu_sim.settings import Settings
from dpu_sim.storage.controllers import ControllerBackend
from dpu_sim.storage.encryption import EncryptedBackend
from dpu_sim.storage.functions import Functions
from dpu_sim.storage.keys import Keys
from dpu_sim.storage.namespaces import NamespaceBackend
from dpu_sim.storage.paths import ATTACH_SECONDS, PathBackend
from dpu_sim.storage.qos import QosBackend
from dpu_sim.storage.records import Records
from dpu_sim.storage.remote import RemoteControllerBackend
from dpu_sim.storage.remote_namespaces import RemoteNamespaces
from dpu_sim.storage.spdk import SpdkClient
from dpu_sim.storage.subsystems import SubsystemBackend
from dpu_sim.storage.vhost import Vhost
from dpu_sim.storage.virtio_blk import VirtioBlkBackend
from dpu_sim.storage.virtio_functions import VirtioFunctions
from dpu_sim.storage.virtio_scsi import VirtioScsiControllerBackend, VirtioScsiTargetBackend
from dpu_sim.storage.virtio_scsi_luns import VirtioScsiLunBackend, VirtioScsiLunService
from dpu_sim.storage.volumes import AioBackend, MallocBackend, NullBackend
from opi.catalog import catalog
from opi.resources import resources

DEFAULT_PERSONALITY = "generic"

REMOTE = "opi_api.storage.v1.NvmeRemoteControllerService"

VIRTIO = tuple(
    f"opi_api.storage.v1.{name}"
    for name in ("FrontendVirtioBlkService", "FrontendVirtioScsiService")
)
"""Services that take a target with vhost."""

SERVICES: Mapping[str, type[ResourceService[Any]]] = {"VirtioScsiLun": VirtioScsiLunService}
"""Services of kinds that have more than the standard methods."""


@dataclass(frozen=True)
class Services:
    """What the DPU can do.

    Attributes:
        implementations: what answers the calls, by full name of the service.
        resources: those of them that keep resources.
        looking: what restoring is done within, so that it looks at the devices once.
        watch: tells of every time that a device goes away, for ever.
        watch_vhost: tells of every change of whether the target has what VIRTIO takes, for ever.
        hang_up: breaks off what waits for other machines, as a change that the next start settles.
        close: lets go of the back ends.
    """

    implementations: Mapping[str, object]
    resources: tuple[ResourceService[Any], ...]
    looking: Callable[[], AbstractContextManager[None]]
    watch: Callable[[Callable[[], None]], Coroutine[Any, Any, None]]
    watch_vhost: Callable[[Callable[[bool], Awaitable[None]]], Coroutine[Any, Any, None]]
    hang_up: Callable[[], None]
    close: Callable[[], None]


def build_services(settings: Settings, store: Store) -> Services:
    """Put the services together. Raises ConfigError."""
    card = load_card(settings.card)
    personality = _personality(settings, card)
    spdk = SpdkClient(settings.spdk_socket)
    slow = SpdkClient(settings.spdk_socket, ATTACH_SECONDS, spdk.surveys)
    records = Records(store)
    functions = Functions(personality.pci, card, settings.pcie_dir)
    limited: dict[str, str] = {}
    kept = tuple(
        SERVICES.get(kind, ResourceService)(resources().kind(kind), store, backend)
        for kind, backend in {
            **_volumes(spdk, limited),
            **_front_end(settings, store, spdk, functions),
            **_virtio(store, spdk, functions, limited),
            **_remote(settings, store, spdk, slow),
        }.items()
    )
    found = RemoteNamespaces(spdk, records, store.secret)

    def close() -> None:
        slow.close()
        spdk.close()

    model = build_inventory(personality, card, settings.node)
    return Services(
        {
            inventory.SERVICE_NAME: inventory.InventoryService(model),
            **_composed(kept, {REMOTE: found}),
        },
        kept,
        spdk.surveys.survey,
        spdk.watch,
        Vhost(spdk).watch,
        slow.hang_up,
        close,
    )


def _volumes(spdk: SpdkClient, limited: dict[str, str]) -> dict[str, Backend[Any]]:
    return {
        "NullVolume": NullBackend(spdk),
        "MallocVolume": MallocBackend(spdk),
        "AioVolume": AioBackend(spdk),
        "EncryptedVolume": EncryptedBackend(spdk),
        "QosVolume": QosBackend(spdk, limited),
    }


def _front_end(
    settings: Settings, store: Store, spdk: SpdkClient, functions: Functions
) -> dict[str, Backend[Any]]:
    records = Records(store)
    return {
        "NvmeSubsystem": SubsystemBackend(spdk, _keys(settings, store, spdk)),
        "NvmeController": ControllerBackend(spdk, records, functions),
        "NvmeNamespace": NamespaceBackend(spdk, records),
    }


def _virtio(
    store: Store, spdk: SpdkClient, functions: Functions, limited: dict[str, str]
) -> dict[str, Backend[Any]]:
    records = Records(store)
    places = VirtioFunctions(functions, records)
    return {
        "VirtioBlk": VirtioBlkBackend(spdk, places, limited),
        "VirtioScsiController": VirtioScsiControllerBackend(spdk, places, records),
        "VirtioScsiTarget": VirtioScsiTargetBackend(spdk, records),
        "VirtioScsiLun": VirtioScsiLunBackend(spdk, records),
    }


def _remote(
    settings: Settings, store: Store, spdk: SpdkClient, slow: SpdkClient
) -> dict[str, Backend[Any]]:
    records = Records(store)
    return {
        "NvmeRemoteController": RemoteControllerBackend(spdk, slow, records),
        "NvmePath": PathBackend(spdk, slow, records, _keys(settings, store, spdk)),
    }


def _keys(settings: Settings, store: Store, spdk: SpdkClient) -> Keys:
    return Keys(spdk, settings.state_dir / "keys", store.secret)


def _composed(
    kept: tuple[ResourceService[Any], ...], besides: Mapping[str, object]
) -> dict[str, object]:
    """The implementations of the services that these resources belong to.

    `besides` are objects that answer other RPCs of them, by full name of the service.
    """
    return {
        name: compose(
            catalog().services[name],
            [
                *(one for one in kept if one.kind.service == name),
                *(one for service, one in besides.items() if service == name),
            ],
        )
        for name in dict.fromkeys(one.kind.service for one in kept)
    }


def _personality(settings: Settings, card: CardTable | None) -> Personality:
    name = settings.personality or (card.personality if card else "")
    return load_personality(name or DEFAULT_PERSONALITY)
