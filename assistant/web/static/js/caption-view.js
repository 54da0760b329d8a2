/** Draws captions as paragraphs, touching only what changed, once per animation frame. */

import { splitAt } from "./captions.js";
import { element, icon } from "./dom.js";
import { clock, languageName } from "./format.js";
import { initials } from "./speakers.js";
import { paragraphs } from "./turns.js";

/** The list of paragraphs; dispatches `drawn` after each frame that changed something. */
export class CaptionView extends EventTarget {
  #list;
  #colours;
  #i18n;
  #keep;
  #turns = new Map();
  #spans = new Map();
  #dirty = new Map();
  #arranging = false;
  #frame = null;
  #source;

  /**
   * @param {HTMLElement} list An `ol`.
   * @param {{source: () => object[], colours, i18n, keep?: (caption) => boolean}} parts `source`: the
   *   captions in order; `keep`: which of them are shown.
   */
  constructor(list, { source, colours, i18n, keep = () => true }) {
    super();
    this.#list = list;
    this.#source = source;
    this.#colours = colours;
    this.#i18n = i18n;
    this.#keep = keep;
  }

  /** Take changes from the log; they are drawn with the next frame. */
  take(changes) {
    for (const { kind, caption } of changes) {
      if (kind === "removed") this.#dirty.delete(caption.id);
      else this.#dirty.set(caption.id, caption);
      if (kind !== "updated" || this.#moves(caption)) this.#arranging = true;
    }
    this.#frame ??= requestAnimationFrame(() => this.#draw());
  }

  /** Draw everything anew, for instance in another interface language. */
  redraw() {
    this.#list.replaceChildren();
    this.#turns.clear();
    this.#spans.clear();
    this.#arranging = true;
    this.#frame ??= requestAnimationFrame(() => this.#draw());
  }

  /** Let paragraphs have their natural height again, after the width or the text size changed. */
  releaseHeights() {
    for (const { text } of this.#turns.values()) text.style.minHeight = "";
  }

  /** Whether a revision changes what the paragraphs depend on. */
  #moves(caption) {
    const shown = this.#spans.get(caption.id)?.caption;
    if (!shown) return true;
    return ["lang", "source_lang", "speaker", "participant", "start"].some((key) => shown[key] !== caption[key]);
  }

  #draw() {
    this.#frame = null;
    if (this.#arranging) this.#arrange();
    for (const caption of this.#dirty.values()) {
      if (this.#spans.has(caption.id)) this.#write(this.#spans.get(caption.id), caption);
    }
    this.#dirty.clear();
    this.#holdHeights();
    this.dispatchEvent(new Event("drawn"));
  }

  #arrange() {
    this.#arranging = false;
    const wanted = paragraphs(this.#source().filter(this.#keep));
    const turnIds = new Set(wanted.map((turn) => turn.id));
    const captionIds = new Set(wanted.flatMap((turn) => turn.captions.map((caption) => caption.id)));
    prune(this.#spans, captionIds, (span) => span.node.remove());
    prune(this.#turns, turnIds, (turn) => turn.node.remove());
    wanted.forEach((turn, index) => {
      const drawn = this.#turn(turn);
      place(this.#list, drawn.node, index);
      turn.captions.forEach((caption, position) => place(drawn.text, this.#span(caption).node, position));
    });
  }

  #turn(turn) {
    const key = [turn.continued, turn.speaker, turn.participant, turn.lang, turn.sourceLang].join("\n");
    const drawn = this.#turns.get(turn.id);
    if (drawn?.key === key) return drawn;
    const text = drawn?.text ?? element("p", { class: "turn-text", dir: "auto" });
    const fresh = drawn ?? { node: element("li", { class: "turn" }), text };
    fresh.key = key;
    fresh.text.lang = turn.lang;
    fresh.node.dataset.speaker = this.#colours.of(turn.participant);
    fresh.node.classList.toggle("continued", turn.continued);
    fresh.node.replaceChildren(this.#head(turn), fresh.text);
    this.#turns.set(turn.id, fresh);
    return fresh;
  }

  #head(turn) {
    const time = element("time", { class: "time", datetime: `PT${Math.max(0, Math.floor(turn.start))}S` }, clock(turn.start));
    if (turn.continued) return element("div", { class: "turn-head" }, time);
    const ui = this.#i18n.language;
    const spoken = languageName(turn.sourceLang, ui);
    const label = turn.lang === turn.sourceLang ? spoken : this.#i18n.t("translatedFrom", { language: spoken });
    return element(
      "div",
      { class: "turn-head" },
      element("span", { class: "avatar", "aria-hidden": "true" }, initials(turn.speaker)),
      element("span", { class: "name", dir: "auto" }, turn.speaker),
      element("abbr", { class: "badge", title: label }, turn.sourceLang.toUpperCase()),
      time,
    );
  }

  #span(caption) {
    let span = this.#spans.get(caption.id);
    if (!span) {
      const settled = element("span", { class: "stable" });
      const tail = element("span", { class: "tail" });
      const node = element("span", { class: "caption", dir: "auto", "data-id": caption.id }, settled, tail, " ");
      span = { settled, tail, node, caption: null };
      this.#spans.set(caption.id, span);
    }
    if (span.caption === null) this.#write(span, caption);
    return span;
  }

  #write(span, caption) {
    const [settled, tail] = caption.final ? [caption.text, ""] : splitAt(caption.text, caption.stable);
    // Text nodes that stay the same are left alone: a reader may be selecting them.
    if (span.settled.textContent !== settled) span.settled.textContent = settled;
    if (span.tail.textContent !== tail) span.tail.textContent = tail;
    span.node.lang = caption.lang;
    span.node.classList.toggle("running", !caption.final);
    if (caption.edited && !span.node.querySelector(".edited")) span.node.append(this.#editedMark());
    span.caption = caption;
  }

  #editedMark() {
    const label = this.#i18n.t("corrected");
    return element("span", { class: "edited", title: label }, icon("edit"), element("span", { class: "visually-hidden" }, ` (${label})`));
  }

  /** A paragraph whose last words are taken back keeps its height, so that nothing jumps. */
  #holdHeights() {
    for (const { node, text } of this.#turns.values()) {
      const running = text.querySelector(".running") !== null;
      node.classList.toggle("speaking", running);
      const held = text.style.minHeight;
      if (running && text.offsetHeight > (parseFloat(held) || 0)) text.style.minHeight = `${text.offsetHeight}px`;
      if (!running && held) text.style.minHeight = "";
    }
  }
}

function prune(map, wanted, remove) {
  for (const [id, value] of map) {
    if (wanted.has(id)) continue;
    remove(value);
    map.delete(id);
  }
}

function place(parent, node, index) {
  if (parent.children[index] !== node) parent.insertBefore(node, parent.children[index] ?? null);
}
