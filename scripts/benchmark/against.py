"""The mode `--against COMMIT`: the same talkers against two versions of the service in turn."""

from __future__ import annotations

from benchmark.bench import Bench
from benchmark.compared import (
    Compared,
    comparison_document,
    comparison_sheet,
    comparison_targets,
    comparisons_of,
)
from benchmark.options import ROOT
from benchmark.sheets import Report
from benchmark.talk_result import TalkRun
from benchmark.talk_tables import document_of
from benchmark.talkers import one_talk
from benchmark.trees import both_trees

_MINUTES = 2.0


def run_against(bench: Bench) -> Report:
    """Let each number of talkers talk to a commit's service and to the working tree's, again and again.

    The versions take turns, so that what changes on the machine meanwhile, such as its temperature or
    another program, falls on both. Clients, material and scoring are those of the working tree for both.
    """
    options = bench.options
    minutes = options.minutes or _MINUTES
    rows: list[Compared] = []
    documents: list[dict[str, object]] = []
    with both_trees(ROOT, options.against) as trees:
        before, after = trees.before, trees.after
        pieces = bench.pieces()
        for count in options.talkers:
            runs: tuple[list[TalkRun], list[TalkRun]] = ([], [])
            for number in range(1, options.runs + 1):
                for side, tree, made in zip(("before", "after"), (before, after), runs, strict=True):
                    bench.say(f"Run {number} of {options.runs}, {side}: {tree.name}")
                    made.append(
                        one_talk(bench, pieces, [60 * minutes] * count, options.read, tree.environment)
                    )
                    documents.append({"side": side, "version": tree.name} | document_of(made[-1]))
            rows += comparisons_of(*runs)
    counts = ", ".join(map(str, options.talkers))
    what = f"{after.name} against {before.name}, {counts} talkers without pause, {minutes:g} minutes"
    return Report(
        bench.heading(f"{what}, {options.runs} runs each"),
        (comparison_sheet(rows, before.name, after.name),),
        tuple(comparison_targets(rows)),
        {
            "before": before.name,
            "after": after.name,
            "compared": list(map(comparison_document, rows)),
            "runs": documents,
        },
    )
