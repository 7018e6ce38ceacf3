"""Vhost-user: block devices as virtio-blk and virtio-scsi devices of virtual machines."""
