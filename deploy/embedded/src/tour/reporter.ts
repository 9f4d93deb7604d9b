/** Prints the tour as it goes. */
export type Reporter = {
  /** Runs one step and prints what it says; a step that throws prints why and ends the tour. */
  step<Result>(title: string, work: () => Promise<readonly [result: Result, fact: string]>): Promise<Result>;
  /** Prints a live event the moment it arrives. */
  live(what: string): void;
  chapter(title: string): void;
};

/** A step did not hold. */
export class TourError extends Error {
  override readonly name = 'TourError';
}

/** @throws TourError with what was expected and what came instead. */
export function holds(condition: boolean, expected: string, actual: unknown): void {
  if (!condition) throw new TourError(`expected ${expected}; got ${JSON.stringify(actual)}`);
}

/** A reporter that writes lines through `write`. */
export function createReporter(write: (line: string) => void): Reporter {
  return {
    chapter: (title) => write(`\n${title}`),
    live: (what) => write(`    live  ${what}`),
    async step(title, work) {
      try {
        const [result, fact] = await work();
        write(`  ok    ${title}${fact === '' ? '' : `: ${fact}`}`);
        return result;
      } catch (error) {
        write(`  FAIL  ${title}: ${error instanceof Error ? error.message : String(error)}`);
        throw error;
      }
    },
  };
}

/** 1999 EUR as `19.99 EUR`. */
export function formatMoney({ amountMinor, currency }: { amountMinor: number; currency: string }): string {
  return `${(amountMinor / 100).toFixed(2)} ${currency}`;
}
