/** Keeps the newest caption in sight until the reader scrolls back, and what they read then in its place. */

const NEAR_PX = 32;

/** Dispatches `change` when following starts or stops. */
export class Follower extends EventTarget {
  #region;
  #lastTop = 0;
  #held = null;

  /** @param {HTMLElement} region What scrolls. */
  constructor(region) {
    super();
    this.#region = region;
    this.following = true;
    region.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    const resized = new ResizeObserver(() => this.keepUp({ smooth: false }));
    resized.observe(region);
    // Text above may grow or shrink, in another language or another size, while the reader looks back.
    const content = new ResizeObserver(() => this.following || this.#restore());
    if (region.firstElementChild) content.observe(region.firstElementChild);
  }

  /** Scroll to the end, if the reader follows; else hold what they read. */
  keepUp({ smooth = true } = {}) {
    if (!this.following) {
      this.#restore();
      return;
    }
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const top = this.#region.scrollHeight;
    // A far way is not scrolled through: that would be a blur, and would lag behind fast speech.
    const far = this.#distance() > this.#region.clientHeight;
    this.#region.scrollTo({ top, behavior: smooth && !still && !far ? "smooth" : "instant" });
  }

  pause() {
    this.#set(false);
    this.#hold();
  }

  resume() {
    this.#set(true);
    this.keepUp({ smooth: false });
  }

  #distance() {
    const { scrollHeight, clientHeight, scrollTop } = this.#region;
    return scrollHeight - clientHeight - scrollTop;
  }

  /** Only the reader scrolls upwards: our own scrolling goes down, and shrinking text stays at the end. */
  #scrolled() {
    const top = this.#region.scrollTop;
    const near = this.#distance() <= NEAR_PX;
    if (top < this.#lastTop - 1 && !near) this.#set(false);
    else if (near && top > this.#lastTop) this.#set(true);
    this.#lastTop = top;
    if (!this.following) this.#hold();
  }

  /** Note which caption is the first in sight, and where. */
  #hold() {
    const top = this.#region.getBoundingClientRect().top;
    const below = (node) => node.getBoundingClientRect().bottom > top;
    const turns = this.#region.querySelectorAll(".turn");
    const turn = firstOf(turns, below);
    const node = turn && (firstOf(turn.querySelectorAll(".reading .caption"), below) ?? turn);
    this.#held = node ? { node, offset: node.getBoundingClientRect().top - top } : null;
  }

  #restore() {
    if (!this.#held?.node.isConnected) return;
    const { node, offset } = this.#held;
    const moved = node.getBoundingClientRect().top - this.#region.getBoundingClientRect().top - offset;
    if (Math.abs(moved) < 1) return;
    this.#region.scrollTop += moved;
    this.#lastTop = this.#region.scrollTop;
  }

  #set(following) {
    if (following === this.following) return;
    this.following = following;
    this.dispatchEvent(new Event("change"));
  }
}

/** Return the first of `nodes`, which stand below each other, of which `test` is true; or undefined. */
function firstOf(nodes, test) {
  let low = 0;
  let high = nodes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (test(nodes[middle])) high = middle;
    else low = middle + 1;
  }
  return nodes[low];
}
