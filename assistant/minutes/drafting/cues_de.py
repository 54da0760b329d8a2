"""German: the words with which people decide, promise and ask."""

from __future__ import annotations

from assistant.minutes.drafting.cue_words import CueWords

_DO = (
    r"(?:schicken|zuschicken|senden|zusenden|vorbereiten|schreiben|erstellen|klären|abklären|prüfen|überprüfen|"
    r"anrufen|kontaktieren|organisieren|verteilen|aktualisieren|nachfragen|kümmern|übernehmen|weiterleiten|"
    r"bestellen|buchen|planen|ausarbeiten|entwerfen|verschicken|melden|zurückmelden|informieren|einladen|besorgen|"
    r"nachreichen|vorlegen|ergänzen|fertigstellen|beauftragen|veröffentlichen|einholen|abstimmen mit|berichten|"
    r"zusammenstellen|einreichen|unterschreiben|testen|nachsehen|nachschauen)"
)

WORDS = CueWords(
    decision=(
        (
            r"\b(?:wir|der (?:rat|gemeinderat|stadtrat|ausschuss|vorstand)|die (?:versammlung|kommission)|das "
            r"(?:gremium|gericht)) (?:\w+ )?(?:beschließ(?:en|t)|entscheide[nt]?|genehmig(?:en|t)|verabschiede[nt]|"
            r"einigen uns|nehmen den|nimmt den|stimm(?:en|t) (?:dem|der) \w+ zu|lehn(?:en|t) .{1,60} ab|vertag(?:en|t))\b"
        ),
        (
            r"\b(?:damit |so |das |es |hiermit )?(?:ist|sind|wird|werden) (?:\w+ ){0,4}(?:beschlossen|angenommen|"
            r"genehmigt|entschieden|verabschiedet|abgelehnt|vereinbart|vertagt|gewählt|bestätigt)\b"
        ),
        r"\bwir haben (?:\w+ ){0,4}(?:beschlossen|entschieden|vereinbart|uns geeinigt)\b",
        (
            r"\b(?:wir machen (?:das|es) so|machen wir (?:das|es) so|dann nehmen wir|wir nehmen (?:die|den|das)|"
            r"wir bleiben (?:bei|dabei)|dabei bleibt es|so machen wir(?:'s| es| das))\b|\bbeschluss\s?:"
        ),
        r"\beinstimmig (?:angenommen|beschlossen)\b",
    ),
    decision_not=(
        r"\b(?:nicht|nichts|niemand|kein\w*|nie)\b",
        r"\b(?:könnten|sollten|müssten|würden|würde|könnte|sollte|wäre|wären|wenn|falls|sobald|bevor|ob|vielleicht)\b",
        r"\b(?:zu entscheiden|zu beschließen|entscheiden müssen|muss .{0,30} (?:entscheiden|beschließen))\b",
    ),
    promise=(
        rf"\bich (?:werde |kann )?(?:\w+ ){{0,8}}{_DO}\b",
        (
            r"\bich (?:kümmere mich|übernehme|schicke|sende|bereite|schreibe|erstelle|kläre|prüfe|rufe|frage|organisiere|"
            r"verteile|aktualisiere|leite|bestelle|melde mich|mache (?:das|es)|hole|lege|reiche|informiere|lade)\b"
        ),
        rf"\bwir (?:werden )(?:\w+ ){{0,8}}{_DO}\b|\b(?:kümmere|übernehme|mache|schicke) ich\b",
    ),
    vow=(r"\b(?:ich|wir) (?:werden?|\w+e) .{0,60}\b(?:bis|am|vor)\b|\bsie bekommen\b",),
    passive=(r"\b(?:wird|werden|muss|müssen) .{2,60}\b\w*ge\w+(?:t|en)\b",),
    task=(
        rf"\b(?:wird|werden|soll|sollen|muss|müssen) (?:\w+ ){{0,9}}{_DO}\b",
        r"\b(?:kümmert sich|übernimmt|ist zuständig für|ist verantwortlich für|wird beauftragt)\b",
    ),
    request=(
        rf"\b(?:können sie|kannst du|könnten sie|könntest du|würden sie|würdest du|bitte) (?:\w+ ){{0,9}}{_DO}\b",
        r"\bwer (?:kümmert sich|übernimmt|macht das)\b",
    ),
    action_not=(
        r"\b(?:nicht|nichts|kein\w*|nie|niemals)\b",
        r"\bich (?:würde|könnte|möchte (?:sagen|anmerken)|wollte|hätte|darf (?:sie )?begrüßen|teile (?:mal )?meinen)\b",
        r"\b(?:wenn|falls) (?:ich|wir|er|sie|man)\b",
    ),
    acceptance=(r"^(?:ja|gerne?|klar|natürlich|okay|ok|selbstverständlich|mache ich|in ordnung|gut|ich)\b",),
    refusal=(r"\b(?:nein|leider|ich kann nicht|geht nicht|unmöglich)\b",),
    question=(),
    question_not=(
        r"\b(?:hören|höre|hört) (?:sie |ihr |man )?(?:mich|uns)\b|\bmein(?:en)? bildschirm\b|\bmikro",
        r"(?:^|[,.] )(?:oder|nicht wahr|ja|okay|richtig|gell|stimmt's|wirklich|bitte|wie bitte) ?\?$",
        (
            r"^(?:wer ist (?:dafür|dagegen)|gegenstimmen|enthaltungen|(?:gibt es|haben sie|noch) (?:\w+ )?(?:fragen|"
            r"einwände|anmerkungen|wortmeldungen)|sind alle|können wir (?:anfangen|beginnen|weiter)|alles klar)"
        ),
    ),
    unanswered=(
        (
            r"\b(?:weiß ich nicht|ich weiß (?:es )?nicht|keine ahnung|mal sehen|muss (?:ich|man|noch) .{0,20}"
            r"(?:klären|prüfen|nachsehen)|gute frage|noch (?:nicht klar|offen|unklar)|wird (?:noch )?geklärt)\b"
        ),
    ),
    assent=(
        r"^(?:gut|okay|ok|einverstanden|in ordnung|abgemacht|beschlossen|angenommen|so machen wir|passt|perfekt)\b",
    ),
    proposal=(
        (
            r"\b(?:ich schlage vor|mein vorschlag|wir könnten|wie wäre es|vorschlag|ich würde vorschlagen|es wird "
            r"vorgeschlagen)\b"
        ),
    ),
    past=(
        (
            r"\b(?:letztes (?:jahr|mal)|letzten (?:monat|mal)|letzte (?:woche|sitzung)|in der letzten sitzung|damals|"
            r"vor (?:zwei|drei|einem|einer|\d+) (?:jahr|monat|woche|tag)\w*|gestern|früher|im vorjahr)\b"
        ),
        r"\b(?:hatte|hatten|wurde|wurden) (?:\w+ ){0,5}(?:beschlossen|entschieden|vereinbart|genehmigt)\b",
    ),
)
