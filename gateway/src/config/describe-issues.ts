import type { z } from 'zod';
import { didYouMean } from './near-miss.ts';
import { settingPath } from './read-sources.ts';
import { listSettings } from './settings-table.ts';

type Issue = z.core.$ZodIssue;

/** Under which name a setting was written: a flag, a variable, else its path, as it stands in a file. */
export type NameOf = (path: readonly string[]) => string;

/** @param writtenAs path (joined by dots) to the flag or variable that sets it. */
export function createNameOf(writtenAs: ReadonlyMap<string, string>): NameOf {
  return (path) => {
    const at = path.join('.');
    const own = writtenAs.get(at) ?? [...writtenAs].find(([below]) => below.startsWith(`${at}.`))?.[1];
    if (own !== undefined) return own;
    const list = writtenAs.get(path.slice(0, -1).join('.'));
    const item = Number(path.at(-1));
    return list !== undefined && Number.isInteger(item) ? `${list}, item ${item + 1}` : at;
  };
}

/** Each problem by the name under which it was written. Values are not told: one may be a secret. */
export function describeIssues(issues: readonly Issue[], nameOf: NameOf): string[] {
  return issues.flatMap((issue) => {
    const path = issue.path.map(String);
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => `${nameOf([...path, key])}: there is no such setting${meant([...path, key])}`);
    return [`${nameOf(path) || '(all)'}: ${messageOf(issue)}${unitOf(path, issue)}`];
  });
}

const NEEDED: Readonly<Record<string, string>> = {
  object: 'settings by name',
  record: 'texts by name',
  array: 'a list',
  string: 'a text',
  number: 'a number',
};

/** Our own words where the schema has none. */
function messageOf(issue: Issue): string {
  if (issue.code === 'invalid_value') return `needs one of ${issue.values.map(String).join(', ')}`;
  const isOwn = issue.code !== 'invalid_type' || !issue.message.startsWith('Invalid input');
  return isOwn ? issue.message : `needs ${NEEDED[issue.expected] ?? 'another kind of value'}`;
}

/** The setting that was most likely meant: one beside it, else one of that name anywhere. */
function meant(path: readonly string[]): string {
  const at = settingPath(path).split('.');
  const paths = listSettings().map((setting) => setting.path.split('.'));
  const parent = at.slice(0, -1);
  const beside = paths.filter((other) => parent.every((part, index) => other[index] === part));
  const key = at.at(-1) ?? '';
  const names = new Set(beside.flatMap((other) => other[parent.length] ?? []));
  const near = didYouMean(key, names);
  if (near !== '')
    return near.replace(
      'mean ',
      `mean ${path
        .slice(0, -1)
        .map((part) => `${part}.`)
        .join('')}`,
    );
  const elsewhere = paths.find((other) => other.at(-1) === key);
  return elsewhere ? `; did you mean ${elsewhere.join('.')}?` : '';
}

function unitOf(path: readonly string[], { message }: Issue): string {
  return message === 'needs a number' && path.at(-1)?.endsWith('Ms') ? ' of milliseconds' : '';
}
