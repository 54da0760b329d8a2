"""In which of a few languages is a text written? By its commonest words, without a model.

A recogniser that is told one language sometimes writes another: English most of all, since it was trained to
translate everything into that. Detection knows nothing of it, and the label would be wrong (decision 0026).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from types import MappingProxyType

_COMMONEST = MappingProxyType(
    {
        language: frozenset(words.split())
        for language, words in {
            "da": """
                af alle an at blev by da de der deres det dig du efter eller en er et fik for fordi fra
                ham han har havde hende her hun hvad hvor hvordan ikke ind jeg kan kun man med meget men
                mig mit ned nu når og også om os på skal som så til to ud under var ved vi vil være
            """,
            "de": """
                ab aber all alle als also am an auch auf aus bei beim bin bis bitte das dass dem den der
                des die diese dieser doch durch ein eine einem einen einer er es für haben hat hatte her
                hier hin ich ihr im immer ins ist ja jetzt kann kein keine mal man mehr mich mir mit
                muss nach nicht noch not nur ob oder ohne schon sehr sein sich sie sind so um und uns
                unter vom von vor war was wenn werden wie will wir wird wo zu zum zur über
            """,
            "en": """
                a about after all am an and are as at be because been before but by can could did do does
                first for from get had has have he her here him his how i if in into is it its just know
                like may me more most must my no not now of on one only or other our out over please said
                she should so some than that the their them then there these they this those to up us very
                was we were what when where which who why will with would you your
            """,
            "es": """
                a al algo aquí años come como con cuando cuál de del desde donde dos el ella ellos en
                entre era es esa ese eso esta estaba estas este esto estos está están favor fue ha hace
                han has hasta hay he la las le lo los me mi muy más nada ni no nos o otra otro para pero
                por porque puede que qué se ser si sin sobre solo son su sur sus sí sólo también te
                tiene todo todos tu un una uno usted y ya yo
            """,
            "fr": """
                a ai an as au aussi aux avec bien c'est c'était car ce cela ces cet cette comme d'autres
                d'un d'une dans de des deux du elle elles en es est et il ils j'ai je l'on la le les
                leur lui mais me moi même n'a n'est ni non nos notre nous on ont ou oui où par pas peut
                plus pour qu'il qu'on que qui sa sans se ses si son sont sous sur te tous tout très un
                une vers vos votre vous y à était été être
            """,
            "it": """
                a ai al alla alle anche che chi ci come con cosa cui da dal dalla dei del della delle di
                dove e era erano fa gli ha hanno ho i il in io la le lei lo loro lui ma mai mi molto ne
                nel nella no noi non o ogni per perché però più poco poi può quando quello questa questo
                qui se sei si sia so solo sono sta stato su sul sulla suo te ti tra tu tutta tutte tutti
                tutto un un'altra una uno è
            """,
            "nl": """
                aan al alle als bij dan dat de den der deze die dit doen door een en er ge geen haar had
                heb hebben heeft hem het hier hij hoe hun ik in is ja je jij kan maar me meer men met
                mijn moet na naar niet nog nu of om omdat ook op over te tot u uit van veel voor waar
                was wat we wel werd wij wil worden zal ze zei zich zij zijn zo
            """,
            "no": """
                alle an at av ble by da de deg der deres det du eller en er et etter for fordi fra hadde
                han har henne her hun hva hvor hvordan ikke inn jeg kan man med meg meget men mye ned nå
                når og også om oss på skal som så til to under ut var ved vi vil være
            """,
            "pl": """
                ale bardzo by być był była było co czy dla do gdy gdzie go i ich jak jako jego jej jest
                jeszcze już kiedy która które który lub ma mnie może na nad nie niż od oraz po pod przez
                przy się są ta tak także te tego ten to tu tylko tym w więc z za że żeby
            """,
            "pt": """
                a ao aos aqui as até com come como da das de do dos e ela elas ele eles em entre era
                essa esse esta estava este está estão eu foi for foram há isso isto já lhe mais mas me
                mesma mesmo meu meus minha minhas muito na nas nem no nos não nós o onde os ou para pela
                pelo pode por porque quando que quem se sem ser seu si sim sobre solo sua são só também
                te tem tu têm um uma vai você vou à às é
            """,
            "sv": """
                all alla an att av blev bli de dem den deras det dig du där efter eller en ett från fått
                för hade han har her hon hur här i in inte jag kan man med men mer mig min mycket nu när
                och också om oss på sig ska skulle som så till under upp ut vad var vi vid vill är
            """,
        }.items()
    }
)
"""Words so common that hardly a sentence has none of them, by language.

Which of them tell two languages apart follows from both lists: what stands in both tells nothing.
"""

_TELLING_WORDS = 2
_TIMES = 4


def written_instead(text: str, language: str, others: Collection[str]) -> str:
    """Return in which of some other languages a text plainly is, rather than in the one that it should be in.

    It is in one where two different words or more stand for that one alone, and four times as many as for any
    other. Languages of which the commonest words are not known are never told from others.

    Args:
        text: A sentence, or a part of one.
        language: BCP-47 code of what it should be in.
        others: Those of the others.

    Returns:
        The code of one of the others; empty where none is plain.
    """
    if language not in _COMMONEST:
        return ""
    known = {each: _COMMONEST[each] for each in {language, *others} if each in _COMMONEST}
    words = set(re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)*", text.casefold().replace("’", "'")))
    telling = dict.fromkeys(known, 0)
    for word in words:
        having = [each for each, common in known.items() if word in common]
        if len(having) == 1:
            telling[having[0]] += 1
    best = max(sorted(telling), key=lambda each: telling[each])
    most_elsewhere = max((count for each, count in telling.items() if each != best), default=0)
    plain = telling[best] >= max(_TELLING_WORDS, _TIMES * most_elsewhere)
    return best if plain and best != language else ""
