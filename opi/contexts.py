"""Contexts: which DPU to talk to, and with which TLS files.

A file of contexts, as people keep one and as a lab writes one beside its topology:

    contexts:
      - {name: dpu1, address: "10.213.0.2:50051", insecure: true}
      - name: rack7
        address: dpu.example.net:50051
        tls-ca: ca.pem            # relative to this file
        tls-cert: client.pem
        tls-key: client.key
        tls-server-name: dpu1     # where the certificate names something else than the address
    current-context: dpu1

Read are, nearest first: the lab files of the working directory (`opictl.yml`,
`dpulab-*/opictl.yml`), then the user's own (`~/.config/opictl/config.yml`); or only the one file
that OPICTL_CONFIG or --config names.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

DEFAULT_PORT = 50051
DEFAULT_ADDRESS = f"127.0.0.1:{DEFAULT_PORT}"
CONFIG_VARIABLE = "OPICTL_CONFIG"

TLS_KEYS = ("tls-ca", "tls-cert", "tls-key", "tls-server-name")
_FILE_KEYS = ("tls-ca", "tls-cert", "tls-key")
_KEYS = {"name", "address", "insecure", *TLS_KEYS}

_NOT_YAML = (YAMLError, ValueError, LookupError, ArithmeticError, TypeError, AttributeError)
"""Besides its own errors ruamel lets built-in ones out."""


class ContextError(Exception):
    """A context that cannot be used; `hint` says what to do about it."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


@dataclass(frozen=True)
class Context:
    """Where a server is and how to trust it.

    Attributes:
        address: HOST:PORT, [IPv6]:PORT or unix:PATH.
        insecure: clear text instead of TLS.
        tls_ca: file with the certificates (PEM) that sign the server's; '' takes the machine's.
        tls_cert, tls_key: the client's own certificate and key (PEM), for servers that want one.
        tls_server_name: name that the server's certificate has; '' takes the address.
        source: file that it comes from; None when it was put together from flags.
    """

    name: str = ""
    address: str = DEFAULT_ADDRESS
    insecure: bool = False
    tls_ca: str = ""
    tls_cert: str = ""
    tls_key: str = ""
    tls_server_name: str = ""
    source: Path | None = None

    def to_data(self) -> dict[str, Any]:
        """The context as a file has it."""
        keys = {"name": self.name, "address": self.address, "insecure": self.insecure}
        tls = {key: getattr(self, key.replace("-", "_")) for key in TLS_KEYS}
        return {key: value for key, value in {**keys, **tls}.items() if value}


@dataclass(frozen=True)
class ContextFile:
    """One file of contexts."""

    path: Path
    contexts: tuple[Context, ...] = ()
    current: str = ""

    def with_context(self, context: Context) -> ContextFile:
        """The file with the context added, or put in place of one of the same name."""
        others = tuple(one for one in self.contexts if one.name != context.name)
        return replace(self, contexts=(*others, replace(context, source=self.path)))

    def save(self) -> None:
        """Write the file; it belongs to the user alone. Raises OSError."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        data = {
            "contexts": [one.to_data() for one in self.contexts],
            "current-context": self.current,
        }
        yaml = YAML(typ="safe", pure=True)
        yaml.default_flow_style = False
        temporary = self.path.with_name(self.path.name + ".new")
        with temporary.open("w", encoding="utf-8") as stream:
            yaml.dump(data, stream)
        temporary.chmod(0o600)
        temporary.replace(self.path)


@dataclass(frozen=True)
class Overrides:
    """What the command line or the environment says; '' and None say nothing."""

    context: str = ""
    address: str = ""
    insecure: bool | None = None
    tls_ca: str = ""
    tls_cert: str = ""
    tls_key: str = ""
    tls_server_name: str = ""


@dataclass(frozen=True)
class Contexts:
    """The files that count, nearest first."""

    files: tuple[ContextFile, ...] = field(default=())

    def all(self) -> Iterator[Context]:
        """Every context, by file."""
        return (one for file in self.files for one in file.contexts)

    def find(self, name: str) -> Context:
        """The context of this name. Raises ContextError when there is none, or more than one."""
        found = [one for one in self.all() if one.name == name]
        if not found:
            names = ", ".join(sorted({one.name for one in self.all()}))
            known = f"there are: {names}" if names else "`opictl context add` makes one"
            raise ContextError(f"no context is called {name!r}", known)
        if len(found) > 1:
            places = ", ".join(str(one.source) for one in found)
            raise ContextError(
                f"{len(found)} contexts are called {name!r}", f"choose with --config: {places}"
            )
        return found[0]

    @property
    def current(self) -> str:
        """Name of the context that is used when none is asked for; '' when there is none."""
        return next((file.current for file in self.files if file.current), "")

    def choose(self, overrides: Overrides) -> Context:
        """The context to use. Flags win over the environment (both are in `overrides`), an address
        over a context, a named context over the current one. Raises ContextError.
        """
        if overrides.address:
            base = Context(insecure=overrides.insecure is None and _is_clear(overrides))
        elif name := overrides.context or self.current:
            base = self.find(name)
        else:
            base = Context(insecure=overrides.insecure is None and not overrides.tls_ca)
        given = {
            key: getattr(overrides, key)
            for key in ("address", "insecure", "tls_ca", "tls_cert", "tls_key", "tls_server_name")
            if getattr(overrides, key) not in ("", None)
        }
        if overrides.insecure is None and any(key.startswith("tls_") for key in given):
            given["insecure"] = False
        chosen = replace(base, **given)
        return replace(chosen, address=with_port(chosen.address))


def read_contexts(
    environment: Mapping[str, str] = os.environ, folder: Path | None = None, config: str = ""
) -> Contexts:
    """The files of contexts that count here. Raises ContextError for one that cannot be read."""
    named = config or environment.get(CONFIG_VARIABLE, "")
    if named:
        path = Path(named).expanduser()
        return Contexts((read_file(path) if path.exists() else ContextFile(path),))
    here = folder or Path.cwd()
    lab_files = [here / "opictl.yml", *sorted(here.glob("dpulab-*/opictl.yml"))]
    paths = [path for path in lab_files if _is_trusted(path)] + [user_file(environment)]
    return Contexts(tuple(read_file(path) for path in paths if path.is_file()))


def user_file(environment: Mapping[str, str] = os.environ) -> Path:
    """The user's own file of contexts."""
    base = environment.get("XDG_CONFIG_HOME") or "~/.config"
    return Path(base).expanduser() / "opictl" / "config.yml"


