import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { streamOptionsOf } from '../../src/subscriptions/stream-options.ts';

function load(text: string) {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-stream-options-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'gateway.yaml');
  writeFileSync(file, text);
  return loadConfig({ env: { SUPERGRAPH: 'graph.graphql', PLAYGRAPH_GATEWAY_CONFIG: file } });
}

test('a subgraph is asked for streams where, as whom and with what its settings say', () => {
  const { subgraph } = load(`
    subgraphs:
      chat:
        subscription:
          url: wss://events.example/stream
          callersBy: headers
          connectionParams: { headers.Authorization: Authorization }
          resume: [{ field: said, argument: after, from: cursor }]
  `);
  expect(streamOptionsOf(subgraph({ name: 'chat', url: 'http://chat.example' }).subscription)).toEqual({
    subscriptionUrl: 'wss://events.example/stream',
    callersBy: 'headers',
    connectionParams: { 'headers.Authorization': 'Authorization' },
    resumeRules: [{ field: 'said', argument: 'after', from: 'cursor' }],
  });
  expect(streamOptionsOf(subgraph({ name: 'other', url: 'http://other.example' }).subscription)).toEqual({
    callersBy: 'signature',
    resumeRules: [],
  });
});

test('public fields are types and fields, nothing else', () => {
  expect(load('subscriptions: { publicFields: [Subscription.said, Message] }').subscriptions.publicFields).toEqual([
    'Subscription.said',
    'Message',
  ]);
  for (const bad of ['"a b"', 'a.b.c', '""', '".a"'])
    expect(() => load(`subscriptions: { publicFields: [${bad}] }`)).toThrow('is neither a type nor `Type.field`');
});
