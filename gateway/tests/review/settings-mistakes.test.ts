import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';

test('a port that no machine has is told as too large, not as no number', () => {
  const env = { SUPERGRAPH: 'graph.graphql', PORT: '70000', GATEWAY_TELEMETRY_METRICS_PORT: '70001' };
  expect(() => loadConfig({ env })).toThrow(/PORT: needs at most 65535\n.*METRICS_PORT: needs at most 65535/);
});

test('one header name where a list belongs is told in words of the manual', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-settings-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const configFile = join(folder, 'gateway.yaml');
  writeFileSync(configFile, 'supergraph: graph.graphql\nheaders: { forward: x-tenant }\n');
  expect(() => loadConfig({ env: {}, configFile })).toThrow('headers.forward: needs a list of names');
});
