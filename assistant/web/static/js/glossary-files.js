/** Glossaries as files: read by the service, dropped on the page, saved from it. */

import { saveAs } from "./dom.js";

const KINDS = { csv: "text/csv", tbx: "application/x-tbx+xml", xml: "application/x-tbx+xml" };

/** Return the terms in a file; throws what `service.fetch` throws, or `format_unknown`. */
export async function readFile(file, service) {
  const kind = KINDS[file.name.split(".").pop().toLowerCase()];
  if (!kind) throw Object.assign(new Error(), { code: "glossary_format" });
  const headers = { "Content-Type": kind };
  return (await (await service.fetch("/v1/glossary/read", { method: "POST", headers, body: file })).json()).terms;
}

/** Save what the service keeps at `address` as a file. */
export async function saveFile(address, format, name, service) {
  const response = await service.fetch(`${address}?format=${format}`);
  saveAs(await response.blob(), `${name}.${format}`);
}

/** Call `open` with a file that is dropped anywhere on the page; `hint` shows meanwhile. */
export function connectDrop(hint, open) {
  const holdsFile = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  const show = (event) => {
    if (!holdsFile(event)) return;
    event.preventDefault();
    hint.hidden = false;
  };
  const hide = () => (hint.hidden = true);
  document.addEventListener("dragenter", show);
  document.addEventListener("dragover", show);
  document.addEventListener("dragleave", (event) => event.relatedTarget === null && hide());
  document.addEventListener("drop", (event) => {
    if (!holdsFile(event)) return;
    event.preventDefault();
    hide();
    if (event.dataTransfer.files[0]) open(event.dataTransfer.files[0]);
  });
}
