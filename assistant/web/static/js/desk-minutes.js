/** The minutes on the desk: the head, who was there, and the statements of each item. */

import { editInPlace, editable } from "./desk-editor.js";
import { byId, element } from "./dom.js";
import { clock } from "./format.js";

const KINDS = ["point", "decision", "vote", "action", "question"];
const RESULTS = ["", "adopted", "rejected", "tied"];
const HEAD = ["title", "organisation", "place", "next_meeting"];

export class MinutesPane extends EventTarget {
  #drawn = new Map();

  constructor(store, { i18n, attempt }) {
    super();
    this.store = store;
    this.i18n = i18n;
    this.attempt = attempt;
    this.active = "";
    store.addEventListener("minutes", () => this.draw());
    byId("document").addEventListener("focusout", ({ target }) => {
      if (target.classList.contains("editor")) setTimeout(() => this.draw());
    });
    i18n.addEventListener("change", () => {
      this.#drawn.clear();
      this.draw();
    });
  }

  draw() {
    const { store } = this;
    const holder = byId("document");
    byId("start").hidden = store.version !== null;
    holder.hidden = store.version === null;
    if (!store.version) return;
    const focused = document.activeElement?.dataset?.key;
    const parts = [this.#part("head", [store.minutes.meeting, store.editable], () => this.#head())];
    parts.push(this.#part("people", [store.minutes.attendees, store.editable], () => this.#people()));
    store.minutes.items.forEach((item, at) => {
      const context = store.minutes.items.map((one) => [one.id, one.title]);
      parts.push(this.#part(`item:${item.id}`, [item, at, context, store.editable, store.version.levels], () => this.#item(item, at)));
    });
    if (store.editable) parts.push(this.#part("add", [], () => this.#adding()));
    parts.forEach((node, at) => {
      if (holder.children[at] !== node) holder.insertBefore(node, holder.children[at] ?? null);
    });
    while (holder.children.length > parts.length) holder.lastElementChild.remove();
    if (focused) holder.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
    this.activate(this.active);
  }

  /** Return a part of the document, the one that stands there if nothing in it has changed. */
  #part(key, values, make) {
    const drawn = JSON.stringify(values);
    const known = this.#drawn.get(key);
    // What somebody is typing in stays, whatever others do meanwhile.
    if (known?.drawn === drawn || known?.node.querySelector(".editor")) return known.node;
    const node = make();
    this.#drawn.set(key, { drawn, node });
    return node;
  }

  activate(id) {
    this.active = id;
    for (const node of document.querySelectorAll(".statement")) node.classList.toggle("active", node.dataset.id === id);
  }

  #edit(...operations) {
    return this.attempt(() => this.store.edit(operations));
  }

  #set(target, fields) {
    return this.#edit({ op: "set", target, fields });
  }

  /** Let the clerk write a statement's text where it stands. */
  #write(text, statement) {
    const seen = this.store.version;
    const save = (now) => this.attempt(() => this.store.edit([{ op: "set", target: `statement:${statement.id}`, fields: { text: now } }], seen));
    editInPlace(text, statement.text, save);
  }

