"""The standard methods (google.aip.dev/131 to 135) of one kind of resource.

A change goes: validate, lock, store intends, back end applies, store commits, reply. When the
commit fails, the back end is undone; when the process dies, the next start finds the intent. Once
the locks are held a change runs to its end, whatever becomes of the caller.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import suppress
from types import SimpleNamespace
from typing import Any, Generic, TypeVar
from uuid import uuid4

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message

from dpu_sim.api.backend import Backend, M, provides
from dpu_sim.api.call import Call
from dpu_sim.api.errors import (
    ApiError,
    already_exists,
    failed_precondition,
    inside,
    invalid_argument,
    not_found,
)
from dpu_sim.api.names import RequestNames, is_any
from dpu_sim.api.paging import PageTokens, page_size
from dpu_sim.api.store import Abandon, Intend, Put, Record, Remove, Store
from dpu_sim.api.validation import (
    immutable_changes,
    mask_problems,
    missing,
    reference_problems,
    refuse_if,
    strip_outputs,
)
from opi import masks
from opi.behavior import referenced_type
from opi.catalog import Service
from opi.names import id_problem
from opi.resources import Reference, ResourceType, find_references, resources

__all__ = ["Backend", "ResourceService", "compose"]

T = TypeVar("T")
Handler = Callable[[Any, Call], Awaitable[Message]]

SHARED_NAMES = (frozenset({"VirtioScsiController", "VirtioScsiLun"}),)
"""Kinds of which two may have the same name. The kinds of `volumes/` may not, since their ids meet
in one space on the device, save for a LUN and its controller: deployed clients give both one id."""

_MANY = 10
"""So many dependants are named in an error; the rest is counted."""

_log = logging.getLogger(__name__)


class ResourceService(Generic[M]):
    """Create, Get, List, Update, Delete, Stats and Reset of one kind, as far as it has them."""

    def __init__(self, kind: ResourceType, store: Store, backend: Backend[M]) -> None:
        self.kind = kind
        self.backend = backend
        self._store = store
        self._tokens = PageTokens(store.secret)
        self._refreshes = provides(backend, "read") or provides(backend, "read_all")
        self._names = RequestNames(kind)

    def rpcs(self) -> dict[str, Handler]:
        """The handlers by name of the RPC; none for what the kind or the back end lacks."""
        verbs: dict[str, Handler] = {
            "Create": self.create,
            "Get": self.get,
            "List": self.list,
            "Update": self.update,
            "Delete": self.delete,
        }
        optional: dict[str, Handler] = {"Stats": self.stats, "Reset": self.reset}
        verbs |= {v: one for v, one in optional.items() if provides(self.backend, v.lower())}
        methods = self.kind.methods
        return {methods[verb].name: one for verb, one in verbs.items() if verb in methods}

    # -- reading -------------------------------------------------------------------------------

    async def get(self, request: Any, call: Call) -> M:  # noqa: ARG002
        """The resource, with the status of now where the back end tells it."""
        name = self._names.name(request.name)
        if self._refreshes:
            return await self._told(self._record(name), self.backend.read)
        message = self._store.message(self.kind.kind, name)
        if message is None:
            raise self._not_found(name)
        return self._parse(message)

    async def list(self, request: Any, call: Call) -> Message:
        """A page of resources, ordered by name."""
        parent = self._list_parent(request)
        scope = f"{call.method} {'*' if parent is None else parent}"
        try:
            size = page_size(request.page_size)
        except ValueError as error:
            raise invalid_argument("page_size", str(error)) from None
        try:
            after = self._tokens.last(scope, request.page_token)
        except ValueError as error:
            raise invalid_argument("page_token", str(error)) from None
        records = self._store.page(self.kind.kind, parent, after, size + 1)
        response: Any = self.kind.methods["List"].response()
        getattr(response, self.kind.list_field).extend(await self._listed(records[:size]))
        if len(records) > size:
            response.next_page_token = self._tokens.issue(scope, records[size - 1].name)
        return response  # type: ignore[no-any-return]

    async def stats(self, request: Any, call: Call) -> Message:  # noqa: ARG002
        """The counters of the resource."""
        record = self._record(self._names.name(request.name))
        response = self.kind.methods["Stats"].response()
        counters = await self._told(record, self.backend.stats)
        response.stats.CopyFrom(counters)  # type: ignore[attr-defined]
        return response

    # -- changing ------------------------------------------------------------------------------

    async def create(self, request: Any, call: Call) -> M:  # noqa: ARG002
        """Create the resource; the same request again gives what is there."""
        field = self.kind.field("Create")
        body = self._body(getattr(request, field))
        chosen = getattr(request, self.kind.id_field)
        problems = missing(request, ignored=() if self.kind.is_child else ("parent",))
        problems |= reference_problems(body, f"{field}.")
        if chosen and (problem := id_problem(chosen)):
            problems[self.kind.id_field] = problem
        refuse_if(problems)
        parent = self._names.parent(request)
        name = self.kind.name(chosen or str(uuid4()), parent)
        return await self._change(name, body, lambda: self._create(name, parent, body, field))

    async def update(self, request: Any, call: Call) -> M:  # noqa: ARG002
        """Change what the mask names."""
        field = self.kind.field("Update")
        body = self._body(getattr(request, field))
        paths = list(request.update_mask.paths)
        name = self._names.updated(request, field)
        problems = mask_problems(paths, self.kind.descriptor)
        problems |= reference_problems(body, f"{field}.")
        refuse_if(problems)
        upsert = getattr(request, "allow_missing", False)
        return await self._change(
            name, body, lambda: self._update(name, body, paths, field, upsert)
        )

    async def delete(self, request: Any, call: Call) -> Empty:  # noqa: ARG002
        """Delete the resource, unless something depends on it."""
        name = self._names.name(request.name)
        allow_missing = getattr(request, "allow_missing", False)
        return await self._change(name, None, lambda: self._delete(name, allow_missing))

    async def reset(self, request: Any, call: Call) -> Message:  # noqa: ARG002
        """Reset the resource."""
        name = self._names.name(request.name)
        return await self._change(name, None, lambda: self._reset(name))

    async def reconcile(self, name: str) -> None:
        """See to it that the device has the resource as it is stored. Raises ApiError."""
        await self._change(name, None, lambda: self._reconcile(name))

    async def settle(self, name: str) -> None:
        """Take away what an interrupted change left on the device. Raises ApiError.

        The change may also be under way, in part on a device that has gone and in part on the one
        that came back, and succeed: then the device gets what it misses.
        """
        await self._change(name, None, lambda: self._settle(name))

    async def _change(
        self, name: str, body: M | None, work: Callable[[], Coroutine[Any, Any, T]]
    ) -> T:
        """Do `work` as a whole, while neither parents nor what `body` refers to can go away."""
        shared = [self._names.parent_of(name)] if self.kind.is_child else []
        for one in find_references(body) if body is not None else ():
            shared += resources().targets(one.field, one.text)
        return await self._store.locks.run([name], shared, work)

    async def _create(self, name: str, parent: str, body: M, field: str) -> M:
        existing = self._store.get(self.kind.kind, name)
        if existing is not None:
            return self._same(existing, body)
        self._check_name_is_free(name)
        self._check_parent(parent)
        self._check_references(body, field)
        resource = self._named(body, name)
        create = lambda: self.backend.create(self._copy(resource))  # noqa: E731
        made = await self._made(resource, field, create)
        put = self._put(made, parent, body)
        return await self._commit(put, lambda: self.backend.delete(self._parse(put.message)))

    async def _update(
        self, name: str, body: M, paths: Sequence[str], field: str, allow_missing: bool
    ) -> M:
        record = self._store.get(self.kind.kind, name)
        if record is None:
            if not allow_missing:
                raise self._not_found(name)
            return await self._upsert(name, body, field)
        old = self._parse(record.message)
        new = self._named(masks.update(old, body, paths), name)
        refuse_if(missing(new, f"{field}.") | immutable_changes(old, new, f"{field}."))
        if new == old:
            return old
        self._check_references(new, field)
        change = lambda: self.backend.update(self._copy(old), self._copy(new))  # noqa: E731
        made = await self._made(new, field, change)
        put = self._put(made, record.parent)
        undo = lambda: self.backend.update(self._parse(put.message), self._copy(old))  # noqa: E731
        return await self._commit(put, undo)

    async def _upsert(self, name: str, body: M, field: str) -> M:
        """Create what an update with allow_missing names; the mask does not matter then."""
        problems = missing(body, f"{field}.")
        if problem := id_problem(name.rsplit("/", 1)[-1]):
            problems[f"{field}.name"] = problem
        refuse_if(problems)
        return await self._create(name, self._names.parent_of(name), body, field)

    async def _delete(self, name: str, allow_missing: bool) -> Empty:
        record = self._store.get(self.kind.kind, name)
        if record is None:
            if allow_missing:
                return Empty()
            raise self._not_found(name)
        self._check_nothing_depends_on(name)
        await self.backend.delete(self._parse(record.message))
        await self._commit_or_undo(
            Remove(self.kind.kind, name), lambda: self.backend.create(self._parse(record.message))
        )
        return Empty()

    async def _reset(self, name: str) -> Message:
        await self.backend.reset(self._parse(self._record(name).message))
        return self.kind.methods["Reset"].response()

    async def _reconcile(self, name: str) -> None:
        record = self._store.get(self.kind.kind, name)
        if record is None:  # deleted meanwhile
            return
        made = self._named(await self.backend.reconcile(self._parse(record.message)), name)
        if made != self._parse(record.message):
            await self._store.commit(self._put(made, record.parent))

    async def _settle(self, name: str) -> None:
        intended = self._store.intent(self.kind.kind, name)
        if intended is None:
            await self._reconcile(name)
            return
        record = self._store.get(self.kind.kind, name)
        stored = None if record is None else self._parse(record.message)
        await self.backend.discard(self._parse(intended), stored)
        await self._store.commit(Abandon(self.kind.kind, name))

    async def _made(self, resource: M, field: str, apply: Callable[[], Awaitable[M]]) -> M:
        """`_applied` to what the back end finds valid; what it objects to is in `field`."""
        try:
            await self.backend.validate(self._copy(resource))
            return await self._applied(resource, apply)
        except ApiError as error:
            raise inside(error, field) from None

    async def _applied(self, resource: M, apply: Callable[[], Awaitable[M]]) -> M:
        """What the back end made of `resource`, with an intent in the store until the commit."""
        name: str = resource.name  # type: ignore[attr-defined]
        await self._store.commit(Intend(self.kind.kind, name, resource.SerializeToString()))
        try:
            return self._named(await apply(), name)
        except ApiError as error:
            if error.code is not grpc.StatusCode.UNAVAILABLE:  # then the device may have it
                await self._store.commit(Abandon(self.kind.kind, name))
            raise

    async def _commit(self, put: Put, undo: Callable[[], Awaitable[Any]]) -> M:
        await self._commit_or_undo(put, undo)
        return self._parse(put.message)

    async def _commit_or_undo(
        self, change: Put | Remove, undo: Callable[[], Awaitable[Any]]
    ) -> None:
        try:
            await self._store.commit(change)
        except BaseException:
            try:
                await undo()
            except Exception:  # noqa: BLE001 (the first error is the one to report)
                _log.exception("%s differs from the store until the next start", change.name)
            else:
                with suppress(ApiError):  # an intent too many does no harm
                    await self._store.commit(Abandon(change.kind, change.name))
            raise

    # -- checks against the store --------------------------------------------------------------

    def _same(self, existing: Record, body: M) -> M:
        """What is stored, when `body` asks for just that. Raises ALREADY_EXISTS."""
        stored = self._parse(existing.message)
        asked_before = (self._parse(existing.requested), self._body(stored))
        if not any(masks.says_the_same(body, one) for one in asked_before):
            raise already_exists(existing.name, self.kind.type_name)
        return stored

    def _check_name_is_free(self, name: str) -> None:
        for other in self._store.kinds(name):
            if frozenset({other, self.kind.kind}) not in SHARED_NAMES:
                raise already_exists(f"{name} ({other})", resources().kind(other).type_name)

    def _check_parent(self, parent: str) -> None:
        kind = self._names.parent_kind
        if kind is not None and self._store.get(kind.kind, parent) is None:
            raise not_found(parent, kind.type_name)

    def _check_references(self, resource: M, field: str) -> None:
        """References to a type that an annotation gives must lead somewhere."""
        lost = [one for one in find_references(resource) if self._leads_nowhere(one)]
        if lost:
            text = ", ".join(f"{field}.{one.path}: {one.text} does not exist" for one in lost)
            names = [one.text for one in lost]
            raise failed_precondition(text, names, "REFERENCE", "does not exist")

    def _leads_nowhere(self, reference: Reference) -> bool:
        if not referenced_type(reference.field):
            return False  # it may name something that is no resource: the back end knows
        targets = resources().targets(reference.field, reference.text)
        return not any(self._store.kinds(name) for name in targets)

    def _check_nothing_depends_on(self, name: str) -> None:
        children = self._store.children(name)
        names = children + self._store.dependants(self.kind.kind, name)
        if not names:
            return
        listed = ", ".join(names[:_MANY]) + (
            f" and {len(names) - _MANY} more" * (len(names) > _MANY)
        )
        problem = f"depends on {name}"
        raise failed_precondition(f"{name} is in use by {listed}", names[:_MANY], "IN_USE", problem)

    def _list_parent(self, request: Any) -> str | None:
        """The parent whose resources are asked for; None for all."""
        parent = self._names.parent(request)
        if not parent or is_any(parent):
            return None
        self._check_parent(parent)
        return parent

    # -- messages ------------------------------------------------------------------------------

    def _record(self, name: str) -> Record:
        record = self._store.get(self.kind.kind, name)
        if record is None:
            raise self._not_found(name)
        return record

    def _not_found(self, name: str) -> ApiError:
        return not_found(name, self.kind.type_name)

    def _parse(self, data: bytes) -> M:
        return self.kind.message.FromString(data)  # type: ignore[return-value]

    def _copy(self, resource: M) -> M:
        copy = type(resource)()
        copy.CopyFrom(resource)
        return copy

    def _body(self, resource: M) -> M:
        """A copy with only what clients can set."""
        body = self._copy(resource)
        strip_outputs(body)
        return body

    def _named(self, resource: M, name: str) -> M:
        resource = self._copy(resource)
        resource.name = name  # type: ignore[attr-defined]
        return resource

    def _put(self, resource: M, parent: str, body: M | None = None) -> Put:
        references = tuple(
            (one.path, target)
            for one in find_references(resource)
            for target in resources().targets(one.field, one.text)
        )
        return Put(
            self.kind.kind,
            resource.name,  # type: ignore[attr-defined]
            parent,
            resource.SerializeToString(),
            None if body is None else body.SerializeToString(),
            references,
        )

    async def _told(self, record: Record, ask: Callable[[M], Awaitable[T]]) -> T:
        """What the device tells of a resource."""
        try:
            return await ask(self._parse(record.message))
        except ApiError:
            self._record(record.name)  # deleted meanwhile: say so rather than what the device says
            raise

    async def _listed(self, records: Sequence[Record]) -> Iterable[M]:
        stored = [self._parse(one.message) for one in records]
        if not self._refreshes:
            return stored
        try:
            return await self.backend.read_all(stored)
        except ApiError:
            left = [one for one in records if self._store.get(one.kind, one.name)]
            if len(left) == len(records):
                raise
            return await self._listed(left)  # without those that were deleted meanwhile


def compose(service: Service, parts: Iterable[ResourceService[Any] | object]) -> object:
    """One object that answers the RPCs of a service, for `Dispatcher.add`.

    Args:
        parts: the services of its resources; objects with methods named as RPCs.

    Raises:
        ValueError: two parts answer the same RPC, or one answers an RPC of another service.
    """
    rpcs: dict[str, Any] = {}
    for part in parts:
        found = part.rpcs() if isinstance(part, ResourceService) else _methods(part)
        if twice := rpcs.keys() & found.keys():
            raise ValueError(f"{service.name}: {', '.join(sorted(twice))} has two implementations")
        rpcs |= found
    if unknown := rpcs.keys() - service.methods.keys():
        raise ValueError(f"{service.name} has no {', '.join(sorted(unknown))}")
    return SimpleNamespace(**rpcs)


def _methods(part: object) -> Mapping[str, Any]:
    return {name: getattr(part, name) for name in dir(part) if name[0].isupper()}
