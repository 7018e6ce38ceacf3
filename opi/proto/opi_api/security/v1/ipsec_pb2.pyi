# mypy: ignore-errors
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CryptoAlgorithm(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CRYPTO_ALGORITHM_UNSPECIFIED: _ClassVar[CryptoAlgorithm]
    CRYPTO_ALGORITHM_AES128: _ClassVar[CryptoAlgorithm]
    CRYPTO_ALGORITHM_AES192: _ClassVar[CryptoAlgorithm]
    CRYPTO_ALGORITHM_AES256: _ClassVar[CryptoAlgorithm]
    CRYPTO_ALGORITHM_AES128GCM128: _ClassVar[CryptoAlgorithm]
    CRYPTO_ALGORITHM_AES256GCM128: _ClassVar[CryptoAlgorithm]
    CRYPTO_ALGORITHM_AES128GMAC: _ClassVar[CryptoAlgorithm]
    CRYPTO_ALGORITHM_AES256GMAC: _ClassVar[CryptoAlgorithm]

class IntegAlgorithm(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    INTEG_ALGORITHM_UNSPECIFIED: _ClassVar[IntegAlgorithm]
    INTEG_ALGORITHM_MD5: _ClassVar[IntegAlgorithm]
    INTEG_ALGORITHM_MD5_128: _ClassVar[IntegAlgorithm]
    INTEG_ALGORITHM_SHA1: _ClassVar[IntegAlgorithm]
    INTEG_ALGORITHM_SHA1_160: _ClassVar[IntegAlgorithm]
    INTEG_ALGORITHM_SHA256: _ClassVar[IntegAlgorithm]
    INTEG_ALGORITHM_SHA384: _ClassVar[IntegAlgorithm]
    INTEG_ALGORITHM_SHA512: _ClassVar[IntegAlgorithm]
    INTEG_ALGORITHM_SHA256_96: _ClassVar[IntegAlgorithm]

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

class PRFunction(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PR_FUNCTION_UNSPECIFIED: _ClassVar[PRFunction]
    PR_FUNCTION_MD5: _ClassVar[PRFunction]
    PR_FUNCTION_SHA1: _ClassVar[PRFunction]
    PR_FUNCTION_AESXCBC: _ClassVar[PRFunction]
    PR_FUNCTION_AESCMAC: _ClassVar[PRFunction]
    PR_FUNCTION_SHA256: _ClassVar[PRFunction]
    PR_FUNCTION_SHA384: _ClassVar[PRFunction]
    PR_FUNCTION_SHA512: _ClassVar[PRFunction]

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

class IkeSaState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    IKE_SA_STATE_UNSPECIFIED: _ClassVar[IkeSaState]
    IKE_SA_STATE_CREATED: _ClassVar[IkeSaState]
    IKE_SA_STATE_CONNECTING: _ClassVar[IkeSaState]
    IKE_SA_STATE_ESTABLISHED: _ClassVar[IkeSaState]
    IKE_SA_STATE_PASSIVE: _ClassVar[IkeSaState]
    IKE_SA_STATE_REKEYING: _ClassVar[IkeSaState]
    IKE_SA_STATE_REKEYED: _ClassVar[IkeSaState]
    IKE_SA_STATE_DELETING: _ClassVar[IkeSaState]
    IKE_SA_STATE_DESTROYING: _ClassVar[IkeSaState]

class ChildSaState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CHILD_SA_STATE_UNSPECIFIED: _ClassVar[ChildSaState]
    CHILD_SA_STATE_CREATED: _ClassVar[ChildSaState]
    CHILD_SA_STATE_ROUTED: _ClassVar[ChildSaState]
    CHILD_SA_STATE_INSTALLING: _ClassVar[ChildSaState]
    CHILD_SA_STATE_INSTALLED: _ClassVar[ChildSaState]
    CHILD_SA_STATE_UPDATING: _ClassVar[ChildSaState]
    CHILD_SA_STATE_REKEYING: _ClassVar[ChildSaState]
    CHILD_SA_STATE_REKEYED: _ClassVar[ChildSaState]
    CHILD_SA_STATE_RETRYING: _ClassVar[ChildSaState]
    CHILD_SA_STATE_DELETING: _ClassVar[ChildSaState]
    CHILD_SA_STATE_DELETED: _ClassVar[ChildSaState]
    CHILD_SA_STATE_DESTROYING: _ClassVar[ChildSaState]

class CertificateType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CERTIFICATE_TYPE_X509_UNSPECIFIED: _ClassVar[CertificateType]
    CERTIFICATE_TYPE_X509_AC: _ClassVar[CertificateType]
    CERTIFICATE_TYPE_X509_CRL: _ClassVar[CertificateType]
    CERTIFICATE_TYPE_OCSP_RESPONSE: _ClassVar[CertificateType]
    CERTIFICATE_TYPE_PUBKEY: _ClassVar[CertificateType]

class X509CertificateFlag(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    X509_CERTIFICATE_FLAG_UNSPECIFIED: _ClassVar[X509CertificateFlag]
    X509_CERTIFICATE_FLAG_CA: _ClassVar[X509CertificateFlag]
    X509_CERTIFICATE_FLAG_AA: _ClassVar[X509CertificateFlag]
    X509_CERTIFICATE_FLAG_OCSP: _ClassVar[X509CertificateFlag]
CRYPTO_ALGORITHM_UNSPECIFIED: CryptoAlgorithm
CRYPTO_ALGORITHM_AES128: CryptoAlgorithm
CRYPTO_ALGORITHM_AES192: CryptoAlgorithm
CRYPTO_ALGORITHM_AES256: CryptoAlgorithm
CRYPTO_ALGORITHM_AES128GCM128: CryptoAlgorithm
CRYPTO_ALGORITHM_AES256GCM128: CryptoAlgorithm
CRYPTO_ALGORITHM_AES128GMAC: CryptoAlgorithm
CRYPTO_ALGORITHM_AES256GMAC: CryptoAlgorithm
INTEG_ALGORITHM_UNSPECIFIED: IntegAlgorithm
INTEG_ALGORITHM_MD5: IntegAlgorithm
INTEG_ALGORITHM_MD5_128: IntegAlgorithm
INTEG_ALGORITHM_SHA1: IntegAlgorithm
INTEG_ALGORITHM_SHA1_160: IntegAlgorithm
INTEG_ALGORITHM_SHA256: IntegAlgorithm
INTEG_ALGORITHM_SHA384: IntegAlgorithm
INTEG_ALGORITHM_SHA512: IntegAlgorithm
INTEG_ALGORITHM_SHA256_96: IntegAlgorithm
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
PR_FUNCTION_UNSPECIFIED: PRFunction
PR_FUNCTION_MD5: PRFunction
PR_FUNCTION_SHA1: PRFunction
PR_FUNCTION_AESXCBC: PRFunction
PR_FUNCTION_AESCMAC: PRFunction
PR_FUNCTION_SHA256: PRFunction
PR_FUNCTION_SHA384: PRFunction
PR_FUNCTION_SHA512: PRFunction
IPSEC_MODE_UNSPECIFIED: IpsecMode
IPSEC_MODE_TUNNEL_MODE: IpsecMode
IPSEC_MODE_TRANSPORT_MODE: IpsecMode
AUTH_TYPE_UNSPECIFIED: AuthType
AUTH_TYPE_PUBKEY: AuthType
AUTH_TYPE_PSK: AuthType
AUTH_TYPE_XAUTH: AuthType
AUTH_TYPE_EAP: AuthType
IKE_SA_STATE_UNSPECIFIED: IkeSaState
IKE_SA_STATE_CREATED: IkeSaState
IKE_SA_STATE_CONNECTING: IkeSaState
IKE_SA_STATE_ESTABLISHED: IkeSaState
IKE_SA_STATE_PASSIVE: IkeSaState
IKE_SA_STATE_REKEYING: IkeSaState
IKE_SA_STATE_REKEYED: IkeSaState
IKE_SA_STATE_DELETING: IkeSaState
IKE_SA_STATE_DESTROYING: IkeSaState
CHILD_SA_STATE_UNSPECIFIED: ChildSaState
CHILD_SA_STATE_CREATED: ChildSaState
CHILD_SA_STATE_ROUTED: ChildSaState
CHILD_SA_STATE_INSTALLING: ChildSaState
CHILD_SA_STATE_INSTALLED: ChildSaState
CHILD_SA_STATE_UPDATING: ChildSaState
CHILD_SA_STATE_REKEYING: ChildSaState
CHILD_SA_STATE_REKEYED: ChildSaState
CHILD_SA_STATE_RETRYING: ChildSaState
CHILD_SA_STATE_DELETING: ChildSaState
CHILD_SA_STATE_DELETED: ChildSaState
CHILD_SA_STATE_DESTROYING: ChildSaState
CERTIFICATE_TYPE_X509_UNSPECIFIED: CertificateType
CERTIFICATE_TYPE_X509_AC: CertificateType
CERTIFICATE_TYPE_X509_CRL: CertificateType
CERTIFICATE_TYPE_OCSP_RESPONSE: CertificateType
CERTIFICATE_TYPE_PUBKEY: CertificateType
X509_CERTIFICATE_FLAG_UNSPECIFIED: X509CertificateFlag
X509_CERTIFICATE_FLAG_CA: X509CertificateFlag
X509_CERTIFICATE_FLAG_AA: X509CertificateFlag
X509_CERTIFICATE_FLAG_OCSP: X509CertificateFlag

class Proposals(_message.Message):
    __slots__ = ("crypto_alg", "integ_alg", "prf", "dhgroups")
    CRYPTO_ALG_FIELD_NUMBER: _ClassVar[int]
    INTEG_ALG_FIELD_NUMBER: _ClassVar[int]
    PRF_FIELD_NUMBER: _ClassVar[int]
    DHGROUPS_FIELD_NUMBER: _ClassVar[int]
    crypto_alg: _containers.RepeatedScalarFieldContainer[CryptoAlgorithm]
    integ_alg: _containers.RepeatedScalarFieldContainer[IntegAlgorithm]
    prf: _containers.RepeatedScalarFieldContainer[PRFunction]
    dhgroups: _containers.RepeatedScalarFieldContainer[DHGroups]
    def __init__(self, crypto_alg: _Optional[_Iterable[_Union[CryptoAlgorithm, str]]] = ..., integ_alg: _Optional[_Iterable[_Union[IntegAlgorithm, str]]] = ..., prf: _Optional[_Iterable[_Union[PRFunction, str]]] = ..., dhgroups: _Optional[_Iterable[_Union[DHGroups, str]]] = ...) -> None: ...

class Vips(_message.Message):
    __slots__ = ("vip",)
    VIP_FIELD_NUMBER: _ClassVar[int]
    vip: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, vip: _Optional[_Iterable[str]] = ...) -> None: ...

class Pools(_message.Message):
    __slots__ = ("pool",)
    POOL_FIELD_NUMBER: _ClassVar[int]
    pool: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, pool: _Optional[_Iterable[str]] = ...) -> None: ...

class Certs(_message.Message):
    __slots__ = ("cert",)
    CERT_FIELD_NUMBER: _ClassVar[int]
    cert: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, cert: _Optional[_Iterable[str]] = ...) -> None: ...

class PubKeys(_message.Message):
    __slots__ = ("pubkey",)
    PUBKEY_FIELD_NUMBER: _ClassVar[int]
    pubkey: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, pubkey: _Optional[_Iterable[str]] = ...) -> None: ...

