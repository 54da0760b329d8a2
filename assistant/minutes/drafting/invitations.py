"""Invitations to video conferences: how one joins is no part of an agenda, and its codes none of minutes.

Teams, Meet, Zoom, Webex, Visio and others put a block into the description of a meeting. Where it has a
frame, all of the frame is cut; else what can only be about joining, and what stands unmarked between such
lines. Items that have a number or a bullet stay, unless there is an address or a code in them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest

_FRAME = re.compile(r"\s*(?:_{10,}|─{5,}|[-:~]*::~[-:~]*)\s*")
"""Lines of Teams, Zoom and Meet around their block."""
_RULE = re.compile(r"\s*[-_=*~─—]{3,}\s*")
_MARKED = re.compile(
    r"\s*(?:\d{1,3}(?:\.\d{1,3})*\s*[.):–—-]|[ivxIVX]{1,6}\s*[.)]|[a-zA-Z]\)|[-*•‣▪–—])\s*\S"
)

_CERTAIN = re.compile(
    r"""
      https?://[^\s<>]{0,300}(?:teams\.(?:microsoft|live)|meet\.google|tel\.meet|zoom(?:gov)?\.(?:us|com)
        |webex\.com|meet\.jit\.si|jitsi|whereby\.com|gotomeet|goto\.com|bluejeans|ringcentral|visio|webconf
        |bigbluebutton|aka\.ms/(?:join|mtg)|dialin|meetup-join|lync|j\.php\?MTID|/[a-z]{3}-[a-z]{4}-[a-z]{3}\b)
    | \b(?:teams\.(?:microsoft|live)\.com|meet\.google\.com|[\w-]{1,63}\.(?:zoom\.us|webex\.com))/
    | \b[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}/[a-z]{3}-[a-z]{4}-[a-z]{3}\b   # Visio and Meet
    | (?:tel|sips?|h323):\S{0,60}\d
    | \d,,+[*\d]                                                    # a number with pauses, to be dialled
    | \b\d{6,20}[.\d]{0,40}@[\w.-]+\.\w                             # the address for video systems
    | (?<![\d.])(?=(?:\d{1,2}\.){0,3}\d{3})\d{1,3}(?:\.\d{1,3}){3}(?![\d.])       # the same, as a number
    | ^\W*(?:\([A-Z]{2}\)\s*)?\+\d[\d ().-]{7,}                     # a telephone number by itself
    | ^\W*(?=(?:\D{0,2}\d){9})\d{2,4}(?:[ .-]\d{2,4}){2,4}(?!\d|\s*[€$£%])
    | \bPIN\b[^\w]*[\d ]{4,}\#?
    | (?<![\w#&])(?:\d[ ]?){4,20}\#(?!\w)                              # a code that is keyed in, and its end
    | \b(?:(?:kenn|zugriffs|zugangs|meeting|konferenz|besprechungs|sitzungs|webinar)-?\w{0,20}(?:nummer|code)
        |ID|code|kennung|num(?:ber|éro|ero)|nummer|n[úu]mero|conf[ée]rence|access|acc[èe]s|identifi\w+)\b
        [^:\n]{0,40}:\s*\d[\d ]{5,}\d\s*\#?\s*$
    | ^\W*(?:(?:meeting|webinar|numeric|host|attendee)\s+)?
        (?:passcode|password|code\s+secret|mot\s+de\s+passe|code\s+d[’']acc[èe]s|kenncode|kennwort|passwort|kennung
        |c[óo]digo\s+(?:de\s+acceso|secreto|de\s+acesso)|contraseña|senha|palavra-passe|toegangscode|wachtwoord
        |codice\s+di\s+accesso)\b[^:\n]{0,40}:\s*(?=\S*(?:\d|(?-i:[a-z][A-Z])))\S+(?:\s*\([^()]*\))?\s*$
    | ^\W*(?:when\s+it[’']s\s+time,?\s+join|le\s+moment\s+venu,?\s+rejoignez|zum\s+gegebenen\s+zeitpunkt)\b
        .{0,40}\b(?:meeting|webinar|r[ée]union|besprechung)
    | ^\W*(?:(?:more|other)\s+ways\s+to\s+join
        |autres\s+(?:m[ée]thodes|moyens|façons)\s+(?:pour|de)\s+(?:rejoindre|participer)
        |weitere\s+(?:methoden|m[öo]glichkeiten)\s+(?:zum|für\s+den|der)\s+(?:beitr|teiln)
        |une\s+seule\s+touche\s+sur\s+l[’']appareil|einwahl\s+nach\s+aktuellem\s+standort
        |global\s+call-in\s+numbers|num[ée]ros\s+d[’']appel\s+internationaux|globale\s+einwahlnummern
        |(?:tap|appuye[rz]|tippen\s+sie)\s.{0,30}(?:mobile\s+device|p[ée]riph[ée]rique\s+mobile|mobilger[äa]t)
        |(?:zoom-|webex-|mit\s+|über\s+)?(?:meeting|meeting-?(?:nummer|link)|telefon)\s+(?:beitreten|teilnehmen)\W*$)
    | \bscheduled\s+zoom\s+meeting|r[ée]union\s+zoom\s+planifi|geplanten\s+zoom
    | \breuni[óo]n\s+programada\s+de\s+zoom
    | ^\s*--+\s.{0,60}(?:delete|supprim|lösch|elimin|exclu|apagu|modif).{0,60}\s--+\s*$
    | do\s+not\s+(?:delete\s+or\s+change\s+any\s+of\s+the\s+following|edit\s+this\s+section)
    | (?:ne\s+(?:pas\s+modifier|modifiez\s+pas)|nicht\s+bearbeiten|no\s+edites|n[ãa]o\s+edite).{0,20}
        (?:cette\s+section|diesen\s+abschnitt|esta\s+sec)
    | (?:organi[sz]er|organisateur|organisator|organizador|organizzator)\w*\s*:
        .{0,20}(?:option|opcion|opç|opzion|opties)
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""What is about joining, whatever stands around it."""

_KEYED_IN = re.compile(
    r"""
    ^\W*(?:(?:meeting|webinar|numeric|host|attendee)\s+)?
    (?:pass(?:code|word)|code(?:\s+secret|\s+d[’']acc[èe]s)?|mot\s+de\s+passe|kenncode|kennwort|passwort|kennung
      |zugangscode|c[óo]digo(?:\s+(?:de\s+acceso|secreto|de\s+acesso))?|contraseña|senha|palavra-passe|PIN
      |toegangscode|wachtwoord|codice(?:\s+di\s+accesso)?)\b[^:\n]{0,40}:\s*\S+\s*$
    | ^\W*(?:(?:par|by|per)\s+)?(?:t[ée]l[ée]?(?:phone)?|tel|phone|telefon\w?)\b\W*:\s*\+?\d[\d ().-]{7,}\s*$
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""Codes, which may be words, and telephone numbers, where a text says elsewhere how one joins."""

_WHEN = re.compile(r"^\W*(?:time|heure|uhrzeit|hora|ora|tijd)\s*:.{0,60}\d{1,2}[:.h]\d{2}", re.IGNORECASE)
_WHAT = re.compile(r"^\W*(?:topic|sujet|thema|tema|th[èe]me|argomento|onderwerp)\s*:", re.IGNORECASE)
"""What stands before `_WHEN` in invitations of Zoom."""

_LIKELY = re.compile(
    r"""
      https?://|<[a-z]+:
    | microsoft\s+teams|google\s+meet|\bzoom\b|\bwebex\b|\bvisio(?:conf[ée]rence)?\b|\bjitsi\b
    | \bSIP\b|H\.?323|one\s+tap\s+mobile|touche\s+unique|schnelleinwahl|(?:un|um)\s+toque|toll(?:[- ]free)?\b
    | ^\W*(?:join|rejoindre|participer|pour\s+participer|teilnehmen|an\s+der\s+besprechung|unirse|participar
        |entrar|ingressar|partecipa|deelnemen|dial|call|composez?|appeler|einwählen|marcar|marque|or\s+dial
        |ou\s+composez|find\s+(?:your|a)\s+local|rechercher\s+un|lokale\s+nummer|more\s+phone|learn\s+more
        |need\s+help|besoin\s+d|hilfe\s+ben|benötigen\s+sie|¿?necesita|precisa\s+de|serve\s+assistenza
        |you\s+can\s+also|vous\s+pouvez|sie\s+können|también\s+puede|também\s+pode|tap\s+to|global\s+call-in
        |when\s+it[’']s\s+time|topic|time|thème|sujet|heure|thema|uhrzeit|tema|hora
        |meeting\s+(?:number|id|link|password)|passcode|code\s+secret|mot\s+de\s+passe|kennung
        |für\s+organisator|pour\s+les\s+organisat|for\s+organi|para\s+(?:os\s+)?organi)
      \b
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""What is about joining where it stands beside something that certainly is."""


def without_invitation(text: str) -> str:
    """Return a text without what it says about joining a video conference.

    Args:
        text: Lines, such as the description of a meeting in a calendar.
    """
    lines = text.splitlines()
    if not any(map(_CERTAIN.search, lines)):
        return text
    return "\n".join(line for framed, part in _parts(lines) for line in _kept(part, framed=framed))


def _parts(lines: Sequence[str]) -> Iterator[tuple[bool, list[str]]]:
    """Yield what stands together, and whether it is in a frame; lines that draw the frame are left out."""
    last_frame = max((at for at, line in enumerate(lines) if _FRAME.fullmatch(line)), default=-1)
    part: list[str] = []
    framed = False
    for at, line in enumerate(lines):
        edge = bool(_FRAME.fullmatch(line))
        if edge or not (framed or (line.strip() and not _RULE.fullmatch(line))):
            yield framed, part
            part = []
            if edge:
                framed = at < last_frame
        else:
            part.append(line)
    yield framed, part


def _kept(part: Sequence[str], *, framed: bool) -> Iterator[str]:
    """Yield the lines of a part that are not about joining."""
    certain = [bool(_CERTAIN.search(line)) for line in part]
    belongs = [_belongs(line, following) for line, following in zip_longest(part, part[1:], fillvalue="")]
    if not any(certain):
        yield from (line for line, besides in zip(part, belongs, strict=True) if not besides)
        return
    marked = [bool(_MARKED.match(line)) for line in part]
    about = [
        sure or besides or (not mark and bool(_LIKELY.search(line)))
        for line, sure, besides, mark in zip(part, certain, belongs, marked, strict=True)
    ]
    first = about.index(True)
    last = len(part) - 1 if framed else len(part) - 1 - about[::-1].index(True)
    for at, line in enumerate(part):
        if not about[at] and (marked[at] or not first <= at <= last):
            yield line


def _belongs(line: str, following: str) -> bool:
    """Return whether a line is about joining where a text has an invitation, wherever in it that is."""
    return bool(
        _KEYED_IN.search(line) or _WHEN.search(line) or (_WHAT.search(line) and _WHEN.search(following))
    )
