"""Looks, once, whether better models than the ones that come with the assistant can be reached."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import httpx

from assistant.adapters.http_client import open_blocking_http_client
from assistant.core.errors import WeightsError
from assistant.weights.catalog import Model
from assistant.weights.progress import Progress
from assistant.weights.pull import pull_models
from assistant.weights.store import WeightsStore

MARK = ".looked-for-better"
"""The file in the directory of weights by which later starts know that this was done."""

ANSWER_SECONDS = 5.0
"""How long all servers together may take to answer at all."""

Why = Literal["here", "fetched", "unreachable", "broken", "unwanted"]
"""A better one was there already, was fetched, answers nowhere, was not to be had, or was not looked for."""


@dataclass(frozen=True, slots=True)
class Look:
    """What came of looking for a better model than a built-in one.

    Attributes:
        built_in: The model that comes with the assistant.
        better: The name of the better one that is installed now; empty where there is none.
        why: How that came about.
    """

    built_in: Model
    better: str
    why: Why


def look_for_better(
    store: WeightsStore,
    progress: Progress,
    *,
    wanted: Callable[[], bool] = lambda: True,
    answer_seconds: float = ANSWER_SECONDS,
) -> tuple[Look, ...]:
    """Fetch, for each built-in model of the defaults, the first of its better ones that can be had.

    That is done the first time only, whatever comes of it: a file in the directory of weights says so.
    Nothing is asked for where no built-in model names a better one, where one is installed already, where
    that file cannot be written, or on a later call.

    Args:
        store: Where the weights are.
        progress: Is told what goes on.
        wanted: Whether servers may be asked.
        answer_seconds: How long all servers together may take to answer; a download may take longer.

    Returns:
        What came of it for each of those models; nothing on later calls.
    """
    built_in = [model for model in map(store.catalog.model, store.catalog.default) if model.better]
    if not built_in or not _is_first(store):
        return ()
    looks = [_unasked(store, model, "unreachable") for model in built_in]
    candidates = [
        store.catalog.model(name) for look in looks if not look.better for name in look.built_in.better
    ]
    if candidates and not wanted():
        return tuple(look if look.better else replace(look, why="unwanted") for look in looks)
    answering = _answering(candidates, answer_seconds)
    return tuple(_fetched(store, model, answering, progress) for model in built_in)


def _is_first(store: WeightsStore) -> bool:
    """Write down that this was tried, before it is, and return whether nobody did so before."""
    try:
        store.directory.mkdir(parents=True, exist_ok=True)
        (store.directory / MARK).touch(exist_ok=False)
    except OSError:  # it is there, or nothing can be installed
        return False
    return True


def _unasked(store: WeightsStore, built_in: Model, why: Why) -> Look:
    here = next((name for name in built_in.better if store.is_installed(name)), "")
    return Look(built_in, here, "here" if here else why)


def _fetched(store: WeightsStore, built_in: Model, answering: frozenset[str], progress: Progress) -> Look:
    look = _unasked(store, built_in, "unreachable")
    if look.better:
        return look
    for name in built_in.better:
        if name not in answering:
            continue
        try:
            pull_models(store, [name], progress)
        except WeightsError as error:
            progress.note(error.message)
            look = Look(built_in, "", "broken")
        else:
            return Look(built_in, name, "fetched")
    return look


def _answering(models: list[Model], answer_seconds: float) -> frozenset[str]:
    """Return the names of those that a server answers for in time, all asked at once."""
    found: set[str] = set()

    def ask(model: Model, url: str) -> None:
        if _answers(url, answer_seconds):
            found.add(model.name)

    # Threads that are left to themselves: looking up a name may take longer, and cannot be stopped.
    threads = [
        threading.Thread(target=ask, args=(model, source.downloads[0].url), daemon=True)
        for model in models
        for source in model.sources
        if source.downloads[0].url
    ]
    deadline = time.monotonic() + answer_seconds
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(deadline - time.monotonic(), 0.0))
    return frozenset(found)


def _answers(url: str, timeout_seconds: float) -> bool:
    try:
        with (
            open_blocking_http_client(timeout_seconds, proxies=True, redirects=True) as client,
            client.stream("GET", url, headers={"Range": "bytes=0-0"}) as response,
        ):
            return response.is_success
    except (httpx.HTTPError, OSError, ValueError):
        return False
