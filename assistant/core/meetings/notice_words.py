"""The words that people in a meeting are told, and may tell the listener, in the languages we have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class NoticeWords:
    """The wording of one language.

    Attributes:
        sender: Who speaks in the chat, and how the listener is called where it is seen.
        listening: Somebody listens.
        not_heard: What is told to who asked for it.
        heard_again: What is told to who was not heard before.
        refuse: What stands before the ways in which somebody says that they are not to be heard.
        agree: What stands before the ways in which somebody says that they are to be heard again.
        on_page: One way: a page of their own.
        in_chat: The other: `{word}` in the chat.
        or_: Between two ways.
        sign_name: Where it shows that somebody listens: `{name}` among the participants,
        sign_recording: the recording sign of the client,
        sign_page: or a page of one's own.
        panel: The client has a captions button.
        read: What stands before the address of the captions.
        page: What stands before the address of somebody's own page.
        cannot_hear: Nothing is heard for want of a key.
        minutes: There are minutes.
        nouns: What a word in the chat begins with, behind a slash; the first is told.
        no: Goes on with one of these who is not to be heard; the first is told.
        yes: Goes on with one of these who is to be heard; the first is told.
    """

    sender: str
    listening: str
    not_heard: str
    heard_again: str
    refuse: str
    agree: str
    on_page: str
    in_chat: str
    or_: str
    sign_name: str
    sign_recording: str
    sign_page: str
    panel: str
    read: str
    page: str
    cannot_hear: str
    minutes: str
    nouns: tuple[str, ...]
    no: tuple[str, ...]
    yes: tuple[str, ...]


WORDS: Mapping[str, NoticeWords] = MappingProxyType(
    {
        "en": NoticeWords(
            sender="Captions",
            listening="This meeting is being captioned and transcribed by its own server.",
            not_heard="You are not heard, as you asked: nothing you say is captioned or transcribed.",
            heard_again="You are heard again: what you say is captioned and transcribed.",
            refuse="Not to be heard:",
            agree="To be heard again:",
            on_page="your personal page (link below)",
            in_chat="“{word}” in this chat",
            or_="or",
            sign_name="While it listens, “{name}” is among the participants.",
            sign_recording="While it listens, the recording sign is on.",
            sign_page="Your personal page shows whether it listens.",
            panel="The captions button shows what is said.",
            read="Captions in other languages:",
            page="Your personal page, for you alone:",
            cannot_hear="This meeting is encrypted end to end; without its key nothing is heard.",
            minutes="The minutes of this meeting are published.",
            nouns=("captions", "caption", "subtitles"),
            no=("off", "no"),
            yes=("on", "yes"),
        ),
        "fr": NoticeWords(
            sender="Sous-titres",
            listening="Cette réunion est sous-titrée et transcrite par son propre serveur.",
            not_heard="Comme vous l’avez demandé, vous n’êtes pas entendu : rien de ce que vous dites n’est"
            " sous-titré ni transcrit.",
            heard_again="Vous êtes de nouveau entendu : ce que vous dites est sous-titré et transcrit.",
            refuse="Pour ne pas être entendu :",
            agree="Pour être de nouveau entendu :",
            on_page="votre page personnelle (lien ci-dessous)",
            in_chat="« {word} » dans ce tchat",
            or_="ou",
            sign_name="Tant qu’il écoute, « {name} » figure parmi les participants.",
            sign_recording="Tant qu’il écoute, le témoin d’enregistrement est allumé.",
            sign_page="Votre page personnelle montre s’il écoute.",
            panel="Le bouton des sous-titres affiche ce qui est dit.",
            read="Sous-titres en d’autres langues :",
            page="Votre page personnelle, pour vous seul :",
            cannot_hear="Cette réunion est chiffrée de bout en bout ; sans sa clé, rien n’est entendu.",
            minutes="Le compte rendu de cette réunion est publié.",
            nouns=("sous-titres", "sous titres", "sous-titre", "soustitres"),
            no=("non", "off"),
            yes=("oui", "on"),
        ),
        "de": NoticeWords(
            sender="Untertitel",
            listening="Diese Sitzung wird vom eigenen Server untertitelt und mitgeschrieben.",
            not_heard="Sie werden wie gewünscht nicht gehört: Nichts von dem, was Sie sagen, wird untertitelt"
            " oder mitgeschrieben.",
            heard_again="Sie werden wieder gehört: Was Sie sagen, wird untertitelt und mitgeschrieben.",
            refuse="Um nicht gehört zu werden:",
            agree="Um wieder gehört zu werden:",
            on_page="Ihre persönliche Seite (Link unten)",
            in_chat="„{word}“ in diesem Chat",
            or_="oder",
            sign_name="Solange er zuhört, steht „{name}“ unter den Teilnehmenden.",
            sign_recording="Solange er zuhört, leuchtet das Aufnahmezeichen.",
            sign_page="Ihre persönliche Seite zeigt, ob er zuhört.",
            panel="Die Untertitel-Taste zeigt, was gesagt wird.",
            read="Untertitel in anderen Sprachen:",
            page="Ihre persönliche Seite, nur für Sie:",
            cannot_hear="Diese Sitzung ist Ende-zu-Ende verschlüsselt; ohne ihren Schlüssel wird nichts"
            " gehört.",
            minutes="Das Protokoll dieser Sitzung ist veröffentlicht.",
            nouns=("untertitel",),
            no=("aus", "nein"),
            yes=("an", "ein", "ja"),
        ),
        "es": NoticeWords(
            sender="Subtítulos",
            listening="Esta reunión se subtitula y transcribe en su propio servidor.",
            not_heard="Como ha pedido, no se le escucha: nada de lo que dice se subtitula ni se transcribe.",
            heard_again="Se le escucha de nuevo: lo que dice se subtitula y transcribe.",
            refuse="Para que no se le escuche:",
            agree="Para que se le escuche de nuevo:",
            on_page="su página personal (enlace abajo)",
            in_chat="«{word}» en este chat",
            or_="o",
            sign_name="Mientras escucha, «{name}» figura entre los participantes.",
            sign_recording="Mientras escucha, la señal de grabación está encendida.",
            sign_page="Su página personal muestra si escucha.",
            panel="El botón de subtítulos muestra lo que se dice.",
            read="Subtítulos en otros idiomas:",
            page="Su página personal, solo para usted:",
            cannot_hear="Esta reunión está cifrada de extremo a extremo; sin su clave no se escucha nada.",
            minutes="El acta de esta reunión está publicada.",
            nouns=("subtítulos", "subtítulo"),
            no=("no",),
            yes=("sí",),
        ),
        "it": NoticeWords(
            sender="Sottotitoli",
            listening="Questa riunione è sottotitolata e trascritta dal proprio server.",
            not_heard="Come ha chiesto, non viene ascoltato: nulla di ciò che dice è sottotitolato o"
            " trascritto.",
            heard_again="Viene di nuovo ascoltato: ciò che dice è sottotitolato e trascritto.",
            refuse="Per non essere ascoltato:",
            agree="Per essere di nuovo ascoltato:",
            on_page="la Sua pagina personale (link sotto)",
            in_chat="«{word}» in questa chat",
            or_="oppure",
            sign_name="Finché ascolta, «{name}» è tra i partecipanti.",
            sign_recording="Finché ascolta, l’indicatore di registrazione è acceso.",
            sign_page="La Sua pagina personale mostra se ascolta.",
            panel="Il pulsante dei sottotitoli mostra ciò che si dice.",
            read="Sottotitoli in altre lingue:",
            page="La Sua pagina personale, solo per Lei:",
            cannot_hear="Questa riunione è cifrata da un capo all’altro; senza la sua chiave non si sente"
            " nulla.",
            minutes="Il verbale di questa riunione è pubblicato.",
            nouns=("sottotitoli",),
            no=("no",),
            yes=("sì",),
        ),
        "pt": NoticeWords(
            sender="Legendas",
            listening="Esta reunião é legendada e transcrita no seu próprio servidor.",
            not_heard="Como pediu, não é ouvido: nada do que diz é legendado nem transcrito.",
            heard_again="É ouvido de novo: o que diz é legendado e transcrito.",
            refuse="Para não ser ouvido:",
            agree="Para ser ouvido de novo:",
            on_page="a sua página pessoal (ligação abaixo)",
            in_chat="«{word}» neste chat",
            or_="ou",
            sign_name="Enquanto escuta, «{name}» está entre os participantes.",
            sign_recording="Enquanto escuta, o sinal de gravação está aceso.",
            sign_page="A sua página pessoal mostra se escuta.",
            panel="O botão das legendas mostra o que se diz.",
            read="Legendas noutras línguas:",
            page="A sua página pessoal, só para si:",
            cannot_hear="Esta reunião é cifrada de ponta a ponta; sem a sua chave nada é ouvido.",
            minutes="A ata desta reunião está publicada.",
            nouns=("legendas", "legenda"),
            no=("não",),
            yes=("sim",),
        ),
    }
)
"""By language."""
