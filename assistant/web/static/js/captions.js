/** The captions of a room as one reader knows them. Pure: no page, no network, no clock. */

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

const earlier = (a, b) => a.start - b.start || (a.id < b.id ? -1 : 1);

/** Ordered captions, newest revisions only. */
export class CaptionLog {
  #byId = new Map();
  #order = [];
  #gone = new Map();
  #epoch = 0;
  #floor = -Infinity;

  constructor() {
    this.lastSeq = null;
    this.trimmed = 0;
  }

  /** Captions in the order in which they were spoken; not to be changed. */
  get captions() {
    return this.#order;
  }

  /** Note that another language was asked for: what is shown gives way to any revision in it. */
  languageChanged() {
    this.#epoch += 1;
  }

  /** Forget everything, as for a room that was emptied. */
  clear() {
    this.#byId.clear();
    this.#gone.clear();
    this.#order = [];
    this.lastSeq = null;
    this.trimmed = 0;
    this.#floor = -Infinity;
  }

  /** Take a hello; returns the ids of partial captions that ended while this reader was away. */
  hello(message) {
    if (!Array.isArray(message.open)) return [];
    const open = new Set(message.open);
    const ended = this.#order.filter((caption) => !caption.final && !open.has(caption.id));
    for (const caption of ended) this.#remove(caption);
    return ended.map((caption) => caption.id);
  }

  /**
   * Take one caption message.
   *
   * @returns `null` where nothing changes, else `{kind, caption, last}`: kind is `inserted`,
   *   `updated` or `removed`; last says whether an inserted caption is the newest.
   */
  apply(message) {
    if (this.lastSeq === null || message.seq > this.lastSeq) this.lastSeq = message.seq;
    const before = this.#byId.get(message.id);
    if (this.#isStale(before, message)) return null;
    if (message.final && message.text.trim() === "") return this.#withdraw(before, message);
    const caption = { ...message, epoch: this.#epoch };
    this.#gone.delete(message.id);
    this.#byId.set(caption.id, caption);
    if (before && before.start === caption.start) {
      this.#order[this.#order.indexOf(before)] = caption;
      return { kind: "updated", caption, last: false };
    }
    if (before) this.#order.splice(this.#order.indexOf(before), 1);
    const last = this.#insert(caption);
    return { kind: before ? "updated" : "inserted", caption, last };
  }

  /** Drop the oldest captions beyond `limit`; returns their ids. */
  trim(limit) {
    const excess = this.#order.slice(0, Math.max(0, this.#order.length - limit));
    for (const caption of excess) this.#remove(caption);
    this.trimmed += excess.length;
    this.#floor = excess.at(-1)?.start ?? this.#floor;
    return excess.map((caption) => caption.id);
  }

  /** Return who has an utterance open: `[{participant, speaker}]`, each once. */
  speaking() {
    const open = new Map();
    for (const caption of this.#order) {
      if (!caption.final) open.set(caption.participant, { participant: caption.participant, speaker: caption.speaker });
    }
    return [...open.values()];
  }

  #isStale(before, message) {
    if (before) return before.epoch === this.#epoch && message.rev <= before.rev;
    if (message.start <= this.#floor) return true; // It was trimmed, or belongs to what was.
    const gone = this.#gone.get(message.id);
    return gone !== undefined && message.rev <= gone;
  }

  #withdraw(before, message) {
    this.#note(message.id, message.rev);
    if (!before) return null;
    this.#remove(before, message.rev);
    return { kind: "removed", caption: before, last: false };
  }

  #insert(caption) {
    // Nearly always the newest, so the search starts at the end.
    let index = this.#order.length;
    while (index > 0 && earlier(caption, this.#order[index - 1]) < 0) index -= 1;
    this.#order.splice(index, 0, caption);
    return index === this.#order.length - 1;
  }

  #remove(caption, rev = caption.rev) {
    this.#byId.delete(caption.id);
    this.#order.splice(this.#order.indexOf(caption), 1);
    this.#note(caption.id, rev);
  }

  #note(id, rev) {
    this.#gone.set(id, rev);
    if (this.#gone.size > REMEMBERED) this.#gone.delete(this.#gone.keys().next().value);
  }
}
