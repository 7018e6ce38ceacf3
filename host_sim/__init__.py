"""An NVMe/TCP host: initiator with multipath, its command line, and block devices for a host."""
