import { describe, expect, it } from 'vitest';
import { concat, EMPTY, fromHex, toHex } from '../../src/bytes.js';
import { createDpd, encodePayloads, type Payload, readDpd } from '../../src/ikev1.js';
import type { Ikev1Action, Outcome } from '../../src/ikev1/events.js';
import { deleteChild, deletionOfAll } from '../../src/ikev1/exchange/child-delete.js';
import { checkLiveness, wakeDpd } from '../../src/ikev1/exchange/dpd.js';
import { answerInformational } from '../../src/ikev1/exchange/informational.js';
import type { About, Exchange, OpenMessage } from '../../src/ikev1/requests.js';
import { type AuthenticatedSa, type Established, isAuthenticated } from '../../src/ikev1/states.js';
import type { ChildSa } from '../../src/keying/child-sa.js';
import type { IkeEnv } from '../../src/keying/machine.js';
import { exchangeOf } from './quick-records.js';
import { find, Follower, secretOf, type Transcript, transcripts } from './transcripts.js';
import { connectionOf, envOf, messageOf as transactionMessageOf, phase1Over } from './transaction-fixture.js';
import { espProposal, policyOf } from './two-hosts.js';

const ckyI = new Uint8Array(8).fill(1);
const ckyR = new Uint8Array(8).fill(2);
const cookies = concat(ckyI, ckyR);
const retransmission = { first: 1000, factor: 2, most: 60_000, jitter: 0, tries: 5 };

function childOf(spi: number, changes: Partial<ChildSa> = {}): ChildSa {
  const policy = policyOf();
  return {
    policy,
    suite: { protocol: 'ESP', encryption: espProposal.encryption[0]!, integrity: espProposal.integrity[0]!, esn: false },
    mode: 'tunnel',
    spiIn: 0x10000 + spi,
    spiOut: 0x20000 + spi,
    local: policy.local as ChildSa['local'],
    remote: policy.remote as ChildSa['remote'],
    ipcomp: undefined,
    peerTakesTfc: false,
    nonFirstFragments: false,
    original: undefined,
    createdAt: 0,
    status: 'active',
    ...changes,
  };
}
const around = { suite: { protocol: 'AH', esn: false } as const, spiIn: 0x10001, spiOut: 0x30001 };

function saOf(changes: Partial<Established> = {}): Established {
  const base = phase1Over(connectionOf({}));
  const options = { ...base.connection.options, established: retransmission, livenessInterval: 20_000 };
  return {
    ...base,
    state: 'ESTABLISHED',
    connection: { ...base.connection, options },
    spiI: ckyI,
    spiR: ckyR,
    abilities: { ...base.abilities, dpd: true },
    initialContact: false,
    deadlines: { ...base.deadlines, liveness: 20_000 },
    dpd: { firstSequence: 100, nextSequence: 100, unanswered: undefined, lastReceived: undefined },
    ...changes,
  };
}

function messageOf(payloads: readonly Payload[], changes: Partial<OpenMessage> = {}): OpenMessage {
  return { ...transactionMessageOf(...payloads), exchange: 'Informational', messageId: 99, ...changes };
}

type Answer = ReturnType<typeof answerInformational>;
const told = (sa: AuthenticatedSa, ...payloads: readonly Payload[]): Answer => answerInformational(sa, messageOf(payloads), envOf());
/** The same where the IKE SA goes on. */
function tell(sa: AuthenticatedSa, ...payloads: readonly Payload[]): Outcome<AuthenticatedSa> {
  const outcome = told(sa, ...payloads);
  if (!isAuthenticated(outcome.sa)) throw new Error(outcome.sa.state);
  return { ...outcome, sa: outcome.sa };
}
const audits = (actions: readonly Ikev1Action[]): string[] => actions.flatMap((action) => (action.type === 'audit' ? [action.event] : []));
const types = (actions: readonly Ikev1Action[]): string[] => actions.map(({ type }) => type);

function deleteOf(protocol: 'ESP' | 'AH' | 'ISAKMP', ...spis: readonly string[]): Payload {
  return { type: 'D', doi: 'IPSEC', protocol, spis: spis.map(fromHex) };
}
function notifyOf(notify: string | number, spi: Uint8Array = EMPTY, protocol: 'ISAKMP' | 'ESP' = 'ISAKMP', data = EMPTY): Payload {
  return { type: 'N', doi: 'IPSEC', protocol, notify: notify as 'CONNECTED', spi, data };
}

