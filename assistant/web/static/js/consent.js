/** The page on which somebody in a meeting says whether they are heard. */

import { Service, takePersonalToken } from "./address.js";
import { byId } from "./dom.js";
import { connectInterfaceLanguage, preparePage } from "./page.js";

const LOOK_EVERY_MS = 10_000;
const PATH = "/v1/consent";
/** What is wrong with a link is told in words of this page; all else is told as everywhere. */
const OF_THE_LINK = new Set(["token_missing", "token_invalid", "scope_insufficient"]);

const { settings, i18n, session } = preparePage();
let service = theirs();
/** How it stands: what the service told, or the error it told instead; null until it told anything. */
let told = null;
let problem = null;
let newest = 0;
let pending = 0;

connectInterfaceLanguage(byId("ui"), { settings, i18n });
i18n.addEventListener("change", show);
byId("choose").addEventListener("click", () => ask({ heard: !told.heard }));
addEventListener("hashchange", () => {
  service = theirs();
  ask();
});
document.addEventListener("visibilitychange", look);
setInterval(look, LOOK_EVERY_MS);
show();
ask();

/** Return the service as the personal link in the address opens it. */
function theirs() {
  return new Service(location.origin, takePersonalToken(location, history, session));
}

/** See how it stands, unless nobody looks, or a link is asked about that opens nothing. */
function look() {
  if (document.visibilityState === "visible" && !pending && !OF_THE_LINK.has(problem?.code)) ask();
}

/** Tell the service a choice, or ask it how it stands; what it answered last is shown. */
async function ask(choice) {
  newest += 1;
  pending += 1;
  const number = newest;
  const headers = { "Content-Type": "application/json" };
  const request = choice ? { method: "PUT", headers, body: JSON.stringify(choice) } : {};
  if (choice) byId("choose").setAttribute("aria-disabled", "true");
  let answer = null;
  let refusal = null;
  try {
    answer = await (await service.fetch(PATH, request)).json();
  } catch (error) {
    refusal = error;
  }
  pending -= 1;
  if (number !== newest) return;
  told = answer ?? (refusal.code === "listener_unknown" || OF_THE_LINK.has(refusal.code) ? null : told);
  problem = refusal;
  show();
}

function show() {
  document.title = i18n.t("consentHeading");
  write("listening", told ? i18n.t(told.listening ? "consentListening" : "consentAway") : "");
  write("heard", told ? i18n.t(told.heard ? "consentHeard" : "consentNotHeard") : "");
  write("problem", problem ? sentence(problem) : "");
  byId("choose").hidden = told === null;
  byId("choose-hint").hidden = told === null;
  byId("choose").removeAttribute("aria-disabled");
  write("choose", told ? i18n.t(told.heard ? "consentRefuse" : "consentAgree") : "");
}

function sentence(error) {
  if (OF_THE_LINK.has(error.code)) return i18n.t("consentLinkEnded");
  if (error.code === "listener_unknown") return i18n.t("consentNobody");
  return i18n.problem(error);
}

/** Write a text where it is another one: a screen reader reads aloud what changes, and nothing else. */
function write(id, text) {
  if (byId(id).textContent !== text) byId(id).textContent = text;
}
