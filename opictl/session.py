"""Which DPU a command talks to, and how it prints: the global flags, wherever they stand.

`opictl -o json storage subsystem list` and `opictl storage subsystem list -o json` are the same;
the flag nearest to the end wins, then the environment, then the context.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from opi.client import Client
    from opi.contexts import Context, Contexts

FORMATS = ("table", "wide", "json", "yaml", "name")
_PREFIX = "global_"
_TLS = ("tls_ca", "tls_cert", "tls_key", "tls_server_name")
_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})

COMPLETION_SECONDS = 1.0
"""How long a shell waits for names."""


@dataclass(frozen=True)
class GlobalFlag:
    """A flag that every command takes, and its environment variable."""

    names: tuple[str, ...]
    help: str
    variable: str
    metavar: str | None = None
    kind: Any = None

    @property
    def words(self) -> frozenset[str]:
        """All its spellings: {"--insecure", "--no-insecure"}."""
        return frozenset(word for name in self.names for word in name.split("/"))

    @property
    def key(self) -> str:
        """What the flag is called within."""
        return max(self.names, key=len).lstrip("-").partition("/")[0].replace("-", "_")


GLOBAL_FLAGS = (
    GlobalFlag(("--context",), "Name of the DPU's context.", "OPICTL_CONTEXT", "NAME"),
    GlobalFlag(("--address", "-a"), "HOST:PORT instead of a context.", "OPICTL_ADDRESS", "ADDRESS"),
    GlobalFlag(("--config",), "File of contexts.", "OPICTL_CONFIG", "FILE"),
    GlobalFlag(("--insecure/--no-insecure",), "Plain text instead of TLS.", "OPICTL_INSECURE"),
    GlobalFlag(("--tls-ca",), "CA certificates that sign the server's.", "OPICTL_TLS_CA", "FILE"),
    GlobalFlag(("--tls-cert",), "Certificate to show the server.", "OPICTL_TLS_CERT", "FILE"),
    GlobalFlag(("--tls-key",), "Key of that certificate.", "OPICTL_TLS_KEY", "FILE"),
    GlobalFlag(
        ("--tls-server-name",),
        "Name in the server's certificate.",
        "OPICTL_TLS_SERVER_NAME",
        "NAME",
    ),
    GlobalFlag(
        ("--timeout", "-t"),
        "Seconds that a call may take (10).",
        "OPICTL_TIMEOUT",
        "SECONDS",
        click.FloatRange(0, min_open=True),
    ),
    GlobalFlag(
        ("--output", "-o"),
        "How to print.",
        "OPICTL_OUTPUT",
        "|".join(FORMATS),
        click.Choice(FORMATS),
    ),
    GlobalFlag(("--reveal",), "Show secrets, where the server gives them.", "OPICTL_REVEAL"),
)


def global_options(*, hidden: bool, without: frozenset[str] = frozenset()) -> list[click.Option]:
    """The global flags as options of a command.

    Args:
        hidden: whether they are left out of help.
        without: names like "--timeout" that the command has another meaning for.
    """
    return [_option(one, hidden) for one in GLOBAL_FLAGS if not without & one.words]


def _option(flag: GlobalFlag, hidden: bool) -> click.Option:
    is_flag = flag.metavar is None
    return click.Option(
        [_PREFIX + flag.key, *flag.names],
        help=f"{flag.help} [{flag.variable}]",
        metavar=flag.metavar,
        type=None if is_flag else flag.kind,
        is_flag=is_flag,
        default=None,
        hidden=hidden,
        expose_value=True,
        shell_complete=_complete_contexts if flag.key == "context" else None,
    )


def _complete_contexts(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    try:
        names = [one.name for one in Session(ctx).contexts.all()]
    except Exception:  # noqa: BLE001 - a shell shows nothing rather than an error
        return []
    return sorted({name for name in names if name.startswith(incomplete)})


_talked_to: list[Context] = []


def last_server() -> Context | None:
    """The server that was talked to last: an error of a call does not say."""
    return _talked_to[0] if _talked_to else None


class Session:
    """What the global flags of a command line say. Reads files only when they are needed."""

    def __init__(self, ctx: click.Context) -> None:
        self._ctx = ctx

    def given(self, key: str) -> Any:
        """What a global flag says, such as "tls_ca"; None where it says nothing."""
        return self._said(key)

    def _said(self, key: str) -> Any:
        """What the flag nearest to the end of the command line says, or the environment."""
        value = self._flag(key)
        if value is not None:
            return value
        flag = next(one for one in GLOBAL_FLAGS if one.key == key)
        text = os.environ.get(flag.variable, "")
        return _from_environment(flag, text) if text else None

    def _flag(self, key: str) -> Any:
        """What the flag nearest to the end of the command line says; None without one."""
        here: click.Context | None = self._ctx
        while here is not None:
            value = here.params.get(_PREFIX + key)
            if value is not None:
                return value
            here = here.parent
        return None

    @property
    def output(self) -> str:
        """One of FORMATS."""
        return self._said("output") or "table"

    @property
    def chosen_output(self) -> str:
        """One of FORMATS, or "" where nobody has chosen."""
        return self._said("output") or ""

    @property
    def reveal(self) -> bool:
        """Whether secrets that the server gives are shown."""
        return bool(self._said("reveal"))

    @property
    def timeout(self) -> float | None:
        """Seconds that a call may take, where somebody says so."""
        value: float | None = self._said("timeout")
        return value

    @property
    def config(self) -> str:
        """The file of contexts, where one is named."""
        return self._said("config") or ""

    @property
    def contexts(self) -> Contexts:
        """The files of contexts that count. Raises ContextError."""
        contexts = import_module("opi.contexts")
        found: Contexts = contexts.read_contexts(os.environ, config=self.config)
        return found

    @property
    def context(self) -> Context:
        """The server to talk to. Raises ContextError."""
        contexts = import_module("opi.contexts")
        tls = {key: self._said(key) or "" for key in _TLS}
        context, address = self._said("context") or "", self._said("address") or ""
        if self._flag("context") and not self._flag("address"):
            address = ""  # a context on the command line wins over an address of the environment
        overrides = contexts.Overrides(
            context=context,
            address=address,
            insecure=self._said("insecure"),
            **tls,
        )
        chosen: Context = self.contexts.choose(overrides)
        return chosen

    @contextmanager
    def client(self, timeout: float | None = None) -> Iterator[Client]:
        """A connection to the server. Raises ContextError."""
        client = import_module("opi.client")
        seconds = timeout or self.timeout or client.DEFAULT_TIMEOUT
        assert self.output  # a mistake there is told before anything is done
        chosen = self.context
        _talked_to[:] = [chosen]
        with client.Client(chosen, seconds) as opened:
            yield opened


def _from_environment(flag: GlobalFlag, text: str) -> Any:
    if flag.metavar is None:
        if text.lower() not in _TRUE | _FALSE:
            raise click.UsageError(f"{flag.variable}: {text!r} is neither true nor false")
        return text.lower() in _TRUE
    if flag.kind is None:
        return text
    try:
        return flag.kind.convert(text, None, None)
    except click.BadParameter as error:
        raise click.UsageError(f"{flag.variable}: {error.message}") from None


def action(body: Callable[[click.Context], int | None]) -> Callable[..., int | None]:
    """A click callback that reads its parameters from the context."""
    return lambda **_: body(click.get_current_context())
