/** An external agent of lkrun: verifies each request, says yes at once, and joins beside. */

import { dispose } from '@livekit/rtc-node';
import express from 'express';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import { report, talk } from './agent.js';
import type { JobRequested, Message, Reply } from './messages.js';

const MOST_JOBS = 50;
const secret = process.env.CONCIERGE_SECRET;
if (!secret) throw new Error('CONCIERGE_SECRET is not set');
const webhook = new Webhook(secret);
const calls = new Map<string, AbortController>();

async function call(job: JobRequested, cancelled: AbortSignal): Promise<void> {
  try {
    await talk(job, cancelled);
    if (!cancelled.aborted) await report(job, { status: 'success' });
  } catch (error) {
    console.error(`${job.job_id}: failed`, error);
    await report(job, { status: 'failed', error: error instanceof Error ? error.name : 'unknown' });
  } finally {
    calls.delete(job.job_id);
  }
}

function take(job: JobRequested): Reply {
  if (calls.has(job.job_id)) return { accepted: true }; // the same job, posted again
  if (calls.size >= MOST_JOBS) return { accepted: false, error: 'all lines are busy' };
  const cancelled = new AbortController();
  calls.set(job.job_id, cancelled);
  void call(job, cancelled.signal);
  return { accepted: true, participant_name: 'Concierge' };
}

const app = express();

app.get('/health', (_request, reply) => {
  reply.send('ok');
});

// the signature is over the bytes as they came: no JSON is read before it is verified
app.post('/livekit', express.raw({ type: '*/*', limit: '64kb' }), (request, reply) => {
  let message: Message;
  try {
    const headers = request.headers as Record<string, string>;
    message = webhook.verify(request.body as Buffer, headers) as Message;
  } catch (error) {
    if (!(error instanceof WebhookVerificationError)) throw error;
    reply.status(401).json({ error: 'the signature does not fit' });
    return;
  }
  if (message.type === 'agent.job.requested') {
    reply.json(take(message));
    return;
  }
  if (message.type === 'agent.job.cancelled') calls.get(message.job_id)?.abort();
  console.log(`${message.job_id}: ${message.type} ${message.status ?? ''}`);
  reply.status(204).end();
});

const port = Number(process.env.PORT ?? 8100);
const host = process.env.HOST ?? '127.0.0.1';
const server = app.listen(port, host, () => console.log(`listening at http://${host}:${port}`));

process.on('SIGTERM', () => {
  for (const cancelled of calls.values()) cancelled.abort();
  server.close(async () => {
    await dispose();
    process.exit(0);
  });
});
