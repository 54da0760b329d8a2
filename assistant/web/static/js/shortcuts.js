/** Single-key shortcuts of the read page; they can be switched off, and never act while somebody types. */

/** Call `actions[key]` for keys pressed outside fields; keys are lower case. */
export function connectShortcuts(settings, actions) {
  document.addEventListener("keydown", (event) => {
    if (!settings.get("shortcuts") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, select, textarea")) return;
    const action = actions[event.key.toLowerCase()];
    if (!action) return;
    event.preventDefault();
    action();
  });
}
