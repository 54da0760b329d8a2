/** Languages a speaker or a term can have; the names come from the browser. */

import { element } from "./dom.js";
import { nativeName } from "./format.js";

export const COMMON = ["fr", "en", "pt", "es", "de", "it", "nl", "ar"];
export const OTHERS = [
  "bg", "ca", "cs", "cy", "da", "el", "et", "eu", "fa", "fi", "gl", "he", "hi", "hr", "hu", "id", "is", "ja", "ko",
  "lb", "lt", "lv", "mt", "no", "pl", "ro", "ru", "sk", "sl", "sq", "sr", "sv", "sw", "ta", "th", "tr", "uk", "ur",
  "vi", "zh",
];

/** Fill `select` with languages under their own names; the choice stays. */
export function fillSpokenLanguages(select, i18n) {
  const chosen = select.value || "auto";
  const option = (tag) => element("option", { value: tag, lang: tag }, nativeName(tag));
  const sorted = OTHERS.map(option).sort((a, b) => a.textContent.localeCompare(b.textContent));
  select.replaceChildren(
    element("option", { value: "auto" }, i18n.t("detectLanguage")),
    element("optgroup", { label: i18n.t("commonLanguages") }, ...COMMON.map(option)),
    element("optgroup", { label: i18n.t("otherLanguages") }, ...sorted),
  );
  select.value = chosen;
}
