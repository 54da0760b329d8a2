"""A meeting of a council, said line by line, in a real store."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.core.rooms import Track
from assistant.service.caption_service import CaptionService
from tests.caption_service import stores_of
from tests.captions import a_caption

COUNCIL = (
    ("roy", "Mme Roy", "Bonsoir à tous, la séance est ouverte."),
    ("roy", "Mme Roy", "Premier point, le budget de la cantine scolaire."),
    ("petit", "M. Petit", "Le coût du repas est passé à neuf euros quarante avec la hausse de l'énergie."),
    ("petit", "M. Petit", "Je propose de porter la subvention de la cantine à douze mille euros."),
    ("roy", "Mme Roy", "Je mets aux voix la subvention de la cantine à douze mille euros."),
    ("roy", "Mme Roy", "Qui est contre ?"),
    ("petit", "M. Petit", "Trois."),
    ("roy", "Mme Roy", "Douze voix pour, trois contre, deux abstentions, la délibération est adoptée."),
    ("blin", "Mme Blin", "Je vous envoie le tableau des coûts d'ici vendredi."),
    ("roy", "Mme Roy", "Passons au deuxième point, les travaux de la rue du Moulin."),
    (
        "petit",
        "M. Petit",
        "L'entreprise annonce un retard de trois semaines sur les travaux de la rue du Moulin.",
    ),
    ("blin", "Mme Blin", "Est-ce que les riverains de la rue du Moulin ont été prévenus de ce retard ?"),
    ("petit", "M. Petit", "Je ne sais pas, il faut vérifier auprès du service technique."),
    ("roy", "Mme Roy", "Bon, la prochaine séance est fixée au 15 janvier."),
)
"""Speaker's id, name, and what they said."""


async def hold(
    service: CaptionService, room: str, lines: Sequence[tuple[str, str, str]] = COUNCIL, lang: str = "fr"
) -> list[str]:
    """Let people say lines in a room after what was said, five seconds each; return the captions' ids."""
    await service.rooms.create_room(room, "Conseil municipal")
    store = stores_of(service).transcripts
    await store.begin_room(room, 1_795_629_600.0)  # 25 November 2026, 18.00 in Paris
    sessions = {}
    for participant, name, _ in lines:
        if participant not in sessions:
            sessions[participant] = f"{room}-{participant}"
            await store.save_track(Track(sessions[participant], room, participant, name, lang, 0.0))
    ids = []
    entered = await service.rooms.enter_to_speak(room)
    for number, (participant, name, text) in enumerate(lines, len(await store.captions(room))):
        caption = a_caption(
            0,
            text,
            room=room,
            id=f"{sessions[participant]}.{number * 80_000}",
            participant=participant,
            speaker=name,
            lang=lang,
            source_lang=lang,
            start_seconds=number * 5.0,
            end_seconds=number * 5.0 + 4.5,
        )
        settled = await entered.append_final(
            caption, session=sessions[participant], durable_samples=(number + 1) * 80_000
        )
        ids.append(settled.id)
    return ids
