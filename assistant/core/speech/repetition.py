"""What is written several times: did somebody say it so often, or did the decoder go round in circles?

People repeat words, in roll calls, votes and telephone numbers. In a text both look the same; time tells them
apart. Alignment has room for each word that was said and squeezes copies that nobody said into no time. And
a decoder that goes round in circles does not end its text: it runs into its bound on tokens, and what was
said from there on is not known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile
from statistics import median

from assistant.core.speech.audio import Span, samples_of
from assistant.core.speech.hypothesis import Word
from assistant.core.speech.stabilisation import ends_sentence, normalised, normalised_text

_LONGEST_PHRASE = 8
_INSTANT_SAMPLES = 640
"""Two frames of Whisper's alignment (40 ms): too short for a word."""

_WITHIN_A_WORD = re.compile(r"(.{1,24}?)\1{4,}")
"""As in “nononononono”: tokens without a space between them are one word, however many there are."""

_SAME = re.compile(r"\W*(?P<unit>\d|[^\W\d]{1,12}?)(?:\W*(?P=unit))+", re.IGNORECASE)
"""As “000”, “0-0”, “no-no-no” or “nonono”."""
_SEVERAL = 3
"""“Mama” is one word, and 22 a number."""


@dataclass(frozen=True, slots=True)
class RepetitionRules:
    """When copies of a phrase count as said.

    Attributes:
        copies: From so many in a row on, they are compared with each other.
        least_share: A copy that takes less of the time of the median one was not said,
        squeezed_seconds: unless it takes more than this.
        counted_copies: From so many on, copies are counted against bursts of voice,
        least_bursts: unless there are fewer of these for each copy,
        most_bursts: or more,
        alike: or one is shorter than this share of the median one, or longer by as much. Only the first and
            the last may be longer, where somebody speaks on.
        touching: Bursts count of which this share lies in the time of the copies.
        circles: A text that never ended goes round in circles if its last words stand so often in a row.
    """

    copies: int = 4
    least_share: float = 0.35
    squeezed_seconds: float = 0.2
    counted_copies: int = 3
    least_bursts: float = 0.6
    most_bursts: float = 1.5
    alike: float = 0.55
    touching: float = 0.3
    circles: int = 4


@dataclass(frozen=True, slots=True)
class Run:
    """A phrase that stands several times in a row.

    Attributes:
        first: The index of its first word.
        length: How many words the phrase has.
        copies: How many times it stands there.
    """

    first: int
    length: int
    copies: int

    @property
    def end(self) -> int:
        """The index behind its last word."""
        return self.first + self.length * self.copies


@dataclass(frozen=True, slots=True)
class Sound:
    """What of a text counts.

    Attributes:
        words: The words that count.
        loop_words: How many of the last ones stand where the text went round in circles.
        echoed: Whether an echo of its end was left out.
    """

    words: tuple[Word, ...]
    loop_words: int = 0
    echoed: bool = False


def sound_part(words: tuple[Word, ...], *, kept: int, ended: bool) -> Sound:
    """Return what of a text counts.

    Args:
        words: With their times.
        kept: So many of the first words stay whatever they say.
        ended: Whether the text ended by itself, not at the bound on tokens.
    """
    circles = None if ended else circles_at(words, kept=kept)
    if circles is None:
        sound = without_echo(words)
        sound = sound if len(sound) >= kept else words
        return Sound(as_often_as_said(sound, kept=kept), echoed=len(sound) < len(words))
    before = as_often_as_said(words[:circles], kept=kept)
    loop = words[circles:]
    if loop and _WITHIN_A_WORD.search(normalised(loop[0])):
        loop = ()
    # Up to the first copy that has no time at all the decoder may have followed the voice.
    heard = tuple(takewhile(lambda word: word.span.length_samples > _INSTANT_SAMPLES, loop))
    return Sound(before + heard, loop_words=len(heard))


