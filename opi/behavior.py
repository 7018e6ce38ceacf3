"""What fields are for: google.api.field_behavior (google.aip.dev/203), references, secrets."""

from __future__ import annotations

from functools import cache

from google.api import field_behavior_pb2, resource_pb2
from google.api.field_behavior_pb2 import FieldBehavior
from google.protobuf.descriptor import Descriptor, FieldDescriptor

REQUIRED = FieldBehavior.REQUIRED
OPTIONAL = FieldBehavior.OPTIONAL
OUTPUT_ONLY = FieldBehavior.OUTPUT_ONLY
IMMUTABLE = FieldBehavior.IMMUTABLE
IDENTIFIER = FieldBehavior.IDENTIFIER

_SECRETS = frozenset(
    {
        "opi_api.network.cloud.v1alpha1.BgpPeerSpec.password",
        "opi_api.network.cloud.v1alpha1.OSPFMD5Auth.password",
        "opi_api.security.v1alpha1.DSAuth.private_key",
        "opi_api.security.v1alpha1.IkePeerAuthentication.psk",
        "opi_api.storage.v1.EncryptedVolume.key",
        "opi_api.storage.v1.NvmeSubsystemSpec.psk",
        "opi_api.storage.v1.TcpController.psk",
        "tunneloffload.v2.IPSecSAParams.encryption_key",
    }
)
"""Fields that hold keys or passwords. The interface definitions do not mark them."""


_ZERO_IS_A_VALUE = frozenset(
    {
        "opi_api.security.v1alpha1.DscpMapping.inner_dscp",
        "opi_api.security.v1alpha1.DscpMapping.outer_dscp",
    }
)
"""Required numbers whose zero means something: DSCP 0 is best effort (RFC 2474)."""


@cache
def behaviors(field: FieldDescriptor) -> frozenset[int]:
    """The behaviours that the field is annotated with."""
    return frozenset(field.GetOptions().Extensions[field_behavior_pb2.field_behavior])


@cache
def is_output_only(field: FieldDescriptor) -> bool:
    """Whether only the server sets the field.

    The cloud services leave it unsaid for the status of their resources; it holds there, too.
    """
    if OUTPUT_ONLY in behaviors(field):
        return True
    owner = field.containing_type
    return (
        _is_resource(owner)
        and field.name in {"status", "state"}
        and field.message_type is not None
        and field.message_type.name.endswith(("Status", "State"))
    )


@cache
def is_identifier(field: FieldDescriptor) -> bool:
    """Whether the field is the name of its resource (google.aip.dev/203), annotated or not."""
    return IDENTIFIER in behaviors(field) or (
        field.name == "name" and _is_resource(field.containing_type)
    )


@cache
def is_required(field: FieldDescriptor) -> bool:
    """Whether a request must set the field, and not to zero.

    A required boolean may be false, which cannot be told from unset; so may a number where zero
    means something.
    """
    return (
        REQUIRED in behaviors(field)
        and field.type != FieldDescriptor.TYPE_BOOL
        and field.full_name not in _ZERO_IS_A_VALUE
    )


@cache
def _is_resource(message: Descriptor) -> bool:
    return bool(message.GetOptions().HasExtension(resource_pb2.resource))


def is_secret(field: FieldDescriptor) -> bool:
    """Whether the field holds a key or a password: never to be logged, nor shown by default."""
    return field.full_name in _SECRETS


@cache
def referenced_type(field: FieldDescriptor) -> str:
    """The resource type that the field refers to (google.api.resource_reference), or ''."""
    reference = field.GetOptions().Extensions[resource_pb2.resource_reference]
    return str(reference.type or reference.child_type)
