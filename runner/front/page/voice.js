// A call by voice over the runner's own WebSocket: the microphone goes out, the agent's voice comes in.

const RATES = [16000, 48000];
const WAIT = 60000;             // until a call that does not begin is given up: the first one waits for processes to be made ready

export const NO_MICROPHONE = {
  NotAllowedError: "This page may not use the microphone. Allow it at the address bar, then start again; until then you can write.",
  NotFoundError: "No microphone was found. Plug one in and start again; until then you can write.",
  NotReadableError: "Another program has the microphone. Close it and start again; until then you can write.",
};
export const NO_HTTPS = "A browser gives the microphone only to a page at https:// or on this machine; until then you can write.";
const NO_ANSWER = "The runner did not take the call. Is “lkrun serve” still running?";

/** Whether this browser can speak at all. */
export const speaks = () => "AudioWorkletNode" in window && "WebSocket" in window;

/** What a token looks like as a subprotocol: percent-encoded, and in the signs that stand there (RFC 9110, 5.6.2). */
const encoded = (token) => encodeURIComponent(token).replace(/[()]/g, (sign) => "%" + sign.charCodeAt(0).toString(16));

/**
 * One call. `on` is told: begun(id), event(event), talking(who, whether), level(0 to 1), trouble(words), refused(), which finds out why, over(words or "").
 */
export class Call {
  constructor(agent, token, on) {
    this.agent = agent;
    this.token = token;
    this.on = on;
    this.muted = false;
    this.ended = false;
    this.begun = false;
  }

  /** Ask for the microphone, then call. */
  async begin() {
    this.context = audioContext();
    const heard = this.microphone();          // the browser's question is on the screen while the rest is made ready
    await this.context.audioWorklet.addModule(new URL("/-/voice-worklet.js", import.meta.url));
    this.speaker = new AudioWorkletNode(this.context, "loudspeaker", { numberOfInputs: 0, outputChannelCount: [1] });
    this.speaker.port.onmessage = ({ data }) => { this.on.talking("agent", data.playing); this.finish(data.playing); };
    this.speaker.connect(this.context.destination);
    const stream = await heard;
    if (this.ended) return void stream?.getTracks().forEach((track) => track.stop());
    if (stream) this.hear(stream);
    this.connect();
  }

  async microphone() {
    if (!navigator.mediaDevices) return void this.on.deaf(NO_HTTPS);
    try {
      const audio = { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true };
      return await navigator.mediaDevices.getUserMedia({ audio });
    } catch (error) {
      this.on.deaf(NO_MICROPHONE[error.name] ?? `The microphone cannot be used (${error.name}); until then you can write.`);
    }
  }

  hear(stream) {
    this.stream = stream;
    this.ear = new AudioWorkletNode(this.context, "microphone", { numberOfOutputs: 0, channelCount: 1, channelCountMode: "explicit" });
    this.ear.port.onmessage = ({ data }) => {
      this.on.level(data.level);
      if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(data.pcm);
    };
    this.context.createMediaStreamSource(stream).connect(this.ear);
    stream.getAudioTracks()[0].addEventListener("ended", () => this.ended || this.on.deaf("The microphone is gone. You can still write."));
  }

  connect() {
    const address = new URL(`/v1/agents/${encodeURIComponent(this.agent)}/voice`, import.meta.url);
    address.protocol = address.protocol.replace("http", "ws");
    address.search = `rate=${this.context.sampleRate}`;
    this.socket = new WebSocket(address, ["lkrun", ...(this.token ? [`lkrun.bearer.${encoded(this.token)}`] : [])]);
    this.socket.binaryType = "arraybuffer";
    this.socket.onmessage = ({ data }) => (data instanceof ArrayBuffer ? this.speaker.port.postMessage({ pcm: data }, [data]) : this.take(JSON.parse(data)));
    this.socket.onclose = ({ code }) => this.closed(code);
    this.waiting = setTimeout(() => this.begun || this.stop(NO_ANSWER), WAIT);
  }

  take(frame) {
    if (frame.type === "session") this.start(frame.id);
    else if (frame.type === "clear") this.speaker.port.postMessage({ clear: true });
    else if (frame.type === "speaking") { if (frame.who === "caller") this.on.talking("caller", true); }
    else if (frame.type === "error") this.on.trouble(frame.message);
    else {
      if (frame.type === "message" && frame.role === "user") this.on.talking("caller", false);
      this.on.event(frame);
    }
  }

  start(id) {
    this.begun = true;
    clearTimeout(this.waiting);
    this.on.begun(id);
  }

  /** Say or press something beside speaking; whether it could be sent. */
  send(frame) {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  mute(muted) {
    this.muted = muted;
    this.ear?.port.postMessage({ off: muted });
  }

  /** Hang up. */
  hangUp() {
    if (!this.send({ type: "end" })) this.stop("");
    else this.quiet();
  }

  closed(code) {
    if (code === 1000) return void this.over();
    if (this.begun) return this.stop("The connection to the runner broke off, so the call is over.");
    this.on.refused().then((words) => this.stop(words || NO_ANSWER));      // a browser does not tell why a WebSocket was refused
  }

  /** The call is over; what the agent has said is heard to its end. */
  over() {
    this.last = true;
    this.deafen();
    this.speaker.port.postMessage({ pcm: new ArrayBuffer(2 * Math.round(this.context.sampleRate / 10)) });
    setTimeout(() => this.stop(""), 5000);
  }

  finish(playing) {
    if (this.last && !playing) this.stop("");
  }

  quiet() {
    this.speaker?.port.postMessage({ clear: true });
    this.deafen();
  }

  deafen() {
    this.stream?.getTracks().forEach((track) => track.stop());
  }

  stop(words) {
    if (this.ended) return;
    this.ended = true;
    clearTimeout(this.waiting);
    this.deafen();
    if (this.socket) this.socket.onclose = null;
    this.socket?.close();
    this.context?.close();
    this.on.over(words);
  }
}

function audioContext() {
  const usual = new AudioContext({ latencyHint: "interactive" });
  const [lowest, highest] = RATES;
  if (usual.sampleRate >= lowest && usual.sampleRate <= highest) return usual;
  usual.close();
  return new AudioContext({ latencyHint: "interactive", sampleRate: highest });
}
