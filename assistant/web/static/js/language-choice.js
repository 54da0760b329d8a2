/** What a reader wants to see: what was spoken, one language, or both beside each other. Pure. */

const TAG = /^([A-Za-z]{2,3})(-[A-Za-z0-9]{1,8})*$/;

/** Everything as it was spoken. */
export const AS_SPOKEN = Object.freeze({ spoken: true, target: null });

/**
 * Read `source`, a language tag, or `source,TAG`; regions are left out, as the service does.
 *
 * @returns {{spoken: boolean, target: string|null}|undefined} `spoken`: whether what was spoken is
 *   shown; `target`: the language to translate into; undefined for anything else.
 */
export function parseChoice(text) {
  const parts = String(text).split(",");
  const spoken = parts[0] === "source";
  if (spoken && parts.length === 1) return AS_SPOKEN;
  const match = TAG.exec(parts.at(-1));
  if (!match || parts.length !== (spoken ? 2 : 1)) return undefined;
  return { spoken, target: match[1].toLowerCase() };
}

/** Return a choice as the service and the address write it. */
export function formatChoice({ spoken, target }) {
  if (target === null) return "source";
  return spoken ? `source,${target}` : target;
}

/** Whether a choice shows two languages beside each other. */
export const isParallel = ({ spoken, target }) => spoken && target !== null;
