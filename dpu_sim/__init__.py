"""The simulated DPU: opid, its services, and its stand-in for SPDK."""

import os

# gRPC's C library writes lines of its own among ours, which are JSON. It reads this when it is
# imported, and everything of opid is imported after this package.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
