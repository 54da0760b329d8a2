/** The line above a paragraph: who speaks, in which language, when, and how it was translated, or why not. */

import { element } from "./dom.js";
import { clock, languageWord } from "./format.js";
import { headMark, markText } from "./marks.js";
import { initials } from "./speakers.js";
import { isTranslation } from "./statement.js";
import { representative } from "./turns.js";

/** Return a text that differs whenever the head does. */
export function headKey(turn, choice) {
  const caption = representative(turn, choice);
  const how = [caption?.lang, caption !== null && isTranslation(caption), caption?.via, caption?.how, caption?.rough];
  const mark = [headMark(turn, choice), choice.target];
  return [turn.continued, turn.speaker, turn.participant, turn.sourceLang, ...how, ...mark].join("\n");
}

/** Return the nodes of a head. */
export function headOf(turn, choice, i18n) {
  const at = clock(turn.start);
  const time = element("time", { class: "time", datetime: `PT${Math.max(0, Math.floor(turn.start))}S` }, at);
  if (turn.continued) return [time];
  const caption = representative(turn, choice);
  return [
    element("span", { class: "avatar", "aria-hidden": "true" }, initials(turn.speaker)),
    element("span", { class: "name", dir: "auto" }, turn.speaker),
    badge(turn, caption, i18n),
    ...roughness(caption, i18n),
    time,
    ...reason(turn, choice, i18n),
  ];
}

/** Why the paragraph is not translated, if that is told here. */
function reason(turn, choice, i18n) {
  const mark = headMark(turn, choice);
  if (!mark) return [];
  const text = markText(mark, turn.sourceLang, choice, i18n);
  return [element("span", { class: "mark-untranslated", "data-mark": mark, dir: "auto" }, text)];
}

/** `PT`, or `PT → FR` for a translation; the whole of it in words for those who point at it or listen. */
function badge(turn, caption, i18n) {
  const translated = caption !== null && isTranslation(caption);
  const label = translated ? translatedHow(caption, i18n) : languageWord(turn.sourceLang, i18n.language);
  const codes = translated ? [turn.sourceLang, caption.lang] : [turn.sourceLang];
  return element(
    "span",
    { class: "badge", title: label, dir: "ltr" },
    element("span", { "aria-hidden": "true" }, codes.map((code) => code.toUpperCase()).join(" → ")),
    element("span", { class: "visually-hidden" }, label),
  );
}

/** That a translation is rough: a short word to see, and a sentence for those who point at it or listen. */
function roughness(caption, i18n) {
  if (caption === null || !isTranslation(caption) || !caption.rough) return [];
  const label = i18n.t("roughTranslation");
  return [
    element(
      "span",
      { class: "mark-rough", title: label, dir: "auto" },
      element("span", { "aria-hidden": "true" }, i18n.t("rough")),
      element("span", { class: "visually-hidden" }, label),
    ),
  ];
}

function translatedHow(caption, i18n) {
  const language = languageWord(caption.source_lang, i18n.language);
  if (caption.how === "speech") return i18n.t("translatedFromSpeech", { language });
  if (!caption.via?.length) return i18n.t("translatedFrom", { language });
  const via = caption.via.map((tag) => languageWord(tag, i18n.language)).join(", ");
  return i18n.t("translatedFromVia", { language, via });
}
