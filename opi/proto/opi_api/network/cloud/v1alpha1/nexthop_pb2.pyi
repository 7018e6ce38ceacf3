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

class NextHopType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NEXT_HOP_TYPE_UNSPECIFIED: _ClassVar[NextHopType]
    NEXT_HOP_TYPE_IP: _ClassVar[NextHopType]
    NEXT_HOP_TYPE_UNDERLAY: _ClassVar[NextHopType]
    NEXT_HOP_TYPE_OVERLAY: _ClassVar[NextHopType]

class NextHopGroupType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NEXT_HOP_GROUP_TYPE_UNSPECIFIED: _ClassVar[NextHopGroupType]
    NEXT_HOP_GROUP_TYPE_OVERLAY_ECMP: _ClassVar[NextHopGroupType]
    NEXT_HOP_GROUP_TYPE_UNDERLAY_ECMP: _ClassVar[NextHopGroupType]
NEXT_HOP_TYPE_UNSPECIFIED: NextHopType
NEXT_HOP_TYPE_IP: NextHopType
NEXT_HOP_TYPE_UNDERLAY: NextHopType
NEXT_HOP_TYPE_OVERLAY: NextHopType
NEXT_HOP_GROUP_TYPE_UNSPECIFIED: NextHopGroupType
NEXT_HOP_GROUP_TYPE_OVERLAY_ECMP: NextHopGroupType
NEXT_HOP_GROUP_TYPE_UNDERLAY_ECMP: NextHopGroupType

class NextHop(_message.Message):
    __slots__ = ("name", "spec", "status")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    name: str
    spec: NextHopSpec
    status: NextHopStatus
    def __init__(self, name: _Optional[str] = ..., spec: _Optional[_Union[NextHopSpec, _Mapping]] = ..., status: _Optional[_Union[NextHopStatus, _Mapping]] = ...) -> None: ...

class NextHopSpec(_message.Message):
    __slots__ = ("overlay_nh_info", "underlay_nh_info", "ip_nh_info")
    OVERLAY_NH_INFO_FIELD_NUMBER: _ClassVar[int]
    UNDERLAY_NH_INFO_FIELD_NUMBER: _ClassVar[int]
    IP_NH_INFO_FIELD_NUMBER: _ClassVar[int]
    overlay_nh_info: OverlayNextHopSpec
    underlay_nh_info: UnderlayNextHopSpec
    ip_nh_info: IPNextHopSpec
    def __init__(self, overlay_nh_info: _Optional[_Union[OverlayNextHopSpec, _Mapping]] = ..., underlay_nh_info: _Optional[_Union[UnderlayNextHopSpec, _Mapping]] = ..., ip_nh_info: _Optional[_Union[IPNextHopSpec, _Mapping]] = ...) -> None: ...

class UnderlayNextHopSpec(_message.Message):
    __slots__ = ("interface_name_ref", "underlay_nh_mac")
    INTERFACE_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    UNDERLAY_NH_MAC_FIELD_NUMBER: _ClassVar[int]
    interface_name_ref: str
    underlay_nh_mac: bytes
    def __init__(self, interface_name_ref: _Optional[str] = ..., underlay_nh_mac: _Optional[bytes] = ...) -> None: ...

class OverlayNextHopSpec(_message.Message):
    __slots__ = ("tunnel_name_ref",)
    TUNNEL_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    tunnel_name_ref: str
    def __init__(self, tunnel_name_ref: _Optional[str] = ...) -> None: ...

class IPNextHopSpec(_message.Message):
    __slots__ = ("vpc_name_ref", "ip_address", "vlan", "mac")
    VPC_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    IP_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    VLAN_FIELD_NUMBER: _ClassVar[int]
    MAC_FIELD_NUMBER: _ClassVar[int]
    vpc_name_ref: str
    ip_address: _networktypes_pb2.IPAddress
    vlan: int
    mac: bytes
    def __init__(self, vpc_name_ref: _Optional[str] = ..., ip_address: _Optional[_Union[_networktypes_pb2.IPAddress, _Mapping]] = ..., vlan: _Optional[int] = ..., mac: _Optional[bytes] = ...) -> None: ...

