import { readFile } from 'node:fs/promises';

const MANUAL = new URL('../../../docs/gateway/operating.md', import.meta.url);

/** The metrics that the manual's tables list, without prefix: rows that begin with a name in backticks and a kind. */
export async function readMetricNames(): Promise<string[]> {
  const text = await readFile(MANUAL, 'utf8');
  return [...text.matchAll(/^\| `(\w+)`\s*\| (?:counter|gauge|histogram)\b/gm)].map(([, name = '']) => name);
}