def repeats(words: tuple[Word, ...], *, times: int = 4) -> bool:
    """Whether some run of one to eight words stands `times` times in a row (once more per short run)."""
    return any(run.copies >= times + (run.length == 1) for run in runs(words, times))


def runs(words: Sequence[Word], copies: int) -> Iterator[Run]:
    """Yield the phrases of one to eight words that stand at least `copies` times in a row.

    They come in the order of the text and do not overlap; where several begin together, the shortest counts.
    """
    plain = [normalised(word) for word in words]
    first = 0
    while first < len(plain):
        found = (
            Run(first, length, _copies(plain, first, length)) for length in range(1, _LONGEST_PHRASE + 1)
        )
        run = next((run for run in found if run.copies >= copies), None)
        if run:
            yield run
        first = run.end if run else first + 1


def _copies(plain: Sequence[str], first: int, length: int) -> int:
    """Return how often the phrase of so many words stands in a row from `first` on."""
    end = first + length
    while plain[end : end + length] == plain[first : first + length] and end < len(plain):
        end += length
    return (end - first) // length


def as_often_as_said(
    words: tuple[Word, ...], *, kept: int = 0, rules: RepetitionRules | None = None
) -> tuple[Word, ...]:
    """Return the words without copies of a phrase that alignment has no room for, unlike for the others.

    Whisper miscounts: among six numbers of 0.7 s each it sets a seventh, and alignment gives that one 0.1 s.

    Args:
        words: With their times.
        kept: So many of the first words stay whatever time they take.
        rules: What counts as said.
    """
    rules = rules or RepetitionRules()
    dropped: set[int] = set()
    for run in runs(words, rules.copies):
        copies = [range(start, start + run.length) for start in range(run.first, run.end, run.length)]
        takes = [sum(words[index].span.length_samples for index in copy) for copy in copies]
        least = min(rules.least_share * median(takes), samples_of(rules.squeezed_seconds))
        for copy, taken in zip(copies, takes, strict=True):
            if copy.start >= max(kept, run.first + 1) and taken < least:
                dropped.update(copy)
    return tuple(word for index, word in enumerate(words) if index not in dropped)


def as_often_as_heard(
    words: tuple[Word, ...], voice: Sequence[Span], rules: RepetitionRules | None = None
) -> tuple[Word, ...]:
    """Return the words with each repeated phrase as often as there are bursts of voice for it.

    Whisper miscounts by one or two where somebody says the same number again and again. Where there are
    nearly as many bursts of voice, of about the same length, each is taken for one copy. Where the voice does
    not rest, or bursts are about twice as many (one a word, not one a phrase), the text stands.

    Args:
        words: With their times.
        voice: Where somebody speaks, in order; times count as those of the words do.
        rules: What counts as said.
    """
    rules = rules or RepetitionRules()
    counted: list[Word] = []
    done = 0
    for run in runs(words, rules.counted_copies):
        span = Span(words[run.first].span.start_samples, words[run.end - 1].span.end_samples)
        bursts = _one_each(span, voice, run.copies, rules)
        if not bursts:
            continue
        counted.extend(words[done : run.first])
        done = run.end
        copies = [words[start : start + run.length] for start in range(run.first, run.end, run.length)]
        # The last copy has the mark that ends it, the first one its capital.
        for index, burst in enumerate(bursts):
            copy = copies[-1] if index == len(bursts) - 1 else copies[min(index, run.copies - 2)]
            counted.extend(said_in(burst, copy))
    return (*counted, *words[done:])


