/** The read page: puts its parts together. */

import { Service } from "./address.js";
import { Announcer } from "./announcer.js";
import { CaptionView } from "./caption-view.js";
import { connectState } from "./connection-view.js";
import { connectDisplay, resize } from "./display-panel.js";
import { byId } from "./dom.js";
import { Follower } from "./follow.js";
import { connectLanguages } from "./language-menu.js";
import { NowSpeaking } from "./now-speaking.js";
import { describe, linkTo, preparePage, showLevel } from "./page.js";
import { connectPanels } from "./panel.js";
import { RoomFeed } from "./room-feed.js";
import { connectShare, readerLink } from "./share-panel.js";
import { connectShortcuts } from "./shortcuts.js";
import { SpeakerColours } from "./speakers.js";
import { connectTerms } from "./terms-panel.js";

/** Captions kept on the page; the transcript has the rest. */
const SHOWN = 500;
/** While the reader has scrolled back nothing is taken away under their eyes, up to this many. */
const SHOWN_PAUSED = 2000;
const NOTICE_MS = 8000;
const THEMES = ["auto", "light", "dark", "contrast"];

const { settings, i18n, service, room } = preparePage();
const feed = new RoomFeed(service, room, { lang: settings.get("lang"), history: true });
const colours = new SpeakerColours();
const view = new CaptionView(byId("captions"), { log: () => feed.log, colours, i18n });
const follower = new Follower(byId("region"));
const announcer = new Announcer(byId("announcements"));
const now = new NowSpeaking(byId("now"), byId("nobody"), colours);
const say = notices(byId("notice"));

if (service.isForReading) leaveOutWhatFails();
showTitle();
connectState(feed, i18n);
connectLanguages(
  { select: byId("language"), beside: byId("beside"), status: byId("status") },
  { feed, settings, i18n, say },
);
connectDisplay(byId("display"), settings);
connectShare(byId("share"), { service, room, feed, i18n, say });
connectPanels([
  { button: byId("display-button"), panel: byId("display") },
  { button: byId("terms-button"), panel: byId("terms") },
  { button: byId("share-button"), panel: byId("share") },
]);
connectTerms(byId("terms"), { button: byId("terms-button"), service, room, i18n });
connectShortcuts(settings, {
  "+": () => resize(settings, 1),
  "=": () => resize(settings, 1),
  "-": () => resize(settings, -1),
  0: () => settings.set("size", 100),
  t: () => settings.set("theme", THEMES[(THEMES.indexOf(settings.get("theme")) + 1) % THEMES.length]),
  p: () => (follower.following ? follower.pause() : follower.resume()),
  f: toggleFullscreen,
});
connectCaptions();
connectWaiting();
connectMinutes();
connectFollowing();
connectAnnouncements();

byId("speak").href = byId("empty-speak").href = linkTo(`/rooms/${encodeURIComponent(room)}/speak`);
byId("desk").href = linkTo(`/rooms/${encodeURIComponent(room)}/minutes`);
byId("fullscreen").addEventListener("click", toggleFullscreen);
byId("fullscreen").hidden = !document.fullscreenEnabled;
addEventListener("online", () => feed.wake());
document.addEventListener("visibilitychange", () => document.hidden || feed.wake());
feed.start();

/** A link for readers opens the captions only: not the names and terms, the microphone or other meetings. */
function leaveOutWhatFails() {
  for (const id of ["terms-button", "speak", "empty-speak", "desk"]) byId(id).hidden = true;
  const home = document.querySelector(".home");
  for (const name of ["href", "aria-label", "data-t-label"]) home.removeAttribute(name);
}

/** Lead to minutes that are published: they are for all who may read the captions. */
function showMinutes({ minutes = 0 }) {
  byId("published").hidden = !minutes;
  if (!minutes) return;
  byId("published").href = service.token && !service.isForReading ? "#" : minutesWith(service);
}

