/** The captions of a room as one reader knows them. Pure: no page, no network, no clock. */

import { AS_SPOKEN, formatChoice, parseChoice } from "./language-choice.js";
import { Statement, isTranslation, markOf, sourceRev } from "./statement.js";

const REMEMBERED = 2000;

/** Return the first `count` characters of `text` and the rest; counted in code points, as the service does. */
export function splitAt(text, count) {
  if (count <= 0) return ["", text];
  let index = 0;
  for (let seen = 0; seen < count && index < text.length; seen += 1) {
    index += text.codePointAt(index) > 0xffff ? 2 : 1;
  }
  return [text.slice(0, index), text.slice(index)];
}

const isEarlier = (a, b) => a.start < b.start || (a.start === b.start && a.id < b.id);

/** Ordered statements, newest revisions only. */
export class CaptionLog {
  #byId = new Map();
  #order = [];
  #gone = new Map();
  #floor = -Infinity;
  #lastSeq = null;

  constructor() {
    /** What the service sends: the choice of the newest hello. */
    this.choice = AS_SPOKEN;
    this.trimmed = 0;
  }

  /** Statements in the order in which they were spoken; not to be changed. */
  get statements() {
    return this.#order;
  }

  /**
   * The event after which to ask for more when the connection broke; null: for everything.
   *
   * What is shown in another language, or has no translation yet, is asked for again.
   */
  get resumeSeq() {
    if (this.#lastSeq === null || this.#order.some((statement) => statement.outdated)) return null;
    const missing = this.#order.filter((statement) => statement.lacksTranslation(this.choice));
    // A copy that carries a mark comes later than the caption itself, whose number the revision is.
    return Math.min(this.#lastSeq, ...missing.map(({ spoken }) => Math.min(spoken.seq, spoken.rev) - 1));
  }

  /** Forget everything, as for a room that was emptied; returns the removal of all that was there. */
  clear() {
    const changes = this.#order.map((statement) => ({ kind: "removed", statement }));
    this.#byId.clear();
    this.#gone.clear();
    this.#order = [];
    this.#lastSeq = null;
    this.trimmed = 0;
    this.#floor = -Infinity;
    return changes;
  }

  /**
   * Take a hello.
   *
   * @returns `{switched, changes}`: whether captions come in another language from now on, and the
   *   removal of what ended while this reader was away.
   */
  hello(message) {
    const choice = parseChoice(message.lang) ?? this.choice;
    const switched = formatChoice(choice) !== formatChoice(this.choice);
    if (switched) {
      for (const statement of this.#order) statement.turn(this.choice, choice);
      this.choice = choice;
      this.#lastSeq = null;
    }
    const open = new Set(message.open ?? this.#order.map((statement) => statement.id));
    const ended = this.#order.filter((statement) => !statement.final && !open.has(statement.id));
    return { switched, changes: ended.map((statement) => this.#remove(statement)) };
  }

  /** Take one caption message; returns null where nothing changes, else `{kind, statement}`: kind is
   *  `inserted`, `updated` or `removed`. */
  apply(message) {
    this.#lastSeq = Math.max(this.#lastSeq ?? message.seq, message.seq);
    const before = this.#byId.get(message.id);
    if (!before && this.#isPast(message)) return null;
    const statement = before ?? new Statement(message);
    const start = statement.start;
    if (!statement.take(message, this.choice)) return null;
    if (this.#withdraws(message)) return this.#withdraw(before, message);
    if (!before) this.#insert(statement);
    else if (start !== statement.start) this.#move(statement);
    return { kind: before ? "updated" : "inserted", statement };
  }

  /** Drop the oldest statements beyond `limit`; returns their removal. */
  trim(limit) {
    if (this.#order.length <= limit) return [];
    const excess = this.#order.slice(0, this.#order.length - limit);
    this.trimmed += excess.length;
    this.#floor = excess.at(-1).start;
    return excess.map((statement) => this.#remove(statement));
  }

  /** Return what a reader reads of a statement now, if that is final and no translation follows; else null. */
  finalOf(statement) {
    const reading = statement.reading(this.choice);
    const settled = reading && !reading.waiting && markOf(reading) !== "follows";
    return settled && reading.caption.final ? reading.caption : null;
  }

  /** Return who has an utterance open: `[{participant, speaker}]`, each once. */
  speaking() {
    const open = new Map();
    for (const { final, facts } of this.#order) {
      if (!final) open.set(facts.participant, { participant: facts.participant, speaker: facts.speaker });
    }
    return [...open.values()];
  }

  /** Whether a message is about something that was taken away, or trimmed. */
  #isPast(message) {
    return message.start <= this.#floor || sourceRev(message) <= (this.#gone.get(message.id) ?? -1);
  }

  /** An empty final takes the statement away; an empty translation beside it only says nothing. */
  #withdraws(message) {
    const empty = message.final && message.text.trim() === "";
    return empty && !(isTranslation(message) && this.choice.spoken);
  }

  #withdraw(before, message) {
    if (before) return this.#remove(before, sourceRev(message));
    this.#note(message.id, sourceRev(message));
    return null;
  }

  #insert(statement) {
    // Nearly always the newest, so the search starts at the end.
    let index = this.#order.length;
    while (index > 0 && isEarlier(statement, this.#order[index - 1])) index -= 1;
    this.#order.splice(index, 0, statement);
    this.#byId.set(statement.id, statement);
  }

  #move(statement) {
    this.#order.splice(this.#order.indexOf(statement), 1);
    this.#insert(statement);
  }

  #remove(statement, rev = sourceRev(statement.facts)) {
    this.#byId.delete(statement.id);
    this.#order.splice(this.#order.indexOf(statement), 1);
    this.#note(statement.id, rev);
    return { kind: "removed", statement };
  }

  #note(id, rev) {
    this.#gone.set(id, rev);
    if (this.#gone.size > REMEMBERED) this.#gone.delete(this.#gone.keys().next().value);
  }
}
