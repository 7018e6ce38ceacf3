"""Docker Engine behind the few verbs that a lab needs. Nothing else imports the docker SDK."""

from __future__ import annotations

import io
import tarfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

import docker
import docker.errors
import docker.types
import requests.exceptions

from lab.errors import LabError
from lab.ownership import LABEL_LAB, LABEL_NODE, LABEL_ROLE, LABEL_SPEC, LABEL_TOPOLOGY

API_TIMEOUT = 60
POOL_SIZE = 64
"""Connections kept to the daemon: an exec stream holds one for as long as it runs."""

_STOP_GRACE = 5


@dataclass(frozen=True, slots=True)
class ContainerSpec:
    """Everything that `create` needs; its hash decides whether a container still fits its file."""

    name: str
    image: str
    labels: Mapping[str, str]
    network: str = "none"
    """A Docker network name, `none`, `host` or `container:NAME`."""
    ipv4: str = ""
    ipv6: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    binds: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    sysctls: Mapping[str, str] = field(default_factory=dict)
    cap_add: tuple[str, ...] = ()
    cap_drop: tuple[str, ...] = ()
    privileged: bool = False
    devices: tuple[str, ...] = ()
    nano_cpus: int = 0
    memory_bytes: int = 0
    dns: tuple[str, ...] = ()
    dns_search: tuple[str, ...] = ()
    dns_options: tuple[str, ...] = ()
    ports: tuple[tuple[str, int, int, str], ...] = ()
    """(host address, host port or 0, container port, protocol)."""
    hostname: str = ""
    security: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Container:
    """What the engine says about a container."""

    id: str
    name: str
    lab: str
    node: str
    role: str
    state: str
    image: str
    spec: str
    topology: str
    pid: int = 0
    ipv4: str = ""
    ipv6: str = ""
    mac: str = ""
    exit_code: int = 0

    @property
    def running(self) -> bool:
        """Whether its main process runs."""
        return self.state == "running"


