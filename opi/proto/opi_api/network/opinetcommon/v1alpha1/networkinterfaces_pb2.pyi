# mypy: ignore-errors
from google.api import annotations_pb2 as _annotations_pb2
from google.api import client_pb2 as _client_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from opi.proto.opi_api.network.opinetcommon.v1alpha1 import networkethernet_pb2 as _networkethernet_pb2
from opi.proto.opi_api.network.opinetcommon.v1alpha1 import networktypes_pb2 as _networktypes_pb2
from opi.proto.opi_api.network.opinetcommon.v1alpha1 import networkvlan_pb2 as _networkvlan_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class InterfaceType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    INTERFACE_TYPE_UNSPECIFIED: _ClassVar[InterfaceType]
    INTERFACE_TYPE_ETHERNET: _ClassVar[InterfaceType]
    INTERFACE_TYPE_LOOPBACK: _ClassVar[InterfaceType]

class OperState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OPER_STATE_UNSPECIFIED: _ClassVar[OperState]
    OPER_STATE_UP: _ClassVar[OperState]
    OPER_STATE_DOWN: _ClassVar[OperState]
    OPER_STATE_TESTING: _ClassVar[OperState]
    OPER_STATE_UNKNOWN: _ClassVar[OperState]
    OPER_STATE_DORMANT: _ClassVar[OperState]
    OPER_STATE_NOT_PRESENT: _ClassVar[OperState]
    OPER_STATE_LOWER_LAYER_DOWN: _ClassVar[OperState]
INTERFACE_TYPE_UNSPECIFIED: InterfaceType
INTERFACE_TYPE_ETHERNET: InterfaceType
INTERFACE_TYPE_LOOPBACK: InterfaceType
OPER_STATE_UNSPECIFIED: OperState
OPER_STATE_UP: OperState
OPER_STATE_DOWN: OperState
OPER_STATE_TESTING: OperState
OPER_STATE_UNKNOWN: OperState
OPER_STATE_DORMANT: OperState
OPER_STATE_NOT_PRESENT: OperState
OPER_STATE_LOWER_LAYER_DOWN: OperState

class NetInterfaceConfig(_message.Message):
    __slots__ = ("name", "type", "mtu", "loopback_mode", "description", "enabled", "tpid")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    MTU_FIELD_NUMBER: _ClassVar[int]
    LOOPBACK_MODE_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    ENABLED_FIELD_NUMBER: _ClassVar[int]
    TPID_FIELD_NUMBER: _ClassVar[int]
    name: str
    type: InterfaceType
    mtu: int
    loopback_mode: bool
    description: str
    enabled: bool
    tpid: _networkvlan_pb2.TpidTypes
    def __init__(self, name: _Optional[str] = ..., type: _Optional[_Union[InterfaceType, str]] = ..., mtu: _Optional[int] = ..., loopback_mode: _Optional[bool] = ..., description: _Optional[str] = ..., enabled: _Optional[bool] = ..., tpid: _Optional[_Union[_networkvlan_pb2.TpidTypes, str]] = ...) -> None: ...

