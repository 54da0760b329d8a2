"""Spanish: the words with which people decide, promise and ask."""

from __future__ import annotations

from assistant.minutes.drafting.cue_words import CueWords

_DO = (
    r"(?:enviar(?:l\w+|os)?|mandar(?:l\w+)?|preparar(?:l\w+)?|redactar(?:l\w+)?|escribir|llamar(?:l\w+)?|contactar|"
    r"comprobar(?:l\w+)?|verificar(?:l\w+)?|organizar(?:l\w+)?|revisar(?:l\w+)?|actualizar|consultar(?:l\w+)?|"
    r"pedir|solicitar|reservar|convocar|distribuir|difundir|publicar|presentar (?:un|el|la)|coordinar|gestionar|"
    r"encargar(?:me|se)|ocupar(?:me|se)|informar|elaborar|terminar|completar|comprar|contratar|firmar|buscar|"
    r"hablar con|hacer (?:el|la|un|una|los|las)|dar(?:l\w+)? respuesta|entregar|transmitir|avisar)"
)

WORDS = CueWords(
    decision=(
        r"\b(?:decidimos|acordamos|aprobamos|resolvemos|adoptamos|elegimos|rechazamos|aplazamos)\b",
        (
            r"\b(?:el (?:pleno|consejo|comité|tribunal|ayuntamiento)|la (?:junta|comisión|asamblea)) (?:\w+ )?(?:decide|"
            r"acuerda|aprueba|adopta|resuelve|rechaza|autoriza|designa)\b"
        ),
        (
            r"\b(?:queda|quedan|es|está|están|se da por|hemos|ha sido) (?:\w+ )?(?:aprobad|acordad|decidid|adoptad|"
            r"rechazad|aplazad|designad|resuelt)[oa]s?\b"
        ),
        r"\b(?:hemos|se ha) (?:decidido|acordado|aprobado|resuelto)\b|\bse (?:aprueba|acuerda|decide|adopta|rechaza)\b",
        (
            r"\b(?:nos quedamos con|vamos con|lo hacemos así|hagámoslo así|adelante con|optamos por)\b|"
            r"\bpor unanimidad\b|\bacuerdo\s?:"
        ),
    ),
    decision_not=(
        r"\b(?:no|nunca|nadie|nada|ningun\w*|tampoco)\b",
        (
            r"\b(?:podríamos|deberíamos|habría|sería|quizás?|tal vez|si|cuando|antes de|hasta que|falta|hay que|para) "
            r"(?:\w+ ){0,3}(?:decid|acord|aprob|adopt|vot|resol|elegi)"
        ),
    ),
    promise=(
        rf"\b(?:yo )?(?:me |les? |te |os |lo |la |se )*(?:voy a|vamos a|puedo|me comprometo a) (?:\w+ )?{_DO}\b",
        (
            r"\b(?:me (?:encargo|ocupo)|yo lo (?:hago|preparo|envío)|les? (?:envío|mando|enviaré|mandaré)|"
            r"(?:enviaré|prepararé|redactaré|llamaré|haré|contactaré|revisaré|comprobaré|consultaré|organizaré|hablaré con|"
            r"pediré|presentaré|avisaré|me encargaré|me ocuparé))\b"
        ),
    ),
    vow=(r"\b(?:voy|vamos) a \w+r\b|\b\w{3,}r(?:é|emos)\b|\blo (?:tendrán|tendrás|tendrá)\b",),
    passive=(r"\b(?:será|serán|se) \w+(?:ado|ada|ido|ida|ará|erá|irá)s?\b",),
    task=(
        (
            rf"\b(?:va a|van a|debe|deben|tiene que|tienen que|deberá|tendrá que|se compromete a|queda en) "
            rf"(?:\w+ )?{_DO}\b"
        ),
        (
            r"\b(?:se (?:encarga|encargará|ocupa|ocupará) de|queda encargad[oa] de|será responsable de|enviará|preparará|"
            r"redactará|presentará|contactará|revisará|coordinará)\b"
        ),
    ),
    request=(
        rf"\b(?:puedes?|pueden|podrías?|podrían|podéis|por favor|quieres?) (?:\w+ ){{0,2}}{_DO}\b",
        r"\bquién (?:se encarga|se ocupa|lo hace|puede)\b",
    ),
    action_not=(
        r"\b(?:no|nunca|tampoco|nadie)\b",
        r"\bvoy a (?:decir|empezar|comenzar|compartir (?:mi )?pantalla|ser breve|dar la palabra|terminar|leer|recordar)",
        r"\b(?:si|aunque) (?:yo|él|ella|se|pudiera|tuviera|fuera)\b|\b(?:podría|debería|habría|tendría) ",
    ),
    acceptance=(r"^(?:sí|si|claro|vale|de acuerdo|por supuesto|perfecto|sin problema|yo|lo|me)\b",),
    refusal=(r"\b(?:no puedo|imposible|lo siento|por desgracia|no me)\b",),
    question=(r"^¿",),
    question_not=(
        r"\b(?:me (?:oyen|oyes|escuchan|escuchas|oís)|mi pantalla|el micro)\b",
        r"(?:^|[,.] ?¿?)(?:no|verdad|vale|de acuerdo|sí|cierto|eh|cómo|perdón) ?\?$",
        (
            r"^¿?(?:votos (?:a favor|en contra)|abstenciones|quién (?:está a favor|vota)|alguna (?:pregunta|duda|objeción)|"
            r"hay (?:alguna|preguntas|objeciones)|estamos todos|podemos (?:empezar|continuar|pasar)|empezamos|todo bien)"
        ),
    ),
    unanswered=(
        (
            r"\b(?:no (?:lo )?sé|no sabemos|ni idea|ya veremos|habrá que (?:ver|comprobar|consultar|preguntar)|buena "
            r"pregunta|(?:está )?pendiente|todavía no|aún no|no tengo (?:el|la|ese|esa))\b"
        ),
    ),
    assent=(r"^(?:de acuerdo|vale|muy bien|perfecto|aprobado|acordado|hecho|adelante|trato hecho)\b",),
    proposal=(r"\b(?:propongo|sugiero|mi propuesta|podríamos|qué tal si|se propone|por qué no)\b",),
    past=(
        (
            r"\b(?:el (?:año|mes) pasado|la semana pasada|la última vez|en la (?:última|anterior) reunión|entonces|"
            r"hace (?:dos|tres|un|una|\d+) (?:año|mes|semana|día)\w*|ayer|antes|en su día)\b"
        ),
        r"\b(?:había|habíamos|habían) (?:\w+ )?(?:decidido|acordado|aprobado)\b",
    ),
)
