"""The command line of `scripts/build_argos_package`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from argos_package.build import Description, NotPackaged, build_package, try_out
from assistant.core.errors import AssistantError

DESCRIPTION = """Makes an .argosmodel of a translation model, tries it out, and says where it is.

MODEL is one of
  a directory that CTranslate2 reads (model.bin and its vocabulary), taken as it is
  a Marian model (.npz) with --vocabulary, converted with int8 weights
  an OpenNMT-py model (.pt), converted with int8 weights; needs PyTorch in the environment
"""


def main() -> int:
    """Build what the arguments name; return the exit code."""
    arguments = _parser().parse_args()
    description = Description(arguments.source, arguments.target, arguments.version)
    package = arguments.output or Path(description.file_name)
    try:
        build_package(
            package,
            description,
            model=arguments.model,
            tokenizer=arguments.tokenizer,
            vocabularies=arguments.vocabulary,
            licence=arguments.licence,
            readme=arguments.readme,
        )
        print(f"{arguments.sample} → {try_out(package, arguments.sample)}")
    except (NotPackaged, AssistantError, OSError) as error:
        package.unlink(missing_ok=True)
        print(error, file=sys.stderr)
        return 1
    print(f"{package} ({package.stat().st_size:,} bytes)")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/build_argos_package",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("model", type=Path, metavar="MODEL")
    parser.add_argument("--from", dest="source", required=True, help="the language it reads, such as fr")
    parser.add_argument("--to", dest="target", required=True, help="the language it writes, such as en")
    parser.add_argument("--tokenizer", type=Path, required=True, help="its SentencePiece model")
    parser.add_argument(
        "--vocabulary", type=Path, nargs="+", default=[], help="of a Marian model: .yml, one or two"
    )
    parser.add_argument("--version", default="1.0", help="of the package (default: %(default)s)")
    parser.add_argument("--licence", type=Path, required=True, help="a text that says who may use it")
    parser.add_argument("--readme", type=Path, help="a text about it, in Markdown")
    parser.add_argument(
        "--sample", default="Bonjour.", help="a sentence to try it with (default: %(default)s)"
    )
    parser.add_argument(
        "--output", type=Path, help="the file to write (default: translate-FROM_TO-….argosmodel)"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
