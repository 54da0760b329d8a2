"""The mode `translate`: how good, how quick and how large the installed text models are."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import permutations

from assistant.core.translation.routes import Route, RouteTable, TextModel, ranked
from assistant.ports.translation import TextEngine
from benchmark.bench import Bench
from benchmark.live_text import Anew, PolicyMaker, live_text_of
from benchmark.parallel_text import ParallelText, ParallelTextBroken, read_parallel
from benchmark.result import Percentiles, percentiles
from benchmark.retranslated import Retranslated
from benchmark.service import LoadMeter
from benchmark.sheets import Report
from benchmark.spoken import Listener, SpokenScore, score_spoken
from benchmark.text_engine import memory_bytes_of, open_text_engine, translate_along, use_model
from benchmark.translate_result import LiveScore, RouteScore, TranslateRun, direction_of, names_of
from benchmark.translate_tables import translate_report
from benchmark.translation_metrics import METRICS, bleu_and_chrf

CAPTION_SENTENCES = 3
"""The most sentences of a caption."""

LIVE_LINES = 100
"""So many lines grow as live text: enough to tell policies apart, and done in a minute."""

POLICIES: Mapping[str, PolicyMaker] = {"as the service": Retranslated, "all anew": Anew}
"""What is compared, by the name that the table gives it."""


def run_translate(bench: Bench) -> Report:
    """Translate parallel text along all routes that the installed models make.

    Raises:
        ParallelTextBroken: There is no parallel text, or none in languages that the models connect.
    """
    options = bench.options
    texts = [text for path in options.mt for text in read_parallel(path, options.sentences, options.columns)]
    scores, lives, spoken = asyncio.run(_measure(bench, texts))
    names = sorted({leg.name for score in scores for leg in score.route.legs})
    bench.say("Memory of each model, in a process of its own …")
    run = TranslateRun(
        scores=tuple(scores),
        lives=tuple(lives),
        memory_bytes={name: memory_bytes_of(use_model, name) for name in names},
        signatures=_signatures(),
        spoken=tuple(spoken),
    )
    sizes = ", ".join(f"{text.name}: {text.sentences} sentences" for text in texts)
    return translate_report(run, f"translation, {sizes}")


def routes_of(models: Sequence[TextModel], text: ParallelText) -> list[Route]:
    """Return what can translate between the languages of a text.

    Every direct model of a direction, the best first; through another language where there is none.
    """
    table = RouteTable(models)
    routes: list[Route] = []
    for pair in permutations(text.lines, 2):
        direct = [Route((model,)) for model in models if (model.source, model.target) == pair]
        detour = table.route(*pair)
        routes += ranked(direct) or ([detour] if detour else [])
    return routes


async def score_route(engine: TextEngine, text: ParallelText, route: Route) -> RouteScore:
    """Translate a text along a route, sentence by sentence and caption by caption."""
    source, wanted = (text.lines[lang] for lang in (route.legs[0].source, route.legs[-1].target))
    await translate_along(engine, route, source[:1])  # loads the models
    meter = LoadMeter(os.getpid())
    used_before = meter.cpu_seconds()
    texts, sentence_seconds = await _timed(engine, route, source, at_once=1)
    cpu_seconds = meter.cpu_seconds() - used_before
    _, caption_seconds = await _timed(engine, route, source, at_once=CAPTION_SENTENCES)
    bleu, chrf = bleu_and_chrf(texts, wanted)
    return RouteScore(
        text=text.name,
        route=route,
        sentences=len(source),
        bleu=bleu,
        chrf=chrf,
        sentence_seconds=sentence_seconds,
        caption_seconds=caption_seconds,
        cpu_seconds=cpu_seconds,
        words=sum(len(each.split()) for each in texts),
    )


async def score_policies(engine: TextEngine, text: ParallelText, route: Route) -> list[LiveScore]:
    """Let the first lines of a text grow under each policy."""
    pair = (route.legs[0].source, route.legs[-1].target)
    lines = text.lines[pair[0]][:LIVE_LINES]
    translate = partial(translate_along, engine, route)
    return [
        LiveScore(text.name, route, name, await live_text_of(lines, translate, policy, pair))
        for name, policy in POLICIES.items()
    ]


async def _measure(
    bench: Bench, texts: Sequence[ParallelText]
) -> tuple[list[RouteScore], list[LiveScore], list[SpokenScore]]:
    scores: list[RouteScore] = []
    lives: list[LiveScore] = []
    spoken: list[SpokenScore] = []
    engine = open_text_engine()
    try:
        for text in texts:
            used = RouteTable(engine.models)
            for route in routes_of(engine.models, text):
                bench.say(f"{text.name}, {direction_of(route)}: {names_of(route)} …")
                scores.append(await score_route(engine, text, route))
                if route == used.route(*scores[-1].pair):
                    lives += await score_policies(engine, text, route)
            if text.recordings:
                bench.say(f"{text.name}, as it is spoken …")
                spoken += await score_spoken(engine, Listener(bench.weights()), text, used)
    finally:
        await engine.close()
    if not scores:
        languages = ", ".join(sorted({language for text in texts for language in text.lines}))
        raise ParallelTextBroken(f"No installed model translates between the languages there ({languages}).")
    return scores, lives, spoken


async def _timed(
    engine: TextEngine, route: Route, sentences: Sequence[str], *, at_once: int
) -> tuple[list[str], Percentiles]:
    texts: list[str] = []
    seconds: list[float] = []
    for start in range(0, len(sentences), at_once):
        began = time.perf_counter()
        texts += await translate_along(engine, route, sentences[start : start + at_once])
        seconds.append(time.perf_counter() - began)
    slow = percentiles(seconds)
    assert slow is not None  # noqa: S101 - a parallel text has a line
    return texts, slow


def _signatures() -> tuple[str, str]:
    bleu, chrf = METRICS
    return f"BLEU|{bleu.get_signature()}", f"chrF2|{chrf.get_signature()}"