class NetInterfaceCounters(_message.Message):
    __slots__ = ("rx_octets", "rx_packets", "rx_unicast_pkts", "rx_broadcast_pkts", "rx_multicast_pkts", "rx_discards", "rx_errors", "rx_unknown_protos", "rx_fcs_errors", "out_octets", "out_packets", "out_unicast_pkts", "out_broadcast_pkts", "out_multicast_pkts", "out_discards", "out_errors", "carrier_transitions", "last_clear")
    RX_OCTETS_FIELD_NUMBER: _ClassVar[int]
    RX_PACKETS_FIELD_NUMBER: _ClassVar[int]
    RX_UNICAST_PKTS_FIELD_NUMBER: _ClassVar[int]
    RX_BROADCAST_PKTS_FIELD_NUMBER: _ClassVar[int]
    RX_MULTICAST_PKTS_FIELD_NUMBER: _ClassVar[int]
    RX_DISCARDS_FIELD_NUMBER: _ClassVar[int]
    RX_ERRORS_FIELD_NUMBER: _ClassVar[int]
    RX_UNKNOWN_PROTOS_FIELD_NUMBER: _ClassVar[int]
    RX_FCS_ERRORS_FIELD_NUMBER: _ClassVar[int]
    OUT_OCTETS_FIELD_NUMBER: _ClassVar[int]
    OUT_PACKETS_FIELD_NUMBER: _ClassVar[int]
    OUT_UNICAST_PKTS_FIELD_NUMBER: _ClassVar[int]
    OUT_BROADCAST_PKTS_FIELD_NUMBER: _ClassVar[int]
    OUT_MULTICAST_PKTS_FIELD_NUMBER: _ClassVar[int]
    OUT_DISCARDS_FIELD_NUMBER: _ClassVar[int]
    OUT_ERRORS_FIELD_NUMBER: _ClassVar[int]
    CARRIER_TRANSITIONS_FIELD_NUMBER: _ClassVar[int]
    LAST_CLEAR_FIELD_NUMBER: _ClassVar[int]
    rx_octets: int
    rx_packets: int
    rx_unicast_pkts: int
    rx_broadcast_pkts: int
    rx_multicast_pkts: int
    rx_discards: int
    rx_errors: int
    rx_unknown_protos: int
    rx_fcs_errors: int
    out_octets: int
    out_packets: int
    out_unicast_pkts: int
    out_broadcast_pkts: int
    out_multicast_pkts: int
    out_discards: int
    out_errors: int
    carrier_transitions: int
    last_clear: int
    def __init__(self, rx_octets: _Optional[int] = ..., rx_packets: _Optional[int] = ..., rx_unicast_pkts: _Optional[int] = ..., rx_broadcast_pkts: _Optional[int] = ..., rx_multicast_pkts: _Optional[int] = ..., rx_discards: _Optional[int] = ..., rx_errors: _Optional[int] = ..., rx_unknown_protos: _Optional[int] = ..., rx_fcs_errors: _Optional[int] = ..., out_octets: _Optional[int] = ..., out_packets: _Optional[int] = ..., out_unicast_pkts: _Optional[int] = ..., out_broadcast_pkts: _Optional[int] = ..., out_multicast_pkts: _Optional[int] = ..., out_discards: _Optional[int] = ..., out_errors: _Optional[int] = ..., carrier_transitions: _Optional[int] = ..., last_clear: _Optional[int] = ...) -> None: ...

class NetInterfaceState(_message.Message):
    __slots__ = ("name", "type", "mtu", "loopback_mode", "description", "enabled", "ifindex", "admin_state", "oper_state", "last_change", "logical", "management", "cpu", "counters", "tpid")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    MTU_FIELD_NUMBER: _ClassVar[int]
    LOOPBACK_MODE_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    ENABLED_FIELD_NUMBER: _ClassVar[int]
    IFINDEX_FIELD_NUMBER: _ClassVar[int]
    ADMIN_STATE_FIELD_NUMBER: _ClassVar[int]
    OPER_STATE_FIELD_NUMBER: _ClassVar[int]
    LAST_CHANGE_FIELD_NUMBER: _ClassVar[int]
    LOGICAL_FIELD_NUMBER: _ClassVar[int]
    MANAGEMENT_FIELD_NUMBER: _ClassVar[int]
    CPU_FIELD_NUMBER: _ClassVar[int]
    COUNTERS_FIELD_NUMBER: _ClassVar[int]
    TPID_FIELD_NUMBER: _ClassVar[int]
    name: str
    type: InterfaceType
    mtu: int
    loopback_mode: bool
    description: str
    enabled: bool
    ifindex: int
    admin_state: _networktypes_pb2.AdminState
    oper_state: OperState
    last_change: int
    logical: bool
    management: bool
    cpu: bool
    counters: NetInterfaceCounters
    tpid: _networkvlan_pb2.TpidTypes
    def __init__(self, name: _Optional[str] = ..., type: _Optional[_Union[InterfaceType, str]] = ..., mtu: _Optional[int] = ..., loopback_mode: _Optional[bool] = ..., description: _Optional[str] = ..., enabled: _Optional[bool] = ..., ifindex: _Optional[int] = ..., admin_state: _Optional[_Union[_networktypes_pb2.AdminState, str]] = ..., oper_state: _Optional[_Union[OperState, str]] = ..., last_change: _Optional[int] = ..., logical: _Optional[bool] = ..., management: _Optional[bool] = ..., cpu: _Optional[bool] = ..., counters: _Optional[_Union[NetInterfaceCounters, _Mapping]] = ..., tpid: _Optional[_Union[_networkvlan_pb2.TpidTypes, str]] = ...) -> None: ...

