# mypy: ignore-errors
import datetime

from google.api import annotations_pb2 as _annotations_pb2
from google.api import client_pb2 as _client_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import empty_pb2 as _empty_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from opi.proto.opi_api.network.opinetcommon.v1alpha1 import networktypes_pb2 as _networktypes_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class EncAlgorithm(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ENC_ALGORITHM_UNSPECIFIED: _ClassVar[EncAlgorithm]
    ENC_ALGORITHM_AES128CBC: _ClassVar[EncAlgorithm]
    ENC_ALGORITHM_AES192CBC: _ClassVar[EncAlgorithm]
    ENC_ALGORITHM_AES256CBC: _ClassVar[EncAlgorithm]
    ENC_ALGORITHM_AES128GCM128: _ClassVar[EncAlgorithm]
    ENC_ALGORITHM_AES192GCM128: _ClassVar[EncAlgorithm]
    ENC_ALGORITHM_AES256GCM128: _ClassVar[EncAlgorithm]
    ENC_ALGORITHM_CHACHA20POLY1305: _ClassVar[EncAlgorithm]

class IntegAlgorithm(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    INTEG_ALGORITHM_UNSPECIFIED: _ClassVar[IntegAlgorithm]
    INTEG_ALGORITHM_SHA1_96: _ClassVar[IntegAlgorithm]
    INTEG_ALGORITHM_SHA256_128: _ClassVar[IntegAlgorithm]
    INTEG_ALGORITHM_SHA384_192: _ClassVar[IntegAlgorithm]
    INTEG_ALGORITHM_SHA512_512: _ClassVar[IntegAlgorithm]
    INTEG_ALGORITHM_AES128GMAC: _ClassVar[IntegAlgorithm]
    INTEG_ALGORITHM_AES256GMAC: _ClassVar[IntegAlgorithm]

class DHGroups(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DH_GROUPS_UNSPECIFIED: _ClassVar[DHGroups]
    DH_GROUPS_MODP768: _ClassVar[DHGroups]
    DH_GROUPS_MODP1024: _ClassVar[DHGroups]
    DH_GROUPS_MODP1536: _ClassVar[DHGroups]
    DH_GROUPS_MODP2048: _ClassVar[DHGroups]
    DH_GROUPS_MODP3072: _ClassVar[DHGroups]
    DH_GROUPS_MODP4096: _ClassVar[DHGroups]
    DH_GROUPS_MODP6144: _ClassVar[DHGroups]
    DH_GROUPS_MODP8192: _ClassVar[DHGroups]
    DH_GROUPS_MODP1024S160: _ClassVar[DHGroups]
    DH_GROUPS_MODP2048S224: _ClassVar[DHGroups]
    DH_GROUPS_MODP2048S256: _ClassVar[DHGroups]
    DH_GROUPS_CURVE25519: _ClassVar[DHGroups]

class PRF(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PRF_UNSPECIFIED: _ClassVar[PRF]
    PRF_SHA1: _ClassVar[PRF]
    PRF_AESXCBC: _ClassVar[PRF]
    PRF_AESCMAC: _ClassVar[PRF]
    PRF_SHA256: _ClassVar[PRF]
    PRF_SHA384: _ClassVar[PRF]
    PRF_SHA512: _ClassVar[PRF]

class IpsecMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    IPSEC_MODE_UNSPECIFIED: _ClassVar[IpsecMode]
    IPSEC_MODE_TUNNEL_MODE: _ClassVar[IpsecMode]
    IPSEC_MODE_TRANSPORT_MODE: _ClassVar[IpsecMode]

class AuthType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    AUTH_TYPE_UNSPECIFIED: _ClassVar[AuthType]
    AUTH_TYPE_PUBKEY: _ClassVar[AuthType]
    AUTH_TYPE_PSK: _ClassVar[AuthType]
    AUTH_TYPE_XAUTH: _ClassVar[AuthType]
    AUTH_TYPE_EAP: _ClassVar[AuthType]

class AutoStartupMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    AUTO_STARTUP_MODE_UNSPECIFIED: _ClassVar[AutoStartupMode]
    AUTO_STARTUP_MODE_ADD: _ClassVar[AutoStartupMode]
    AUTO_STARTUP_MODE_ON_DEMAND: _ClassVar[AutoStartupMode]
    AUTO_STARTUP_MODE_START: _ClassVar[AutoStartupMode]

class IkeVersion(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    IKE_VERSION_UNSPECIFIED: _ClassVar[IkeVersion]
    IKE_VERSION_IKEV2: _ClassVar[IkeVersion]

class EspEncap(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ESP_ENCAP_UNSPECIFIED: _ClassVar[EspEncap]
    ESP_ENCAP_ESP_IN_UDP: _ClassVar[EspEncap]

class IpsecSpdAction(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    IPSEC_SPD_ACTION_UNSPECIFIED: _ClassVar[IpsecSpdAction]
    IPSEC_SPD_ACTION_PROTECT: _ClassVar[IpsecSpdAction]
    IPSEC_SPD_ACTION_BYPASS: _ClassVar[IpsecSpdAction]
    IPSEC_SPD_ACTION_DISCARD: _ClassVar[IpsecSpdAction]

class IpsecProtocol(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    IPSEC_PROTOCOL_UNSPECIFIED: _ClassVar[IpsecProtocol]
    IPSEC_PROTOCOL_ESP: _ClassVar[IpsecProtocol]

class LifetimeAction(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LIFETIME_ACTION_UNSPECIFIED: _ClassVar[LifetimeAction]
    LIFETIME_ACTION_TERMINATE_CLEAR: _ClassVar[LifetimeAction]
    LIFETIME_ACTION_TERMINATE_HOLD: _ClassVar[LifetimeAction]
    LIFETIME_ACTION_REPLACE: _ClassVar[LifetimeAction]

class DfBitAction(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DF_BIT_ACTION_UNSPECIFIED: _ClassVar[DfBitAction]
    DF_BIT_ACTION_CLEAR: _ClassVar[DfBitAction]
    DF_BIT_ACTION_SET: _ClassVar[DfBitAction]
    DF_BIT_ACTION_COPY: _ClassVar[DfBitAction]

class DSAlgorithm(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DS_ALGORITHM_UNSPECIFIED: _ClassVar[DSAlgorithm]
    DS_ALGORITHM_RSA: _ClassVar[DSAlgorithm]
    DS_ALGORITHM_ECDSA_SHA256_P256: _ClassVar[DSAlgorithm]
    DS_ALGORITHM_ECDSA_SHA384_P384: _ClassVar[DSAlgorithm]
    DS_ALGORITHM_ECDSA_SHA512_P512: _ClassVar[DSAlgorithm]
ENC_ALGORITHM_UNSPECIFIED: EncAlgorithm
ENC_ALGORITHM_AES128CBC: EncAlgorithm
ENC_ALGORITHM_AES192CBC: EncAlgorithm
ENC_ALGORITHM_AES256CBC: EncAlgorithm
ENC_ALGORITHM_AES128GCM128: EncAlgorithm
ENC_ALGORITHM_AES192GCM128: EncAlgorithm
ENC_ALGORITHM_AES256GCM128: EncAlgorithm
ENC_ALGORITHM_CHACHA20POLY1305: EncAlgorithm
INTEG_ALGORITHM_UNSPECIFIED: IntegAlgorithm
INTEG_ALGORITHM_SHA1_96: IntegAlgorithm
INTEG_ALGORITHM_SHA256_128: IntegAlgorithm
INTEG_ALGORITHM_SHA384_192: IntegAlgorithm
INTEG_ALGORITHM_SHA512_512: IntegAlgorithm
INTEG_ALGORITHM_AES128GMAC: IntegAlgorithm
INTEG_ALGORITHM_AES256GMAC: IntegAlgorithm
DH_GROUPS_UNSPECIFIED: DHGroups
DH_GROUPS_MODP768: DHGroups
DH_GROUPS_MODP1024: DHGroups
DH_GROUPS_MODP1536: DHGroups
DH_GROUPS_MODP2048: DHGroups
DH_GROUPS_MODP3072: DHGroups
DH_GROUPS_MODP4096: DHGroups
DH_GROUPS_MODP6144: DHGroups
DH_GROUPS_MODP8192: DHGroups
DH_GROUPS_MODP1024S160: DHGroups
DH_GROUPS_MODP2048S224: DHGroups
DH_GROUPS_MODP2048S256: DHGroups
DH_GROUPS_CURVE25519: DHGroups
PRF_UNSPECIFIED: PRF
PRF_SHA1: PRF
PRF_AESXCBC: PRF
PRF_AESCMAC: PRF
PRF_SHA256: PRF
PRF_SHA384: PRF
PRF_SHA512: PRF
IPSEC_MODE_UNSPECIFIED: IpsecMode
IPSEC_MODE_TUNNEL_MODE: IpsecMode
IPSEC_MODE_TRANSPORT_MODE: IpsecMode
AUTH_TYPE_UNSPECIFIED: AuthType
AUTH_TYPE_PUBKEY: AuthType
AUTH_TYPE_PSK: AuthType
AUTH_TYPE_XAUTH: AuthType
AUTH_TYPE_EAP: AuthType
AUTO_STARTUP_MODE_UNSPECIFIED: AutoStartupMode
AUTO_STARTUP_MODE_ADD: AutoStartupMode
AUTO_STARTUP_MODE_ON_DEMAND: AutoStartupMode
AUTO_STARTUP_MODE_START: AutoStartupMode
IKE_VERSION_UNSPECIFIED: IkeVersion
IKE_VERSION_IKEV2: IkeVersion
ESP_ENCAP_UNSPECIFIED: EspEncap
ESP_ENCAP_ESP_IN_UDP: EspEncap
IPSEC_SPD_ACTION_UNSPECIFIED: IpsecSpdAction
IPSEC_SPD_ACTION_PROTECT: IpsecSpdAction
IPSEC_SPD_ACTION_BYPASS: IpsecSpdAction
IPSEC_SPD_ACTION_DISCARD: IpsecSpdAction
IPSEC_PROTOCOL_UNSPECIFIED: IpsecProtocol
IPSEC_PROTOCOL_ESP: IpsecProtocol
LIFETIME_ACTION_UNSPECIFIED: LifetimeAction
LIFETIME_ACTION_TERMINATE_CLEAR: LifetimeAction
LIFETIME_ACTION_TERMINATE_HOLD: LifetimeAction
LIFETIME_ACTION_REPLACE: LifetimeAction
DF_BIT_ACTION_UNSPECIFIED: DfBitAction
DF_BIT_ACTION_CLEAR: DfBitAction
DF_BIT_ACTION_SET: DfBitAction
DF_BIT_ACTION_COPY: DfBitAction
DS_ALGORITHM_UNSPECIFIED: DSAlgorithm
DS_ALGORITHM_RSA: DSAlgorithm
DS_ALGORITHM_ECDSA_SHA256_P256: DSAlgorithm
DS_ALGORITHM_ECDSA_SHA384_P384: DSAlgorithm
DS_ALGORITHM_ECDSA_SHA512_P512: DSAlgorithm

class IkeFragmentation(_message.Message):
    __slots__ = ("enabled", "mtu")
    ENABLED_FIELD_NUMBER: _ClassVar[int]
    MTU_FIELD_NUMBER: _ClassVar[int]
    enabled: bool
    mtu: int
    def __init__(self, enabled: _Optional[bool] = ..., mtu: _Optional[int] = ...) -> None: ...

class IkeSaLifetimeSoft(_message.Message):
    __slots__ = ("rekey_interval", "reauth_interval")
    REKEY_INTERVAL_FIELD_NUMBER: _ClassVar[int]
    REAUTH_INTERVAL_FIELD_NUMBER: _ClassVar[int]
    rekey_interval: _duration_pb2.Duration
    reauth_interval: _duration_pb2.Duration
    def __init__(self, rekey_interval: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., reauth_interval: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class IkeSaLifetimeHard(_message.Message):
    __slots__ = ("max_duration",)
    MAX_DURATION_FIELD_NUMBER: _ClassVar[int]
    max_duration: _duration_pb2.Duration
    def __init__(self, max_duration: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class CaCerts(_message.Message):
    __slots__ = ("cacert",)
    CACERT_FIELD_NUMBER: _ClassVar[int]
    cacert: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, cacert: _Optional[_Iterable[str]] = ...) -> None: ...

class Encap(_message.Message):
    __slots__ = ("espencap", "sport", "dport")
    ESPENCAP_FIELD_NUMBER: _ClassVar[int]
    SPORT_FIELD_NUMBER: _ClassVar[int]
    DPORT_FIELD_NUMBER: _ClassVar[int]
    espencap: EspEncap
    sport: int
    dport: int
    def __init__(self, espencap: _Optional[_Union[EspEncap, str]] = ..., sport: _Optional[int] = ..., dport: _Optional[int] = ...) -> None: ...

class IkeConnection(_message.Message):
    __slots__ = ("name", "autostartup", "version", "fragmentation", "ike_sa_lifetime_soft", "ike_sa_lifetime_hard", "encryption_alg", "integrity_alg", "prf", "dhgroups", "local", "remote", "encap", "local_port", "remote_port", "if_id", "policies", "state")
    NAME_FIELD_NUMBER: _ClassVar[int]
    AUTOSTARTUP_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    FRAGMENTATION_FIELD_NUMBER: _ClassVar[int]
    IKE_SA_LIFETIME_SOFT_FIELD_NUMBER: _ClassVar[int]
    IKE_SA_LIFETIME_HARD_FIELD_NUMBER: _ClassVar[int]
    ENCRYPTION_ALG_FIELD_NUMBER: _ClassVar[int]
    INTEGRITY_ALG_FIELD_NUMBER: _ClassVar[int]
    PRF_FIELD_NUMBER: _ClassVar[int]
    DHGROUPS_FIELD_NUMBER: _ClassVar[int]
    LOCAL_FIELD_NUMBER: _ClassVar[int]
    REMOTE_FIELD_NUMBER: _ClassVar[int]
    ENCAP_FIELD_NUMBER: _ClassVar[int]
    LOCAL_PORT_FIELD_NUMBER: _ClassVar[int]
    REMOTE_PORT_FIELD_NUMBER: _ClassVar[int]
    IF_ID_FIELD_NUMBER: _ClassVar[int]
    POLICIES_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    name: str
    autostartup: AutoStartupMode
    version: IkeVersion
    fragmentation: IkeFragmentation
    ike_sa_lifetime_soft: IkeSaLifetimeSoft
    ike_sa_lifetime_hard: IkeSaLifetimeHard
    encryption_alg: _containers.RepeatedScalarFieldContainer[EncAlgorithm]
    integrity_alg: _containers.RepeatedScalarFieldContainer[IntegAlgorithm]
    prf: _containers.RepeatedScalarFieldContainer[PRF]
    dhgroups: _containers.RepeatedScalarFieldContainer[DHGroups]
    local: str
    remote: str
    encap: Encap
    local_port: int
    remote_port: int
    if_id: str
    policies: _containers.RepeatedScalarFieldContainer[str]
    state: IkeConnectionState
    def __init__(self, name: _Optional[str] = ..., autostartup: _Optional[_Union[AutoStartupMode, str]] = ..., version: _Optional[_Union[IkeVersion, str]] = ..., fragmentation: _Optional[_Union[IkeFragmentation, _Mapping]] = ..., ike_sa_lifetime_soft: _Optional[_Union[IkeSaLifetimeSoft, _Mapping]] = ..., ike_sa_lifetime_hard: _Optional[_Union[IkeSaLifetimeHard, _Mapping]] = ..., encryption_alg: _Optional[_Iterable[_Union[EncAlgorithm, str]]] = ..., integrity_alg: _Optional[_Iterable[_Union[IntegAlgorithm, str]]] = ..., prf: _Optional[_Iterable[_Union[PRF, str]]] = ..., dhgroups: _Optional[_Iterable[_Union[DHGroups, str]]] = ..., local: _Optional[str] = ..., remote: _Optional[str] = ..., encap: _Optional[_Union[Encap, _Mapping]] = ..., local_port: _Optional[int] = ..., remote_port: _Optional[int] = ..., if_id: _Optional[str] = ..., policies: _Optional[_Iterable[str]] = ..., state: _Optional[_Union[IkeConnectionState, _Mapping]] = ...) -> None: ...

class IpsecSa(_message.Message):
    __slots__ = ("name", "reqid", "config", "state")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REQID_FIELD_NUMBER: _ClassVar[int]
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    name: str
    reqid: int
    config: IpsecSaConfig
    state: IpsecSaState
    def __init__(self, name: _Optional[str] = ..., reqid: _Optional[int] = ..., config: _Optional[_Union[IpsecSaConfig, _Mapping]] = ..., state: _Optional[_Union[IpsecSaState, _Mapping]] = ...) -> None: ...

class IpsecSaConfig(_message.Message):
    __slots__ = ("spi", "esn", "arw_size", "traffic_selector", "protocol", "mode", "esp_algorithms", "tunnel", "lifetime_soft", "lifetime_hard", "encap")
    SPI_FIELD_NUMBER: _ClassVar[int]
    ESN_FIELD_NUMBER: _ClassVar[int]
    ARW_SIZE_FIELD_NUMBER: _ClassVar[int]
    TRAFFIC_SELECTOR_FIELD_NUMBER: _ClassVar[int]
    PROTOCOL_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    ESP_ALGORITHMS_FIELD_NUMBER: _ClassVar[int]
    TUNNEL_FIELD_NUMBER: _ClassVar[int]
    LIFETIME_SOFT_FIELD_NUMBER: _ClassVar[int]
    LIFETIME_HARD_FIELD_NUMBER: _ClassVar[int]
    ENCAP_FIELD_NUMBER: _ClassVar[int]
    spi: int
    esn: bool
    arw_size: int
    traffic_selector: TrafficSelector
    protocol: IpsecProtocol
    mode: IpsecMode
    esp_algorithms: EspAlgorithms
    tunnel: Tunnel
    lifetime_soft: IpsecSaLifetimeSoft
    lifetime_hard: IpsecSaLifetimeHard
    encap: Encap
    def __init__(self, spi: _Optional[int] = ..., esn: _Optional[bool] = ..., arw_size: _Optional[int] = ..., traffic_selector: _Optional[_Union[TrafficSelector, _Mapping]] = ..., protocol: _Optional[_Union[IpsecProtocol, str]] = ..., mode: _Optional[_Union[IpsecMode, str]] = ..., esp_algorithms: _Optional[_Union[EspAlgorithms, _Mapping]] = ..., tunnel: _Optional[_Union[Tunnel, _Mapping]] = ..., lifetime_soft: _Optional[_Union[IpsecSaLifetimeSoft, _Mapping]] = ..., lifetime_hard: _Optional[_Union[IpsecSaLifetimeHard, _Mapping]] = ..., encap: _Optional[_Union[Encap, _Mapping]] = ...) -> None: ...

class IpsecSaState(_message.Message):
    __slots__ = ("lifetime", "replay_stats")
    LIFETIME_FIELD_NUMBER: _ClassVar[int]
    REPLAY_STATS_FIELD_NUMBER: _ClassVar[int]
    lifetime: Lifetime
    replay_stats: AntiReplayStats
    def __init__(self, lifetime: _Optional[_Union[Lifetime, _Mapping]] = ..., replay_stats: _Optional[_Union[AntiReplayStats, _Mapping]] = ...) -> None: ...

class IpsecPolicy(_message.Message):
    __slots__ = ("name", "reqid", "config")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REQID_FIELD_NUMBER: _ClassVar[int]
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    name: str
    reqid: int
    config: IpsecPolicyConfig
    def __init__(self, name: _Optional[str] = ..., reqid: _Optional[int] = ..., config: _Optional[_Union[IpsecPolicyConfig, _Mapping]] = ...) -> None: ...

class IpsecPolicyConfig(_message.Message):
    __slots__ = ("arw_size", "traffic_selector", "processing")
    ARW_SIZE_FIELD_NUMBER: _ClassVar[int]
    TRAFFIC_SELECTOR_FIELD_NUMBER: _ClassVar[int]
    PROCESSING_FIELD_NUMBER: _ClassVar[int]
    arw_size: int
    traffic_selector: TrafficSelector
    processing: SpdProcessingInfo
    def __init__(self, arw_size: _Optional[int] = ..., traffic_selector: _Optional[_Union[TrafficSelector, _Mapping]] = ..., processing: _Optional[_Union[SpdProcessingInfo, _Mapping]] = ...) -> None: ...

class TrafficSelector(_message.Message):
    __slots__ = ("local_prefix", "remote_prefix", "inner_protocol", "local_ports", "remote_ports")
    LOCAL_PREFIX_FIELD_NUMBER: _ClassVar[int]
    REMOTE_PREFIX_FIELD_NUMBER: _ClassVar[int]
    INNER_PROTOCOL_FIELD_NUMBER: _ClassVar[int]
    LOCAL_PORTS_FIELD_NUMBER: _ClassVar[int]
    REMOTE_PORTS_FIELD_NUMBER: _ClassVar[int]
    local_prefix: _networktypes_pb2.IPPrefix
    remote_prefix: _networktypes_pb2.IPPrefix
    inner_protocol: int
    local_ports: _containers.RepeatedCompositeFieldContainer[PortRange]
    remote_ports: _containers.RepeatedCompositeFieldContainer[PortRange]
    def __init__(self, local_prefix: _Optional[_Union[_networktypes_pb2.IPPrefix, _Mapping]] = ..., remote_prefix: _Optional[_Union[_networktypes_pb2.IPPrefix, _Mapping]] = ..., inner_protocol: _Optional[int] = ..., local_ports: _Optional[_Iterable[_Union[PortRange, _Mapping]]] = ..., remote_ports: _Optional[_Iterable[_Union[PortRange, _Mapping]]] = ...) -> None: ...

class PortRange(_message.Message):
    __slots__ = ("start", "end")
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    start: int
    end: int
    def __init__(self, start: _Optional[int] = ..., end: _Optional[int] = ...) -> None: ...

class SpdProcessingInfo(_message.Message):
    __slots__ = ("action", "sa_config")
    ACTION_FIELD_NUMBER: _ClassVar[int]
    SA_CONFIG_FIELD_NUMBER: _ClassVar[int]
    action: IpsecSpdAction
    sa_config: IpsecSaTemplate
    def __init__(self, action: _Optional[_Union[IpsecSpdAction, str]] = ..., sa_config: _Optional[_Union[IpsecSaTemplate, _Mapping]] = ...) -> None: ...

class IpsecSaTemplate(_message.Message):
    __slots__ = ("esn", "mode", "protocol", "esp_algorithms", "tunnel")
    ESN_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    PROTOCOL_FIELD_NUMBER: _ClassVar[int]
    ESP_ALGORITHMS_FIELD_NUMBER: _ClassVar[int]
    TUNNEL_FIELD_NUMBER: _ClassVar[int]
    esn: bool
    mode: IpsecMode
    protocol: IpsecProtocol
    esp_algorithms: EspAlgorithms
    tunnel: Tunnel
    def __init__(self, esn: _Optional[bool] = ..., mode: _Optional[_Union[IpsecMode, str]] = ..., protocol: _Optional[_Union[IpsecProtocol, str]] = ..., esp_algorithms: _Optional[_Union[EspAlgorithms, _Mapping]] = ..., tunnel: _Optional[_Union[Tunnel, _Mapping]] = ...) -> None: ...

class EspAlgorithms(_message.Message):
    __slots__ = ("integrity", "encryption", "tfc_pad")
    INTEGRITY_FIELD_NUMBER: _ClassVar[int]
    ENCRYPTION_FIELD_NUMBER: _ClassVar[int]
    TFC_PAD_FIELD_NUMBER: _ClassVar[int]
    integrity: _containers.RepeatedScalarFieldContainer[IntegAlgorithm]
    encryption: _containers.RepeatedScalarFieldContainer[EncAlgorithm]
    tfc_pad: bool
    def __init__(self, integrity: _Optional[_Iterable[_Union[IntegAlgorithm, str]]] = ..., encryption: _Optional[_Iterable[_Union[EncAlgorithm, str]]] = ..., tfc_pad: _Optional[bool] = ...) -> None: ...

class Tunnel(_message.Message):
    __slots__ = ("local", "remote", "df_bit", "bypass_dscp", "dscp_mapping")
    LOCAL_FIELD_NUMBER: _ClassVar[int]
    REMOTE_FIELD_NUMBER: _ClassVar[int]
    DF_BIT_FIELD_NUMBER: _ClassVar[int]
    BYPASS_DSCP_FIELD_NUMBER: _ClassVar[int]
    DSCP_MAPPING_FIELD_NUMBER: _ClassVar[int]
    local: _networktypes_pb2.IPAddress
    remote: _networktypes_pb2.IPAddress
    df_bit: DfBitAction
    bypass_dscp: bool
    dscp_mapping: _containers.RepeatedCompositeFieldContainer[DscpMapping]
    def __init__(self, local: _Optional[_Union[_networktypes_pb2.IPAddress, _Mapping]] = ..., remote: _Optional[_Union[_networktypes_pb2.IPAddress, _Mapping]] = ..., df_bit: _Optional[_Union[DfBitAction, str]] = ..., bypass_dscp: _Optional[bool] = ..., dscp_mapping: _Optional[_Iterable[_Union[DscpMapping, _Mapping]]] = ...) -> None: ...

class DscpMapping(_message.Message):
    __slots__ = ("id", "inner_dscp", "outer_dscp")
    ID_FIELD_NUMBER: _ClassVar[int]
    INNER_DSCP_FIELD_NUMBER: _ClassVar[int]
    OUTER_DSCP_FIELD_NUMBER: _ClassVar[int]
    id: int
    inner_dscp: int
    outer_dscp: int
    def __init__(self, id: _Optional[int] = ..., inner_dscp: _Optional[int] = ..., outer_dscp: _Optional[int] = ...) -> None: ...

class ChildSaInfo(_message.Message):
    __slots__ = ("fs_groups", "lifetime_soft", "lifetime_hard")
    FS_GROUPS_FIELD_NUMBER: _ClassVar[int]
    LIFETIME_SOFT_FIELD_NUMBER: _ClassVar[int]
    LIFETIME_HARD_FIELD_NUMBER: _ClassVar[int]
    fs_groups: _containers.RepeatedScalarFieldContainer[int]
    lifetime_soft: IpsecSaLifetimeSoft
    lifetime_hard: IpsecSaLifetimeHard
    def __init__(self, fs_groups: _Optional[_Iterable[int]] = ..., lifetime_soft: _Optional[_Union[IpsecSaLifetimeSoft, _Mapping]] = ..., lifetime_hard: _Optional[_Union[IpsecSaLifetimeHard, _Mapping]] = ...) -> None: ...

class IpsecSaLifetimeSoft(_message.Message):
    __slots__ = ("lifetime", "action")
    LIFETIME_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    lifetime: Lifetime
    action: LifetimeAction
    def __init__(self, lifetime: _Optional[_Union[Lifetime, _Mapping]] = ..., action: _Optional[_Union[LifetimeAction, str]] = ...) -> None: ...

class IpsecSaLifetimeHard(_message.Message):
    __slots__ = ("lifetime",)
    LIFETIME_FIELD_NUMBER: _ClassVar[int]
    lifetime: Lifetime
    def __init__(self, lifetime: _Optional[_Union[Lifetime, _Mapping]] = ...) -> None: ...

class Lifetime(_message.Message):
    __slots__ = ("duration", "bytes", "packets", "idle")
    DURATION_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    PACKETS_FIELD_NUMBER: _ClassVar[int]
    IDLE_FIELD_NUMBER: _ClassVar[int]
    duration: _duration_pb2.Duration
    bytes: int
    packets: int
    idle: _duration_pb2.Duration
    def __init__(self, duration: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., bytes: _Optional[int] = ..., packets: _Optional[int] = ..., idle: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class AntiReplayStats(_message.Message):
    __slots__ = ("replay_window", "packet_dropped", "failed", "seq_num_counter")
    REPLAY_WINDOW_FIELD_NUMBER: _ClassVar[int]
    PACKET_DROPPED_FIELD_NUMBER: _ClassVar[int]
    FAILED_FIELD_NUMBER: _ClassVar[int]
    SEQ_NUM_COUNTER_FIELD_NUMBER: _ClassVar[int]
    replay_window: AntiReplayWindow
    packet_dropped: int
    failed: int
    seq_num_counter: int
    def __init__(self, replay_window: _Optional[_Union[AntiReplayWindow, _Mapping]] = ..., packet_dropped: _Optional[int] = ..., failed: _Optional[int] = ..., seq_num_counter: _Optional[int] = ...) -> None: ...

class AntiReplayWindow(_message.Message):
    __slots__ = ("w", "t", "b")
    W_FIELD_NUMBER: _ClassVar[int]
    T_FIELD_NUMBER: _ClassVar[int]
    B_FIELD_NUMBER: _ClassVar[int]
    w: int
    t: int
    b: int
    def __init__(self, w: _Optional[int] = ..., t: _Optional[int] = ..., b: _Optional[int] = ...) -> None: ...

class IkeConnectionState(_message.Message):
    __slots__ = ("initiator", "initiator_ike_spi", "responder_ike_sa", "nat_local", "nat_remote", "encap", "established", "current_rekey_interval", "current_reauth_interval")
    INITIATOR_FIELD_NUMBER: _ClassVar[int]
    INITIATOR_IKE_SPI_FIELD_NUMBER: _ClassVar[int]
    RESPONDER_IKE_SA_FIELD_NUMBER: _ClassVar[int]
    NAT_LOCAL_FIELD_NUMBER: _ClassVar[int]
    NAT_REMOTE_FIELD_NUMBER: _ClassVar[int]
    ENCAP_FIELD_NUMBER: _ClassVar[int]
    ESTABLISHED_FIELD_NUMBER: _ClassVar[int]
    CURRENT_REKEY_INTERVAL_FIELD_NUMBER: _ClassVar[int]
    CURRENT_REAUTH_INTERVAL_FIELD_NUMBER: _ClassVar[int]
    initiator: bool
    initiator_ike_spi: int
    responder_ike_sa: int
    nat_local: bool
    nat_remote: bool
    encap: Encap
    established: int
    current_rekey_interval: _duration_pb2.Duration
    current_reauth_interval: _duration_pb2.Duration
    def __init__(self, initiator: _Optional[bool] = ..., initiator_ike_spi: _Optional[int] = ..., responder_ike_sa: _Optional[int] = ..., nat_local: _Optional[bool] = ..., nat_remote: _Optional[bool] = ..., encap: _Optional[_Union[Encap, _Mapping]] = ..., established: _Optional[int] = ..., current_rekey_interval: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., current_reauth_interval: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class NumberIkeSAs(_message.Message):
    __slots__ = ("total", "half_open")
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    HALF_OPEN_FIELD_NUMBER: _ClassVar[int]
    total: int
    half_open: int
    def __init__(self, total: _Optional[int] = ..., half_open: _Optional[int] = ...) -> None: ...

class DSAuth(_message.Message):
    __slots__ = ("algorithm", "raw_public_key", "cert", "private_key", "ca_certs")
    ALGORITHM_FIELD_NUMBER: _ClassVar[int]
    RAW_PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    CERT_FIELD_NUMBER: _ClassVar[int]
    PRIVATE_KEY_FIELD_NUMBER: _ClassVar[int]
    CA_CERTS_FIELD_NUMBER: _ClassVar[int]
    algorithm: DSAlgorithm
    raw_public_key: str
    cert: str
    private_key: str
    ca_certs: CaCerts
    def __init__(self, algorithm: _Optional[_Union[DSAlgorithm, str]] = ..., raw_public_key: _Optional[str] = ..., cert: _Optional[str] = ..., private_key: _Optional[str] = ..., ca_certs: _Optional[_Union[CaCerts, _Mapping]] = ...) -> None: ...

class IkePeerAuthentication(_message.Message):
    __slots__ = ("auth_method", "eap_type", "psk", "digital_signature")
    AUTH_METHOD_FIELD_NUMBER: _ClassVar[int]
    EAP_TYPE_FIELD_NUMBER: _ClassVar[int]
    PSK_FIELD_NUMBER: _ClassVar[int]
    DIGITAL_SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    auth_method: AuthType
    eap_type: int
    psk: str
    digital_signature: DSAuth
    def __init__(self, auth_method: _Optional[_Union[AuthType, str]] = ..., eap_type: _Optional[int] = ..., psk: _Optional[str] = ..., digital_signature: _Optional[_Union[DSAuth, _Mapping]] = ...) -> None: ...

class IkePeer(_message.Message):
    __slots__ = ("name", "ip_address", "fqdn", "peer_auth")
    NAME_FIELD_NUMBER: _ClassVar[int]
    IP_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    FQDN_FIELD_NUMBER: _ClassVar[int]
    PEER_AUTH_FIELD_NUMBER: _ClassVar[int]
    name: str
    ip_address: _networktypes_pb2.IPAddress
    fqdn: str
    peer_auth: IkePeerAuthentication
    def __init__(self, name: _Optional[str] = ..., ip_address: _Optional[_Union[_networktypes_pb2.IPAddress, _Mapping]] = ..., fqdn: _Optional[str] = ..., peer_auth: _Optional[_Union[IkePeerAuthentication, _Mapping]] = ...) -> None: ...

class CreateIkePeerRequest(_message.Message):
    __slots__ = ("ike_peer_id", "ike_peer")
    IKE_PEER_ID_FIELD_NUMBER: _ClassVar[int]
    IKE_PEER_FIELD_NUMBER: _ClassVar[int]
    ike_peer_id: str
    ike_peer: IkePeer
    def __init__(self, ike_peer_id: _Optional[str] = ..., ike_peer: _Optional[_Union[IkePeer, _Mapping]] = ...) -> None: ...

class UpdateIkePeerRequest(_message.Message):
    __slots__ = ("ike_peer", "update_mask")
    IKE_PEER_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    ike_peer: IkePeer
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, ike_peer: _Optional[_Union[IkePeer, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class DeleteIkePeerRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class GetIkePeerRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListIkePeersRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListIkePeersResponse(_message.Message):
    __slots__ = ("ike_peers", "next_page_token")
    IKE_PEERS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    ike_peers: _containers.RepeatedCompositeFieldContainer[IkePeer]
    next_page_token: str
    def __init__(self, ike_peers: _Optional[_Iterable[_Union[IkePeer, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class CreateIkeConnectionRequest(_message.Message):
    __slots__ = ("ike_connection_id", "ike_connection")
    IKE_CONNECTION_ID_FIELD_NUMBER: _ClassVar[int]
    IKE_CONNECTION_FIELD_NUMBER: _ClassVar[int]
    ike_connection_id: str
    ike_connection: IkeConnection
    def __init__(self, ike_connection_id: _Optional[str] = ..., ike_connection: _Optional[_Union[IkeConnection, _Mapping]] = ...) -> None: ...

class UpdateIkeConnectionRequest(_message.Message):
    __slots__ = ("ike_connection", "update_mask")
    IKE_CONNECTION_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    ike_connection: IkeConnection
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, ike_connection: _Optional[_Union[IkeConnection, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class DeleteIkeConnectionRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class GetIkeConnectionRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListIkeConnectionsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListIkeConnectionsResponse(_message.Message):
    __slots__ = ("ike_connections", "next_page_token")
    IKE_CONNECTIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    ike_connections: _containers.RepeatedCompositeFieldContainer[IkeConnection]
    next_page_token: str
    def __init__(self, ike_connections: _Optional[_Iterable[_Union[IkeConnection, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class StatsIkeConnectionsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class StatsIkeConnectionsResponse(_message.Message):
    __slots__ = ("number_ike_sas",)
    NUMBER_IKE_SAS_FIELD_NUMBER: _ClassVar[int]
    number_ike_sas: NumberIkeSAs
    def __init__(self, number_ike_sas: _Optional[_Union[NumberIkeSAs, _Mapping]] = ...) -> None: ...

class ListIpsecSasRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListIpsecSasResponse(_message.Message):
    __slots__ = ("ipsec_sas", "next_page_token")
    IPSEC_SAS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    ipsec_sas: _containers.RepeatedCompositeFieldContainer[IpsecSa]
    next_page_token: str
    def __init__(self, ipsec_sas: _Optional[_Iterable[_Union[IpsecSa, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetIpsecSaRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class CreateIpsecSaRequest(_message.Message):
    __slots__ = ("ipsec_sa_id", "ipsec_sa")
    IPSEC_SA_ID_FIELD_NUMBER: _ClassVar[int]
    IPSEC_SA_FIELD_NUMBER: _ClassVar[int]
    ipsec_sa_id: str
    ipsec_sa: IpsecSa
    def __init__(self, ipsec_sa_id: _Optional[str] = ..., ipsec_sa: _Optional[_Union[IpsecSa, _Mapping]] = ...) -> None: ...

class UpdateIpsecSaRequest(_message.Message):
    __slots__ = ("ipsec_sa", "update_mask")
    IPSEC_SA_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    ipsec_sa: IpsecSa
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, ipsec_sa: _Optional[_Union[IpsecSa, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class DeleteIpsecSaRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class CreateIpsecPolicyRequest(_message.Message):
    __slots__ = ("ipsec_policy_id", "ipsec_policy")
    IPSEC_POLICY_ID_FIELD_NUMBER: _ClassVar[int]
    IPSEC_POLICY_FIELD_NUMBER: _ClassVar[int]
    ipsec_policy_id: str
    ipsec_policy: IpsecPolicy
    def __init__(self, ipsec_policy_id: _Optional[str] = ..., ipsec_policy: _Optional[_Union[IpsecPolicy, _Mapping]] = ...) -> None: ...

class UpdateIpsecPolicyRequest(_message.Message):
    __slots__ = ("ipsec_policy", "update_mask")
    IPSEC_POLICY_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    ipsec_policy: IpsecPolicy
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, ipsec_policy: _Optional[_Union[IpsecPolicy, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class DeleteIpsecPolicyRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class GetIpsecPolicyRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListIpsecPoliciesRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListIpsecPoliciesResponse(_message.Message):
    __slots__ = ("ipsec_policies", "next_page_token")
    IPSEC_POLICIES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    ipsec_policies: _containers.RepeatedCompositeFieldContainer[IpsecPolicy]
    next_page_token: str
    def __init__(self, ipsec_policies: _Optional[_Iterable[_Union[IpsecPolicy, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...
