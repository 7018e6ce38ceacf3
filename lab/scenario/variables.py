"""`${name}` in scenario files.

A string that is one reference and nothing else takes the variable's value with its type; inside
other text the value is written out. `$${` stands for a plain `${`, for the shell.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from lab.errors import LabError
from lab.topology.model import Topology
from lab.topology.problems import suggest

Path = tuple[str | int, ...]

_REFERENCE = re.compile(r"\$\$\{|\$\{([^{}]*)\}")
_NODE_ATTRIBUTES = ("ipv4", "ipv6", "mac")


class UnknownVariableError(LabError):
    """A reference to a variable that has no value."""


def is_unresolved(value: object) -> bool:
    """Whether a value is text that still has a reference in it."""
    return isinstance(value, str) and any(True for _ in _names(value))


def references(tree: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every reference in a JSON-like tree: the path of the string and the variable's name."""
    if isinstance(tree, str):
        yield from ((path, name) for name in _names(tree))
    elif isinstance(tree, Mapping):
        for key, value in tree.items():
            yield from references(value, (*path, str(key)))
    elif isinstance(tree, list | tuple):
        for index, value in enumerate(tree):
            yield from references(value, (*path, index))


def substitute(tree: Any, lookup: Callable[[str], Any]) -> Any:
    """The tree with every reference replaced by what `lookup` says; keys stay as they are."""
    if isinstance(tree, str):
        return _replace(tree, lookup)
    if isinstance(tree, Mapping):
        return {key: substitute(value, lookup) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return [substitute(value, lookup) for value in tree]
    return tree


def _names(text: str) -> Iterator[str]:
    for match in _REFERENCE.finditer(text):
        if match[0] != "$${":
            yield match[1].strip()


def _replace(text: str, lookup: Callable[[str], Any]) -> Any:
    whole = _REFERENCE.fullmatch(text)
    if whole and whole[0] != "$${":
        return lookup(whole[1].strip())
    return _REFERENCE.sub(
        lambda match: "${" if match[0] == "$${" else _text(lookup(match[1].strip())), text
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


class Variables:
    """The variables of one run: given ones, saved ones, and what is known of the lab's nodes.

    `node.NAME.mgmt` is the management IPv4 address; `node.NAME.IF.ipv4`, `.ipv6` and `.mac` are
    the addresses of an interface in the topology, without prefix length.
    """

    def __init__(
        self, values: Mapping[str, Any], topology: Topology, mgmt: Callable[[str], str]
    ) -> None:
        self._values = dict(values)
        self._topology = topology
        self._mgmt = mgmt

    def set(self, name: str, value: Any) -> None:
        """Give a variable its value."""
        self._values[name] = value

    def __call__(self, name: str) -> Any:
        """The value of a variable. Raises UnknownVariableError."""
        if name in self._values:
            return self._values[name]
        if name.startswith("node."):
            return self._of_node(name)
        raise UnknownVariableError(
            f"variable '{name}' has no value", suggest(name, self._values, "known")
        )

    def _of_node(self, name: str) -> str:
        node, _, rest = name.removeprefix("node.").partition(".")
        if node not in self._topology.nodes:
            raise UnknownVariableError(
                f"variable '{name}': no node '{node}'",
                suggest(node, self._topology.nodes, "nodes"),
            )
        value = self._mgmt(node) if rest == "mgmt" else self._of_interface(name, node, rest)
        if not value:
            raise UnknownVariableError(f"variable '{name}': '{node}' has no such address")
        return value

    def _of_interface(self, name: str, node: str, rest: str) -> str:
        interface, _, attribute = rest.rpartition(".")
        found = self._topology.endpoint(node, interface)
        if found is None or attribute not in _NODE_ATTRIBUTES:
            raise UnknownVariableError(
                f"variable '{name}' is not known",
                f"node.NAME.mgmt, or node.NAME.INTERFACE.({'|'.join(_NODE_ATTRIBUTES)})",
            )
        return str(getattr(found[1], attribute)).partition("/")[0]


def at(tree: Any, path: str) -> Any:
    """The value at a dotted path with list positions, `pci[0].address`; '.' is the tree itself.

    Raises KeyError with the part that is not there.
    """
    value = tree
    for part in re.findall(r"[^.\[\]]+", path):
        if isinstance(value, list) and re.fullmatch(r"-?\d+", part):
            if not -len(value) <= int(part) < len(value):
                raise KeyError(part)
            value = value[int(part)]
        elif isinstance(value, Mapping) and part in value:
            value = value[part]
        else:
            raise KeyError(part)
    return value
