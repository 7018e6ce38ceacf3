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

class SecurityPolicyType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SECURITY_POLICY_TYPE_UNSPECIFIED: _ClassVar[SecurityPolicyType]
    SECURITY_POLICY_TYPE_UNDERLAY: _ClassVar[SecurityPolicyType]
    SECURITY_POLICY_TYPE_TENANT: _ClassVar[SecurityPolicyType]

class ALGType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ALG_TYPE_UNSPECIFIED: _ClassVar[ALGType]
    ALG_TYPE_TFTP: _ClassVar[ALGType]
    ALG_TYPE_FTP: _ClassVar[ALGType]
    ALG_TYPE_DNS: _ClassVar[ALGType]
    ALG_TYPE_SUNRPC: _ClassVar[ALGType]
    ALG_TYPE_MSRPC: _ClassVar[ALGType]
    ALG_TYPE_RTSP: _ClassVar[ALGType]

class PolicyRuleFormat(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    POLICY_RULE_FORMAT_UNSPECIFIED: _ClassVar[PolicyRuleFormat]
    POLICY_RULE_FORMAT_FLATTENED: _ClassVar[PolicyRuleFormat]
    POLICY_RULE_FORMAT_COMPACT: _ClassVar[PolicyRuleFormat]
SECURITY_POLICY_TYPE_UNSPECIFIED: SecurityPolicyType
SECURITY_POLICY_TYPE_UNDERLAY: SecurityPolicyType
SECURITY_POLICY_TYPE_TENANT: SecurityPolicyType
ALG_TYPE_UNSPECIFIED: ALGType
ALG_TYPE_TFTP: ALGType
ALG_TYPE_FTP: ALGType
ALG_TYPE_DNS: ALGType
ALG_TYPE_SUNRPC: ALGType
ALG_TYPE_MSRPC: ALGType
ALG_TYPE_RTSP: ALGType
POLICY_RULE_FORMAT_UNSPECIFIED: PolicyRuleFormat
POLICY_RULE_FORMAT_FLATTENED: PolicyRuleFormat
POLICY_RULE_FORMAT_COMPACT: PolicyRuleFormat

class SecurityPolicy(_message.Message):
    __slots__ = ("name", "spec", "status")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    name: str
    spec: SecurityPolicySpec
    status: SecurityPolicyStatus
    def __init__(self, name: _Optional[str] = ..., spec: _Optional[_Union[SecurityPolicySpec, _Mapping]] = ..., status: _Optional[_Union[SecurityPolicyStatus, _Mapping]] = ...) -> None: ...

class SecurityPolicySpec(_message.Message):
    __slots__ = ("type", "address_family", "stateless", "default_security_action", "rules", "rule_format")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FAMILY_FIELD_NUMBER: _ClassVar[int]
    STATELESS_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_SECURITY_ACTION_FIELD_NUMBER: _ClassVar[int]
    RULES_FIELD_NUMBER: _ClassVar[int]
    RULE_FORMAT_FIELD_NUMBER: _ClassVar[int]
    type: SecurityPolicyType
    address_family: _networktypes_pb2.IpAf
    stateless: bool
    default_security_action: _networktypes_pb2.SecurityRuleAction
    rules: _containers.RepeatedCompositeFieldContainer[SecurityRuleInfo]
    rule_format: PolicyRuleFormat
    def __init__(self, type: _Optional[_Union[SecurityPolicyType, str]] = ..., address_family: _Optional[_Union[_networktypes_pb2.IpAf, str]] = ..., stateless: _Optional[bool] = ..., default_security_action: _Optional[_Union[_networktypes_pb2.SecurityRuleAction, str]] = ..., rules: _Optional[_Iterable[_Union[SecurityRuleInfo, _Mapping]]] = ..., rule_format: _Optional[_Union[PolicyRuleFormat, str]] = ...) -> None: ...

class SecurityRuleInfo(_message.Message):
    __slots__ = ("rule_name", "attrs")
    RULE_NAME_FIELD_NUMBER: _ClassVar[int]
    ATTRS_FIELD_NUMBER: _ClassVar[int]
    rule_name: str
    attrs: SecurityRuleAttrs
    def __init__(self, rule_name: _Optional[str] = ..., attrs: _Optional[_Union[SecurityRuleAttrs, _Mapping]] = ...) -> None: ...

class SecurityRuleAttrs(_message.Message):
    __slots__ = ("priority", "match", "action", "terminating", "alg_spec")
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    MATCH_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    TERMINATING_FIELD_NUMBER: _ClassVar[int]
    ALG_SPEC_FIELD_NUMBER: _ClassVar[int]
    priority: int
    match: _networktypes_pb2.RuleMatch
    action: _networktypes_pb2.SecurityRuleAction
    terminating: bool
    alg_spec: ALGSpec
    def __init__(self, priority: _Optional[int] = ..., match: _Optional[_Union[_networktypes_pb2.RuleMatch, _Mapping]] = ..., action: _Optional[_Union[_networktypes_pb2.SecurityRuleAction, str]] = ..., terminating: _Optional[bool] = ..., alg_spec: _Optional[_Union[ALGSpec, _Mapping]] = ...) -> None: ...

class FTPOptions(_message.Message):
    __slots__ = ("allow_ip_mismatch",)
    ALLOW_IP_MISMATCH_FIELD_NUMBER: _ClassVar[int]
    allow_ip_mismatch: bool
    def __init__(self, allow_ip_mismatch: _Optional[bool] = ...) -> None: ...

class DNSOptions(_message.Message):
    __slots__ = ("drop_multi_query_messages", "drop_large_domain_name_ref", "drop_long_label_messages", "drop_multi_zone_messages", "response_timeout", "max_message_length")
    DROP_MULTI_QUERY_MESSAGES_FIELD_NUMBER: _ClassVar[int]
    DROP_LARGE_DOMAIN_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    DROP_LONG_LABEL_MESSAGES_FIELD_NUMBER: _ClassVar[int]
    DROP_MULTI_ZONE_MESSAGES_FIELD_NUMBER: _ClassVar[int]
    RESPONSE_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    MAX_MESSAGE_LENGTH_FIELD_NUMBER: _ClassVar[int]
    drop_multi_query_messages: bool
    drop_large_domain_name_ref: bool
    drop_long_label_messages: bool
    drop_multi_zone_messages: bool
    response_timeout: int
    max_message_length: int
    def __init__(self, drop_multi_query_messages: _Optional[bool] = ..., drop_large_domain_name_ref: _Optional[bool] = ..., drop_long_label_messages: _Optional[bool] = ..., drop_multi_zone_messages: _Optional[bool] = ..., response_timeout: _Optional[int] = ..., max_message_length: _Optional[int] = ...) -> None: ...

class MSRPCOptions(_message.Message):
    __slots__ = ("program_id",)
    PROGRAM_ID_FIELD_NUMBER: _ClassVar[int]
    program_id: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, program_id: _Optional[_Iterable[bytes]] = ...) -> None: ...

