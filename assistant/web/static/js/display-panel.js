/** The controls of the display panel, bound to the settings. */

import { byId } from "./dom.js";
import { SIZE } from "./settings.js";

/** Show the settings in the controls, and take them from there. */
export function connectDisplay(panel, settings) {
  const slider = byId("size");
  slider.min = SIZE.min;
  slider.max = SIZE.max;
  slider.step = SIZE.step;
  slider.addEventListener("input", () => settings.set("size", slider.value));
  byId("smaller").addEventListener("click", () => resize(settings, -1));
  byId("larger").addEventListener("click", () => resize(settings, 1));
  panel.addEventListener("change", ({ target }) => {
    if (target.type === "radio" || target.tagName === "SELECT") settings.set(target.name, target.value);
    if (target.type === "checkbox") settings.set(target.name, target.checked);
  });
  const show = () => {
    slider.value = settings.get("size");
    slider.setAttribute("aria-valuetext", `${settings.get("size")} %`);
    byId("size-value").textContent = `${settings.get("size")} %`;
    for (const input of panel.querySelectorAll("input[type=radio]")) input.checked = settings.get(input.name) === input.value;
    for (const input of panel.querySelectorAll("input[type=checkbox]")) input.checked = settings.get(input.name);
    for (const select of panel.querySelectorAll("select[name]")) select.value = settings.get(select.name);
  };
  settings.addEventListener("change", show);
  show();
}

/** Make the text larger or smaller by steps that feel the same at every size. */
export function resize(settings, direction) {
  const now = settings.get("size");
  const step = Math.max(SIZE.step, Math.round((now * 0.1) / SIZE.step) * SIZE.step);
  settings.set("size", now + direction * step);
}
