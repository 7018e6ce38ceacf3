"""NVMe over TCP without input or output: PDUs, commands, and both ends of a connection.

Nothing here opens a socket or looks at a clock. Bytes go in, events come out, and bytes to send
come back; docs/nvmetcp.md shows how.
"""
