/** Runs on the audio thread: turns what the microphone gives into 16-bit frames of about 100 ms. */

const FRAME_SECONDS = 0.1;

class Capture extends AudioWorkletProcessor {
  constructor() {
    super();
    this.frame = new Int16Array(Math.round(sampleRate * FRAME_SECONDS));
    this.filled = 0;
    this.port.onmessage = () => {
      this.send();
      this.port.postMessage({ flushed: true });
    };
  }

  process([channels]) {
    const samples = channels[0];
    if (!samples) return true; // Nothing is connected at the moment.
    for (let index = 0; index < samples.length; index += 1) {
      const scaled = Math.round(samples[index] * 32768);
      this.frame[this.filled] = Math.max(-32768, Math.min(32767, scaled));
      this.filled += 1;
      if (this.filled === this.frame.length) this.send();
    }
    return true;
  }

  send() {
    if (this.filled === 0) return;
    const pcm = this.frame.slice(0, this.filled);
    this.filled = 0;
    this.port.postMessage({ pcm }, [pcm.buffer]);
  }
}

registerProcessor("capture", Capture);
