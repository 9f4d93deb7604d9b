import { isDeepStrictEqual } from 'node:util';
import type { TransportAnswer } from '@playgraph/server/transport';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CONFIDENCE_MAX } from '../../src/calls/confidence.ts';
import type { ClientInfo } from '../../src/client-request.ts';
import {
  createClient,
  createWalkedWorld,
  identityOf,
  toChange,
  toExecution,
  type Walk,
  type WalkedNode,
  type WalkedWorld,
  walk,
} from './walk.ts';
import { turn } from './world.ts';

const SEED = Number(process.env.PROPERTY_SEED ?? 20_261_121);
const RUNS = Number(process.env.PROPERTY_RUNS ?? 60);
const NODES = 7;
/** A request of a client, from its beginning to its end. */
type Visit = {
  readonly walk: Walk;
  readonly who: number;
  readonly client: ClientInfo;
  readonly leave: () => void;
  readonly beganAt: number;
  /** When the last change was made that a client knew of before this began: what it is told must be worked out later. */
  readonly lastChangeAt: number;
  /** Whether it waited for the run of another visit. */
  isJoined: boolean;
  /** Null while it runs; `gone` when its client left first. */
  outcome: { readonly text: string; readonly cacheControl: string | null; readonly endedAt: number } | 'gone' | null;
};

type Action =
  | { readonly kind: 'visit'; readonly who: number; readonly walk: Walk }
  | { readonly kind: 'deliver' | 'produce' | 'fail' | 'leave'; readonly which: number }
  | { readonly kind: 'set'; readonly id: number; readonly value: number; readonly next: readonly number[] }
  | { readonly kind: 'expire'; readonly id: number; readonly maxAge: number }
  | { readonly kind: 'change'; readonly id: number };

const id = fc.nat({ max: NODES - 1 });
const walks: fc.Arbitrary<Walk> = fc.record({
  roots: fc.constantFrom([0], [1, 2], [0, 3]),
  steps: fc.constantFrom(2, 3),
});
const actions: fc.Arbitrary<Action> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('visit' as const), who: fc.nat({ max: 2 }), walk: walks }) },
  { weight: 12, arbitrary: fc.record({ kind: fc.constant('deliver' as const), which: fc.nat() }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('produce' as const), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('fail' as const), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave' as const), which: fc.nat() }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('set' as const),
      id,
      value: fc.nat({ max: 2 }),
      next: fc.uniqueArray(id, { maxLength: 2 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('expire' as const), id, maxAge: fc.constantFrom(5, 60) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('change' as const), id }) },
);
const CLIENTS: readonly Partial<ClientInfo>[] = [
  {},
  { identity: identityOf('ann') },
  { identity: identityOf('bob'), headers: { 'accept-language': 'de' } },
];

test.each([
  ['with prediction', { prediction: true, sharing: false }],
  ['with sharing', { prediction: false, sharing: true }],
  ['with both', { prediction: true, sharing: true }],
])(
  '%s, whatever changes in between, every answer is one that a step-by-step execution would give',
  async (_how, options) => {
    let remembered = 0;
    const property = fc.asyncProperty(fc.array(actions, { minLength: 20, maxLength: 70 }), async (played) => {
      const world = createWalkedWorld(options);
      const visits = await play(world, played);
      for (const visit of visits) {
        expectStepByStep(world, visits, visit);
        if (!options.sharing) await expectSameBytes(world, visit);
      }
      expectNothingLeft(world);
      remembered += world.runner.stats().rememberedRuns;
    });
    await fc.assert(property, { seed: SEED, numRuns: RUNS });
    // Otherwise this would show nothing.
    expect(remembered > 0).toBe(options.prediction);
  },
);

