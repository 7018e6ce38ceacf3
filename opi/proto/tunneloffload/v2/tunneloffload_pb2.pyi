# mypy: ignore-errors
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AddTunnelStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    _TUNNEL_ACCEPTED: _ClassVar[AddTunnelStatus]
    _TUNNEL_REJECTED: _ClassVar[AddTunnelStatus]
    _TUNNEL_TABLE_FULL: _ClassVar[AddTunnelStatus]
    _TUNNEL_TABLE_UNAVAILABLE: _ClassVar[AddTunnelStatus]
    _TUNNEL_ALREADY_EXISTS: _ClassVar[AddTunnelStatus]

class Operation(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    _NONE: _ClassVar[Operation]
    _CREATE: _ClassVar[Operation]
    _UPDATE: _ClassVar[Operation]
    _DELETE: _ClassVar[Operation]

class EncType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    _AES256GCM64: _ClassVar[EncType]
    _AES256GCM96: _ClassVar[EncType]
    _AES256GCM128: _ClassVar[EncType]
    _AES128GCM64: _ClassVar[EncType]
    _AES128GCM96: _ClassVar[EncType]
    _AES128GCM128: _ClassVar[EncType]
    _AES256CCM64: _ClassVar[EncType]
    _AES256CCM96: _ClassVar[EncType]
    _AES256CCM128: _ClassVar[EncType]
    _AES128CCM64: _ClassVar[EncType]
    _AES128CCM96: _ClassVar[EncType]
    _AES128CCM128: _ClassVar[EncType]

class Action(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NONE: _ClassVar[Action]
    FORWARD: _ClassVar[Action]
    RECIRCULATE: _ClassVar[Action]

class MatchError(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MISING_FIELDS: _ClassVar[MatchError]
    INVALID_TUNNEL_ID: _ClassVar[MatchError]
    INVALID_CAPABILITIES: _ClassVar[MatchError]
    INVALID_FIELD: _ClassVar[MatchError]

class TunnelError(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NOT_SUPPORTED_TUNNEL: _ClassVar[TunnelError]

class IPSecError(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    INVALID_KEY: _ClassVar[IPSecError]
    NON_SUPPORTED_ENCRYPTION: _ClassVar[IPSecError]
    NON_SUPPORTED_TUNNEL_TYPE: _ClassVar[IPSecError]
    IPSEC_MISSING_FIELDS: _ClassVar[IPSecError]

class GeneveError(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    INVALID_OPTION: _ClassVar[GeneveError]
    TOO_MANY_OPTIONS: _ClassVar[GeneveError]
    INVALID_GENEVE_FIELD: _ClassVar[GeneveError]

class IPSecTunnelType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TRANSPORT: _ClassVar[IPSecTunnelType]
    TUNNEL: _ClassVar[IPSecTunnelType]
    TRANSPORT_NAT_TRAVERSAL: _ClassVar[IPSecTunnelType]
    TUNNEL_NAT_TRAVERSAL: _ClassVar[IPSecTunnelType]
_TUNNEL_ACCEPTED: AddTunnelStatus
_TUNNEL_REJECTED: AddTunnelStatus
_TUNNEL_TABLE_FULL: AddTunnelStatus
_TUNNEL_TABLE_UNAVAILABLE: AddTunnelStatus
_TUNNEL_ALREADY_EXISTS: AddTunnelStatus
_NONE: Operation
_CREATE: Operation
_UPDATE: Operation
_DELETE: Operation
_AES256GCM64: EncType
_AES256GCM96: EncType
_AES256GCM128: EncType
_AES128GCM64: EncType
_AES128GCM96: EncType
_AES128GCM128: EncType
_AES256CCM64: EncType
_AES256CCM96: EncType
_AES256CCM128: EncType
_AES128CCM64: EncType
_AES128CCM96: EncType
_AES128CCM128: EncType
NONE: Action
FORWARD: Action
RECIRCULATE: Action
MISING_FIELDS: MatchError
INVALID_TUNNEL_ID: MatchError
INVALID_CAPABILITIES: MatchError
INVALID_FIELD: MatchError
NOT_SUPPORTED_TUNNEL: TunnelError
INVALID_KEY: IPSecError
NON_SUPPORTED_ENCRYPTION: IPSecError
NON_SUPPORTED_TUNNEL_TYPE: IPSecError
IPSEC_MISSING_FIELDS: IPSecError
INVALID_OPTION: GeneveError
TOO_MANY_OPTIONS: GeneveError
INVALID_GENEVE_FIELD: GeneveError
TRANSPORT: IPSecTunnelType
TUNNEL: IPSecTunnelType
TRANSPORT_NAT_TRAVERSAL: IPSecTunnelType
TUNNEL_NAT_TRAVERSAL: IPSecTunnelType

class CapabilityRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class CapabilityResponse(_message.Message):
    __slots__ = ("match_capabilities", "ipsec_capabilities", "geneve_capabilities")
    class MatchCapabilities(_message.Message):
        __slots__ = ("ingress_interface_matching", "vxlan_matching", "geneve_matching", "tunnel_matching", "spi_matching")
        INGRESS_INTERFACE_MATCHING_FIELD_NUMBER: _ClassVar[int]
        VXLAN_MATCHING_FIELD_NUMBER: _ClassVar[int]
        GENEVE_MATCHING_FIELD_NUMBER: _ClassVar[int]
        TUNNEL_MATCHING_FIELD_NUMBER: _ClassVar[int]
        SPI_MATCHING_FIELD_NUMBER: _ClassVar[int]
        ingress_interface_matching: bool
        vxlan_matching: bool
        geneve_matching: bool
        tunnel_matching: bool
        spi_matching: bool
        def __init__(self, ingress_interface_matching: _Optional[bool] = ..., vxlan_matching: _Optional[bool] = ..., geneve_matching: _Optional[bool] = ..., tunnel_matching: _Optional[bool] = ..., spi_matching: _Optional[bool] = ...) -> None: ...
    class IPSecCapabilities(_message.Message):
        __slots__ = ("tunnel_type_supported", "encryption_supported")
        TUNNEL_TYPE_SUPPORTED_FIELD_NUMBER: _ClassVar[int]
        ENCRYPTION_SUPPORTED_FIELD_NUMBER: _ClassVar[int]
        tunnel_type_supported: _containers.RepeatedScalarFieldContainer[IPSecTunnelType]
        encryption_supported: _containers.RepeatedScalarFieldContainer[EncType]
        def __init__(self, tunnel_type_supported: _Optional[_Iterable[_Union[IPSecTunnelType, str]]] = ..., encryption_supported: _Optional[_Iterable[_Union[EncType, str]]] = ...) -> None: ...
    class GeneveCapabilities(_message.Message):
        __slots__ = ("number_geneve_options_supported",)
        NUMBER_GENEVE_OPTIONS_SUPPORTED_FIELD_NUMBER: _ClassVar[int]
        number_geneve_options_supported: int
        def __init__(self, number_geneve_options_supported: _Optional[int] = ...) -> None: ...
    MATCH_CAPABILITIES_FIELD_NUMBER: _ClassVar[int]
    IPSEC_CAPABILITIES_FIELD_NUMBER: _ClassVar[int]
    GENEVE_CAPABILITIES_FIELD_NUMBER: _ClassVar[int]
    match_capabilities: CapabilityResponse.MatchCapabilities
    ipsec_capabilities: CapabilityResponse.IPSecCapabilities
    geneve_capabilities: CapabilityResponse.GeneveCapabilities
    def __init__(self, match_capabilities: _Optional[_Union[CapabilityResponse.MatchCapabilities, _Mapping]] = ..., ipsec_capabilities: _Optional[_Union[CapabilityResponse.IPSecCapabilities, _Mapping]] = ..., geneve_capabilities: _Optional[_Union[CapabilityResponse.GeneveCapabilities, _Mapping]] = ...) -> None: ...

class TunnelAdditionError(_message.Message):
    __slots__ = ("match_error", "tunnel_error", "ipsec_error", "geneve_error")
    MATCH_ERROR_FIELD_NUMBER: _ClassVar[int]
    TUNNEL_ERROR_FIELD_NUMBER: _ClassVar[int]
    IPSEC_ERROR_FIELD_NUMBER: _ClassVar[int]
    GENEVE_ERROR_FIELD_NUMBER: _ClassVar[int]
    match_error: MatchError
    tunnel_error: TunnelError
    ipsec_error: IPSecError
    geneve_error: GeneveError
    def __init__(self, match_error: _Optional[_Union[MatchError, str]] = ..., tunnel_error: _Optional[_Union[TunnelError, str]] = ..., ipsec_error: _Optional[_Union[IPSecError, str]] = ..., geneve_error: _Optional[_Union[GeneveError, str]] = ...) -> None: ...

class MatchCriteria(_message.Message):
    __slots__ = ("ingress_interface", "mac_match", "ipv4_match", "ipv6_match", "tunnel_id", "ipsec_match", "geneve_match", "vxlan_match")
    class IPSecMatch(_message.Message):
        __slots__ = ("spi", "sn")
        SPI_FIELD_NUMBER: _ClassVar[int]
        SN_FIELD_NUMBER: _ClassVar[int]
        spi: int
        sn: int
        def __init__(self, spi: _Optional[int] = ..., sn: _Optional[int] = ...) -> None: ...
    class GeneveMatch(_message.Message):
        __slots__ = ("vni", "mac_match", "protocol_type", "ipv4_match", "ipv6_match")
        VNI_FIELD_NUMBER: _ClassVar[int]
        MAC_MATCH_FIELD_NUMBER: _ClassVar[int]
        PROTOCOL_TYPE_FIELD_NUMBER: _ClassVar[int]
        IPV4_MATCH_FIELD_NUMBER: _ClassVar[int]
        IPV6_MATCH_FIELD_NUMBER: _ClassVar[int]
        vni: int
        mac_match: MacPair
        protocol_type: int
        ipv4_match: IPV4Match
        ipv6_match: IPV6Match
        def __init__(self, vni: _Optional[int] = ..., mac_match: _Optional[_Union[MacPair, _Mapping]] = ..., protocol_type: _Optional[int] = ..., ipv4_match: _Optional[_Union[IPV4Match, _Mapping]] = ..., ipv6_match: _Optional[_Union[IPV6Match, _Mapping]] = ...) -> None: ...
    class VXLanMatch(_message.Message):
        __slots__ = ("vni", "mac_match", "ipv4_match", "ipv6_match")
        VNI_FIELD_NUMBER: _ClassVar[int]
        MAC_MATCH_FIELD_NUMBER: _ClassVar[int]
        IPV4_MATCH_FIELD_NUMBER: _ClassVar[int]
        IPV6_MATCH_FIELD_NUMBER: _ClassVar[int]
        vni: int
        mac_match: MacPair
        ipv4_match: IPV4Match
        ipv6_match: IPV6Match
        def __init__(self, vni: _Optional[int] = ..., mac_match: _Optional[_Union[MacPair, _Mapping]] = ..., ipv4_match: _Optional[_Union[IPV4Match, _Mapping]] = ..., ipv6_match: _Optional[_Union[IPV6Match, _Mapping]] = ...) -> None: ...
    INGRESS_INTERFACE_FIELD_NUMBER: _ClassVar[int]
    MAC_MATCH_FIELD_NUMBER: _ClassVar[int]
    IPV4_MATCH_FIELD_NUMBER: _ClassVar[int]
    IPV6_MATCH_FIELD_NUMBER: _ClassVar[int]
    TUNNEL_ID_FIELD_NUMBER: _ClassVar[int]
    IPSEC_MATCH_FIELD_NUMBER: _ClassVar[int]
    GENEVE_MATCH_FIELD_NUMBER: _ClassVar[int]
    VXLAN_MATCH_FIELD_NUMBER: _ClassVar[int]
    ingress_interface: str
    mac_match: MacPair
    ipv4_match: IPV4Match
    ipv6_match: IPV6Match
    tunnel_id: int
    ipsec_match: MatchCriteria.IPSecMatch
    geneve_match: MatchCriteria.GeneveMatch
    vxlan_match: MatchCriteria.VXLanMatch
    def __init__(self, ingress_interface: _Optional[str] = ..., mac_match: _Optional[_Union[MacPair, _Mapping]] = ..., ipv4_match: _Optional[_Union[IPV4Match, _Mapping]] = ..., ipv6_match: _Optional[_Union[IPV6Match, _Mapping]] = ..., tunnel_id: _Optional[int] = ..., ipsec_match: _Optional[_Union[MatchCriteria.IPSecMatch, _Mapping]] = ..., geneve_match: _Optional[_Union[MatchCriteria.GeneveMatch, _Mapping]] = ..., vxlan_match: _Optional[_Union[MatchCriteria.VXLanMatch, _Mapping]] = ...) -> None: ...

class IpTunnelRequest(_message.Message):
    __slots__ = ("tunnel_id", "operation", "match_criteria", "next_action", "ipsec_tunnel", "geneve", "nat")
    TUNNEL_ID_FIELD_NUMBER: _ClassVar[int]
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    MATCH_CRITERIA_FIELD_NUMBER: _ClassVar[int]
    NEXT_ACTION_FIELD_NUMBER: _ClassVar[int]
    IPSEC_TUNNEL_FIELD_NUMBER: _ClassVar[int]
    GENEVE_FIELD_NUMBER: _ClassVar[int]
    NAT_FIELD_NUMBER: _ClassVar[int]
    tunnel_id: int
    operation: Operation
    match_criteria: MatchCriteria
    next_action: Action
    ipsec_tunnel: IPSecTunnel
    geneve: Geneve
    nat: Nat
    def __init__(self, tunnel_id: _Optional[int] = ..., operation: _Optional[_Union[Operation, str]] = ..., match_criteria: _Optional[_Union[MatchCriteria, _Mapping]] = ..., next_action: _Optional[_Union[Action, str]] = ..., ipsec_tunnel: _Optional[_Union[IPSecTunnel, _Mapping]] = ..., geneve: _Optional[_Union[Geneve, _Mapping]] = ..., nat: _Optional[_Union[Nat, _Mapping]] = ...) -> None: ...

class Geneve(_message.Message):
    __slots__ = ("geneve_encap", "geneve_decap")
    GENEVE_ENCAP_FIELD_NUMBER: _ClassVar[int]
    GENEVE_DECAP_FIELD_NUMBER: _ClassVar[int]
    geneve_encap: GeneveEncap
    geneve_decap: GeneveDecap
    def __init__(self, geneve_encap: _Optional[_Union[GeneveEncap, _Mapping]] = ..., geneve_decap: _Optional[_Union[GeneveDecap, _Mapping]] = ...) -> None: ...

class GeneveOption(_message.Message):
    __slots__ = ("option_class", "type", "length", "data")
    OPTION_CLASS_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    option_class: int
    type: int
    length: int
    data: bytes
    def __init__(self, option_class: _Optional[int] = ..., type: _Optional[int] = ..., length: _Optional[int] = ..., data: _Optional[bytes] = ...) -> None: ...

class GeneveEncap(_message.Message):
    __slots__ = ("outer_ipv4_pair", "outer_ipv6_pair", "inner_mac_pair", "option_length", "control_packet", "critical_option_present", "vni", "protocol_type", "geneve_option")
    OUTER_IPV4_PAIR_FIELD_NUMBER: _ClassVar[int]
    OUTER_IPV6_PAIR_FIELD_NUMBER: _ClassVar[int]
    INNER_MAC_PAIR_FIELD_NUMBER: _ClassVar[int]
    OPTION_LENGTH_FIELD_NUMBER: _ClassVar[int]
    CONTROL_PACKET_FIELD_NUMBER: _ClassVar[int]
    CRITICAL_OPTION_PRESENT_FIELD_NUMBER: _ClassVar[int]
    VNI_FIELD_NUMBER: _ClassVar[int]
    PROTOCOL_TYPE_FIELD_NUMBER: _ClassVar[int]
    GENEVE_OPTION_FIELD_NUMBER: _ClassVar[int]
    outer_ipv4_pair: IPV4Pair
    outer_ipv6_pair: IPV6Pair
    inner_mac_pair: MacPair
    option_length: int
    control_packet: bool
    critical_option_present: bool
    vni: int
    protocol_type: int
    geneve_option: _containers.RepeatedCompositeFieldContainer[GeneveOption]
    def __init__(self, outer_ipv4_pair: _Optional[_Union[IPV4Pair, _Mapping]] = ..., outer_ipv6_pair: _Optional[_Union[IPV6Pair, _Mapping]] = ..., inner_mac_pair: _Optional[_Union[MacPair, _Mapping]] = ..., option_length: _Optional[int] = ..., control_packet: _Optional[bool] = ..., critical_option_present: _Optional[bool] = ..., vni: _Optional[int] = ..., protocol_type: _Optional[int] = ..., geneve_option: _Optional[_Iterable[_Union[GeneveOption, _Mapping]]] = ...) -> None: ...

class GeneveDecap(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class MacPair(_message.Message):
    __slots__ = ("destination_mac", "source_mac")
    DESTINATION_MAC_FIELD_NUMBER: _ClassVar[int]
    SOURCE_MAC_FIELD_NUMBER: _ClassVar[int]
    destination_mac: bytes
    source_mac: bytes
    def __init__(self, destination_mac: _Optional[bytes] = ..., source_mac: _Optional[bytes] = ...) -> None: ...

class IPV4Pair(_message.Message):
    __slots__ = ("source_ip", "destination_ip")
    SOURCE_IP_FIELD_NUMBER: _ClassVar[int]
    DESTINATION_IP_FIELD_NUMBER: _ClassVar[int]
    source_ip: int
    destination_ip: int
    def __init__(self, source_ip: _Optional[int] = ..., destination_ip: _Optional[int] = ...) -> None: ...

class IPV6Pair(_message.Message):
    __slots__ = ("source_ip", "destination_ip")
    SOURCE_IP_FIELD_NUMBER: _ClassVar[int]
    DESTINATION_IP_FIELD_NUMBER: _ClassVar[int]
    source_ip: bytes
    destination_ip: bytes
    def __init__(self, source_ip: _Optional[bytes] = ..., destination_ip: _Optional[bytes] = ...) -> None: ...

class IPV4Match(_message.Message):
    __slots__ = ("source_ip", "source_ip_prefix", "destination_ip", "destination_ip_prefix")
    SOURCE_IP_FIELD_NUMBER: _ClassVar[int]
    SOURCE_IP_PREFIX_FIELD_NUMBER: _ClassVar[int]
    DESTINATION_IP_FIELD_NUMBER: _ClassVar[int]
    DESTINATION_IP_PREFIX_FIELD_NUMBER: _ClassVar[int]
    source_ip: int
    source_ip_prefix: int
    destination_ip: int
    destination_ip_prefix: int
    def __init__(self, source_ip: _Optional[int] = ..., source_ip_prefix: _Optional[int] = ..., destination_ip: _Optional[int] = ..., destination_ip_prefix: _Optional[int] = ...) -> None: ...

class IPV6Match(_message.Message):
    __slots__ = ("source_ip", "source_ip_prefix", "destination_ip", "destination_ip_prefix")
    SOURCE_IP_FIELD_NUMBER: _ClassVar[int]
    SOURCE_IP_PREFIX_FIELD_NUMBER: _ClassVar[int]
    DESTINATION_IP_FIELD_NUMBER: _ClassVar[int]
    DESTINATION_IP_PREFIX_FIELD_NUMBER: _ClassVar[int]
    source_ip: bytes
    source_ip_prefix: int
    destination_ip: bytes
    destination_ip_prefix: int
    def __init__(self, source_ip: _Optional[bytes] = ..., source_ip_prefix: _Optional[int] = ..., destination_ip: _Optional[bytes] = ..., destination_ip_prefix: _Optional[int] = ...) -> None: ...

class Nat(_message.Message):
    __slots__ = ("source_ip",)
    SOURCE_IP_FIELD_NUMBER: _ClassVar[int]
    source_ip: int
    def __init__(self, source_ip: _Optional[int] = ...) -> None: ...

class IPSecEnc(_message.Message):
    __slots__ = ("tunnel_type", "encryption_type", "ipsec_sa", "ipv4_tunnel", "ipv6_tunnel")
    TUNNEL_TYPE_FIELD_NUMBER: _ClassVar[int]
    ENCRYPTION_TYPE_FIELD_NUMBER: _ClassVar[int]
    IPSEC_SA_FIELD_NUMBER: _ClassVar[int]
    IPV4_TUNNEL_FIELD_NUMBER: _ClassVar[int]
    IPV6_TUNNEL_FIELD_NUMBER: _ClassVar[int]
    tunnel_type: IPSecTunnelType
    encryption_type: EncType
    ipsec_sa: IPSecSAParams
    ipv4_tunnel: IPV4Pair
    ipv6_tunnel: IPV6Pair
    def __init__(self, tunnel_type: _Optional[_Union[IPSecTunnelType, str]] = ..., encryption_type: _Optional[_Union[EncType, str]] = ..., ipsec_sa: _Optional[_Union[IPSecSAParams, _Mapping]] = ..., ipv4_tunnel: _Optional[_Union[IPV4Pair, _Mapping]] = ..., ipv6_tunnel: _Optional[_Union[IPV6Pair, _Mapping]] = ...) -> None: ...

class IPSecDec(_message.Message):
    __slots__ = ("tunnel_type", "encryption_type", "ipsec_sas")
    TUNNEL_TYPE_FIELD_NUMBER: _ClassVar[int]
    ENCRYPTION_TYPE_FIELD_NUMBER: _ClassVar[int]
    IPSEC_SAS_FIELD_NUMBER: _ClassVar[int]
    tunnel_type: IPSecTunnelType
    encryption_type: EncType
    ipsec_sas: _containers.RepeatedCompositeFieldContainer[IPSecSAParams]
    def __init__(self, tunnel_type: _Optional[_Union[IPSecTunnelType, str]] = ..., encryption_type: _Optional[_Union[EncType, str]] = ..., ipsec_sas: _Optional[_Iterable[_Union[IPSecSAParams, _Mapping]]] = ...) -> None: ...

class IPSecSAParams(_message.Message):
    __slots__ = ("spi", "encryption_key", "operation")
    SPI_FIELD_NUMBER: _ClassVar[int]
    ENCRYPTION_KEY_FIELD_NUMBER: _ClassVar[int]
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    spi: int
    encryption_key: bytes
    operation: Operation
    def __init__(self, spi: _Optional[int] = ..., encryption_key: _Optional[bytes] = ..., operation: _Optional[_Union[Operation, str]] = ...) -> None: ...

class IPSecTunnel(_message.Message):
    __slots__ = ("ipsec_enc", "ipsec_dec")
    IPSEC_ENC_FIELD_NUMBER: _ClassVar[int]
    IPSEC_DEC_FIELD_NUMBER: _ClassVar[int]
    ipsec_enc: IPSecEnc
    ipsec_dec: IPSecDec
    def __init__(self, ipsec_enc: _Optional[_Union[IPSecEnc, _Mapping]] = ..., ipsec_dec: _Optional[_Union[IPSecDec, _Mapping]] = ...) -> None: ...

class TunnelId(_message.Message):
    __slots__ = ("tunnel_id",)
    TUNNEL_ID_FIELD_NUMBER: _ClassVar[int]
    tunnel_id: int
    def __init__(self, tunnel_id: _Optional[int] = ...) -> None: ...

class Counters(_message.Message):
    __slots__ = ("in_packets", "out_packets", "in_bytes", "out_bytes", "in_packets_drops", "out_packets_drops", "in_bytes_drops", "out_bytes_drops")
    IN_PACKETS_FIELD_NUMBER: _ClassVar[int]
    OUT_PACKETS_FIELD_NUMBER: _ClassVar[int]
    IN_BYTES_FIELD_NUMBER: _ClassVar[int]
    OUT_BYTES_FIELD_NUMBER: _ClassVar[int]
    IN_PACKETS_DROPS_FIELD_NUMBER: _ClassVar[int]
    OUT_PACKETS_DROPS_FIELD_NUMBER: _ClassVar[int]
    IN_BYTES_DROPS_FIELD_NUMBER: _ClassVar[int]
    OUT_BYTES_DROPS_FIELD_NUMBER: _ClassVar[int]
    in_packets: int
    out_packets: int
    in_bytes: int
    out_bytes: int
    in_packets_drops: int
    out_packets_drops: int
    in_bytes_drops: int
    out_bytes_drops: int
    def __init__(self, in_packets: _Optional[int] = ..., out_packets: _Optional[int] = ..., in_bytes: _Optional[int] = ..., out_bytes: _Optional[int] = ..., in_packets_drops: _Optional[int] = ..., out_packets_drops: _Optional[int] = ..., in_bytes_drops: _Optional[int] = ..., out_bytes_drops: _Optional[int] = ...) -> None: ...

class CreateIpTunnelResponses(_message.Message):
    __slots__ = ("request_status", "error_status", "responses")
    REQUEST_STATUS_FIELD_NUMBER: _ClassVar[int]
    ERROR_STATUS_FIELD_NUMBER: _ClassVar[int]
    RESPONSES_FIELD_NUMBER: _ClassVar[int]
    request_status: AddTunnelStatus
    error_status: int
    responses: _containers.RepeatedCompositeFieldContainer[CreateIpTunnelResponse]
    def __init__(self, request_status: _Optional[_Union[AddTunnelStatus, str]] = ..., error_status: _Optional[int] = ..., responses: _Optional[_Iterable[_Union[CreateIpTunnelResponse, _Mapping]]] = ...) -> None: ...

class CreateIpTunnelResponse(_message.Message):
    __slots__ = ("tunnel_id", "error")
    TUNNEL_ID_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    tunnel_id: int
    error: Error
    def __init__(self, tunnel_id: _Optional[int] = ..., error: _Optional[_Union[Error, _Mapping]] = ...) -> None: ...

class Error(_message.Message):
    __slots__ = ("error_message", "error_string")
    ERROR_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    ERROR_STRING_FIELD_NUMBER: _ClassVar[int]
    error_message: TunnelAdditionError
    error_string: str
    def __init__(self, error_message: _Optional[_Union[TunnelAdditionError, _Mapping]] = ..., error_string: _Optional[str] = ...) -> None: ...

class IpTunnelResponses(_message.Message):
    __slots__ = ("responses",)
    RESPONSES_FIELD_NUMBER: _ClassVar[int]
    responses: _containers.RepeatedCompositeFieldContainer[IpTunnelResponse]
    def __init__(self, responses: _Optional[_Iterable[_Union[IpTunnelResponse, _Mapping]]] = ...) -> None: ...

class IpTunnelResponse(_message.Message):
    __slots__ = ("tunnel_id", "ip_tunnel", "tunnel_counters", "error")
    TUNNEL_ID_FIELD_NUMBER: _ClassVar[int]
    IP_TUNNEL_FIELD_NUMBER: _ClassVar[int]
    TUNNEL_COUNTERS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    tunnel_id: int
    ip_tunnel: IpTunnelRequest
    tunnel_counters: Counters
    error: Error
    def __init__(self, tunnel_id: _Optional[int] = ..., ip_tunnel: _Optional[_Union[IpTunnelRequest, _Mapping]] = ..., tunnel_counters: _Optional[_Union[Counters, _Mapping]] = ..., error: _Optional[_Union[Error, _Mapping]] = ...) -> None: ...

class IpTunnelStatsResponses(_message.Message):
    __slots__ = ("responses",)
    RESPONSES_FIELD_NUMBER: _ClassVar[int]
    responses: _containers.RepeatedCompositeFieldContainer[IpTunnelStatsResponse]
    def __init__(self, responses: _Optional[_Iterable[_Union[IpTunnelStatsResponse, _Mapping]]] = ...) -> None: ...

class IpTunnelStatsResponse(_message.Message):
    __slots__ = ("tunnel_id", "tunnel_counters", "error")
    TUNNEL_ID_FIELD_NUMBER: _ClassVar[int]
    TUNNEL_COUNTERS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    tunnel_id: int
    tunnel_counters: Counters
    error: Error
    def __init__(self, tunnel_id: _Optional[int] = ..., tunnel_counters: _Optional[_Union[Counters, _Mapping]] = ..., error: _Optional[_Union[Error, _Mapping]] = ...) -> None: ...

class TunnelRequestArgs(_message.Message):
    __slots__ = ("tunnels_per_request",)
    TUNNELS_PER_REQUEST_FIELD_NUMBER: _ClassVar[int]
    tunnels_per_request: int
    def __init__(self, tunnels_per_request: _Optional[int] = ...) -> None: ...
