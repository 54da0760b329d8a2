"""What has to come through a translation."""

from __future__ import annotations

import string
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.core.glossary.glossary import Glossary
from assistant.core.translation.capitals import is_shouted, sentence_case
from assistant.core.translation.fidelity import Fidelity
from assistant.core.translation.figures import same_figures
from assistant.core.translation.masking import Masked
from assistant.core.translation.replies import stock_reply
from assistant.core.translation.terminology import Terminology

LETTERS = frozenset(string.ascii_letters + string.digits + "!\"$%&'()*+,-./:;=>?[]_|°áéíóúâêôãõàç")
"""About what the small vocabularies of European languages know."""

EN_PT = Fidelity("en", "pt", LETTERS)
PT_EN = Fidelity("pt", "en", LETTERS)


def first(fidelity: Fidelity, sentence: str) -> Masked:
    return next(fidelity.wordings(sentence))


@pytest.mark.parametrize(
    ("sentence", "given_text"),
    [
        ("THE MEETING IS OPEN.", "The meeting is open."),
        ("7. WHICH COOKIES DO I WANT?", "7. Which cookies do I want?"),
        ("THE EU AND THE BCP AGREE.", "The EU and the BCP agree."),
        ("MS NGUYỄN IS ABSENT.", "Ms Xylon is absent."),
        ("MR BROWN AND MS. WHITE SING.", "Mr Brown and Ms. White sing."),
        ("THE 2ND VOTE IS ON MONDAY, 3 MAY.", "The 2nd vote is on Monday, 3 May."),
        ("WE MAY MARCH IN MARCH.", "We may march in March."),
        ("GDPR and NATO.", "GDPR and NATO."),
        ("NATO.", "NATO."),
        ("Minister Yeşilgöz left.", "Minister Xylon left."),
        ("Łukasz’s friend, Çelik", "Xylon's friend, Zarvok"),
        ("a naïve façade", "a naive façade"),
        ("We pay 1 250,50 € to Zoë 👍 now.", "We pay Xylon to Zarvok now."),
        ("See https://ex.org/a_b?c=1#d, or a.b@ex.org.", "See Xylon, or Zarvok."),
        (r"Open C:\Temp\a_b.txt, or \\srv\pub.", "Open Xylon, or Zarvok."),
        ("Read report-2.final.pdf in /srv/data/minutes.", "Read Xylon in Zarvok."),
        ("Yes/no, and/or 3/4 on 05/06/2027.", "Yes/no, and/or 3/4 on 05/06/2027."),
        ("For {room_2} and {{ user }}.", "For Xylon and Zarvok."),
        ("From −5 to –3, at 10–12.", "From -5 to -3, at 10-12."),
        ("Values ≥ 10 and ≤ 20 km².", "Values Xylon and Zarvok."),
        ("Well done 👍", "Well done"),
        ("→ Next", "Next"),
        (
            "Run `make test` at a.local:5432/x_y, $HOME or %TEMP%.",
            "Run Xylon at Zarvok, Quendil or Bramvel.",
        ),
        ("SEE $PATH", "SEE Xylon"),
        ("Mail ana@localhost about HTTPS://EX.ORG/A now.", "Mail Xylon about Zarvok now."),
        ("At 14:30/15:00 for $5.", "At 14:30/15:00 for $5."),
        ("NOBODY of NATO did NOT vote.", "Nobody of NATO did not vote."),
        ("“Yes” – he said", '"Yes" - he said'),
        ("Xylon met Zoë.", "Xylon met Zarvok."),
        ("PRESIDENT CLARA COSTA OPENED.", "President Xylon opened."),
        ("THANKS TO MARIA DA SILVA AND PETER.", "Thanks to Xylon and Zarvok."),
        ("THE CLEAR WATER OF COSTA.", "The clear water of costa."),
        ("President CLARA COSTA opened.", "President Xylon opened."),
        ("Delegate Jean DUPONT of UNESCO spoke.", "Delegate Jean Xylon of UNESCO spoke."),
        ("Charles de Gaulle and Peter II.", "Charles de Gaulle and Peter II."),
        ("Press the RED button NOW.", "Press the red button now."),
        ("It is ABSOLUTELY the LIFE programme.", "It is absolutely the LIFE programme."),
        ("ITEM 3: THE BUDGET", "Point 3: the budget"),
        ("Items 3 and 4.", "Points 3 and 4."),
        ("We buy item 3.", "We buy item 3."),
        ("This is agenda item 3.", "This is point 3."),
        ("Three voted for, two against.", "Three voted in favour, two against."),
        ("Twelve for, three against.", "Twelve in favour, three against."),
        ("We voted for the budget.", "We voted for the budget."),
        ("For: 12, nays: 3.", "In favour: 12, against: 3."),
        ("Nay (sic).", "No (sic)."),
        ("The ayes have it.", "The majority is in favour."),
        ("Who did you vote for?", "Who did you vote for?"),
        ("He is the man I voted for.", "He is the man I voted for."),
        ("They voted for 27 members of it.", "They voted for 27 members of it."),
        ("We voted for 12, against 3.", "We voted in favour 12, against 3."),
        ("I think that ten voted for, three against.", "I think that ten voted in favour, three against."),
        ("It is RED II, not RED.", "It is RED II, not red."),
        ("THE BILL WILL BE ADOPTED.", "The bill will be adopted."),
        ("WILL YOUNG PEOPLE VOTE?", "Will young people vote?"),
        ("PETER WILL CHAIR, AND ANA MAY SPEAK.", "Xylon will chair, and Zarvok may speak."),
        ("MAY PETER SPEAK? WILL SMITH MAY.", "May Xylon speak? Zarvok may."),
    ],
)
def test_a_model_sees_only_what_it_knows(sentence: str, given_text: str) -> None:
    """Capitals go in as small letters; names, signs and addresses that a model would damage do not go in."""
    assert first(EN_PT, sentence).attempt.text == given_text


