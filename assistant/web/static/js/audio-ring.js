/** Audio that the service has not confirmed yet. Pure. */

/** Keeps samples under the number they have in the recording, until they are confirmed or too old. */
export class AudioRing {
  #chunks = [];

  /** @param {number} capacity How many samples are kept at most. */
  constructor(capacity) {
    this.capacity = capacity;
    /** The oldest sample that is still here. */
    this.start = 0;
    /** One past the newest sample. */
    this.end = 0;
  }

  /** Add samples at the end; the oldest give way when there are too many. */
  append(pcm) {
    this.#chunks.push({ at: this.end, pcm });
    this.end += pcm.length;
    if (this.end - this.start > this.capacity) this.dropBefore(this.end - this.capacity);
  }

  /** Forget all samples before number `index`. */
  dropBefore(index) {
    if (index <= this.start) return;
    this.start = Math.min(index, this.end);
    while (this.#chunks.length && this.#chunks[0].at + this.#chunks[0].pcm.length <= this.start) this.#chunks.shift();
  }

  /** Return the samples from number `index` to the end of the piece they are in, or null at the end. */
  pieceFrom(index) {
    if (index < this.start || index >= this.end) return null;
    let low = 0;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#chunks[middle].at <= index) low = middle;
      else high = middle - 1;
    }
    const { at, pcm } = this.#chunks[low];
    return pcm.subarray(index - at);
  }
}
