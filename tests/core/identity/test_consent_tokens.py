"""Tokens with which one person says whether they are heard: theirs, in one meeting, until they expire."""

from __future__ import annotations

import string
from urllib.parse import quote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from assistant.core.errors import RoomNameInvalid, TokenInvalid
from assistant.core.identity import reader_tokens
from assistant.core.identity.consent_tokens import (
    PREFIX,
    ConsentGrant,
    derive_key,
    make_consent_token,
    read_consent_token,
)

_KEY = bytes(range(32))
_ROOMS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}", fullmatch=True)
_PEOPLE = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=190)
_TIMES = st.integers(1, 1 << 40)


@given(_ROOMS, _PEOPLE, _TIMES)
def test_a_token_names_one_person_in_one_room_until_it_expires(
    room: str, identity: str, expires_at: int
) -> None:
    """Whatever their identity is written with; addresses take the token as it is."""
    grant = ConsentGrant(room, identity, expires_at)
    token = make_consent_token(grant, _KEY)
    assert quote(token, safe="") == token
    assert token.startswith(PREFIX)
    assert read_consent_token(token, _KEY, expires_at - 0.01) == grant
    with pytest.raises(TokenInvalid):
        read_consent_token(token, _KEY, expires_at)


@given(_ROOMS, _PEOPLE, st.data())
def test_no_change_of_any_character_is_accepted(room: str, identity: str, data: st.DataObject) -> None:
    """So no signature serves another person, another room or another time."""
    token = make_consent_token(ConsentGrant(room, identity, 2_000), _KEY)
    where = data.draw(st.integers(0, len(token)))
    left_out = data.draw(st.integers(0, 2))
    put_in = data.draw(st.text(st.sampled_from(string.printable + "é\0٣\udc80"), max_size=2))
    changed = token[:where] + put_in + token[where + left_out :]
    assume(changed != token)
    with pytest.raises(TokenInvalid):
        read_consent_token(changed, _KEY, 1_000)


def test_a_signature_serves_nobody_else() -> None:
    """Neither another person nor another room, however alike their names are written."""
    token = make_consent_token(ConsentGrant("council", "ana", 2_000), _KEY)
    signature = token.rpartition(".")[2]
    for grant in (
        ConsentGrant("council", "anna", 2_000),
        ConsentGrant("council.1", "ana", 2_000),
        ConsentGrant("council", "ana", 3_000),
    ):
        forged = f"{make_consent_token(grant, _KEY).rpartition('.')[0]}.{signature}"
        with pytest.raises(TokenInvalid):
            read_consent_token(forged, _KEY, 1_000)


def test_tokens_of_another_kind_are_none() -> None:
    """A reader's link is no consent, and the other way round, also where one secret is behind both."""
    secret = "one secret for all"  # noqa: S105 - guards nothing
    consent_key, reader_key = derive_key(secret), reader_tokens.derive_key(secret)
    assert consent_key != reader_key
    reader = reader_tokens.make_reader_token("council", reader_key, link="l1", expires_at=2_000)
    consent = make_consent_token(ConsentGrant("council", "l1", 2_000), consent_key)
    for key in (consent_key, reader_key):
        with pytest.raises(TokenInvalid):
            read_consent_token(reader, key, 1_000)
        with pytest.raises(TokenInvalid):
            reader_tokens.read_reader_token(consent, key, 1_000)


@given(st.text() | st.text().map(PREFIX.__add__))
def test_what_is_no_token_is_refused_alike(text: str) -> None:
    """Whatever it is."""
    with pytest.raises(TokenInvalid) as refused:
        read_consent_token(text, _KEY, 1_000)
    assert refused.value.message == TokenInvalid().message


def test_no_token_is_made_of_a_name_that_no_room_has() -> None:
    """It could be read in more than one way."""
    with pytest.raises(RoomNameInvalid):
        make_consent_token(ConsentGrant("a/b", "ana", 2_000), _KEY)
