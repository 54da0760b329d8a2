"""Which words with a capital are names, that a model should copy: in French, and in English beside French."""

from __future__ import annotations

import re

from assistant.core.translation.names import GIVEN_NAMES

_SENTENCE_END = re.compile(r"(?:^|[.!?…:;][\"'»”)\s]*|[«“\"(]\s*)$|(?:^|\s)[-–—•]\s*$")
_ABBREVIATED = re.compile(r"(?:^|\W)(?:MM?|M[mg]?[mel]+s?|Mgr|Dr|Pr|Me|Ste?|[A-Z])\.\s*$")
_DETERMINED = re.compile(
    r"(?:^|\W)(?:[Ll]['’]|(?:les?|la|une?|du|des|aux?|ce|cet|cette|ces|mon|ma|mes|ton|ta|tes|son|sa|ses|notre"
    r"|nos|votre|vos|leurs?|chaque|quels?|quelles?|tous|toutes|Les?|La|Une?|Ces?|Cette|Notre|Votre)\s+)$"
)
"""Behind these, what has a capital is a thing that an administration writes so: le Conseil, la Commission."""

_TOWN = re.compile(r"[^\W\d_],? (?:Les?|La|L')\s?$")
"""Le Havre, inside a sentence."""

_ALSO_NAMES = frozenset(
    "aimé aimée ange angélique anémone aurore avril barbe bienvenu blanche brice brune bruyère "
    "capucine cerise céleste charité clair claire clémence colombe constance constant dahlia "
    "désiré désirée dieudonné douce espérance fidèle fleur flore florent fortuné fortunée france "
    "franc félicité garance grâce honoré hortense hyacinthe innocent iris jade jasmin laurier "
    "lilas lys loup mai marguerite marin marine maxime modeste mélodie narcisse noël olive olivier "
    "océane opale parfait pascal pascale patience perle pervenche pierre placide prosper prudence "
    "prune reine romain romaine rose rubis régis saturnin solange sylvestre toussaint valentin "
    "victoire violette vital vivien véronique".split()
)
"""Given names that are words too: names where a sentence begins, unless it goes on as with words."""
_GIVEN = GIVEN_NAMES | frozenset(
    "achille adrien alain albert alexis alix aline amélie anaïs apolline armand arnaud aude audrey "
    "augustin aurélie aurélien axel baptiste basile bastien benoît bertrand blaise carole charles chloé "
    "christelle christophe claude claudine clément corinne cyril damien daphné delphine didier dominique "
    "éliane élie élise élodie édouard emmanuel éric estelle étienne eugène évelyne fabien fabrice fanny "
    "ferdinand fernand francis franck gaël gaston geneviève georges georgette gilbert ginette grégoire "
    "guy hector hervé hubert hugues irène jacqueline jeanne jeannine jérémy jérôme joël josiane judith "
    "jules justin justine karine laure léa léo léon léonard léopold lionel lise loïc luc lucette lucie "
    "lucien lydie madeleine manon marc marceau marianne marion martial martine mathilde max mélanie "
    "michèle mireille monique muriel nadine nathan noé noémie octave odile paul paulette pauline quentin "
    "raoul raphaël raymond rémi rémy robin roland sébastien serge solène stéphanie suzanne sylvain théo "
    "thibault thierry tristan virginie yann yannick yves yvette zoé émile émilie".split()
)
"""Given names of which no word that is written with a capital need be told apart: jean, marc, maria."""

_LEADING = frozenset(
    "à a après au aux avant avec chez comme concernant contre contrairement d'après dans de depuis des "
    "dès du devant durant en entre envers grâce hormis jusque malgré outre par parmi pendant pour près "
    "quant sans sauf selon sous suivant sur vers via voici voilà mais ou et donc or ni car si que quand "
    "lorsque puisque quoique alors ainsi aujourd'hui aussi bref certes cependant demain depuis enfin "
    "ensuite hier ici là maintenant même néanmoins parfois peut-être pourtant puis presque seul seule "
    "seuls seules sinon soit surtout toujours toutefois trop ah allez allô ben bien bienvenue bonjour "
    "bonsoir bravo eh euh félicitations hé hein merci non oh ok oui pardon salut stop tiens voyons le la "
    "les l' un une ce cet cette ces mon ma mes ton ta tes son sa ses notre nos votre vos leur leurs "
    "chaque quel quelle quels quelles aucun aucune certains certaines plusieurs tout toute tous toutes "
    "d'autres cher chère chers chères comment combien pourquoi qui où est-ce j' c' n' qu' d' s' je tu il "
    "elle on nous vous ils elles y lundi mardi mercredi jeudi vendredi samedi dimanche deux trois quatre "
    "cinq six sept huit neuf dix voir appeler écrire demander remercier contacter relancer inviter "
    "prévenir saluer féliciter vive".split()
)
"""Words that names follow where a sentence begins, and that are none there themselves."""
_ENDING = re.compile(r".{3,}(?:ez|ons)(?:-\w+)?|.{4,}ement")
"""How verbs that ask somebody end, and adverbs: Remerciez Sophie; Heureusement Clément."""

