# mypy: ignore-errors
from google.api import resource_pb2 as _resource_pb2
from opi.proto.opi_api.network.opinetcommon.v1alpha1 import networktypes_pb2 as _networktypes_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class TunnelType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TUNNEL_TYPE_UNSPECIFIED: _ClassVar[TunnelType]
    TUNNEL_TYPE_IGW: _ClassVar[TunnelType]
    TUNNEL_TYPE_WORKLOAD: _ClassVar[TunnelType]
    TUNNEL_TYPE_INTER_DC: _ClassVar[TunnelType]
    TUNNEL_TYPE_SERVICE: _ClassVar[TunnelType]
    TUNNEL_TYPE_VNF: _ClassVar[TunnelType]
    TUNNEL_TYPE_IPSEC: _ClassVar[TunnelType]
TUNNEL_TYPE_UNSPECIFIED: TunnelType
TUNNEL_TYPE_IGW: TunnelType
TUNNEL_TYPE_WORKLOAD: TunnelType
TUNNEL_TYPE_INTER_DC: TunnelType
TUNNEL_TYPE_SERVICE: TunnelType
TUNNEL_TYPE_VNF: TunnelType
TUNNEL_TYPE_IPSEC: TunnelType

class Tunnel(_message.Message):
    __slots__ = ("name", "spec", "status")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    name: str
    spec: TunnelSpec
    status: TunnelStatus
    def __init__(self, name: _Optional[str] = ..., spec: _Optional[_Union[TunnelSpec, _Mapping]] = ..., status: _Optional[_Union[TunnelStatus, _Mapping]] = ...) -> None: ...

class TunnelSpec(_message.Message):
    __slots__ = ("vpc_name_ref", "local_ip", "remote_ip", "type", "encap", "nexthop_name_ref", "nexthop_group_name_ref", "tunnel_name_ref", "drop_next_hop", "mac_address", "tos")
    VPC_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    LOCAL_IP_FIELD_NUMBER: _ClassVar[int]
    REMOTE_IP_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    ENCAP_FIELD_NUMBER: _ClassVar[int]
    NEXTHOP_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    NEXTHOP_GROUP_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    TUNNEL_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    DROP_NEXT_HOP_FIELD_NUMBER: _ClassVar[int]
    MAC_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    TOS_FIELD_NUMBER: _ClassVar[int]
    vpc_name_ref: str
    local_ip: _networktypes_pb2.IPAddress
    remote_ip: _networktypes_pb2.IPAddress
    type: TunnelType
    encap: _networktypes_pb2.Encap
    nexthop_name_ref: str
    nexthop_group_name_ref: str
    tunnel_name_ref: str
    drop_next_hop: DropNexthop
    mac_address: bytes
    tos: int
    def __init__(self, vpc_name_ref: _Optional[str] = ..., local_ip: _Optional[_Union[_networktypes_pb2.IPAddress, _Mapping]] = ..., remote_ip: _Optional[_Union[_networktypes_pb2.IPAddress, _Mapping]] = ..., type: _Optional[_Union[TunnelType, str]] = ..., encap: _Optional[_Union[_networktypes_pb2.Encap, _Mapping]] = ..., nexthop_name_ref: _Optional[str] = ..., nexthop_group_name_ref: _Optional[str] = ..., tunnel_name_ref: _Optional[str] = ..., drop_next_hop: _Optional[_Union[DropNexthop, _Mapping]] = ..., mac_address: _Optional[bytes] = ..., tos: _Optional[int] = ...) -> None: ...

class DropNexthop(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class TunnelStatus(_message.Message):
    __slots__ = ("hw_handle", "vnic_count")
    HW_HANDLE_FIELD_NUMBER: _ClassVar[int]
    VNIC_COUNT_FIELD_NUMBER: _ClassVar[int]
    hw_handle: _networktypes_pb2.HwHandle
    vnic_count: int
    def __init__(self, hw_handle: _Optional[_Union[_networktypes_pb2.HwHandle, _Mapping]] = ..., vnic_count: _Optional[int] = ...) -> None: ...
