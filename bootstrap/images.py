"""The project's images: which there are, what each is made from, and building what changed."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bootstrap.base_image import NAME as DEBIAN
from bootstrap.base_image import ensure_base_image
from bootstrap.console import BUILD, LOGS, ROOT, Step
from bootstrap.docker_client import (
    Builder,
    choose_builder,
    docker,
    find_clients,
    inspect_images,
)
from bootstrap.inputs import digest, folder_digest, read_pyproject, source_files
from bootstrap.process import probe, run_logged
from bootstrap.wheelhouse import ensure_wheelhouse

RECIPE = "1"
"""Counts changes in how this module builds that the inputs' hash would not see."""
INPUTS_LABEL = "dpulab.inputs"
PARALLEL_BUILDS = 2
PROXY_VARIABLES = ("http_proxy", "https_proxy", "no_proxy")


@dataclass(frozen=True, slots=True)
class Image:
    """An image: its folder below images/, its parent, the packages copied in, its lock file."""

    name: str
    parent: str = "base"
    sources: tuple[str, ...] = ()
    lock: str = ""

    @property
    def tag(self) -> str:
        """The name that topologies use."""
        return f"dpulab/{self.name}:latest"

    @property
    def folder(self) -> Path:
        """Where its Dockerfile is."""
        return ROOT / "images" / self.name

    @property
    def lock_path(self) -> Path | None:
        """Its lock file, if it carries Python packages."""
        return ROOT / "requirements" / self.lock if self.lock else None


IMAGES = (
    Image("base", parent=""),
    Image("host", sources=("traffic", "nvmetcp", "nbd_server", "host_sim"), lock="host.txt"),
    Image("router"),
    Image("dpu", sources=("dpu_sim", "host_sim", "nbd_server", "nvmetcp", "opi"), lock="dpu.txt"),
    Image("storage", parent="dpu"),
    Image("tgen", parent="host"),
)
TOOLCHAIN = Image("toolchain", parent="")
"""Compilers of the bindings: about 1 GB that no lab needs, built by `make proto` and its tests."""


def inputs_of(image: Image, parent_id: str) -> str:
    """Hash everything that the image is made from."""
    lock = image.lock_path.read_bytes() if image.lock_path else b""
    folders = [folder_digest(ROOT / name) for name in image.sources]
    return digest([RECIPE, parent_id, folder_digest(image.folder), lock, *folders])


def stale_images(images: Sequence[Image], debian_id: str) -> list[Image]:
    """Return the images that are missing or made from other inputs, parents first."""
    present = inspect_images([image.tag for image in images])
    ids = {image.name: str(present.get(image.tag, {}).get("Id", "")) for image in images}
    stale: list[Image] = []
    for image in images:
        parent_stale = any(other.name == image.parent for other in stale)
        parent_id = ids[image.parent] if image.parent else debian_id
        label = _label(present.get(image.tag), INPUTS_LABEL)
        if parent_stale or label != inputs_of(image, parent_id):
            stale.append(image)
    return stale


def _label(inspected: dict[str, Any] | None, name: str) -> str:
    labels = (inspected or {}).get("Config", {}).get("Labels") or {}
    return str(labels.get(name, ""))


def ensure_images(images: Sequence[Image] = IMAGES) -> None:
    """Build what is missing or changed, two at a time. Raises BootstrapError with the log's end."""
    debian_id = ensure_base_image()
    stale = stale_images(images, debian_id)
    if not stale:
        return
    builder = choose_builder(find_clients())
    summary = Step("images")
    summary.line(f"building {', '.join(image.name for image in stale)} with {builder.label}")
    build_in_order(stale, lambda image: build(image, builder))
    summary.line("done")


