"""What people do in a meeting: they mute, leave, come back, change their name, and refuse to be heard."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import pytest
from livekit import rtc

from tests.conftest import Recordings
from tests.live.service import LiveService
from tests.meetings.conftest import StartService
from tests.meetings.guest import Guest, plain
from tests.meetings.livekit_server import LiveKitServer
from tests.waiting import until

pytestmark = [pytest.mark.livekit, pytest.mark.weights, pytest.mark.slow]

MEETING = "council"
LISTENER = f"multi-user-transcriber-{MEETING}"


def listener(service: LiveService) -> dict[str, Any]:
    """Return how the listener is doing."""
    found: dict[str, Any] = service.get(f"/v1/rooms/{MEETING}/listener").json()
    return found


def said(service: LiveService, speaker: str) -> str:
    """Return what the transcript has of a speaker, by the name that was shown."""
    return plain(" ".join(line["text"] for line in service.transcript(MEETING) if line["speaker"] == speaker))


async def assistant(*arguments: str) -> str:
    """Run a command; return what it says."""
    command = (sys.executable, "-m", "assistant.cli", *arguments)
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    told, _ = await process.communicate()
    assert process.returncode == 0
    return told.decode()


async def hears(service: LiveService, tracks: int) -> None:
    """Wait until so many tracks are listened to."""
    await until(lambda: listener(service)["heard"] == tracks)


async def test_mute_rename_screen_and_return(
    livekit: LiveKitServer, start_service: StartService, recordings: Recordings
) -> None:
    """A track is followed through mute and a new name; a screen's sound and whoever returns are heard too."""
    service = start_service(livekit, livekit_empty_seconds="5")
    service.post(f"/v1/rooms/{MEETING}/listener")
    async with Guest(livekit, MEETING, "ana", "Ana") as ana:
        await ana.publish()
        await hears(service, 1)
        await ana.say(recordings["leopard-test-pt"].pcm)
        ana.mute(muted=True)
        await ana.say(recordings["fleurs-en-004"].pcm)  # longer than frames are taken of who is muted
        ana.mute(muted=False)
        await ana.say(recordings["fleurs-en-003"].pcm)
        await until(lambda: "cabbage juice" in said(service, "Ana"))
        await ana.room.local_participant.set_name("Ana Souza")
        await until(lambda: listener(service)["participants"] == 1)
        await ana.say(recordings["cheetah-test-pt"].pcm)
        await until(lambda: "crianças" in said(service, "Ana Souza"))
        assert "raposa" in said(service, "Ana")
        assert "dinosaurs" not in said(service, "Ana") + said(service, "Ana Souza")
    await until(lambda: listener(service).get("participants") == 0 or "error" in listener(service))
    async with Guest(livekit, MEETING, "ana", "Ana") as ana:
        await until(lambda: ana.data)
        await ana.publish(screen=True)
        await hears(service, 1)
        await ana.say(recordings["leopard-test-fr"].pcm)
        await until(lambda: "consulat" in said(service, "Ana (screen)"))
        await until(lambda: ana.livekit.text_of("ana"))
        await ana.unpublish()
        await hears(service, 0)
    await until(lambda: "error" in listener(service))
    stays = service.get(f"/v1/rooms/{MEETING}/attendance").json()["stays"]
    assert [stay["participant"] for stay in stays] == ["ana"], "who is back at once never left"
    assert stays[0]["left_at"] > stays[0]["arrived_at"]


async def test_who_opts_out_is_not_heard(
    livekit: LiveKitServer, start_service: StartService, recordings: Recordings
) -> None:
    """By attribute or by request, from that moment on, also after a crash; and heard again when they wish."""
    service = start_service(livekit)
    service.post(f"/v1/rooms/{MEETING}/listener")
    async with Guest(livekit, MEETING, "ana") as ana, Guest(livekit, MEETING, "bob") as bob:
        for person in (ana, bob):
            await person.publish()
        await hears(service, 2)
        await ana.set_attributes(captions__opt_out="true")
        assert json.loads(await bob.ask("captions.opt_out", '{"opt_out": true}', LISTENER)) == {
            "opt_out": True
        }
        await hears(service, 0)
        assert listener(service)["unheard"] == [
            {"participant": "ana", "reason": "opted_out"},
            {"participant": "bob", "reason": "opted_out"},
        ]
        await ana.say(recordings["jfk"].pcm[:64_000])
        service.kill()
        service.start()
        await until(lambda: listener(service).get("participants") == 2)
        await bob.say(recordings["jfk"].pcm[:64_000])
        assert listener(service)["heard"] == 0
        assert service.transcript(MEETING) == []
        assert not [path for path in (service.data / "journal").rglob("*") if path.is_file()]
        await bob.ask("captions.opt_out", '{"opt_out": false}', LISTENER)
        await hears(service, 1)
        await bob.say(recordings["fleurs-en-004"].pcm)
        await until(lambda: "dinosaurs" in said(service, "Bob"))
        assert said(service, "Ana") == ""


