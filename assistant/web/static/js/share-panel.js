/** Copying the link of the page and saving the transcript. */

import { byId, element } from "./dom.js";

/** Connect the buttons; `say` shows a sentence. */
export function connectShare(panel, { service, room, feed, i18n, say }) {
  byId("copy").addEventListener("click", async () => {
    const address = location.href;
    try {
      await navigator.clipboard.writeText(address);
      say(i18n.t("linkCopied"));
    } catch {
      say(i18n.t("linkNotCopied", { address }));
    }
  });
  panel.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-format]");
    if (button) save(button.dataset.format, { service, room, lang: feed.lang, i18n, say });
  });
}

async function save(format, { service, room, lang, i18n, say }) {
  say(i18n.t("preparingDownload"));
  const parameters = new URLSearchParams({ format, lang });
  try {
    const response = await service.fetch(`/v1/rooms/${encodeURIComponent(room)}/transcript?${parameters}`);
    const address = URL.createObjectURL(await response.blob());
    element("a", { href: address, download: `${room}.${format}` }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
    say(i18n.t("downloadReady"));
  } catch (error) {
    say(i18n.problem(error));
  }
}
