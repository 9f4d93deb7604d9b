import { createHash } from 'node:crypto';
import { type DocumentNode, Kind, print, visit } from 'graphql';

/** Which labelled overrides hold for an operation: the planner's `overrideConditions`. */
type OverrideConditions = (document: DocumentNode) => Map<string, boolean>;

const LABEL_ARGUMENT = 'overrideLabel';
const PERCENT = /^percent\((\d{1,3}(?:\.\d{1,8})?)\)$/;
const PERCENT_MAX = 100;
const BYTES_OF_SHARE = 4;
const SHARES = 2 ** (8 * BYTES_OF_SHARE);

/**
 * Progressive overrides, `@override(from: "a", label: "percent(5)")`: five of a hundred operations, always the same ones,
 * have the field from its new subgraph. By operation rather than by request, since each is planned once. Labels of
 * another form belong to a router that asks elsewhere; here they never hold, so that the field stays where it was.
 */
export function readOverrideConditions(supergraph: DocumentNode): OverrideConditions {
  const percents = new Map<string, number>();
  visit(supergraph, {
    Argument({ name, value }) {
      if (name.value !== LABEL_ARGUMENT || value.kind !== Kind.STRING) return;
      const [, percent] = PERCENT.exec(value.value) ?? [];
      if (percent !== undefined) percents.set(value.value, Number(percent));
    },
  });
  if (percents.size === 0) return () => new Map();
  return (document) => {
    const share = shareOf(print(document));
    return new Map([...percents].map(([label, percent]) => [label, share < percent]));
  };
}

/** A number from 0 to below 100 that a text always has. */
function shareOf(text: string): number {
  const digest = createHash('sha256').update(text).digest();
  return (digest.readUIntBE(0, BYTES_OF_SHARE) / SHARES) * PERCENT_MAX;
}
