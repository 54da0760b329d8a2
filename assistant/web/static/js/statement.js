/** One thing that somebody says: as it was spoken, and in the reader's language. Pure. */

/** Return the revision of the spoken caption that a message shows or renders. */
export const sourceRev = (message) => message.source_rev ?? message.rev;

/** Whether a message renders a caption in another language. */
export const isTranslation = (message) => (message.source_rev ?? null) !== null;

/** Return why what is read stands there as it was said (`no_route`, `failed`, …, `other_language`), or "". */
export const markOf = (reading) => (reading && !reading.waiting && reading.caption.untranslated) || "";

/**
 * The newest revisions of one caption id, in up to two languages.
 *
 * Two revisions are compared by the spoken revision that they come from, and then by their own. What
 * was shown before another language was asked for is kept as old until something new, whatever its
 * revision, replaces it.
 */
export class Statement {
  #old = new Set();

  constructor(message) {
    this.id = message.id;
    /** The newest of what is known of who speaks, when, and in which language. */
    this.facts = message;
    this.spoken = null;
    this.translation = null;
  }

  get start() {
    return this.facts.start;
  }

  /** Whether the utterance is over. */
  get final() {
    return Boolean(this.spoken?.final || this.translation?.final);
  }

  /** Take a message for a reader who chose `choice`; returns whether anything changed. */
  take(message, choice) {
    const changed = isTranslation(message) ? this.#takeTranslation(message, choice) : this.#takeSpoken(message, choice);
    if (changed && (!this.#has("facts") || sourceRev(message) >= sourceRev(this.facts))) this.#set("facts", message);
    return changed;
  }

  /** Note that another choice holds: what it does not share with the one before is old. */
  turn(before, now) {
    if (!before.spoken || !now.spoken) this.#old.add("spoken").add("facts");
    if (before.target !== now.target) {
      this.#old.add("translation");
      // Why there was none in the language before says nothing about this one, but for words that mean nothing.
      const mark = this.spoken?.untranslated;
      if (mark && mark !== "other_language") this.spoken = { ...this.spoken, untranslated: null };
    }
    if (now.target === null && this.#has("spoken")) this.translation = null;
    if (!now.spoken && this.#has("translation")) this.spoken = null;
  }

  /** Return what stands in the column of what was spoken: `{caption, waiting}` or null. */
  original() {
    return this.spoken && { caption: this.spoken, waiting: !this.#has("spoken") };
  }

  /**
   * Return what a reader of `choice` reads: `{caption, waiting}`, or null while there is nothing.
   *
   * Waiting: the caption is shown only until one in the right language comes.
   */
  reading(choice) {
    const settled = { caption: this.spoken, waiting: false };
    if (choice.target === null) {
      return this.#has("spoken") ? settled : { caption: this.spoken ?? this.translation, waiting: true };
    }
    if (this.#has("translation")) {
      // The language that was guessed at first was another one: so were the words.
      return { caption: this.translation, waiting: this.translation.source_lang !== this.facts.source_lang };
    }
    if (this.#has("spoken") && !lacks(this.spoken, choice)) return settled;
    const meanwhile = this.translation ?? (choice.spoken ? null : this.spoken);
    return meanwhile && { caption: meanwhile, waiting: true };
  }

  /** Whether this is over and its translation for a reader of `choice` is still to come. */
  lacksTranslation(choice) {
    const reading = this.reading(choice);
    return this.final && (reading === null || markOf(reading) === "follows");
  }

  /** Whether anything shown belongs to another choice. */
  get outdated() {
    return (this.spoken !== null && this.#old.has("spoken")) || (this.translation !== null && this.#old.has("translation"));
  }

  #has(slot) {
    return this[slot] !== null && !this.#old.has(slot);
  }

  #takeSpoken(message, choice) {
    if (this.#has("spoken") && !isNews(message, this.spoken)) return false;
    const overtaken = this.#has("translation") && this.translation.source_rev >= message.rev;
    if (!choice.spoken && overtaken) return false;
    this.#set("spoken", message);
    if (choice.target === null || (!overtaken && !lacks(message, choice))) this.#set("translation", null);
    return true;
  }

  #takeTranslation(message, choice) {
    if (message.lang !== choice.target) return false;
    if (this.#has("translation") && !isNewer(message, this.translation)) return false;
    const settled = this.#has("spoken") && !lacks(this.spoken, choice);
    if (settled && this.spoken.rev > message.source_rev) return false;
    this.#set("translation", message);
    if (!choice.spoken) this.#set("spoken", null);
    return true;
  }

  #set(slot, message) {
    this[slot] = message;
    this.#old.delete(slot);
  }
}

/** Whether a spoken caption is still to be translated for a reader of `choice`. */
function lacks(spoken, { target }) {
  return target !== null && spoken.source_lang !== target && !spoken.untranslated;
}

/** Whether a spoken caption is a newer revision, or the same one with another mark or without it. */
function isNews(message, before) {
  const marks = [message, before].map(({ untranslated }) => untranslated ?? null);
  return message.rev > before.rev || (message.rev === before.rev && marks[0] !== marks[1]);
}

function isNewer(message, before) {
  return (message.source_rev - before.source_rev || message.rev - before.rev) > 0;
}
