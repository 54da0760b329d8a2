/** Shows how the connection is: quiet while all is well, plain when it is not. */

import { byId } from "./dom.js";

const TEXTS = {
  connecting: "stateConnecting",
  waiting: "stateWaiting",
  live: "stateLive",
  reconnecting: "stateReconnecting",
  ended: "stateEnded",
};

/** Keep the state line, and what screen readers hear of it, up to date. */
export function connectState(feed, i18n) {
  const line = byId("state");
  let wasLost = false;
  const show = () => {
    const behind = feed.state === "live" && feed.behindSeconds > 0;
    line.dataset.state = behind ? "behind" : feed.state;
    document.documentElement.dataset.connection = line.dataset.state;
    byId("state-text").textContent = behind
      ? i18n.t("stateBehind", { seconds: feed.behindSeconds })
      : i18n.t(TEXTS[feed.state]);
  };
  feed.addEventListener("behind", show);
  feed.addEventListener("state", () => {
    show();
    // Spoken once per change; the number of seconds behind would never be quiet.
    if (feed.state === "reconnecting" && !wasLost) byId("status").textContent = i18n.t("connectionLost");
    if (feed.state === "live" && wasLost) byId("status").textContent = i18n.t("connectionBack");
    wasLost = feed.state === "reconnecting";
  });
  i18n.addEventListener("change", show);
  show();
}
