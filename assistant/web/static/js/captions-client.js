/** Keeps a reader connected to the captions of a room, whatever the network does. */

import { pauseSeconds, transportFor, waitSeconds } from "./backoff.js";

/** The meeting has not begun: its room is made by whoever speaks first, so it is worth waiting. */
const NOT_BEGUN = "room_unknown";
/** After these the same request cannot succeed, so the client stays away. */
const FINAL_CODES = new Set([
  "token_missing", "token_invalid", "scope_insufficient", "origin_forbidden", "room_name_invalid", "room_deleted",
]);

/**
 * A reader's connection. Dispatches `message` (detail: a hello, caption or status), `state` (detail:
 * `connecting`, `waiting`: for the meeting to begin, `live`, `reconnecting` or `ended`) and `problem` (detail: `{code, message, final}`;
 * final: there will be no other attempt).
 */
export class CaptionsClient extends EventTarget {
  #service;
  #room;
  #link = null;
  #timer = null;
  #failures = 0;
  #waits = 0;
  #lastGood = null;
  #told = null;
  #since = () => null;
  #ended = false;

  /**
   * @param service Addresses and token (`Service`).
   * @param {string} room
   * @param {{lang: string, since: () => number|null}} options `since`: the last event seen.
   */
  constructor(service, room, { lang, since }) {
    super();
    this.#service = service;
    this.#room = room;
    this.lang = lang;
    this.#since = since;
    this.state = "connecting";
  }

  start() {
    this.#connect();
  }

  /** Try again now, for instance because the network is back; does nothing while connected. */
  wake() {
    if (this.#timer === null) return;
    clearTimeout(this.#timer);
    this.#connect();
  }

  /** Show another language. */
  switchLanguage(lang) {
    this.lang = lang;
    if (this.#ended) return;
    if (this.#link?.send) this.#link.send({ type: "language", lang });
    else if (this.#link) this.#reopen();
  }

  close() {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#link?.close();
    this.#setState("ended");
  }

  #connect() {
    this.#timer = null;
    this.#told = null;
    const transport = transportFor(this.#failures, this.#lastGood);
    const open = transport === "socket" ? openSocket : openEvents;
    const base = `/v1/rooms/${encodeURIComponent(this.#room)}/captions`;
    const path = transport === "socket" ? base : `${base}/events`;
    const parameters = { lang: this.lang, since: this.#since() };
    const url = this.#service.stream(path, parameters, { socket: transport === "socket" });
    this.#link = open(url, (message) => this.#receive(message, transport), () => this.#lost());
  }

  #reopen() {
    this.#link.close();
    this.#connect();
  }

  #receive(message, transport) {
    if (message.type === "error") {
      this.#told = message;
      if (message.code !== NOT_BEGUN) this.#report(message);
      return;
    }
    if (message.type === "hello") {
      this.#failures = 0;
      this.#waits = 0;
      this.#lastGood = transport;
      this.#setState("live");
    }
    this.dispatchEvent(new CustomEvent("message", { detail: message }));
  }

  #lost() {
    this.#link = null;
    if (this.#ended) return;
    const told = this.#told;
    if (told && FINAL_CODES.has(told.code)) {
      this.close();
      return;
    }
    if (told?.code === NOT_BEGUN) {
      this.#wait();
      return;
    }
    this.#failures += 1;
    this.#setState("reconnecting");
    if (!told && this.#failures === 3) this.#askWhy();
    this.#timer = setTimeout(() => this.#connect(), pauseSeconds(this.#failures, Math.random()) * 1000);
  }

  /** Ask again whether the meeting has begun; what is shown of one that is over stays. */
  #wait() {
    this.#waits += 1;
    this.#failures = 0;
    this.#setState("waiting");
    this.#timer = setTimeout(() => this.#connect(), waitSeconds(this.#waits, Math.random()) * 1000);
  }

  /** A refused handshake tells the page nothing; an ordinary request to the same room does. */
  async #askWhy() {
    try {
      await this.#service.fetch(`/v1/rooms/${encodeURIComponent(this.#room)}`);
    } catch (error) {
      if (this.#ended || this.state === "live") return;
      if (error.code === NOT_BEGUN) {
        this.#setState("waiting");
        return;
      }
      this.#report({ code: error.code, message: error.message });
      if (FINAL_CODES.has(error.code)) this.close();
    }
  }

  #report({ code, message }) {
    this.dispatchEvent(new CustomEvent("problem", { detail: { code, message, final: FINAL_CODES.has(code) } }));
  }

  #setState(state) {
    if (state === this.state) return;
    this.state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: state }));
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return { type: "unreadable" };
  }
}

function openSocket(url, receive, lost) {
  const socket = new WebSocket(url);
  let closed = false;
  const waiting = [];
  socket.addEventListener("open", () => waiting.splice(0).forEach((text) => socket.send(text)));
  socket.addEventListener("message", (event) => closed || receive(parsed(event.data)));
  socket.addEventListener("close", () => closed || lost());
  return {
    send(message) {
      const text = JSON.stringify(message);
      if (socket.readyState === WebSocket.CONNECTING) waiting.push(text);
      else if (socket.readyState === WebSocket.OPEN) socket.send(text);
    },
    close() {
      closed = true;
      socket.close();
    },
  };
}

function openEvents(url, receive, lost) {
  const source = new EventSource(url);
  const close = () => source.close();
  const take = (event) => receive(parsed(event.data));
  for (const type of ["message", "hello", "caption", "status"]) source.addEventListener(type, take);
  source.addEventListener("error", (event) => {
    if (typeof event.data === "string") {
      receive(parsed(event.data));
      return;
    }
    // EventSource would reconnect by itself, but without `since` and without a pause that grows.
    close();
    lost();
  });
  return { close };
}
