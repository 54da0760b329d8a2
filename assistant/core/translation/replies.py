"""Answers of a word or two, which small models make sentences of the web of (“Thank you for sharing”)."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_ORDER = ("en", "pt", "fr", "es", "de", "it")
_TABLE = """
Yes = Yeah; Yep; Aye | Sim | Oui | Sí | Ja | Sì
No = Nope; Nay | Não | Non | No | Nein | No
Thank you = Thanks | Obrigado = Obrigada | Merci | Gracias | Danke | Grazie
Thank you very much = Many thanks; Thanks a lot; Thank you so much | Muito obrigado = Muito obrigada \
| Merci beaucoup | Muchas gracias | Vielen Dank = Danke schön; Danke sehr | Grazie mille = Molte grazie
Thank you all = Thanks everyone; Thanks everybody; Thank you everyone | Obrigado a todos = Obrigada a todos \
| Merci à tous | Gracias a todos | Danke an alle | Grazie a tutti
No, thank you = No thanks; No thank you | Não, obrigado = Obrigado não | Non merci = Merci non \
| No, gracias | Nein danke = Nein danke schön | No grazie = Grazie no
Please | Por favor = Se faz favor; Faz favor | S'il vous plaît | Por favor | Bitte | Per favore
You're welcome | De nada | De rien = Je vous en prie | De nada | Gern geschehen | Prego
Sorry | Desculpe = Desculpem; Desculpa; Peço desculpa | Désolé = Désolée; Pardon \
| Perdón = Lo siento | Entschuldigung | Scusi = Scusate
Excuse me | Com licença | Excusez-moi | Disculpe | Entschuldigen Sie | Mi scusi
Hello = Hi | Olá = Oi | Bonjour = Salut | Hola | Hallo | Salve
Good morning | Bom dia | Bonjour | Buenos días | Guten Morgen | Buongiorno
Good morning, everyone = Good morning everyone; Good morning all; Good morning to all \
| Bom dia a todos = Bom dia a todas e a todos | Bonjour à tous = Bonjour à toutes et à tous \
| Buenos días a todos | Guten Morgen zusammen = Guten Morgen allerseits | Buongiorno a tutti
Good afternoon | Boa tarde | Bonjour | Buenas tardes | Guten Tag | Buon pomeriggio
Good evening | Boa noite | Bonsoir | Buenas noches | Guten Abend | Buonasera
Good night | Boa noite | Bonne nuit | Buenas noches | Gute Nacht | Buonanotte
Goodbye = Bye; Bye-bye; Bye bye | Adeus = Tchau | Au revoir | Adiós | Auf Wiedersehen = Tschüss | Arrivederci
See you later = See you soon | Até logo = Até já; Até breve | À plus tard = À bientôt | Hasta luego \
| Bis später = Bis bald | A più tardi = A presto
See you tomorrow | Até amanhã | À demain | Hasta mañana | Bis morgen | A domani
Welcome | Bem-vindos = Bem-vindo; Bem-vinda; Bem-vindas | Bienvenue | Bienvenidos \
| Willkommen = Herzlich willkommen | Benvenuti
Congratulations | Parabéns | Félicitations | Felicidades = Enhorabuena | Herzlichen Glückwunsch \
| Congratulazioni
I agree | Concordo = Eu concordo; Estou de acordo | Je suis d'accord | Estoy de acuerdo \
| Ich stimme zu = Ich bin einverstanden | Sono d'accordo
I disagree | Discordo = Não concordo | Je ne suis pas d'accord | No estoy de acuerdo \
| Ich stimme nicht zu = Ich bin nicht einverstanden | Non sono d'accordo
Agreed = All right; Alright | De acordo | D'accord | De acuerdo | Einverstanden | D'accordo
Okay = OK; O.K. | Está bem = Tá bem; Ok | D'accord = OK | Vale = Está bien | In Ordnung = Okay | Va bene
Right | Certo = Está certo | C'est juste = C'est exact | Correcto | Richtig | Giusto
Exactly | Exatamente = Exato; Exacto; Exactamente; Pois é | Exactement | Exactamente = Exacto | Genau | Esatto
Of course = Certainly; Sure; Absolutely | Claro = Claro que sim; Com certeza; É claro | Bien sûr \
| Por supuesto = Claro; Claro que sí | Natürlich = Selbstverständlich | Certo = Certamente; Naturalmente
Of course not | Claro que não | Bien sûr que non | Claro que no = Por supuesto que no | Natürlich nicht \
| Certo che no
Maybe = Perhaps | Talvez | Peut-être | Quizás = Tal vez | Vielleicht | Forse
Never | Nunca = Jamais | Jamais | Nunca | Nie = Niemals | Mai
Perfect | Perfeito | Parfait | Perfecto | Perfekt | Perfetto
Very well = Very good | Muito bem | Très bien | Muy bien | Sehr gut | Molto bene
Great = Excellent | Ótimo = Óptimo; Excelente | Excellent | Excelente | Ausgezeichnet | Ottimo = Eccellente
Well done | Muito bem feito | Bien joué | Bien hecho | Gut gemacht | Ben fatto
Adopted | Adotado = Adotada; Adoptado; Adoptada | Adopté = Adoptée | Adoptado = Adoptada | Angenommen \
| Adottato = Adottata
Approved | Aprovado = Aprovada | Approuvé = Approuvée | Aprobado = Aprobada | Genehmigt \
| Approvato = Approvata
Approved unanimously = Unanimously approved | Aprovado por unanimidade = Aprovada por unanimidade \
| Approuvé à l'unanimité = Approuvée à l'unanimité | Aprobado por unanimidad = Aprobada por unanimidad \
| Einstimmig genehmigt | Approvato all'unanimità = Approvata all'unanimità
Adopted unanimously = Unanimously adopted | Adotado por unanimidade = Adotada por unanimidade \
| Adopté à l'unanimité = Adoptée à l'unanimité | Adoptado por unanimidad = Adoptada por unanimidad \
| Einstimmig angenommen | Adottato all'unanimità = Adottata all'unanimità
Rejected | Rejeitado = Rejeitada | Rejeté = Rejetée | Rechazado = Rechazada | Abgelehnt | Respinto = Respinta
Carried = The motion is carried; Motion carried | A moção foi aprovada = Moção aprovada \
| La motion est adoptée = Motion adoptée | La moción queda aprobada = Moción aprobada \
| Der Antrag ist angenommen = Antrag angenommen | La mozione è approvata = Mozione approvata
Seconded = I second the motion; I second that | Apoiado = Apoiada; Secundo a moção | J'appuie la motion \
| Secundo la moción | Ich unterstütze den Antrag | Appoggio la mozione
Noted | Registado = Tomei nota; Registrado | C'est noté = Noté | Tomo nota \
| Zur Kenntnis genommen | Prendo nota
In favour = For; In favor | A favor | Pour | A favor | Dafür | A favore = Favorevoli
Against | Contra | Contre | En contra | Dagegen | Contro = Contrari
Abstention | Abstenção | Abstention | Abstención | Enthaltung | Astensione
Abstentions | Abstenções | Abstentions | Abstenciones | Enthaltungen | Astensioni
I abstain | Abstenho-me = Eu abstenho-me | Je m'abstiens | Me abstengo | Ich enthalte mich | Mi astengo
Any objections = Are there any objections | Alguma objeção = Há objeções; Há alguma objeção \
| Des objections = Y a-t-il des objections | Alguna objeción = Hay objeciones \
| Einwände = Gibt es Einwände | Obiezioni = Ci sono obiezioni
Any questions = Are there any questions | Alguma pergunta = Há perguntas; Alguma questão \
| Des questions = Y a-t-il des questions | Alguna pregunta = Hay preguntas | Fragen = Gibt es Fragen \
| Domande = Ci sono domande
Next item = Next point | Próximo ponto = Ponto seguinte | Point suivant | Siguiente punto = Próximo punto \
| Nächster Punkt | Prossimo punto
Present | Presente | Présent = Présente | Presente | Anwesend | Presente
Postponed | Adiado = Adiada | Reporté = Reportée | Aplazado = Aplazada | Vertagt | Rinviato = Rinviata
Withdrawn | Retirado = Retirada | Retiré = Retirée | Retirado = Retirada | Zurückgezogen | Ritirato = Ritirata
The motion is rejected = Motion denied; Motion rejected; The motion fails; The motion is lost \
| A moção foi rejeitada = Moção rejeitada; Moção chumbada | La motion est rejetée = Motion rejetée \
| La moción queda rechazada = Moción rechazada | Der Antrag ist abgelehnt = Antrag abgelehnt \
| La mozione è respinta = Mozione respinta
Absent | Ausente | Absent = Absente | Ausente | Abwesend | Assente
Adjourned = The meeting is adjourned | A sessão está suspensa = Suspensa a sessão | La séance est suspendue \
| Se suspende la sesión = Se levanta la sesión | Die Sitzung ist unterbrochen | La seduta è sospesa
The meeting is closed = Meeting closed | A reunião está encerrada = Está encerrada a reunião \
| La séance est levée = La réunion est close | Se cierra la sesión = La reunión está cerrada \
| Die Sitzung ist geschlossen | La seduta è chiusa = La riunione è chiusa
The meeting is open = The session is open; I declare the meeting open | A reunião está aberta \
= Está aberta a sessão; A sessão está aberta; Está aberta a reunião; Declaro aberta a sessão \
| La séance est ouverte | Se abre la sesión = Queda abierta la sesión | Die Sitzung ist eröffnet \
| La seduta è aperta
You have the floor | Tem a palavra | Vous avez la parole | Tiene la palabra \
| Sie haben das Wort | Ha la parola
Go ahead | Faça favor = Pode falar; Força | Allez-y = Allez-y je vous en prie \
| Adelante | Bitte schön | Prego, vada avanti
"""
"""A meaning a line: in each language of `_ORDER` how it is said, and behind `=` what else
means it, parted by semicolons."""

_TITLES = """
Mr | Senhor = Sr | Monsieur | Señor = Sr; Don | Herr | Signor
Mrs = Ms; Madam | Senhora = Sra; Dona | Madame | Señora = Sra; Doña | Frau | Signora
President | Presidente | Président = Présidente | Presidente = Presidenta \
| Präsident = Präsidentin | Presidente
Chair = Chairman; Chairwoman; Chairperson | Presidente | Président | Presidente \
| Vorsitzender = Vorsitzende; Vorsitz | Presidente
Doctor | Doutor = Doutora | Docteur | Doctor = Doctora | Doktor | Dottor = Dottoressa
Professor | Professor = Professora | Professeur | Profesor = Profesora | Professor = Professorin \
| Professor = Professoressa
Minister | Ministro = Ministra | Ministre | Ministro = Ministra | Minister = Ministerin | Ministro = Ministra
Commissioner | Comissário = Comissária | Commissaire | Comisario = Comisaria | Kommissar = Kommissarin \
| Commissario = Commissaria
Ambassador | Embaixador = Embaixadora | Ambassadeur = Ambassadrice | Embajador = Embajadora \
| Botschafter = Botschafterin | Ambasciatore = Ambasciatrice
Director | Diretor = Diretora; Director; Directora | Directeur = Directrice | Director = Directora \
| Direktor = Direktorin | Direttore = Direttrice
Colleagues | Colegas | Collègues | Colegas | Kollegen = Kolleginnen | Colleghi
"""
"""Words of address that stand with a name, or alone, in the same columns."""

_NO_NAMES = frozenset(
    # Roles that languages tell in more than a word.
    "mayor secretary general councillor councilor counsellor deputy rapporteur speaker judge chancellor "
    "governor senator captain sir ladies gentlemen friends everyone everybody folks team members "
    "delegates vereador deputado deputada relator relatora secretário secretária senhores senhoras amigos "
    "conseiller conseillère maire député députée rapporteure rapporteuse secrétaire messieurs mesdames "
    "amis alcalde alcaldesa diputado diputada secretario secretaria señores señoras bürgermeister "
    "bürgermeisterin abgeordneter abgeordnete damen herren sindaco sindaca deputato deputata relatore "
    "relatrice signori signore amici consigliere consigliera "
    # Days, months and languages have a capital in English.
    "monday tuesday wednesday thursday friday saturday sunday january february march july september "
    "october november december english french german spanish portuguese italian dutch polish russian "
    "arabic chinese european montag dienstag mittwoch donnerstag freitag samstag sonntag januar februar "
    "märz mai juni juli oktober dezember englisch französisch deutsch spanisch portugiesisch italienisch "
    "heute morgen".split()
)
"""Words with a capital that are said behind a comma, and stay no more than others do."""

_GERMAN_NOUN = re.compile(r"(?:ung|heit|keit|schaft|tion|tät|nis|tum|ismus|ment)(?:e[ns]?|s)?$")
"""Its nouns have capitals, as names do."""


_BEGINNINGS = frozenset("for against right sure pour contre contra contro dagegen certo claro mai".split())
"""Words that may begin a longer sentence; they are answers only with a full stop."""

_GREETINGS = frozenset(
    (
        "Thank you", "Thank you very much", "Hello", "Good morning", "Good afternoon", "Good evening",
        "Good night", "Goodbye", "Congratulations", "You have the floor", "Go ahead",
    )
)  # fmt: skip
"""Behind which a name says who is spoken to, also without a comma."""

_LONGEST = 80
"""Characters; a longer sentence is no stock answer."""

_MOST_NAMES = 4
"""Words of a name with its title."""

_EDGES = re.compile(
    r"[¿¡]*(?P<front>(?:[^\w¿¡]*[^\w\s¿¡])?\s*)[¿¡]*(?P<body>\w.*?)(?P<end>(?:\.|[^\w.'’-])[^\w]*|)"
)
"""A sentence between the signs before and behind its words."""
_DOTTED = re.compile(r"\b(Mrs?|Ms|Sra?)\.(?=\s)", re.IGNORECASE)
"""Titles whose dot ends nothing, and which are words elsewhere."""
_PLAIN = re.compile(r"[\w\s,.!'’-]*")
_CAPITALS = frozenset(("ok", "o.k."))
"""Written so by whoever does not shout."""

_WORD = re.compile(r"[^\W\d_][\w'’.-]*")


@lru_cache(256)
def stock_reply(sentence: str, source: str, target: str) -> str | None:
    """Return the translation of a sentence of stock answers and names, such as “No, thank you, Ana.”.

    Args:
        sentence: With its punctuation, in any case; capitals come out as capitals.
        source: BCP-47 primary subtag of its language.
        target: BCP-47 primary subtag of the language wanted.

    Returns:
        None where it has anything else in it, or the tables lack one of the languages.
    """
    if len(sentence) > _LONGEST or not {source, target} <= set(_ORDER):
        return None
    written = _EDGES.fullmatch(unicodedata.normalize("NFC", sentence.strip()))
    if written is None or not _PLAIN.fullmatch(written["body"]):
        return None  # signs between the words would be lost
    front, end = written.group("front", "end")
    body = _DOTTED.sub(r"\1", written["body"])
    if not end and _key(body) in _BEGINNINGS:
        return None
    said = _said(_table(_TABLE, source, target), _table(_TITLES, source, target), body, source)
    if said is None:
        return None
    if body.isupper() and sum(map(str.isalpha, body)) > 1 and _key(body) not in _CAPITALS:
        said = said.upper()
    elif body[0].islower():
        said = _small(said)
    return front + said + end


def _small(text: str) -> str:
    """Return a text with a small first letter, where English does not want a capital."""
    return text if re.match(r"I\b", text) else text[0].lower() + text[1:]


def _said(replies: dict[str, str], titles: dict[str, str], body: str, source: str) -> str | None:
    """Return the parts between commas, each of them a stock answer or somebody who is spoken to."""
    if whole := replies.get(_key(body)):
        return whole
    if called := _called(replies, titles, body, source):
        return called
    done: list[str] = []
    answers = 0
    for number, part in enumerate(re.split(r"[,.!]\s+", body)):
        if reply := replies.get(_key(part)):
            answers += 1
            done.append(_small(reply) if number and part[0].islower() else reply)
        elif name := _addressed(titles, part, source):
            done.append(name)
        else:
            return None
    return _marks(body, done) if answers else None


def _called(replies: dict[str, str], titles: dict[str, str], body: str, source: str) -> str | None:
    """Return a greeting or thanks with who is spoken to behind it, between which nobody wrote a comma."""
    greetings = _table(_TABLE, source, "en")
    words = body.split()
    for count in range(len(words) - 1, 0, -1):
        said, who = " ".join(words[:count]), " ".join(words[count:])
        if greetings.get(_key(said)) in _GREETINGS and said[-1] not in ",.!":
            name = _addressed(titles, who, source)
            return f"{replies[_key(said)]}, {name}" if name else None
    return None


def _marks(body: str, parts: list[str]) -> str:
    """Return the parts with the marks between them that the sentence has."""
    marks = iter(re.findall(r"[,.!]\s+", body))
    text = parts[0]
    for part in parts[1:]:
        mark = next(marks)
        text += mark + (part if mark[0] == "," else part[0].upper() + part[1:])
    return text


def _addressed(titles: dict[str, str], part: str, source: str) -> str | None:
    """Return who is spoken to, with the title in the other language; None for what is no name."""
    words = part.split()
    if not 1 <= len(words) <= _MOST_NAMES or not all(
        _WORD.fullmatch(word) and (word[0].isupper() or _key(word) in titles) for word in words
    ):
        return None
    keys = [_key(word.rstrip(".")) for word in words]
    if any(_is_common(key, source) for key in keys if key not in titles):
        return None
    return " ".join(titles.get(key, word) for key, word in zip(keys, words, strict=True))


@lru_cache
def _table(rows: str, source: str, target: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for row in rows.replace("\\\n", "").strip().splitlines():
        columns = [[text.strip() for text in cell.split("=", 1)] for cell in row.split("|")]
        wanted = columns[_ORDER.index(target)][0]
        first, *others = columns[_ORDER.index(source)]
        for said in (first, *"".join(others).split(";")):
            found.setdefault(_key(said), wanted)
    found.pop("", None)
    return found


def _key(text: str) -> str:
    plain = unicodedata.normalize("NFC", text).casefold().replace("’", "'")
    return " ".join(re.findall(r"[\w'.-]+", plain))


def is_no_name(word: str, source: str, target: str) -> bool:
    """Return whether a word with a capital is a title, a day or the like, such as “Minister” or “Monday”."""
    key = _key(word)
    known = {source, target} <= set(_ORDER) and key in _table(_TITLES, source, target)
    return known or _is_common(key, source)


def _is_common(key: str, source: str) -> bool:
    return key in _NO_NAMES or (source == "de" and _GERMAN_NOUN.search(key) is not None)
