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
    /** The latest revision that came from somebody else. */
    this.foreign = 0;
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
      const version = await this.#json("/minutes");
      const news = version.number !== this.version?.number || version.revision > this.version.revision;
      this.#take(version);
      if (news) this.foreign = version.revision;
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

  /** Approve, reopen or publish; `further` is what else is to be said of it. */
  advance(step, further = {}) {
    return this.#do(async () => {
      const change = { revision: this.version.revision, author: this.author(), ...further };
      this.#take(await this.#send("POST", `/minutes/${step}`, change));
    });
  }

  /**
   * Apply operations to the minutes.
   *
   * `seen` is the version that stood before the clerk's eyes when the change was begun: what somebody else has set
   * since is not written over unasked.
   */
  edit(operations, seen = this.version) {
    return this.#do(() => this.#edit(operations, this.undoable, { seen, fresh: true }));
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
    if (last.operations) await this.#edit(last.operations, to, { seen: last.seen, fresh: false });
    else {
      // Several for what was replaced all over the meeting.
      const requests = [last.caption].flat();
      for (const { method, path, body } of requests) await this.#send(method, path, body);
      to.push({ caption: requests.map(({ back }) => back) });
      await this.loadCaptions();
    }
    this.#tell("history");
  }

  async #edit(operations, history, { seen, fresh }) {
    let wanted = operations;
    let known = seen;
    for (let tries = 0; tries < TRIES; tries += 1) {
      if (this.foreign > known.revision && this.#differ(wanted, known)) {
        wanted = await this.choose(wanted, this.minutes);
        if (!wanted) return;
      }
      known = this.version;
      const change = { revision: known.revision, author: this.author(), operations: wanted };
      try {
        const done = await this.#send("PATCH", "/minutes", change);
        this.#take(done);
        history.push({ operations: done.undo, seen: this.version });
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
        await this.loadMinutes();
      }
    }
    throw Object.assign(new Error("conflict"), { code: "revision_conflict", message: "" });
  }

  /** Whether what is to be set now has another value than in a version seen before. */
  #differ(operations, seen) {
    return operations.some(({ op, target, fields }) => {
      const [before, now] = [seen, this.version].map((version) => targetOf(version.minutes, target));
      return op === "set" && before && now && Object.keys(fields).some((field) => !alike(before[field], now[field]));
    });
  }

  #remember(entry) {
    this.undoable.push(entry);
    this.redoable.length = 0;
    this.#tell("history");
  }

  #take(version) {
    // Each version counts its revisions anew.
    if (version.number !== this.version?.number) this.foreign = 0;
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

/** Return what an operation is about, such as the statement of `statement:s4`. */
export function targetOf(minutes, target) {
  const [kind, id] = target.split(":");
  if (kind === "meeting") return minutes.meeting;
  const { items, attendees, passages, annexes } = minutes;
  const all = { item: items, attendee: attendees, passage: passages, annex: annexes, statement: items.flatMap((item) => item.statements) };
  return (all[kind] ?? []).find((one) => one.id === id);
}

function alike(one, other) {
  return JSON.stringify(one ?? null) === JSON.stringify(other ?? null);
}
