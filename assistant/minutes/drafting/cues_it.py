"""Italian: the words with which people decide, promise and ask."""

from __future__ import annotations

from assistant.minutes.drafting.cue_words import CueWords

_DO = (
    r"(?:inviar\w*|mandar\w*|preparar\w*|redigere|scriver\w*|chiamar\w*|contattar\w*|verificar\w*|controllar\w*|"
    r"organizzar\w*|riveder\w*|aggiornar\w*|consultar\w*|chieder\w*|richieder\w*|prenotar\w*|convocar\w*|distribuir\w*|"
    r"diffonder\w*|pubblicar\w*|presentar\w*|coordinar\w*|occupar(?:mi|si|cene|mene|sene)|informar\w*|elaborar\w*|"
    r"completar\w*|comprar\w*|firmar\w*|cercar\w*|parlar\w* con|fare (?:il|la|un|una|i|le)|farlo|consegnar\w*|"
    r"trasmetter\w*|avvisar\w*|fissar\w*|sentire)"
)

WORDS = CueWords(
    decision=(
        r"\b(?:decidiamo|approviamo|deliberiamo|adottiamo|scegliamo|respingiamo|rinviamo|stabiliamo)\b",
        (
            r"\b(?:il (?:consiglio|comitato|tribunale)|la (?:giunta|commissione|direzione)|l'assemblea) (?:\w+ )?(?:decide|"
            r"delibera|approva|adotta|respinge|autorizza|designa|stabilisce)\b"
        ),
        (
            r"\b(?:è|sono|viene|resta|risulta) (?:\w+ )?(?:approvat|decis|adottat|respint|rinviat|deliberat|stabilit|"
            r"concordat|designat)[oaie]\b"
        ),
        r"\b(?:abbiamo|si è) (?:\w+ )?(?:deciso|approvato|stabilito|concordato|deliberato)\b",
        (
            r"\b(?:andiamo con|facciamo così|restiamo su|scegliamo|procediamo con|optiamo per)\b|\ball'unanimità\b|"
            r"\b(?:decisione|delibera)\s?:"
        ),
    ),
    decision_not=(
        r"\b(?:non|mai|nessun\w*|niente|nulla|neanche)\b",
        (
            r"\b(?:potremmo|dovremmo|sarebbe|forse|se|quando|prima di|finché|bisogna|per) (?:\w+ ){0,3}(?:decid|approv|adott|"
            r"vot|deliber|scegli|decis)"
        ),
    ),
    promise=(
        (
            rf"\b(?:io )?(?:vi |ti |le |lo |la |gli |mi |ve |te |ce )*(?:lo |la |li |le |ne )*(?:posso|possiamo|vado a|"
            rf"mi impegno a|provvedo a|intendo) {_DO}\b"
        ),
        (
            r"\b(?:me ne occupo|ci penso io|mi occupo|me ne incarico|lo faccio io|lo preparo|vi (?:mando|invio)|ti (?:mando|"
            r"invio)|le (?:mando|invio)|(?:invierò|manderò|preparerò|scriverò|chiamerò|contatterò|verificherò|controllerò|"
            r"organizzerò|parlerò con|farò|chiederò|presenterò|aggiornerò|mi occuperò|me ne occuperò))\b"
        ),
    ),
    vow=(r"\b\w{3,}r(?:ò|emo)\b|\blo (?:avrete|avrai|avrà)\b|\bvi (?:do|faccio)\b",),
    passive=(r"\b(?:sarà|saranno|verrà|verranno) \w+(?:ato|ata|ito|ita|uto|uta|ati|ate)\b",),
    task=(
        rf"\b(?:deve|devono|dovrà|dovranno|si impegna a|è incaricat[oa] di) (?:\w+ )?{_DO}\b",
        (
            r"\b(?:se ne (?:occupa|occuperà)|si (?:occupa|occuperà) d\w+|sarà responsabile|invierà|preparerà|redigerà|"
            r"presenterà|contatterà|verificherà|coordinerà|manderà|farà)\b"
        ),
    ),
    request=(
        rf"\b(?:puoi|può|potete|potresti|potrebbe|potreste|per favore|per cortesia) (?:\w+ ){{0,2}}{_DO}\b",
        r"\bchi (?:se ne occupa|ci pensa|lo fa|può)\b",
    ),
    action_not=(
        r"\b(?:non|mai|nessuno|neanche)\b",
        (
            r"\b(?:vado a|vorrei|devo) (?:dire|cominciare|iniziare|condividere|essere breve|dare la parola|concludere|leggere|"
            r"ricordare)"
        ),
        r"\bse (?:io|lui|lei|potessi|avessi|fosse)\b|\b(?:potrei|dovrei|avrei|farei|sarebbe) ",
    ),
    acceptance=(
        r"^(?:sì|si|certo|va bene|ok|d'accordo|certamente|perfetto|nessun problema|io|lo|ci|volentieri)\b",
    ),
    refusal=(r"\b(?:non posso|non riesco|impossibile|mi dispiace|purtroppo)\b",),
    question=(),
    question_not=(
        r"\b(?:mi (?:sentite|senti|vedete)|il mio schermo|il microfono)\b",
        r"(?:^|[,.] )(?:no|vero|giusto|va bene|ok|sì|eh|come|scusi|d'accordo) ?\?$",
        (
            r"^(?:voti (?:a favore|contrari)|astenuti|contrari|favorevoli|chi (?:è favorevole|vota|si astiene)|(?:ci sono )?"
            r"(?:domande|obiezioni|osservazioni)|qualche domanda|siamo tutti|possiamo (?:iniziare|cominciare|continuare|"
            r"passare)|tutto bene)"
        ),
    ),
    unanswered=(
        (
            r"\b(?:non (?:lo )?so|non sappiamo|nessuna idea|vedremo|bisogna (?:vedere|verificare|chiedere)|bella domanda|"
            r"buona domanda|(?:è |resta )?(?:da (?:vedere|verificare|chiarire)|in sospeso)|non ancora|non ho (?:il|la|i|le))\b"
        ),
    ),
    assent=(r"^(?:d'accordo|va bene|molto bene|perfetto|approvato|deciso|fatto|andiamo avanti|ok)\b",),
    proposal=(
        r"\b(?:propongo|suggerisco|la mia proposta|potremmo|che ne dite|e se|si propone|perché non)\b",
    ),
    past=(
        (
            r"\b(?:l'anno scorso|il mese scorso|la settimana scorsa|l'ultima volta|nell'ultima (?:riunione|seduta)|allora|"
            r"(?:due|tre|un|una|\d+) (?:ann[oi]|mes[ei]|settiman[ae]|giorn[oi]) fa|ieri|una volta)\b"
        ),
        r"\b(?:aveva|avevamo|avevano|era stato) (?:\w+ )?(?:deciso|approvato|concordato|stabilito)\b",
    ),
)
