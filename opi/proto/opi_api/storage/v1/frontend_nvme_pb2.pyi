# mypy: ignore-errors
from google.api import annotations_pb2 as _annotations_pb2
from google.api import client_pb2 as _client_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import empty_pb2 as _empty_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from opi.proto.opi_api.storage.v1 import opicommon_pb2 as _opicommon_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class NvmeSubsystem(_message.Message):
    __slots__ = ("name", "spec", "status")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    name: str
    spec: NvmeSubsystemSpec
    status: NvmeSubsystemStatus
    def __init__(self, name: _Optional[str] = ..., spec: _Optional[_Union[NvmeSubsystemSpec, _Mapping]] = ..., status: _Optional[_Union[NvmeSubsystemStatus, _Mapping]] = ...) -> None: ...

class NvmeSubsystemSpec(_message.Message):
    __slots__ = ("nqn", "serial_number", "model_number", "max_namespaces", "hostnqn", "psk")
    NQN_FIELD_NUMBER: _ClassVar[int]
    SERIAL_NUMBER_FIELD_NUMBER: _ClassVar[int]
    MODEL_NUMBER_FIELD_NUMBER: _ClassVar[int]
    MAX_NAMESPACES_FIELD_NUMBER: _ClassVar[int]
    HOSTNQN_FIELD_NUMBER: _ClassVar[int]
    PSK_FIELD_NUMBER: _ClassVar[int]
    nqn: str
    serial_number: str
    model_number: str
    max_namespaces: int
    hostnqn: str
    psk: bytes
    def __init__(self, nqn: _Optional[str] = ..., serial_number: _Optional[str] = ..., model_number: _Optional[str] = ..., max_namespaces: _Optional[int] = ..., hostnqn: _Optional[str] = ..., psk: _Optional[bytes] = ...) -> None: ...

class NvmeSubsystemStatus(_message.Message):
    __slots__ = ("firmware_revision", "fru_guid")
    FIRMWARE_REVISION_FIELD_NUMBER: _ClassVar[int]
    FRU_GUID_FIELD_NUMBER: _ClassVar[int]
    firmware_revision: str
    fru_guid: bytes
    def __init__(self, firmware_revision: _Optional[str] = ..., fru_guid: _Optional[bytes] = ...) -> None: ...

class NvmeController(_message.Message):
    __slots__ = ("name", "spec", "status")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    name: str
    spec: NvmeControllerSpec
    status: NvmeControllerStatus
    def __init__(self, name: _Optional[str] = ..., spec: _Optional[_Union[NvmeControllerSpec, _Mapping]] = ..., status: _Optional[_Union[NvmeControllerStatus, _Mapping]] = ...) -> None: ...

class NvmeControllerSpec(_message.Message):
    __slots__ = ("nvme_controller_id", "trtype", "pcie_id", "fabrics_id", "max_nsq", "max_ncq", "sqes", "cqes", "max_namespaces", "min_limit", "max_limit")
    NVME_CONTROLLER_ID_FIELD_NUMBER: _ClassVar[int]
    TRTYPE_FIELD_NUMBER: _ClassVar[int]
    PCIE_ID_FIELD_NUMBER: _ClassVar[int]
    FABRICS_ID_FIELD_NUMBER: _ClassVar[int]
    MAX_NSQ_FIELD_NUMBER: _ClassVar[int]
    MAX_NCQ_FIELD_NUMBER: _ClassVar[int]
    SQES_FIELD_NUMBER: _ClassVar[int]
    CQES_FIELD_NUMBER: _ClassVar[int]
    MAX_NAMESPACES_FIELD_NUMBER: _ClassVar[int]
    MIN_LIMIT_FIELD_NUMBER: _ClassVar[int]
    MAX_LIMIT_FIELD_NUMBER: _ClassVar[int]
    nvme_controller_id: int
    trtype: _opicommon_pb2.NvmeTransportType
    pcie_id: _opicommon_pb2.PciEndpoint
    fabrics_id: _opicommon_pb2.FabricsEndpoint
    max_nsq: int
    max_ncq: int
    sqes: int
    cqes: int
    max_namespaces: int
    min_limit: _opicommon_pb2.QosLimit
    max_limit: _opicommon_pb2.QosLimit
    def __init__(self, nvme_controller_id: _Optional[int] = ..., trtype: _Optional[_Union[_opicommon_pb2.NvmeTransportType, str]] = ..., pcie_id: _Optional[_Union[_opicommon_pb2.PciEndpoint, _Mapping]] = ..., fabrics_id: _Optional[_Union[_opicommon_pb2.FabricsEndpoint, _Mapping]] = ..., max_nsq: _Optional[int] = ..., max_ncq: _Optional[int] = ..., sqes: _Optional[int] = ..., cqes: _Optional[int] = ..., max_namespaces: _Optional[int] = ..., min_limit: _Optional[_Union[_opicommon_pb2.QosLimit, _Mapping]] = ..., max_limit: _Optional[_Union[_opicommon_pb2.QosLimit, _Mapping]] = ...) -> None: ...

