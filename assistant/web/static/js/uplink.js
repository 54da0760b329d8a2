/** Sends one participant's audio so that no word is lost and none arrives twice. */

import { AudioRing } from "./audio-ring.js";
import { pauseSeconds } from "./backoff.js";

const KEPT_SECONDS = 60;
const SERVICE_RATE = 16_000;
/** Bytes the browser may hold unsent; the rest waits in the ring, where a cut does no harm. */
const UNSENT_BYTES = 64 * 1024;
const LOOK_AGAIN_MS = 50;
const STOP_SECONDS = 40;
const STOP = JSON.stringify({ type: "stop" });

/** After these, connecting again by itself would be wrong. */
const FINAL_CODES = new Set([
  "token_missing", "token_invalid", "scope_insufficient", "origin_forbidden", "room_name_invalid",
  "participant_invalid", "participant_replaced", "room_deleted", "language_unknown", "encoding_unknown", "sample_rate_invalid",
  "channels_invalid", "frame_too_large", "message_invalid", "audio_malformed",
]);

/** After these, whoever was not in yet stays outside. */
const FULL_CODES = new Set(["capacity_reached", "disk_low"]);

/**
 * One participant's way in. Dispatches `state` (detail: `connecting`, `live`, `reconnecting`,
 * `finishing`, `ended`), `problem` (detail: `{code, message}`) and `lost` when audio had to be given up.
 *
 * The recording is numbered in samples at the microphone's rate. The service counts at 16 kHz from
 * where the session began, which is sample `#base` of the recording.
 */
export class Uplink extends EventTarget {
  #address;
  #rate;
  #ring;
  #socket = null;
  #session = null;
  #base = 0;
  #next = 0;
  #ready = false;
  #stopping = null;
  #failures = 0;
  #timer = null;
  #pumping = null;
  #told = null;
  #away = false;
  /** One past the newest sample that went out before a stop, when the page was hidden for good as it seemed. */
  #left = null;

  /**
   * @param {(parameters: object) => string} address Returns the socket's address for more parameters.
   * @param {number} sampleRate Of the microphone.
   */
  constructor(address, sampleRate) {
    super();
    this.#address = address;
    this.#rate = sampleRate;
    this.#ring = new AudioRing(KEPT_SECONDS * sampleRate);
    this.state = "connecting";
  }

  start() {
    this.#connect();
  }

  /** Take samples (Int16Array) from the microphone. */
  feed(pcm) {
    this.#ring.append(pcm);
    this.#pump();
  }

  /** Try again now, for instance because the network is back. */
  wake() {
    if (this.#timer === null) return;
    clearTimeout(this.#timer);
    this.#connect();
  }

  /** Send what is left and leave; resolves to whether the service confirmed the last words. */
  stop() {
    if (this.state === "ended") return Promise.resolve(false);
    this.#setState("finishing");
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#end(false), STOP_SECONDS * 1000);
      this.#stopping = { resolve, timer, asked: false, everAsked: false };
      this.wake();
      this.#pump();
    });
  }

