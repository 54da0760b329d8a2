"""No invented words: is a hypothesis what somebody said, or what the recogniser made up?

Evidence first: voice activity, the recogniser's own doubt, repetition, speed. Phrases that Whisper
is known to invent (credits of the subtitles it was trained on) count only where the evidence is
weak, never against clear speech.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.core.speech.hypothesis import Hypothesis, Word
from assistant.core.speech.stabilisation import normalised

_LONGEST_RUN = 8
_INSTANT_SAMPLES = 640
"""Two frames of Whisper's alignment (40 ms): too short for a word."""


@dataclass(frozen=True, slots=True)
class HallucinationRules:
    """Where doubt becomes a verdict. Probabilities 0..1, log probabilities natural.

    Attributes:
        least_voiced_seconds: Less voice than this is no word.
        least_speech_probability: Mean voice activity below this is no speech.
        no_speech_probability: The recogniser's own doubt, together with `doubtful_log_probability`.
        doubtful_log_probability: Mean token log probability of a doubtful hypothesis.
        least_log_probability: Below this it is guesswork whatever the rest says.
        most_words_a_second: Nobody speaks faster.
        clear_speech_probability: Voice activity from which speech counts as clear, together with
            `clear_log_probability`.
        clear_log_probability: See above.
    """

    least_voiced_seconds: float = 0.12
    least_speech_probability: float = 0.5
    no_speech_probability: float = 0.6
    doubtful_log_probability: float = -0.7
    least_log_probability: float = -1.35
    most_words_a_second: float = 9.0
    clear_speech_probability: float = 0.85
    clear_log_probability: float = -0.45


@dataclass(frozen=True, slots=True)
class VoiceEvidence:
    """What voice activity says of a stretch of audio.

    Attributes:
        voiced_seconds: How much of it voice activity took for speech.
        speech_probability: The mean speech probability of those frames, 0..1.
    """

    voiced_seconds: float
    speech_probability: float


_PHANTOMS = re.compile(
    r"^("
    r"sous titr\w*( realise\w*)?( par)?( la communaute)?( d)?( amara( org)?)?.*"
    r"|merci d avoir regarde.*|abonnez vous.*|n oubliez pas de vous abonner.*"
    r"|thank(s| you)( so much| very much)?( for (watching|listening|viewing).*)?"
    r"|(please )?(like and )?subscribe.*|see you (in the )?next (time|video).*"
    r"|(sub)?titles? by.*|transcri(bed|ption) by.*|captions by.*"
    r"|legendas? (pela|por).*|obrigad[oa] por assistir.*|inscreva se.*"
    r"|untertitel(ung)?( im auftrag| der| von)?.*|vielen dank( fur s zuschauen.*)?"
    r"|subtitulos? (realizados )?por.*|gracias por ver.*|suscribete.*"
    r"|sottotitoli (creati|e revisione|a cura).*|grazie per (la visione|aver guardato).*"
    r"|you|bye( bye)?|music|musique|musica|applause|applaudissements|silence"
    r")$"
)


def rejection(
    hypothesis: Hypothesis, voice: VoiceEvidence, rules: HallucinationRules | None = None
) -> str | None:
    """Return why the hypothesis must not be shown, or None when it may.

    The reason is a stable word for counting: `empty`, `no_voice`, `no_speech`, `guesswork`,
    `looped`, `too_fast` or `phantom`.
    """
    rules = rules or HallucinationRules()
    words = [word for word in hypothesis.words if normalised(word)]
    if not words:
        return "empty"
    if (
        voice.voiced_seconds < rules.least_voiced_seconds
        or voice.speech_probability < rules.least_speech_probability
    ):
        return "no_voice"
    log_probability = hypothesis.mean_log_probability
    if (
        hypothesis.no_speech_probability >= rules.no_speech_probability
        and log_probability < rules.doubtful_log_probability
    ):
        return "no_speech"
    if log_probability < rules.least_log_probability:
        return "guesswork"
    if hypothesis.looped:
        return "looped"
    if len(words) > 2 + rules.most_words_a_second * voice.voiced_seconds:
        return "too_fast"
    clear = (
        voice.speech_probability >= rules.clear_speech_probability
        and log_probability >= rules.clear_log_probability
    )
    if not clear and is_phantom(hypothesis.text):
        return "phantom"
    return None


def is_phantom(text: str) -> bool:
    """Whether the whole text is one that Whisper is known to write over silence and noise."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    return bool(_PHANTOMS.match(" ".join(re.findall(r"\w+", plain))))


def repeats(words: tuple[Word, ...], *, times: int = 4) -> bool:
    """Whether some run of one to eight words stands `times` times in a row (once more per short run)."""
    plain = [normalised(word) for word in words]
    return any(
        _goes_round(plain[start : start + count], length)
        for length, count in _loops(times)
        for start in range(len(plain) - count + 1)
    )


def ends_in_loop(words: tuple[Word, ...], *, times: int = 4) -> bool:
    """Whether the words end with such a run."""
    plain = [normalised(word) for word in words[-_LONGEST_RUN * times :]]
    return any(len(plain) >= count and _goes_round(plain[-count:], length) for length, count in _loops(times))


def _loops(times: int) -> Iterator[tuple[int, int]]:
    """Yield the length of each run that may repeat, and how many words its repetitions have."""
    return ((length, length * (times + (length == 1))) for length in range(1, _LONGEST_RUN + 1))


def _goes_round(plain: Sequence[str], length: int) -> bool:
    """Whether the words are their first `length` ones over and over."""
    return all(word == plain[index % length] for index, word in enumerate(plain))


def without_echo(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """Return the words without a repetition at the end that has no audio of its own.

    In a window shorter than it was trained on, Whisper sometimes says the end of the text again.
    Alignment then finds no place for the second copy: most of its words last no time.
    """
    plain = [normalised(word) for word in words]
    for start in range(1, len(words)):
        tail = plain[start:]
        for length in range(1, start + 1):
            earlier = plain[start - length : start]
            copies = [earlier[index % length] for index in range(len(tail))]
            # The bound on tokens may tear the last word of the copy.
            same = tail[:-1] == copies[:-1] and copies[-1].startswith(tail[-1])
            if same and _collapsed(words[start:]):
                return words[:start]
    return words


def _collapsed(words: tuple[Word, ...]) -> bool:
    # Whatever audio is left falls to the last word, so it says nothing unless it is alone.
    judged = words[:-1] or words
    instant = sum(word.span.length_samples <= _INSTANT_SAMPLES for word in judged)
    return instant * 2 > len(judged)