  #button(key, act, attributes = {}) {
    const node = element("button", { type: "button", class: "button quiet small", ...attributes }, this.i18n.t(key));
    node.addEventListener("click", act);
    return node;
  }

  /** Return a field that saves when it is left. */
  #field(type, value, label, save, attributes = {}) {
    const node = element("input", { type, "aria-label": label, ...attributes });
    node.value = value ?? "";
    node.disabled = !this.store.editable;
    node.addEventListener("change", () => save(node.value));
    return node;
  }

  #choice(options, value, label, save) {
    const node = element("select", { "aria-label": label });
    for (const [code, name] of options) node.append(new Option(name, code));
    node.value = value;
    node.disabled = !this.store.editable;
    node.addEventListener("change", () => save(node.value));
    return node;
  }

  #head() {
    const { meeting } = this.store.minutes;
    const node = element("section", { class: "head-fields" });
    for (const name of HEAD) {
      const label = this.i18n.t(`deskHead.${name}`);
      const field = this.#field("text", meeting[name], label, (value) => this.#set("meeting", { [name]: value }), { id: `head-${name}`, "data-key": `head-${name}` });
      node.append(element("label", { for: `head-${name}` }, label), field);
    }
    const label = this.i18n.t("deskLevel");
    node.append(element("span", { class: "hint" }, label), this.#choice(this.#levels(), meeting.level, label, (level) => this.#set("meeting", { level })));
    return node;
  }

  #levels() {
    return [["", "–"], ...this.store.version.levels.map(({ code, names, name }) => [code, names[this.i18n.language] ?? name])];
  }

  #people() {
    const { i18n } = this;
    const rows = this.store.minutes.attendees.map((person) => {
      const set = (name) => (value) => this.#set(`attendee:${person.id}`, { [name]: value });
      const presence = ["present", "excused", "absent"].map((code) => [code, i18n.t(`deskPresence.${code}`)]);
      const hide = this.#button(person.confidential ? "deskOpen" : "deskConfidential", () => this.#set(`attendee:${person.id}`, { confidential: !person.confidential }), { "aria-pressed": String(person.confidential) });
      const cells = [
        this.#field("text", person.name, i18n.t("deskName"), set("name"), { "data-key": `name-${person.id}` }),
        this.#field("text", person.role, i18n.t("deskRole"), set("role"), { "data-key": `role-${person.id}` }),
        this.#choice(presence, person.presence, i18n.t("deskPresence"), set("presence")),
      ];
      const last = element("td", {});
      if (this.store.editable) last.append(hide, this.#button("deskRemove", () => this.#edit({ op: "remove", target: `attendee:${person.id}` })));
      return element("tr", {}, ...cells.map((cell) => element("td", {}, cell)), last);
    });
    const head = ["deskName", "deskRole", "deskPresence"].map((key) => element("th", { scope: "col" }, i18n.t(key)));
    const table = element("table", {}, element("thead", {}, element("tr", {}, ...head, element("td", {}))), element("tbody", {}, ...rows));
    const node = element("section", {}, element("h3", { class: "group-title" }, i18n.t("deskAttendance")), table);
    if (this.store.editable) node.append(this.#button("deskAddPerson", () => this.#edit({ op: "add", target: "attendee:", fields: { name: i18n.t("deskNewPerson"), presence: "excused" } })));
    return node;
  }

  #adding() {
    return this.#button("deskAddItem", () => this.#edit({ op: "add", target: "item:", fields: { title: this.i18n.t("deskNewItem") } }), { id: "add-item" });
  }

  #item(item, at) {
    const { i18n, store } = this;
    const title = element("h3", { dir: "auto", "data-key": `title-${item.id}` }, `${at + 1}. ${item.title}`);
    const head = element("div", { class: "item-head" }, title);
    if (store.editable) {
      editable(title, () => editInPlace(title, item.title, (text) => this.#set(`item:${item.id}`, { title: text })));
      const last = store.minutes.items.length - 1;
      if (at > 0) head.append(this.#button("deskUp", () => this.#edit({ op: "move", target: `item:${item.id}`, index: at - 1 })));
      if (at < last) head.append(this.#button("deskDown", () => this.#edit({ op: "move", target: `item:${item.id}`, index: at + 1 })));
      head.append(
        this.#button(item.confidential ? "deskOpen" : "deskConfidential", () => this.#set(`item:${item.id}`, { confidential: !item.confidential }), { "aria-pressed": String(item.confidential) }),
        this.#button("deskRemove", () => this.#edit({ op: "remove", target: `item:${item.id}` })),
      );
    }
    const node = element("section", { class: "item", "data-id": item.id }, head);
    for (const kind of KINDS) {
      const statements = item.statements.filter((one) => one.kind === kind);
      if (!statements.length) continue;
      node.append(element("h4", { class: "kind" }, i18n.t(`deskKind.${kind}`)));
      for (const one of statements) node.append(this.#statement(one, item));
    }
    if (!item.statements.length) node.append(element("p", { class: "hint" }, i18n.t(item.start_seconds === null ? "deskNotDiscussed" : "deskNothingFound")));
    if (store.editable) {
      const fields = { kind: "point", text: i18n.t("deskNewStatement"), lang: store.minutes.meeting.language };
      node.append(this.#button("deskAddStatement", () => this.#edit({ op: "add", target: "statement:", item: item.id, fields })));
    }
    return node;
  }

  #statement(one, item) {
    const { i18n, store } = this;
    const target = `statement:${one.id}`;
    const text = element("p", { class: "text", dir: "auto", lang: one.lang, "data-key": `text-${one.id}`, "aria-label": i18n.t("deskStatementText") });
    if (one.kind === "point" && one.speaker) text.append(element("span", { class: "speaker-name" }, `${one.speaker}: `));
    text.append(one.text);
    const node = element("article", { class: "statement", "data-id": one.id, "data-kind": one.kind }, text);
    node.classList.toggle("confidential", one.confidential);
    node.addEventListener("click", () => this.#choose(one));
    node.addEventListener("focusin", () => this.#choose(one));
    if (store.editable) editable(text, () => this.#write(text, one));
    const about = element("div", { class: "about" });
    if (one.evidence.length) {
      const from = element("button", { type: "button", class: "evidence", "aria-label": i18n.t("deskEvidence", { time: clock(one.evidence[0].start_seconds) }) }, clock(one.evidence[0].start_seconds));
      from.addEventListener("click", () => this.dispatchEvent(new CustomEvent("play", { detail: one.evidence[0].caption })));
      about.append(from);
    } else about.append(element("span", {}, i18n.t("deskNoEvidence")));
    about.append(element("span", { class: "origin" }, i18n.t(`deskOrigin.${one.origin}`)));
    if (one.kind === "action") {
      about.append(
        this.#field("text", one.who, i18n.t("deskWho"), (who) => this.#set(target, { who }), { placeholder: i18n.t("deskWho"), "data-key": `who-${one.id}` }),
        this.#field("date", one.due, i18n.t("deskDue"), (due) => this.#set(target, { due }), { "data-key": `due-${one.id}` }),
      );
    }
    if (one.kind === "vote") about.append(...this.#vote(one, target));
    if (store.editable) {
      about.append(
        this.#choice(KINDS.map((kind) => [kind, i18n.t(`deskKindOne.${kind}`)]), one.kind, i18n.t("deskKind"), (kind) => this.#set(target, { kind })),
        this.#choice(this.#levels(), one.level, i18n.t("deskLevel"), (level) => this.#set(target, { level })),
      );
      const { items } = store.minutes;
      if (items.length > 1) about.append(this.#choice(items.map((other) => [other.id, other.title]), item.id, i18n.t("deskMoveTo"), (to) => this.#edit({ op: "move", target, item: to })));
      about.append(
        this.#button(one.confidential ? "deskOpen" : "deskConfidential", () => this.#set(target, { confidential: !one.confidential }), { "aria-pressed": String(one.confidential) }),
        this.#button("deskRemove", () => this.#edit({ op: "remove", target })),
      );
    } else if (one.confidential) about.append(element("strong", {}, i18n.t("deskIsConfidential")));
    node.append(about);
    if (one.stale && store.editable) {
      node.append(element("p", { class: "stale" }, i18n.t("deskStale"), this.#button("deskFine", () => this.#set(target, { stale: false }))));
    }
    return node;
  }

  #vote(one, target) {
    const { i18n } = this;
    const vote = one.vote ?? { in_favour: null, against: null, abstentions: null, result: "", unanimous: false };
    const set = (changes) => this.#set(target, { vote: { ...vote, ...changes } });
    const counts = ["in_favour", "against", "abstentions"].map((name) => {
      const label = i18n.t(`deskVote.${name}`);
      const save = (value) => set({ [name]: value === "" ? null : Number(value) });
      return element("label", {}, `${label} `, this.#field("number", vote[name], label, save, { min: "0", "data-key": `${name}-${one.id}` }));
    });
    const results = RESULTS.map((code) => [code, code ? i18n.t(`deskResult.${code}`) : "–"]);
    return [...counts, this.#choice(results, vote.result, i18n.t("deskResult"), (result) => set({ result }))];
  }

  #choose(one) {
    if (this.active === one.id) return;
    this.activate(one.id);
    this.dispatchEvent(new CustomEvent("chosen", { detail: one.evidence.map((line) => line.caption) }));
  }
}