class NextHopStatus(_message.Message):
    __slots__ = ("hw_handle", "underlay_nh_info", "overlay_nh_info")
    HW_HANDLE_FIELD_NUMBER: _ClassVar[int]
    UNDERLAY_NH_INFO_FIELD_NUMBER: _ClassVar[int]
    OVERLAY_NH_INFO_FIELD_NUMBER: _ClassVar[int]
    hw_handle: _networktypes_pb2.HwHandle
    underlay_nh_info: UnderlayNextHopStatus
    overlay_nh_info: OverlayNextHopStatus
    def __init__(self, hw_handle: _Optional[_Union[_networktypes_pb2.HwHandle, _Mapping]] = ..., underlay_nh_info: _Optional[_Union[UnderlayNextHopStatus, _Mapping]] = ..., overlay_nh_info: _Optional[_Union[OverlayNextHopStatus, _Mapping]] = ...) -> None: ...

class UnderlayNextHopStatus(_message.Message):
    __slots__ = ("port", "vlan")
    PORT_FIELD_NUMBER: _ClassVar[int]
    VLAN_FIELD_NUMBER: _ClassVar[int]
    port: int
    vlan: int
    def __init__(self, port: _Optional[int] = ..., vlan: _Optional[int] = ...) -> None: ...

class OverlayNextHopStatus(_message.Message):
    __slots__ = ("tunnel_ip",)
    TUNNEL_IP_FIELD_NUMBER: _ClassVar[int]
    tunnel_ip: _networktypes_pb2.IPAddress
    def __init__(self, tunnel_ip: _Optional[_Union[_networktypes_pb2.IPAddress, _Mapping]] = ...) -> None: ...

class NextHopLookup(_message.Message):
    __slots__ = ("type", "nh_name_ref")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    NH_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    type: NextHopType
    nh_name_ref: str
    def __init__(self, type: _Optional[_Union[NextHopType, str]] = ..., nh_name_ref: _Optional[str] = ...) -> None: ...

class NextHopGroup(_message.Message):
    __slots__ = ("name", "spec", "status")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    name: str
    spec: NextHopGroupSpec
    status: NextHopGroupStatus
    def __init__(self, name: _Optional[str] = ..., spec: _Optional[_Union[NextHopGroupSpec, _Mapping]] = ..., status: _Optional[_Union[NextHopGroupStatus, _Mapping]] = ...) -> None: ...

class NextHopGroupSpec(_message.Message):
    __slots__ = ("type", "members")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    MEMBERS_FIELD_NUMBER: _ClassVar[int]
    type: NextHopGroupType
    members: _containers.RepeatedCompositeFieldContainer[NextHopSpec]
    def __init__(self, type: _Optional[_Union[NextHopGroupType, str]] = ..., members: _Optional[_Iterable[_Union[NextHopSpec, _Mapping]]] = ...) -> None: ...

class NextHopGroupStatus(_message.Message):
    __slots__ = ("members", "hw_handle")
    MEMBERS_FIELD_NUMBER: _ClassVar[int]
    HW_HANDLE_FIELD_NUMBER: _ClassVar[int]
    members: _containers.RepeatedCompositeFieldContainer[NextHopStatus]
    hw_handle: _networktypes_pb2.HwHandle
    def __init__(self, members: _Optional[_Iterable[_Union[NextHopStatus, _Mapping]]] = ..., hw_handle: _Optional[_Union[_networktypes_pb2.HwHandle, _Mapping]] = ...) -> None: ...

class NextHopGroupLookup(_message.Message):
    __slots__ = ("type", "nh_group_name_ref")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    NH_GROUP_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    type: NextHopGroupType
    nh_group_name_ref: str
    def __init__(self, type: _Optional[_Union[NextHopGroupType, str]] = ..., nh_group_name_ref: _Optional[str] = ...) -> None: ...
