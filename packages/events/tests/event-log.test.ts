import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { silentLogger } from '@playgraph/kernel/logger';
import { describeEventLog } from '@playgraph/testkit/contracts/event-log';
import { topicOf } from '../src/event-log.ts';
import { createHttpEventLog } from '../src/http-event-log.ts';
import { createLocalEventLog } from '../src/local-event-log.ts';

const limits = { retry: { firstMs: 1, maxMs: 2 } };
const secret = 'a secret that only the peers share';

describeEventLog('local', async () => {
  const log = createLocalEventLog({ logger: silentLogger, limits });
  return { log, close: () => log.close() };
});

describeEventLog('http, within a process', async () => {
  const log = createHttpEventLog({ peers: {}, secret, logger: silentLogger, limits });
  return { log, close: () => log.close() };
});

describeEventLog('http, between processes', async () => {
  const consumer = createHttpEventLog({ peers: {}, secret, logger: silentLogger, limits });
  const server = createServer((request, response) => void consumer.route.handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const peers = { [topicOf('order')]: [url], [topicOf('game')]: [url] };
  const publisher = createHttpEventLog({ peers, secret, logger: silentLogger, limits });
  const close = async (): Promise<void> => {
    await publisher.close();
    await consumer.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { log: { publish: publisher.publish, consume: consumer.consume, close }, close };
});
