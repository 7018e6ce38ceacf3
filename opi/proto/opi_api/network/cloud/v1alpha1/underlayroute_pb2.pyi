# mypy: ignore-errors
from google.api import resource_pb2 as _resource_pb2
from opi.proto.opi_api.network.opinetcommon.v1alpha1 import networktypes_pb2 as _networktypes_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class UnderlayRoute(_message.Message):
    __slots__ = ("name", "spec", "status")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    name: str
    spec: UnderlayRouteSpec
    status: UnderlayRouteStatus
    def __init__(self, name: _Optional[str] = ..., spec: _Optional[_Union[UnderlayRouteSpec, _Mapping]] = ..., status: _Optional[_Union[UnderlayRouteStatus, _Mapping]] = ...) -> None: ...

class UnderlayRouteSpec(_message.Message):
    __slots__ = ("route_table_name_ref", "dest_prefix", "next_hop_address", "state", "enable_admin_distance", "admin_dist", "interface_name_ref")
    ROUTE_TABLE_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    DEST_PREFIX_FIELD_NUMBER: _ClassVar[int]
    NEXT_HOP_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    ENABLE_ADMIN_DISTANCE_FIELD_NUMBER: _ClassVar[int]
    ADMIN_DIST_FIELD_NUMBER: _ClassVar[int]
    INTERFACE_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    route_table_name_ref: str
    dest_prefix: _networktypes_pb2.IPPrefix
    next_hop_address: _networktypes_pb2.IPAddress
    state: _networktypes_pb2.AdminState
    enable_admin_distance: bool
    admin_dist: int
    interface_name_ref: str
    def __init__(self, route_table_name_ref: _Optional[str] = ..., dest_prefix: _Optional[_Union[_networktypes_pb2.IPPrefix, _Mapping]] = ..., next_hop_address: _Optional[_Union[_networktypes_pb2.IPAddress, _Mapping]] = ..., state: _Optional[_Union[_networktypes_pb2.AdminState, str]] = ..., enable_admin_distance: _Optional[bool] = ..., admin_dist: _Optional[int] = ..., interface_name_ref: _Optional[str] = ...) -> None: ...

class UnderlayRouteStatus(_message.Message):
    __slots__ = ("route_table_name_ref", "dest_prefix", "next_hop_address", "if_index", "type", "proto", "age", "metric", "fib_route", "connected", "admin_distance")
    ROUTE_TABLE_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    DEST_PREFIX_FIELD_NUMBER: _ClassVar[int]
    NEXT_HOP_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    IF_INDEX_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    PROTO_FIELD_NUMBER: _ClassVar[int]
    AGE_FIELD_NUMBER: _ClassVar[int]
    METRIC_FIELD_NUMBER: _ClassVar[int]
    FIB_ROUTE_FIELD_NUMBER: _ClassVar[int]
    CONNECTED_FIELD_NUMBER: _ClassVar[int]
    ADMIN_DISTANCE_FIELD_NUMBER: _ClassVar[int]
    route_table_name_ref: int
    dest_prefix: _networktypes_pb2.IPPrefix
    next_hop_address: _networktypes_pb2.IPAddress
    if_index: int
    type: _networktypes_pb2.RouteType
    proto: _networktypes_pb2.RouteProtocol
    age: int
    metric: int
    fib_route: bool
    connected: bool
    admin_distance: int
    def __init__(self, route_table_name_ref: _Optional[int] = ..., dest_prefix: _Optional[_Union[_networktypes_pb2.IPPrefix, _Mapping]] = ..., next_hop_address: _Optional[_Union[_networktypes_pb2.IPAddress, _Mapping]] = ..., if_index: _Optional[int] = ..., type: _Optional[_Union[_networktypes_pb2.RouteType, str]] = ..., proto: _Optional[_Union[_networktypes_pb2.RouteProtocol, str]] = ..., age: _Optional[int] = ..., metric: _Optional[int] = ..., fib_route: _Optional[bool] = ..., connected: _Optional[bool] = ..., admin_distance: _Optional[int] = ...) -> None: ...

class UnderlayRouteLookupKey(_message.Message):
    __slots__ = ("route_table_name_ref", "dest_prefix", "next_hop_address", "ifid", "proto")
    ROUTE_TABLE_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    DEST_PREFIX_FIELD_NUMBER: _ClassVar[int]
    NEXT_HOP_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    IFID_FIELD_NUMBER: _ClassVar[int]
    PROTO_FIELD_NUMBER: _ClassVar[int]
    route_table_name_ref: str
    dest_prefix: _networktypes_pb2.IPPrefix
    next_hop_address: _networktypes_pb2.IPAddress
    ifid: int
    proto: _networktypes_pb2.RouteProtocol
    def __init__(self, route_table_name_ref: _Optional[str] = ..., dest_prefix: _Optional[_Union[_networktypes_pb2.IPPrefix, _Mapping]] = ..., next_hop_address: _Optional[_Union[_networktypes_pb2.IPAddress, _Mapping]] = ..., ifid: _Optional[int] = ..., proto: _Optional[_Union[_networktypes_pb2.RouteProtocol, str]] = ...) -> None: ...
