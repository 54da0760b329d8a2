/** One caption of a paragraph: its words, and what is to be said about them. */

import { splitAt } from "./captions.js";
import { element, icon } from "./dom.js";
import { direction } from "./format.js";

export class CaptionSpan {
  #settled = element("span", { class: "stable" });
  #tail = element("span", { class: "tail" });
  #marks = new Map();
  #i18n;

  constructor(id, i18n) {
    this.#i18n = i18n;
    this.node = element("span", { class: "caption", "data-id": id }, this.#settled, this.#tail, " ");
  }

  /**
   * Show a caption.
   *
   * @param {{caption, waiting}|null} cell What stands here; null while it is still to come.
   * @param {{pending?: boolean, blank?: boolean, original?: boolean}} [options] `pending`: something
   *   will come; `blank`: the words stand in the other column, and only what is to be said about them
   *   is shown; `original`: what is to be said about the translation stands in the other column.
   */
  write(cell, { pending = false, blank = false, original = false } = {}) {
    const caption = cell?.caption;
    const [settled, tail] = caption && !blank ? parts(caption) : ["", ""];
    // Text nodes that stay the same are left alone: a reader may be selecting them.
    if (this.#settled.textContent !== settled) this.#settled.textContent = settled;
    if (this.#tail.textContent !== tail) this.#tail.textContent = tail;
    this.#setLanguage(blank ? null : (caption?.lang ?? null));
    this.node.classList.toggle("running", Boolean(caption && !caption.final));
    this.node.classList.toggle("waiting", Boolean(cell?.waiting));
    this.node.classList.toggle("pending", pending);
    this.node.classList.toggle("blank", blank);
    this.#mark("edited", "edit", "corrected", Boolean(caption?.edited && !blank));
    this.#mark("failed", "warning", "translationFailed", !original && caption?.untranslated === "failed");
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

  #mark(kind, drawing, key, wanted) {
    if (wanted === this.#marks.has(kind)) return;
    if (!wanted) {
      this.#marks.get(kind).remove();
      this.#marks.delete(kind);
      return;
    }
    const label = this.#i18n.t(key);
    // In the language of the interface, whatever the words around it are in.
    const told = element("span", { class: "mark-text", lang: this.#i18n.language, dir: "ltr" }, label);
    this.#marks.set(kind, element("span", { class: `mark-${kind}`, title: label }, icon(drawing), told));
    this.node.append(this.#marks.get(kind));
  }
}

function parts(caption) {
  return caption.final ? [caption.text, ""] : splitAt(caption.text, caption.stable);
}
