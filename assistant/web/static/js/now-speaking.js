/** Shows who speaks at the moment. */

import { element } from "./dom.js";
import { initials } from "./speakers.js";

export class NowSpeaking {
  #list;
  #nobody;
  #colours;
  #shown = "";

  /**
   * @param {HTMLElement} list An `ul`.
   * @param {HTMLElement} nobody Shown while nobody speaks.
   */
  constructor(list, nobody, colours) {
    this.#list = list;
    this.#nobody = nobody;
    this.#colours = colours;
  }

  /** Show `people`: `[{participant, speaker}]`. */
  show(people) {
    const key = JSON.stringify(people.map((person) => [person, this.#colours.of(person.participant)]));
    if (key === this.#shown) return;
    this.#shown = key;
    this.#nobody.hidden = people.length > 0;
    this.#list.replaceChildren(...people.map((person) => this.#chip(person)));
  }

  #chip({ participant, speaker }) {
    return element(
      "li",
      { class: "chip", "data-speaker": this.#colours.of(participant) },
      element("span", { class: "avatar small", "aria-hidden": "true" }, initials(speaker)),
      element("span", { class: "chip-name", dir: "auto" }, speaker),
      element("span", { class: "wave", "aria-hidden": "true" }, element("i"), element("i"), element("i")),
    );
  }
}
