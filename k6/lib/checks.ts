import { check } from 'k6';

/** How many failures each VU prints; further ones only count. */
const FAILURES_PRINTED_MAX = 5;
const EVIDENCE_CHARS_MAX = 600;
/** A VU whose iteration failed waits that long: a store that is down is not asked a thousand times a second. */
const FAILURE_PAUSE_MS = 1_000;

/** A check did not hold: the rest of the iteration makes no sense. */
class CheckFailed extends Error {
  override readonly name = 'CheckFailed';
}

let failuresPrinted = 0;

/** Counts a check under a name that is the same for all iterations. @throws CheckFailed with the evidence. */
export function expect(holds: boolean, name: string, evidence: unknown): void {
  if (check(null, { [name]: () => holds })) return;
  throw new CheckFailed(`${name}: ${JSON.stringify(evidence)}`);
}

/**
 * Runs one iteration. That it came to its end is a check of its own: an iteration that throws fails the run, also when
 * no check had been reached.
 */
export async function runToEnd(name: string, work: () => Promise<void>): Promise<void> {
  const failure = await work().then(
    () => null,
    (error: unknown) => String(error),
  );
  check(null, { [name]: () => failure === null });
  if (failure === null) return;
  printFailure(`${name}: no. ${failure}`);
  await new Promise<void>((resolve) => setTimeout(resolve, FAILURE_PAUSE_MS));
}

function printFailure(failure: string): void {
  if (failuresPrinted >= FAILURES_PRINTED_MAX) return;
  failuresPrinted += 1;
  console.error(failure.slice(0, EVIDENCE_CHARS_MAX));
}
