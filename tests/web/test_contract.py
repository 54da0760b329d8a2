"""Requests of every shape, to every route, with every kind of token: all answers are documented.

`scripts/fuzz http --examples 500` sends more of them, and others each time.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from assistant.adapters.av_decoder import create_decoder
from assistant.adapters.docs_publisher import LaSuiteDocs
from assistant.adapters.prometheus_telemetry import PrometheusTelemetry
from assistant.adapters.system_clock import SystemClock
from assistant.minutes.service import MinutesService
from assistant.readers.links import ReaderLinks
from assistant.web.app import create_app
from assistant.web.services import Lifetime, Services, WebSettings
from tests.web.fakes import FakeCaptions
from tests.web.whole_service import WholeService, whole_service

_EXAMPLES = int(os.environ.get("ASSISTANT_FUZZ_EXAMPLES", "10"))
"""Of each operation and kind of request."""

_SEEDED = "ASSISTANT_FUZZ_EXAMPLES" not in os.environ
_ROOMS = ("", "", "conseil", "conseil", "vide", "nowhere", "..", "a/b", "x" * 129)
_STREAMS = ("/captions/events", "/minutes/events")
"""These answer for as long as somebody listens; `test_fuzzed_sockets` has them."""

_CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


def _operations() -> dict[str, APIOperation[Any, Any, Any, Any]]:
    clock, fake = SystemClock(), FakeCaptions()
    minutes = MinutesService(fake, fake.minutes_store, fake.meetings, clock)  # type: ignore[arg-type] # scripted
    services = Services(
        fake,  # type: ignore[arg-type] # scripted; fakes_checked compares
        WebSettings(),
        new_decoder=create_decoder,
        metrics=PrometheusTelemetry(),
        clock=clock,
        lifetime=Lifetime(fake),  # type: ignore[arg-type] # scripted
        links=ReaderLinks("https://captions.example.org", "", 24.0, clock, fake.links),
        docs=LaSuiteDocs("", ""),
        minutes=minutes,
        clerks=fake,  # type: ignore[arg-type] # scripted
        meetings=fake.meetings,
    )
    app = create_app(services)
    config = schemathesis.config.SchemathesisConfig()
    config.projects.default.generation.update(with_security_parameters=False)
    schema = schemathesis.openapi.from_dict(app.openapi(), config=config)
    found = {}
    for result in schema.get_all_operations():
        assert isinstance(result, Ok)
        operation = result.ok()
        if not operation.path.endswith(_STREAMS):
            found[operation.label] = operation
    return found


_OPERATIONS = _operations()
_MODES = {"fits": GenerationMode.POSITIVE, "does not": GenerationMode.NEGATIVE}
_CASES = [
    (label, mode)
    for label, operation in _OPERATIONS.items()
    for mode in _MODES
    # Of a request without fields nothing can be wrong.
    if mode == "fits" or operation.query or operation.body
]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeService]:
    """The service after a council has met in one room, and nobody in another."""
    with whole_service(tmp_path_factory.mktemp("contract")) as running:
        with requests.Session() as http:
            http.trust_env = False
            headers = {"Authorization": f"Bearer {running.tokens['service']}"}
            made = http.post(f"{running.url}/v1/rooms", json={"name": "vide"}, headers=headers, timeout=20)
            assert made.status_code == 201
            drafted = http.post(f"{running.url}/v1/rooms/conseil/minutes", headers=headers, timeout=20)
            assert drafted.status_code == 200
        yield running


# The library that reads forms leaves the file of one that breaks off to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(("label", "mode"), _CASES)
def test_answers_are_as_documented(label: str, mode: str, service: WholeService) -> None:
    """No request makes the service fail; statuses, types and bodies of all answers are in the document."""
    operation = _OPERATIONS[label]
    session = requests.Session()
    session.trust_env = False

    @settings(
        max_examples=_EXAMPLES,
        deadline=None,
        derandomize=_SEEDED,
        database=None,
        phases=(Phase.explicit, Phase.generate) if _SEEDED else tuple(Phase),
        suppress_health_check=list(HealthCheck),
    )
    @given(
        case=operation.as_strategy(generation_mode=_MODES[mode]),
        who=st.sampled_from(["service", "service", *service.tokens]),
        room=st.sampled_from(_ROOMS),
    )
    def check(case: Case[Any], who: str, room: str) -> None:
        if room and "room" in case.path_parameters:
            case.path_parameters["room"] = "vide" if case.method == "DELETE" else room
        if room and "caption_id" in case.path_parameters:
            case.path_parameters["caption_id"] = "conseil-roy.0"
        token = service.tokens[who]
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        response = case.call(base_url=service.url, session=session, headers=headers, timeout=20)
        assert response.status_code < 500 or response.status_code == 503, response.text
        case.validate_response(response, checks=_CHECKS, headers=headers)

    try:
        check()
    finally:
        session.close()
    assert service.faults() == []


def test_the_log_of_all_that_has_no_tokens_and_no_words(service: WholeService) -> None:
    """Whatever was sent, no token and nothing of what was said is in the log, in all its detail."""
    log = service.log()
    for who, token in service.tokens.items():
        assert not token or token not in log, who
    for words in ("cantine", "rue du Moulin", "délibération"):
        assert words not in log
