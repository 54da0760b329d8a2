"""The caption bus inside one process."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.adapters.memory_bus import MemoryCaptionBus, MemorySubscription
from assistant.core.captions.caption import Caption, Rendering
from assistant.core.errors import ReaderTooSlow

BASE = Caption("r", 0, "c", 0, "p", "P", "en", "en", "", 0, final=False, start_seconds=0, end_seconds=0)


def _caption(seq: int, caption_id: str = "c", *, final: bool = False, lang: str = "en") -> Caption:
    rendering = None if lang == "en" else Rendering(lang, 1)
    return replace(
        BASE, seq=seq, rev=seq, id=caption_id, final=final, lang=lang, text=f"text {seq}", rendering=rendering
    )


async def _waiting(subscription: MemorySubscription) -> list[Caption]:
    """Take what is pending, without waiting for more."""
    got: list[Caption] = []
    iterator = aiter(subscription)
    while True:
        following = asyncio.ensure_future(anext(iterator))
        await asyncio.sleep(0)
        if not following.done():
            following.cancel()
            return got
        got.append(following.result())


async def test_readers_get_what_is_published_after_they_subscribe() -> None:
    """A subscription holds its room's captions from the moment it exists, in order."""
    bus = MemoryCaptionBus()
    bus.publish(_caption(1, "early"))
    first, second = bus.subscribe("r"), bus.subscribe("r")
    bus.publish(_caption(2, "a"))
    bus.publish(replace(_caption(3, "elsewhere"), room="other"))
    bus.publish(_caption(4, "b"))
    for subscription in (first, second):
        assert [caption.seq for caption in await _waiting(subscription)] == [2, 4]


async def test_waiting_reader_wakes() -> None:
    """A reader that waits gets the next caption as soon as it is published."""
    bus = MemoryCaptionBus()
    reading = asyncio.ensure_future(anext(aiter(bus.subscribe("r"))))
    await asyncio.sleep(0)
    bus.publish(_caption(1))
    assert (await reading).seq == 1


async def test_busy_reader_gets_the_latest_in_its_new_place() -> None:
    """A caption that changed while it was pending is delivered once, where its newest `seq` belongs."""
    bus = MemoryCaptionBus()
    subscription = bus.subscribe("r")
    for caption in (_caption(1, "a"), _caption(2, "b"), _caption(3, "a", final=True)):
        bus.publish(caption)
    assert [(caption.id, caption.seq) for caption in await _waiting(subscription)] == [("b", 2), ("a", 3)]


async def test_a_subscription_keeps_only_what_is_wanted() -> None:
    """What a reader does not want takes no place in its list."""
    bus = MemoryCaptionBus(max_pending=1)
    subscription = bus.subscribe("r", lambda caption: caption.lang == "pt")
    for number in range(5):
        bus.publish(_caption(number, f"c{number}"))
    bus.publish(_caption(6, lang="pt"))
    assert [caption.seq for caption in await _waiting(subscription)] == [6]


async def test_translations_do_not_replace_each_other() -> None:
    """One caption in three languages is three things to deliver; a corrected language of speech is not."""
    bus = MemoryCaptionBus()
    subscription = bus.subscribe("r")
    bus.publish(_caption(1))
    bus.publish(_caption(2, lang="fr"))
    bus.publish(_caption(3, lang="pt"))
    bus.publish(replace(_caption(4), lang="de", source_lang="de"))
    assert [caption.lang for caption in await _waiting(subscription)] == ["fr", "pt", "de"]


async def test_final_is_not_overtaken_by_a_partial() -> None:
    """A partial that comes after the final of its caption is ignored."""
    bus = MemoryCaptionBus()
    subscription = bus.subscribe("r")
    bus.publish(_caption(5, final=True))
    bus.publish(_caption(6))
    bus.publish(_caption(4, final=True))
    assert [caption.seq for caption in await _waiting(subscription)] == [5]


async def test_reader_that_is_gone_is_let_go() -> None:
    """More pending captions than the bound end the subscription with `ReaderTooSlow`, and only that one."""
    bus = MemoryCaptionBus(max_pending=3)
    slow, quick = bus.subscribe("r"), bus.subscribe("r")
    for seq in range(1, 5):
        bus.publish(_caption(seq, f"c{seq}"))
        assert [caption.seq for caption in await _waiting(quick)] == [seq]
    assert bus.readers() == 1
    iterator = aiter(slow)
    with pytest.raises(ReaderTooSlow):
        await anext(iterator)
    with pytest.raises(StopAsyncIteration):
        await anext(iterator)


async def test_updates_of_pending_captions_need_no_room() -> None:
    """Revisions of what is pending already never make a reader too slow."""
    bus = MemoryCaptionBus(max_pending=1)
    subscription = bus.subscribe("r")
    for seq in range(1, 50):
        bus.publish(_caption(seq))
    assert [caption.seq for caption in await _waiting(subscription)] == [49]


async def test_close_ends_the_iterator() -> None:
    """Closing ends a reader that waits, drops what is pending, and may happen twice."""
    bus = MemoryCaptionBus()
    subscription = bus.subscribe("r")
    reading = asyncio.ensure_future(anext(aiter(subscription)))
    await asyncio.sleep(0)
    subscription.close()
    subscription.close()
    with pytest.raises(StopAsyncIteration):
        await reading
    bus.publish(_caption(1))
    assert [caption async for caption in subscription] == []


async def test_readers_are_counted() -> None:
    """Open subscriptions are counted by room and in all."""
    bus = MemoryCaptionBus()
    one, two = bus.subscribe("r"), bus.subscribe("s")
    assert (bus.readers(), bus.readers("r"), bus.readers("none")) == (2, 1, 0)
    one.close()
    assert (bus.readers(), bus.readers("r")) == (1, 0)
    two.close()
    assert bus.readers() == 0


async def test_cancelled_wait_loses_nothing() -> None:
    """A reader whose wait was cancelled gets the next caption when it asks again."""
    bus = MemoryCaptionBus()
    iterator = aiter(bus.subscribe("r"))
    reading = asyncio.ensure_future(anext(iterator))
    await asyncio.sleep(0)
    bus.publish(_caption(1))
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert (await anext(iterator)).seq == 1


actions = st.lists(st.one_of(st.tuples(st.sampled_from("abcd"), st.booleans()), st.just("read")), max_size=60)


@settings(deadline=None)
@given(actions)
def test_conflation_keeps_the_latest(script: list[tuple[str, bool] | str]) -> None:
    """Whenever a reader reads, `seq` grows, and in the end it has the latest revision of every caption."""

    async def play() -> None:
        bus = MemoryCaptionBus()
        subscription = bus.subscribe("r")
        got: list[Caption] = []
        latest: dict[str, Caption] = {}
        for seq, action in enumerate(script):
            if isinstance(action, str):
                got += (await _waiting(subscription))[:]
            elif action[0] not in latest or not latest[action[0]].final:
                caption = _caption(seq, action[0], final=action[1])
                latest[action[0]] = caption
                bus.publish(caption)
        got += await _waiting(subscription)
        assert [caption.seq for caption in got] == sorted({caption.seq for caption in got})
        assert {caption.id: caption for caption in got} == latest

    asyncio.run(play())
