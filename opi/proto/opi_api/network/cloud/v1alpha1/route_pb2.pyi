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

class RouteClass(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ROUTE_CLASS_UNSPECIFIED: _ClassVar[RouteClass]
    ROUTE_CLASS_INTERNET: _ClassVar[RouteClass]
    ROUTE_CLASS_SERVICE: _ClassVar[RouteClass]
    ROUTE_CLASS_VPC: _ClassVar[RouteClass]
ROUTE_CLASS_UNSPECIFIED: RouteClass
ROUTE_CLASS_INTERNET: RouteClass
ROUTE_CLASS_SERVICE: RouteClass
ROUTE_CLASS_VPC: RouteClass

class RouteTable(_message.Message):
    __slots__ = ("name", "spec", "status")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    name: str
    spec: RouteTableSpec
    status: RouteTableStatus
    def __init__(self, name: _Optional[str] = ..., spec: _Optional[_Union[RouteTableSpec, _Mapping]] = ..., status: _Optional[_Union[RouteTableStatus, _Mapping]] = ...) -> None: ...

class RouteTableSpec(_message.Message):
    __slots__ = ("af", "priority_enable", "routes")
    AF_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_ENABLE_FIELD_NUMBER: _ClassVar[int]
    ROUTES_FIELD_NUMBER: _ClassVar[int]
    af: _networktypes_pb2.IpAf
    priority_enable: bool
    routes: _containers.RepeatedCompositeFieldContainer[RouteInfo]
    def __init__(self, af: _Optional[_Union[_networktypes_pb2.IpAf, str]] = ..., priority_enable: _Optional[bool] = ..., routes: _Optional[_Iterable[_Union[RouteInfo, _Mapping]]] = ...) -> None: ...

class RouteInfo(_message.Message):
    __slots__ = ("route_id", "attrs")
    ROUTE_ID_FIELD_NUMBER: _ClassVar[int]
    ATTRS_FIELD_NUMBER: _ClassVar[int]
    route_id: str
    attrs: RouteAttrs
    def __init__(self, route_id: _Optional[str] = ..., attrs: _Optional[_Union[RouteAttrs, _Mapping]] = ...) -> None: ...

class RouteTableStatus(_message.Message):
    __slots__ = ("vpc_count", "subnet_count", "vnic_count", "pool_id", "hw_idx", "route_table_base_address", "hw_lpm_block_idx", "hw_lpm_rewrite_block_idx")
    VPC_COUNT_FIELD_NUMBER: _ClassVar[int]
    SUBNET_COUNT_FIELD_NUMBER: _ClassVar[int]
    VNIC_COUNT_FIELD_NUMBER: _ClassVar[int]
    POOL_ID_FIELD_NUMBER: _ClassVar[int]
    HW_IDX_FIELD_NUMBER: _ClassVar[int]
    ROUTE_TABLE_BASE_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    HW_LPM_BLOCK_IDX_FIELD_NUMBER: _ClassVar[int]
    HW_LPM_REWRITE_BLOCK_IDX_FIELD_NUMBER: _ClassVar[int]
    vpc_count: int
    subnet_count: int
    vnic_count: int
    pool_id: int
    hw_idx: int
    route_table_base_address: int
    hw_lpm_block_idx: int
    hw_lpm_rewrite_block_idx: int
    def __init__(self, vpc_count: _Optional[int] = ..., subnet_count: _Optional[int] = ..., vnic_count: _Optional[int] = ..., pool_id: _Optional[int] = ..., hw_idx: _Optional[int] = ..., route_table_base_address: _Optional[int] = ..., hw_lpm_block_idx: _Optional[int] = ..., hw_lpm_rewrite_block_idx: _Optional[int] = ...) -> None: ...

class RouteAttrs(_message.Message):
    __slots__ = ("prefix", "route_class", "class_priority", "priority", "overlay_nh_ip_info", "nexthop_name_ref", "nh_group_name_ref", "vpc_nh_info", "tunnel_name_ref", "route_table_name_ref", "eval_mapping", "tos", "encap", "overlay_mac")
    PREFIX_FIELD_NUMBER: _ClassVar[int]
    ROUTE_CLASS_FIELD_NUMBER: _ClassVar[int]
    CLASS_PRIORITY_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    OVERLAY_NH_IP_INFO_FIELD_NUMBER: _ClassVar[int]
    NEXTHOP_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    NH_GROUP_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    VPC_NH_INFO_FIELD_NUMBER: _ClassVar[int]
    TUNNEL_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    ROUTE_TABLE_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    EVAL_MAPPING_FIELD_NUMBER: _ClassVar[int]
    TOS_FIELD_NUMBER: _ClassVar[int]
    ENCAP_FIELD_NUMBER: _ClassVar[int]
    OVERLAY_MAC_FIELD_NUMBER: _ClassVar[int]
    prefix: _networktypes_pb2.IPPrefix
    route_class: RouteClass
    class_priority: int
    priority: int
    overlay_nh_ip_info: OverlayNextHopIPInfo
    nexthop_name_ref: str
    nh_group_name_ref: str
    vpc_nh_info: VPCPeerNhInfo
    tunnel_name_ref: str
    route_table_name_ref: str
    eval_mapping: bool
    tos: int
    encap: _networktypes_pb2.Encap
    overlay_mac: bytes
    def __init__(self, prefix: _Optional[_Union[_networktypes_pb2.IPPrefix, _Mapping]] = ..., route_class: _Optional[_Union[RouteClass, str]] = ..., class_priority: _Optional[int] = ..., priority: _Optional[int] = ..., overlay_nh_ip_info: _Optional[_Union[OverlayNextHopIPInfo, _Mapping]] = ..., nexthop_name_ref: _Optional[str] = ..., nh_group_name_ref: _Optional[str] = ..., vpc_nh_info: _Optional[_Union[VPCPeerNhInfo, _Mapping]] = ..., tunnel_name_ref: _Optional[str] = ..., route_table_name_ref: _Optional[str] = ..., eval_mapping: _Optional[bool] = ..., tos: _Optional[int] = ..., encap: _Optional[_Union[_networktypes_pb2.Encap, _Mapping]] = ..., overlay_mac: _Optional[bytes] = ...) -> None: ...

class VPCPeerNhInfo(_message.Message):
    __slots__ = ("vpc_name_ref", "route_table_name_ref")
    VPC_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    ROUTE_TABLE_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    vpc_name_ref: str
    route_table_name_ref: str
    def __init__(self, vpc_name_ref: _Optional[str] = ..., route_table_name_ref: _Optional[str] = ...) -> None: ...

class OverlayNextHopIPInfo(_message.Message):
    __slots__ = ("nexthop_ip", "nexthop_mac", "vpc_name_ref")
    NEXTHOP_IP_FIELD_NUMBER: _ClassVar[int]
    NEXTHOP_MAC_FIELD_NUMBER: _ClassVar[int]
    VPC_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    nexthop_ip: _containers.RepeatedCompositeFieldContainer[_networktypes_pb2.IPAddress]
    nexthop_mac: _containers.RepeatedScalarFieldContainer[bytes]
    vpc_name_ref: str
    def __init__(self, nexthop_ip: _Optional[_Iterable[_Union[_networktypes_pb2.IPAddress, _Mapping]]] = ..., nexthop_mac: _Optional[_Iterable[bytes]] = ..., vpc_name_ref: _Optional[str] = ...) -> None: ...

class RouteId(_message.Message):
    __slots__ = ("route_id", "route_table_name_ref")
    ROUTE_ID_FIELD_NUMBER: _ClassVar[int]
    ROUTE_TABLE_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    route_id: str
    route_table_name_ref: str
    def __init__(self, route_id: _Optional[str] = ..., route_table_name_ref: _Optional[str] = ...) -> None: ...

class Route(_message.Message):
    __slots__ = ("name", "spec", "status")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    name: str
    spec: RouteSpec
    status: RouteStatus
    def __init__(self, name: _Optional[str] = ..., spec: _Optional[_Union[RouteSpec, _Mapping]] = ..., status: _Optional[_Union[RouteStatus, _Mapping]] = ...) -> None: ...

class RouteSpec(_message.Message):
    __slots__ = ("route_table_name_ref", "attrs")
    ROUTE_TABLE_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    ATTRS_FIELD_NUMBER: _ClassVar[int]
    route_table_name_ref: str
    attrs: RouteAttrs
    def __init__(self, route_table_name_ref: _Optional[str] = ..., attrs: _Optional[_Union[RouteAttrs, _Mapping]] = ...) -> None: ...

class RouteStatus(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
