"""Every image on the machine before the first container is created."""

from __future__ import annotations

from lab.engine.executor import Progress
from lab.errors import LabError
from lab.runtime.docker_engine import Docker
from lab.topology.model import Topology

Images = dict[str, str]
"""Image reference -> id."""


def find_images(docker: Docker, topology: Topology, progress: Progress) -> Images:
    """The images of a topology; those that are not on the machine are pulled. Raises LabError."""
    wanted = sorted({node.image for node in topology.nodes.values() if node.image})
    return {image: docker.image_id(image) or _fetch(docker, image, progress) for image in wanted}


def _fetch(docker: Docker, image: str, progress: Progress) -> str:
    if image.startswith("dpulab/"):
        raise LabError(
            f"image {image} has not been built on this machine", "`make images` builds it"
        )
    progress.say(f"pulling image {image}")
    for status in docker.pull(image):
        if status.startswith(("Pull complete", "Status")):
            progress.say(f"{image}: {status}")
    found = docker.image_id(image)
    if found is None:
        raise LabError(f"image {image} was pulled but is not there")
    return found
