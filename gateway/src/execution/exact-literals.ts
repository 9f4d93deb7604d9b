import { randomUUID } from 'node:crypto';
import type { QueryPlan } from '@apollo/query-planner';
import { ExactNumber, parseExactNumber } from '@playgraph/kernel/exact-json';
import {
  type DocumentNode,
  type FloatValueNode,
  GraphQLID,
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  type IntValueNode,
  isScalarType,
  isSpecifiedScalarType,
  Kind,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { fetchesOf } from './plan-fetches.ts';

/** A document for the planner, and the way back from what it makes of it. */
export type ExactLiterals = { readonly document: DocumentNode; restore(plan: QueryPlan): QueryPlan };

const INTEGER_PATTERN = /^-?\d+$/;

/**
 * The planner reads literals as doubles: a number with more digits, of a custom scalar or an ID, goes through it as text
 * behind a mark that nobody else can know. `restore` changes the plan, which must be of this very document.
 */
export function keepExactLiterals(document: DocumentNode, schema: GraphQLSchema): ExactLiterals {
  const mark = randomUUID();
  const types = new TypeInfo(schema);
  let isMarked = false;
  const hide = (node: IntValueNode | FloatValueNode) => {
    if (!holdsAnyNumber(types.getInputType()) || !(parseExactNumber(node.value) instanceof ExactNumber)) return;
    isMarked = true;
    return { kind: Kind.STRING, value: `${mark}${node.value}` } as const;
  };
  const marked = visit(document, visitWithTypeInfo(types, { IntValue: hide, FloatValue: hide }));
  if (!isMarked) return { document, restore: (plan) => plan };
  return { document: marked, restore: (plan) => restoreNumbers(plan, mark) };
}

/** Within a custom scalar nothing has a type. */
function holdsAnyNumber(type: GraphQLInputType | null | undefined): boolean {
  if (!type) return true;
  const named = getNamedType(type);
  return isScalarType(named) && (named.name === GraphQLID.name || !isSpecifiedScalarType(named));
}

function restoreNumbers(plan: QueryPlan, mark: string): QueryPlan {
  const pattern = new RegExp(`"${mark}([^"]*)"`, 'g');
  for (const fetch of fetchesOf(plan.node)) {
    // Quotes part them from each other; blanks do so as well.
    fetch.operation = fetch.operation.replace(pattern, ' $1 ');
    if (!fetch.operationDocumentNode) continue;
    fetch.operationDocumentNode = visit(fetch.operationDocumentNode, {
      StringValue({ value: text }) {
        if (!text.startsWith(mark)) return;
        const value = text.slice(mark.length);
        return { kind: INTEGER_PATTERN.test(value) ? Kind.INT : Kind.FLOAT, value };
      },
    });
  }
  return plan;
}
