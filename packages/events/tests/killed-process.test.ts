import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { topicOf } from '../src/event-log.ts';
import { createRecorder, createWorld } from './world.ts';

test('nothing that a process committed is lost when it is killed between publishing and marking', async () => {
  const world = await createWorld();
  const stream = world.ids.make('order');
  const count = 20;
  const script = fileURLToPath(new URL('killed-process.ts', import.meta.url));
  const child = spawn(
    process.execPath,
    ['--conditions=@playgraph/source', '--import', 'tsx', script, world.folder, stream, String(count)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  const [, signal] = await once(child, 'close');
  expect(signal).toBe('SIGKILL');
  const publishedBefore = Buffer.concat(output).toString().trim().split('\n').map(Number);

  const db = world.shards.forId(stream);
  const committed = await db.outboxEvent.findMany({ where: { stream }, orderBy: { seq: 'asc' } });
  const left = committed.filter((row) => row.publishedAt === null).map((row) => row.seq);
  // It died after the log had events that were not marked: those go out again, and nothing before them.
  expect(publishedBefore).toContain(left[0]);

  const handled = createRecorder<number>();
  const log = world.localLog();
  await log.consume({ group: 'one', topics: [topicOf('order')], handle: async (event) => handled.add(event.seq) });
  const store = world.start({ log });
  await store.drained();
  expect(handled.items).toEqual(left);
  const seqs = Array.from({ length: committed.length }, (_, i) => i + 1);
  expect([...new Set([...publishedBefore, ...handled.items])].sort((a, b) => a - b)).toEqual(seqs);
  expect((await world.append(store, stream)).seq).toBe(committed.length + 1);
});