async def test_requests_are_answered(livekit: LiveKitServer, start_service: StartService) -> None:
    """Languages, the link and errors; video alone is neither heard nor an error; nobody sees the listener."""
    service = start_service(livekit, livekit_notice_languages="de")
    async with Guest(livekit, MEETING, "ana") as ana:
        assert f"/rooms/{MEETING}" in await assistant("join", MEETING, "--url", service.url)
        await until(lambda: ana.data and ana.chat)
        topic, notice = ana.data[0]
        assert (topic, notice["type"], notice["hears"]) == ("meeting-assistant", "listening", True)
        assert notice["listener"] == LISTENER
        assert notice["url"].endswith(f"/rooms/{MEETING}")
        assert notice["url"] in ana.chat[0]
        assert "mitgeschrieben" in ana.chat[0]
        assert ana.room.is_recording
        assert list(ana.room.remote_participants) == []
        source = rtc.VideoSource(64, 64)
        picture = rtc.LocalVideoTrack.create_video_track("camera", source)
        await ana.room.local_participant.publish_track(picture)
        assert json.loads(await ana.ask("captions.set_language", "pt-BR", LISTENER)) == {"language": "pt"}
        assert "pt" in json.loads(await ana.ask("captions.languages", "", LISTENER))["languages"]
        assert json.loads(await ana.ask("captions.link", "", LISTENER))["url"] == notice["url"]
        for method, payload, code in (
            ("captions.set_language", "eo", "language_unknown"),
            ("captions.set_language", "ja", "language_unavailable"),
            ("captions.set_language", "{", "message_invalid"),
            ("captions.opt_out", '{"opt_out": "maybe"}', "message_invalid"),
        ):
            with pytest.raises(rtc.RpcError) as refused:
                await ana.ask(method, payload, LISTENER)
            assert json.loads(refused.value.data or "{}")["code"] == code
        assert listener(service)["heard"] == 0
        assert listener(service)["problem"] == ""
        assert "has left" in await assistant("join", MEETING, "--leave", "--url", service.url)
        assert listener(service)["error"]["code"] == "listener_unknown"
        await until(lambda: not ana.room.is_recording)


async def test_the_link_told_in_a_meeting_opens_its_captions_and_nothing_else(
    livekit: LiveKitServer, start_service: StartService
) -> None:
    """It leads to the public address with a reader's token, which the log does not keep."""
    service = start_service(livekit, token="s3cret-s3cret-s3cret", public_url="https://captions.example.org")  # noqa: S106 - guards nothing
    service.post(f"/v1/rooms/{MEETING}/listener?token=s3cret-s3cret-s3cret")
    async with Guest(livekit, MEETING, "ana") as ana:
        await until(lambda: ana.data and ana.chat)
        url = ana.data[0][1]["url"]
        assert url in ana.chat[0]
    address, _, token = url.partition("?token=")
    assert address == f"https://captions.example.org/rooms/{MEETING}"
    for path, status in (
        (f"/v1/rooms/{MEETING}", 200),
        (f"/v1/rooms/{MEETING}/transcript", 200),
        (f"/v1/rooms/{MEETING}/attendance", 403),
        (f"/v1/rooms/{MEETING}2", 403),
        ("/v1/rooms", 403),
        ("/v1/listeners", 403),
    ):
        assert service.get(path, token=token).status_code == status, path
    assert token not in service.log.read_text("utf-8")


async def test_published_minutes_are_told_in_the_meeting(
    livekit: LiveKitServer, start_service: StartService
) -> None:
    """Programs get a data message, people a line in the chat, with the link to the room."""
    service = start_service(livekit)
    service.post(f"/v1/rooms/{MEETING}/listener")
    async with Guest(livekit, MEETING, "ana", "Ana") as ana:
        await until(lambda: ana.data and ana.chat)
        made = service.post(f"/v1/rooms/{MEETING}/minutes", {"author": "Mme Greffe"}).json()
        change = {"revision": made["revision"], "author": "Mme Greffe"}
        approved = service.post(f"/v1/rooms/{MEETING}/minutes/approve", change).json()
        change["revision"] = approved["revision"]
        service.post(f"/v1/rooms/{MEETING}/minutes/publish", change)
        await until(lambda: any(news["type"] == "minutes" for _, news in ana.data))
        topic, news = next(one for one in ana.data if one[1]["type"] == "minutes")
        assert (topic, news["version"]) == ("meeting-assistant", 1)
        assert news["url"].endswith(f"/rooms/{MEETING}")
        await until(lambda: any(news["url"] in line for line in ana.chat[1:]))
