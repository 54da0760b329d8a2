/** What a reader chose: remembered between visits, overruled by the address, always valid. */

import { formatChoice, parseChoice } from "./language-choice.js";

const KEY = "assistant.settings.v1";

/** Smallest, largest and step of the text size, in per cent. */
export const SIZE = { min: 60, max: 400, step: 10 };

const oneOf = (...values) => (value) => (values.includes(value) ? value : undefined);
const truth = (value) => {
  if (typeof value === "boolean") return value;
  return { 1: true, true: true, 0: false, false: false }[value];
};
const size = (value) => {
  const number = Number(value);
  if (value === "" || !Number.isFinite(number)) return undefined;
  return Math.min(SIZE.max, Math.max(SIZE.min, Math.round(number / SIZE.step) * SIZE.step));
};
const shown = (value) => {
  const choice = parseChoice(value);
  return choice && formatChoice(choice);
};

/** Each setting: what it is at first, and how a stored or typed value is read (undefined: refused). */
const FIELDS = {
  ui: ["auto", oneOf("auto", "en", "fr")],
  lang: ["source", shown],
  theme: ["auto", oneOf("auto", "light", "dark", "contrast")],
  size: [100, size],
  spacing: ["normal", oneOf("tight", "normal", "wide")],
  times: [true, truth],
  announce: [true, truth],
  shortcuts: [true, truth],
};

/** The settings of this browser; dispatches `change` with `detail.name`. */
export class Settings extends EventTarget {
  #storage;
  #stored;
  #overrides = {};

  /**
   * @param storage Something with `getItem` and `setItem`.
   * @param {URLSearchParams} parameters Values that hold for this visit and are not remembered.
   */
  constructor(storage, parameters = new URLSearchParams()) {
    super();
    this.#storage = storage;
    this.#stored = this.#load();
    for (const [name, [, read]] of Object.entries(FIELDS)) {
      const value = parameters.has(name) ? read(parameters.get(name)) : undefined;
      if (value !== undefined) this.#overrides[name] = value;
    }
  }

  get(name) {
    return this.#overrides[name] ?? this.#stored[name] ?? FIELDS[name][0];
  }

  /** Set and remember a value; values that the setting cannot have are ignored. */
  set(name, value) {
    const valid = FIELDS[name][1](value);
    if (valid === undefined || valid === this.get(name)) return;
    delete this.#overrides[name];
    this.#stored[name] = valid;
    this.#storage.setItem(KEY, JSON.stringify(this.#stored));
    this.dispatchEvent(new CustomEvent("change", { detail: { name } }));
  }

  #load() {
    let saved = {};
    try {
      saved = JSON.parse(this.#storage.getItem(KEY) ?? "{}") ?? {};
    } catch {
      // Damaged settings are no reason to show nothing.
    }
    const valid = {};
    for (const [name, [, read]] of Object.entries(FIELDS)) {
      const value = name in saved ? read(saved[name]) : undefined;
      if (value !== undefined) valid[name] = value;
    }
    return valid;
  }
}
