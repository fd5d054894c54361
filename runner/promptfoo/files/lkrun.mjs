// Evaluates the agents of a running `lkrun serve` with promptfoo. Written by `lkrun promptfoo init`.
//
// One test is one conversation: the prompt is its one turn, or `vars.turns` is a list of turns.
// Tests with the same `metadata.conversationId` (or `vars.sessionId`) go on with one conversation.
// With `enableAudio` both speak, in real time, and the sound is at `metadata.audioUrl` for an hour.
// Every conversation is deleted when its test, or for shared ones the evaluation, has ended.

const ADDRESS = 'http://127.0.0.1:8090';
const TIMEOUT = 30_000;
const BUSY = new Set([429, 503]);

// Options that only have a meaning elsewhere → why they change nothing here.
const IDLE = {
  agentPath: 'the runner serves the folder that it was started with',
  roomName: 'conversations by text have no room',
  serverUrl: "LiveKit's address is read by lkrun serve",
  apiKey: "LiveKit's key is read by lkrun serve",
  apiSecret: "LiveKit's secret is read by lkrun serve",
  enableVideo: 'agents see nothing in these conversations',
  enableChat: 'words are always sent as text; with enableAudio a voice says them',
  tools: "the agent's tools are declared in its YAML files",
};
const APPLY = [
  'agent',
  'url',
  'token',
  'sessionTimeout',
  'enableAudio',
  'variables',
  'metadata',
  'basePath',
];
// What each of them may be without a word: it asks for what is so anyway.
const HARMLESS = { enableVideo: false, enableChat: true };

const shared = (globalThis.__lkrunConversations ??= new Map());

/** The name of an agent: `clinic`, `livekit:clinic` and `livekit:agent:clinic` are the same. */
export function agentName(written) {
  return String(written ?? '').replace(/^livekit:(agent:)?/, '');
}

export default class LiveKitAgentProvider {
  constructor(options = {}) {
    this.config = options.config ?? {};
    const label = String(options.label ?? '');
    this.agent = agentName(this.config.agent ?? (label.startsWith('livekit:') ? label : ''));
    this.url = String(process.env.LKRUN_URL || this.config.url || ADDRESS).replace(/\/+$/, '');
    this.token = this.config.token || process.env.LKRUN_TOKEN;
    this.timeout = Number(this.config.sessionTimeout ?? TIMEOUT);
    this.notes = Object.keys(IDLE)
      .filter((name) => name in this.config && this.config[name] !== HARMLESS[name])
      .map((name) => `'${name}' changes nothing here: ${IDLE[name]}`);
  }

  /** For `extensions:` of the configuration: ends the conversations that tests have shared. */
  static async endConversations(hook) {
    if (hook === 'afterAll') {
      const all = [...shared.values()];
      shared.clear();
      await Promise.all(all.map(({ provider, session }) => provider.end(session)));
    }
  }

  id() {
    return `livekit:agent:${this.agent}`;
  }

  mistake() {
    if (!this.agent) {
      return "the provider's config needs 'agent': the name of an agent of the runner";
    }
    const known = [...APPLY, ...Object.keys(IDLE)];
    const odd = Object.keys(this.config).find((name) => !known.includes(name));
    if (odd) {
      return `the provider's config has an unknown option '${odd}'; there are: ${known.join(', ')}`;
    }
    if (!(this.timeout > 0)) {
      return `'sessionTimeout' is not a number of milliseconds: ${this.config.sessionTimeout}`;
    }
    if (!['boolean', 'undefined'].includes(typeof this.config.enableAudio)) {
      return `'enableAudio' is neither true nor false: ${this.config.enableAudio}`;
    }
    return null;
  }

  async callApi(prompt, context = {}, options = {}) {
    const mistake = this.mistake();
    if (mistake) {
      return { error: mistake };
    }
    const key = conversationKey(`${this.url}/${this.agent}`, context);
    if (key === null) {
      return this.conversation({ session: null }, prompt, context, options, true);
    }
    // of tests that share a conversation, each waits for the one before it
    const known = shared.get(key) ?? { session: null, last: Promise.resolve(), provider: this };
    shared.set(key, known);
    const turn = known.last.then(() => this.conversation(known, prompt, context, options, false));
    known.last = turn.catch(() => {});
    return turn;
  }

