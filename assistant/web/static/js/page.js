/** What every page begins with: settings, words, the room, the service, and the look. */

import { Service, roomOf, takeToken } from "./address.js";
import { I18n, choose } from "./i18n.js";
import { Settings } from "./settings.js";
import { guarded } from "./storage.js";

/** Prepare the page and return its parts. */
export function preparePage() {
  const parameters = new URLSearchParams(location.search);
  const session = guarded("sessionStorage");
  const local = guarded("localStorage");
  const settings = new Settings(local, parameters);
  const i18n = new I18n(choose(settings.get("ui"), navigator.languages ?? []));
  const service = new Service(location.origin, takeToken(location, history, session));
  const room = roomOf(location.pathname);
  document.documentElement.dataset.embed = embedding(parameters.get("embed"));
  look(settings);
  settings.addEventListener("change", ({ detail }) => {
    look(settings);
    if (detail.name === "ui") i18n.use(choose(settings.get("ui"), navigator.languages ?? []));
  });
  i18n.apply(document);
  document.documentElement.classList.remove("preparing");
  return { settings, i18n, service, room, session, local };
}

/** `?embed=1` leaves out what surrounds the captions, `?embed=bare` everything but the captions. */
function embedding(value) {
  if (value === "bare") return "bare";
  return value === null || value === "0" ? "none" : "slim";
}

function look(settings) {
  const root = document.documentElement;
  root.dataset.theme = settings.get("theme");
  root.dataset.spacing = settings.get("spacing");
  root.dataset.times = settings.get("times");
  root.style.setProperty("--caption-scale", settings.get("size") / 100);
}

/** Let `select` choose the language of the interface. */
export function connectInterfaceLanguage(select, { settings, i18n }) {
  select.value = i18n.language;
  select.addEventListener("change", () => settings.set("ui", select.value));
}

/** Return what the service tells of the room; of one that nobody used yet, or that cannot be asked, its name. */
export async function describe(service, room) {
  try {
    const response = await service.fetch(`/v1/rooms/${encodeURIComponent(room)}`);
    const found = await response.json();
    return { ...found, title: found.title || room };
  } catch {
    // The connection itself tells of other trouble.
    return { title: room };
  }
}

/** Show the protection level of a room, as `describe` tells of it, in the page's #protection. */
export function showLevel({ level_names: names = {} }, i18n) {
  const level = names[i18n.language] ?? Object.values(names)[0] ?? "";
  const node = document.getElementById("protection");
  node.textContent = level;
  node.hidden = !level;
}

/** Return what people call the room: its title, else its name. */
export async function titleOf(service, room) {
  return (await describe(service, room)).title;
}

/** Return `path` with what must go along to the next page: how this one is shown. */
export function linkTo(path) {
  const url = new URL(path, location.origin);
  for (const name of ["ui", "theme"]) {
    const value = new URLSearchParams(location.search).get(name);
    if (value !== null) url.searchParams.set(name, value);
  }
  return url.href;
}
