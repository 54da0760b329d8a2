/** The words of the interface, in the reader's language. */

import en from "./strings-en.js";
import fr from "./strings-fr.js";

export const LANGUAGES = { en, fr };

/** Return the interface language for a setting (`auto`, `en`, `fr`) and the browser's languages. */
export function choose(setting, preferred) {
  if (setting in LANGUAGES) return setting;
  const known = preferred.map((tag) => tag.toLowerCase().split("-")[0]).find((tag) => tag in LANGUAGES);
  return known ?? "en";
}

/** Sentences in one language; dispatches `change` when the language changes. */
export class I18n extends EventTarget {
  constructor(language) {
    super();
    this.language = language;
  }

  /** Return the text of `key` with `{names}` filled in. */
  t(key, values = {}) {
    const text = LANGUAGES[this.language][key];
    if (text === undefined) throw new Error(`no text for ${key}`);
    return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  }

  /** Return the plural form of `key` for `count`. */
  plural(key, count) {
    const rule = new Intl.PluralRules(this.language).select(count);
    const form = `${key}.${rule}` in LANGUAGES[this.language] ? rule : "other";
    return this.t(`${key}.${form}`, { count });
  }

  /** Return the sentence for an error code; an unknown code keeps the service's own words. */
  problem({ code, message }) {
    if (`error.${code}` in LANGUAGES[this.language]) return this.t(`error.${code}`);
    return message || this.t("error.generic");
  }

  /** Switch the language and rewrite the page. */
  use(language) {
    this.language = language;
    this.apply(document);
    this.dispatchEvent(new Event("change"));
  }

  /** Fill in everything below `root` that names a text: `data-t`, `data-t-label`, `data-t-title`. */
  apply(root) {
    document.documentElement.lang = this.language;
    for (const node of root.querySelectorAll("[data-t]")) node.textContent = this.t(node.dataset.t);
    for (const node of root.querySelectorAll("[data-t-label]")) node.setAttribute("aria-label", this.t(node.dataset.tLabel));
    for (const node of root.querySelectorAll("[data-t-title]")) node.title = this.t(node.dataset.tTitle);
  }
}
