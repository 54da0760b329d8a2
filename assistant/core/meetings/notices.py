"""What people in a meeting are told when a listener comes: fixed wording, in the languages we have."""

from __future__ import annotations

from collections.abc import Iterable

NOTICE_TOPIC = "meeting-assistant"
"""The topic of the data messages that say who listens, where captions can be read and what is published."""

_LISTENING = {
    "en": (
        "This meeting is being captioned and transcribed by its own server. "
        "You can ask not to be heard at any time."
    ),
    "fr": (
        "Cette réunion est sous-titrée et transcrite par son propre serveur. "
        "Vous pouvez à tout moment demander à ne pas être entendu."
    ),
    "de": (
        "Diese Sitzung wird vom eigenen Server untertitelt und mitgeschrieben. "
        "Sie können jederzeit verlangen, nicht gehört zu werden."
    ),
    "es": (
        "Esta reunión se subtitula y transcribe en su propio servidor. "
        "Puede pedir en cualquier momento que no se le escuche."
    ),
    "it": (
        "Questa riunione è sottotitolata e trascritta dal proprio server. "
        "Può chiedere in ogni momento di non essere ascoltato."
    ),
    "pt": (
        "Esta reunião é legendada e transcrita no seu próprio servidor. "
        "Pode pedir a qualquer momento para não ser ouvido."
    ),
}

_READ = {
    "en": "Captions in other languages:",
    "fr": "Sous-titres en d’autres langues :",
    "de": "Untertitel in anderen Sprachen:",
    "es": "Subtítulos en otros idiomas:",
    "it": "Sottotitoli in altre lingue:",
    "pt": "Legendas noutras línguas:",
}

_CANNOT_HEAR = {
    "en": "This meeting is encrypted end to end; without its key nothing is heard.",
    "fr": "Cette réunion est chiffrée de bout en bout ; sans sa clé, rien n’est entendu.",
    "de": "Diese Sitzung ist Ende-zu-Ende verschlüsselt; ohne ihren Schlüssel wird nichts gehört.",
    "es": "Esta reunión está cifrada de extremo a extremo; sin su clave no se escucha nada.",
    "it": "Questa riunione è cifrata da un capo all’altro; senza la sua chiave non si sente nulla.",
    "pt": "Esta reunião é cifrada de ponta a ponta; sem a sua chave nada é ouvido.",
}

_MINUTES = {
    "en": "The minutes of this meeting are published.",
    "fr": "Le compte rendu de cette réunion est publié.",
    "de": "Das Protokoll dieser Sitzung ist veröffentlicht.",
    "es": "El acta de esta reunión está publicada.",
    "it": "Il verbale di questa riunione è pubblicato.",
    "pt": "A ata desta reunião está publicada.",
}

NOTICE_LANGUAGES = frozenset(_LISTENING)
"""Languages in which there is a notice."""


def listening_notices(languages: Iterable[str]) -> dict[str, str]:
    """Return the notice that somebody listens, by language; in English where none of them is known."""
    return _in(languages, _LISTENING)


def deaf_notices(languages: Iterable[str]) -> dict[str, str]:
    """Return the notice that nothing can be heard for want of a key, by language."""
    return _in(languages, _CANNOT_HEAR)


def minutes_notices(languages: Iterable[str]) -> dict[str, str]:
    """Return the notice that minutes are published, by language."""
    return _in(languages, _MINUTES)


def with_link(notices: dict[str, str], url: str) -> str:
    """Return all notices as one text for people, with the address where captions can be read."""
    lines = list(notices.values())
    if url:
        lines.append(f"{_READ[next(iter(notices))]} {url}")
    return "\n".join(lines)


def _in(languages: Iterable[str], wording: dict[str, str]) -> dict[str, str]:
    chosen = [lang for lang in dict.fromkeys(languages) if lang in wording]
    return {lang: wording[lang] for lang in chosen or ["en"]}
