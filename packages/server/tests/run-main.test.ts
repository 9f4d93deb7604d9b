import { type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';

const runMain = new URL('../src/run-main.ts', import.meta.url).href;
const config = new URL('../../kernel/src/config.ts', import.meta.url).href;

/** A real process that runs `body` as its start function. */
function run(body: string, stdio: StdioOptions = 'pipe') {
  const script = `import { runMain } from ${JSON.stringify(runMain)};
    import { ConfigError } from ${JSON.stringify(config)};
    await runMain('sample', async (env, logger) => { ${body} });`;
  const args = ['--conditions=@playgraph/source', '--import', 'tsx', '--input-type=module', '-e', script];
  const child = spawn(process.execPath, args, { env: { ...process.env, SAMPLE: 'from-env' }, stdio });
  onTestFinished(() => void child.kill('SIGKILL'));
  const output = { out: '', err: '' };
  child.stdout?.on('data', (data) => {
    output.out += data;
  });
  child.stderr?.on('data', (data) => {
    output.err += data;
  });
  const { stdout, stderr } = child;
  if (!stdout || !stderr) throw new Error('no pipes');
  return { child: Object.assign(child, { stdout, stderr }), output };
}

const serving = (close: string) => `
  const timer = setInterval(() => {}, 1000);
  // Signals are handled from when start has returned.
  setImmediate(() => console.log('started ' + env.SAMPLE));
  return { close: async () => { console.log('closing'); ${close} clearInterval(timer); } };`;

test.each(['SIGTERM', 'SIGINT'] as const)('%s closes once and exits 0', async (signal) => {
  const { child, output } = run(serving(''));
  await once(child.stdout, 'data');
  child.kill(signal);
  const [code] = await once(child, 'close');
  expect(code).toBe(0);
  expect(output.out).toBe('started from-env\nclosing\n');
});

test('a later signal does not wait for a close that hangs', async () => {
  const { child } = run(serving('await new Promise(() => {});'));
  await once(child.stdout, 'data');
  const impatience = setInterval(() => child.kill('SIGTERM'), 50);
  onTestFinished(() => clearInterval(impatience));
  expect((await once(child, 'close'))[0]).toBe(1);
});

test('a process that closes for longer than it said is ended', async () => {
  const { child, output } = run(`
    setInterval(() => {}, 1000);
    setImmediate(() => console.log('started'));
    return { closeMsMax: 30, close: () => new Promise(() => {}) };`);
  await once(child.stdout, 'data');
  child.kill('SIGTERM');
  expect((await once(child, 'close'))[0]).toBe(1);
  expect(output.err).toMatch(/"limitMs":30.*did not close in time/);
});

test('the same wish told twice closes once and in good order', async () => {
  const { child, output } = run(serving(''));
  await once(child.stdout, 'data');
  child.kill('SIGINT');
  child.kill('SIGTERM');
  expect((await once(child, 'close'))[0]).toBe(0);
  expect(output.out).toBe('started from-env\nclosing\n');
});

test('a port in use is said in one sentence, without a stack', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const { child, output } = run(`
    const { createServer } = await import('node:http');
    await new Promise((resolve, reject) => createServer().on('error', reject).listen(${port}, '127.0.0.1', resolve));`);
  expect((await once(child, 'close'))[0]).toBe(1);
  expect(output.err).toBe(`sample: Port ${port} on 127.0.0.1 is in use. Choose another with PORT=...\n`);
});

test('a process closes when the parent that started it with a channel is gone', async () => {
  const { child, output } = run(serving(''), ['pipe', 'pipe', 'pipe', 'ipc']);
  await once(child.stdout, 'data');
  const ended = Promise.all([once(child, 'exit'), once(child.stdout, 'end')]);
  child.disconnect();
  const [[code]] = await ended;
  expect(code).toBe(0);
  expect(output.out).toBe('started from-env\nclosing\n');
});

test('every bad variable is printed at once and the process exits 1', async () => {
  const { child, output } = run(`throw new ConfigError(['PORT: not a number', 'HOST: missing']);`);
  const [code] = await once(child, 'close');
  expect(code).toBe(1);
  expect(output.err).toBe('sample: Bad configuration:\n  PORT: not a number\n  HOST: missing\n');
});

test('a start that fails is logged and the process exits 1', async () => {
  const { child, output } = run(`throw new Error('no store');`);
  const [code] = await once(child, 'close');
  expect(code).toBe(1);
  expect(output.err).toContain('no store');
});

test('a close that fails exits 1', async () => {
  const { child, output } = run(serving(`throw new Error('stuck');`));
  await once(child.stdout, 'data');
  child.kill('SIGTERM');
  const [code] = await once(child, 'close');
  expect(code).toBe(1);
  expect(output.err).toContain('stuck');
});
