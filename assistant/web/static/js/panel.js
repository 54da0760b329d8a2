/** Panels that a button opens: one at a time, closed by Escape, by a click outside or by their cross. */

/** Connect pairs of `{button, panel}`. */
export function connectPanels(pairs) {
  const close = (pair, { refocus = false } = {}) => {
    if (pair.panel.hidden) return;
    pair.panel.hidden = true;
    pair.button.setAttribute("aria-expanded", "false");
    if (refocus) pair.button.focus();
  };
  const open = (pair) => {
    for (const other of pairs) close(other);
    pair.panel.hidden = false;
    pair.button.setAttribute("aria-expanded", "true");
    pair.panel.querySelector("input:checked, input, textarea, button:not(.panel-close), select")?.focus();
  };
  for (const pair of pairs) {
    pair.button.addEventListener("click", () => (pair.panel.hidden ? open(pair) : close(pair)));
    pair.panel.querySelector(".panel-close").addEventListener("click", () => close(pair, { refocus: true }));
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") pairs.forEach((pair) => close(pair, { refocus: true }));
  });
  document.addEventListener("pointerdown", (event) => {
    for (const pair of pairs) {
      if (!pair.panel.contains(event.target) && !pair.button.contains(event.target)) close(pair);
    }
  });
}
