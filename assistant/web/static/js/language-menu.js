/** The choice of the language in which captions are shown, alone or beside what was spoken. */

import { element } from "./dom.js";
import { direction, isNamed, languageName, nativeName } from "./format.js";
import { AS_SPOKEN, formatChoice, isParallel } from "./language-choice.js";

/** Return options for "as spoken" and the languages that can be read, under their own names. */
export function languageOptions(languages, i18n) {
  const targets = languages.filter((tag) => tag !== "source");
  const byName = targets.map((tag) => [tag, nativeName(tag)]).sort(([, a], [, b]) => a.localeCompare(b));
  return [element("option", { value: "source" }, i18n.t("asSpoken")), ...byName.map(([tag, name]) => option(tag, name))];
}

/** Fill `select` with what the room offers, and switch the feed when the reader chooses there or at `beside`. */
export function connectLanguages({ select, beside, status }, { feed, settings, i18n, say }) {
  const show = () => {
    const { target } = feed.wish;
    const options = languageOptions(feed.languages, i18n);
    // What somebody wished for stays chosen, and says why it is not shown.
    if (feed.isDenied) options.push(option(target, i18n.t("languageNotOffered", { language: nativeName(target) })));
    // Before the first word of the service the wish is all there is.
    else if (target !== null && !feed.languages.includes(target)) options.push(option(target, nativeName(target)));
    select.replaceChildren(...options);
    select.value = target ?? "source";
    beside.hidden = target === null || feed.isDenied;
    beside.setAttribute("aria-pressed", String(isParallel(feed.wish)));
  };
  const choose = (choice) => {
    settings.set("lang", formatChoice(choice));
    feed.choose(choice);
    show();
  };
  select.addEventListener("change", () => {
    choose(select.value === "source" ? AS_SPOKEN : { spoken: isParallel(feed.wish), target: select.value });
  });
  beside.addEventListener("click", () => choose({ spoken: !feed.wish.spoken, target: feed.wish.target }));
  const named = (tag) => languageName(tag, i18n.language);
  feed.addEventListener("language", ({ detail: { spoken, target } }) => {
    status.textContent = target === null ? i18n.t("nowAsSpoken") : i18n.t(spoken ? "nowSideBySide" : "nowInLanguage", { language: named(target) });
  });
  feed.addEventListener("unavailable", ({ detail: target }) => {
    const language = named(target);
    say(i18n.t(isNamed(target) ? "languageUnavailable" : "languageNotKnown", { language }));
    show();
  });
  feed.addEventListener("languages", show);
  i18n.addEventListener("change", show);
  show();
}

function option(tag, name) {
  return element("option", { value: tag, lang: tag, dir: direction(tag) }, name);
}