class Groups(_message.Message):
    __slots__ = ("group",)
    GROUP_FIELD_NUMBER: _ClassVar[int]
    group: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, group: _Optional[_Iterable[str]] = ...) -> None: ...

class CertPolicy(_message.Message):
    __slots__ = ("cert_policy",)
    CERT_POLICY_FIELD_NUMBER: _ClassVar[int]
    cert_policy: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, cert_policy: _Optional[_Iterable[str]] = ...) -> None: ...

class CaCerts(_message.Message):
    __slots__ = ("cacert",)
    CACERT_FIELD_NUMBER: _ClassVar[int]
    cacert: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, cacert: _Optional[_Iterable[str]] = ...) -> None: ...

class LocalAuth(_message.Message):
    __slots__ = ("auth", "id", "eap_id", "aaa_id", "xauth_id", "certs", "pubkeys")
    AUTH_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    EAP_ID_FIELD_NUMBER: _ClassVar[int]
    AAA_ID_FIELD_NUMBER: _ClassVar[int]
    XAUTH_ID_FIELD_NUMBER: _ClassVar[int]
    CERTS_FIELD_NUMBER: _ClassVar[int]
    PUBKEYS_FIELD_NUMBER: _ClassVar[int]
    auth: AuthType
    id: str
    eap_id: str
    aaa_id: str
    xauth_id: str
    certs: Certs
    pubkeys: PubKeys
    def __init__(self, auth: _Optional[_Union[AuthType, str]] = ..., id: _Optional[str] = ..., eap_id: _Optional[str] = ..., aaa_id: _Optional[str] = ..., xauth_id: _Optional[str] = ..., certs: _Optional[_Union[Certs, _Mapping]] = ..., pubkeys: _Optional[_Union[PubKeys, _Mapping]] = ...) -> None: ...