@pytest.mark.parametrize(
    ("sentence", "answer", "translation"),
    [
        ("THE MEETING IS OPEN.", "A reunião está aberta.", "A REUNIÃO ESTÁ ABERTA."),
        ("MS NGUYỄN IS ABSENT.", "A Sra. Xylon está ausente.", "A SRA. NGUYỄN ESTÁ AUSENTE."),
        ("SEE a_b@ex.org NOW OR NEVER.", "Ver Xylon agora ou nunca.", "VER a_b@ex.org AGORA OU NUNCA."),
        ("The balance is −5 million.", "O saldo é de -5 milhões.", "O saldo é de −5 milhões."),
        ("Well done 👍", "Muito bem.", "Muito bem 👍"),
        (r"It is {\1} now.", "É xylon agora.", r"É {\1} agora."),
    ],
)
def test_what_was_said_is_put_back(sentence: str, answer: str, translation: str) -> None:
    """As it was said, in whatever case the model wrote what stood for it."""
    masked = first(EN_PT, sentence)
    assert masked.attempt.restored(answer) == translation
    assert EN_PT.holds(sentence, masked.kept, translation)


def test_names_that_are_known_stay_in_capitals() -> None:
    """Whatever they mean in small letters; a title that is also a name in a glossary is none."""
    glossary = Glossary.of(["Aurora Leão", "Mayor"])
    terms = Terminology(glossary, "pt", "en", ["Rui Vaz Tenro"])
    sentence = "A SENADORA AURORA LEÃO OUVIU RUI VAZ TENRO E O MAYOR."
    masked = next(PT_EN.wordings(sentence, terms.places(sentence), terms.names(sentence)))
    assert masked.attempt.text == "A senadora Xylon ouviu Zarvok e o mayor."
    small = "A Aurora Leão saiu."
    assert next(PT_EN.wordings(small, (), terms.names(small))).attempt.text == small


