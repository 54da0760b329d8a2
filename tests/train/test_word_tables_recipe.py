"""Tables that put French into Portuguese words and back, made of text whose right alignment is known."""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter
from pathlib import Path

import pytest
from train.__main__ import main
from train.word_tables.alignment import Links, align
from train.word_tables.choosing import choose, count_forms
from train.word_tables.families import Families
from train.word_tables.names import names_of
from train.word_tables.participles import as_participles, mark_perfect, participle_of
from train.word_tables.recipe import SIZES, Recipe
from train.word_tables.tables import BY_HAND, ByHand, Forms, make_tables
from train.word_tables.text import french_words, parted, portuguese_words, settle_capitals

TOY = Recipe(**SIZES["toy"])

NOUNS = {"maison": "casa", "voiture": "viatura", "ville": "cidade", "table": "mesa", "lettre": "carta"}
ADJECTIVES = {"grande": "grande", "neuve": "nova", "belle": "linda", "sale": "suja"}
VERBS = {"voit": "vê", "vend": "vende", "achète": "compra", "cherche": "procura"}
NAMES = {"Jean": "João", "Marie": "Maria"}


def toy_rows() -> list[tuple[str, str, str, str]]:
    """Return sentences in French, English and Portuguese; Portuguese has what describes behind the noun."""
    rows = []
    for name, verb, adjective, noun in itertools.product(NAMES, VERBS, ADJECTIVES, NOUNS):
        french = f"Ici {name} {verb} la {adjective} {noun}."
        portuguese = f"Aqui {NAMES[name]} {VERBS[verb]} a {NOUNS[noun]} {ADJECTIVES[adjective]}."
        rows.append(("tatoeba", french, f"Here {name} x {verb} x {noun}.", portuguese))
    return rows


def toy_links() -> Links:
    """Return the alignment of the toy text."""
    french = [french_words(row[1]) for row in toy_rows()]
    portuguese = [portuguese_words(row[3]) for row in toy_rows()]
    settle_capitals(french)
    settle_capitals(portuguese)
    return align(french, portuguese, TOY)


def best(links: Links, word: str) -> str:
    """Return what a word stands for most."""
    return max(links.counts[word], key=links.counts[word].__getitem__)


def test_words_are_aligned_across_another_order() -> None:
    """Every word finds its own, names too, and counts are what the text has."""
    links = toy_links()
    right = NOUNS | ADJECTIVES | VERBS | {"la": "a"}
    assert {word: best(links, word) for word in right} == right
    assert best(links, "Jean") == "João"
    assert links.french["maison"] == len(toy_rows()) / len(NOUNS)
    assert links.counts["maison"]["casa"] > 0.8 * links.french["maison"]


def test_a_word_that_is_met_once_does_not_take_what_others_explain() -> None:
    """It stands beside words that are known, and gets what is left."""
    rows = [
        *toy_rows(),
        ("tatoeba", "Ici Jean vend la belle pantoufle.", "", "Aqui João vende a chinela linda."),
    ]
    links = align([french_words(row[1]) for row in rows], [portuguese_words(row[3]) for row in rows], TOY)
    assert best(links, "pantoufle") == "chinela"
    assert best(links, "vend") == "vende"


def test_links_are_kept_as_rows() -> None:
    """Whoever reads them finds the same, within four decimals."""
    links = toy_links()
    again = Links.of_rows(links.rows())
    assert again.french == links.french
    assert again.portuguese == links.portuguese
    assert {word: best(again, word) for word in links.counts} == {
        word: best(links, word) for word in links.counts
    }


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("Donne-moi l’eau du chat !", ["Donne", "moi", "l'", "eau", "de", "le", "chat"]),
        ("Au revoir, a-t-il dit.", ["à", "le", "revoir", "a", "il", "dit"]),
        ("le porte-parole, là-bas", ["le", "porte-parole", "là-bas"]),
    ],
)
def test_french_is_taken_apart(sentence: str, words: list[str]) -> None:
    """Elisions, contractions and what follows a hyphen are words of their own; compounds are one."""
    assert french_words(sentence) == words


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("Nesta casa vou vê-lo.", ["em", "esta", "casa", "vou", "ver", "lo"]),
        ("Quero ajudá-la às segundas-feiras.", ["Quero", "ajudar", "la", "a", "as", "segundas-feiras"]),
        ("Vou abri-los; disse-me.", ["Vou", "abrir", "los", "disse", "me"]),
    ],
)
def test_portuguese_is_taken_apart(sentence: str, words: list[str]) -> None:
    """Contractions too, and infinitives get their ending back."""
    assert portuguese_words(sentence) == words


def test_hyphens_with_pronouns_are_told_from_compounds() -> None:
    """The t of an inversion counts to the pronouns."""
    assert parted("a-t-il") == ("a", ["t", "il"])
    assert parted("arc-en-ciel") == ("arc-en-ciel", [])


