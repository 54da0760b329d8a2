/** Text that becomes a field where it stands. */

import { element } from "./dom.js";

/**
 * Let a node be edited in place: Enter keeps the text, Escape does not.
 *
 * `save(text, at)` is called with the new text; `at` is where the caret stood.
 */
export function editInPlace(node, text, save, { onCaret = () => {} } = {}) {
  const field = element("textarea", { class: "editor", rows: "1", "aria-label": node.getAttribute("aria-label") ?? "" });
  field.value = text;
  let done = false;
  const end = (keep) => {
    if (done) return;
    done = true;
    field.replaceWith(node);
    node.focus();
    const wanted = field.value.replace(/\s+/g, " ").trim();
    if (keep && wanted && wanted !== text) save(wanted);
  };
  const grow = () => {
    field.style.height = "auto";
    field.style.height = `${field.scrollHeight + 4}px`;
  };
  field.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      end(true);
    } else if (event.key === "Escape") {
      event.preventDefault();
      end(false);
    }
  });
  for (const type of ["keyup", "click"]) field.addEventListener(type, () => onCaret(field.selectionStart));
  field.addEventListener("input", grow);
  field.addEventListener("blur", () => end(true));
  node.replaceWith(field);
  field.focus();
  grow();
  return field;
}

/** Make `node` begin to be edited by a double click, Enter or F2. */
export function editable(node, begin) {
  node.classList.add("editable");
  node.tabIndex = 0;
  node.addEventListener("dblclick", begin);
  node.addEventListener("keydown", (event) => {
    if (event.target !== node || (event.key !== "Enter" && event.key !== "F2")) return;
    event.preventDefault();
    event.stopPropagation();
    begin();
  });
}
