"""Turns what was recognised of one track into captions of its room."""

from __future__ import annotations

from dataclasses import replace

from assistant.captioning.track_record import TrackRecord
from assistant.core.captions.caption import Caption, RevisionRefused
from assistant.core.speech.audio import Span
from assistant.core.speech.hypothesis import confident_words, text_of
from assistant.core.speech.stabilisation import Shown
from assistant.core.speech.timeline import Timeline
from assistant.core.speech.utterance import FinalText, Utterance
from assistant.rooms.room import RoomSession


class CaptionPublisher:
    """Publishes one track's captions.

    Attributes:
        last_seq: The `seq` of the newest final; 0 before there is one.
    """

    def __init__(self, record: TrackRecord, room: RoomSession, timeline: Timeline) -> None:
        self.last_seq = 0
        self._record = record
        self._room = room
        self._timeline = timeline

    def caption_id(self, utterance: Utterance) -> str:
        """Return the id of an utterance's caption."""
        return f"{self._record.track.session}.{utterance.start_samples}"

    async def show(
        self, utterance: Utterance, shown: Shown, until_samples: int, *, after: Utterance | None
    ) -> None:
        """Publish a partial.

        Args:
            utterance: What goes on.
            shown: What readers see of it.
            until_samples: Up to where it was heard.
            after: The utterance before it, where that waits for its final.
        """
        languages = utterance.language, utterance.other
        caption = self._caption(utterance, shown.text, shown.stable, until_samples, languages)
        confident = min(shown.stable, len(text_of(confident_words(utterance.prefix))))
        follows = self.caption_id(after) if after else ""
        await self._room.show_partial(replace(caption, confident=confident, follows=follows))

    async def finalise(
        self, utterance: Utterance, span: Span, final: FinalText, published: list[Caption]
    ) -> Caption | None:
        """Store and publish the final and, where the second pass disagrees, its one refinement.

        Args:
            utterance: What ended.
            span: The utterance's audio, in samples of the track.
            final: What it came to.
            published: What is out of it; grows, so that what failed can go on where it stopped.

        Returns:
            What stands in the end; None where there was nothing to store, since nothing was said and
            nobody saw words.
        """
        if not final.words and not utterance.shown:
            return None
        revisions = [final.words, *([] if final.better is None else [final.better])]
        for words in revisions[len(published) :]:
            text, refined = text_of(words), bool(published)
            languages = final.language, final.other
            caption = self._caption(utterance, text, len(text), span.end_samples, languages)
            caption = replace(
                caption,
                final=True,
                refined=refined,
                words=words,
                improves=not refined and final.better is not None,
            )
            try:
                caption = await self._room.append_final(
                    caption, session=self._record.track.session, durable_samples=span.end_samples
                )
            except RevisionRefused:
                if refined:
                    break  # a clerk has edited the final meanwhile, and that stands
                raise
            published.append(caption)
            self.last_seq = caption.seq
        return published[-1]

    def _caption(
        self, utterance: Utterance, text: str, stable: int, until_samples: int, languages: tuple[str, str]
    ) -> Caption:
        track = self._record.track
        language, other = languages
        begin_samples = utterance.start_samples
        span = Span(begin_samples, max(begin_samples, until_samples))
        return Caption(
            room=track.room,
            seq=0,
            id=self.caption_id(utterance),
            rev=0,
            participant=track.participant,
            speaker=track.name,
            lang=language,
            source_lang=other or language,
            text=text,
            stable=stable,
            final=False,
            start_seconds=round(self._timeline.began_seconds(span), 3),
            end_seconds=round(self._timeline.seconds_at(until_samples), 3),
        )
