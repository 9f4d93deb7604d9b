/**
 * The four services in one very light process: bare sockets, answers kept as bytes. Driven by its parent over IPC; ends
 * with it.
 */
import { createServer, type Socket } from 'node:net';
import { BATCH_MEDIA_TYPE } from '@playgraph/server/batch-format';
import { createAnswers, type KeptAnswer } from './bodies.ts';
import { createServiceSchemas } from './services.ts';
import { findProbe, tickDigits, writeDigits } from './ticks.ts';

/** Whether answers change and how long each takes; whoever sends it starts counting anew. */
export type SubgraphsMode = { readonly changes: boolean; readonly delayMs: number };
/** Calls since the mode was set or the counts were asked for. */
export type SubgraphsCounts = { readonly requests: number; readonly operations: number };
export type SubgraphsOrder = { readonly id: number; readonly mode?: SubgraphsMode };
export type SubgraphsReport = { readonly id: number; readonly counts: SubgraphsCounts };

const HEAD_BYTES_MAX = 64 * 1024;
const BODY_BYTES_MAX = 16 * 1024 * 1024;
const PROBE_DIGITS = 8;
const BATCH_PATTERN = new RegExp(`\\r\\ncontent-type: *${BATCH_MEDIA_TYPE.replaceAll('.', '\\.')}`, 'i');
const LINE_FEED = Buffer.from('\n');

type Answers = ReturnType<typeof createAnswers>;

const answersOf = new Map([...createServiceSchemas()].map(([name, schema]) => [name, createAnswers(schema)]));
let mode: SubgraphsMode = { changes: false, delayMs: 0 };
let requests = 0;
let operations = 0;
let ticks = 0;

const server = createServer({ noDelay: true }, serve);
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.({ port: typeof address === 'object' && address ? address.port : 0 });
});
process.on('message', (order: SubgraphsOrder) => {
  process.send?.({ id: order.id, counts: { requests, operations } } satisfies SubgraphsReport);
  requests = 0;
  operations = 0;
  if (order.mode) mode = order.mode;
});
process.on('disconnect', () => process.exit(0));

/** Requests of one socket are answered one after the other; no gateway pipelines to a subgraph. */
function serve(socket: Socket): void {
  let text = '';
  socket.on('error', () => socket.destroy());
  // Latin 1 keeps one character a byte: lengths and offsets need no decoding.
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    text = text === '' ? chunk : text + chunk;
    for (let taken = takeRequest(socket, text); taken > 0; taken = takeRequest(socket, text)) text = text.slice(taken);
    if (text.length > HEAD_BYTES_MAX + BODY_BYTES_MAX) socket.destroy();
  });
}

/** Answers the first whole request of `text`; how many bytes it had, 0 while it is not whole. */
function takeRequest(socket: Socket, text: string): number {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd === -1) return 0;
  const head = text.slice(0, headEnd);
  const bodyStart = headEnd + 4;
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length !== undefined) {
    const end = bodyStart + Number(length);
    if (text.length < end) return 0;
    answer(socket, head, text.slice(bodyStart, end));
    return end;
  }
  if (!/\r\ntransfer-encoding: *chunked/i.test(head)) {
    refuse(socket);
    return bodyStart;
  }
  const chunks = readChunks(text, bodyStart);
  if (!chunks) return 0;
  answer(socket, head, chunks.body);
  return chunks.end;
}

function readChunks(text: string, start: number): { body: string; end: number } | null {
  let body = '';
  for (let at = start; ; ) {
    const lineEnd = text.indexOf('\r\n', at);
    if (lineEnd === -1) return null;
    const size = Number.parseInt(text.slice(at, lineEnd), 16);
    const end = lineEnd + 2 + size + 2;
    if (Number.isNaN(size) || text.length < end) return null;
    if (size === 0) return { body, end };
    body += text.slice(lineEnd + 2, lineEnd + 2 + size);
    at = end;
  }
}

function answer(socket: Socket, head: string, body: string): void {
  const name = /^POST \/(\w+)/.exec(head)?.[1];
  const find = answersOf.get(name ?? '');
  if (find && BATCH_PATTERN.test(head)) {
    answerBatch(socket, find, body).catch(() => refuse(socket));
    return;
  }
  const found = find?.(body);
  if (!found) refuse(socket);
  else if (found instanceof Promise) found.then((kept) => send(socket, kept, body)).catch(() => refuse(socket));
  else send(socket, found, body);
}

function send(socket: Socket, kept: KeptAnswer, body: string): void {
  requests += 1;
  write(socket, bytesOf(kept, body));
}

/** Operations of one body in our own format: frames of a head and a body, each a line. */
async function answerBatch(socket: Socket, find: Answers, body: string): Promise<void> {
  const bodies = body.split('\n').filter((_line, i) => i % 2 === 1);
  const kept = await Promise.all(bodies.map(find));
  const frames = kept.flatMap((one, index) => [
    Buffer.from(`{"index":${index},"status":200}\n`),
    bytesOf(one, bodies[index] ?? '').subarray(one.jsonStart),
    LINE_FEED,
  ]);
  requests += 1;
  const length = frames.reduce((sum, frame) => sum + frame.length, 0);
  const head = `HTTP/1.1 200 OK\r\ncontent-type: ${BATCH_MEDIA_TYPE}\r\ncontent-length: ${length}\r\n\r\n`;
  write(socket, Buffer.concat([Buffer.from(head), ...frames]));
}

/** The answer of one operation as it is now. */
function bytesOf(kept: KeptAnswer, body: string): Buffer {
  operations += kept.operations;
  return mode.changes || kept.probe !== -1 ? change(kept, body) : kept.bytes;
}

function write(socket: Socket, bytes: Buffer): void {
  if (mode.delayMs === 0) socket.write(bytes);
  else setTimeout(() => socket.write(bytes), mode.delayMs);
}

function change(kept: KeptAnswer, body: string): Buffer {
  const bytes = Buffer.from(kept.bytes);
  if (mode.changes) {
    ticks += 1;
    writeDigits(bytes, kept.ticks, tickDigits(ticks));
  }
  const probe = kept.probe === -1 ? -1 : findProbe(body);
  if (probe !== -1) bytes.write(body.slice(probe, probe + PROBE_DIGITS), kept.probe, 'latin1');
  return bytes;
}

function refuse(socket: Socket): void {
  socket.write('HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n');
}
