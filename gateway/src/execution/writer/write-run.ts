import type { FieldNode } from 'graphql';
import type { EntityKey, Run } from '../run.ts';
import type { JsonOutput } from './json-output.ts';

/** The printing of one answer. */
export type WriteRun = {
  readonly run: Run;
  /** What is printed so far. */
  readonly out: JsonOutput;
  /** Response keys and list indexes of what is being printed. */
  readonly path: (string | number)[];
  /** What does not fit the schema, in the order of the specification. */
  readonly problems: FieldProblem[];
  /** By slot: where objects that print the same wherever they stand are in `out`, by the key of their entity. */
  readonly printed: (Map<EntityKey, Span> | undefined)[];
};

/** A part of what is printed: from `start` to before `end`. */
type Span = { readonly start: number; readonly end: number };

/** A value that could not be given. */
export type FieldProblem = {
  readonly message: string;
  readonly path: readonly (string | number)[];
  readonly nodes: readonly FieldNode[];
  readonly code: string;
  /** Who gave the value; absent where that is nobody, or one of several. */
  readonly subgraph?: string | undefined;
  /** Whether an error of a subgraph at this place says it all already. */
  readonly isConsequence: boolean;
};

/** Prints a value. False: it is null where none may be, and the next nullable parent takes back what was printed of it. */
export type Write = (value: unknown, writing: WriteRun) => boolean;
