/** Times and languages as people read them. Pure. */

/** Return seconds as `4:07` or `1:04:07`. */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (number) => String(number).padStart(2, "0");
  const minutes = Math.floor(whole / 60) % 60;
  const hours = Math.floor(whole / 3600);
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

const RIGHT_TO_LEFT = new Set(["Adlm", "Arab", "Hebr", "Mand", "Nkoo", "Rohg", "Samr", "Syrc", "Thaa"]);

/** Return `rtl` or `ltr`: how the usual script of a language runs. */
export function direction(tag) {
  try {
    return RIGHT_TO_LEFT.has(new Intl.Locale(tag).maximize().script) ? "rtl" : "ltr";
  } catch {
    return "ltr";
  }
}

const names = new Map();

/** Return the name of a language inside a sentence in `locale`, such as ("pt", "fr") → "portugais". */
export function languageWord(tag, locale) {
  try {
    // Making one of these takes longer than all else about a caption.
    if (!names.has(locale)) names.set(locale, new Intl.DisplayNames([locale], { type: "language" }));
    return names.get(locale).of(tag) ?? tag;
  } catch {
    return tag;
  }
}

/** Whether a language has a name; to browsers a tag that nobody knows names itself. */
export const isNamed = (tag) => languageWord(tag, "en") !== tag;

/** Return the name of a language as a title in `locale`, such as ("pt", "fr") → "Portugais". */
export function languageName(tag, locale) {
  const name = languageWord(tag, locale);
  if (name === tag) return tag;
  try {
    return name.charAt(0).toLocaleUpperCase(locale) + name.slice(1);
  } catch {
    return name;
  }
}

/** Return the name of a language in itself, such as "pt" → "Português". */
export const nativeName = (tag) => languageName(tag, tag);

/** Return a moment, given in POSIX seconds, as people of a language write day and time. */
export function moment(seconds, i18n) {
  const format = new Intl.DateTimeFormat(i18n.language, { dateStyle: "medium", timeStyle: "short" });
  return format.format(seconds * 1000);
}