// ------------------------------------------------------------------------------------------------------------ recorded

/** The messages of one exchange type that a conversation has. */
function recorded(name: string): { readonly payloads: readonly Payload[]; readonly ckyI: Uint8Array; readonly ckyR: Uint8Array }[] {
  const { messages, ike_sas, child_sas, secrets }: Transcript = transcripts.find((one) => one.name === name)!;
  const text = Object.entries({ ...secrets.b, ...secrets.a }).find(([key]) => key.startsWith('ike'))![1]['secret']!;
  const follower = new Follower({
    psk: secretOf(text),
    gXy: () => fromHex(ike_sas[0]!.shared_secret),
    gQmXy: (child) => fromHex(child_sas[child]!.pfs_shared_secret!),
  });
  return messages.flatMap(({ raw, plaintext }) => {
    const octets = fromHex(raw);
    const payloads = follower.read(octets, plaintext).filter(({ type }) => type !== 'HASH');
    return octets[18] === 5 ? [{ payloads, ckyI: octets.slice(0, 8), ckyR: octets.slice(8, 16) }] : [];
  });
}
const octetsOf = (payloads: readonly Payload[]): string => toHex(encodePayloads(payloads).octets);

describe('Informational exchanges of strongSwan', () => {
  it('its Delete of a Child SA is ours, and it takes the pair away', () => {
    const [ofChild, ofIke] = recorded('ikev1-delete-child');
    const spi = Number.parseInt('cc20272c', 16);
    const common = { spiI: ofChild!.ckyI, spiR: ofChild!.ckyR };
    const own = saOf({ ...common, children: [childOf(0, { spiIn: spi })] });
    expect(octetsOf(deleteChild(own, spi, 'deleted').begin![0]!.payloads)).toBe(octetsOf(ofChild!.payloads));
    const all = deletionOfAll(own);
    expect(all.map(({ payloads }) => octetsOf(payloads))).toEqual([octetsOf(ofChild!.payloads), octetsOf(ofIke!.payloads)]);
    const theirs = saOf({ ...common, children: [childOf(0, { spiOut: spi })] });
    const outcome = tell(theirs, ...ofChild!.payloads);
    expect(outcome).toMatchObject({ sa: { children: [] }, begin: [], actions: [{ type: 'removeChild', reason: 'peer-deleted' }] });
    expect(told(outcome.sa, ...ofIke!.payloads)).toMatchObject({ sa: { state: 'CLOSED', reason: 'deleted by the peer' } });
  });

  it('its questions and answers of Dead Peer Detection are ours', () => {
    const messages = recorded('ikev1-dpd').filter(({ payloads }) => find(payloads, 'N'));
    const common = { spiI: messages[0]!.ckyI, spiR: messages[0]!.ckyR };
    const first = readDpd(find(messages[0]!.payloads, 'N')!, messages[0]!).sequence;
    let asker: AuthenticatedSa = saOf({
      ...common,
      dpd: { firstSequence: first, nextSequence: first, unanswered: undefined, lastReceived: undefined },
    });
    let answerer: AuthenticatedSa = saOf(common);
    for (let i = 0; i + 1 < messages.length; i += 2) {
      const [question, answer] = [messages[i]!, messages[i + 1]!];
      const asked = checkLiveness(asker, envOf());
      expect(octetsOf(asked.begin![0]!.payloads)).toBe(octetsOf(question.payloads));
      const replied = tell(answerer, ...question.payloads);
      expect(octetsOf(replied.begin![0]!.payloads)).toBe(octetsOf(answer.payloads));
      asker = tell(asked.sa, ...answer.payloads).sa;
      expect(asker.dpd.unanswered).toBeUndefined();
      answerer = replied.sa;
    }
  });
});

// ------------------------------------------------------------------------------------------------------------- deletes