class SunRPCOptions(_message.Message):
    __slots__ = ("program_id",)
    PROGRAM_ID_FIELD_NUMBER: _ClassVar[int]
    program_id: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, program_id: _Optional[_Iterable[bytes]] = ...) -> None: ...

class ALGSpec(_message.Message):
    __slots__ = ("alg_type", "idle_timeout", "ftp_options", "dns_options", "msrpc_options", "sunrpc_options")
    ALG_TYPE_FIELD_NUMBER: _ClassVar[int]
    IDLE_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    FTP_OPTIONS_FIELD_NUMBER: _ClassVar[int]
    DNS_OPTIONS_FIELD_NUMBER: _ClassVar[int]
    MSRPC_OPTIONS_FIELD_NUMBER: _ClassVar[int]
    SUNRPC_OPTIONS_FIELD_NUMBER: _ClassVar[int]
    alg_type: ALGType
    idle_timeout: int
    ftp_options: FTPOptions
    dns_options: DNSOptions
    msrpc_options: MSRPCOptions
    sunrpc_options: SunRPCOptions
    def __init__(self, alg_type: _Optional[_Union[ALGType, str]] = ..., idle_timeout: _Optional[int] = ..., ftp_options: _Optional[_Union[FTPOptions, _Mapping]] = ..., dns_options: _Optional[_Union[DNSOptions, _Mapping]] = ..., msrpc_options: _Optional[_Union[MSRPCOptions, _Mapping]] = ..., sunrpc_options: _Optional[_Union[SunRPCOptions, _Mapping]] = ...) -> None: ...

