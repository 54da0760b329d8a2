"""The options of the bench."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from assistant.core.errors import LanguageUnknown
from assistant.core.language import parse_language
from benchmark.peers import PEERS

ROOT = Path(__file__).resolve().parents[2]

ANY_ROOM = "any"
"""Of `--rooms`: one that names no languages."""

_RUNS = 3
_PIECES_AT_ONCE = 2

_DESCRIPTION = """
Stream recordings in real time through the public audio door of the service and measure what readers
see: word error rate of the finals, lag of each word (first shown, stable, final), flicker, CPU and
memory, and words shown where nobody speaks. The reference beside it is plain faster-whisper on the
same recordings: utterance by utterance, padded windows, beam 5. “scripts/bench translate” measures the
installed text models instead: their quality, speed and memory.
"""
_USAGE = """\
scripts/bench [--talkers N[,N…] [--against COMMIT] | --silent N | --long MINUTES | --overload N |
               --meetings N | --outages N | --soak MINUTES | --beside-recordings | --beside-readers N |
               --update-cost | --short-language DIR | --drafting] [options]
       scripts/bench translate --mt DIR [--sentences N] [options of output]
"""
_TRANSLATE = """
scripts/bench translate --mt DIR: installed text models on parallel text, without a service. Where a
folder NAME.LANG.spoken holds a recording of each sentence, they are translated as Whisper recognises them,
too (scripts/benchmark/meeting). Of the other options only --model and those of output count.
"""
_EPILOG = """
Without a mode, recordings are played one after another. Without --url each run gets a service of its
own, on a free port with an empty data directory. Runs take as long as what is played.
"""


def parse_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Return the options of a run; ends the program with a sentence where they make no sense."""
    parser = argparse.ArgumentParser("scripts/bench", _USAGE, description=_DESCRIPTION, epilog=_EPILOG)
    _add_modes(parser)
    _add_translation(parser)
    _add_material(parser)
    _add_service(parser)
    _add_output(parser)
    options = parser.parse_args(arguments)
    options.speakers = options.speakers or (_PIECES_AT_ONCE if options.short_language else 1)
    _check(parser, options)
    return options