describe('RFC 2408 section 3.15: Deletes', () => {
  const three = [childOf(1), childOf(2, { status: 'rekeyed' }), childOf(3)];

  it('takes those away that are named, by their outbound SPIs', () => {
    const { sa, actions, begin } = tell(saOf({ children: three }), deleteOf('ESP', '00020001', '00020002'));
    expect(sa.children).toEqual([three[2]]);
    expect(actions).toEqual([
      { type: 'removeChild', child: three[0], reason: 'peer-deleted' },
      { type: 'removeChild', child: three[1], reason: 'replaced' },
    ]);
    expect(begin).toEqual([]);
  });

  it('not by ours, nor by those of another protocol', () => {
    for (const wrong of [deleteOf('ESP', '00010001'), deleteOf('AH', '00020001'), deleteOf('ESP', '99'), deleteOf('ESP')]) {
      const { sa, actions } = tell(saOf({ children: three }), wrong);
      expect(sa.children).toEqual(three);
      expect(types(actions).filter((type) => type !== 'audit')).toEqual([]);
    }
  });

  it('of a bundle by either of its protocols', () => {
    const bundle = childOf(1, { ah: around });
    for (const payload of [deleteOf('ESP', '00020001'), deleteOf('AH', '00030001')])
      expect(tell(saOf({ children: [bundle] }), payload).sa.children).toEqual([]);
    const [both] = deleteChild(saOf({ children: [bundle] }), bundle.spiIn, 'deleted').begin!;
    expect(both!.payloads).toEqual([deleteOf('ESP', '00010001'), deleteOf('AH', '00010001')]);
  });

  it('an IKE SA is named by its cookies, and only by these', () => {
    const sa = saOf({ children: three });
    const over = told(sa, deleteOf('ISAKMP', toHex(cookies)));
    expect(over.sa.state).toBe('CLOSED');
    expect(types(over.actions)).toEqual(['removeChild', 'removeChild', 'removeChild', 'wipe', 'closed']);
    for (const other of ['', '00'.repeat(16), `${toHex(ckyI)}${'00'.repeat(8)}`, toHex(concat(ckyR, ckyI))])
      expect(tell(sa, { type: 'D', doi: 'IPSEC', protocol: 'ISAKMP', spis: other === '' ? [] : [fromHex(other)] }).sa.children).toEqual(
        three,
      );
  });

  it('with the Child SAs in front, in one message', () => {
    const over = told(saOf({ children: three }), deleteOf('ESP', '00020001'), deleteOf('ISAKMP', toHex(cookies)));
    expect(over.actions.filter(({ type }) => type === 'removeChild')).toHaveLength(3);
    expect(over.begin).toEqual([]);
  });

  it('what is ours is gone at once', () => {
    const { sa, actions } = deleteChild(saOf({ children: three }), 0x10001, 'deleted');
    expect(sa.children).toEqual([three[1], three[2]]);
    expect(actions).toEqual([{ type: 'removeChild', child: three[0], reason: 'deleted' }]);
    expect(deleteChild(saOf({ children: three }), 0x99, 'deleted')).toMatchObject({ actions: [] });
  });
});

// -------------------------------------------------------------------------------------------------------- notifications

const offeredAbout = (spi: number): Extract<About, { kind: 'quick-offered' }> => ({
  kind: 'quick-offered',
  offer: {
    policy: policyOf(),
    sa: { type: 'SA', doi: 'IPSEC', situation: 1, proposals: [] },
    spi,
    cpi: 0x400,
    local: childOf(0).local[0]!,
    remote: childOf(0).remote[0]!,
    keyExchange: undefined,
  },
  Ni: new Uint8Array(16),
  replaces: undefined,
});

