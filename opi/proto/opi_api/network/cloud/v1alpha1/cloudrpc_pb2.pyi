# mypy: ignore-errors
from google.api import annotations_pb2 as _annotations_pb2
from google.api import client_pb2 as _client_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import empty_pb2 as _empty_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from opi.proto.opi_api.network.cloud.v1alpha1 import bgp_pb2 as _bgp_pb2
from opi.proto.opi_api.network.cloud.v1alpha1 import device_pb2 as _device_pb2
from opi.proto.opi_api.network.cloud.v1alpha1 import interface_pb2 as _interface_pb2
from opi.proto.opi_api.network.cloud.v1alpha1 import mapping_pb2 as _mapping_pb2
from opi.proto.opi_api.network.cloud.v1alpha1 import networkpolicy_pb2 as _networkpolicy_pb2
from opi.proto.opi_api.network.cloud.v1alpha1 import nexthop_pb2 as _nexthop_pb2
from opi.proto.opi_api.network.cloud.v1alpha1 import ospf_pb2 as _ospf_pb2
from opi.proto.opi_api.network.cloud.v1alpha1 import port_pb2 as _port_pb2
from opi.proto.opi_api.network.cloud.v1alpha1 import route_pb2 as _route_pb2
from opi.proto.opi_api.network.cloud.v1alpha1 import subnet_pb2 as _subnet_pb2
from opi.proto.opi_api.network.cloud.v1alpha1 import tunnel_pb2 as _tunnel_pb2
from opi.proto.opi_api.network.cloud.v1alpha1 import underlayroute_pb2 as _underlayroute_pb2
from opi.proto.opi_api.network.cloud.v1alpha1 import vnic_pb2 as _vnic_pb2
from opi.proto.opi_api.network.cloud.v1alpha1 import vpc_pb2 as _vpc_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GetDeviceCapabilitiesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class CreateDeviceRequest(_message.Message):
    __slots__ = ("parent", "device", "device_id")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    parent: str
    device: _device_pb2.Device
    device_id: str
    def __init__(self, parent: _Optional[str] = ..., device: _Optional[_Union[_device_pb2.Device, _Mapping]] = ..., device_id: _Optional[str] = ...) -> None: ...

class DeleteDeviceRequest(_message.Message):
    __slots__ = ("name", "allow_missing")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    name: str
    allow_missing: bool
    def __init__(self, name: _Optional[str] = ..., allow_missing: _Optional[bool] = ...) -> None: ...

