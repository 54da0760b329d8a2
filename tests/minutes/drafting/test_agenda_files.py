"""Agendas as people have them: tables of Excel, and what calendars say of a series."""

from __future__ import annotations

import time
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from assistant.core.errors import AgendaInvalid, MeetingCancelled
from assistant.minutes.drafting.agenda_files import read_agenda

_PARIS = ZoneInfo("Europe/Paris")
_FRAME = "_" * 80
_MEET = "-::~:~::~:~:~:~:~:~:~:~:~:~:~:~:~:~:~:~:~:~:~::~:~::-"
_UNMARKED = "Budget 2027, deuxième lecture\nTravaux : 150 000 000 €\nDivers\n"
_NUMBERED = "Ordre du jour :\n1. Budget 2027\n2. Déploiement de Microsoft Teams\n3. Zoom sur les travaux\n"
_INVITATIONS = {
    "teams-fr": f"""{_FRAME}
Réunion Microsoft Teams
Participer : https://teams.microsoft.com/l/meetup-join/19%3ameeting_Zm%40thread.v2/0?context=%7b%7d
ID de réunion : 319 840 221 007
Code secret : kQ7sX2
{_FRAME}
Besoin d’aide ? | Référence système
Pour les organisateurs : Options de réunion
{_FRAME}
""",
    "teams-en": f"""{_FRAME}
Microsoft Teams Need help?<https://aka.ms/JoinTeamsMeeting?omkt=en-US>
Join the meeting now<https://teams.microsoft.com/l/meetup-join/xx>
Meeting ID: 319 840 221 007
Passcode: kQ7sX2
________________________________
Dial in by phone
+33 1 70 99 00 11,,319840221#<tel:+33170990011,,319840221#> France, Paris
Find a local number<https://dialin.teams.microsoft.com/x?id=319840221>
Phone conference ID: 319 840 221#
For organizers: Meeting options<https://teams.microsoft.com/meetingOptions/?x> | Reset dial-in PIN<https://x.y/z>
{_FRAME}
""",
    "teams-de": """Microsoft Teams-Besprechung
Jetzt an der Besprechung teilnehmen <https://teams.microsoft.com/l/meetup-join/xx>
Besprechungs-ID: 319 840 221 007
Kennung: kQ7sX2
Benötigen Sie Hilfe? | Systemreferenz
Für Organisatoren: Besprechungsoptionen
""",
    "meet": f"""{_MEET}
Join with Google Meet: https://meet.google.com/qwe-rtyu-iop
Or dial: (FR) +33 1 87 40 00 11 PIN: 319840221#
More phone numbers: https://tel.meet/qwe-rtyu-iop?pin=1&hs=7

Learn more about Meet at: https://support.google.com/a/users/answer/9282720

Please do not edit this section.
{_MEET}
""",
    "zoom-en": """Ana Ribeiro is inviting you to a scheduled Zoom meeting.

Topic: Council
Time: Nov 30, 2026 02:00 PM Paris
Join Zoom Meeting
https://us02web.zoom.us/j/83198402210?pwd=kQ7

Meeting ID: 831 9840 2210
Passcode: 319840

---

One tap mobile
+33170990011,,83198402210#,,,,*319840# France
+33170990012,,83198402210# France

---

Dial by your location
• +33 1 7099 0011 France
• 877 853 0011 US Toll-free

Meeting ID: 831 9840 2210

Find your local number: https://us02web.zoom.us/u/kQ7

Join by SIP
• 83198402210@zoomcrc.com

Join by H.323
• 144.195.19.161 (US West)

Meeting ID: 831 9840 2210
Passcode: 319840

---

Join instructions
https://us02web.zoom.us/meetings/83198402210/invitations?signature=kQ7
""",
    "zoom-fr": """Ana Ribeiro vous invite à une réunion Zoom planifiée.

Sujet : Conseil
Heure : 30 nov. 2026 02:00 PM Paris
Participer à une réunion Zoom
https://us02web.zoom.us/j/83198402210?pwd=kQ7

ID de réunion: 831 9840 2210
Code secret: 319840

---

Touche unique du mobile
+33170990011,,83198402210#,,,,*319840# France

Composez un numéro en fonction de votre emplacement
• +33 1 7099 0011 France
""",
    "webex-en": """-- Do not delete or change any of the following text. --

When it's time, join your Webex meeting here.
https://council.webex.com/council/j.php?MTID=m319840

Meeting number (access code): 2319 840 2210
Meeting password: kQ7sX2 (57772200 when dialing from a phone)

Join from a video system or application
Dial 23198402210@council.webex.com
You can also dial 173.243.2.68 and enter your meeting number.

Tap to join from a mobile device (attendees only)
+1-415-655-0001,,23198402210## US Toll

Join by phone
+1-415-655-0001 US Toll
Global call-in numbers
https://council.webex.com/council/globalcallin.php?MTID=t319840

Need help? Go to https://help.webex.com
""",
    "webex-fr": """-- Ne pas supprimer ni modifier le texte ci-dessous. --

Le moment venu, rejoignez votre réunion Webex ici.
https://conseil.webex.com/conseil/j.php?MTID=m319840

Numéro de réunion (code d’accès) : 2319 840 2210
Mot de passe de la réunion : kQ7sX2 (57772200 à partir d’un téléphone)

Rejoindre par téléphone
+33-1-7099-0011 France
""",
    "visio": "Pour participer à la visioconférence, cliquez sur ce lien : https://visio.ville.fr/qwe-rtyu-iop\n",
    "visio-phone": (
        "Rejoindre la réunion : https://reunions.ville.fr/qwe-rtyu-iop\n"
        "Ou composez le +33 1 86 47 00 00 et saisissez le code 319 840 221 #\n"
    ),
    "jitsi": (
        "Rejoindre la réunion : https://meet.jit.si/ConseilDuLundi\n\n"
        "Pour participer par téléphone : +33.1.87.21.0005,,31984022#\nCode PIN : 3198 4022#\n"
    ),
    "visio-plain": "Lien : visio.ville.fr/qwe-rtyu-iop\nTél. : 01 86 47 00 00 (code 3198402210#)\n",
    "teams-word": (
        "Réunion Microsoft Teams\nParticiper : https://teams.microsoft.com/meet/3198402210?p=x\n"
        "ID de réunion : 319 840 221 007\n\nCode d'accès : kqxsyz\n"
    ),
    "zoom-de": """Ana Ribeiro lädt Sie zu einem geplanten Zoom-Meeting ein.

Thema: Rat
Uhrzeit: 30. Nov. 2026 02:00 PM Berlin

Zoom-Meeting beitreten
https://us02web.zoom.us/j/83198402210?pwd=kQ7

Meeting-ID: 831 9840 2210
Kenncode: geheim

Einwahl nach aktuellem Standort
        +49 69 7104 0011 Deutschland
Ortseinwahl suchen: https://us02web.zoom.us/u/kQ7
""",
    "webex-de": """-- Löschen oder ändern Sie keinen der folgenden Texte. --

Zum gegebenen Zeitpunkt Ihrem Webex-Meeting hier beitreten.

Meeting beitreten
https://rat.webex.com/rat/j.php?MTID=m319840

Mit Meeting-Nummer beitreten
Meeting-Kennnummer (Zugriffscode): 2319 840 2210
Meeting Passwort: kQ7sX2 (57772200 beim Einwählen von einem Telefon)

Über Telefon beitreten
+49-619-6781-0011 Germany Toll
Globale Einwahlnummern
""",
    "telephone": "Par téléphone : +33 1 86 47 00 00, puis 31984#\nMot de passe : bonjour\n",
    "bigbluebutton": "Lien : https://bbb.ville.fr/b/ana-qwe-rty-uio\nCode d'accès : 319840\n",
}


