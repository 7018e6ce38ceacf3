"""NVMe/TCP seen from outside: scapy layers, legal and illegal PDUs, and a checker of captures.

    python -m traffic nvmeof check FILE.pcap --json
    python -m traffic nvmeof send --illegal NAME --to ADDRESS:PORT

Nothing here uses `nvmetcp`, so the checker finds its mistakes as it finds anybody's. `nvme` and
`nvme_tcp` are written as scapy's contrib modules are and need nothing of this project but `crc`.

Licence: `nvme`, `nvme_tcp`, `builders` and what imports them use scapy (GPL-2.0-only).
"""
