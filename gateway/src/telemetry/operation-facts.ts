import type { PreparedOperation } from '../operations/prepare-operation.ts';
import type { SpanFacts } from './tracer.ts';

/** What a span tells of an operation: its document by hash only. */
export function factsOf({ id, name, definition }: PreparedOperation): SpanFacts {
  return {
    'graphql.operation.type': definition.operation,
    'graphql.document.hash': id,
    ...(name === null ? {} : { 'graphql.operation.name': name }),
  };
}