@pytest.mark.parametrize(
    ("sentence", "translation", "holds"),
    [
        ("Obrigado ao João.", "Thank you to John.", False),
        ("Obrigado ao João.", "Thank you to João.", True),
        ("São João é em junho.", "St. John's is in June.", True),
        ("O Papa João Paulo II veio.", "Pope John Paul II came.", True),
        ("O imperador Augusto e Alexandre, o rei.", "Emperor Augustus and Alexandre, the king.", True),
        ("Foi Alexandre o Grande.", "It was Alexander the Great.", True),
        ("João 3:16 diz.", "John 3:16 says.", True),
    ],
)
def test_given_names_stay_as_they_were_said(sentence: str, translation: str, *, holds: bool) -> None:
    """Only saints and kings have other names in other languages; the second wording has no name to change."""
    assert PT_EN.holds(sentence, (), translation) is holds
    if not holds:
        _, second, third = PT_EN.wordings(sentence)
        assert second.attempt.text == "Obrigado ao Xylon."
        assert third.attempt.text == "Obrigado ao QX1."


@pytest.mark.parametrize(
    ("source", "sentence", "translation"),
    [
        ("en", "The Christian Democrats spoke.", "Os democratas-cristãos falaram."),
        ("en", "It was in North Carolina.", "Foi na Carolina do Norte."),
        ("de", "Das ist mein Ernst.", "Estou a falar a sério."),
        ("es", "El Marco Financiero Plurianual.", "O Quadro Financeiro Plurianual."),
        ("it", "La Casa Bianca ha parlato.", "A Casa Branca falou."),
    ],
)
def test_names_that_are_words_in_a_language_are_translated(
    source: str, sentence: str, translation: str
) -> None:
    """Where they are, and only there."""
    assert Fidelity(source, "pt").holds(sentence, (), translation)
    assert not Fidelity("fr", "pt").holds("Christian et Marco parlent.", (), "Falam Cristiano e Marcos.")


@pytest.mark.parametrize(
    ("sentence", "translation", "holds"),
    [
        ("l'alinéa a) de la loi", "paragraph (a) of the Act", True),
        ("l'alinéa (1)b) ou c)", "paragraph (1)(b) or (c)", True),
        ("aux alinéas 9(1)f) à i)", "to paragraphs 9(1)(f) to (i)", True),
        ("à l'alinéa 63a)", "in paragraph 63(a)", True),
        ("au sous-alinéa ii)", "in subparagraph (ii)", True),
        ("la loi", "the act (in English)", False),
        ("la loi (ici", "the law (here)", True),
        ("la loi (ici)", "the law (here", False),
        ("Merci Jean.", "Thank you Jeans.", False),
        ("C'est Jean.", "It is Jean's.", True),
        ("La Conférence euroméditerranéenne, le 15", "The Euro-Mediterranean one, on 15", True),
        ("12 francs", "12 euros", False),
        ("une cylindrée de 100 cm3", "a displacement of 100 cm3", True),
        ("une règle de 100 cm", "a rule of 100", False),
    ],
)  # fmt: skip
def test_what_french_and_english_write_otherwise_is_the_same(
    sentence: str, translation: str, *, holds: bool
) -> None:
    """Items with one bracket or two, words that begin as a currency does, units with an exponent."""
    assert Fidelity("fr", "en").holds(sentence, (), translation) is holds


def test_numbers_in_words_are_put_in_digits_before_they_are_taken_out() -> None:
    """Small models count badly; years that are said in two parts stay words."""
    texts = [
        each.attempt.text for each in Fidelity("fr", "en").wordings("Le trente et un mai deux mille seize")
    ]
    assert texts[1] == "Le 31 mai 2016"
    percent = [each.attempt.text for each in Fidelity("fr", "en").wordings("vingt-deux pour cent")]
    assert percent[1] == "22 pour cent"
    assert len(list(Fidelity("en", "fr").wordings("in nineteen ninety nine"))) == 2


def test_two_people_are_no_name() -> None:
    """The “e” between them is translated; within a name it stays."""
    assert first(PT_EN, "JOÃO E MARIA FALARAM.").attempt.text == "Xylon e Zarvok falaram."
    assert first(PT_EN, "MARIA COSTA E SILVA FALOU.").attempt.text == "Xylon falou."


def test_many_names_in_one_sentence_are_no_burden() -> None:
    """What has no full stop is one sentence, however long; each name was looked for from its beginning."""
    sentence = "Ana falou. " * 20_000
    began = time.process_time()
    assert PT_EN.holds(sentence, (), sentence)
    assert time.process_time() - began < 5


