"""Tokens for readers: one room, until they expire, and no other spelling."""

from __future__ import annotations

import string
from urllib.parse import quote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from assistant.core.errors import RoomNameInvalid, TokenInvalid
from assistant.core.identity.reader_tokens import (
    PREFIX,
    ReaderGrant,
    derive_key,
    make_reader_token,
    read_reader_token,
)

_KEY = bytes(range(32))
_ROOMS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}", fullmatch=True)
_TIMES = st.integers(0, 1 << 40)


@given(_ROOMS, _TIMES, st.integers(1, 1 << 30))
def test_a_token_opens_its_room_until_it_expires(room: str, now: int, seconds: int) -> None:
    """It is text that addresses take as it is, names its kind, and is refused from its last moment on."""
    token = make_reader_token(room, _KEY, link="l1", expires_at=now + seconds)
    assert quote(token, safe="") == token
    assert token.startswith(PREFIX)
    assert read_reader_token(token, _KEY, now + seconds - 0.01) == ReaderGrant(room, "l1", now + seconds)
    with pytest.raises(TokenInvalid):
        read_reader_token(token, _KEY, now + seconds)


@given(_ROOMS, _TIMES, st.data())
def test_no_change_of_any_character_is_accepted(room: str, expires_at: int, data: st.DataObject) -> None:
    """Wherever a character is changed, put in or left out, the token is none any more."""
    token = make_reader_token(room, _KEY, link="l1", expires_at=expires_at)
    where = data.draw(st.integers(0, len(token)))
    left_out = data.draw(st.integers(0, 2))
    put_in = data.draw(st.text(st.sampled_from(string.printable + "é\0٣\udc80"), max_size=2))
    changed = token[:where] + put_in + token[where + left_out :]
    assume(changed != token)
    with pytest.raises(TokenInvalid):
        read_reader_token(changed, _KEY, expires_at - 1)


def test_every_single_character_counts() -> None:
    """Each place of one token, with each character that a token may have."""
    token = make_reader_token("council", _KEY, link="l1", expires_at=2_000)
    for place in range(len(token)):
        for other in string.ascii_letters + string.digits + ".-_=":
            changed = token[:place] + other + token[place + 1 :]
            if changed != token:
                with pytest.raises(TokenInvalid):
                    read_reader_token(changed, _KEY, 1_000)


@given(_ROOMS, _ROOMS, _TIMES)
def test_a_signature_opens_no_other_room(room: str, other: str, expires_at: int) -> None:
    """Names that begin or go on like that of the room are other rooms."""
    signed, _, signature = make_reader_token(room, _KEY, link="l1", expires_at=expires_at).rpartition(".")
    for name in {other, room + "1", room + ".1", room[:-1]} - {room}:
        forged = f"{PREFIX}{name}.l1.{signed.rpartition('.')[2]}.{signature}"
        with pytest.raises(TokenInvalid):
            read_reader_token(forged, _KEY, expires_at - 1)


@given(st.binary(min_size=32, max_size=32))
def test_another_key_opens_nothing(key: bytes) -> None:
    """Whoever changes the token of the service makes all links of before useless."""
    assume(key != _KEY)
    with pytest.raises(TokenInvalid):
        read_reader_token(make_reader_token("council", key, link="l1", expires_at=2_000), _KEY, 1_000)


@given(st.text() | st.text().map(PREFIX.__add__))
def test_what_is_no_token_is_refused_alike(text: str) -> None:
    """Anything may come from outside."""
    with pytest.raises(TokenInvalid):
        read_reader_token(text, _KEY, 0.0)


def test_a_key_belongs_to_its_service_token_and_does_not_show_it() -> None:
    """The same token leads to the same key after every start, another token to another key."""
    assert derive_key("s3cret") == derive_key("s3cret")
    assert len({derive_key("s3cret"), derive_key("s3cret "), derive_key("tökén")}) == 3
    assert b"s3cret" not in derive_key("s3cret")


def test_a_part_of_a_second_counts_as_a_whole_one() -> None:
    """A token never opens its room for less time than was said."""
    token = make_reader_token("council", _KEY, link="l1", expires_at=1_000.2)
    assert read_reader_token(token, _KEY, 1_000.9).expires_at == 1_001


@pytest.mark.parametrize("room", ["", "a/b", "../a", "a" * 129, "é", "a\n"])
def test_no_token_is_made_for_what_cannot_be_a_room(room: str) -> None:
    """A name that no room may have is refused before anything is signed."""
    with pytest.raises(RoomNameInvalid):
        make_reader_token(room, _KEY, link="l1", expires_at=2_000)