class NetInterface(_message.Message):
    __slots__ = ("name", "config", "state", "holdtime", "subinterfaces", "ethernet")
    class HoldTime(_message.Message):
        __slots__ = ("hold_config", "hold_state")
        class HoldConfig(_message.Message):
            __slots__ = ("up", "down")
            UP_FIELD_NUMBER: _ClassVar[int]
            DOWN_FIELD_NUMBER: _ClassVar[int]
            up: int
            down: int
            def __init__(self, up: _Optional[int] = ..., down: _Optional[int] = ...) -> None: ...
        class HoldState(_message.Message):
            __slots__ = ("up", "down")
            UP_FIELD_NUMBER: _ClassVar[int]
            DOWN_FIELD_NUMBER: _ClassVar[int]
            up: int
            down: int
            def __init__(self, up: _Optional[int] = ..., down: _Optional[int] = ...) -> None: ...
        HOLD_CONFIG_FIELD_NUMBER: _ClassVar[int]
        HOLD_STATE_FIELD_NUMBER: _ClassVar[int]
        hold_config: NetInterface.HoldTime.HoldConfig
        hold_state: NetInterface.HoldTime.HoldState
        def __init__(self, hold_config: _Optional[_Union[NetInterface.HoldTime.HoldConfig, _Mapping]] = ..., hold_state: _Optional[_Union[NetInterface.HoldTime.HoldState, _Mapping]] = ...) -> None: ...
    class Subinterfaces(_message.Message):
        __slots__ = ("subinterface",)
        class Subinterface(_message.Message):
            __slots__ = ("index", "subif_config", "state", "vlan")
            class SubifConfig(_message.Message):
                __slots__ = ("index", "description", "enabled")
                INDEX_FIELD_NUMBER: _ClassVar[int]
                DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
                ENABLED_FIELD_NUMBER: _ClassVar[int]
                index: int
                description: str
                enabled: bool
                def __init__(self, index: _Optional[int] = ..., description: _Optional[str] = ..., enabled: _Optional[bool] = ...) -> None: ...
            INDEX_FIELD_NUMBER: _ClassVar[int]
            SUBIF_CONFIG_FIELD_NUMBER: _ClassVar[int]
            STATE_FIELD_NUMBER: _ClassVar[int]
            VLAN_FIELD_NUMBER: _ClassVar[int]
            index: int
            subif_config: NetInterface.Subinterfaces.Subinterface.SubifConfig
            state: NetInterfaceState
            vlan: _networkvlan_pb2.VlanIf
            def __init__(self, index: _Optional[int] = ..., subif_config: _Optional[_Union[NetInterface.Subinterfaces.Subinterface.SubifConfig, _Mapping]] = ..., state: _Optional[_Union[NetInterfaceState, _Mapping]] = ..., vlan: _Optional[_Union[_networkvlan_pb2.VlanIf, _Mapping]] = ...) -> None: ...
        SUBINTERFACE_FIELD_NUMBER: _ClassVar[int]
        subinterface: _containers.RepeatedCompositeFieldContainer[NetInterface.Subinterfaces.Subinterface]
        def __init__(self, subinterface: _Optional[_Iterable[_Union[NetInterface.Subinterfaces.Subinterface, _Mapping]]] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    HOLDTIME_FIELD_NUMBER: _ClassVar[int]
    SUBINTERFACES_FIELD_NUMBER: _ClassVar[int]
    ETHERNET_FIELD_NUMBER: _ClassVar[int]
    name: str
    config: NetInterfaceConfig
    state: NetInterfaceState
    holdtime: NetInterface.HoldTime
    subinterfaces: NetInterface.Subinterfaces
    ethernet: _networkethernet_pb2.EthernetInterface
    def __init__(self, name: _Optional[str] = ..., config: _Optional[_Union[NetInterfaceConfig, _Mapping]] = ..., state: _Optional[_Union[NetInterfaceState, _Mapping]] = ..., holdtime: _Optional[_Union[NetInterface.HoldTime, _Mapping]] = ..., subinterfaces: _Optional[_Union[NetInterface.Subinterfaces, _Mapping]] = ..., ethernet: _Optional[_Union[_networkethernet_pb2.EthernetInterface, _Mapping]] = ...) -> None: ...

class GetNetInterfaceRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListNetInterfacesRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListNetInterfacesResponse(_message.Message):
    __slots__ = ("net_interfaces", "next_page_token")
    NET_INTERFACES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    net_interfaces: _containers.RepeatedCompositeFieldContainer[NetInterface]
    next_page_token: str
    def __init__(self, net_interfaces: _Optional[_Iterable[_Union[NetInterface, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class UpdateNetInterfaceRequest(_message.Message):
    __slots__ = ("net_interface", "update_mask", "allow_missing")
    NET_INTERFACE_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    net_interface: NetInterface
    update_mask: _field_mask_pb2.FieldMask
    allow_missing: bool
    def __init__(self, net_interface: _Optional[_Union[NetInterface, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., allow_missing: _Optional[bool] = ...) -> None: ...