class RemoteAuth(_message.Message):
    __slots__ = ("auth", "id", "eap_id", "groups", "cert_policy", "certs", "ca_certs", "pubkeys")
    AUTH_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    EAP_ID_FIELD_NUMBER: _ClassVar[int]
    GROUPS_FIELD_NUMBER: _ClassVar[int]
    CERT_POLICY_FIELD_NUMBER: _ClassVar[int]
    CERTS_FIELD_NUMBER: _ClassVar[int]
    CA_CERTS_FIELD_NUMBER: _ClassVar[int]
    PUBKEYS_FIELD_NUMBER: _ClassVar[int]
    auth: AuthType
    id: str
    eap_id: str
    groups: Groups
    cert_policy: CertPolicy
    certs: Certs
    ca_certs: CaCerts
    pubkeys: PubKeys
    def __init__(self, auth: _Optional[_Union[AuthType, str]] = ..., id: _Optional[str] = ..., eap_id: _Optional[str] = ..., groups: _Optional[_Union[Groups, _Mapping]] = ..., cert_policy: _Optional[_Union[CertPolicy, _Mapping]] = ..., certs: _Optional[_Union[Certs, _Mapping]] = ..., ca_certs: _Optional[_Union[CaCerts, _Mapping]] = ..., pubkeys: _Optional[_Union[PubKeys, _Mapping]] = ...) -> None: ...

class TrafficSelectors(_message.Message):
    __slots__ = ("ts",)
    class TrafficSelector(_message.Message):
        __slots__ = ("cidr", "proto", "port")
        CIDR_FIELD_NUMBER: _ClassVar[int]
        PROTO_FIELD_NUMBER: _ClassVar[int]
        PORT_FIELD_NUMBER: _ClassVar[int]
        cidr: str
        proto: str
        port: str
        def __init__(self, cidr: _Optional[str] = ..., proto: _Optional[str] = ..., port: _Optional[str] = ...) -> None: ...
    TS_FIELD_NUMBER: _ClassVar[int]
    ts: _containers.RepeatedCompositeFieldContainer[TrafficSelectors.TrafficSelector]
    def __init__(self, ts: _Optional[_Iterable[_Union[TrafficSelectors.TrafficSelector, _Mapping]]] = ...) -> None: ...

class Addrs(_message.Message):
    __slots__ = ("addr",)
    ADDR_FIELD_NUMBER: _ClassVar[int]
    addr: str
    def __init__(self, addr: _Optional[str] = ...) -> None: ...

