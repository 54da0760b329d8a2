"""What may happen to a caption."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assistant.core.captions.caption import Caption, RevisionRefused, check_successor
from tests.captions import a_caption

PARTIAL = a_caption(4, "the vote is", id="c", stable=8, final=False)


def following(before: Caption, **changes: object) -> Caption:
    values = {"seq": before.seq + 1, "rev": before.rev + 1, **changes}
    return replace(before, **values)  # type: ignore[arg-type]  # keyword values of a test


def test_a_partial_may_grow_and_change_its_tail() -> None:
    """Everything behind the stable prefix is free."""
    check_successor(PARTIAL, following(PARTIAL, text="the vote was close", stable=8))


@pytest.mark.parametrize(
    "changes",
    [
        {"text": "a vote is"},
        {"stable": 7},
        {"rev": 4},
        {"id": "d"},
        {"text": "the boat", "stable": 8, "final": True},
    ],
)
def test_promises_cannot_be_broken(changes: dict[str, object]) -> None:
    """A changed prefix, a smaller one, an old revision or another caption is refused."""
    with pytest.raises(RevisionRefused):
        check_successor(PARTIAL, following(PARTIAL, **changes))


def test_a_final_changes_once_by_refinement_and_then_only_by_a_clerk() -> None:
    """Refined once, edited as often as need be, never refined after an edit."""
    final = following(PARTIAL, final=True)
    refined = following(final, text="The vote is over.", refined=True)
    edited = following(refined, text="The vote was over.", edited=True, refined=False)
    check_successor(final, refined)
    check_successor(refined, edited)
    check_successor(edited, following(edited, text="Over."))
    for before in (refined, edited):
        with pytest.raises(RevisionRefused):
            check_successor(before, following(before, text="x", refined=True, edited=False))
    with pytest.raises(RevisionRefused):
        check_successor(final, following(final, text="x"))