def _add_modes(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("mode (at most one)")
    modes = group.add_mutually_exclusive_group()
    modes.add_argument(
        "--talkers",
        type=_counts,
        metavar="N[,N…]",
        help="so many talk at once without pause for --minutes; several numbers run one after another",
    )
    group.add_argument(
        "--against",
        metavar="COMMIT",
        help="of --talkers: this commit's service and the working tree's take turns, --runs times each, and "
        "one table tells what differs: lag and memory may grow by 5 %%, WER by 0.3 points",
    )
    group.add_argument("--runs", type=_count, metavar="N", help="of --against (default: 3)")
    modes.add_argument("--silent", type=_count, metavar="N", help="so many connected tracks send silence")
    modes.add_argument("--long", type=_positive, metavar="MINUTES", help="one talks without pause")
    modes.add_argument(
        "--overload", type=_count, metavar="N", help="so many talk for --minutes, then one goes on alone"
    )
    modes.add_argument(
        "--meetings",
        type=_count,
        metavar="N",
        help="one talks for --minutes in each of so many LiveKit meetings of three, after the same through "
        "sockets; needs a livekit-server",
    )
    modes.add_argument(
        "--outages",
        type=_count,
        metavar="N",
        help="one talks for --minutes, without and with so many moments in which the disk is full; needs a "
        "system that lets us mount a small one",
    )
    group.add_argument(
        "--seed", type=int, default=1, help="of --outages and --soak: what happens when (default: 1)"
    )
    group.add_argument(
        "--participants",
        choices=["light", "webrtc"],
        help="of --meetings: participants who only speak, or a whole WebRTC stack each (default: light where "
        "there is a go to build them with)",
    )
    modes.add_argument(
        "--beside-recordings",
        action="store_true",
        help="recordings are transcribed alone, one talks alone for --minutes, then both at once",
    )
    modes.add_argument(
        "--beside-readers",
        type=_count,
        metavar="N",
        help="--beside-talkers talk for --minutes, then again while so many readers download PDF, DOCX and "
        "ODT, as it was said and translated",
    )
    group.add_argument(
        "--beside-talkers", type=_count, default=8, metavar="N", help="of --beside-readers (default: 8)"
    )
    modes.add_argument(
        "--drafting",
        action="store_true",
        help="what is found for minutes in labelled passages, and how long drafts and exports take",
    )
    modes.add_argument(
        "translate",
        nargs="?",
        choices=["translate"],
        metavar="translate",
        help="installed text models on parallel text: see below",
    )
    modes.add_argument(
        "--update-cost", action="store_true", help="CPU of one update, against a padded window from scratch"
    )
    modes.add_argument(
        "--short-language",
        type=Path,
        metavar="DIR",
        help="somebody new says each piece of 1 to 2 s that is cut from the recordings of this folder, in a "
        "room of two languages: how many are shown in a wrong one; 400 pieces take 12 minutes",
    )
    group.add_argument(
        "--pieces",
        type=_count,
        default=8,
        metavar="N",
        help="of --short-language: of each recording (default: 8)",
    )
    group.add_argument(
        "--rooms",
        type=_rooms,
        default=[],
        metavar="fr+en,es+de",
        help="of --short-language: the languages that rooms name, “any” for rooms that name none (default: "
        "each language with English)",
    )
    group.add_argument(
        "--half",
        type=int,
        choices=[1, 2],
        default=0,
        help="of --short-language: only every second recording: 1 to tune on, 2 to report (default: all)",
    )
    modes.add_argument(
        "--soak",
        type=_positive,
        metavar="MINUTES",
        help="two talk so long while others come, go, stall and send garbage, the disk fills and the process "
        "is killed; usually 60",
    )
    group.add_argument("--no-kills", action="store_true", help="of --soak: the process is left alone")
    group.add_argument("--no-full-disk", action="store_true", help="of --soak: the disk never fills")
    group.add_argument("--seconds", type=_positive, default=60.0, help="of --silent (default: 60)")
    group.add_argument(
        "--room-noise", action="store_true", help="--silent sends white noise at -60 dBFS instead of zeros"
    )
    group.add_argument(
        "--calm-minutes",
        type=_positive,
        default=1.5,
        help="of --overload: how long one goes on alone (default: 1.5)",
    )


def _add_translation(parser: argparse.ArgumentParser) -> None:
    translation = parser.add_argument_group("translate", _TRANSLATE)
    translation.add_argument(
        "--mt",
        type=Path,
        nargs="+",
        default=[],
        metavar="DIR",
        help="folders with parallel text, files NAME.LANG; or files of NAME, sentence, sentence between tabs",
    )
    translation.add_argument(
        "--columns",
        type=lambda text: text.split(","),
        default=["fr", "en"],
        metavar="LANG,LANG",
        help="of such a file: the languages of its sentences (default: fr,en)",
    )
    translation.add_argument(
        "--sentences", type=_count, metavar="N", help="only the first N of each text (default: all)"
    )


def _add_material(parser: argparse.ArgumentParser) -> None:
    material = parser.add_argument_group("material")
    material.add_argument(
        "--material",
        type=Path,
        default=ROOT / "tests" / "fixtures" / "speech",
        metavar="DIR",
        help="folder with manifest.jsonl and recordings (default: those of the tests)",
    )
    material.add_argument("--languages", type=_list, default=[], metavar="en,fr", help="only speech in these")
    material.add_argument("--kinds", type=_list, default=[], metavar="read,prompt", help="only these kinds")
    material.add_argument(
        "--minutes",
        type=_positive,
        help="recordings: at most so much speech, evenly from all groups (default: all); "
        "talkers, against, overload, meetings, outages, beside, update cost: how long they talk "
        "(default: 5, 2, 2, 2, 3, 2, 1)",
    )
    material.add_argument(
        "--invented",
        choices=["with", "without", "only"],
        default="with",
        help="recordings: noise, music and silence, where no word may be shown (default: with)",
    )


def _add_service(parser: argparse.ArgumentParser) -> None:
    service = parser.add_argument_group("service")
    service.add_argument("--url", help="a running service instead of one of our own")
    service.add_argument("--token", default="", help="its bearer token")
    service.add_argument("--pid", type=int, help="its process, to measure CPU and memory")
    service.add_argument("--peer", choices=PEERS, help="measure this peer, which runs at --peer-url, instead")
    service.add_argument("--peer-url", metavar="WS-URL", help="address of the peer, ws:// or wss://")
    service.add_argument("--model", default="whisper-base", help="weights to use (default: %(default)s)")
    service.add_argument(
        "--speakers",
        type=_count,
        help="recordings or pieces at the same time (default: 1, with --short-language 2)",
    )
    service.add_argument(
        "--auto-language", action="store_true", help="let the language be detected instead of pinned"
    )
    service.add_argument(
        "--read",
        type=_read_languages,
        default=[],
        metavar="pt,fr",
        help="recordings, talkers, long: a reader of each of these languages is there too",
    )
    service.add_argument(
        "--stand-ins",
        type=_language,
        metavar="pt",
        help="talkers: the installed model from English into this language also stands for those of --read "
        "that are not installed, at its real cost; each run is made without these readers first",
    )


def _add_output(parser: argparse.ArgumentParser) -> None:
    output = parser.add_argument_group("output")
    output.add_argument("--no-reference", action="store_true", help="no reference: no lags either")
    output.add_argument(
        "--reference-device",
        choices=["cpu", "cuda"],
        default="cpu",
        help="where the reference computes: cpu in int8, cuda in float16 (default: cpu)",
    )
    output.add_argument(
        "--fresh-reference", action="store_true", help="forget what the reference read before"
    )
    output.add_argument("--results", type=Path, default=ROOT / "bench-results", metavar="DIR")
    output.add_argument("--json", type=Path, metavar="FILE", help="everything that was measured")
    output.add_argument("--markdown", type=Path, metavar="FILE", help="the tables")
    output.add_argument("--check", action="store_true", help="fail when a target is missed")


def _check(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    _check_service(parser, options)
    _check_against(parser, options)
    _check_translation(parser, options)
    if options.short_language and not (options.short_language / "manifest.jsonl").exists():
        parser.error(f"{options.short_language} has no manifest.jsonl; see docs/benchmarking.md, “Material”")
    if not (options.material / "manifest.jsonl").exists():
        parser.error(f"{options.material} has no manifest.jsonl; see docs/benchmarking.md, “Material”")


def _check_service(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    if options.pid is not None and not (options.url or options.peer):
        parser.error("--pid belongs to --url or --peer: a service of our own is measured anyway")
    if bool(options.peer) != bool(options.peer_url):
        parser.error("--peer and --peer-url belong together; the bench starts no peer itself")
    if options.peer and not options.peer_url.startswith(("ws://", "wss://")):
        parser.error(f"--peer-url begins with ws:// or wss://, and “{options.peer_url}” does not")
    if options.peer and (options.url or options.silent or options.update_cost or options.meetings):
        parser.error("--peer cannot be joined with --url, --silent, --meetings or --update-cost")
    if options.peer and options.short_language:
        parser.error("--short-language is for this service, whose rooms say what is spoken in them")
    if options.peer and (options.beside_recordings or options.beside_readers):
        parser.error("--beside-recordings and --beside-readers are for this service, not for a --peer")
    if options.soak and (options.url or options.peer):
        parser.error("--soak kills and starts its service, so it needs one of its own")
    if options.meetings and options.url:
        parser.error("--meetings needs a service of its own, which knows its LiveKit server")
    if options.outages and (options.url or options.peer or options.read):
        parser.error("--outages needs a service of its own on a disk of its own, and no --peer and --read")


def _check_against(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    if options.runs and not options.against:
        parser.error("--runs belongs to --against: how often each version is run")
    options.runs = options.runs or _RUNS
    if options.against is None:
        return
    if not options.against.strip():
        parser.error("--against names a commit, as git knows it: a hash, a branch, a tag, HEAD~1")
    if not options.talkers:
        parser.error("--against belongs to --talkers: say how many talk, such as --talkers 1,8")
    if options.url or options.peer or options.stand_ins:
        parser.error("--against starts both services itself: no --url, --peer or --stand-ins")


def _check_translation(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    if bool(options.translate) != bool(options.mt):
        parser.error("translate and --mt belong together: the folder holds the text to translate")
    for path in options.mt:
        if not path.exists():
            parser.error(f"{path} is no folder and no file; see docs/benchmarking.md, “Parallel text”")
    others = (
        options.translate or options.silent or options.overload or options.update_cost or options.meetings
    )
    if options.read and (others or options.peer):
        parser.error("--read belongs to recordings, --talkers and --long, and to no --peer")
    if options.stand_ins and not (options.talkers and options.read and not options.url):
        parser.error("--stand-ins belongs to --talkers with --read, and needs a service of our own")


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _language(text: str) -> str:
    try:
        return parse_language(text)
    except LanguageUnknown as error:
        raise argparse.ArgumentTypeError(error.message) from error


def _rooms(text: str) -> list[tuple[str, ...]]:
    return [() if room == ANY_ROOM else tuple(map(_language, room.split("+"))) for room in _list(text)]


def _read_languages(text: str) -> list[str]:
    return list(dict.fromkeys(_language(part) for part in _list(text)))


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"“{text}” is no number from 1 on")
    return int(text)


def _counts(text: str) -> list[int]:
    return [_count(part) for part in _list(text)] or [_count(text)]


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not value > 0:
        raise argparse.ArgumentTypeError(f"“{text}” is no number above 0")
    return value
