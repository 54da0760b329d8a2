/** Tells screen readers each final caption once, politely. */

import { element } from "./dom.js";
import { direction } from "./format.js";

const KEPT = 30;
const REMEMBERED = 2000;

export class Announcer {
  #log;
  #told = new Set();

  /** @param {HTMLElement} log A visually hidden `role="log"`. */
  constructor(log) {
    this.#log = log;
    this.enabled = true;
  }

  /** Announce a final; later revisions of it, in whatever language, are not read out again. */
  announce(caption) {
    if (this.#told.has(caption.id)) return;
    this.#told.add(caption.id);
    if (this.#told.size > REMEMBERED) this.#told.delete(this.#told.values().next().value);
    if (!this.enabled) return;
    const words = element("span", { lang: caption.lang, dir: direction(caption.lang) }, caption.text);
    this.#log.append(element("p", { "data-id": caption.id }, element("bdi", {}, caption.speaker), ": ", words));
    while (this.#log.children.length > KEPT) this.#log.firstElementChild.remove();
  }
}
