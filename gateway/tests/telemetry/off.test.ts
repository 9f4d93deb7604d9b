import { createManualClock } from '@playgraph/kernel/clock';
import { silentLogger } from '@playgraph/kernel/logger';
import { createHttpTransport } from '@playgraph/server/http-transport';
import { expect, test } from 'vitest';
import { createGateway } from '../../src/gateway.ts';
import type { TransportHooks } from '../../src/telemetry/observe-transport.ts';
import { createTelemetry } from '../../src/telemetry/telemetry.ts';
import { supergraphOf } from '../supergraphs.ts';

const clock = createManualClock(0);
const options = { metrics: false, tracing: null, accessLog: null, clock };

test('telemetry that is off stands in nobody’s way: the same gateway, the same transport, nobody to call', async () => {
  const telemetry = await createTelemetry(options);
  const { page, tracer, onRequest, streamObserver, cacheObserver, executionObserver, onSupergraph } = telemetry;
  expect(telemetry.onSocketOperation).toBeUndefined();
  expect([page, tracer]).toEqual([null, null]);
  const observers = [onRequest, streamObserver, cacheObserver, executionObserver, onSupergraph];
  expect(observers.every((observer) => observer === undefined)).toBe(true);

  let given: TransportHooks | undefined;
  const transport = createHttpTransport({
    name: 'one',
    url: 'http://127.0.0.1:9/graphql',
    identitySecret: null,
    clock,
    logger: silentLogger,
  });
  const create = (hooks: TransportHooks) => {
    given = hooks;
    return transport;
  };
  expect(telemetry.transport('one', create)).toBe(transport);
  expect(given).toEqual({});

  const gateway = createGateway({
    source: { sdl: supergraphOf('one') },
    createTransport: () => transport,
    logger: silentLogger,
  });
  expect(telemetry.observe(gateway)).toBe(gateway);
  await transport.close();
});

test('the access log alone hears of requests and of nothing else', async () => {
  const lines: object[] = [];
  const accessLog = { ...silentLogger, info: (fields: object) => void lines.push(fields) };
  const { onRequest, onSocketOperation, executionObserver, streamObserver } = await createTelemetry({
    ...options,
    accessLog,
  });
  expect([executionObserver, streamObserver]).toEqual([undefined, undefined]);
  onRequest?.({ method: 'POST', status: 200, correlationId: 'corr-1' } as never);
  onSocketOperation?.({ method: 'WEBSOCKET', correlationId: 'corr-2' } as never);
  expect(lines).toEqual([
    { method: 'POST', status: 200, correlationId: 'corr-1' },
    { method: 'WEBSOCKET', correlationId: 'corr-2' },
  ]);
});