class Child(_message.Message):
    __slots__ = ("name", "ag_proposals", "esp_proposals", "local_ts", "remote_ts", "rekey_time", "life_time", "rand_time", "updown", "inactivity", "mark_in", "mark_in_sa", "mark_out", "set_mark_in", "set_mark_out", "hw_offload")
    NAME_FIELD_NUMBER: _ClassVar[int]
    AG_PROPOSALS_FIELD_NUMBER: _ClassVar[int]
    ESP_PROPOSALS_FIELD_NUMBER: _ClassVar[int]
    LOCAL_TS_FIELD_NUMBER: _ClassVar[int]
    REMOTE_TS_FIELD_NUMBER: _ClassVar[int]
    REKEY_TIME_FIELD_NUMBER: _ClassVar[int]
    LIFE_TIME_FIELD_NUMBER: _ClassVar[int]
    RAND_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDOWN_FIELD_NUMBER: _ClassVar[int]
    INACTIVITY_FIELD_NUMBER: _ClassVar[int]
    MARK_IN_FIELD_NUMBER: _ClassVar[int]
    MARK_IN_SA_FIELD_NUMBER: _ClassVar[int]
    MARK_OUT_FIELD_NUMBER: _ClassVar[int]
    SET_MARK_IN_FIELD_NUMBER: _ClassVar[int]
    SET_MARK_OUT_FIELD_NUMBER: _ClassVar[int]
    HW_OFFLOAD_FIELD_NUMBER: _ClassVar[int]
    name: str
    ag_proposals: Proposals
    esp_proposals: Proposals
    local_ts: TrafficSelectors
    remote_ts: TrafficSelectors
    rekey_time: int
    life_time: int
    rand_time: int
    updown: str
    inactivity: int
    mark_in: int
    mark_in_sa: str
    mark_out: int
    set_mark_in: int
    set_mark_out: int
    hw_offload: str
    def __init__(self, name: _Optional[str] = ..., ag_proposals: _Optional[_Union[Proposals, _Mapping]] = ..., esp_proposals: _Optional[_Union[Proposals, _Mapping]] = ..., local_ts: _Optional[_Union[TrafficSelectors, _Mapping]] = ..., remote_ts: _Optional[_Union[TrafficSelectors, _Mapping]] = ..., rekey_time: _Optional[int] = ..., life_time: _Optional[int] = ..., rand_time: _Optional[int] = ..., updown: _Optional[str] = ..., inactivity: _Optional[int] = ..., mark_in: _Optional[int] = ..., mark_in_sa: _Optional[str] = ..., mark_out: _Optional[int] = ..., set_mark_in: _Optional[int] = ..., set_mark_out: _Optional[int] = ..., hw_offload: _Optional[str] = ...) -> None: ...

class Connection(_message.Message):
    __slots__ = ("name", "version", "local_addrs", "remote_addrs", "local_port", "remote_port", "proposals", "vips", "dscp", "encap", "mobike", "dpd_delay", "dpd_timeout", "reauth_time", "rekey_time", "pools", "local_auth", "remote_auth", "children")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    LOCAL_ADDRS_FIELD_NUMBER: _ClassVar[int]
    REMOTE_ADDRS_FIELD_NUMBER: _ClassVar[int]
    LOCAL_PORT_FIELD_NUMBER: _ClassVar[int]
    REMOTE_PORT_FIELD_NUMBER: _ClassVar[int]
    PROPOSALS_FIELD_NUMBER: _ClassVar[int]
    VIPS_FIELD_NUMBER: _ClassVar[int]
    DSCP_FIELD_NUMBER: _ClassVar[int]
    ENCAP_FIELD_NUMBER: _ClassVar[int]
    MOBIKE_FIELD_NUMBER: _ClassVar[int]
    DPD_DELAY_FIELD_NUMBER: _ClassVar[int]
    DPD_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    REAUTH_TIME_FIELD_NUMBER: _ClassVar[int]
    REKEY_TIME_FIELD_NUMBER: _ClassVar[int]
    POOLS_FIELD_NUMBER: _ClassVar[int]
    LOCAL_AUTH_FIELD_NUMBER: _ClassVar[int]
    REMOTE_AUTH_FIELD_NUMBER: _ClassVar[int]
    CHILDREN_FIELD_NUMBER: _ClassVar[int]
    name: str
    version: str
    local_addrs: _containers.RepeatedCompositeFieldContainer[Addrs]
    remote_addrs: _containers.RepeatedCompositeFieldContainer[Addrs]
    local_port: int
    remote_port: int
    proposals: Proposals
    vips: Vips
    dscp: int
    encap: str
    mobike: str
    dpd_delay: int
    dpd_timeout: int
    reauth_time: int
    rekey_time: int
    pools: Pools
    local_auth: LocalAuth
    remote_auth: RemoteAuth
    children: _containers.RepeatedCompositeFieldContainer[Child]
    def __init__(self, name: _Optional[str] = ..., version: _Optional[str] = ..., local_addrs: _Optional[_Iterable[_Union[Addrs, _Mapping]]] = ..., remote_addrs: _Optional[_Iterable[_Union[Addrs, _Mapping]]] = ..., local_port: _Optional[int] = ..., remote_port: _Optional[int] = ..., proposals: _Optional[_Union[Proposals, _Mapping]] = ..., vips: _Optional[_Union[Vips, _Mapping]] = ..., dscp: _Optional[int] = ..., encap: _Optional[str] = ..., mobike: _Optional[str] = ..., dpd_delay: _Optional[int] = ..., dpd_timeout: _Optional[int] = ..., reauth_time: _Optional[int] = ..., rekey_time: _Optional[int] = ..., pools: _Optional[_Union[Pools, _Mapping]] = ..., local_auth: _Optional[_Union[LocalAuth, _Mapping]] = ..., remote_auth: _Optional[_Union[RemoteAuth, _Mapping]] = ..., children: _Optional[_Iterable[_Union[Child, _Mapping]]] = ...) -> None: ...

class IPsecVersionRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class IPsecVersionResponse(_message.Message):
    __slots__ = ("daemon", "version", "sysname", "release", "machine")
    DAEMON_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    SYSNAME_FIELD_NUMBER: _ClassVar[int]
    RELEASE_FIELD_NUMBER: _ClassVar[int]
    MACHINE_FIELD_NUMBER: _ClassVar[int]
    daemon: str
    version: str
    sysname: str
    release: str
    machine: str
    def __init__(self, daemon: _Optional[str] = ..., version: _Optional[str] = ..., sysname: _Optional[str] = ..., release: _Optional[str] = ..., machine: _Optional[str] = ...) -> None: ...

class IPsecStatsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class IPsecStatsResponse(_message.Message):
    __slots__ = ("status",)
    STATUS_FIELD_NUMBER: _ClassVar[int]
    status: str
    def __init__(self, status: _Optional[str] = ...) -> None: ...

