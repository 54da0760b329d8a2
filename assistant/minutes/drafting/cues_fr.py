"""French: the words with which people decide, promise and ask."""

from __future__ import annotations

from assistant.minutes.drafting.cue_words import CueWords

_DO = (
    r"(?:appeler|rappeler|arranger|avertir|chercher|chiffrer|commander|compiler|compléter|consulter|contacter|"
    r"convoquer|coordonner|corriger|créer|demander|déposer|diffuser|distribuer|rédiger|écrire|élaborer|envoyer|"
    r"renvoyer|établir|étudier|examiner|finaliser|formaliser|fournir|informer|inscrire|installer|interroger|"
    r"lancer|relancer|mettre (?:à jour|en place|à disposition|en ligne|ça au propre)|modifier|monter un|négocier|"
    r"organiser|ouvrir un|partager (?:le|la|les|ça|ce)|planifier|prendre (?:contact|rendez-vous|attache|en charge)|"
    r"préparer|prévenir|produire|programmer|publier|recenser|recontacter|récupérer|reprendre (?:contact|le|la|les)|"
    r"réserver|revenir vers|revoir|saisir (?:le|la|l')|signer|solliciter|soumettre|suivre (?:le|la|l'|ce|ça)|"
    r"traiter|transmettre|trouver|valider (?:le|la|les|ça)|vérifier|voir (?:avec|ça|si|cela)|remonter|"
    r"faire (?:le|la|les|un|une|ça|cela|suivre|passer|remonter|parvenir|partir|en sorte|circuler|chiffrer|valider|"
    r"signer|relire|une|des)|me renseigner|se renseigner|nous revenir|tester|corriger|assurer|rencontrer|inviter|"
    r"joindre|relire|rassembler|collecter|afficher|réunir|mener|conduire|désigner|recruter|acheter|auditer)"
)
_DOES = (
    r"(?:appelle|rappelle|contacte|recontacte|convoque|coordonne|corrige|demande|dépose|diffuse|distribue|rédige|"
    r"écris|écrit|envoie|renvoie|établis|établit|étudie|examine|finalise|fournis|fournit|informe|inscris|inscrit|"
    r"installe|interroge|lance|relance|mets|met|modifie|négocie|organise|planifie|prépare|préviens|prévient|publie|"
    r"récupère|réserve|reviens vers|revient vers|revois|saisis|sollicite|soumets|soumet|suis le|traite|"
    r"transmets|transmet|trouve|vérifie|regarde (?:ça|cela|avec|si)|vois (?:avec|ça)|voit avec|fais (?:le|la|les|un|"
    r"une|ça|cela|suivre|passer|circuler)|fait (?:suivre|passer|le point|circuler)|charge de|occupe|"
    r"m'y colle|prends (?:ça|le|la|les|contact|en charge|rendez-vous|l'|note et)|prend (?:en charge|contact|le|la)|"
    r"complète|chiffre|commande|signe|teste|assure|rencontre|invite|joins|relis|rassemble|partage (?:le|la|les|ça))"
)
_WILL = (
    r"(?:appellera|contactera|enverra|renverra|fera|préparera|rédigera|écrira|transmettra|vérifiera|relancera|"
    r"organisera|diffusera|finalisera|convoquera|consultera|verra (?:avec|si)|prendra (?:contact|en charge|"
    r"rendez-vous|le|la|l')|mettra|étudiera|examinera|proposera|présentera|reviendra (?:vers|avec)|établira|lancera|"
    r"demandera|informera|publiera|complétera|chiffrera|se chargera|s'occupera|s'en chargera|s'en occupera|"
    r"assurera|réservera|saisira|traitera|soumettra|déposera|rencontrera|coordonnera|fournira|remettra|"
    r"rendra compte|communiquera|tiendra informé|récupérera|rappellera|signera|suivra)"
)
_OBJECT = r"(?:(?:vous|te|le|la|les|lui|leur|l'|en|y|m'en|nous|t'|me|m')\s*){0,3}"
_NOW = r"(?:(?:donc|alors|aussi|bien|quand même|tout de suite|du coup|volontiers|personnellement) ){0,2}"

