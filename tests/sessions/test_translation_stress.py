"""Many speakers, languages and readers at random: what must hold whatever happens."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from assistant.core.captions import Caption
from assistant.core.language import ReaderLanguages
from assistant.core.rooms import Track
from assistant.sessions.hub import MeetingHub
from tests.fakes import ScriptedTextEngine
from tests.sessions.conftest import StartHub

WORDS = "we meet here today because the mayor said that nobody knows. Yes. But who pays. It is".split()
LANGUAGES = ("en", "fr", "eu")


class MoodyEngine(ScriptedTextEngine):
    """Takes its time, and changes its mind about the order of words when a sentence grows."""

    async def translate(self, model: str, sentences: Sequence[str]) -> list[str]:
        """Return the words, the first two exchanged where there are many."""
        await asyncio.sleep(random.Random(len(self.asked)).choice([0, 0, 0.001, 0.004]))  # noqa: S311
        texts = await super().translate(model, sentences)
        return [text if text.count(" ") % 5 else " ".join(reversed(text.split(" "))) for text in texts]


@dataclass
class ReaderLog:
    """What one reader was sent, and what it shows."""

    lang: str
    seen: list[Caption] = field(default_factory=list)

    def shows(self) -> dict[str, Caption]:
        """Return the newest revision of each caption that a reader of one language has."""
        shown: dict[str, Caption] = {}
        for caption in self.seen:
            if caption.final and not caption.text:
                shown.pop(caption.id, None)
            elif caption.id not in shown or _newer(caption, shown[caption.id]):
                shown[caption.id] = caption
        return shown


def _newer(caption: Caption, before: Caption) -> bool:
    return caption.seq > before.seq


class Speaker:
    """Says random things, in the ways in which captions come to be."""

    def __init__(self, hub: MeetingHub, name: str, dice: random.Random) -> None:
        self.hub = hub
        self.name = name
        self.dice = dice
        self.said = 0

    async def talk(self, captions: int) -> None:
        """Say so many captions, one after the other."""
        for _ in range(captions):
            await self._caption()

    async def _caption(self) -> None:
        room = await self.hub._enter("council")
        dice, language = self.dice, self.dice.choice(LANGUAGES)
        words = [dice.choice(WORDS) for _ in range(dice.randint(1, 14))]
        self.said += 1
        base = Caption(
            "council", 0, f"{self.name}{self.said}", 0, self.name, self.name, language, language, "", 0,
            final=False, start_seconds=float(self.said), end_seconds=self.said + 0.9,
        )  # fmt: skip
        stable = 0
        for count in range(1, len(words) + 1, dice.randint(1, 3)):
            text = " ".join(words[:count])
            stable = max(stable, len(" ".join(words[: max(0, count - dice.randint(0, 2))])))
            await room.show(replace(base, text=text, stable=stable))
            await asyncio.sleep(dice.choice([0, 0, 0.002]))
        text = " ".join(words) if dice.random() > 0.1 or stable else ""
        await room.settle(
            replace(base, text=text, stable=len(text), final=True), session=self.name, settled_samples=0
        )
        if text and dice.random() < 0.3:
            better = text + dice.choice([" indeed.", ".", " and more"])
            refined = replace(base, text=better, stable=len(better), final=True, refined=True)
            await room.settle(refined, session=self.name, settled_samples=0)
        if text and dice.random() < 0.2:
            await self.hub.correct("council", base.id, "Somebody wrote this instead.")


async def _read(hub: MeetingHub, log: ReaderLog, dice: random.Random, *, leaves: bool) -> None:
    """Follow the room; a reader that leaves comes back with the last event it has seen."""
    since: int | None = 0
    while True:
        feed = await hub.read("council", ReaderLanguages.parse(log.lang), since)
        left = dice.randint(3, 25) if leaves else -1
        async for event in feed:
            if isinstance(event, Caption):
                log.seen.append(event)
                left -= 1
                if left == 0:
                    break
        feed.close()
        since = max((caption.seq for caption in log.seen), default=0)
        await asyncio.sleep(0)


def _check_promises(log: ReaderLog) -> None:
    latest: dict[tuple[str, bool], Caption] = {}
    last_seq = -1
    for caption in log.seen:
        assert caption.seq > last_seq, "events come in their order, and each once"
        last_seq = caption.seq
        if caption.rendering and caption.rendering.problem:
            continue
        key = (caption.id, caption.rendering is not None)
        before = latest.get(key)
        if before is not None:
            assert caption.rev > before.rev
            same_source = caption.source_lang == before.source_lang
            if not before.final and caption.text and same_source and not caption.edited:
                assert caption.text.startswith(before.text[: before.stable]), (before, caption)
        latest[key] = caption


@pytest.mark.parametrize("seed", range(8))
async def test_every_reader_ends_with_the_transcript(start_hub: StartHub, seed: int) -> None:
    """Promises hold on the way; in the end each page shows the latest of everything, in its language."""
    dice = random.Random(seed)  # noqa: S311
    hub = await start_hub(text=MoodyEngine(), linger_seconds=5.0)
    await hub._enter("council")
    speakers = [Speaker(hub, f"p{number}-", random.Random(seed * 10 + number)) for number in range(4)]  # noqa: S311
    for speaker in speakers:
        await hub._store.save_track(Track(speaker.name, "council", speaker.name, "P", "auto", 0.0))
    logs = [ReaderLog("source"), ReaderLog("fr"), ReaderLog("pt"), ReaderLog("fr"), ReaderLog("en")]
    readers = [
        asyncio.create_task(_read(hub, log, random.Random(seed + number), leaves=number >= 3))  # noqa: S311
        for number, log in enumerate(logs)
    ]
    await asyncio.gather(*(speaker.talk(dice.randint(8, 14)) for speaker in speakers))
    said = {caption.id: caption for caption in await hub.transcript("council")}
    translated = {
        lang: {caption.id: caption for caption in await hub.transcript("council", lang)}
        for lang in ("fr", "pt", "en")
    }
    for _ in range(100):
        if not any(_wanting(log, said, translated) for log in logs):
            break
        await asyncio.sleep(0.02)
    for log in logs:
        _check_promises(log)
        assert _wanting(log, said, translated) == [], log.lang
    for reader in readers:
        reader.cancel()
    await asyncio.gather(*readers, return_exceptions=True)


def _wanting(
    log: ReaderLog, said: dict[str, Caption], translated: dict[str, dict[str, Caption]]
) -> list[tuple[str, str, str]]:
    """Return what a page does not show as it should."""
    wanted = said if log.lang == "source" else translated[log.lang]
    shown = log.shows()
    wrong = [
        (id_, shown[id_].text if id_ in shown else "", caption.text)
        for id_, caption in wanted.items()
        if id_ not in shown or shown[id_].text != caption.text or not shown[id_].final
    ]
    return wrong + [(id_, shown[id_].text, "") for id_ in shown.keys() - wanted.keys()]
