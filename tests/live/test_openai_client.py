"""The official OpenAI client against our service, with real weights."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection

import av
import httpx
import jiwer
import numpy as np
import openai
import pytest

from assistant.core.speech.audio import SAMPLE_RATE, Pcm
from tests.conftest import Recordings
from tests.live.service import LiveService
from tests.meetings.guest import plain
from tests.waiting import PATIENCE_SECONDS, wait_until

pytestmark = [pytest.mark.weights, pytest.mark.slow]

URL = "/v1/audio/transcriptions"


def recording(pcm: Pcm, kind: str, codec: str, *, rate: int = SAMPLE_RATE) -> bytes:
    """Return audio (mono, or shaped (samples, 2)) as a file of some format."""
    file = io.BytesIO()
    stereo = pcm.ndim > 1
    with av.open(file, "w", format=kind) as container:
        stream = container.add_stream(codec, rate=rate, layout="stereo" if stereo else "mono")
        assert isinstance(stream, av.AudioStream)
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(pcm.reshape(1, -1)), format="s16", layout="stereo" if stereo else "mono"
        )
        frame.sample_rate = SAMPLE_RATE
        resampler = av.AudioResampler(
            format=stream.codec_context.format,
            layout=stream.codec_context.layout,
            rate=rate,
            frame_size=stream.codec_context.frame_size or None,
        )
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    return file.getvalue()


@pytest.fixture
def client(lasting_service: LiveService) -> Iterator[openai.OpenAI]:
    http = openai.DefaultHttpxClient(trust_env=False, timeout=60.0)
    with openai.OpenAI(
        base_url=f"{lasting_service.url}/v1", api_key="none", http_client=http, max_retries=0
    ) as made:
        yield made


def test_every_format_of_the_api(
    client: openai.OpenAI, recordings: Recordings, lasting_service: LiveService
) -> None:
    """Plain, verbose with words, subtitles, and La Suite's diarised form, each as its reader expects it."""
    said = recordings["ljspeech-LJ001-0005"]
    file = ("council.flac", recording(said.pcm, "flac", "flac"))
    create = client.audio.transcriptions.create
    text = create(file=file, model="whisper-1", language="en").text
    assert jiwer.wer(plain(said.text), plain(text)) < 0.2
    assert create(file=file, model="whisper-1", response_format="text").strip() == text
    verbose = create(
        file=file,
        model="whisper-1",
        response_format="verbose_json",
        timestamp_granularities=["word", "segment"],
    )
    assert verbose.language == "english"
    assert verbose.duration == pytest.approx(len(said.pcm) / SAMPLE_RATE, abs=0.1)
    assert verbose.segments
    assert verbose.segments[0].avg_logprob < 0
    assert verbose.words
    assert verbose.words[0].word in text
    assert all(word.start <= word.end <= verbose.duration for word in verbose.words)
    subtitles = create(file=file, model="whisper-1", response_format="srt")
    assert subtitles.startswith("1\n00:00:0")
    assert create(file=file, model="whisper-1", response_format="vtt").startswith("WEBVTT")
    diarized = create(file=file, model="whisper-1", response_format="diarized_json")
    assert [segment.speaker for segment in diarized.segments] == ["SPEAKER_00"] * len(diarized.segments)
    answer = httpx.post(
        f"{lasting_service.url}{URL}",
        files={"file": file},
        data={"model": "whisper-1", "response_format": "diarized_json"},
        trust_env=False,
        timeout=60.0,
    ).json()
    word = answer["segments"][0]["words"][0]
    assert set(word) == {"word", "start", "end", "score", "speaker"}
    assert answer["word_segments"][0] == word
    uploads = lasting_service.data / "uploads"
    wait_until(lambda: not any(uploads.iterdir()), "recordings are not kept")


def test_text_comes_while_it_is_recognised(client: openai.OpenAI, recordings: Recordings) -> None:
    """Streaming sends each utterance, then the whole text, which is all of them."""
    pause = np.zeros(SAMPLE_RATE * 2, dtype=np.int16)
    pcm = np.concatenate([recordings["ljspeech-LJ001-0005"].pcm, pause, recordings["leopard-test-fr"].pcm])
    events = list(
        client.audio.transcriptions.create(
            file=("two.ogg", recording(pcm, "ogg", "libopus", rate=48_000)), model="whisper-1", stream=True
        )
    )
    deltas = [event.delta for event in events if event.type == "transcript.text.delta"]
    assert len(deltas) == 2
    assert events[-1].type == "transcript.text.done"
    assert "".join(deltas) == events[-1].text
    assert "eaux et forêts" in events[-1].text


