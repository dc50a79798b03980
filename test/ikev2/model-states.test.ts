/**
 * Everything that a peer can say in every state: each combination of payloads that the table speaks of, sealed with the peer's real keys, has its row or is
 * refused without effect.
 */
import { afterAll, describe, expect, test } from 'vitest';
import { transitions } from '../../src/ikev2/transitions.js';
import { check } from './model-check.js';
import type { Said, Verdict } from './model-rules.js';
import { closed, type Situation, situations } from './model-states.js';

const exchanges = ['IKE_SA_INIT', 'IKE_AUTH', 'CREATE_CHILD_SA', 'INFORMATIONAL'] as const;
/** Later exchanges, and numbers that nobody has given out. */
const foreignExchanges = [
  'IKE_SESSION_RESUME',
  'GSA_AUTH',
  'GSA_REGISTRATION',
  'GSA_REKEY',
  'IKE_INTERMEDIATE',
  'IKE_FOLLOWUP_KE',
  0,
  33,
  46,
  239,
  255,
];

/** What the table speaks of in one kind of message. */
function universe(exchange: string, isResponse: boolean): string[] {
  const rows = transitions.filter((t) => t.exchange === exchange && t.message === (isResponse ? 'response' : 'request'));
  return [...new Set(rows.flatMap((t) => [...t.with, ...t.needs, ...t.may]))];
}

function* subsetsOf(names: readonly string[]): Generator<string[]> {
  for (let bits = 0; bits < 2 ** names.length; bits++) yield names.filter((_, i) => (bits & (1 << i)) !== 0);
}

function* messages(one: Situation): Generator<Said> {
  const everything = Object.keys(one.payloads(false));
  for (const isResponse of [false, true]) {
    for (const exchange of exchanges) {
      const kind = isResponse ? 'response' : 'request';
      const rows = transitions.filter((t) => t.from === one.sa.state && t.exchange === exchange && t.message === kind);
      const all = universe(exchange, isResponse);
      // Where an exchange has no row at all, what is in it hardly matters.
      for (const names of subsetsOf(all))
        if (rows.length > 0 || names.length < 3 || names.length === all.length) yield { exchange, isResponse, names };
      for (const row of rows) {
        const least = [...row.with, ...row.needs];
        for (const more of everything) yield { exchange, isResponse, names: [...least, more] };
        for (const again of least) yield { exchange, isResponse, names: [...least, again] };
      }
    }
    for (const exchange of foreignExchanges)
      for (const name of [[], ...everything.map((x) => [x])]) yield { exchange, isResponse, names: name };
  }
}

const all = [...situations(), closed()];

describe('what is not in the table has no effect', () => {
  const counts = new Map<string, Record<Verdict['kind'], number>>();

  test.each(all.map((one) => [one.name, one] as const))('%s', (_, one) => {
    const tally = { taken: 0, dropped: 0, declined: 0, refused: 0, fatal: 0, ended: 0 };
    const faults: string[] = [];
    for (const said of messages(one)) {
      const { verdict, wrong } = check(one, said);
      tally[verdict.kind]++;
      faults.push(...wrong);
    }
    counts.set(one.name, tally);
    expect(faults.slice(0, 20)).toEqual([]);
  });

  test('every state in both roles, every exchange', () => {
    const states = new Set(all.map(({ sa }) => sa.state));
    expect([...states].sort()).toEqual([...new Set(transitions.flatMap(({ from, to }) => [from, ...to]))].sort());
    for (const state of ['ESTABLISHED', 'REPLACED', 'DELETING'])
      expect(new Set(all.flatMap(({ sa }) => (sa.state === state && 'role' in sa ? [sa.role] : []))).size).toBe(2);
  });

  afterAll(() => {
    const lines = [...counts].map(
      ([name, t]) =>
        `${name.padEnd(44)} ${Object.entries(t)
          .flatMap(([k, n]) => (n > 0 ? [`${k} ${n}`] : []))
          .join(', ')}`,
    );
    const total = [...counts.values()].flatMap((t) => Object.values(t)).reduce((a, b) => a + b, 0);
    console.info([`${total} messages in ${counts.size} situations`, ...lines].join('\n'));
  });
});
