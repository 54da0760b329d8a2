/** The page of names and terms, of a room or of the organisation: puts its parts together. */

import { byId, element } from "./dom.js";
import { languageName } from "./format.js";
import { connectDrop, readFile, saveFile } from "./glossary-files.js";
import { connectInterfaceLanguage, describe, linkTo, preparePage, showLevel } from "./page.js";
import { COMMON, OTHERS } from "./spoken-languages.js";
import { TermTable } from "./term-table.js";
import { LIMITS, isEmpty, merged, rowOf, termsOf } from "./terms.js";

const { settings, i18n, service, room } = preparePage();
const roomAddress = `/v1/rooms/${encodeURIComponent(room)}`;
const address = room ? `${roomAddress}/glossary` : "/v1/glossary";
const table = new TermTable(byId("columns"), byId("rows"), i18n);

let title = room;
let kept = [];
let loaded = false;
/** How many faults the page complains of. */
let faultsTold = 0;

connectInterfaceLanguage(byId("ui"), { settings, i18n });
i18n.addEventListener("change", () => {
  showTexts();
  showState();
  table.redraw();
});
table.addEventListener("edit", ({ detail: faults }) => {
  if (faultsTold && faults !== faultsTold) complainOfFaults(faults);
  showState();
});
table.addEventListener("drawn", fillLanguages);
table.addEventListener("moved", ({ detail }) => tell(detail, "moved"));
byId("add").addEventListener("click", () => table.add());
byId("add-language").addEventListener("change", ({ target }) => target.value && table.addLanguage(target.value));
byId("import").addEventListener("click", () => byId("file").click());
byId("file").addEventListener("change", ({ target }) => {
  if (target.files[0]) open(target.files[0]);
  target.value = "";
});
connectDrop(byId("drop"), open);
for (const format of ["csv", "tbx"]) byId(`export-${format}`).addEventListener("click", () => exportAs(format));
byId("discard").addEventListener("click", discard);
byId("form").addEventListener("submit", (event) => {
  event.preventDefault();
  save();
});
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "s") {
    event.preventDefault();
    save();
  }
});
addEventListener("beforeunload", (event) => unsaved() && event.preventDefault());
showTexts();
showState();
load();

// --- the service -----------------------------------------------------------------------------------

async function load() {
  await attempt(async () => {
    try {
      kept = (await (await service.fetch(address)).json()).terms;
    } catch (error) {
      // A room that nobody used yet begins to exist when its terms are saved.
      if (error.code !== "room_unknown") throw error;
    }
    loaded = true;
    showKept();
  });
  if (!room) return;
  const found = await describe(service, room);
  title = found.title;
  showLevel(found, i18n);
  showTexts();
}

async function save() {
  if (!loaded) return;
  const terms = termsOf(table.rows);
  const faults = table.check({ go: true });
  if (faults) return complainOfFaults(faults);
  if (terms.length > LIMITS.terms) return complain(i18n.t("error.glossary_invalid"));
  await attempt(async () => {
    tell(i18n.t("saving"));
    kept = await put(terms);
    showKept();
    tell(i18n.t("termsSaved"), "saved");
  });
}

async function put(terms) {
  const send = () => service.fetch(address, json("PUT", { terms }));
  let response;
  try {
    response = await send();
  } catch (error) {
    if (error.code !== "room_unknown") throw error;
    await service.fetch("/v1/rooms", json("POST", { name: room }));
    response = await send();
  }
  return (await response.json()).terms;
}

async function open(file) {
  if (!loaded) return;
  await attempt(async () => {
    const terms = await readFile(file, service);
    const { rows, replaced, kept: stayed } = merged(table.rows, terms);
    table.show(rows);
    table.check();
    showState();
    const message = [
      i18n.plural("termsRead", terms.length),
      ...(replaced ? [i18n.plural("termsReplaced", replaced)] : []),
      ...(stayed ? [i18n.plural("termsKept", stayed)] : []),
      ...(unsaved() ? [i18n.t("notSavedYet")] : []),
    ];
    tell(message.join(" "), unsaved() ? "unsaved" : "");
  });
}

async function exportAs(format) {
  await attempt(async () => {
    await saveFile(address, format, room ? `${room}.glossary` : "glossary", service);
    tell(i18n.t(unsaved() ? "exportedSaved" : "exported"), unsaved() ? "unsaved" : "saved");
  });
}

/** Do something that may be refused, and say so. */
async function attempt(work) {
  stopComplaining();
  byId("form").setAttribute("aria-busy", "true");
  try {
    await work();
  } catch (error) {
    if (error.code === "glossary_invalid") complain(i18n.t("glossaryRefused"), error.message);
    else complain(i18n.problem(error));
  }
  byId("form").removeAttribute("aria-busy");
}

function json(method, body) {
  return { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
}

// --- what is shown ----------------------------------------------------------------------------------

function showTexts() {
  document.title = i18n.t("glossaryTitle", { room: title || i18n.t("allMeetings") });
  byId("heading").textContent = room ? i18n.t("glossaryOf", { room: title }) : i18n.t("houseGlossary");
  byId("intro").textContent = i18n.t(room ? "glossaryIntroRoom" : "glossaryIntro");
  byId("table-caption").textContent = byId("heading").textContent;
  byId("back").hidden = byId("house").hidden = !room;
  byId("back").href = linkTo(`/rooms/${encodeURIComponent(room)}`);
  byId("house-link").href = linkTo("/glossary");
}

function fillLanguages() {
  const menu = byId("add-language");
  const option = (tag) => element("option", { value: tag }, languageName(tag, i18n.language));
  const free = (tags) => tags.filter((tag) => !table.languages.includes(tag));
  const sorted = free(OTHERS).map(option).sort((a, b) => a.textContent.localeCompare(b.textContent));
  menu.replaceChildren(
    element("option", { value: "" }, i18n.t("addLanguage")),
    element("optgroup", { label: i18n.t("commonLanguages") }, ...free(COMMON).map(option)),
    element("optgroup", { label: i18n.t("otherLanguages") }, ...sorted),
  );
}

function showKept() {
  table.show(kept.map(rowOf));
  showState();
}

/** Undo everything since the last save. */
function discard() {
  stopComplaining();
  showKept();
  tell(i18n.t("discarded"));
  byId("add").focus();
}

function unsaved() {
  return loaded && JSON.stringify(termsOf(table.rows)) !== JSON.stringify(termsOf(kept.map(rowOf)));
}

function showState() {
  byId("empty").hidden = !loaded || table.rows.length > 0;
  byId("discard").hidden = !unsaved();
  const count = table.rows.filter((row) => !isEmpty(row)).length;
  if (!loaded) tell("");
  else if (unsaved()) tell(i18n.t("unsavedChanges"), "unsaved");
  else tell(count ? i18n.plural("termCount", count) : "");
}

function tell(text, kind = "") {
  const told = byId("told");
  if (told.textContent !== text) told.textContent = text;
  told.dataset.kind = kind;
}

/** Say how many rows are not right, as long as there are any. */
function complainOfFaults(faults) {
  if (faults) complain(i18n.plural("faults", faults));
  else stopComplaining();
  faultsTold = faults;
}

function stopComplaining() {
  byId("problem").textContent = "";
  faultsTold = 0;
}

/** Say what went wrong; a sentence of the service itself is in English. */
function complain(text, detail = "") {
  showState();
  faultsTold = 0;
  const more = detail ? [" ", element("span", { lang: "en" }, detail)] : [];
  byId("problem").replaceChildren(text, ...more);
}