  async conversation(known, prompt, context, options, alone) {
    const turns = Array.isArray(context.vars?.turns) ? context.vars.turns : [prompt];
    const began = Date.now();
    const signals = [AbortSignal.timeout(this.timeout)];
    if (options.abortSignal) {
      signals.push(options.abortSignal);
    }
    const signal = AbortSignal.any(signals);
    const answers = [];
    try {
      for (const text of turns) {
        answers.push(await this.turn(known, String(text), context, signal));
      }
    } catch (error) {
      return { error: this.words(error), metadata: { agent: this.agent, sessionId: known.session } };
    } finally {
      if (alone) {
        await this.end(known.session);
      }
    }
    return this.result(known.session, answers, Date.now() - began);
  }

  async turn(known, text, context, signal) {
    const body = { text };
    if (known.session) {
      body.session_id = known.session;
    } else {
      if (this.config.enableAudio) {
        body.audio = true;
      }
      for (const name of ['variables', 'metadata']) {
        const value = context.vars?.[name] ?? this.config[name];
        if (value !== undefined) {
          body[name] = value;
        }
      }
    }
    const path = `/v1/agents/${encodeURIComponent(this.agent)}/turns`;
    const answer = await this.ask('POST', path, body, signal);
    known.session = answer.session_id;
    if (answer.failure) {
      throw new Error(answer.failure);
    }
    return answer;
  }

  /** Ask the runner; while it is full, ask again until the time is over. */
  async ask(method, path, body, signal) {
    const headers = { 'content-type': 'application/json' };
    if (this.token) {
      headers.authorization = `Bearer ${this.token}`;
    }
    for (;;) {
      const data = body === undefined ? undefined : JSON.stringify(body);
      const response = await fetch(this.url + path, { method, headers, body: data, signal });
      if (response.ok) {
        return response.status === 204 ? null : response.json();
      }
      const problem = (await response.json().catch(() => ({}))).error ?? {};
      const wait = Number(response.headers.get('retry-after'));
      if (!BUSY.has(response.status) || !wait) {
        const help = problem.help ? `; ${problem.help}` : '';
        throw new Error(`${problem.message ?? `the runner answered ${response.status}`}${help}`);
      }
      await pause(wait * 1000, signal);
    }
  }

  words(error) {
    if (error?.name === 'TimeoutError') {
      return `the agent did not answer within ${this.timeout} ms (sessionTimeout)`;
    }
    if (error?.name === 'AbortError') {
      return 'promptfoo gave up waiting for the agent';
    }
    if (error?.cause) {
      const why = error.cause.code ?? error.cause.message;
      return `lkrun cannot be reached at ${this.url} (${why}): is 'lkrun serve' running?`;
    }
    return error?.message ?? String(error);
  }

  result(session, answers, duration) {
    const sum = (name) => answers.reduce((total, answer) => total + answer.usage[name], 0);
    const [prompt, completion] = [sum('input_tokens'), sum('output_tokens')];
    const last = answers.at(-1);
    return {
      output: last?.text ?? '',
      sessionId: session,
      tokenUsage: {
        total: prompt + completion,
        prompt,
        completion,
        numRequests: answers.length,
      },
      latencyMs: answers.reduce((total, answer) => total + answer.latency_ms, 0),
      metadata: {
        sessionId: session,
        agent: this.agent,
        persona: last?.persona,
        release: last?.release,
        duration,
        ended: Boolean(last?.ended),
        ...this.sound(last?.audio),
        variables: last?.variables ?? {},
        events: answers.flatMap((answer) => answer.events),
        ...(this.notes.length ? { notes: this.notes } : {}),
      },
    };
  }

  /** Where the sound of a spoken conversation is: the caller on the left, the agent on the right. */
  sound(audio) {
    return audio ? { audioUrl: this.url + audio.url, audioDuration: audio.duration_ms } : {};
  }

  async end(session) {
    if (session) {
      // it may have ended by itself, or with its runner
      const path = `/v1/sessions/${encodeURIComponent(session)}`;
      await this.ask('DELETE', path, undefined, AbortSignal.timeout(5_000)).catch(() => {});
    }
  }
}

function conversationKey(agent, context) {
  const named = context.vars?.sessionId ?? context.test?.metadata?.conversationId;
  if (named === undefined || named === null) {
    return null;
  }
  const evaluation = context.evaluationId ?? context.vars?.__evalId ?? '';
  return `${evaluation}:${context.vars?.__repeatIndex ?? 0}:${agent}:${named}`;
}

function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