test('a prediction, right or wrong, never takes longer than going step by step', async () => {
  const changes = fc.array(fc.record({ id, value: fc.nat({ max: 2 }), next: fc.uniqueArray(id, { maxLength: 2 }) }), {
    maxLength: 4,
  });
  const latencies = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: NODES, maxLength: NODES });
  const rounds = fc.array(fc.record({ changes, latencies }), { minLength: 2, maxLength: 6 });
  let faster = 0;
  const property = fc.asyncProperty(walks, rounds, async (walked, played) => {
    const guessing = createWalkedWorld({ prediction: true });
    const plain = createWalkedWorld();
    for (const round of played) {
      for (const { id: node, value, next } of round.changes) {
        for (const world of [guessing, plain]) world.set(node, { value: `${value}`, next });
      }
      const took = await timeWalk(guessing, walked, round.latencies);
      const takes = await timeWalk(plain, walked, round.latencies);
      expect(took).toBeLessThanOrEqual(takes);
      if (took < takes) faster += 1;
    }
  });
  await fc.assert(property, { seed: SEED, numRuns: RUNS });
  expect(faster).toBeGreaterThan(RUNS / 2);
});

test('confidence stays within its range, whatever happens', async () => {
  const property = fc.asyncProperty(fc.array(actions, { maxLength: 50 }), async (played) => {
    const world = createWalkedWorld({ prediction: true });
    await play(world, played);
    for (const steps of [2, 3]) {
      const confidence = world.runner.confidenceOf(`walk of ${steps}`);
      expect(confidence).toBeGreaterThanOrEqual(0);
      expect(confidence).toBeLessThanOrEqual(CONFIDENCE_MAX);
    }
  });
  await fc.assert(property, { seed: SEED, numRuns: 30 });
});

async function play(world: WalkedWorld, played: readonly Action[]): Promise<Visit[]> {
  const visits: Visit[] = [];
  const changes: Promise<unknown>[] = [];
  let lastChangeAt = 0;
  const visit = ({ who, walk: walked }: Action & { kind: 'visit' }) => {
    const { info, leave } = createClient({ ...CLIENTS[who], correlationId: `visit ${visits.length}` });
    const joinedBefore = world.runner.stats().joinedRuns;
    const beganAt = world.now();
    const running = world.runner.run(toExecution(walked, info));
    const isJoined = world.runner.stats().joinedRuns > joinedBefore;
    const begun: Visit = { walk: walked, who, client: info, leave, beganAt, lastChangeAt, isJoined, outcome: null };
    visits.push(begun);
    running.then(
      ({ answer: { body, cacheControl } }) => {
        begun.outcome = { text: body.toString(), cacheControl, endedAt: world.now() };
      },
      (error) => {
        expect(error).toBe(info.signal.reason);
        begun.outcome = 'gone';
      },
    );
  };
  const change = (node: number) => {
    const correlationId = `change ${changes.length}`;
    const changed = world.runner.run(toChange(node, createClient({ correlationId }).info));
    changes.push(
      changed.then(({ calls }) => {
        expect(calls).toMatchObject({ sent: 2, shared: 0, predicted: 0 });
        const asked = world.sendings.find(({ info }) => info.correlationId === correlationId);
        lastChangeAt = Math.max(lastChangeAt, asked?.deliveredAt ?? world.now());
      }),
    );
  };
  for (const action of played) {
    if (action.kind === 'visit') visit(action);
    else if (action.kind === 'change') change(action.id);
    else disturb(world, visits, action);
    await turn();
  }
  await world.deliverAll();
  await Promise.all(changes);
  return visits;
}

function disturb(world: WalkedWorld, visits: readonly Visit[], action: Exclude<Action, { kind: 'visit' | 'change' }>) {
  if (action.kind === 'set') return world.set(action.id, { value: `w${action.value}`, next: action.next });
  if (action.kind === 'expire') return world.set(action.id, { maxAge: action.maxAge });
  if (action.kind === 'leave') return visits[action.which % Math.max(1, visits.length)]?.leave();
  const pending = world.pending();
  const sending = pending[action.which % Math.max(1, pending.length)];
  if (sending?.request.operationType !== 'mutation' || action.kind !== 'fail') sending?.[action.kind]();
}

/** Everything that the client was told is what a subgraph said on behalf of an equal client while its run lasted. */
function expectStepByStep(world: WalkedWorld, visits: readonly Visit[], visit: Visit): void {
  expect(visit.outcome).not.toBeNull();
  if (visit.outcome === null || visit.outcome === 'gone') return;
  const { text, cacheControl } = visit.outcome;
  const answers = answersFor(world, visits, visit);
  const maxAges = answers.map(({ answer }) => answer.cacheControl ?? 'max-age=0');
  expect([...maxAges, 'max-age=Infinity']).toContain(cacheControl);
  const told: WalkedNode[] = JSON.parse(text).data;
  expect(told.map((node) => node.id)).toEqual(visit.walk.roots);
  for (const node of told) expectTold(node, visit.walk.steps, answers);
}

