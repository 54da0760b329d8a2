/** The start page: enter a meeting, or choose one that is there. */

import { roomNameFrom } from "./address.js";
import { byId, element, icon } from "./dom.js";
import { connectInterfaceLanguage, linkTo, preparePage } from "./page.js";

const DEMO = "demo";
const LISTED = 20;

const { settings, i18n, service } = preparePage();
let rooms = [];

connectInterfaceLanguage(byId("ui"), { settings, i18n });
i18n.addEventListener("change", showTexts);
byId("form").addEventListener("submit", (event) => {
  event.preventDefault();
  enter(byId("room").value.trim(), event.submitter?.value ?? "read");
});
byId("glossary").href = linkTo("/glossary");
showTexts();
listRooms();

function showTexts() {
  document.title = i18n.t("startTitle");
  byId("problem").textContent = "";
  showRooms();
}

/** Go to a room; one that was given a title keeps it, and no name means a new room. */
async function enter(title, purpose) {
  let name = roomNameFrom(title);
  if (title && !name) {
    byId("problem").textContent = i18n.t("nameUnusable");
    byId("room").focus();
    return;
  }
  try {
    const body = name ? { name, title: title === name ? "" : title } : {};
    const headers = { "Content-Type": "application/json" };
    const response = await service.fetch("/v1/rooms", { method: "POST", headers, body: JSON.stringify(body) });
    name = (await response.json()).name;
  } catch (error) {
    // Who may not create rooms may still enter one: the room's own page then tells what is wrong.
    if (!name) {
      byId("problem").textContent = i18n.problem(error);
      return;
    }
  }
  location.assign(addressOf(name, purpose));
}

function addressOf(name, purpose) {
  const room = `/rooms/${encodeURIComponent(name)}`;
  return linkTo(purpose === "speak" ? `${room}/speak` : room);
}

async function listRooms() {
  try {
    rooms = (await (await service.fetch("/v1/rooms")).json()).rooms ?? [];
  } catch (error) {
    // A list that may not be seen is no trouble; a missing token is, or one for another page.
    if (error.code.startsWith("token_") || error.code === "scope_insufficient") byId("problem").textContent = i18n.problem(error);
  }
  showRooms();
}

function showRooms() {
  const others = rooms.filter((room) => room.name !== DEMO).slice(0, LISTED);
  byId("demo").hidden = others.length === rooms.length;
  byId("demo").href = addressOf(DEMO, "read");
  byId("rooms-section").hidden = others.length === 0;
  byId("rooms").replaceChildren(...others.map(roomEntry));
}

function roomEntry({ name, title }) {
  const shown = title || name;
  const text = element("span", { class: "room-name" }, element("strong", { dir: "auto" }, shown));
  if (title && title !== name) text.append(element("span", { class: "hint" }, name));
  const link = (purpose, picture, label, hint) =>
    element("a", { class: "button", href: addressOf(name, purpose), "aria-label": i18n.t(hint, { room: shown }) }, icon(picture), element("span", {}, i18n.t(label)));
  return element("li", {}, text, link("read", "read", "read", "readRoom"), link("speak", "mic", "speak", "speakRoom"));
}
