"""Which RPC an HTTP request asks for.

Every RPC has the route `POST /package.Service/Method`. Those with a google.api.http annotation have
the annotated routes as well. Some annotations of the interface definitions claim the same requests;
see `Router.conflicts`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from dpu_sim.gateway.template import ONE, REST, Template, parse, unescape
from opi.catalog import Catalog, Method
from opi.resources import Resources


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """One way to call a method.

    Attributes:
        method: the RPC.
        verb: HTTP method.
        template: of the path.
        body: request field that the body is, "*" for the whole request, "" for no body.
    """

    method: Method
    verb: str
    template: Template
    body: str

    def __str__(self) -> str:
        return f"{self.verb} {self.template.text}"


@dataclass(frozen=True, slots=True)
class Match:
    """A route that a request takes, and the request fields that its path gives."""

    route: Route
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two methods that claim the same requests.

    Attributes:
        winner: who gets them.
        loser: who is left with its `POST /package.Service/Method`.
    """

    winner: Route
    loser: Route


class NoRouteError(LookupError):
    """No RPC is at this path."""


class WrongVerbError(LookupError):
    """There is an RPC at this path, for other HTTP methods.

    Attributes:
        allowed: these methods.
    """

    def __init__(self, allowed: Sequence[str]) -> None:
        super().__init__(f"allowed are {', '.join(allowed)}")
        self.allowed = tuple(allowed)


class Router:
    """Finds routes.

    Attributes:
        routes: the annotated ones, in the order of their registration.
        conflicts: what claims the same requests, and who wins: the one whose service is
            implemented; among equals the one registered later, as in grpc-gateway.
    """

    def __init__(self, catalog: Catalog, implemented: Callable[[str], bool]) -> None:
        """Read the annotations of all methods.

        Args:
            catalog: services in the order of registration.
            implemented: whether a service (full name) has an implementation.
        """
        self.routes = tuple(_annotated(catalog.methods()))
        respelled = _respelled(self.routes, Resources(catalog))
        self._rpcs = {method.path: rpc_route(method) for method in catalog.methods()}
        self._rank = {
            route: (implemented(route.method.service), position)
            for position, route in enumerate((*respelled, *self.routes))
        }
        self._root = _Node()
        for route in self._rank:
            self._root.add(route)
        self.conflicts = tuple(self._find_conflicts())

    def find(self, verb: str, path: str) -> Match:
        """The best route of a request.

        Args:
            verb: HTTP method.
            path: percent-encoded.

        Raises:
            NoRouteError, WrongVerbError: there is none.
            ValueError: the path is not percent-encoded UTF-8.
        """
        if rpc := self._rpcs.get(path):
            return _only(rpc, verb)
        found = self._matches(path)
        if not found:
            raise NoRouteError(path)
        routes = [(route, segments) for route, segments in found if route.verb == verb]
        if not routes:
            raise WrongVerbError(sorted({route.verb for route, _ in found}))
        route, segments = max(routes, key=lambda one: self._rank[one[0]])
        return Match(route, route.template.values(segments))

    def _matches(self, path: str) -> list[tuple[Route, Sequence[str]]]:
        """All routes with this path, each with the path's segments."""
        for segments, custom_verb in _readings(path):
            routes = self._root.walk([unescape(one) for one in segments])
            if found := [one for one in routes if one.template.verb == custom_verb]:
                return [(route, segments) for route in found]
        return []

    def _find_conflicts(self) -> Iterator[Conflict]:
        ranked = sorted(self.routes, key=lambda one: self._rank[one], reverse=True)
        for position, loser in enumerate(ranked):
            winner = next((one for one in ranked[:position] if _overlap(one, loser)), None)
            if winner:
                yield Conflict(winner, loser)


class _Node:
    """A tree of path segments; routes are where their templates end."""

    def __init__(self) -> None:
        self._children: dict[str, _Node] = {}
        self._routes: list[Route] = []

    def add(self, route: Route) -> None:
        node = self
        for segment in route.template.segments:
            node = node._children.setdefault(segment, _Node())
        node._routes.append(route)

    def walk(self, segments: Sequence[str]) -> Iterator[Route]:
        """The routes whose templates have these segments (decoded)."""
        if rest := self._children.get(REST):
            yield from rest._routes
        if not segments:
            yield from self._routes
            return
        first, *others = segments
        children = [self._children.get(first) if first not in {ONE, REST} else None]
        children += [self._children.get(ONE) if first else None]
        for child in filter(None, children):
            yield from child.walk(others)


def rpc_route(method: Method) -> Route:
    """The route that every method has, `POST /package.Service/Method`."""
    segments = tuple(method.path[1:].split("/"))
    return Route(method, "POST", Template(method.path, segments, (), ""), "*")


def _only(route: Route, verb: str) -> Match:
    if verb != route.verb:
        raise WrongVerbError([route.verb])
    return Match(route, {})


def _readings(path: str) -> Iterator[tuple[Sequence[str], str]]:
    """(segments, custom verb) of a path, the one with a verb first as it is more special."""
    segments = path.removeprefix("/").split("/")
    stem, colon, verb = segments[-1].rpartition(":")
    if colon:
        yield [*segments[:-1], stem], verb
    yield segments, ""


def _annotated(methods: Iterable[Method]) -> Iterator[Route]:
    for method in methods:
        for binding in method.bindings:
            yield Route(method, binding.verb, parse(binding.path), binding.body)


def _respelled(routes: Sequence[Route], resources: Resources) -> Iterator[Route]:
    """Routes to a resource with the collection as other methods of the resource spell it.

    Some interface definitions call a collection bgpRouters in one method and bgpRouter in the next.
    """
    items = [(one, resources.of(one.method)) for one in routes if _names_one(one.template)]
    for route, resource in items:
        spellings = {one.template.segments for one, kind in items if kind and kind is resource}
        for segments in sorted(spellings - {route.template.segments}):
            other = replace(route, template=replace(route.template, segments=segments))
            if len(segments) == len(route.template.segments) and not any(
                _overlap(one, other) for one in routes
            ):
                yield other


def _names_one(template: Template) -> bool:
    """Whether the path is that of a resource: nothing but its name after the version."""
    return [(one.field.rpartition(".")[2], one.start) for one in template.variables] == [
        ("name", 1)
    ]


def _overlap(one: Route, other: Route) -> bool:
    """Whether there are requests that both claim."""
    if (one.verb, one.template.verb) != (other.verb, other.template.verb):
        return False
    for left, right in zip_longest(one.template.segments, other.template.segments):
        if REST in {left, right}:
            return True
        if None in {left, right} or (ONE not in {left, right} and left != right):
            return False
    return True
