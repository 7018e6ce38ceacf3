# mypy: ignore-errors
import datetime

from google.api import resource_pb2 as _resource_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from opi.proto.opi_api.network.opinetcommon.v1alpha1 import networktypes_pb2 as _networktypes_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DeviceCapabilities(_message.Message):
    __slots__ = ("routing_capabilties", "network_policy_capabilities")
    ROUTING_CAPABILTIES_FIELD_NUMBER: _ClassVar[int]
    NETWORK_POLICY_CAPABILITIES_FIELD_NUMBER: _ClassVar[int]
    routing_capabilties: DeviceCapabilitiesDynamicRouting
    network_policy_capabilities: DeviceCapabilitiesNetworkPolicy
    def __init__(self, routing_capabilties: _Optional[_Union[DeviceCapabilitiesDynamicRouting, _Mapping]] = ..., network_policy_capabilities: _Optional[_Union[DeviceCapabilitiesNetworkPolicy, _Mapping]] = ...) -> None: ...

class DeviceCapabilitiesDynamicRouting(_message.Message):
    __slots__ = ("underlay_bgp",)
    UNDERLAY_BGP_FIELD_NUMBER: _ClassVar[int]
    underlay_bgp: bool
    def __init__(self, underlay_bgp: _Optional[bool] = ...) -> None: ...

class DeviceCapabilitiesNetworkPolicy(_message.Message):
    __slots__ = ("compact_rules",)
    COMPACT_RULES_FIELD_NUMBER: _ClassVar[int]
    compact_rules: bool
    def __init__(self, compact_rules: _Optional[bool] = ...) -> None: ...

class Device(_message.Message):
    __slots__ = ("name", "spec", "status")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    name: str
    spec: DeviceSpec
    status: DeviceStatus
    def __init__(self, name: _Optional[str] = ..., spec: _Optional[_Union[DeviceSpec, _Mapping]] = ..., status: _Optional[_Union[DeviceStatus, _Mapping]] = ...) -> None: ...

class DeviceSpec(_message.Message):
    __slots__ = ("ipv4_address", "ipv6_address", "mac_addr", "gateway_ip", "pcie_functions", "overlay_routing_enabled", "systemname", "mgmt_network_spec")
    IPV4_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    IPV6_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    MAC_ADDR_FIELD_NUMBER: _ClassVar[int]
    GATEWAY_IP_FIELD_NUMBER: _ClassVar[int]
    PCIE_FUNCTIONS_FIELD_NUMBER: _ClassVar[int]
    OVERLAY_ROUTING_ENABLED_FIELD_NUMBER: _ClassVar[int]
    SYSTEMNAME_FIELD_NUMBER: _ClassVar[int]
    MGMT_NETWORK_SPEC_FIELD_NUMBER: _ClassVar[int]
    ipv4_address: _networktypes_pb2.IPAddress
    ipv6_address: _networktypes_pb2.IPAddress
    mac_addr: bytes
    gateway_ip: _networktypes_pb2.IPAddress
    pcie_functions: PCIeFunctionsSpec
    overlay_routing_enabled: bool
    systemname: str
    mgmt_network_spec: MgmtNetworkSpec
    def __init__(self, ipv4_address: _Optional[_Union[_networktypes_pb2.IPAddress, _Mapping]] = ..., ipv6_address: _Optional[_Union[_networktypes_pb2.IPAddress, _Mapping]] = ..., mac_addr: _Optional[bytes] = ..., gateway_ip: _Optional[_Union[_networktypes_pb2.IPAddress, _Mapping]] = ..., pcie_functions: _Optional[_Union[PCIeFunctionsSpec, _Mapping]] = ..., overlay_routing_enabled: _Optional[bool] = ..., systemname: _Optional[str] = ..., mgmt_network_spec: _Optional[_Union[MgmtNetworkSpec, _Mapping]] = ...) -> None: ...

