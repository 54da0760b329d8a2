"""Minutes of a council, as a clerk left them."""

from __future__ import annotations

from assistant.core.minutes.document import (
    AgendaItem,
    Annex,
    Attendee,
    Evidence,
    Meeting,
    Minutes,
    MinutesVersion,
    Statement,
    Vote,
)

BEGAN = 1_795_629_600.0
"""25 November 2026, 19.00 in Paris."""


def at(minute: int) -> tuple[Evidence, ...]:
    return (Evidence(f"c{minute}", minute * 60.0, minute * 60.0 + 5.0),)


def council(
    title: str = "Conseil municipal", name: str = "Mme Anne Roy", *, items: int = 1
) -> MinutesVersion:
    attendees = (
        Attendee("1", name, "Maire", "present", BEGAN - 300, BEGAN + 5400),
        Attendee("2", "M. Hugo Martin", "Conseiller", "excused"),
    )
    budget = tuple(
        AgendaItem(
            f"i{number}",
            "Budget de la cantine",
            (
                Statement(f"b{number}", "point", "Le coût du repas a augmenté.", "fr", at(5), speaker=name),
                Statement(f"e{number}", "point", "We compared two towns.", "en", at(6), speaker=name),
                Statement(f"d{number}", "decision", "La subvention est portée à 12 000 euros.", "fr", at(17)),
                Statement(
                    f"v{number}", "vote", "Subvention", "fr", at(17), vote=Vote(12, 3, None, "adopted")
                ),
                Statement(
                    f"a{number}", "action", "Envoyer le tableau.", "fr", at(19), who=name, due="2026-12-01"
                ),
                Statement(f"q{number}", "question", "Qui paie en 2027 ?", "fr", at(21), stale=True),
            ),
            120.0,
            1500.0,
        )
        for number in range(items)
    )
    minutes = Minutes(
        "r",
        Meeting(
            title,
            "Saint-Aubin",
            "Mairie",
            BEGAN,
            BEGAN + 5400,
            "Europe/Paris",
            "fr",
            ("fr", "en"),
            "Le 15 janvier.",
        ),
        attendees,
        (*budget, AgendaItem("last", "Questions diverses")),
        annexes=(Annex("x", "Tableau des coûts", "joint"),),
    )
    return MinutesVersion(2, 7, "draft", minutes, changed_at=BEGAN, changed_by="Mme Greffe")
