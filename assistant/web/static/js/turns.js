/** How captions form paragraphs: who speaks, in which language, with which pauses. Pure. */

const PAUSE_SECONDS = 6;
const PARAGRAPH_SECONDS = 40;

/**
 * Return the paragraphs of `captions`, which are in the order of their start.
 *
 * A paragraph is one speaker in one language without a long pause. Where it breaks depends only on
 * times and people, never on the words, so that words which still change never move other text.
 *
 * @returns {{id, participant, speaker, lang, sourceLang, start, continued, captions}[]} `continued`:
 *   the same person goes on from the paragraph before, so that the name need not be repeated.
 */
export function paragraphs(captions) {
  const result = [];
  let current = null;
  for (const caption of captions) {
    if (!current || breaks(current, caption)) {
      const continued = current?.participant === caption.participant && current.sourceLang === caption.source_lang;
      current = {
        id: caption.id,
        participant: caption.participant,
        speaker: caption.speaker,
        lang: caption.lang,
        sourceLang: caption.source_lang,
        start: caption.start,
        continued,
        captions: [],
      };
      result.push(current);
    }
    current.captions.push(caption);
  }
  return result;
}

function breaks(paragraph, caption) {
  const previous = paragraph.captions.at(-1);
  return (
    paragraph.participant !== caption.participant ||
    paragraph.speaker !== caption.speaker ||
    paragraph.sourceLang !== caption.source_lang ||
    paragraph.lang !== caption.lang ||
    caption.start - previous.end > PAUSE_SECONDS ||
    caption.start - paragraph.start > PARAGRAPH_SECONDS
  );
}