def test_a_participle_stays_one_although_the_perfect_is_one_word() -> None:
    """`a parlé` is falou, but `a` and `parlé` are looked up one by one."""
    words = "il a déjà parlé et il est fatigué aussi".split()
    mark_perfect([words])
    assert words == "il a déjà parlé# et il est fatigué aussi".split()
    known = {"falou": 9, "falado": 2, "comeram": 3}
    assert participle_of("falou", known) == "falado"
    assert participle_of("fez", known) == "feito"
    assert participle_of("comeram", known) is None
    found = as_participles({"falou": 1.0}, {"falou": 5.0, "disse": 2.0}, "parlé", known)
    assert max(found, key=found.__getitem__) == "falado"
    assert as_participles({"mesa": 9.0}, {"mesa": 1.0}, "parti", known) == {"mesa": 9.0}


def test_forms_that_no_sentence_has_are_inflected_as_their_relatives_are() -> None:
    """Where the result is a Portuguese word; else there is none."""
    stems = {"chant": "cant", "dans": "danç", "jou": "jog", "port": "port", "pens": "pens", "aim": "am"}
    stems |= {"cherch": "procur", "trouv": "ach", "not": "not"}
    endings = {"e": "a", "ons": "amos", "ait": "ava"}
    table = {fr + one: pt + other for fr, pt in stems.items() for one, other in endings.items()}
    table |= {"parle": "fala", "nation": "nação", "action": "ação", "fraction": "fração"}
    known = dict.fromkeys([*table.values(), "falamos", "operação"], 3)
    families = Families(table, known)
    votes = families.guess("parlons")
    assert max(votes, key=votes.__getitem__) == "falamos"
    assert families.guess("parlait") == {}
    assert families.fits("montons", "montamos") > families.fits("montons", "monta")
    cognates = {f"{stem}tion": f"{stem}ção" for stem in ("promo", "na", "rela", "situa", "reac", "frac")}
    assert "operação" in Families(cognates, dict.fromkeys(["operação"], 2)).guess("opération")


def test_chosen_sentences_have_every_form() -> None:
    """Short ones first; and not one more than is wanted."""
    rows = [row[:3] for row in toy_rows()]
    chosen = choose(rows, Recipe(most_words=12, most_sentences=12, depth=1))
    assert len(chosen) == 12
    assert len(set(chosen)) == 12
    met = {word for row in chosen[:9] for word in french_words(row[1])}
    assert met >= {*NOUNS, *ADJECTIVES, *VERBS}
    assert choose(rows, Recipe(most_words=3)) == []


def toy_tables_inputs(more: str = "") -> tuple[Forms, Counter[str]]:
    """Return forms of the toy text and of more, and what English has."""
    sentences = [row[1] for row in toy_rows()] + more.split("|") * 6
    return Forms(*count_forms({"tatoeba": sentences})), Counter({"door": 9})


def test_tables_have_a_word_for_each_form_and_a_code_that_loses_nothing() -> None:
    """Each form has a place of its own among those that share a code; words by hand come first."""
    forms, english = toy_tables_inputs("vend-la vite|on achète-nous")
    by_hand = ByHand({"la": "a", "de la": "da"}, {"la": "a", "vite": "linda"}, {"esse": "ce"})
    made = make_tables(toy_links(), forms, english, by_hand, TOY)
    assert made.words.items() >= (NOUNS | ADJECTIVES | VERBS | by_hand.words).items()
    assert made.words["vend-la"] == "vende o" or made.words["vend-la"] == "vende a"
    assert made.words["Jean"] == "João"
    assert len({form.lower() for form, _ in made.code}) == len(made.code)
    assert [form for form, code in made.code if code == "linda"] == ["vite", "belle"]
    assert dict(made.code).items() >= {"maison": "casa", "la": "a", "Marie": "maria"}.items()
    assert made.back["esse"] == "ce"
    assert not set(made.back) & {code for _, code in made.code}


def test_hand_made_rows_are_sound() -> None:
    """No form has two words for the same use, nothing stands for itself, and the code can be told apart."""
    rows = [line.split("\t") for line in BY_HAND.read_text("utf-8").splitlines()]
    assert len({(row[0], *row[2:]) for row in rows if row[2:] != ["back"]}) == len(
        [row for row in rows if row[2:] != ["back"]]
    )
    by_hand = ByHand.read()
    assert all(cell == cell.strip() for row in rows for cell in row)
    assert by_hand.words["quarante-deux"] == "quarenta e dois"
    assert by_hand.words["États-Unis"] == by_hand.words["états-unis"] == "Estados Unidos"
    assert Counter(by_hand.code.values()).most_common(1)[0][1] <= 11
    assert not set(by_hand.back) & set(by_hand.code.values())


