/**
 * Everything that a peer can say in every state, under the real keys and with the right HASH: it has its row, or it has no effect. Rows 10, 37 and 39 of the list of
 * known attacks: CVE-2014-2338, CVE-2019-10155, CVE-2022-23094, CVE-2023-30570.
 */
import { afterAll, describe, expect, test } from 'vitest';
import { wipeSecrets } from '../../src/keying/machine.js';
import type { Ikev1Action } from '../../src/ikev1/events.js';
import { ikev1 } from '../../src/ikev1/ikev1.js';
import { findExchange } from '../../src/ikev1/exchanges.js';
import type { Ikev1Sa } from '../../src/ikev1/states.js';
import { findTransition } from '../../src/ikev1/transition.js';
import { transitions } from '../../src/ikev1/transitions.js';
import { dictionary, type Said, seal, type Situation, situations } from './model-states.js';
import { pathOf } from './two-hosts.js';

const exchanges = ['Identity Protection', 'Aggressive', 'Transaction', 'Informational', 'Quick Mode'] as const;
/** Exchanges that are not carried out, and numbers that are those of IKEv2 or nobody's. */
const foreignExchanges = ['Base', 'Authentication Only', 'New Group Mode', 0, 34, 35, 36, 37, 240] as const;

/** Payloads that no exchange speaks of, or that are nothing to this one. */
const strangers: readonly string[] = ['SA(quick)', 'VID', 'D(ISAKMP)', 'N(INITIAL-CONTACT)', 'FRAG'];

const all = situations();
const taken = new Set<unknown>();
const counts = new Map<string, { taken: number; dropped: number }>();

function* messages({ sa }: Situation, names: readonly string[]): Generator<Said> {
  const known =
    'exchanges' in sa ? sa.exchanges.filter(({ about }, i) => about.kind !== 'done' || i === 0).map(({ messageId }) => messageId) : [];
  for (const encrypted of [true, false]) {
    for (const exchange of exchanges) {
      const rows = transitions.filter((row) => row.from === sa.state && row.exchange === exchange);
      const told = new Set<string>(
        transitions.flatMap((row) => (row.exchange === exchange ? [...row.with, ...row.needs, ...row.may] : [])),
      );
      const near = names.filter((name) => told.has(name) || strangers.includes(name));
      const pairs = near.flatMap((one, i) => near.slice(i).map((other) => [one, other]));
      for (const messageId of [0, 0x1234_5678, ...known]) {
        const said = (list: readonly string[]): Said => ({ exchange, messageId, names: list, encrypted });
        yield said([]);
        for (const name of names) yield said([name]);
        // In the clear nothing is listened to once there are exchanges of phase 2.
        if (rows.length > 0 && (encrypted || known.length === 0)) for (const pair of pairs) yield said(pair);
        for (const row of rows) {
          const least = [...row.with, ...row.needs].map((name) => (name === 'SA' && exchange === 'Quick Mode' ? 'SA(quick)' : name));
          yield said(least);
          for (const more of names) yield said([...least, more]);
          for (const missing of least) yield said(least.filter((name) => name !== missing));
        }
      }
    }
    for (const exchange of foreignExchanges) for (const name of names) yield { exchange, messageId: 0x1234_5678, names: [name], encrypted };
  }
}

/** What a peer may not get by a message that no row takes. */
const gains: ReadonlySet<Ikev1Action['type']> = new Set([
  'established',
  'installChild',
  'removeChild',
  'moved',
  'ikev1Keys',
  'ask',
  'closed',
  'reauthenticate',
  'keepalive',
]);

