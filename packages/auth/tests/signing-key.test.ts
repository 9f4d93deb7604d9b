import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { generateSigningKey, loadOrCreateSigningKey } from '@playgraph/auth/signing-key';
import { expect, onTestFinished, test } from 'vitest';

const run = promisify(execFile);

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'playgraph-key-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

test('two generated keys differ, and neither public part holds the private one', () => {
  const [first, second] = [generateSigningKey(), generateSigningKey()];
  expect(first.kid).not.toBe(second.kid);
  expect(Object.keys(first.publicJwk)).not.toContain('d');
});

test('the first load makes a key that only its owner can read, the next ones give the same key', () => {
  const file = join(newFolder(), 'deep', 'signing-key.pem');
  const first = loadOrCreateSigningKey(file);
  expect(loadOrCreateSigningKey(file)).toEqual(first);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('processes that start at once agree on one key and leave nothing else behind', async () => {
  const folder = newFolder();
  const file = join(folder, 'signing-key.pem');
  const source = new URL('../src/signing-key.ts', import.meta.url).href;
  const script = `import { loadOrCreateSigningKey } from ${JSON.stringify(source)};
    process.stdout.write(loadOrCreateSigningKey(${JSON.stringify(file)}).kid);`;
  const args = ['--conditions=@playgraph/source', '--import', 'tsx', '--input-type=module', '-e', script];
  const starts = await Promise.all([1, 2, 3].map(() => run(process.execPath, args)));
  expect(new Set(starts.map(({ stdout }) => stdout)).size).toBe(1);
  expect(readdirSync(folder)).toEqual(['signing-key.pem']);
});

test('a file that holds no such key is refused and left as it is', () => {
  const file = join(newFolder(), 'signing-key.pem');
  writeFileSync(file, 'not a key');
  expect(() => loadOrCreateSigningKey(file)).toThrow();
  expect(readFileSync(file, 'utf8')).toBe('not a key');
});