  /**
   * The page goes, maybe for ever: send all that is here, then a stop. Nothing can be read any more.
   *
   * What the connection cannot take is lost with the page; the service ends such a session by itself.
   */
  hide() {
    if (this.state === "ended" || this.#away) return;
    this.#away = true;
    clearTimeout(this.#timer);
    this.#timer = null;
    if (!this.#ready || this.#socket.readyState !== WebSocket.OPEN) return;
    for (let piece; (piece = this.#ring.pieceFrom(this.#next)); this.#next += piece.length) this.#socket.send(piece);
    this.#left = this.#next;
    if (!this.#stopping?.asked) this.#socket.send(STOP);
    if (this.#stopping) this.#stopping.asked = this.#stopping.everAsked = true;
  }

  /** The page is back, out of the browser's memory: whoever was heard before is heard again. */
  show() {
    if (!this.#away) return;
    this.#away = false;
    if (this.state === "ended") return;
    // Whether the stop arrived tells the service: it does not know the session then.
    if (this.#socket) this.#socket.close();
    else this.#connect();
  }

  /** Give up at once what is not confirmed yet. */
  abandon() {
    if (this.state !== "ended") this.#end(false);
  }

  #connect() {
    this.#timer = null;
    this.#told = null;
    this.#ready = false;
    const parameters = { encoding: "pcm_s16le", sample_rate: this.#rate, channels: 1, session: this.#session };
    const socket = new WebSocket(this.#address(parameters));
    this.#socket = socket;
    socket.addEventListener("message", (event) => socket === this.#socket && this.#receive(JSON.parse(event.data)));
    socket.addEventListener("close", () => socket === this.#socket && this.#closed());
  }

  #receive(message) {
    if (message.type === "ready") this.#begin(message);
    if (message.type === "ack") this.#ring.dropBefore(this.#sampleAt(message.offset_samples));
    if (message.type === "stopped") this.#stopped();
    if (message.type === "error") this.#told = message;
  }

  /** The service ended the session, with all that was sent before the stop. */
  #stopped() {
    if (this.#left === null || this.#stopping) return this.#end(true);
    this.#ring.dropBefore(this.#left);
    this.#left = null;
    this.#forgetSession();
  }

  #begin({ session, offset_samples: offset }) {
    if (session !== this.#session) {
      // A new session begins with the oldest audio that nobody has confirmed.
      this.#session = session;
      this.#base = this.#ring.start - this.#native(offset);
    }
    const wanted = this.#sampleAt(offset);
    if (wanted < this.#ring.start) {
      // The missing part would put all that follows at a wrong time, so the recording starts anew.
      this.#tell("lost");
      this.#forgetSession();
      this.#socket.close();
      return;
    }
    this.#failures = 0;
    this.#left = null;
    this.#next = Math.min(wanted, this.#ring.end);
    this.#ring.dropBefore(this.#next);
    this.#ready = true;
    if (this.#stopping) this.#stopping.asked = false;
    else this.#setState("live");
    this.#pump();
  }

  #native(serviceSamples) {
    return Math.round((serviceSamples * this.#rate) / SERVICE_RATE);
  }

  #sampleAt(serviceSamples) {
    return this.#base + this.#native(serviceSamples);
  }

  /** Send what there is, as long as the browser gets rid of it. */
  #pump() {
    if (this.#away || !this.#ready || this.#socket.readyState !== WebSocket.OPEN) return;
    while (this.#next < this.#ring.end) {
      if (this.#socket.bufferedAmount > UNSENT_BYTES) {
        this.#pumping ??= setTimeout(() => {
          this.#pumping = null;
          this.#pump();
        }, LOOK_AGAIN_MS);
        return;
      }
      // Older audio can only be missing here if the network took nothing for a minute.
      if (this.#next < this.#ring.start) {
        this.#tell("lost");
        this.#forgetSession();
        this.#socket.close();
        return;
      }
      const piece = this.#ring.pieceFrom(this.#next);
      this.#socket.send(piece);
      this.#next += piece.length;
    }
    if (this.#stopping && !this.#stopping.asked) {
      this.#stopping.asked = this.#stopping.everAsked = true;
      this.#socket.send(STOP);
    }
  }

  #forgetSession() {
    this.#session = null;
    this.#ready = false;
  }

  #closed() {
    this.#socket = null;
    this.#ready = false;
    if (this.state === "ended") return;
    const told = this.#told;
    if (told?.code === "session_unknown") {
      // The service forgets a session once it is stopped: only its answer to our stop was lost.
      if (this.#stopping?.everAsked) return this.#end(true);
      if (this.#left !== null) this.#stopped();
      this.#forgetSession();
    } else if (told) {
      this.dispatchEvent(new CustomEvent("problem", { detail: told }));
      if (FINAL_CODES.has(told.code)) return this.#end(false);
      if (FULL_CODES.has(told.code) && this.#session === null) return this.#end(false);
    }
    if (this.#away) return;
    this.#failures += 1;
    if (!this.#stopping) this.#setState("reconnecting");
    this.#timer = setTimeout(() => this.#connect(), pauseSeconds(this.#failures, Math.random()) * 1000);
  }

  #end(confirmed) {
    clearTimeout(this.#timer);
    clearTimeout(this.#pumping);
    const [socket, stopping] = [this.#socket, this.#stopping];
    this.#socket = this.#stopping = null;
    this.#ready = false;
    socket?.close(1000);
    this.#setState("ended");
    if (stopping) clearTimeout(stopping.timer);
    stopping?.resolve(confirmed);
  }

  #setState(state) {
    if (state === this.state) return;
    this.state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: state }));
  }

  #tell(type) {
    this.dispatchEvent(new Event(type));
  }
}