def _one_each(span: Span, voice: Sequence[Span], copies: int, rules: RepetitionRules) -> list[Span]:
    """Return the bursts of which each is one copy; none where the text may have as many, or nothing tells.

    Whoever speaks on from the word before the first copy, or into the one behind the last, may say a copy in
    the same burst.
    """
    within = [each for each in voice if span.start_samples <= _middle(each) < span.end_samples]
    if not within:
        return []
    usual = median(each.length_samples for each in within)
    touching = [
        each
        for each in voice
        if each.cut_to(span).length_samples >= rules.touching * min(each.length_samples, usual)
    ]
    longest = usual / rules.alike
    shared = {each for each in (*touching[:1], *touching[-1:]) if each.length_samples > longest}
    own = [each for each in touching if each not in shared]
    alike = all(rules.alike * usual <= each.length_samples <= longest for each in own)
    if not alike or len(own) <= copies <= len(touching):
        return []
    if not (rules.least_bursts * copies <= len(touching) and len(own) <= rules.most_bursts * copies):
        return []
    return own if copies < len(own) else [each.cut_to(span) for each in touching]


def _middle(span: Span) -> int:
    return (span.start_samples + span.end_samples) // 2


def said_in(span: Span, copy: Sequence[Word]) -> list[Word]:
    """Return the words of a copy evenly over a stretch in which it is said."""
    edges = [span.start_samples + span.length_samples * index // len(copy) for index in range(len(copy) + 1)]
    return [replace(word, span=Span(*edge)) for word, edge in zip(copy, pairwise(edges), strict=True)]


def one_by_one(words: Sequence[Word], around: Span) -> tuple[Word, ...]:
    """Return the words, those in a stretch in parts where one holds several: “no-no-no,”, “000”, “nonono”.

    The text stays as it is written.
    """
    return tuple(part for word in words for part in (_parts(word) if word.span.overlaps(around) else (word,)))


def _parts(word: Word) -> list[Word]:
    text = word.text
    same = _SAME.match(text)
    if same is None:
        return [word]
    ends = [found.end() for found in re.finditer(re.escape(same["unit"]), text[: same.end()], re.IGNORECASE)]
    rest = normalised_text(text[same.end() :])
    digits, several = same["unit"].isdigit(), len(ends) >= _SEVERAL
    apart = re.search(r"\w\W+\w", same[0]) is not None
    if (rest and not (digits and several)) or not (digits or apart or several):
        return [word]
    # Marks belong to what stands before them.
    starts = [0, *(_next_letter(text, end) for end in ends[: None if rest else -1])]
    texts = [text[start:end] for start, end in pairwise([*starts, len(text)])]
    parts = said_in(word.span, [word] * len(texts))
    return [replace(part, text=text) for part, text in zip(parts, texts, strict=True)]


def _next_letter(text: str, start: int) -> int:
    """Return where the next letter or digit stands."""
    found = re.compile(r"\w").search(text, start)
    return found.start() if found else len(text)


def circles_at(words: Sequence[Word], *, kept: int = 0, rules: RepetitionRules | None = None) -> int | None:
    """Return which word of a text that never ended begins to go round in circles; None where none does.

    Args:
        words: The text up to the bound on tokens, which may have torn the last word.
        kept: So many of the first words are no part of it.
        rules: What counts as circles.
    """
    rules = rules or RepetitionRules()
    plain = [normalised(word) for word in words]
    starts = [
        index for index in range(max(kept, len(plain) - 2), len(plain)) if _WITHIN_A_WORD.search(plain[index])
    ]
    whole = plain[:-1]
    for length in range(1, _LONGEST_PHRASE + 1):
        start = len(whole)
        while start > length and whole[start - 1] == whole[start - 1 - length]:
            start -= 1
        if start < len(whole) and len(whole) - (start - length) >= rules.circles * length:
            starts.append(start - length)
    # What is promised stays; the text goes round behind it.
    return max(min(starts), kept) if starts else None


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
                # A text that ends with a sentence says no part of one: copies are cut whole.
                part = len(tail) % length if ends_sentence(words[-1]) else 0
                return words[: start + part]
    return words


def _collapsed(words: tuple[Word, ...]) -> bool:
    # Whatever audio is left falls to the last word, so it says nothing unless it is alone.
    judged = words[:-1] or words
    instant = sum(word.span.length_samples <= _INSTANT_SAMPLES for word in judged)
    return instant * 2 > len(judged)
