/** The transcript on the desk: lines that are selected, corrected, moved, marked and played. */

import { editInPlace } from "./desk-editor.js";
import { takingBack } from "./desk-store.js";
import { byId, element } from "./dom.js";
import { clock } from "./format.js";

const KINDS = ["decision", "action", "question", "point"];

export class TranscriptPane extends EventTarget {
  #lines = new Map();
  #from = -1;
  #to = -1;
  #caret = null;
  #player = new Audio();

  constructor(store, { i18n, colours, ask, attempt }) {
    super();
    this.store = store;
    this.i18n = i18n;
    this.colours = colours;
    this.ask = ask;
    this.attempt = attempt;
    this.list = byId("lines");
    this.list.addEventListener("click", (event) => this.#clicked(event));
    this.list.addEventListener("dblclick", (event) => {
      const at = this.#indexOf(event.target);
      if (at >= 0 && event.target.closest(".words")) this.correct(at);
    });
    store.addEventListener("captions", () => this.draw());
    store.addEventListener("minutes", () => this.mark());
    i18n.addEventListener("change", () => this.draw());
  }

  get selected() {
    if (this.#from < 0) return [];
    const [first, last] = [Math.min(this.#from, this.#to), Math.max(this.#from, this.#to)];
    return this.store.captions.slice(first, last + 1);
  }

  /** Draw what is new or changed; lines that stay are not touched. */
  draw() {
    const { captions } = this.store;
    const kept = this.selected.map((caption) => caption.id);
    let before = null;
    const nodes = captions.map((caption) => {
      this.colours.note(caption.participant, caption.start);
      const turn = before?.participant !== caption.participant || before?.speaker !== caption.speaker;
      const drawn = `${caption.rev}|${turn}|${caption.speaker}|${this.i18n.language}`;
      let line = this.#lines.get(caption.id);
      if (line?.drawn !== drawn && !line?.node.querySelector(".editor")) {
        line = { drawn, node: this.#line(caption, turn) };
        this.#lines.set(caption.id, line);
      }
      before = caption;
      return line.node;
    });
    const present = new Set(nodes);
    for (const node of [...this.list.children]) if (!present.has(node)) node.remove();
    nodes.forEach((node, at) => {
      if (this.list.children[at] !== node) this.list.insertBefore(node, this.list.children[at] ?? null);
    });
    byId("no-lines").hidden = captions.length > 0;
    const first = captions.findIndex((caption) => caption.id === kept[0]);
    const last = captions.findIndex((caption) => caption.id === kept.at(-1));
    this.#select(first, last < 0 ? first : last, { quiet: true });
    this.mark();
  }

  #line(caption, turn) {
    const node = element("li", { class: "line", "data-id": caption.id, "data-speaker": this.colours.of(caption.participant), role: "option", "aria-selected": "false", tabindex: "-1" });
    if (turn) node.append(element("span", { class: "who", dir: "auto" }, caption.speaker || caption.participant));
    node.append(element("span", { class: "when" }, clock(caption.start)));
    node.append(element("span", { class: "words", dir: "auto", lang: caption.lang, "aria-label": this.i18n.t("deskCaptionText") }, caption.text));
    return node;
  }

  /** Show which lines statements rest on, and which are withheld. */
  mark() {
    const minutes = this.store.minutes;
    const told = new Set();
    const withheld = new Set();
    for (const item of minutes?.items ?? []) for (const one of item.statements) for (const line of one.evidence) told.add(line.caption);
    for (const passage of minutes?.passages ?? []) if (passage.confidential) for (const id of passage.captions) withheld.add(id);
    for (const [id, { node }] of this.#lines) {
      node.classList.toggle("told", told.has(id));
      node.classList.toggle("withheld", withheld.has(id));
    }
  }

  /** Show the lines of a statement. */
  show(ids) {
    for (const { node } of this.#lines.values()) node.classList.remove("shown");
    const nodes = ids.map((id) => this.#lines.get(id)?.node).filter(Boolean);
    for (const node of nodes) node.classList.add("shown");
    nodes[0]?.scrollIntoView({ block: "center" });
  }

  /** Move the selection by one line; with `extend` its end. */
  move(by, { extend = false } = {}) {
    const at = Math.max(0, Math.min(this.store.captions.length - 1, (this.#to < 0 ? -1 : this.#to) + by));
    this.#select(extend && this.#from >= 0 ? this.#from : at, at);
    this.#lines.get(this.store.captions[at]?.id)?.node.focus();
  }

  async play(id = this.selected[0]?.id) {
    if (!id || !this.store.version?.audio_kept) return;
    await this.attempt(async () => {
      const response = await this.store.service.fetch(`${this.store.base}/captions/${encodeURIComponent(id)}/audio`);
      URL.revokeObjectURL(this.#player.src);
      this.#player.src = URL.createObjectURL(await response.blob());
      await this.#player.play();
    });
  }

  correct(at = Math.min(this.#from, this.#to)) {
    const caption = this.store.captions[at];
    const words = this.#lines.get(caption?.id)?.node.querySelector(".words");
    if (!words) return;
    this.#select(at, at);
    editInPlace(words, caption.text, (text) => this.#setText(caption, text), { onCaret: (caret) => (this.#caret = { id: caption.id, caret }) });
  }

  #setText(caption, text) {
    const path = `/captions/${encodeURIComponent(caption.id)}`;
    const change = (now) => ({ method: "PATCH", path, body: { text: now } });
    const body = { text, rev: caption.rev };
    this.attempt(async () => {
      try {
        await this.store.caption("PATCH", path, body, () => takingBack(change(caption.text), change(text)));
      } catch (error) {
        if (error.code !== "revision_conflict") throw error;
        await this.store.loadCaptions();
        const theirs = error.body?.changes?.[0]?.text ?? "";
        if (await this.ask(this.i18n.t("deskConflict"), [this.i18n.t("deskTheirs", { text: theirs }), this.i18n.t("deskMine", { text })], "deskKeepMine", "deskKeepTheirs")) {
          await this.store.caption("PATCH", path, { text }, () => takingBack(change(theirs), change(text)));
        }
      }
    });
  }

  #indexOf(node) {
    const id = node.closest(".line")?.dataset.id;
    return this.store.captions.findIndex((caption) => caption.id === id);
  }

  #clicked(event) {
    const at = this.#indexOf(event.target);
    if (at < 0) return;
    this.#select(event.shiftKey && this.#from >= 0 ? this.#from : at, at);
  }

  #select(from, to, { quiet = false } = {}) {
    const before = this.selected;
    [this.#from, this.#to] = [from, to];
    for (const caption of before) this.#lines.get(caption.id)?.node.setAttribute("aria-selected", "false");
    for (const caption of this.selected) this.#lines.get(caption.id)?.node.setAttribute("aria-selected", "true");
    if (!quiet || this.selected.length) this.#showTools();
    if (!quiet) this.dispatchEvent(new CustomEvent("selected", { detail: this.selected }));
    byId("selection").hidden = this.selected.length === 0;
  }

  clear() {
    this.#select(-1, -1);
    this.show([]);
  }

  #showTools() {
    const { i18n, store } = this;
    const chosen = this.selected;
    if (!chosen.length) return;
    const button = (key, act) => {
      const node = element("button", { type: "button", class: "button", "data-do": key }, i18n.t(key));
      node.addEventListener("click", act);
      return node;
    };
    const tools = [];
    const one = chosen.length === 1;
    if (one) tools.push(button("deskCorrect", () => this.correct()), button("deskSplit", () => this.split()));
    if (chosen.length === 2 || one) tools.push(button("deskMerge", () => this.merge()));
    tools.push(button("deskMove", () => this.giveTo()), button("deskRename", () => this.rename()));
    if (store.version?.audio_kept) tools.push(button("deskPlay", () => this.play()));
    if (store.editable) {
      for (const kind of KINDS) tools.push(button(`deskMark.${kind}`, () => this.markAs(kind)));
      tools.push(button("deskConfidential", () => this.withhold()), this.#levels());
    }
    byId("selection").replaceChildren(...tools);
  }

  /** Return a choice that gives the selected lines a protection level. */
  #levels() {
    const { i18n, store } = this;
    const select = element("select", { "aria-label": i18n.t("deskLevel"), "data-do": "deskLevel" });
    select.append(new Option(`${i18n.t("deskLevel")} …`, ""));
    for (const { code, names, name } of store.version.levels) select.append(new Option(names[i18n.language] ?? name, code));
    select.addEventListener("change", () => {
      const captions = this.selected.map((caption) => caption.id);
      this.attempt(() => store.edit([{ op: "add", target: "passage:", fields: { captions, level: select.value } }]));
    });
    return select;
  }

  split() {
    const [caption] = this.selected;
    const at = this.#caret?.id === caption.id ? this.#caret.caret : Math.max(1, caption.text.indexOf(" ", caption.text.length / 2) + 1);
    const path = `/captions/${encodeURIComponent(caption.id)}`;
    this.attempt(() => this.store.caption("POST", `${path}/split`, { at, rev: caption.rev }, ({ captions: [, second] }) => {
      const join = { method: "POST", path: `${path}/merge`, body: { with: second.id } };
      return takingBack(join, { method: "POST", path: `${path}/split`, body: { at } });
    }));
  }

  merge() {
    const at = this.store.captions.indexOf(this.selected[0]);
    const [first, second] = [this.store.captions[at], this.selected[1] ?? this.store.captions[at + 1]];
    if (!second) return;
    const path = `/captions/${encodeURIComponent(first.id)}/merge`;
    this.attempt(() => this.store.caption("POST", path, { with: second.id, rev: first.rev, with_rev: second.rev }));
  }

  async giveTo() {
    const people = new Map(this.store.captions.map((caption) => [caption.participant, caption.speaker || caption.participant]));
    const select = element("select", { "aria-label": this.i18n.t("deskMove") });
    for (const [id, name] of people) select.append(new Option(name, id));
    const field = element("input", { type: "text", "aria-label": this.i18n.t("deskNewSpeaker"), placeholder: this.i18n.t("deskNewSpeaker") });
    const chosen = this.selected;
    if (!(await this.ask(this.i18n.t("deskMove"), [select, field], "deskMove", "close"))) return;
    const name = field.value.trim() || people.get(select.value);
    const participant = field.value.trim() ? `clerk-${field.value.trim()}` : select.value;
    const speaker = (id, shown) => ({ participant: id, name: shown });
    for (const caption of chosen) {
      const path = `/captions/${encodeURIComponent(caption.id)}`;
      const there = { method: "PATCH", path, body: { speaker: speaker(participant, name) } };
      await this.attempt(() => this.store.caption("PATCH", path, there.body, () => takingBack({ method: "PATCH", path, body: { speaker: speaker(caption.participant, caption.speaker) } }, there)));
    }
  }

  async rename() {
    const [caption] = this.selected;
    const field = element("input", { type: "text", "aria-label": this.i18n.t("deskRename") });
    field.value = caption.speaker;
    if (!(await this.ask(this.i18n.t("deskRename"), [field], "deskRename", "close"))) return;
    const path = `/participants/${encodeURIComponent(caption.participant)}`;
    const named = (name) => ({ method: "PATCH", path, body: { name } });
    await this.attempt(() => this.store.caption("PATCH", path, { name: field.value }, () => takingBack(named(caption.speaker), named(field.value))));
  }

  markAs(kind) {
    const chosen = this.selected;
    const evidence = chosen.map((caption) => ({ caption: caption.id, start_seconds: caption.start, end_seconds: caption.end }));
    const at = chosen[0].start;
    const { items } = this.store.minutes;
    const begun = items.filter((item) => item.start_seconds !== null && item.start_seconds <= at);
    const item = begun.sort((a, b) => b.start_seconds - a.start_seconds)[0] ?? items[0];
    const fields = { kind, text: chosen.map((caption) => caption.text).join(" "), lang: chosen[0].lang, evidence, speaker: chosen[0].speaker };
    if (kind === "action") fields.who = chosen[0].speaker;
    const home = item?.id ?? "i-marked";
    const operations = [{ op: "add", target: "statement:", item: home, fields }];
    if (!item) operations.unshift({ op: "add", target: `item:${home}`, fields: { title: this.store.minutes.meeting.title } });
    this.attempt(() => this.store.edit(operations));
  }

  withhold() {
    const captions = this.selected.map((caption) => caption.id);
    const known = this.store.minutes.passages.find((passage) => passage.confidential && captions.every((id) => passage.captions.includes(id)));
    const operation = known ? { op: "remove", target: `passage:${known.id}` } : { op: "add", target: "passage:", fields: { captions, confidential: true } };
    this.attempt(() => this.store.edit([operation]));
  }
}
