import { Counter, Gauge, type Registry } from 'prom-client';
import type { StreamObserver } from '../subscriptions/stream-observer.ts';
import { OTHER } from './bounded-names.ts';
import { METRIC_PREFIX } from './metric-names.ts';

/** Codes that clients and gateway have a meaning for; a client may close with any other of thousands. */
const CLOSE_CODES: ReadonlySet<number> = new Set([
  1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1011, 1012, 1013, 4400, 4401, 4403, 4406, 4408, 4409, 4429,
  4500,
]);

/** Counts sockets, streams and events. */
export function createStreamMetrics(registry: Registry): StreamObserver {
  const { sockets, closes, streams, opened, upstreams, eventsIn, eventsOut, bytesOut, slow } =
    createInstruments(registry);
  return {
    onSocketOpened: () => sockets.inc(),
    onSocketClosed(code) {
      sockets.dec();
      closes.inc({ code: CLOSE_CODES.has(code) ? String(code) : OTHER });
    },
    onStreamOpened({ isShared }) {
      streams.inc();
      opened.inc({ shared: String(isShared) });
    },
    onStreamClosed: () => streams.dec(),
    onUpstreamOpened: (subgraph) => upstreams.inc({ subgraph }),
    onUpstreamClosed: (subgraph) => upstreams.dec({ subgraph }),
    onEventIn: (subgraph) => eventsIn.inc({ subgraph }),
    onEventOut(bytes) {
      eventsOut.inc();
      bytesOut.inc(bytes);
    },
    onSlowReader: (policy) => slow.inc({ policy }),
  };
}

function createInstruments(registry: Registry) {
  const registers = [registry];
  const named = (name: string, help: string) => ({ name: `${METRIC_PREFIX}${name}`, help, registers });
  return {
    sockets: new Gauge(named('sockets', 'WebSockets that are open.')),
    closes: new Counter({
      ...named('socket_closes_total', 'WebSockets that closed, by code.'),
      labelNames: ['code'],
    }),
    streams: new Gauge(named('streams', 'Subscriptions of clients that run.')),
    opened: new Counter({
      ...named('streams_opened_total', 'Subscriptions that began; shared ones found an equal one running.'),
      labelNames: ['shared'],
    }),
    upstreams: new Gauge({
      ...named('upstreams', 'Streams that subgraphs send.'),
      labelNames: ['subgraph'],
    }),
    eventsIn: new Counter({
      ...named('events_in_total', 'Events that subgraphs sent.'),
      labelNames: ['subgraph'],
    }),
    eventsOut: new Counter(named('events_out_total', 'Events that were handed to clients.')),
    bytesOut: new Counter(named('event_bytes_out_total', 'Their size.')),
    slow: new Counter({
      ...named(
        'slow_readers_total',
        'Clients that did not keep up: ended (close) or given the newest event only (newest).',
      ),
      labelNames: ['policy'],
    }),
  };
}
