"""The command line, run as people run it."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from assistant.bootstrap import build_glossary, build_weights
from assistant.cli.application import build
from assistant.cli.backup import create
from assistant.cli.console import human_bytes
from assistant.cli.demo import demo
from assistant.cli.doctor import doctor
from assistant.cli.models import bundle, install, keygen, pull, verify
from assistant.cli.serve import listen, serve
from assistant.cli.transcribe import transcribe
from assistant.core.addresses import is_loopback, local_url
from assistant.core.errors import GlossaryInvalid, InvalidInput, ModelMissing, RecognitionFailed, Unavailable
from assistant.core.glossary.glossary import Glossary
from assistant.core.glossary.terms import Term
from assistant.export.glossary_files import find_glossary_format
from assistant.settings import Settings
from assistant.weights.catalog import catalog_path
from tests.fakes import LevelTranscriber
from tests.free_ports import free_port
from tests.waiting import wait_until
from tests.weights.conftest import CONFIG, WEIGHTS, entry, server, url_source
from tests.weights.file_server import Behaviour, FileServer

__all__ = ["server"]  # the fixture of the weights' tests

SPEECH = Path(__file__).parents[1] / "fixtures" / "speech"
TOY_PACKAGE = Path(__file__).parents[1] / "fixtures" / "argos" / "translate-fr_en-toy.argosmodel"


@pytest.fixture
def catalog(server: FileServer, tmp_path: Path) -> Path:
    """Give a catalogue file with one small model."""
    path = tmp_path / "catalog.toml"
    path.write_text(f'format = 1\ndefault = ["small"]\n{entry("small", url_source(f"{server.url}/small"))}')
    return path


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(build(), [str(argument) for argument in arguments], catch_exceptions=False)


def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "assistant.cli", *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=120, env=os.environ | environment
    )


@contextmanager
def serving(*arguments: object, **environment: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "assistant.cli", "serve", *map(str, arguments)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | environment
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def await_status(port: int, path: str, wanted: int, **headers: str) -> None:
    def answered() -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("GET", path, headers=headers)
            return connection.getresponse().status == wanted
        except OSError:
            return False
        finally:
            connection.close()

    wait_until(answered, f"{path} answers {wanted}")


@pytest.mark.parametrize(
    "command",
    [
        *("", "serve", "demo", "transcribe", "doctor", "licences"),
        *("models", "models pull", "models bundle", "models install", "models keygen"),
        *("backup", "backup create", "backup verify", "backup restore"),
    ],
)
def test_every_command_explains_itself(command: str) -> None:
    """`--help` works everywhere and says more than the name."""
    result = invoke(*command.split(), "--help")
    assert result.exit_code == 0
    assert len(result.output.split()) > 15


@pytest.mark.parametrize(
    "command", [serve, demo, transcribe, doctor, pull, verify, bundle, install, keygen, create]
)
def test_help_has_no_line_break_in_mid_sentence(command: Callable[..., None]) -> None:
    """Of a docstring, only the first paragraph is joined where it is shown."""
    _, *paragraphs = (command.__doc__ or "").strip().split("\n\n")
    assert all("\n" not in paragraph.strip() for paragraph in paragraphs)


def test_models_are_listed_pulled_verified_and_carried(catalog: Path, tmp_path: Path) -> None:
    """The way of weights: pull, verify, bundle here, install there; each step is told."""
    here = ("--catalog", catalog, "--models-dir", tmp_path / "here")
    there = ("--catalog", catalog, "--models-dir", tmp_path / "there")
    assert json.loads(invoke("models", "list", "--json", *here).output)["models"][0]["installed"] is False
    assert "small is installed" in invoke("models", "pull", *here).output
    assert "installed already" in invoke("models", "pull", "small", *here).output
    assert invoke("models", "pull", "--default", *here).stdout == ""
    assert "small is what the catalogue says" in invoke("models", "verify", *here).output
    listed = json.loads(invoke("models", "list", "--json", *here).output)["models"][0]
    assert listed["installed"] is True
    assert listed["size_bytes"] == 300_014
    assert "holds small" in invoke("models", "bundle", tmp_path / "weights.tar", *here).output
    installed = invoke("models", "install", tmp_path / "weights.tar", *there).output
    assert "small is installed" in installed
    assert "next start" not in installed
    assert "small" in invoke("models", "list", *there).output


def test_own_text_models_are_installed_and_listed(tmp_path: Path) -> None:
    """A package is tried out before it is taken; the list says what it can be used for."""
    here = ("--models-dir", tmp_path / "models")
    installed = invoke("models", "install", TOY_PACKAGE, *here).stdout
    assert "argos-fr-en-local is installed." in installed
    assert "next start" in installed
    again = invoke("models", "install", TOY_PACKAGE, *here).stdout
    assert "installed already" in again
    assert "next start" not in again
    assert "argos-fr-en-local is what was installed" in invoke("models", "verify", *here).output
    listed = json.loads(invoke("models", "list", "--json", *here).output)
    assert listed["translations"] == [
        {"from": "fr", "to": "en", "via": [], "models": ["argos-fr-en-local"], "rough": False}
    ]
    assert [model["name"] for model in listed["models"] if model["installed"]] == ["argos-fr-en-local"]


@pytest.mark.weights
def test_what_goes_through_another_language_is_told(tmp_path: Path) -> None:
    """French is read in Portuguese through English; a preferred model leads the way."""
    models_dir = tmp_path / "models"
    installed = build_weights(Settings())
    try:
        shutil.copytree(installed.path("translate-en-pt"), models_dir / "translate-en-pt")
    except ModelMissing:
        pytest.skip("English to Portuguese is not here: “assistant models pull” fetches it")
    run("models", "install", TOY_PACKAGE, "--models-dir", models_dir)
    done = run("models", "list", "--models-dir", models_dir, COLUMNS="80")
    told = done.stdout.splitlines()
    assert "fr → pt  through en (argos-fr-en-local, translate-en-pt)" in told
    assert "en → pt  direct (translate-en-pt)" in told
    assert all(len(line) <= 80 for line in told)
    assert "…" not in done.stdout


def test_the_list_has_scores_and_roughness(tmp_path: Path) -> None:
    """Of what the catalogue has, installed or not; what nobody measured is left open."""
    shipped = catalog_path().read_text("utf-8")
    rough = shipped.replace("scores = { comet = 0.886, bleu = 44.3 }", "scores = { bleu = 20 }\nrough = true")
    assert rough != shipped
    (tmp_path / "catalog.toml").write_text(rough, "utf-8")
    here = ("--catalog", tmp_path / "catalog.toml", "--models-dir", tmp_path / "models")
    models = {
        each["name"]: each for each in json.loads(invoke("models", "list", "--json", *here).stdout)["models"]
    }
    assert models["translate-en-fr"]["scores"] == {"comet": 0.87, "bleu": 49.6}
    assert models["translate-pt-en"]["scores"] == {"bleu": 45.3}
    assert (models["translate-fr-en"]["rough"], models["translate-en-fr"]["rough"]) == (True, False)
    assert models["whisper-base"]["scores"] == {}
    told = [line.split() for line in invoke("models", "list", *here).stdout.splitlines()]
    assert ["translate-en-fr", "0.870", "49.6"] in told
    assert ["translate-pt-en", "–", "45.3"] in told
    assert ["translate-fr-en", "–", "20.0", "rough"] in told


def test_without_text_models_the_list_says_so(tmp_path: Path) -> None:
    """Nothing installed, nothing to read in another language."""
    assert "no translation model is installed" in invoke("models", "list", "--models-dir", tmp_path).output


def test_a_broken_text_model_does_not_spoil_the_list(tmp_path: Path) -> None:
    """It is named where errors go; JSON stays JSON."""
    here = ("--models-dir", tmp_path / "models")
    run("models", "install", TOY_PACKAGE, *here)
    (tmp_path / "models" / "argos-fr-en-local" / "sentencepiece.model").unlink()
    done = run("models", "list", "--json", *here)
    assert json.loads(done.stdout)["translations"] == []
    assert "argos-fr-en-local" in done.stderr


@pytest.mark.parametrize("content", [b"", b"no archive", TOY_PACKAGE.read_bytes()[:1000]])
def test_a_broken_package_is_refused_in_a_sentence(tmp_path: Path, content: bytes) -> None:
    """The sentence names the file and says why."""
    (tmp_path / "my.argosmodel").write_bytes(content)
    done = run("models", "install", tmp_path / "my.argosmodel", "--models-dir", tmp_path / "models")
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()[-1:]) == 1
    assert "my.argosmodel cannot be installed" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_package_that_cannot_translate_is_refused(tmp_path: Path) -> None:
    """Files that are all there, but are not what they should be, are found out by trying."""
    model = tmp_path / "firefox"
    model.mkdir()
    for name in ("model.enfr.bin", "vocab.enfr.spm"):
        (model / name).write_bytes(b"not what it should be")
    done = run("models", "install", model, "--pair", "en-fr", "--models-dir", tmp_path / "models")
    assert done.returncode == 1
    assert "damaged" in done.stderr
    assert list((tmp_path / "models").glob("translate-*")) == []


@pytest.mark.weights
def test_a_damaged_shortlist_is_refused_in_a_sentence(tmp_path: Path) -> None:
    """The library panics over it; nobody is shown the trace of that."""
    model = tmp_path / "firefox"
    try:
        shutil.copytree(build_weights(Settings()).path("translate-en-pt"), model)
    except ModelMissing:
        pytest.skip("English to Portuguese is not here: “assistant models pull” fetches it")
    next(model.glob("lex.*.bin")).write_bytes(b"not what it should be")
    done = run("models", "install", model, "--pair", "en-pt", "--models-dir", tmp_path / "models")
    assert done.returncode == 1
    assert "firefox cannot be installed: The Firefox model is damaged." in done.stderr
    assert "panicked" not in done.stderr


def test_a_bundled_text_model_is_used_from_the_next_start(tmp_path: Path) -> None:
    """Which is said where it was installed."""
    here, there = ("--models-dir", tmp_path / "here"), ("--models-dir", tmp_path / "there")
    invoke("models", "install", TOY_PACKAGE, *here)
    invoke("models", "bundle", tmp_path / "weights.tar", *here)
    arguments = ("models", "install", tmp_path / "weights.tar", "--allow-unknown-hash", *there)
    assert "next start" in invoke(*arguments).stdout
    assert "next start" not in invoke(*arguments).stdout


def test_an_expected_error_is_one_sentence(tmp_path: Path) -> None:
    """Errors that people can act on end with code 1 and no traceback."""
    done = run("models", "pull", "whisper-gigantic", "--models-dir", tmp_path)
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert "whisper-gigantic" in done.stderr


def test_a_wrong_setting_is_named_without_its_value(tmp_path: Path) -> None:
    """A setting that cannot be is named; its value may be a secret and is not repeated."""
    done = run("doctor", "--data-dir", tmp_path, ASSISTANT_PORT="s3cret")
    assert done.returncode == 1
    assert "ASSISTANT_PORT" in done.stderr
    assert "s3cret" not in done.stderr


@pytest.mark.parametrize("command", ["doctor", "serve", "models list"])
@pytest.mark.parametrize(
    ("setting", "value", "told"),
    [
        ("ASSISTANT_TRANSLATE_TO", "pt,klingon", "“klingon”"),
        ("ASSISTANT_LANGUAGES", '["fr", "xx"]', "“xx”"),
        ("ASSISTANT_LANGUAGES", '["fr"', "JSON"),
        ("ASSISTANT_TRANSLATION_MODELS", "[1]", "string"),
    ],
)
def test_a_wrong_list_is_one_sentence(
    command: str, setting: str, value: str, told: str, tmp_path: Path
) -> None:
    """Every command says which setting it is and what is wrong with it."""
    done = run(*command.split(), "--data-dir", tmp_path, **{setting: value})
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert setting in done.stderr
    assert told in done.stderr


def test_a_wrong_option_is_named_as_it_was_written(tmp_path: Path) -> None:
    """What came from the command line is not told as a variable."""
    done = run("serve", "--port", 70_000, "--data-dir", tmp_path)
    assert done.returncode == 1
    assert "--port" in done.stderr


def test_lists_are_separated_by_commas_or_json(monkeypatch: pytest.MonkeyPatch) -> None:
    """Languages lose their regions and come once; what is empty is an empty list."""
    monkeypatch.setenv("ASSISTANT_TRANSLATE_TO", "pt-BR, fr ,pt,")
    monkeypatch.setenv("ASSISTANT_LANGUAGES", '["fr-CA", "en"]')
    monkeypatch.setenv("ASSISTANT_TRANSLATION_MODELS", "argos-fr-en-local")
    monkeypatch.setenv("ASSISTANT_ALLOWED_ORIGINS", "https://meet.example,https://wiki.example:8443")
    settings = Settings()
    assert settings.translate_to == ["pt", "fr"]
    assert settings.languages == ["fr", "en"]
    assert settings.translation_models == ["argos-fr-en-local"]
    assert settings.allowed_origins == ["https://meet.example", "https://wiki.example:8443"]
    monkeypatch.setenv("ASSISTANT_LANGUAGES", "")
    assert Settings().languages == []


def test_languages_that_nothing_leads_to_are_told_at_the_start(tmp_path: Path) -> None:
    """One event for each, with the name of the setting; the service runs all the same."""
    port, log = free_port(), {"ASSISTANT_LOG_FORMAT": "json", "ASSISTANT_TRANSLATE_TO": "en,pt"}
    here = ("--data-dir", tmp_path, "--models-dir", tmp_path / "models")
    run("models", "install", TOY_PACKAGE, *here)
    with serving("--port", port, *here, **log) as process:
        await_status(port, "/v1/rooms", 200)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
    events = [json.loads(line) for line in (out + err).splitlines() if line.startswith("{")]
    missing = [event for event in events if event["event"] == "translation_route_missing"]
    assert [(event["setting"], event["lang"]) for event in missing] == [("ASSISTANT_TRANSLATE_TO", "pt")]


def test_the_doctor_names_what_the_settings_lack(tmp_path: Path) -> None:
    """Languages that nothing leads to, and models that are not installed."""
    here = ("--models-dir", tmp_path / "models")
    run("models", "install", TOY_PACKAGE, *here)
    wanted = {"ASSISTANT_TRANSLATE_TO": "en,es", "ASSISTANT_TRANSLATION_MODELS": "argos-fr-en-local,mine"}
    told = run("doctor", *here, COLUMNS="200", **wanted).stdout
    assert "en; es: no installed model leads there" in told
    assert "argos-fr-en-local; mine: not installed" in told


def test_a_port_in_use_is_one_sentence(tmp_path: Path) -> None:
    """A second service on the same port says so and ends."""
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        done = run("serve", "--port", port, "--data-dir", tmp_path, "--models-dir", tmp_path / "models")
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert str(port) in done.stderr


def test_a_data_folder_in_use_is_one_sentence(tmp_path: Path, catalog: Path, server: FileServer) -> None:
    """A second service names the first one and ends; commands beside it work."""
    server.files = {"/small/model.bin": Behaviour(WEIGHTS), "/small/config.json": Behaviour(CONFIG)}
    port, here = free_port(), ("--data-dir", tmp_path / "data", "--models-dir", tmp_path / "models")
    with serving("--port", port, *here) as first:
        await_status(port, "/health/live", 200)
        second = run("serve", "--port", free_port(), *here)
        assert second.returncode == 1
        assert len(second.stderr.strip().splitlines()) == 1
        assert f"process {first.pid} at http://127.0.0.1:{port}" in second.stderr
        assert str(tmp_path / "data") in second.stderr
        pulled = run("models", "pull", "--catalog", catalog, *here)
        assert (pulled.returncode, pulled.stdout) == (0, "small is installed.\n")
        assert run("doctor", *here).returncode == 0
        await_status(port, "/health/live", 200)


@pytest.mark.weights
def test_a_recording_is_transcribed_beside_a_service(tmp_path: Path, whisper_weights: Path) -> None:
    """With the data folder of the service that runs."""
    port, here = free_port(), ("--data-dir", tmp_path, "--models-dir", whisper_weights.parent)
    with serving("--port", port, *here):
        await_status(port, "/health/live", 200)
        done = run("transcribe", SPEECH / "jfk.flac", "--format", "txt", "--output", tmp_path, *here)
    assert done.returncode == 0
    assert "country" in (tmp_path / "jfk.txt").read_text()


def test_a_start_tidies_its_data_folder(tmp_path: Path) -> None:
    """Nobody else may look into it, and what a killed process worked on is gone."""
    data = tmp_path / "data"
    (data / "uploads" / "tmpabc").mkdir(parents=True)
    (data / "uploads" / "tmpabc" / "recording").write_bytes(b"Numbat")
    data.chmod(0o755)
    port = free_port()
    with serving("--port", port, "--data-dir", data, "--models-dir", tmp_path / "models"):
        await_status(port, "/health/live", 200)
        assert data.stat().st_mode & 0o777 == 0o700
        assert list((data / "uploads").iterdir()) == []
        assert {path.stat().st_mode & 0o077 for path in data.iterdir() if path.is_file()} == {0}


@pytest.mark.parametrize(
    ("host", "environment", "setting"),
    [
        ("0.0.0.0", {"ASSISTANT_TOKEN": "sh0rt"}, "ASSISTANT_TOKEN"),  # noqa: S104 - it must not come to that
        ("127.0.0.1", {"ASSISTANT_ALLOWED_ORIGINS": "*"}, "ASSISTANT_ALLOWED_ORIGINS"),
        ("127.0.0.1", {"ASSISTANT_OFFICER_TOKENS": '[""]'}, "ASSISTANT_OFFICER_TOKENS"),
    ],
)
def test_settings_that_open_doors_are_one_sentence(
    tmp_path: Path, host: str, environment: dict[str, str], setting: str
) -> None:
    """The service does not start, and says what to set otherwise."""
    done = run("serve", "--host", host, "--port", free_port(), "--data-dir", tmp_path, **environment)
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert setting in done.stderr
    assert "sh0rt" not in done.stderr
    assert not list(tmp_path.iterdir())


def test_the_service_ends_cleanly_on_sigterm(tmp_path: Path) -> None:
    """Asked to end, the service does so with code 0; on loopback nobody needs a token."""
    port = free_port()
    with serving("--port", port, "--data-dir", tmp_path, "--models-dir", tmp_path / "models") as process:
        await_status(port, "/health/live", 200)
        await_status(port, "/health/ready", 503)
        await_status(port, "/v1/rooms/nowhere", 404)
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert f"Open http://127.0.0.1:{port}/\n" in out


def test_beyond_this_machine_a_token_is_made(tmp_path: Path) -> None:
    """Listening for others without a token, the service makes one, shows its link, and insists on it."""
    port, everywhere = free_port(), "0.0.0.0"  # noqa: S104 - the point of the test
    data = ("--data-dir", tmp_path, "--models-dir", tmp_path / "models")
    with serving("--host", everywhere, "--port", port, *data) as process:
        await_status(port, "/health/live", 200)
        await_status(port, "/v1/rooms/nowhere", 401)
        assert process.stdout is not None
        link = next(line for line in process.stdout if line.startswith("Open "))
        token = link.strip().partition("?token=")[2]
        assert len(token) >= 32
        await_status(port, "/v1/rooms/nowhere", 404, Authorization=f"Bearer {token}")


def test_a_token_of_the_configuration_is_not_shown(tmp_path: Path) -> None:
    """A token that the operator chose stays out of links and logs."""
    port, token = free_port(), {"ASSISTANT_TOKEN": "s3cret"}
    with serving(
        "--port", port, "--data-dir", tmp_path, "--models-dir", tmp_path / "models", **token
    ) as process:
        await_status(port, "/health/live", 200)
        await_status(port, "/v1/rooms/nowhere?token=s3cret", 404)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "s3cret" not in out + err


@pytest.mark.weights
@pytest.mark.slow
def test_the_demo_plays_beside_the_service_and_ends_with_it(whisper_weights: Path, tmp_path: Path) -> None:
    """With `--demo`, captions of the demo meeting appear, and its process ends with the service."""
    port = free_port()
    weights = whisper_weights.parent
    with serving("--demo", "--port", port, "--data-dir", tmp_path, "--models-dir", weights) as process:
        assert process.stdout is not None
        link = next(line for line in process.stdout if line.startswith("Read captions: "))
        assert link.strip() == f"Read captions: http://127.0.0.1:{port}/rooms/demo"
        await_status(port, "/v1/rooms/demo", 200)
        children = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(process.pid)], capture_output=True, text=True, check=True
        ).stdout.split()
        assert len(children) == 1
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert process.returncode == 0
    assert not Path(f"/proc/{children[0]}").exists()


@pytest.mark.weights
@pytest.mark.slow
def test_a_recording_becomes_transcripts(whisper_weights: Path, tmp_path: Path) -> None:
    """`transcribe` writes one file per format, with words in it."""
    result = invoke(
        "transcribe", SPEECH / "jfk.flac", "--language", "en", "--format", "txt,vtt", "--translate", "pt-BR",
        "--output", tmp_path, "--models-dir", whisper_weights.parent,
    )  # fmt: skip
    assert result.exit_code == 0
    assert "-->" in (tmp_path / "jfk.vtt").read_text("utf-8")
    assert len((tmp_path / "jfk.txt").read_text("utf-8").split()) > 5
    assert not (tmp_path / "jfk.srt").exists()
    assert "país" in (tmp_path / "jfk.pt.txt").read_text("utf-8")
    assert "-->" in (tmp_path / "jfk.pt.vtt").read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("absent.wav",), "absent.wav"),
        ((__file__, "--format", "docx"), "docx"),
        ((__file__, "--language", "klingon"), "klingon"),
        ((__file__, "--translate", "klingon"), "klingon"),
        ((__file__, "--translate", "en,eu"), "into “eu”"),
    ],
)
def test_a_recording_that_cannot_be_is_told(arguments: tuple[str, ...], told: str) -> None:
    """A missing file, an unknown format and an unknown language are named before anything is loaded."""
    done = run("transcribe", *arguments)
    assert done.returncode == 1
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_no_recording_is_told_before_weights_are_looked_for(tmp_path: Path) -> None:
    """And nothing is written."""
    broken, here = tmp_path / "broken.flac", ("--models-dir", tmp_path, "--output", tmp_path / "out")
    broken.write_bytes((SPEECH / "jfk.flac").read_bytes()[:30])
    done = run("transcribe", broken, *here)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.strip() == "The file cannot be read as a recording."
    assert not (tmp_path / "out").exists()


def test_what_a_recording_lacks_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What could be decoded is transcribed, and what is missing is named with its place."""
    monkeypatch.setattr("assistant.bootstrap.build_transcriber", lambda _: LevelTranscriber())
    broken = tmp_path / "broken.flac"
    sound = (SPEECH / "jfk.flac").read_bytes()
    broken.write_bytes(sound[: len(sound) // 2])
    done = invoke("transcribe", broken, "--format", "txt", "--output", tmp_path)
    assert (tmp_path / "broken.txt").exists()
    assert re.search(r"5\.\d+.* 11\.00 s", done.stderr)


def test_a_recogniser_that_fails_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What could be read is written, and the command does not end as if that were all."""
    monkeypatch.setattr(
        "assistant.bootstrap.build_transcriber", lambda _: LevelTranscriber(failures=1_000_000)
    )
    with pytest.raises(RecognitionFailed, match=r"Second \d+\.\d to \d+\.\d.* of the recording"):
        invoke("transcribe", SPEECH / "jfk.flac", "--format", "txt", "--output", tmp_path)
    assert (tmp_path / "jfk.txt").exists()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "cannot be read"),
        (b"Caf\xe9", "UTF-8"),
        (b"fine\n\n" + b"x" * 61, "Term 3"),
        (b"\n".join(b"term %d" % number for number in range(201)), "at most 200"),
    ],
)
def test_a_glossary_that_cannot_be_is_told(content: bytes | None, told: str, tmp_path: Path) -> None:
    """By the service and by `transcribe` alike, in one sentence that names the file."""
    glossary = tmp_path / "names.txt"
    if content is not None:
        glossary.write_bytes(content)
    with pytest.raises(InvalidInput, match=told) as caught:
        build_glossary(Settings(glossary=glossary, data_dir=tmp_path))
    assert "names.txt" in caught.value.message
    done = run("transcribe", SPEECH / "jfk.flac", "--glossary", glossary, "--models-dir", tmp_path)
    assert done.returncode == 1
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_the_service_does_not_start_without_its_glossary(tmp_path: Path) -> None:
    """A file that was set and is not there is told at once, in one sentence."""
    done = run("serve", "--port", 0, "--data-dir", tmp_path, ASSISTANT_GLOSSARY=str(tmp_path / "absent.txt"))
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert "absent.txt" in done.stderr


def test_a_glossary_file_is_read_with_its_comments(tmp_path: Path) -> None:
    """One term per line; without a file there are no terms."""
    glossary = tmp_path / "names.txt"
    glossary.write_text("# people\nAna Ribeiro\nDINUM  # an office\n", encoding="utf-8")
    assert build_glossary(Settings(glossary=glossary)).spellings == ("Ana Ribeiro", "DINUM")
    assert build_glossary(Settings()).terms == ()


@pytest.mark.parametrize("name", ["terms.csv", "terms.TBX"])
def test_a_glossary_file_may_be_csv_or_tbx(tmp_path: Path, name: str) -> None:
    """By the end of its name; a wrong one is told with its line."""
    path = tmp_path / name
    known = Glossary.of([Term.of("town hall", language="en", translations={"fr": "mairie"}), "DINUM"])
    path.write_bytes(find_glossary_format(path.suffix[1:]).write(known))
    assert build_glossary(Settings(glossary=path)) == known
    path.write_bytes(b"nothing of that kind")
    with pytest.raises(GlossaryInvalid, match=rf"{name}: Line 1"):
        build_glossary(Settings(glossary=path))


@pytest.mark.parametrize(
    ("hosts", "loopback"),
    [
        ("127.0.0.1 127.9.9.9 ::1 localhost", True),
        ("0.0.0.0 :: 192.168.1.5 meet.example", False),
    ],
)
def test_only_loopback_counts_as_this_machine(hosts: str, loopback: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """Everything that others could reach needs a token."""
    assert {is_loopback(host) for host in hosts.split()} == {loopback}
    assert not is_loopback("")


def test_links_work_for_every_address() -> None:
    """A service that listens everywhere is reached through loopback; IPv6 gets its brackets."""
    assert local_url("0.0.0.0", 8000) == "http://127.0.0.1:8000"  # noqa: S104 - text
    assert local_url("::", 8000) == "http://[::1]:8000"
    assert local_url("192.168.1.5", 80) == "http://192.168.1.5:80"


def test_an_address_of_another_machine_cannot_be_had() -> None:
    """An address that is not this machine's is told."""
    with pytest.raises(Unavailable, match=r"192\.0\.2\.1"):
        listen("192.0.2.1", 0)


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [
        (None, "?"),
        (0, "0 B"),
        (999, "999 B"),
        (1500, "1.5 kB"),
        (145_217_607, "145 MB"),
        (3_090_835_702, "3.1 GB"),
    ],
)
def test_lengths_are_written_for_people(size_bytes: int | None, text: str) -> None:
    """Two digits are enough."""
    assert human_bytes(size_bytes) == text
