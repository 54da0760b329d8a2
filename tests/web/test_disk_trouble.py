"""What clients are told when a file cannot be written, and when the last of the disk is kept for captions."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import httpx
import pytest

from assistant.core.errors import DiskLow
from assistant.core.space_reserve import SpaceReserve, Use
from tests.web.fakes import FakeCaptions
from tests.web.serving import serving

FORM = {"file": ("said.wav", b"RIFF" + bytes(200_000))}
ROOM = {"name": "weekly"}


def code_of(answer: httpx.Response) -> tuple[int, str, bool]:
    error = answer.json()["error"]
    return answer.status_code, error["code"], error["retryable"]


class FullFile:
    """A file on a disk without space."""

    def write(self, data: bytes) -> int:
        """Fail."""
        del data
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/secret/path")

    def close(self) -> None:
        """Do nothing."""


def full(path: Path) -> FullFile:
    path.write_bytes(bytes(1000))
    return FullFile()


def no_descriptor(_path: Path) -> FullFile:
    raise OSError(errno.EMFILE, os.strerror(errno.EMFILE), "/secret/path")


@pytest.mark.parametrize(
    ("fault", "reason"), [(full, "the disk is full"), (no_descriptor, "too many files are open")]
)
async def test_an_upload_that_cannot_be_kept_is_refused_for_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Any, reason: str
) -> None:
    """It is answered 503 with a code and a reason, without paths, and nothing of it stays."""
    really_open = Path.open

    def open_(path: Path, mode: str = "r", *rest: Any, **named: Any) -> Any:
        return (
            fault(path)
            if path.name == "recording" and "x" in mode
            else really_open(path, mode, *rest, **named)
        )

    monkeypatch.setattr(Path, "open", open_)
    async with serving(uploads_dir=tmp_path / "uploads") as service:
        answer = await service.http.post("/v1/audio/transcriptions", files=FORM)
    assert code_of(answer) == (503, "store_unavailable", True)
    assert reason in answer.text
    assert "secret" not in answer.text
    assert list((tmp_path / "uploads").iterdir()) == []


async def test_an_upload_without_a_folder_is_refused_for_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same where not even a folder can be made for it."""

    def read_only(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    async with serving(uploads_dir=tmp_path / "uploads") as service:
        monkeypatch.setattr(Path, "mkdir", read_only)
        answer = await service.http.post("/v1/audio/transcriptions", files=FORM)
    assert code_of(answer) == (503, "store_unavailable", True)
    assert "the disk is read-only" in answer.text


async def test_any_other_route_says_so_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that cannot be written is no fault of the service, wherever that happens."""
    fake = FakeCaptions()

    async def failing(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO), "/secret/path")

    monkeypatch.setattr(fake, "create_room", failing)
    async with serving(fake) as service:
        answer = await service.http.post("/v1/rooms", json=ROOM)
    assert code_of(answer) == (503, "store_unavailable", True)
    assert "secret" not in answer.text


async def test_trouble_shows_where_operators_look() -> None:
    """It makes the service not unready: whoever is connected is captioned."""
    async with serving(FakeCaptions(trouble=["Received audio cannot be kept."])) as service:
        answer = await service.http.get("/health/ready")
    assert answer.status_code == 200
    assert answer.json()["problems"] == ["Received audio cannot be kept."]


MIB = 1 << 20


@pytest.mark.parametrize(
    ("free_mib", "refused"),
    [
        (100, []),
        (99, [Use.RECORDING]),
        (49, [Use.RECORDING, Use.DOCUMENT]),
        (24, [Use.RECORDING, Use.DOCUMENT, Use.TRACK]),
    ],
)
def test_recordings_go_without_first(free_mib: int, refused: list[Use]) -> None:
    """New speakers are refused last, and those who speak already are never."""
    reserve = SpaceReserve(100 * MIB, lambda: free_mib * MIB)
    reserve.measure()
    came = []
    for use in Use:
        try:
            reserve.check(use)
        except DiskLow:
            came.append(use)
    assert came == refused
    assert (reserve.problem is None) == (not refused)


def test_without_a_reserve_nothing_is_refused() -> None:
    """Nor where it cannot be measured: writing tells what is wrong with such a disk."""

    def away() -> int:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    for reserve in (SpaceReserve(), SpaceReserve(0, lambda: 0), SpaceReserve(100 * MIB, away)):
        reserve.measure()
        for use in Use:
            reserve.check(use)
        assert reserve.problem is None


async def test_below_the_reserve_recordings_and_then_files_are_refused(tmp_path: Path) -> None:
    """With a code of its own; what is read in place goes on."""
    free = [99 * MIB]
    reserve = SpaceReserve(100 * MIB, lambda: free[0])
    reserve.measure()
    async with serving(FakeCaptions(reserve=reserve), uploads_dir=tmp_path / "uploads") as service:
        await service.http.post("/v1/rooms", json=ROOM)
        answer = await service.http.post("/v1/audio/transcriptions", files=FORM)
        assert code_of(answer) == (503, "disk_low", True)
        assert not (tmp_path / "uploads").exists()
        assert (await service.http.get("/v1/rooms/weekly/transcript?format=docx")).status_code == 200
        free[0] = 40 * MIB
        reserve.measure()
        answer = await service.http.get("/v1/rooms/weekly/transcript?format=docx")
        assert code_of(answer) == (503, "disk_low", True)
        answer = await service.http.put("/v1/glossary", json={"terms": []})
        assert code_of(answer) == (503, "disk_low", True)
        assert (await service.http.get("/v1/rooms/weekly/transcript")).status_code == 200
