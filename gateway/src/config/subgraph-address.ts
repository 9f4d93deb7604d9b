import { ConfigError } from '@playgraph/kernel/config';
import { httpUrl } from './subgraph-schema.ts';

/** @throws ConfigError when a subgraph has no address that can be asked: supergraphs may be composed without any. */
export function checkSubgraphAddress({ name, url }: { readonly name: string; readonly url: string }): void {
  if (httpUrl.safeParse(url).success) return;
  const problem =
    url === '' ? 'has no address in the supergraph' : 'has an address in the supergraph that is not http(s)';
  throw new ConfigError([`subgraph ${name}: ${problem}; give it one by --subgraph ${name}=URL`]);
}
