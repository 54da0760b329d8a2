/** Copying a link to the page and saving the transcript. */

import { byId, saveAs } from "./dom.js";
import { moment } from "./format.js";
import { languageOptions } from "./language-menu.js";
import { connectLinks } from "./links-panel.js";

/** Connect the buttons; `say` shows a sentence outside the panel. */
export function connectShare(panel, { service, room, feed, i18n, say }) {
  connectCopying(panel, { service, room, i18n, say });
  const select = byId("save-language");
  const show = (wanted) => {
    select.replaceChildren(...languageOptions(feed.languages, i18n));
    select.value = feed.languages.includes(wanted) ? wanted : "source";
  };
  feed.addEventListener("languages", () => show(select.value));
  feed.addEventListener("language", ({ detail }) => show(detail.target));
  i18n.addEventListener("change", () => show(select.value));
  show("source");
  connectSaving(panel, { select, service, room, i18n, say });
}

/** Who may do everything here gives others a link for reading: the token of the service is not passed on. */
function connectCopying(panel, { service, room, i18n, say }) {
  const makesLinks = service.token !== "" && !service.isForReading;
  const links = makesLinks ? connectLinks(panel, { service, room, i18n, say }) : null;
  if (makesLinks) {
    byId("copy-text").dataset.t = "copyReaderLink";
    byId("copy").setAttribute("aria-describedby", "copy-hint");
    byId("copy-hint").hidden = false;
    i18n.apply(byId("share"));
  }
  byId("copy").addEventListener("click", async () => {
    let link = { token: service.token, expiresAt: null };
    try {
      if (makesLinks) {
        link = await readerLink(service, room, { recipient: byId("link-recipient").value.trim() });
        links.show();
      }
    } catch (error) {
      say(i18n.problem(error), { lasting: true });
      return;
    }
    const address = addressWith(link.token);
    try {
      await navigator.clipboard.writeText(address);
      say(link.expiresAt ? i18n.t("readerLinkCopied", { when: moment(link.expiresAt, i18n) }) : i18n.t("linkCopied"));
    } catch {
      // It stays until it was written down.
      say(i18n.t("linkNotCopied", { address }), { lasting: true });
    }
  });
}

/** Make a link for readers as `wish` says; returns its token and until when it is good. */
export async function readerLink(service, room, wish) {
  const path = `/v1/rooms/${encodeURIComponent(room)}/links`;
  let response;
  try {
    response = await post(service, path, wish);
  } catch (error) {
    if (error.code !== "room_unknown") throw error;
    // The link is given away before the meeting: its room is made now.
    await post(service, "/v1/rooms", { name: room });
    response = await post(service, path, wish);
  }
  const { url, expires_at: expiresAt } = await response.json();
  return { token: new URL(url).searchParams.get("token") ?? "", expiresAt };
}

function post(service, path, body) {
  const headers = { "Content-Type": "application/json" };
  return service.fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
}

/** Return the address of this page, under which it was reached and as it is shown, with a token. */
function addressWith(token) {
  const url = new URL(location.href);
  if (token) url.searchParams.set("token", token);
  return url.href;
}

function connectSaving(panel, { select, service, room, i18n, say }) {
  const told = byId("save-told");
  const problem = byId("save-problem");
  const tell = (node, text) => {
    node.textContent = text;
    node.scrollIntoView({ block: "nearest" });
    // The reader may have closed the panel meanwhile.
    if (panel.hidden) say(text);
  };
  let busy = false;
  panel.addEventListener("click", async ({ target }) => {
    const pressed = target.closest("[data-format]");
    if (!pressed || busy) return;
    const lang = select.value;
    busy = true;
    setBusy(panel, pressed, true);
    problem.textContent = "";
    tell(told, i18n.t(lang === "source" ? "preparingDownload" : "preparingTranslation"));
    try {
      await save({ service, room, lang, format: pressed.dataset.format });
      tell(told, i18n.t("downloadReady"));
    } catch (error) {
      told.textContent = "";
      tell(problem, i18n.problem(error));
    }
    setBusy(panel, pressed, false);
    busy = false;
  });
}

/** Buttons that wait keep the focus, so they are not disabled for good. */
function setBusy(panel, pressed, busy) {
  pressed.classList.toggle("busy", busy);
  panel.querySelector(".downloads").setAttribute("aria-busy", String(busy));
  for (const button of panel.querySelectorAll("[data-format]")) button.setAttribute("aria-disabled", String(busy));
}

async function save({ service, room, lang, format }) {
  const parameters = new URLSearchParams({ format, lang });
  const response = await service.fetch(`/v1/rooms/${encodeURIComponent(room)}/transcript?${parameters}`);
  const name = lang === "source" ? room : `${room}.${lang}`;
  saveAs(await response.blob(), `${name}.${format}`);
}
