# mypy: ignore-errors
from google.api import annotations_pb2 as _annotations_pb2
from google.api import client_pb2 as _client_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import empty_pb2 as _empty_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from opi.proto.opi_api.network.evpn_gw.v1alpha1 import component_pb2 as _component_pb2
from opi.proto.opi_api.network.opinetcommon.v1alpha1 import networktypes_pb2 as _networktypes_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class VRFOperStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    VRF_OPER_STATUS_UNSPECIFIED: _ClassVar[VRFOperStatus]
    VRF_OPER_STATUS_UP: _ClassVar[VRFOperStatus]
    VRF_OPER_STATUS_DOWN: _ClassVar[VRFOperStatus]
    VRF_OPER_STATUS_TO_BE_DELETED: _ClassVar[VRFOperStatus]

class SVIOperStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SVI_OPER_STATUS_UNSPECIFIED: _ClassVar[SVIOperStatus]
    SVI_OPER_STATUS_UP: _ClassVar[SVIOperStatus]
    SVI_OPER_STATUS_DOWN: _ClassVar[SVIOperStatus]
    SVI_OPER_STATUS_TO_BE_DELETED: _ClassVar[SVIOperStatus]
VRF_OPER_STATUS_UNSPECIFIED: VRFOperStatus
VRF_OPER_STATUS_UP: VRFOperStatus
VRF_OPER_STATUS_DOWN: VRFOperStatus
VRF_OPER_STATUS_TO_BE_DELETED: VRFOperStatus
SVI_OPER_STATUS_UNSPECIFIED: SVIOperStatus
SVI_OPER_STATUS_UP: SVIOperStatus
SVI_OPER_STATUS_DOWN: SVIOperStatus
SVI_OPER_STATUS_TO_BE_DELETED: SVIOperStatus

class Vrf(_message.Message):
    __slots__ = ("name", "spec", "status")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    name: str
    spec: VrfSpec
    status: VrfStatus
    def __init__(self, name: _Optional[str] = ..., spec: _Optional[_Union[VrfSpec, _Mapping]] = ..., status: _Optional[_Union[VrfStatus, _Mapping]] = ...) -> None: ...

class VrfSpec(_message.Message):
    __slots__ = ("vni", "loopback_ip_prefix", "vtep_ip_prefix")
    VNI_FIELD_NUMBER: _ClassVar[int]
    LOOPBACK_IP_PREFIX_FIELD_NUMBER: _ClassVar[int]
    VTEP_IP_PREFIX_FIELD_NUMBER: _ClassVar[int]
    vni: int
    loopback_ip_prefix: _networktypes_pb2.IPPrefix
    vtep_ip_prefix: _networktypes_pb2.IPPrefix
    def __init__(self, vni: _Optional[int] = ..., loopback_ip_prefix: _Optional[_Union[_networktypes_pb2.IPPrefix, _Mapping]] = ..., vtep_ip_prefix: _Optional[_Union[_networktypes_pb2.IPPrefix, _Mapping]] = ...) -> None: ...

class VrfStatus(_message.Message):
    __slots__ = ("oper_status", "components")
    OPER_STATUS_FIELD_NUMBER: _ClassVar[int]
    COMPONENTS_FIELD_NUMBER: _ClassVar[int]
    oper_status: VRFOperStatus
    components: _containers.RepeatedCompositeFieldContainer[_component_pb2.Component]
    def __init__(self, oper_status: _Optional[_Union[VRFOperStatus, str]] = ..., components: _Optional[_Iterable[_Union[_component_pb2.Component, _Mapping]]] = ...) -> None: ...

class CreateVrfRequest(_message.Message):
    __slots__ = ("vrf_id", "vrf")
    VRF_ID_FIELD_NUMBER: _ClassVar[int]
    VRF_FIELD_NUMBER: _ClassVar[int]
    vrf_id: str
    vrf: Vrf
    def __init__(self, vrf_id: _Optional[str] = ..., vrf: _Optional[_Union[Vrf, _Mapping]] = ...) -> None: ...

class ListVrfsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListVrfsResponse(_message.Message):
    __slots__ = ("vrfs", "next_page_token")
    VRFS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    vrfs: _containers.RepeatedCompositeFieldContainer[Vrf]
    next_page_token: str
    def __init__(self, vrfs: _Optional[_Iterable[_Union[Vrf, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetVrfRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class DeleteVrfRequest(_message.Message):
    __slots__ = ("name", "allow_missing")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    name: str
    allow_missing: bool
    def __init__(self, name: _Optional[str] = ..., allow_missing: _Optional[bool] = ...) -> None: ...

class UpdateVrfRequest(_message.Message):
    __slots__ = ("vrf", "update_mask", "allow_missing")
    VRF_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    vrf: Vrf
    update_mask: _field_mask_pb2.FieldMask
    allow_missing: bool
    def __init__(self, vrf: _Optional[_Union[Vrf, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., allow_missing: _Optional[bool] = ...) -> None: ...

class Svi(_message.Message):
    __slots__ = ("name", "spec", "status")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    name: str
    spec: SviSpec
    status: SviStatus
    def __init__(self, name: _Optional[str] = ..., spec: _Optional[_Union[SviSpec, _Mapping]] = ..., status: _Optional[_Union[SviStatus, _Mapping]] = ...) -> None: ...

class SviSpec(_message.Message):
    __slots__ = ("vrf", "logical_bridge", "mac_address", "gw_ip_prefix", "enable_bgp", "remote_as")
    VRF_FIELD_NUMBER: _ClassVar[int]
    LOGICAL_BRIDGE_FIELD_NUMBER: _ClassVar[int]
    MAC_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    GW_IP_PREFIX_FIELD_NUMBER: _ClassVar[int]
    ENABLE_BGP_FIELD_NUMBER: _ClassVar[int]
    REMOTE_AS_FIELD_NUMBER: _ClassVar[int]
    vrf: str
    logical_bridge: str
    mac_address: bytes
    gw_ip_prefix: _containers.RepeatedCompositeFieldContainer[_networktypes_pb2.IPPrefix]
    enable_bgp: bool
    remote_as: int
    def __init__(self, vrf: _Optional[str] = ..., logical_bridge: _Optional[str] = ..., mac_address: _Optional[bytes] = ..., gw_ip_prefix: _Optional[_Iterable[_Union[_networktypes_pb2.IPPrefix, _Mapping]]] = ..., enable_bgp: _Optional[bool] = ..., remote_as: _Optional[int] = ...) -> None: ...

class SviStatus(_message.Message):
    __slots__ = ("oper_status", "components")
    OPER_STATUS_FIELD_NUMBER: _ClassVar[int]
    COMPONENTS_FIELD_NUMBER: _ClassVar[int]
    oper_status: SVIOperStatus
    components: _containers.RepeatedCompositeFieldContainer[_component_pb2.Component]
    def __init__(self, oper_status: _Optional[_Union[SVIOperStatus, str]] = ..., components: _Optional[_Iterable[_Union[_component_pb2.Component, _Mapping]]] = ...) -> None: ...

class CreateSviRequest(_message.Message):
    __slots__ = ("svi_id", "svi")
    SVI_ID_FIELD_NUMBER: _ClassVar[int]
    SVI_FIELD_NUMBER: _ClassVar[int]
    svi_id: str
    svi: Svi
    def __init__(self, svi_id: _Optional[str] = ..., svi: _Optional[_Union[Svi, _Mapping]] = ...) -> None: ...

class ListSvisRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListSvisResponse(_message.Message):
    __slots__ = ("svis", "next_page_token")
    SVIS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    svis: _containers.RepeatedCompositeFieldContainer[Svi]
    next_page_token: str
    def __init__(self, svis: _Optional[_Iterable[_Union[Svi, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetSviRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class DeleteSviRequest(_message.Message):
    __slots__ = ("name", "allow_missing")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    name: str
    allow_missing: bool
    def __init__(self, name: _Optional[str] = ..., allow_missing: _Optional[bool] = ...) -> None: ...

class UpdateSviRequest(_message.Message):
    __slots__ = ("svi", "update_mask", "allow_missing")
    SVI_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    svi: Svi
    update_mask: _field_mask_pb2.FieldMask
    allow_missing: bool
    def __init__(self, svi: _Optional[_Union[Svi, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., allow_missing: _Optional[bool] = ...) -> None: ...