def _at(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=_PARIS)  # type: ignore[arg-type, misc] # year, month, day, hour


def _calendar(*events: str) -> bytes:
    """Return a calendar of events, each given as its lines apart from what all have."""
    inside = "".join(f"BEGIN:VEVENT\r\n{event}\r\nEND:VEVENT\r\n" for event in events)
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{inside}END:VCALENDAR\r\n".encode()


def _read(*events: str, at: datetime) -> list[str]:
    text = [event.replace("\n", "\r\n") for event in events]
    return read_agenda(_calendar(*text), "text/calendar", at)


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("Trésorerie\nÉcole – œuvre « à côté »\n", ["Trésorerie", "École – œuvre « à côté »"]),
        (
            "ÉLECTIONS\nDÉFICIT DE L’ANNÉE\nÀ définir : 5 €\n",
            ["ÉLECTIONS", "DÉFICIT DE L’ANNÉE", "À définir : 5 €"],
        ),
        ("Größe der Straße\nÜbung\n", ["Größe der Straße", "Übung"]),
        ("Informação à câmara\nReuniões\n", ["Informação à câmara", "Reuniões"]),
        ("¿Qué falta?\nAño 2027\n", ["¿Qué falta?", "Año 2027"]),
        ("Élu·e·s\nCol·lecció\n", ["Élu·e·s", "Col·lecció"]),
    ],
)
def test_text_of_windows_is_read(text: str, items: list[str]) -> None:
    """Excel and the editor write it in Western Europe, and say so nowhere."""
    assert read_agenda(text.encode("cp1252"), "text/plain") == items


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Réunion des élèves", "mac-roman"),
        ("Qualité, santé", "mac-roman"),
        ("Élections d’Ana", "mac-roman"),
        ("予算\n学校", "shift-jis"),
        ("הצעת תקציב", "cp1255"),
    ],
)
def test_other_encodings_are_read_where_they_are_said_and_refused_else(text: str, encoding: str) -> None:
    """Nobody finds wrong letters in their minutes."""
    data = text.encode(encoding)
    with pytest.raises(AgendaInvalid):
        read_agenda(data, "text/plain")
    with pytest.raises(AgendaInvalid):
        read_agenda(data, "text/plain; charset=none-such")
    assert read_agenda(data, f'text/plain; charset="{encoding}"') == text.splitlines()


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("cp1250", "Zażółć gęślą jaźń"),
        ("cp1250", "Budżet miasta\nUchwała w sprawie szkół – 2027"),
        ("cp1250", "Rozpočet města\nŠkola a hřiště"),
        ("cp1250", "Rozpočet obce\nŽiadosť o príspevok – školy"),
        ("cp1250", "Költségvetés\nőszi ülés\nIskola felújítása"),
        ("cp1250", "Primăria oraşului\nşcoli şi grădiniţe"),
        ("cp1250", "Proračun općine\nŠkole i vrtići"),
        ("cp1250", "Proračun"),
        ("cp1250", "gyűlés"),
        ("cp1250", "vrtići"),
        ("cp1250", "Schůze"),
        ("cp1250", "Volba předsedy"),
        ("cp1250", "Dyskusję"),
        ("cp1250", "Wnioski końcowe"),
        ("cp1250", "Küldő"),
        ("cp1250", "Zaključci"),
        ("cp1250", "Točka"),
        ("cp1250", "Diverse şi concluzii"),
        ("cp1254", "Görüşme"),
        ("cp1252", "Où\nÀ voir : œuvre"),
        ("cp1252", "Nõukogu"),
        ("cp1252", "Point 1º: Año de la Barrière"),
        ("cp1251", "Бюджет\nШкола"),
        ("cp1251", "ПОРЯДОК ДЕННИЙ\nБюджет і школи – 2027 рік"),
        ("cp1251", "Бюджет на общината\nУчилища"),
        ("cp1251", "Буџет општине\nШколе и вртићи"),
        ("cp1253", "Προϋπολογισμός"),
        ("cp1253", "Έγκριση πρακτικών\nΣχολεία – “2027”"),
        ("cp1254", "Bütçe görüşmesi\nOkul yapımı – İlçe ışıkları"),
        ("cp1254", "TOPLANTI BAŞLIYOR\nGörüş alışverişi"),
        ("cp1252", "Fjárhagsáætlun\nSkólar og þjónusta við íbúa"),
        ("cp1252", "Señor Müller, São Paulo\nBjørn Ångström"),
        ("cp1252", "Verbale e attività\nPerché no\nSarà così"),
        ("cp1252", "À l’hôtel, Málaga"),
        ("cp1252", "Bibliothèque, siège, très sûr\nGoût de l’œuf, nœud"),
        ("cp1252", "Conseil à Tromsø\nŒuvre de M. Núñez"),
    ],
)
@pytest.mark.parametrize("said", ["text/plain", "text/plain; charset=iso-8859-1"])
def test_code_pages_of_windows_are_told_by_their_letters(page: str, text: str, said: str) -> None:
    """Whatever country's Excel wrote it, which says so nowhere."""
    assert read_agenda(text.encode(page), said) == text.splitlines()