function check(one: Situation, said: Said, payloads: ReturnType<typeof dictionary>): readonly string[] {
  const { sa, host } = one;
  const wrong: string[] = [];
  const fault = (text: string): void => {
    wrong.push(
      `${one.name}: ${said.exchange} ${said.messageId} ${said.encrypted ? '' : 'in the clear '}of ${said.names.join(' ') || 'nothing'}: ${text}`,
    );
  };
  const data = seal(sa, said, payloads);
  const before = data.slice();
  const path = pathOf(host.name);
  const allocated = new Set<number>();
  const env = { ...host.env, allocateSpi: () => spiFrom(allocated) };
  let after: Ikev1Sa;
  let actions: readonly Ikev1Action[];
  try {
    ({ sa: after, actions } = ikev1.step(sa, { type: 'datagram', data, from: path.remote, to: path.local }, env));
  } catch (error) {
    fault(`threw ${String(error)}`);
    return wrong;
  }
  if (data.some((octet, i) => octet !== before[i])) fault('the datagram was written to');
  const exchange = findExchange(sa, said.messageId, said.exchange);
  const message = { exchange: said.exchange, payloads: said.names.map((name) => payloads.get(name)!) } as never;
  const row = findTransition(transitions, sa.state, message, exchange?.about.kind ?? 'new');
  const types = actions.map(({ type }) => type);
  if (row && said.encrypted) taken.add(row);
  const tally = counts.get(one.name) ?? { taken: 0, dropped: 0 };
  counts.set(one.name, tally);
  if (after.state !== sa.state || types.some((type) => gains.has(type))) tally.taken++;
  else tally.dropped++;
  if (!row || sa.waiting) {
    for (const type of types) if (gains.has(type)) fault(`gained ${type} without a row`);
    if (after.state !== sa.state) fault(`went to ${after.state} without a row`);
    if (allocated.size > 0) fault('reserved an SPI');
  } else if (![...row.to, sa.state].includes(after.state)) fault(`went to ${after.state}, which is not in its row`);
  // Nothing in the dictionary proves anything: phase 1 cannot end, whatever is said in whatever order.
  if (!('exchanges' in sa) && (types.includes('established') || 'exchanges' in after)) fault('ended phase 1');
  if (!('exchanges' in sa) && after.state === 'CLOSED') fault('closed an IKE SA without having proved anything');
  if (sa.state !== 'CONFIG_CLIENT' && sa.state !== 'CONFIG_SERVER' && sa.state !== 'XAUTH_CLIENT' && types.includes('established'))
    fault('established');
  if (sa.state !== 'ESTABLISHED' && types.includes('installChild')) fault('got a Child SA');
  if (!said.encrypted && 'crypto' in sa && sa.state !== 'AGGRESSIVE_R1' && types.some((type) => gains.has(type)))
    fault('gained something in the clear');
  for (const action of actions)
    if (action.type === 'installChild') wipeSecrets(Object.values({ ...action.keys.inbound }).filter((key) => key !== undefined));
  const kept = new Set<number>();
  if ('exchanges' in after)
    for (const { about } of after.exchanges) {
      if (about.kind === 'quick-offered') kept.add(about.offer.spi);
      if ('granted' in about) for (const { child } of about.granted) kept.add(child.spiIn);
    }
  for (const action of actions) {
    if (action.type === 'releaseSpi') kept.add(action.spi);
    if (action.type === 'installChild') kept.add(action.child.spiIn);
  }
  for (const spi of allocated) if (!kept.has(spi)) fault(`lost SPI ${spi.toString(16)}`);
  return wrong;
}

function spiFrom(allocated: Set<number>): number {
  const spi = 0x10_0000 + allocated.size;
  allocated.add(spi);
  return spi;
}

describe('what is not in the table has no effect', () => {
  test.each(all.map((one) => [one.name, one] as const))('%s', (_, one) => {
    const payloads = dictionary(one.sa);
    const faults: string[] = [];
    for (const said of messages(one, [...payloads.keys()])) faults.push(...check(one, said, payloads));
    expect(faults.slice(0, 20)).toEqual([]);
  });

  test('every state is come through, and every row of an IKE SA that is there finds its message', () => {
    const states = new Set<string>(all.map(({ sa }) => sa.state));
    const named = new Set(transitions.flatMap(({ from, to }) => [from, ...to]));
    expect([...named].filter((state) => state !== 'LISTENING' && state !== 'CLOSED' && !states.has(state))).toEqual([]);
    // LISTENING has no IKE SA, and AGGRESSIVE_R0 waits for an answer from outside: aggressive.test.ts and respond.test.ts are about those.
    const missed = transitions.filter(
      (row) => row.from !== 'LISTENING' && row.from !== 'AGGRESSIVE_R0' && !taken.has(row) && row.about !== 'done',
    );
    expect(missed.map(({ from, exchange, about, story }) => `${from} ${exchange} ${about}: ${story}`)).toEqual([]);
  });

  afterAll(() => {
    const lines = [...counts].map(([name, { taken: t, dropped }]) => `${name.padEnd(70)} with an effect ${t}, without ${dropped}`);
    const total = [...counts.values()].reduce((sum, { taken: t, dropped }) => sum + t + dropped, 0);
    console.info([`${total} messages in ${counts.size} situations`, ...lines].join('\n'));
  });
});
