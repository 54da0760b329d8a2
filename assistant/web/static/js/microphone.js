/** The microphone as a source of 16-bit samples. */

const WANTED_RATE = 16_000;
const LARGEST_RATE = 48_000;
const FLUSH_MS = 300;

/** Why there is no microphone; `code` names a sentence. */
export class MicrophoneError extends Error {
  constructor(code, cause) {
    super(code, { cause });
    this.code = code;
  }
}

const CODES = {
  NotAllowedError: "microphone_refused",
  SecurityError: "microphone_refused",
  NotFoundError: "microphone_missing",
  OverconstrainedError: "microphone_missing",
  NotReadableError: "microphone_busy",
  AbortError: "microphone_busy",
};

/** Return a code that says why this page cannot use a microphone, or null. */
export function obstacle() {
  if (!globalThis.isSecureContext) return "insecure";
  if (!navigator.mediaDevices?.getUserMedia || !globalThis.AudioWorkletNode) return "unsupported";
  return null;
}

/** Return the microphones the browser tells of; names are empty until one was allowed. */
export async function microphones() {
  const devices = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
  return devices.filter((device) => device.kind === "audioinput" && device.deviceId !== "default" && device.deviceId !== "");
}

/** An open microphone. Dispatches `samples` (detail: Int16Array) and `unplugged`. */
export class Microphone extends EventTarget {
  #context = null;
  #stream = null;
  #source = null;
  #node = null;
  #analyser = null;
  #flushed = null;
  #muted = false;

  /** Samples a second of what `samples` brings; known once `open` has returned. */
  get sampleRate() {
    return this.#context.sampleRate;
  }

  /** Open a device, "" for the usual one; throws `MicrophoneError`. */
  async open(deviceId) {
    const stream = await request(deviceId);
    try {
      await this.#listen(stream);
    } catch (error) {
      stream.getTracks().forEach((track) => track.stop());
      throw new MicrophoneError("microphone_busy", error);
    }
  }

  /** Go over to another device without a break in the numbering; throws `MicrophoneError`. */
  async change(deviceId) {
    const stream = await request(deviceId);
    if (!this.#context) return stream.getTracks().forEach((track) => track.stop());
    const source = this.#context.createMediaStreamSource(stream);
    this.#release();
    this.#use(stream, source);
  }

  set muted(muted) {
    this.#muted = muted;
    // A disabled track goes on as silence, so that what follows keeps its place in time.
    for (const track of this.#stream?.getTracks() ?? []) track.enabled = !muted;
  }

  /** Return the loudness at this moment, 0 to 1 on a scale that follows the ear. */
  level() {
    if (!this.#analyser) return 0;
    const samples = new Float32Array(this.#analyser.fftSize);
    this.#analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
    const decibel = 10 * Math.log10(power + 1e-10);
    return Math.min(1, Math.max(0, (decibel + 60) / 54));
  }

  /** Browsers stop audio in the background or during a call; go on. */
  async wake() {
    if (this.#context?.state === "suspended" || this.#context?.state === "interrupted") await this.#context.resume();
  }

  /** Deliver the last samples and let the device go. */
  async close() {
    if (!this.#context) return;
    const context = this.#context;
    this.#source.disconnect();
    await new Promise((resolve) => {
      this.#flushed = resolve;
      setTimeout(resolve, FLUSH_MS);
      this.#node.port.postMessage("flush");
    });
    this.#release();
    this.#context = this.#analyser = null;
    await context.close();
  }

  async #listen(stream) {
    let [context, source] = connect(stream, WANTED_RATE);
    if (!source) {
      // Firefox refuses to convert the rate of a microphone: take it as it is, the service converts.
      await context.close();
      [context, source] = connect(stream);
      if (context.sampleRate > LARGEST_RATE) {
        await context.close();
        [context, source] = connect(stream, LARGEST_RATE);
      }
    }
    if (!source) throw new Error("the microphone cannot be connected");
    await context.audioWorklet.addModule("/static/js/capture-worklet.js");
    this.#context = context;
    this.#analyser = new AnalyserNode(context, { fftSize: 1024 });
    this.#node = new AudioWorkletNode(context, "capture", { numberOfOutputs: 0, channelCount: 1, channelCountMode: "explicit" });
    this.#node.port.onmessage = ({ data }) => {
      if (data.pcm) this.dispatchEvent(new CustomEvent("samples", { detail: data.pcm }));
      else this.#flushed?.();
    };
    this.#use(stream, source);
    await context.resume();
  }

  #use(stream, source) {
    this.#stream = stream;
    this.#source = source;
    this.muted = this.#muted;
    source.connect(this.#analyser);
    source.connect(this.#node);
    stream.getAudioTracks()[0].addEventListener("ended", () => {
      if (stream === this.#stream) this.dispatchEvent(new Event("unplugged"));
    });
  }

  #release() {
    this.#source.disconnect();
    this.#stream.getTracks().forEach((track) => track.stop());
  }
}

async function request(deviceId) {
  const audio = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 };
  if (deviceId) audio.deviceId = { exact: deviceId };
  try {
    return await navigator.mediaDevices.getUserMedia({ audio });
  } catch (error) {
    throw new MicrophoneError(CODES[error.name] ?? "microphone_busy", error);
  }
}

function connect(stream, sampleRate) {
  const context = new AudioContext(sampleRate ? { sampleRate } : {});
  try {
    return [context, context.createMediaStreamSource(stream)];
  } catch {
    return [context, null];
  }
}
