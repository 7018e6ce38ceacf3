"""Tagged test traffic: build it, send it, say what arrived. Runs as its own process in a node.

    python -m traffic receive --tag HEX --expect N --interface IF     first; wait for "armed"
    python -m traffic send --to ADDRESS --proto udp --tag HEX --count N

Every packet carries the run's tag, its number and a CRC (`traffic.payload`), so a receiver anywhere
on the path can tell ours from other frames, and lost from late, doubled or damaged.

Licence: scapy, which `traffic.builder` imports, is GPL-2.0-only. It is used in this package alone,
and this package is reached only as a separate process; nothing else of the lab imports either.
`receive` does not load scapy at all.
"""
