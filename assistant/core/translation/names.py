"""Names of people, which small models translate (“João” is John) or take for words (“CLARA COSTA”)."""

from __future__ import annotations

import re
from collections.abc import Iterator

GIVEN_NAMES = frozenset(
    """
    adriana afonso agnès agnieszka alberto alessandro alexandra alexandre alfonso alice álvaro amélia ana
    anabela andré andrea andreas andreia andrew andrzej angela ângela anna anne annika anthony antoine
    antónia antonio antónio antônio arthur artur augusto barbara bárbara beatrice beatriz benedikt benjamin
    bernard bernardo bianca björn brigitte bruno camille carla carlos carolina caroline catarina catherine
    cátia cécile célia charlotte chiara christian christina christine christopher cláudia claudia cláudio
    claudio cristiano cristina daniel daniela david débora denis diana diego dieter diogo dominik dominique
    duarte edgar edith edoardo eduarda eduardo edward eleonora elena elisabeth elizabeth elsa emília emma
    enrico enrique ernst ester étienne eugénia eva fabio fábio fátima federica federico felipe félix
    fernanda fernando filipa filipe filippo francesca francesco francisca francisco françois françoise franz
    frédéric friedrich gabriel gabriela gabriele geoffrey george gérard gilles giorgio giovanni giulia
    giuseppe gonçalo gonzalo gregor guillaume guilherme gustavo günther hannah hans heinrich helena hélène
    henri henrique henry hugo ignacio inês inés ingrid irina isabel isabelle ivo jacinta jacques jaime james
    javier jean jean-claude jennifer jerónimo jessica joana joan joanna joão joaquim joaquín johann johannes
    john jonathan jorge josé josef joseph josefa juan juana judite julia júlia julien julieta júlio jürgen
    karin karl katharina katherine kevin klaus krzysztof laura laurent leonardo leonor lídia lorenzo louis
    louise luca lucas lucia lúcia luciana ludovic luigi luis luís luísa luiz lukas mafalda magdalena manuel
    manuela marcel marcelo márcia marco marcos marcus margaret margarida margarita maria maría maria-joão
    mariana marie mário mario marta martha martim martin martina matheus mathieu matilde matthew matthias
    maurício maximilian michael michel michele michelle miguel monica mónica nadia natália nathalie nélson
    nelson nicolas nicole nuno odete olga olivier orlando oscar óscar paola paolo patricia patrícia patrick
    paula paulo pedro peter philippe piotr rachel rafael rafaela ramón raquel raúl rebecca renata renato
    ricardo richard rita robert roberto rodrigo roger rogério rosário rui samuel sandra sara sarah sebastian
    sebastião sérgio sergio silvia sílvia simão simone sofia sónia sophie stefan stefano stéphane stephen
    steven susan susana sven sylvie tânia tatiana telmo teresa teodoro theresa thérèse thomas tiago timothy
    tomás ulrich ursula valentina valérie vanessa vasco véronique vicente vincent vítor víctor viktor walter
    werner wilhelm william wolfgang xavier yvonne zuzana
    """.split()
)
"""Given names that are no words; in small letters."""

_WORDS = frozenset(
    """
    alba amparo april bill carmen chantal clara claire clemente conceição constance constança consuelo cruz
    domingos dores encarnação esperança faith florence frank glória gloria graça grace hope ivone jack joy
    june luz mark marine max may mercedes nascimento natal olive patience paul pascal pierre pilar prudence
    rafa reine renée rob rosa rose rosário sol solange summer vera victor victoria vitória vitoria will
    """.split()
)
"""Given names that are words, places or days as well: names only where another name is beside them."""

_WORDS_IN = {
    "de": frozenset("ernst ester sofia".split()),
    "en": frozenset("carolina christian sofia".split()),
    "es": frozenset("marco".split()),
    "fr": frozenset("caroline sofia".split()),
    "it": frozenset("bianca chiara sofia".split()),
    "pt": frozenset("marco".split()),
}
"""Given names that are words or places in one language: the Casa Bianca is the White House."""

_AUXILIARIES = {"en": frozenset("may will".split())}
"""Given names that are words, and mostly stand before or behind a name: “WILL ANA COME?”"""

_FAMILY_WORDS = {
    "en": frozenset("baker brown cook cooper gray green hill stone walker white wolf wood young".split())
}
"""Family names that are words in one language: “THE BILL YOUNG PEOPLE WANT”."""

