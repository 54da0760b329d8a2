/** Keeps the newest caption in sight until the reader scrolls back, and finds the way to it again. */

const NEAR_PX = 32;

/** Dispatches `change` when following starts or stops. */
export class Follower extends EventTarget {
  #region;
  #lastTop = 0;

  /** @param {HTMLElement} region What scrolls. */
  constructor(region) {
    super();
    this.#region = region;
    this.following = true;
    region.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    new ResizeObserver(() => this.keepUp({ smooth: false })).observe(region);
  }

  /** Scroll to the end, if the reader follows. */
  keepUp({ smooth = true } = {}) {
    if (!this.following) return;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const top = this.#region.scrollHeight;
    // A far way is not scrolled through: that would be a blur, and would lag behind fast speech.
    const far = this.#distance() > this.#region.clientHeight;
    this.#region.scrollTo({ top, behavior: smooth && !still && !far ? "smooth" : "instant" });
  }

  pause() {
    this.#set(false);
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
  }

  #set(following) {
    if (following === this.following) return;
    this.following = following;
    this.dispatchEvent(new Event("change"));
  }
}
