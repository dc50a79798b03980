import { describe, expect, it } from 'vitest';
import { formatKeyLog, parseEspSa, parseIkev2DecryptionTable } from '../../src/capture.js';
import { answer, closeEndpoint, connect, createEndpoint, type EndpointAction, receiveIp } from '../../src/endpoint.js';
import { encodeUdp, parseAddress } from '../../src/ip.js';
import {
  begin,
  clearPacket,
  createPair,
  createRandom,
  eventsOf,
  gateways,
  hostA,
  hostB,
  numbersOf,
  parseHost,
  run,
  send,
  summary,
} from '../pair.js';

describe('what the endpoint asks the outside world', () => {
  const asking = { connection: { auth: { ask: true } } };

  it('a shared secret, by both identities; the handshake waits for the answer', () => {
    const pair = createPair(gateways(asking));
    const secret = new TextEncoder().encode('a secret that both sides have');
    const asked: string[] = [];
    for (const side of [pair.a, pair.b])
      side.answers = ({ ask, connection }) => {
        if (ask.kind !== 'shared-key') throw new Error(ask.kind);
        asked.push(`${side.name} ${connection} ${JSON.stringify([ask.localId, ask.peerId])}`);
        return secret;
      };
    begin(pair, pair.a);
    run(pair, 1000);
    expect([summary(pair.a), summary(pair.b)]).toEqual([['ESTABLISHED 1'], ['ESTABLISHED 1']]);
    expect(asked.every((line) => line.includes('peer') && line.includes('a.example.com') && line.includes('b.example.com'))).toBe(true);
    expect(asked.length).toBeGreaterThanOrEqual(2);
    expect([pair.a.endpoint.asks.size, pair.b.endpoint.asks.size]).toEqual([0, 0]);
    send(pair, pair.a, clearPacket('10.1.0.1', '10.2.0.1', 1));
    run(pair, 2000);
    expect(numbersOf(pair.b)).toEqual([1]);
  });

  it('no secret, or a wrong one: AUTHENTICATION_FAILED, and nothing is left', () => {
    for (const value of [undefined, new Uint8Array(16)]) {
      const pair = createPair(gateways(asking));
      pair.a.answers = () => new Uint8Array(20).fill(3);
      pair.b.answers = () => value;
      begin(pair, pair.a);
      run(pair, 60_000);
      expect([summary(pair.a), summary(pair.b)]).toEqual([[], []]);
      expect(eventsOf(pair.a, 'closed')[0]).toMatchObject({ wasEstablished: false, error: { code: 'peer-refused' } });
      expect(eventsOf(pair.b, 'closed')[0]).toMatchObject({ wasEstablished: false, error: { code: 'authentication-failed' } });
      expect(pair.b.endpoint.db.sad.size).toBe(0);
    }
  });

  it('an answer that comes too late is nothing', () => {
    const { a } = gateways(asking);
    const endpoint = createEndpoint(parseHost(a), { now: 0, random: createRandom(1) });
    expect(answer(endpoint, 77, new Uint8Array(4), 1)).toEqual([]);
    expect(() => connect(endpoint, 'nobody', 1)).toThrow(/peer/);
  });
});

describe('key logs, where they are asked for', () => {
  it('are what Wireshark reads: the keys of IKE SAs and of Child SAs, those of rekeyed ones too', () => {
    const pair = createPair(
      gateways({ host: { keyLog: true }, child: { rekeyAfter: { seconds: 10 } }, connection: { timers: { rekey: 25 } } }),
    );
    begin(pair, pair.a);
    run(pair, 60_000);
    const lines = (side: typeof pair.a) => [...eventsOf(side, 'ikeKeys'), ...eventsOf(side, 'childKeys')].map(formatKeyLog);
    const linesOf = (name: string): string =>
      lines(pair.a)
        .map(({ table, text }) => (table === name ? text : ''))
        .join('');
    const { keys, warnings } = parseIkev2DecryptionTable(linesOf('ikev2_decryption_table'));
    expect(warnings).toEqual([]);
    expect(keys.length).toBeGreaterThan(1);
    const { sas } = parseEspSa(linesOf('esp_sa'));
    expect(sas.length).toBeGreaterThan(6);
    // Both sides say the same of every SA.
    const other = lines(pair.b).map(({ text }) => text);
    expect(lines(pair.a).every(({ text }) => other.includes(text))).toBe(true);
    expect(JSON.stringify(sas[0]?.encryption?.name)).toContain('ENCR_AES_GCM_16');
  });

  it('and never otherwise', () => {
    const pair = createPair(gateways({}));
    begin(pair, pair.a);
    run(pair, 1000);
    expect([...eventsOf(pair.a, 'ikeKeys'), ...eventsOf(pair.a, 'childKeys')]).toEqual([]);
  });
});

describe('a host with raw IP packets', () => {
  it('takes IKE as whole UDP packets, through the BYPASS that the SPD has for it', () => {
    const { a, b } = gateways({});
    const [one, two] = [a, b].map((json, i) => createEndpoint(parseHost(json), { now: 0, random: createRandom(i + 1) })) as [
      ReturnType<typeof createEndpoint>,
      ReturnType<typeof createEndpoint>,
    ];
    let carried = 0;
    const carry = (actions: readonly EndpointAction[]): void => {
      for (const action of actions) {
        if (action.type !== 'datagram') continue;
        carried++;
        const { from, to, data } = action;
        const packet = encodeUdp({ source: from.address, destination: to.address }, from.port, to.port, data);
        carry(receiveIp(to.address[0] === 192 ? one : two, packet, 1));
      }
    };
    carry(connect(one, 'peer', 1));
    expect([...one.ikeSas.values(), ...two.ikeSas.values()].map(({ sa }) => sa.state)).toEqual(['ESTABLISHED', 'ESTABLISHED']);
    // Clear packets that should have been protected do not get in.
    const clear = encodeUdp({ source: parseAddress('10.1.0.1'), destination: parseAddress('10.2.0.1') }, 1, 2, new Uint8Array(4));
    expect(receiveIp(two, clear, 2).map(({ type }) => type)).toEqual(['event']);
    const stray = encodeUdp({ source: parseAddress(hostA), destination: parseAddress(hostB) }, 53, 53, new Uint8Array(4));
    expect(receiveIp(two, stray, 2).map(({ type }) => type)).toEqual(['event']);
    carry(closeEndpoint(one, 3));
    expect([one.ikeSas.size, two.ikeSas.size]).toEqual([0, 0]);
    expect(carried).toBe(6);
  });
});

describe('what policy lets pass', () => {
  it('passes as it is, both ways; the rest does not', () => {
    const host = {
      policies: [
        { action: 'BYPASS', remote: '203.0.113.0/24' },
        { action: 'DISCARD', protocol: 'tcp', remotePorts: 25 },
      ],
    };
    const pair = createPair(gateways({ host }));
    send(pair, pair.a, clearPacket('10.1.0.1', '203.0.113.5', 1));
    send(pair, pair.a, clearPacket('10.1.0.1', '203.1.113.5', 2));
    expect(pair.record.map((line) => line.split(' ')[2])).toEqual(['ip']);
    const open = createPair(gateways({ host: { otherwise: 'BYPASS' } }));
    send(open, open.a, clearPacket('10.1.0.1', '203.1.113.5', 2));
    send(open, open.a, clearPacket('10.1.0.1', '10.2.0.1', 3));
    run(open, 1000);
    expect(open.record[0]).toContain(' ip 45');
    expect(open.record[1]).toContain(' datagram ');
    expect(numbersOf(open.b)).toEqual([2, 3]);
  });
});
