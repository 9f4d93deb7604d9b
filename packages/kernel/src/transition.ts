import { conflict } from './errors.ts';

/** For each state the states that may follow it. A state with an empty list is final. */
export type TransitionTable<State extends string> = { readonly [From in State]: readonly State[] };

/** True when the table allows `to` right after `from`. */
export function canTransition<State extends string>(table: TransitionTable<State>, from: State, to: State): boolean {
  return table[from].includes(to);
}

/** Returns `to` when the table allows it after `from`. @throws DomainError CONFLICT with `{ from, to }` otherwise. */
export function transition<State extends string>(table: TransitionTable<State>, from: State, to: State): State {
  if (!canTransition(table, from, to)) throw conflict(`${from} cannot become ${to}.`, { from, to });
  return to;
}
