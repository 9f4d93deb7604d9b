import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';

/** A supergraph whose only root field has this name. */
export function supergraphOf(field: string): string {
  return compose({ one: `type Query { ${field}: Int }` });
}

/** A supergraph that uses all that federation 2 offers. */
export function composedWithEveryFeature(): string {
  return compose({
    accounts: `
      type Query {
        me: User @authenticated
        shelf: Shelf
      }
      type User @key(fields: "id") @tag(name: "people") {
        id: ID!
        email: String @requiresScopes(scopes: [["email:read"]])
        notes: String @policy(policies: [["staff"]])
        secret: String @inaccessible
      }
      type Shelf @key(fields: "id") @context(name: "shelf") { id: ID! currency: String! items: [Item!]! }
      type Item @key(fields: "id") { id: ID! price(currency: String @fromContext(field: "$shelf { currency }")): Int @cost(weight: 3) }`,
    offers: `
      type Query { offers(first: Int): [Offer!]! @listSize(slicingArguments: ["first"]) }
      type Offer @key(fields: "id") { id: ID! title: String @shareable }`,
  });
}

/** The supergraph of subgraphs by name, by Apollo's composition. @throws Error where they do not fit together. */
export function compose(typeDefsOf: Readonly<Record<string, string>>): string {
  const names = '"@key", "@shareable", "@authenticated", "@requiresScopes", "@policy", "@tag", "@inaccessible"';
  const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [${names}, "@cost", "@listSize", "@context", "@fromContext"])`;
  const services = Object.entries(typeDefsOf).map(([name, typeDefs]) => ({
    name,
    url: `http://${name}.invalid/graphql`,
    typeDefs: parse(`${link}\n${typeDefs}`),
  }));
  const { supergraphSdl, errors } = composeServices(services);
  if (!supergraphSdl) throw new Error(errors?.join('\n'));
  return supergraphSdl;
}

const JOIN_DIRECTIVES = {
  'v0.1': `
    directive @core(feature: String!) repeatable on SCHEMA
    directive @join__field(graph: join__Graph, requires: join__FieldSet, provides: join__FieldSet) on FIELD_DEFINITION
    directive @join__type(graph: join__Graph!, key: join__FieldSet) repeatable on OBJECT | INTERFACE
    directive @join__owner(graph: join__Graph!) on OBJECT | INTERFACE`,
  'v0.2': `
    directive @join__field(graph: join__Graph!, requires: join__FieldSet, provides: join__FieldSet, type: String, external: Boolean, override: String, usedOverridden: Boolean) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION
    directive @join__implements(graph: join__Graph!, interface: String!) repeatable on OBJECT | INTERFACE
    directive @join__type(graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false, resolvable: Boolean! = true) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR`,
};
const JOIN_LATER = `
    directive @join__field(graph: join__Graph, requires: join__FieldSet, provides: join__FieldSet, type: String, external: Boolean, override: String, usedOverridden: Boolean) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION
    directive @join__implements(graph: join__Graph!, interface: String!) repeatable on OBJECT | INTERFACE
    directive @join__type(graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false, resolvable: Boolean! = true, isInterfaceObject: Boolean! = false) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR
    directive @join__unionMember(graph: join__Graph!, member: String!) repeatable on UNION
    directive @join__enumValue(graph: join__Graph!) repeatable on ENUM_VALUE`;

/** A small supergraph in the form that composers of former versions gave it. */
export function olderSupergraph(join: 'v0.1' | 'v0.2' | 'v0.3' | 'v0.4'): string {
  const isFirst = join === 'v0.1';
  const directives = join === 'v0.3' || join === 'v0.4' ? JOIN_LATER : JOIN_DIRECTIVES[join];
  const on = isFirst
    ? {
        schema: `@core(feature: "https://specs.apollo.dev/core/v0.1") @core(feature: "https://specs.apollo.dev/join/v0.1")`,
        type: '@join__owner(graph: A) @join__type(graph: A, key: "id") @join__type(graph: B, key: "id")',
        query: '',
        a: '@join__field(graph: A)',
        b: '@join__field(graph: B)',
      }
    : {
        schema: `@link(url: "https://specs.apollo.dev/link/v1.0") @link(url: "https://specs.apollo.dev/join/${join}", for: EXECUTION)`,
        type: '@join__type(graph: A, key: "id") @join__type(graph: B, key: "id")',
        query: '@join__type(graph: A) @join__type(graph: B)',
        a: '@join__field(graph: A)',
        b: '@join__field(graph: B)',
      };
  const linkParts = `
    directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA
    scalar link__Import
    enum link__Purpose { SECURITY EXECUTION }
    ${join === 'v0.4' ? 'directive @join__directive(graphs: [join__Graph!], name: String!, args: join__DirectiveArguments) repeatable on SCHEMA | OBJECT | INTERFACE | FIELD_DEFINITION\n    scalar join__DirectiveArguments' : ''}`;
  return `
    schema ${on.schema} { query: Query }
    directive @join__graph(name: String!, url: String!) on ENUM_VALUE
    ${directives}
    ${isFirst ? '' : linkParts}
    scalar join__FieldSet
    enum join__Graph {
      A @join__graph(name: "a", url: "http://a.invalid/graphql")
      B @join__graph(name: "b", url: "http://b.invalid/graphql")
    }
    type Query ${on.query} { product: Product ${on.a} }
    type Product ${on.type} { id: ID! ${isFirst ? '@join__field(graph: A)' : ''} name: String ${on.a} weight: Int ${on.b} }`;
}
