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

class MappingType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MAPPING_TYPE_UNSPECIFIED: _ClassVar[MappingType]
    MAPPING_TYPE_VPC: _ClassVar[MappingType]
    MAPPING_TYPE_SERVICE: _ClassVar[MappingType]
    MAPPING_TYPE_LB_VIP: _ClassVar[MappingType]

class MappingKeyType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MAPPING_KEY_TYPE_UNSPECIFIED: _ClassVar[MappingKeyType]
    MAPPING_KEY_TYPE_L2: _ClassVar[MappingKeyType]
    MAPPING_KEY_TYPE_L3: _ClassVar[MappingKeyType]
MAPPING_TYPE_UNSPECIFIED: MappingType
MAPPING_TYPE_VPC: MappingType
MAPPING_TYPE_SERVICE: MappingType
MAPPING_TYPE_LB_VIP: MappingType
MAPPING_KEY_TYPE_UNSPECIFIED: MappingKeyType
MAPPING_KEY_TYPE_L2: MappingKeyType
MAPPING_KEY_TYPE_L3: MappingKeyType

class Mapping(_message.Message):
    __slots__ = ("name", "spec", "status")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    name: str
    spec: MappingSpec
    status: MappingStatus
    def __init__(self, name: _Optional[str] = ..., spec: _Optional[_Union[MappingSpec, _Mapping]] = ..., status: _Optional[_Union[MappingStatus, _Mapping]] = ...) -> None: ...

class MappingSpec(_message.Message):
    __slots__ = ("ip_key", "mac_key", "subnet_name_ref", "vnic_name_ref", "tunnel_name_ref", "nh_group_name_ref", "mac_addr", "encap", "public_ip", "tags", "type")
    IP_KEY_FIELD_NUMBER: _ClassVar[int]
    MAC_KEY_FIELD_NUMBER: _ClassVar[int]
    SUBNET_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    VNIC_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    TUNNEL_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    NH_GROUP_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    MAC_ADDR_FIELD_NUMBER: _ClassVar[int]
    ENCAP_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_IP_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    ip_key: L3MappingKey
    mac_key: L2MappingKey
    subnet_name_ref: str
    vnic_name_ref: str
    tunnel_name_ref: str
    nh_group_name_ref: str
    mac_addr: bytes
    encap: _networktypes_pb2.Encap
    public_ip: _networktypes_pb2.IPAddress
    tags: _containers.RepeatedScalarFieldContainer[int]
    type: MappingType
    def __init__(self, ip_key: _Optional[_Union[L3MappingKey, _Mapping]] = ..., mac_key: _Optional[_Union[L2MappingKey, _Mapping]] = ..., subnet_name_ref: _Optional[str] = ..., vnic_name_ref: _Optional[str] = ..., tunnel_name_ref: _Optional[str] = ..., nh_group_name_ref: _Optional[str] = ..., mac_addr: _Optional[bytes] = ..., encap: _Optional[_Union[_networktypes_pb2.Encap, _Mapping]] = ..., public_ip: _Optional[_Union[_networktypes_pb2.IPAddress, _Mapping]] = ..., tags: _Optional[_Iterable[int]] = ..., type: _Optional[_Union[MappingType, str]] = ...) -> None: ...

class MappingStatus(_message.Message):
    __slots__ = ("public_nat_index", "private_nat_index", "tunnel_ip", "svc_port_map_hw_handle", "vnf_tunnel_hw_handle", "rewrite_index")
    PUBLIC_NAT_INDEX_FIELD_NUMBER: _ClassVar[int]
    PRIVATE_NAT_INDEX_FIELD_NUMBER: _ClassVar[int]
    TUNNEL_IP_FIELD_NUMBER: _ClassVar[int]
    SVC_PORT_MAP_HW_HANDLE_FIELD_NUMBER: _ClassVar[int]
    VNF_TUNNEL_HW_HANDLE_FIELD_NUMBER: _ClassVar[int]
    REWRITE_INDEX_FIELD_NUMBER: _ClassVar[int]
    public_nat_index: int
    private_nat_index: int
    tunnel_ip: _containers.RepeatedCompositeFieldContainer[_networktypes_pb2.IPAddress]
    svc_port_map_hw_handle: _networktypes_pb2.HwHandle
    vnf_tunnel_hw_handle: _networktypes_pb2.HwHandle
    rewrite_index: int
    def __init__(self, public_nat_index: _Optional[int] = ..., private_nat_index: _Optional[int] = ..., tunnel_ip: _Optional[_Iterable[_Union[_networktypes_pb2.IPAddress, _Mapping]]] = ..., svc_port_map_hw_handle: _Optional[_Union[_networktypes_pb2.HwHandle, _Mapping]] = ..., vnf_tunnel_hw_handle: _Optional[_Union[_networktypes_pb2.HwHandle, _Mapping]] = ..., rewrite_index: _Optional[int] = ...) -> None: ...

class L3MappingKey(_message.Message):
    __slots__ = ("vpc_name_ref", "ip_address")
    VPC_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    IP_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    vpc_name_ref: str
    ip_address: _networktypes_pb2.IPAddress
    def __init__(self, vpc_name_ref: _Optional[str] = ..., ip_address: _Optional[_Union[_networktypes_pb2.IPAddress, _Mapping]] = ...) -> None: ...

class L2MappingKey(_message.Message):
    __slots__ = ("subnet_name_ref", "mac_address")
    SUBNET_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    MAC_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    subnet_name_ref: str
    mac_address: bytes
    def __init__(self, subnet_name_ref: _Optional[str] = ..., mac_address: _Optional[bytes] = ...) -> None: ...

class MappingLookupFilter(_message.Message):
    __slots__ = ("local", "key_type", "type", "ip_key", "mac_key", "ip_address", "mac_address", "vpc_name_ref")
    LOCAL_FIELD_NUMBER: _ClassVar[int]
    KEY_TYPE_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    IP_KEY_FIELD_NUMBER: _ClassVar[int]
    MAC_KEY_FIELD_NUMBER: _ClassVar[int]
    IP_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    MAC_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    VPC_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    local: bool
    key_type: MappingKeyType
    type: MappingType
    ip_key: L3MappingKey
    mac_key: L2MappingKey
    ip_address: _networktypes_pb2.IPAddress
    mac_address: bytes
    vpc_name_ref: str
    def __init__(self, local: _Optional[bool] = ..., key_type: _Optional[_Union[MappingKeyType, str]] = ..., type: _Optional[_Union[MappingType, str]] = ..., ip_key: _Optional[_Union[L3MappingKey, _Mapping]] = ..., mac_key: _Optional[_Union[L2MappingKey, _Mapping]] = ..., ip_address: _Optional[_Union[_networktypes_pb2.IPAddress, _Mapping]] = ..., mac_address: _Optional[bytes] = ..., vpc_name_ref: _Optional[str] = ...) -> None: ...
