/** A colour and initials for each speaker. Pure. */

/** How many speaker colours the style sheet has. */
export const COLOURS = 8;

/** Return one or two letters that stand for a name. */
export function initials(name) {
  const words = name.trim().split(/[\s._-]+/u).filter((word) => /[\p{L}\p{N}]/u.test(word));
  if (words.length === 0) return "?";
  const chosen = words.length === 1 ? [words[0]] : [words[0], words.at(-1)];
  return chosen.map((word) => [...word].find((letter) => /[\p{L}\p{N}]/u.test(letter))).join("").toLocaleUpperCase();
}

/** Hands out colours in the order in which people first speak, so that few speakers look most unlike. */
export class SpeakerColours {
  #chosen = new Map();

  of(participant) {
    if (!this.#chosen.has(participant)) this.#chosen.set(participant, this.#chosen.size % COLOURS);
    return this.#chosen.get(participant);
  }
}