class Docker:
    """A connection to the Docker daemon. Safe to use from many threads."""

    def __init__(self) -> None:
        """Connect. Raises LabError when no daemon answers."""
        try:
            client = docker.from_env(timeout=API_TIMEOUT, max_pool_size=POOL_SIZE)
            client.ping()
        except (docker.errors.DockerException, requests.exceptions.RequestException) as error:
            raise _unavailable(error) from error
        self._api: Any = client.api

    def version(self) -> str:
        """Version of the daemon."""
        return str(self._api.version()["Version"])

    # -- images ---------------------------------------------------------------------------------

    def image_id(self, reference: str) -> str | None:
        """The id of a local image, None where there is none."""
        try:
            return str(self._api.inspect_image(reference)["Id"])
        except docker.errors.ImageNotFound:
            return None

    def pull(self, reference: str) -> Iterator[str]:
        """Pull an image, yielding the daemon's status lines. Raises LabError."""
        try:
            for event in self._api.pull(reference, stream=True, decode=True):
                if "error" in event:
                    raise LabError(f"cannot pull image {reference}: {event['error']}")
                yield str(event.get("status", ""))
        except (docker.errors.APIError, requests.exceptions.RequestException) as error:
            raise LabError(f"cannot pull image {reference}: {_words(error)}") from error

    # -- networks -------------------------------------------------------------------------------

    def create_network(self, name: str, labels: Mapping[str, str], **settings: Any) -> None:
        """Create a bridge network.

        `settings`: subnets (list of (subnet, gateway)), internal, ipv6, options. Raises LabError.
        """
        pools = [
            docker.types.IPAMPool(subnet=subnet, gateway=gateway or None)
            for subnet, gateway in settings["subnets"]
        ]
        try:
            self._api.create_network(
                name,
                driver="bridge",
                check_duplicate=True,
                labels=dict(labels),
                internal=settings["internal"],
                enable_ipv6=settings["ipv6"],
                options=settings["options"],
                ipam=docker.types.IPAMConfig(pool_configs=pools),
            )
        except docker.errors.APIError as error:
            raise LabError(f"cannot create network {name}: {_words(error)}") from error

    def networks(self) -> list[dict[str, Any]]:
        """All networks of the daemon, as the daemon describes them."""
        return list(self._api.networks())

    def network(self, name: str) -> dict[str, Any] | None:
        """One network by exact name."""
        found = self._api.networks(names=[name])
        return next((dict(one) for one in found if one["Name"] == name), None)

    def lab_networks(self, lab: str) -> list[str]:
        """Names of the networks that carry the label of a lab."""
        found = self._api.networks(filters={"label": f"{LABEL_LAB}={lab}"})
        return [str(one["Name"]) for one in found]

    def remove_network(self, name: str) -> None:
        """Remove a network; one that is gone already is fine."""
        try:
            self._api.remove_network(name)
        except docker.errors.NotFound:
            return
        except docker.errors.APIError as error:
            raise LabError(f"cannot remove network {name}: {_words(error)}") from error

    # -- containers -----------------------------------------------------------------------------

    def create(self, spec: ContainerSpec) -> str:
        """Create a container, not yet started; return its id. Raises LabError."""
        try:
            made = self._api.create_container(
                spec.image,
                name=spec.name,
                hostname=spec.hostname or None,
                command=list(spec.cmd) or None,
                entrypoint=list(spec.entrypoint) or None,
                environment=dict(spec.env),
                labels=dict(spec.labels),
                ports=[(port, protocol) for _, _, port, protocol in spec.ports],
                host_config=self._host_config(spec),
                networking_config=self._networking(spec),
            )
        except docker.errors.ImageNotFound as error:
            raise LabError(f"image {spec.image} is not on this machine") from error
        except docker.errors.APIError as error:
            raise LabError(f"cannot create container {spec.name}: {_words(error)}") from error
        return str(made["Id"])

    def _host_config(self, spec: ContainerSpec) -> Any:
        return self._api.create_host_config(
            network_mode=spec.network,
            binds=list(spec.binds) or None,
            cap_add=list(spec.cap_add) or None,
            cap_drop=list(spec.cap_drop) or None,
            privileged=spec.privileged,
            devices=list(spec.devices) or None,
            sysctls=dict(spec.sysctls) or None,
            nano_cpus=spec.nano_cpus or None,
            mem_limit=spec.memory_bytes or None,
            dns=list(spec.dns) or None,
            dns_search=list(spec.dns_search) or None,
            dns_opt=list(spec.dns_options) or None,
            security_opt=list(spec.security) or None,
            port_bindings=_port_bindings(spec),
            restart_policy={"Name": "no"},
        )

    def _networking(self, spec: ContainerSpec) -> Any:
        if not (spec.ipv4 or spec.ipv6):
            return None
        endpoint = self._api.create_endpoint_config(
            ipv4_address=spec.ipv4 or None, ipv6_address=spec.ipv6 or None
        )
        return self._api.create_networking_config({spec.network: endpoint})

    def start(self, container: str) -> None:
        """Start a container. Raises LabError with the daemon's reason."""
        try:
            self._api.start(container)
        except docker.errors.APIError as error:
            raise LabError(f"cannot start container {container}: {_words(error)}") from error

    def stop(self, container: str, *, kill: bool = False) -> None:
        """Stop (SIGTERM, then SIGKILL after 5 s) or kill a container; a stopped one is fine."""
        try:
            if kill:
                self._api.kill(container, "SIGKILL")
                self._api.wait(container, timeout=API_TIMEOUT)
            else:
                self._api.stop(container, timeout=_STOP_GRACE)
        except docker.errors.NotFound:
            return
        except docker.errors.APIError as error:
            if error.status_code != requests.codes.conflict:
                raise LabError(f"cannot stop container {container}: {_words(error)}") from error

    def remove(self, container: str) -> None:
        """Kill and remove a container with its anonymous volumes; a missing one is fine."""
        deadline = time.monotonic() + API_TIMEOUT
        while True:
            try:
                self._api.remove_container(container, force=True, v=True)
            except docker.errors.NotFound:
                return
            except docker.errors.APIError as error:
                in_progress = error.status_code == requests.codes.conflict
                if not in_progress or time.monotonic() > deadline:
                    raise LabError(f"cannot remove {container}: {_words(error)}") from error
                time.sleep(0.1)  # another removal is under way: ask again until it is done
            else:
                return

    def inspect(self, container: str) -> Container | None:
        """What the daemon says about a container, None where there is none."""
        try:
            return _container(self._api.inspect_container(container))
        except docker.errors.NotFound:
            return None

    def containers(self, lab: str | None = None) -> list[Container]:
        """All containers of a lab, or of all labs, running or not."""
        label = LABEL_LAB if lab is None else f"{LABEL_LAB}={lab}"
        found = self._api.containers(all=True, filters={"label": label})
        inspected = (self.inspect(one["Id"]) for one in found)
        return sorted((one for one in inspected if one), key=lambda one: (one.lab, one.node))

    def logs(self, container: str, tail: int | None = None) -> bytes:
        """What its main process printed, stdout and stderr interleaved."""
        return bytes(self._api.logs(container, tail="all" if tail is None else tail))

    def follow_logs(self, container: str, tail: int | None = None) -> Iterator[bytes]:
        """Its output as it comes, until it ends."""
        yield from self._api.logs(
            container, stream=True, follow=True, tail="all" if tail is None else tail
        )

    def put(self, container: str, data: bytes, path: str, mode: int = 0o644) -> None:
        """Write a file into a container, running or not, making parent folders."""
        try:
            self._api.put_archive(container, "/", _archive(data, path, mode))
        except docker.errors.APIError as error:
            raise LabError(f"cannot write {path} in {container}: {_words(error)}") from error

    def get(self, container: str, path: str) -> bytes:
        """Read a file of a container. Raises LabError where there is none."""
        try:
            chunks, _ = self._api.get_archive(container, path)
        except docker.errors.NotFound as error:
            raise LabError(f"no file {path} in {container}") from error
        return _only_file(b"".join(chunks), path)

    # -- exec -----------------------------------------------------------------------------------

    def exec_start(
        self, container: str, argv: Sequence[str], env: Mapping[str, str] | None
    ) -> tuple[str, Iterator[tuple[bytes | None, bytes | None]]]:
        """Run a command; return its exec id and its (stdout, stderr) chunks. Raises LabError."""
        try:
            made = self._api.exec_create(container, list(argv), environment=dict(env or {}))
            stream = self._api.exec_start(made["Id"], stream=True, demux=True)
        except docker.errors.APIError as error:
            raise LabError(f"cannot run {argv[0]!r} in {container}: {_words(error)}") from error
        return str(made["Id"]), stream

    def exec_exit_code(self, exec_id: str) -> int | None:
        """Exit code of an exec, None while it runs."""
        code = self._api.exec_inspect(exec_id)["ExitCode"]
        return None if code is None else int(code)


