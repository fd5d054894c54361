// A call by voice over LiveKit: a room with the agent, by LiveKit's own client, which is loaded when the first call begins.

import { Gone, ask, stream } from "/-/page/api.js";
import { NO_HTTPS, NO_MICROPHONE } from "/-/voice.js";

const CLIENT = "/-/page/livekit-client.js";
const LOOK = 300, WAIT = 60000;            // between two looks for the call, until one that does not begin is given up
const HEAR = 60;                           // between two looks at how loud the microphone is
const LAST = 5000;                         // for the last words, after the end
const CODES = [..."0123456789*#"];
const CHAT = "lk.chat", STATE = "lk.agent.state";
const NO_LIVEKIT = (url) => `LiveKit at ${url} cannot be reached from this browser, so the call could not begin.`;
const NO_AGENT = "The agent did not join the room. The runner’s log says more.";
const AWAY = "The connection to LiveKit is gone. Trying to get it back…";
const BROKEN = "The connection to LiveKit broke off, so the call is over.";

/** One call, as `Call` of voice.js: it is told to `on` in the same words; `on.away` stands for those of what is not to be had. */
export class RoomCall {
  constructor(agent, on) {
    this.agent = agent;
    this.on = on;
    this.muted = this.ended = this.begun = this.joined = this.last = false;
  }

  async begin() {
    const [pass] = await Promise.all([this.pass(), import(CLIENT)]);
    if (!pass || this.ended) return;
    const { Room, RoomEvent, setLogLevel } = window.LivekitClient;
    setLogLevel("error");
    this.room = new Room({ webAudioMix: false, disconnectOnPageLeave: true });
    this.room
      .on(RoomEvent.TrackSubscribed, (track) => this.play(track))
      .on(RoomEvent.ParticipantAttributesChanged, (changed) => STATE in changed && this.on.talking("agent", changed[STATE] === "speaking"))
      .on(RoomEvent.ActiveSpeakersChanged, (all) => this.on.talking("caller", all.includes(this.room.localParticipant)))
      .on(RoomEvent.SignalReconnecting, () => this.on.trouble(AWAY))
      .on(RoomEvent.Reconnecting, () => this.on.trouble(AWAY))
      .on(RoomEvent.Reconnected, () => this.on.trouble(""))
      .on(RoomEvent.Disconnected, () => this.joined && this.stop(this.last ? "" : BROKEN));
    try {
      await this.room.connect(pass.server_url, pass.participant_token);
    } catch {
      return this.stop(this.on.away ?? NO_LIVEKIT(pass.server_url));
    }
    if (this.ended) return void this.room.disconnect();
    this.joined = true;
    await Promise.all([this.hear(), this.find(pass.room_name, Date.now() + WAIT)]);
  }

  async pass() {
    try {
      return await ask("POST", "/token", { room_config: { agents: [{ agent_name: this.agent }] } });
    } catch (error) {
      const words = error instanceof Gone ? "The call could not begin: the runner does not answer." : `The call could not begin. ${error.message}`;
      this.stop(error instanceof Gone || error.status === 503 ? (this.on.away ?? words) : words);
    }
  }

  play(track) {
    if (track.kind !== "audio") return;
    track.attach();
    this.room.startAudio().catch(() => {});
  }

  /** Let the microphone be heard; who has none may write. */
  async hear() {
    if (!navigator.mediaDevices) return void this.on.deaf(NO_HTTPS);
    const { createAudioAnalyser } = window.LivekitClient;
    try {
      const made = await this.room.localParticipant.setMicrophoneEnabled(!this.muted);
      if (!made?.audioTrack || this.ended) return;
      this.ear = createAudioAnalyser(made.audioTrack, { cloneTrack: true });
      this.hearing = setInterval(() => this.on.level(this.muted ? 0 : this.ear.calculateVolume() / 3), HEAR);
      made.audioTrack.mediaStreamTrack.addEventListener("ended", () => this.ended || this.on.deaf("The microphone is gone. You can still write."));
    } catch (error) {
      if (!this.ended) this.on.deaf(NO_MICROPHONE[error.name] ?? `The microphone cannot be used (${error.name}); until then you can write.`);
    }
  }

  /** The call of this room, as the runner knows it once the agent is there. */
  async find(room, until) {
    while (!this.ended) {
      const all = await ask("GET", "/v1/sessions").catch(() => []);
      const mine = all.find((each) => each.room === room);
      if (mine) return this.start(mine.id);
      if (Date.now() > until) return this.stop(this.on.away ?? NO_AGENT);
      await new Promise((done) => setTimeout(done, LOOK));
    }
  }

  start(id) {
    if (this.ended) return;
    Object.assign(this, { id, begun: true, seen: 0 });
    this.on.begun(id);
    this.follow();
  }

  /** What is said and done, as it happens; after a break, from there on. */
  async follow() {
    const opened = await stream(this.id, this.seen).catch(() => null);
    if (this.ended || this.last) return void opened?.close();
    if (!opened) return void setTimeout(() => this.follow(), LOOK);
    this.news = opened;
    opened.onmessage = ({ data, lastEventId }) => {
      if (Number(lastEventId) <= this.seen) return;
      this.seen = Number(lastEventId);
      const event = JSON.parse(data);
      if (event.type === "end") this.over();
      this.on.event(event);
    };
    opened.onerror = () => {
      opened.close();
      if (!this.ended && !this.last) setTimeout(() => this.follow(), LOOK);
    };
  }

  /** Write or press something beside speaking; whether it could be sent. */
  send({ type, text, keys, app, sent }) {
    if (!this.begun || this.ended || this.room.state !== "connected") return false;
    const me = this.room.localParticipant;
    if (type === "text") me.sendText(text, { topic: CHAT }).catch(() => this.on.trouble("What you wrote did not get through. Write it again."));
    if (type === "keypad") [...keys].forEach((key) => me.publishDtmf(CODES.indexOf(key), key).catch(() => {}));
    if (type === "app") this.tap(app, sent);
    return true;
  }

  /** Ask the agent for what its app may ask for; what it refuses is told. */
  tap(method, sent) {
    const agent = [...this.room.remoteParticipants.values()].find((each) => each.isAgent);
    const asked = this.room.localParticipant.performRpc({ destinationIdentity: agent?.identity ?? "", method, payload: JSON.stringify(sent) });
    asked.catch((error) => this.ended || this.on.trouble(error.message));
  }

  mute(muted) {
    this.muted = muted;
    this.room?.localParticipant.setMicrophoneEnabled(!muted).catch(() => {});
  }

  /** Hang up. */
  hangUp() {
    this.stop("");
  }

  /** The call is over; what the agent has said is heard to its end. */
  over() {
    this.last = true;
    setTimeout(() => this.stop(""), LAST);
  }

  stop(words) {
    if (this.ended) return;
    this.ended = true;
    clearInterval(this.hearing);
    this.ear?.cleanup();
    this.news?.close();
    this.room?.disconnect();
    this.on.over(words);
  }
}