class NvmeControllerStatus(_message.Message):
    __slots__ = ("active",)
    ACTIVE_FIELD_NUMBER: _ClassVar[int]
    active: bool
    def __init__(self, active: _Optional[bool] = ...) -> None: ...

class NvmeNamespace(_message.Message):
    __slots__ = ("name", "spec", "status")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    name: str
    spec: NvmeNamespaceSpec
    status: NvmeNamespaceStatus
    def __init__(self, name: _Optional[str] = ..., spec: _Optional[_Union[NvmeNamespaceSpec, _Mapping]] = ..., status: _Optional[_Union[NvmeNamespaceStatus, _Mapping]] = ...) -> None: ...

class NvmeNamespaceSpec(_message.Message):
    __slots__ = ("host_nsid", "nguid", "eui64", "uuid", "volume_name_ref")
    HOST_NSID_FIELD_NUMBER: _ClassVar[int]
    NGUID_FIELD_NUMBER: _ClassVar[int]
    EUI64_FIELD_NUMBER: _ClassVar[int]
    UUID_FIELD_NUMBER: _ClassVar[int]
    VOLUME_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    host_nsid: int
    nguid: str
    eui64: int
    uuid: str
    volume_name_ref: str
    def __init__(self, host_nsid: _Optional[int] = ..., nguid: _Optional[str] = ..., eui64: _Optional[int] = ..., uuid: _Optional[str] = ..., volume_name_ref: _Optional[str] = ...) -> None: ...

class NvmeNamespaceStatus(_message.Message):
    __slots__ = ("state", "oper_state")
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[NvmeNamespaceStatus.State]
        STATE_DISABLED: _ClassVar[NvmeNamespaceStatus.State]
        STATE_ENABLED: _ClassVar[NvmeNamespaceStatus.State]
        STATE_DELETING: _ClassVar[NvmeNamespaceStatus.State]
    STATE_UNSPECIFIED: NvmeNamespaceStatus.State
    STATE_DISABLED: NvmeNamespaceStatus.State
    STATE_ENABLED: NvmeNamespaceStatus.State
    STATE_DELETING: NvmeNamespaceStatus.State
    class OperState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        OPER_STATE_UNSPECIFIED: _ClassVar[NvmeNamespaceStatus.OperState]
        OPER_STATE_ONLINE: _ClassVar[NvmeNamespaceStatus.OperState]
        OPER_STATE_OFFLINE: _ClassVar[NvmeNamespaceStatus.OperState]
    OPER_STATE_UNSPECIFIED: NvmeNamespaceStatus.OperState
    OPER_STATE_ONLINE: NvmeNamespaceStatus.OperState
    OPER_STATE_OFFLINE: NvmeNamespaceStatus.OperState
    STATE_FIELD_NUMBER: _ClassVar[int]
    OPER_STATE_FIELD_NUMBER: _ClassVar[int]
    state: NvmeNamespaceStatus.State
    oper_state: NvmeNamespaceStatus.OperState
    def __init__(self, state: _Optional[_Union[NvmeNamespaceStatus.State, str]] = ..., oper_state: _Optional[_Union[NvmeNamespaceStatus.OperState, str]] = ...) -> None: ...

class CreateNvmeSubsystemRequest(_message.Message):
    __slots__ = ("nvme_subsystem", "nvme_subsystem_id")
    NVME_SUBSYSTEM_FIELD_NUMBER: _ClassVar[int]
    NVME_SUBSYSTEM_ID_FIELD_NUMBER: _ClassVar[int]
    nvme_subsystem: NvmeSubsystem
    nvme_subsystem_id: str
    def __init__(self, nvme_subsystem: _Optional[_Union[NvmeSubsystem, _Mapping]] = ..., nvme_subsystem_id: _Optional[str] = ...) -> None: ...

class DeleteNvmeSubsystemRequest(_message.Message):
    __slots__ = ("name", "allow_missing")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    name: str
    allow_missing: bool
    def __init__(self, name: _Optional[str] = ..., allow_missing: _Optional[bool] = ...) -> None: ...

