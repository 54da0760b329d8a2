/** When to try again, and over what. Pure. */

const FIRST_SECONDS = 0.5;
const LONGEST_SECONDS = 15;
const LONGEST_WAIT_SECONDS = 5;

/**
 * Return how long to wait before attempt `failures` + 1.
 *
 * Half of the pause is chance: a room full of readers must not come back in the same instant.
 *
 * @param {number} failures Failures in a row, 1 or more.
 * @param {number} chance 0 to 1.
 */
export function pauseSeconds(failures, chance) {
  const whole = Math.min(LONGEST_SECONDS, FIRST_SECONDS * 2 ** (failures - 1));
  return whole * (0.5 + chance / 2);
}

/**
 * Return how long to wait before asking for the `waits` + 1st time whether a meeting has begun.
 *
 * People sit there and wait for its first word, so the pause stays shorter than after failures.
 */
export function waitSeconds(waits, chance) {
  return Math.min(LONGEST_WAIT_SECONDS, pauseSeconds(waits, chance));
}

/**
 * Return `socket` or `events` for the next attempt.
 *
 * Some proxies let no WebSocket through. After three failures in a row every second attempt goes over
 * server-sent events, and what once worked is tried first.
 */
export function transportFor(failures, lastGood) {
  const preferred = lastGood ?? "socket";
  const other = preferred === "socket" ? "events" : "socket";
  return failures >= 3 && failures % 2 === 1 ? other : preferred;
}