def read_file(path: Path) -> ContextFile:
    """Read one file of contexts. Raises ContextError."""
    try:
        data = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ContextError(f"{path}: {error.strerror}") from error
    except _NOT_YAML as error:
        raise ContextError(f"{path}: not valid YAML: {_first_line(error)}") from error
    if data is None:
        return ContextFile(path)
    if not isinstance(data, dict) or not isinstance(data.get("contexts") or [], list):
        raise ContextError(
            f"{path}: not a file of contexts", "it has `contexts: [{name, address}]`"
        )
    contexts = tuple(_context(path, one) for one in data.get("contexts") or [])
    return ContextFile(path, contexts, str(data.get("current-context") or ""))


def with_port(address: str) -> str:
    """The address with a port: `dpu1` -> `dpu1:50051`, `::1` -> `[::1]:50051`."""
    if address.startswith("unix:"):
        return address
    if _is_ip(address):
        return f"[{address}]:{DEFAULT_PORT}" if ":" in address else f"{address}:{DEFAULT_PORT}"
    _, colon, port = address.rpartition(":")
    if colon and port.isdigit():
        return address
    return f"{address.removesuffix(':')}:{DEFAULT_PORT}"


def is_loopback(address: str) -> bool:
    """Whether an address cannot leave this machine."""
    host = with_port(address).rpartition(":")[0].strip("[]")
    if address.startswith("unix:") or host == "localhost":
        return True
    return _is_ip(host) and ip_address(host).is_loopback


def _is_clear(overrides: Overrides) -> bool:
    """A bare --address: clear text on this machine, TLS across a network."""
    return is_loopback(overrides.address)


def _is_ip(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_trusted(path: Path) -> bool:
    """Whether a lab file was put here by the user or root: it says where secrets are sent."""
    try:
        return path.stat().st_uid in {os.geteuid(), 0}
    except OSError:
        return False


def _context(path: Path, data: Any) -> Context:
    if not isinstance(data, dict) or not data.get("name") or not data.get("address"):
        raise ContextError(f"{path}: a context has at least `name` and `address`")
    name = str(data["name"])
    unknown = sorted(map(str, set(data) - _KEYS))
    if unknown:
        known = ", ".join(sorted(_KEYS))
        raise ContextError(
            f"{path}: context {name!r}: unknown key {unknown[0]!r}", f"known: {known}"
        )
    files = {key: _beside(path, str(data[key])) for key in _FILE_KEYS if data.get(key)}
    return Context(
        name=name,
        address=str(data["address"]),
        insecure=data.get("insecure") is True,
        tls_ca=files.get("tls-ca", ""),
        tls_cert=files.get("tls-cert", ""),
        tls_key=files.get("tls-key", ""),
        tls_server_name=str(data.get("tls-server-name") or ""),
        source=path,
    )


def _beside(path: Path, name: str) -> str:
    """A file that a context names, relative to the file that the context is in."""
    return str(path.parent.absolute() / Path(name).expanduser())


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