/** Where every request was answered once, there is one step-by-step execution, and it says the same to the byte. */
async function expectSameBytes(world: WalkedWorld, visit: Visit): Promise<void> {
  if (visit.outcome === null || visit.outcome === 'gone') return;
  const own = world.sendings.filter(({ info }) => info.correlationId === visit.client.correlationId);
  expect(new Set(own.map(({ request }) => request.body)).size).toBe(own.length);
  const printed = await walk(visit.walk, async (_subgraph, { body }) => {
    const answer = own.find(({ request, deliveredAt }) => request.body === body && deliveredAt !== null)?.answer;
    if (!answer) throw new TypeError(`nobody was asked ${body}`);
    return answer;
  });
  expect(printed.body.toString()).toBe(visit.outcome.text);
  expect(printed.cacheControl).toBe(visit.outcome.cacheControl);
}

function expectTold(node: WalkedNode, left: number, answers: readonly GivenAnswer[]): void {
  const isSaidBy = ({ id: asked, answer }: GivenAnswer) => {
    const { data, errors } = answer.read();
    if (asked !== node.id) return false;
    if (!data) return node.error === errors?.[0]?.message;
    const next = left > 1 ? (data.node as { next: number[] }).next : [];
    return (
      isDeepStrictEqual(node.told, data) &&
      isDeepStrictEqual(
        node.next?.map((child) => child.id),
        next,
      )
    );
  };
  expect(answers.some(isSaidBy), `nobody said this of ${node.id}: ${JSON.stringify(node)}`).toBe(true);
  for (const child of node.next ?? []) expectTold(child, left - 1, answers);
}

type GivenAnswer = { readonly id: number; readonly answer: TransportAnswer };

/** What was worked out after the last change that the client may know of, and arrived while its run lasted. */
function answersFor(world: WalkedWorld, visits: readonly Visit[], visit: Visit): GivenAnswer[] {
  if (visit.outcome === null || visit.outcome === 'gone') return [];
  const { endedAt } = visit.outcome;
  const beganAt = leaderOf(visits, visit).beganAt;
  return world.sendings.flatMap(({ node, info, answer, producedAt, deliveredAt }) => {
    const isInTime = deliveredAt !== null && deliveredAt > beganAt && deliveredAt <= endedAt;
    const isFresh = producedAt !== null && producedAt > visit.lastChangeAt;
    const isTheirs = info.identity?.userId === visit.client.identity?.userId;
    return answer && isInTime && isFresh && isTheirs ? [{ id: node, answer }] : [];
  });
}

/** Who began the run that the client had a part in. */
function leaderOf(visits: readonly Visit[], visit: Visit): Visit {
  if (!visit.isJoined) return visit;
  const leader = visits
    .slice(0, visits.indexOf(visit))
    .findLast((earlier) => !earlier.isJoined && keyOf(earlier) === keyOf(visit));
  if (!leader) throw new TypeError('nobody to join');
  return leader;
}

function keyOf({ walk: { roots, steps }, who }: Visit): string {
  return JSON.stringify([roots, steps, who]);
}

function expectNothingLeft(world: WalkedWorld): void {
  expect(world.pending()).toEqual([]);
  expect(world.runner.stats().inFlight).toEqual({ runs: 0, calls: 0 });
}

/** How long a walk takes when an answer about a node takes as long as `latencies` says. */
async function timeWalk(world: WalkedWorld, walked: Walk, latencies: readonly number[]): Promise<number> {
  const dueAt = new Map<object, number>();
  let clock = 0;
  let isDone = false;
  const done = world.start(walked).then(() => {
    isDone = true;
  });
  for (await turn(); !isDone; await turn()) {
    const pending = world.pending();
    for (const sending of pending) {
      if (!dueAt.has(sending)) dueAt.set(sending, clock + (latencies[sending.node] ?? 1));
    }
    clock = Math.min(...pending.map((sending) => dueAt.get(sending) ?? clock));
    for (const sending of pending) if (dueAt.get(sending) === clock) sending.deliver();
  }
  await done;
  return clock;
}