class UpdateNvmeSubsystemRequest(_message.Message):
    __slots__ = ("nvme_subsystem", "update_mask", "allow_missing")
    NVME_SUBSYSTEM_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    nvme_subsystem: NvmeSubsystem
    update_mask: _field_mask_pb2.FieldMask
    allow_missing: bool
    def __init__(self, nvme_subsystem: _Optional[_Union[NvmeSubsystem, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., allow_missing: _Optional[bool] = ...) -> None: ...

class ListNvmeSubsystemsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListNvmeSubsystemsResponse(_message.Message):
    __slots__ = ("nvme_subsystems", "next_page_token")
    NVME_SUBSYSTEMS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    nvme_subsystems: _containers.RepeatedCompositeFieldContainer[NvmeSubsystem]
    next_page_token: str
    def __init__(self, nvme_subsystems: _Optional[_Iterable[_Union[NvmeSubsystem, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetNvmeSubsystemRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class StatsNvmeSubsystemRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class StatsNvmeSubsystemResponse(_message.Message):
    __slots__ = ("stats",)
    STATS_FIELD_NUMBER: _ClassVar[int]
    stats: _opicommon_pb2.VolumeStats
    def __init__(self, stats: _Optional[_Union[_opicommon_pb2.VolumeStats, _Mapping]] = ...) -> None: ...

class CreateNvmeControllerRequest(_message.Message):
    __slots__ = ("parent", "nvme_controller", "nvme_controller_id")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    NVME_CONTROLLER_FIELD_NUMBER: _ClassVar[int]
    NVME_CONTROLLER_ID_FIELD_NUMBER: _ClassVar[int]
    parent: str
    nvme_controller: NvmeController
    nvme_controller_id: str
    def __init__(self, parent: _Optional[str] = ..., nvme_controller: _Optional[_Union[NvmeController, _Mapping]] = ..., nvme_controller_id: _Optional[str] = ...) -> None: ...

class DeleteNvmeControllerRequest(_message.Message):
    __slots__ = ("name", "allow_missing")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    name: str
    allow_missing: bool
    def __init__(self, name: _Optional[str] = ..., allow_missing: _Optional[bool] = ...) -> None: ...

class UpdateNvmeControllerRequest(_message.Message):
    __slots__ = ("nvme_controller", "update_mask", "allow_missing")
    NVME_CONTROLLER_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    nvme_controller: NvmeController
    update_mask: _field_mask_pb2.FieldMask
    allow_missing: bool
    def __init__(self, nvme_controller: _Optional[_Union[NvmeController, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., allow_missing: _Optional[bool] = ...) -> None: ...

class ListNvmeControllersRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListNvmeControllersResponse(_message.Message):
    __slots__ = ("nvme_controllers", "next_page_token")
    NVME_CONTROLLERS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    nvme_controllers: _containers.RepeatedCompositeFieldContainer[NvmeController]
    next_page_token: str
    def __init__(self, nvme_controllers: _Optional[_Iterable[_Union[NvmeController, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetNvmeControllerRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class StatsNvmeControllerRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class StatsNvmeControllerResponse(_message.Message):
    __slots__ = ("stats",)
    STATS_FIELD_NUMBER: _ClassVar[int]
    stats: _opicommon_pb2.VolumeStats
    def __init__(self, stats: _Optional[_Union[_opicommon_pb2.VolumeStats, _Mapping]] = ...) -> None: ...

class CreateNvmeNamespaceRequest(_message.Message):
    __slots__ = ("parent", "nvme_namespace", "nvme_namespace_id")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    NVME_NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    NVME_NAMESPACE_ID_FIELD_NUMBER: _ClassVar[int]
    parent: str
    nvme_namespace: NvmeNamespace
    nvme_namespace_id: str
    def __init__(self, parent: _Optional[str] = ..., nvme_namespace: _Optional[_Union[NvmeNamespace, _Mapping]] = ..., nvme_namespace_id: _Optional[str] = ...) -> None: ...

class DeleteNvmeNamespaceRequest(_message.Message):
    __slots__ = ("name", "allow_missing")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    name: str
    allow_missing: bool
    def __init__(self, name: _Optional[str] = ..., allow_missing: _Optional[bool] = ...) -> None: ...

class UpdateNvmeNamespaceRequest(_message.Message):
    __slots__ = ("nvme_namespace", "update_mask", "allow_missing")
    NVME_NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    nvme_namespace: NvmeNamespace
    update_mask: _field_mask_pb2.FieldMask
    allow_missing: bool
    def __init__(self, nvme_namespace: _Optional[_Union[NvmeNamespace, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., allow_missing: _Optional[bool] = ...) -> None: ...

class ListNvmeNamespacesRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListNvmeNamespacesResponse(_message.Message):
    __slots__ = ("nvme_namespaces", "next_page_token")
    NVME_NAMESPACES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    nvme_namespaces: _containers.RepeatedCompositeFieldContainer[NvmeNamespace]
    next_page_token: str
    def __init__(self, nvme_namespaces: _Optional[_Iterable[_Union[NvmeNamespace, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetNvmeNamespaceRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class StatsNvmeNamespaceRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class StatsNvmeNamespaceResponse(_message.Message):
    __slots__ = ("stats",)
    STATS_FIELD_NUMBER: _ClassVar[int]
    stats: _opicommon_pb2.VolumeStats
    def __init__(self, stats: _Optional[_Union[_opicommon_pb2.VolumeStats, _Mapping]] = ...) -> None: ...