def test_the_recipe_makes_both_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From a translation that was cut off; the card says what they are made of, and all is done once."""
    rows = toy_rows()
    corpus = tmp_path / "corpus.tsv"
    corpus.write_text("".join("\t".join(row[:3]) + "\n" for row in rows), "utf-8")
    folder = tmp_path / "out"
    arguments = ["word-tables", str(folder), "--size", "toy", "--corpus", str(corpus)]
    assert main([*arguments, "--stop-after", "choose"]) == 0
    chosen = (folder / "chosen.tsv").read_text("utf-8").splitlines()
    assert len(chosen) == len(rows)
    portuguese = {row[1]: row[3] for row in rows}
    translated = "".join(f"{line}\t{portuguese[line.split(chr(9))[1]]}\n" for line in chosen)
    (folder / "translated.tsv").write_text(translated[:-9], "utf-8")
    assert main(arguments) == 2
    assert "--engine FOLDER" in capsys.readouterr().err
    kept = (folder / "translated.tsv").read_text("utf-8")
    assert kept == translated[: translated[:-1].rfind("\n") + 1]

    (folder / "translated.tsv").write_text(translated, "utf-8")
    assert main(arguments) == 0
    words = (folder / "words.fr-pt.tsv").read_bytes()
    assert "maison\tcasa\n" in words.decode()
    code = (folder / "code.fr-pt.tsv").read_text("utf-8")
    assert "maison\tcasa\n" in code
    assert "cette\tessa\tback\n" in code
    card = (folder / "README.md").read_text("utf-8")
    assert "CC BY 2.0" in card
    assert hashlib.sha256(words).hexdigest() in card
    assert main(arguments) == 0
    assert (folder / "words.fr-pt.tsv").read_bytes() == words


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "--corpus FILE"),
        (["--corpus", "{unknown}"], "“secret”"),
        (["--corpus", "{good}", "--engine", "{empty}"], "no Firefox model"),
        (["--corpus", "{good}", "--set", "depth=deep"], "“depth=deep” changes nothing"),
    ],
)
def test_bad_input_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    """In a sentence, with exit code 2."""
    files = {"unknown": tmp_path / "unknown.tsv", "good": tmp_path / "good.tsv", "empty": tmp_path / "empty"}
    files["unknown"].write_text("secret\tOui.\tYes.\n", "utf-8")
    files["good"].write_text("tatoeba\tOui.\tYes.\n", "utf-8")
    files["empty"].mkdir()
    filled = [argument.format(**files) for argument in arguments]
    assert main(["word-tables", str(tmp_path / "out"), *filled]) == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("row", ["oui", "oui\t", "oui\tsim\tboth"])
def test_damaged_rows_by_hand_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str], row: str) -> None:
    """With the line."""
    (tmp_path / "by_hand.tsv").write_text(f"non\tnão\n{row}\n", "utf-8")
    rows = toy_rows()
    (tmp_path / "corpus.tsv").write_text("".join("\t".join(r[:3]) + "\n" for r in rows), "utf-8")
    folder = tmp_path / "out"
    folder.mkdir()
    for name, width in (("chosen", 3), ("translated", 4)):
        (folder / f"{name}.tsv").write_text("".join("\t".join(r[:width]) + "\n" for r in rows), "utf-8")
    arguments = ["--size", "toy", "--corpus", str(tmp_path / "corpus.tsv")]
    assert main(["word-tables", str(folder), *arguments, "--by-hand", str(tmp_path / "by_hand.tsv")]) == 2
    assert "line 2 is damaged" in capsys.readouterr().err


def test_names_stand_for_themselves() -> None:
    """A man is no stone if he is met often enough; what has an article or another name in English is none."""
    rows = [
        *[("tatoeba", "Je crois que Pierre est là.", "I think that Pierre is there.")] * 4,
        *[("tatoeba", "Une pierre est là.", "A stone is there.")] * 8,
        *[("europarl", "Ici le Conseil est à Bruxelles.", "Here the Council is in Brussels.")] * 4,
        *[("europarl", "Ici le Canada est grand.", "Here Canada is large.")] * 4,
        *[("tatoeba", "M. Petit est petit.", "Mr Petit is small.")] * 2,
    ]
    words = {
        "pierre": "pedra",
        "conseil": "conselho",
        "bruxelles": "bruxelas",
        "canada": "canadá",
        "petit": "pequeno",
    }
    words["Paris"] = "Paris"
    rows += [("tatoeba", "Ici Paris est grand.", "Here Paris is large.")] * 3
    names = names_of(rows, words)
    assert names.everywhere == {"Pierre", "Paris"}
    assert names.words == {
        "Pierre": "Pierre",
        "Conseil": "Conselho",
        "Bruxelles": "Bruxelas",
        "Canada": "Canadá",
        "M": "Sr",
        "MM": "Srs",
    }
