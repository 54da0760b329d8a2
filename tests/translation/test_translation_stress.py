"""Rooms at random: what readers of every kind are promised, and what they read in the end.

The scripted engine translates word by word, so what has to stand on each page in the end follows from
what was said, without asking the store.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from assistant.core.captions.caption import Caption
from assistant.core.language import ReaderLanguages
from assistant.core.rooms import Track
from assistant.service.caption_service import CaptionService
from tests.caption_service import StartService, clerks_of, stores_of
from tests.captions import a_caption
from tests.fakes import ScriptedTextEngine
from tests.waiting import until

ROOM = "council"
WORDS = "we meet here today because the mayor said that nobody knows. Yes. But who pays. It is".split()
UNLUCKY = "unlucky"
"""A word over which the engine breaks down."""

ROUTES = {("en", "fr"): ("fr",), ("en", "pt"): ("pt",), ("fr", "en"): ("en",), ("fr", "pt"): ("en", "pt")}
PIVOT = "·en·"
SPEAKERS = 4


class UnevenEngine(ScriptedTextEngine):
    """Takes its time, now more, now less, and breaks down over one word."""

    async def translate(self, model: str, sentences: Sequence[str]) -> list[str]:
        """Return each sentence word by word."""
        await asyncio.sleep(random.Random(len(self.asked)).choice([0, 0, 0.001, 0.006]))  # noqa: S311
        self.failures = {sentence for sentence in sentences if UNLUCKY in sentence}
        return await super().translate(model, sentences)


@dataclass
class Page:
    """What one reader was sent, and what a client that keeps to the contract shows of it."""

    lang: str
    seen: list[Caption] = field(default_factory=list)
    spoken: dict[str, Caption] = field(default_factory=dict)
    translated: dict[str, Caption] = field(default_factory=dict)

    @property
    def shown(self) -> ReaderLanguages:
        """What it asks for."""
        return ReaderLanguages.parse(self.lang)

    def turn(self, lang: str) -> None:
        """Begin anew in another language."""
        self.lang = lang
        for each in (self.seen, self.spoken, self.translated):
            each.clear()

    def take(self, caption: Caption) -> None:
        """Check the promises, and show a caption."""
        assert caption.seq > (self.seen[-1].seq if self.seen else 0), "in order, and each once"
        self.seen.append(caption)
        plain = caption.translation is None or bool(caption.translation.problem)
        slot = self.spoken if plain else self.translated
        before = slot.get(caption.id)
        if before is not None:
            if caption.rev < before.rev and plain and caption.translation:
                return  # a mark on words that have changed since
            _check(before, caption)
        if caption.final and not caption.text:
            self.spoken.pop(caption.id, None)
            self.translated.pop(caption.id, None)
            return
        slot[caption.id] = caption
        if self.shown.source and not plain:
            return
        # One line for each caption: what comes later replaces what was there.
        other = self.translated if plain else self.spoken
        if caption.final or not plain:
            other.pop(caption.id, None)


def _check(before: Caption, after: Caption) -> None:
    """Hold the contract of revisions."""
    problem = after.translation is not None and bool(after.translation.problem)
    assert after.rev > before.rev or (problem and after.rev == before.rev), (before, after)
    if problem or after.edited:
        return
    if before.translation and after.translation:
        assert after.translation.source_rev >= before.translation.source_rev, (before, after)
        if before.final:
            newer = after.translation.source_rev > before.translation.source_rev
            assert newer or (after.refined and not before.refined), (before, after)
    if not before.final:
        kept = before.text[: before.stable] if before.source_lang == after.source_lang else ""
        assert not after.text or after.text.startswith(kept), (before, after)


def _expected(caption: Caption, target: str) -> tuple[str, str]:
    """Return what a reader has in the end of a final, and why it is not translated."""
    if caption.source_lang == target:
        return caption.text, ""
    legs = ROUTES.get((caption.source_lang, target))
    if legs is None:
        return caption.text, "no_route"
    if UNLUCKY in caption.text:
        return caption.text, "failed"
    return re.sub(r"[\w·]+", rf"\g<0>·{legs[-1]}", caption.text), ""


def _wanting(page: Page, said: dict[str, Caption]) -> list[object]:
    """Return what a page does not show as it should."""
    wrong: list[object] = []
    target = page.shown.translation
    for id_, caption in said.items():
        spoken, translated = page.spoken.get(id_), page.translated.get(id_)
        if page.shown.source and (spoken is None or (spoken.text, spoken.final) != (caption.text, True)):
            wrong.append((id_, "spoken", spoken, caption.text))
        if not target:
            continue
        text, problem = _expected(caption, target)
        shown = translated if caption.source_lang != target and not problem else spoken
        mark = shown.translation.problem if shown and shown.translation else ""
        # What was promised before the language was known keeps the way it went.
        direct = shown.text.replace(PIVOT, "·") if shown else ""
        if shown is None or (direct, shown.final, mark) != (text, True, problem):
            got = shown and (shown.text, shown.final, mark, shown.rev)
            wrong.append((id_, "translated", got, text, problem, caption.rev))
    return wrong + sorted((page.spoken.keys() | page.translated.keys()) - said.keys())


class Speaker:
    """Says random things in the ways in which captions come to be."""

    def __init__(self, service: CaptionService, name: str, dice: random.Random) -> None:
        self.service = service
        self.name = name
        self.dice = dice
        self.ended: list[str] = []

    async def talk(self, captions: int, *, growing: bool = True) -> None:
        """Say so many captions, one after the other."""
        for _ in range(captions):
            await self._caption(growing=growing)
            if self.ended and self.dice.random() < 0.15:
                text = f"Somebody wrote {len(self.ended)} instead{self.dice.choice(['', '.'])}"
                await clerks_of(self.service).correct(ROOM, self.dice.choice(self.ended), text)

    async def _caption(self, *, growing: bool) -> None:
        room, dice = await self.service.rooms.enter_to_speak(ROOM), self.dice
        number = len(self.ended) + 1
        language = dice.choice(["en", "en", "fr", "eu"])
        base = a_caption(
            0,
            "",
            room=ROOM,
            id=f"{self.name}.{number}",
            participant=self.name,
            speaker=self.name,
            lang=language,
            source_lang=language,
            final=False,
            start_seconds=float(number),
            end_seconds=number + 0.9,
        )
        words = [dice.choice(WORDS) for _ in range(dice.randint(1, 14))]
        if dice.random() < 0.1:
            words[dice.randrange(len(words))] = UNLUCKY
        stable = 0
        for count in range(1, len(words) + 1, dice.randint(1, 3)) if growing else ():
            text = " ".join(words[:count])
            stable = max(stable, len(" ".join(words[: max(0, count - dice.randint(0, 2))])))
            await room.show_partial(replace(base, text=text, stable=stable))
            await asyncio.sleep(dice.choice([0, 0, 0.002, 0.008]))
        language = dice.choice(["en", "fr", "eu"]) if dice.random() < 0.1 else language
        text = "" if dice.random() < 0.1 and not stable else " ".join(words)
        final = replace(base, text=text, stable=len(text), final=True, lang=language, source_lang=language)
        await room.append_final(final, session=self.name, durable_samples=0)
        self.ended.append(base.id)
        if text and dice.random() < 0.3:
            text += dice.choice([" indeed.", " and more", "." if text[-1] != "." else " so"])
            await room.append_final(
                replace(final, text=text, stable=len(text), refined=True),
                session=self.name,
                durable_samples=0,
            )


async def _read(service: CaptionService, page: Page, dice: random.Random, kind: str) -> None:
    """Follow the room; who leaves comes back with what was seen last, who switches begins anew."""
    stays = dice.randint(2, 4)
    while True:
        since = page.seen[-1].seq if page.seen else 0
        feed = await service.readers.open_feed(ROOM, page.shown, since)
        left = dice.randint(3, 25) if kind != "stays" and stays else -1
        stays -= kind == "switches" and stays > 0
        async for event in feed:
            if isinstance(event, Caption):
                page.take(event)
                left -= 1
                if left == 0:
                    break
        feed.close()
        if kind == "switches":
            page.turn(dice.choice(["fr", "pt", "source,fr"]))
        await asyncio.sleep(dice.choice([0, 0.005]))


@pytest.mark.parametrize("seed", range(6))
async def test_every_page_is_right_in_the_end(start_service: StartService, seed: int) -> None:
    """Promises hold on the way, and each page ends with what was said last, in its language.

    Whatever readers leave, come back or switch, whatever clerks correct, also of what was said before
    the language was opened, and whoever asks for transcripts meanwhile.
    """
    dice = random.Random(seed)  # noqa: S311
    service = await start_service(text=UnevenEngine(), linger_seconds=5.0)
    await service.rooms.enter_to_speak(ROOM)
    speakers = [Speaker(service, f"p{n}", random.Random(seed * 10 + n)) for n in range(SPEAKERS)]  # noqa: S311
    for speaker in speakers:
        await stores_of(service).transcripts.save_track(
            Track(speaker.name, ROOM, speaker.name, "P", "auto", 0.0)
        )
    await asyncio.gather(*(speaker.talk(8, growing=False) for speaker in speakers))
    kinds = [("source", "stays"), ("fr", "stays"), ("pt", "stays"), ("en", "stays"), ("source,pt", "stays")]
    kinds += [("fr", "leaves"), ("source,fr", "leaves"), ("pt", "switches")]
    pages = [Page(lang) for lang, _ in kinds]
    readers = [
        asyncio.create_task(_read(service, page, random.Random(seed + n), kind))  # noqa: S311
        for n, (page, (_, kind)) in enumerate(zip(pages, kinds, strict=True))
    ]

    async def ask() -> None:
        for _ in range(3):
            await asyncio.sleep(dice.random() * 0.05)
            await service.rooms.transcript(ROOM, dice.choice(["fr", "pt"]))

    await asyncio.gather(ask(), ask(), *(speaker.talk(dice.randint(6, 10)) for speaker in speakers))
    said = {caption.id: caption for caption in await service.rooms.transcript(ROOM)}
    await until(
        lambda: any(reader.done() for reader in readers) or not any(_wanting(page, said) for page in pages)
    )
    for page, reader in zip(pages, readers, strict=True):
        if reader.done():
            reader.result()
        assert _wanting(page, said) == [], page.lang
    for reader in readers:
        reader.cancel()
    await asyncio.gather(*readers, return_exceptions=True)
