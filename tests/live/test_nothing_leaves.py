"""The service works where there is no network, and asks for none."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import subprocess
import sys
import zipfile
from contextlib import aclosing
from pathlib import Path

import httpx
import pytest

from assistant.client import CaptionEvent, CaptionReader, Endpoint
from assistant.core.errors import RoomDeleted
from assistant.export.formats import FORMATS
from assistant.export.minutes_formats import MINUTES_FORMATS
from assistant.operations.offline import SWITCHES
from tests.conftest import SPEECH
from tests.live.service import LiveService
from tests.live.watch import HOW_TO_GET_IT, Watch, WatchedService, can_watch, environment_of
from tests.waiting import PATIENCE_SECONDS

pytestmark = [pytest.mark.weights, pytest.mark.slow]

PROBE = """
import asyncio, sys
from pathlib import Path
from assistant.client import AudioStream, Endpoint, read_pcm
from tests.live.service import LiveService

service = LiveService(Path(sys.argv[1]), Path(sys.argv[2]))
service.start()

async def talk():
    async with AudioStream(Endpoint(service.url), "council", "reader", language="en") as stream:
        await stream.send(read_pcm(Path(sys.argv[3])))
        await stream.stop()

try:
    asyncio.run(talk())
    print("HEARD", service.transcript("council")[0]["text"])
finally:
    service.stop()