def _port_bindings(spec: ContainerSpec) -> dict[str, list[tuple[str, int | None]]]:
    bindings: dict[str, list[tuple[str, int | None]]] = {}
    for address, host_port, port, protocol in spec.ports:
        bindings.setdefault(f"{port}/{protocol}", []).append((address, host_port or None))
    return bindings


def _container(raw: Mapping[str, Any]) -> Container:
    labels = raw["Config"]["Labels"] or {}
    endpoints = (raw["NetworkSettings"].get("Networks") or {}).values()
    on_mgmt: Mapping[str, Any] = next((one for one in endpoints if one.get("IPAddress")), {})
    return Container(
        id=raw["Id"],
        name=raw["Name"].lstrip("/"),
        lab=labels.get(LABEL_LAB, ""),
        node=labels.get(LABEL_NODE, ""),
        role=labels.get(LABEL_ROLE, ""),
        state=raw["State"]["Status"],
        image=raw["Config"]["Image"],
        spec=labels.get(LABEL_SPEC, ""),
        topology=labels.get(LABEL_TOPOLOGY, ""),
        pid=raw["State"]["Pid"],
        ipv4=on_mgmt.get("IPAddress", ""),
        ipv6=on_mgmt.get("GlobalIPv6Address", ""),
        mac=on_mgmt.get("MacAddress", ""),
        exit_code=raw["State"]["ExitCode"],
    )


def _archive(data: bytes, path: str, mode: int) -> bytes:
    """A tar with one file and the folders above it."""
    buffer = io.BytesIO()
    target = PurePosixPath(path.lstrip("/"))
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        info = tarfile.TarInfo(str(target))
        info.size = len(data)
        info.mode = mode
        info.mtime = int(time.time())
        tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def _only_file(archive: bytes, path: str) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for member in tar.getmembers():
            content = tar.extractfile(member) if member.isfile() else None
            if content is not None:
                return content.read()
    raise LabError(f"{path} is not a regular file")


def _words(error: Exception) -> str:
    """The daemon's own explanation, without the SDK's wrapping."""
    explanation = getattr(error, "explanation", None)
    return str(explanation or error).strip()


def _unavailable(error: Exception) -> LabError:
    text = str(error)
    if "Permission denied" in text:
        return LabError(
            "Docker is running, but you may not use it (permission denied on its socket)",
            "add yourself to the docker group (sudo usermod -aG docker $USER, then log in again), "
            "or run with sudo",
        )
    return LabError(
        "no Docker daemon answers",
        "run `make lab-up` once: it installs and starts Docker; or start your own and set "
        "DOCKER_HOST if it listens elsewhere",
    )
