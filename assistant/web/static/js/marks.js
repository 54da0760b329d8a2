/** Why captions stand there as they were said: in words, and where in a paragraph that is told. */

import { languageWord } from "./format.js";
import { isParallel } from "./language-choice.js";
import { markOf } from "./statement.js";
import { representative } from "./turns.js";

const TEXTS = {
  no_route: "noRoute",
  failed: "translationFailed",
  follows: "translationFollows",
  too_late: "translationTooLate",
  other_language: "otherLanguage",
};

/** Return what a mark says of something said in `sourceLang`; of one that this page does not know, that it failed. */
export function markText(mark, sourceLang, choice, i18n) {
  const [source, target] = [sourceLang, choice.target].map((tag) => languageWord(tag, i18n.language));
  return i18n.t(TEXTS[mark] ?? TEXTS.failed, { source, target });
}

/** Return the mark that the head of a paragraph tells, or "": beside its original each caption has a place for it. */
export function headMark(turn, choice) {
  if (isParallel(choice) || turn.continued) return "";
  return representative(turn, choice)?.untranslated || "";
}

/**
 * Return the marks that captions of a paragraph tell, by statement id.
 *
 * Where several in a row have the same one, the first tells it beside its original, and the last where
 * it stands behind the words.
 */
export function captionMarks(turn, choice) {
  const parallel = isParallel(choice);
  // What is not installed is told where the speaker begins; it is the same for all that follows.
  const toldAbove = turn.continued && !parallel ? "no_route" : headMark(turn, choice);
  const found = new Map();
  let neighbour = "";
  for (const statement of parallel ? turn.statements : [...turn.statements].reverse()) {
    const mark = markOf(statement.reading(choice));
    if (mark && mark !== neighbour && mark !== toldAbove) found.set(statement.id, mark);
    neighbour = mark;
  }
  return found;
}
