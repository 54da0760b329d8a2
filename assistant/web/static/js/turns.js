/** How statements form paragraphs: who speaks, in which language, with which pauses. Pure. */

import { isTranslation } from "./statement.js";

const PAUSE_SECONDS = 6;
const PARAGRAPH_SECONDS = 40;

/**
 * Return the paragraphs of `statements`, which are in the order of their start.
 *
 * A paragraph is one speaker in one spoken language without a long pause. Where it breaks depends only
 * on times and people, never on the words or the language shown, so that words which still change and
 * translations which still come never move other text.
 *
 * @returns {{id, participant, speaker, sourceLang, start, continued, statements}[]} `continued`: the
 *   same person goes on from the paragraph before, so that the name need not be repeated.
 */
export function paragraphs(statements) {
  const result = [];
  let current = null;
  for (const statement of statements) {
    const { participant, speaker, source_lang: sourceLang, start } = statement.facts;
    if (!current || breaks(current, statement.facts)) {
      const continued = current?.participant === participant && current.sourceLang === sourceLang;
      current = { id: statement.id, participant, speaker, sourceLang, start, continued, statements: [] };
      result.push(current);
    }
    current.statements.push(statement);
  }
  return result;
}

/** Return the caption that stands for all of a paragraph, one that was translated if there is any; or null. */
export function representative(turn, choice) {
  const settled = turn.statements.map((statement) => statement.reading(choice)).filter((reading) => reading && !reading.waiting);
  const captions = settled.map((reading) => reading.caption);
  return captions.find(isTranslation) ?? captions[0] ?? null;
}

function breaks(paragraph, facts) {
  const previous = paragraph.statements.at(-1).facts;
  return (
    paragraph.participant !== facts.participant ||
    paragraph.speaker !== facts.speaker ||
    paragraph.sourceLang !== facts.source_lang ||
    facts.start - previous.end > PAUSE_SECONDS ||
    facts.start - paragraph.start > PARAGRAPH_SECONDS
  );
}
