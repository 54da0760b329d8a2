/** The table in which terms are edited: a row for each, a column for each language. */

import { element, icon } from "./dom.js";
import { languageName, nativeName } from "./format.js";
import { COMMON } from "./spoken-languages.js";
import { emptyRow, faultOf, languagesOf } from "./terms.js";

/** Dispatches `edit` (detail: how many marked faults are left) and `moved` (detail: a sentence for screen readers). */
export class TermTable extends EventTarget {
  #columns;
  #body;
  #i18n;
  #languages = [];
  #checked = false;

  /**
   * @param {HTMLElement} columns The row of column titles.
   * @param {HTMLElement} body What the rows stand in.
   */
  constructor(columns, body, i18n) {
    super();
    this.rows = [];
    this.#columns = columns;
    this.#body = body;
    this.#i18n = i18n;
    body.addEventListener("input", ({ target }) => this.#take(target));
    body.addEventListener("change", ({ target }) => target.name === "language" && this.#choose(target));
    body.addEventListener("click", ({ target }) => this.#act(target.closest("[data-do]")));
    body.addEventListener("keydown", (event) => this.#key(event));
    columns.addEventListener("click", ({ target }) => this.#removeLanguage(target.closest("[data-language]")));
  }

  /** The languages that have a column. */
  get languages() {
    return this.#languages;
  }

  /** Show other rows, unchecked; languages that were added stay. */
  show(rows) {
    this.rows = rows;
    this.#checked = false;
    this.#draw();
  }

  /** Add an empty row and go there. */
  add(index = this.rows.length) {
    this.rows.splice(index, 0, emptyRow());
    this.#draw({ focus: { index, field: "term" } });
    this.#edited();
  }

  /** Add a column. */
  addLanguage(tag) {
    this.#languages = [...new Set([...this.#languages, tag])];
    this.#draw({ focus: this.rows.length ? { index: 0, field: tag } : null });
  }

  /** Write all texts again, in the language of the interface. */
  redraw() {
    this.#draw();
  }

  /** Mark what is wrong, again with every edit until nothing is; go to the first fault, return how many there are. */
  check({ go = false } = {}) {
    const faults = this.rows.map((row) => faultOf(row, this.rows));
    faults.forEach((fault, index) => this.#mark(index, fault));
    const first = faults.findIndex(Boolean);
    if (go && first >= 0) this.#focus({ index: first, field: faults[first].field });
    const count = faults.filter(Boolean).length;
    this.#checked = count > 0;
    return count;
  }

  // --- what a person does -------------------------------------------------------------------------

  #take(target) {
    const { index, field } = this.#place(target);
    const row = this.rows[index];
    const place = target.classList.contains("translation") ? row.translations : row;
    const value = field === "keep" ? target.checked : target.value;
    place[field] = value;
    if (field === "keep") for (const input of this.#inputs(index, ".translation")) this.#fix(input, row);
    this.#edited();
  }

  #choose(menu) {
    this.#take(menu);
    this.#draw({ focus: this.#place(menu) });
    this.#edited();
  }

  #act(button) {
    if (!button) return;
    const { index } = this.#place(button);
    if (button.dataset.do === "remove") this.#remove(index);
    else this.#move(index, button.dataset.do === "up" ? -1 : 1, button.dataset.do);
  }

  #key(event) {
    const { index, field } = this.#place(event.target);
    if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      event.preventDefault();
      this.#move(index, event.key === "ArrowUp" ? -1 : 1, field);
    } else if (event.key === "Enter" && event.target.matches("input[type=text]")) {
      event.preventDefault(); // not the form's own button
      if (index === this.rows.length - 1) this.add();
      else this.#focus({ index: index + 1, field });
    }
  }

  #move(index, by, field) {
    const to = index + by;
    if (to < 0 || to >= this.rows.length) return;
    this.rows.splice(to, 0, ...this.rows.splice(index, 1));
    this.#draw({ focus: { index: to, field } });
    this.#edited();
    this.#say("termMoved", { term: this.rows[to].term, place: to + 1, count: this.rows.length });
  }

  #remove(index) {
    const [row] = this.rows.splice(index, 1);
    const next = Math.min(index, this.rows.length - 1);
    this.#draw({ focus: next >= 0 ? { index: next, field: "term" } : null });
    this.#edited();
    this.#say("termRemoved", { term: row.term || index + 1 });
  }

