/** What lkrun posts: docs/external-agents.md has every field. */

export interface JobRequested {
  type: 'agent.job.requested';
  job_id: string;
  agent_name: string;
  room: { name: string };
  access_token: string;
  server_url: string;
  status_url: string;
  status_token: string;
  attempt: number;
}

export interface JobOver {
  type: 'agent.job.cancelled' | 'agent.job.ended';
  job_id: string;
  status?: string;
}

export type Message = JobRequested | JobOver;

export interface Reply {
  accepted: boolean;
  participant_name?: string;
  error?: string;
}

export type Status = { status: 'running' | 'success' } | { status: 'failed'; error: string };