def test_a_line_that_cannot_be_read_is_named() -> None:
    """With what can be read of it, so that whoever wrote it finds it."""
    data = "Budget\nRéunion des élèves\n".encode("mac-roman")
    with pytest.raises(AgendaInvalid, match=r"Line 2 .*“R…union des …l…ves”"):
        read_agenda(data, "text/plain")


@pytest.mark.parametrize("first", ["sep=;\r\n", '"sep=;"\r\n', "SEP=;\n"])
@pytest.mark.parametrize("kind", ["text/csv", "application/vnd.ms-excel", "text/plain"])
def test_tables_of_excel_say_what_sets_cells_apart(first: str, kind: str) -> None:
    """In a line of its own, which is no row; it holds whatever the rows look like."""
    table = f'{first}N°;Objet;Durée\r\n1;"Compte ""2026"", suite";5\r\n2;Élection, vote, bureau;10\r\n'
    assert read_agenda(table.encode("cp1252"), kind) == ['Compte "2026", suite', "Élection, vote, bureau"]


def test_apostrophes_in_tables_are_letters() -> None:
    """Also where each cell has one."""
    table = "N°;Objet;Qui\n1;l'école d'ici;l'adjoint\n2;l'eau;l'adjointe\n"
    assert read_agenda(table.encode(), "text/csv") == ["l'école d'ici", "l'eau"]


