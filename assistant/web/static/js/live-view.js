/** What a joined speaker sees: the state, the level, and the buttons to mute and leave. */

import { byId } from "./dom.js";
import { nativeName } from "./format.js";

const METER_MS = 100;
const SILENT_SECONDS = 6;
const TEXTS = {
  connecting: "uplinkConnecting",
  live: "uplinkLive",
  muted: "uplinkMuted",
  reconnecting: "uplinkReconnecting",
  finishing: "uplinkFinishing",
};

export class LiveView {
  #i18n;
  #state = "connecting";
  #muted = false;
  #timer = null;
  #onMute;
  #heardAt = 0;

  /** @param parts `onMute(muted)` and `onLeave()` are called for the buttons. */
  constructor({ i18n, onMute, onLeave }) {
    this.#i18n = i18n;
    this.#onMute = onMute;
    byId("mute").addEventListener("click", () => this.#mute(!this.#muted));
    byId("leave").addEventListener("click", onLeave);
    i18n.addEventListener("change", () => this.#draw());
  }

  /** Appear; `level()` returns 0 to 1. */
  begin({ name, language, level }) {
    byId("live-name").textContent = name;
    byId("live-language").textContent = language === "auto" ? this.#i18n.t("detectLanguage") : nativeName(language);
    byId("live").hidden = false;
    byId("live").append(byId("device-field")); // The microphone can be changed while speaking.
    byId("hint").textContent = "";
    this.#heardAt = performance.now();
    this.#timer = setInterval(() => this.#meter(level()), METER_MS);
    this.#muted = false;
    this.show("connecting");
    byId("mute").focus();
  }

  /** Show a state of the connection. */
  show(state) {
    this.#state = state;
    this.#draw();
  }

  /** Show a sentence below the buttons until something else is said. */
  hint(key) {
    byId("hint").textContent = key ? this.#i18n.t(key) : "";
  }

  /** Disappear; with a key, say how it ended. */
  end(key) {
    clearInterval(this.#timer);
    byId("live").hidden = true;
    byId("join").before(byId("device-field"));
    if (key) byId("farewell").textContent = this.#i18n.t(key);
  }

  #mute(muted) {
    this.#muted = muted;
    this.#heardAt = performance.now();
    this.#onMute(muted);
    this.#draw();
  }

  #draw() {
    const shown = this.#state === "live" && this.#muted ? "muted" : this.#state;
    byId("live").dataset.state = shown;
    byId("live-state").textContent = this.#i18n.t(TEXTS[shown]);
    byId("mute").disabled = this.#state === "finishing";
    byId("mute").setAttribute("aria-pressed", String(this.#muted));
    byId("mute-text").textContent = this.#i18n.t(this.#muted ? "unmute" : "mute");
    byId("mute-icon").setAttribute("href", `/static/icons.svg#${this.#muted ? "mic" : "mic-off"}`);
    byId("pulse-icon").setAttribute("href", `/static/icons.svg#${this.#muted ? "mic-off" : "mic"}`);
  }

  #meter(level) {
    for (const node of [byId("live").querySelector(".pulse"), byId("level").firstElementChild]) {
      node.style.setProperty("--level", level.toFixed(3));
    }
    byId("level").setAttribute("aria-valuenow", Math.round(level * 100));
    const now = performance.now();
    const silent = now - this.#heardAt > SILENT_SECONDS * 1000;
    if (level > 0 || this.#muted) {
      if (silent) this.hint(null);
      this.#heardAt = now;
    } else if (silent) this.hint("silentMicrophone");
  }
}
