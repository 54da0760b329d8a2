"""A transcript as a document, alone or with a second language beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assistant.core.captions.caption import Caption, is_rough
from assistant.core.plain_text import one_line
from assistant.export.blocks import Block, Document, Fields, Paragraph, Run, Table
from assistant.export.calendar_words import language_name
from assistant.export.minutes_view import PrintOptions, furniture_of
from assistant.export.transcript import Transcript, clock_time, label_of, paragraphs, untranslated_in
from assistant.export.wording import wording_of


def view_transcript(transcript: Transcript, options: PrintOptions) -> Document:
    """Return a transcript as a document; with `beside`, a table of both languages."""
    words = wording_of(options.lang)
    running = f"{words.transcript} – {transcript.title or transcript.room}"
    blocks = list(_head(options, rough=transcript.rough))
    if not transcript.captions:
        blocks.append(Paragraph((Run(words.nothing_said),)))
    elif transcript.beside:
        blocks.append(_side_by_side(transcript, options))
    else:
        blocks += _paragraphs(transcript.captions, words.rough)
    return Document(
        kind=words.transcript,
        title=transcript.title or transcript.room,
        lang=options.lang,
        blocks=tuple(blocks),
        furniture=furniture_of(options, running),
    )


def _head(options: PrintOptions, *, rough: bool) -> Iterator[Block]:
    words = wording_of(options.lang)
    pairs = []
    if options.level.marked:
        pairs.append((words.level, options.level.name_in(options.lang)))
    if options.translated or rough:
        pairs.append((words.translation, words.roughly_translated if rough else words.translated))
    if options.public:
        yield Paragraph((Run(words.public_version),), mark=True)
    if pairs:
        yield Fields(tuple(pairs))


def _paragraphs(captions: Sequence[Caption], rough: str) -> Iterator[Block]:
    for paragraph in paragraphs(captions):
        runs = [Run(f"{clock_time(paragraph.start_seconds)}  ", quiet=True)]
        if label := paragraph.label(rough):
            runs.append(Run(f"{label}  ", bold=True))
        yield Paragraph((*runs, Run(paragraph.text, lang=paragraph.untranslated)))


def _side_by_side(transcript: Transcript, options: PrintOptions) -> Table:
    """Return one row for each caption, its other language beside it."""
    lang = options.lang
    others = {caption.id: caption for caption in transcript.beside}
    rows = []
    for caption in transcript.captions:
        other = others.get(caption.id)
        speaker = (
            Run(clock_time(caption.start_seconds), quiet=True),
            Run(f" {one_line(caption.speaker)}", bold=True),
        )
        rows.append((speaker, (_text(caption, lang),), (_text(other, lang) if other else Run("–"),)))
    header = ("", *(_name(captions, lang) for captions in (transcript.captions, transcript.beside)))
    return Table(header, tuple(rows), (20, 40, 40))


def _text(caption: Caption, lang: str) -> Run:
    mark = label_of("", untranslated_in(caption), wording_of(lang).rough if is_rough(caption) else "")
    return Run((f"{mark} " if mark else "") + one_line(caption.text), lang=caption.lang)


def _name(captions: Sequence[Caption], lang: str) -> str:
    """Return the language of captions, or "as it was said" where there are several."""
    spoken = {caption.translation.lang if caption.translation else caption.lang for caption in captions}
    return language_name(spoken.pop(), lang) if len(spoken) == 1 else wording_of(lang).original