class SecurityPolicyStatus(_message.Message):
    __slots__ = ("rule_count", "vpc_count", "subnet_count", "vnic_count", "hw_pool_handle", "hw_handle", "policy_base_address")
    RULE_COUNT_FIELD_NUMBER: _ClassVar[int]
    VPC_COUNT_FIELD_NUMBER: _ClassVar[int]
    SUBNET_COUNT_FIELD_NUMBER: _ClassVar[int]
    VNIC_COUNT_FIELD_NUMBER: _ClassVar[int]
    HW_POOL_HANDLE_FIELD_NUMBER: _ClassVar[int]
    HW_HANDLE_FIELD_NUMBER: _ClassVar[int]
    POLICY_BASE_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    rule_count: int
    vpc_count: int
    subnet_count: int
    vnic_count: int
    hw_pool_handle: _networktypes_pb2.HwHandle
    hw_handle: _networktypes_pb2.HwHandle
    policy_base_address: int
    def __init__(self, rule_count: _Optional[int] = ..., vpc_count: _Optional[int] = ..., subnet_count: _Optional[int] = ..., vnic_count: _Optional[int] = ..., hw_pool_handle: _Optional[_Union[_networktypes_pb2.HwHandle, _Mapping]] = ..., hw_handle: _Optional[_Union[_networktypes_pb2.HwHandle, _Mapping]] = ..., policy_base_address: _Optional[int] = ...) -> None: ...

class SecurityRule(_message.Message):
    __slots__ = ("name", "spec", "status")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    name: str
    spec: SecurityRuleSpec
    status: SecurityRuleStatus
    def __init__(self, name: _Optional[str] = ..., spec: _Optional[_Union[SecurityRuleSpec, _Mapping]] = ..., status: _Optional[_Union[SecurityRuleStatus, _Mapping]] = ...) -> None: ...

class SecurityRuleSpec(_message.Message):
    __slots__ = ("security_policy_name_ref", "attrs")
    SECURITY_POLICY_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    ATTRS_FIELD_NUMBER: _ClassVar[int]
    security_policy_name_ref: str
    attrs: SecurityRuleAttrs
    def __init__(self, security_policy_name_ref: _Optional[str] = ..., attrs: _Optional[_Union[SecurityRuleAttrs, _Mapping]] = ...) -> None: ...

