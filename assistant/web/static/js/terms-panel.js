/** The meeting's names and terms as a plain list; what else is known of them stays as it is. */

import { byId } from "./dom.js";
import { linkTo } from "./page.js";
import { withSpellings } from "./terms.js";

/** Connect the form; the terms are fetched each time `button` opens the panel. */
export function connectTerms(panel, { button, service, room, i18n }) {
  const list = byId("terms-list");
  const told = byId("terms-told");
  const problem = byId("terms-problem");
  const address = `/v1/rooms/${encodeURIComponent(room)}/glossary`;
  let saved = "";

  const kept = async () => (await (await service.fetch(address)).json()).terms;
  const show = (terms) => {
    saved = terms.map((term) => term.term).join("\n");
    list.value = saved;
  };
  const attempt = async (work) => {
    told.textContent = problem.textContent = "";
    panel.setAttribute("aria-busy", "true");
    try {
      await work();
    } catch (error) {
      problem.textContent = i18n.problem(error);
    }
    panel.removeAttribute("aria-busy");
  };

  byId("terms-more").href = linkTo(`/rooms/${encodeURIComponent(room)}/glossary`);
  button.addEventListener("click", () => {
    // What somebody typed and did not save yet stays.
    if (panel.hidden || list.value !== saved) return;
    attempt(async () => {
      const terms = await kept();
      if (list.value === saved) show(terms);
    });
  });
  panel.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(async () => {
      const terms = withSpellings(await kept(), list.value.split("\n"));
      const headers = { "Content-Type": "application/json" };
      const response = await service.fetch(address, { method: "PUT", headers, body: JSON.stringify({ terms }) });
      show((await response.json()).terms);
      told.textContent = i18n.t("termsSaved");
    });
  });
}
