/** What a joined page asks of the browser: a screen that stays on, and a question before it is closed. */

export class Presence {
  #active = false;
  #lock = null;

  constructor() {
    addEventListener("beforeunload", (event) => {
      if (this.#active) event.preventDefault();
    });
    // Browsers take the lock back whenever the page is hidden.
    document.addEventListener("visibilitychange", () => document.hidden || this.#holdScreen());
  }

  begin() {
    this.#active = true;
    this.#holdScreen();
  }

  end() {
    this.#active = false;
    this.#lock?.release().catch(() => {});
    this.#lock = null;
  }

  async #holdScreen() {
    if (!this.#active || !navigator.wakeLock) return;
    try {
      this.#lock = await navigator.wakeLock.request("screen");
    } catch {
      // On low battery it is refused; captions do not depend on it.
    }
  }
}
