"""La Suite's jobs against real HTTP servers: a storage, a webhook and Docs, with real weights."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import SPEECH
from tests.live.service import LiveService
from tests.waiting import PATIENCE_SECONDS, wait_until

pytestmark = [pytest.mark.weights, pytest.mark.slow]

JOBS = "/api/v2/async-jobs/transcribe/"
SECRET = "signs-webhooks"  # noqa: S105 - of these tests


class Partner:
    """La Suite's side: gives recordings away, takes call-backs and documents, and is strict about both."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.told: list[dict[str, Any]] = []
        self.documents: list[dict[str, Any]] = []
        self.faults: list[str] = []
        self.down = self.docs_down = False
        self.refused = 0
        self.port = 0

    def take(self, path: str, headers: Any, body: bytes) -> tuple[int, dict[str, Any]]:
        """Answer what is posted."""
        if self.down:
            return 503, {}
        if path == "/webhook":
            if headers["Authorization"] != "Bearer hook-token":
                self.faults.append("webhook token")
            parts = dict(part.split("=", 1) for part in headers["X-Assistant-Signature"].split(","))
            signed = f"{parts['t']}.".encode() + body
            if not hmac.compare_digest(
                parts["v1"], hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
            ):
                self.faults.append("webhook signature")
            self.told.append(json.loads(body))
            return 200, {}
        if path == "/api/v1.0/documents/create-for-owner/":
            document = json.loads(body)
            if self.docs_down:
                self.refused += 1
                return 503, {}
            if headers["Authorization"] != "Bearer docs-token":
                return 401, {}
            if set(document) != {"title", "content", "sub", "email"} or not all(document.values()):
                return 400, {}
            self.documents.append(document)
            return 201, {"id": f"document-{len(self.documents)}"}
        return 404, {}


@contextmanager
def running(partner: Partner) -> Iterator[Partner]:
    """Serve a partner on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            data = partner.files.get(self.path.partition("?")[0])
            self.send_response(200 if data is not None else 404)
            self.end_headers()
            self.wfile.write(data or b"")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, answer = partner.take(self.path, self.headers, body)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    partner.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield partner
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def partner() -> Iterator[Partner]:
    """A running partner with one recording."""
    made = Partner()
    made.files["/audio.flac"] = (SPEECH / "jfk.flac").read_bytes()
    made.files["/broken.mp3"] = b"this is no recording" * 50
    with running(made):
        yield made


@pytest.fixture
def service(tmp_path: Path, whisper_weights: Path, partner: Partner) -> Iterator[LiveService]:
    """A service that knows this partner."""
    base = f"http://127.0.0.1:{partner.port}"
    made = LiveService(
        tmp_path,
        whisper_weights.parent,
        jobs_sources=f"127.0.0.1:{partner.port}",
        jobs_webhook_url=f"{base}/webhook",
        jobs_webhook_token="hook-token",  # noqa: S106 - of these tests
        jobs_webhook_secret=SECRET,
        docs_url=base,
        docs_token="docs-token",  # noqa: S106 - of these tests
    )
    made.start()
    yield made
    made.stop()


def asked(partner: Partner, name: str, **fields: Any) -> dict[str, Any]:
    """Return a request as La Suite's backend makes it."""
    address = f"http://127.0.0.1:{partner.port}/{name}?signature=abc"
    wanted = {"user_sub": "sub-1", "user_email": "ana@example.org", "cloud_storage_url": address}
    return wanted | {"language": "en", "context_language": "fr", "metadata": None} | fields


def test_a_recording_is_transcribed_and_told(service: LiveService, partner: Partner) -> None:
    """Accepted at once, done, told with a signature, published in Docs, and its result can be fetched."""
    push = {"user_email": "ana@example.org", "title": "Council", "auto_create_summary": True}
    job = service.post(JOBS, asked(partner, "audio.flac", push_to_docs_config=push)).json()
    assert job == {"job_id": job["job_id"], "type": "transcript", "status": "pending"}
    wait_until(lambda: partner.told and partner.documents)
    told = partner.told[0]
    assert (told["job_id"], told["type"], told["status"]) == (job["job_id"], "transcript", "success")
    result = httpx.get(told["transcription_data_url"], trust_env=False, timeout=PATIENCE_SECONDS).json()
    assert "my fellow Americans" in result["text"]
    word = result["segments"][0]["words"][0]
    assert set(word) == {"word", "start", "end", "score", "speaker"}
    assert result["word_segments"]
    assert service.get(f"{JOBS}{job['job_id']}").json() == told
    assert (
        httpx.get(
            told["transcription_data_url"][:-3] + "xyz", trust_env=False, timeout=PATIENCE_SECONDS
        ).status_code
        == 404
    )
    assert partner.documents[0]["title"] == "Council"
    assert partner.documents[0]["sub"] == "sub-1"
    assert "my fellow Americans" in partner.documents[0]["content"]
    assert partner.faults == []
    assert not any((service.data / "uploads").iterdir())


