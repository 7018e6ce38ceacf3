"""Resources: what the methods of the interface definitions create, list and delete.

Everything is derived from the descriptors: a message with a google.api.resource annotation is a
resource, its standard methods (google.aip.dev/130) are those whose names and messages say so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from google.api import resource_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from opi.behavior import is_output_only, referenced_type
from opi.catalog import Catalog, Method, catalog
from opi.names import NamePattern, without_service

VERBS = ("Create", "Get", "List", "Update", "Delete", "Stats", "Reset")

_RETURNED = {
    "opi_api.storage.v1/AioVolume": "volumes/{volume}",
    "opi_api.storage.v1/MallocVolume": "volumes/{volume}",
    "opi_api.storage.v1/NullVolume": "volumes/{volume}",
    "opi_api.storage.v1/EncryptedVolume": "volumes/{volume}",
    "opi_api.storage.v1/QosVolume": "volumes/{volume}",
    "opi_api.storage.v1/VirtioBlk": "volumes/{volume}",
    "opi_api.storage.v1/VirtioScsiController": "volumes/{volume}",
    "opi_api.storage.v1/VirtioScsiLun": "volumes/{volume}",
}
"""Names that servers return where they differ from the declared pattern: deployed clients assert
`volumes/…`, whatever the kind of volume."""

_EVPN_ALIASES = {
    "opi_api.network.evpn_gw.v1alpha1/LogicalBridge": "bridges/{logical_bridge}",
    "opi_api.network.evpn_gw.v1alpha1/BridgePort": "ports/{bridge_port}",
}
"""Collections that the deployed EVPN gateway uses in the names it returns."""

_TEMPLATE_NAME = re.compile(r"\{(?:\w+\.)?name=([^}]+)\}(/\*)?")
"""How HTTP bindings spell a name; some bind the collection alone and leave the id outside."""

_PLAIN_REFERENCES = frozenset({"opi_api.network.evpn_gw.v1alpha1.BridgePortSpec.logical_bridges"})
"""Fields that refer to resources though neither annotation nor name says so."""


_NOUNS = {
    "nhgroup": ("nexthopgroup",),
    "hostif": ("interface",),
    "sgpolicy": ("securitypolicy",),
    "vpc1": ("vpc",),
    "vpc2": ("vpc",),
    "controller": ("virtioscsicontroller",),
    "target": ("virtioscsitarget", "virtioscsicontroller"),
}
"""What the names of reference fields say where that is not the name of a kind. A LUN's target is a
controller for the deployed clients."""


@dataclass(frozen=True)
class Reference:
    """One reference in a message.

    Attributes:
        path: where, such as "spec.logical_bridges[0]".
        field: which field.
        text: what it holds.
    """

    path: str
    field: FieldDescriptor
    text: str


@dataclass(frozen=True, eq=False)
class ResourceType:
    """One kind of resource.

    Attributes:
        descriptor: of the resource's message.
        type_name: type of its annotation, "opi_api.storage.v1/NvmeSubsystem".
        patterns: forms of its name; the first is the one that servers return, all are accepted.
        methods: standard methods by verb (one of VERBS); not every resource has every verb.
    """

    descriptor: Descriptor
    type_name: str
    patterns: tuple[NamePattern, ...]
    methods: Mapping[str, Method]

    @property
    def kind(self) -> str:
        """Short name of the message, such as "NvmeSubsystem"; unique among resources."""
        return str(self.descriptor.name)

    @property
    def pattern(self) -> NamePattern:
        """Form of the names that servers return."""
        return self.patterns[0]

    @cached_property
    def message(self) -> type[Message]:
        """Class of the resource's message."""
        return GetMessageClass(self.descriptor)

    @property
    def service(self) -> str:
        """Full name of the service that has its methods."""
        return next(iter(self.methods.values())).service

    @property
    def is_child(self) -> bool:
        """Whether its names lie below those of another resource."""
        return self.pattern.variables > 1

    @cached_property
    def parent(self) -> NamePattern | None:
        """Form of the parent's names; None for a top-level resource."""
        return NamePattern(self.pattern.text.rsplit("/", 2)[0]) if self.is_child else None

    def field(self, verb: str) -> str:
        """Name of the request field that holds the resource, in Create and Update."""
        fields = self.methods[verb].request.DESCRIPTOR.fields
        return next(str(one.name) for one in fields if one.message_type is self.descriptor)

    @cached_property
    def id_field(self) -> str:
        """Name of the Create request's field for the id that the client wants."""
        return f"{self.field('Create')}_id"

    @cached_property
    def list_field(self) -> str:
        """Name of the List response's field that holds the resources."""
        fields = self.methods["List"].response.DESCRIPTOR.fields
        return next(str(one.name) for one in fields if one.message_type is self.descriptor)

    def parse(self, name: str) -> tuple[str, ...] | None:
        """The ids in a name of any accepted form, outermost first; None for another name."""
        plain = without_service(name)
        for pattern in self.patterns:
            if ids := pattern.parse(plain):
                return ids
        return None

    def canonical(self, name: str) -> str | None:
        """The name as servers return it; None when `name` is not one of this resource."""
        if self.pattern.parse(name):
            return name
        ids = self.parse(name)
        return self.pattern.format(*ids) if ids else None

    def name(self, resource_id: str, parent: str = "") -> str:
        """The name of a resource; `parent` is the name of its parent in the returned form."""
        if self.parent is None:
            return self.pattern.format(resource_id)
        return self.pattern.format(*(self.parent.parse(parent) or ()), resource_id)

    def __repr__(self) -> str:
        return f"ResourceType({self.type_name})"