WORDS = CueWords(
    decision=(
        (
            r"\b(?:nous|on) (?:décid(?:e|ons) (?:donc )?(?:de|d'|que|qu')|valid(?:e|ons)|adopt(?:e|ons)|retien(?:t|s)|"
            r"retenons|approuv(?:e|ons)|act(?:e|ons)|tranch(?:e|ons)|opt(?:e|ons) pour|choisi(?:t|ssons)|ajourn(?:e|ons)|"
            r"report(?:e|ons)|renonc(?:e|ons)|écart(?:e|ons)|repouss(?:e|ons)|abandonn(?:e|ons)|accord(?:e|ons))\b"
        ),
        (
            r"\b(?:je|j') ?(?:décide|tranche|acte que|arrête (?:donc )?que|valide|approuve|autorise|accorde|refuse (?:le|la|"
            r"l'|les)|donne mon accord)\b"
        ),
        r"\b(?:marque(?:nt)?|donne(?:nt)?|marquons|donnons) (?:son|leur|notre) accord\b|\best mise? en délibéré\b",
        r"\bce sera (?:donc |alors |plutôt )?(?:le|la|les|l'|un|une|des)\b|\b(?:voilà|c'est) (?:donc )?ce qu'on fait\b",
        r"\b(?:à partir de (?:maintenant|demain|lundi|la rentrée|janvier|septembre|ce jour)|dorénavant|désormais,? on)\b",
        r"\bn'est (?:donc |finalement )?pas (?:accordée?|adoptée?|retenue?|approuvée?)\b|^adoptée?s?[.! ]*$",
        (
            r"\b(?:c'est|est|sont|voilà qui est|ainsi) (?:donc |alors |bien |définitivement |finalement )?"
            r"(?:décidé|validé|adopté|acté|approuvé|entendu|arrêté|retenu|voté|tranché|accordé|rejeté|refusé|ajourné|"
            r"reporté|repoussé|maintenu|désigné|élu|nommé|autorisé|confirmé|retiré|attribué|fixé)e?s?\b"
        ),
        r"\badopté(?:e)?s? à (?:l'unanimité|la majorité)",
        (
            r"\b(?:il est|il a été|nous avons|on a|est-il) (?:donc |finalement |bien )?(?:décidé|convenu|acté|arrêté) "
            r"(?:de|d'|que|qu')"
        ),
        (
            r"\b(?:le|la|l'|les) ?(?:conseil|comité|commission|assemblée|tribunal|cour|bureau|jury|collège|direction|"
            r"directoire|chambre|instance|csa|cse|ca|comex|codir|élus) (?:\w+ ){0,2}?"
            r"(?:décide(?:nt)?|approuve(?:nt)?|adopte(?:nt)?|autorise(?:nt)?|désigne(?:nt)?|ordonne|condamne|valide(?:nt)?|"
            r"retient|rejette(?:nt)?|émet un avis|donne (?:un )?(?:avis|acte|son accord)|arrête|prononce|accorde)\b"
        ),
        (
            r"\bon (?:part|reste|s'arrête|se met d'accord|se cale|est parti) (?:donc |alors |du coup )?"
            r"(?:là-dessus|là dessus|sur|pour|avec)\b"
        ),
        r"\b(?:on|faisons|nous) (?:fait|faisons|va faire|fera)? ?(?:donc )?(?:comme (?:ça|cela))\b",
        (
            r"\bon (?:garde|prend|conserve|maintient|signe avec|choisit|démarre|supprime|annule|arrête|lance|bascule) "
            r"(?:donc |alors |plutôt )?(?:le|la|les|l'|sur|avec|cette|ce|un|une)"
        ),
        r"\b(?:va|c'est parti|c'est bon|ok|d'accord) pour (?:le|la|les|l'|un|une|cette|ce|qu|\w+ (?:heures|euros))",
        r"\bla décision est (?:donc )?prise\b|\bdécision\s?:",
        r"\bnotre choix (?:se porte|est)|\bl'affaire est entendue\b",
        r"\bc'est (?:donc )?(?:la|le|l') ?\w+ (?:\w+ )?qui (?:est|l'emporte|gagne)\b",
        r"\bl'emporte\b.*\bvoix\b|\ble (?:vœu|texte|projet|rapport|procès-verbal|budget) est (?:donc )?\w+é\b",
    ),
    decision_not=(
        (
            r"\b(?:ne|n') ?(?:\w+ ){0,3}?(?:pas|rien|jamais|toujours pas)(?: \w+){0,3}? (?:décid|valid|act|convenu|vot|"
            r"tranch|arrêt|choisi|fix)"
        ),
        r"\b(?:personne|rien|aucune?)\b[^,;]{0,20} n[e']",
        r"\b(?:pourrait|pourrions|faudrait|devrait|devrions|aimerait|voudrais|voudrait|souhaiterait|serait|seraient)\b",
        (
            r"\b(?:si|quand|lorsque|dès que|avant que|tant que|une fois qu(?:e|'))\b[^,]*"
            r"\b(?:décid|valid|adopt|vot|approuv|retien|accept)"
        ),
        (
            r"\b(?:avant de|pour|sans|à|de|faut|peut|va|allons|vais|doit|devons|il reste à) (?:\w+ )?"
            r"(?:décider|trancher|valider|adopter|voter|choisir)\b"
        ),
        r"\b(?:sera|seront) (?:décidé|adopté|voté|validé|tranché)|\bpeut-être\b|\bje (?:crois|pense|suppose) qu",
        r"\bc'est (?:bien )?(?:entendu|noté)[ .]*$",
    ),
    promise=(
        (
            rf"\b(?:je|j') ?{_OBJECT}(?:vais|compte|m'engage à|me propose (?:de|d')|me charge (?:de|d')|"
            rf"m'occupe (?:de|d')|veux bien) {_NOW}{_OBJECT}{_DO}\b"
        ),
        rf"\b(?:je|j') ?{_OBJECT}(?!demande (?:à|au|aux)\b|charge [A-ZÉ]){_DOES}\b",
        rf"\b(?:je|j') ?{_OBJECT}(?:{_WILL}i)\b",
        (
            r"\bje (?:m'en|m'y|le|la|les|vous le|te le|te les|vous les) (?:charge|occupe|colle|fais|prends|transmets|"
            r"envoie|note et)\b|\bje m'occuperai|\bje me chargerai|\bje reviendrai vers|\bje ferai\b|\bj'enverrai\b"
        ),
        rf"\b(?:on|nous) {_OBJECT}(?:va|allons) {_NOW}{_OBJECT}{_DO}\b",
        r"\b(?:c'est|je suis) (?:pour moi|preneuse?|volontaire)\b|\bcomptez sur moi\b|\blaissez-moi m'en\b",
        r"\bje peux (?:m'en (?:charger|occuper)|m'y coller|le faire|les? (?:envoyer|préparer|appeler))\b",
        (
            rf"\b(?:on|nous) {_OBJECT}(?:vous enverra|enverrons|ferons|reviendrons vers|préparerons|transmettrons|"
            r"prendrons contact|vérifierons|vous transmettrons|diffuserons)\b"
        ),
        rf"^(?:(?:oui|ok|d'accord|bon|alors|très bien|entendu)[, ]+)*{_OBJECT}je {_OBJECT}(?!demande (?:à|au|aux)\b){_DOES}\b",
    ),
    vow=(
        (
            r"\b(?:je|j'|on|nous) ?(?:(?:vous|te|le|la|les|lui|leur|en|y|m'en|l'|t'|me|m') ?){0,3}(?:vais|va|allons|\w{2,}rai|"
            r"\w{2,}rons)\b"
        ),
        r"\b(?:vous|tu) (?:l'|les |le |la )?aur(?:ez|as)\b|\bje vous (?:le|la|les) (?:fais|donne|rends)\b|\bs'y met\b",
        r"\bce sera fait\b|\bpar mes soins\b",
    ),
    passive=(
        (
            r"\bser(?:a|ont) (?:\w+ )?(?:réclamé|adressé|envoyé|transmis|communiqué|rédigé|préparé|publié|notifié|affiché|"
            r"distribué|contacté|informé|convoqué|organisé|remis|fourni|établi|vérifié|corrigé|déposé|saisi|demandé|"
            r"réalisé|présenté|livré|mis (?:à jour|en ligne))e?s?\b"
        ),
        r"\b(?:il faut|il nous faut|faut|à faire|à (?:rendre|envoyer|transmettre|compléter|signer))\b",
    ),
    task=(
        (
            rf"\b(?:va|vont|doit|doivent|devra|devront|pourra|se charge (?:de|d')|s'occupe (?:de|d')|est chargée? "
            rf"(?:de|d')|sont chargée?s (?:de|d')|aura à|a pour mission (?:de|d')|s'engage à|reste à charge) "
            rf"{_NOW}{_OBJECT}{_DO}\b"
        ),
        rf"\b{_OBJECT}{_WILL}\b",
        (
            r"\b(?:s'en (?:charge|occupe)|se charge (?:de|d'|du|des)|s'occupe (?:de|d'|du|des)|est chargée? (?:de|d'|du)|"
            r"prend en charge|à charge pour)\b"
        ),
        (
            r"\bc'est (?:[A-ZÉÈÀ]\S+|M\.|Mme|le service|la direction|l'équipe)[^.?!]{0,30} qui (?:s'en |se |va |fera |"
            r"fait |prend |prépare|rédige|envoie|appelle)"
        ),
        (
            rf"\b(?:il faut|faudra|il faudra|il conviendra|on demande à|je demande à|je charge|je propose qu(?:e|')) "
            rf"[^.?!]{{2,50}}?\b(?:{_DO}|{_DOES}|{_WILL}|fasse|envoie|prépare|rédige|prenne)\b"
        ),
        r"\bmerci à \S+(?: \S+)? (?:de|d'|pour) " + _DO,
    ),
    request=(
        (
            rf"\b(?:peux-tu|pouvez-vous|pourrais-tu|pourriez-vous|tu peux|vous pouvez|tu pourrais|vous pourriez|"
            rf"voulez-vous bien|veux-tu bien|tu veux bien|vous voulez bien|merci de|je te laisse|je vous laisse|"
            rf"je te demande (?:de|d')|je vous demande (?:de|d')|je compte sur (?:toi|vous) pour|il faudrait que tu|"
            rf"il faut que tu|il faut que vous|tu vas|vous allez|tu me|vous me|n'oublie pas de|n'oubliez pas de|pense à|"
            rf"pensez à) {_NOW}{_OBJECT}(?:{_DO}|envoies?|fasses?|prépares?|vois|voyez)\b"
        ),
        (
            r"\b(?:tu|vous) (?:me|nous) (?:fais|faites|envoies?|envoyez|prépares?|préparez|rappelles?|rappelez|donnes?|donnez|"
            r"transmets|transmettez|rédiges?|rédigez|trouves?|trouvez|tiens|tenez au courant)\b"
        ),
        r"\bje compte sur (?:toi|vous|\w+|m\. \w+|mme \w+) pour\b|\bs'il (?:vous|te) plaît\b.*\b(?:pour|avant|d'ici)\b",
        (
            r"\b(?:tu t'en|vous vous en|tu peux t'en|vous pouvez vous en) (?:charges?|occupes?|chargez|occupez|charger|"
            r"occuper)\b"
        ),
        r"\bqui (?:s'en charge|s'en occupe|s'y colle|prend (?:ça|ce point|le sujet)|peut (?:s'en|le faire|prendre))",
    ),
    action_not=(
        r"\b(?:je|j'|on|nous|il|elle)[^,.;]{0,12}\b(?:ne|n')[^,.;]{0,30}\b(?:pas|rien|plus|jamais|guère)\b",
        r"\b(?:pas (?:pour|à) moi|pas mon|pas notre) (?:rôle|travail|métier|boulot|sujet)|\bpas pour moi\b",
        (
            r"\b(?:vais|va|allons) (?:vous |te )?(?:dire|commencer|laisser|partager mon écran|être bref|passer la parole|"
            r"donner la parole|vous donner lecture|conclure|terminer|rappeler (?:que|les|le|la|l')|lire|citer|résumer|"
            r"faire court|faire vite|faire le tour|faire un (?:petit )?(?:tour|point rapide)|parler|revenir (?:sur|dessus)|"
            r"voir (?:ensemble|tout à l'heure|plus loin)|demander (?:le silence|à chacun|qui))"
        ),
        r"\bje (?:vous |te )?(?:rappelle|demande (?:pardon|un instant|le silence|la parole)) (?:que|qu'|le|la)?",
        r"\bje (?:trouve|vous prie|vous remercie|pourrais|devrais|voudrais|aurais|ferais|l'aurais)\b",
        r"\b(?:si|sinon|au cas où|à supposer que|quand bien même)\b (?:je|j'|on|nous|il|elle|le|la|tu|vous)\b",
        r"\b(?:faudrait|aurait|pourrait|devrait) (?:peut-être |un jour |bien )?\w*",
        (
            r"\bje (?:suis|vais) (?:désolée?|au regret)|\bqui va (?:me )?(?:dire|payer)|\bje prends la parole\b|"
            r"\bje mets (?:aux voix|au vote)\b|\bje (?:fais|fais juste) (?:une|un) (?:remarque|parenthèse|rappel|point)\b|"
            r"\bje prends (?:acte|note|bonne note)|\bje lance (?:le|la) (?:vote|débat|discussion)"
        ),
    ),
    acceptance=(
        (
            r"^(?:ah |bon |ben |euh )*(?:oui|ouais|d'accord|ok(?:ay)?|entendu|très bien|bien sûr|pas de (?:problème|souci)|"
            r"c'est noté|noté|volontiers|absolument|sans problème|avec plaisir|je m'en|je le|je peux|bien entendu|parfait|"
            r"ça marche|c'est bon|tout à fait|je (?:vous |te )?l|je (?:vous|te)|moi|je)\b"
        ),
    ),
    refusal=(
        (
            r"\b(?:non|impossible|je ne (?:peux|pourrai|suis)|je n'ai pas|pas possible|désolée?|malheureusement|"
            r"pas moi|je préfère pas|ça va être compliqué)\b"
        ),
    ),
    question=(
        (
            r"^(?:et |mais |alors |donc |bon )*(?:est-ce qu[e']|qu'est-ce qu[ei']|pourquoi |comment (?:est-ce|on|va|allons|"
            r"fait)|combien |qui est-ce qui|à quelle|quelle? est |quels? sont |quand est-ce|où est-ce)"
        ),
    ),
    question_not=(
        (
            r"\b(?:m'entend|m'entendez|entendez|entendent|voyez mon|voit mon|mon écran|mon micro|le micro|ton micro|votre "
            r"micro|la caméra)\b"
        ),
        (
            r"\b(?:n'est-ce pas|non|hein|d'accord|ok|pas vrai|vous voyez|tu vois|vous comprenez|vous savez|tu sais|"
            r"c'est bon|ça va|ça marche|on est d'accord|tout le monde est là|on y va|on commence|on peut commencer|"
            r"c'est clair|compris|vraiment|ah bon|pardon|comment) ?\?$"
        ),
        (
            r"\b(?:qui est (?:pour|contre)|qui s'abstient|des (?:abstentions|oppositions|votes? contre)|"
            r"(?:y a-t-il|il y a) (?:des|d'autres|une) (?:questions?|remarques?|observations?|oppositions?|abstentions?)|"
            r"pas d'(?:objection|opposition|autres?)|abstentions?|contre|pour) ?\?$"
        ),
        (
            r"^(?:qui est (?:pour|contre)|qui s'abstient|d'autres (?:questions|remarques|points)|des questions|"
            r"des remarques|une question|avez-vous des questions|quelqu'un (?:veut|souhaite|a une)|qui (?:veut|souhaite) "
            r"(?:prendre|intervenir|commencer)|vous (?:voulez|souhaitez) (?:prendre|ajouter|intervenir|la parole)|"
            r"tout le monde (?:est|a|m|voit|entend)|vous êtes (?:là|prêts)|on (?:passe|commence|continue|peut (?:passer|y))|"
            r"je (?:peux|continue|commence)|puis-je|est-ce que je peux|est-ce que tout le monde|quoi de neuf|"
            r"vous en pensez quoi|ça va|comment (?:ça va|allez-vous|vas-tu)|que dire|qui n'a pas|qui ne|"
            r"mais qui peut|à quoi bon|franchement)"
        ),
    ),
    unanswered=(
        (
            r"\b(?:je (?:ne )?sais pas|j(?:e n)?'?en sais rien|on verra|à vérifier|à voir|il faut(?:dra)? (?:vérifier|voir|"
            r"regarder|qu'on (?:vérifie|regarde|voie))|je n'ai pas (?:la|de) réponse|pas (?:la|de) réponse|bonne question|"
            r"on (?:ne|n')(?:en)? ?sait|on y reviendra|je me renseigne|je vais (?:me renseigner|vérifier|regarder)|"
            r"pas encore|aucune idée|je n'ai pas (?:l'info|l'information|le chiffre|les chiffres)|reste (?:ouverte?|posée|"
            r"à)|à ce stade|je ne peux pas (?:vous )?(?:répondre|dire)|on n'a pas (?:tranché|de réponse|l'info)|"
            r"il faudra (?:poser|demander)|question (?:reste|est) (?:ouverte|posée|en suspens)|en suspens)\b"
        ),
    ),
    assent=(
        (
            r"^(?:bon |alors |donc |eh bien )*(?:d'accord|ok(?:ay)?|très bien|parfait|entendu|adjugé|adopté|accordé|validé|"
            r"ça me va|ça nous va|je valide|on valide|c'est (?:d'accord|bon|acté|validé|décidé|vendu|noté pour)|allons-y|"
            r"on y va|vendu|marché conclu|banco)\b"
        ),
    ),
    proposal=(
        (
            r"\b(?:je (?:vous )?propose|je suggère|proposition|on (?:pourrait|peut|ferait mieux)|et si on|si on|nous "
            r"proposons|l'idée serait|il est proposé|je serais d'avis)\b"
        ),
    ),
    past=(
        (
            r"\b(?:l'an (?:dernier|passé)|l'année (?:dernière|passée)|la dernière fois|le mois dernier|la semaine dernière|"
            r"lors (?:de la|du) (?:dernière?|précédente?)|à l'époque|dans le temps|il y a (?:deux|trois|quatre|cinq|dix|"
            r"un|une|quelques|\d+) (?:ans?|mois|semaines?|jours?)|précédemment|en (?:19|20)\d\d\b(?! (?:nous|on) )|"
            r"la réunion (?:précédente|passée|dernière)|jadis|autrefois|hier|avant-hier)\b"
        ),
        r"\b(?:le procès-verbal|le compte[- ]rendu|les archives|le registre) (?:\w+ ){0,3}(?:dit|indique|mentionne|montre)",
        r"\b(?:avait|avaient|avions|avais|avez) (?:\w+ )?(?:décidé|convenu|acté|validé|voté|adopté|retenu|dit|promis)\b",
        r"\ba(?:vait)? été (?:adopté|voté|décidé|validé)e?s? (?:en|le|l'|au|lors|par le conseil d)",
    ),
)
