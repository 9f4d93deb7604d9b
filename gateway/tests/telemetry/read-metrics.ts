/** The value of one time series on a metrics page; undefined when it is not there. Labels in any order. */
export function sampleOf(
  page: string,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  for (const line of page.split('\n')) {
    const [, at = '', text = '', value] = /^([^\s{]+)(\{.*\})? (\S+)$/.exec(line) ?? [];
    if (at === `playgraph_gateway_${name}` && wanted.every((label) => text.includes(label))) return Number(value);
  }
  return undefined;
}

/** All values of a label of a metric. */
export function valuesOfLabel(page: string, name: string, label: string): ReadonlySet<string> {
  const pattern = new RegExp(`^playgraph_gateway_${name}\\{[^}]*\\b${label}="([^"]*)"`, 'gm');
  return new Set([...page.matchAll(pattern)].map(([, value = '']) => value));
}