class Resources:
    """The resource types of a catalog."""

    def __init__(self, source: Catalog) -> None:
        annotated = [d for d in source.messages() if _annotation(d) is not None]
        methods = {m.name: m for m in source.methods()}
        types = (_resource_type(one, _standard_methods(one, methods)) for one in annotated)
        self.types: tuple[ResourceType, ...] = tuple(types)
        self._by_kind = {one.kind: one for one in self.types}
        self._referable: dict[str, tuple[ResourceType, ...]] = {}
        self._by_method = {m.path: one for one in self.types for m in one.methods.values()}

    def kind(self, kind: str) -> ResourceType:
        """The type whose message has this short name. Raises KeyError."""
        return self._by_kind[kind]

    def of(self, method: Method) -> ResourceType | None:
        """The type that a standard method works on; None for any other method."""
        return self._by_method.get(method.path)

    def named(self, name: str) -> list[ResourceType]:
        """The types that a name can belong to."""
        return [one for one in self.types if one.parse(name)]

    def referable(self, field: FieldDescriptor) -> tuple[ResourceType, ...]:
        """The types that a reference field can mean, by its annotation or its name."""
        if field.full_name not in self._referable:
            self._referable[field.full_name] = tuple(self._find_referable(field))
        return self._referable[field.full_name]

    def targets(self, field: FieldDescriptor, text: str) -> tuple[str, ...]:
        """The names, as servers return them, that a reference can mean; () for none of ours.

        A reference is a name in any accepted form, or the bare id of a top-level resource.
        """
        types = self.referable(field)
        plain = without_service(text)
        names: list[str | None]
        if "/" in plain:
            names = [one.canonical(plain) for one in types]
            names += self._remote_volume(field, plain)
        else:
            names = [one.name(plain) if not one.is_child else None for one in types]
        return tuple(dict.fromkeys(name for name in names if name))

    def _remote_volume(self, field: FieldDescriptor, name: str) -> list[str | None]:
        """A namespace of a remote controller, which is a volume too, and the controller.

        Servers find such namespaces, and do not keep them: they go with their controller.
        """
        remote = self._by_kind.get("NvmeRemoteNamespace")
        found = remote.canonical(name) if remote and field.name == "volume_name_ref" else None
        return [found, found.rsplit("/", 2)[0]] if found else []

    def _find_referable(self, field: FieldDescriptor) -> Iterator[ResourceType]:
        annotated = referenced_type(field)
        if annotated:
            yield from (t for t in self.types if annotated in {t.type_name, t.kind})
            return
        noun = field.name.removesuffix("_name_ref").removesuffix("s").replace("_", "")
        nouns = (noun, *(n for end, others in _NOUNS.items() if noun.endswith(end) for n in others))
        owner = field.containing_type
        package = owner.file.package if owner else ""
        for one in self.types:
            last = one.pattern.text.split("/")[-2].lower().removesuffix("s")
            if package == one.descriptor.file.package and any(
                n.endswith((one.kind.lower(), last)) for n in nouns
            ):
                yield one

    def children(self, parent: ResourceType) -> list[ResourceType]:
        """The types whose names lie directly below those of `parent`."""
        return [one for one in self.types if one.parent == parent.pattern]


