"""Docker Engine behind the few verbs that a lab needs. Nothing else imports the docker SDK."""

from __future__ import annotations

import contextlib
import struct
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO

import docker
import docker.errors
import docker.types
import requests.exceptions

from lab.errors import LabError
from lab.ownership import LABEL_LAB
from lab.runtime import archive
from lab.runtime.container import Container, ContainerSpec, described

API_TIMEOUT = 60
POOL_SIZE = 64
"""Connections kept to the daemon: an exec stream holds one for as long as it runs."""

_STOP_GRACE = 5

_FRAME = struct.Struct(">BxxxI")
_STDOUT = 1

Output = Iterator[tuple[bytes | None, bytes | None]]
"""Chunks of (stdout, stderr)."""


class Docker:
    """A connection to the Docker daemon. Safe to use from many threads.

    Every method raises LabError with the daemon's own words when it refuses or does not answer.
    """

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
        with _asking("cannot ask for the version"):
            return str(self._api.version()["Version"])

    # -- images ---------------------------------------------------------------------------------

    def image_id(self, reference: str) -> str | None:
        """The id of a local image, None where there is none."""
        with _asking(f"cannot inspect image {reference}"):
            try:
                return str(self._api.inspect_image(reference)["Id"])
            except docker.errors.ImageNotFound:
                return None

    def pull(self, reference: str) -> Iterator[str]:
        """Pull an image, yielding the daemon's status lines."""
        with _asking(f"cannot pull image {reference}"):
            for event in self._api.pull(reference, stream=True, decode=True):
                if "error" in event:
                    raise LabError(f"cannot pull image {reference}: {event['error']}")
                yield str(event.get("status", ""))

    # -- networks -------------------------------------------------------------------------------

    def create_network(self, name: str, labels: Mapping[str, str], **settings: Any) -> None:
        """Create a bridge network.

        `settings`: subnets (list of (subnet, gateway)), internal, ipv6, options.
        """
        pools = [
            docker.types.IPAMPool(subnet=subnet, gateway=gateway or None)
            for subnet, gateway in settings["subnets"]
        ]
        with _asking(f"cannot create network {name}"):
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

    def networks(self) -> list[dict[str, Any]]:
        """All networks of the daemon, as the daemon describes them."""
        with _asking("cannot list networks"):
            return list(self._api.networks())

    def network(self, name: str) -> dict[str, Any] | None:
        """One network by exact name."""
        with _asking(f"cannot look for network {name}"):
            found = self._api.networks(names=[name])
        return next((dict(one) for one in found if one["Name"] == name), None)

    def lab_networks(self, lab: str) -> list[str]:
        """Names of the networks that carry the label of a lab."""
        with _asking("cannot list networks"):
            found = self._api.networks(filters={"label": f"{LABEL_LAB}={lab}"})
        return [str(one["Name"]) for one in found]

    def remove_network(self, name: str) -> None:
        """Remove a network; one that is gone already is fine."""
        with _asking(f"cannot remove network {name}"), contextlib.suppress(docker.errors.NotFound):
            self._api.remove_network(name)

    # -- containers -----------------------------------------------------------------------------

    def create(self, spec: ContainerSpec) -> str:
        """Create a container, not yet started; return its id."""
        with _asking(f"cannot create container {spec.name}"):
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
        """Start a container."""
        with _asking(f"cannot start container {container}"):
            self._api.start(container)

    def stop(self, container: str, *, kill: bool = False) -> None:
        """Stop (SIGTERM, then SIGKILL after 5 s) or kill a container; a stopped one is fine."""
        with _asking(f"cannot stop container {container}"):
            try:
                if kill:
                    self._api.kill(container, "SIGKILL")
                    self._api.wait(container, timeout=API_TIMEOUT)
                else:
                    self._api.stop(container, timeout=_STOP_GRACE)
            except docker.errors.APIError as error:
                if error.status_code not in (requests.codes.not_found, requests.codes.conflict):
                    raise

    def remove(self, container: str) -> None:
        """Kill and remove a container with its anonymous volumes; a missing one is fine."""
        deadline = time.monotonic() + API_TIMEOUT
        with _asking(f"cannot remove container {container}"):
            while not self._removed(container, is_last=time.monotonic() > deadline):
                time.sleep(0.1)  # another removal is under way: ask again until it is done

    def _removed(self, container: str, *, is_last: bool) -> bool:
        try:
            self._api.remove_container(container, force=True, v=True)
        except docker.errors.APIError as error:
            if error.status_code == requests.codes.not_found:
                return True
            if error.status_code != requests.codes.conflict or is_last:
                raise
            return False
        return True

    def inspect(self, container: str) -> Container | None:
        """What the daemon says about a container, None where there is none."""
        with _asking(f"cannot inspect container {container}"):
            try:
                return described(self._api.inspect_container(container))
            except docker.errors.NotFound:
                return None

    def containers(self, lab: str | None = None) -> list[Container]:
        """All containers of a lab, or of all labs, running or not."""
        label = LABEL_LAB if lab is None else f"{LABEL_LAB}={lab}"
        with _asking("cannot list containers"):
            found = self._api.containers(all=True, filters={"label": label})
        inspected = (self.inspect(one["Id"]) for one in found)
        return sorted((one for one in inspected if one), key=lambda one: (one.lab, one.node))

    def logs(self, container: str, tail: int | None = None) -> bytes:
        """What its main process printed, stdout and stderr interleaved."""
        with _asking(f"cannot read the logs of {container}"):
            return bytes(self._api.logs(container, tail="all" if tail is None else tail))

    def follow_logs(self, container: str, tail: int | None = None) -> Iterator[bytes]:
        """Its output as it comes, until it ends."""
        lines = "all" if tail is None else tail
        with _asking(f"cannot read the logs of {container}"):
            yield from self._api.logs(container, stream=True, follow=True, tail=lines)

    def put(self, container: str, data: bytes, path: str, mode: int = 0o644) -> None:
        """Write a file into a container, running or not, making parent folders."""
        with _asking(f"cannot write {path} in {container}"):
            self._api.put_archive(container, "/", archive.pack(data, path, mode))

    def get(self, container: str, path: str) -> bytes:
        """Read a file of a container. Raises LabError where there is none."""
        with _asking(f"cannot read {path} in {container}"):
            chunks, _ = self._api.get_archive(container, path)
            return archive.unpack(b"".join(chunks), path)

    # -- exec -----------------------------------------------------------------------------------

    def exec_start(
        self, container: str, argv: Sequence[str], env: Mapping[str, str] | None
    ) -> tuple[str, Output]:
        """Run a command; return its exec id and its output as it comes."""
        with _asking(f"cannot run {argv[0]!r} in {container}"):
            made = self._api.exec_create(container, list(argv), environment=dict(env or {}))
            stream = self._api.exec_start(made["Id"], socket=True)
        return str(made["Id"]), _frames(stream)

    def exec_exit_code(self, exec_id: str) -> int | None:
        """Exit code of an exec, None while it runs. Raises LabError when its container is gone."""
        with _asking("cannot ask how a command ended"):
            code = self._api.exec_inspect(exec_id)["ExitCode"]
        return None if code is None else int(code)