_FAMILY = frozenset(
    """
    abreu almeida alves andrade antunes araújo azevedo baker baptista barbosa barros batista bauer bernard
    bianchi blanc borges braga branco brito brown cabral campos cardoso carneiro carter carvalho castro
    coelho conti cook cooper correia costa couto cruz cunha dias díaz dubois dupont durand esposito esteves
    faria fernandes fernández ferrari ferreira figueiredo fischer flores fonseca fontaine fonte fontes
    freitas garcía garcia gomes gómez gonçalves gonzález gray green guerra hernández hill hoffmann hughes
    iglesias jesus johnson jones klein koch könig könig lambert leblanc lefebvre leitão leite lima lopes
    lópez machado magalhães maia marino marques martin martínez martinez martins matos mendes meyer miranda
    monteiro moore morais moreau moreira morales moreno morin moura müller nascimento neves nogueira nunes
    oliveira pacheco paiva parker pereira pérez petit pinheiro pinho pinto pires ramos reis reyes ribeiro
    ricci richter ríos rocha rodrigues rodríguez romano romero rosa rossi roux russo ruiz sá salgado sampaio
    sánchez santana santos schmidt schneider schulz schwarz silva silveira simões smith soares sousa souza
    stone tavares taylor teixeira torres turner valente vargas vaz vázquez ventura vieira vogel wagner
    walker weber white williams wilson wolf wood wright young zimmermann
    """.split()
)
"""Family names, most of which are words; they are names only behind another name."""

_JOINING = frozenset("da das de del della di do dos du e la le van von zu".split())
"""Words between the names of one person."""

_AND = frozenset("e y".split())
"""Those that stand between two people as well."""

_HOLY = frozenset(
    "são santo santa san saint sainte st st. sankt sant' king queen pope prince princess rei rainha papa "
    "príncipe princesa roi reine pape prince rey reina könig königin papst re regina d d. dom emperor "
    "empress imperador imperatriz empereur impératrice emperador emperatriz imperatore imperatrice kaiser "
    "kaiserin".split()
)
"""Before a name, it is one of the few whose names languages translate."""

_LONGEST_TITLE = max(map(len, _HOLY)) + 4
"""Characters, with white space around it."""

_NAME = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_NUMBERED = re.compile(r"\s+(?:[IVX]+\b|\d|(?:o|a|the|le|la|el|il|der|die) (?:g|G)r(?:eat|and|ande|oße)\b)")


def names_in_capitals(sentence: str, language: str) -> Iterator[tuple[int, int]]:
    """Yield from where to where a sentence in capitals has names of people that can be told from words.

    Args:
        sentence: In capitals.
        language: BCP-47 primary subtag.
    """
    words = list(_NAME.finditer(sentence))
    number = 0
    while number < len(words):
        first = words[number]
        end = number
        given = _is_given(first.group(), language)
        if given or first.group().lower() in _WORDS or _is_given(first.group()):
            end = _end_of_name(sentence, words, number, language)
            if given or _has_plain_name(words[number : end + 1], language):
                yield first.start(), words[end].end()
            else:
                end = number
        number = end + 1


def given_names(sentence: str, language: str) -> Iterator[tuple[int, int]]:
    """Yield from where to where given names stand in a sentence that is not in capitals.

    Those of saints and of kings are none of them, which languages translate.

    Args:
        sentence: In small letters but for capitals at the beginning of words.
        language: BCP-47 primary subtag.
    """
    for match in _NAME.finditer(sentence):
        if not match.group()[0].isupper() or not _is_given(match.group(), language):
            continue
        # In long texts there are many names, so only what is just before them is looked at.
        before = sentence[max(0, match.start() - _LONGEST_TITLE) : match.start()].split()
        holy = bool(before) and before[-1].lower() in _HOLY
        if not holy and not _NUMBERED.match(sentence, match.end()):
            yield match.span()


def _is_given(word: str, language: str = "") -> bool:
    return word.lower() in GIVEN_NAMES and word.lower() not in _WORDS_IN.get(language, ())


def _has_plain_name(words: list[re.Match[str]], language: str) -> bool:
    """Return whether a word that may be a name has one beside it that is hardly anything else."""
    first, *others = (word.group().lower() for word in words)
    family = _FAMILY - _FAMILY_WORDS.get(language, frozenset()) - _WORDS
    given = first not in _AUXILIARIES.get(language, ())
    return any(word in family or (given and _is_given(word, language)) for word in others)


def _end_of_name(sentence: str, words: list[re.Match[str]], first: int, language: str) -> int:
    """Return the number of the last word of the name whose first word has the number `first`."""
    last = first
    for number in range(first + 1, len(words)):
        if not sentence[words[number - 1].end() : words[number].start()].isspace():
            break
        word = words[number].group().lower()
        # “MARIA E PEDRO” are two; Costa e Silva is one.
        two = words[number - 1].group().lower() in _AND and word not in _FAMILY
        if two or word in _AUXILIARIES.get(language, ()):
            break
        if word in _FAMILY or word in GIVEN_NAMES or word in _WORDS:
            last = number
        elif word not in _JOINING:
            break
    return last
