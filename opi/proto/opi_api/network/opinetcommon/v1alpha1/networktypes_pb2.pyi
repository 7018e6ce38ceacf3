# mypy: ignore-errors
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SecurityRuleAction(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SECURITY_RULE_ACTION_NONE: _ClassVar[SecurityRuleAction]
    SECURITY_RULE_ACTION_ALLOW: _ClassVar[SecurityRuleAction]
    SECURITY_RULE_ACTION_DENY: _ClassVar[SecurityRuleAction]

class IpAf(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    IP_AF_UNSPECIFIED: _ClassVar[IpAf]
    IP_AF_INET: _ClassVar[IpAf]
    IP_AF_INET6: _ClassVar[IpAf]

class EncapType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ENCAP_TYPE_UNSPECIFIED: _ClassVar[EncapType]
    ENCAP_TYPE_DOT1Q: _ClassVar[EncapType]
    ENCAP_TYPE_MPLS_OVER_UDP: _ClassVar[EncapType]
    ENCAP_TYPE_VXLAN: _ClassVar[EncapType]
    ENCAP_TYPE_NVGRE: _ClassVar[EncapType]

class RouteType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ROUTE_TYPE_UNSPECIFIED: _ClassVar[RouteType]
    ROUTE_TYPE_OTHER: _ClassVar[RouteType]
    ROUTE_TYPE_REJECT: _ClassVar[RouteType]
    ROUTE_TYPE_LOCAL: _ClassVar[RouteType]
    ROUTE_TYPE_REMOTE: _ClassVar[RouteType]

class RouteProtocol(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ROUTE_PROTOCOL_UNSPECIFIED: _ClassVar[RouteProtocol]
    ROUTE_PROTOCOL_LOCAL: _ClassVar[RouteProtocol]
    ROUTE_PROTOCOL_STATIC: _ClassVar[RouteProtocol]
    ROUTE_PROTOCOL_BGP: _ClassVar[RouteProtocol]

class AdminState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ADMIN_STATE_UNSPECIFIED: _ClassVar[AdminState]
    ADMIN_STATE_ENABLE: _ClassVar[AdminState]
    ADMIN_STATE_DISABLE: _ClassVar[AdminState]
    ADMIN_STATE_TESTING: _ClassVar[AdminState]

class PolicyDir(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    POLICY_DIR_UNSPECIFIED: _ClassVar[PolicyDir]
    POLICY_DIR_INGRESS: _ClassVar[PolicyDir]
    POLICY_DIR_EGRESS: _ClassVar[PolicyDir]

class WildcardMatch(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WILDCARD_MATCH_NONE: _ClassVar[WildcardMatch]
    WILDCARD_MATCH_ANY: _ClassVar[WildcardMatch]
SECURITY_RULE_ACTION_NONE: SecurityRuleAction
SECURITY_RULE_ACTION_ALLOW: SecurityRuleAction
SECURITY_RULE_ACTION_DENY: SecurityRuleAction
IP_AF_UNSPECIFIED: IpAf
IP_AF_INET: IpAf
IP_AF_INET6: IpAf
ENCAP_TYPE_UNSPECIFIED: EncapType
ENCAP_TYPE_DOT1Q: EncapType
ENCAP_TYPE_MPLS_OVER_UDP: EncapType
ENCAP_TYPE_VXLAN: EncapType
ENCAP_TYPE_NVGRE: EncapType
ROUTE_TYPE_UNSPECIFIED: RouteType
ROUTE_TYPE_OTHER: RouteType
ROUTE_TYPE_REJECT: RouteType
ROUTE_TYPE_LOCAL: RouteType
ROUTE_TYPE_REMOTE: RouteType
ROUTE_PROTOCOL_UNSPECIFIED: RouteProtocol
ROUTE_PROTOCOL_LOCAL: RouteProtocol
ROUTE_PROTOCOL_STATIC: RouteProtocol
ROUTE_PROTOCOL_BGP: RouteProtocol
ADMIN_STATE_UNSPECIFIED: AdminState
ADMIN_STATE_ENABLE: AdminState
ADMIN_STATE_DISABLE: AdminState
ADMIN_STATE_TESTING: AdminState
POLICY_DIR_UNSPECIFIED: PolicyDir
POLICY_DIR_INGRESS: PolicyDir
POLICY_DIR_EGRESS: PolicyDir
WILDCARD_MATCH_NONE: WildcardMatch
WILDCARD_MATCH_ANY: WildcardMatch

class IPAddress(_message.Message):
    __slots__ = ("af", "v4_addr", "v6_addr")
    AF_FIELD_NUMBER: _ClassVar[int]
    V4_ADDR_FIELD_NUMBER: _ClassVar[int]
    V6_ADDR_FIELD_NUMBER: _ClassVar[int]
    af: IpAf
    v4_addr: int
    v6_addr: bytes
    def __init__(self, af: _Optional[_Union[IpAf, str]] = ..., v4_addr: _Optional[int] = ..., v6_addr: _Optional[bytes] = ...) -> None: ...

class IPPrefix(_message.Message):
    __slots__ = ("addr", "len")
    ADDR_FIELD_NUMBER: _ClassVar[int]
    LEN_FIELD_NUMBER: _ClassVar[int]
    addr: IPAddress
    len: int
    def __init__(self, addr: _Optional[_Union[IPAddress, _Mapping]] = ..., len: _Optional[int] = ...) -> None: ...

class IPv4Prefix(_message.Message):
    __slots__ = ("addr", "len")
    ADDR_FIELD_NUMBER: _ClassVar[int]
    LEN_FIELD_NUMBER: _ClassVar[int]
    addr: int
    len: int
    def __init__(self, addr: _Optional[int] = ..., len: _Optional[int] = ...) -> None: ...

class IPv6Prefix(_message.Message):
    __slots__ = ("addr", "len")
    ADDR_FIELD_NUMBER: _ClassVar[int]
    LEN_FIELD_NUMBER: _ClassVar[int]
    addr: bytes
    len: int
    def __init__(self, addr: _Optional[bytes] = ..., len: _Optional[int] = ...) -> None: ...

class EncapVal(_message.Message):
    __slots__ = ("vlan_id", "mpls_tag", "vnid", "vsid")
    VLAN_ID_FIELD_NUMBER: _ClassVar[int]
    MPLS_TAG_FIELD_NUMBER: _ClassVar[int]
    VNID_FIELD_NUMBER: _ClassVar[int]
    VSID_FIELD_NUMBER: _ClassVar[int]
    vlan_id: int
    mpls_tag: int
    vnid: int
    vsid: int
    def __init__(self, vlan_id: _Optional[int] = ..., mpls_tag: _Optional[int] = ..., vnid: _Optional[int] = ..., vsid: _Optional[int] = ...) -> None: ...

class Encap(_message.Message):
    __slots__ = ("type", "value")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    type: EncapType
    value: EncapVal
    def __init__(self, type: _Optional[_Union[EncapType, str]] = ..., value: _Optional[_Union[EncapVal, _Mapping]] = ...) -> None: ...

class PortRange(_message.Message):
    __slots__ = ("port_low", "port_high")
    PORT_LOW_FIELD_NUMBER: _ClassVar[int]
    PORT_HIGH_FIELD_NUMBER: _ClassVar[int]
    port_low: int
    port_high: int
    def __init__(self, port_low: _Optional[int] = ..., port_high: _Optional[int] = ...) -> None: ...

class IPRange(_message.Message):
    __slots__ = ("low", "high")
    LOW_FIELD_NUMBER: _ClassVar[int]
    HIGH_FIELD_NUMBER: _ClassVar[int]
    low: IPAddress
    high: IPAddress
    def __init__(self, low: _Optional[_Union[IPAddress, _Mapping]] = ..., high: _Optional[_Union[IPAddress, _Mapping]] = ...) -> None: ...

class AddressRange(_message.Message):
    __slots__ = ("ipv4_range", "ipv6_range")
    IPV4_RANGE_FIELD_NUMBER: _ClassVar[int]
    IPV6_RANGE_FIELD_NUMBER: _ClassVar[int]
    ipv4_range: IPRange
    ipv6_range: IPRange
    def __init__(self, ipv4_range: _Optional[_Union[IPRange, _Mapping]] = ..., ipv6_range: _Optional[_Union[IPRange, _Mapping]] = ...) -> None: ...

class IPEntry(_message.Message):
    __slots__ = ("prefix", "range", "tag")
    PREFIX_FIELD_NUMBER: _ClassVar[int]
    RANGE_FIELD_NUMBER: _ClassVar[int]
    TAG_FIELD_NUMBER: _ClassVar[int]
    prefix: IPPrefix
    range: AddressRange
    tag: int
    def __init__(self, prefix: _Optional[_Union[IPPrefix, _Mapping]] = ..., range: _Optional[_Union[AddressRange, _Mapping]] = ..., tag: _Optional[int] = ...) -> None: ...

class IPList(_message.Message):
    __slots__ = ("ip_entries",)
    IP_ENTRIES_FIELD_NUMBER: _ClassVar[int]
    ip_entries: _containers.RepeatedCompositeFieldContainer[IPEntry]
    def __init__(self, ip_entries: _Optional[_Iterable[_Union[IPEntry, _Mapping]]] = ...) -> None: ...

class RuleL3Match(_message.Message):
    __slots__ = ("proto_num", "proto_wild_card", "src_prefix", "src_range", "src_tag", "src_ip_list", "dst_prefix", "dst_range", "dst_tag", "dst_ip_list")
    PROTO_NUM_FIELD_NUMBER: _ClassVar[int]
    PROTO_WILD_CARD_FIELD_NUMBER: _ClassVar[int]
    SRC_PREFIX_FIELD_NUMBER: _ClassVar[int]
    SRC_RANGE_FIELD_NUMBER: _ClassVar[int]
    SRC_TAG_FIELD_NUMBER: _ClassVar[int]
    SRC_IP_LIST_FIELD_NUMBER: _ClassVar[int]
    DST_PREFIX_FIELD_NUMBER: _ClassVar[int]
    DST_RANGE_FIELD_NUMBER: _ClassVar[int]
    DST_TAG_FIELD_NUMBER: _ClassVar[int]
    DST_IP_LIST_FIELD_NUMBER: _ClassVar[int]
    proto_num: int
    proto_wild_card: WildcardMatch
    src_prefix: IPPrefix
    src_range: AddressRange
    src_tag: int
    src_ip_list: IPList
    dst_prefix: IPPrefix
    dst_range: AddressRange
    dst_tag: int
    dst_ip_list: IPList
    def __init__(self, proto_num: _Optional[int] = ..., proto_wild_card: _Optional[_Union[WildcardMatch, str]] = ..., src_prefix: _Optional[_Union[IPPrefix, _Mapping]] = ..., src_range: _Optional[_Union[AddressRange, _Mapping]] = ..., src_tag: _Optional[int] = ..., src_ip_list: _Optional[_Union[IPList, _Mapping]] = ..., dst_prefix: _Optional[_Union[IPPrefix, _Mapping]] = ..., dst_range: _Optional[_Union[AddressRange, _Mapping]] = ..., dst_tag: _Optional[int] = ..., dst_ip_list: _Optional[_Union[IPList, _Mapping]] = ...) -> None: ...

class PortMatch(_message.Message):
    __slots__ = ("src_port_range", "dst_port_range")
    SRC_PORT_RANGE_FIELD_NUMBER: _ClassVar[int]
    DST_PORT_RANGE_FIELD_NUMBER: _ClassVar[int]
    src_port_range: PortRange
    dst_port_range: PortRange
    def __init__(self, src_port_range: _Optional[_Union[PortRange, _Mapping]] = ..., dst_port_range: _Optional[_Union[PortRange, _Mapping]] = ...) -> None: ...

class ICMPMatch(_message.Message):
    __slots__ = ("type", "type_wildcard", "code", "code_wildcard")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    TYPE_WILDCARD_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    CODE_WILDCARD_FIELD_NUMBER: _ClassVar[int]
    type: int
    type_wildcard: WildcardMatch
    code: int
    code_wildcard: WildcardMatch
    def __init__(self, type: _Optional[int] = ..., type_wildcard: _Optional[_Union[WildcardMatch, str]] = ..., code: _Optional[int] = ..., code_wildcard: _Optional[_Union[WildcardMatch, str]] = ...) -> None: ...

class PortListMatch(_message.Message):
    __slots__ = ("src_port_range", "dst_port_range")
    SRC_PORT_RANGE_FIELD_NUMBER: _ClassVar[int]
    DST_PORT_RANGE_FIELD_NUMBER: _ClassVar[int]
    src_port_range: _containers.RepeatedCompositeFieldContainer[PortRange]
    dst_port_range: _containers.RepeatedCompositeFieldContainer[PortRange]
    def __init__(self, src_port_range: _Optional[_Iterable[_Union[PortRange, _Mapping]]] = ..., dst_port_range: _Optional[_Iterable[_Union[PortRange, _Mapping]]] = ...) -> None: ...

class ICMPMatchList(_message.Message):
    __slots__ = ("icmp_match_list",)
    ICMP_MATCH_LIST_FIELD_NUMBER: _ClassVar[int]
    icmp_match_list: _containers.RepeatedCompositeFieldContainer[ICMPMatch]
    def __init__(self, icmp_match_list: _Optional[_Iterable[_Union[ICMPMatch, _Mapping]]] = ...) -> None: ...

class RuleL4Match(_message.Message):
    __slots__ = ("ports", "type_code", "port_list", "icmp_match_list")
    PORTS_FIELD_NUMBER: _ClassVar[int]
    TYPE_CODE_FIELD_NUMBER: _ClassVar[int]
    PORT_LIST_FIELD_NUMBER: _ClassVar[int]
    ICMP_MATCH_LIST_FIELD_NUMBER: _ClassVar[int]
    ports: PortMatch
    type_code: ICMPMatch
    port_list: PortListMatch
    icmp_match_list: ICMPMatchList
    def __init__(self, ports: _Optional[_Union[PortMatch, _Mapping]] = ..., type_code: _Optional[_Union[ICMPMatch, _Mapping]] = ..., port_list: _Optional[_Union[PortListMatch, _Mapping]] = ..., icmp_match_list: _Optional[_Union[ICMPMatchList, _Mapping]] = ...) -> None: ...

class RuleMatch(_message.Message):
    __slots__ = ("l3_match", "l4_match")
    L3_MATCH_FIELD_NUMBER: _ClassVar[int]
    L4_MATCH_FIELD_NUMBER: _ClassVar[int]
    l3_match: RuleL3Match
    l4_match: RuleL4Match
    def __init__(self, l3_match: _Optional[_Union[RuleL3Match, _Mapping]] = ..., l4_match: _Optional[_Union[RuleL4Match, _Mapping]] = ...) -> None: ...

class HwHandle(_message.Message):
    __slots__ = ("idx",)
    IDX_FIELD_NUMBER: _ClassVar[int]
    idx: int
    def __init__(self, idx: _Optional[int] = ...) -> None: ...
