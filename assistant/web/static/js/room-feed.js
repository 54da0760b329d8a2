/** A room as a page follows it: the connection, the captions, and what changed since the last look. */

import { CaptionLog } from "./captions.js";
import { CaptionsClient } from "./captions-client.js";
import { AS_SPOKEN, formatChoice, parseChoice } from "./language-choice.js";

/** A status that is not repeated for so long no longer holds. */
const STATUS_MS = 15_000;

/**
 * Joins client and log. Dispatches `captions` (detail: the changes), `final` (detail: a caption
 * that became final after this page was opened, in the reader's language or, where it will not be
 * translated, as it was said), `languages`, `language`
 * (detail: the choice that holds from now on), `unavailable` (detail: the language that the reader
 * wants and that is not offered), `state`, `behind` and `problem`.
 */
export class RoomFeed extends EventTarget {
  #client;
  #history;
  #historyEnd = null;
  #refused = false;
  #statusTimer = null;

  /** @param {{lang: string, history?: boolean}} options `history`: whether what was said before is wanted. */
  constructor(service, room, { lang, history = false }) {
    super();
    this.log = new CaptionLog();
    this.languages = ["source"];
    this.behindSeconds = 0;
    /** What the reader wants to see, offered or not. */
    this.wish = parseChoice(lang) ?? AS_SPOKEN;
    this.#history = history;
    this.#client = new CaptionsClient(service, room, { lang, since: () => this.#since() });
    this.#client.addEventListener("message", (event) => this.#receive(event.detail));
    this.#client.addEventListener("state", (event) => this.#changeState(event.detail));
    this.#client.addEventListener("problem", (event) => this.#problem(event.detail));
  }

  get state() {
    return this.#client.state;
  }

  /** Whether the reader wants a language that is not offered, and therefore sees what was spoken. */
  get isDenied() {
    return formatChoice(this.wish) !== this.#client.lang;
  }

  start() {
    this.#client.start();
  }

  wake() {
    this.#client.wake();
  }

  close() {
    this.#client.close();
  }

  /** Show another choice of languages; what is shown stays until that comes. */
  choose(choice) {
    this.wish = choice;
    this.#refused = false;
    this.#ask(choice);
  }

  #ask(choice) {
    const lang = formatChoice(choice);
    if (lang !== this.#client.lang) this.#client.switchLanguage(lang);
  }

  #since() {
    const known = formatChoice(this.log.choice) === this.#client.lang ? this.log.resumeSeq : null;
    return known ?? (this.#history ? 0 : null);
  }

  #receive(message) {
    if (message.type === "hello") this.#hello(message);
    if (message.type === "caption") this.#caption(message);
    if (message.type === "status") this.#status(message);
  }

  #hello(message) {
    this.#historyEnd ??= message.now ?? 0;
    this.languages = message.languages ?? ["source"];
    const { switched, changes } = this.log.hello(message);
    this.#tell("languages", this.languages);
    if (switched) this.#tell("language", this.log.choice);
    this.#tell("captions", changes);
    this.#tryWish();
  }

  /** A language that was refused may be offered later, for instance after an update of the service. */
  #tryWish() {
    const offered = this.wish.target === null || this.languages.includes(this.wish.target);
    if (!offered) this.#refused = false;
    else if (!this.#refused) this.#ask(this.wish);
  }

  #caption(message) {
    const change = this.log.apply(message);
    if (!change) return;
    this.#tell("captions", [change]);
    if (change.kind === "removed") return;
    const final = this.log.finalOf(change.statement);
    if (final && final.text && final.end > this.#historyEnd) this.#tell("final", final);
  }

  #status(message) {
    clearTimeout(this.#statusTimer);
    this.#setBehind(message.behind_seconds ?? 0);
    if (this.behindSeconds > 0) this.#statusTimer = setTimeout(() => this.#setBehind(0), STATUS_MS);
  }

  #setBehind(seconds) {
    this.behindSeconds = seconds >= 1 ? Math.round(seconds) : 0;
    this.#tell("behind", this.behindSeconds);
  }

  #changeState(state) {
    if (state !== "live") this.#setBehind(0);
    this.#tell("state", state);
  }

  #problem(problem) {
    if (problem.code === "since_in_future") {
      // The room was emptied behind our back: what we show is not in it any more.
      this.#historyEnd = null;
      this.#tell("captions", this.log.clear());
      return;
    }
    if (this.wish.target !== null && ["language_unavailable", "language_unknown"].includes(problem.code)) {
      this.#refused = true;
      this.#ask(AS_SPOKEN);
      this.#tell("unavailable", this.wish.target);
      return;
    }
    this.#tell("problem", problem);
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