def test_speakers_have_the_names_of_the_notes(service: LiveService, partner: Partner) -> None:
    """La Suite's notes of who spoke when give each segment its speaker."""
    start, middle = "2026-01-02T10:00:00+00:00", "2026-01-02T10:00:05.200000+00:00"
    events = [
        {"participant_id": "p1", "type": "speech_start", "timestamp": start},
        {"participant_id": "p1", "type": "speech_end", "timestamp": middle},
        {"participant_id": "p2", "type": "speech_start", "timestamp": middle},
    ]
    people = [{"participantId": "p1", "name": "Ana"}, {"participantId": "p2", "name": "Bruno"}]
    partner.files["/notes.json"] = json.dumps({"events": events, "participants": people}).encode()
    metadata = {
        "cloud_storage_url": f"http://127.0.0.1:{partner.port}/notes.json",
        "started_at": start,
        "ended_at": "2026-01-02T10:00:11+00:00",
    }
    service.post(JOBS, asked(partner, "audio.flac", metadata=metadata))
    wait_until(lambda: partner.told)
    result = httpx.get(
        partner.told[0]["transcription_data_url"], trust_env=False, timeout=PATIENCE_SECONDS
    ).json()
    assert {segment["speaker"] for segment in result["segments"]} == {"Ana", "Bruno"}


def test_a_summary_is_made_of_a_transcript(service: LiveService, partner: Partner) -> None:
    """Decisions, actions and open questions under headings in its language, told as La Suite expects."""
    content = (
        "# Réunion\n\n**Mme Roy**: Nous adoptons le budget de la cantine scolaire pour l'année prochaine.\n\n"
        "**M. Petit**: Je vous envoie le tableau des coûts de la cantine avant le 15 mars 2027.\n\n"
        "**Mme Roy**: Qui paie les travaux de la rue du Moulin en 2027 ?\n\n**M. Petit**: Je ne sais pas.\n"
    )
    accepted = service.post("/api/v2/async-jobs/summarize", {"user_sub": "sub-1", "content": content}).json()
    assert (accepted["type"], accepted["status"]) == ("summary", "pending")
    wait_until(lambda: partner.told)
    assert partner.told[0]["status"] == "success"
    summary = httpx.get(partner.told[0]["summary_data_url"], trust_env=False, timeout=PATIENCE_SECONDS)
    assert summary.headers["content-type"].startswith("text/markdown")
    decisions, actions, questions = (
        summary.text.index(f"## {name}") for name in ("Décisions", "Actions", "Questions")
    )
    assert decisions < summary.text.index("Nous adoptons") < actions
    assert actions < summary.text.index("M. Petit – Je vous envoie") < questions
    assert "15 mars 2027" in summary.text
    assert "Qui paie" in summary.text[questions:]


def test_what_cannot_be_done_is_told(service: LiveService, partner: Partner) -> None:
    """A corrupt recording, other hosts, and languages that there are not."""
    service.post(JOBS, asked(partner, "broken.mp3"))
    wait_until(lambda: partner.told)
    assert partner.told[0]["error_code"] == "corrupted_audio_file"
    for fields, code in (
        ({"cloud_storage_url": "http://169.254.169.254/latest"}, "source_forbidden"),
        ({"cloud_storage_url": "file:///etc/passwd"}, "source_forbidden"),
        ({"cloud_storage_url": f"http://127.0.0.1:{partner.port}@example.org/a"}, "source_forbidden"),
        ({"language": "klingon"}, "language_unknown"),
    ):
        refused = httpx.post(
            f"{service.url}{JOBS}",
            json=asked(partner, "audio.flac", **fields),
            trust_env=False,
            timeout=PATIENCE_SECONDS,
        )
        assert (refused.status_code, refused.json()["error"]["code"]) == (400, code)
    assert service.get(f"{JOBS}unknown").status_code == 404


