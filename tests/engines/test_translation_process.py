"""The process of the text models: real models, real deaths."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
from structlog.testing import capture_logs

from assistant.core.errors import TranslationFailed
from assistant.core.translation.routes import Scores, TextModel
from assistant.engines.translation_process import TURN_CHARACTERS, TranslationProcess
from assistant.engines.translation_worker import Worker
from assistant.ports.translation import LanguageGuess
from tests.engines.conftest import Installed
from tests.waiting import until

pytestmark = pytest.mark.weights

ROOT = Path(__file__).parents[2]
SENTENCE = "The council thanks the mayor."
LONG = "The members of the council discuss the budget of the town, " * 60


@pytest.fixture
async def process(text_models: tuple[Installed, ...]) -> AsyncIterator[TranslationProcess]:
    """A process with three models, closed at the end."""
    process = TranslationProcess(text_models)
    yield process
    await process.close()


def alive(pid: int) -> bool:
    return bool(psutil.pid_exists(pid)) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def cpu_seconds(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


async def works(pid: int) -> None:
    """Wait until a process has begun to work on what it was given last."""
    before = cpu_seconds(pid)
    await until(lambda: cpu_seconds(pid) > before, f"work of process {pid}")


async def test_both_engines_translate(process: TranslationProcess) -> None:
    """Sentences go to the model that is named, and come back in order."""
    assert [model.name for model in process.models] == ["en-pt", "pt-en", "fr-en"]
    assert await process.translate("pt-en", ["Bom dia.", "42", ""]) == ["Good morning.", "42", ""]
    assert "conselho" in (await process.translate("en-pt", [SENTENCE]))[0]
    assert await process.translate("fr-en", ["Merci beaucoup."]) == ["Thank you very much."]


async def test_it_starts_when_it_is_used_and_yields_to_recognition(process: TranslationProcess) -> None:
    """No process before the first request, one for all models, and that a nice one."""
    assert process.pid is None
    await process.translate("pt-en", ["Bom dia."])
    pid = process.pid
    assert pid is not None
    assert psutil.Process(pid).nice() == min(os.nice(0) + 15, 19)
    await process.translate("en-pt", [SENTENCE])
    assert process.pid == pid


def test_it_imports_little() -> None:
    """The process is small until a model is asked for: no web, no recognition, no numbers."""
    script = "import sys, assistant.engines.translation_worker; print(*sys.modules)"
    modules = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(modules.stdout.split())
    unwanted = {
        "fastapi",
        "faster_whisper",
        "ctranslate2",
        "numpy",
        "fxtranslate",
        "argostranslate",
        "structlog",
    }
    assert not unwanted & loaded


async def test_languages_are_identified(process: TranslationProcess) -> None:
    """Sentences in three languages are told apart; a word or two are not guessed at."""
    for language, text in {
        "fr": "Bonjour à toutes et à tous, la séance est ouverte.",
        "en": "Good morning, everyone, the session is open.",
        "pt": "Bom dia a todos, a sessão está aberta, vamos começar.",
    }.items():
        guess = await process.identify(text)
        assert isinstance(guess, LanguageGuess)
        assert guess.language == language
        assert 0.5 < guess.probability <= 1.0
    for text in ("", "OK merci", "1234567890 " * 10, "😀" * 30):
        assert await process.identify(text) is None


async def test_nobody_waits_meanwhile(process: TranslationProcess) -> None:
    """The event loop turns while text is translated, though the library holds its interpreter."""
    await process.translate("en-pt", [SENTENCE])
    working = asyncio.create_task(process.translate("en-pt", [LONG]))
    gaps = []
    while not working.done():
        began = time.monotonic()
        await asyncio.sleep(0.01)
        gaps.append(time.monotonic() - began)
    assert len(gaps) > 5
    assert sorted(gaps)[len(gaps) // 2] < 0.5


async def test_a_transcript_does_not_hold_up_captions(process: TranslationProcess) -> None:
    """Of a long request only the turn that runs is waited for."""
    transcript = [f"{SENTENCE} Number {number}." for number in range(10 * TURN_CHARACTERS // len(SENTENCE))]
    working = asyncio.create_task(process.translate("en-pt", transcript))
    await until(lambda: process.pid)
    await process.translate("pt-en", ["Bom dia."])
    assert not working.done()
    assert len(await working) == len(transcript)


async def test_a_process_that_died_idle_is_replaced(process: TranslationProcess) -> None:
    """Whoever asks next notices nothing; the log does."""
    await process.translate("pt-en", ["Bom dia."])
    pid = process.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    with capture_logs() as logs:
        assert await process.translate("pt-en", ["Bom dia."]) == ["Good morning."]
    assert process.pid not in {pid, None}
    assert [entry["event"] for entry in logs] == ["translation_process_died"]


async def test_a_crash_is_tried_again_once(process: TranslationProcess) -> None:
    """A process that dies over a text is replaced, and the text translated by the next."""
    await process.translate("en-pt", [SENTENCE])
    pid = process.pid
    assert pid is not None
    working = asyncio.create_task(process.translate("en-pt", [LONG]))
    await works(pid)
    assert not working.done()
    os.kill(pid, signal.SIGKILL)
    assert len((await working)[0]) > len(LONG) / 2
    assert process.pid != pid


async def test_a_second_crash_is_a_failure(process: TranslationProcess) -> None:
    """A text over which two processes die is given up, its words stay out of the log, and others go on."""
    working = asyncio.create_task(process.translate("en-pt", [LONG]))
    killed = set()
    with capture_logs() as logs:
        while not working.done():
            if process.pid and process.pid not in killed:
                killed.add(process.pid)
                os.kill(process.pid, signal.SIGKILL)
            await asyncio.sleep(0.01)
    with pytest.raises(TranslationFailed):
        await working
    assert len(killed) == 2
    assert "council" not in json.dumps(logs)
    assert await process.translate("pt-en", ["Bom dia."]) == ["Good morning."]


async def test_a_stuck_process_is_killed(text_models: tuple[Installed, ...]) -> None:
    """After the limit the text has failed; the next is translated by a fresh process."""
    process = TranslationProcess(text_models, limit_seconds=10.0)
    await process.translate("pt-en", ["Bom dia."])
    pid = process.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    began = time.monotonic()
    with pytest.raises(TranslationFailed):
        await process.translate("pt-en", ["Bom dia."])
    assert time.monotonic() - began > 9.5
    await until(lambda: not alive(pid))
    assert await process.translate("pt-en", ["Bom dia."]) == ["Good morning."]
    await process.close()


def test_a_stuck_process_ends_by_itself(tmp_path: Path) -> None:
    """Where nobody is left to kill it, a process that hangs (here over a pipe) ends soon after the limit."""
    os.mkfifo(tmp_path / "model.x.bin")
    (tmp_path / "vocab.x.spm").write_bytes(b"")
    request: dict[str, object] = {"do": "translate", "engine": "firefox", "directory": str(tmp_path)}
    request |= {"sentences": ["a"], "limit_seconds": -4.0}
    worker = subprocess.Popen(
        [sys.executable, "-m", "assistant.engines.translation_worker"],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert worker.stdin is not None
    worker.stdin.write(json.dumps(request).encode() + b"\n")
    worker.stdin.flush()
    assert worker.wait(20) == 1
    worker.communicate()


PARENT = """
import asyncio, sys
from pathlib import Path
from assistant.core.translation.routes import Scores, TextModel
from assistant.engines.translation_process import TranslationProcess

