/** Finding and replacing over the whole meeting, with a look before it is done. */

import { takingBack } from "./desk-store.js";
import { byId, element } from "./dom.js";

const SHOWN = 50;

/** Return what gives a caption its old text, and what gives it the new one again. */
function restoring(caption, old) {
  const path = `/captions/${encodeURIComponent(caption.id)}`;
  const change = (text) => ({ method: "PATCH", path, body: { text } });
  return takingBack(change(old), change(caption.text));
}

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
      const before = new Map(store.captions.map((caption) => [caption.id, caption.text]));
      const back = preview ? null : (done) => done.captions.map((caption) => restoring(caption, before.get(caption.id)));
      const { matches, captions } = await store.caption("POST", "/captions/replace", wish(preview), back);
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
