"""Tokens for readers of one room."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.core.errors import TokenExpired, TokenInvalid
from assistant.core.reader_tokens import check_reader_token, is_reader_token, make_reader_token

SECRET = "the service's own"  # noqa: S105 - of these tests
NOW = 1_800_000_000.0
ROOMS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,40}", fullmatch=True)


@given(ROOMS, st.integers(1, 10**6))
def test_a_token_opens_its_room_until_it_expires(room: str, seconds: int) -> None:
    token = make_reader_token(room, NOW + seconds, secret=SECRET)
    assert is_reader_token(token)
    assert check_reader_token(token, NOW, secret=SECRET).room == room
    with pytest.raises(TokenExpired):
        check_reader_token(token, NOW + seconds, secret=SECRET)


@given(ROOMS, st.data())
def test_no_changed_token_is_accepted(room: str, data: st.DataObject) -> None:
    token = make_reader_token(room, NOW + 60, secret=SECRET)
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters(codec="utf-8").filter(lambda one: one != token[at]))
    with pytest.raises(TokenInvalid):
        check_reader_token(token[:at] + other + token[at + 1 :], NOW, secret=SECRET)


def test_another_key_opens_nothing() -> None:
    token = make_reader_token("council", NOW + 60, secret="another")  # noqa: S106
    with pytest.raises(TokenInvalid):
        check_reader_token(token, NOW, secret=SECRET)
