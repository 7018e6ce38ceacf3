"""The standard methods (google.aip.dev/131 to 135) of any resource, over a client.

Names are given in any form that `opi.resources` accepts and sent in the form that servers return.
Everything here raises CallError.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from google.protobuf.message import Message

from opi.catalog import Method
from opi.resources import Resources, ResourceType, resources
from opi.status import CallError, Status

if TYPE_CHECKING:
    from opi.client import Client

_PARENT_LITERAL = re.compile(r"\{parent=([^}*]+)\}")


def create(
    client: Client, kind: ResourceType, resource: Message, resource_id: str = "", parent: str = ""
) -> Any:
    """Create a resource; without an id the server chooses one. Returns it as stored."""
    request = kind.methods["Create"].request()
    getattr(request, kind.field("Create")).CopyFrom(resource)
    _put(request, kind.id_field, resource_id)
    _put(request, "parent", parent or _literal_parent(kind, "Create"))
    return client.unary(kind.methods["Create"], request)


def get(client: Client, kind: ResourceType, name: str, timeout: float | None = None) -> Any:
    """One resource."""
    return client.unary(kind.methods["Get"], named(kind, "Get", name), timeout)


def update(
    client: Client,
    kind: ResourceType,
    name: str,
    resource: Message,
    paths: Sequence[str],
    *,
    allow_missing: bool = False,
) -> Any:
    """Change the fields at `paths`; none at all leaves the choice to the server (AIP-134)."""
    request = named(kind, "Update", name)
    body = getattr(request, kind.field("Update"))
    body.CopyFrom(resource)
    body.name = name
    request.update_mask.paths.extend(paths)  # type: ignore[attr-defined]
    _put(request, "allow_missing", allow_missing)
    return client.unary(kind.methods["Update"], request)


def delete(client: Client, kind: ResourceType, name: str, *, allow_missing: bool = False) -> None:
    """Delete a resource."""
    request = named(kind, "Delete", name)
    _put(request, "allow_missing", allow_missing)
    client.unary(kind.methods["Delete"], request)


def named(kind: ResourceType, verb: str, name: str) -> Message:
    """The request of a method that takes a name and nothing else."""
    request = kind.methods[verb].request()
    _put(request, "name", name)
    return request


def list_all(
    client: Client,
    kind: ResourceType,
    parent: str = "",
    *,
    page_size: int = 0,
    limit: int | None = None,
    source: Resources | None = None,
) -> Iterator[Any]:
    """Every resource, page by page. A child type without `parent`: those of all parents.

    `source` is where the types of parents are looked for: all there are, where it is left out.
    """
    return islice(_listed(client, kind, parent, page_size, source), limit)


def _listed(
    client: Client, kind: ResourceType, parent: str, page_size: int, source: Resources | None
) -> Iterator[Any]:
    if parent or not kind.is_child:
        yield from _pages(client, kind, parent, page_size)
        return
    above = parent_type(kind, source)
    for one in list_all(client, above, page_size=page_size, source=source):
        yield from _pages(client, kind, one.name, page_size)


def _pages(client: Client, kind: ResourceType, parent: str, page_size: int) -> Iterator[Any]:
    method = kind.methods["List"]
    request: Any = method.request(page_size=page_size)
    _put(request, "parent", parent or _literal_parent(kind, "List"))
    while True:
        answer = client.unary(method, request)
        yield from getattr(answer, kind.list_field)
        token = answer.next_page_token
        if not token:
            return
        if token == request.page_token:
            raise CallError(Status("INTERNAL", "the server gave the same page twice"), method.path)
        request.page_token = token


def parent_type(kind: ResourceType, source: Resources | None = None) -> ResourceType:
    """The type that the names of `kind` lie below. Raises LookupError for a top-level type."""
    types = (source or resources()).types
    found = [one for one in types if kind.parent == one.pattern]
    if not found:
        raise LookupError(f"{kind.kind} has no parent")
    return found[0]


def _literal_parent(kind: ResourceType, verb: str) -> str:
    """What top-level types with a `parent` field expect there: the collection (HTTP binding)."""
    method = kind.methods[verb]
    if kind.is_child or "parent" not in method.request.DESCRIPTOR.fields_by_name:
        return ""
    return _bound_parent(method) or kind.pattern.text.partition("/")[0]


def _bound_parent(method: Method) -> str:
    matches = (_PARENT_LITERAL.search(binding.path) for binding in method.bindings)
    return next((match[1] for match in matches if match), "")


def _put(request: Message, field: str, value: Any) -> None:
    """Set a field that not every request has."""
    if value and field in request.DESCRIPTOR.fields_by_name:
        setattr(request, field, value)
