/** Times and languages as people read them. Pure. */

/** Return seconds as `4:07` or `1:04:07`. */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (number) => String(number).padStart(2, "0");
  const minutes = Math.floor(whole / 60) % 60;
  const hours = Math.floor(whole / 3600);
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

const capital = (text, locale) => text.charAt(0).toLocaleUpperCase(locale) + text.slice(1);

/** Return the name of language `tag` in the language `locale`, such as ("pt", "fr") → "Portugais". */
export function languageName(tag, locale) {
  try {
    const name = new Intl.DisplayNames([locale], { type: "language" }).of(tag);
    return capital(name ?? tag, locale);
  } catch {
    return tag;
  }
}

/** Return the name of a language in itself, such as "pt" → "Português". */
export const nativeName = (tag) => languageName(tag, tag);
