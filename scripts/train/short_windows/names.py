"""How the parameters of `layers` are called in a model of CTranslate2."""

from __future__ import annotations

from collections.abc import Iterator

_MODULES = {
    "itself.norm": "self_attention/layer_norm",
    "itself.into.0": "self_attention/linear_0",
    "itself.out": "self_attention/linear_1",
    "cross.norm": "attention/layer_norm",
    "cross.into.0": "attention/linear_0",
    "cross.into.1": "attention/linear_1",
    "cross.out": "attention/linear_2",
    "norm": "ffn/layer_norm",
    "wide": "ffn/linear_0",
    "narrow": "ffn/linear_1",
}


def layer_names(*, crossing: bool) -> Iterator[tuple[str, str]]:
    """Yield the parameters of a layer: as they are called here and in a model of CTranslate2."""
    for ours, theirs in _MODULES.items():
        if crossing or not ours.startswith("cross."):
            weight, bias = ("gamma", "beta") if theirs.endswith("layer_norm") else ("weight", "bias")
            yield f"{ours}.weight", f"{theirs}/{weight}"
            yield f"{ours}.bias", f"{theirs}/{bias}"
