"""Recognition with the real weights on real recordings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import jiwer
import numpy as np
import pytest

from assistant.captioning.fitted import fitted
from assistant.core.errors import ModelMissing
from assistant.core.speech.audio import SAMPLE_RATE, Span, Waveform, samples_of, to_waveform
from assistant.core.speech.hypothesis import Hypothesis, Word, text_of
from assistant.core.speech.stabilisation import normalised
from assistant.engines.voice import GatedVoiceDetector, SileroModel
from assistant.engines.whisper import DecodingRules, WhisperTranscriber, _Work
from assistant.ports.speech import LanguageChoice, TranscriptionRequest
from tests.conftest import Recordings
from tests.recordings.transcribing import transcribed_now

pytestmark = pytest.mark.weights


@pytest.fixture(scope="module")
def whisper(whisper_weights: Path) -> WhisperTranscriber:
    """Whisper base, int8, one worker."""
    return WhisperTranscriber(whisper_weights, model="whisper-base")


@pytest.fixture(scope="module")
def whisper_like_on_a_gpu(whisper_weights: Path) -> WhisperTranscriber:
    """The same, encoding all requests of a call at once, as a GPU does."""
    return WhisperTranscriber(whisper_weights, model="whisper-base", encodes_together=True)


def likeliest(heard: Mapping[str, float]) -> str:
    return max(heard, key=lambda tag: heard[tag])


def plain(text: str) -> str:
    kept = (character if character.isalnum() or character.isspace() else " " for character in text.casefold())
    return " ".join("".join(kept).split())


@pytest.mark.parametrize("quality", ["partial", "final"])
@pytest.mark.parametrize(
    ("name", "most_errors"),
    [("ljspeech-LJ001-0009", 0.1), ("leopard-test-fr", 0.25), ("cheetah-test-pt", 0.1)],
)
def test_read_sentences_are_recognised(
    whisper: WhisperTranscriber,
    recordings: Recordings,
    name: str,
    most_errors: float,
    quality: Literal["partial", "final"],
) -> None:
    """In English, French and Portuguese, with the language detected."""
    recording = recordings[name]
    request = TranscriptionRequest(to_waveform(recording.pcm), likeliest, quality=quality)
    heard = whisper.transcribe(request)
    assert heard.language == recording.language
    assert jiwer.wer(plain(recording.text), plain(heard.text)) <= most_errors
    assert not heard.looped


def test_short_audio_tells_its_language_where_it_is_heard_closest(
    whisper: WhisperTranscriber, recordings: Recordings
) -> None:
    """Two seconds of French are translated into English otherwise, though detection is in doubt."""
    waveform = piece(recordings, "ibm-fr-FR-Broadband-sample1", 2.0, since=8.64)
    final = TranscriptionRequest(waveform, likeliest, quality="final")
    assert whisper.transcribe(final).language == "en"
    closest = whisper.transcribe(replace(final, quality="closest"))
    assert (closest.language, plain(closest.text)) == ("fr", "et doivent agir les uns vers les autres")


def test_what_is_heard_closest_is_encoded_once(whisper: WhisperTranscriber, recordings: Recordings) -> None:
    """What is read in one language after the other; other audio is not taken for it."""
    waveform = piece(recordings, NAMES[0], 1.5)
    request = TranscriptionRequest(waveform, likeliest, quality="closest")
    first = whisper.transcribe(request)
    again = whisper.transcribe(replace(request, language=first.language))
    assert (again.text, again.mean_log_probability) == (first.text, first.mean_log_probability)
    assert again.compute_seconds < 0.6 * first.compute_seconds
    other = whisper.transcribe(replace(request, waveform=piece(recordings, NAMES[0], 1.5, since=2.0)))
    assert other.text != first.text


def test_words_have_times_that_grow_and_probabilities(
    whisper: WhisperTranscriber, recordings: Recordings
) -> None:
    """Words follow each other inside the audio, and each says how sure it is."""
    waveform = to_waveform(recordings["ljspeech-LJ001-0009"].pcm)
    heard = whisper.transcribe(TranscriptionRequest(waveform, "en", quality="final"))
    starts = [word.span.start_samples for word in heard.words]
    assert starts == sorted(starts)
    assert heard.words[-1].span.end_samples <= len(waveform)
    assert heard.words[-1].span.end_samples > len(waveform) - 1.5 * SAMPLE_RATE
    assert all(0.0 < word.probability <= 1.0 for word in heard.words)
    assert -1.0 < heard.mean_log_probability < 0.0


def test_settled_words_are_a_prefix_of_what_follows(
    whisper: WhisperTranscriber, recordings: Recordings
) -> None:
    """Given words come back letter by letter, the rest continues them."""
    waveform = to_waveform(recordings["ljspeech-LJ001-0005"].pcm)
    first = whisper.transcribe(TranscriptionRequest(waveform[: 4 * SAMPLE_RATE], "en"))
    prefix = first.words[:4]
    second = whisper.transcribe(TranscriptionRequest(waveform, "en", prefix=prefix))
    assert [word.text for word in second.words[:4]] == [word.text for word in prefix]
    assert len(second.words) > len(first.words)


def test_the_end_of_a_short_text_is_not_said_again(
    whisper: WhisperTranscriber, recordings: Recordings
) -> None:
    """The known weakness of a window shorter than 30 s does not show."""
    waveform = to_waveform(recordings["jfk"].pcm)[: int(2.5 * SAMPLE_RATE)]
    qualities: tuple[Literal["partial", "final"], ...] = ("partial", "final")
    for quality in qualities:
        heard = whisper.transcribe(TranscriptionRequest(waveform, "en", quality=quality))
        assert [normalised(word) for word in heard.words].count("americans") == 1


@pytest.mark.parametrize("waveform", [np.zeros(SAMPLE_RATE, np.float32), np.zeros(100, np.float32)])
def test_silence_does_no_harm(whisper: WhisperTranscriber, waveform: Waveform) -> None:
    """Whatever comes back for silence, it comes back, and in time."""
    assert isinstance(whisper.transcribe(TranscriptionRequest(waveform, likeliest)), Hypothesis)


# --- several requests in a call --------------------------------------------------------------------

NAMES = ("ljspeech-LJ001-0005", "ibm-fr-FR-Broadband-sample1", "fleurs-pt-000")


def piece(recordings: Recordings, name: str, seconds: float, *, since: float = 0.0) -> Waveform:
    """Return the speech of a recording from `since` on, so many seconds of it."""
    return to_waveform(recordings[name].pcm)[samples_of(since) : samples_of(since + seconds)]


def errors(expected: Hypothesis, heard: Hypothesis) -> float:
    return float(jiwer.wer(plain(expected.text), plain(heard.text)))


def test_no_requests_have_no_answers(whisper: WhisperTranscriber) -> None:
    """An empty call does nothing."""
    assert whisper.transcribe_all([]) == []


@pytest.mark.parametrize("engine", ["whisper", "whisper_like_on_a_gpu"])
@pytest.mark.parametrize(("quality", "seconds"), [("partial", 5.0), ("final", 4.0)])
def test_a_shared_call_says_what_single_calls_say(
    request: pytest.FixtureRequest,
    recordings: Recordings,
    engine: str,
    quality: Literal["partial", "final"],
    seconds: float,
) -> None:
    """For windows of the same length: each request gets its own words, language and times."""
    whisper: WhisperTranscriber = request.getfixturevalue(engine)
    requests = [
        TranscriptionRequest(piece(recordings, name, seconds, since=0.5), likeliest, quality=quality)
        for name in NAMES
    ]
    singles = [whisper.transcribe(single) for single in requests]
    shared = whisper.transcribe_all(requests)
    assert [heard.language for heard in shared] == ["en", "fr", "pt"]
    for alone, together in zip(singles, shared, strict=True):
        # Sums in another order may tip a word that two readings are equally likely for.
        assert errors(alone, together) <= 0.1
        assert together.audio_length == samples_of(seconds)
        assert together.mean_log_probability == pytest.approx(alone.mean_log_probability, abs=0.05)
        assert together.words[-1].span.end_samples == pytest.approx(
            alone.words[-1].span.end_samples, abs=0.2 * SAMPLE_RATE
        )
        assert together.language_probabilities
        assert together.compute_seconds == shared[0].compute_seconds > 0.0
    assert sum(alone.text == together.text for alone, together in zip(singles, shared, strict=True)) >= 2


def test_requests_of_many_kinds_can_share_a_call(
    whisper_like_on_a_gpu: WhisperTranscriber, recordings: Recordings
) -> None:
    """Lengths, languages, contexts and settled words may differ; answers come in the order of requests."""
    whisper = whisper_like_on_a_gpu
    seconds = (7.0, 3.0, 5.0, 3.0, 5.0)
    names = (NAMES[0], NAMES[1], NAMES[0], NAMES[2], NAMES[1])
    waveforms = [piece(recordings, name, length) for name, length in zip(names, seconds, strict=True)]
    languages: list[LanguageChoice] = ["en", "fr", likeliest, "pt", "fr"]
    plain_requests = [
        TranscriptionRequest(waveform, language)
        for waveform, language in zip(waveforms, languages, strict=True)
    ]
    alone = [whisper.transcribe(single) for single in plain_requests]
    context = "The minutes of the last meeting were read and approved. " * 3
    requests = [
        replace(plain_requests[0], prefix=alone[0].words[:6], context=context),
        plain_requests[1],
        replace(plain_requests[2], prefix=alone[2].words[:2], context=context),
        replace(plain_requests[3], context="Bom dia."),
        replace(plain_requests[4], prefix=alone[4].words[:3]),
    ]
    shared = whisper.transcribe_all(requests)
    assert [heard.language for heard in shared] == ["en", "fr", "en", "pt", "fr"]
    assert [heard.audio_length for heard in shared] == [samples_of(length) for length in seconds]
    for asked, single, heard in zip(requests, alone, shared, strict=True):
        assert forced(heard, len(asked.prefix)) == forced(single, len(asked.prefix))
        assert len(heard.words) > len(asked.prefix)
        assert errors(single, heard) <= 0.35


def forced(heard: Hypothesis, count: int) -> list[tuple[str, tuple[int, ...], float]]:
    return [(word.text, word.tokens, word.probability) for word in heard.words[:count]]


def test_doubt_about_one_request_leaves_the_others_as_they_are(
    whisper: WhisperTranscriber, recordings: Recordings
) -> None:
    """Noise is tried again in other ways; the sentence beside it is not."""
    sentence = TranscriptionRequest(piece(recordings, NAMES[0], 4.0), "en", quality="final")
    noise = TranscriptionRequest(piece(recordings, "speechbrain-noise2", 4.0), "en", quality="final")
    alone = whisper.transcribe(sentence)
    _, together = whisper.transcribe_all([noise, sentence])
    assert errors(alone, together) <= 0.1
    assert not together.looped


# --- settled words and bounds ------------------------------------------------------------------------


def test_a_settled_word_that_the_next_token_continues_comes_back_as_it_was(
    whisper: WhisperTranscriber, recordings: Recordings
) -> None:
    """As “peut” does before “-être”: the rest is a word of its own, without a space before it."""
    request = TranscriptionRequest(to_waveform(recordings["leopard-test-fr"].pcm), "fr")
    heard = whisper.transcribe(request)
    index = next(n for n, word in enumerate(heard.words) if n and len(word.tokens) > 1)
    whole = heard.words[index]
    tokens = whisper._tokens
    torn = Word(tokens._tokenizer.decode(list(whole.tokens[:1])), whole.span, 0.5, whole.tokens[:1])
    prefix = (*heard.words[:index], torn)
    again = whisper.transcribe(replace(request, prefix=prefix))
    assert forced(again, len(prefix)) == [(word.text, word.tokens, word.probability) for word in prefix]
    assert not again.words[len(prefix)].text.startswith(" ")
    assert again.text == heard.text
    assert text_of(again.words[index : index + 2]) == whole.text.strip()


def test_settled_words_have_the_times_of_the_new_audio(
    whisper: WhisperTranscriber, recordings: Recordings
) -> None:
    """Whatever times they came with."""
    request = TranscriptionRequest(piece(recordings, NAMES[0], 4.0), "en")
    heard = whisper.transcribe(request)
    nowhere = tuple(replace(word, span=Span(0, 0)) for word in heard.words[:4])
    again = whisper.transcribe(replace(request, prefix=nowhere))
    for before, after in zip(heard.words[:4], again.words[:4], strict=True):
        assert after.span.end_samples == pytest.approx(before.span.end_samples, abs=0.1 * SAMPLE_RATE)


@pytest.mark.parametrize("context", ["", "The minutes of the last meeting were read and approved. " * 12])
def test_the_bound_on_tokens_counts_those_of_the_text(
    whisper_weights: Path, recordings: Recordings, context: str
) -> None:
    """A text that reaches it counts as a loop; settled words leave room for more, a context takes none."""
    rules = DecodingRules(tokens_a_second=0.0, spare_tokens=8)
    whisper = WhisperTranscriber(whisper_weights, model="whisper-base", rules=rules)
    request = TranscriptionRequest(piece(recordings, NAMES[0], 6.0), "en", context=context)
    heard = whisper.transcribe(request)
    tokens = [token for word in heard.words for token in word.tokens]
    assert len(tokens) == 8
    assert heard.looped
    more = whisper.transcribe(replace(request, prefix=heard.words))
    assert [token for word in more.words for token in word.tokens][:8] == tokens
    assert sum(len(word.tokens) for word in more.words) == 16


def test_each_request_of_a_call_has_its_own_bound(whisper_weights: Path, recordings: Recordings) -> None:
    """Those of a longer one do not let a shorter one go on."""
    rules = DecodingRules(tokens_a_second=1.0, spare_tokens=3)
    whisper = WhisperTranscriber(whisper_weights, model="whisper-base", rules=rules)
    requests = [TranscriptionRequest(piece(recordings, NAMES[0], seconds), "en") for seconds in (3.5, 5.0)]
    shared = whisper.transcribe_all(requests)
    assert [sum(len(word.tokens) for word in heard.words) for heard in shared] == [7, 8]
    assert all(heard.looped for heard in shared)


def test_incomplete_weights_are_named(tmp_path: Path) -> None:
    """A directory without weights gives the command that fetches them."""
    with pytest.raises(ModelMissing, match="assistant models pull whisper-base"):
        WhisperTranscriber(tmp_path, model="whisper-base")


def test_speech_is_translated_into_english(whisper: WhisperTranscriber, recordings: Recordings) -> None:
    """French and Portuguese come out in English; English requests beside it stay as they are."""
    wanted = {"leopard-test-fr": {"the", "of", "and"}, "cheetah-test-pt": {"the", "of", "and", "a"}}
    requests = [
        TranscriptionRequest(
            to_waveform(recordings[name].pcm), recordings[name].language, quality="final", translate=True
        )
        for name in wanted
    ]
    plainly = replace(requests[0], translate=False)
    translated = whisper.transcribe_all([*requests, plainly])
    for hypothesis, common in zip(translated, wanted.values(), strict=False):
        assert len(common & set(plain(hypothesis.text).split())) >= 2, hypothesis.text
        ends = [word.span.end_samples for word in hypothesis.words]
        assert ends == sorted(ends)
    assert whisper.capabilities.translates_to == {"en"}
    assert fitted(whisper) is whisper, "it lacks nothing, so nothing is put between"
    assert jiwer.wer(plain(recordings["leopard-test-fr"].text), plain(translated[-1].text)) <= 0.25


def test_what_is_said_behind_a_change_of_voice_is_not_left_out(
    whisper: WhisperTranscriber, recordings: Recordings
) -> None:
    """There Whisper ends its text at a sentence, sure of every word, though four seconds of voice follow."""
    one = recordings["ibm-fr-FR-Narrowband-sample1"].pcm[78_975:135_104]
    other = recordings["jfk"].pcm[107_947:] // 4  # further from the microphone
    pcm = np.concatenate([one, other.astype(np.int16), np.zeros(SAMPLE_RATE, np.int16)])
    captions = transcribed_now(pcm, whisper, lambda: GatedVoiceDetector(SileroModel()), language="en")
    said = plain(" ".join(caption.text for caption in captions))
    assert {"raison", "reason"} & set(said.split())
    assert "what you can do for your country" in said


def test_short_words_in_another_language_than_the_pinned_one_are_followed(
    whisper: WhisperTranscriber, recordings: Recordings
) -> None:
    """Where they make no sense in the pinned one, or much less; nothing is made up, and nothing left out."""
    pcm = recordings["jfk"].pcm
    captions = transcribed_now(pcm, whisper, lambda: GatedVoiceDetector(SileroModel()), language="pt")
    said = plain(" ".join(caption.text for caption in captions))
    assert said.startswith("and so my fellow americans ask not")
    assert {caption.lang for caption in captions} == {"en"}


@pytest.mark.parametrize("quality", ["partial", "final"])
def test_detection_reads_what_was_encoded_anyway(
    whisper: WhisperTranscriber,
    recordings: Recordings,
    monkeypatch: pytest.MonkeyPatch,
    quality: Literal["partial", "final"],
) -> None:
    """Asking for the language costs no second pass of the encoder."""
    encoded: list[tuple[int, ...]] = []
    encode = whisper._encode

    def count(group: Sequence[_Work]) -> None:
        encoded.extend((work.window_samples,) for work in group)
        encode(group)

    monkeypatch.setattr(whisper, "_encode", count)
    waveform = to_waveform(recordings["leopard-test-fr"].pcm)[: 4 * SAMPLE_RATE]
    hypothesis = whisper.transcribe(TranscriptionRequest(waveform, likeliest, quality=quality))
    detected = len(encoded)
    encoded.clear()
    whisper.transcribe(TranscriptionRequest(waveform, "fr", quality=quality))
    assert hypothesis.language == "fr"
    assert hypothesis.language_probabilities["fr"] > 0.9
    assert detected == len(encoded)
