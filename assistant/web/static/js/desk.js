/** The clerk's desk: puts its parts together. */

import { DeskStore, targetOf } from "./desk-store.js";
import { TranscriptPane } from "./desk-transcript.js";
import { MinutesPane } from "./desk-minutes.js";
import { connectDownload } from "./desk-download.js";
import { connectFind } from "./desk-find.js";
import { byId, element } from "./dom.js";
import { languageName } from "./format.js";
import { linkTo, preparePage, titleOf } from "./page.js";
import { SpeakerColours } from "./speakers.js";

const AUTHOR_KEY = "assistant.clerk";
const NOTICE_MS = 6000;
const KEYS = {
  j: "deskKey.down", k: "deskKey.up", e: "deskKey.correct", s: "deskKey.split", m: "deskKey.merge", d: "deskKey.decision",
  a: "deskKey.action", q: "deskKey.question", n: "deskKey.point", p: "deskKey.play", f: "deskKey.find", Esc: "deskKey.clear",
  "Ctrl+Z": "deskUndo", "Ctrl+Y": "deskRedo", "?": "deskShortcuts",
};

const { i18n, service, room, local } = preparePage();
const colours = new SpeakerColours();
const store = new DeskStore(service, room, { author, choose, reason });
const transcript = new TranscriptPane(store, { i18n, colours, ask, attempt });
const minutes = new MinutesPane(store, { i18n, attempt });
let noticeTimer = null;

byId("home").href = linkTo(`/rooms/${encodeURIComponent(room)}`);
connectTools();
connectTabs();
connectKeys();
connectDownload({ store, i18n });
connectFind({ store, i18n, attempt });
minutes.addEventListener("chosen", ({ detail }) => transcript.show(detail));
minutes.addEventListener("play", ({ detail }) => {
  transcript.show([detail]);
  transcript.play(detail);
});
for (const type of ["minutes", "history"]) store.addEventListener(type, showState);
store.addEventListener("others", ({ detail }) => say(i18n.t("deskOthers", { author: detail.author })));
store.addEventListener("drafting", ({ detail }) => {
  byId("progress").hidden = detail.done >= 1;
  byId("progress").value = detail.done;
});
i18n.addEventListener("change", showState);
begin();

async function begin() {
  await attempt(() => store.load());
  const title = await titleOf(service, room);
  document.title = i18n.t("deskTitle", { room: title });
  byId("heading").textContent = store.minutes?.meeting.title ?? title;
  await attempt(async () => {
    const response = await service.fetch(`${store.base}/agenda`);
    byId("agenda").value = (await response.json()).items.join("\n");
  });
  store.listen();
  showState();
  document.documentElement.dataset.ready = "true";
}

/** Return who works here; asked once. */
function author() {
  return local.getItem(AUTHOR_KEY) ?? "";
}

async function askAuthor() {
  if (author()) return;
  const field = element("input", { type: "text", "aria-label": i18n.t("deskYourName") });
  await ask(i18n.t("deskYourName"), [element("p", { class: "hint" }, i18n.t("deskYourNameWhy")), field], "deskContinue", "close");
  local.setItem(AUTHOR_KEY, field.value.trim() || i18n.t("deskClerk"));
}

/** Ask in which languages readers may have a rough translation, none unless the clerk says so; null for no publication. */
async function askAboutRough() {
  const { rough } = store.version;
  if (!rough.length) return {};
  const boxes = rough.map((tag) => element("input", { type: "checkbox", value: tag }));
  const rows = boxes.map((box) => element("label", {}, box, ` ${languageName(box.value, i18n.language)}`));
  const parts = [element("p", { class: "hint" }, i18n.t("deskRoughReaders")), ...rows];
  if (!(await ask(i18n.t("deskPublish"), parts, "deskPublish", "close"))) return null;
  return { rough_languages: boxes.filter((box) => box.checked).map((box) => box.value) };
}

/** Do something that may fail, and say so where it does. */
async function attempt(work) {
  byId("problem").textContent = "";
  try {
    return await work();
  } catch (error) {
    if (!error.code) throw error;
    byId("problem").textContent = i18n.problem(error);
    minutes.draw();
    return null;
  }
}

function say(text) {
  clearTimeout(noticeTimer);
  byId("notice").textContent = text;
  noticeTimer = setTimeout(() => (byId("notice").textContent = ""), NOTICE_MS);
}

/** Ask something; return whether the answer is yes. */
function ask(title, parts, yes, no) {
  const dialog = byId("ask");
  byId("ask-title").textContent = title;
  byId("ask-body").replaceChildren(...parts.map((part) => (typeof part === "string" ? element("p", {}, part) : part)));
  byId("ask-yes").textContent = i18n.t(yes);
  byId("ask-no").textContent = i18n.t(no);
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true }));
}

/** Somebody else changed the same: let the clerk say whose words stay. */
async function choose(operations, theirs) {
  const told = (values) => values.map((value) => (typeof value === "object" ? JSON.stringify(value) : value)).join(", ");
  const parts = operations.flatMap(({ target, fields = {} }) => [
    i18n.t("deskTheirs", { text: told(Object.keys(fields).map((field) => targetOf(theirs, target)?.[field] ?? "")) }),
    i18n.t("deskMine", { text: told(Object.values(fields)) }),
  ]);
  return (await ask(i18n.t("deskConflict"), parts, "deskKeepMine", "deskKeepTheirs")) ? operations : null;
}

