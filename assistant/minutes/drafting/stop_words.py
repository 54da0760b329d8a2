"""Words that say nothing of what a sentence is about, by language, those of spoken hesitation among them."""

from __future__ import annotations

from collections.abc import Mapping

_WORDS = {
    "fr": """
        a à afin ai aie aient ainsi alors après as au aucun aussi autre aux avait avant avec avez avoir
        avons bah ben beaucoup bien bon bonjour car ce ceci cela celle celles celui ces cet cette ceux
        chaque chose ci comme comment d dans de depuis des deux devant devons dire dis dit dite dois doit
        donc dont du déjà elle elles en encore entre es est et étaient était été êtes être eu euh eux fait
        faire faut fois font hein hop ici il ils j jai je jusqu l la là le les leur leurs lui m ma
        maintenant mais me même mes moi moins mon n ne ni non nos notre nous on ont or ou où ouais oui par
        parce pas peu peut peux plus plutôt pour pourquoi pouvez pouvons près puis qu quand que quel
        quelle quelles quels quelque qui quoi rien s sa sais sans se sera serait ses si son sont sous sur
        suis t ta tant te tel tes toi ton toujours tous tout toute toutes très trop tu un une va vais vas
        vers veut veux voilà voir vont vos votre vous vraiment vu y merci madame monsieur mesdames
        messieurs point points juste petit
    """,
    "en": """
        a about actually after again all also am an and any are as at back be because been before being
        but by can cannot could did do does doing done down each er even every few for from get go going
        good got had has have having he hello her here hers him his how i if in into is it its just know
        let like little lot made make many may maybe me mean might mm more most much must my need no not
        now of off oh ok okay on once one only or other our out over own really right said same say see
        she should so some still such sure than thank thanks that the their them then there these they
        thing things think this those through to too two uh um under up us very want was way we well were
        what when where which while who why will with would yeah yes yet you your d ll m re s t ve item
    """,
    "de": """
        aber ab als also am an auch auf aus bei beim bin bis bitte da dabei damit danach dann das dass
        dein dem den denn der des die dies diese diesem diesen dieser dieses doch dort du durch eben ein
        eine einem einen einer eines er es etwas euch für gab ganz gar gegen genau gibt gut haben habe hat
        hatte hatten hier hin ich ihm ihn ihnen ihr ihre im in ins ist ja jede jeder jedes jetzt kann kein
        keine können könnte machen mal man mehr mein mich mir mit muss müssen nach nein nicht nichts noch
        nun nur ob oder ohne ok sagen schon sehr sein seine sich sie sind so soll sollen sollte sondern
        über um und uns unser unter viel vom von vor wann war waren was weil wenn wer werde werden wie
        wieder will wir wird wo wollen worden würde würden zu zum zur zwei äh ähm danke punkt
    """,
    "es": """
        a al algo ahora algunas algunos ante antes aquí así aunque bien bueno cada casi como con cual
        cuando de del desde donde dos e el él ella ellas ellos en entonces entre era eran es esa esas ese
        eso esos esta está están estas este esto estos estoy fue fueron gracias ha había hace hacer
        haciendo han hasta hay he hemos la las le les lo los más me mi mientras mis mismo mucho muy nada
        ni no nos nosotros nuestra nuestro o os otra otro para pero poco por porque pues puede pueden que
        qué quien se sea ser si sí sin sobre solo son soy su sus también tan tanto te tenemos tener tengo
        tiene tienen todo todos tu un una uno unos usted ustedes va vamos vale ver vez y ya yo eh punto
    """,
    "pt": """
        a à agora ah ainda algo alguma algum ao aos aqui as às assim até bem bom cada com como cá da das
        de dela dele deles depois desde deve dia disso do dois dos e é ela elas ele eles em então entre
        era eram essa esse esta está estamos estão estar este eu faz fazer foi for foram gente há isso
        isto já la lá lhe mais mas me mesmo meu minha muito na nada não nas nem no nos nós nossa nosso num
        numa o obrigada obrigado onde os ou para pela pelo pelos por porque pode podem pois pra quando que
        quem quer se seja sem ser será seu seus só sobre sua são também te tem têm temos tenho ter tinha
        toda todas todo todos tudo um uma umas uns vai vamos você vocês vou ponto
    """,
    "it": """
        a abbiamo ad adesso ai al alla alle allo allora altra altro anche ancora avere aveva bene c che
        chi ci cioè come con cosa così cui da dai dal dalla dalle degli dei del della delle dello di
        dobbiamo dopo dove due e è ecco ed era erano essere fa fare fatto gli grazie ha hanno ho i il in
        io la le lei li lo loro lui ma mai me meno mi mio molto ne nei nel nella nelle no noi non nostra
        nostro o ogni oggi per perché però più poco poi può qua quale quando quello questa questo qui
        quindi quanto sarà se sei sempre senza si sì sia siamo sono sta stata stato su sua sul sulla suo
        te tra tu tutti tutto un una uno va vi voi vuole punto
    """,
}

STOP_WORDS: Mapping[str, frozenset[str]] = {lang: frozenset(words.split()) for lang, words in _WORDS.items()}
"""By BCP-47 primary subtag."""
