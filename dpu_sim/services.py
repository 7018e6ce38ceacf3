"""The services of this DPU: which of the OPI services it implements, and with what behind them."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from dpu_sim.api.backend import Backend
from dpu_sim.api.service import ResourceService, compose
from dpu_sim.api.store import Store
from dpu_sim.card import load_card
from dpu_sim.inventory import servicer as inventory
from dpu_sim.inventory.model import build_inventory
from dpu_sim.personality import load_personality
from dpu_sim.settings import Settings
from dpu_sim.storage.encryption import EncryptedBackend
from dpu_sim.storage.qos import QosBackend
from dpu_sim.storage.spdk import SpdkClient
from dpu_sim.storage.subsystems import SubsystemBackend
from dpu_sim.storage.volumes import AioBackend, MallocBackend, NullBackend
from opi.catalog import catalog
from opi.resources import resources

DEFAULT_PERSONALITY = "generic"


@dataclass(frozen=True)
class Services:
    """What the DPU can do.

    Attributes:
        implementations: what answers the calls, by full name of the service.
        resources: those of them that keep resources.
        watch: tells of every time that a device goes away, for ever.
        close: lets go of the back ends.
    """

    implementations: Mapping[str, object]
    resources: tuple[ResourceService[Any], ...]
    watch: Callable[[Callable[[], None]], Coroutine[Any, Any, None]]
    close: Callable[[], None]


def build_services(settings: Settings, store: Store) -> Services:
    """Put the services together. Raises ConfigError."""
    spdk = SpdkClient(settings.spdk_socket)
    backends: dict[str, Backend[Any]] = {
        "NvmeSubsystem": SubsystemBackend(spdk),
        "NullVolume": NullBackend(spdk),
        "MallocVolume": MallocBackend(spdk),
        "AioVolume": AioBackend(spdk),
        "EncryptedVolume": EncryptedBackend(spdk),
        "QosVolume": QosBackend(spdk),
    }
    kept = tuple(
        ResourceService(resources().kind(kind), store, backend)
        for kind, backend in backends.items()
    )
    return Services(
        {inventory.SERVICE_NAME: _inventory(settings), **_composed(kept)},
        kept,
        spdk.watch,
        spdk.close,
    )


def _composed(kept: tuple[ResourceService[Any], ...]) -> dict[str, object]:
    """The implementations of the services that these resources belong to."""
    return {
        name: compose(catalog().services[name], [one for one in kept if one.kind.service == name])
        for name in dict.fromkeys(one.kind.service for one in kept)
    }


def _inventory(settings: Settings) -> inventory.InventoryService:
    card = load_card(settings.card)
    name = settings.personality or (card.personality if card else "")
    personality = load_personality(name or DEFAULT_PERSONALITY)
    return inventory.InventoryService(build_inventory(personality, card, settings.node))
