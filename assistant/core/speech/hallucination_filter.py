"""No invented words: is a hypothesis what somebody said, or what the recogniser made up?

Evidence first: voice activity, the recogniser's own doubt, repetition, speed. Phrases that Whisper
is known to invent (credits of the subtitles it was trained on) count only where the evidence is
weak, never against clear speech.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.core.speech.hypothesis import Hypothesis, Word
from assistant.core.speech.stabilisation import normalised


@dataclass(frozen=True, slots=True)
class HallucinationRules:
    """Where doubt becomes a verdict. Probabilities 0..1, log probabilities natural.

    Attributes:
        least_voiced_seconds: Less voice than this is no word.
        least_speech_probability: Mean voice activity below this is no speech,
        faint_speech_probability: unless it is at least this, as of a few voiceless sounds over the telephone,
        faint_word_probability: words are so likely on average once they stand there (aligned), and there is
            as much voice and as little doubt as short words need.
        no_speech_probability: The recogniser's own doubt, together with `doubtful_log_probability`.
        doubtful_log_probability: Mean token log probability of a doubtful hypothesis.
        least_log_probability: Below this it is guesswork,
        clear_least_log_probability: and below this also where somebody clearly speaks,
        clear_voiced_seconds: which takes so much voice of `clear_speech_probability`, and no more doubt than
            short words may have.
        clear_no_speech_probability: With so much clear voice takes the place of `no_speech_probability`.
        most_words_a_second: Nobody speaks faster.
        clear_speech_probability: Voice activity from which speech counts as clear, together with
            `clear_log_probability`.
        clear_log_probability: See above.
        short_words: Up to so many words are short. Their mean log probability says little, since every text
            begins and ends with tokens that could have been others; they are clear where all of this holds.
        short_voiced_seconds: The least voice of short words.
        short_word_seconds: The most voice for each short word: over music a few words stand for much voice.
        short_speech_probability: Voice activity from which short words are clear.
        short_no_speech_probability: The most doubt of the recogniser that anybody spoke.
        short_probability: How likely short words are at least on average, once they stand there (aligned).
        short_least_probability: How likely each of them is at least: the first word of a phantom is unlikely,
            and the others follow from it.
    """

    least_voiced_seconds: float = 0.12
    least_speech_probability: float = 0.5
    faint_speech_probability: float = 0.4
    faint_word_probability: float = 0.5
    no_speech_probability: float = 0.6
    doubtful_log_probability: float = -0.7
    least_log_probability: float = -1.35
    clear_least_log_probability: float = -1.6
    clear_voiced_seconds: float = 0.8
    clear_no_speech_probability: float = 0.8
    most_words_a_second: float = 9.0
    clear_speech_probability: float = 0.85
    clear_log_probability: float = -0.45
    short_words: int = 3
    short_voiced_seconds: float = 0.3
    short_word_seconds: float = 1.0
    short_speech_probability: float = 0.8
    short_no_speech_probability: float = 0.3
    short_probability: float = 0.6
    short_least_probability: float = 0.35


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
    if not _is_voice(words, hypothesis, voice, rules):
        return "no_voice"
    short = _is_short_and_clear(words, hypothesis, voice, rules)
    if not short and (doubt := _doubt(hypothesis, voice, rules)):
        return doubt
    if hypothesis.looped and hypothesis.loop_words >= len(hypothesis.words):
        return "looped"
    if len(words) > 2 + rules.most_words_a_second * voice.voiced_seconds:
        return "too_fast"
    clear = short or (
        voice.speech_probability >= rules.clear_speech_probability
        and hypothesis.mean_log_probability >= rules.clear_log_probability
    )
    if not clear and is_phantom(hypothesis.text):
        return "phantom"
    return None


def _is_voice(
    words: Sequence[Word], hypothesis: Hypothesis, voice: VoiceEvidence, rules: HallucinationRules
) -> bool:
    """Whether voice activity speaks for somebody, or is faint and the recogniser does."""
    if voice.speech_probability >= rules.least_speech_probability:
        return voice.voiced_seconds >= rules.least_voiced_seconds
    return (
        voice.speech_probability >= rules.faint_speech_probability
        and voice.voiced_seconds >= rules.short_voiced_seconds
        and hypothesis.no_speech_probability <= rules.short_no_speech_probability
        and sum(word.probability for word in words) >= rules.faint_word_probability * len(words)
    )


def _doubt(hypothesis: Hypothesis, voice: VoiceEvidence, rules: HallucinationRules) -> str | None:
    """Return why the recogniser itself doubts what it wrote, or None where it does not."""
    log_probability = hypothesis.mean_log_probability
    clear = (
        voice.speech_probability >= rules.clear_speech_probability
        and voice.voiced_seconds >= rules.clear_voiced_seconds
    )
    most_doubt = rules.clear_no_speech_probability if clear else rules.no_speech_probability
    if log_probability < rules.doubtful_log_probability and hypothesis.no_speech_probability >= most_doubt:
        return "no_speech"
    surely = clear and hypothesis.no_speech_probability <= rules.short_no_speech_probability
    least = rules.clear_least_log_probability if surely else rules.least_log_probability
    return "guesswork" if log_probability < least else None


def _is_short_and_clear(
    words: Sequence[Word], hypothesis: Hypothesis, voice: VoiceEvidence, rules: HallucinationRules
) -> bool:
    """Whether voice, the recogniser's doubt and the words themselves together speak for a short answer."""
    likely = [word.probability for word in words]
    return (
        len(words) <= rules.short_words
        and not hypothesis.looped
        and rules.short_voiced_seconds <= voice.voiced_seconds <= rules.short_word_seconds * len(words)
        and voice.speech_probability >= rules.short_speech_probability
        and hypothesis.no_speech_probability <= rules.short_no_speech_probability
        and sum(likely) >= rules.short_probability * len(likely)
        and min(likely) >= rules.short_least_probability
    )


def is_row_of_phantoms(hypothesis: Hypothesis, rules: HallucinationRules | None = None) -> bool:
    """Whether it is several sentences, unlikely and each a phantom: that is rarely said."""
    sentences = [each for each in re.split(r"[.!?…]+", hypothesis.text) if each.strip()]
    unlikely = hypothesis.mean_log_probability < (rules or HallucinationRules()).clear_log_probability
    return unlikely and len(sentences) > 1 and all(map(is_phantom, sentences))


def is_phantom(text: str) -> bool:
    """Whether the whole text is one that Whisper is known to write over silence and noise."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    return bool(_PHANTOMS.match(" ".join(re.findall(r"\w+", plain))))
