"""Where to connect, as whom, and how patient to be."""

from __future__ import annotations

import socket
import uuid
from dataclasses import dataclass, field, replace
from typing import Self

from host_sim.errors import AuthenticationError
from nvmetcp.auth import Secret
from nvmetcp.errors import LocalProtocolError
from nvmetcp.fabrics import DISCOVERY_NQN
from nvmetcp.psk import ConfiguredPsk

DEFAULT_PORT = 4420
DISCOVERY_PORT = 8009
FOREVER = -1


@dataclass(frozen=True, slots=True)
class Address:
    """A transport address: an IPv4 or IPv6 address (or a host name) and a TCP port."""

    traddr: str
    trsvcid: int = DEFAULT_PORT

    def __str__(self) -> str:
        host = f"[{self.traddr}]" if ":" in self.traddr else self.traddr
        return f"{host}:{self.trsvcid}"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the host is: its NQN, and an identifier of 16 bytes."""

    hostnqn: str
    hostid: bytes

    @classmethod
    def of(cls, hostnqn: str | None = None, hostid: str | None = None) -> Self:
        """Fill in what is missing: the same name gives the same identifier, always.

        Raises:
            ValueError: `hostid` is no UUID.
        """
        if hostnqn is None:
            seed = uuid.uuid5(uuid.NAMESPACE_DNS, socket.gethostname())
            hostnqn = f"nqn.2014-08.org.nvmexpress:uuid:{uuid.UUID(hostid) if hostid else seed}"
        number = uuid.UUID(hostid) if hostid else _uuid_in(hostnqn)
        return cls(hostnqn, number.bytes)


def _uuid_in(hostnqn: str) -> uuid.UUID:
    """The UUID that an NQN of the uuid form ends with, else one made of the name."""
    try:
        return uuid.UUID(hostnqn.rpartition(":uuid:")[2])
    except ValueError:
        return uuid.uuid5(uuid.NAMESPACE_URL, hostnqn)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What proves the host to the controller (and back), in NVMe's interchange formats."""

    dhchap_secret: str | None = field(default=None, repr=False)
    dhchap_ctrl_secret: str | None = field(default=None, repr=False)
    psk: str | None = field(default=None, repr=False)

    def host_secret(self) -> Secret | None:
        """The host's own. Raises AuthenticationError when it is malformed."""
        return _secret(self.dhchap_secret)

    def controller_secret(self) -> Secret | None:
        """The controller's. Raises AuthenticationError when it is malformed."""
        return _secret(self.dhchap_ctrl_secret)

    def configured_psk(self) -> ConfiguredPsk | None:
        """The key of TLS. Raises AuthenticationError when it is malformed."""
        try:
            return ConfiguredPsk.parse(self.psk) if self.psk else None
        except LocalProtocolError as error:
            raise AuthenticationError(str(error)) from error


def _secret(text: str | None) -> Secret | None:
    try:
        return Secret.parse(text) if text else None
    except LocalProtocolError as error:
        raise AuthenticationError(str(error)) from error


@dataclass(frozen=True, slots=True)
class ConnectOptions:
    """A controller to connect to. Times in seconds; the defaults are those of Linux."""

    address: Address
    subnqn: str = DISCOVERY_NQN
    identity: Identity = field(default_factory=Identity.of)
    host_traddr: str | None = None
    credentials: Credentials = field(default_factory=Credentials)
    header_digest: bool = False
    data_digest: bool = False
    queues: int = 1
    """I/O queues to ask for; one event loop serves them all, so more are rarely quicker."""
    queue_size: int = 128
    keep_alive: float = 5.0
    """KATO; 0 is without."""
    ack_timeout: float | None = None
    """A connection ends when what was sent is not acknowledged by TCP for so long (RFC 5482);
    None: as long as `keep_alive`, 0: as long as the system's TCP tries."""
    connect_timeout: float = 10.0
    io_timeout: float = 30.0
    """After this a command is aborted, and after as long again the controller is reset."""
    admin_timeout: float = 60.0
    reconnect_delay: float = 10.0
    """Between attempts; the first is made at once."""
    ctrl_loss_timeout: float = 600.0
    """Attempts end, and the controller is removed, so long after the loss; FOREVER: never."""
    fast_io_fail_timeout: float = FOREVER
    """So long after the loss I/O waits for this controller no more; FOREVER: as ctrl_loss."""

    def __post_init__(self) -> None:
        """Raise AuthenticationError for malformed secrets, before anything is sent."""
        self.credentials.host_secret()
        self.credentials.controller_secret()
        self.credentials.configured_psk()

    @property
    def user_timeout(self) -> int:
        """TCP's user timeout in ms; 0 is the system's."""
        seconds = self.keep_alive if self.ack_timeout is None else self.ack_timeout
        return round(seconds * 1000)

    @property
    def discovery(self) -> bool:
        """Whether a discovery controller is meant."""
        return self.subnqn == DISCOVERY_NQN

    def at(self, address: Address, subnqn: str) -> ConnectOptions:
        """The same host elsewhere."""
        return replace(self, address=address, subnqn=subnqn)
