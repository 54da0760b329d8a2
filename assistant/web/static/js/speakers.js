/** A colour and initials for each speaker, the same for everybody who reads. Pure. */

/** How many speaker colours the style sheet has. */
export const COLOURS = 8;

/** Return one or two letters that stand for a name. */
export function initials(name) {
  const words = name.trim().split(/[\s._-]+/u).filter((word) => /[\p{L}\p{N}]/u.test(word));
  if (words.length === 0) return "?";
  const chosen = words.length === 1 ? [words[0]] : [words[0], words.at(-1)];
  return chosen.map((word) => [...word].find((letter) => /[\p{L}\p{N}]/u.test(letter))).join("").toLocaleUpperCase();
}

/** Hands out colours: by the participant's id, moved on while another speaker has that one. */
export class SpeakerColours {
  #chosen = new Map();

  of(participant) {
    if (!this.#chosen.has(participant)) this.#chosen.set(participant, this.#choose(participant));
    return this.#chosen.get(participant);
  }

  #choose(participant) {
    let hash = 7;
    for (const letter of participant) hash = (hash * 31 + letter.codePointAt(0)) % 65521;
    const taken = new Set(this.#chosen.values());
    for (let step = 0; step < COLOURS; step += 1) {
      const colour = (hash + step) % COLOURS;
      if (!taken.has(colour)) return colour;
    }
    return hash % COLOURS;
  }
}