/** A protection level goes down: ask why, and for the token of who may. */
async function reason(error) {
  const why = element("input", { type: "text", "aria-label": i18n.t("deskReason"), placeholder: i18n.t("deskReason") });
  const token = element("input", { type: "text", autocomplete: "off", "aria-label": i18n.t("deskOfficer"), placeholder: i18n.t("deskOfficer") });
  const agreed = await ask(i18n.t("deskLowering"), [error.message, why, token], "deskLower", "close");
  return agreed && why.value.trim() ? { reason: why.value.trim(), token: token.value.trim() } : null;
}

function showState() {
  const { version } = store;
  const status = version?.status ?? "none";
  byId("heading").textContent = version?.minutes.meeting.title ?? byId("heading").textContent;
  byId("status").textContent = version ? i18n.t(`deskStatus.${status}`, { number: version.number, revision: version.revision }) : i18n.t("deskStatus.none");
  const level = version?.levels.find((one) => one.code === version.level);
  byId("level").hidden = !level?.marked;
  byId("level").textContent = level ? (level.names[i18n.language] ?? level.name) : "";
  byId("saved").textContent = version ? i18n.t("deskSaved", { author: version.changed_by }) : "";
  byId("draft").hidden = !version || status === "approved";
  byId("draft").textContent = i18n.t(status === "published" ? "deskNewVersion" : "deskRefresh");
  byId("approve").hidden = status !== "draft";
  byId("reopen").hidden = byId("publish").hidden = status !== "approved";
  byId("undo").disabled = store.undoable.length === 0;
  byId("redo").disabled = store.redoable.length === 0;
  byId("download-button").disabled = false;
  if (!version) return;
  const notes = version.minutes.draft_notes.map((code) => i18n.t(`deskNote.${code}`));
  if (version.transcript_changed && status !== "draft") notes.push(i18n.t("deskTranscriptChanged"));
  if (status !== "draft") notes.push(i18n.t(`deskFrozen.${status}`));
  if (notes.length) byId("notice").textContent = notes.join(" ");
}

function connectTools() {
  const on = (id, act) => byId(id).addEventListener("click", () => attempt(act));
  on("undo", () => store.undo());
  on("redo", () => store.redo());
  on("draft", () => drafted({}));
  on("make", () => drafted({ agenda: byId("agenda").value.split("\n").map((line) => line.trim()).filter(Boolean) }));
  for (const step of ["approve", "reopen", "publish"]) on(step, async () => {
    await askAuthor();
    const further = step === "publish" ? await askAboutRough() : {};
    if (further) await store.advance(step, further);
  });
  byId("agenda-file").addEventListener("change", ({ target }) => attempt(async () => {
    const [file] = target.files;
    if (!file) return;
    const type = /\.ics$/i.test(file.name) ? "text/calendar" : /\.csv$/i.test(file.name) ? "text/csv" : "text/plain";
    byId("agenda").value = (await store.setAgenda(file, type)).join("\n");
  }));
  byId("help-button").addEventListener("click", showHelp);
}

async function drafted(wish) {
  await askAuthor();
  byId("progress").hidden = false;
  byId("make").disabled = true;
  try {
    await store.draft(wish.agenda?.length ? wish : {});
    say(i18n.t("deskDrafted"));
  } finally {
    byId("progress").hidden = true;
    byId("make").disabled = false;
  }
}

function connectTabs() {
  const show = (name) => {
    document.querySelector(".columns").dataset.shown = name;
    for (const tab of ["transcript", "minutes"]) byId(`tab-${tab}`).setAttribute("aria-pressed", String(tab === name));
  };
  for (const name of ["transcript", "minutes"]) byId(`tab-${name}`).addEventListener("click", () => show(name));
}

function showHelp() {
  byId("keys").replaceChildren(...Object.entries(KEYS).flatMap(([key, text]) => [element("dt", {}, element("kbd", {}, key)), element("dd", {}, i18n.t(text))]));
  byId("help").showModal();
}

function connectKeys() {
  const acts = {
    j: (event) => transcript.move(1, { extend: event.shiftKey }),
    k: (event) => transcript.move(-1, { extend: event.shiftKey }),
    e: () => transcript.selected.length === 1 && transcript.correct(),
    s: () => transcript.selected.length === 1 && transcript.split(),
    m: () => transcript.selected.length && transcript.merge(),
    p: () => transcript.play(),
    f: () => byId("find-button").click(),
    "?": showHelp,
    Escape: () => transcript.clear(),
  };
  const kinds = { d: "decision", a: "action", q: "question", n: "point" };
  for (const [key, kind] of Object.entries(kinds)) acts[key] = () => store.editable && transcript.selected.length && transcript.markAs(kind);
  document.addEventListener("keydown", (event) => {
    if (document.querySelector("dialog[open]")) return;
    const typing = event.target.closest("input, textarea, select");
    if ((event.ctrlKey || event.metaKey) && !typing) {
      const key = event.key.toLowerCase();
      if (key === "z" || key === "y") {
        event.preventDefault();
        attempt(() => (key === "y" || event.shiftKey ? store.redo() : store.undo()));
      }
      return;
    }
    if (typing || event.altKey || event.ctrlKey || event.metaKey) return;
    const act = acts[event.key.length === 1 ? event.key.toLowerCase() : event.key] ?? (event.key.startsWith("Arrow") && event.target.closest(".line") ? acts[event.key === "ArrowDown" ? "j" : "k"] : null);
    if (!act) return;
    event.preventDefault();
    act(event);
  });
}