def test_many_prices_in_one_sentence_are_no_burden() -> None:
    """Each sign takes in the numbers beside it, and they the signs beside them."""
    began = time.process_time()
    assert first(EN_PT, "5 € " * 5_000 + "here").attempt.text == "Xylon here"
    assert time.process_time() - began < 5


def test_languages_that_inflect_names_are_not_compared() -> None:
    """Polish has “Piotrem” for “with Peter”."""
    assert Fidelity("en", "pl").holds("We went with Peter.", (), "Poszliśmy z Piotrem.")


def test_the_first_word_is_no_name() -> None:
    """A capital that the vocabulary lacks goes in as a small letter, and the translation has one again."""
    masked = first(PT_EN, "Às vezes vem o Óscar.")
    assert masked.attempt.text == "às vezes vem o Xylon."
    assert masked.attempt.restored("sometimes Xylon comes.") == "Sometimes Óscar comes."


def test_figures_are_no_saints() -> None:
    """In Portuguese “they are” is also what stands before a saint's name, such as stands for a figure."""
    assert first(PT_EN, "São 500 € e 3 ≥.").attempt.text.startswith("são Xylon e ")
    assert first(PT_EN, "São Łukasz é santo.").attempt.text == "São Xylon é santo."
    assert first(PT_EN, "O SR. LEITÃO SAIU.").attempt.text == "O Sr. Leitão saiu."


def test_what_belongs_to_somebody_stays_theirs() -> None:
    """English sets it with an `'s`, which models also leave behind where other languages have none."""
    assert first(PT_EN, "É a vez da Zoë.").attempt.restored("It is Xylon's turn.") == "It is Zoë's turn."
    assert first(EN_PT, "It is Zoë's turn.").attempt.restored("É a vez da Xylon's.") == "É a vez da Zoë."


@pytest.mark.parametrize("sentence", ["👍", "https://ex.org/a", "{room} – 12 €", "5 × 3 ≠ 16"])
def test_what_is_the_same_everywhere_is_for_no_model(sentence: str) -> None:
    """There is nothing to translate in it."""
    assert first(EN_PT, sentence).bare


def test_scripts_without_spaces_lose_no_more_than_signs() -> None:
    """The rest of the sentence is translated."""
    japanese = Fidelity("ja", "en", frozenset("会議は終わりました。"))
    assert first(japanese, "会議は😀終わりました。").attempt.text == "会議はXylon終わりました。"


def test_where_no_letters_are_known_all_are() -> None:
    """Only addresses and the like are taken out."""
    assert first(Fidelity("en", "de"), "Zoë pays 5 € on x_y.").attempt.text == "Zoë pays 5 € on Xylon."


def test_the_last_wording_takes_figures_and_names_out() -> None:
    """With other stand-ins, since invented names may be what did not come through."""
    *_, last = EN_PT.wordings("Zoë ran -5.5 km here, Peter!")
    assert last.attempt.text == "QX1 ran QX2 here, QX3!"


