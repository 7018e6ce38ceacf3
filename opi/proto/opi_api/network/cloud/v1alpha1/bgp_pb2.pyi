# mypy: ignore-errors
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from opi.proto.opi_api.network.opinetcommon.v1alpha1 import networktypes_pb2 as _networktypes_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class BGPAfi(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BGP_AFI_UNSPECIFIED: _ClassVar[BGPAfi]
    BGP_AFI_IPV4: _ClassVar[BGPAfi]
    BGP_AFI_IPV6: _ClassVar[BGPAfi]
    BGP_AFI_L2VPN: _ClassVar[BGPAfi]

class BGPSafi(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BGP_SAFI_UNSPECIFIED: _ClassVar[BGPSafi]
    BGP_SAFI_UNICAST: _ClassVar[BGPSafi]
    BGP_SAFI_EVPN: _ClassVar[BGPSafi]

class BgpPeerRR(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BGP_PEER_RR_UNSPECIFIED: _ClassVar[BgpPeerRR]
    BGP_PEER_RR_CLIENT: _ClassVar[BgpPeerRR]
    BGP_PEER_RR_MESHED_CLIENT: _ClassVar[BgpPeerRR]

class BgpPeerSessionState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BGP_PEER_SESSION_STATE_UNSPECIFIED: _ClassVar[BgpPeerSessionState]
    BGP_PEER_SESSION_STATE_IDLE: _ClassVar[BgpPeerSessionState]
    BGP_PEER_SESSION_STATE_CONNECT: _ClassVar[BgpPeerSessionState]
    BGP_PEER_SESSION_STATE_ACTIVE: _ClassVar[BgpPeerSessionState]
    BGP_PEER_SESSION_STATE_OPENSENT: _ClassVar[BgpPeerSessionState]
    BGP_PEER_SESSION_STATE_OPENCONFIRM: _ClassVar[BgpPeerSessionState]
    BGP_PEER_SESSION_STATE_ESTABLISHED: _ClassVar[BgpPeerSessionState]

class BgpAsSize(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BGP_AS_SIZE_UNSPECIFIED: _ClassVar[BgpAsSize]
    BGP_AS_SIZE_TWO_OCTET: _ClassVar[BgpAsSize]
    BGP_AS_SIZE_FOUR_OCTET: _ClassVar[BgpAsSize]

class BGPAddrType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BGP_ADDR_TYPE_UNSPECIFIED: _ClassVar[BGPAddrType]
    BGP_ADDR_TYPE_IPV4: _ClassVar[BGPAddrType]
    BGP_ADDR_TYPE_IPV6: _ClassVar[BGPAddrType]
    BGP_ADDR_TYPE_NSAP: _ClassVar[BGPAddrType]
    BGP_ADDR_TYPE_HDLC: _ClassVar[BGPAddrType]
    BGP_ADDR_TYPE_BBN1822: _ClassVar[BGPAddrType]
    BGP_ADDR_TYPE_IEEE802: _ClassVar[BGPAddrType]
    BGP_ADDR_TYPE_E163: _ClassVar[BGPAddrType]
    BGP_ADDR_TYPE_E164: _ClassVar[BGPAddrType]
    BGP_ADDR_TYPE_F69: _ClassVar[BGPAddrType]
    BGP_ADDR_TYPE_X121: _ClassVar[BGPAddrType]
    BGP_ADDR_TYPE_IPX: _ClassVar[BGPAddrType]
    BGP_ADDR_TYPE_APPLETALK: _ClassVar[BGPAddrType]
    BGP_ADDR_TYPE_DECNETIV: _ClassVar[BGPAddrType]
    BGP_ADDR_TYPE_BANYANVIN: _ClassVar[BGPAddrType]
    BGP_ADDR_TYPE_E164_NSAP: _ClassVar[BGPAddrType]
    BGP_ADDR_TYPE_IPV4_TNA: _ClassVar[BGPAddrType]
    BGP_ADDR_TYPE_IPV6_TNA: _ClassVar[BGPAddrType]
    BGP_ADDR_TYPE_NSAP_TNA: _ClassVar[BGPAddrType]
    BGP_ADDR_TYPE_VPN_IPV4: _ClassVar[BGPAddrType]
    BGP_ADDR_TYPE_VPN_IPV6: _ClassVar[BGPAddrType]
    BGP_ADDR_TYPE_L2VPN: _ClassVar[BGPAddrType]

class BGPOperState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BGP_OPER_STATE_UNSPECIFIED: _ClassVar[BGPOperState]
    BGP_OPER_STATE_UP: _ClassVar[BGPOperState]
    BGP_OPER_STATE_DOWN: _ClassVar[BGPOperState]
    BGP_OPER_STATE_GOING_UP: _ClassVar[BGPOperState]
    BGP_OPER_STATE_GOING_DOWN: _ClassVar[BGPOperState]
    BGP_OPER_STATE_ACT_FAILED: _ClassVar[BGPOperState]

class BgpAddPathCapNeg(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BGP_ADD_PATH_CAP_NEG_SR_DISABLE: _ClassVar[BgpAddPathCapNeg]
    BGP_ADD_PATH_CAP_NEG_SR_RECEIVE: _ClassVar[BgpAddPathCapNeg]
    BGP_ADD_PATH_CAP_NEG_SR_SEND: _ClassVar[BgpAddPathCapNeg]
    BGP_ADD_PATH_CAP_NEG_SR_BOTH: _ClassVar[BgpAddPathCapNeg]
    BGP_ADD_PATH_CAP_NEG_SR_INHERIT: _ClassVar[BgpAddPathCapNeg]
    BGP_ADD_PATH_CAP_NEG_SR_UNKNOWN: _ClassVar[BgpAddPathCapNeg]

class BGPClearRouteOptions(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BGP_CLEAR_ROUTE_OPTIONS_UNSPECIFIED: _ClassVar[BGPClearRouteOptions]
    BGP_CLEAR_ROUTE_OPTIONS_HARD: _ClassVar[BGPClearRouteOptions]
    BGP_CLEAR_ROUTE_OPTIONS_REFRESH_IN: _ClassVar[BGPClearRouteOptions]
    BGP_CLEAR_ROUTE_OPTIONS_REFRESH_OUT: _ClassVar[BGPClearRouteOptions]
    BGP_CLEAR_ROUTE_OPTIONS_REFRESH_BOTH: _ClassVar[BGPClearRouteOptions]

class NLRISrc(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NLRI_SRC_UNSPECIFIED: _ClassVar[NLRISrc]
    NLRI_SRC_PEER: _ClassVar[NLRISrc]
    NLRI_SRC_AFM: _ClassVar[NLRISrc]
    NLRI_SRC_SELF: _ClassVar[NLRISrc]

class BgpNlriIsActive(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BGP_NLRI_IS_ACTIVE_UNSPECIFIED: _ClassVar[BgpNlriIsActive]
    BGP_NLRI_IS_ACTIVE_NOT_TRACKED: _ClassVar[BgpNlriIsActive]
    BGP_NLRI_IS_ACTIVE_INACTIVE: _ClassVar[BgpNlriIsActive]
    BGP_NLRI_IS_ACTIVE_ACTIVE: _ClassVar[BgpNlriIsActive]

class BGPRouteReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BGP_ROUTE_REASON_NOT_CONSIDERED: _ClassVar[BGPRouteReason]
    BGP_ROUTE_REASON_ROUTE_IS_BEST: _ClassVar[BGPRouteReason]
    BGP_ROUTE_REASON_WEIGHT: _ClassVar[BGPRouteReason]
    BGP_ROUTE_REASON_LOCAL_PREF: _ClassVar[BGPRouteReason]
    BGP_ROUTE_REASON_LCL_ORIG_PRFRRED: _ClassVar[BGPRouteReason]
    BGP_ROUTE_REASON_AS_PATH_LEN: _ClassVar[BGPRouteReason]
    BGP_ROUTE_REASON_ORIGIN: _ClassVar[BGPRouteReason]
    BGP_ROUTE_REASON_MED: _ClassVar[BGPRouteReason]
    BGP_ROUTE_REASON_LOCAL_ORIG_TIE: _ClassVar[BGPRouteReason]
    BGP_ROUTE_REASON_EBGP_V_IBGP_PEER: _ClassVar[BGPRouteReason]
    BGP_ROUTE_REASON_ADMIN_DISTANCE: _ClassVar[BGPRouteReason]
    BGP_ROUTE_REASON_PATH_TO_NEXT_CST: _ClassVar[BGPRouteReason]
    BGP_ROUTE_REASON_PREF_EXISTING: _ClassVar[BGPRouteReason]
    BGP_ROUTE_REASON_IDENTIFIER: _ClassVar[BGPRouteReason]
    BGP_ROUTE_REASON_CLUSTER_LEN: _ClassVar[BGPRouteReason]
    BGP_ROUTE_REASON_PEER_ADDR_TYPE: _ClassVar[BGPRouteReason]
    BGP_ROUTE_REASON_PEER_ADDR: _ClassVar[BGPRouteReason]
    BGP_ROUTE_REASON_PEER_PORT: _ClassVar[BGPRouteReason]
    BGP_ROUTE_REASON_PATH_ID: _ClassVar[BGPRouteReason]

class BGPOriginAttr(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BGP_ORIGIN_ATTR_UNSPECIFIED: _ClassVar[BGPOriginAttr]
    BGP_ORIGIN_ATTR_IGP: _ClassVar[BGPOriginAttr]
    BGP_ORIGIN_ATTR_EGP: _ClassVar[BGPOriginAttr]
    BGP_ORIGIN_ATTR_INCOMPLETE: _ClassVar[BGPOriginAttr]

class BgpPeerType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BGP_PEER_TYPE_UNSPECIFIED: _ClassVar[BgpPeerType]
    BGP_PEER_TYPE_NONE: _ClassVar[BgpPeerType]
    BGP_PEER_TYPE_IBGP: _ClassVar[BgpPeerType]
    BGP_PEER_TYPE_EBGP: _ClassVar[BgpPeerType]

class BgpAroAdvertState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BGP_ARO_ADVERT_STATE_UNSPECIFIED: _ClassVar[BgpAroAdvertState]
    BGP_ARO_ADVERT_STATE_ADVERTISED: _ClassVar[BgpAroAdvertState]
    BGP_ARO_ADVERT_STATE_SUPPRESSED: _ClassVar[BgpAroAdvertState]
    BGP_ARO_ADVERT_STATE_PENDING_WITHDRAWAL: _ClassVar[BgpAroAdvertState]
    BGP_ARO_ADVERT_STATE_WITHDRAWN: _ClassVar[BgpAroAdvertState]
BGP_AFI_UNSPECIFIED: BGPAfi
BGP_AFI_IPV4: BGPAfi
BGP_AFI_IPV6: BGPAfi
BGP_AFI_L2VPN: BGPAfi
BGP_SAFI_UNSPECIFIED: BGPSafi
BGP_SAFI_UNICAST: BGPSafi
BGP_SAFI_EVPN: BGPSafi
BGP_PEER_RR_UNSPECIFIED: BgpPeerRR
BGP_PEER_RR_CLIENT: BgpPeerRR
BGP_PEER_RR_MESHED_CLIENT: BgpPeerRR
BGP_PEER_SESSION_STATE_UNSPECIFIED: BgpPeerSessionState
BGP_PEER_SESSION_STATE_IDLE: BgpPeerSessionState
BGP_PEER_SESSION_STATE_CONNECT: BgpPeerSessionState
BGP_PEER_SESSION_STATE_ACTIVE: BgpPeerSessionState
BGP_PEER_SESSION_STATE_OPENSENT: BgpPeerSessionState
BGP_PEER_SESSION_STATE_OPENCONFIRM: BgpPeerSessionState
BGP_PEER_SESSION_STATE_ESTABLISHED: BgpPeerSessionState
BGP_AS_SIZE_UNSPECIFIED: BgpAsSize
BGP_AS_SIZE_TWO_OCTET: BgpAsSize
BGP_AS_SIZE_FOUR_OCTET: BgpAsSize
BGP_ADDR_TYPE_UNSPECIFIED: BGPAddrType
BGP_ADDR_TYPE_IPV4: BGPAddrType
BGP_ADDR_TYPE_IPV6: BGPAddrType
BGP_ADDR_TYPE_NSAP: BGPAddrType
BGP_ADDR_TYPE_HDLC: BGPAddrType
BGP_ADDR_TYPE_BBN1822: BGPAddrType
BGP_ADDR_TYPE_IEEE802: BGPAddrType
BGP_ADDR_TYPE_E163: BGPAddrType
BGP_ADDR_TYPE_E164: BGPAddrType
BGP_ADDR_TYPE_F69: BGPAddrType
BGP_ADDR_TYPE_X121: BGPAddrType
BGP_ADDR_TYPE_IPX: BGPAddrType
BGP_ADDR_TYPE_APPLETALK: BGPAddrType
BGP_ADDR_TYPE_DECNETIV: BGPAddrType
BGP_ADDR_TYPE_BANYANVIN: BGPAddrType
BGP_ADDR_TYPE_E164_NSAP: BGPAddrType
BGP_ADDR_TYPE_IPV4_TNA: BGPAddrType
BGP_ADDR_TYPE_IPV6_TNA: BGPAddrType
BGP_ADDR_TYPE_NSAP_TNA: BGPAddrType
BGP_ADDR_TYPE_VPN_IPV4: BGPAddrType
BGP_ADDR_TYPE_VPN_IPV6: BGPAddrType
BGP_ADDR_TYPE_L2VPN: BGPAddrType
BGP_OPER_STATE_UNSPECIFIED: BGPOperState
BGP_OPER_STATE_UP: BGPOperState
BGP_OPER_STATE_DOWN: BGPOperState
BGP_OPER_STATE_GOING_UP: BGPOperState
BGP_OPER_STATE_GOING_DOWN: BGPOperState
BGP_OPER_STATE_ACT_FAILED: BGPOperState
BGP_ADD_PATH_CAP_NEG_SR_DISABLE: BgpAddPathCapNeg
BGP_ADD_PATH_CAP_NEG_SR_RECEIVE: BgpAddPathCapNeg
BGP_ADD_PATH_CAP_NEG_SR_SEND: BgpAddPathCapNeg
BGP_ADD_PATH_CAP_NEG_SR_BOTH: BgpAddPathCapNeg
BGP_ADD_PATH_CAP_NEG_SR_INHERIT: BgpAddPathCapNeg
BGP_ADD_PATH_CAP_NEG_SR_UNKNOWN: BgpAddPathCapNeg
BGP_CLEAR_ROUTE_OPTIONS_UNSPECIFIED: BGPClearRouteOptions
BGP_CLEAR_ROUTE_OPTIONS_HARD: BGPClearRouteOptions
BGP_CLEAR_ROUTE_OPTIONS_REFRESH_IN: BGPClearRouteOptions
BGP_CLEAR_ROUTE_OPTIONS_REFRESH_OUT: BGPClearRouteOptions
BGP_CLEAR_ROUTE_OPTIONS_REFRESH_BOTH: BGPClearRouteOptions
NLRI_SRC_UNSPECIFIED: NLRISrc
NLRI_SRC_PEER: NLRISrc
NLRI_SRC_AFM: NLRISrc
NLRI_SRC_SELF: NLRISrc
BGP_NLRI_IS_ACTIVE_UNSPECIFIED: BgpNlriIsActive
BGP_NLRI_IS_ACTIVE_NOT_TRACKED: BgpNlriIsActive
BGP_NLRI_IS_ACTIVE_INACTIVE: BgpNlriIsActive
BGP_NLRI_IS_ACTIVE_ACTIVE: BgpNlriIsActive
BGP_ROUTE_REASON_NOT_CONSIDERED: BGPRouteReason
BGP_ROUTE_REASON_ROUTE_IS_BEST: BGPRouteReason
BGP_ROUTE_REASON_WEIGHT: BGPRouteReason
BGP_ROUTE_REASON_LOCAL_PREF: BGPRouteReason
BGP_ROUTE_REASON_LCL_ORIG_PRFRRED: BGPRouteReason
BGP_ROUTE_REASON_AS_PATH_LEN: BGPRouteReason
BGP_ROUTE_REASON_ORIGIN: BGPRouteReason
BGP_ROUTE_REASON_MED: BGPRouteReason
BGP_ROUTE_REASON_LOCAL_ORIG_TIE: BGPRouteReason
BGP_ROUTE_REASON_EBGP_V_IBGP_PEER: BGPRouteReason
BGP_ROUTE_REASON_ADMIN_DISTANCE: BGPRouteReason
BGP_ROUTE_REASON_PATH_TO_NEXT_CST: BGPRouteReason
BGP_ROUTE_REASON_PREF_EXISTING: BGPRouteReason
BGP_ROUTE_REASON_IDENTIFIER: BGPRouteReason
BGP_ROUTE_REASON_CLUSTER_LEN: BGPRouteReason
BGP_ROUTE_REASON_PEER_ADDR_TYPE: BGPRouteReason
BGP_ROUTE_REASON_PEER_ADDR: BGPRouteReason
BGP_ROUTE_REASON_PEER_PORT: BGPRouteReason
BGP_ROUTE_REASON_PATH_ID: BGPRouteReason
BGP_ORIGIN_ATTR_UNSPECIFIED: BGPOriginAttr
BGP_ORIGIN_ATTR_IGP: BGPOriginAttr
BGP_ORIGIN_ATTR_EGP: BGPOriginAttr
BGP_ORIGIN_ATTR_INCOMPLETE: BGPOriginAttr
BGP_PEER_TYPE_UNSPECIFIED: BgpPeerType
BGP_PEER_TYPE_NONE: BgpPeerType
BGP_PEER_TYPE_IBGP: BgpPeerType
BGP_PEER_TYPE_EBGP: BgpPeerType
BGP_ARO_ADVERT_STATE_UNSPECIFIED: BgpAroAdvertState
BGP_ARO_ADVERT_STATE_ADVERTISED: BgpAroAdvertState
BGP_ARO_ADVERT_STATE_SUPPRESSED: BgpAroAdvertState
BGP_ARO_ADVERT_STATE_PENDING_WITHDRAWAL: BgpAroAdvertState
BGP_ARO_ADVERT_STATE_WITHDRAWN: BgpAroAdvertState

class BgpRouter(_message.Message):
    __slots__ = ("name", "spec", "status")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    name: str
    spec: BgpSpec
    status: BgpStatus
    def __init__(self, name: _Optional[str] = ..., spec: _Optional[_Union[BgpSpec, _Mapping]] = ..., status: _Optional[_Union[BgpStatus, _Mapping]] = ...) -> None: ...

class BgpSpec(_message.Message):
    __slots__ = ("local_asn", "router_id", "cluster_id", "disable", "suppress_default_resolution")
    LOCAL_ASN_FIELD_NUMBER: _ClassVar[int]
    ROUTER_ID_FIELD_NUMBER: _ClassVar[int]
    CLUSTER_ID_FIELD_NUMBER: _ClassVar[int]
    DISABLE_FIELD_NUMBER: _ClassVar[int]
    SUPPRESS_DEFAULT_RESOLUTION_FIELD_NUMBER: _ClassVar[int]
    local_asn: int
    router_id: int
    cluster_id: int
    disable: bool
    suppress_default_resolution: bool
    def __init__(self, local_asn: _Optional[int] = ..., router_id: _Optional[int] = ..., cluster_id: _Optional[int] = ..., disable: _Optional[bool] = ..., suppress_default_resolution: _Optional[bool] = ...) -> None: ...

class BgpStatus(_message.Message):
    __slots__ = ("oper_state", "adj_rib_out_routes_count", "peak_num_adj_rib_out_routes", "rem_delaytime", "table_ver")
    OPER_STATE_FIELD_NUMBER: _ClassVar[int]
    ADJ_RIB_OUT_ROUTES_COUNT_FIELD_NUMBER: _ClassVar[int]
    PEAK_NUM_ADJ_RIB_OUT_ROUTES_FIELD_NUMBER: _ClassVar[int]
    REM_DELAYTIME_FIELD_NUMBER: _ClassVar[int]
    TABLE_VER_FIELD_NUMBER: _ClassVar[int]
    oper_state: BGPOperState
    adj_rib_out_routes_count: int
    peak_num_adj_rib_out_routes: int
    rem_delaytime: int
    table_ver: int
    def __init__(self, oper_state: _Optional[_Union[BGPOperState, str]] = ..., adj_rib_out_routes_count: _Optional[int] = ..., peak_num_adj_rib_out_routes: _Optional[int] = ..., rem_delaytime: _Optional[int] = ..., table_ver: _Optional[int] = ...) -> None: ...

class BgpPeer(_message.Message):
    __slots__ = ("name", "spec", "status")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    name: str
    spec: BgpPeerSpec
    status: BgpPeerStatus
    def __init__(self, name: _Optional[str] = ..., spec: _Optional[_Union[BgpPeerSpec, _Mapping]] = ..., status: _Optional[_Union[BgpPeerStatus, _Mapping]] = ...) -> None: ...

class BgpPeerSpec(_message.Message):
    __slots__ = ("state", "local_address", "peer_addr", "remote_asn", "send_comm", "send_ext_comm", "rr_client", "connect_retry", "holdtime", "keep_alive", "password", "ttl", "idle_holdtime", "allow_local_as", "peer_description")
    STATE_FIELD_NUMBER: _ClassVar[int]
    LOCAL_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    PEER_ADDR_FIELD_NUMBER: _ClassVar[int]
    REMOTE_ASN_FIELD_NUMBER: _ClassVar[int]
    SEND_COMM_FIELD_NUMBER: _ClassVar[int]
    SEND_EXT_COMM_FIELD_NUMBER: _ClassVar[int]
    RR_CLIENT_FIELD_NUMBER: _ClassVar[int]
    CONNECT_RETRY_FIELD_NUMBER: _ClassVar[int]
    HOLDTIME_FIELD_NUMBER: _ClassVar[int]
    KEEP_ALIVE_FIELD_NUMBER: _ClassVar[int]
    PASSWORD_FIELD_NUMBER: _ClassVar[int]
    TTL_FIELD_NUMBER: _ClassVar[int]
    IDLE_HOLDTIME_FIELD_NUMBER: _ClassVar[int]
    ALLOW_LOCAL_AS_FIELD_NUMBER: _ClassVar[int]
    PEER_DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    state: _networktypes_pb2.AdminState
    local_address: _networktypes_pb2.IPAddress
    peer_addr: _networktypes_pb2.IPAddress
    remote_asn: int
    send_comm: bool
    send_ext_comm: bool
    rr_client: BgpPeerRR
    connect_retry: int
    holdtime: int
    keep_alive: int
    password: bytes
    ttl: int
    idle_holdtime: int
    allow_local_as: int
    peer_description: str
    def __init__(self, state: _Optional[_Union[_networktypes_pb2.AdminState, str]] = ..., local_address: _Optional[_Union[_networktypes_pb2.IPAddress, _Mapping]] = ..., peer_addr: _Optional[_Union[_networktypes_pb2.IPAddress, _Mapping]] = ..., remote_asn: _Optional[int] = ..., send_comm: _Optional[bool] = ..., send_ext_comm: _Optional[bool] = ..., rr_client: _Optional[_Union[BgpPeerRR, str]] = ..., connect_retry: _Optional[int] = ..., holdtime: _Optional[int] = ..., keep_alive: _Optional[int] = ..., password: _Optional[bytes] = ..., ttl: _Optional[int] = ..., idle_holdtime: _Optional[int] = ..., allow_local_as: _Optional[int] = ..., peer_description: _Optional[str] = ...) -> None: ...

class BgpPeerStatus(_message.Message):
    __slots__ = ("session_state", "prev_session_state", "last_error_rcvd", "last_error_sent", "local_addr", "holdtime", "keepalive", "caps_sent", "caps_rcvd", "caps_neg", "sel_local_addr_type", "incoming_notifications", "outbound_notifications", "incoming_updates", "outgoing_updates", "incoming_keepalives", "outgoing_keepalives", "incoming_refreshes", "outgoing_refreshes", "incoming_total_messages", "outgoing_total_messages", "fsm_est_transitions", "connect_retry_count", "peergr", "stale_pathtime", "orf_entry_count", "rcvd_msg_elpstime", "route_refr_sent", "route_refr_rcvd", "incoming_prfxes", "outgoing_prfxes", "outgoing_prfxes_advertised", "connect_retry_int", "outgoing_update_elpstime", "outgoing_prfxes_denied", "outgoing_prfxes_imp_wdr", "outgoing_prfxes_exp_wdr", "incoming_prfxes_imp_wdr", "incoming_prfxes_exp_wdr", "received_holdtime", "fsm_establishedtime", "incoming_updates_elpstime", "incoming_opens", "outgoing_opens", "peer_index", "ttl", "oper_state")
    SESSION_STATE_FIELD_NUMBER: _ClassVar[int]
    PREV_SESSION_STATE_FIELD_NUMBER: _ClassVar[int]
    LAST_ERROR_RCVD_FIELD_NUMBER: _ClassVar[int]
    LAST_ERROR_SENT_FIELD_NUMBER: _ClassVar[int]
    LOCAL_ADDR_FIELD_NUMBER: _ClassVar[int]
    HOLDTIME_FIELD_NUMBER: _ClassVar[int]
    KEEPALIVE_FIELD_NUMBER: _ClassVar[int]
    CAPS_SENT_FIELD_NUMBER: _ClassVar[int]
    CAPS_RCVD_FIELD_NUMBER: _ClassVar[int]
    CAPS_NEG_FIELD_NUMBER: _ClassVar[int]
    SEL_LOCAL_ADDR_TYPE_FIELD_NUMBER: _ClassVar[int]
    INCOMING_NOTIFICATIONS_FIELD_NUMBER: _ClassVar[int]
    OUTBOUND_NOTIFICATIONS_FIELD_NUMBER: _ClassVar[int]
    INCOMING_UPDATES_FIELD_NUMBER: _ClassVar[int]
    OUTGOING_UPDATES_FIELD_NUMBER: _ClassVar[int]
    INCOMING_KEEPALIVES_FIELD_NUMBER: _ClassVar[int]
    OUTGOING_KEEPALIVES_FIELD_NUMBER: _ClassVar[int]
    INCOMING_REFRESHES_FIELD_NUMBER: _ClassVar[int]
    OUTGOING_REFRESHES_FIELD_NUMBER: _ClassVar[int]
    INCOMING_TOTAL_MESSAGES_FIELD_NUMBER: _ClassVar[int]
    OUTGOING_TOTAL_MESSAGES_FIELD_NUMBER: _ClassVar[int]
    FSM_EST_TRANSITIONS_FIELD_NUMBER: _ClassVar[int]
    CONNECT_RETRY_COUNT_FIELD_NUMBER: _ClassVar[int]
    PEERGR_FIELD_NUMBER: _ClassVar[int]
    STALE_PATHTIME_FIELD_NUMBER: _ClassVar[int]
    ORF_ENTRY_COUNT_FIELD_NUMBER: _ClassVar[int]
    RCVD_MSG_ELPSTIME_FIELD_NUMBER: _ClassVar[int]
    ROUTE_REFR_SENT_FIELD_NUMBER: _ClassVar[int]
    ROUTE_REFR_RCVD_FIELD_NUMBER: _ClassVar[int]
    INCOMING_PRFXES_FIELD_NUMBER: _ClassVar[int]
    OUTGOING_PRFXES_FIELD_NUMBER: _ClassVar[int]
    OUTGOING_PRFXES_ADVERTISED_FIELD_NUMBER: _ClassVar[int]
    CONNECT_RETRY_INT_FIELD_NUMBER: _ClassVar[int]
    OUTGOING_UPDATE_ELPSTIME_FIELD_NUMBER: _ClassVar[int]
    OUTGOING_PRFXES_DENIED_FIELD_NUMBER: _ClassVar[int]
    OUTGOING_PRFXES_IMP_WDR_FIELD_NUMBER: _ClassVar[int]
    OUTGOING_PRFXES_EXP_WDR_FIELD_NUMBER: _ClassVar[int]
    INCOMING_PRFXES_IMP_WDR_FIELD_NUMBER: _ClassVar[int]
    INCOMING_PRFXES_EXP_WDR_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_HOLDTIME_FIELD_NUMBER: _ClassVar[int]
    FSM_ESTABLISHEDTIME_FIELD_NUMBER: _ClassVar[int]
    INCOMING_UPDATES_ELPSTIME_FIELD_NUMBER: _ClassVar[int]
    INCOMING_OPENS_FIELD_NUMBER: _ClassVar[int]
    OUTGOING_OPENS_FIELD_NUMBER: _ClassVar[int]
    PEER_INDEX_FIELD_NUMBER: _ClassVar[int]
    TTL_FIELD_NUMBER: _ClassVar[int]
    OPER_STATE_FIELD_NUMBER: _ClassVar[int]
    session_state: BgpPeerSessionState
    prev_session_state: BgpPeerSessionState
    last_error_rcvd: bytes
    last_error_sent: bytes
    local_addr: _networktypes_pb2.IPAddress
    holdtime: int
    keepalive: int
    caps_sent: int
    caps_rcvd: int
    caps_neg: int
    sel_local_addr_type: BGPAddrType
    incoming_notifications: int
    outbound_notifications: int
    incoming_updates: int
    outgoing_updates: int
    incoming_keepalives: int
    outgoing_keepalives: int
    incoming_refreshes: int
    outgoing_refreshes: int
    incoming_total_messages: int
    outgoing_total_messages: int
    fsm_est_transitions: int
    connect_retry_count: int
    peergr: int
    stale_pathtime: int
    orf_entry_count: int
    rcvd_msg_elpstime: int
    route_refr_sent: int
    route_refr_rcvd: int
    incoming_prfxes: int
    outgoing_prfxes: int
    outgoing_prfxes_advertised: int
    connect_retry_int: int
    outgoing_update_elpstime: int
    outgoing_prfxes_denied: int
    outgoing_prfxes_imp_wdr: int
    outgoing_prfxes_exp_wdr: int
    incoming_prfxes_imp_wdr: int
    incoming_prfxes_exp_wdr: int
    received_holdtime: int
    fsm_establishedtime: int
    incoming_updates_elpstime: int
    incoming_opens: int
    outgoing_opens: int
    peer_index: int
    ttl: int
    oper_state: BGPOperState
    def __init__(self, session_state: _Optional[_Union[BgpPeerSessionState, str]] = ..., prev_session_state: _Optional[_Union[BgpPeerSessionState, str]] = ..., last_error_rcvd: _Optional[bytes] = ..., last_error_sent: _Optional[bytes] = ..., local_addr: _Optional[_Union[_networktypes_pb2.IPAddress, _Mapping]] = ..., holdtime: _Optional[int] = ..., keepalive: _Optional[int] = ..., caps_sent: _Optional[int] = ..., caps_rcvd: _Optional[int] = ..., caps_neg: _Optional[int] = ..., sel_local_addr_type: _Optional[_Union[BGPAddrType, str]] = ..., incoming_notifications: _Optional[int] = ..., outbound_notifications: _Optional[int] = ..., incoming_updates: _Optional[int] = ..., outgoing_updates: _Optional[int] = ..., incoming_keepalives: _Optional[int] = ..., outgoing_keepalives: _Optional[int] = ..., incoming_refreshes: _Optional[int] = ..., outgoing_refreshes: _Optional[int] = ..., incoming_total_messages: _Optional[int] = ..., outgoing_total_messages: _Optional[int] = ..., fsm_est_transitions: _Optional[int] = ..., connect_retry_count: _Optional[int] = ..., peergr: _Optional[int] = ..., stale_pathtime: _Optional[int] = ..., orf_entry_count: _Optional[int] = ..., rcvd_msg_elpstime: _Optional[int] = ..., route_refr_sent: _Optional[int] = ..., route_refr_rcvd: _Optional[int] = ..., incoming_prfxes: _Optional[int] = ..., outgoing_prfxes: _Optional[int] = ..., outgoing_prfxes_advertised: _Optional[int] = ..., connect_retry_int: _Optional[int] = ..., outgoing_update_elpstime: _Optional[int] = ..., outgoing_prfxes_denied: _Optional[int] = ..., outgoing_prfxes_imp_wdr: _Optional[int] = ..., outgoing_prfxes_exp_wdr: _Optional[int] = ..., incoming_prfxes_imp_wdr: _Optional[int] = ..., incoming_prfxes_exp_wdr: _Optional[int] = ..., received_holdtime: _Optional[int] = ..., fsm_establishedtime: _Optional[int] = ..., incoming_updates_elpstime: _Optional[int] = ..., incoming_opens: _Optional[int] = ..., outgoing_opens: _Optional[int] = ..., peer_index: _Optional[int] = ..., ttl: _Optional[int] = ..., oper_state: _Optional[_Union[BGPOperState, str]] = ...) -> None: ...

class BgpPeerAf(_message.Message):
    __slots__ = ("name", "spec", "state")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    name: str
    spec: BgpPeerAfSpec
    state: BgpPeerAfStatus
    def __init__(self, name: _Optional[str] = ..., spec: _Optional[_Union[BgpPeerAfSpec, _Mapping]] = ..., state: _Optional[_Union[BgpPeerAfStatus, _Mapping]] = ...) -> None: ...

class BgpPeerAfSpec(_message.Message):
    __slots__ = ("local_addr", "peer_addr", "afi", "safi", "nexthop_self", "default_orig", "local_port", "remote_port", "local_addr_scope_id", "max_prefixes", "route_map", "network")
    LOCAL_ADDR_FIELD_NUMBER: _ClassVar[int]
    PEER_ADDR_FIELD_NUMBER: _ClassVar[int]
    AFI_FIELD_NUMBER: _ClassVar[int]
    SAFI_FIELD_NUMBER: _ClassVar[int]
    NEXTHOP_SELF_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_ORIG_FIELD_NUMBER: _ClassVar[int]
    LOCAL_PORT_FIELD_NUMBER: _ClassVar[int]
    REMOTE_PORT_FIELD_NUMBER: _ClassVar[int]
    LOCAL_ADDR_SCOPE_ID_FIELD_NUMBER: _ClassVar[int]
    MAX_PREFIXES_FIELD_NUMBER: _ClassVar[int]
    ROUTE_MAP_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    local_addr: _networktypes_pb2.IPAddress
    peer_addr: _networktypes_pb2.IPAddress
    afi: BGPAfi
    safi: BGPSafi
    nexthop_self: bool
    default_orig: bool
    local_port: int
    remote_port: int
    local_addr_scope_id: int
    max_prefixes: BGPMaxPrefix
    route_map: BGPRouteMap
    network: _networktypes_pb2.IPPrefix
    def __init__(self, local_addr: _Optional[_Union[_networktypes_pb2.IPAddress, _Mapping]] = ..., peer_addr: _Optional[_Union[_networktypes_pb2.IPAddress, _Mapping]] = ..., afi: _Optional[_Union[BGPAfi, str]] = ..., safi: _Optional[_Union[BGPSafi, str]] = ..., nexthop_self: _Optional[bool] = ..., default_orig: _Optional[bool] = ..., local_port: _Optional[int] = ..., remote_port: _Optional[int] = ..., local_addr_scope_id: _Optional[int] = ..., max_prefixes: _Optional[_Union[BGPMaxPrefix, _Mapping]] = ..., route_map: _Optional[_Union[BGPRouteMap, _Mapping]] = ..., network: _Optional[_Union[_networktypes_pb2.IPPrefix, _Mapping]] = ...) -> None: ...

class BGPMaxPrefix(_message.Message):
    __slots__ = ("max_prefixes", "warning_message", "max_prefix_restart")
    MAX_PREFIXES_FIELD_NUMBER: _ClassVar[int]
    WARNING_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    MAX_PREFIX_RESTART_FIELD_NUMBER: _ClassVar[int]
    max_prefixes: int
    warning_message: str
    max_prefix_restart: BGPMaxPrefixRestart
    def __init__(self, max_prefixes: _Optional[int] = ..., warning_message: _Optional[str] = ..., max_prefix_restart: _Optional[_Union[BGPMaxPrefixRestart, _Mapping]] = ...) -> None: ...

class BGPMaxPrefixRestart(_message.Message):
    __slots__ = ("restart_message", "restart_minutes")
    RESTART_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    RESTART_MINUTES_FIELD_NUMBER: _ClassVar[int]
    restart_message: str
    restart_minutes: int
    def __init__(self, restart_message: _Optional[str] = ..., restart_minutes: _Optional[int] = ...) -> None: ...

class BGPRouteMap(_message.Message):
    __slots__ = ("map_id", "direction")
    MAP_ID_FIELD_NUMBER: _ClassVar[int]
    DIRECTION_FIELD_NUMBER: _ClassVar[int]
    map_id: str
    direction: bool
    def __init__(self, map_id: _Optional[str] = ..., direction: _Optional[bool] = ...) -> None: ...

class BgpPeerAfStatus(_message.Message):
    __slots__ = ("update_group", "local_addr_scope_id", "route_refresh", "add_path_cap_neg", "reflector_client")
    UPDATE_GROUP_FIELD_NUMBER: _ClassVar[int]
    LOCAL_ADDR_SCOPE_ID_FIELD_NUMBER: _ClassVar[int]
    ROUTE_REFRESH_FIELD_NUMBER: _ClassVar[int]
    ADD_PATH_CAP_NEG_FIELD_NUMBER: _ClassVar[int]
    REFLECTOR_CLIENT_FIELD_NUMBER: _ClassVar[int]
    update_group: int
    local_addr_scope_id: int
    route_refresh: bool
    add_path_cap_neg: BgpAddPathCapNeg
    reflector_client: BgpPeerRR
    def __init__(self, update_group: _Optional[int] = ..., local_addr_scope_id: _Optional[int] = ..., route_refresh: _Optional[bool] = ..., add_path_cap_neg: _Optional[_Union[BgpAddPathCapNeg, str]] = ..., reflector_client: _Optional[_Union[BgpPeerRR, str]] = ...) -> None: ...

class BGPNLRIPrefix(_message.Message):
    __slots__ = ("spec", "state")
    SPEC_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    spec: BGPNLRIPrefixSpec
    state: BGPNLRIPrefixStatus
    def __init__(self, spec: _Optional[_Union[BGPNLRIPrefixSpec, _Mapping]] = ..., state: _Optional[_Union[BGPNLRIPrefixStatus, _Mapping]] = ...) -> None: ...

class BGPNLRIPrefixSpec(_message.Message):
    __slots__ = ("afi", "safi", "prefix", "prefix_len", "route_source", "route_source_index", "path_id")
    AFI_FIELD_NUMBER: _ClassVar[int]
    SAFI_FIELD_NUMBER: _ClassVar[int]
    PREFIX_FIELD_NUMBER: _ClassVar[int]
    PREFIX_LEN_FIELD_NUMBER: _ClassVar[int]
    ROUTE_SOURCE_FIELD_NUMBER: _ClassVar[int]
    ROUTE_SOURCE_INDEX_FIELD_NUMBER: _ClassVar[int]
    PATH_ID_FIELD_NUMBER: _ClassVar[int]
    afi: BGPAfi
    safi: BGPSafi
    prefix: bytes
    prefix_len: int
    route_source: NLRISrc
    route_source_index: int
    path_id: int
    def __init__(self, afi: _Optional[_Union[BGPAfi, str]] = ..., safi: _Optional[_Union[BGPSafi, str]] = ..., prefix: _Optional[bytes] = ..., prefix_len: _Optional[int] = ..., route_source: _Optional[_Union[NLRISrc, str]] = ..., route_source_index: _Optional[int] = ..., path_id: _Optional[int] = ...) -> None: ...

class BGPNLRIPrefixStatus(_message.Message):
    __slots__ = ("afi", "safi", "prefix", "prefix_len", "route_source", "route_source_index", "path_id", "best_route", "as_path_str", "path_orig_id", "next_hop_addr", "as_size", "ecmp_route", "peer_addr", "flap_stats_flapcnt", "flap_stats_supprsd", "is_active", "stale", "flap_starttime", "reason_not_best", "ext_comm", "comm", "local_pref", "origin", "med_present", "med", "peer_type")
    AFI_FIELD_NUMBER: _ClassVar[int]
    SAFI_FIELD_NUMBER: _ClassVar[int]
    PREFIX_FIELD_NUMBER: _ClassVar[int]
    PREFIX_LEN_FIELD_NUMBER: _ClassVar[int]
    ROUTE_SOURCE_FIELD_NUMBER: _ClassVar[int]
    ROUTE_SOURCE_INDEX_FIELD_NUMBER: _ClassVar[int]
    PATH_ID_FIELD_NUMBER: _ClassVar[int]
    BEST_ROUTE_FIELD_NUMBER: _ClassVar[int]
    AS_PATH_STR_FIELD_NUMBER: _ClassVar[int]
    PATH_ORIG_ID_FIELD_NUMBER: _ClassVar[int]
    NEXT_HOP_ADDR_FIELD_NUMBER: _ClassVar[int]
    AS_SIZE_FIELD_NUMBER: _ClassVar[int]
    ECMP_ROUTE_FIELD_NUMBER: _ClassVar[int]
    PEER_ADDR_FIELD_NUMBER: _ClassVar[int]
    FLAP_STATS_FLAPCNT_FIELD_NUMBER: _ClassVar[int]
    FLAP_STATS_SUPPRSD_FIELD_NUMBER: _ClassVar[int]
    IS_ACTIVE_FIELD_NUMBER: _ClassVar[int]
    STALE_FIELD_NUMBER: _ClassVar[int]
    FLAP_STARTTIME_FIELD_NUMBER: _ClassVar[int]
    REASON_NOT_BEST_FIELD_NUMBER: _ClassVar[int]
    EXT_COMM_FIELD_NUMBER: _ClassVar[int]
    COMM_FIELD_NUMBER: _ClassVar[int]
    LOCAL_PREF_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    MED_PRESENT_FIELD_NUMBER: _ClassVar[int]
    MED_FIELD_NUMBER: _ClassVar[int]
    PEER_TYPE_FIELD_NUMBER: _ClassVar[int]
    afi: BGPAfi
    safi: BGPSafi
    prefix: bytes
    prefix_len: int
    route_source: NLRISrc
    route_source_index: int
    path_id: int
    best_route: bool
    as_path_str: bytes
    path_orig_id: bytes
    next_hop_addr: bytes
    as_size: BgpAsSize
    ecmp_route: bool
    peer_addr: _networktypes_pb2.IPAddress
    flap_stats_flapcnt: int
    flap_stats_supprsd: bool
    is_active: BgpNlriIsActive
    stale: bool
    flap_starttime: int
    reason_not_best: BGPRouteReason
    ext_comm: _containers.RepeatedScalarFieldContainer[bytes]
    comm: _containers.RepeatedScalarFieldContainer[bytes]
    local_pref: int
    origin: BGPOriginAttr
    med_present: bool
    med: int
    peer_type: BgpPeerType
    def __init__(self, afi: _Optional[_Union[BGPAfi, str]] = ..., safi: _Optional[_Union[BGPSafi, str]] = ..., prefix: _Optional[bytes] = ..., prefix_len: _Optional[int] = ..., route_source: _Optional[_Union[NLRISrc, str]] = ..., route_source_index: _Optional[int] = ..., path_id: _Optional[int] = ..., best_route: _Optional[bool] = ..., as_path_str: _Optional[bytes] = ..., path_orig_id: _Optional[bytes] = ..., next_hop_addr: _Optional[bytes] = ..., as_size: _Optional[_Union[BgpAsSize, str]] = ..., ecmp_route: _Optional[bool] = ..., peer_addr: _Optional[_Union[_networktypes_pb2.IPAddress, _Mapping]] = ..., flap_stats_flapcnt: _Optional[int] = ..., flap_stats_supprsd: _Optional[bool] = ..., is_active: _Optional[_Union[BgpNlriIsActive, str]] = ..., stale: _Optional[bool] = ..., flap_starttime: _Optional[int] = ..., reason_not_best: _Optional[_Union[BGPRouteReason, str]] = ..., ext_comm: _Optional[_Iterable[bytes]] = ..., comm: _Optional[_Iterable[bytes]] = ..., local_pref: _Optional[int] = ..., origin: _Optional[_Union[BGPOriginAttr, str]] = ..., med_present: _Optional[bool] = ..., med: _Optional[int] = ..., peer_type: _Optional[_Union[BgpPeerType, str]] = ...) -> None: ...

class BGPNLRIPrefixFilter(_message.Message):
    __slots__ = ("ext_comm", "vnid", "route_type", "next_hop", "ip_address", "best")
    EXT_COMM_FIELD_NUMBER: _ClassVar[int]
    VNID_FIELD_NUMBER: _ClassVar[int]
    ROUTE_TYPE_FIELD_NUMBER: _ClassVar[int]
    NEXT_HOP_FIELD_NUMBER: _ClassVar[int]
    IP_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    BEST_FIELD_NUMBER: _ClassVar[int]
    ext_comm: bytes
    vnid: int
    route_type: int
    next_hop: _networktypes_pb2.IPAddress
    ip_address: _networktypes_pb2.IPAddress
    best: bool
    def __init__(self, ext_comm: _Optional[bytes] = ..., vnid: _Optional[int] = ..., route_type: _Optional[int] = ..., next_hop: _Optional[_Union[_networktypes_pb2.IPAddress, _Mapping]] = ..., ip_address: _Optional[_Union[_networktypes_pb2.IPAddress, _Mapping]] = ..., best: _Optional[bool] = ...) -> None: ...

class BGPAdjRibOut(_message.Message):
    __slots__ = ("spec", "status")
    SPEC_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    spec: BGPAdjRibOutSpec
    status: BGPAdjRibOutStatus
    def __init__(self, spec: _Optional[_Union[BGPAdjRibOutSpec, _Mapping]] = ..., status: _Optional[_Union[BGPAdjRibOutStatus, _Mapping]] = ...) -> None: ...

class BGPAdjRibOutSpec(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class BGPAdjRibOutStatus(_message.Message):
    __slots__ = ("peer_addr", "afi", "safi", "prefix", "prefix_len", "state", "as_size", "as_path_str", "comm", "ext_comm", "med_present", "med")
    PEER_ADDR_FIELD_NUMBER: _ClassVar[int]
    AFI_FIELD_NUMBER: _ClassVar[int]
    SAFI_FIELD_NUMBER: _ClassVar[int]
    PREFIX_FIELD_NUMBER: _ClassVar[int]
    PREFIX_LEN_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    AS_SIZE_FIELD_NUMBER: _ClassVar[int]
    AS_PATH_STR_FIELD_NUMBER: _ClassVar[int]
    COMM_FIELD_NUMBER: _ClassVar[int]
    EXT_COMM_FIELD_NUMBER: _ClassVar[int]
    MED_PRESENT_FIELD_NUMBER: _ClassVar[int]
    MED_FIELD_NUMBER: _ClassVar[int]
    peer_addr: _networktypes_pb2.IPAddress
    afi: BGPAfi
    safi: BGPSafi
    prefix: bytes
    prefix_len: int
    state: BgpAroAdvertState
    as_size: BgpAsSize
    as_path_str: bytes
    comm: _containers.RepeatedScalarFieldContainer[bytes]
    ext_comm: _containers.RepeatedScalarFieldContainer[bytes]
    med_present: bool
    med: int
    def __init__(self, peer_addr: _Optional[_Union[_networktypes_pb2.IPAddress, _Mapping]] = ..., afi: _Optional[_Union[BGPAfi, str]] = ..., safi: _Optional[_Union[BGPSafi, str]] = ..., prefix: _Optional[bytes] = ..., prefix_len: _Optional[int] = ..., state: _Optional[_Union[BgpAroAdvertState, str]] = ..., as_size: _Optional[_Union[BgpAsSize, str]] = ..., as_path_str: _Optional[bytes] = ..., comm: _Optional[_Iterable[bytes]] = ..., ext_comm: _Optional[_Iterable[bytes]] = ..., med_present: _Optional[bool] = ..., med: _Optional[int] = ...) -> None: ...
