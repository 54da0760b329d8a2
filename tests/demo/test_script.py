"""The script of the demo meeting and the tracks made from it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from assistant.core.speech.audio import SAMPLE_RATE
from assistant.demo.script import levelled, read_script, tracks_of, trimmed


def test_the_meeting_that_ships_is_whole() -> None:
    """Three people speak three languages for one and a half to two and a half minutes."""
    script = read_script()
    tracks = tracks_of(script)
    assert set(tracks) == {speaker.participant for speaker in script.speakers}
    assert len(tracks) == 3
    lengths = {track.size for track in tracks.values()}
    assert len(lengths) == 1
    assert 90 <= lengths.pop() / SAMPLE_RATE <= 150
    assert all(track.dtype == np.int16 for track in tracks.values())


def test_somebody_speaks_at_once() -> None:
    """The first voice is heard within a third of a second, so that captions come quickly."""
    first = tracks_of(read_script())["alice"][: SAMPLE_RATE // 3]
    assert np.abs(first).max() > 1000


def test_everyone_is_about_as_loud() -> None:
    """Clips recorded at very different levels are heard at one level."""
    levels = []
    for track in tracks_of(read_script()).values():
        loud = np.abs(track[np.abs(track) > 500].astype(np.float64))
        levels.append(float(np.sqrt(np.mean(loud**2))))
    assert max(levels) / min(levels) < 1.6


def test_every_clip_is_attributed() -> None:
    """Each recording in the folder is used and stands, by its family, in the licence list."""
    script = read_script()
    folder = script.turns[0].clip.parent
    clips = {turn.clip.name for turn in script.turns}
    assert clips == {path.name for path in folder.glob("*.ogg")}
    licences = (folder / "LICENSES.md").read_text(encoding="utf-8")
    assert all(name.split("-")[0] in licences for name in clips)


def test_clips_are_cut_to_their_speech() -> None:
    """Silence goes but for a tenth of a second on both sides."""
    clip = np.zeros(3 * SAMPLE_RATE, np.float32)
    clip[SAMPLE_RATE : 2 * SAMPLE_RATE] = 0.3
    assert trimmed(clip).size == pytest.approx(1.2 * SAMPLE_RATE, abs=SAMPLE_RATE // 25)


def test_levelling_never_clips_and_leaves_silence_alone() -> None:
    """A clip with one loud click is not driven beyond full scale."""
    clip = np.full(SAMPLE_RATE, 0.001, np.float32)
    clip[100] = 0.5
    assert np.abs(levelled(clip)).max() <= 0.9 + 1e-6
    assert not levelled(np.zeros(100, np.float32)).any()


def test_an_unknown_speaker_is_refused(tmp_path: Path) -> None:
    """A turn of somebody who is not in the meeting is a mistake in the script."""
    path = tmp_path / "meeting.toml"
    path.write_text('[participants.a]\nname = "A"\n[[turns]]\nwho = "b"\nclip = "x.ogg"\n', encoding="utf-8")
    with pytest.raises(ValueError, match="called b"):
        read_script(path)
