/** Saving minutes and transcript as files. */

import { byId, saveAs } from "./dom.js";
import { languageName } from "./format.js";

const FORMATS = { minutes: ["pdf", "docx", "odt", "html", "md", "txt", "json"], transcript: ["pdf", "docx", "odt", "html", "md", "txt", "json", "vtt", "srt"] };

export function connectDownload({ store, i18n }) {
  const dialog = byId("download");
  // Rough text enters minutes only on the clerk's word, given anew for each document.
  const askAboutRough = () => {
    byId("rough-field").hidden = byId("what").value !== "minutes" || !store.version?.rough.includes(byId("lang").value);
  };
  const fill = () => {
    const what = byId("what").value;
    const format = byId("format");
    const before = format.value;
    format.replaceChildren(...FORMATS[what].map((name) => new Option(name.toUpperCase(), name)));
    if (FORMATS[what].includes(before)) format.value = before;
    const languages = store.version?.languages ?? [];
    const own = new Option(i18n.t("deskOwnLanguage"), "");
    byId("lang").replaceChildren(own, ...languages.slice(1).map((tag) => new Option(languageName(tag, i18n.language), tag)));
    const level = store.version?.levels.find((one) => one.code === store.version.level);
    byId("rough").checked = false;
    askAboutRough();
    byId("recipient-field").hidden = !level?.numbered;
    byId("what").options[0].disabled = !store.version;
    byId("audience").options[1].disabled = !store.version;
    byId("download-problem").textContent = "";
  };
  byId("download-button").addEventListener("click", () => {
    if (!store.version) byId("what").value = "transcript";
    fill();
    dialog.showModal();
  });
  byId("what").addEventListener("change", fill);
  byId("lang").addEventListener("change", askAboutRough);
  byId("download-go").addEventListener("click", async () => {
    byId("download-problem").textContent = "";
    const what = byId("what").value;
    const query = new URLSearchParams({ format: byId("format").value, audience: byId("audience").value, recipient: byId("recipient").value });
    if (byId("lang").value) query.set("lang", byId("lang").value);
    if (!byId("rough-field").hidden && byId("rough").checked) query.set("rough", "true");
    try {
      const response = await store.service.fetch(`${store.base}/${what === "minutes" ? "minutes/document" : "transcript"}?${query}`);
      const named = /filename="([^"]+)"/.exec(response.headers.get("Content-Disposition") ?? "");
      saveAs(await response.blob(), named?.[1] ?? what);
      dialog.close();
    } catch (error) {
      byId("download-problem").textContent = i18n.problem(error);
    }
  });
}
