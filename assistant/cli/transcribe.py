"""`assistant transcribe`: a finished recording into transcripts on disk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.console import (
    DataDirectory,
    GlossaryFile,
    ModelsDirectory,
    SpeechModel,
    complain,
    fraction_bar,
    out,
    read_settings,
)
from assistant.core.captions.caption import Caption
from assistant.core.errors import FileUnreadable, FormatUnknown
from assistant.core.glossary.glossary import Glossary
from assistant.core.language import parse_language, parse_spoken_language
from assistant.export import formats
from assistant.ports.speech import Transcriber
from assistant.settings import Settings

FORMATS = tuple(name for name, known in formats.FORMATS.items() if known.plain)


def transcribe(
    file: Annotated[Path, typer.Argument(help="A recording: an audio or video file of a usual kind.")],
    language: Annotated[str, typer.Option(help="The spoken language, such as fr; auto detects it.")] = "auto",
    format_: Annotated[
        str, typer.Option("--format", help=f"Formats, separated by commas, of {', '.join(FORMATS)}.")
    ] = "txt,vtt,srt,json",
    translate: Annotated[
        str | None,
        typer.Option(
            help="Write the transcript in these languages as well, separated by commas, such as pt,en.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="Directory to write to; default: this one.", show_default=False)
    ] = None,
    glossary: GlossaryFile = None,
    model: SpeechModel = None,
    data_dir: DataDirectory = None,
    models_dir: ModelsDirectory = None,
) -> None:
    """Transcribe a recording and write the transcript as text, subtitles and JSON."""
    languages = [parse_language(tag.strip()) for tag in (translate or "").split(",") if tag.strip()]
    spoken = parse_spoken_language(language)
    names = _formats(format_)
    if not file.is_file():
        raise FileUnreadable(f"There is no file {file}.")
    settings = read_settings(model=model, data_dir=data_dir, models_dir=models_dir, glossary=glossary)

    from assistant.adapters.recording_file import open_recording
    from assistant.bootstrap import build_glossary, build_transcriber, build_translations, open_recordings
    from assistant.recordings.transcription import RecordingRequest, RecordingTranscript

    if languages:
        build_translations(settings).check_targets(languages)
    terms = build_glossary(settings)
    request = RecordingRequest(file, spoken, speakers=(file.stem,))

    async def run(transcriber: Transcriber, progress: Callable[[float], None]) -> RecordingTranscript:
        async with open_recordings(settings, transcriber, terms) as recordings:
            return await recordings.transcribe(request, progress=progress)

    with fraction_bar(file.name) as progress:
        # What is no recording is told before weights are looked for.
        open_recording(file).close()
        transcript = asyncio.run(run(build_transcriber(settings), progress))
    captions = list(transcript.captions)
    documents = {"": captions}
    for lang in languages:
        with fraction_bar(f"{file.name} → {lang}") as progress:
            documents[lang] = _translated(captions, lang, settings, terms, progress)
    for lang, found in documents.items():
        for name in names:
            stem = ".".join(filter(None, (file.stem, lang)))
            target = (output or Path()) / f"{stem}.{name}"
            _write(target, formats.render(found, name, title=file.stem))
            out().print(str(target), markup=False)
    for fault in transcript.faults:
        complain(fault.message)
    transcript.whole()


def _translated(
    captions: list[Caption],
    lang: str,
    settings: Settings,
    glossary: Glossary,
    progress: Callable[[float], None],
) -> list[Caption]:
    from assistant.bootstrap import build_translations
    from assistant.recordings.translation import translate_recording

    async def run() -> list[Caption]:
        translations = build_translations(settings)
        try:
            return await translate_recording(
                captions, translations, lang, glossary=glossary, progress=progress
            )
        finally:
            await translations.close()

    return asyncio.run(run())


def _formats(text: str) -> list[str]:
    names = [name.strip().lower() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in FORMATS]
    if unknown or not names:
        raise FormatUnknown(f"“{', '.join(unknown)}” is no format; there are {', '.join(FORMATS)}.")
    return names


def _write(target: Path, content: bytes) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    except OSError as error:
        raise FileUnreadable(f"{target} cannot be written ({error.strerror}).") from error
