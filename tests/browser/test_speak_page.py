"""The speak page in a real browser whose microphone plays a recording, beside a scripted service."""

from __future__ import annotations

import base64
import wave
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from tests.browser.chromium import (
    HOW_TO_INSTALL,
    chromium,
    chromium_path,
    complaints,
    hosts_asked,
    microphone_flags,
)
from tests.browser.readings import caption, choose, click, partial, shown, texts, until
from tests.browser.scripted_partner import Partner

pytestmark = pytest.mark.browser

_SPEECH = Path(__file__).parents[1] / "fixtures" / "speech" / "jfk.flac"

# Notes what leaves the microphone's worklet, before the page's own code sees it, and can pretend that
# the browser refuses to convert the rate, as Firefox does.
_EAVESDROP = """
window.heard = [];
window.AudioWorkletNode = class extends AudioWorkletNode {
  constructor(...parts) {
    super(...parts);
    this.port.addEventListener('message', ({ data }) => data.pcm && window.heard.push(data.pcm.slice()));
  }
};
window.AudioContext = class extends AudioContext {
  createMediaStreamSource(stream) {
    if (sessionStorage.getItem('refuseRate') && this.sampleRate === 16000) {
      throw new DOMException('', 'NotSupportedError');
    }
    return super.createMediaStreamSource(stream);
  }
};
"""

