/** What the page's address says: the room, the token, how the page is shown, and where things are. */

const TOKEN_KEY = "assistant.token";
const PERSONAL_KEY = "assistant.personal";
/** Other fragments are places in the page. */
const PERSONAL_HASH = /^#consent\d\./;
/** What the token of a link begins with that opens one room for reading only. */
const READER_TOKEN = /^reader\d\./;
const ROOM_PATH = /^\/rooms\/([^/]+)/;

/** Return the room named by a path such as `/rooms/council/speak`, or "". */
export function roomOf(pathname) {
  const match = ROOM_PATH.exec(pathname);
  return match ? decodeURIComponent(match[1]) : "";
}

/** Return a room name (letters, digits, dot, dash, underscore) made of what a person typed, or "". */
export function roomNameFrom(title) {
  return title
    .normalize("NFD")
    .replace(/[\u0300-\u036f]/g, "")
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+|-+$/g, "")
    .slice(0, 128);
}

/**
 * Take the token out of the address and remember it for this tab.
 *
 * It leaves the address bar so that it is not shown on a shared screen or copied with the link.
 */
export function takeToken(location, history, storage) {
  const url = new URL(location.href);
  const token = url.searchParams.get("token");
  if (token === null) return storage.getItem(TOKEN_KEY) ?? "";
  storage.setItem(TOKEN_KEY, token);
  url.searchParams.delete("token");
  history.replaceState(history.state, "", url);
  return token;
}

/**
 * Take a personal link's token out of the address, where it stands behind "#", and remember it for this tab.
 *
 * No server is told what stands there; like other tokens it leaves the address bar.
 */
export function takePersonalToken(location, history, storage) {
  if (!PERSONAL_HASH.test(location.hash)) return storage.getItem(PERSONAL_KEY) ?? "";
  const token = location.hash.slice(1);
  storage.setItem(PERSONAL_KEY, token);
  history.replaceState(history.state, "", location.pathname + location.search);
  return token;
}

/** Addresses of one service, seen from one page. */
export class Service {
  /**
   * @param {string} origin Where the page came from, such as `https://captions.example.org`.
   * @param {string} token Bearer token, or "" where none is asked for.
   */
  constructor(origin, token) {
    this.origin = origin;
    this.token = token;
  }

  /** Whether the token opens the captions of one room only. */
  get isForReading() {
    return READER_TOKEN.test(this.token);
  }

  /** Return the address of a socket or event stream; browsers can only put its token there. */
  stream(path, parameters, { socket = true } = {}) {
    const url = new URL(path, this.origin);
    if (socket) url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    for (const [name, value] of Object.entries(parameters)) {
      if (value !== undefined && value !== null && value !== "") url.searchParams.set(name, value);
    }
    if (this.token) url.searchParams.set("token", this.token);
    return url.href;
  }

  /** Fetch with the token; throws `ServiceError` for anything but success. */
  async fetch(path, options = {}) {
    const headers = new Headers(options.headers);
    if (this.token) headers.set("Authorization", `Bearer ${this.token}`);
    let response;
    try {
      response = await fetch(new URL(path, this.origin), { ...options, headers });
    } catch {
      throw new ServiceError("unreachable", "");
    }
    if (response.ok) return response;
    throw await ServiceError.from(response);
  }
}

/** A refusal of the service: a stable code, and its own English sentence. */
export class ServiceError extends Error {
  constructor(code, message, body = {}) {
    super(message);
    this.code = code;
    /** All that was answered, such as what was changed meanwhile. */
    this.body = body;
  }

  static async from(response) {
    let body = {};
    try {
      body = await response.json();
    } catch {
      // A proxy in between may answer with a page; the status then has to do.
    }
    const told = body?.error ?? body ?? {};
    return new ServiceError(told.code ?? `http_${response.status}`, told.message ?? "", body);
  }
}
