/** What the concierge says: written by a model, through the Vercel AI SDK. */

import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { streamText, type LanguageModel, type ModelMessage } from 'ai';
import { MockLanguageModelV3, simulateReadableStream } from 'ai/test';

const INSTRUCTIONS = 'You are the concierge of a hotel, on the telephone. Answer in one or two short sentences.';
const LONGEST = 40;

/** Without MODEL_URL: the SDK's own mock model, so that the example runs without a key. */
function mock(): LanguageModel {
  const usage = {
    inputTokens: { total: 1, noCache: 1, cacheRead: undefined, cacheWrite: undefined },
    outputTokens: { total: 1, text: 1, reasoning: undefined },
  };
  return new MockLanguageModelV3({
    doStream: async () => ({
      stream: simulateReadableStream({
        chunks: [
          { type: 'text-start', id: '1' },
          { type: 'text-delta', id: '1', delta: 'The station is around the corner. ' },
          { type: 'text-delta', id: '1', delta: 'May I call you a taxi?' },
          { type: 'text-end', id: '1' },
          { type: 'finish', finishReason: { unified: 'stop', raw: undefined }, usage },
        ],
      }),
    }),
  });
}

/** Any service that speaks OpenAI's protocol, or the mock. */
function chosen(env: NodeJS.ProcessEnv): LanguageModel {
  if (!env.MODEL_URL) return mock();
  const provider = createOpenAICompatible({
    name: 'concierge',
    baseURL: env.MODEL_URL,
    ...(env.MODEL_KEY && { apiKey: env.MODEL_KEY }),
  });
  return provider(env.MODEL ?? 'gpt-4.1-mini');
}

const model = chosen(process.env);

/** One call's conversation with the model. */
export class Conversation {
  private readonly messages: ModelMessage[] = [];

  /** Answer what the caller said; gives the answer piece by piece. */
  async *answer(said: string, cancelled: AbortSignal): AsyncGenerator<string> {
    this.messages.push({ role: 'user', content: said });
    let failure: unknown;
    const { textStream } = streamText({
      model,
      system: INSTRUCTIONS,
      messages: this.messages.slice(-LONGEST),
      abortSignal: cancelled,
      onError: ({ error }) => {
        failure = error;
      },
    });
    let whole = '';
    for await (const piece of textStream) {
      whole += piece;
      yield piece;
    }
    if (failure) throw failure;
    this.messages.push({ role: 'assistant', content: whole });
  }
}
