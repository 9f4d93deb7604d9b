import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '@playgraph/kernel/logger';
import type { DomainEvent } from './event-log.ts';
import { type BodySigner, SIGNATURE_HEADER } from './sign-body.ts';
import type { TopicGroups } from './topic-groups.ts';

/** The largest body that a peer may send. */
export const EVENTS_BODY_BYTES_MAX = 16 * 1024 * 1024;

/** What the route needs. */
export type EventsRouteDeps = {
  readonly groups: TopicGroups;
  readonly signer: BodySigner;
  readonly logger: Logger;
};

/**
 * Takes `{ topic, events }` from a peer. 204 when every group here has handled the events; 503 when not, or when no
 * group consumes the topic (yet): the peer repeats. 401 without a good signature, 400, 405 and 413 for what is no
 * such request.
 */
export function createEventsRoute(deps: EventsRouteDeps) {
  const answer = async (request: IncomingMessage): Promise<number> => {
    if (request.method !== 'POST') return 405;
    const body = await readBody(request);
    if (body === null) return 413;
    const header = request.headers[SIGNATURE_HEADER];
    if (typeof header !== 'string' || !deps.signer.isSigned(body, header)) return 401;
    const parsed = parseBody(body);
    if (!parsed) return 400;
    const groupCount = await deps.groups.deliver(parsed.topic, parsed.events);
    return groupCount > 0 ? 204 : 503;
  };
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const status = await answer(request).catch((error: unknown) => {
      deps.logger.warn({ err: error }, 'events of a peer were not handled; it will send them again');
      return 503;
    });
    if (status === 413) response.setHeader('connection', 'close');
    response.statusCode = status;
    response.end();
  };
}

/** The whole body as text; null when it is too large. */
async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length;
    if (bytes > EVENTS_BODY_BYTES_MAX) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseBody(text: string): { topic: string; events: DomainEvent[] } | null {
  try {
    const body: unknown = JSON.parse(text);
    if (!isRecord(body) || typeof body.topic !== 'string' || !Array.isArray(body.events)) return null;
    return body.events.every(isEvent) ? { topic: body.topic, events: body.events } : null;
  } catch {
    return null;
  }
}

function isEvent(value: unknown): value is DomainEvent {
  if (!isRecord(value)) return false;
  return [value.id, value.stream, value.type, value.at].every((part) => typeof part === 'string');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