class PCIeFunctionsSpec(_message.Message):
    __slots__ = ("pf_count", "vf_count")
    PF_COUNT_FIELD_NUMBER: _ClassVar[int]
    VF_COUNT_FIELD_NUMBER: _ClassVar[int]
    pf_count: int
    vf_count: int
    def __init__(self, pf_count: _Optional[int] = ..., vf_count: _Optional[int] = ...) -> None: ...

class MgmtNetworkSpec(_message.Message):
    __slots__ = ("lldp_mgmt_ip", "mgmt_ip", "vlan", "gateway_ip", "gateway_mac")
    LLDP_MGMT_IP_FIELD_NUMBER: _ClassVar[int]
    MGMT_IP_FIELD_NUMBER: _ClassVar[int]
    VLAN_FIELD_NUMBER: _ClassVar[int]
    GATEWAY_IP_FIELD_NUMBER: _ClassVar[int]
    GATEWAY_MAC_FIELD_NUMBER: _ClassVar[int]
    lldp_mgmt_ip: _networktypes_pb2.IPAddress
    mgmt_ip: _networktypes_pb2.IPAddress
    vlan: int
    gateway_ip: _networktypes_pb2.IPAddress
    gateway_mac: bytes
    def __init__(self, lldp_mgmt_ip: _Optional[_Union[_networktypes_pb2.IPAddress, _Mapping]] = ..., mgmt_ip: _Optional[_Union[_networktypes_pb2.IPAddress, _Mapping]] = ..., vlan: _Optional[int] = ..., gateway_ip: _Optional[_Union[_networktypes_pb2.IPAddress, _Mapping]] = ..., gateway_mac: _Optional[bytes] = ...) -> None: ...

class DeviceStatus(_message.Message):
    __slots__ = ("description", "system_mac_address", "vendor_id", "chip_type", "os_version", "pcie_port_count", "port_count", "host_if_count", "pipeline", "critical_events", "alerts")
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    SYSTEM_MAC_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    VENDOR_ID_FIELD_NUMBER: _ClassVar[int]
    CHIP_TYPE_FIELD_NUMBER: _ClassVar[int]
    OS_VERSION_FIELD_NUMBER: _ClassVar[int]
    PCIE_PORT_COUNT_FIELD_NUMBER: _ClassVar[int]
    PORT_COUNT_FIELD_NUMBER: _ClassVar[int]
    HOST_IF_COUNT_FIELD_NUMBER: _ClassVar[int]
    PIPELINE_FIELD_NUMBER: _ClassVar[int]
    CRITICAL_EVENTS_FIELD_NUMBER: _ClassVar[int]
    ALERTS_FIELD_NUMBER: _ClassVar[int]
    description: str
    system_mac_address: bytes
    vendor_id: str
    chip_type: str
    os_version: str
    pcie_port_count: int
    port_count: int
    host_if_count: int
    pipeline: str
    critical_events: _containers.RepeatedCompositeFieldContainer[SystemEvent]
    alerts: _containers.RepeatedCompositeFieldContainer[SystemAlert]
    def __init__(self, description: _Optional[str] = ..., system_mac_address: _Optional[bytes] = ..., vendor_id: _Optional[str] = ..., chip_type: _Optional[str] = ..., os_version: _Optional[str] = ..., pcie_port_count: _Optional[int] = ..., port_count: _Optional[int] = ..., host_if_count: _Optional[int] = ..., pipeline: _Optional[str] = ..., critical_events: _Optional[_Iterable[_Union[SystemEvent, _Mapping]]] = ..., alerts: _Optional[_Iterable[_Union[SystemAlert, _Mapping]]] = ...) -> None: ...

class SystemEvent(_message.Message):
    __slots__ = ("event_time", "event_description")
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    EVENT_DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    event_time: _timestamp_pb2.Timestamp
    event_description: str
    def __init__(self, event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., event_description: _Optional[str] = ...) -> None: ...

class SystemAlert(_message.Message):
    __slots__ = ("alert_time", "alert_description")
    ALERT_TIME_FIELD_NUMBER: _ClassVar[int]
    ALERT_DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    alert_time: _timestamp_pb2.Timestamp
    alert_description: str
    def __init__(self, alert_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., alert_description: _Optional[str] = ...) -> None: ...
