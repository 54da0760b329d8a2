"""English: the words with which people decide, promise and ask."""

from __future__ import annotations

from assistant.minutes.drafting.cue_words import CueWords

_DO = (
    r"(?:arrange|ask|assemble|book|brief|bring|build|buy|call|check|chase|circulate|collect|compile|complete|"
    r"confirm|contact|coordinate|correct|create|deliver|distribute|do (?:it|that|this|the)|draft|draw up|email|"
    r"e-mail|fill in|file|finali[sz]e|find (?:out|a|the|someone)|fix|follow up|forward|gather|get (?:back|in touch|"
    r"hold|the|you|them|that|a|it)|give (?:you|them|him|her) (?:a|the)|handle|hire|inform|install|instruct|invite|"
    r"investigate|issue|let (?:you|everyone|them|the|him|her) know|liaise|look (?:into|at|up)|make (?:sure|a|the)|"
    r"meet (?:with)?|monitor|move the|negotiate|notify|obtain|order|organi[sz]e|pass (?:it|that|this)|phone|"
    r"pick (?:it|that|this) up|plan|post|prepare|print|produce|provide|publish|pull (?:together|the)|put "
    r"(?:together|it|that|a|the)|raise (?:it|that|this|a|the)|recruit|redraft|remind|reply|report back|request|"
    r"review|revise|ring|run (?:it|that|the)|schedule|see (?:if|whether|to|what)|send|serve|set up|share (?:it|the "
    r"(?:document|draft|file|slides|figures|report|link|minutes|notes)|those|them|that)|sign|sort|speak (?:to|with)|"
    r"submit|summari[sz]e|supply|take (?:it|that|this|care|the lead|on|an action)|talk to|test|track|update|"
    r"upload|verify|visit|work (?:on|out|up|with)|write|draft|own)"
)
_NOW = r"(?:(?:also|then|just|gladly|certainly|definitely|probably|personally|now|happily|quickly) ){0,2}"

