import type { FetchNode, QueryPlanSelectionNode } from '@apollo/query-planner';
import type { GraphQLSchema } from 'graphql';
import { isObject, type ResponseObject } from './merge.ts';
import { applyRewrites } from './rewrites.ts';
import { isOfType } from './type-condition.ts';

/** An object of the response that a fetch fills, and where it stands. */
export type Target = { readonly object: ResponseObject; readonly path: readonly (string | number)[] };

/** What `_entities` is asked: each distinct representation once, with the targets that it answers. */
export type EntityRequest = {
  readonly representations: readonly ResponseObject[];
  readonly targetsOf: readonly (readonly Target[])[];
};

/** Builds the representations that `fetch` requires of its targets; a target that lacks a required field is left out. */
export function buildEntityRequest(schema: GraphQLSchema, fetch: FetchNode, targets: readonly Target[]): EntityRequest {
  const byKey = new Map<string, { representation: ResponseObject; targets: Target[] }>();
  for (const target of targets) {
    const representation = select(schema, fetch.requires ?? [], target.object);
    if (!isObject(representation) || typeof representation.__typename !== 'string') continue;
    applyRewrites(schema, fetch.inputRewrites, representation);
    const key = JSON.stringify(representation);
    const known = byKey.get(key);
    if (known) known.targets.push(target);
    else byKey.set(key, { representation, targets: [target] });
  }
  const entries = [...byKey.values()];
  return {
    representations: entries.map((entry) => entry.representation),
    targetsOf: entries.map((entry) => entry.targets),
  };
}

/** The part of `source` that `selections` name; undefined when a field is missing. */
function select(schema: GraphQLSchema, selections: readonly QueryPlanSelectionNode[], source: unknown): unknown {
  if (Array.isArray(source)) return source.map((item) => select(schema, selections, item));
  if (!isObject(source)) return source;
  const selected: ResponseObject = {};
  for (const selection of selections) {
    if (selection.kind === 'Field') {
      const value = source[selection.alias ?? selection.name];
      const part = selection.selections ? select(schema, selection.selections, value) : value;
      if (part === undefined) return undefined;
      selected[selection.alias ?? selection.name] = part;
    } else if (matches(schema, source, selection.typeCondition)) {
      const part = select(schema, selection.selections, source);
      if (part === undefined) return undefined;
      Object.assign(selected, part);
    }
  }
  return selected;
}

function matches(schema: GraphQLSchema, source: ResponseObject, typeCondition: string | undefined): boolean {
  return typeCondition === undefined || isOfType(schema, source, { typeCondition, whenUntyped: false });
}
