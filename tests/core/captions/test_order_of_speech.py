"""What pages that only append show of each person, however revisions are delayed and overtake each other."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.core.captions.append_only_chunks import AppendOnlyChunks, Piece
from assistant.core.captions.caption import Caption
from tests.captions import a_caption


@dataclass
class Utterance:
    """Something that is said, and how far readers were told of it.

    Attributes:
        said: What is said; what it came to, once there is a final.
        stable: So many of the words were promised.
        shown: Whether there was a partial.
        improving: Whether the final is out that will be improved.
    """

    id: str
    number: int
    said: list[str]
    stable: int = 0
    shown: bool = False
    improving: bool = False


@dataclass
class Speaker:
    """One person: partials of the newest utterance, finals of the others in their order."""

    name: str
    utterances: list[Utterance] = field(default_factory=list)
    current: Utterance | None = None
    ended: deque[Utterance] = field(default_factory=deque)


class Meeting:
    """Two people on their way to a page that only appends.

    Of what waits for the page, a newer revision of a caption replaces the older one and goes to the end, as
    in the subscriptions of the room log.
    """

    def __init__(self) -> None:
        self.speakers = {name: Speaker(name) for name in "ab"}
        self.shown: dict[str, list[str]] = {"a": [], "b": []}
        self.ids: list[str] = []
        self.now_seconds = 0.0
        self._seq = 0
        self._pending: dict[str, Caption] = {}
        self._finals: list[Caption] = []
        self._chunks = AppendOnlyChunks()

    def begin(self, speaker: Speaker, number: int) -> None:
        """Somebody begins to speak."""
        if speaker.current is None:
            index = len(speaker.utterances)
            words = [f"{speaker.name}{index}w{word}" for word in range(1 + number % 5)]
            speaker.current = Utterance(f"{speaker.name}.{index}", index, words)
            speaker.utterances.append(speaker.current)

    def partial(self, speaker: Speaker, number: int) -> None:
        """Readers are shown more of what somebody says, or of what they have said last."""
        utterance = speaker.current or next(iter(reversed(speaker.ended)), None)
        if utterance is None or utterance.improving:
            return
        utterance.shown = True
        utterance.stable = max(utterance.stable, number % (len(utterance.said) + 1))
        promised = " ".join(utterance.said[: utterance.stable])
        sure = " ".join(utterance.said[: number // 7 % (utterance.stable + 1)])
        before = [each for each in speaker.ended if each.number < utterance.number]
        self._publish(
            speaker,
            utterance,
            f"{promised} guess".strip(),
            stable=len(promised),
            confident=len(sure) if number % 3 else None,
            follows=before[-1].id if before else "",
        )

    def end(self, speaker: Speaker, _number: int) -> None:
        """Somebody pauses."""
        if speaker.current:
            speaker.ended.append(speaker.current)
            speaker.current = None

    def finalise(self, speaker: Speaker, number: int) -> None:
        """The next final of somebody is there, or its better revision."""
        if not speaker.ended:
            return
        utterance = speaker.ended[0]
        if not utterance.improving and number % 4 == 1:
            utterance.improving = True
            self._publish(speaker, utterance, "otherwise", final=True, improves=True)
            return
        if not utterance.improving and number % 4 == 0:  # it was no speech; only what was promised stands
            utterance.said = utterance.said[: utterance.stable]
        if utterance.shown or utterance.said:
            text = " ".join(utterance.said)
            self._publish(speaker, utterance, text, final=True, refined=utterance.improving)
        speaker.ended.popleft()

    def edit(self, _speaker: Speaker, number: int) -> None:
        """A clerk changes how a final is written."""
        if self._finals:
            final = self._finals[number % len(self._finals)]
            self._offer(replace(final, text=final.text.upper(), edited=True))

    def edit_what_was_read(self, speaker: Speaker, number: int) -> None:
        """The same, of one that the page was told of."""
        self._finals = [each for each in self._finals if each.id not in self._pending]
        self.edit(speaker, number)

    def wait(self, _speaker: Speaker, _number: int) -> None:
        """A moment passes."""
        self._pass(0.1)

    def wait_long(self, _speaker: Speaker, number: int) -> None:
        """Seconds pass."""
        self._pass(number % 20)

    def read(self, _speaker: Speaker, number: int) -> None:
        """Some of what waits reaches the page."""
        for id_ in list(self._pending)[: 1 + number % 3]:
            self._append(self._pending.pop(id_))

    def close(self) -> None:
        """Let everything come to its end."""
        for speaker in self.speakers.values():
            self.end(speaker, 0)
            while speaker.ended:
                self.finalise(speaker, 2)
        while self._pending:
            self.read(self.speakers["a"], 2)

    def said_by(self, name: str) -> list[str]:
        """Return all words of somebody, in their order."""
        return [word for utterance in self.speakers[name].utterances for word in utterance.said]

    def held(self) -> list[str]:
        """Return what the page was not told of."""
        return [piece.text for piece in self._chunks.end()]

    def _pass(self, seconds: float) -> None:
        self.now_seconds += seconds
        self._show(self._chunks.overdue(self.now_seconds))

    def _publish(self, speaker: Speaker, utterance: Utterance, text: str, **fields: object) -> None:
        caption = replace(
            a_caption(text=text, final=False),
            id=utterance.id,
            participant=speaker.name,
            start_seconds=float(utterance.number),
            **fields,  # type: ignore[arg-type] # any of a caption's
        )
        if caption.final and not caption.improves and text:
            self._finals.append(caption)
        self._offer(caption)

    def _offer(self, caption: Caption) -> None:
        self._seq += 1
        waiting = self._pending.get(caption.id)
        if waiting is None or not waiting.final or caption.final:
            self._pending.pop(caption.id, None)
            self._pending[caption.id] = replace(caption, seq=self._seq, rev=self._seq)

    def _append(self, caption: Caption) -> None:
        self._show(self._chunks.take(caption, self.now_seconds))

    def _show(self, pieces: Sequence[Piece]) -> None:
        for piece in pieces:
            self.ids.append(piece.id)
            words = piece.text.lower().split()
            self.shown[piece.caption.participant] += words


Act = Callable[[Meeting, Speaker, int], None]
IN_TIME: tuple[Act, ...] = (
    Meeting.begin,
    Meeting.partial,
    Meeting.partial,
    Meeting.end,
    Meeting.finalise,
    Meeting.edit_what_was_read,
    Meeting.wait,
    Meeting.read,
    Meeting.read,
)
AT_ANY_TIME: tuple[Act, ...] = (*IN_TIME, Meeting.wait_long, Meeting.edit)


def courses(acts: Sequence[Act]) -> st.SearchStrategy[list[tuple[Act, str, int]]]:
    """Return what may happen in a meeting, in any order."""
    return st.lists(
        st.tuples(st.sampled_from(acts), st.sampled_from("ab"), st.integers(0, 400)),
        min_size=40,
        max_size=120,
    )


def hold(course: Sequence[tuple[Act, str, int]]) -> Meeting:
    """Return a meeting that took a course, when all is over."""
    meeting = Meeting()
    for act, name, number in course:
        act(meeting, meeting.speakers[name], number)
    meeting.close()
    return meeting


@settings(max_examples=120)
@given(courses(IN_TIME))
def test_everybody_is_shown_in_the_order_of_their_speech(course: list[tuple[Act, str, int]]) -> None:
    """Each word once, whatever is read when, as long as no final takes twelve seconds."""
    meeting = hold(course)
    assert meeting.held() == []
    assert meeting.shown == {name: meeting.said_by(name) for name in "ab"}
    assert len(set(meeting.ids)) == len(meeting.ids)


@settings(max_examples=120)
@given(courses(AT_ANY_TIME))
def test_nothing_is_lost_however_late_it_is(course: list[tuple[Act, str, int]]) -> None:
    """Nor shown twice, and each caption in itself is in order."""
    meeting = hold(course)
    assert meeting.held() == []
    for name in "ab":
        assert sorted(meeting.shown[name]) == sorted(meeting.said_by(name))
        for utterance in meeting.speakers[name].utterances:
            shown = [word for word in meeting.shown[name] if word in utterance.said]
            assert shown == utterance.said
    assert len(set(meeting.ids)) == len(meeting.ids)


def revision(id_: str, text: str, begins_seconds: float, seq: int, **fields: object) -> Caption:
    caption = a_caption(seq, text, id=id_, start_seconds=begins_seconds, final=False, stable=len(text))
    return replace(caption, **fields)  # type: ignore[arg-type] # any of a caption's


def texts(chunks: AppendOnlyChunks, caption: Caption, now_seconds: float) -> list[str]:
    return [piece.text for piece in chunks.take(caption, now_seconds)]


def test_what_follows_a_caption_that_nobody_has_seen_waits_for_it() -> None:
    """A short answer may have ended before its first partial got its turn."""
    chunks = AppendOnlyChunks()
    assert texts(chunks, revision("b", "the next sentence", 2.0, 1, follows="a"), 3.0) == []
    assert texts(chunks, revision("a", "Yes.", 1.0, 2, final=True), 5.0) == ["Yes.", "the next sentence"]


def test_what_follows_a_caption_that_came_to_nothing_waits_no_longer() -> None:
    """The next revision says so."""
    chunks = AppendOnlyChunks()
    assert texts(chunks, revision("b", "the next", 2.0, 1, follows="a"), 3.0) == []
    assert texts(chunks, revision("b", "the next sentence", 2.0, 2), 4.0) == ["the next sentence"]


@pytest.mark.parametrize("seen", [True, False])
def test_a_final_that_was_overtaken_comes_at_once(*, seen: bool) -> None:
    """Not behind the sentences that could not wait for it."""
    chunks = AppendOnlyChunks()
    if seen:
        chunks.take(revision("a", "one two", 1.0, 1, stable=3), 1.0)
    assert texts(chunks, revision("b", "three", 2.0, 2, follows="a"), 3.0) == []
    assert [piece.text for piece in chunks.overdue(14.9)] == []
    assert [piece.text for piece in chunks.overdue(15.0)] == ["three"]
    assert texts(chunks, revision("a", "one two", 1.0, 3, stable=3), 15.5) == []
    expected = "two" if seen else "one two"
    assert texts(chunks, revision("a", "one two", 1.0, 4, final=True), 16.0) == [expected]
    assert texts(chunks, revision("b", "three four", 2.0, 5, final=True), 17.0) == ["four"]


def test_a_clerk_may_be_faster_than_the_page() -> None:
    """Their text is shown where nothing of the caption was, and not where it was or may have been."""
    chunks = AppendOnlyChunks()
    chunks.known_from_seconds = 49.0
    assert texts(chunks, revision("old", "Long ago.", 1.0, 1, final=True, edited=True), 50.0) == []
    assert texts(chunks, revision("a", "one", 50.0, 2, final=True), 51.0) == ["one"]
    assert texts(chunks, revision("b", "Two.", 52.0, 3, final=True, edited=True), 53.0) == ["Two."]
    for again in ("a", "b", "b~3"):
        assert texts(chunks, revision(again, "Three.", 52.5, 4, final=True, edited=True), 54.0) == []


def test_a_final_whose_refinement_never_comes_is_not_lost() -> None:
    """What follows does not wait for it for ever, and it is shown in the end as it is."""
    chunks = AppendOnlyChunks()
    assert texts(chunks, revision("a", "one", 1.0, 1, final=True, improves=True), 1.0) == []
    assert texts(chunks, revision("b", "two", 2.0, 2, final=True, improves=True), 2.0) == []
    assert [piece.text for piece in chunks.overdue(14.0)] == []
    assert [piece.text for piece in chunks.end()] == ["one", "two"]
    assert texts(chunks, revision("b", "two", 2.0, 3, final=True, refined=True), 15.0) == []
