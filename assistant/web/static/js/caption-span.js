/** One caption of a paragraph: its words, and what is to be said about them. */

import { splitAt } from "./captions.js";
import { element, icon } from "./dom.js";
import { direction } from "./format.js";

export class CaptionSpan {
  #settled = element("span", { class: "stable" });
  #tail = element("span", { class: "tail" });
  #edited = null;
  #untranslated = null;
  #reason = "";
  #i18n;

  constructor(id, i18n) {
    this.#i18n = i18n;
    this.node = element("span", { class: "caption", "data-id": id }, this.#settled, this.#tail, " ");
  }

  /**
   * Show a caption.
   *
   * @param {{caption, waiting}|null} cell What stands here; null while it is still to come.
   * @param {{pending?: boolean, blank?: boolean, alone?: boolean}} [options] `pending`: something will
   *   come; `blank`: the words stand in the other column; `alone`: there is nothing in the other column.
   */
  write(cell, { pending = false, blank = false, alone = false } = {}) {
    const caption = cell?.caption;
    const [settled, tail] = caption && !blank ? parts(caption) : ["", ""];
    // Text nodes that stay the same are left alone: a reader may be selecting them.
    if (this.#settled.textContent !== settled) this.#settled.textContent = settled;
    if (this.#tail.textContent !== tail) this.#tail.textContent = tail;
    this.#setLanguage(blank ? null : (caption?.lang ?? null));
    this.node.classList.toggle("running", Boolean(caption && !caption.final));
    this.node.classList.toggle("waiting", Boolean(cell?.waiting));
    this.node.classList.toggle("pending", pending);
    this.node.classList.toggle("alone", alone);
    this.#markEdited(Boolean(caption?.edited && !blank));
  }

  /** Tell why these words are not translated, `mark` (or "") in `text`. */
  tell(mark, text) {
    if (text === this.#reason) return;
    this.#reason = text;
    this.#untranslated?.remove();
    this.#untranslated = mark ? this.#told({ class: "mark-untranslated", "data-mark": mark }, `${text} `) : null;
    if (mark) this.node.append(this.#untranslated);
  }

  #setLanguage(lang) {
    if (this.node.lang === (lang ?? "")) return;
    if (lang === null) {
      this.node.removeAttribute("lang");
      this.node.removeAttribute("dir");
    } else {
      this.node.lang = lang;
      this.node.dir = direction(lang);
    }
  }

  #markEdited(wanted) {
    if (wanted === Boolean(this.#edited)) return;
    this.#edited?.remove();
    const label = this.#i18n.t("corrected");
    const told = this.#told({ class: "visually-hidden" }, label);
    this.#edited = wanted ? element("span", { class: "mark-edited", title: label }, icon("edit"), told) : null;
    if (wanted) this.#tail.after(this.#edited);
  }

  /** Return a text in the language of the interface, whatever the words around it are in. */
  #told(attributes, text) {
    return element("span", { ...attributes, lang: this.#i18n.language, dir: "ltr" }, text);
  }
}

function parts(caption) {
  return caption.final ? [caption.text, ""] : splitAt(caption.text, caption.stable);
}
