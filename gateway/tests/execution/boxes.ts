/** Two subgraphs that each know a half of what a box is like; the boxes stand in lists, some of them twice. */
export const shapes = {
  typeDefs: `
    type Query { boxes: [Box!]! settings: Settings @shareable }
    type Box @key(fields: "id") { id: ID! place: Int! label(loud: Boolean = false): String sides: [Side!]! @shareable lid: Side @shareable }
    type Side @shareable { width: Int inner: Inner }
    type Inner @shareable { front: String }
    type Settings @shareable { theme: String nested: Inner }
  `,
  resolvers: {
    Query: {
      boxes: () => ['b1', 'b2', 'b1'].map((id, place) => ({ id, place })),
      settings: () => ({ theme: 'dark', nested: { front: 'f' } }),
    },
    Box: {
      label: ({ place }: { place: number }, { loud }: { loud: boolean }) => `at ${place}${loud ? '!' : ''}`,
      sides: ({ id }: { id: string }) => [1, 2].map((width) => ({ width, inner: { front: `${id} front ${width}` } })),
      lid: ({ id }: { id: string }) => (id === 'b1' ? { width: 9 } : null),
    },
  },
};
export const depths = {
  typeDefs: `
    type Query { settings: Settings @shareable }
    type Box @key(fields: "id") { id: ID! weight: Int sides: [Side!]! @shareable lid: Side @shareable }
    type Side @shareable { depth: Int inner: Inner }
    type Inner @shareable { back: String }
    type Settings @shareable { size: Int nested: Inner }
  `,
  resolvers: {
    Query: { settings: () => ({ size: 12, nested: { back: 'b' } }) },
    Box: {
      __resolveReference: ({ id }: { id: string }) => ({ id, weight: 5 }),
      sides: ({ id }: { id: string }) => [10, 20].map((depth) => ({ depth, inner: { back: `${id} back ${depth}` } })),
      lid: () => ({ depth: 90 }),
    },
  },
};