class IPsecInitiateRequest(_message.Message):
    __slots__ = ("child", "ike", "timeout", "loglevel")
    CHILD_FIELD_NUMBER: _ClassVar[int]
    IKE_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    LOGLEVEL_FIELD_NUMBER: _ClassVar[int]
    child: str
    ike: str
    timeout: str
    loglevel: str
    def __init__(self, child: _Optional[str] = ..., ike: _Optional[str] = ..., timeout: _Optional[str] = ..., loglevel: _Optional[str] = ...) -> None: ...

class IPsecInitiateResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class IPsecTerminateRequest(_message.Message):
    __slots__ = ("child", "ike", "child_id", "ike_id", "force", "timeout", "loglevel")
    CHILD_FIELD_NUMBER: _ClassVar[int]
    IKE_FIELD_NUMBER: _ClassVar[int]
    CHILD_ID_FIELD_NUMBER: _ClassVar[int]
    IKE_ID_FIELD_NUMBER: _ClassVar[int]
    FORCE_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    LOGLEVEL_FIELD_NUMBER: _ClassVar[int]
    child: str
    ike: str
    child_id: int
    ike_id: int
    force: str
    timeout: str
    loglevel: str
    def __init__(self, child: _Optional[str] = ..., ike: _Optional[str] = ..., child_id: _Optional[int] = ..., ike_id: _Optional[int] = ..., force: _Optional[str] = ..., timeout: _Optional[str] = ..., loglevel: _Optional[str] = ...) -> None: ...

class IPsecTerminateResponse(_message.Message):
    __slots__ = ("success", "matches", "terminated")
    SUCCESS_FIELD_NUMBER: _ClassVar[int]
    MATCHES_FIELD_NUMBER: _ClassVar[int]
    TERMINATED_FIELD_NUMBER: _ClassVar[int]
    success: str
    matches: int
    terminated: int
    def __init__(self, success: _Optional[str] = ..., matches: _Optional[int] = ..., terminated: _Optional[int] = ...) -> None: ...

class IPsecRekeyRequest(_message.Message):
    __slots__ = ("child", "ike", "child_id", "ike_id", "reauth")
    CHILD_FIELD_NUMBER: _ClassVar[int]
    IKE_FIELD_NUMBER: _ClassVar[int]
    CHILD_ID_FIELD_NUMBER: _ClassVar[int]
    IKE_ID_FIELD_NUMBER: _ClassVar[int]
    REAUTH_FIELD_NUMBER: _ClassVar[int]
    child: str
    ike: str
    child_id: int
    ike_id: int
    reauth: str
    def __init__(self, child: _Optional[str] = ..., ike: _Optional[str] = ..., child_id: _Optional[int] = ..., ike_id: _Optional[int] = ..., reauth: _Optional[str] = ...) -> None: ...

class IPsecRekeyResponse(_message.Message):
    __slots__ = ("success", "matches")
    SUCCESS_FIELD_NUMBER: _ClassVar[int]
    MATCHES_FIELD_NUMBER: _ClassVar[int]
    success: str
    matches: int
    def __init__(self, success: _Optional[str] = ..., matches: _Optional[int] = ...) -> None: ...

class IPsecListSasRequest(_message.Message):
    __slots__ = ("noblock", "ike", "ike_id", "child", "child_id")
    NOBLOCK_FIELD_NUMBER: _ClassVar[int]
    IKE_FIELD_NUMBER: _ClassVar[int]
    IKE_ID_FIELD_NUMBER: _ClassVar[int]
    CHILD_FIELD_NUMBER: _ClassVar[int]
    CHILD_ID_FIELD_NUMBER: _ClassVar[int]
    noblock: str
    ike: str
    ike_id: int
    child: str
    child_id: int
    def __init__(self, noblock: _Optional[str] = ..., ike: _Optional[str] = ..., ike_id: _Optional[int] = ..., child: _Optional[str] = ..., child_id: _Optional[int] = ...) -> None: ...

class ListChildSa(_message.Message):
    __slots__ = ("name", "protocol", "encap", "spi_in", "spi_out", "cpi_in", "cpi_out", "mark_in", "mark_mask_in", "mark_out", "mark_mask_out", "if_id_in", "if_id_out", "encr_alg", "encr_keysize", "integ_alg", "integ_keysize", "dh_group", "esn")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PROTOCOL_FIELD_NUMBER: _ClassVar[int]
    ENCAP_FIELD_NUMBER: _ClassVar[int]
    SPI_IN_FIELD_NUMBER: _ClassVar[int]
    SPI_OUT_FIELD_NUMBER: _ClassVar[int]
    CPI_IN_FIELD_NUMBER: _ClassVar[int]
    CPI_OUT_FIELD_NUMBER: _ClassVar[int]
    MARK_IN_FIELD_NUMBER: _ClassVar[int]
    MARK_MASK_IN_FIELD_NUMBER: _ClassVar[int]
    MARK_OUT_FIELD_NUMBER: _ClassVar[int]
    MARK_MASK_OUT_FIELD_NUMBER: _ClassVar[int]
    IF_ID_IN_FIELD_NUMBER: _ClassVar[int]
    IF_ID_OUT_FIELD_NUMBER: _ClassVar[int]
    ENCR_ALG_FIELD_NUMBER: _ClassVar[int]
    ENCR_KEYSIZE_FIELD_NUMBER: _ClassVar[int]
    INTEG_ALG_FIELD_NUMBER: _ClassVar[int]
    INTEG_KEYSIZE_FIELD_NUMBER: _ClassVar[int]
    DH_GROUP_FIELD_NUMBER: _ClassVar[int]
    ESN_FIELD_NUMBER: _ClassVar[int]
    name: str
    protocol: str
    encap: str
    spi_in: str
    spi_out: str
    cpi_in: str
    cpi_out: str
    mark_in: str
    mark_mask_in: str
    mark_out: str
    mark_mask_out: str
    if_id_in: str
    if_id_out: str
    encr_alg: str
    encr_keysize: str
    integ_alg: str
    integ_keysize: str
    dh_group: str
    esn: str
    def __init__(self, name: _Optional[str] = ..., protocol: _Optional[str] = ..., encap: _Optional[str] = ..., spi_in: _Optional[str] = ..., spi_out: _Optional[str] = ..., cpi_in: _Optional[str] = ..., cpi_out: _Optional[str] = ..., mark_in: _Optional[str] = ..., mark_mask_in: _Optional[str] = ..., mark_out: _Optional[str] = ..., mark_mask_out: _Optional[str] = ..., if_id_in: _Optional[str] = ..., if_id_out: _Optional[str] = ..., encr_alg: _Optional[str] = ..., encr_keysize: _Optional[str] = ..., integ_alg: _Optional[str] = ..., integ_keysize: _Optional[str] = ..., dh_group: _Optional[str] = ..., esn: _Optional[str] = ...) -> None: ...