@pytest.mark.parametrize(
    ("table", "items"),
    [
        ('N°;Objet\n1;"Budget\n2027"\n2;Divers\n', ["Budget 2027", "Divers"]),
        ("Objet\nBudget, école, divers\nVie, sports\n", ["Budget, école, divers", "Vie, sports"]),
        ("Vie; sports\nDivers\n", ["Vie; sports", "Divers"]),
        ("No,Objet\n1,Budget, école\n2,Divers\n", ["Budget, école", "Divers"]),
        ("Objet;Qui\nVote, avec débat;Ana\nÉcole, eau;Bo\n", ["Vote, avec débat", "École, eau"]),
        ("Point;Objet\n1;Budget\n2;Divers\n", ["Budget", "Divers"]),
        ("N°;Objet;Durée\n1;Budget\n2;Divers;5\n;;\n", ["Budget", "Divers"]),
        ("Conseil du 3 mars;;\nN°;Objet;Durée\n1;Budget;5\n", ["Budget"]),
        ("Objet,,\nBudget,,\n,,\n", ["Budget"]),
        ("N°;Objet\n1;Budget;;\n", ["Budget"]),
    ],
)
def test_no_word_of_a_table_is_lost_to_what_sets_cells_apart(table: str, items: list[str]) -> None:
    """Signs within titles, lines within cells, rows that are too short or too long, a title above it."""
    assert read_agenda(table.encode(), "text/csv") == items


_WEEKLY = """UID:s
DTSTART;TZID=Europe/Paris:20260907T140000
RRULE:FREQ=WEEKLY;UNTIL=20261228T130000Z;BYDAY=MO
EXDATE;TZID=Europe/Paris:20261102T140000
DESCRIPTION:Tour de table"""
_CHANGED = """UID:s
RECURRENCE-ID;TZID=Europe/Paris:20261109T140000
DTSTART;TZID=Europe/Paris:20261110T090000
DESCRIPTION:Budget\\nTravaux"""
_FROM_THEN_ON = """UID:s
RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Paris:20261207T140000
DTSTART;TZID=Europe/Paris:20261207T140000
DESCRIPTION:Tour de table bref"""
_CALLED_OFF = """UID:s
RECURRENCE-ID;TZID=Europe/Paris:20261123T140000
DTSTART;TZID=Europe/Paris:20261123T140000
STATUS:CANCELLED
DESCRIPTION:Rien"""


