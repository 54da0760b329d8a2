/** A room as a page follows it: the connection, the captions, and what changed since the last look. */

import { CaptionLog } from "./captions.js";
import { CaptionsClient } from "./captions-client.js";

/** A status that is not repeated for so long no longer holds. */
const STATUS_MS = 15_000;

/**
 * Joins client and log. Dispatches `captions` (detail: `{changes, reset}`), `final` (detail: a caption
 * that became final after this page was opened), `languages`, `state`, `behind` and `problem`.
 */
export class RoomFeed extends EventTarget {
  #client;
  #historySeq = null;
  #statusTimer = null;

  constructor(service, room, { lang }) {
    super();
    this.log = new CaptionLog();
    this.languages = ["source"];
    this.behindSeconds = 0;
    this.#client = new CaptionsClient(service, room, { lang, since: () => this.log.lastSeq });
    this.#client.addEventListener("message", (event) => this.#receive(event.detail));
    this.#client.addEventListener("state", (event) => this.#changeState(event.detail));
    this.#client.addEventListener("problem", (event) => this.#problem(event.detail));
  }

  get state() {
    return this.#client.state;
  }

  get lang() {
    return this.#client.lang;
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

  switchLanguage(lang) {
    if (lang === this.#client.lang) return;
    this.log.languageChanged();
    this.#client.switchLanguage(lang);
  }

  #receive(message) {
    if (message.type === "hello") this.#hello(message);
    if (message.type === "caption") this.#caption(message);
    if (message.type === "status") this.#status(message);
  }

  #hello(message) {
    this.#historySeq ??= message.seq;
    this.languages = message.languages ?? ["source"];
    this.#tell("languages", this.languages);
    const ended = this.log.hello(message);
    this.#tell("captions", { changes: ended.map((id) => ({ kind: "removed", caption: { id } })) });
  }

  #caption(message) {
    const change = this.log.apply(message);
    if (!change) return;
    this.#tell("captions", { changes: [change] });
    if (message.final && change.kind !== "removed" && message.seq > this.#historySeq) this.#tell("final", message);
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
      this.log.clear();
      this.#historySeq = null;
      this.#tell("captions", { changes: [], reset: true });
      return;
    }
    if (problem.code === "language_unavailable" || problem.code === "language_unknown") {
      this.switchLanguage("source");
      this.#tell("languages", this.languages);
    }
    this.#tell("problem", problem);
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