class ListIkeSa(_message.Message):
    __slots__ = ("name", "uniqueid", "version", "ikestate", "local_host", "local_port", "local_id", "remote_host", "remote_port", "remote_id", "remote_xauth_id", "remote_eap_id", "initiator", "initiator_spi", "responder_spi", "nat_local", "nat_remote", "nat_fake", "nat_any", "if_id_in", "if_id_out", "encr_alg", "encr_keysize", "integ_alg", "integ_keysize", "prf_alg", "dh_group", "ppk", "established", "rekey_time", "reauth_time", "local_vips", "remote_vips", "tasks_queued", "tasks_active", "tasks_passive", "childsas")
    NAME_FIELD_NUMBER: _ClassVar[int]
    UNIQUEID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    IKESTATE_FIELD_NUMBER: _ClassVar[int]
    LOCAL_HOST_FIELD_NUMBER: _ClassVar[int]
    LOCAL_PORT_FIELD_NUMBER: _ClassVar[int]
    LOCAL_ID_FIELD_NUMBER: _ClassVar[int]
    REMOTE_HOST_FIELD_NUMBER: _ClassVar[int]
    REMOTE_PORT_FIELD_NUMBER: _ClassVar[int]
    REMOTE_ID_FIELD_NUMBER: _ClassVar[int]
    REMOTE_XAUTH_ID_FIELD_NUMBER: _ClassVar[int]
    REMOTE_EAP_ID_FIELD_NUMBER: _ClassVar[int]
    INITIATOR_FIELD_NUMBER: _ClassVar[int]
    INITIATOR_SPI_FIELD_NUMBER: _ClassVar[int]
    RESPONDER_SPI_FIELD_NUMBER: _ClassVar[int]
    NAT_LOCAL_FIELD_NUMBER: _ClassVar[int]
    NAT_REMOTE_FIELD_NUMBER: _ClassVar[int]
    NAT_FAKE_FIELD_NUMBER: _ClassVar[int]
    NAT_ANY_FIELD_NUMBER: _ClassVar[int]
    IF_ID_IN_FIELD_NUMBER: _ClassVar[int]
    IF_ID_OUT_FIELD_NUMBER: _ClassVar[int]
    ENCR_ALG_FIELD_NUMBER: _ClassVar[int]
    ENCR_KEYSIZE_FIELD_NUMBER: _ClassVar[int]
    INTEG_ALG_FIELD_NUMBER: _ClassVar[int]
    INTEG_KEYSIZE_FIELD_NUMBER: _ClassVar[int]
    PRF_ALG_FIELD_NUMBER: _ClassVar[int]
    DH_GROUP_FIELD_NUMBER: _ClassVar[int]
    PPK_FIELD_NUMBER: _ClassVar[int]
    ESTABLISHED_FIELD_NUMBER: _ClassVar[int]
    REKEY_TIME_FIELD_NUMBER: _ClassVar[int]
    REAUTH_TIME_FIELD_NUMBER: _ClassVar[int]
    LOCAL_VIPS_FIELD_NUMBER: _ClassVar[int]
    REMOTE_VIPS_FIELD_NUMBER: _ClassVar[int]
    TASKS_QUEUED_FIELD_NUMBER: _ClassVar[int]
    TASKS_ACTIVE_FIELD_NUMBER: _ClassVar[int]
    TASKS_PASSIVE_FIELD_NUMBER: _ClassVar[int]
    CHILDSAS_FIELD_NUMBER: _ClassVar[int]
    name: str
    uniqueid: str
    version: str
    ikestate: IkeSaState
    local_host: str
    local_port: str
    local_id: str
    remote_host: str
    remote_port: str
    remote_id: str
    remote_xauth_id: str
    remote_eap_id: str
    initiator: str
    initiator_spi: str
    responder_spi: str
    nat_local: str
    nat_remote: str
    nat_fake: str
    nat_any: str
    if_id_in: str
    if_id_out: str
    encr_alg: str
    encr_keysize: str
    integ_alg: str
    integ_keysize: str
    prf_alg: str
    dh_group: str
    ppk: str
    established: str
    rekey_time: str
    reauth_time: str
    local_vips: _containers.RepeatedScalarFieldContainer[str]
    remote_vips: _containers.RepeatedScalarFieldContainer[str]
    tasks_queued: _containers.RepeatedScalarFieldContainer[str]
    tasks_active: _containers.RepeatedScalarFieldContainer[str]
    tasks_passive: _containers.RepeatedScalarFieldContainer[str]
    childsas: _containers.RepeatedCompositeFieldContainer[ListChildSa]
    def __init__(self, name: _Optional[str] = ..., uniqueid: _Optional[str] = ..., version: _Optional[str] = ..., ikestate: _Optional[_Union[IkeSaState, str]] = ..., local_host: _Optional[str] = ..., local_port: _Optional[str] = ..., local_id: _Optional[str] = ..., remote_host: _Optional[str] = ..., remote_port: _Optional[str] = ..., remote_id: _Optional[str] = ..., remote_xauth_id: _Optional[str] = ..., remote_eap_id: _Optional[str] = ..., initiator: _Optional[str] = ..., initiator_spi: _Optional[str] = ..., responder_spi: _Optional[str] = ..., nat_local: _Optional[str] = ..., nat_remote: _Optional[str] = ..., nat_fake: _Optional[str] = ..., nat_any: _Optional[str] = ..., if_id_in: _Optional[str] = ..., if_id_out: _Optional[str] = ..., encr_alg: _Optional[str] = ..., encr_keysize: _Optional[str] = ..., integ_alg: _Optional[str] = ..., integ_keysize: _Optional[str] = ..., prf_alg: _Optional[str] = ..., dh_group: _Optional[str] = ..., ppk: _Optional[str] = ..., established: _Optional[str] = ..., rekey_time: _Optional[str] = ..., reauth_time: _Optional[str] = ..., local_vips: _Optional[_Iterable[str]] = ..., remote_vips: _Optional[_Iterable[str]] = ..., tasks_queued: _Optional[_Iterable[str]] = ..., tasks_active: _Optional[_Iterable[str]] = ..., tasks_passive: _Optional[_Iterable[str]] = ..., childsas: _Optional[_Iterable[_Union[ListChildSa, _Mapping]]] = ...) -> None: ...

