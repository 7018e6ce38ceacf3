# mypy: ignore-errors
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class TpidTypes(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TPID_TYPES_UNSPECIFIED: _ClassVar[TpidTypes]
    TPID_TYPES_0X8100: _ClassVar[TpidTypes]
    TPID_TYPES_0X88A8: _ClassVar[TpidTypes]
    TPID_TYPES_0X9100: _ClassVar[TpidTypes]
    TPID_TYPES_0X9200: _ClassVar[TpidTypes]
    TPID_TYPES_ANY: _ClassVar[TpidTypes]

class VlanStackAction(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    VLAN_STACK_ACTION_UNSPECIFIED: _ClassVar[VlanStackAction]
    VLAN_STACK_ACTION_PUSH: _ClassVar[VlanStackAction]
    VLAN_STACK_ACTION_POP: _ClassVar[VlanStackAction]
    VLAN_STACK_ACTION_SWAP: _ClassVar[VlanStackAction]

class VlanIfMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    VLAN_IF_MODE_UNSPECIFIED: _ClassVar[VlanIfMode]
    VLAN_IF_MODE_ACCESS: _ClassVar[VlanIfMode]
    VLAN_IF_MODE_TRUNK: _ClassVar[VlanIfMode]
TPID_TYPES_UNSPECIFIED: TpidTypes
TPID_TYPES_0X8100: TpidTypes
TPID_TYPES_0X88A8: TpidTypes
TPID_TYPES_0X9100: TpidTypes
TPID_TYPES_0X9200: TpidTypes
TPID_TYPES_ANY: TpidTypes
VLAN_STACK_ACTION_UNSPECIFIED: VlanStackAction
VLAN_STACK_ACTION_PUSH: VlanStackAction
VLAN_STACK_ACTION_POP: VlanStackAction
VLAN_STACK_ACTION_SWAP: VlanStackAction
VLAN_IF_MODE_UNSPECIFIED: VlanIfMode
VLAN_IF_MODE_ACCESS: VlanIfMode
VLAN_IF_MODE_TRUNK: VlanIfMode

class SwitchedVlanSetting(_message.Message):
    __slots__ = ("vlan_interface_mode", "native_vlan", "access_vlan", "trunk_vlans")
    VLAN_INTERFACE_MODE_FIELD_NUMBER: _ClassVar[int]
    NATIVE_VLAN_FIELD_NUMBER: _ClassVar[int]
    ACCESS_VLAN_FIELD_NUMBER: _ClassVar[int]
    TRUNK_VLANS_FIELD_NUMBER: _ClassVar[int]
    vlan_interface_mode: VlanIfMode
    native_vlan: int
    access_vlan: int
    trunk_vlans: str
    def __init__(self, vlan_interface_mode: _Optional[_Union[VlanIfMode, str]] = ..., native_vlan: _Optional[int] = ..., access_vlan: _Optional[int] = ..., trunk_vlans: _Optional[str] = ...) -> None: ...

class VlanSwitchedIf(_message.Message):
    __slots__ = ("config", "state")
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    config: SwitchedVlanSetting
    state: SwitchedVlanSetting
    def __init__(self, config: _Optional[_Union[SwitchedVlanSetting, _Mapping]] = ..., state: _Optional[_Union[SwitchedVlanSetting, _Mapping]] = ...) -> None: ...

class VlanIngressEgressSetting(_message.Message):
    __slots__ = ("vlanstackaction", "vlan_id", "tpid")
    VLANSTACKACTION_FIELD_NUMBER: _ClassVar[int]
    VLAN_ID_FIELD_NUMBER: _ClassVar[int]
    TPID_FIELD_NUMBER: _ClassVar[int]
    vlanstackaction: VlanStackAction
    vlan_id: int
    tpid: TpidTypes
    def __init__(self, vlanstackaction: _Optional[_Union[VlanStackAction, str]] = ..., vlan_id: _Optional[int] = ..., tpid: _Optional[_Union[TpidTypes, str]] = ...) -> None: ...

class VlanIf(_message.Message):
    __slots__ = ("match", "ingressmapping", "egressmapping")
    class VlanMatch(_message.Message):
        __slots__ = ("singletagged", "singletaggedlist")
        class SingleTagged(_message.Message):
            __slots__ = ("config", "state")
            class SingleTagConfig(_message.Message):
                __slots__ = ("vlan_id",)
                VLAN_ID_FIELD_NUMBER: _ClassVar[int]
                vlan_id: int
                def __init__(self, vlan_id: _Optional[int] = ...) -> None: ...
            class SingleTagState(_message.Message):
                __slots__ = ("vlan_id",)
                VLAN_ID_FIELD_NUMBER: _ClassVar[int]
                vlan_id: int
                def __init__(self, vlan_id: _Optional[int] = ...) -> None: ...
            CONFIG_FIELD_NUMBER: _ClassVar[int]
            STATE_FIELD_NUMBER: _ClassVar[int]
            config: VlanIf.VlanMatch.SingleTagged.SingleTagConfig
            state: VlanIf.VlanMatch.SingleTagged.SingleTagState
            def __init__(self, config: _Optional[_Union[VlanIf.VlanMatch.SingleTagged.SingleTagConfig, _Mapping]] = ..., state: _Optional[_Union[VlanIf.VlanMatch.SingleTagged.SingleTagState, _Mapping]] = ...) -> None: ...
        class SingleTaggedList(_message.Message):
            __slots__ = ("config", "status")
            class TagListConfig(_message.Message):
                __slots__ = ("vlan_id",)
                VLAN_ID_FIELD_NUMBER: _ClassVar[int]
                vlan_id: _containers.RepeatedScalarFieldContainer[int]
                def __init__(self, vlan_id: _Optional[_Iterable[int]] = ...) -> None: ...
            class TagListStatus(_message.Message):
                __slots__ = ("vlanid",)
                VLANID_FIELD_NUMBER: _ClassVar[int]
                vlanid: _containers.RepeatedScalarFieldContainer[int]
                def __init__(self, vlanid: _Optional[_Iterable[int]] = ...) -> None: ...
            CONFIG_FIELD_NUMBER: _ClassVar[int]
            STATUS_FIELD_NUMBER: _ClassVar[int]
            config: VlanIf.VlanMatch.SingleTaggedList.TagListConfig
            status: VlanIf.VlanMatch.SingleTaggedList.TagListStatus
            def __init__(self, config: _Optional[_Union[VlanIf.VlanMatch.SingleTaggedList.TagListConfig, _Mapping]] = ..., status: _Optional[_Union[VlanIf.VlanMatch.SingleTaggedList.TagListStatus, _Mapping]] = ...) -> None: ...
        SINGLETAGGED_FIELD_NUMBER: _ClassVar[int]
        SINGLETAGGEDLIST_FIELD_NUMBER: _ClassVar[int]
        singletagged: VlanIf.VlanMatch.SingleTagged
        singletaggedlist: VlanIf.VlanMatch.SingleTaggedList
        def __init__(self, singletagged: _Optional[_Union[VlanIf.VlanMatch.SingleTagged, _Mapping]] = ..., singletaggedlist: _Optional[_Union[VlanIf.VlanMatch.SingleTaggedList, _Mapping]] = ...) -> None: ...
    class VlanIngressMapping(_message.Message):
        __slots__ = ("config", "state")
        CONFIG_FIELD_NUMBER: _ClassVar[int]
        STATE_FIELD_NUMBER: _ClassVar[int]
        config: VlanIngressEgressSetting
        state: VlanIngressEgressSetting
        def __init__(self, config: _Optional[_Union[VlanIngressEgressSetting, _Mapping]] = ..., state: _Optional[_Union[VlanIngressEgressSetting, _Mapping]] = ...) -> None: ...
    class VlanEgressMapping(_message.Message):
        __slots__ = ("config", "state")
        CONFIG_FIELD_NUMBER: _ClassVar[int]
        STATE_FIELD_NUMBER: _ClassVar[int]
        config: VlanIngressEgressSetting
        state: VlanIngressEgressSetting
        def __init__(self, config: _Optional[_Union[VlanIngressEgressSetting, _Mapping]] = ..., state: _Optional[_Union[VlanIngressEgressSetting, _Mapping]] = ...) -> None: ...
    MATCH_FIELD_NUMBER: _ClassVar[int]
    INGRESSMAPPING_FIELD_NUMBER: _ClassVar[int]
    EGRESSMAPPING_FIELD_NUMBER: _ClassVar[int]
    match: VlanIf.VlanMatch
    ingressmapping: VlanIf.VlanIngressMapping
    egressmapping: VlanIf.VlanEgressMapping
    def __init__(self, match: _Optional[_Union[VlanIf.VlanMatch, _Mapping]] = ..., ingressmapping: _Optional[_Union[VlanIf.VlanIngressMapping, _Mapping]] = ..., egressmapping: _Optional[_Union[VlanIf.VlanEgressMapping, _Mapping]] = ...) -> None: ...
