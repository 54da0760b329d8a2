/** One paragraph on the page: its head, and its captions in one column or in two. */

import { CaptionSpan } from "./caption-span.js";
import { element, place } from "./dom.js";
import { direction } from "./format.js";
import { isParallel } from "./language-choice.js";
import { captionMarks, markText } from "./marks.js";
import { markOf } from "./statement.js";
import { headKey, headOf } from "./turn-head.js";
import { representative } from "./turns.js";

export class TurnView {
  #head = element("div", { class: "turn-head" });
  #body = element("div", { class: "turn-body" });
  #spoken = element("p", { class: "turn-text spoken" });
  #reading = element("p", { class: "turn-text reading" });
  #drawn = new Map();
  #headKey = null;
  #turn = null;
  #i18n;

  constructor(i18n) {
    this.#i18n = i18n;
    this.#body.append(this.#reading);
    this.node = element("li", { class: "turn" }, this.#head, this.#body);
  }

  /** Take the captions that belong here now, in their order, and what they have in common. */
  arrange(turn, choice, colour) {
    this.#turn = turn;
    this.node.dataset.speaker = colour;
    this.node.classList.toggle("continued", turn.continued);
    this.#layOut(turn, choice);
    const wanted = new Set(turn.statements.map((statement) => statement.id));
    for (const id of this.#drawn.keys()) if (!wanted.has(id)) this.#drop(id);
    turn.statements.forEach((statement, index) => this.#place(statement, choice, index));
    this.#drawHead(choice);
    this.#drawMarks(choice);
  }

  /** Write what is new of a caption that is here already. */
  write(statement, choice) {
    this.#writeCells(this.#drawn.get(statement.id), statement, choice);
    this.#drawHead(choice);
    this.#drawMarks(choice);
  }

  /** A paragraph whose last words are taken back keeps its height, so that nothing jumps. */
  holdHeight() {
    const running = this.#turn.statements.some((statement) => !statement.final);
    this.node.classList.toggle("speaking", running);
    const held = this.#body.style.minHeight;
    if (running && this.#body.offsetHeight > (parseFloat(held) || 0)) this.#body.style.minHeight = `${this.#body.offsetHeight}px`;
    if (!running && held) this.releaseHeight();
  }

  /** Let the paragraph have its natural height again. */
  releaseHeight() {
    this.#body.style.minHeight = "";
  }

  #layOut(turn, choice) {
    const parallel = isParallel(choice);
    if (parallel !== this.#spoken.isConnected) this.releaseHeight();
    if (!parallel) this.#spoken.remove();
    else if (this.#body.firstElementChild !== this.#spoken) this.#body.prepend(this.#spoken);
    setLanguage(this.#spoken, turn.sourceLang);
    // Said in the reader's language: in two columns it stands in both, and is read out once.
    const same = parallel && turn.sourceLang === choice.target;
    this.#reading.classList.toggle("same", same);
    if (same) this.#reading.setAttribute("aria-hidden", "true");
    else this.#reading.removeAttribute("aria-hidden");
  }

  #place(statement, choice, index) {
    const drawn = this.#drawn.get(statement.id) ?? this.#begin(statement);
    place(this.#reading, drawn.reading.node, index);
    place(this.#spoken, drawn.spoken.node, index);
    // The two renderings of a caption begin at the same height.
    for (const { node } of [drawn.reading, drawn.spoken]) node.style.gridRow = index + 1;
    if (!drawn.written || drawn.choice !== choice) this.#writeCells(drawn, statement, choice);
  }

  #begin(statement) {
    const drawn = { reading: new CaptionSpan(statement.id, this.#i18n), spoken: new CaptionSpan(statement.id, this.#i18n), written: false };
    this.#drawn.set(statement.id, drawn);
    return drawn;
  }

  #drop(id) {
    const { reading, spoken } = this.#drawn.get(id);
    reading.node.remove();
    spoken.node.remove();
    this.#drawn.delete(id);
  }

  #writeCells(drawn, statement, choice) {
    const parallel = isParallel(choice);
    const cell = statement.reading(choice);
    // Beside its original, what could not be translated need not be repeated.
    const blank = parallel && markOf(cell) !== "";
    drawn.reading.write(cell, { pending: cell === null && statement.final, blank });
    if (parallel) drawn.spoken.write(statement.original(), { alone: blank });
    drawn.written = true;
    drawn.choice = choice;
  }

  #drawMarks(choice) {
    const marks = captionMarks(this.#turn, choice);
    for (const { id } of this.#turn.statements) {
      const mark = marks.get(id) ?? "";
      this.#drawn.get(id).reading.tell(mark, mark && markText(mark, this.#turn.sourceLang, choice, this.#i18n));
    }
  }

  #drawHead(choice) {
    const key = headKey(this.#turn, choice);
    if (key === this.#headKey) return;
    this.#headKey = key;
    this.#head.replaceChildren(...headOf(this.#turn, choice, this.#i18n));
    const shown = representative(this.#turn, choice)?.lang;
    const wanted = choice.target ?? this.#turn.sourceLang;
    const parallel = isParallel(choice);
    setLanguage(this.#reading, parallel ? wanted : (shown ?? wanted));
    // In two columns the reader's language says where all paragraphs begin, in one column each its own.
    this.node.dir = this.#reading.dir;
  }
}

function setLanguage(paragraph, lang) {
  if (paragraph.lang === lang) return;
  paragraph.lang = lang;
  paragraph.dir = direction(lang);
}
