import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { OnRequest } from '../http/access-log.ts';
import type { DoorObserver } from '../http/admission.ts';
import { OTHER } from './bounded-names.ts';
import { DURATION_BUCKETS, METRIC_PREFIX, toSeconds } from './metric-names.ts';

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'OPTIONS']);

/** Counts requests to `/graphql`, as they end. */
export function createHttpMetrics(registry: Registry): OnRequest {
  const registers = [registry];
  const labelNames = ['method', 'status'] as const;
  const duration = new Histogram({
    name: `${METRIC_PREFIX}http_request_duration_seconds`,
    help: 'Requests over HTTP from head to last byte, reading and compression included; subscriptions are left out.',
    labelNames,
    buckets: DURATION_BUCKETS,
    registers,
  });
  const bytes = new Counter({
    name: `${METRIC_PREFIX}http_response_bytes_total`,
    help: 'Size of bodies as they travelled.',
    labelNames,
    registers,
  });
  return (entry) => {
    const labels = { method: METHODS.has(entry.method) ? entry.method : OTHER, status: String(entry.status) };
    // A stream lasts as long as its reader likes, which says nothing of how the gateway does.
    if (entry.operationType !== 'subscription') duration.observe(labels, toSeconds(entry.durationMs));
    if (entry.bytes > 0) bytes.inc(labels, entry.bytes);
  };
}

/** Counts connections, and what was turned away because there is too much to do. */
export function createDoorMetrics(registry: Registry): DoorObserver {
  const registers = [registry];
  const connections = new Gauge({
    name: `${METRIC_PREFIX}connections`,
    help: 'Connections of clients that are open, WebSockets among them.',
    registers,
  });
  const shed = new Counter({
    name: `${METRIC_PREFIX}shed_total`,
    help: 'Turned away unserved: requests and subscriptions beyond their bounds, WebSockets, connections.',
    labelNames: ['what'],
    registers,
  });
  return {
    onShed: (what) => shed.inc({ what }),
    onConnectionOpened: () => connections.inc(),
    onConnectionClosed: () => connections.dec(),
  };
}
