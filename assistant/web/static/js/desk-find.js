/** Finding and replacing over the whole meeting, with a look before it is done. */

import { byId, element } from "./dom.js";

const SHOWN = 50;

export function connectFind({ store, i18n, attempt }) {
  const dialog = byId("find");
  const wish = (preview) => ({
    find: byId("find-text").value,
    replace: byId("put-text").value,
    match_case: byId("find-case").checked,
    whole_words: byId("find-words").checked,
    preview,
  });
  const reset = () => {
    byId("find-go").disabled = true;
    byId("find-count").textContent = "";
    byId("find-list").replaceChildren();
  };
  const look = async (preview) => {
    if (!byId("find-text").value.trim()) return;
    await attempt(async () => {
      const { matches, captions } = await store.caption("POST", "/captions/replace", wish(preview));
      byId("find-count").textContent = i18n.plural(preview ? "deskFound" : "deskReplaced", matches);
      byId("find-list").replaceChildren(...captions.slice(0, SHOWN).map((caption) => element("li", { dir: "auto" }, caption.text)));
      byId("find-go").disabled = !preview || matches === 0;
    });
  };
  byId("find-button").addEventListener("click", () => {
    reset();
    dialog.showModal();
    byId("find-text").focus();
  });
  for (const id of ["find-text", "put-text", "find-case", "find-words"]) byId(id).addEventListener("input", reset);
  byId("find-look").addEventListener("click", () => look(true));
  byId("find-go").addEventListener("click", () => look(false));
  dialog.querySelector("form").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.matches("button")) return;
    event.preventDefault();
    look(true);
  });
}
