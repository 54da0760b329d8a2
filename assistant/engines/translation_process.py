"""All text models in one process of their own, so that neither the service nor recognition waits."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any

import structlog

from assistant.core.errors import PackageInvalid, TranslationFailed
from assistant.core.translation.routes import Engine, TextModel
from assistant.engines.child_process import ChildProcess
from assistant.ports.translation import LanguageGuess

LIMIT_SECONDS = 30.0
"""For one turn; thrice what a slow machine needs to load a model and translate a turn."""

TURN_CHARACTERS = 1000
"""What is translated before somebody else's turn comes: about a second."""

_SAMPLE = "Bonjour."
_ATTEMPTS = 2

_log = structlog.get_logger(__name__)


class TranslationProcess:
    """A `TextEngine` over one child process, which starts at the first use.

    Requests wait in line for it; long ones are cut into turns, so that a transcript does not hold up
    captions. A process that dies is replaced and asked once more; one that hangs is killed. It ends
    with the one that started it, whatever ends that.

    Args:
        models: What can be asked for, and where its files are.
        limit_seconds: How long a turn may take; longer by as much as its text is longer than a turn.
    """

    def __init__(
        self, models: Iterable[tuple[TextModel, Path]], *, limit_seconds: float = LIMIT_SECONDS
    ) -> None:
        installed = tuple(models)
        self.models = tuple(model for model, _ in installed)
        self._places = {model.name: (model.engine, str(path.resolve())) for model, path in installed}
        self._limit_seconds = limit_seconds
        # Its only thread is the line in which requests wait.
        self._line = ThreadPoolExecutor(1, thread_name_prefix="translation")
        self._child: ChildProcess | None = None
        self._closed = False
        self._guard = threading.Lock()

    async def translate(self, model: str, sentences: Sequence[str]) -> list[str]:
        """Return the translation of each sentence by the model of that name; raises `TranslationFailed`."""
        engine, directory = self._place(model)
        translated: list[str] = []
        for turn in _turns(sentences):
            request = {"do": "translate", "engine": engine, "directory": directory, "sentences": turn}
            translated += await self._ask(model, request, sum(map(len, turn)))
        return translated

    async def letters(self, model: str) -> frozenset[str]:
        """Return the characters that the model of that name can read; empty where nobody can say."""
        engine, directory = self._place(model)
        return frozenset(
            await self._ask(model, {"do": "letters", "engine": engine, "directory": directory}, 0)
        )

    async def identify(self, text: str) -> LanguageGuess | None:
        """Return the language of a text; None where it is too short to tell; raises `TranslationFailed`."""
        guess = await self._ask("the identifier", {"do": "identify", "text": text}, len(text))
        return LanguageGuess(*guess) if guess else None

    async def close(self) -> None:
        """End the process; what is waiting fails."""
        with self._guard:
            self._closed = True
            if self._child:
                self._child.kill()
        await asyncio.to_thread(self._line.shutdown)
        if self._child:
            await asyncio.to_thread(self._child.bury)
            self._child = None

    @property
    def pid(self) -> int | None:
        """The number of the process, while there is one."""
        return self._child.pid if self._child else None

    def _place(self, model: str) -> tuple[Engine, str]:
        if model not in self._places:
            raise TranslationFailed(f"There is no text model “{model}” here.")
        return self._places[model]

    async def _ask(self, whom: str, request: dict[str, Any], characters: int) -> Any:  # noqa: ANN401 - any JSON
        if self._closed:
            raise TranslationFailed("The translation is closed.")
        limit_seconds = self._limit_seconds * max(1.0, characters / TURN_CHARACTERS)
        return await asyncio.get_running_loop().run_in_executor(
            self._line, self._exchange, whom, request, limit_seconds
        )

    def _exchange(self, whom: str, request: dict[str, Any], limit_seconds: float) -> Any:  # noqa: ANN401 - any JSON
        """Ask the process, if need be twice; runs in the line's thread."""
        for _ in range(_ATTEMPTS):
            with self._guard:
                if self._closed:
                    break
                child = self._child = self._child or _child()
            answer = _ask(child, request, limit_seconds)
            if answer is not None:
                if "error" in answer:
                    raise TranslationFailed(f"{whom}: {answer['error']}")
                return answer["result"]
            stuck, code = child.stuck, child.bury()
            self._child = None
            if not self._closed:
                _log.warning("translation_process_died", stuck=stuck, exit_code=code)
            if stuck:
                break
        raise TranslationFailed("The translation broke down over this text.")


def _child() -> ChildProcess:
    return ChildProcess("assistant.engines.translation_worker")


def _ask(child: ChildProcess, request: dict[str, Any], limit_seconds: float) -> dict[str, Any] | None:
    """Return the answer of a process, or None if it died over it or was killed after the limit."""
    line = json.dumps(request | {"limit_seconds": limit_seconds}).encode() + b"\n"
    return child.ask(line, limit_seconds, _read_answer)


def _read_answer(answers: IO[bytes]) -> dict[str, Any] | None:
    line = answers.readline()
    answer: dict[str, Any] | None = json.loads(line) if line.endswith(b"\n") else None
    return answer


def try_model(engine: Engine, directory: Path) -> None:
    """Let a process of its own, silent whatever breaks down in it, translate a sentence with a model.

    Raises:
        PackageInvalid: The model cannot be used.
    """
    place = str(directory.resolve())
    request = {"do": "translate", "engine": engine, "directory": place, "sentences": [_SAMPLE]}
    child = _child()
    try:
        answer = _ask(child, request, LIMIT_SECONDS)
    finally:
        child.bury()
    if answer is None:
        raise PackageInvalid("The model breaks down over a sentence.")
    if "error" in answer:
        raise PackageInvalid(answer["error"])


def _turns(sentences: Sequence[str]) -> Iterator[list[str]]:
    """Yield the sentences, in order, in lists of about `TURN_CHARACTERS`."""
    turn: list[str] = []
    length = 0
    for sentence in sentences:
        if turn and length + len(sentence) > TURN_CHARACTERS:
            yield turn
            turn, length = [], 0
        turn.append(sentence)
        length += len(sentence)
    if turn:
        yield turn