@pytest.mark.parametrize(
    ("now", "items"),
    [
        (_at(2026, 11, 10, 18), ["Budget", "Travaux"]),
        (_at(2026, 11, 9, 15), ["Budget", "Travaux"]),  # moved to the next day
        (_at(2026, 11, 11, 9), ["Tour de table"]),
        (_at(2026, 11, 2, 14), ["Budget", "Travaux"]),  # left out: the next one
        (_at(2026, 11, 23, 14), ["Tour de table"]),
        (_at(2026, 12, 14, 9), ["Tour de table bref"]),
        (_at(2027, 3, 1, 9), ["Tour de table bref"]),  # the last one
        (_at(2026, 1, 1, 9), ["Tour de table"]),
    ],
)
def test_of_a_series_the_occurrence_of_today_counts(now: datetime, items: list[str]) -> None:
    """As it was changed for that day or moved to it; what is left out or called off is none."""
    assert _read(_WEEKLY, _CHANGED, _CALLED_OFF, _FROM_THEN_ON, at=now) == items
    assert _read(_FROM_THEN_ON, _CALLED_OFF, _CHANGED, _WEEKLY, at=now) == items


@pytest.mark.parametrize(
    "left_out", ["EXDATE;VALUE=DATE:20261102", "EXDATE:20261102", "EXDATE;VALUE=DATE:20261101,20261102"]
)
def test_a_day_that_is_left_out_is_so_at_any_time(left_out: str) -> None:
    """Some calendars write the day only, also of what has a time; and of what is changed on that day."""
    series = f"{_WEEKLY.replace('EXDATE;TZID=Europe/Paris:20261102T140000', left_out)}"
    changed = _CHANGED.replace(
        "RECURRENCE-ID;TZID=Europe/Paris:20261109T140000", "RECURRENCE-ID;VALUE=DATE:20261109"
    )
    assert _read(series, changed, at=_at(2026, 11, 2, 14)) == ["Budget", "Travaux"]
    assert _read(series, at=_at(2026, 11, 2, 14)) == ["Tour de table"]
    assert _read(series, "UID:z\nDTSTART:20261103T080000Z\nDESCRIPTION:Autre", at=_at(2026, 11, 2)) == [
        "Autre"
    ]
    assert _read(series, changed, at=_at(2026, 11, 9, 15)) == ["Budget", "Travaux"]


@pytest.mark.parametrize("now", [None, _at(2026, 11, 30, 9)])
def test_a_cancelled_meeting_sets_nothing_up(now: datetime | None) -> None:
    """Whoever calls one off sends it once more, with its agenda, and says so of all or of one event."""
    event = "UID:a\nDTSTART:20261130T080000Z\nDESCRIPTION:Budget"
    sent = _calendar(event.replace("\n", "\r\n")).replace(b"PRODID:x", b"PRODID:x\r\nMETHOD:CANCEL")
    for data in (sent, _calendar(f"{event}\nSTATUS:CANCELLED".replace("\n", "\r\n"))):
        with pytest.raises(MeetingCancelled, match="cancelled"):
            read_agenda(data, "text/calendar", now)
    both = sent + _calendar("UID:b\r\nDTSTART:20261201T080000Z\r\nDESCRIPTION:Divers")
    assert read_agenda(both, "text/calendar", now) == ["Divers"]


def test_what_was_sent_last_of_a_meeting_counts() -> None:
    """One file may hold an invitation, its change and its end: the highest number of the sequence counts."""
    event = "UID:a\nDTSTART:20261130T080000Z\nDESCRIPTION:{}\nSEQUENCE:{}"
    now = _at(2026, 11, 30, 9)
    assert _read(event.format("Budget", 0), event.format("Travaux", 2), at=now) == ["Travaux"]
    assert _read(event.format("Travaux", 2), event.format("Budget", 0), at=now) == ["Travaux"]
    with pytest.raises(MeetingCancelled):
        _read(event.format("Budget", 0), event.format("", 1) + "\nSTATUS: Cancelled", at=now)
    with pytest.raises(MeetingCancelled):
        _read(_WEEKLY, _CHANGED, f"{_WEEKLY}\nSEQUENCE:1\nSTATUS:CANCELLED", at=now)


def test_many_endless_series_are_no_burden() -> None:
    """Of each no more is reckoned than up to its next occurrence."""
    series = "UID:{}\nDTSTART:20250106T090000Z\nRRULE:FREQ=WEEKLY\nDESCRIPTION:Point {}"
    began = time.process_time()
    found = _read(*(series.format(number, number) for number in range(200)), at=_at(2026, 11, 30, 9))
    assert found == ["Point 0"]
    assert time.process_time() - began < 10


