"""What a clerk may do to captions that have ended: correct, give to somebody else, split, merge, replace.

Each gives captions without a number of their own; the room numbers them. The words keep their times: those of
a caption tell what was recognised, not what a clerk made of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from assistant.core.captions.caption import Caption
from assistant.core.errors import CaptionsApart, SplitInvalid, TextTooLong
from assistant.core.language import UNSPACED_LANGUAGES
from assistant.core.minutes.redaction import PART
from assistant.core.plain_text import one_line
from assistant.core.rooms import check_participant
from assistant.core.speech.audio import samples_of, seconds_of
from assistant.core.speech.hypothesis import text_of

MOST_CHARACTERS = 10_000
"""How long the text of one caption may be; nobody says more without a pause."""


def corrected(caption: Caption, text: str) -> Caption:
    """Return a caption with a clerk's text, on one line; raises `TextTooLong`."""
    text = one_line(text)
    if len(text) > MOST_CHARACTERS and len(text) > len(caption.text):
        raise _too_long()
    return replace(caption, text=text, stable=len(text), edited=True, refined=False)


def given_to(caption: Caption, participant: str, name: str) -> Caption:
    """Return a caption as somebody else's; raises `ParticipantInvalid`."""
    participant = check_participant(participant)
    return replace(
        corrected(caption, caption.text), participant=participant, speaker=check_participant(name, "name")
    )


def split(caption: Caption, at: int) -> tuple[Caption, Caption]:
    """Return both parts of a caption that is cut before a character of its text.

    The second one's id is made of the first one's. Where the words are as they were recognised, the cut is at
    the time of a word; else it is in proportion to the characters.

    Raises:
        SplitInvalid: There is nothing on one side.
    """
    left, right = caption.text[:at].strip(), caption.text[at:].strip()
    if at < 0 or not left or not right:
        raise SplitInvalid("Split a caption where there are words on both sides.")
    count, cut_seconds = _cut(caption, at)
    cut_samples = samples_of(cut_seconds - caption.start_seconds)
    first = replace(corrected(caption, left), end_seconds=cut_seconds, words=caption.words[:count])
    second = replace(
        corrected(caption, right),
        id=f"{caption.id}{PART}{caption.rev}",
        start_seconds=cut_seconds,
        words=tuple(replace(word, span=word.span.moved(-cut_samples)) for word in caption.words[count:]),
    )
    return first, second


def _cut(caption: Caption, at: int) -> tuple[int, float]:
    """Return how many words stand before the cut, and its time."""
    if text_of(caption.words) == caption.text:
        written = 0
        for count, word in enumerate(caption.words):
            if written >= at and count:
                return count, round(caption.start_seconds + seconds_of(word.span.start_samples), 3)
            written += len(word.text) if count else len(word.text.lstrip())
    share = at / len(caption.text)
    length = caption.end_seconds - caption.start_seconds
    seconds = round(caption.start_seconds + share * length, 3)
    samples = samples_of(seconds - caption.start_seconds)
    count = sum(word.span.start_samples < samples for word in caption.words)
    return count, seconds


def merged(first: Caption, second: Caption, between: Sequence[Caption] = ()) -> tuple[Caption, Caption]:
    """Return the first of two captions with the words of both, and the second one emptied.

    Args:
        first: The earlier one.
        second: The later one.
        between: Captions with text that begin between them.

    Raises:
        CaptionsApart: They are of different people, in the wrong order, or somebody else speaks between them.
        TextTooLong: Together they have too many characters.
    """
    in_order = (first.start_seconds, first.seq) < (second.start_seconds, second.seq)
    alone = all(caption.participant == first.participant and not caption.text for caption in between)
    if first.participant != second.participant or first.id == second.id or not in_order or not alone:
        raise CaptionsApart("Only two captions of one speaker, one right after the other, can be merged.")
    joiner = "" if {first.lang, second.lang} <= UNSPACED_LANGUAGES else " "
    moved = samples_of(second.start_seconds - first.start_seconds)
    joined = replace(
        corrected(first, f"{first.text}{joiner}{second.text}"),
        end_seconds=max(first.end_seconds, second.end_seconds),
        words=(*first.words, *(replace(word, span=word.span.moved(moved)) for word in second.words)),
    )
    return joined, corrected(second, "")


def replacer(find: str, put: str, *, match_case: bool, whole_words: bool) -> Callable[[str], tuple[str, int]]:
    """Return what replaces a text in others and says how often it did; no character of it is a wildcard.

    It raises `TextTooLong` before it makes a text that no caption may have.
    """
    pattern = re.escape(" ".join(find.split()))
    if whole_words:
        pattern = rf"(?<!\w){pattern}(?!\w)"
    rule = re.compile(pattern, 0 if match_case else re.IGNORECASE)

    def write(text: str) -> tuple[str, int]:
        length = len(text)
        for match in rule.finditer(text):
            length += len(put) - (match.end() - match.start())
        if length > max(MOST_CHARACTERS, len(text)):
            raise _too_long()
        return rule.subn(lambda _: put, text)

    return write


def _too_long() -> TextTooLong:
    return TextTooLong(f"The text of a caption may have at most {MOST_CHARACTERS} characters.")
