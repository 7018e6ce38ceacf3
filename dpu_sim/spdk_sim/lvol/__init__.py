"""Logical volumes: named parts of a block device, with snapshots and clones, kept on the device."""