describe('RFC 2408 section 3.14: notifications about a Quick Mode of ours', () => {
  const two: readonly Exchange[] = [exchangeOf(5, offeredAbout(0x501)), exchangeOf(6, offeredAbout(0x502))];
  const spi = fromHex('00000502');

  it('by the SPI of the offer', () => {
    const { sa, actions } = tell(saOf({ exchanges: two }), notifyOf('NO-PROPOSAL-CHOSEN', spi, 'ESP'));
    expect(sa.exchanges.map(({ about }) => about.kind)).toEqual(['quick-offered', 'done']);
    expect(types(actions)).toEqual(['releaseSpi', 'releaseCpi', 'audit', 'childFailed']);
    expect(actions.at(-1)).toMatchObject({ policy: 'net', error: { code: 'no-proposal-chosen', blame: 'peer' } });
  });

  it('by the Message ID', () => {
    const message = messageOf([notifyOf('INVALID-ID-INFORMATION')], { messageId: 5 });
    const { sa, actions } = answerInformational(saOf({ exchanges: two }), message, envOf());
    expect((sa as Established).exchanges.map(({ about }) => about.kind)).toEqual(['done', 'quick-offered']);
    expect(actions.at(-1)).toMatchObject({ error: { code: 'ts-unacceptable' } });
  });

  it('without a name it is the only one; of several it is none', () => {
    expect(tell(saOf({ exchanges: two.slice(0, 1) }), notifyOf('NO-PROPOSAL-CHOSEN', cookies)).sa.exchanges[0]!.about.kind).toBe('done');
    const several = tell(saOf({ exchanges: two }), notifyOf('NO-PROPOSAL-CHOSEN', cookies));
    expect(several.sa.exchanges).toEqual(two);
    expect(audits(several.actions)).toEqual(['notified']);
  });

  it('an SPI that is none of ours, and status types, refuse nothing', () => {
    const one = two.slice(0, 1);
    for (const payload of [notifyOf('NO-PROPOSAL-CHOSEN', spi, 'ESP'), notifyOf('REPLAY-STATUS'), notifyOf(40_000), notifyOf(20_000)])
      expect(tell(saOf({ exchanges: one }), payload).sa.exchanges).toEqual(one);
    expect(tell(saOf({ exchanges: one }), notifyOf(9000)).sa.exchanges[0]!.about.kind).toBe('done');
  });

  it('a grant of ours that the peer does not take is given back', () => {
    const child = childOf(1);
    const keys = { encryption: new Uint8Array(16).fill(1), integrity: new Uint8Array(32).fill(1) };
    const granted = [{ child, keys: { inbound: keys, outbound: keys }, replaces: undefined }];
    const exchange = exchangeOf(8, { kind: 'quick-answered', Ni: new Uint8Array(16), Nr: new Uint8Array(16), granted });
    const { sa, actions } = tell(saOf({ exchanges: [exchange] }), notifyOf('INVALID-ID-INFORMATION', fromHex('00020001'), 'ESP'));
    expect(sa.exchanges[0]!.about.kind).toBe('done');
    expect(types(actions)).toEqual(['releaseSpi', 'wipe', 'audit']);
    const deleted = tell(saOf({ exchanges: [exchange] }), deleteOf('ESP', '00020001'));
    expect(types(deleted.actions)).toEqual(['releaseSpi', 'wipe']);
  });
});

describe('RFC 2407 section 4.6.3.3: INITIAL-CONTACT', () => {
  it('counts once', () => {
    const first = tell(saOf(), notifyOf('INITIAL-CONTACT', cookies));
    expect(first).toMatchObject({ sa: { initialContact: true }, actions: [{ type: 'initialContact' }] });
    expect(tell(first.sa, notifyOf('INITIAL-CONTACT', cookies)).actions).toEqual([]);
  });
  it('before the IKE SA is established it is told with that', () => {
    const { sa, actions } = tell({ ...saOf(), state: 'CONFIG_SERVER' }, notifyOf('INITIAL-CONTACT', cookies));
    expect(sa.initialContact).toBe(true);
    expect(actions).toEqual([]);
  });
});

// ------------------------------------------------------------------------------------------------ Dead Peer Detection

