/**
 * Terms as the service keeps them (`{term, language, sounds_like, translations, keep}`), and rows as they
 * are edited (`{term, language, sounds, keep, translations}`, all texts as typed). Pure.
 */

/** What the service takes. */
export const LIMITS = { terms: 200, characters: 60, sounds: 10 };

/** Return an empty row. */
export const emptyRow = () => ({ term: "", language: "", sounds: "", keep: false, translations: {} });

/** Return the row of a term of the service. */
export function rowOf(term) {
  return {
    term: term.term,
    language: term.language ?? "",
    sounds: joined(term.sounds_like ?? []),
    keep: term.keep ?? false,
    translations: { ...term.translations },
  };
}

/** Return the terms of rows, as the service takes them; empty rows are left out. */
export function termsOf(rows) {
  return rows.filter((row) => !isEmpty(row)).map((row) => {
    const term = { term: tidy(row.term) };
    if (row.language) term.language = row.language;
    if (split(row.sounds).length) term.sounds_like = split(row.sounds);
    const called = Object.entries(row.translations).map(([tag, text]) => [tag, tidy(text)]);
    const known = called.filter(([tag, text]) => text && tag !== row.language).sort();
    if (known.length) term.translations = Object.fromEntries(known);
    if (row.keep) term.keep = true;
    return term;
  });
}

/** Whether nothing was typed into a row. */
export const isEmpty = (row) => ![row.term, row.sounds, ...Object.values(row.translations)].some(tidy);

/** Return the languages that rows have translations in, in order. */
export const languagesOf = (rows) => [...new Set(rows.flatMap((row) => Object.keys(row.translations)))].sort();

/** Return what is wrong with a row among rows: `{field, key}`, or null. */
export function faultOf(row, rows) {
  if (isEmpty(row)) return null;
  if (!tidy(row.term)) return { field: "term", key: "faultNoTerm" };
  if (tooLong(row.term)) return { field: "term", key: "faultLong" };
  const key = keyOf(row);
  const first = rows.find((other) => !isEmpty(other) && keyOf(other) === key);
  if (first !== row) return { field: "term", key: "faultTwice" };
  if (split(row.sounds).length > LIMITS.sounds) return { field: "sounds", key: "faultSounds" };
  if (split(row.sounds).some(tooLong)) return { field: "sounds", key: "faultLong" };
  const long = Object.keys(row.translations).find((tag) => tooLong(row.translations[tag]));
  return long ? { field: long, key: "faultLong" } : null;
}

/**
 * Put the terms of a file among rows: known ones are replaced, others follow.
 *
 * A row without a language is the same as one of its spelling that has one. A term of the file that has
 * none does not replace a row that says more.
 *
 * @returns `{rows, replaced, kept}`: also how many terms of the file replaced a row, or gave way to it.
 */
export function merged(rows, terms) {
  const result = rows.filter((row) => !isEmpty(row));
  const there = new Set(result);
  let [replaced, kept] = [0, 0];
  for (const row of terms.map(rowOf)) {
    const index = placeOf(row, result, there);
    if (index < 0) result.push(row);
    else if (!row.language && richness(result[index]) > richness(row)) kept += 1;
    else {
      result[index] = row;
      replaced += 1;
    }
  }
  return { rows: result, replaced, kept };
}

/** Return where a term of a file stands already; only rows that were `there` before may lack its language. */
function placeOf(row, rows, there) {
  const same = rows.findIndex((other) => keyOf(other) === keyOf(row));
  if (same >= 0) return same;
  const known = (other) => there.has(other) && fold(other.term) === fold(row.term);
  return rows.findIndex((other) => known(other) && !(other.language && row.language));
}

/** Return how many fields of a row say something. */
const richness = (row) => [row.language, row.keep, row.sounds, ...Object.values(row.translations)].filter(Boolean).length;

/**
 * Return terms as a plain list of spellings has them: in its order, without those that it lacks.
 * What is known of a term that stays, stays.
 */
export function withSpellings(terms, spellings) {
  const left = [...terms];
  return spellings.map(tidy).filter(Boolean).map((spelling) => {
    const index = left.findIndex((term) => fold(term.term) === fold(spelling));
    return index < 0 ? { term: spelling } : { ...left.splice(index, 1)[0], term: spelling };
  });
}

const tidy = (text) => text.normalize("NFC").trim().replace(/\s+/g, " ");
const fold = (text) => tidy(text).toLowerCase();
const keyOf = (row) => `${row.language}\n${fold(row.term)}`;
const tooLong = (text) => [...tidy(text)].length > LIMITS.characters;

/** Misheard spellings stand between commas, or bars where one of them has a comma. */
const joined = (sounds) => {
  if (!sounds.some((sound) => sound.includes(","))) return sounds.join(", ");
  return sounds.length > 1 ? sounds.join(" | ") : `${sounds[0]} |`;
};
const split = (text) => text.split(text.includes("|") ? "|" : ",").map(tidy).filter(Boolean);
