# mypy: ignore-errors
from google.api import resource_pb2 as _resource_pb2
from opi.proto.opi_api.network.opinetcommon.v1alpha1 import networktypes_pb2 as _networktypes_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Vnic(_message.Message):
    __slots__ = ("name", "spec", "status")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    name: str
    spec: VnicSpec
    status: VnicStatus
    def __init__(self, name: _Optional[str] = ..., spec: _Optional[_Union[VnicSpec, _Mapping]] = ..., status: _Optional[_Union[VnicStatus, _Mapping]] = ...) -> None: ...

class VnicSpec(_message.Message):
    __slots__ = ("subnet_name_ref", "vnic_encap", "mac_address", "source_guard_enable", "fabric_encap", "vnf", "ingress_v4_security_policy_name_ref", "ingress_v6_security_policy_name_ref", "egress_v4_security_policy_name_ref", "egress_v6_security_policy_name_ref", "host_if_name_ref", "tunnel_name_ref", "max_sessions", "public_mac_address", "allow_internet_access", "max_cps", "cps_burst", "primary_vnic_name_ref", "v4_route_table_name_ref", "v6_route_table_name_ref", "service_ip", "max_tcp_sessions", "max_udp_sessions", "max_icmp_sessions", "max_other_sessions")
    SUBNET_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    VNIC_ENCAP_FIELD_NUMBER: _ClassVar[int]
    MAC_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    SOURCE_GUARD_ENABLE_FIELD_NUMBER: _ClassVar[int]
    FABRIC_ENCAP_FIELD_NUMBER: _ClassVar[int]
    VNF_FIELD_NUMBER: _ClassVar[int]
    INGRESS_V4_SECURITY_POLICY_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    INGRESS_V6_SECURITY_POLICY_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    EGRESS_V4_SECURITY_POLICY_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    EGRESS_V6_SECURITY_POLICY_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    HOST_IF_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    TUNNEL_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    MAX_SESSIONS_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_MAC_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    ALLOW_INTERNET_ACCESS_FIELD_NUMBER: _ClassVar[int]
    MAX_CPS_FIELD_NUMBER: _ClassVar[int]
    CPS_BURST_FIELD_NUMBER: _ClassVar[int]
    PRIMARY_VNIC_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    V4_ROUTE_TABLE_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    V6_ROUTE_TABLE_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    SERVICE_IP_FIELD_NUMBER: _ClassVar[int]
    MAX_TCP_SESSIONS_FIELD_NUMBER: _ClassVar[int]
    MAX_UDP_SESSIONS_FIELD_NUMBER: _ClassVar[int]
    MAX_ICMP_SESSIONS_FIELD_NUMBER: _ClassVar[int]
    MAX_OTHER_SESSIONS_FIELD_NUMBER: _ClassVar[int]
    subnet_name_ref: str
    vnic_encap: _networktypes_pb2.Encap
    mac_address: bytes
    source_guard_enable: bool
    fabric_encap: _networktypes_pb2.Encap
    vnf: bool
    ingress_v4_security_policy_name_ref: _containers.RepeatedScalarFieldContainer[str]
    ingress_v6_security_policy_name_ref: _containers.RepeatedScalarFieldContainer[str]
    egress_v4_security_policy_name_ref: _containers.RepeatedScalarFieldContainer[str]
    egress_v6_security_policy_name_ref: _containers.RepeatedScalarFieldContainer[str]
    host_if_name_ref: str
    tunnel_name_ref: str
    max_sessions: int
    public_mac_address: bytes
    allow_internet_access: bool
    max_cps: int
    cps_burst: int
    primary_vnic_name_ref: str
    v4_route_table_name_ref: str
    v6_route_table_name_ref: str
    service_ip: _networktypes_pb2.IPAddress
    max_tcp_sessions: int
    max_udp_sessions: int
    max_icmp_sessions: int
    max_other_sessions: int
    def __init__(self, subnet_name_ref: _Optional[str] = ..., vnic_encap: _Optional[_Union[_networktypes_pb2.Encap, _Mapping]] = ..., mac_address: _Optional[bytes] = ..., source_guard_enable: _Optional[bool] = ..., fabric_encap: _Optional[_Union[_networktypes_pb2.Encap, _Mapping]] = ..., vnf: _Optional[bool] = ..., ingress_v4_security_policy_name_ref: _Optional[_Iterable[str]] = ..., ingress_v6_security_policy_name_ref: _Optional[_Iterable[str]] = ..., egress_v4_security_policy_name_ref: _Optional[_Iterable[str]] = ..., egress_v6_security_policy_name_ref: _Optional[_Iterable[str]] = ..., host_if_name_ref: _Optional[str] = ..., tunnel_name_ref: _Optional[str] = ..., max_sessions: _Optional[int] = ..., public_mac_address: _Optional[bytes] = ..., allow_internet_access: _Optional[bool] = ..., max_cps: _Optional[int] = ..., cps_burst: _Optional[int] = ..., primary_vnic_name_ref: _Optional[str] = ..., v4_route_table_name_ref: _Optional[str] = ..., v6_route_table_name_ref: _Optional[str] = ..., service_ip: _Optional[_Union[_networktypes_pb2.IPAddress, _Mapping]] = ..., max_tcp_sessions: _Optional[int] = ..., max_udp_sessions: _Optional[int] = ..., max_icmp_sessions: _Optional[int] = ..., max_other_sessions: _Optional[int] = ...) -> None: ...

class VnicStatus(_message.Message):
    __slots__ = ("max_session_limit_hit", "max_tcp_session_limit_hit", "max_udp_session_limit_hit", "max_icmp_session_limit_hit", "max_other_session_limit_hit", "hw_idx", "nexthop_hw_idx", "cps_copp_hw_idx", "secondary_vnic_name_ref")
    MAX_SESSION_LIMIT_HIT_FIELD_NUMBER: _ClassVar[int]
    MAX_TCP_SESSION_LIMIT_HIT_FIELD_NUMBER: _ClassVar[int]
    MAX_UDP_SESSION_LIMIT_HIT_FIELD_NUMBER: _ClassVar[int]
    MAX_ICMP_SESSION_LIMIT_HIT_FIELD_NUMBER: _ClassVar[int]
    MAX_OTHER_SESSION_LIMIT_HIT_FIELD_NUMBER: _ClassVar[int]
    HW_IDX_FIELD_NUMBER: _ClassVar[int]
    NEXTHOP_HW_IDX_FIELD_NUMBER: _ClassVar[int]
    CPS_COPP_HW_IDX_FIELD_NUMBER: _ClassVar[int]
    SECONDARY_VNIC_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    max_session_limit_hit: bool
    max_tcp_session_limit_hit: bool
    max_udp_session_limit_hit: bool
    max_icmp_session_limit_hit: bool
    max_other_session_limit_hit: bool
    hw_idx: int
    nexthop_hw_idx: int
    cps_copp_hw_idx: int
    secondary_vnic_name_ref: str
    def __init__(self, max_session_limit_hit: _Optional[bool] = ..., max_tcp_session_limit_hit: _Optional[bool] = ..., max_udp_session_limit_hit: _Optional[bool] = ..., max_icmp_session_limit_hit: _Optional[bool] = ..., max_other_session_limit_hit: _Optional[bool] = ..., hw_idx: _Optional[int] = ..., nexthop_hw_idx: _Optional[int] = ..., cps_copp_hw_idx: _Optional[int] = ..., secondary_vnic_name_ref: _Optional[str] = ...) -> None: ...
