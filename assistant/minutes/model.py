"""Reads a meeting with the operator's language model, chunk by chunk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from assistant.core.errors import AssistantError, ModelAnswerInvalid, ModelUnreachable
from assistant.minutes.drafting.draft import Reading
from assistant.minutes.drafting.finding import Finding
from assistant.minutes.drafting.model_answers import read_answer
from assistant.minutes.drafting.model_prompts import (
    ANSWER_TOKENS,
    SCHEMA,
    Chunk,
    chunks_of,
    system_prompt,
    user_prompt,
)
from assistant.minutes.reader import ModelFindings
from assistant.ports.minutes import LanguageModel, ModelPrompt

_log = structlog.get_logger(__name__)
_MOST_SECONDS = 1800.0
_MOST_FAILURES = 2
"""After so many chunks in a row without an answer the model is not asked any more."""


class ModelReader:
    """The `ModelReading` of one model; a meeting takes it at most `most_seconds`."""

    def __init__(self, model: LanguageModel, most_seconds: float = _MOST_SECONDS) -> None:
        self._model = model
        self._most_seconds = most_seconds

    async def read(self, reading: Reading, progress: Callable[[float], None]) -> ModelFindings:
        """Return what the model tells and its evidence supports; notes say what went wrong."""
        agenda = list(reading.source.agenda)
        chunks = chunks_of(reading.lines, agenda, self._model.context_tokens)
        found: list[Finding] = []
        failures: list[AssistantError] = []
        answered = in_a_row = 0
        try:
            async with asyncio.timeout(self._most_seconds):
                for number, chunk in enumerate(chunks):
                    progress(number / len(chunks))
                    try:
                        found += await self._chunk(reading, chunk, agenda)
                        answered, in_a_row = answered + 1, 0
                    except (ModelUnreachable, ModelAnswerInvalid) as error:
                        failures.append(error)
                        in_a_row += 1
                        if in_a_row >= _MOST_FAILURES:
                            break
        except TimeoutError:
            failures.append(ModelUnreachable("The language model takes too long over this meeting."))
        if not failures:
            return ModelFindings(tuple(_distinct(found)))
        _log.warning("model_failed", code=failures[-1].code, chunks=len(chunks), answered=answered)
        note = "model_partly" if answered else failures[-1].code
        return ModelFindings(tuple(_distinct(found)), (note,))

    async def _chunk(self, reading: Reading, chunk: Chunk, agenda: list[str]) -> list[Finding]:
        prompt = ModelPrompt(
            system_prompt(reading.language, reading.day.isoformat()),
            user_prompt(reading.lines, chunk, agenda),
            SCHEMA,
            ANSWER_TOKENS,
        )
        answer = await self._model.complete(prompt)
        read = await asyncio.to_thread(
            read_answer, answer, reading.lines, chunk, reading.language, reading.day
        )
        if read.dropped:
            _log.info("model_sentences_dropped", dropped=read.dropped, kept=len(read.findings))
        return list(read.findings)


def _distinct(found: list[Finding]) -> list[Finding]:
    """Leave out what overlapping chunks told twice: of the same kind, on a line that is told already."""
    kept: list[Finding] = []
    told: set[tuple[str, int]] = set()
    texts: set[tuple[str, str]] = set()
    for finding in sorted(found, key=lambda one: one.lines):
        keys = {(finding.kind, line) for line in finding.lines}
        if finding.kind != "point" and keys & told:
            continue
        if (finding.kind, finding.text) in texts:
            continue
        texts.add((finding.kind, finding.text))
        told |= keys
        kept.append(finding)
    return kept
