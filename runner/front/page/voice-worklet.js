// What runs beside the page's own thread: the microphone in pieces of 20 ms, and the loudspeaker.

const PIECE = Math.round(sampleRate / 50);
const LEAST = Math.round(sampleRate * 0.06);      // what must have come before something is heard: the network is uneven

/** Cuts what the microphone hears into pieces of 16 bits, each with how loud it is. */
class Microphone extends AudioWorkletProcessor {
  constructor() {
    super();
    this.piece = new Int16Array(PIECE);
    this.filled = 0;
    this.loud = 0;
    this.off = false;
    this.port.onmessage = ({ data }) => { this.off = data.off; };
  }

  process([input]) {
    for (const sample of input[0] ?? []) {
      const bounded = this.off ? 0 : Math.max(-1, Math.min(1, sample));
      this.loud += bounded * bounded;
      this.piece[this.filled++] = Math.round(bounded * 32767);
      if (this.filled === PIECE) this.send();
    }
    return true;
  }

  send() {
    const pcm = this.piece.buffer;
    this.port.postMessage({ pcm, level: Math.sqrt(this.loud / PIECE) }, [pcm]);
    this.piece = new Int16Array(PIECE);
    this.filled = this.loud = 0;
  }
}

/** Plays pieces one after the other; tells when it falls silent. */
class Loudspeaker extends AudioWorkletProcessor {
  constructor() {
    super();
    this.pieces = [];
    this.at = 0;
    this.held = 0;
    this.playing = false;
    this.port.onmessage = ({ data }) => (data.clear ? this.clear() : this.take(new Int16Array(data.pcm)));
  }

  take(piece) {
    this.pieces.push(piece);
    this.held += piece.length;
    if (this.held >= LEAST) this.tell(true);
  }

  clear() {
    this.pieces = [];
    this.at = this.held = 0;
    this.tell(false);
  }

  tell(playing) {
    if (this.playing !== playing) this.port.postMessage({ playing });
    this.playing = playing;
  }

  process(_, [[output]]) {
    if (!this.playing) return true;
    for (let n = 0; n < output.length; n++) {
      if (!this.pieces.length) { this.clear(); break; }
      output[n] = this.pieces[0][this.at++] / 32768;
      this.held -= 1;
      if (this.at === this.pieces[0].length) { this.pieces.shift(); this.at = 0; }
    }
    return true;
  }
}

registerProcessor("microphone", Microphone);
registerProcessor("loudspeaker", Loudspeaker);
