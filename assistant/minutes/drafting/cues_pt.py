"""Portuguese: the words with which people decide, promise and ask."""

from __future__ import annotations

from assistant.minutes.drafting.cue_words import CueWords

_DO = (
    r"(?:enviar|mandar|preparar|redigir|escrever|ligar|telefonar|contactar|contatar|verificar|confirmar|organizar|"
    r"rever|revisar|atualizar|consultar|pedir|solicitar|reservar|convocar|distribuir|divulgar|publicar|apresentar|"
    r"coordenar|tratar d\w+|tratar|encarregar-(?:me|se)|ocupar-(?:me|se)|informar|elaborar|terminar|completar|comprar|"
    r"contratar|assinar|procurar|falar com|fazer (?:o|a|um|uma|os|as|isso)|dar resposta|entregar|transmitir|avisar|"
    r"marcar|agendar|cuidar d\w+)(?:-\w+)*"
)

WORDS = CueWords(
    decision=(
        r"\b(?:decidimos|acordamos|aprovamos|deliberamos|adotamos|escolhemos|rejeitamos|adiamos)\b",
        (
            r"\b(?:o (?:conselho|comité|comitê|tribunal|executivo)|a (?:câmara|comissão|assembleia|direção|junta)) "
            r"(?:\w+ )?(?:decide|delibera|aprova|adota|rejeita|autoriza|designa|determina)\b"
        ),
        (
            r"\b(?:fica|ficam|está|estão|é|foi|são) (?:\w+ )?(?:aprovad|decidid|acordad|adotad|rejeitad|adiad|deliberad|"
            r"designad)[oa]s?\b"
        ),
        r"\b(?:foi decidido|ficou (?:decidido|acordado|combinado)|está decidido)\b",
        (
            r"\b(?:ficamos com|vamos com|avançamos com|fazemos assim|optamos por|vamos avançar com)\b|\bpor unanimidade\b|"
            r"\b(?:decisão|deliberação)\s?:"
        ),
    ),
    decision_not=(
        r"\b(?:não|nunca|ninguém|nada|nenhum\w*|jamais)\b",
        (
            r"\b(?:poderíamos|podíamos|deveríamos|devíamos|seria|talvez|se|quando|antes de|até que|falta|é preciso|para) "
            r"(?:\w+ ){0,3}(?:decid|acord|aprov|adot|vot|deliber|escolh)"
        ),
    ),
    promise=(
        rf"\b(?:eu )?(?:vou|vamos|posso|comprometo-me a|irei) (?:\w+ )?{_DO}\b",
        (
            r"\b(?:eu trato|trato disso|encarrego-me|ocupo-me|fico (?:encarregad[oa]|responsável|de)|eu faço|deixa comigo|"
            r"deixem comigo|pode deixar|envio|mando|enviarei|prepararei|farei|contactarei|falarei com|verificarei|eu (?:envio|"
            r"preparo|ligo|verifico|confirmo|redijo|marco))\b"
        ),
    ),
    vow=(r"\b(?:vou|vamos) \w+r\b|\b\w{3,}r(?:ei|emos)\b|\b(?:vão|vai) (?:ter|receber)\b",),
    passive=(r"\b(?:será|serão) \w+(?:ado|ada|ido|ida)s?\b",),
    task=(
        (
            rf"\b(?:vai|vão|deve|devem|tem de|têm de|tem que|têm que|deverá|terá de|compromete-se a|ficou de|fica de) "
            rf"(?:\w+ )?{_DO}\b"
        ),
        (
            r"\b(?:encarrega-se de|ocupa-se d[eoa]|fica (?:encarregad[oa]|responsável)|será responsável|enviará|preparará|"
            r"redigirá|apresentará|contactará|tratará)\b"
        ),
    ),
    request=(
        rf"\b(?:podes|pode|podem|poderias?|poderia|por favor|consegues?|consegue) (?:\w+ ){{0,2}}{_DO}\b",
        r"\bquem (?:trata|fica|se encarrega|se ocupa|faz|pode)\b",
    ),
    action_not=(
        r"\b(?:não|nunca|ninguém|jamais)\b",
        (
            r"\bvou (?:dizer|começar|partilhar (?:o meu )?ecrã|compartilhar a tela|ser breve|passar a palavra|terminar|ler|"
            r"recordar|lembrar)"
        ),
        r"\bse (?:eu|ele|ela|pudesse|tivesse|fosse)\b|\b(?:poderia|deveria|teria|devia|podia) ",
    ),
    acceptance=(
        r"^(?:sim|claro|está bem|ok|de acordo|com certeza|perfeito|sem problema|eu|pode deixar|combinado)\b",
    ),
    refusal=(r"\b(?:não posso|não consigo|impossível|lamento|infelizmente|desculpe)\b",),
    question=(),
    question_not=(
        (
            r"\b(?:(?:estão|estás|está) a (?:ouvir|ver)|me (?:ouvem|ouvindo|escutam)|ouvem-me|o meu ecrã|minha tela|"
            r"o microfone)\b"
        ),
        r"(?:^|[,.] )(?:não|não é|certo|está bem|ok|sim|né|pois|como|desculpe|verdade) ?\?$",
        (
            r"^(?:votos (?:a favor|contra)|abstenções|quem (?:vota|está a favor)|alguma (?:questão|dúvida|pergunta|objeção)|"
            r"há (?:alguma|perguntas|objeções)|estamos todos|podemos (?:começar|continuar|passar|avançar)|começamos|tudo bem)"
        ),
    ),
    unanswered=(
        (
            r"\b(?:não sei|não sabemos|não faço ideia|logo se vê|temos de (?:ver|verificar|confirmar|perguntar)|boa pergunta|"
            r"(?:está |fica )?(?:pendente|em aberto)|ainda não|não tenho (?:o|a|esse|essa|esses))\b"
        ),
    ),
    assent=(r"^(?:de acordo|está bem|muito bem|perfeito|aprovado|combinado|feito|avancemos|fechado)\b",),
    proposal=(
        r"\b(?:proponho|sugiro|a minha proposta|poderíamos|podíamos|e se|que tal|propõe-se|por que não)\b",
    ),
    past=(
        (
            r"\b(?:no (?:ano|mês) passado|(?:o|a) (?:ano|mês|semana) passad[oa]|na semana passada|da última vez|na (?:última|"
            r"anterior) reunião|na reunião anterior|na altura|há (?:dois|duas|três|um|uma|\d+) (?:ano|mês|mes|semana|dia)\w*|"
            r"ontem|antigamente)\b"
        ),
        r"\b(?:tinha|tínhamos|tinham|havia) (?:\w+ )?(?:decidido|acordado|aprovado|combinado)\b",
    ),
)
