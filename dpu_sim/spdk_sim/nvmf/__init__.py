"""The NVMe-oF target: subsystems and what they consist of, its JSON-RPC methods, its data path.

`target` and the modules it uses are the model; `rpc_*` change it; the rest serves hosts with it.
"""
