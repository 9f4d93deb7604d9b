import { parseExact } from '@playgraph/kernel/exact-json';
import type { TransportRequest } from './transport.ts';

/**
 * The variables of a request with all digits, for whoever prints them again: its `variables` are what a subgraph in
 * JavaScript would read.
 */
export function exactVariablesOf({ body }: TransportRequest): TransportRequest['variables'] {
  return (parseExact(body) as Partial<TransportRequest>).variables ?? {};
}
