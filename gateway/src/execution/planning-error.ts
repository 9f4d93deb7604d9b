import { EndlessPlanError } from './requirements/bounded-planning.ts';

/**
 * Why a valid operation cannot be planned:
 * - QUERY_PLANNING_FAILED: no way was found to ask the subgraphs for it. That is a fault of the graph or of the gateway;
 * - QUERY_PLAN_COMPLEXITY_EXCEEDED: finding one takes more than may be spent on one operation.
 */
export type PlanningErrorCode = 'QUERY_PLANNING_FAILED' | 'QUERY_PLAN_COMPLEXITY_EXCEEDED';

/** A valid operation has no plan. Its message is for the client; what the planner says, its `cause`, is not. */
export class PlanningError extends Error {
  override readonly name = 'PlanningError';
  readonly code: PlanningErrorCode;

  constructor(code: PlanningErrorCode, message: string, cause: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** Nothing of the operation's root field `key` (a response key) would be asked of any subgraph. */
export class UnansweredFieldError extends Error {
  readonly key: string;

  constructor(key: string) {
    super(`No subgraph can answer what is asked of "${key}".`);
    this.key = key;
  }
}

const NO_PLAN =
  'The operation is valid, but no way was found to ask the subgraphs for it. Without some of its fields there may be one; whoever runs the gateway finds the reason by the correlation id.';
const TOO_COMPLEX =
  'Planning the operation takes more than may be spent on one. Send it as several smaller ones, or with fewer fragments on abstract types.';

/** How the planner tells of its own bounds: it has no classes or codes for them. */
const BOUND_PATTERN = /^(?:Exceeded maximum recursive selections|Number of non-local selections exceeds)/;

/** What clients learn of an error of planning. */
export function toPlanningError(error: unknown): PlanningError {
  if (error instanceof PlanningError) return error;
  if (isOfBounds(error)) return new PlanningError('QUERY_PLAN_COMPLEXITY_EXCEEDED', TOO_COMPLEX, error);
  const message = error instanceof UnansweredFieldError ? `${error.message} ${NO_PLAN}` : NO_PLAN;
  return new PlanningError('QUERY_PLANNING_FAILED', message, error);
}

function isOfBounds(error: unknown): boolean {
  // A RangeError is the end of the stack: the planner walks selections by calling itself.
  if (error instanceof EndlessPlanError || error instanceof RangeError) return true;
  return error instanceof Error && BOUND_PATTERN.test(error.message);
}
