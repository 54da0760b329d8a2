"""The fixed words of minutes and transcripts, in six languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wording:
    """Each attribute is what its name says in English; `{…}` are filled in."""

    minutes: str
    transcript: str
    draft: str
    approved: str
    published: str
    version: str
    organisation: str
    date: str
    time: str
    place: str
    languages: str
    reference: str
    translated: str
    attendance: str
    name: str
    role: str
    presence: str
    arrival: str
    departure: str
    present: str
    excused: str
    absent: str
    agenda: str
    discussion: str
    decisions: str
    votes: str
    actions: str
    questions: str
    subject: str
    in_favour: str
    against: str
    abstentions: str
    result: str
    unanimous: str
    adopted: str
    rejected: str
    tied: str
    who: str
    what: str
    due: str
    all_decisions: str
    all_actions: str
    next_meeting: str
    annexes: str
    not_discussed: str
    nothing_said: str
    nothing_found: str
    stale: str
    chair: str
    secretary: str
    level: str
    copy: str
    page: str
    original: str
    translation: str
    public_version: str
    until: str
    colon: str = ":"


_EN = Wording(
    minutes="Minutes",
    transcript="Transcript",
    draft="Draft",
    approved="Approved",
    published="Published",
    version="version {number}",
    organisation="Organisation",
    date="Date",
    time="Time",
    place="Place",
    languages="Languages spoken",
    reference="The {language} version is the reference.",
    translated="Translated by machine.",
    attendance="Attendance",
    name="Name",
    role="Role",
    presence="Attendance",
    arrival="Arrived",
    departure="Left",
    present="present",
    excused="excused",
    absent="absent",
    agenda="Agenda",
    discussion="Discussion",
    decisions="Decisions",
    votes="Votes",
    actions="Actions",
    questions="Open questions",
    subject="Subject",
    in_favour="For",
    against="Against",
    abstentions="Abstentions",
    result="Result",
    unanimous="unanimous",
    adopted="adopted",
    rejected="rejected",
    tied="tied",
    who="Who",
    what="What",
    due="By",
    all_decisions="Summary of decisions",
    all_actions="Summary of actions",
    next_meeting="Next meeting",
    annexes="Annexes",
    not_discussed="This item was not discussed.",
    nothing_said="Nothing was said in this meeting.",
    nothing_found="Nothing to record.",
    stale="the words were corrected since; to be checked",
    chair="Chair",
    secretary="Secretary",
    level="Protection level",
    copy="Copy {number} – {recipient}",
    page="page {page} of {pages}",
    original="As it was said",
    translation="Translation",
    public_version="Public version",
    until="to",
)

_FR = Wording(
    minutes="Compte rendu",
    transcript="Transcription",
    draft="Projet",
    approved="Approuvé",
    published="Publié",
    version="version {number}",
    organisation="Organisme",
    date="Date",
    time="Horaires",
    place="Lieu",
    languages="Langues parlées",
    reference="La version en {language} fait foi.",
    translated="Traduction automatique.",
    attendance="Présences",
    name="Nom",
    role="Qualité",
    presence="Présence",
    arrival="Arrivée",
    departure="Départ",
    present="présent(e)",
    excused="excusé(e)",
    absent="absent(e)",
    agenda="Ordre du jour",
    discussion="Débats",
    decisions="Décisions",
    votes="Votes",
    actions="Actions",
    questions="Questions en suspens",
    subject="Objet",
    in_favour="Pour",
    against="Contre",
    abstentions="Abstentions",
    result="Résultat",
    unanimous="à l’unanimité",
    adopted="adopté",
    rejected="rejeté",
    tied="partage des voix",
    who="Qui",
    what="Quoi",
    due="Échéance",
    all_decisions="Relevé des décisions",
    all_actions="Relevé des actions",
    next_meeting="Prochaine réunion",
    annexes="Annexes",
    not_discussed="Ce point n’a pas été abordé.",
    nothing_said="Rien n’a été dit au cours de cette réunion.",
    nothing_found="Rien à relever.",
    stale="les paroles ont été corrigées depuis ; à vérifier",
    chair="Le président ou la présidente",
    secretary="Le ou la secrétaire de séance",
    level="Niveau de protection",
    copy="Exemplaire n° {number} – {recipient}",
    page="page {page} sur {pages}",
    original="Propos tenus",
    translation="Traduction",
    public_version="Version publique",
    until="à",
    colon=" :",
)

_DE = Wording(
    minutes="Protokoll",
    transcript="Wortprotokoll",
    draft="Entwurf",
    approved="Genehmigt",
    published="Veröffentlicht",
    version="Fassung {number}",
    organisation="Organisation",
    date="Datum",
    time="Zeit",
    place="Ort",
    languages="Gesprochene Sprachen",
    reference="Maßgeblich ist die Fassung auf {language}.",
    translated="Maschinell übersetzt.",
    attendance="Anwesenheit",
    name="Name",
    role="Funktion",
    presence="Anwesenheit",
    arrival="Gekommen",
    departure="Gegangen",
    present="anwesend",
    excused="entschuldigt",
    absent="abwesend",
    agenda="Tagesordnung",
    discussion="Aussprache",
    decisions="Beschlüsse",
    votes="Abstimmungen",
    actions="Aufgaben",
    questions="Offene Fragen",
    subject="Gegenstand",
    in_favour="Dafür",
    against="Dagegen",
    abstentions="Enthaltungen",
    result="Ergebnis",
    unanimous="einstimmig",
    adopted="angenommen",
    rejected="abgelehnt",
    tied="Stimmengleichheit",
    who="Wer",
    what="Was",
    due="Bis",
    all_decisions="Übersicht der Beschlüsse",
    all_actions="Übersicht der Aufgaben",
    next_meeting="Nächste Sitzung",
    annexes="Anlagen",
    not_discussed="Dieser Punkt wurde nicht behandelt.",
    nothing_said="In dieser Sitzung wurde nichts gesagt.",
    nothing_found="Nichts festzuhalten.",
    stale="die Worte wurden seither berichtigt; zu prüfen",
    chair="Vorsitz",
    secretary="Protokollführung",
    level="Schutzstufe",
    copy="Ausfertigung {number} – {recipient}",
    page="Seite {page} von {pages}",
    original="Wie gesprochen",
    translation="Übersetzung",
    public_version="Öffentliche Fassung",
    until="bis",
)

_ES = Wording(
    minutes="Acta",
    transcript="Transcripción",
    draft="Borrador",
    approved="Aprobada",
    published="Publicada",
    version="versión {number}",
    organisation="Organismo",
    date="Fecha",
    time="Horario",
    place="Lugar",
    languages="Lenguas habladas",
    reference="La versión de referencia es la escrita en {language}.",
    translated="Traducción automática.",
    attendance="Asistencia",
    name="Nombre",
    role="Cargo",
    presence="Asistencia",
    arrival="Llegada",
    departure="Salida",
    present="presente",
    excused="excusa su asistencia",
    absent="ausente",
    agenda="Orden del día",
    discussion="Debate",
    decisions="Acuerdos",
    votes="Votaciones",
    actions="Tareas",
    questions="Cuestiones pendientes",
    subject="Asunto",
    in_favour="A favor",
    against="En contra",
    abstentions="Abstenciones",
    result="Resultado",
    unanimous="por unanimidad",
    adopted="aprobado",
    rejected="rechazado",
    tied="empate",
    who="Quién",
    what="Qué",
    due="Plazo",
    all_decisions="Resumen de acuerdos",
    all_actions="Resumen de tareas",
    next_meeting="Próxima reunión",
    annexes="Anexos",
    not_discussed="Este punto no se trató.",
    nothing_said="No se dijo nada en esta reunión.",
    nothing_found="Nada que consignar.",
    stale="las palabras se han corregido desde entonces; pendiente de revisión",
    chair="Presidencia",
    secretary="Secretaría",
    level="Nivel de protección",
    copy="Ejemplar n.º {number} – {recipient}",
    page="página {page} de {pages}",
    original="Lo dicho",
    translation="Traducción",
    public_version="Versión pública",
    until="a",
)

_PT = Wording(
    minutes="Ata",
    transcript="Transcrição",
    draft="Projeto",
    approved="Aprovada",
    published="Publicada",
    version="versão {number}",
    organisation="Organismo",
    date="Data",
    time="Horário",
    place="Local",
    languages="Línguas faladas",
    reference="A versão de referência é a escrita em {language}.",
    translated="Tradução automática.",
    attendance="Presenças",
    name="Nome",
    role="Cargo",
    presence="Presença",
    arrival="Chegada",
    departure="Saída",
    present="presente",
    excused="falta justificada",
    absent="ausente",
    agenda="Ordem do dia",
    discussion="Debate",
    decisions="Deliberações",
    votes="Votações",
    actions="Tarefas",
    questions="Questões em aberto",
    subject="Assunto",
    in_favour="A favor",
    against="Contra",
    abstentions="Abstenções",
    result="Resultado",
    unanimous="por unanimidade",
    adopted="aprovado",
    rejected="rejeitado",
    tied="empate",
    who="Quem",
    what="O quê",
    due="Prazo",
    all_decisions="Resumo das deliberações",
    all_actions="Resumo das tarefas",
    next_meeting="Próxima reunião",
    annexes="Anexos",
    not_discussed="Este ponto não foi tratado.",
    nothing_said="Nada foi dito nesta reunião.",
    nothing_found="Nada a registar.",
    stale="as palavras foram corrigidas entretanto; a verificar",
    chair="Presidência",
    secretary="Secretariado",
    level="Nível de proteção",
    copy="Exemplar n.º {number} – {recipient}",
    page="página {page} de {pages}",
    original="O que foi dito",
    translation="Tradução",
    public_version="Versão pública",
    until="às",
)

_IT = Wording(
    minutes="Verbale",
    transcript="Trascrizione",
    draft="Bozza",
    approved="Approvato",
    published="Pubblicato",
    version="versione {number}",
    organisation="Ente",
    date="Data",
    time="Orario",
    place="Luogo",
    languages="Lingue parlate",
    reference="Fa fede la versione in {language}.",
    translated="Traduzione automatica.",
    attendance="Presenze",
    name="Nome",
    role="Qualifica",
    presence="Presenza",
    arrival="Arrivo",
    departure="Uscita",
    present="presente",
    excused="assente giustificato",
    absent="assente",
    agenda="Ordine del giorno",
    discussion="Discussione",
    decisions="Decisioni",
    votes="Votazioni",
    actions="Azioni",
    questions="Questioni aperte",
    subject="Oggetto",
    in_favour="Favorevoli",
    against="Contrari",
    abstentions="Astenuti",
    result="Esito",
    unanimous="all’unanimità",
    adopted="approvato",
    rejected="respinto",
    tied="parità",
    who="Chi",
    what="Che cosa",
    due="Entro",
    all_decisions="Riepilogo delle decisioni",
    all_actions="Riepilogo delle azioni",
    next_meeting="Prossima riunione",
    annexes="Allegati",
    not_discussed="Questo punto non è stato trattato.",
    nothing_said="In questa riunione non è stato detto nulla.",
    nothing_found="Nulla da rilevare.",
    stale="le parole sono state corrette in seguito; da verificare",
    chair="La presidenza",
    secretary="Il segretario o la segretaria",
    level="Livello di protezione",
    copy="Copia n. {number} – {recipient}",
    page="pagina {page} di {pages}",
    original="Quanto detto",
    translation="Traduzione",
    public_version="Versione pubblica",
    until="–",
)

WORDINGS: Mapping[str, Wording] = {"en": _EN, "fr": _FR, "de": _DE, "es": _ES, "pt": _PT, "it": _IT}


def wording_of(lang: str) -> Wording:
    """Return the words of a language; English ones where there are none."""
    return WORDINGS.get(lang.split("-", maxsplit=1)[0], _EN)
