import type { FieldNode } from 'graphql';
import type { SelectionContext } from './collect-fields.ts';

/** Why a client may not read a field. */
export type Denial = { readonly code: string; readonly message: string };

/** What printing needs to know of the operation. */
export type WriterContext = SelectionContext & {
  /** The key under which the plan fetches a field of the client. */
  readonly planKeyOf: (field: FieldNode) => string;
  /** Null when the field may be read. */
  readonly denialAt: (node: FieldNode) => Denial | null;
  /** Gives the next place in `WriteRun.printed`. */
  readonly takeSlot: () => number;
};
