"""Single files in and out of tar archives, which is how the daemon moves files."""

from __future__ import annotations

import io
import tarfile
import time
from pathlib import PurePosixPath

from lab.errors import LabError


def pack(data: bytes, path: str, mode: int) -> bytes:
    """A tar with one file; whoever unpacks it makes the folders above."""
    buffer = io.BytesIO()
    target = PurePosixPath(path.lstrip("/"))
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        info = tarfile.TarInfo(str(target))
        info.size = len(data)
        info.mode = mode
        info.mtime = int(time.time())
        tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def unpack(archive: bytes, path: str) -> bytes:
    """The content of the one file in an archive. Raises LabError where it is a folder or link."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for member in tar.getmembers():
            content = tar.extractfile(member) if member.isfile() else None
            if content is not None:
                return content.read()
    raise LabError(f"{path} is not a regular file")
