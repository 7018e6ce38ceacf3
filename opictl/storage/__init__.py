"""What takes several resources of the storage API at once: volumes, exposing them, remote NVMe."""
