"""The storage resources by their kinds, without loading any other part of the API."""

from __future__ import annotations

from typing import Any

from google.protobuf.message import Message

from opi.forms import form_of
from opi.names import without_service
from opi.resources import Resources, ResourceType
from opictl.areas import area_resources
from opictl.defaults import fill_defaults
from opictl.vocabulary import AREAS

VOLUMES = {
    "malloc": "MallocVolume",
    "null": "NullVolume",
    "aio": "AioVolume",
}
"""Kinds of the volumes that have blocks of their own, by the word for --type."""

ENCRYPTED = "EncryptedVolume"
LIMITS = "QosVolume"
DEVICES = (*VOLUMES.values(), ENCRYPTED)
"""Kinds of which each volume is a device of the target, so that all share one set of names."""


def storage() -> Resources:
    """The resources of the storage services."""
    return area_resources(AREAS["storage"])


def kind(name: str) -> ResourceType:
    """A kind by the name of its message."""
    return storage().kind(name)


def message(name: str, /, **fields: Any) -> Message:
    """A resource of a kind with these fields, completed as `create` does it."""
    made = kind(name).message(**fields)
    fill_defaults(made)
    return made


def volume_name(resource_id: str) -> str:
    """The name of a volume of any kind: that of a QoS volume, too."""
    return kind(LIMITS).name(resource_id)


def word(message: Message, field: str) -> str:
    """The text form of a field that is set: "aes_xts_256"; '' for one that is not."""
    descriptor = message.DESCRIPTOR.fields_by_name[field]
    form, value = form_of(descriptor), getattr(message, field)
    return form.show(value) if form is not None and value else ""


def last_id(name: str) -> str:
    """The id at the end of a name, or the name itself where it is a bare id."""
    return without_service(name).rsplit("/", 1)[-1]
