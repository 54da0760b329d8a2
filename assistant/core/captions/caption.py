"""Captions and what may happen to them.

A caption belongs to one utterance. It starts as a *partial*, whose first `stable` characters will
not change any more, and ends as a *final*. After that only one better second pass (`refined`) and a
clerk's corrections (`edited`) may change it. Each change is a revision with a higher `rev`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from assistant.core.speech.hypothesis import Word
from assistant.core.translation.routes import How

Problem = Literal["", "no_route", "failed", "follows", "too_late", "other_language"]
"""Why a caption is shown as it was said: nothing translates it, that failed, the recogniser will yet, only
the recogniser could have, while it was spoken, or its words are in another language than was spoken."""


@dataclass(frozen=True, slots=True)
class Translation:
    """What makes a caption the translation of another one.

    Attributes:
        lang: BCP-47 code of the language that its readers asked for.
        source_rev: The revision of the caption that it translates.
        via: The languages it went through.
        how: Whether the text was translated, or the speech itself.
        problem: Why it could not be translated; it is then shown as it was said.
        rough: Whether a rough model had a part in it, so that its readers have to be told.
    """

    lang: str
    source_rev: int
    via: tuple[str, ...] = ()
    how: How = "text"
    problem: Problem = ""
    rough: bool = False


@dataclass(frozen=True, slots=True)
class Caption:
    """One revision of one caption in one language.

    Attributes:
        room: The room's name.
        seq: Position among all events of the room; grows by at least one with each, also across restarts.
        id: Names the utterance's caption; the same in all revisions and languages.
        rev: The `seq` at which this revision of the words was made; a higher one replaces a lower.
        participant: The speaker's id.
        speaker: The speaker's name as shown.
        lang: BCP-47 code of the language of `text`.
        source_lang: BCP-47 code of the language that was spoken; of words as they were said that of `text`,
            unless the recogniser was told another language than was plainly spoken.
        text: What is shown; empty for a caption that turned out not to be speech.
        stable: How many leading characters of `text` will not change any more.
        final: Whether the utterance has ended.
        start_seconds: When the utterance began, seconds since the room began.
        end_seconds: When it ended, or how far it was heard.
        edited: Whether a clerk corrected this revision.
        refined: Whether this revision is the better second pass over a final.
        words: Word times of a final in the spoken language, samples from the caption's start.
        translation: What a translation was made of, and how; None for a caption as it was said.
        confident: How many leading characters of a partial the recogniser is confident of; None: all that are
            stable.
        improves: Whether the refined revision of a final follows at once.
        follows: Which caption of a partial's speaker came right before it and has no final yet, by its id;
            empty where everything before it has one, or comes to nothing.
        public_only: Whether it is for readers of the public version alone: what they saw before is withheld,
            masked or shown from now on.
    """

    room: str
    seq: int
    id: str
    rev: int
    participant: str
    speaker: str
    lang: str
    source_lang: str
    text: str
    stable: int
    final: bool
    start_seconds: float
    end_seconds: float
    edited: bool = False
    refined: bool = False
    words: tuple[Word, ...] = ()
    translation: Translation | None = None
    confident: int | None = None
    improves: bool = False
    follows: str = ""
    public_only: bool = False

    @property
    def target(self) -> str:
        """The language that its readers asked for; empty for a caption as it was said."""
        return self.translation.lang if self.translation else ""

    @property
    def in_other_language(self) -> bool:
        """Whether its words were recognised in another language than was spoken, and so mean nothing."""
        return self.lang != self.source_lang and not self.is_translated and not self.edited

    @property
    def is_translated(self) -> bool:
        """Whether `text` is a translation, and not what was said in place of one."""
        return self.translation is not None and not self.translation.problem


def is_rough(caption: Caption) -> bool:
    """Return whether a caption is a translation that readers have to be told is rough."""
    return caption.is_translated and caption.translation is not None and caption.translation.rough


def translated(caption: Caption, text: str, translation: Translation) -> Caption:
    """Return a caption in another language, all of it stable."""
    return replace(
        caption, lang=translation.lang, text=text, stable=len(text), words=(), translation=translation
    )


def untranslated(caption: Caption, lang: str, problem: Problem = "no_route") -> Caption:
    """Return a caption as a reader of `lang` gets it where it is not translated."""
    return replace(caption, translation=Translation(lang, caption.rev, problem=problem))


class RevisionRefused(ValueError):
    """A revision breaks a promise that an earlier one made to readers."""


def check_successor(before: Caption, after: Caption) -> None:
    """Raise `RevisionRefused` unless `after` may follow `before` as a revision of the same caption.

    The promises: revisions grow; the stable prefix is never taken back; a final is changed only by
    one refined revision or by a clerk, and a clerk's text by nobody else.
    """
    if before.id != after.id or after.rev <= before.rev:
        raise RevisionRefused(f"revision {after.rev} cannot follow {before.rev}")
    if before.final:
        check_final_successor(after, improved=before.edited or before.refined)
        return
    if after.edited:
        return
    kept = before.text[: before.stable]
    if after.stable < before.stable or not after.text.startswith(kept):
        raise RevisionRefused("the stable prefix was taken back")


def check_final_successor(after: Caption, *, improved: bool) -> None:
    """Raise `RevisionRefused` unless `after` may follow a final of the same caption.

    Args:
        after: The next revision.
        improved: Whether the final was refined or edited already.
    """
    if not after.edited and (improved or not after.refined):
        raise RevisionRefused("a final changes only by one refined revision or an edit")