_LISTED = re.compile(r"\s+(?:et|ou)\s+[A-ZÀ-Ü][^\W\d_]*[a-zà-ÿ]")
"""Behind a word at the beginning: Chapeau et Cordier."""
_SAYS = frozenset(
    "a est dit propose demande vote votera votent pense veut va présente souhaite remercie répond ajoute "
    "rappelle précise était avait sera aura prend donne estime soutient explique annonce confirme".split()
)
_PRONOUNS = frozenset(
    "je tu il elle on nous vous ils elles ce ça cela ceci celui celle ceux qui que quoi lequel laquelle tout "
    "toute tous toutes rien personne chacun chacune aucun aucune plusieurs certains certaines beaucoup peu "
    "quelqu'un autre autres même l'un y en ne n' si où quand comment combien pourquoi quel quelle là ici "
    "voilà oui non".split()
)
"""Other words that a verb may follow where a sentence begins: a noun without an article is a name there."""
_TITLED = re.compile(
    r"(?:^|\W)(?:MM?\.|Mmes?|Mlles?|Dr\.?|Pr\.?|Mgr|Maître|Madame|Monsieur|Mesdames|Messieurs)\s+$"
)
_ENGLISH_TITLE = re.compile(r"(?:^|\W)(?:Mr|Mrs|Ms|Miss|Dr|Prof|Madam|Sir)\.?\s+$")
_BEFORE_THINGS = re.compile(
    r"(?:^|\W)(?:à|de|du|avant|après|pour|en|jusqu'à|depuis|dès|vers)\s+$", re.IGNORECASE
)
_GOING_ON = frozenset(
    "à de du des d' que qu' en une un le la les l' et ou pour par sur dans au aux comme mais si ce".split()
)


def is_name(word: str, before: str, behind: str) -> bool:
    """Return whether a French word with a capital is a name, by what stands around it.

    French writes nothing else with one inside a sentence, but for what administrations do, behind an article
    (le Conseil). At the beginning a word is a name where another with a capital follows (Pierre Petit).

    Args:
        word: Begins with a capital.
        before: What stands before it.
        behind: What stands behind it.
    """
    if word.endswith("'"):
        return False
    if _SENTENCE_END.search(before) and not _ABBREVIATED.search(before):
        following = re.match(r",?\s+([^\W\d_]+'?)", behind)
        if following is None:
            return False
        another = following[1][:1].isupper() and not following[1].isupper() and behind[:1] != ","
        if another and not _TITLED.match(f"{following[1]} "):
            return True
        if word.lower() in _ALSO_NAMES and following[1] not in _GOING_ON:
            return True
        return _LISTED.match(behind) is not None or (following[1] in _SAYS and word.lower() not in _PRONOUNS)
    return _DETERMINED.search(before) is None


def leads(word: str, before: str) -> bool:
    """Return whether a French word with a capital begins a sentence and is no name: “Selon Pierre”.

    Args:
        word: Begins with a capital.
        before: What stands before it.
    """
    low = word.lower()
    if low in _GIVEN or _SENTENCE_END.search(before) is None or _ABBREVIATED.search(before):
        return False
    return low in _LEADING or _ENDING.fullmatch(low) is not None


def is_surely_a_name(word: str, before: str, behind: str) -> bool:
    """Return whether a word with a capital is a name, whatever it means: Mme Porte, Rose Église, Le Havre."""
    if _TOWN.search(before) or word.lower() in _GIVEN:
        return True
    other = re.search(r"([^\W\d_]+)\s+$", before)
    named = other is not None and other[1][:1].isupper() and _is_given(other[1].lower())
    if named or _TITLED.search(before):
        return True
    called = word.lower() in _ALSO_NAMES and _BEFORE_THINGS.search(before) is None
    return called and is_name(word, before, behind)


def _is_given(word: str) -> bool:
    return word in _ALSO_NAMES or word in _GIVEN


def people_in(source: str) -> tuple[str, ...]:
    """Return the names of people in an English text that a model might translate: Mr Long, Rose Petit."""
    people: dict[str, None] = {}
    words = list(re.finditer(r"[^\W\d_]+(?:-[^\W\d_]+)*", source))
    for place, match in enumerate(words):
        word = match[0]
        if not word[:1].isupper() or word.isupper():
            continue
        before = source[: match.start()]
        other = words[place - 1][0] if place and before.endswith(" ") else ""
        behind_name = other[:1].isupper() and _is_given(other.lower()) and before.endswith(f"{other} ")
        begins = _SENTENCE_END.search(before) is not None
        before_name = re.match(r" [A-ZÀ-Ü][a-zà-ÿ]", source[match.end() :]) is not None
        called = _is_given(word.lower()) and (not begins or before_name)
        if _ENGLISH_TITLE.search(before) or behind_name or called:
            people[word] = None
    return tuple(people)


def names_in(source: str) -> frozenset[str]:
    """Return the words with a capital inside the sentences of an English text."""
    names: set[str] = set()
    for match in re.finditer(r"[^\W\d_]+(?:[-'][^\W\d_]+)*", source):
        word = match[0].removesuffix("'s")
        if word[:1].isupper() and not (word.isupper() and len(word) == 1):
            before = source[: match.start()]
            if not _SENTENCE_END.search(before) or re.match(r"\s+[A-Z][a-z]", source[match.end() :]):
                names.add(word)
    return frozenset(names)
