"""Forms with a recording: the file goes to disk, and nothing else of them grows."""

from __future__ import annotations

import tracemalloc
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.types import Message

from assistant.core.errors import AssistantError, FrameTooLarge, InvalidInput, RecordingTooLarge
from assistant.core.space_reserve import SpaceReserve
from assistant.web.uploads import MOST_FIELD_BYTES, MOST_PARTS, Upload, received
from tests.web.serving import serving

_BOUNDARY = "----edge"


def _part(name: str, content: bytes, file: str | None = None) -> bytes:
    named = f'name="{name}"' + (f'; filename="{file}"' if file is not None else "")
    return f"--{_BOUNDARY}\r\nContent-Disposition: form-data; {named}\r\n\r\n".encode() + content + b"\r\n"


def _form(*parts: bytes) -> list[bytes]:
    return [*parts, f"--{_BOUNDARY}--\r\n".encode()]


def _is_empty(folder: Path) -> bool:
    return not list(folder.iterdir())


async def _upload(
    folder: Path, pieces: Iterable[bytes], most_bytes: int = 1 << 30, kind: str = "multipart/form-data"
) -> tuple[Upload, bytes]:
    """Return what a form held, and the bytes of its file."""
    waiting = iter(pieces)

    async def receive() -> Message:
        piece = next(waiting, None)
        return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

    headers = [(b"content-type", f"{kind}; boundary={_BOUNDARY}".encode())]
    request = Request({"type": "http", "method": "POST", "headers": headers}, receive)
    async with received(request, folder, most_bytes, SpaceReserve()) as upload:
        return upload, upload.path.read_bytes() if upload.path else b""


async def test_a_form_is_read(tmp_path: Path) -> None:
    """The file is whole, fields keep their values in order, and nothing is left behind."""
    sound = bytes(range(256)) * 400
    parts = _form(_part("a[]", b"1"), _part("file", sound, "über.wav"), _part("a[]", b"2"), _part("b", b""))
    body = b"".join(parts)
    pieces = [body[start : start + 997] for start in range(0, len(body), 997)]
    upload, content = await _upload(tmp_path, pieces)
    assert content == sound
    assert upload.name == "über.wav"
    assert upload.fields == {"a[]": ["1", "2"], "b": [""]}
    assert _is_empty(tmp_path)


async def test_fields_are_bounded_together(tmp_path: Path) -> None:
    """So many bytes are taken; one more is refused and names the field, however many fields share them."""
    half = b"x" * (MOST_FIELD_BYTES // 2)
    upload, _ = await _upload(tmp_path, _form(_part("a", half), _part("b", half), _part("file", b"s", "f")))
    assert sum(len(values[0]) for values in upload.fields.values()) == MOST_FIELD_BYTES
    with pytest.raises(FrameTooLarge, match="“c”"):
        await _upload(tmp_path, _form(_part("a", half), _part("b", half), _part("c", b"x")))


async def test_a_field_without_end_is_not_kept(tmp_path: Path) -> None:
    """600 MB of a field are refused after the first, without having been in memory."""

    def pieces() -> Iterable[bytes]:
        yield _part("prompt", b"")[:-2]
        for _ in range(600):
            yield b"x" * (1 << 20)

    tracemalloc.start()
    try:
        with pytest.raises(FrameTooLarge):
            await _upload(tmp_path, pieces())
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(("count", "passes"), [(MOST_PARTS - 1, True), (MOST_PARTS, False)])
async def test_a_form_has_so_many_parts(tmp_path: Path, count: int, passes: bool) -> None:  # noqa: FBT001
    """Fields of the same name count as well as others, the file too."""
    parts = _form(_part("file", b"s", "f"), *(_part("same", b"x") for _ in range(count)))
    if passes:
        assert len((await _upload(tmp_path, parts))[0].fields["same"]) == count
    else:
        with pytest.raises(InvalidInput, match=str(MOST_PARTS)):
            await _upload(tmp_path, parts)


async def test_a_form_has_one_file(tmp_path: Path) -> None:
    """The second one is refused when it begins, so that a form cannot open many."""
    with pytest.raises(InvalidInput, match="One recording"):
        await _upload(tmp_path, _form(_part("file", b"1", "a"), _part("file", b"2", "b")))
    assert _is_empty(tmp_path)


@pytest.mark.parametrize(
    ("pieces", "error"),
    [
        ([b"no form at all"], InvalidInput),
        ([b"--" + _BOUNDARY.encode() + b"\r\nX: " + b"y" * 10_000], InvalidInput),
        ([b"--" + _BOUNDARY.encode() + b"\r\n" + b"X: y\r\n" * 100], InvalidInput),
        (_form(b"--" + _BOUNDARY.encode() + b"\r\n\r\nnameless\r\n"), InvalidInput),
        (_form(_part("file", b"x" * 2_000, "f")), RecordingTooLarge),
    ],
)
async def test_what_is_no_form_is_refused(
    tmp_path: Path, pieces: list[bytes], error: type[AssistantError]
) -> None:
    """Each fault has its error; nothing is left behind."""
    with pytest.raises(error):
        await _upload(tmp_path, pieces, most_bytes=20_000 if error is InvalidInput else 1_000)
    assert _is_empty(tmp_path)


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "application/octet-stream", ""])
async def test_other_bodies_are_refused_unread(tmp_path: Path, kind: str) -> None:
    """Nothing of them is taken into memory."""

    def pieces() -> Iterable[bytes]:
        raise AssertionError("it was read")
        yield b""

    with pytest.raises(InvalidInput, match="multipart/form-data"):
        await _upload(tmp_path, pieces(), kind=kind)


async def test_a_client_reads_which_field_is_too_large(tmp_path: Path) -> None:
    """Over the wire it is 413 with a code, while more is being sent."""

    async def body() -> AsyncIterator[bytes]:
        yield _part("prompt", b"")[:-2]
        for _ in range(40):
            yield b"x" * (1 << 17)

    headers = {"Content-Type": f"multipart/form-data; boundary={_BOUNDARY}"}
    async with serving(uploads_dir=tmp_path) as service:
        answer = await service.http.post("/v1/audio/transcriptions", content=body(), headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "frame_too_large")
        assert "prompt" in answer.json()["error"]["message"]