async def main():
    model = TextModel("m", "en", "pt", "firefox", Scores(0.9), 25.0)
    process = TranslationProcess([(model, Path(sys.argv[1]))])
    await process.translate("m", ["Good morning."])
    print(process.pid, flush=True)
    await process.translate("m", [sys.argv[2]])
    await asyncio.sleep(60)

asyncio.run(main())
"""


@pytest.mark.parametrize("text", ["", LONG], ids=["idle", "busy"])
async def test_it_dies_with_the_service(english_portuguese: Path, text: str) -> None:
    """Even `kill -9` of the service leaves no process behind, whether that is busy or not."""
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT, str(english_portuguese), text, cwd=ROOT, stdout=subprocess.PIPE
    )
    assert parent.stdout is not None
    pid = int(await parent.stdout.readline())
    assert alive(pid)
    if text:
        await works(pid)
    parent.kill()
    await parent.communicate()
    await until(lambda: not alive(pid))


async def test_signals_to_the_whole_group_are_left_to_the_service(process: TranslationProcess) -> None:
    """Ctrl+C and SIGTERM reach all processes; translations are needed until the service is done."""
    await process.translate("pt-en", ["Bom dia."])
    pid = process.pid
    assert pid is not None
    os.kill(pid, signal.SIGINT)
    os.kill(pid, signal.SIGTERM)
    assert await process.translate("pt-en", ["Bom dia."]) == ["Good morning."]
    assert process.pid == pid


async def test_closing_ends_it_at_once(text_models: tuple[Installed, ...]) -> None:
    """What runs and what waits fails, nothing is left, and nothing starts again."""
    process = TranslationProcess(text_models)
    await process.translate("en-pt", [SENTENCE])
    pid = process.pid
    assert pid is not None
    working = [asyncio.create_task(process.translate("en-pt", [LONG * 5])) for _ in range(3)]
    await works(pid)
    await process.close()
    results = await asyncio.gather(*working, return_exceptions=True)
    assert all(isinstance(result, TranslationFailed) for result in results)
    assert not psutil.pid_exists(pid)
    with pytest.raises(TranslationFailed):
        await process.translate("en-pt", [SENTENCE])
    with pytest.raises(TranslationFailed):
        await process.identify(LONG)
    await process.close()


async def test_closing_what_never_ran_is_no_error(text_models: tuple[Installed, ...]) -> None:
    """There is nothing to end."""
    process = TranslationProcess(text_models)
    await process.close()
    assert process.pid is None


async def test_a_cancelled_request_disturbs_no_other(process: TranslationProcess) -> None:
    """Its answer is dropped; the next request gets its own."""
    await process.translate("en-pt", [SENTENCE])
    assert process.pid
    working = asyncio.create_task(process.translate("en-pt", [LONG]))
    await works(process.pid)
    working.cancel()
    assert await process.translate("pt-en", ["Bom dia."]) == ["Good morning."]


async def test_a_broken_model_harms_only_itself(text_models: tuple[Installed, ...], tmp_path: Path) -> None:
    """A package that cannot be loaded fails with a sentence that says why; a name that is none too."""
    (tmp_path / "model.x.bin").write_bytes(b"")
    broken = TextModel("broken", "fr", "pt", "firefox", Scores(0.9), 25.0)
    process = TranslationProcess([*text_models, (broken, tmp_path)])
    with pytest.raises(TranslationFailed, match="lacks the vocabulary"):
        await process.translate("broken", ["Bonjour."])
    (tmp_path / "vocab.x.spm").write_bytes(b"")
    with pytest.raises(TranslationFailed, match="damaged"):
        await process.translate("broken", ["Bonjour."])
    with pytest.raises(TranslationFailed, match="unheard-of"):
        await process.translate("unheard-of", ["Bonjour."])
    assert await process.translate("pt-en", ["Bom dia."]) == ["Good morning."]
    await process.close()


async def test_absurd_text_gets_an_answer(process: TranslationProcess) -> None:
    """Ten thousand characters without a space, control characters, halves of characters, long texts."""
    noise = "x" * 10_000
    assert await process.translate("en-pt", [noise, "\x00\x1b", "\ud800"]) == [noise, "\x00\x1b", "\ud800"]
    articles = " ".join(f"O artigo {number} foi aprovado pelos membros." for number in range(100, 200))
    translated = await process.translate("pt-en", ["Bom\x00dia.\ud800", articles])
    assert translated[0] == "Good morning."
    assert sum(str(number) in translated[1] for number in range(100, 200)) > 95


def test_the_model_used_least_recently_is_let_go(text_models: tuple[Installed, ...]) -> None:
    """Memory has a bound: of more models than that, those used last are kept."""
    worker = Worker(most_models=2)

    def ask(number: int) -> None:
        model, path = text_models[number]
        request = {"do": "translate", "engine": model.engine, "directory": str(path), "sentences": ["a"]}
        assert "result" in worker.answer(request)

    directories = [str(path) for _, path in text_models]
    for number in (0, 1, 0, 2):
        ask(number)
    assert list(worker._loaded) == [directories[0], directories[2]]
