"""Make the tables by which French is put into Portuguese words, and taken out of them.

They need French and English text, and none in Portuguese: a Firefox model translates the English sides, words
are aligned with the French ones, and forms that no sentence has are inflected as their relatives are. Every
step leaves a file in the output folder, and is done once; translating goes on where it stopped.
`words.fr-pt.tsv` is for a model that reads French, `code.fr-pt.tsv` for one that writes it; a model needs the
very table that it was trained with. README.md says what the tables are made of.
"""

from __future__ import annotations

import argparse
import hashlib
import lzma
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from train import corpus as corpora
from train.errors import NotTrainable
from train.options import Log, add_common, recipe_of, run_steps
from train.word_tables.alignment import Links, align
from train.word_tables.choosing import Row, choose, count_forms, tagged_sentences
from train.word_tables.names import names_of
from train.word_tables.participles import mark_perfect
from train.word_tables.recipe import SIZES, Recipe
from train.word_tables.tables import BY_HAND, ByHand, Forms, Tables, english_words, make_tables
from train.word_tables.text import Sentence, french_words, portuguese_words, settle_capitals

STEPS = ("choose", "translate", "align", "tables")

_LONGEST = 45
"""Words of a sentence that is aligned."""
_SPOKEN_OF = 2000
_BATCH = 32


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `run` reads."""
    add_common(parser, STEPS, list(SIZES))
    option = parser.add_argument
    option("--corpus", type=Path, nargs="+", default=[], help="tab-separated: tag, sentences (.xz too)")
    option("--columns", default="fr,en", help="languages of the columns (default: %(default)s)")
    option("--sources", type=Path, default=corpora.SOURCES, help="what the tags are, TOML")
    option(
        "--more", type=Path, nargs="*", default=[], help="French text whose words are wanted too (.xz too)"
    )
    option("--engine", type=Path, help="folder of a Firefox model from English to Portuguese")
    option("--by-hand", type=Path, default=BY_HAND, help="words that the corpus does not decide")


def run(arguments: argparse.Namespace) -> None:
    """Do what is not done yet, step by step.

    Raises:
        NotTrainable: Something is missing or not what it should be.
    """
    folder: Path = arguments.output
    work = Work(folder, recipe_of(folder, Recipe(**SIZES[arguments.size]), arguments.changes), arguments)
    run_steps(work, STEPS, arguments.stop_after)


@dataclass(frozen=True, slots=True)
class Work:
    """The steps; each leaves a file in the folder, and returns whether the next can be done.

    Attributes:
        folder: The output.
        recipe: Of the tables.
        arguments: Of the command line.
    """

    folder: Path
    recipe: Recipe
    arguments: argparse.Namespace

    def choose(self) -> bool:
        """Choose the sentences to translate."""
        if self._chosen.is_file():
            return True
        rows = choose(self._rows(), self.recipe)
        _write_rows(self._chosen, rows)
        self._say(f"{len(rows):,} sentences to translate")
        return True

    def translate(self) -> bool:
        """Translate their English sides, as far as that is not done yet."""
        with self._chosen.open(encoding="utf-8") as lines:
            wanted = sum(1 for _ in lines)
        done = self._done()
        if done >= wanted:
            return True
        if self.arguments.engine is None:
            raise NotTrainable("Name what translates English into Portuguese: --engine FOLDER.")
        from assistant.core.errors import PackageInvalid  # noqa: PLC0415 - needed by this step only
        from assistant.engines.firefox import FirefoxTranslator  # noqa: PLC0415

        try:
            engine = FirefoxTranslator(self.arguments.engine)
        except (PackageInvalid, OSError) as error:
            raise NotTrainable(f"{self.arguments.engine} is no Firefox model: {error}") from error
        ends = time.monotonic() + self.arguments.minutes * 60
        with self._translated.open("a", encoding="utf-8") as out:
            rows = islice(_read_rows(self._chosen, 3), done, None)
            while batch := list(islice(rows, _BATCH)):
                texts = engine.translate([row[2] for row in batch])
                for row, text in zip(batch, texts, strict=True):
                    out.write("\t".join([*row, " ".join(text.split())]) + "\n")
                out.flush()
                if done // _SPOKEN_OF < (done + len(batch)) // _SPOKEN_OF:
                    self._say(f"{done + len(batch):,} of {wanted:,} sentences are translated")
                done += len(batch)
                if time.monotonic() > ends:
                    break
        if done < wanted:
            self._say(f"stopped at {done:,} of {wanted:,} sentences; call it again to go on")
        return done >= wanted

    def align(self) -> bool:
        """Find which word stands for which."""
        if self._links.is_file():
            return True
        french: list[Sentence] = []
        portuguese: list[Sentence] = []
        for row in _read_rows(self._translated, 4):
            ours, others = french_words(row[1]), portuguese_words(row[3])
            if 0 < len(ours) <= _LONGEST and 0 < len(others) <= _LONGEST:
                french.append(ours)
                portuguese.append(others)
        if not french:
            raise NotTrainable("There is no sentence to align.")
        settle_capitals(french)
        settle_capitals(portuguese)
        mark_perfect(french)
        links = align(french, portuguese, self.recipe)
        _write_rows(self._links, links.rows())
        self._say(f"{len(french):,} sentences are aligned, of {len(links.french):,} French words")
        return True

    def tables(self) -> bool:
        """Make the tables, and write down what they are made of."""
        links = Links.of_rows(_read_rows(self._links, 3))
        rows = self._rows()
        forms = Forms(*count_forms(dict(tagged_sentences(rows, _lines(self.arguments.more)))))
        english = english_words(row[2] for row in _read_rows(self._translated, 4))
        by_hand = ByHand.read(self.arguments.by_hand)
        made = make_tables(links, forms, english, by_hand, self.recipe)
        names = names_of(rows, made.words)
        made.words.update(names.words)
        paths = made.write(self.folder, names.everywhere)
        (self.folder / "README.md").write_text(self._card(made, paths, forms, rows), "utf-8")
        self._say(
            f"{len(made.words):,} words and phrases, {len(made.guessed):,} of them by their relatives; "
            f"{len(made.code):,} codes, {len(made.back):,} more words that are understood"
        )
        return True

    def _card(self, made: Tables, paths: Sequence[Path], forms: Forms, rows: Sequence[Row]) -> str:
        sources = corpora.read_sources(self.arguments.sources)
        tags = sorted({row[0] for row in rows})
        met = forms.small.total()
        covered = sum(count for form, count in forms.small.items() if form in made.words)
        engine = f"`{self.arguments.engine.name}` (MPL-2.0)" if self.arguments.engine else "not named"
        what = (
            f"{len(made.words):,} words and phrases, {len(made.guessed):,} of them inflected by rule; "
            f"{len(made.code):,} codes; {len(made.back):,} Portuguese words for decoding only. "
            f"{100 * covered / max(met, 1):.1f} % of the running words of the corpus have a word."
        )
        lines = [
            "# French in Portuguese words",
            "",
            what,
            "",
            f"Made of these texts, translated into Portuguese by the Firefox model {engine}:",
            "",
            *(f"- {sources[tag].title}: {sources[tag].licence} ({sources[tag].attribution})" for tag in tags),
            "",
            *(f"- `{path.name}`: sha256 {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in paths),
        ]
        return "\n".join(lines) + "\n"

    def _rows(self) -> list[Row]:
        if not self.arguments.corpus:
            raise NotTrainable("Name parallel text: --corpus FILE.")
        columns = self.arguments.columns.split(",")
        corpus = corpora.read_corpus(self.arguments.corpus, columns, ("fr", "en"), most_words=10**6)
        corpora.check_licensed(corpus, corpora.read_sources(self.arguments.sources))
        return [(tag, source, target) for tag, pairs in sorted(corpus.items()) for source, target in pairs]

    def _done(self) -> int:
        """Return how many sentences are translated; a line that was cut off is taken away."""
        if not self._translated.is_file():
            return 0
        whole = self._translated.read_bytes()
        kept = whole[: whole.rfind(b"\n") + 1]
        if len(kept) < len(whole):
            self._translated.write_bytes(kept)
        return kept.count(b"\n")

    @property
    def _chosen(self) -> Path:
        return self.folder / "chosen.tsv"

    @property
    def _translated(self) -> Path:
        return self.folder / "translated.tsv"

    @property
    def _links(self) -> Path:
        return self.folder / "links.tsv"

    def _say(self, line: str) -> None:
        Log(self.folder).say(line)


def _read_rows(path: Path, cells: int) -> Iterator[tuple[str, ...]]:
    with path.open(encoding="utf-8", newline="\n") as lines:
        for number, line in enumerate(lines, 1):
            row = tuple(line.rstrip("\n").split("\t"))
            if len(row) != cells:
                raise NotTrainable(f"{path}, line {number}: {cells} cells wanted, {len(row)} found.")
            yield row


def _write_rows(path: Path, rows: Iterable[Sequence[str]]) -> None:
    part = path.with_suffix(".part")
    with part.open("w", encoding="utf-8", newline="\n") as out:
        out.writelines("\t".join(row) + "\n" for row in rows)
    part.replace(path)


def _lines(files: Iterable[Path]) -> Iterator[str]:
    for path in files:
        try:
            with (lzma.open if path.suffix == ".xz" else open)(path, "rt", encoding="utf-8") as lines:
                yield from lines
        except (OSError, EOFError, lzma.LZMAError, UnicodeDecodeError) as error:
            raise NotTrainable(f"{path} cannot be read as text: {error}") from error