WORDS = CueWords(
    decision=(
        (
            r"\b(?:we|the (?:council|board|committee|court|panel|trust|team|group|cabinet|commission|members)) "
            r"(?:\w+ )?(?:have |has )?(?:now |therefore |hereby |just |all )?"
            r"(?:decide[sd]?|resolve[sd]?|agree[sd]? (?:to|that|on)|approve[sd]?|adopt(?:s|ed)?|endorse[sd]?|"
            r"ratif(?:y|ies|ied)|authori[sz]e[sd]?|appoint(?:s|ed)?|order(?:s|ed) that|grant(?:s|ed)?|reject(?:s|ed)?|"
            r"accept(?:s|ed)?)\b"
        ),
        (
            r"\b(?:it is|it's|that's|that is|this is|is|are|so) (?:now |therefore |hereby |all |duly |unanimously |then )?"
            r"(?:decided|agreed|approved|adopted|settled|carried|passed|resolved|ratified|confirmed|accepted|rejected|"
            r"dismissed|declined|granted|denied|refused|defeated|deferred|postponed|adjourned to|appointed|elected)\b"
        ),
        (
            r"\b(?:motion|resolution|amendment|proposal|application|appeal|minutes|budget|plan|policy|order)\b[^.?!]{0,40} "
            r"(?:is |are |has been |have been )?(?:carried|carries|passe[sd]|adopted|approved|defeated|fails|falls|"
            r"rejected|dismissed|granted|refused|lost|declined|agreed)\b"
        ),
        (
            r"\b(?:we'll|we will|we're going to|let's|we are going to|we shall|i'll|let us) (?:just |then |therefore |"
            r"all |stick |now )*(?:go (?:with|for|ahead)|stick (?:with|to)|keep (?:the|it|this|that)|adopt|proceed (?:with|on)|"
            r"choose|pick (?:the|option)|drop (?:the|it|that)|cancel|postpone|defer|call it|settle (?:on|for)|opt for|"
            r"roll (?:it )?out|switch to|move to (?:the|a) (?:new|second|monthly|weekly)|park (?:the|it|that)|use the|"
            r"renew|close the|allocate|take option|do it that way|make it)\b"
        ),
        r"^(?:\w+,? )?(?:settled|approved|carried)[,.]? ?(?:then|so|unanimously)?[.,!]?$|\bagreed,? (?:then|so)\b",
        (
            r"\b(?:from (?:now|here) on|as of (?:today|now|tomorrow|\w+day|january|september)|with (?:immediate )?effect|"
            r"starting (?:next|from|on|today|now|\w+day)|effective (?:from|immediately))\b"
        ),
        (
            r"\b(?:that's final|no exceptions|it's final|final answer|end of discussion)\b|\bit passes\b|"
            r"\b\w+ it (?:is|will be)(?:,? then)?[.!]?$"
        ),
        (
            r"^(?:good|right|okay|ok|fine|done|so|very well|all right)[,.] (?:\w+ ){1,8}(?:go(?:es)?|starts?|stays?|moves?|"
            r"skips?|comes?|runs?|stops?|ends?) (?:\w+ ){0,6}"
        ),
        (
            r"\bagreed(?:,)? then\b|\bso agreed\b|\bthe decision is\b|\bdecision\s?:|\bwe're agreed\b|\bwe are agreed\b|"
            r"\bwe have a decision\b|\bthe ayes have it\b|\bcarried unanimously\b|\bi (?:find|rule|direct|order) (?:that|for|"
            r"the)\b|\bthat's (?:the|our) (?:plan|decision|choice) then\b|\bit's a (?:deal|go)\b|\bwe're going with\b|"
            r"\bwe go with\b|\bwe go for\b|\bgreen light\b|\bwe're all in favou?r\b"
        ),
        r"\b(?:option|plan|proposal|version|scenario) \w+ it is\b|\b\w+ it is,? then\b|\bgood to go with\b",
    ),
    decision_not=(
        (
            r"\b(?:not|never|n't|no one|nobody|nothing|neither|without|none)\b[^.;]{0,40}\b(?:decid|agree|approv|adopt|resol|"
            r"vot|settl|accept|sign)"
        ),
        r"\b(?:haven't|hasn't|hadn't|didn't|don't|doesn't|can't|cannot|couldn't|won't|wouldn't|isn't|aren't|not yet)\b",
        (
            r"\b(?:could|might|may|would|should|ought to|wish|perhaps|maybe|suppose|supposing|if|unless|until|whether|once|"
            r"when|before|assuming|provided)\b[^.;]{0,60}\b(?:decid|agree|approv|adopt|resol|vot|settl|go (?:with|for)|accept|"
            r"pass|carr|order)"
        ),
        (
            r"\b(?:to|can|must|needs? to|have to|has to|going to have to) (?:be )?(?:decide|decided|agree on|approved|"
            r"voted)\b"
        ),
        r"\b(?:i think|i believe|i guess|i thought|they say|you'd think)\b[^.;]{0,20}\b(?:we )?(?:agreed|decided)\b",
        r"\bi (?:quite |totally |fully )?agree(?: with)?\b(?! to| that we)|\bwe (?:all )?agree (?:on that|with you)[.]?$",
    ),
    promise=(
        (
            rf"\bi(?:'ll| will| shall|'m going to| am going to|'m happy to|'d be happy to| can|'m gonna| promise to|"
            rf" undertake to| plan to|'ve got to| need to| have to| intend to) {_NOW}{_DO}\b"
        ),
        (
            rf"\b(?:let me|allow me to) {_NOW}(?:check|find out|get back|look into|follow up|chase|confirm|draft|send|"
            r"take (?:that|it|this))\b"
        ),
        rf"\bwe(?:'ll| will| shall|'re going to| are going to) {_NOW}(?:need to |have to )?{_DO}\b",
        (
            r"\b(?:leave (?:it|that|this) (?:with|to) me|i'm on it|i'll take (?:it|that|this|care)|i'll own|that's on me|"
            r"i've got (?:it|this|that one)|count on me|put me down for|i'm happy to (?:take|do|pick)|i volunteer|"
            r"i can (?:take|do|own) (?:that|it|this)|consider it done|mine to do|i'll pick)\b"
        ),
    ),
    vow=(
        (
            r"\b(?:i|we)(?:'ll| will| shall|'m going to| can have)\b|\byou(?:'ll| will) (?:have|get) (?:it|them|that|the|a)\b|"
            r"\bexpect (?:it|them|that) from (?:me|us)\b"
        ),
    ),
    passive=(
        r"\b(?:will|shall|must|is to|are to|has to|have to|needs? to) be \w+(?:ed|en|t|wn|de|ne|ld)\b",
        r"\bneeds? (?:\w+ing)\b",
    ),
    task=(
        (
            rf"\b(?:will|shall|is going to|are going to|is to|are to|has to|have to|needs to|need to|must|should|"
            rf"has agreed to|has offered to|'ll|undertakes to|is tasked with|has been asked to|is asked to|can) "
            rf"{_NOW}{_DO}\b"
        ),
        r"\b(?:will|shall|'ll) (?:be (?:responsible|in charge)|take (?:care|charge|the lead|on|it)|lead (?:on|the)|own)\b",
        r"\b(?:is|are) (?:responsible for|in charge of|tasked with|charged with|down for)\b|\baction (?:on|for|point)\b",
        r"\b(?:over to|that's one for|one for) [A-Z]\w+(?: \w+)? to\b",
    ),
    request=(
        (
            rf"\b(?:can|could|would|will) (?:you|someone|somebody|one of you|[A-Z]\w+|the \w+(?: team| office| department)?)"
            rf"(?: please| kindly| maybe| also| just)* (?:{_DO}|be the one)\b"
        ),
        (
            rf"\b(?:please|kindly) (?:can you )?{_DO}\b|\bi(?:'d| would) (?:like|ask|want) you to {_DO}\b|"
            rf"\bi need you to {_DO}\b|\bwould you mind \w+ing\b|\bmake sure you {_DO}\b|\bdon't forget to {_DO}\b"
        ),
        (
            r"\bwho(?:'s| is| will| can|'ll| wants to| would like to) (?:going to )?(?:take|pick|own|do|handle|lead|draft|"
            r"write|send|volunteer)\b"
        ),
    ),
    action_not=(
        (
            r"\b(?:can't|cannot|won't|couldn't|wouldn't|don't|doesn't|not able|unable|not going to|no way|not for me|"
            r"not my|never|not us|shouldn't|needn't)\b"
        ),
        (
            r"\b(?:i'll|i will|let me|i'm going to|i'd like to|we'll|i can|we will) (?:just |also |now |quickly |briefly )*"
            r"(?:share my|start|begin|be (?:brief|quick|honest|frank)|say|tell you|give you an? (?:\w+ )?(?:example|overview|"
            r"idea|sense)|show you|hand over|pass (?:over|you)|read (?:out|you)|come (?:to|back to)|go (?:through|over|"
            r"back|first)|stop|finish|conclude|explain|repeat|mute|put (?:it|this|that) (?:to (?:the|a) vote|another way|"
            r"bluntly|simply)|get (?:started|going|to the point|to that|straight)|move on|see you|talk about|"
            r"make (?:a|one) (?:point|remark|comment)|take (?:questions|that as|you through|it (?:as|that)|a vote)|"
            r"add|note|remind (?:you|everyone|us|members) (?:that|of)|call (?:the|this) meeting|ask (?:for|members|everyone|"
            r"you all)|work out|check (?:the time|who))"
        ),
        r"\b(?:if|unless|whether|suppose|supposing|assuming|in case|had)\b (?:i|we|he|she|they|you|it|someone|the)\b",
        (
            r"\b(?:would have|could have|should have|might|might have|used to|was going to|were going to|"
            r"was supposed to|never did)\b"
        ),
        (
            r"\b(?:will|should|can|must) (?:see|find|know|understand|remember|be able|appreciate|note)\b"
            r"(?! (?:to|out|a|the (?:form)))"
        ),
        r"^(?:you know|as you know)\b",
    ),
    acceptance=(
        (
            r"^(?:oh |well |um |uh )*(?:yes|yeah|yep|sure|of course|ok(?:ay)?|certainly|absolutely|will do|no problem|"
            r"happy to|i'll|i will|i can|fine|all right|alright|right|leave it|noted|with pleasure|gladly|on it|consider|"
            r"definitely|i'd be|me)\b"
        ),
    ),
    refusal=(
        (
            r"\b(?:no[,.]|i can't|i cannot|i won't|not me|i'd rather not|i'm afraid|sorry|unfortunately|i don't have|"
            r"i'm not|that's not)\b"
        ),
    ),
    question=(
        (
            r"^(?:and |but |so |ok |okay |well |then )*(?:what (?:is|are|about|do|does|happens|if)|when (?:is|are|do|does|"
            r"will)|where (?:is|are|do)|why (?:is|are|do|does|did)|who (?:is|are|pays|will)|how (?:much|many|do|does|long|"
            r"are|is|will)|which (?:of|one)|do we|does (?:the|this|it|that|anyone know)|is (?:the|there|this|it) "
            r"(?:\w+ )?(?:any|a|enough)|are (?:we|there)|have we|has (?:the|anyone) (?:\w+ )?(?:checked|asked|looked))\b[^.]*$"
        ),
    ),
    question_not=(
        r"\b(?:those (?:against|in favou?r)|show of hands)\b",
        r"\b(?:hear me|hear us|see my|my screen|on mute|the mic|my mic|microphone|camera|sound ok|slides up)\b",
        (
            r"(?:^|[,.] )(?:right|ok|okay|yeah|yes|no|you know|isn't it|aren't we|don't we|doesn't it|shall we|correct|really|"
            r"sorry|pardon|what|huh|is that right|agreed|ready|all right|alright|make sense|see|won't it|wouldn't you|"
            r"is it|are we|do we|eh) ?\?$"
        ),
        (
            r"^(?:all (?:those )?in favou?r|those (?:in favou?r|against)|any (?:other )?(?:questions?|comments?|objections?|"
            r"against|abstentions?|business|votes?|matters|points|thoughts|volunteers|seconder)|against|abstentions?|"
            r"(?:does|has|would) any(?:one|body) (?:have|want|got|like|object|else|disagree)|are there any (?:questions?|"
            r"comments?|objections?|other|further|more)|do (?:we|i) have (?:a seconder|any (?:questions|objections|comments))|"
            r"is (?:everyone|everybody|anyone)|are you (?:there|ready|with|ok)|are we (?:all )?(?:ready|agreed|happy|good|here|"
            r"quorate)|shall (?:we|i)|can (?:i|we) (?:move|start|begin|go|continue|take|come|just|have)|may i|could i|"
            r"how are|how's|how is everyone|who(?:'s| is) (?:there|next|first|here|in favou?r)|what(?:'s| is) (?:next|up)|"
            r"what can i say|who knows|who cares|you know what|does that make sense|is that (?:ok|okay|clear|all|it|fair)|"
            r"do you see|did you (?:all )?(?:have|see|get|enjoy)|anything else|anyone else|would you like to|do you want to "
            r"(?:say|start|add|come|go)|everyone happy|happy with that|seconded|who would have thought|what's not to)\b"
        ),
    ),
    unanswered=(
        (
            r"\b(?:i don't know|i do not know|don't know|no idea|not sure|we'll (?:see|have to (?:see|check|find|look|come))|"
            r"good question|i'd have to (?:check|look|ask)|have to (?:check|ask|find out|look into)|(?:need|needs) to "
            r"(?:check|find out|ask|be (?:checked|looked|answered|resolved))|i'll (?:find out|check|look|ask|get back)|"
            r"not yet|can't (?:say|answer|tell)|remains (?:open|to be)|to be (?:confirmed|decided|seen|determined)|unclear|"
            r"nobody knows|no one knows|i don't have (?:the|that|an|those)|haven't (?:decided|heard|got|worked|had|been)|"
            r"we don't have (?:an answer|that|the)|let's come back|that's still open|up in the air|"
            r"wait (?:and see|for)|i can find out|leave (?:it|that) open|park (?:it|that)|still waiting)\b"
        ),
    ),
    assent=(
        (
            r"^(?:right |so |well |ok |okay |yes |then )*[,]? ?(?:agreed|ok(?:ay)?|fine|very well|done|all right|alright|"
            r"perfect|great|works for me|fine (?:by|with) me|sounds good|let's do (?:it|that)|approved|i'm happy with that|"
            r"let's go for it|go ahead|deal|sold|that works|good, let's|so be it|yes, let's)\b"
        ),
    ),
    proposal=(
        (
            r"\b(?:i (?:would |'d )?(?:propose|suggest|move that|recommend)|i'd (?:propose|suggest|recommend)|proposal|how "
            r"about|what if we|what about|we could|why don't we|shall we|my suggestion|may i suggest|can i suggest)\b"
        ),
    ),
    past=(
        (
            r"\b(?:last (?:time|year|month|week|meeting|spring|summer|autumn|winter|session|quarter|term)|back then|years ago|"
            r"\w+ (?:years?|months?|weeks?|days?) ago|previously|in (?:19|20)\d\d\b|yesterday|at the (?:previous|last) "
            r"(?:meeting|session)|originally|at the time|used to|historically|earlier this (?:year|month))\b"
        ),
        r"\b(?:(?:will|may|might|you'll) (?:recall|remember)|as (?:you|members|we) (?:recall|know|remember)|it did)\b",
        r"\b(?:had|was|were) (?:\w+ )?(?:decided|agreed|approved|adopted|voted|resolved|settled|supposed|promised)\b",
    ),
)