@cache
def resources() -> Resources:
    """The resource types of all interface definitions that this package ships."""
    return Resources(catalog())


def is_reference(field: FieldDescriptor) -> bool:
    """Whether the field holds the name of another resource (or several)."""
    if field.type != FieldDescriptor.TYPE_STRING or field.name in {"name", "parent"}:
        return False
    return (
        field.name.endswith("_name_ref")
        or bool(referenced_type(field))
        or field.full_name in _PLAIN_REFERENCES
    )


def references(message: Message, path: str = "") -> Iterator[tuple[str, str]]:
    """The references in a message: (field path, what it holds), without empty ones."""
    return ((one.path, one.text) for one in find_references(message, path))


def find_references(message: Message, path: str = "") -> Iterator[Reference]:
    """The references in a message, without empty ones and those in the server's own fields."""
    for field, value in message.ListFields():
        if is_output_only(field):
            continue
        for where, one in _elements(f"{path}{field.name}", field, value):
            if is_reference(field):
                yield Reference(where, field, one)
            elif field.message_type and not field.message_type.GetOptions().map_entry:
                yield from find_references(one, f"{where}.")


def _elements(path: str, field: FieldDescriptor, value: Any) -> Iterator[tuple[str, Any]]:
    """The values of a field with their paths, those of a list with their index: "rules[0]"."""
    if not field.is_repeated:
        yield path, value
        return
    yield from ((f"{path}[{index}]", one) for index, one in enumerate(value))


def _annotation(descriptor: Descriptor) -> resource_pb2.ResourceDescriptor | None:
    options = descriptor.GetOptions()
    if not options.HasExtension(resource_pb2.resource):
        return None
    return options.Extensions[resource_pb2.resource]


def _standard_methods(descriptor: Descriptor, methods: Mapping[str, Method]) -> dict[str, Method]:
    """The methods named after the message; List has its plural, in one of three spellings."""
    kind = descriptor.name
    plurals = {"List": (f"{kind}s", f"{kind[:-1]}ies", kind)}
    found = {}
    for verb in VERBS:
        names = (verb + noun for noun in plurals.get(verb, (kind,)))
        method = next((methods[name] for name in names if name in methods), None)
        if method and method.descriptor.containing_service.file.package == descriptor.file.package:
            found[verb] = method
    return found


def _resource_type(descriptor: Descriptor, methods: Mapping[str, Method]) -> ResourceType:
    annotation = _annotation(descriptor)
    assert annotation is not None
    declared = annotation.pattern[0]
    spellings = [_RETURNED.get(annotation.type, declared), declared]
    spellings += [alias for alias in [_EVPN_ALIASES.get(annotation.type)] if alias]
    spellings += [text for method in methods.values() for text in _bound_names(method, declared)]
    count = NamePattern(spellings[0]).variables
    patterns = (NamePattern(text) for text in dict.fromkeys(spellings))
    return ResourceType(
        descriptor, annotation.type, tuple(p for p in patterns if p.variables == count), methods
    )


def _bound_names(method: Method, declared: str) -> Iterator[str]:
    """The forms of names in a method's HTTP bindings, with the variables of the declared one."""
    variables = re.findall(r"\{\w+\}", declared)
    for binding in method.bindings:
        match = _TEMPLATE_NAME.search(binding.path)
        wildcards = match[1] + (match[2] or "") if match else ""
        if wildcards.count("*") == len(variables):
            yield wildcards.replace("*", "{}").format(*variables)
