"""How deep JSON may be nested, told without parsing it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.core.errors import MessageInvalid, NestedTooDeep
from assistant.core.json_bounds import MOST_DEPTH, MOST_DIGITS, check_json


def _depth(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max(map(_depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(_depth, value), default=0)
    return 0


_DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.text('a"\\[]{}\n', max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text('k"\\[{', max_size=3), inner, max_size=3)
    ),
    max_leaves=20,
)


@given(document=_DOCUMENTS, most=st.integers(1, 6), indent=st.none() | st.integers(0, 2))
def test_the_depth_is_that_of_the_document(document: object, most: int, indent: int | None) -> None:
    """Brackets within texts do not count, whatever escapes stand around them."""
    data = json.dumps(document, indent=indent).encode()
    if _depth(document) <= most:
        check_json(data, most)
    else:
        with pytest.raises(NestedTooDeep):
            check_json(data, most)


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"a":['])
def test_what_is_never_closed_counts(opening: str) -> None:
    """A parser would go as deep."""
    with pytest.raises(NestedTooDeep):
        check_json((opening * (MOST_DEPTH + 1)).encode())


@given(data=st.binary(max_size=200))
def test_what_is_no_json_is_left_to_the_parser(data: bytes) -> None:
    """Nothing but the two errors comes out."""
    try:
        check_json(data, 4)
    except (NestedTooDeep, MessageInvalid):
        return


def test_numbers_have_so_many_digits() -> None:
    """Digits within texts are text."""
    check_json(b"[" + b"9" * MOST_DIGITS + b', "' + b"9" * 5_000 + b'"]')
    with pytest.raises(MessageInvalid):
        check_json(b"[" + b"9" * (MOST_DIGITS + 1) + b"]")


@pytest.mark.parametrize(
    "piece", [b"[],", b"[[]],", b'"\\"', b'"', b"\\", b"{", b"[}", b"1,", b"[" * 32 + b"]" * 32]
)
def test_looking_through_is_linear(piece: bytes) -> None:
    """A megabyte of anything is looked through; what is quadratic would not end here."""
    document = piece * ((1 << 20) // len(piece))
    try:
        check_json(document)
    except (NestedTooDeep, MessageInvalid):
        return
