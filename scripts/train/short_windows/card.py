"""The model card of weights that do with short windows."""

from __future__ import annotations

from train.short_windows.recipe import Recipe


def card(recipe: Recipe, weights: str, minutes: float, licence: str, digest: str, scores: str) -> str:
    """Return the model card, Markdown.

    Args:
        recipe: How it was learnt.
        weights: Those that it began with.
        minutes: Of speech that it learnt from.
        licence: Of that speech; empty where nobody said.
        digest: SHA-256 of `model.bin`.
        scores: A table in Markdown; empty where nothing was measured.
    """
    speech = f"{minutes:.1f} minutes of speech without text (licence: {licence or 'not said'})"
    lengths = f"{recipe.shortest_seconds:g} to {recipe.longest_seconds:g} s"
    return f"""# {weights} for short windows

The weights of {weights} (Copyright (c) 2022 OpenAI, MIT), taught to say with an audio window that is
little longer than the speech what they say with the full one of 30 seconds.

## How

{recipe.steps} steps of {recipe.batch} pieces of {lengths}, cut from {speech}.
Teacher: the same weights with the full window; {recipe.padded_share:.0%} of the steps have that window, too.

SHA-256 of `model.bin`: `{digest}`

## Scores

By the service's engine, greedy, int8, one thread; loops are texts that go round or reach their bound.

{scores or "Not measured."}

## Limits

They are as good as the weights that they were, and no better: only the window is shorter. Worth using
where loops on short windows fall at equal word errors.
"""
