/** The meeting's names and terms, as a clerk wants them written. */

import { byId } from "./dom.js";

/** Connect the form; the terms are fetched each time `button` opens the panel. */
export function connectTerms(panel, { button, service, room, i18n }) {
  const list = byId("terms-list");
  const told = byId("terms-told");
  const problem = byId("terms-problem");
  const address = `/v1/rooms/${encodeURIComponent(room)}`;
  let saved = "";

  const show = (found) => {
    saved = found.glossary.join("\n");
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

  button.addEventListener("click", () => {
    // What somebody typed and did not save yet stays.
    if (panel.hidden || list.value !== saved) return;
    attempt(async () => {
      const found = await (await service.fetch(address)).json();
      if (list.value === saved) show(found);
    });
  });
  panel.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(async () => {
      const response = await service.fetch(`${address}/glossary`, {
        method: "PUT",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ terms: list.value.split("\n") }),
      });
      show(await response.json());
      told.textContent = i18n.t("termsSaved");
    });
  });
}
