"""Network block devices (NBD): a server for a host's tools, and what both ends have to say."""
