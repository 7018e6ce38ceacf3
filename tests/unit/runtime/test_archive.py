"""Files in and out of containers travel as tar archives."""

from __future__ import annotations

import io
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.errors import LabError
from lab.runtime.archive import pack, unpack


@settings(max_examples=50)
@given(st.binary(max_size=2000), st.sampled_from([0o600, 0o644, 0o755]))
def test_a_file_comes_out_as_it_went_in(data: bytes, mode: int) -> None:
    archive = pack(data, "/etc/dpulab/card.json", mode)
    assert unpack(archive, "card.json") == data
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        (member,) = tar.getmembers()
        assert (member.name, member.mode) == ("etc/dpulab/card.json", mode)


@pytest.mark.parametrize("kind", [tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.CHRTYPE])
def test_what_is_no_file_is_refused(kind: bytes) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        info = tarfile.TarInfo("etc")
        info.type = kind
        tar.addfile(info)
    with pytest.raises(LabError, match="/etc is not a regular file"):
        unpack(buffer.getvalue(), "/etc")