class IPsecListSasResponse(_message.Message):
    __slots__ = ("ikesas",)
    IKESAS_FIELD_NUMBER: _ClassVar[int]
    ikesas: _containers.RepeatedCompositeFieldContainer[ListIkeSa]
    def __init__(self, ikesas: _Optional[_Iterable[_Union[ListIkeSa, _Mapping]]] = ...) -> None: ...

class IPsecListConnsRequest(_message.Message):
    __slots__ = ("ike",)
    IKE_FIELD_NUMBER: _ClassVar[int]
    ike: str
    def __init__(self, ike: _Optional[str] = ...) -> None: ...

class ListConnAuth(_message.Message):
    __slots__ = ("eaptype", "eapvendor", "xauth", "revocation", "id", "ca_id", "aaa_id", "eap_id", "xauth_id", "group", "cert_policy", "certs", "cacerts")
    CLASS_FIELD_NUMBER: _ClassVar[int]
    EAPTYPE_FIELD_NUMBER: _ClassVar[int]
    EAPVENDOR_FIELD_NUMBER: _ClassVar[int]
    XAUTH_FIELD_NUMBER: _ClassVar[int]
    REVOCATION_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    CA_ID_FIELD_NUMBER: _ClassVar[int]
    AAA_ID_FIELD_NUMBER: _ClassVar[int]
    EAP_ID_FIELD_NUMBER: _ClassVar[int]
    XAUTH_ID_FIELD_NUMBER: _ClassVar[int]
    GROUP_FIELD_NUMBER: _ClassVar[int]
    CERT_POLICY_FIELD_NUMBER: _ClassVar[int]
    CERTS_FIELD_NUMBER: _ClassVar[int]
    CACERTS_FIELD_NUMBER: _ClassVar[int]
    eaptype: str
    eapvendor: str
    xauth: str
    revocation: str
    id: str
    ca_id: str
    aaa_id: str
    eap_id: str
    xauth_id: str
    group: Groups
    cert_policy: CertPolicy
    certs: Certs
    cacerts: CaCerts
    def __init__(self, eaptype: _Optional[str] = ..., eapvendor: _Optional[str] = ..., xauth: _Optional[str] = ..., revocation: _Optional[str] = ..., id: _Optional[str] = ..., ca_id: _Optional[str] = ..., aaa_id: _Optional[str] = ..., eap_id: _Optional[str] = ..., xauth_id: _Optional[str] = ..., group: _Optional[_Union[Groups, _Mapping]] = ..., cert_policy: _Optional[_Union[CertPolicy, _Mapping]] = ..., certs: _Optional[_Union[Certs, _Mapping]] = ..., cacerts: _Optional[_Union[CaCerts, _Mapping]] = ..., **kwargs) -> None: ...

class ListChild(_message.Message):
    __slots__ = ("name", "mode", "label", "rekey_time", "rekey_bytes", "rekey_packets", "dpd_action", "close_action", "local_ts", "remote_ts", "interface", "priority")
    NAME_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    REKEY_TIME_FIELD_NUMBER: _ClassVar[int]
    REKEY_BYTES_FIELD_NUMBER: _ClassVar[int]
    REKEY_PACKETS_FIELD_NUMBER: _ClassVar[int]
    DPD_ACTION_FIELD_NUMBER: _ClassVar[int]
    CLOSE_ACTION_FIELD_NUMBER: _ClassVar[int]
    LOCAL_TS_FIELD_NUMBER: _ClassVar[int]
    REMOTE_TS_FIELD_NUMBER: _ClassVar[int]
    INTERFACE_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    name: str
    mode: str
    label: str
    rekey_time: int
    rekey_bytes: int
    rekey_packets: int
    dpd_action: str
    close_action: str
    local_ts: TrafficSelectors
    remote_ts: TrafficSelectors
    interface: str
    priority: str
    def __init__(self, name: _Optional[str] = ..., mode: _Optional[str] = ..., label: _Optional[str] = ..., rekey_time: _Optional[int] = ..., rekey_bytes: _Optional[int] = ..., rekey_packets: _Optional[int] = ..., dpd_action: _Optional[str] = ..., close_action: _Optional[str] = ..., local_ts: _Optional[_Union[TrafficSelectors, _Mapping]] = ..., remote_ts: _Optional[_Union[TrafficSelectors, _Mapping]] = ..., interface: _Optional[str] = ..., priority: _Optional[str] = ...) -> None: ...