"""


def isolated(*command: str) -> list[str]:
    """Return the command in a network namespace that has nothing but its own loopback."""
    return [
        "unshare",
        "--map-root-user",
        "--net",
        "sh",
        "-c",
        'ip link set lo up && exec "$@"',
        "sh",
        *command,
    ]


def can_isolate() -> bool:
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        return False
    return subprocess.run(isolated("true"), capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not can_isolate(), reason="needs unshare and ip: apt-get install util-linux iproute2")
def test_captions_come_without_any_network(tmp_path: Path, whisper_weights: Path) -> None:
    """In a network namespace with only loopback the whole way works, so nothing outside is needed."""
    root = Path(__file__).parents[2]
    recording = root / "tests" / "fixtures" / "speech" / "jfk.flac"
    probe = [sys.executable, "-c", PROBE, str(tmp_path), str(whisper_weights.parent), str(recording)]
    done = subprocess.run(
        isolated(*probe), capture_output=True, text=True, cwd=root, timeout=150, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "HEARD And so my fellow Americans" in done.stdout


HOSTILE_RECORDINGS = {
    "list.m3u8": "#EXTM3U\n#EXTINF:1,\nhttp://198.51.100.1/secret.ts\n#EXT-X-ENDLIST\n",
    "list.ffconcat": "ffconcat version 1.0\nfile http://198.51.100.1/secret.wav\n",
    "list.sdp": "v=0\no=- 0 0 IN IP4 198.51.100.1\ns=x\nc=IN IP4 198.51.100.1\nt=0 0\nm=audio 9 RTP/AVP 0\n",
}
"""Files that would have their reader fetch something, by name."""

HOSTILE_GLOSSARY = (
    '<?xml version="1.0"?><!DOCTYPE tbx SYSTEM "http://198.51.100.1/tbx.dtd">'
    '<tbx style="dca" type="TBX-Basic"/>'
)

TEMPTATIONS = {
    "HTTP_PROXY": "http://198.51.100.77:3128",
    "ALL_PROXY": "http://198.51.100.77:3128",
    "ORT_DISABLE_TELEMETRY": "0",
    "HF_HUB_OFFLINE": "0",
    "OTEL_SDK_DISABLED": "false",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "http://198.51.100.77:4318",
    "FASTAPI_OTEL_AUTO_CONFIGURE": "true",
}
"""What an environment may say that would have libraries call somebody."""

needs_watch = pytest.mark.skipif(not can_watch(), reason=HOW_TO_GET_IT)


class DemoService(WatchedService):
    """A watched service that plays the demo meeting."""

    def command(self, *arguments: str) -> list[str]:
        """Return how the assistant is run with these arguments."""
        return super().command(*("--demo" if argument == "--no-demo" else argument for argument in arguments))


async def first_translation(service: LiveService) -> str:
    """Return the first final that a reader of Portuguese reads in translation."""
    async with asyncio.timeout(100):
        while True:
            # The demo begins by deleting its room; whoever reads already is shown out.
            with contextlib.suppress(RoomDeleted):
                events = CaptionReader(Endpoint(service.url), "demo", lang="pt", since=0).events()
                async with aclosing(events):
                    async for event in events:
                        if isinstance(event, CaptionEvent) and event.final and "pt" not in event.source_lang:
                            return event.text


def read_everything(service: LiveService) -> None:
    """Fetch the pages and files of the demo meeting, in the languages that there are."""
    room = "/v1/rooms/demo"
    agenda = httpx.put(
        f"{service.url}{room}/agenda",
        content="1. Water\n2. Roads\n",
        trust_env=False,
        timeout=PATIENCE_SECONDS,
    )
    assert agenda.status_code < 500
    service.post(f"{room}/minutes", {})
    service.post(f"{room}/links")
    paths = ["/", "/rooms/demo", "/rooms/demo/speak", "/rooms/demo/minutes", "/glossary", "/metrics"]
    paths += ["/openapi.json", "/v1/languages", room, f"{room}/minutes", f"{room}/minutes/versions"]
    paths += [f"/v1/glossary?format={kind}" for kind in ("json", "csv", "tbx")]
    for lang in ("source", "pt"):
        paths += [f"{room}/transcript?format={kind}&lang={lang}" for kind in FORMATS]
    for lang in ("", "pt"):
        paths += [f"{room}/minutes/document?format={kind}&lang={lang}" for kind in MINUTES_FORMATS]
    for path in paths:
        answer = service.get(path)
        assert answer.status_code == 200, (path, answer.text[:300])


def transcribe(service: LiveService, name: str, content: bytes) -> httpx.Response:
    return httpx.post(
        f"{service.url}/v1/audio/transcriptions",
        files={"file": (name, content)},
        data={"model": "whisper-1"},
        trust_env=False,
        timeout=60.0,
    )


def send_what_would_fetch(service: LiveService) -> None:
    """Send files that name an address elsewhere, and a job whose recording lies where nobody allowed it."""
    for name, content in HOSTILE_RECORDINGS.items():
        assert transcribe(service, name, content.encode()).is_client_error, name
    kind = {"Content-Type": "application/x-tbx"}
    glossary = httpx.post(
        f"{service.url}/v1/glossary/read",
        content=HOSTILE_GLOSSARY,
        headers=kind,
        trust_env=False,
        timeout=PATIENCE_SECONDS,
    )
    assert glossary.is_client_error
    asked = {"user_sub": "ana", "cloud_storage_url": "http://storage.example.invalid/meeting.ogg"}
    answer = httpx.post(
        f"{service.url}/api/v2/async-jobs/transcribe",
        json=asked,
        headers={"Authorization": "Bearer a-token-for-lasuite"},
        trust_env=False,
        timeout=PATIENCE_SECONDS,
    )
    assert answer.status_code < 500


@needs_watch
def test_the_demo_meeting_stays_on_this_machine(tmp_path: Path, whisper_weights: Path) -> None:
    """Captions, translation, minutes, files and recordings: nobody is called, and no file strays.

    Nor does a proxy, a collector or a switch that the environment names change that.
    """
    watch = Watch(tmp_path / "calls", (tmp_path / "data", tmp_path / "temporary"))
    service = DemoService(
        tmp_path,
        whisper_weights.parent,
        watch,
        jobs_sources="127.0.0.1:9",
        lasuite_tokens="a-token-for-lasuite",
    )
    service.environment |= TEMPTATIONS
    service.start()
    try:
        assert asyncio.run(first_translation(service))
        read_everything(service)
        recording = (SPEECH / "jfk.flac").read_bytes()
        assert "country" in transcribe(service, "jfk.flac", recording).json()["text"]
        send_what_would_fetch(service)
    finally:
        assert service.stop() == 0
    assert watch.departures() == []


VOICE = """
from assistant.engines.voice import SileroModel
SileroModel()
"""


@needs_watch
@pytest.mark.parametrize("switch", [{}, TEMPTATIONS], ids=["unset", "turned against us"])
def test_voice_activity_tells_nobody(switch: dict[str, str], tmp_path: Path) -> None:
    """Its library, left alone, keeps a device id below the home directory and calls its maker."""
    environment = environment_of(tmp_path)
    for name in SWITCHES:
        environment.pop(name, None)
    watch = Watch(tmp_path / "calls", (tmp_path / "temporary",))
    command = watch.command(sys.executable, "-c", VOICE)
    subprocess.run(command, env=environment | switch, timeout=60, check=True)
    assert watch.departures() == []


TEXT_MODELS = """
import sys
from assistant.engines.translation_worker import Worker
asked = {"engine": "argos", "directory": sys.argv[1], "sentences": ["Où est la gare ?"]}
worker = Worker()
print(worker.answer({"do": "translate"} | asked))
print(worker.answer({"do": "identify", "text": "Où est la gare, je vous prie ?"}))
"""


@needs_watch
def test_text_models_tell_nobody(tmp_path: Path) -> None:
    """Argos' library has an index of packages and folders at home, and uses neither."""
    environment, package = environment_of(tmp_path), tmp_path / "package"
    with zipfile.ZipFile(SPEECH.parent / "argos" / "translate-fr_en-toy.argosmodel") as archive:
        archive.extractall(package)
    watch = Watch(tmp_path / "calls", (tmp_path / "temporary",))
    command = watch.command(sys.executable, "-c", TEXT_MODELS, str(next(package.iterdir())))
    done = subprocess.run(command, env=environment, timeout=60, check=True, capture_output=True, text=True)
    assert "station" in done.stdout
    assert "'fr'" in done.stdout
    assert watch.departures() == []


@needs_watch
@pytest.mark.parametrize(
    "command",
    [
        ("doctor",),
        ("doctor", "--egress"),
        ("models", "list"),
        ("models", "verify"),
        ("transcribe", str(SPEECH / "jfk.flac"), "--translate", "pt"),
        ("--help",),
    ],
    ids=lambda command: " ".join(command[:2]) if command[0] != "transcribe" else "transcribe",
)
def test_no_command_but_pull_looks_outside(
    command: tuple[str, ...], tmp_path: Path, whisper_weights: Path
) -> None:
    """Neither a connection nor a look-up of a name is even tried, and no file strays."""
    environment = environment_of(tmp_path) | {
        "ASSISTANT_MODELS_DIR": str(whisper_weights.parent),
        "ASSISTANT_DATA_DIR": str(tmp_path / "data"),
    }
    watch = Watch(tmp_path / "calls", (tmp_path / "data", tmp_path / "temporary"))
    done = subprocess.run(
        watch.command(sys.executable, "-m", "assistant.cli", *command),
        capture_output=True,
        text=True,
        env=environment,
        cwd=tmp_path / "temporary",  # where transcripts are written
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip()
    assert watch.departures() == []
