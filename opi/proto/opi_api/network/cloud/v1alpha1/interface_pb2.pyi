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

class IfType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    IF_TYPE_UNSPECIFIED: _ClassVar[IfType]
    IF_TYPE_UPLINK: _ClassVar[IfType]
    IF_TYPE_UPLINK_PC: _ClassVar[IfType]
    IF_TYPE_L3: _ClassVar[IfType]
    IF_TYPE_LOOPBACK: _ClassVar[IfType]
    IF_TYPE_CONTROL: _ClassVar[IfType]
    IF_TYPE_HOST: _ClassVar[IfType]

class IfStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    IF_STATUS_UNSPECIFIED: _ClassVar[IfStatus]
    IF_STATUS_UP: _ClassVar[IfStatus]
    IF_STATUS_DOWN: _ClassVar[IfStatus]
IF_TYPE_UNSPECIFIED: IfType
IF_TYPE_UPLINK: IfType
IF_TYPE_UPLINK_PC: IfType
IF_TYPE_L3: IfType
IF_TYPE_LOOPBACK: IfType
IF_TYPE_CONTROL: IfType
IF_TYPE_HOST: IfType
IF_STATUS_UNSPECIFIED: IfStatus
IF_STATUS_UP: IfStatus
IF_STATUS_DOWN: IfStatus

class Interface(_message.Message):
    __slots__ = ("name", "spec", "status")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    name: str
    spec: InterfaceSpec
    status: InterfaceStatus
    def __init__(self, name: _Optional[str] = ..., spec: _Optional[_Union[InterfaceSpec, _Mapping]] = ..., status: _Optional[_Union[InterfaceStatus, _Mapping]] = ...) -> None: ...

class InterfaceSpec(_message.Message):
    __slots__ = ("ifid", "admin_status", "uplink_spec", "uplink_pc_spec", "l3_if_spec", "loopback_if_spec", "control_if_spec", "host_if_spec")
    IFID_FIELD_NUMBER: _ClassVar[int]
    ADMIN_STATUS_FIELD_NUMBER: _ClassVar[int]
    UPLINK_SPEC_FIELD_NUMBER: _ClassVar[int]
    UPLINK_PC_SPEC_FIELD_NUMBER: _ClassVar[int]
    L3_IF_SPEC_FIELD_NUMBER: _ClassVar[int]
    LOOPBACK_IF_SPEC_FIELD_NUMBER: _ClassVar[int]
    CONTROL_IF_SPEC_FIELD_NUMBER: _ClassVar[int]
    HOST_IF_SPEC_FIELD_NUMBER: _ClassVar[int]
    ifid: int
    admin_status: IfStatus
    uplink_spec: UplinkSpec
    uplink_pc_spec: UplinkPCSpec
    l3_if_spec: L3IfSpec
    loopback_if_spec: LoopbackIfSpec
    control_if_spec: ControlIfSpec
    host_if_spec: HostIfSpec
    def __init__(self, ifid: _Optional[int] = ..., admin_status: _Optional[_Union[IfStatus, str]] = ..., uplink_spec: _Optional[_Union[UplinkSpec, _Mapping]] = ..., uplink_pc_spec: _Optional[_Union[UplinkPCSpec, _Mapping]] = ..., l3_if_spec: _Optional[_Union[L3IfSpec, _Mapping]] = ..., loopback_if_spec: _Optional[_Union[LoopbackIfSpec, _Mapping]] = ..., control_if_spec: _Optional[_Union[ControlIfSpec, _Mapping]] = ..., host_if_spec: _Optional[_Union[HostIfSpec, _Mapping]] = ...) -> None: ...

class UplinkSpec(_message.Message):
    __slots__ = ("port_name_ref", "native_vlanid")
    PORT_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    NATIVE_VLANID_FIELD_NUMBER: _ClassVar[int]
    port_name_ref: str
    native_vlanid: int
    def __init__(self, port_name_ref: _Optional[str] = ..., native_vlanid: _Optional[int] = ...) -> None: ...

class UplinkPCSpec(_message.Message):
    __slots__ = ("member_ifids_bitmap", "native_vlanid")
    MEMBER_IFIDS_BITMAP_FIELD_NUMBER: _ClassVar[int]
    NATIVE_VLANID_FIELD_NUMBER: _ClassVar[int]
    member_ifids_bitmap: int
    native_vlanid: int
    def __init__(self, member_ifids_bitmap: _Optional[int] = ..., native_vlanid: _Optional[int] = ...) -> None: ...

class L3IfSpec(_message.Message):
    __slots__ = ("vpc_name_ref", "prefix", "port_name_ref", "encap", "mac_address")
    VPC_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    PREFIX_FIELD_NUMBER: _ClassVar[int]
    PORT_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    ENCAP_FIELD_NUMBER: _ClassVar[int]
    MAC_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    vpc_name_ref: str
    prefix: _containers.RepeatedCompositeFieldContainer[_networktypes_pb2.IPPrefix]
    port_name_ref: str
    encap: _networktypes_pb2.Encap
    mac_address: bytes
    def __init__(self, vpc_name_ref: _Optional[str] = ..., prefix: _Optional[_Iterable[_Union[_networktypes_pb2.IPPrefix, _Mapping]]] = ..., port_name_ref: _Optional[str] = ..., encap: _Optional[_Union[_networktypes_pb2.Encap, _Mapping]] = ..., mac_address: _Optional[bytes] = ...) -> None: ...

