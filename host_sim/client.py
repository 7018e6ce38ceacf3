"""The initiator's API in one place.

subsystem = Subsystem(subnqn)
await subsystem.connect(ConnectOptions(Address("192.0.2.1"), subnqn))
namespace = subsystem.namespaces[1]
await namespace.write(0, bytes(namespace.block_size))
await subsystem.close()
"""

from __future__ import annotations

from host_sim.controller import Controller, State
from host_sim.discovery import address_of, discover, read_log
from host_sim.errors import (
    AuthenticationError,
    HostError,
    NoPathError,
    NvmeError,
    PathError,
    RefusedError,
    RemovedError,
    UnreachableError,
    UnsupportedError,
)
from host_sim.multipath import MultipathNamespace, Path, PathStatistics, Policy, Subsystem
from host_sim.namespace import NamespaceInfo
from host_sim.options import (
    DEFAULT_PORT,
    DISCOVERY_PORT,
    FOREVER,
    Address,
    ConnectOptions,
    Credentials,
    Identity,
)

__all__ = [
    "DEFAULT_PORT",
    "DISCOVERY_PORT",
    "FOREVER",
    "Address",
    "AuthenticationError",
    "ConnectOptions",
    "Controller",
    "Credentials",
    "HostError",
    "Identity",
    "MultipathNamespace",
    "NamespaceInfo",
    "NoPathError",
    "NvmeError",
    "Path",
    "PathError",
    "PathStatistics",
    "Policy",
    "RefusedError",
    "RemovedError",
    "State",
    "Subsystem",
    "UnreachableError",
    "UnsupportedError",
    "address_of",
    "discover",
    "read_log",
]
