import { type DocumentNode, visit } from 'graphql';
import { stringArgument } from './field-set.ts';

/** `subgraph.field` of every field that requires others, whatever its type. */
export type Requirers = ReadonlySet<string>;

export function readRequirers(supergraph: DocumentNode): Requirers {
  const names = new Map<string, string>();
  const requirers = new Set<string>();
  visit(supergraph, {
    EnumValueDefinition({ name, directives }) {
      const join = directives?.find((directive) => directive.name.value === 'join__graph');
      if (join) names.set(name.value, stringArgument(join, 'name') ?? name.value);
    },
    FieldDefinition({ name, directives }) {
      for (const join of directives ?? []) {
        if (join.name.value !== 'join__field' || stringArgument(join, 'requires') === undefined) continue;
        requirers.add(`${stringArgument(join, 'graph') ?? ''}.${name.value}`);
      }
    },
  });
  return new Set([...requirers].map((one) => one.replace(/^[^.]*/, (graph) => names.get(graph) ?? graph)));
}
