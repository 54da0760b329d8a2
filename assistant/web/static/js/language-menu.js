/** The choice of the language in which captions are shown. */

import { element } from "./dom.js";
import { nativeName } from "./format.js";

/** Fill `select` with what the room offers and switch the feed when the reader chooses. */
export function connectLanguages(select, { feed, settings, i18n }) {
  const fill = () => {
    const offered = feed.languages.filter((tag) => tag !== "source");
    const options = offered.map((tag) => element("option", { value: tag, lang: tag }, nativeName(tag)));
    select.replaceChildren(element("option", { value: "source" }, i18n.t("asSpoken")), ...options);
    select.value = ["source", ...offered].includes(feed.lang) ? feed.lang : "source";
  };
  select.addEventListener("change", () => {
    settings.set("lang", select.value);
    feed.switchLanguage(select.value);
  });
  feed.addEventListener("languages", fill);
  i18n.addEventListener("change", fill);
  fill();
}