@pytest.mark.parametrize(
    ("kind", "codec", "rate"),
    [
        ("wav", "pcm_s16le", 8_000),
        ("mp3", "libmp3lame", 44_100),
        ("mp4", "aac", 44_100),
        ("webm", "libopus", 48_000),
    ],
)
def test_formats_of_files(
    client: openai.OpenAI, recordings: Recordings, kind: str, codec: str, rate: int
) -> None:
    """Whatever FFmpeg reads is taken, at any rate."""
    file = (f"said.{kind}", recording(recordings["ljspeech-LJ001-0005"].pcm, kind, codec, rate=rate))
    text = client.audio.transcriptions.create(file=file, model="whisper-1").text
    assert "movable metal letters" in text


def test_who_speaks(client: openai.OpenAI, recordings: Recordings) -> None:
    """The channels of a stereo recording are two speakers; given turns tell more."""
    left, right = recordings["ljspeech-LJ001-0005"].pcm, recordings["leopard-test-fr"].pcm
    stereo = np.zeros((len(left) + len(right) + SAMPLE_RATE, 2), dtype=np.int16)
    stereo[: len(left), 0] = left
    stereo[-len(right) :, 1] = right
    create = client.audio.transcriptions.create
    file = ("two.wav", recording(stereo, "wav", "pcm_s16le"))
    both = create(
        file=file, model="whisper-1", response_format="diarized_json", extra_body={"speakers": "channels"}
    )
    assert [segment.speaker for segment in both.segments] == ["SPEAKER_00", "SPEAKER_01"]
    same = np.repeat(left.reshape(-1, 1), 2, axis=1)
    alike = create(
        file=("same.wav", recording(same, "wav", "pcm_s16le")),
        model="whisper-1",
        response_format="diarized_json",
        extra_body={"speakers": "channels"},
    )
    assert {segment.speaker for segment in alike.segments} == {"SPEAKER_00"}
    middle = len(left) / SAMPLE_RATE / 2
    turns = [
        {"speaker": "Ana", "start": 0.0, "end": middle},
        {"speaker": "Bruno", "start": middle, "end": middle * 2},
    ]
    told = create(
        file=("one.wav", recording(left, "wav", "pcm_s16le")),
        model="whisper-1",
        response_format="diarized_json",
        extra_body={"turns": json.dumps(turns)},
    )
    assert [segment.speaker for segment in told.segments] == ["Ana", "Bruno"]
    assert told.segments[0].end <= middle + 0.5


def test_bad_input(client: openai.OpenAI, recordings: Recordings, lasting_service: LiveService) -> None:
    """Each mistake has a status and a code; what is too large is refused before it is read."""
    good = ("said.wav", recording(recordings["leopard-test-pt"].pcm, "wav", "pcm_s16le"))
    create = client.audio.transcriptions.create
    with pytest.raises(openai.BadRequestError) as corrupt:
        create(file=("noise.mp3", b"this is no recording" * 100), model="whisper-1")
    assert corrupt.value.code == "recording_corrupt"
    with pytest.raises(openai.BadRequestError):
        create(file=("empty.wav", b""), model="whisper-1")
    with pytest.raises(openai.BadRequestError) as language:
        create(file=good, model="whisper-1", language="klingon")
    assert language.value.code == "language_unknown"
    for fields in ({"response_format": "pdf"}, {"turns": "[1]"}, {"speakers": "many"}):
        with pytest.raises(openai.BadRequestError):
            create(file=good, model="whisper-1", extra_body=fields)
    with pytest.raises(openai.APIError, match="cannot be read"):
        list(create(file=("noise.mp3", b"no" * 999), model="whisper-1", stream=True))
    plain_form = httpx.post(
        f"{lasting_service.url}{URL}", data={"model": "whisper-1"}, trust_env=False, timeout=PATIENCE_SECONDS
    )
    assert plain_form.status_code == 400
    with closing(HTTPConnection("127.0.0.1", lasting_service.port, timeout=20.0)) as connection:
        connection.putrequest("POST", URL)
        connection.putheader("Content-Length", str(3 << 30))
        connection.endheaders()
        refused = connection.getresponse()
        assert (refused.status, json.load(refused)["error"]["code"]) == (413, "recording_too_large")


def test_silence_and_pictures(client: openai.OpenAI) -> None:
    """Silence has an empty text; a film without sound is refused."""
    silent = recording(np.zeros(SAMPLE_RATE * 3, dtype=np.int16), "wav", "pcm_s16le")
    assert client.audio.transcriptions.create(file=("silent.wav", silent), model="whisper-1").text == ""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), dtype=np.uint8), format="rgb24")
        for piece in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(piece)
    with pytest.raises(openai.BadRequestError) as refused:
        client.audio.transcriptions.create(file=("film.mp4", file.getvalue()), model="whisper-1")
    assert refused.value.code == "recording_without_audio"
