"""Set-up of a bare machine: environment, container engine, images. Standard library only."""