def _frames(stream: Any) -> Output:
    """The chunks of an exec's multiplexed output. Its connection is of no use afterwards.

    A frame is a byte for the stream, three of nothing, the length (big-endian), and the data. What
    the daemon sends along with its HTTP headers sits in the response's buffer, so that is what is
    read; the SDK's own reader takes the bare socket and loses the first words of short commands.
    """
    response = stream._response
    buffered: BinaryIO = response.raw._fp.fp
    stream._sock.settimeout(None)  # a command may be silent for as long as it likes
    try:
        while len(header := buffered.read(_FRAME.size)) == _FRAME.size:
            kind, length = _FRAME.unpack(header)
            data = buffered.read(length)
            yield (data, None) if kind == _STDOUT else (None, data)
    finally:
        response.close()


@contextlib.contextmanager
def _asking(step: str) -> Iterator[None]:
    """Whatever goes wrong with a request becomes a LabError that says what was asked."""
    try:
        yield
    except docker.errors.APIError as error:
        raise LabError(f"{step}: {error.explanation or error}".strip()) from error
    except (docker.errors.DockerException, requests.exceptions.RequestException) as error:
        raise LabError(
            f"{step}: the Docker daemon does not answer ({error})", "see its logs, then try again"
        ) from error


def _port_bindings(spec: ContainerSpec) -> dict[str, list[tuple[str, int | None]]]:
    bindings: dict[str, list[tuple[str, int | None]]] = {}
    for address, host_port, port, protocol in spec.ports:
        bindings.setdefault(f"{port}/{protocol}", []).append((address, host_port or None))
    return bindings


def _unavailable(error: Exception) -> LabError:
    if "Permission denied" in str(error):
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