_HEARD = """
const all = new Uint8Array(window.heard.reduce((sum, pcm) => sum + pcm.byteLength, 0));
let at = 0;
for (const pcm of window.heard) { all.set(new Uint8Array(pcm.buffer), at); at += pcm.byteLength; }
let text = '';
for (let i = 0; i < all.length; i += 32768) text += String.fromCharCode(...all.subarray(i, i + 32768));
return btoa(text);
"""


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real voice as a WAV file."""
    with av.open(str(_SPEECH)) as container:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=48_000)
        pieces = [
            out.to_ndarray()[0] for frame in container.decode(audio=0) for out in resampler.resample(frame)
        ]
    path = tmp_path_factory.mktemp("microphone") / "voice.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(48_000)
        file.writeframes(np.concatenate(pieces).tobytes())
    return path


@pytest.fixture(scope="module")
def speaking_browser(recording: Path) -> Iterator[Chrome]:
    """A browser with that voice at its microphone."""
    if chromium_path() is None:
        pytest.skip(HOW_TO_INSTALL)
    with chromium(*microphone_flags(recording)) as driver:
        driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": _EAVESDROP})
        yield driver


@pytest.fixture
def speaker(speaking_browser: Chrome, partner: Partner) -> Iterator[Chrome]:
    """The speak page of a room, freshly opened; it must ask nobody else and break no policy."""
    speaking_browser.get("about:blank")
    complaints(speaking_browser)
    hosts_asked(speaking_browser)
    speaking_browser.get(f"{partner.url}/rooms/city-council/speak")
    yield speaking_browser
    speaking_browser.execute_script("localStorage.clear(); sessionStorage.clear()")
    assert hosts_asked(speaking_browser) <= {f"127.0.0.1:{partner.port}"}
    assert complaints(speaking_browser, expected=["WebSocket connection to", "Failed to load resource"]) == []
    if shown(speaking_browser, "#leave"):
        _leave(speaking_browser)


def _join(browser: Chrome, name: str = "Ana") -> None:
    field = browser.find_element(By.ID, "name")
    field.clear()
    field.send_keys(name)
    click(browser, "#join")


def _leave(browser: Chrome) -> None:
    click(browser, "#leave")
    until(lambda: shown(browser, "#form"), "the form")


def _received(partner: Partner) -> int:
    return sum(len(connection.audio) for connection in partner.audio)


def _heard(browser: Chrome) -> bytes:
    return base64.b64decode(browser.execute_script(_HEARD))


def test_a_voice_arrives_whole_and_the_page_leaves_in_order(speaker: Chrome, partner: Partner) -> None:
    """Every sample arrives at 16 kHz, with name and language; leaving waits for the last word."""
    choose(speaker, "#spoken", "fr")
    _join(speaker, "Ana Ribeiro")
    until(lambda: texts(speaker, "#live-state") == ["You are heard"], "being heard")
    until(lambda: _received(partner) > 2 * 16_000 * 2, "two seconds of sound")
    _leave(speaker)
    connection = partner.audio[0]
    query = connection.query
    assert [query[key] for key in ("name", "language", "encoding", "sample_rate", "channels")] == [
        "Ana Ribeiro", "fr", "pcm_s16le", "16000", "1",
    ]  # fmt: skip
    assert query["participant"].startswith("web-")
    assert connection.stopped
    assert bytes(connection.audio) == _heard(speaker)
    assert np.abs(np.frombuffer(bytes(connection.audio), "<i2")).max() > 500, "only silence came"
    assert texts(speaker, "#farewell") == ["You have left. Everything you said is in the transcript."]


@pytest.mark.parametrize("unsafe_samples", [0, 9_000])
def test_no_sample_is_lost_or_doubled_when_connections_break(
    speaker: Chrome, partner: Partner, unsafe_samples: int
) -> None:
    """After each cut the page goes on exactly where the service says, also when the newest audio was lost."""
    partner.cut_audio_bytes = [40_000, 90_000]
    partner.unsafe_samples = unsafe_samples
    _join(speaker)
    until(lambda: len(partner.audio) == 3 and len(partner.tracks["s1"]) > 130_000, "sound after two cuts")
    _leave(speaker)
    assert [connection.query.get("session") for connection in partner.audio] == [None, "s1", "s1"]
    assert bytes(partner.tracks["s1"]) == _heard(speaker)


def test_a_browser_that_cannot_convert_sends_its_own_rate(speaker: Chrome, partner: Partner) -> None:
    """Where a microphone cannot be taken at 16 kHz its own rate is announced, and resuming counts in it."""
    partner.cut_audio_bytes = [100_000]
    partner.unsafe_samples = 5_000
    speaker.execute_script("sessionStorage.setItem('refuseRate', '1')")
    speaker.refresh()
    _join(speaker)
    until(
        lambda: partner.audio and partner.audio[0].query["sample_rate"] in {"44100", "48000"}, "another rate"
    )
    until(lambda: len(partner.audio) == 2 and len(partner.tracks["s1"]) > 200_000, "sound after a cut")
    _leave(speaker)
    assert bytes(partner.tracks["s1"]) == _heard(speaker)


def test_muting_sends_silence_and_keeps_time(speaker: Chrome, partner: Partner) -> None:
    """While muted the audio goes on as silence, so that what follows has its right time."""
    _join(speaker)
    until(lambda: texts(speaker, "#live-state") == ["You are heard"], "being heard")
    click(speaker, "#mute")
    assert texts(speaker, "#live-state") == ["You are muted"]
    until(lambda: bytes(partner.audio[0].audio[-9600:]) == bytes(9600), "silence")
    click(speaker, "#mute")
    assert texts(speaker, "#live-state") == ["You are heard"]


def test_a_speaker_sees_their_own_captions_and_not_those_of_others(speaker: Chrome, partner: Partner) -> None:
    """Below the buttons stands what others read of this speaker."""
    _join(speaker)
    me = until(lambda: partner.audio and partner.audio[0].query["participant"], "the participant")
    until(lambda: partner.open_readers, "the captions connection")
    partner.say(
        caption("b", "Not mine.", 1, speaker="Bruno"), partial("a", "What I sai", 2, participant=me, stable=6)
    )
    until(lambda: texts(speaker, "#captions .caption") == ["What I sai"], "my caption")
    assert texts(speaker, "#captions .tail") == ["sai"]


@pytest.mark.parametrize(
    ("code", "sentence"),
    [("capacity_reached", "as many speakers as it can"), ("participant_replaced", "another window")],
)
def test_a_refusal_is_told_and_gives_the_form_back(
    speaker: Chrome, partner: Partner, code: str, sentence: str
) -> None:
    """What the speaker can act on is said in words, the microphone is let go, and nothing is retried."""
    partner.refuse_with = code
    _join(speaker)
    until(lambda: sentence in texts(speaker, "#problem")[0], "the sentence")
    until(lambda: shown(speaker, "#join"), "the form")
    assert not shown(speaker, "#live")


def test_without_a_name_nobody_joins(speaker: Chrome, partner: Partner) -> None:
    """A missing name is asked for, and the cursor is put where it goes."""
    click(speaker, "#join")
    assert texts(speaker, "#problem") == ["Please enter your name."]
    assert speaker.switch_to.active_element.get_attribute("id") == "name"
    assert partner.audio == []


def test_closing_the_tab_while_speaking_asks_first(speaker: Chrome, partner: Partner) -> None:
    """A joined page asks before it is left; one that has left does not."""
    asks = "return !window.dispatchEvent(new Event('beforeunload', { cancelable: true }))"
    assert speaker.execute_script(asks) is False
    _join(speaker)
    until(lambda: _received(partner) > 0, "sound")
    assert speaker.execute_script(asks) is True
    _leave(speaker)
    assert speaker.execute_script(asks) is False


@pytest.mark.parametrize("way", ["reload", "elsewhere", "close"])
def test_who_leaves_the_page_leaves_the_meeting(speaker: Chrome, partner: Partner, way: str) -> None:
    """A page that goes sends the rest of what was heard, then a stop, so that nothing has to be kept."""
    here = speaker.current_window_handle
    if way == "close":
        speaker.switch_to.new_window("tab")
        speaker.get(f"{partner.url}/rooms/city-council/speak")
    _join(speaker)
    until(lambda: _received(partner) > 30_000, "sound")
    heard = _received(partner)
    if way == "reload":
        speaker.refresh()
    elif way == "elsewhere":
        speaker.get(f"{partner.url}/")
    else:
        speaker.close()
        speaker.switch_to.window(here)
    until(lambda: partner.audio[0].stopped, "the stop")
    speaker.get(f"{partner.url}/rooms/city-council/speak")
    assert len(partner.audio) == 1
    assert len(partner.audio[0].audio) >= heard


@pytest.mark.parametrize("stop", ["answered", "unanswered", "lost"])
def test_a_page_that_comes_back_loses_and_doubles_nothing(
    speaker: Chrome, partner: Partner, stop: str
) -> None:
    """Out of the browser's memory it is heard again: in a new session, or in the old if the stop was lost."""
    _join(speaker)
    until(lambda: _received(partner) > 30_000, "sound")
    partner.stops = stop
    speaker.execute_script("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    until(lambda: partner.audio[0].stopped, "the stop")
    until(lambda: len(_heard(speaker)) > _received(partner) + 10_000, "sound that waits")
    speaker.execute_script("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    until(lambda: texts(speaker, "#live-state") == ["You are heard"], "being heard")
    until(lambda: _received(partner) > 60_000, "more sound")
    partner.stops = "answered"
    _leave(speaker)
    assert b"".join(bytes(track) for track in partner.tracks.values()) == _heard(speaker)
    assert len(partner.tracks) == (1 if stop == "lost" else 2)


def test_the_way_to_the_captions_takes_the_token_along(speaker: Chrome, partner: Partner) -> None:
    """The captions open beside the speak page, with the token it was opened with."""
    speaker.get(f"{partner.url}/rooms/city-council/speak?token=secret")
    here = speaker.current_window_handle
    click(speaker, "#read")
    until(lambda: partner.readers, "a reader")
    assert partner.readers[0].query.get("token") == "secret"
    for handle in set(speaker.window_handles) - {here}:
        speaker.switch_to.window(handle)
        speaker.close()
    speaker.switch_to.window(here)


def test_a_refused_microphone_is_explained(partner: Partner) -> None:
    """Where the browser refuses the microphone the page says what to do, and does not join."""
    if chromium_path() is None:
        pytest.skip(HOW_TO_INSTALL)
    with chromium("--use-fake-device-for-media-stream", "--deny-permission-prompts") as browser:
        browser.get(f"{partner.url}/rooms/city-council/speak")
        _join(browser)
        until(lambda: "microphone was refused" in texts(browser, "#problem")[0], "the explanation")
        assert partner.audio == []
