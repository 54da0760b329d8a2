/** A colour and initials for each speaker. Pure. */

/** How many speaker colours the style sheet has: a power of two. Neighbours look most unlike. */
export const COLOURS = 8;

/** Return one or two letters that stand for a name. */
export function initials(name) {
  const words = name.trim().split(/[\s._-]+/u).filter((word) => /[\p{L}\p{N}]/u.test(word));
  if (words.length === 0) return "?";
  const chosen = words.length === 1 ? [words[0]] : [words[0], words.at(-1)];
  return chosen.map((word) => [...word].find((letter) => /[\p{L}\p{N}]/u.test(letter))).join("").toLocaleUpperCase();
}

/**
 * Gives each person the colour that their id says, wherever and in whatever language one reads.
 *
 * Of two with the same colour, who spoke first keeps it, and the other gets the next free one, so that
 * up to eight all differ. Nobody's colour changes when somebody new speaks; it can while what was said
 * earlier still arrives.
 */
export class SpeakerColours {
  #starts = new Map();
  #chosen = null;

  /** Note that somebody spoke at `start`. */
  note(participant, start) {
    if (start >= (this.#starts.get(participant) ?? Infinity)) return;
    this.#starts.set(participant, start);
    this.#chosen = null;
  }

  /** Return the number of somebody's colour. */
  of(participant) {
    this.#chosen ??= this.#choose();
    return this.#chosen.get(participant) ?? ownColour(participant);
  }

  #choose() {
    const chosen = new Map();
    const taken = new Set();
    const people = [...this.#starts].sort(([a, first], [b, second]) => first - second || (a < b ? -1 : 1));
    for (const [participant] of people) {
      let colour = ownColour(participant);
      if (taken.size < COLOURS) while (taken.has(colour)) colour = (colour + 1) % COLOURS;
      taken.add(colour);
      chosen.set(participant, colour);
    }
    return chosen;
  }
}

/** Return a number that depends on an id only, spread by the FNV-1a hash. */
function ownColour(participant) {
  let hash = 0x811c9dc5;
  for (const letter of participant) hash = Math.imul(hash ^ letter.codePointAt(0), 0x01000193);
  return ((hash >>> 16) ^ hash) & (COLOURS - 1);
}