def test_broken_mark_up_loses_nothing_and_costs_little() -> None:
    """The parser of the library fails at `<![x]>`, and looked to the end of the text for each open tag."""
    text = "<![x]><!DOCTYPE html><p>Budget < 3 & plus</p><!-- non --><p>Travaux"
    event = "UID:a\nDTSTART:20261130T080000Z\nDESCRIPTION:"
    assert _read(event + text, at=_at(2026, 11, 30)) == ["Budget < 3 & plus", "Travaux"]
    began = time.process_time()
    for broken in ("<!--", "<a '", "<b"):
        with pytest.raises(AgendaInvalid, match="300"):
            _read(f"{event}<p>Budget</p>{broken * 100_000}", at=_at(2026, 11, 30))
    assert time.process_time() - began < 15


def test_what_is_described_in_mark_up_only_is_read() -> None:
    """Outlook writes it beside the plain text, and some programs instead of it."""
    marked = "X-ALT-DESC;FMTTYPE=text/html:<html><style>p{}</style><ol><li>Budget</li><li>Eau</li></ol>"
    begun = "UID:a\nDTSTART:20261130T080000Z"
    assert _read(f"{begun}\n{marked}", at=_at(2026, 11, 30)) == ["Budget", "Eau"]
    assert _read(f"{begun}\nDESCRIPTION:\\n\n{marked}", at=_at(2026, 11, 30)) == ["Budget", "Eau"]
    assert _read(f"{begun}\nDESCRIPTION:Divers\n{marked}", at=_at(2026, 11, 30)) == ["Divers"]


def test_a_series_keeps_to_the_clock_on_the_wall() -> None:
    """At half past midnight it is that day in winter too, though not by world time."""
    nightly = "UID:n\nDTSTART;TZID=Europe/Paris:20260701T003000\nRRULE:FREQ=MONTHLY\nDESCRIPTION:Nuit"
    other = "UID:o\nDTSTART;TZID=Europe/Paris:20261201T233000\nDESCRIPTION:Soir"
    assert _read(nightly, other, at=_at(2026, 12, 1, 1)) == ["Nuit"]
    assert _read(nightly, other, at=_at(2026, 12, 1, 23)) == ["Soir"]


def test_of_many_events_that_of_today_counts() -> None:
    """Of two the closer one, unless it says nothing; days, lists of days and events without a time too."""
    events = (
        "UID:a\nDTSTART:20261129T080000Z\nDESCRIPTION:Hier",
        "UID:b\nDTSTART:20261130T080000Z\nDESCRIPTION:Matin",
        "UID:c\nDTSTART:20261130T130000Z\nDESCRIPTION:Après-midi",
        "UID:d\nDTSTART:20261130T110000Z\nSUMMARY:Déjeuner",
        "UID:e\nDTSTART;VALUE=DATE:20261204\nRDATE;VALUE=DATE:20261206,20261208\nDESCRIPTION:Jour",
        "UID:f\nDESCRIPTION:Sans date",
    )
    assert _read(*events, at=_at(2026, 11, 30, 9)) == ["Matin"]
    assert _read(*events, at=_at(2026, 11, 30, 12)) == ["Après-midi"]
    assert _read(*events, at=_at(2026, 12, 8, 12)) == ["Jour"]
    assert _read(events[-1], at=_at(2026, 12, 8, 12)) == ["Sans date"]


@pytest.mark.parametrize(
    ("now", "items"),
    [
        (_at(2026, 11, 30, 12), ["Matin"]),
        (_at(2026, 11, 30, 13, 15), ["Après-midi"]),
        (_at(2026, 12, 1, 1), ["Nuit"]),
        (_at(2026, 12, 1, 3), ["Session"]),
        (_at(2026, 12, 2, 12), ["Session"]),
        (_at(2026, 12, 3, 17), ["Débat"]),
    ],
)
def test_what_goes_on_is_of_today(now: datetime, items: list[str]) -> None:
    """Since the morning, since last night or for days; of days less than what has a time within them."""
    events = (
        "UID:a\nDTSTART;TZID=Europe/Paris:20261130T090000\nDURATION:PT4H\nDESCRIPTION:Matin",
        "UID:b\nDTSTART:20261130T130000Z\nDTEND:20261130T140000Z\nDESCRIPTION:Après-midi",
        "UID:c\nDTSTART;TZID=Europe/Paris:20261130T220000\nDURATION:PT4H\nDESCRIPTION:Nuit",
        "UID:d\nDTSTART;VALUE=DATE:20261201\nDTEND;VALUE=DATE:20261204\nDESCRIPTION:Session",
        "UID:e\nDTSTART;TZID=Europe/Paris:20261203T180000\nDESCRIPTION:Débat",
    )
    assert _read(*events, at=now) == items