class SecurityRuleStatus(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SecurityProfile(_message.Message):
    __slots__ = ("name", "spec", "status")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    name: str
    spec: SecurityProfileSpec
    status: SecurityProfileStatus
    def __init__(self, name: _Optional[str] = ..., spec: _Optional[_Union[SecurityProfileSpec, _Mapping]] = ..., status: _Optional[_Union[SecurityProfileStatus, _Mapping]] = ...) -> None: ...

class SecurityProfileSpec(_message.Message):
    __slots__ = ("connection_tracking_enable", "rule_stats_enable", "default_firewall_action", "tcp_idle_timeout", "udp_idle_timeout", "icmp_idle_timeout", "other_idle_timeout", "tcp_connection_setup_timeout", "tcp_half_close_timeout", "tcp_close_timeout", "tcp_dorp_timeout", "udp_drop_timeout", "icmp_drop_timeout", "other_drop_timeout")
    CONNECTION_TRACKING_ENABLE_FIELD_NUMBER: _ClassVar[int]
    RULE_STATS_ENABLE_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_FIREWALL_ACTION_FIELD_NUMBER: _ClassVar[int]
    TCP_IDLE_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    UDP_IDLE_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    ICMP_IDLE_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    OTHER_IDLE_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    TCP_CONNECTION_SETUP_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    TCP_HALF_CLOSE_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    TCP_CLOSE_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    TCP_DORP_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    UDP_DROP_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    ICMP_DROP_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    OTHER_DROP_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    connection_tracking_enable: bool
    rule_stats_enable: bool
    default_firewall_action: _networktypes_pb2.SecurityRuleAction
    tcp_idle_timeout: int
    udp_idle_timeout: int
    icmp_idle_timeout: int
    other_idle_timeout: int
    tcp_connection_setup_timeout: int
    tcp_half_close_timeout: int
    tcp_close_timeout: int
    tcp_dorp_timeout: int
    udp_drop_timeout: int
    icmp_drop_timeout: int
    other_drop_timeout: int
    def __init__(self, connection_tracking_enable: _Optional[bool] = ..., rule_stats_enable: _Optional[bool] = ..., default_firewall_action: _Optional[_Union[_networktypes_pb2.SecurityRuleAction, str]] = ..., tcp_idle_timeout: _Optional[int] = ..., udp_idle_timeout: _Optional[int] = ..., icmp_idle_timeout: _Optional[int] = ..., other_idle_timeout: _Optional[int] = ..., tcp_connection_setup_timeout: _Optional[int] = ..., tcp_half_close_timeout: _Optional[int] = ..., tcp_close_timeout: _Optional[int] = ..., tcp_dorp_timeout: _Optional[int] = ..., udp_drop_timeout: _Optional[int] = ..., icmp_drop_timeout: _Optional[int] = ..., other_drop_timeout: _Optional[int] = ...) -> None: ...

class SecurityProfileStatus(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class PolicyLookupMatch(_message.Message):
    __slots__ = ("source_ip", "source_tags", "destination_ip", "destination_tags", "protocol", "source_port", "destination_port", "icmp_type", "icmp_code")
    SOURCE_IP_FIELD_NUMBER: _ClassVar[int]
    SOURCE_TAGS_FIELD_NUMBER: _ClassVar[int]
    DESTINATION_IP_FIELD_NUMBER: _ClassVar[int]
    DESTINATION_TAGS_FIELD_NUMBER: _ClassVar[int]
    PROTOCOL_FIELD_NUMBER: _ClassVar[int]
    SOURCE_PORT_FIELD_NUMBER: _ClassVar[int]
    DESTINATION_PORT_FIELD_NUMBER: _ClassVar[int]
    ICMP_TYPE_FIELD_NUMBER: _ClassVar[int]
    ICMP_CODE_FIELD_NUMBER: _ClassVar[int]
    source_ip: _networktypes_pb2.IPAddress
    source_tags: _containers.RepeatedScalarFieldContainer[int]
    destination_ip: _networktypes_pb2.IPAddress
    destination_tags: _containers.RepeatedScalarFieldContainer[int]
    protocol: int
    source_port: int
    destination_port: int
    icmp_type: int
    icmp_code: int
    def __init__(self, source_ip: _Optional[_Union[_networktypes_pb2.IPAddress, _Mapping]] = ..., source_tags: _Optional[_Iterable[int]] = ..., destination_ip: _Optional[_Union[_networktypes_pb2.IPAddress, _Mapping]] = ..., destination_tags: _Optional[_Iterable[int]] = ..., protocol: _Optional[int] = ..., source_port: _Optional[int] = ..., destination_port: _Optional[int] = ..., icmp_type: _Optional[int] = ..., icmp_code: _Optional[int] = ...) -> None: ...

class SecurityPolicyLookupRequest(_message.Message):
    __slots__ = ("policy_name_ref", "vnic_lookup_info", "match_fields")
    class VnicLookupInfo(_message.Message):
        __slots__ = ("vnic_name_ref", "policy_direction", "address_family")
        VNIC_NAME_REF_FIELD_NUMBER: _ClassVar[int]
        POLICY_DIRECTION_FIELD_NUMBER: _ClassVar[int]
        ADDRESS_FAMILY_FIELD_NUMBER: _ClassVar[int]
        vnic_name_ref: str
        policy_direction: _networktypes_pb2.PolicyDir
        address_family: _networktypes_pb2.IpAf
        def __init__(self, vnic_name_ref: _Optional[str] = ..., policy_direction: _Optional[_Union[_networktypes_pb2.PolicyDir, str]] = ..., address_family: _Optional[_Union[_networktypes_pb2.IpAf, str]] = ...) -> None: ...
    POLICY_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    VNIC_LOOKUP_INFO_FIELD_NUMBER: _ClassVar[int]
    MATCH_FIELDS_FIELD_NUMBER: _ClassVar[int]
    policy_name_ref: str
    vnic_lookup_info: SecurityPolicyLookupRequest.VnicLookupInfo
    match_fields: PolicyLookupMatch
    def __init__(self, policy_name_ref: _Optional[str] = ..., vnic_lookup_info: _Optional[_Union[SecurityPolicyLookupRequest.VnicLookupInfo, _Mapping]] = ..., match_fields: _Optional[_Union[PolicyLookupMatch, _Mapping]] = ...) -> None: ...

class PolicyLookupResult(_message.Message):
    __slots__ = ("rule_hw_handle", "priority", "action", "alg_type", "terminating")
    RULE_HW_HANDLE_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    ALG_TYPE_FIELD_NUMBER: _ClassVar[int]
    TERMINATING_FIELD_NUMBER: _ClassVar[int]
    rule_hw_handle: _networktypes_pb2.HwHandle
    priority: int
    action: _networktypes_pb2.SecurityRuleAction
    alg_type: ALGType
    terminating: bool
    def __init__(self, rule_hw_handle: _Optional[_Union[_networktypes_pb2.HwHandle, _Mapping]] = ..., priority: _Optional[int] = ..., action: _Optional[_Union[_networktypes_pb2.SecurityRuleAction, str]] = ..., alg_type: _Optional[_Union[ALGType, str]] = ..., terminating: _Optional[bool] = ...) -> None: ...