class ListConnResp(_message.Message):
    __slots__ = ("name", "local_addrs", "remote_addrs", "version", "reauth_time", "rekey_time", "unique", "dpd_delay", "dpd_timeout", "ppk", "ppk_required", "local_auth", "remote_auth", "children")
    NAME_FIELD_NUMBER: _ClassVar[int]
    LOCAL_ADDRS_FIELD_NUMBER: _ClassVar[int]
    REMOTE_ADDRS_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    REAUTH_TIME_FIELD_NUMBER: _ClassVar[int]
    REKEY_TIME_FIELD_NUMBER: _ClassVar[int]
    UNIQUE_FIELD_NUMBER: _ClassVar[int]
    DPD_DELAY_FIELD_NUMBER: _ClassVar[int]
    DPD_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    PPK_FIELD_NUMBER: _ClassVar[int]
    PPK_REQUIRED_FIELD_NUMBER: _ClassVar[int]
    LOCAL_AUTH_FIELD_NUMBER: _ClassVar[int]
    REMOTE_AUTH_FIELD_NUMBER: _ClassVar[int]
    CHILDREN_FIELD_NUMBER: _ClassVar[int]
    name: str
    local_addrs: _containers.RepeatedCompositeFieldContainer[Addrs]
    remote_addrs: _containers.RepeatedCompositeFieldContainer[Addrs]
    version: str
    reauth_time: int
    rekey_time: int
    unique: str
    dpd_delay: int
    dpd_timeout: int
    ppk: str
    ppk_required: str
    local_auth: _containers.RepeatedCompositeFieldContainer[ListConnAuth]
    remote_auth: _containers.RepeatedCompositeFieldContainer[ListConnAuth]
    children: _containers.RepeatedCompositeFieldContainer[ListChild]
    def __init__(self, name: _Optional[str] = ..., local_addrs: _Optional[_Iterable[_Union[Addrs, _Mapping]]] = ..., remote_addrs: _Optional[_Iterable[_Union[Addrs, _Mapping]]] = ..., version: _Optional[str] = ..., reauth_time: _Optional[int] = ..., rekey_time: _Optional[int] = ..., unique: _Optional[str] = ..., dpd_delay: _Optional[int] = ..., dpd_timeout: _Optional[int] = ..., ppk: _Optional[str] = ..., ppk_required: _Optional[str] = ..., local_auth: _Optional[_Iterable[_Union[ListConnAuth, _Mapping]]] = ..., remote_auth: _Optional[_Iterable[_Union[ListConnAuth, _Mapping]]] = ..., children: _Optional[_Iterable[_Union[ListChild, _Mapping]]] = ...) -> None: ...

class IPsecListConnsResponse(_message.Message):
    __slots__ = ("connection",)
    CONNECTION_FIELD_NUMBER: _ClassVar[int]
    connection: _containers.RepeatedCompositeFieldContainer[ListConnResp]
    def __init__(self, connection: _Optional[_Iterable[_Union[ListConnResp, _Mapping]]] = ...) -> None: ...

class IPsecListCertsRequest(_message.Message):
    __slots__ = ("type", "flag", "subject")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    FLAG_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    type: str
    flag: str
    subject: str
    def __init__(self, type: _Optional[str] = ..., flag: _Optional[str] = ..., subject: _Optional[str] = ...) -> None: ...

class ListCert(_message.Message):
    __slots__ = ("type", "flag", "hasprivkey", "data", "subject", "notbefore", "notafter")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    FLAG_FIELD_NUMBER: _ClassVar[int]
    HASPRIVKEY_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    NOTBEFORE_FIELD_NUMBER: _ClassVar[int]
    NOTAFTER_FIELD_NUMBER: _ClassVar[int]
    type: CertificateType
    flag: X509CertificateFlag
    hasprivkey: str
    data: str
    subject: str
    notbefore: str
    notafter: str
    def __init__(self, type: _Optional[_Union[CertificateType, str]] = ..., flag: _Optional[_Union[X509CertificateFlag, str]] = ..., hasprivkey: _Optional[str] = ..., data: _Optional[str] = ..., subject: _Optional[str] = ..., notbefore: _Optional[str] = ..., notafter: _Optional[str] = ...) -> None: ...

class IPsecListCertsResponse(_message.Message):
    __slots__ = ("certs",)
    CERTS_FIELD_NUMBER: _ClassVar[int]
    certs: _containers.RepeatedCompositeFieldContainer[ListCert]
    def __init__(self, certs: _Optional[_Iterable[_Union[ListCert, _Mapping]]] = ...) -> None: ...

class IPsecLoadConnRequest(_message.Message):
    __slots__ = ("connection",)
    CONNECTION_FIELD_NUMBER: _ClassVar[int]
    connection: Connection
    def __init__(self, connection: _Optional[_Union[Connection, _Mapping]] = ...) -> None: ...

class IPsecLoadConnResponse(_message.Message):
    __slots__ = ("success",)
    SUCCESS_FIELD_NUMBER: _ClassVar[int]
    success: str
    def __init__(self, success: _Optional[str] = ...) -> None: ...

class IPsecUnloadConnRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class IPsecUnloadConnResponse(_message.Message):
    __slots__ = ("success",)
    SUCCESS_FIELD_NUMBER: _ClassVar[int]
    success: str
    def __init__(self, success: _Optional[str] = ...) -> None: ...
