/** The minutes of a room as this clerk has them: what is known, what was changed, and how to take it back. */

/** How often a change is sent again over somebody else's before the clerk is asked. */
const TRIES = 4;

export class DeskStore extends EventTarget {
  #queue = Promise.resolve();

  /** `author` names the clerk; `choose` asks which of two versions of a text is to stay. */
  constructor(service, room, { author, choose, reason }) {
    super();
    this.service = service;
    this.base = `/v1/rooms/${encodeURIComponent(room)}`;
    this.author = author;
    this.choose = choose;
    this.reason = reason;
    this.version = null;
    this.captions = [];
    this.undoable = [];
    this.redoable = [];
  }

  get minutes() {
    return this.version?.minutes ?? null;
  }

  get editable() {
    return this.version?.status === "draft" && this.version.number > 0;
  }

  /** Read everything anew. */
  async load() {
    await Promise.all([this.loadMinutes(), this.loadCaptions()]);
  }

  async loadMinutes() {
    try {
      this.#take(await this.#json("/minutes"));
    } catch (error) {
      if (error.code !== "minutes_unknown") throw error;
      this.version = null;
      this.#tell("minutes");
    }
  }

  async loadCaptions() {
    this.captions = (await this.#json("/transcript?format=json")).captions;
    this.#tell("captions");
  }

  /** Make the draft, or make it anew. */
  draft(wish = {}) {
    return this.#do(async () => this.#take(await this.#send("POST", "/minutes", { author: this.author(), ...wish })));
  }

  async setAgenda(body, type) {
    const response = await this.service.fetch(`${this.base}/agenda`, { method: "PUT", headers: { "Content-Type": type }, body });
    return (await response.json()).items;
  }

  /** Approve, reopen or publish. */
  advance(step, reason = "") {
    return this.#do(async () => {
      const change = { revision: this.version.revision, author: this.author(), reason };
      this.#take(await this.#send("POST", `/minutes/${step}`, change));
    });
  }

  /** Apply operations to the minutes. */
  edit(operations) {
    return this.#do(() => this.#edit(operations, this.undoable, { fresh: true }));
  }

  /** Correct a caption's text, give it to somebody else, and so on; `back` is what takes it back. */
  caption(method, path, body, back = null) {
    return this.#do(async () => {
      const done = await this.#send(method, path, body);
      if (back) this.#remember({ caption: back(done) });
      await this.loadCaptions();
      return done;
    });
  }

  undo() {
    return this.#do(() => this.#step(this.undoable, this.redoable));
  }

  redo() {
    return this.#do(() => this.#step(this.redoable, this.undoable));
  }

  /** Listen to what other clerks do. */
  listen() {
    const events = new EventSource(this.service.stream(`${this.base}/minutes/events`, {}, { socket: false }));
    events.addEventListener("minutes", ({ data }) => {
      const told = JSON.parse(data);
      if (told.version === this.version?.number && told.revision <= this.version.revision) return;
      this.#do(async () => {
        await this.loadMinutes();
        if (told.author !== this.author()) this.#tell("others", told);
      }).catch(() => {});
    });
    events.addEventListener("captions", () => this.#do(() => this.loadCaptions()).catch(() => {}));
    events.addEventListener("drafting", ({ data }) => this.#tell("drafting", JSON.parse(data)));
    return events;
  }

  async #step(from, to) {
    const last = from.pop();
    if (!last) return;
    if (last.operations) await this.#edit(last.operations, to, { fresh: false });
    else {
      // Several for what was replaced all over the meeting.
      const requests = [last.caption].flat();
      for (const { method, path, body } of requests) await this.#send(method, path, body);
      to.push({ caption: requests.map(({ back }) => back) });
      await this.loadCaptions();
    }
    this.#tell("history");
  }

  async #edit(operations, history, { fresh }) {
    let wanted = operations;
    for (let tries = 0; tries < TRIES; tries += 1) {
      const change = { revision: this.version.revision, author: this.author(), operations: wanted };
      try {
        const done = await this.#send("PATCH", "/minutes", change);
        this.#take(done);
        history.push({ operations: done.undo });
        if (fresh) this.redoable.length = 0;
        this.#tell("history");
        return;
      } catch (error) {
        if (error.code === "lowering_refused") {
          const given = await this.reason(error);
          if (!given) throw error;
          this.#take(await this.#send("PATCH", "/minutes", { ...change, reason: given.reason }, given.token));
          return;
        }
        if (error.code !== "revision_conflict") throw error;
        const touched = targetsOf(error.body?.changes ?? []);
        await this.loadMinutes();
        if (wanted.some((one) => one.op === "set" && touched.has(one.target))) {
          wanted = await this.choose(wanted, this.minutes);
          if (!wanted) return;
        }
      }
    }
    throw Object.assign(new Error("conflict"), { code: "revision_conflict", message: "" });
  }

  #remember(entry) {
    this.undoable.push(entry);
    this.redoable.length = 0;
    this.#tell("history");
  }

  #take(version) {
    this.version = version.number > 0 ? version : null;
    this.#tell("minutes");
  }

  /** One thing after the other, so that each change knows the revision before it. */
  #do(work) {
    const done = this.#queue.then(work);
    this.#queue = done.catch(() => {});
    return done;
  }

  async #json(path) {
    return (await this.service.fetch(this.base + path)).json();
  }

  async #send(method, path, body, officer = "") {
    const headers = { "Content-Type": "application/json" };
    if (officer) headers["X-Officer-Token"] = officer;
    const response = await this.service.fetch(this.base + path, { method, headers, body: JSON.stringify(body) });
    return response.json();
  }

  #tell(type, detail = null) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** Return the request `undo`, knowing that `redo` takes it back, and so on for ever. */
export function takingBack(undo, redo) {
  const [back, again] = [{ ...undo }, { ...redo }];
  back.back = again;
  again.back = back;
  return back;
}

/** Return what was touched by changes that others made. */
function targetsOf(changes) {
  return new Set(changes.flatMap((change) => (change.operations ?? []).map((one) => one.target)));
}
