# mypy: ignore-errors
from google.api import annotations_pb2 as _annotations_pb2
from google.api import client_pb2 as _client_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class BIOSInfo(_message.Message):
    __slots__ = ("vendor", "version", "date")
    VENDOR_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    DATE_FIELD_NUMBER: _ClassVar[int]
    vendor: str
    version: str
    date: str
    def __init__(self, vendor: _Optional[str] = ..., version: _Optional[str] = ..., date: _Optional[str] = ...) -> None: ...

class SystemInfo(_message.Message):
    __slots__ = ("family", "name", "vendor", "serial_number", "uuid", "sku", "version")
    FAMILY_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    VENDOR_FIELD_NUMBER: _ClassVar[int]
    SERIAL_NUMBER_FIELD_NUMBER: _ClassVar[int]
    UUID_FIELD_NUMBER: _ClassVar[int]
    SKU_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    family: str
    name: str
    vendor: str
    serial_number: str
    uuid: str
    sku: str
    version: str
    def __init__(self, family: _Optional[str] = ..., name: _Optional[str] = ..., vendor: _Optional[str] = ..., serial_number: _Optional[str] = ..., uuid: _Optional[str] = ..., sku: _Optional[str] = ..., version: _Optional[str] = ...) -> None: ...

class ChassisInfo(_message.Message):
    __slots__ = ("asset_tag", "serial_number", "type", "type_description", "vendor", "version")
    ASSET_TAG_FIELD_NUMBER: _ClassVar[int]
    SERIAL_NUMBER_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    TYPE_DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    VENDOR_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    asset_tag: str
    serial_number: str
    type: str
    type_description: str
    vendor: str
    version: str
    def __init__(self, asset_tag: _Optional[str] = ..., serial_number: _Optional[str] = ..., type: _Optional[str] = ..., type_description: _Optional[str] = ..., vendor: _Optional[str] = ..., version: _Optional[str] = ...) -> None: ...

class BaseboardInfo(_message.Message):
    __slots__ = ("asset_tag", "serial_number", "vendor", "version", "product")
    ASSET_TAG_FIELD_NUMBER: _ClassVar[int]
    SERIAL_NUMBER_FIELD_NUMBER: _ClassVar[int]
    VENDOR_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_FIELD_NUMBER: _ClassVar[int]
    asset_tag: str
    serial_number: str
    vendor: str
    version: str
    product: str
    def __init__(self, asset_tag: _Optional[str] = ..., serial_number: _Optional[str] = ..., vendor: _Optional[str] = ..., version: _Optional[str] = ..., product: _Optional[str] = ...) -> None: ...

class CPUInfo(_message.Message):
    __slots__ = ("total_cores", "total_threads")
    TOTAL_CORES_FIELD_NUMBER: _ClassVar[int]
    TOTAL_THREADS_FIELD_NUMBER: _ClassVar[int]
    total_cores: int
    total_threads: int
    def __init__(self, total_cores: _Optional[int] = ..., total_threads: _Optional[int] = ...) -> None: ...

class MemoryInfo(_message.Message):
    __slots__ = ("total_physical_bytes", "total_usable_bytes")
    TOTAL_PHYSICAL_BYTES_FIELD_NUMBER: _ClassVar[int]
    TOTAL_USABLE_BYTES_FIELD_NUMBER: _ClassVar[int]
    total_physical_bytes: int
    total_usable_bytes: int
    def __init__(self, total_physical_bytes: _Optional[int] = ..., total_usable_bytes: _Optional[int] = ...) -> None: ...

class PCIeDeviceInfo(_message.Message):
    __slots__ = ("driver", "address", "vendor", "product", "revision", "subsystem", "subclass")
    DRIVER_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    VENDOR_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    SUBSYSTEM_FIELD_NUMBER: _ClassVar[int]
    CLASS_FIELD_NUMBER: _ClassVar[int]
    SUBCLASS_FIELD_NUMBER: _ClassVar[int]
    driver: str
    address: str
    vendor: str
    product: str
    revision: str
    subsystem: str
    subclass: str
    def __init__(self, driver: _Optional[str] = ..., address: _Optional[str] = ..., vendor: _Optional[str] = ..., product: _Optional[str] = ..., revision: _Optional[str] = ..., subsystem: _Optional[str] = ..., subclass: _Optional[str] = ..., **kwargs) -> None: ...

class GetInventoryRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class Inventory(_message.Message):
    __slots__ = ("bios", "system", "baseboard", "chassis", "processor", "memory", "pci")
    BIOS_FIELD_NUMBER: _ClassVar[int]
    SYSTEM_FIELD_NUMBER: _ClassVar[int]
    BASEBOARD_FIELD_NUMBER: _ClassVar[int]
    CHASSIS_FIELD_NUMBER: _ClassVar[int]
    PROCESSOR_FIELD_NUMBER: _ClassVar[int]
    MEMORY_FIELD_NUMBER: _ClassVar[int]
    PCI_FIELD_NUMBER: _ClassVar[int]
    bios: BIOSInfo
    system: SystemInfo
    baseboard: BaseboardInfo
    chassis: ChassisInfo
    processor: CPUInfo
    memory: MemoryInfo
    pci: _containers.RepeatedCompositeFieldContainer[PCIeDeviceInfo]
    def __init__(self, bios: _Optional[_Union[BIOSInfo, _Mapping]] = ..., system: _Optional[_Union[SystemInfo, _Mapping]] = ..., baseboard: _Optional[_Union[BaseboardInfo, _Mapping]] = ..., chassis: _Optional[_Union[ChassisInfo, _Mapping]] = ..., processor: _Optional[_Union[CPUInfo, _Mapping]] = ..., memory: _Optional[_Union[MemoryInfo, _Mapping]] = ..., pci: _Optional[_Iterable[_Union[PCIeDeviceInfo, _Mapping]]] = ...) -> None: ...
