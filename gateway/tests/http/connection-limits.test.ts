import { once } from 'node:events';
import { connect as connectSocket } from 'node:net';
import { createGate } from '@playgraph/testkit/gate';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { Shed } from '../../src/http/admission.ts';
import { connect } from '../subscriptions/live-door.ts';
import { openDoor } from './door-world.ts';

test('on a connection beyond their bound health can be had, operations and WebSockets cannot', async () => {
  const shed: Shed[] = [];
  const allClosed = createGate();
  let open = 0;
  const door = await openDoor({
    connectionsMax: 1,
    doorObserver: {
      onShed: (what) => void shed.push(what),
      onConnectionOpened: () => {
        open += 1;
      },
      onConnectionClosed: () => {
        open -= 1;
        if (open === 0) allClosed.open();
      },
    },
  });
  const address = door.url.replace('http', 'ws');
  const { socket: first } = door.dial();
  first.write('GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n');
  await once(first, 'data');
  const { socket, answer } = door.dial();
  socket.write('GET /health/ready HTTP/1.1\r\nhost: x\r\n\r\n');
  expect(String((await once(socket, 'data'))[0])).toMatch(/^HTTP\/1\.1 200 /);
  socket.write('GET /graphql?query={whoAmI} HTTP/1.1\r\nhost: x\r\n\r\n');
  expect((await answer).split('HTTP/1.1 ')[2]).toMatch(/^503 [\s\S]*connection: close[\s\S]*OVERLOADED/i);
  const [error] = await once(new WebSocket(address, 'graphql-transport-ws'), 'error');
  expect(String(error)).toContain('503');
  expect(shed).toEqual(['connection', 'socket']);
  first.destroy();
  await allClosed.opened;
  await connect(address);
});

test('connections beyond those that are reserved are closed unheard', async () => {
  const [opened, dropped] = [createGate(), createGate()];
  let open = 0;
  const door = await openDoor({
    connectionsMax: 2,
    doorObserver: {
      onConnectionOpened: () => {
        open += 1;
        if (open === 130) opened.open();
      },
      onShed: (what) => {
        if (what === 'connection') dropped.open();
      },
    },
  });
  const { port, hostname } = new URL(door.origin);
  const sockets = Array.from({ length: 130 }, () => connectSocket(Number(port), hostname));
  await opened.opened;
  await door.dial().answer;
  await dropped.opened;
  expect(open).toBe(130);
  for (const socket of sockets) socket.destroy();
});

test('a connection is closed after as many requests as it may have', async () => {
  const door = await openDoor({ requestsPerConnectionMax: 2 });
  const { socket, answer } = door.dial();
  const ask = 'GET /graphql?query={whoAmI} HTTP/1.1\r\nhost: x\r\n\r\n';
  socket.write(ask);
  expect(String((await once(socket, 'data'))[0])).toContain('keep-alive');
  socket.write(ask);
  expect((await answer).split('HTTP/1.1 200')[2]).toMatch(/connection: close/i);
});

test('what was sent ahead after the last request of a connection is not run', async () => {
  const door = await openDoor({ requestsPerConnectionMax: 1 });
  const { socket, answer } = door.dial();
  const body = '{"query":"mutation { count }"}';
  const ask = `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  socket.write(ask + ask);
  expect((await answer).match(/HTTP\/1\.1 200/g)).toHaveLength(1);
  expect(door.seen.counted).toBe(1);
});

test('headers that never end are given up after their time, though the request may take longer', async () => {
  const { dial } = await openDoor({ headersMsMax: 50 });
  const { socket, answer } = dial();
  socket.write('POST /graphql HTTP/1.1\r\nhost: x\r\n');
  expect(await answer).toMatch(/^HTTP\/1\.1 408 /);
});

test('a body that never ends is told by the status that its client got, one that its client cut off by 499', async () => {
  const waits = createGate();
  const statuses: number[] = [];
  const onRequest = ({ status }: { readonly status: number }) => {
    statuses.push(status);
    if (statuses.length === 3) waits.open();
  };
  const begun = 'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n';
  const slow = (await openDoor({ requestMsMax: 50, onRequest })).dial();
  slow.socket.write(`${begun}content-length: 99\r\n\r\n{`);
  expect(await slow.answer).toMatch(/^HTTP\/1\.1 408 /);
  const { dial } = await openDoor({ onRequest });
  const malformed = dial();
  malformed.socket.write(`${begun}transfer-encoding: chunked\r\n\r\nno size\r\n`);
  expect(await malformed.answer).toMatch(/^HTTP\/1\.1 400 /);
  dial().socket.end(`${begun}content-length: 99\r\n\r\n{`);
  await waits.opened;
  expect(statuses.sort()).toEqual([400, 408, 499]);
});

test('a connection waits for its answer for as long as that is being made', async () => {
  const [asked, release] = [createGate(), createGate()];
  const door = await openDoor({
    stalledMsMax: 50,
    beforeHello: async () => {
      asked.open();
      await release.opened;
    },
  });
  const response = door.post({ query: '{ hello(name: "Ann") }' });
  await asked.opened;
  // Each of these lasts as long as a connection may make no progress.
  await door.dial().answer;
  await door.dial().answer;
  release.open();
  expect(await (await response).json()).toEqual({ data: { hello: 'hello Ann' } });
});

test('a connection that takes nothing of its answer is cut off', async () => {
  const closed = createGate();
  const door = await openDoor({ stalledMsMax: 50, doorObserver: { onConnectionClosed: () => closed.open() } });
  const { socket } = door.dial();
  socket.pause();
  socket.write('GET /graphql?query={letters(count:30000000)} HTTP/1.1\r\nhost: x\r\n\r\n');
  await closed.opened;
  expect(door.seen.entries).toMatchObject([{ status: 200 }]);
  socket.destroy();
});