describe('RFC 3706 section 6: sequence numbers', () => {
  const ask = (sequence: number): Payload => createDpd('R-U-THERE', { ckyI, ckyR }, sequence);
  const ack = (sequence: number): Payload => createDpd('R-U-THERE-ACK', { ckyI, ckyR }, sequence);
  const at = (now: number, more: Partial<IkeEnv> = {}): IkeEnv => envOf({ now, ...more });
  const numberOf = ({ begin }: Outcome): number => readDpd(find(begin![0]!.payloads, 'N')!, { ckyI, ckyR }).sequence;

  it('each question is answered with its number; those behind the last one are replays', () => {
    let sa: AuthenticatedSa = saOf();
    for (const sequence of [7, 8, 8, 11]) {
      const outcome = tell(sa, ask(sequence));
      expect(outcome.begin).toMatchObject([{ exchange: 'Informational', payloads: [ack(sequence)], awaitsAnswer: false }]);
      ({ sa } = outcome);
    }
    for (const sequence of [10, 7, 0]) expect(tell(sa, ask(sequence))).toMatchObject({ sa, begin: [], actions: [{ event: 'replayed' }] });
    expect(sa.dpd.lastReceived).toBe(11);
  });

  it('the same question is answered a few times more, and no longer', () => {
    let sa = tell(saOf(), ask(7)).sa;
    let answers = 0;
    for (let i = 0; i < 100; i++) {
      const outcome = tell(sa, ask(7));
      answers += outcome.begin!.length;
      ({ sa } = outcome);
    }
    expect(answers).toBe(8);
    expect(tell(sa, ask(8)).begin).toHaveLength(1);
  });

  it('the one after 2^32 - 1 is 0', () => {
    const { sa } = tell(saOf(), ask(0xffffffff));
    expect(tell(sa, ask(0)).sa.dpd.lastReceived).toBe(0);
    const asker = saOf({ dpd: { firstSequence: 0xffffffff, nextSequence: 0xffffffff, unanswered: undefined, lastReceived: undefined } });
    expect(tell(checkLiveness(asker, at(0)).sa, ack(0xffffffff)).sa.dpd.nextSequence).toBe(0);
  });

  it('only a new number shows that the peer is alive', () => {
    const fresh = tell(saOf(), ask(7)).sa;
    expect(fresh.heardAt).toBe(1000);
    expect(tell({ ...fresh, heardAt: 0 }, ask(7)).sa.heardAt).toBe(0);
    expect(tell({ ...fresh, heardAt: 0 }, ask(6)).sa.heardAt).toBe(0);
  });

  it('an answer has the number of the question', () => {
    const asked = checkLiveness(saOf(), at(30_000));
    expect(numberOf(asked)).toBe(100);
    for (const sequence of [99, 101, 0]) {
      const { sa, actions } = tell(asked.sa, ack(sequence));
      expect(sa.dpd).toEqual(asked.sa.dpd);
      expect(sa.heardAt).toBe(0);
      expect(audits(actions)).toEqual(['replayed']);
    }
    expect(tell(asked.sa, ack(100)).sa).toMatchObject({
      dpd: { firstSequence: 100, nextSequence: 101, unanswered: undefined },
      heardAt: 1000,
    });
    // nobody has asked
    expect(audits(tell(saOf(), ack(100)).actions)).toEqual(['replayed']);
  });

  it('other cookies, and data of another length, are nothing', () => {
    const wrong = [createDpd('R-U-THERE', { ckyI: ckyR, ckyR: ckyI }, 1), notifyOf('R-U-THERE', cookies, 'ISAKMP', new Uint8Array(3))];
    const before = saOf();
    for (const payload of wrong) {
      const { sa, begin, actions } = tell(before, payload);
      expect(sa).toBe(before);
      expect(begin).toEqual([]);
      expect(audits(actions)).toEqual(['malformed']);
    }
  });

  it('is asked once at a time, and never of a peer that does not know it', () => {
    const asked = checkLiveness(saOf(), at(0));
    expect(checkLiveness(asked.sa, at(1))).toEqual({ sa: asked.sa, actions: [] });
    const unable = saOf({ abilities: { ...saOf().abilities, dpd: false } });
    expect(checkLiveness(unable, at(0))).toEqual({ sa: unable, actions: [] });
  });

  it('asks again, with the same number for who waits for that, and with the next for who has had it', () => {
    let sa: AuthenticatedSa = saOf();
    const numbers: number[] = [];
    for (let outcome: Outcome = checkLiveness(sa, at(30_000)); ; outcome = wakeDpd(sa, at(sa.dpd.unanswered!.retryAt))) {
      if (!isAuthenticated(outcome.sa)) {
        expect(outcome.actions.at(-1)).toMatchObject({ type: 'closed', error: { code: 'timeout', blame: 'network' } });
        break;
      }
      ({ sa } = outcome);
      numbers.push(numberOf(outcome));
    }
    expect(numbers).toEqual([100, 101, 100, 102, 100]);
    expect(tell(sa, ack(102)).sa.dpd.nextSequence).toBe(103);
  });

  it('a packet on a Child SA is an answer, too', () => {
    const asked = checkLiveness(saOf({ children: [childOf(1)] }), at(30_000)).sa;
    const { retryAt } = asked.dpd.unanswered!;
    expect(wakeDpd(asked, at(retryAt, { heardAt: () => 29_000 })).begin).toHaveLength(1);
    const heard = wakeDpd(asked, at(retryAt, { heardAt: () => 30_500 }));
    expect(heard.sa).toMatchObject({ dpd: { unanswered: undefined } });
    expect(heard.begin).toBeUndefined();
  });

  it('is due where nothing was heard for long', () => {
    expect(wakeDpd(saOf(), at(19_999)).begin).toBeUndefined();
    expect(numberOf(wakeDpd(saOf(), at(20_000)))).toBe(100);
    const heard = wakeDpd(saOf({ heardAt: 15_000 }), at(20_000));
    expect(heard.begin).toBeUndefined();
    expect(heard.sa.deadlines.liveness).toBe(35_000);
  });
});
