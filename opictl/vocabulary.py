"""The words of the command line: areas, short nouns, and where odd methods belong.

Plain data: the first help page and completion of the first word load nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Area:
    """One group of nouns.

    Attributes:
        packages: proto packages that belong to it.
        redundant: first word of a kind's name that the noun leaves out, where that is clear.
    """

    name: str
    help: str
    packages: tuple[str, ...]
    redundant: str = ""


AREAS = {
    area.name: area
    for area in (
        Area(
            "storage",
            "NVMe subsystems, controllers, namespaces; volumes; virtio; remote NVMe.",
            ("opi_api.storage.v1",),
            redundant="nvme",
        ),
        Area(
            "evpn",
            "EVPN gateway: logical bridges, bridge ports, VRFs, SVIs.",
            ("opi_api.network.evpn_gw.v1alpha1",),
        ),
        Area(
            "cloud",
            "Cloud networking: VPCs, subnets, VNICs, routes, security policies, BGP, OSPF.",
            ("opi_api.network.cloud.v1alpha1",),
        ),
        Area(
            "ipsec",
            "IPsec: IKE peers and connections, SAs, policies; the older tunnel calls.",
            ("opi_api.security.v1alpha1", "opi_api.security.v1"),
            redundant="ipsec",
        ),
        Area(
            "netif",
            "Network interfaces of the DPU.",
            ("opi_api.network.opinetcommon.v1alpha1",),
            redundant="net",
        ),
        Area("inventory", "What the card is made of.", ("opi_api.inventory.v1",)),
        Area("lifecycle", "Devices, virtual functions, heartbeat.", ("opi_api.lifecycle.v1",)),
        Area("offload", "Offloaded firewall sessions.", ("openoffload.v2",)),
        Area("tunnel", "Offloaded IP tunnels: IPsec, Geneve, NAT.", ("tunneloffload.v2",)),
    )
}

TOGETHER = {
    "storage": {
        "volume": ("opictl.storage.volumes", "Volumes as a whole: blocks, encryption, limits."),
        "expose": ("opictl.storage.expose", "Give a host a volume over NVMe/TCP."),
        "unexpose": ("opictl.storage.expose", "Take a volume back from the host."),
        "attach-remote": ("opictl.storage.remote", "Use the volumes of a remote NVMe target."),
        "detach-remote": ("opictl.storage.remote", "Let go of a remote NVMe target."),
        "stats": ("opictl.storage.rates", "Show what goes through volumes and namespaces."),
        "tree": ("opictl.storage.tree", "Show what hosts are given, and what it is made of."),
    }
}
"""By area: commands that work on several kinds of resources, the module of each, what it does."""

FIREWALL = {
    "policy": ("cloud", "security-policy"),
    "rule": ("cloud", "security-rule"),
    "profile": ("cloud", "security-profile"),
    "session": ("offload", "session"),
}
"""What makes up a firewall, gathered from the areas where it is defined: noun -> (area, noun)."""

FIREWALL_HELP = "Firewall: policies, their rules, profiles, and offloaded sessions."

PLACES = {
    "openoffload.v2.SessionTable/AddSession": ("session", "add"),
    "openoffload.v2.SessionTable/GetSession": ("session", "get"),
    "openoffload.v2.SessionTable/DeleteSession": ("session", "delete"),
    "openoffload.v2.SessionTable/GetAllSessions": ("session", "list"),
    "openoffload.v2.SessionTable/GetClosedSessions": ("session", "closed"),
    "opi_api.inventory.v1.InventoryService/GetInventory": ("", "get"),
    "opi_api.lifecycle.v1.DeviceService/GetDevices": ("device", "list"),
    "opi_api.lifecycle.v1.DeviceService/SetNumVfs": ("vf", "set"),
    "opi_api.lifecycle.v1.HeartbeatService/Ping": ("", "ping"),
    "opi_api.lifecycle.v1.LifeCycleService/Init": ("", "init"),
    "opi_api.network.cloud.v1alpha1.CloudInfraService/GetDeviceCapabilities": (
        "device",
        "capabilities",
    ),
    "opi_api.security.v1alpha1.IkeConnectionService/StatsIkeConnections": (
        "ike-connection",
        "stats",
    ),
    "tunneloffload.v2.IpTunnelService/Capabilities": ("", "capabilities"),
    "tunneloffload.v2.IpTunnelService/CreateIpTunnel": ("ip-tunnel", "create"),
    "tunneloffload.v2.IpTunnelService/GetIpTunnel": ("ip-tunnel", "get"),
    "tunneloffload.v2.IpTunnelService/GetIpTunnelStats": ("ip-tunnel", "stats"),
    "tunneloffload.v2.IpTunnelService/GetAllIpTunnels": ("ip-tunnel", "list"),
    "tunneloffload.v2.IpTunnelService/GetAllIpTunnelsStats": ("ip-tunnel", "list-stats"),
}
"""Noun ('' for the area itself) and verb of methods that are not standard methods."""

SHORT = {
    "sub": "subsystem",
    "ctrl": "controller",
    "ns": "namespace",
    "malloc": "malloc-volume",
    "null": "null-volume",
    "aio": "aio-volume",
    "qos": "qos-volume",
    "encrypted": "encrypted-volume",
    "lb": "logical-bridge",
    "bp": "bridge-port",
    "peer": "ike-peer",
    "connection": "ike-connection",
    "if": "interface",
}
"""Nouns for people in a hurry."""

FLAGS = {
    "BridgePort": {
        "spec.logical_bridges": "bridges",
        "spec.mac_address": "mac",
        "spec.ptype": "type",
    },
    "LogicalBridge": {"spec.vlan_id": "vlan", "spec.vtep_ip_prefix": "vtep"},
    "Svi": {
        "spec.gw_ip_prefix": "gateway",
        "spec.logical_bridge": "bridge",
        "spec.mac_address": "mac",
    },
    "Vrf": {"spec.loopback_ip_prefix": "loopback", "spec.vtep_ip_prefix": "vtep"},
    "SecurityPolicy": {"spec.default_security_action": "default-action"},
    "SecurityProfile": {"spec.default_firewall_action": "default-action"},
    "SecurityRule": {
        "spec.security_policy_name_ref": "policy",
        "spec.attrs.match.l3_match.proto_num": "protocol",
        "spec.attrs.match.l3_match.src_prefix": "from",
        "spec.attrs.match.l3_match.dst_prefix": "to",
        "spec.attrs.match.l4_match.ports.src_port_range": "source-port",
        "spec.attrs.match.l4_match.ports.dst_port_range": "port",
    },
    "IpsecPolicy": {
        "config.traffic_selector.inner_protocol": "protocol",
        "config.processing.sa_config.protocol": "sa-protocol",
    },
    "IpsecSa": {"config.traffic_selector.inner_protocol": "inner-protocol"},
}
"""Flags with names chosen by hand: message -> field -> flag. The derived names work as well."""

NOUN_HELP = {
    "device": "Devices of the card, as its lifecycle service counts them.",
    "ip-tunnel": "Rules that put packets into tunnels and take them out.",
    "session": "Sessions that the card forwards or drops by itself.",
    "vf": "Virtual functions of the card.",
}
"""What nouns without a resource of their own are."""
