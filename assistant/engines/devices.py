"""What this machine computes on: its processor cores, and GPUs that CTranslate2 can use."""

from __future__ import annotations

import os

import ctranslate2


def choose_device(device: str, compute_type: str) -> tuple[str, str]:
    """Return device and compute type; where they are `auto`, float16 on a GPU or else int8 on the CPU."""
    if device == "auto":
        device = "cuda" if gpus() else "cpu"
    if compute_type == "auto":
        compute_type = "float16" if device == "cuda" else "int8"
    return device, compute_type


def gpus() -> int:
    """Return how many CUDA devices CTranslate2 can use."""
    return int(ctranslate2.get_cuda_device_count())


def cores() -> int:
    """Return how many processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
