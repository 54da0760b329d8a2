"""Holds the fakes of the web layer against what they stand for; mypy compares, and nothing here is run.

A fake's method must take whatever the real one takes, by the same names, and return what may stand for
the real one's answer. A method that is renamed, or gets another argument, is an error here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from assistant.captioning.connection import TrackConnection
from assistant.captioning.track_registry import TrackRegistry
from assistant.minutes.caption_editor import CaptionEditor
from assistant.ports.links import LinkStore
from assistant.ports.minutes import MinutesStore
from assistant.readers.feed import CaptionFeed
from assistant.readers.registry import Readers
from assistant.rooms.glossary_service import GlossaryService
from assistant.rooms.registry import RoomRegistry
from assistant.service.caption_service import CaptionService
from tests.web.fakes import FakeCaptions, FakeConnection, FakeFeed, FakeMinutesStore

_Asked = ParamSpec("_Asked")
_Answer = TypeVar("_Answer")


def _call(real: Callable[_Asked, _Answer]) -> Callable[[Callable[_Asked, _Answer]], None]:
    """Return what takes a fake that is called as `real` is, and answers as it does."""
    raise NotImplementedError


def _asked(real: Callable[_Asked, object]) -> Callable[[Callable[_Asked, object]], None]:
    """Return what takes a fake that is called as `real` is; what it answers is a fake as well."""
    raise NotImplementedError


def _value(real: _Answer) -> Callable[[_Answer], None]:
    """Return what takes a value of the same type."""
    raise NotImplementedError


def check_service(real: CaptionService, fake: FakeCaptions) -> None:
    """Compare what the web layer asks of the service itself."""
    _call(real.start)(fake.start)
    _call(real.close)(fake.close)
    _call(real.missing)(fake.missing)
    _call(real.problems)(fake.problems)
    _call(real.statistics)(fake.statistics)
    _call(real.delete_room)(fake.delete_room)
    _value(real.reserve)(fake.reserve)


def check_rooms(real: RoomRegistry, fake: FakeCaptions) -> None:
    """Compare what it asks of the rooms."""
    _call(real.create_room)(fake.rooms.create_room)
    _call(real.set_spoken)(fake.rooms.set_spoken)
    _call(real.room)(fake.rooms.room)
    _call(real.every_room)(fake.rooms.every_room)
    _call(real.transcript)(fake.rooms.transcript)
    _call(real.spoken_captions)(fake.rooms.spoken_captions)
    _call(real.languages_read)(fake.rooms.languages_read)
    _call(real.spoken)(fake.rooms.spoken)
    _call(real.readable)(fake.rooms.readable)


def check_parts(
    tracks: TrackRegistry, readers: Readers, glossaries: GlossaryService, fake: FakeCaptions
) -> None:
    """Compare what it asks of who speaks, who reads, and the terms that hold."""
    _asked(tracks.connect)(fake.tracks.connect)
    _asked(readers.open_feed)(fake.readers.open_feed)
    _call(glossaries.of_room)(fake.glossaries.of_room)
    _call(glossaries.set_of_room)(fake.glossaries.set_of_room)
    _call(glossaries.of_organisation)(fake.glossaries.of_organisation)
    _call(glossaries.set_of_organisation)(fake.glossaries.set_of_organisation)


def check_clerks(real: CaptionEditor, fake: FakeCaptions) -> None:
    """Compare what it asks for clerks."""
    _call(real.correct)(fake.correct)


def check_stores(fake: FakeCaptions, minutes: FakeMinutesStore, real: MinutesStore) -> LinkStore:
    """Compare the stores; of minutes, the one question that is asked."""
    _call(real.version)(minutes.version)
    return fake.links


def check_connection(real: TrackConnection, fake: FakeConnection) -> None:
    """Compare what speakers hold."""
    _value(real.session)(fake.session)
    _value(real.received_samples)(fake.received_samples)
    _value(real.talking)(fake.talking)
    _call(real.send_audio)(fake.send_audio)
    _call(real.speak)(fake.speak)
    _call(real.acknowledge)(fake.acknowledge)
    _call(real.stop)(fake.stop)
    _call(real.detach)(fake.detach)
    _call(real.displaced)(fake.displaced)
    _call(real.let_go)(fake.let_go)


def check_feed(real: CaptionFeed, fake: FakeFeed) -> None:
    """Compare what readers hold."""
    _value(real.hello)(fake.hello)
    _call(real.__aiter__)(fake.__aiter__)
    _call(real.let_go)(fake.let_go)
    _call(real.close)(fake.close)