class UpdateDeviceRequest(_message.Message):
    __slots__ = ("name", "device", "update_mask")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    name: str
    device: _device_pb2.Device
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, name: _Optional[str] = ..., device: _Optional[_Union[_device_pb2.Device, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class ListDevicesRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListDevicesResponse(_message.Message):
    __slots__ = ("device", "next_page_token")
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    device: _containers.RepeatedCompositeFieldContainer[_device_pb2.Device]
    next_page_token: str
    def __init__(self, device: _Optional[_Iterable[_Union[_device_pb2.Device, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetDeviceRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class UpdatePortRequest(_message.Message):
    __slots__ = ("name", "port", "update_mask")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PORT_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    name: str
    port: _port_pb2.Port
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, name: _Optional[str] = ..., port: _Optional[_Union[_port_pb2.Port, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class ListPortsRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListPortsResponse(_message.Message):
    __slots__ = ("port", "next_page_token")
    PORT_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    port: _containers.RepeatedCompositeFieldContainer[_port_pb2.Port]
    next_page_token: str
    def __init__(self, port: _Optional[_Iterable[_Union[_port_pb2.Port, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetPortRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class CreateVnicRequest(_message.Message):
    __slots__ = ("parent", "vnic", "vnic_id")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    VNIC_FIELD_NUMBER: _ClassVar[int]
    VNIC_ID_FIELD_NUMBER: _ClassVar[int]
    parent: str
    vnic: _vnic_pb2.Vnic
    vnic_id: str
    def __init__(self, parent: _Optional[str] = ..., vnic: _Optional[_Union[_vnic_pb2.Vnic, _Mapping]] = ..., vnic_id: _Optional[str] = ...) -> None: ...

class DeleteVnicRequest(_message.Message):
    __slots__ = ("name", "allow_missing")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    name: str
    allow_missing: bool
    def __init__(self, name: _Optional[str] = ..., allow_missing: _Optional[bool] = ...) -> None: ...

class UpdateVnicRequest(_message.Message):
    __slots__ = ("name", "vnic", "update_mask")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VNIC_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    name: str
    vnic: _vnic_pb2.Vnic
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, name: _Optional[str] = ..., vnic: _Optional[_Union[_vnic_pb2.Vnic, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class ListVnicsRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListVnicsResponse(_message.Message):
    __slots__ = ("vnic", "next_page_token")
    VNIC_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    vnic: _containers.RepeatedCompositeFieldContainer[_vnic_pb2.Vnic]
    next_page_token: str
    def __init__(self, vnic: _Optional[_Iterable[_Union[_vnic_pb2.Vnic, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetVnicRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class CreateInterfaceRequest(_message.Message):
    __slots__ = ("parent", "interface", "interface_id")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    INTERFACE_FIELD_NUMBER: _ClassVar[int]
    INTERFACE_ID_FIELD_NUMBER: _ClassVar[int]
    parent: str
    interface: _interface_pb2.Interface
    interface_id: str
    def __init__(self, parent: _Optional[str] = ..., interface: _Optional[_Union[_interface_pb2.Interface, _Mapping]] = ..., interface_id: _Optional[str] = ...) -> None: ...

class DeleteInterfaceRequest(_message.Message):
    __slots__ = ("name", "allow_missing")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    name: str
    allow_missing: bool
    def __init__(self, name: _Optional[str] = ..., allow_missing: _Optional[bool] = ...) -> None: ...

class UpdateInterfaceRequest(_message.Message):
    __slots__ = ("name", "interface", "update_mask")
    NAME_FIELD_NUMBER: _ClassVar[int]
    INTERFACE_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    name: str
    interface: _interface_pb2.Interface
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, name: _Optional[str] = ..., interface: _Optional[_Union[_interface_pb2.Interface, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class ListInterfacesRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListInterfacesResponse(_message.Message):
    __slots__ = ("interface", "next_page_token")
    INTERFACE_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    interface: _containers.RepeatedCompositeFieldContainer[_interface_pb2.Interface]
    next_page_token: str
    def __init__(self, interface: _Optional[_Iterable[_Union[_interface_pb2.Interface, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetInterfaceRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class CreateRouteTableRequest(_message.Message):
    __slots__ = ("parent", "routetable", "routetable_id")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    ROUTETABLE_FIELD_NUMBER: _ClassVar[int]
    ROUTETABLE_ID_FIELD_NUMBER: _ClassVar[int]
    parent: str
    routetable: _route_pb2.RouteTable
    routetable_id: str
    def __init__(self, parent: _Optional[str] = ..., routetable: _Optional[_Union[_route_pb2.RouteTable, _Mapping]] = ..., routetable_id: _Optional[str] = ...) -> None: ...

class DeleteRouteTableRequest(_message.Message):
    __slots__ = ("name", "allow_missing")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    name: str
    allow_missing: bool
    def __init__(self, name: _Optional[str] = ..., allow_missing: _Optional[bool] = ...) -> None: ...

class UpdateRouteTableRequest(_message.Message):
    __slots__ = ("name", "routetable", "update_mask")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ROUTETABLE_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    name: str
    routetable: _route_pb2.RouteTable
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, name: _Optional[str] = ..., routetable: _Optional[_Union[_route_pb2.RouteTable, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class ListRouteTablesRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListRouteTablesResponse(_message.Message):
    __slots__ = ("routetable", "next_page_token")
    ROUTETABLE_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    routetable: _containers.RepeatedCompositeFieldContainer[_route_pb2.RouteTable]
    next_page_token: str
    def __init__(self, routetable: _Optional[_Iterable[_Union[_route_pb2.RouteTable, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetRouteTableRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class CreateRouteRequest(_message.Message):
    __slots__ = ("parent", "route", "route_id")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    ROUTE_FIELD_NUMBER: _ClassVar[int]
    ROUTE_ID_FIELD_NUMBER: _ClassVar[int]
    parent: str
    route: _route_pb2.Route
    route_id: str
    def __init__(self, parent: _Optional[str] = ..., route: _Optional[_Union[_route_pb2.Route, _Mapping]] = ..., route_id: _Optional[str] = ...) -> None: ...

class DeleteRouteRequest(_message.Message):
    __slots__ = ("name", "allow_missing")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    name: str
    allow_missing: bool
    def __init__(self, name: _Optional[str] = ..., allow_missing: _Optional[bool] = ...) -> None: ...

class UpdateRouteRequest(_message.Message):
    __slots__ = ("name", "route", "update_mask")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ROUTE_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    name: str
    route: _route_pb2.Route
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, name: _Optional[str] = ..., route: _Optional[_Union[_route_pb2.Route, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class ListRoutesRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListRoutesResponse(_message.Message):
    __slots__ = ("route", "next_page_token")
    ROUTE_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    route: _containers.RepeatedCompositeFieldContainer[_route_pb2.Route]
    next_page_token: str
    def __init__(self, route: _Optional[_Iterable[_Union[_route_pb2.Route, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetRouteRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class CreateUnderlayRouteRequest(_message.Message):
    __slots__ = ("parent", "underlayroute", "underlayroute_id")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    UNDERLAYROUTE_FIELD_NUMBER: _ClassVar[int]
    UNDERLAYROUTE_ID_FIELD_NUMBER: _ClassVar[int]
    parent: str
    underlayroute: _underlayroute_pb2.UnderlayRoute
    underlayroute_id: str
    def __init__(self, parent: _Optional[str] = ..., underlayroute: _Optional[_Union[_underlayroute_pb2.UnderlayRoute, _Mapping]] = ..., underlayroute_id: _Optional[str] = ...) -> None: ...

class DeleteUnderlayRouteRequest(_message.Message):
    __slots__ = ("name", "allow_missing")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    name: str
    allow_missing: bool
    def __init__(self, name: _Optional[str] = ..., allow_missing: _Optional[bool] = ...) -> None: ...

class UpdateUnderlayRouteRequest(_message.Message):
    __slots__ = ("name", "underlayroute", "update_mask")
    NAME_FIELD_NUMBER: _ClassVar[int]
    UNDERLAYROUTE_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    name: str
    underlayroute: _underlayroute_pb2.UnderlayRoute
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, name: _Optional[str] = ..., underlayroute: _Optional[_Union[_underlayroute_pb2.UnderlayRoute, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class ListUnderlayRoutesRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListUnderlayRoutesResponse(_message.Message):
    __slots__ = ("underlayroute", "next_page_token")
    UNDERLAYROUTE_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    underlayroute: _containers.RepeatedCompositeFieldContainer[_underlayroute_pb2.UnderlayRoute]
    next_page_token: str
    def __init__(self, underlayroute: _Optional[_Iterable[_Union[_underlayroute_pb2.UnderlayRoute, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetUnderlayRouteRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class CreateBgpRouterRequest(_message.Message):
    __slots__ = ("bgp_router", "bgp_router_id")
    BGP_ROUTER_FIELD_NUMBER: _ClassVar[int]
    BGP_ROUTER_ID_FIELD_NUMBER: _ClassVar[int]
    bgp_router: _bgp_pb2.BgpRouter
    bgp_router_id: str
    def __init__(self, bgp_router: _Optional[_Union[_bgp_pb2.BgpRouter, _Mapping]] = ..., bgp_router_id: _Optional[str] = ...) -> None: ...

class DeleteBgpRouterRequest(_message.Message):
    __slots__ = ("name", "allow_missing")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    name: str
    allow_missing: bool
    def __init__(self, name: _Optional[str] = ..., allow_missing: _Optional[bool] = ...) -> None: ...

class UpdateBgpRouterRequest(_message.Message):
    __slots__ = ("bgp_router", "update_mask")
    BGP_ROUTER_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    bgp_router: _bgp_pb2.BgpRouter
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, bgp_router: _Optional[_Union[_bgp_pb2.BgpRouter, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class ListBgpRoutersRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListBgpRoutersResponse(_message.Message):
    __slots__ = ("bgp", "next_page_token")
    BGP_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    bgp: _containers.RepeatedCompositeFieldContainer[_bgp_pb2.BgpRouter]
    next_page_token: str
    def __init__(self, bgp: _Optional[_Iterable[_Union[_bgp_pb2.BgpRouter, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetBgpRouterRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class CreateBgpPeerRequest(_message.Message):
    __slots__ = ("bgp_peer_id", "bgp_peer")
    BGP_PEER_ID_FIELD_NUMBER: _ClassVar[int]
    BGP_PEER_FIELD_NUMBER: _ClassVar[int]
    bgp_peer_id: str
    bgp_peer: _bgp_pb2.BgpPeer
    def __init__(self, bgp_peer_id: _Optional[str] = ..., bgp_peer: _Optional[_Union[_bgp_pb2.BgpPeer, _Mapping]] = ...) -> None: ...

class DeleteBgpPeerRequest(_message.Message):
    __slots__ = ("name", "allow_missing")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    name: str
    allow_missing: bool
    def __init__(self, name: _Optional[str] = ..., allow_missing: _Optional[bool] = ...) -> None: ...

class UpdateBgpPeerRequest(_message.Message):
    __slots__ = ("bgp_peer", "update_mask")
    BGP_PEER_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    bgp_peer: _bgp_pb2.BgpPeer
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, bgp_peer: _Optional[_Union[_bgp_pb2.BgpPeer, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class ListBgpPeersRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListBgpPeersResponse(_message.Message):
    __slots__ = ("bgp_peer", "next_page_token")
    BGP_PEER_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    bgp_peer: _containers.RepeatedCompositeFieldContainer[_bgp_pb2.BgpPeer]
    next_page_token: str
    def __init__(self, bgp_peer: _Optional[_Iterable[_Union[_bgp_pb2.BgpPeer, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetBgpPeerRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class CreateBgpPeerAfRequest(_message.Message):
    __slots__ = ("bgp_peer_af", "bgp_peer_af_id")
    BGP_PEER_AF_FIELD_NUMBER: _ClassVar[int]
    BGP_PEER_AF_ID_FIELD_NUMBER: _ClassVar[int]
    bgp_peer_af: _bgp_pb2.BgpPeerAf
    bgp_peer_af_id: str
    def __init__(self, bgp_peer_af: _Optional[_Union[_bgp_pb2.BgpPeerAf, _Mapping]] = ..., bgp_peer_af_id: _Optional[str] = ...) -> None: ...

class DeleteBgpPeerAfRequest(_message.Message):
    __slots__ = ("name", "allow_missing")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    name: str
    allow_missing: bool
    def __init__(self, name: _Optional[str] = ..., allow_missing: _Optional[bool] = ...) -> None: ...

class UpdateBgpPeerAfRequest(_message.Message):
    __slots__ = ("bgp_peer_af", "update_mask")
    BGP_PEER_AF_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    bgp_peer_af: _bgp_pb2.BgpPeerAf
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, bgp_peer_af: _Optional[_Union[_bgp_pb2.BgpPeerAf, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class ListBgpPeerAfsRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListBgpPeerAfsResponse(_message.Message):
    __slots__ = ("bgp_peer_af", "next_page_token")
    BGP_PEER_AF_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    bgp_peer_af: _containers.RepeatedCompositeFieldContainer[_bgp_pb2.BgpPeerAf]
    next_page_token: str
    def __init__(self, bgp_peer_af: _Optional[_Iterable[_Union[_bgp_pb2.BgpPeerAf, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetBgpPeerAfRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class CreateMappingRequest(_message.Message):
    __slots__ = ("parent", "mapping", "mapping_id")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    MAPPING_FIELD_NUMBER: _ClassVar[int]
    MAPPING_ID_FIELD_NUMBER: _ClassVar[int]
    parent: str
    mapping: _mapping_pb2.Mapping
    mapping_id: str
    def __init__(self, parent: _Optional[str] = ..., mapping: _Optional[_Union[_mapping_pb2.Mapping, _Mapping]] = ..., mapping_id: _Optional[str] = ...) -> None: ...

class DeleteMappingRequest(_message.Message):
    __slots__ = ("name", "allow_missing")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    name: str
    allow_missing: bool
    def __init__(self, name: _Optional[str] = ..., allow_missing: _Optional[bool] = ...) -> None: ...

class UpdateMappingRequest(_message.Message):
    __slots__ = ("name", "mapping", "update_mask")
    NAME_FIELD_NUMBER: _ClassVar[int]
    MAPPING_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    name: str
    mapping: _mapping_pb2.Mapping
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, name: _Optional[str] = ..., mapping: _Optional[_Union[_mapping_pb2.Mapping, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class ListMappingsRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListMappingsResponse(_message.Message):
    __slots__ = ("mapping", "next_page_token")
    MAPPING_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    mapping: _containers.RepeatedCompositeFieldContainer[_mapping_pb2.Mapping]
    next_page_token: str
    def __init__(self, mapping: _Optional[_Iterable[_Union[_mapping_pb2.Mapping, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetMappingRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class CreateNextHopRequest(_message.Message):
    __slots__ = ("parent", "nexthop", "nexthop_id")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    NEXTHOP_FIELD_NUMBER: _ClassVar[int]
    NEXTHOP_ID_FIELD_NUMBER: _ClassVar[int]
    parent: str
    nexthop: _nexthop_pb2.NextHop
    nexthop_id: str
    def __init__(self, parent: _Optional[str] = ..., nexthop: _Optional[_Union[_nexthop_pb2.NextHop, _Mapping]] = ..., nexthop_id: _Optional[str] = ...) -> None: ...

class DeleteNextHopRequest(_message.Message):
    __slots__ = ("name", "allow_missing")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    name: str
    allow_missing: bool
    def __init__(self, name: _Optional[str] = ..., allow_missing: _Optional[bool] = ...) -> None: ...

class UpdateNextHopRequest(_message.Message):
    __slots__ = ("name", "nexthop", "update_mask")
    NAME_FIELD_NUMBER: _ClassVar[int]
    NEXTHOP_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    name: str
    nexthop: _nexthop_pb2.NextHop
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, name: _Optional[str] = ..., nexthop: _Optional[_Union[_nexthop_pb2.NextHop, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class ListNextHopRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListNextHopsResponse(_message.Message):
    __slots__ = ("nexthop", "next_page_token")
    NEXTHOP_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    nexthop: _containers.RepeatedCompositeFieldContainer[_nexthop_pb2.NextHop]
    next_page_token: str
    def __init__(self, nexthop: _Optional[_Iterable[_Union[_nexthop_pb2.NextHop, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetNextHopRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class CreateNextHopGroupRequest(_message.Message):
    __slots__ = ("parent", "nexthopgroup", "nexthopgroup_id")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    NEXTHOPGROUP_FIELD_NUMBER: _ClassVar[int]
    NEXTHOPGROUP_ID_FIELD_NUMBER: _ClassVar[int]
    parent: str
    nexthopgroup: _nexthop_pb2.NextHopGroup
    nexthopgroup_id: str
    def __init__(self, parent: _Optional[str] = ..., nexthopgroup: _Optional[_Union[_nexthop_pb2.NextHopGroup, _Mapping]] = ..., nexthopgroup_id: _Optional[str] = ...) -> None: ...

class DeleteNextHopGroupRequest(_message.Message):
    __slots__ = ("name", "allow_missing")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    name: str
    allow_missing: bool
    def __init__(self, name: _Optional[str] = ..., allow_missing: _Optional[bool] = ...) -> None: ...

class UpdateNextHopGroupRequest(_message.Message):
    __slots__ = ("name", "nexthopgroup", "update_mask")
    NAME_FIELD_NUMBER: _ClassVar[int]
    NEXTHOPGROUP_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    name: str
    nexthopgroup: _nexthop_pb2.NextHopGroup
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, name: _Optional[str] = ..., nexthopgroup: _Optional[_Union[_nexthop_pb2.NextHopGroup, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class ListNextHopGroupsRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListNextHopGroupsResponse(_message.Message):
    __slots__ = ("nexthopgroup", "next_page_token")
    NEXTHOPGROUP_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    nexthopgroup: _containers.RepeatedCompositeFieldContainer[_nexthop_pb2.NextHopGroup]
    next_page_token: str
    def __init__(self, nexthopgroup: _Optional[_Iterable[_Union[_nexthop_pb2.NextHopGroup, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetNextHopGroupRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class CreateSubnetRequest(_message.Message):
    __slots__ = ("parent", "subnet", "subnet_id")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    SUBNET_FIELD_NUMBER: _ClassVar[int]
    SUBNET_ID_FIELD_NUMBER: _ClassVar[int]
    parent: str
    subnet: _subnet_pb2.Subnet
    subnet_id: str
    def __init__(self, parent: _Optional[str] = ..., subnet: _Optional[_Union[_subnet_pb2.Subnet, _Mapping]] = ..., subnet_id: _Optional[str] = ...) -> None: ...

class DeleteSubnetRequest(_message.Message):
    __slots__ = ("name", "allow_missing")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    name: str
    allow_missing: bool
    def __init__(self, name: _Optional[str] = ..., allow_missing: _Optional[bool] = ...) -> None: ...

class UpdateSubnetRequest(_message.Message):
    __slots__ = ("name", "subnet", "update_mask")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SUBNET_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    name: str
    subnet: _subnet_pb2.Subnet
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, name: _Optional[str] = ..., subnet: _Optional[_Union[_subnet_pb2.Subnet, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class ListSubnetsRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListSubnetsResponse(_message.Message):
    __slots__ = ("subnet", "next_page_token")
    SUBNET_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    subnet: _containers.RepeatedCompositeFieldContainer[_subnet_pb2.Subnet]
    next_page_token: str
    def __init__(self, subnet: _Optional[_Iterable[_Union[_subnet_pb2.Subnet, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetSubnetRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class CreateTunnelRequest(_message.Message):
    __slots__ = ("parent", "tunnel", "tunnel_id")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    TUNNEL_FIELD_NUMBER: _ClassVar[int]
    TUNNEL_ID_FIELD_NUMBER: _ClassVar[int]
    parent: str
    tunnel: _tunnel_pb2.Tunnel
    tunnel_id: str
    def __init__(self, parent: _Optional[str] = ..., tunnel: _Optional[_Union[_tunnel_pb2.Tunnel, _Mapping]] = ..., tunnel_id: _Optional[str] = ...) -> None: ...

class DeleteTunnelRequest(_message.Message):
    __slots__ = ("name", "allow_missing")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    name: str
    allow_missing: bool
    def __init__(self, name: _Optional[str] = ..., allow_missing: _Optional[bool] = ...) -> None: ...

class UpdateTunnelRequest(_message.Message):
    __slots__ = ("name", "tunnel", "update_mask")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TUNNEL_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    name: str
    tunnel: _tunnel_pb2.Tunnel
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, name: _Optional[str] = ..., tunnel: _Optional[_Union[_tunnel_pb2.Tunnel, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class ListTunnelsRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListTunnelsResponse(_message.Message):
    __slots__ = ("tunnel", "next_page_token")
    TUNNEL_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    tunnel: _containers.RepeatedCompositeFieldContainer[_tunnel_pb2.Tunnel]
    next_page_token: str
    def __init__(self, tunnel: _Optional[_Iterable[_Union[_tunnel_pb2.Tunnel, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetTunnelRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class CreateVpcRequest(_message.Message):
    __slots__ = ("parent", "vpc", "vpc_id")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    VPC_FIELD_NUMBER: _ClassVar[int]
    VPC_ID_FIELD_NUMBER: _ClassVar[int]
    parent: str
    vpc: _vpc_pb2.Vpc
    vpc_id: str
    def __init__(self, parent: _Optional[str] = ..., vpc: _Optional[_Union[_vpc_pb2.Vpc, _Mapping]] = ..., vpc_id: _Optional[str] = ...) -> None: ...

class DeleteVpcRequest(_message.Message):
    __slots__ = ("name", "allow_missing")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    name: str
    allow_missing: bool
    def __init__(self, name: _Optional[str] = ..., allow_missing: _Optional[bool] = ...) -> None: ...

class UpdateVpcRequest(_message.Message):
    __slots__ = ("name", "vpc", "update_mask")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VPC_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    name: str
    vpc: _vpc_pb2.Vpc
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, name: _Optional[str] = ..., vpc: _Optional[_Union[_vpc_pb2.Vpc, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class ListVpcsRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListVpcsResponse(_message.Message):
    __slots__ = ("vpc", "next_page_token")
    VPC_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    vpc: _containers.RepeatedCompositeFieldContainer[_vpc_pb2.Vpc]
    next_page_token: str
    def __init__(self, vpc: _Optional[_Iterable[_Union[_vpc_pb2.Vpc, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetVpcRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class CreateVPCPeerRequest(_message.Message):
    __slots__ = ("parent", "vpcpeer", "vpcpeer_id")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    VPCPEER_FIELD_NUMBER: _ClassVar[int]
    VPCPEER_ID_FIELD_NUMBER: _ClassVar[int]
    parent: str
    vpcpeer: _vpc_pb2.VPCPeer
    vpcpeer_id: str
    def __init__(self, parent: _Optional[str] = ..., vpcpeer: _Optional[_Union[_vpc_pb2.VPCPeer, _Mapping]] = ..., vpcpeer_id: _Optional[str] = ...) -> None: ...

class DeleteVPCPeerRequest(_message.Message):
    __slots__ = ("name", "allow_missing")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    name: str
    allow_missing: bool
    def __init__(self, name: _Optional[str] = ..., allow_missing: _Optional[bool] = ...) -> None: ...

class UpdateVPCPeerRequest(_message.Message):
    __slots__ = ("name", "vpcpeer", "update_mask")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VPCPEER_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    name: str
    vpcpeer: _vpc_pb2.VPCPeer
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, name: _Optional[str] = ..., vpcpeer: _Optional[_Union[_vpc_pb2.VPCPeer, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class ListVPCPeersRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListVPCPeersResponse(_message.Message):
    __slots__ = ("vpcpeer", "next_page_token")
    VPCPEER_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    vpcpeer: _containers.RepeatedCompositeFieldContainer[_vpc_pb2.VPCPeer]
    next_page_token: str
    def __init__(self, vpcpeer: _Optional[_Iterable[_Union[_vpc_pb2.VPCPeer, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetVPCPeerRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class CreateSecurityPolicyRequest(_message.Message):
    __slots__ = ("parent", "securitypolicy", "securitypolicy_id")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    SECURITYPOLICY_FIELD_NUMBER: _ClassVar[int]
    SECURITYPOLICY_ID_FIELD_NUMBER: _ClassVar[int]
    parent: str
    securitypolicy: _networkpolicy_pb2.SecurityPolicy
    securitypolicy_id: str
    def __init__(self, parent: _Optional[str] = ..., securitypolicy: _Optional[_Union[_networkpolicy_pb2.SecurityPolicy, _Mapping]] = ..., securitypolicy_id: _Optional[str] = ...) -> None: ...

class DeleteSecurityPolicyRequest(_message.Message):
    __slots__ = ("name", "allow_missing")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    name: str
    allow_missing: bool
    def __init__(self, name: _Optional[str] = ..., allow_missing: _Optional[bool] = ...) -> None: ...

class UpdateSecurityPolicyRequest(_message.Message):
    __slots__ = ("name", "securitypolicy", "update_mask")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SECURITYPOLICY_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    name: str
    securitypolicy: _networkpolicy_pb2.SecurityPolicy
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, name: _Optional[str] = ..., securitypolicy: _Optional[_Union[_networkpolicy_pb2.SecurityPolicy, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class ListSecurityPolicysRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListSecurityPolicysResponse(_message.Message):
    __slots__ = ("securitypolicy", "next_page_token")
    SECURITYPOLICY_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    securitypolicy: _containers.RepeatedCompositeFieldContainer[_networkpolicy_pb2.SecurityPolicy]
    next_page_token: str
    def __init__(self, securitypolicy: _Optional[_Iterable[_Union[_networkpolicy_pb2.SecurityPolicy, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetSecurityPolicyRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class CreateSecurityRuleRequest(_message.Message):
    __slots__ = ("parent", "securityrule", "securityrule_id")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    SECURITYRULE_FIELD_NUMBER: _ClassVar[int]
    SECURITYRULE_ID_FIELD_NUMBER: _ClassVar[int]
    parent: str
    securityrule: _networkpolicy_pb2.SecurityRule
    securityrule_id: str
    def __init__(self, parent: _Optional[str] = ..., securityrule: _Optional[_Union[_networkpolicy_pb2.SecurityRule, _Mapping]] = ..., securityrule_id: _Optional[str] = ...) -> None: ...

class DeleteSecurityRuleRequest(_message.Message):
    __slots__ = ("name", "allow_missing")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    name: str
    allow_missing: bool
    def __init__(self, name: _Optional[str] = ..., allow_missing: _Optional[bool] = ...) -> None: ...

class UpdateSecurityRuleRequest(_message.Message):
    __slots__ = ("name", "securityrule", "update_mask")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SECURITYRULE_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    name: str
    securityrule: _networkpolicy_pb2.SecurityRule
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, name: _Optional[str] = ..., securityrule: _Optional[_Union[_networkpolicy_pb2.SecurityRule, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class ListSecurityRulesRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListSecurityRulesResponse(_message.Message):
    __slots__ = ("securityrule", "next_page_token")
    SECURITYRULE_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    securityrule: _containers.RepeatedCompositeFieldContainer[_networkpolicy_pb2.SecurityRule]
    next_page_token: str
    def __init__(self, securityrule: _Optional[_Iterable[_Union[_networkpolicy_pb2.SecurityRule, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetSecurityRuleRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class CreateSecurityProfileRequest(_message.Message):
    __slots__ = ("parent", "securityprofile", "securityprofile_id")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    SECURITYPROFILE_FIELD_NUMBER: _ClassVar[int]
    SECURITYPROFILE_ID_FIELD_NUMBER: _ClassVar[int]
    parent: str
    securityprofile: _networkpolicy_pb2.SecurityProfile
    securityprofile_id: str
    def __init__(self, parent: _Optional[str] = ..., securityprofile: _Optional[_Union[_networkpolicy_pb2.SecurityProfile, _Mapping]] = ..., securityprofile_id: _Optional[str] = ...) -> None: ...

class DeleteSecurityProfileRequest(_message.Message):
    __slots__ = ("name", "allow_missing")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    name: str
    allow_missing: bool
    def __init__(self, name: _Optional[str] = ..., allow_missing: _Optional[bool] = ...) -> None: ...

class UpdateSecurityProfileRequest(_message.Message):
    __slots__ = ("name", "securityprofile", "update_mask")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SECURITYPROFILE_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    name: str
    securityprofile: _networkpolicy_pb2.SecurityProfile
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, name: _Optional[str] = ..., securityprofile: _Optional[_Union[_networkpolicy_pb2.SecurityProfile, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class ListSecurityProfilesRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListSecurityProfilesResponse(_message.Message):
    __slots__ = ("securityprofile", "next_page_token")
    SECURITYPROFILE_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    securityprofile: _containers.RepeatedCompositeFieldContainer[_networkpolicy_pb2.SecurityProfile]
    next_page_token: str
    def __init__(self, securityprofile: _Optional[_Iterable[_Union[_networkpolicy_pb2.SecurityProfile, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetSecurityProfileRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class CreateOspfRouterRequest(_message.Message):
    __slots__ = ("ospf_router_id", "ospf_router")
    OSPF_ROUTER_ID_FIELD_NUMBER: _ClassVar[int]
    OSPF_ROUTER_FIELD_NUMBER: _ClassVar[int]
    ospf_router_id: str
    ospf_router: _ospf_pb2.OspfRouter
    def __init__(self, ospf_router_id: _Optional[str] = ..., ospf_router: _Optional[_Union[_ospf_pb2.OspfRouter, _Mapping]] = ...) -> None: ...

class UpdateOspfRouterRequest(_message.Message):
    __slots__ = ("ospf_router", "update_mask")
    OSPF_ROUTER_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    ospf_router: _ospf_pb2.OspfRouter
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, ospf_router: _Optional[_Union[_ospf_pb2.OspfRouter, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class DeleteOspfRouterRequest(_message.Message):
    __slots__ = ("name", "allow_missing")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    name: str
    allow_missing: bool
    def __init__(self, name: _Optional[str] = ..., allow_missing: _Optional[bool] = ...) -> None: ...

class GetOspfRouterRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListOspfRoutersRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListOspfRoutersResponse(_message.Message):
    __slots__ = ("ospf_routers", "next_page_token")
    OSPF_ROUTERS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    ospf_routers: _containers.RepeatedCompositeFieldContainer[_ospf_pb2.OspfRouter]
    next_page_token: str
    def __init__(self, ospf_routers: _Optional[_Iterable[_Union[_ospf_pb2.OspfRouter, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class CreateOspfAreaRequest(_message.Message):
    __slots__ = ("ospf_area_id", "ospf_area")
    OSPF_AREA_ID_FIELD_NUMBER: _ClassVar[int]
    OSPF_AREA_FIELD_NUMBER: _ClassVar[int]
    ospf_area_id: str
    ospf_area: _ospf_pb2.OspfArea
    def __init__(self, ospf_area_id: _Optional[str] = ..., ospf_area: _Optional[_Union[_ospf_pb2.OspfArea, _Mapping]] = ...) -> None: ...

class UpdateOspfAreaRequest(_message.Message):
    __slots__ = ("ospf_area", "update_mask")
    OSPF_AREA_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    ospf_area: _ospf_pb2.OspfArea
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, ospf_area: _Optional[_Union[_ospf_pb2.OspfArea, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class DeleteOspfAreaRequest(_message.Message):
    __slots__ = ("name", "allow_missing")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    name: str
    allow_missing: bool
    def __init__(self, name: _Optional[str] = ..., allow_missing: _Optional[bool] = ...) -> None: ...

class GetOspfAreaRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListOspfAreasRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListOspfAreasResponse(_message.Message):
    __slots__ = ("ospf_areas", "next_page_token")
    OSPF_AREAS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    ospf_areas: _containers.RepeatedCompositeFieldContainer[_ospf_pb2.OspfArea]
    next_page_token: str
    def __init__(self, ospf_areas: _Optional[_Iterable[_Union[_ospf_pb2.OspfArea, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class CreateOspfIfNetworkRequest(_message.Message):
    __slots__ = ("ospf_if_network_id", "ospf_if_network")
    OSPF_IF_NETWORK_ID_FIELD_NUMBER: _ClassVar[int]
    OSPF_IF_NETWORK_FIELD_NUMBER: _ClassVar[int]
    ospf_if_network_id: str
    ospf_if_network: _ospf_pb2.OspfIfNetwork
    def __init__(self, ospf_if_network_id: _Optional[str] = ..., ospf_if_network: _Optional[_Union[_ospf_pb2.OspfIfNetwork, _Mapping]] = ...) -> None: ...

class UpdateOspfIfNetworkRequest(_message.Message):
    __slots__ = ("ospf_if_network", "update_mask", "allow_missing")
    OSPF_IF_NETWORK_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    ospf_if_network: _ospf_pb2.OspfIfNetwork
    update_mask: _field_mask_pb2.FieldMask
    allow_missing: bool
    def __init__(self, ospf_if_network: _Optional[_Union[_ospf_pb2.OspfIfNetwork, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., allow_missing: _Optional[bool] = ...) -> None: ...

class DeleteOspfIfNetworkRequest(_message.Message):
    __slots__ = ("name", "allow_missing")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    name: str
    allow_missing: bool
    def __init__(self, name: _Optional[str] = ..., allow_missing: _Optional[bool] = ...) -> None: ...

class GetOspfIfNetworkRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListOspfIfNetworksRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListOspfIfNetworksResponse(_message.Message):
    __slots__ = ("ospf_if_networks", "next_page_token")
    OSPF_IF_NETWORKS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    ospf_if_networks: _containers.RepeatedCompositeFieldContainer[_ospf_pb2.OspfIfNetwork]
    next_page_token: str
    def __init__(self, ospf_if_networks: _Optional[_Iterable[_Union[_ospf_pb2.OspfIfNetwork, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...