def test_calendars_one_behind_the_other_are_read() -> None:
    """Some programs write one for each event."""
    one = _calendar("UID:a\r\nDTSTART:20261129T080000Z\r\nDESCRIPTION:Hier")
    other = _calendar("UID:b\r\nDTSTART:20261130T080000Z\r\nDESCRIPTION:Matin")
    assert read_agenda(one + other, "text/calendar", _at(2026, 11, 30, 9)) == ["Matin"]


def test_a_series_without_end_comes_to_one() -> None:
    """Also one of each second since long ago."""
    endless = "UID:a\nDTSTART:19010101T000000Z\nRRULE:FREQ=SECONDLY\nDESCRIPTION:Toujours"
    assert _read(endless, at=_at(2026, 11, 30, 9)) == ["Toujours"]


def test_what_is_marked_up_is_read_as_it_looks() -> None:
    """Google's calendar writes descriptions so."""
    marked = (
        "UID:a\nDTSTART:20261130T080000Z\nDESCRIPTION:<p>Bonjour&nbsp;!</p><b>Ordre du jour</b><br><ol>"
        "<li>Budget"
        ' &amp\\; travaux</li><li><a href="https://x.y">École</a></li></ol>'
    )
    assert _read(marked, at=_at(2026, 11, 30, 9)) == ["Budget & travaux", "École"]


@pytest.mark.parametrize("invitation", _INVITATIONS.values(), ids=_INVITATIONS)
@pytest.mark.parametrize("kind", ["text/plain", "text/calendar"])
def test_how_one_joins_is_no_item(kind: str, invitation: str) -> None:
    """Wherever it stands: neither addresses nor codes come into minutes, and no item is lost to them."""
    for agenda, items in (
        (_UNMARKED, ["Budget 2027, deuxième lecture", "Travaux : 150 000 000 €", "Divers"]),
        (_NUMBERED, ["Budget 2027", "Déploiement de Microsoft Teams", "Zoom sur les travaux"]),
    ):
        for text in (
            f"{agenda}\n{invitation}",
            f"{invitation}\n{agenda}",
            agenda + invitation,
            invitation + agenda,
        ):
            data = text.encode()
            if kind == "text/calendar":
                written = text.replace(",", "\\,").replace(";", "\\;").replace("\n", "\\n")
                data = _calendar(f"UID:a\r\nDTSTART:20261130T080000Z\r\nDESCRIPTION:{written}")
            assert read_agenda(data, kind, _at(2026, 11, 30, 9)) == items


@pytest.mark.parametrize("invitation", _INVITATIONS.values(), ids=_INVITATIONS)
def test_an_invitation_alone_is_no_agenda(invitation: str) -> None:
    """It is refused, with a word on what is missing."""
    with pytest.raises(AgendaInvalid):
        read_agenda(invitation.encode(), "text/plain")


@pytest.mark.parametrize(
    "items",
    [
        ["Contrat Zoom", "Bilan Microsoft Teams", "Visioconférence en mairie", "Join venture with Webex"],
        ["Budget : 2 500 000", "Code de la route", "Mot de passe : règles", "Call for tenders"],
        ["Thema: Haushalt", "Heure : 14:30", "Tél. : 01 86 47 00 00", "Code : nouveau", "Ticket #1234"],
        ["Site https://ville.fr/budget", "Article 1.2.3.4", "Fête du 29.11.2026"],
    ],
)
def test_items_about_conferences_stay(items: list[str]) -> None:
    """Where nothing is about joining one."""
    assert read_agenda("\n".join(items).encode(), "text/plain") == items
