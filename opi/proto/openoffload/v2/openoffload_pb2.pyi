# mypy: ignore-errors
import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class IpVersion(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    _IPV4: _ClassVar[IpVersion]
    _IPV6: _ClassVar[IpVersion]

class ProtocolId(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    _HOPOPT: _ClassVar[ProtocolId]
    _TCP: _ClassVar[ProtocolId]
    _UDP: _ClassVar[ProtocolId]

class SessionState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    _ESTABLISHED: _ClassVar[SessionState]
    _CLOSING_1: _ClassVar[SessionState]
    _CLOSING_2: _ClassVar[SessionState]
    _CLOSED: _ClassVar[SessionState]
    _UNKNOWN_STATE: _ClassVar[SessionState]

class SessionCloseCode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    _NOT_CLOSED: _ClassVar[SessionCloseCode]
    _FINACK: _ClassVar[SessionCloseCode]
    _RST: _ClassVar[SessionCloseCode]
    _TIMEOUT: _ClassVar[SessionCloseCode]
    _UNKNOWN_CLOSE_CODE: _ClassVar[SessionCloseCode]

class AddSessionStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    _SESSION_ACCEPTED: _ClassVar[AddSessionStatus]
    _SESSION_REJECTED: _ClassVar[AddSessionStatus]
    _SESSION_TABLE_FULL: _ClassVar[AddSessionStatus]
    _SESSION_TABLE_UNAVAILABLE: _ClassVar[AddSessionStatus]
    _SESSION_ALREADY_EXISTS: _ClassVar[AddSessionStatus]

class RequestStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    _ACCEPTED: _ClassVar[RequestStatus]
    _REJECTED: _ClassVar[RequestStatus]
    _REJECTED_SESSION_NONEXISTENT: _ClassVar[RequestStatus]
    _REJECTED_SESSION_TABLE_FULL: _ClassVar[RequestStatus]
    _REJECTED_SESSION_ALREADY_EXISTS: _ClassVar[RequestStatus]
    _NO_CLOSED_SESSIONS: _ClassVar[RequestStatus]
    _REJECTED_INTERNAL_ERROR: _ClassVar[RequestStatus]

class ActionType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    _DROP: _ClassVar[ActionType]
    _FORWARD: _ClassVar[ActionType]
    _MIRROR: _ClassVar[ActionType]
    _SNOOP: _ClassVar[ActionType]
_IPV4: IpVersion
_IPV6: IpVersion
_HOPOPT: ProtocolId
_TCP: ProtocolId
_UDP: ProtocolId
_ESTABLISHED: SessionState
_CLOSING_1: SessionState
_CLOSING_2: SessionState
_CLOSED: SessionState
_UNKNOWN_STATE: SessionState
_NOT_CLOSED: SessionCloseCode
_FINACK: SessionCloseCode
_RST: SessionCloseCode
_TIMEOUT: SessionCloseCode
_UNKNOWN_CLOSE_CODE: SessionCloseCode
_SESSION_ACCEPTED: AddSessionStatus
_SESSION_REJECTED: AddSessionStatus
_SESSION_TABLE_FULL: AddSessionStatus
_SESSION_TABLE_UNAVAILABLE: AddSessionStatus
_SESSION_ALREADY_EXISTS: AddSessionStatus
_ACCEPTED: RequestStatus
_REJECTED: RequestStatus
_REJECTED_SESSION_NONEXISTENT: RequestStatus
_REJECTED_SESSION_TABLE_FULL: RequestStatus
_REJECTED_SESSION_ALREADY_EXISTS: RequestStatus
_NO_CLOSED_SESSIONS: RequestStatus
_REJECTED_INTERNAL_ERROR: RequestStatus
_DROP: ActionType
_FORWARD: ActionType
_MIRROR: ActionType
_SNOOP: ActionType

class Uuid(_message.Message):
    __slots__ = ("value",)
    VALUE_FIELD_NUMBER: _ClassVar[int]
    value: str
    def __init__(self, value: _Optional[str] = ...) -> None: ...

class SessionId(_message.Message):
    __slots__ = ("session_id",)
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    session_id: int
    def __init__(self, session_id: _Optional[int] = ...) -> None: ...

class ActionParameters(_message.Message):
    __slots__ = ("action_type", "action_next_hop", "action_next_hop_v6")
    ACTION_TYPE_FIELD_NUMBER: _ClassVar[int]
    ACTION_NEXT_HOP_FIELD_NUMBER: _ClassVar[int]
    ACTION_NEXT_HOP_V6_FIELD_NUMBER: _ClassVar[int]
    action_type: ActionType
    action_next_hop: int
    action_next_hop_v6: bytes
    def __init__(self, action_type: _Optional[_Union[ActionType, str]] = ..., action_next_hop: _Optional[int] = ..., action_next_hop_v6: _Optional[bytes] = ...) -> None: ...

class SessionRequest(_message.Message):
    __slots__ = ("session_id", "in_lif", "out_lif", "ip_version", "source_ip", "source_ipv6", "source_port", "destination_ip", "destination_ipv6", "destination_port", "protocol_id", "action", "cache_timeout")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    IN_LIF_FIELD_NUMBER: _ClassVar[int]
    OUT_LIF_FIELD_NUMBER: _ClassVar[int]
    IP_VERSION_FIELD_NUMBER: _ClassVar[int]
    SOURCE_IP_FIELD_NUMBER: _ClassVar[int]
    SOURCE_IPV6_FIELD_NUMBER: _ClassVar[int]
    SOURCE_PORT_FIELD_NUMBER: _ClassVar[int]
    DESTINATION_IP_FIELD_NUMBER: _ClassVar[int]
    DESTINATION_IPV6_FIELD_NUMBER: _ClassVar[int]
    DESTINATION_PORT_FIELD_NUMBER: _ClassVar[int]
    PROTOCOL_ID_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    CACHE_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    session_id: int
    in_lif: int
    out_lif: int
    ip_version: IpVersion
    source_ip: int
    source_ipv6: bytes
    source_port: int
    destination_ip: int
    destination_ipv6: bytes
    destination_port: int
    protocol_id: ProtocolId
    action: ActionParameters
    cache_timeout: int
    def __init__(self, session_id: _Optional[int] = ..., in_lif: _Optional[int] = ..., out_lif: _Optional[int] = ..., ip_version: _Optional[_Union[IpVersion, str]] = ..., source_ip: _Optional[int] = ..., source_ipv6: _Optional[bytes] = ..., source_port: _Optional[int] = ..., destination_ip: _Optional[int] = ..., destination_ipv6: _Optional[bytes] = ..., destination_port: _Optional[int] = ..., protocol_id: _Optional[_Union[ProtocolId, str]] = ..., action: _Optional[_Union[ActionParameters, _Mapping]] = ..., cache_timeout: _Optional[int] = ...) -> None: ...

class SessionResponseError(_message.Message):
    __slots__ = ("session_id", "error_status")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    ERROR_STATUS_FIELD_NUMBER: _ClassVar[int]
    session_id: int
    error_status: int
    def __init__(self, session_id: _Optional[int] = ..., error_status: _Optional[int] = ...) -> None: ...

class SessionResponses(_message.Message):
    __slots__ = ("session_info", "next_key")
    SESSION_INFO_FIELD_NUMBER: _ClassVar[int]
    NEXT_KEY_FIELD_NUMBER: _ClassVar[int]
    session_info: _containers.RepeatedCompositeFieldContainer[SessionResponse]
    next_key: int
    def __init__(self, session_info: _Optional[_Iterable[_Union[SessionResponse, _Mapping]]] = ..., next_key: _Optional[int] = ...) -> None: ...

class AddSessionResponse(_message.Message):
    __slots__ = ("request_status", "error_status", "start_time", "response_error")
    REQUEST_STATUS_FIELD_NUMBER: _ClassVar[int]
    ERROR_STATUS_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    RESPONSE_ERROR_FIELD_NUMBER: _ClassVar[int]
    request_status: AddSessionStatus
    error_status: int
    start_time: _timestamp_pb2.Timestamp
    response_error: _containers.RepeatedCompositeFieldContainer[SessionResponseError]
    def __init__(self, request_status: _Optional[_Union[AddSessionStatus, str]] = ..., error_status: _Optional[int] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., response_error: _Optional[_Iterable[_Union[SessionResponseError, _Mapping]]] = ...) -> None: ...

class SessionResponse(_message.Message):
    __slots__ = ("session_id", "in_packets", "out_packets", "in_bytes", "out_bytes", "session_state", "session_close_code", "request_status", "start_time", "end_time")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    IN_PACKETS_FIELD_NUMBER: _ClassVar[int]
    OUT_PACKETS_FIELD_NUMBER: _ClassVar[int]
    IN_BYTES_FIELD_NUMBER: _ClassVar[int]
    OUT_BYTES_FIELD_NUMBER: _ClassVar[int]
    SESSION_STATE_FIELD_NUMBER: _ClassVar[int]
    SESSION_CLOSE_CODE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_STATUS_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    session_id: int
    in_packets: int
    out_packets: int
    in_bytes: int
    out_bytes: int
    session_state: SessionState
    session_close_code: SessionCloseCode
    request_status: RequestStatus
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    def __init__(self, session_id: _Optional[int] = ..., in_packets: _Optional[int] = ..., out_packets: _Optional[int] = ..., in_bytes: _Optional[int] = ..., out_bytes: _Optional[int] = ..., session_state: _Optional[_Union[SessionState, str]] = ..., session_close_code: _Optional[_Union[SessionCloseCode, str]] = ..., request_status: _Optional[_Union[RequestStatus, str]] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class SessionRequestArgs(_message.Message):
    __slots__ = ("page_size", "page", "start_session")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_FIELD_NUMBER: _ClassVar[int]
    START_SESSION_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page: int
    start_session: int
    def __init__(self, page_size: _Optional[int] = ..., page: _Optional[int] = ..., start_session: _Optional[int] = ...) -> None: ...
