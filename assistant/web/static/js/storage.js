/** Browser storage that never throws: some browsers refuse it in frames and private windows. */

/** Return `window[area]`, or a stand-in that remembers until the page is left. */
export function guarded(area) {
  let real = null;
  try {
    real = window[area];
    real.getItem("");
  } catch {
    real = null;
  }
  const memory = new Map();
  return {
    getItem(key) {
      return memory.has(key) ? memory.get(key) : (real?.getItem(key) ?? null);
    },
    setItem(key, value) {
      try {
        if (!real) throw new Error("no storage");
        real.setItem(key, value);
      } catch {
        memory.set(key, value);
      }
    },
  };
}