def test_a_job_survives_a_kill_and_a_webhook_that_is_down(service: LiveService, partner: Partner) -> None:
    """What was accepted is done after a restart, and told when the webhook is there again."""
    partner.down = True
    job = service.post(JOBS, asked(partner, "audio.flac")).json()
    service.kill()
    service.start()
    wait_until(lambda: service.get(f"{JOBS}{job['job_id']}").json()["status"] == "success")
    service.kill()
    partner.down = False
    service.start()
    wait_until(lambda: partner.told)
    assert partner.told[0]["job_id"] == job["job_id"]


def test_a_document_waits_for_docs(service: LiveService, partner: Partner) -> None:
    """While Docs is down the job goes on, also through a kill; it ends when the document is there."""
    partner.docs_down = True
    push = {"user_email": "ana@example.org", "title": "Council", "download_link": "https://meet.example/r/1"}
    job = service.post(JOBS, asked(partner, "audio.flac", push_to_docs_config=push)).json()
    wait_until(lambda: partner.refused)
    assert service.get(f"{JOBS}{job['job_id']}").json()["status"] == "pending"
    service.kill()
    partner.docs_down = False
    service.start()
    wait_until(lambda: partner.told)
    assert partner.told[0]["status"] == "success"
    assert "<https://meet.example/r/1>" in partner.documents[0]["content"]


def test_a_token_of_la_suite_opens_jobs_only(service: LiveService, partner: Partner) -> None:
    """Beside the service's own token there are some that open recordings and jobs, and nothing else."""
    service.stop()
    service.set(token="everything", lasuite_tokens="for-jobs")  # noqa: S106 - of these tests
    service.start()
    headers = {"Authorization": "Bearer for-jobs"}
    with httpx.Client(
        base_url=service.url, headers=headers, trust_env=False, timeout=PATIENCE_SECONDS
    ) as la_suite:
        assert la_suite.post(JOBS, json=asked(partner, "audio.flac")).status_code == 200
        refused = la_suite.get("/v1/rooms")
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "scope_insufficient")
    wrong = httpx.post(
        f"{service.url}{JOBS}", json=asked(partner, "audio.flac"), trust_env=False, timeout=PATIENCE_SECONDS
    )
    assert wrong.status_code == 401


def test_a_transcript_is_published_in_docs(service: LiveService, partner: Partner) -> None:
    """A room's transcript becomes a document of its owner, and so do its minutes."""
    service.post("/v1/rooms", {"name": "council", "title": "Council"})
    published = service.post("/v1/rooms/council/publish", {"sub": "sub-2", "email": "bob@example.org"}).json()
    assert published == {
        "id": "document-1",
        "url": f"http://127.0.0.1:{partner.port}/docs/document-1/",
    }
    assert partner.documents[0] | {"content": ""} == {
        "title": "Council",
        "content": "",
        "sub": "sub-2",
        "email": "bob@example.org",
    }
    service.post("/v1/rooms/council/minutes", {"organisation": "Town of Ashby"})
    whose = {"sub": "sub-2", "email": "bob@example.org"}
    service.post("/v1/rooms/council/publish", whose | {"document": "minutes"})
    assert "Town of Ashby" in partner.documents[1]["content"]
    assert "# Council" in partner.documents[1]["content"]

    def refusal(document: str) -> tuple[int, str]:
        url, body = f"{service.url}/v1/rooms/council/publish", whose | {"document": document}
        refused = httpx.post(url, json=body, trust_env=False, timeout=20.0)
        return refused.status_code, refused.json()["error"]["code"]

    partner.down = True
    assert refusal("transcript") == (503, "docs_unreachable")
    partner.down = False
    level = {"level": "confidential", "author": "Mme Greffe"}
    httpx.put(
        f"{service.url}/v1/rooms/council/level", json=level, trust_env=False, timeout=PATIENCE_SECONDS
    ).raise_for_status()
    # Its copies are numbered, and nobody counts those that Docs makes.
    assert refusal("transcript") == refusal("minutes") == (400, "recipient_missing")
    assert len(partner.documents) == 2
