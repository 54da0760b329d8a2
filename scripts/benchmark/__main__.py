"""The command line of the bench; see `scripts/bench --help`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict

from assistant.core.errors import AssistantError
from benchmark.against import run_against
from benchmark.bench import Bench, console_of
from benchmark.beside import run_beside
from benchmark.downloads import run_beside_readers
from benchmark.drafting import run_drafting
from benchmark.material import ManifestBroken
from benchmark.meetings import run_meetings
from benchmark.options import parse_arguments
from benchmark.outages import run_outages
from benchmark.overload import run_overload
from benchmark.parallel_text import ParallelTextBroken
from benchmark.recordings import run_recordings
from benchmark.service import ServiceFailed
from benchmark.sheets import Report, markdown_of, print_sheets, target_sheets
from benchmark.short_language import run_short_language
from benchmark.silent import run_silent
from benchmark.soak import run_soak
from benchmark.streams import NothingFits
from benchmark.talkers import run_long, run_talkers
from benchmark.translate import run_translate
from benchmark.trees import CommitUnusable
from benchmark.update_cost import run_update_cost

_PLAIN_WIDTH = 140


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the bench and return the exit status."""
    options = parse_arguments(arguments)
    console = console_of(_PLAIN_WIDTH)
    options.results.mkdir(parents=True, exist_ok=True)
    try:
        report = _mode_of(options)(Bench(options, console))
    except (NothingFits, ManifestBroken, ParallelTextBroken, CommitUnusable) as error:
        console.print(str(error), markup=False)
        return 2
    except (AssistantError, ServiceFailed) as error:
        console.print(f"The bench stopped: {error}", markup=False)
        return 1
    console.print(f"\n{report.heading}", markup=False)
    print_sheets([*report.sheets, *target_sheets(report.targets)], console)
    _write(report, options)
    return 1 if options.check and any(target.kept is False for target in report.targets) else 0


def _mode_of(options: argparse.Namespace) -> Callable[[Bench], Report]:
    modes: tuple[tuple[object, Callable[[Bench], Report]], ...] = (
        (options.against, run_against),  # before its --talkers
        (options.talkers, run_talkers),
        (options.silent, run_silent),
        (options.long, run_long),
        (options.overload, run_overload),
        (options.meetings, run_meetings),
        (options.soak, run_soak),
        (options.outages, run_outages),
        (options.beside_recordings, run_beside),
        (options.beside_readers, run_beside_readers),
        (options.update_cost, run_update_cost),
        (options.short_language, run_short_language),
        (options.translate, run_translate),
        (options.drafting, run_drafting),
    )
    return next((mode for chosen, mode in modes if chosen), run_recordings)


def _write(report: Report, options: argparse.Namespace) -> None:
    if options.json:
        targets = [asdict(target) for target in report.targets]
        document = {"heading": report.heading, "targets": targets} | report.document
        options.json.write_text(json.dumps(document, ensure_ascii=False, indent=1), encoding="utf-8")
    if options.markdown:
        options.markdown.write_text(markdown_of(report), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
