/** The links for readers that open a room now, for whoever may take them back. */

import { byId, element } from "./dom.js";
import { moment } from "./format.js";

/** Show the links whenever the panel is opened; `say` tells outside the panel. Returns `{show}`. */
export function connectLinks(panel, { service, room, i18n, say }) {
  const path = `/v1/rooms/${encodeURIComponent(room)}/links`;
  const list = byId("links-list");
  const problem = byId("links-problem");
  byId("links").hidden = false;

  async function show() {
    problem.textContent = "";
    try {
      const { links } = await (await service.fetch(path)).json();
      list.replaceChildren(...links.map(row));
    } catch (error) {
      list.replaceChildren();
      // Before the meeting there is no link to it.
      if (error.code !== "room_unknown") problem.textContent = i18n.problem(error);
    }
  }

  function row(link) {
    const who = link.recipient ? i18n.t("linkFor", { who: link.recipient }) : i18n.t("linkForNobody");
    const when = i18n.t("linkUntil", { when: moment(link.expires_at, i18n) });
    const text = element("span", { class: "link-text" }, `${link.shared ? i18n.t("linkShared") : who}, ${when}`);
    const button = element("button", { type: "button", class: "button quiet" }, i18n.t("linkTakeBack"));
    button.setAttribute("aria-label", `${i18n.t("linkTakeBack")}: ${text.textContent}`);
    button.addEventListener("click", () => takeBack(link.id, button));
    return element("li", { "data-link": link.id }, text, " ", button);
  }

  async function takeBack(id, button) {
    button.disabled = true;
    try {
      await service.fetch(`${path}/${encodeURIComponent(id)}`, { method: "DELETE" });
      say(i18n.t("linkTakenBack"));
    } catch (error) {
      // It ended, or somebody else was quicker.
      if (error.code !== "link_unknown") problem.textContent = i18n.problem(error);
    }
    await show();
  }

  new MutationObserver(() => panel.hidden || show()).observe(panel, { attributeFilter: ["hidden"] });
  i18n.addEventListener("change", () => panel.hidden || show());
  return { show };
}
