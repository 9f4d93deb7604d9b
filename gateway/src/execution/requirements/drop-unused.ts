import type { ConstDirectiveNode, DefinitionNode, DocumentNode } from 'graphql';
import {
  fieldsAskedByInterfaces,
  hasFields,
  implementationsOf,
  isExternal,
  JOIN_FIELD,
  joinFieldsOf,
  mapFields,
  namedTypeOf,
  parseFieldSet,
  stringArgument,
  typesByName,
} from './field-set.ts';

/**
 * Takes a field that is `external` out of the graphs where nothing names it any more: an unused external is an error. One
 * that an interface of the graph asks for stays.
 */
export function dropUnused(node: DefinitionNode, supergraph: DocumentNode): typeof node {
  if (!hasFields(node)) return node;
  const used = usedFields(supergraph);
  const fields = (node.fields ?? []).map((field) => {
    const directives = (field.directives ?? []).filter(
      (join) => !isExternal(join) || used.has(coordinateOf(join, node.name.value, field.name.value)),
    );
    const isNowhere = joinFieldsOf(field).length > 0 && !directives.some(({ name }) => name.value === 'join__field');
    return { ...field, directives: isNowhere ? [...directives, JOIN_FIELD] : directives };
  });
  return { ...node, fields };
}

const usedFieldsOf = new WeakMap<DocumentNode, Set<string>>();

/** `GRAPH.Type.field` of every field in the keys, requirements, provisions and interfaces of each graph. */
function usedFields(supergraph: DocumentNode): Set<string> {
  const known = usedFieldsOf.get(supergraph);
  if (known) return known;
  const types = typesByName(supergraph);
  const used = new Set<string>();
  const add = (join: ConstDirectiveNode, argument: string, on: string): void => {
    const text = stringArgument(join, argument);
    if (text === undefined) return;
    mapFields(types, { typeName: on, selectionSet: parseFieldSet(text) }, (typeName, node) => {
      for (const name of [typeName, ...implementationsOf(typeName, types)]) {
        used.add(coordinateOf(join, name, node.name.value));
      }
      return node;
    });
  };
  for (const type of types.values()) {
    for (const join of type.directives ?? []) {
      add(join, 'key', type.name.value);
      if (join.name.value !== 'join__implements') continue;
      const asked = fieldsAskedByInterfaces(type, stringArgument(join, 'graph'), types);
      for (const name of asked) used.add(coordinateOf(join, type.name.value, name));
    }
    for (const field of type.fields ?? []) {
      for (const join of joinFieldsOf(field)) {
        add(join, 'requires', type.name.value);
        add(join, 'provides', namedTypeOf(field.type));
      }
    }
  }
  usedFieldsOf.set(supergraph, used);
  return used;
}

function coordinateOf(join: ConstDirectiveNode, typeName: string, fieldName: string): string {
  return `${stringArgument(join, 'graph')}.${typeName}.${fieldName}`;
}
