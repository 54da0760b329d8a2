/** The speak page: puts its parts together. */

import { byId, element } from "./dom.js";
import { Microphone, microphones, obstacle } from "./microphone.js";
import { OwnCaptions } from "./own-captions.js";
import { connectInterfaceLanguage, describe, linkTo, preparePage, showLevel } from "./page.js";
import { Presence } from "./presence.js";
import { fillSpokenLanguages } from "./spoken-languages.js";
import { LiveView } from "./live-view.js";
import { Uplink } from "./uplink.js";

const SAVED = { name: "assistant.speaker.name", language: "assistant.speaker.language" };

const { settings, i18n, service, room, session, local } = preparePage();
const participant = participantId();
const presence = new Presence();
const own = new OwnCaptions({ service, room, participant, i18n });
const live = new LiveView({ i18n, onMute: mute, onLeave: leave });
let title = room;
let microphone = null;
let uplink = null;

connectInterfaceLanguage(byId("ui"), { settings, i18n });
byId("name").value = local.getItem(SAVED.name) ?? "";
fillSpokenLanguages(byId("spoken"), i18n);
byId("spoken").value = local.getItem(SAVED.language) ?? "auto";
byId("read").href = linkTo(`/rooms/${encodeURIComponent(room)}`);
byId("form").addEventListener("submit", (event) => {
  event.preventDefault();
  join();
});
byId("device").addEventListener("change", () => microphone && changeDevice(byId("device").value));
navigator.mediaDevices?.addEventListener?.("devicechange", listDevices);
addEventListener("online", () => uplink?.wake());
addEventListener("pagehide", () => uplink?.hide());
addEventListener("pageshow", () => {
  uplink?.show();
  microphone?.wake();
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  uplink?.wake();
  microphone?.wake();
});
i18n.addEventListener("change", () => {
  fillSpokenLanguages(byId("spoken"), i18n);
  listDevices();
  showTitle();
  showJoining(uplink !== null);
});
showTitle();
showJoining(false);
listDevices();
if (obstacle()) complain({ code: obstacle() });

function showTitle() {
  byId("heading").textContent = i18n.t("speakHeading", { room: title });
  document.title = i18n.t("speakTitle", { room: title });
}

/** Open the microphone first: nobody is shown as joined who cannot be heard. */
async function join() {
  complain(null);
  const name = byId("name").value.trim();
  const language = byId("spoken").value;
  if (!name) return complain({ code: "name_missing", message: i18n.t("nameMissing") }, byId("name"));
  if (obstacle()) return complain({ code: obstacle() });
  local.setItem(SAVED.name, name);
  local.setItem(SAVED.language, language);
  showJoining(true);
  try {
    microphone = new Microphone();
    await microphone.open(byId("device").value);
  } catch (error) {
    microphone = null;
    showJoining(false);
    return complain(error);
  }
  listDevices();
  connect(name, language);
  presence.begin();
  own.begin();
  live.begin({ name, language, level: () => microphone?.level() ?? 0 });
  byId("form").hidden = true;
}

function connect(name, language) {
  const path = `/v1/rooms/${encodeURIComponent(room)}/audio`;
  const who = { participant, name, language };
  uplink = new Uplink((parameters) => service.stream(path, { ...who, ...parameters }), microphone.sampleRate);
  uplink.addEventListener("state", ({ detail }) => (detail === "ended" ? ended() : live.show(detail)));
  uplink.addEventListener("state", learnTitle, { once: true });
  uplink.addEventListener("problem", ({ detail }) => complain(detail));
  uplink.addEventListener("lost", () => live.hint("audioLost"));
  microphone.addEventListener("samples", ({ detail }) => uplink?.feed(detail));
  microphone.addEventListener("unplugged", () => changeDevice(""));
  uplink.start();
}

/** A room that nobody used yet exists only once somebody has joined it. */
async function learnTitle() {
  const found = await describe(service, room);
  title = found.title;
  showTitle();
  showLevel(found, i18n);
}

async function changeDevice(device) {
  try {
    await microphone.change(device);
    if (!device) live.hint("microphoneChanged");
  } catch (error) {
    complain(error);
    leave();
  }
}

function mute(muted) {
  if (microphone) microphone.muted = muted;
}

/** Leave in order; asked a second time, leave at once. */
async function leave() {
  if (uplink?.state === "finishing") return uplink.abandon();
  const leaving = uplink;
  live.show("finishing");
  await microphone?.close();
  const confirmed = await leaving?.stop();
  live.end(confirmed ? "uplinkLeft" : "uplinkLeftEarly");
}

/** Whatever ended the connection, the microphone is let go and the form comes back. */
function ended() {
  uplink = null;
  microphone?.close();
  microphone = null;
  presence.end();
  own.end();
  live.end();
  byId("form").hidden = false;
  showJoining(false);
}

function complain(problem, field = null) {
  byId("problem").textContent = problem ? i18n.problem(problem) : "";
  byId("farewell").textContent = "";
  field?.focus();
}

function showJoining(joining) {
  byId("join").disabled = joining;
  byId("join-text").textContent = i18n.t(joining ? "joining" : "join");
}

async function listDevices() {
  const select = byId("device");
  const chosen = select.value;
  const found = await microphones();
  const options = found.map((device, index) =>
    element("option", { value: device.deviceId }, device.label || i18n.t("microphoneNumber", { number: index + 1 })),
  );
  select.replaceChildren(element("option", { value: "" }, i18n.t("defaultMicrophone")), ...options);
  select.value = found.some((device) => device.deviceId === chosen) ? chosen : "";
}

/** One id per tab, so that a reload is the same person and two tabs are two. */
function participantId() {
  const key = `assistant.participant.${room}`;
  const known = session.getItem(key);
  if (known) return known;
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  const id = `web-${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
  session.setItem(key, id);
  return id;
}
