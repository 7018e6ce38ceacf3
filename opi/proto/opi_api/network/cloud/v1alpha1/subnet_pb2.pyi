# mypy: ignore-errors
from google.api import resource_pb2 as _resource_pb2
from opi.proto.opi_api.network.opinetcommon.v1alpha1 import networktypes_pb2 as _networktypes_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Subnet(_message.Message):
    __slots__ = ("name", "spec", "status")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    name: str
    spec: SubnetSpec
    status: SubnetStatus
    def __init__(self, name: _Optional[str] = ..., spec: _Optional[_Union[SubnetSpec, _Mapping]] = ..., status: _Optional[_Union[SubnetStatus, _Mapping]] = ...) -> None: ...

class SubnetSpec(_message.Message):
    __slots__ = ("vpc_name_ref", "v4_prefix", "v6_prefix", "ipv4_virtual_router_ip", "ipv6_virtual_router_ip", "virtual_router_mac", "v4_route_table_name_ref", "v6_route_table_name_ref", "ingess_v4_security_policy_name_ref", "ingress_v6_security_policy_name_ref", "egress_v4_security_policy_name_ref", "egress_v6_security_policy_name_ref", "access_encap", "fabric_encap", "host_interface_name_ref", "tos", "connected", "ingress_default_sg_policy_name_ref", "egress_default_sg_policy_name_ref", "remote_subnet")
    VPC_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    V4_PREFIX_FIELD_NUMBER: _ClassVar[int]
    V6_PREFIX_FIELD_NUMBER: _ClassVar[int]
    IPV4_VIRTUAL_ROUTER_IP_FIELD_NUMBER: _ClassVar[int]
    IPV6_VIRTUAL_ROUTER_IP_FIELD_NUMBER: _ClassVar[int]
    VIRTUAL_ROUTER_MAC_FIELD_NUMBER: _ClassVar[int]
    V4_ROUTE_TABLE_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    V6_ROUTE_TABLE_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    INGESS_V4_SECURITY_POLICY_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    INGRESS_V6_SECURITY_POLICY_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    EGRESS_V4_SECURITY_POLICY_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    EGRESS_V6_SECURITY_POLICY_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    ACCESS_ENCAP_FIELD_NUMBER: _ClassVar[int]
    FABRIC_ENCAP_FIELD_NUMBER: _ClassVar[int]
    HOST_INTERFACE_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    TOS_FIELD_NUMBER: _ClassVar[int]
    CONNECTED_FIELD_NUMBER: _ClassVar[int]
    INGRESS_DEFAULT_SG_POLICY_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    EGRESS_DEFAULT_SG_POLICY_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    REMOTE_SUBNET_FIELD_NUMBER: _ClassVar[int]
    vpc_name_ref: str
    v4_prefix: _networktypes_pb2.IPv4Prefix
    v6_prefix: _networktypes_pb2.IPv6Prefix
    ipv4_virtual_router_ip: int
    ipv6_virtual_router_ip: bytes
    virtual_router_mac: bytes
    v4_route_table_name_ref: str
    v6_route_table_name_ref: str
    ingess_v4_security_policy_name_ref: _containers.RepeatedScalarFieldContainer[str]
    ingress_v6_security_policy_name_ref: _containers.RepeatedScalarFieldContainer[str]
    egress_v4_security_policy_name_ref: _containers.RepeatedScalarFieldContainer[str]
    egress_v6_security_policy_name_ref: _containers.RepeatedScalarFieldContainer[str]
    access_encap: _networktypes_pb2.Encap
    fabric_encap: _networktypes_pb2.Encap
    host_interface_name_ref: _containers.RepeatedScalarFieldContainer[str]
    tos: int
    connected: bool
    ingress_default_sg_policy_name_ref: str
    egress_default_sg_policy_name_ref: str
    remote_subnet: bool
    def __init__(self, vpc_name_ref: _Optional[str] = ..., v4_prefix: _Optional[_Union[_networktypes_pb2.IPv4Prefix, _Mapping]] = ..., v6_prefix: _Optional[_Union[_networktypes_pb2.IPv6Prefix, _Mapping]] = ..., ipv4_virtual_router_ip: _Optional[int] = ..., ipv6_virtual_router_ip: _Optional[bytes] = ..., virtual_router_mac: _Optional[bytes] = ..., v4_route_table_name_ref: _Optional[str] = ..., v6_route_table_name_ref: _Optional[str] = ..., ingess_v4_security_policy_name_ref: _Optional[_Iterable[str]] = ..., ingress_v6_security_policy_name_ref: _Optional[_Iterable[str]] = ..., egress_v4_security_policy_name_ref: _Optional[_Iterable[str]] = ..., egress_v6_security_policy_name_ref: _Optional[_Iterable[str]] = ..., access_encap: _Optional[_Union[_networktypes_pb2.Encap, _Mapping]] = ..., fabric_encap: _Optional[_Union[_networktypes_pb2.Encap, _Mapping]] = ..., host_interface_name_ref: _Optional[_Iterable[str]] = ..., tos: _Optional[int] = ..., connected: _Optional[bool] = ..., ingress_default_sg_policy_name_ref: _Optional[str] = ..., egress_default_sg_policy_name_ref: _Optional[str] = ..., remote_subnet: _Optional[bool] = ...) -> None: ...

class SubnetStatus(_message.Message):
    __slots__ = ("hw_index", "vnic_count")
    HW_INDEX_FIELD_NUMBER: _ClassVar[int]
    VNIC_COUNT_FIELD_NUMBER: _ClassVar[int]
    hw_index: int
    vnic_count: int
    def __init__(self, hw_index: _Optional[int] = ..., vnic_count: _Optional[int] = ...) -> None: ...