  #removeLanguage(button) {
    if (!button) return;
    for (const row of this.rows) delete row.translations[button.dataset.language];
    this.#languages = this.#languages.filter((tag) => tag !== button.dataset.language);
    this.#draw();
    this.#edited();
  }

  #say(key, values) {
    this.dispatchEvent(new CustomEvent("moved", { detail: this.#i18n.t(key, values) }));
  }

  #edited() {
    const faults = this.#checked ? this.check() : 0;
    this.dispatchEvent(new CustomEvent("edit", { detail: faults }));
  }

  // --- what it looks like --------------------------------------------------------------------------

  #draw({ focus = null } = {}) {
    const used = languagesOf(this.rows).filter((tag) => !this.#languages.includes(tag));
    this.#languages = [...this.#languages, ...used];
    this.#columns.replaceChildren(...this.#titles());
    this.#body.replaceChildren(...this.rows.map((row, index) => this.#row(row, index)));
    if (this.#checked) this.check();
    if (focus) this.#focus(focus);
    this.dispatchEvent(new Event("drawn"));
  }

  #titles() {
    const title = (...content) => element("th", { scope: "col" }, ...content);
    const named = (key) => title(this.#i18n.t(key));
    const languages = this.#languages.map((tag) => {
      const name = this.#name(tag);
      const label = this.#i18n.t("removeLanguage", { language: name });
      const attributes = { type: "button", class: "button quiet", "data-language": tag, "aria-label": label, title: label };
      return title(element("span", { class: "language-head" }, name, element("button", attributes, icon("close"))));
    });
    const hidden = element("span", { class: "visually-hidden" }, this.#i18n.t("rowTools"));
    return [named("term"), named("soundsLike"), named("termLanguage"), named("keepTerm"), ...languages, title(hidden)];
  }

  #row(row, index) {
    const cells = [
      this.#cell("term-cell", this.#i18n.t("term"), this.#text(row.term, index, "term", { class: "term" }), element("p", { class: "fault", id: `fault-${index}` })),
      this.#cell("sounds-cell", this.#i18n.t("soundsLike"), this.#text(row.sounds, index, "sounds")),
      this.#cell("language-cell", this.#i18n.t("termLanguage"), this.#languageMenu(row, index)),
      this.#keep(row, index),
      ...this.#languages.map((tag) => this.#translation(row, index, tag)),
      element("td", { class: "tools-cell" }, this.#tools(row, index)),
    ];
    return element("tr", { "data-index": index }, ...cells);
  }

  #cell(kind, label, ...content) {
    return element("td", { class: kind }, element("span", { class: "cell-label", "aria-hidden": "true" }, label), ...content);
  }

  #text(value, index, field, attributes = {}, label = this.#i18n.t(field === "term" ? "term" : "soundsLike")) {
    const name = this.#i18n.t("cellOf", { column: label, row: index + 1 });
    const usual = { type: "text", name: field, "aria-label": name, dir: "auto", autocomplete: "off", spellcheck: "false" };
    const input = element("input", { ...usual, ...attributes });
    input.value = value;
    return input;
  }

  #translation(row, index, tag) {
    const name = this.#name(tag);
    const input = this.#text(row.translations[tag] ?? "", index, tag, { class: "translation", lang: tag }, name);
    this.#fix(input, row);
    return this.#cell("translation-cell", name, input);
  }

  /** A term is not translated into its own language, and into none if it stays as it is. */
  #fix(input, row) {
    input.disabled = row.keep || row.language === input.name;
    input.placeholder = input.disabled ? row.term : "";
  }

  #languageMenu(row, index) {
    const label = this.#i18n.t("cellOf", { column: this.#i18n.t("termLanguage"), row: index + 1 });
    const tags = new Set([...COMMON, ...this.#languages, ...(row.language ? [row.language] : [])]);
    const options = [...tags].map((tag) => element("option", { value: tag, lang: tag }, nativeName(tag)));
    const menu = element("select", { name: "language", "aria-label": label }, element("option", { value: "" }, this.#i18n.t("noLanguage")), ...options);
    menu.value = row.language;
    return menu;
  }

  #keep(row, index) {
    const label = this.#i18n.t("keepTerm");
    const box = element("input", { type: "checkbox", name: "keep", "aria-label": this.#i18n.t("cellOf", { column: label, row: index + 1 }) });
    box.checked = row.keep;
    const text = element("span", { class: "cell-label", "aria-hidden": "true" }, label);
    return element("td", { class: "keep-cell" }, element("label", {}, box, text));
  }

  #tools(row, index) {
    const name = row.term || index + 1;
    const tool = (action, picture, key, disabled) => {
      const label = this.#i18n.t(key, { term: name });
      const button = element("button", { type: "button", class: "button quiet", name: action, "data-do": action, "aria-label": label, title: label }, icon(picture));
      button.disabled = disabled;
      return button;
    };
    return element("div", { class: "row-tools" },
      tool("up", "up", "moveUp", index === 0),
      tool("down", "down", "moveDown", index === this.rows.length - 1),
      tool("remove", "bin", "removeTerm", false));
  }

  #mark(index, fault) {
    for (const input of this.#inputs(index, "input[type=text]")) {
      const wrong = fault?.field === input.name;
      input.toggleAttribute("aria-invalid", false);
      if (wrong) input.setAttribute("aria-invalid", "true");
      if (wrong) input.setAttribute("aria-describedby", `fault-${index}`);
      else input.removeAttribute("aria-describedby");
    }
    const [place] = this.#inputs(index, ".fault");
    place.textContent = fault ? this.#i18n.t(fault.key) : "";
  }

  // --- places ----------------------------------------------------------------------------------------

  #place(target) {
    return { index: Number(target.closest("tr").dataset.index), field: target.name };
  }

  #inputs(index, selector) {
    return this.#body.querySelectorAll(`tr[data-index="${index}"] ${selector}`);
  }

  /** Go to a field of a row; a button that cannot be pressed there gives way to the term. */
  #focus({ index, field }) {
    const [wanted] = this.#inputs(index, `[name="${field}"]`);
    const [term] = this.#inputs(index, ".term");
    (wanted && !wanted.disabled ? wanted : term)?.focus();
  }

  #name(tag) {
    return languageName(tag, this.#i18n.language);
  }
}