@pytest.mark.parametrize(
    ("sentence", "translation", "same"),
    [
        ("The balance is −5.", "O saldo é de 5.", False),
        ("The balance is −5.", "O saldo é de -5.", True),
        ("The balance is −5.", "O saldo é de menos 5.", True),
        ("5 people", "cinco pessoas", True),
        ("25 people", "vinte e cinco pessoas", True),
        ("twenty-five people", "25 pessoas", True),
        ("27 people", "25 pessoas", False),
        ("people", "25 pessoas", False),
        ("1,250.50 km", "1.250,50 km", True),
        ("1,250.50 km", "1.250,50 metros", False),
        ("1.5 kg", "1,5 quilos", True),
        ("1.5 kg", "15 kg", False),
        ("the 19th century", "o século XIX", True),
        ("the 1970s", "os anos 70", True),
        ("24 thousand", "24.000", True),
        ("5 km", "5.000 km", False),
        ("1.5 million", "1.500.000", True),
        ("at 5:30 pm", "às 17:30", True),
        ("at 12.30", "às 12h30", True),
        ("5 €", "5 euros", True),
        ("5 € and 10 £", "5 e 10 euros", False),
        ("they pay 5", "pagam 5 euros", False),
        ("3 %", "3 por cento", True),
        ("3 %", "3 pontos", False),
        ("≥ 10", "10", False),
        ("≥ 10", "≥ 10", True),
        ("pages 10-20", "páginas 10 a 20", True),
        ("35° W", "25° W", False),
        ("5 m²", "5 metros quadrados", True),
        ("2 trillion euros", "2 biliões de euros", True),
        ("2 trillion euros", "2 trilhões de euros", True),
        ("2 trillion euros", "2 mil milhões de euros", False),
        ("2 billion euros", "2 biliões de euros", False),
        ("2 billion euros", "2 bilhões de euros", True),
        ("2 trails", "2 trilhas", True),
    ],
)
def test_figures_are_compared(sentence: str, translation: str, *, same: bool) -> None:
    """In whatever form languages write them."""
    assert same_figures(sentence, translation, "en", "pt") is same


@pytest.mark.parametrize(
    ("sentence", "source", "translation", "same"),
    [
        ("2 biliões de euros", "pt", "2 billion euros", False),
        ("2 milliards d'euros", "fr", "2 billion euros", True),
        ("2 billions d'euros", "fr", "2 billion euros", False),
        ("2 Billionen Euro", "de", "2 trillion euros", True),
        ("dos billones de euros", "es", "two billion euros", False),
        ("2 миллиарда", "ru", "2 billion", True),
    ],
)
def test_a_billion_is_not_the_same_everywhere(
    sentence: str, source: str, translation: str, *, same: bool
) -> None:
    """What sounds alike is a thousand times as much."""
    assert same_figures(sentence, translation, source, "en") is same


def test_languages_that_count_in_myriads_are_not_compared() -> None:
    """25,000 is written as two and five there."""
    assert same_figures("25,000 people", "2万5千人", "en", "ja")


@pytest.mark.parametrize(
    ("sentence", "translation", "holds"),
    [
        ("Stop, Peter!", "Parar, Pedro!", False),
        ("Stop, Peter!", "Parar, Peter!", True),
        ("Stop, Peter!", "Parar!", False),
        ("Stop, Peter!", "Стой, Питер!", True),
        ("It is in Berlin, Germany.", "Fica em Berlim, Alemanha.", True),
        ("Go on, Minister.", "Continue, Ministro.", True),
        ("Let us go on, Monday.", "Continuemos segunda-feira.", True),
        ("No, no, no, no, we do not.", "Não, não, não, nós não.", False),
        ("Article 12(3)(b).", "Artigo 12.o (3) (n.o 3.°).", True),
        ("Article 12(3)(b).", "Artigo 12.o (3) n.o 3.°).", False),
        ("Section 4(a) and (c).", "Secção 4, a) e c).", True),
        ("Nay then.", "Nay (em inglês) então.", False),
        ("Nay (sic).", "Nay (sic) (em inglês).", False),
        ("Noted so.", "Obrigado por nos enviar uma edição da nossa revista nova.", False),
    ],
)
def test_who_is_called_and_how_often_comes_through(sentence: str, translation: str, *, holds: bool) -> None:
    """A name that is called is nobody else's; what was said four times is said four times."""
    assert EN_PT.holds(sentence, (), translation) is holds