/** Return the address of the published minutes, with a token. */
function minutesWith(reader) {
  return reader.stream(`/v1/rooms/${encodeURIComponent(room)}/minutes/published`, {}, { socket: false });
}

/** The token of the service stays out of addresses, which browsers keep: a link for readers does as well. */
function connectMinutes() {
  byId("published").addEventListener("click", async (event) => {
    if (!service.token || service.isForReading) return;
    event.preventDefault();
    const tab = open("", "_blank");
    try {
      const { token } = await readerLink(service, room, { hours: 1 });
      const address = minutesWith(new Service(location.origin, token));
      if (tab) {
        tab.opener = null;
        tab.location.replace(address);
      } else location.assign(address);
    } catch (error) {
      tab?.close();
      say(i18n.problem(error), { lasting: true });
    }
  });
}

function showTitle() {
  let found = { title: room };
  const show = () => {
    byId("room").textContent = found.title || i18n.t("unknownRoom");
    document.title = i18n.t("readTitle", { room: found.title });
    showLevel(found, i18n);
    showMinutes(found);
  };
  i18n.addEventListener("change", show);
  // Only then: before that the room may not be there yet.
  feed.addEventListener("languages", async () => {
    found = await describe(service, room);
    show();
  }, { once: true });
  show();
}

function connectCaptions() {
  const speaking = () => now.show(feed.state === "live" ? feed.log.speaking() : []);
  feed.addEventListener("captions", ({ detail: changes }) => {
    view.take([...changes, ...feed.log.trim(follower.following ? SHOWN : SHOWN_PAUSED)]);
  });
  feed.addEventListener("state", speaking);
  feed.addEventListener("problem", ({ detail }) => say(i18n.problem(detail), { lasting: detail.final }));
  view.addEventListener("drawn", () => {
    byId("earlier").hidden = feed.log.trimmed === 0;
    byId("empty").hidden = feed.log.statements.length > 0;
    speaking();
    follower.keepUp();
  });
  i18n.addEventListener("change", () => view.redraw());
  const reflow = () => {
    view.releaseHeights();
    follower.keepUp({ smooth: false });
  };
  settings.addEventListener("change", reflow);
  addEventListener("resize", reflow);
}

/** Before the meeting there is nothing to read, and nothing wrong: the page says so and waits. */
function connectWaiting() {
  const show = () => {
    const begun = feed.state !== "waiting";
    byId("empty-title").dataset.t = begun ? "waitingTitle" : "notBegunTitle";
    byId("empty-text").dataset.t = begun ? "waitingText" : "notBegunText";
    i18n.apply(byId("empty"));
  };
  feed.addEventListener("state", show);
  show();
}

function connectFollowing() {
  let missed = 0;
  const show = () => {
    if (follower.following) missed = 0;
    byId("live").hidden = follower.following;
    byId("pause").hidden = !follower.following;
    byId("missed").textContent = missed ? i18n.plural("newCaptions", missed) : "";
  };
  feed.addEventListener("captions", ({ detail: changes }) => {
    if (follower.following) return;
    missed += changes.filter((change) => change.kind === "inserted").length;
    show();
  });
  follower.addEventListener("change", show);
  i18n.addEventListener("change", show);
  byId("live").addEventListener("click", () => {
    follower.resume();
    byId("region").focus({ preventScroll: true });
  });
  byId("pause").addEventListener("click", () => {
    follower.pause();
    byId("live").focus();
  });
  show();
}

function connectAnnouncements() {
  announcer.enabled = settings.get("announce");
  settings.addEventListener("change", () => (announcer.enabled = settings.get("announce")));
  feed.addEventListener("final", ({ detail }) => announcer.announce(detail));
}

function toggleFullscreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen?.().catch(() => {});
}

/** Return a function that shows a sentence for a while, or until the next one. */
function notices(node) {
  let timer = null;
  return (text, { lasting = false } = {}) => {
    clearTimeout(timer);
    node.textContent = text;
    if (!lasting) timer = setTimeout(() => (node.textContent = ""), NOTICE_MS);
  };
}
