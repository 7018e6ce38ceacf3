# mypy: ignore-errors
from google.api import resource_pb2 as _resource_pb2
from opi.proto.opi_api.network.opinetcommon.v1alpha1 import networktypes_pb2 as _networktypes_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class VPCType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    VPC_TYPE_UNSPECIFIED: _ClassVar[VPCType]
    VPC_TYPE_UNDERLAY: _ClassVar[VPCType]
    VPC_TYPE_TENANT: _ClassVar[VPCType]
    VPC_TYPE_CONTROL: _ClassVar[VPCType]
VPC_TYPE_UNSPECIFIED: VPCType
VPC_TYPE_UNDERLAY: VPCType
VPC_TYPE_TENANT: VPCType
VPC_TYPE_CONTROL: VPCType

class Vpc(_message.Message):
    __slots__ = ("name", "spec", "status")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    name: str
    spec: VpcSpec
    status: VpcStatus
    def __init__(self, name: _Optional[str] = ..., spec: _Optional[_Union[VpcSpec, _Mapping]] = ..., status: _Optional[_Union[VpcStatus, _Mapping]] = ...) -> None: ...

class VpcSpec(_message.Message):
    __slots__ = ("type", "v4_route_table_name_ref", "v6_route_table_name_ref", "ingress_v4_security_policy_name_ref", "ingress_v6_security_policy_name_ref", "egress_v4_security_policy_name_ref", "egress_v6_security_policy_name_ref", "virtual_router_mac", "fabric_encap", "tos")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    V4_ROUTE_TABLE_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    V6_ROUTE_TABLE_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    INGRESS_V4_SECURITY_POLICY_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    INGRESS_V6_SECURITY_POLICY_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    EGRESS_V4_SECURITY_POLICY_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    EGRESS_V6_SECURITY_POLICY_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    VIRTUAL_ROUTER_MAC_FIELD_NUMBER: _ClassVar[int]
    FABRIC_ENCAP_FIELD_NUMBER: _ClassVar[int]
    TOS_FIELD_NUMBER: _ClassVar[int]
    type: VPCType
    v4_route_table_name_ref: str
    v6_route_table_name_ref: str
    ingress_v4_security_policy_name_ref: _containers.RepeatedScalarFieldContainer[str]
    ingress_v6_security_policy_name_ref: _containers.RepeatedScalarFieldContainer[str]
    egress_v4_security_policy_name_ref: _containers.RepeatedScalarFieldContainer[str]
    egress_v6_security_policy_name_ref: _containers.RepeatedScalarFieldContainer[str]
    virtual_router_mac: bytes
    fabric_encap: _networktypes_pb2.Encap
    tos: int
    def __init__(self, type: _Optional[_Union[VPCType, str]] = ..., v4_route_table_name_ref: _Optional[str] = ..., v6_route_table_name_ref: _Optional[str] = ..., ingress_v4_security_policy_name_ref: _Optional[_Iterable[str]] = ..., ingress_v6_security_policy_name_ref: _Optional[_Iterable[str]] = ..., egress_v4_security_policy_name_ref: _Optional[_Iterable[str]] = ..., egress_v6_security_policy_name_ref: _Optional[_Iterable[str]] = ..., virtual_router_mac: _Optional[bytes] = ..., fabric_encap: _Optional[_Union[_networktypes_pb2.Encap, _Mapping]] = ..., tos: _Optional[int] = ...) -> None: ...

class VpcStatus(_message.Message):
    __slots__ = ("hw_handle", "bd_hw_handle", "subnet_count")
    HW_HANDLE_FIELD_NUMBER: _ClassVar[int]
    BD_HW_HANDLE_FIELD_NUMBER: _ClassVar[int]
    SUBNET_COUNT_FIELD_NUMBER: _ClassVar[int]
    hw_handle: _networktypes_pb2.HwHandle
    bd_hw_handle: _networktypes_pb2.HwHandle
    subnet_count: int
    def __init__(self, hw_handle: _Optional[_Union[_networktypes_pb2.HwHandle, _Mapping]] = ..., bd_hw_handle: _Optional[_Union[_networktypes_pb2.HwHandle, _Mapping]] = ..., subnet_count: _Optional[int] = ...) -> None: ...

class VPCPeer(_message.Message):
    __slots__ = ("name", "spec", "status")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    name: str
    spec: VPCPeerSpec
    status: VPCPeerStatus
    def __init__(self, name: _Optional[str] = ..., spec: _Optional[_Union[VPCPeerSpec, _Mapping]] = ..., status: _Optional[_Union[VPCPeerStatus, _Mapping]] = ...) -> None: ...

class VPCPeerSpec(_message.Message):
    __slots__ = ("vpc1_name_ref", "vpc2_name_ref")
    VPC1_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    VPC2_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    vpc1_name_ref: str
    vpc2_name_ref: str
    def __init__(self, vpc1_name_ref: _Optional[str] = ..., vpc2_name_ref: _Optional[str] = ...) -> None: ...

class VPCPeerStatus(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
