"""French in Portuguese words: what a model reads, what becomes of what it writes, and what stays as it is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.core.errors import PackageInvalid
from assistant.core.translation.relexification import AS_IT_IS, MARKS, FrenchCode, WordForWord

TABLE = dict(
    pair.split("=")
    for pair in (
        "le=o, la=a, les=os, l'=o, de=de, d'=de, du=do, des=dos, à=a, au=ao, un=um, une=uma, et=e, est=é, "
        "a=tem, ont=têm, je=eu, j'=eu, il=ele, ne=não, n'=não, pas=não, sais=sei, ai=tenho, y=lá, que=que, "
        "pain=pão, chat=gato, pierre=pedra, petit=pequeno, marchand=comerciante, mai=maio, rose=rosa, "
        "juste=justo, projet=projeto, adopté=aprovado, assemblée=assembleia, conseil=conselho, "
        "président=presidente, Monsieur=Senhor, Bruxelles=Bruxelas, Pierre=Pierre, homme=homem, cet=este, "
        "pouvez=pode, vous=você, faim=fome, il y a=há, il n'y a=não há, s'il vous plaît=por favor, "
        "ce que=o que, mère=mãe, dit=disse, vrai=verdade, c'est=é, très=muito"
    ).split(", ")
)
WORDS = WordForWord(TABLE)
LED = WordForWord(
    TABLE
    | dict(
        pair.split("=")
        for pair in (
            "selon=segundo, merci=obrigado, La=Haia, commission=comissão, remerciez=agradeça, "
            "heureusement=felizmente, clément=misericordioso, Clément=Misericordioso, jean=calça, "
            "Jean=Calça, Marc=Bagaço, marc=bagaço, Müller=Ller, Potočnik=Potonik"
        ).split(", ")
    )
)
CODE = FrenchCode(
    [
        *(
            ("le", "o"),
            ("la", "a"),
            ("les", "os"),
            ("de", "de"),
            ("ne", "não"),
            ("pas", "não"),
            ("non", "não"),
        ),
        *(
            ("chat", "gato"),
            ("chats", "gatos"),
            ("chatte", "gato"),
            ("eau", "água"),
            ("est", "é"),
            ("ami", "amigo"),
        ),
        *(("si", "se"), ("se", "se"), ("il", "ele"), ("vient", "vem"), ("Chine", "china"), ("côte", "costa")),
        *(("que", "que"), ("ce", "isso"), ("héros", "herói"), ("dans", "em"), ("année", "ano"), ("y", "lá")),
    ],
    {"gatinho": "chat"},
)


def read(sentence: str) -> str:
    return WORDS.prepare(sentence).text


@pytest.mark.parametrize(
    ("french", "portuguese"),
    [
        ("Le chat est petit.", "O gato é pequeno."),
        ("Du pain et des chats", "Do pão e dos chats"),
        ("L’homme a le pain de la mère", "O homem tem o pão da mãe"),
        ("Monsieur le Président a adopté le projet.", "Senhor o Presidente tem aprovado o projeto."),
        ("L'Assemblée a un projet", "O Assembleia tem um projeto"),
        ("Il n'a pas le pain.", "Ele não tem o pão."),
        ("C'est pas vrai, je sais pas, j'ai pas faim", "Não é verdade, eu não sei, eu não tenho fome"),
        ("Il y a du pain ; il n'y a pas de chat", "Há do pão ; não há de gato"),
        ("Pouvez-vous, s'il vous plaît ?", "Pode você, por favor ?"),
        ("Cet homme-là, que dit-il\u00a0?", "Este homem, que disse ele ?"),
        ("«\u00a0Le pain\u00a0»", '"O pão"'),
        ("ONU et OTAN", "ONU e OTAN"),
    ],
)  # fmt: skip
def test_a_model_reads_portuguese_words(french: str, portuguese: str) -> None:
    """With its contractions, in the order of the French; negated in one word, also without a “ne”."""
    assert read(french) == portuguese


@pytest.mark.parametrize(
    ("sentence", "names"),
    [
        ("Il a dit que Pierre est petit", ["Pierre"]),
        ("Pierre est petit", ["Pierre"]),
        ("Pierre Petit a le pain", ["Pierre", "Petit"]),
        ("Il a dit à M. Marchand et à Rose Petit", ["Marchand", "Rose", "Petit"]),
        ("Le pain de Mai est petit", ["Mai"]),
        ("Rose Juste a dit", ["Rose", "Juste"]),
        ("Il a dit à La Rose, Le Conseil", ["La", "Rose,", "Le", "Conseil"]),
        ("Mme Conseil et Rose Bruxelles ont le pain", ["Conseil", "Rose", "Bruxelles"]),
        ("Juste a dit que Claire Pain a le chat", ["Claire", "Pain"]),
        ("Pierre, le pain est petit", ["Pierre,"]),
        ("Pain et Marchand ont le chat", ["Pain", "Marchand"]),
        ("Petit a le pain. Marchand est là", ["Petit", "Marchand"]),
    ],
)
def test_names_stay(sentence: str, names: list[str]) -> None:
    """Those too that are words; what an administration writes with a capital behind an article is none."""
    words = read(sentence).split()
    assert [name for name in names if name not in words] == []
    assert "Conselho" in read("Il a dit que le Conseil est petit")
    assert read("Petit Mme Pain a dit") == "Pequeno Mme Pain tem disse"


@pytest.mark.parametrize(
    ("french", "portuguese"),
    [
        ("Selon Pierre, le pain est petit", "Segundo Pierre, o pão é pequeno"),
        ("Merci Jean, c'est vrai", "Obrigado Jean, é verdade"),
        ("Le Conseil a dit", "O Conselho tem disse"),
        ("La Commission", "A Comissão"),
        ("Remerciez Rose", "Agradeça Rose"),
        ("Heureusement Clément est là", "Felizmente Clément é là"),
        ("Clément Petit a dit", "Clément Petit tem disse"),
        ("Pierre Petit. Selon Marc, juste.", "Pierre Petit. Segundo Marc, justo."),
        ("Il a dit à Jean", "Ele tem disse a Jean"),
        ("Il a un jean", "Ele tem um calça"),
        ("Mme Müller et M. Potočnik", "Mme Müller e M. Potočnik"),
    ],
)
def test_words_before_names_are_no_names(french: str, portuguese: str) -> None:
    """Nor are names words that a table took them for, or what a vocabulary left of their letters."""
    assert LED.prepare(french).text == portuguese


def test_names_that_a_model_changes_are_hidden_from_it() -> None:
    """It reads an invented one; what is called otherwise in other languages need not come through."""
    first = WORDS.prepare("Pierre Petit a dit à Bruxelles que l'ONU est à Rennes")
    assert first.names == ("Pierre", "Petit", "Rennes")
    second = WORDS.prepare("Pierre Petit a dit", hidden=["Petit"])
    assert second.text == "Pierre Xylon tem disse"
    assert second.restored("Pierre Xylon's word") == "Pierre Petit's word"
    marked = WordForWord({"Nantes": "Nantes", "Londres": "Londres"}, names={"Nantes"})
    assert marked.prepare("à Nantes et à Londres").names == ("Nantes",)


def test_names_of_letters_that_the_model_lacks_come_back() -> None:
    """They go in without their marks; other words lose them."""
    attempt = WordForWord(
        TABLE, frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZéãç")
    ).prepare("Zoë dit que la mère zinguèrent")
    assert attempt.text == "Zoe disse que a mãe zinguerent"
    assert attempt.restored("Zoe says") == "Zoë says"


@pytest.mark.parametrize(
    ("french", "code"),
    [
        ("le chat et la chatte", "o gato et a gato§"),
        ("Les chats ne vient pas", "Os gatos não vem não§"),
        ("l'eau de la Chine", "a água da China"),
        ("l'ami de l'année", "o amigo do ano"),
        ("s'il vient", "se ele vem"),
        ("Costa", f"Costa{AS_IT_IS}"),
        ("il vient ?", "ele vem?"),
    ],
)
def test_french_is_coded_and_comes_back(french: str, code: str) -> None:
    """Rarer forms carry marks, elisions and contractions are spelt by rule."""
    assert CODE.encode(french) == code
    assert CODE.decode(code) == french


def test_french_spelling() -> None:
    """Before an aspirated h no vowel goes; “ce” keeps its own before most words."""
    assert CODE.decode("o herói não é o amigo de isso amigo") == "le héros n'est l'ami de ce ami"
    assert CODE.decode('"A água"') == '"L\'eau"'
    assert CODE.decode("gatinho") == "chat", "a word that no form stands for has a way back"


def test_names_of_what_is_translated_stay() -> None:
    """Unless French has a word of its own for them."""
    assert CODE.decode("Costa vem em China", "Then Costa comes to China") == "Costa vient dans Chine"
    assert CODE.decode("Costa vem", "The coast comes") == "Côte vient"
    assert CODE.prepare("Yes, Costa comes").restored("Sim, Costa vem") == "Sim, Costa vient"


def test_people_that_a_model_translates_are_hidden_from_it() -> None:
    """Whoever has a title or a given name; the same word elsewhere is a word."""
    assert CODE.prepare("Mrs White met Rose Court in the Court on Monday").names == ("White", "Rose", "Court")
    assert CODE.prepare("Rose gardens and the White House").names == ()
    second = CODE.prepare("Mrs White comes", hidden=["White"])
    assert second.text == "Mrs Xylon comes"
    assert second.restored("Senhora Xylon vem") == "Senhora White vient"


FORMS = st.sampled_from(
    "le la les chat chats chatte eau ami non pas si se que année héros dans vient".split()
)


@given(st.lists(FORMS, min_size=1, max_size=12))
def test_nothing_is_lost(words: list[str]) -> None:
    """Whatever stands beside what, French comes back but for how it is spelt before a vowel."""

    def bare(text: str) -> list[str]:
        return [re.sub(r"^(l|d|s|n|qu)[aei]$", r"\1", word) for word in re.split(r"[ ']", text)]

    sentence = " ".join(words)
    assert bare(CODE.decode(CODE.encode(sentence))) == bare(sentence)


@given(st.text(max_size=200))
def test_any_text_comes_through(text: str) -> None:
    """Marks, other scripts, emoji: nothing breaks, and no letter of another script is lost."""
    kept = [letter for letter in text if "\u0400" <= letter <= "\u04ff" or "\u4e00" <= letter <= "\u9fff"]
    for out in (read(text), CODE.encode(text), CODE.decode(text, text)):
        assert [letter for letter in out if letter in kept] == kept


@pytest.mark.parametrize("length", [2000])
def test_long_lines_take_no_longer_than_their_words(length: int) -> None:
    """Two thousand words come through whole."""
    sentence = " ".join(["l'ami ne vient pas"] * (length // 4))
    assert CODE.decode(CODE.encode(sentence)).count("vient") == length // 4
    assert read(" ".join(["le chat"] * (length // 2))).count("gato") == length // 2


def test_growing_text_is_put_into_words_as_it_grows() -> None:
    """But for its last two words, of which a phrase may yet come, what was read stays."""
    words = "Il n'a pas le pain et il y a du pain de la mère que Pierre a dit".split()
    whole = read(" ".join(words)).split()
    for length in range(4, len(words)):
        part = read(" ".join(words[:length])).split()[:-2]
        assert whole[: len(part)] == part


def test_tables_are_read(tmp_path: Path) -> None:
    """Two columns, or a third for what a model alone writes; damage is told with its line."""
    words, code = tmp_path / "words.fren.tsv", tmp_path / "code.enfr.tsv"
    words.write_text("chat\tgato\nil y a\thá\nNantes\tNantes\tname\n", "utf-8")
    assert WordForWord.read(words).prepare("à Nantes").names == ("Nantes",)
    code.write_text("chat\tgato\nchatte\tgato\nchat\tgatinho\tback\n", "utf-8")
    assert WordForWord.read(words).prepare("Il y a un chat").text == "Há un gato"
    assert FrenchCode.read(code).decode("gato§ gatinho") == "chatte chat"
    code.write_text("chat\tgato\nchatte\n", "utf-8")
    with pytest.raises(PackageInvalid, match=r"Line 2 of the word table code\.enfr\.tsv"):
        FrenchCode.read(code)
    with pytest.raises(PackageInvalid, match="cannot be read"):
        WordForWord.read(tmp_path / "missing.tsv")


def test_marks_are_no_letters() -> None:
    """Else text that has them could not be told from code."""
    assert not any(map(str.isalnum, MARKS + AS_IT_IS))