class BGPCommunity(_message.Message):
    __slots__ = ("asn", "community")
    ASN_FIELD_NUMBER: _ClassVar[int]
    COMMUNITY_FIELD_NUMBER: _ClassVar[int]
    asn: int
    community: int
    def __init__(self, asn: _Optional[int] = ..., community: _Optional[int] = ...) -> None: ...

class LoopbackIfSpec(_message.Message):
    __slots__ = ("prefix", "communities")
    PREFIX_FIELD_NUMBER: _ClassVar[int]
    COMMUNITIES_FIELD_NUMBER: _ClassVar[int]
    prefix: _networktypes_pb2.IPPrefix
    communities: _containers.RepeatedCompositeFieldContainer[BGPCommunity]
    def __init__(self, prefix: _Optional[_Union[_networktypes_pb2.IPPrefix, _Mapping]] = ..., communities: _Optional[_Iterable[_Union[BGPCommunity, _Mapping]]] = ...) -> None: ...

class ControlIfSpec(_message.Message):
    __slots__ = ("prefix", "mac_address")
    PREFIX_FIELD_NUMBER: _ClassVar[int]
    MAC_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    prefix: _networktypes_pb2.IPPrefix
    mac_address: bytes
    def __init__(self, prefix: _Optional[_Union[_networktypes_pb2.IPPrefix, _Mapping]] = ..., mac_address: _Optional[bytes] = ...) -> None: ...

class HostIfSpec(_message.Message):
    __slots__ = ("vf", "enable_connection_tracking", "mac_address", "ifname")
    VF_FIELD_NUMBER: _ClassVar[int]
    ENABLE_CONNECTION_TRACKING_FIELD_NUMBER: _ClassVar[int]
    MAC_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    IFNAME_FIELD_NUMBER: _ClassVar[int]
    vf: bool
    enable_connection_tracking: bool
    mac_address: bytes
    ifname: str
    def __init__(self, vf: _Optional[bool] = ..., enable_connection_tracking: _Optional[bool] = ..., mac_address: _Optional[bytes] = ..., ifname: _Optional[str] = ...) -> None: ...

class UplinkIfStatus(_message.Message):
    __slots__ = ("hw_if_idx", "hw_port_number")
    HW_IF_IDX_FIELD_NUMBER: _ClassVar[int]
    HW_PORT_NUMBER_FIELD_NUMBER: _ClassVar[int]
    hw_if_idx: int
    hw_port_number: int
    def __init__(self, hw_if_idx: _Optional[int] = ..., hw_port_number: _Optional[int] = ...) -> None: ...

class LoopbackIfStatus(_message.Message):
    __slots__ = ("ifname",)
    IFNAME_FIELD_NUMBER: _ClassVar[int]
    ifname: str
    def __init__(self, ifname: _Optional[str] = ...) -> None: ...

class HostIfStatus(_message.Message):
    __slots__ = ("hw_if_idxes", "mac_address", "status", "ifname")
    HW_IF_IDXES_FIELD_NUMBER: _ClassVar[int]
    MAC_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    IFNAME_FIELD_NUMBER: _ClassVar[int]
    hw_if_idxes: _containers.RepeatedScalarFieldContainer[bytes]
    mac_address: bytes
    status: IfStatus
    ifname: str
    def __init__(self, hw_if_idxes: _Optional[_Iterable[bytes]] = ..., mac_address: _Optional[bytes] = ..., status: _Optional[_Union[IfStatus, str]] = ..., ifname: _Optional[str] = ...) -> None: ...

class InterfaceStatus(_message.Message):
    __slots__ = ("if_index", "oper_status", "uplink_if_status", "loopback_if_status", "host_if_status")
    IF_INDEX_FIELD_NUMBER: _ClassVar[int]
    OPER_STATUS_FIELD_NUMBER: _ClassVar[int]
    UPLINK_IF_STATUS_FIELD_NUMBER: _ClassVar[int]
    LOOPBACK_IF_STATUS_FIELD_NUMBER: _ClassVar[int]
    HOST_IF_STATUS_FIELD_NUMBER: _ClassVar[int]
    if_index: int
    oper_status: IfStatus
    uplink_if_status: UplinkIfStatus
    loopback_if_status: LoopbackIfStatus
    host_if_status: HostIfStatus
    def __init__(self, if_index: _Optional[int] = ..., oper_status: _Optional[_Union[IfStatus, str]] = ..., uplink_if_status: _Optional[_Union[UplinkIfStatus, _Mapping]] = ..., loopback_if_status: _Optional[_Union[LoopbackIfStatus, _Mapping]] = ..., host_if_status: _Optional[_Union[HostIfStatus, _Mapping]] = ...) -> None: ...
