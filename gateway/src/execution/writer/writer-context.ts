import type { FieldNode } from 'graphql';
import type { WriteIntrospection } from '../introspect.ts';
import type { SelectionContext } from './collect-fields.ts';

/** Why a client may not read a field. */
export type Denial = { readonly code: string; readonly message: string };

/** What printing needs to know of the operation. */
export type WriterContext = SelectionContext & {
  /** The key under which the plan fetches a field of the client. */
  readonly planKeyOf: (field: FieldNode) => string;
  /** Null when the field may be read. */
  readonly denialAt: (node: FieldNode) => Denial | null;
  /** Prints what a field of the root says of the schema. */
  readonly introspect: (key: string, nodes: readonly FieldNode[]) => WriteIntrospection;
  /** Gives the next place in `WriteRun.printed`. */
  readonly takeSlot: () => number;
};