def build_in_order(images: Sequence[Image], action: Callable[[Image], None]) -> None:
    """Run `action` on every image after its parent, independent ones in parallel.

    The first failure is raised after the builds under way have ended; no further one begins.
    """
    waiting = list(images)
    running: dict[Future[None], Image] = {}
    with ThreadPoolExecutor(PARALLEL_BUILDS) as pool:
        while waiting or running:
            unfinished = {image.name for image in [*waiting, *running.values()]}
            ready = [image for image in waiting if image.parent not in unfinished]
            for image in ready[: PARALLEL_BUILDS - len(running)]:
                waiting.remove(image)
                running[pool.submit(action, image)] = image
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                del running[future]
                future.result()


def build(image: Image, builder: Builder) -> None:
    """Assemble the context and build one image, tagged `latest` and with the version."""
    current = Step(f"image {image.name}")
    current.line("assembling")
    context = assemble(image, current)
    parent = f"dpulab/{image.parent}:latest" if image.parent else DEBIAN
    before = inspect_images([parent, image.tag])
    parent_id = str(before[parent]["Id"])
    command = build_command(image, builder, context, inputs_of(image, parent_id))
    run_logged(
        command, LOGS / f"image-{image.name}.log", current, env=builder.env, milestone=build_step
    )
    _drop_replaced(image, before.get(image.tag))
    current.line(f"done, {_megabytes(image)} MB")


def assemble(image: Image, current: Step) -> Path:
    """Fill build/context/<image> with what the Dockerfile copies, and nothing else."""
    context = BUILD / "context" / image.name
    shutil.rmtree(context, ignore_errors=True)
    context.mkdir(parents=True)
    _copy(image.folder, context)
    for name in image.sources:
        _copy(ROOT / name, context / name)
    if image.lock_path:
        shutil.copy(image.lock_path, context / "requirements.txt")
        wheels = context / "wheels"
        wheels.mkdir()
        for wheel in ensure_wheelhouse(image.lock_path, current).glob("*.whl"):
            shutil.copy(wheel, wheels)
    return context


def _copy(source: Path, target: Path) -> None:
    for path in source_files(source):
        goal = target / path.relative_to(source)
        goal.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, goal, follow_symlinks=False)


def build_command(image: Image, builder: Builder, context: Path, inputs: str) -> list[str]:
    """Return the docker command line; labels say what the image is and what it came from."""
    project = read_pyproject()["project"]
    labels = {
        "org.opencontainers.image.title": f"dpulab {image.name}",
        "org.opencontainers.image.version": project["version"],
        "org.opencontainers.image.revision": revision(),
        "org.opencontainers.image.licenses": project["license"],
        "dpulab.image": "1",
        INPUTS_LABEL: inputs,
    }
    command = [builder.path, "build", "--tag", image.tag]
    command += ["--tag", f"dpulab/{image.name}:{project['version']}"]
    for key, value in labels.items():
        command += ["--label", f"{key}={value}"]
    for name in PROXY_VARIABLES:
        command += ["--build-arg", name, "--build-arg", name.upper()]
    return [*command, str(context)]


def revision() -> str:
    """Return the git revision that is built, marked when the tree has changes; '' without git."""
    found = probe(["git", "-C", str(ROOT), "rev-parse", "HEAD"])
    changed = probe(["git", "-C", str(ROOT), "status", "--porcelain"]).stdout.strip()
    return found.stdout.strip() + ("-dirty" if changed else "") if found.code == 0 else ""


def build_step(line: str) -> str | None:
    """Return the line when it begins a build step of either builder, shortened."""
    match = re.match(r"(?:Step|#\d+) (\d+/\d+ : .*|\[[^]]*\d+/\d+\] .*)", line)
    return match.group(1)[:100] if match else None


def _drop_replaced(image: Image, old: dict[str, Any] | None) -> None:
    """Remove the image that lost its name to the new one; one that a container uses stays."""
    if old and old["Id"] != inspect_images([image.tag])[image.tag]["Id"]:
        docker("image", "rm", str(old["Id"]))


def _megabytes(image: Image) -> int:
    return round(int(inspect_images([image.tag])[image.tag]["Size"]) / 1_000_000)
