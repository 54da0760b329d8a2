/** Draws captions as paragraphs, touching only what changed, once per animation frame. */

import { place } from "./dom.js";
import { direction } from "./format.js";
import { isParallel } from "./language-choice.js";
import { TurnView } from "./turn-view.js";
import { paragraphs } from "./turns.js";

/** So many captions in one frame are a meeting's history, which comes in one go. */
const MANY = 20;
const PATIENCE_MS = 250;

/** The list of paragraphs; dispatches `drawn` after each frame that changed something. */
export class CaptionView extends EventTarget {
  #list;
  #log;
  #colours;
  #i18n;
  #keep;
  #turns = new Map();
  #turnOf = new Map();
  #dirty = new Set();
  #arranging = false;
  #frame = null;
  #news = 0;
  #waitsSince = null;
  #choice = null;

  /**
   * @param {HTMLElement} list An `ol`.
   * @param {{log: () => object, colours, i18n, keep?: (facts) => boolean}} parts `log`: the captions
   *   (`CaptionLog`); `keep`: which of them are shown.
   */
  constructor(list, { log, colours, i18n, keep = () => true }) {
    super();
    this.#list = list;
    this.#log = log;
    this.#colours = colours;
    this.#i18n = i18n;
    this.#keep = keep;
  }

  /** Take changes from the log; they are drawn with the next frame. */
  take(changes) {
    this.#news += changes.length;
    for (const { kind, statement } of changes) {
      if (kind === "removed") this.#dirty.delete(statement);
      else this.#dirty.add(statement);
      this.#colours.note(statement.facts.participant, statement.start);
      if (kind !== "updated" || this.#moves(statement)) this.#arranging = true;
    }
    this.#schedule();
  }

  /** Draw everything anew, for instance in another interface language. */
  redraw() {
    this.#list.replaceChildren();
    this.#turns.clear();
    this.#arranging = true;
    this.#schedule();
  }

  /** Let paragraphs have their natural height again, after the width or the text size changed. */
  releaseHeights() {
    for (const view of this.#turns.values()) view.releaseHeight();
  }

  /** Whether a revision changes what the paragraphs depend on. */
  #moves({ id, facts }) {
    const shown = this.#turnOf.get(id)?.facts;
    if (!shown) return true;
    return ["source_lang", "speaker", "participant", "start"].some((key) => shown[key] !== facts[key]);
  }

  #schedule() {
    this.#frame ??= requestAnimationFrame((now) => this.#frameCame(now));
  }

  /** Draw, unless more than anybody can read still arrives: then all of it is laid out once. */
  #frameCame(now) {
    this.#frame = null;
    this.#waitsSince ??= now;
    if (this.#news > MANY && now - this.#waitsSince < PATIENCE_MS) {
      this.#news = 0;
      this.#schedule();
      return;
    }
    this.#news = 0;
    this.#waitsSince = null;
    this.#draw();
  }

  #draw() {
    const { choice } = this.#log();
    if (choice !== this.#choice) this.#turnTo(choice);
    if (this.#arranging) this.#arrange();
    for (const statement of this.#dirty) this.#turnOf.get(statement.id)?.view.write(statement, choice);
    this.#dirty.clear();
    for (const view of this.#turns.values()) view.holdHeight();
    this.dispatchEvent(new Event("drawn"));
  }

  #turnTo(choice) {
    this.#choice = choice;
    this.#arranging = true;
    this.#list.classList.toggle("parallel", isParallel(choice));
    if (choice.target === null) this.#list.removeAttribute("dir");
    else this.#list.dir = direction(choice.target);
  }

  #arrange() {
    this.#arranging = false;
    const wanted = paragraphs(this.#log().statements.filter(({ facts }) => this.#keep(facts)));
    const ids = new Set(wanted.map((turn) => turn.id));
    for (const [id, view] of this.#turns) {
      if (ids.has(id)) continue;
      view.node.remove();
      this.#turns.delete(id);
    }
    this.#turnOf.clear();
    wanted.forEach((turn, index) => this.#place(turn, index));
  }

  #place(turn, index) {
    const view = this.#turns.get(turn.id) ?? new TurnView(this.#i18n);
    this.#turns.set(turn.id, view);
    view.arrange(turn, this.#choice, this.#colours.of(turn.participant));
    for (const { id, facts } of turn.statements) this.#turnOf.set(id, { view, facts });
    place(this.#list, view.node, index);
  }
}
