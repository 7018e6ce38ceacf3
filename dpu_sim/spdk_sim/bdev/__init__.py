"""Block devices of the SPDK stand-in: an asynchronous interface, and the modules behind it.

`device` is what a module implements, `bdev` what a user opens, `registry` finds one by name.
"""
