"""The process in which text models run: requests come in at standard input, answers go out.

    python -m assistant.engines.translation_worker

Each is one line of JSON. A request is `{"do": "translate", "engine", "directory", "sentences"}`,
`{"do": "letters", "engine", "directory"}` or `{"do": "identify", "text"}`, with
`limit_seconds`; an answer is `{"result"}` or `{"error"}`. The process ends when its input does, which
happens whenever the one that started it is gone.
"""

from __future__ import annotations

import contextlib
import faulthandler
import json
import os
import pkgutil
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from assistant.core.errors import AssistantError
from assistant.engines.child_side import be_nice, serve_standard_input

if TYPE_CHECKING:  # what these import is not needed before a model is asked for
    from assistant.engines.identification import TextIdentifier
    from assistant.ports.translation import Translator

MOST_MODELS = 12
"""Loaded at a time; each takes 100 to 300 MB."""

_TRANSLATORS = {
    "argos": "assistant.engines.argos:ArgosTranslator",
    "firefox": "assistant.engines.firefox:FirefoxTranslator",
}
_NICENESS = 15
_GRACE_SECONDS = 5.0


class Worker:
    """Answers requests with models that are loaded when first asked for, the last used of them kept."""

    def __init__(self, most_models: int = MOST_MODELS) -> None:
        self._most_models = most_models
        self._loaded: OrderedDict[str, Translator] = OrderedDict()
        self._identifier: TextIdentifier | None = None

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return what came of a request; whatever goes wrong is an answer too."""
        try:
            if request["do"] == "identify":
                return {"result": self._identify(request["text"])}
            return {"result": self._ask_model(request)}
        except AssistantError as error:
            return {"error": error.message}
        except BaseException as error:  # noqa: BLE001 - a panic of a library in Rust is no Exception
            # Its message may hold the text, so only its kind is told.
            return {"error": f"The text model broke down ({type(error).__name__})."}

    def _ask_model(self, request: dict[str, Any]) -> list[str] | str:
        directory = request["directory"]
        translator = self._loaded.pop(directory, None) or load_translator(request["engine"], Path(directory))
        if request["do"] == "letters":
            answer: list[str] | str = "".join(sorted(translator.letters()))
        else:
            answer = translator.translate(request["sentences"])
        # One that broke down is not kept: nobody knows in what state it is.
        self._loaded[directory] = translator
        while len(self._loaded) > self._most_models:
            self._loaded.popitem(last=False)
        return answer

    def _identify(self, text: str) -> tuple[str, float] | None:
        if self._identifier is None:
            from assistant.engines.identification import TextIdentifier  # noqa: PLC0415 - 100 MB

            self._identifier = TextIdentifier()
        guess = self._identifier.identify(text)
        return (guess.language, guess.probability) if guess else None


def load_translator(engine: str, directory: Path) -> Translator:
    """Return the `Translator` of an engine over the files in a directory; raises `PackageInvalid`."""
    # Each library is loaded only where a model needs it.
    load: Callable[[Path], Translator] = pkgutil.resolve_name(_TRANSLATORS[engine])
    return load(directory)


def serve(requests: BinaryIO, answers: BinaryIO, worker: Worker) -> None:
    """Answer each line of `requests` until they end or nobody listens any more."""
    with contextlib.suppress(BrokenPipeError), Path(os.devnull).open("w") as nowhere:
        for line in requests:
            request = json.loads(line)
            # A library that never comes back may hold the interpreter; this needs none.
            faulthandler.dump_traceback_later(
                request["limit_seconds"] + _GRACE_SECONDS, exit=True, file=nowhere
            )
            answer = worker.answer(request)
            faulthandler.cancel_dump_traceback_later()
            answers.write(json.dumps(answer).encode() + b"\n")
            answers.flush()


def main() -> None:
    """Serve standard input."""
    # Recognition comes first: captions are wanted before their translations.
    be_nice(_NICENESS)
    worker = Worker()
    serve_standard_input(lambda requests, answers: serve(requests, answers, worker))


if __name__ == "__main__":
    main()
