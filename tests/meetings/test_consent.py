"""Who listens and how not to be heard, in a real meeting: what people are told, see and say."""

from __future__ import annotations

import asyncio
import re

import httpx
import pytest
from livekit import rtc

from tests.conftest import Recordings
from tests.live.service import LiveService
from tests.meetings.conftest import StartService
from tests.meetings.guest import Guest
from tests.meetings.livekit_server import LiveKitServer
from tests.meetings.test_people import LISTENER, MEETING, hears, listener, said
from tests.waiting import until

pytestmark = [pytest.mark.livekit, pytest.mark.weights, pytest.mark.slow]

PUBLIC = "https://captions.example.org"
_PAGE = re.compile(rf"{PUBLIC}/consent#(\S+)")


def refused(service: LiveService) -> list[str]:
    """Return who is not heard because they said so."""
    return [one["participant"] for one in listener(service)["unheard"] if one["reason"] == "opted_out"]


def choose(service: LiveService, token: str, *, heard: bool) -> httpx.Response:
    """Say on somebody's page whether they are to be heard, as its script does."""
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(trust_env=False, timeout=20) as http:
        return http.put(f"{service.url}/v1/consent", json={"heard": heard}, headers=headers)


async def test_a_personal_link_in_visio(
    livekit: LiveKitServer, start_service: StartService, recordings: Recordings
) -> None:
    """Whoever may set no attributes and knows no RPC says no on a page; nobody else is sent its address."""
    service = start_service(livekit, public_url=PUBLIC)
    service.post(f"/v1/rooms/{MEETING}/listener")
    async with (
        Guest(livekit, MEETING, "ana", visio=True) as ana,
        Guest(livekit, MEETING, "bob") as bob,
    ):
        for person in (ana, bob):
            await person.publish()
        await hears(service, 2)
        await until(lambda: ana.chat and bob.chat)
        notice = ana.chat[0]
        assert notice.startswith("[Captions] This meeting")
        assert "The captions button shows what is said." in notice
        assert "recording sign" not in notice
        assert "recording sign" in bob.chat[0]
        (anas,), (bobs,) = _PAGE.findall(notice), _PAGE.findall(bob.chat[0])
        assert anas != bobs
        assert (len(ana.chat), len(bob.chat)) == (1, 1)
        answer = choose(service, anas, heard=False)
        assert (answer.status_code, answer.json()["heard"]) == (200, False)
        await hears(service, 1)
        assert refused(service) == ["ana"]
        await until(lambda: len(ana.chat) == 2)
        assert "You are not heard, as you asked" in ana.chat[1]
        await ana.say(recordings["jfk"].pcm[:64_000])
        await ana.leave()
        await until(lambda: listener(service)["participants"] == 1)
        await ana.enter()
        await until(lambda: len(ana.chat) == 3)
        assert "You are not heard, as you asked" in ana.chat[2]
        await ana.say(recordings["jfk"].pcm[:64_000])
        assert refused(service) == ["ana"]
        service.kill()
        service.start()
        await until(lambda: listener(service).get("heard") == 1)
        assert refused(service) == ["ana"]
        assert said(service, "Ana") == ""
        assert choose(service, anas, heard=True).json()["heard"] is True
        await hears(service, 2)
        await ana.say(recordings["fleurs-en-004"].pcm)
        await until(lambda: "dinosaurs" in said(service, "Ana"))
        assert len(bob.chat) == 2, "once by each process, and nothing of Ana's"
    log = service.log.read_text("utf-8")
    assert anas not in log
    assert bobs not in log
    assert "consent1." not in log


async def test_a_word_in_the_chat(livekit: LiveKitServer, start_service: StartService) -> None:
    """From a text stream or an older packet, of whoever really wrote it; other lines are left alone."""
    service = start_service(livekit, livekit_notice_languages="fr")
    service.post(f"/v1/rooms/{MEETING}/listener")
    async with (
        Guest(livekit, MEETING, "ana", visio=True) as ana,
        Guest(livekit, MEETING, "bob") as bob,
    ):
        for person in (ana, bob):
            await person.publish()
        await hears(service, 2)
        await until(lambda: ana.chat and bob.chat)
        assert "« /sous-titres non » dans ce tchat" in ana.chat[0]
        assert "page personnelle" not in ana.chat[0], "there is none without a public address"
        await ana.write("Bonjour, on coupe les sous-titres ?")
        await ana.write("/sous-titres non")
        await until(lambda: refused(service) == ["ana"])
        await until(lambda: any("vous n’êtes pas entendu" in line for line in ana.chat))
        await ana.write("/sous-titres peut-être")
        await until(lambda: any("Pour être de nouveau entendu" in line for line in ana.chat[2:]))
        await ana.write("/captions on")
        await until(lambda: refused(service) == [])
        await ana.write_as_before(message="/sous-titres non", ignoreLegacy=True)
        await ana.write_as_before(message=4)
        await ana.room.local_participant.publish_data(b"[" * 900, topic="lk-chat-topic")
        await bob.write_as_before(message="/sous-titres non")
        await until(lambda: refused(service) == ["bob"])
        # Whatever name a stream carries, the server knows who sent it.
        await bob.write("/sous-titres non", sender="ana")
        await bob.write("x" * 40_000)
        await bob.write("/sous-titres oui")
        await until(lambda: refused(service) == [])
        await asyncio.sleep(1.0)
        assert refused(service) == []
        assert not any("entendu" in line for line in bob.chat if "Ana" in line)
    assert "Bonjour" not in service.log.read_text("utf-8")


async def test_a_listener_that_is_seen(livekit: LiveKitServer, start_service: StartService) -> None:
    """It has a name among the participants, that of the chat's lines, and a state; it is still no person."""
    service = start_service(livekit, livekit_visible="true", livekit_empty_seconds="5")
    service.post(f"/v1/rooms/{MEETING}/listener")
    async with Guest(livekit, MEETING, "ana", visio=True) as ana:
        await until(lambda: ana.chat and LISTENER in ana.room.remote_participants)
        seen = ana.room.remote_participants[LISTENER]
        assert seen.name == "Captions / Sous-titres"
        assert seen.kind == rtc.ParticipantKind.PARTICIPANT_KIND_AGENT
        assert ana.chat_from == [LISTENER]
        assert "“Captions / Sous-titres” is among the participants" in ana.chat[0]
        await until(lambda: seen.attributes.get("lk.agent.state") == "listening")
        assert listener(service)["participants"] == 1
    await until(lambda: "error" in listener(service), "the listener leaves an empty meeting")
