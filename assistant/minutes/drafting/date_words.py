"""The words for days, months and spans of time in six languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DateWords:
    """Regular expressions, case ignored, either apostrophe meant by the straight one; numbers are digits.

    Attributes:
        weekdays: From Monday to Sunday, one word or alternatives each.
        months: From January to December.
        deadline: Stands before a date by which something is done.
        relative: What names a day by itself, with the days from the meeting to it.
        week_end: The Friday of this week.
        next_week: The Friday of the next.
        month_end: The last day of this month, or of a month that is named behind it.
        next_month: The last day of the next.
        year_end: The last day of the year.
        next_marks: Around a weekday: of the week that comes.
        in_spans: Introduces a number of days, weeks or months to go.
        days: The word for days, weeks and months,
        weeks: and so on,
        months_span: and so on.
        day_first: A day of a month, with groups `day` and `month` (a name), and `year` where one is told.
        end_of: Before a month's name: its last day.
    """

    weekdays: tuple[str, ...]
    months: tuple[str, ...]
    deadline: str
    relative: Mapping[str, int]
    week_end: str
    next_week: str
    month_end: str
    next_month: str
    year_end: str
    next_marks: str
    in_spans: str
    days: str
    weeks: str
    months_span: str
    end_of: str
    ordinal: str = ""
    joiner: str = ""


WORDS: Mapping[str, DateWords] = {
    "fr": DateWords(
        weekdays=tuple("lundi mardi mercredi jeudi vendredi samedi dimanche".split()),
        months=(
            "janvier", "février|fevrier", "mars", "avril", "mai", "juin", "juillet", "août|aout", "septembre",
            "octobre", "novembre", "décembre|decembre",
        ),
        deadline=r"d'ici(?: à| au| la| le)?|avant(?: le| la)?|pour(?: le| la)?|jusqu'(?:au|à)|au plus tard(?: le)?|"
        r"dès|à échéance (?:du|de)|sous",
        relative={
            "aujourd'hui": 0, "ce soir": 0, "après-demain": 2, "demain": 1, "sous huitaine": 7, "huit jours": 7,
            "quinze jours": 14, "une quinzaine": 14, "sous quinzaine": 14, "la quinzaine": 14,
        },
        week_end=r"(?:la )?fin de (?:la|cette) semaine|cette semaine",
        next_week=r"(?:la )?semaine prochaine|la fin de la semaine prochaine",
        month_end=r"(?:la )?fin (?:du|de ce) mois",
        next_month=r"(?:le )?mois prochain",
        year_end=r"(?:la )?fin (?:de l'|d')année",
        next_marks=r"prochain|en 8",
        in_spans=r"dans|d'ici|sous|d'ici à",
        days=r"jours?",
        weeks=r"semaines?",
        months_span=r"mois",
        end_of=r"(?:la )?fin (?:du mois de )?",
        ordinal=r"er",
        joiner=r"",
    ),
    "en": DateWords(
        weekdays=tuple("monday tuesday wednesday thursday friday saturday sunday".split()),
        months=(
            "january|jan", "february|feb", "march", "april", "may", "june", "july", "august|aug",
            "september|sept|sep", "october|oct", "november|nov", "december|dec",
        ),
        deadline=r"(?:by|before|until|due(?: on)?|no later than|not later than|for|on)(?: the)?",
        relative={
            "today": 0, "tonight": 0, "end of play": 0, "close of business": 0, "end of the day": 0,
            "the day after tomorrow": 2, "tomorrow": 1, "a fortnight": 14, "a week from today": 7,
            "a week today": 7,
        },
        week_end=r"(?:the )?end of (?:the|this) week|this week",
        next_week=r"next week|(?:the )?end of next week",
        month_end=r"(?:the )?end of (?:the|this) month|month[- ]end",
        next_month=r"next month|(?:the )?end of next month",
        year_end=r"(?:the )?end of (?:the|this) year|year[- ]end",
        next_marks=r"next",
        in_spans=r"in|within|in the next|over the next",
        days=r"days?",
        weeks=r"weeks?",
        months_span=r"months?",
        end_of=r"(?:the )?end of ",
        ordinal=r"st|nd|rd|th",
        joiner=r"of ",
    ),
    "de": DateWords(
        weekdays=(
            "montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag|sonnabend", "sonntag",
        ),
        months=(
            "januar|jänner", "februar", "märz", "april", "mai", "juni", "juli", "august", "september",
            "oktober", "november", "dezember",
        ),
        deadline=r"bis(?: zum| spätestens(?: zum)?| nächsten| kommenden)?|vor(?: dem)?|spätestens(?: am)?|zum|am",
        relative={"heute": 0, "übermorgen": 2, "morgen": 1, "vierzehn tagen": 14, "acht tagen": 7},
        week_end=r"(?:zum )?ende (?:der|dieser) woche|diese woche",
        next_week=r"(?:die )?(?:nächste|kommende|ende nächster|nächster) woche",
        month_end=r"(?:zum )?(?:ende (?:des|dieses) monats|monatsende)",
        next_month=r"(?:den )?(?:nächsten|kommenden) monat",
        year_end=r"(?:zum )?(?:ende des jahres|jahresende)",
        next_marks=r"nächste[rn]?|kommende[rn]?",
        in_spans=r"in|innerhalb von|binnen",
        days=r"tage?n?",
        weeks=r"wochen?",
        months_span=r"monate?n?",
        end_of=r"ende ",
        ordinal=r"\.",
        joiner=r"",
    ),
    "es": DateWords(
        weekdays=("lunes", "martes", "miércoles|miercoles", "jueves", "viernes", "sábado|sabado", "domingo"),
        months=tuple(
            "enero febrero marzo abril mayo junio julio agosto septiembre|setiembre octubre noviembre "
            "diciembre".split()
        ),
        deadline=r"antes del?(?: la)?|para(?: el| la)?|hasta(?: el| la)?|a más tardar(?: el)?",
        relative={"hoy": 0, "pasado mañana": 2, "mañana": 1, "quince días": 14, "ocho días": 7},
        week_end=r"(?:el |al )?(?:final|fin) de (?:la|esta) semana|esta semana",
        next_week=r"(?:la )?(?:próxima semana|semana que viene|semana próxima)",
        month_end=r"(?:el |al )?(?:final|finales|fin) de(?:l| este) mes",
        next_month=r"(?:el )?(?:próximo mes|mes que viene|mes próximo)",
        year_end=r"(?:el |al )?(?:final|finales|fin) de(?:l)? año",
        next_marks=r"próximo|que viene",
        in_spans=r"en|dentro de",
        days=r"días?",
        weeks=r"semanas?",
        months_span=r"mes(?:es)?",
        end_of=r"(?:final(?:es)?|fin) de ",
        joiner=r"de ",
    ),
    "pt": DateWords(
        weekdays=(
            "segunda(?:-feira)?", "terça(?:-feira)?", "quarta(?:-feira)?", "quinta(?:-feira)?",
            "sexta(?:-feira)?", "sábado", "domingo",
        ),
        months=tuple(
            "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro".split()
        ),
        deadline=r"até(?: à| ao| o| a)?|antes d[eoa]|para(?: a| o)?|o mais tardar(?: a| na)?",
        relative={"hoje": 0, "depois de amanhã": 2, "amanhã": 1, "quinze dias": 14, "oito dias": 7},
        week_end=r"(?:o |ao )?(?:final|fim) d(?:a|esta) semana|esta semana",
        next_week=r"(?:a |na )?(?:próxima semana|semana que vem|semana seguinte)",
        month_end=r"(?:o |ao )?(?:final|fim) d(?:o|este) mês",
        next_month=r"(?:o |no )?(?:próximo mês|mês que vem)",
        year_end=r"(?:o |ao )?(?:final|fim) do ano",
        next_marks=r"próxim[ao]|que vem",
        in_spans=r"em|dentro de|daqui a",
        days=r"dias?",
        weeks=r"semanas?",
        months_span=r"m[eê]s(?:es)?",
        end_of=r"(?:final|fim) de ",
        joiner=r"de ",
    ),
    "it": DateWords(
        weekdays=("lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato", "domenica"),
        months=tuple(
            "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre".split()
        ),
        deadline=r"entro(?: il| la| le)?|prima d(?:i|el|ella)|per(?: il| la)?|fino a(?:l|lla)?|al più tardi(?: il)?",
        relative={"oggi": 0, "stasera": 0, "dopodomani": 2, "domani": 1, "quindici giorni": 14, "otto giorni": 7},
        week_end=r"(?:la )?fine (?:della|di questa) settimana|questa settimana",
        next_week=r"(?:la )?(?:prossima settimana|settimana prossima)",
        month_end=r"(?:la )?fine (?:del|di questo) mese|fine mese",
        next_month=r"(?:il )?(?:prossimo mese|mese prossimo)",
        year_end=r"(?:la )?fine (?:dell')?anno",
        next_marks=r"prossim[oa]",
        in_spans=r"tra|fra|in",
        days=r"giorn[oi]",
        weeks=r"settiman[ae]",
        months_span=r"mes[ei]",
        end_of=r"fine ",
        joiner=r"",
    ),
}  # fmt: skip
"""By BCP-47 primary subtag."""
