/** One call: join, hear the caller, answer by voice, leave with the caller. */

import {
  AudioFrame,
  AudioSource,
  AudioStream,
  LocalAudioTrack,
  RemoteTrack,
  Room,
  RoomEvent,
  TrackKind,
  TrackPublishOptions,
  TrackSource,
} from '@livekit/rtc-node';
import type { JobRequested, Status } from './messages.js';
import { Conversation } from './model.js';

const RATE = 48_000;
const HEARD = 16_000;
/** What counts as speech, and how many frames of silence end it. */
const LOUD = 500;
const QUIET_FRAMES = 30;
/** LiveKit's topics of text: what callers write, and what agents say. */
const WRITTEN = 'lk.chat';
const SAID = 'lk.transcription';

/** Play a tone: the voice of this example. Put your own speech here. */
async function chime(source: AudioSource, pitch: number, seconds = 0.4): Promise<void> {
  const size = RATE / 100;
  for (let begin = 0; begin < RATE * seconds; begin += size) {
    const samples = Int16Array.from({ length: size }, (_, n) =>
      Math.round(9000 * Math.sin((2 * Math.PI * pitch * (begin + n)) / RATE)),
    );
    await source.captureFrame(new AudioFrame(samples, RATE, 1, size));
  }
}

/** Calls back whenever the caller has said something and is quiet again. */
async function listen(track: RemoteTrack, heard: () => void): Promise<void> {
  let spoke = false;
  let quiet = 0;
  for await (const frame of new AudioStream(track, HEARD, 1)) {
    const loud = frame.data.some((sample) => Math.abs(sample) > LOUD);
    quiet = loud ? 0 : quiet + 1;
    spoke ||= loud;
    if (spoke && quiet >= QUIET_FRAMES) {
      spoke = false;
      heard();
    }
  }
}

/** Answers one after the other: the model's words are written to the room as they come, and sound. */
class Speaker {
  private readonly conversation = new Conversation();
  private readonly over = new AbortController();
  private last: Promise<void> = Promise.resolve();

  constructor(
    private readonly room: Room,
    private readonly source: AudioSource,
  ) {}

  /** The call is over: what is being said ends. */
  async stop(): Promise<void> {
    this.over.abort();
    await this.last;
  }

  answer(said: string): void {
    this.last = this.last.then(async () => {
      if (this.over.signal.aborted) return;
      try {
        await this.speak(said);
      } catch (error) {
        if (!this.over.signal.aborted) console.error('no answer', error);
      }
    });
  }

  private async speak(said: string): Promise<void> {
    const writer = await this.room.localParticipant?.streamText({ topic: SAID });
    try {
      for await (const piece of this.conversation.answer(said, this.over.signal)) {
        await writer?.write(piece);
      }
    } finally {
      await writer?.close();
    }
    await chime(this.source, 880); // the voice: put speech of these words here
  }
}

/** Be in the room until the last caller has left, or the job is cancelled. */
export async function talk(job: JobRequested, cancelled: AbortSignal): Promise<void> {
  const room = new Room();
  const source = new AudioSource(RATE, 1);
  const speaker = new Speaker(room, source);
  const over = new Promise<void>((resolve) => {
    cancelled.addEventListener('abort', () => resolve());
    room.on(RoomEvent.Disconnected, () => resolve());
    room.on(RoomEvent.ParticipantDisconnected, () => {
      if (room.remoteParticipants.size === 0) resolve();
    });
  });
  room.on(RoomEvent.TrackSubscribed, (track: RemoteTrack) => {
    if (track.kind === TrackKind.KIND_AUDIO) {
      // what was said is not known here: put a recogniser of speech in, and hand its words on
      listen(track, () => speaker.answer('(The caller has said something.)')).catch(
        (error: unknown) => console.error('could not listen', error),
      );
    }
  });
  room.registerTextStreamHandler(WRITTEN, async (reader) => speaker.answer(await reader.readAll()));
  await room.connect(job.server_url, job.access_token, { autoSubscribe: true, dynacast: false });
  try {
    const track = LocalAudioTrack.createAudioTrack('voice', source);
    const options = new TrackPublishOptions();
    options.source = TrackSource.SOURCE_MICROPHONE;
    const published = await room.localParticipant?.publishTrack(track, options);
    await published?.waitForSubscription();
    await chime(source, 660);
    await over;
  } finally {
    await speaker.stop();
    await room.disconnect();
  }
}

/** Tell lkrun how the job goes. */
export async function report(job: JobRequested, status: Status): Promise<void> {
  try {
    const reply = await fetch(job.status_url, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${job.status_token}`,
        'Content-Type': 'application/json',
      },
      body: JSON.stringify(status),
    });
    console.log(`${job.job_id}: ${status.status} told, ${reply.status}`);
  } catch (error) {
    console.error(`${job.job_id}: the status could not be told`, error);
  }
}