@pytest.mark.parametrize(
    ("sentence", "source", "target", "translation"),
    [
        ("Thank you.", "en", "pt", "Obrigado."),
        ("thank you", "en", "pt", "obrigado"),
        ("THANK YOU!", "en", "pt", "OBRIGADO!"),
        ("Thank you, Ana.", "en", "pt", "Obrigado, Ana."),
        ("Ana, you have the floor.", "en", "pt", "Ana, tem a palavra."),
        ("Thank you, Mr President.", "en", "fr", "Merci, Monsieur Président."),
        ("Thank you, Madam President.", "en", "pt", "Obrigado, Senhora Presidente."),
        ("Thank you, Commissioner.", "en", "pt", "Obrigado, Comissário."),
        ("Obrigado, senhora Comissária.", "pt", "en", "Thank you, Mrs Commissioner."),
        ("Obrigado, senhor presidente.", "pt", "en", "Thank you, Mr President."),
        ("Danke, Peter.", "de", "en", "Thank you, Peter."),
        ("Ja, Vertagung.", "de", "en", None),
        ("Yes, Monday.", "en", "pt", None),
        ("Thank you, Mayor.", "en", "pt", None),
        ("Yes, I agree.", "en", "pt", "Sim, Concordo."),
        ("No, no, no, no, no, no.", "en", "pt", "Não, não, não, não, não, não."),
        ("Adopted.", "en", "pt", "Adotado."),
        ("Sim.", "pt", "en", "Yes."),
        ("Não, obrigado, Yeşilgöz.", "pt", "en", "No, thank you, Yeşilgöz."),
        ("Adotado por unanimidade.", "pt", "en", "Adopted unanimously."),
        ("S’il vous plaît", "fr", "en", "Please"),
        ("Thank you, however.", "en", "pt", None),
        ("Ana.", "en", "pt", None),
        ("For", "en", "pt", None),
        ("For.", "en", "pt", "A favor."),
        ("Thank you.", "en", "ja", None),
        ("👍 Thank you 👍", "en", "pt", "👍 Obrigado 👍"),
        ("Yes 👎", "en", "pt", "Sim 👎"),
        ("— (Thank you.)", "en", "pt", "— (Obrigado.)"),
        ("Yes 👎 thank you.", "en", "pt", None),
        ("Yes ≥ no.", "en", "pt", None),
        ("¿Hay preguntas?", "es", "en", "Any questions?"),
        ("OK.", "en", "pt", "Está bem."),
        ("Thank you Ana.", "en", "pt", "Obrigado, Ana."),
        ("Bom dia senhora Nguyễn!", "pt", "en", "Good morning, Mrs Nguyễn!"),
        ("Merci Monsieur le Président.", "fr", "en", None),
        ("Thank you all Monday.", "en", "pt", None),
        ("No Peter.", "en", "pt", None),
        ("Welcome Home.", "en", "pt", None),
        ("Postponed.", "en", "pt", "Adiado."),
        ("Pois é.", "pt", "en", "Exactly."),
        ("Thank you, Mr. Đỗ.", "en", "pt", "Obrigado, Senhor Đỗ."),
        ("Obrigada, dona Clara.", "pt", "en", "Thank you, Mrs Clara."),
        ("Está aberta a sessão.", "pt", "en", "The meeting is open."),
    ],
)
def test_stock_answers_come_from_a_table(
    sentence: str, source: str, target: str, translation: str | None
) -> None:
    """With who is spoken to; what has anything else in it is for a model."""
    assert stock_reply(sentence, source, target) == translation


@given(st.text(alphabet="abcXYZ ŞşéÉ👍€−–.,'’0123456789{}_@/:#≥", max_size=60))
def test_whatever_is_taken_out_comes_back(sentence: str) -> None:
    """A model that copies what it is given gives all of it back."""
    masked = first(EN_PT, sentence)
    copied = masked.attempt.restored(masked.attempt.text)
    assert all(said in copied for said in masked.kept)


@given(st.text(max_size=60))
def test_sentence_case_keeps_every_place(sentence: str) -> None:
    """A sentence of any letters is as long as before, and is no longer all capitals."""
    cased = sentence_case(sentence, "fr")
    assert len(cased) == len(sentence)
    assert not (is_shouted(sentence) and cased == sentence)


@given(st.integers(-10_000_000, 10_000_000), st.sampled_from(["km", "%", "€", "kg"]))
def test_another_number_is_never_the_same(number: int, unit: str) -> None:
    """Nor the same without its sign."""
    sentence = f"There are {number} {unit} left"
    assert same_figures(sentence, f"Restam {number} {unit}", "en", "pt")
    assert not same_figures(sentence, f"Restam {number + 37_000_013} {unit}", "en", "pt")
    if number < 0:
        assert not same_figures(sentence, f"Restam {-number} {unit}", "en", "pt")
