# mypy: ignore-errors
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from opi.proto.opi_api.network.opinetcommon.v1alpha1 import networktypes_pb2 as _networktypes_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class OSPFVersion(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OSPF_VERSION_UNSPECIFIED: _ClassVar[OSPFVersion]
    OSPF_VERSION_2: _ClassVar[OSPFVersion]
    OSPF_VERSION_3: _ClassVar[OSPFVersion]

class OspfIfNetworkType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OSPF_IF_NETWORK_TYPE_UNSPECIFIED: _ClassVar[OspfIfNetworkType]
    OSPF_IF_NETWORK_TYPE_BROADCAST: _ClassVar[OspfIfNetworkType]
    OSPF_IF_NETWORK_TYPE_POINT_TO_POINT: _ClassVar[OspfIfNetworkType]

class OSPFRedistMetricType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OSPF_REDIST_METRIC_TYPE_UNSPECIFIED: _ClassVar[OSPFRedistMetricType]
    OSPF_REDIST_METRIC_TYPE_1: _ClassVar[OSPFRedistMetricType]
    OSPF_REDIST_METRIC_TYPE_2: _ClassVar[OSPFRedistMetricType]

class OSPFRedistType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OSPF_REDIST_TYPE_UNSPECIFIED: _ClassVar[OSPFRedistType]
    OSPF_REDIST_TYPE_CONNECTED: _ClassVar[OSPFRedistType]
    OSPF_REDIST_TYPE_STATIC: _ClassVar[OSPFRedistType]
    OSPF_REDIST_TYPE_BGP: _ClassVar[OSPFRedistType]

class OSPFOperState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OSPF_OPER_STATE_UNSPECIFIED: _ClassVar[OSPFOperState]
    OSPF_OPER_STATE_UP: _ClassVar[OSPFOperState]
    OSPF_OPER_STATE_DOWN: _ClassVar[OSPFOperState]
    OSPF_OPER_STATE_GOING_UP: _ClassVar[OSPFOperState]
    OSPF_OPER_STATE_GOING_DOWN: _ClassVar[OSPFOperState]
    OSPF_OPER_STATE_ACT_FAILED: _ClassVar[OSPFOperState]
OSPF_VERSION_UNSPECIFIED: OSPFVersion
OSPF_VERSION_2: OSPFVersion
OSPF_VERSION_3: OSPFVersion
OSPF_IF_NETWORK_TYPE_UNSPECIFIED: OspfIfNetworkType
OSPF_IF_NETWORK_TYPE_BROADCAST: OspfIfNetworkType
OSPF_IF_NETWORK_TYPE_POINT_TO_POINT: OspfIfNetworkType
OSPF_REDIST_METRIC_TYPE_UNSPECIFIED: OSPFRedistMetricType
OSPF_REDIST_METRIC_TYPE_1: OSPFRedistMetricType
OSPF_REDIST_METRIC_TYPE_2: OSPFRedistMetricType
OSPF_REDIST_TYPE_UNSPECIFIED: OSPFRedistType
OSPF_REDIST_TYPE_CONNECTED: OSPFRedistType
OSPF_REDIST_TYPE_STATIC: OSPFRedistType
OSPF_REDIST_TYPE_BGP: OSPFRedistType
OSPF_OPER_STATE_UNSPECIFIED: OSPFOperState
OSPF_OPER_STATE_UP: OSPFOperState
OSPF_OPER_STATE_DOWN: OSPFOperState
OSPF_OPER_STATE_GOING_UP: OSPFOperState
OSPF_OPER_STATE_GOING_DOWN: OSPFOperState
OSPF_OPER_STATE_ACT_FAILED: OSPFOperState

class OspfRouter(_message.Message):
    __slots__ = ("name", "spec", "state")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    name: str
    spec: OSPFSpec
    state: OSPFOperState
    def __init__(self, name: _Optional[str] = ..., spec: _Optional[_Union[OSPFSpec, _Mapping]] = ..., state: _Optional[_Union[OSPFOperState, str]] = ...) -> None: ...

class OSPFSpec(_message.Message):
    __slots__ = ("ospf_version", "router_id", "suppress_default_resolution", "redist", "passive_if")
    OSPF_VERSION_FIELD_NUMBER: _ClassVar[int]
    ROUTER_ID_FIELD_NUMBER: _ClassVar[int]
    SUPPRESS_DEFAULT_RESOLUTION_FIELD_NUMBER: _ClassVar[int]
    REDIST_FIELD_NUMBER: _ClassVar[int]
    PASSIVE_IF_FIELD_NUMBER: _ClassVar[int]
    ospf_version: OSPFVersion
    router_id: str
    suppress_default_resolution: bool
    redist: OSPFRedistSpec
    passive_if: str
    def __init__(self, ospf_version: _Optional[_Union[OSPFVersion, str]] = ..., router_id: _Optional[str] = ..., suppress_default_resolution: _Optional[bool] = ..., redist: _Optional[_Union[OSPFRedistSpec, _Mapping]] = ..., passive_if: _Optional[str] = ...) -> None: ...

class OSPFRedistSpec(_message.Message):
    __slots__ = ("redist_type", "state", "local_address", "route_map", "metric_type", "metric")
    REDIST_TYPE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    LOCAL_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    ROUTE_MAP_FIELD_NUMBER: _ClassVar[int]
    METRIC_TYPE_FIELD_NUMBER: _ClassVar[int]
    METRIC_FIELD_NUMBER: _ClassVar[int]
    redist_type: OSPFRedistType
    state: _networktypes_pb2.AdminState
    local_address: _networktypes_pb2.IPAddress
    route_map: str
    metric_type: OSPFRedistMetricType
    metric: int
    def __init__(self, redist_type: _Optional[_Union[OSPFRedistType, str]] = ..., state: _Optional[_Union[_networktypes_pb2.AdminState, str]] = ..., local_address: _Optional[_Union[_networktypes_pb2.IPAddress, _Mapping]] = ..., route_map: _Optional[str] = ..., metric_type: _Optional[_Union[OSPFRedistMetricType, str]] = ..., metric: _Optional[int] = ...) -> None: ...

class OspfArea(_message.Message):
    __slots__ = ("name", "spec", "state")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    name: str
    spec: OspfAreaSpec
    state: OSPFOperState
    def __init__(self, name: _Optional[str] = ..., spec: _Optional[_Union[OspfAreaSpec, _Mapping]] = ..., state: _Optional[_Union[OSPFOperState, str]] = ...) -> None: ...

class OspfAreaSpec(_message.Message):
    __slots__ = ("area_address", "state", "network_prefix", "auth_message_digest", "network_type")
    AREA_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    NETWORK_PREFIX_FIELD_NUMBER: _ClassVar[int]
    AUTH_MESSAGE_DIGEST_FIELD_NUMBER: _ClassVar[int]
    NETWORK_TYPE_FIELD_NUMBER: _ClassVar[int]
    area_address: _networktypes_pb2.IPAddress
    state: _networktypes_pb2.AdminState
    network_prefix: _networktypes_pb2.IPPrefix
    auth_message_digest: str
    network_type: OspfIfNetworkType
    def __init__(self, area_address: _Optional[_Union[_networktypes_pb2.IPAddress, _Mapping]] = ..., state: _Optional[_Union[_networktypes_pb2.AdminState, str]] = ..., network_prefix: _Optional[_Union[_networktypes_pb2.IPPrefix, _Mapping]] = ..., auth_message_digest: _Optional[str] = ..., network_type: _Optional[_Union[OspfIfNetworkType, str]] = ...) -> None: ...

class OspfIfNetwork(_message.Message):
    __slots__ = ("name", "spec", "state")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    name: str
    spec: OspfIfNetworkSpec
    state: OSPFOperState
    def __init__(self, name: _Optional[str] = ..., spec: _Optional[_Union[OspfIfNetworkSpec, _Mapping]] = ..., state: _Optional[_Union[OSPFOperState, str]] = ...) -> None: ...

class OspfIfNetworkSpec(_message.Message):
    __slots__ = ("network_type", "state", "local_address", "cost_or_link_metric", "md5_auth")
    NETWORK_TYPE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    LOCAL_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    COST_OR_LINK_METRIC_FIELD_NUMBER: _ClassVar[int]
    MD5_AUTH_FIELD_NUMBER: _ClassVar[int]
    network_type: str
    state: _networktypes_pb2.AdminState
    local_address: _networktypes_pb2.IPAddress
    cost_or_link_metric: int
    md5_auth: OSPFMD5Auth
    def __init__(self, network_type: _Optional[str] = ..., state: _Optional[_Union[_networktypes_pb2.AdminState, str]] = ..., local_address: _Optional[_Union[_networktypes_pb2.IPAddress, _Mapping]] = ..., cost_or_link_metric: _Optional[int] = ..., md5_auth: _Optional[_Union[OSPFMD5Auth, _Mapping]] = ...) -> None: ...

class OSPFMD5Auth(_message.Message):
    __slots__ = ("message_digest_key", "password")
    MESSAGE_DIGEST_KEY_FIELD_NUMBER: _ClassVar[int]
    PASSWORD_FIELD_NUMBER: _ClassVar[int]
    message_digest_key: int
    password: str
    def __init__(self, message_digest_key: _Optional[int] = ..., password: _Optional[str] = ...) -> None: ...
