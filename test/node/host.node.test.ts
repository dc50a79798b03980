import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { formatEvent } from '../../src/cli/host/words.js';
import { readCapture } from '../../src/capture.js';
import type { EndpointDatagram } from '../../src/endpoint.js';
import { IpsecError } from '../../src/errors.js';
import { encodeUdp, parseAddress } from '../../src/ip.js';
import type { Host } from '../../src/node.js';
import { connect, listen } from '../../src/node.js';
import { clientConfig, gatewayConfig, ping, sleep, startClient, startGateway, until, type Watched, type Wishes } from './pair.js';

const running: Host[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((host) => host.close()));
});

async function pair(wishes: Wishes = {}): Promise<{ readonly gateway: Watched; readonly client: Watched }> {
  const gateway = await startGateway(wishes);
  running.push(gateway.host);
  const client = await startClient(gateway.host.ports, wishes);
  running.push(client.host);
  return { gateway, client };
}

const children = (host: Host): number[] => host.status().ikeSas.flatMap((sa) => sa.children.map(({ spiIn }) => spiIn));
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

const quick = { first: 0.02, factor: 1.1, most: 0.05, tries: 2 };

/** What the log of a host says. */
const wordsOf = ({ events }: Watched): string => events.map((event) => formatEvent(event)).join('\n');

async function failure(promise: Promise<unknown>): Promise<IpsecError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof IpsecError) return error;
  throw new Error(`no IpsecError: ${String(error)}`);
}

describe('two hosts over loopback UDP', () => {
  test.each([
    ['127.0.0.1', '10.1.0.1', '10.2.0.1'],
    ['127.0.0.1', 'fd00:1::1', 'fd00:2::1'],
    ['::1', '10.1.0.1', '10.2.0.1'],
    ['::1', 'fd00:1::1', 'fd00:2::1'],
  ])('over %s: pings from %s to %s', async (address, from, to) => {
    const { client, gateway } = await pair({ address });
    expect(await ping(client.host, 3, [from, to])).toEqual([1, 2, 3]);
    const [sa] = client.host.status().ikeSas;
    expect(sa).toMatchObject({ state: 'ESTABLISHED', role: 'initiator', peerId: 'b.example' });
    expect(sa?.children[0]).toMatchObject({ inUdp: true, packetsIn: 3, packetsOut: 3 });
    expect(gateway.host.status().ikeSas[0]).toMatchObject({ role: 'responder', peerId: 'a.example' });
  });

  test('one more Child SA, and a look whether the peer is there', async () => {
    const { client, gateway } = await pair();
    client.host.createChild('office', 'net');
    await until(() => children(client.host).length === 2 && children(gateway.host).length === 2);
    client.host.checkLiveness('office');
    expect(await ping(client.host, 2)).toEqual([1, 2]);
    expect(() => {
      client.host.createChild('office', 'nett');
    }).toThrow(IpsecError);
    expect(client.host.status().ikeSas).toHaveLength(1);
  });

  test('both SAs are rekeyed from either side under traffic, and no ping is lost', async () => {
    const { client, gateway } = await pair();
    const firstChild = children(client.host)[0]!;
    const firstIke = client.host.status().ikeSas[0]!.spiI;
    const pings = ping(client.host, 60);
    const rekeyed = (side: Watched): number => side.events.filter(({ type }) => type === 'rekeyed').length;
    client.host.rekeyChild(firstChild);
    await until(() => rekeyed(client) === 1 && rekeyed(gateway) === 1);
    client.host.rekeyIke('office');
    await until(() => rekeyed(client) === 2 && rekeyed(gateway) === 2);
    await until(() => gateway.host.status().ikeSas.length === 1);
    gateway.host.rekeyIke('office');
    await until(() => rekeyed(client) === 3 && rekeyed(gateway) === 3);
    await until(() => gateway.host.status().ikeSas.length === 1 && client.host.status().ikeSas.length === 1);
    gateway.host.rekeyChild(gateway.host.status().ikeSas[0]!.children.at(-1)!.spiIn);
    await until(() => rekeyed(client) === 4 && rekeyed(gateway) === 4);
    expect(await pings).toEqual(upTo(60));
    expect(await ping(client.host, 3)).toEqual([1, 2, 3]);
    const [sa] = client.host.status().ikeSas;
    expect(sa?.spiI).not.toBe(firstIke);
    expect(sa?.children.map(({ spiIn }) => spiIn)).not.toContain(firstChild);
  });

  test('packets that wait bring the connection about', async () => {
    const gateway = await startGateway();
    running.push(gateway.host);
    const client = await listen(clientConfig(gateway.host.ports));
    running.push(client);
    expect(await ping(client, 3)).toEqual([1, 2, 3]);
  });

  test('reauthenticate makes before it breaks', async () => {
    const { client } = await pair();
    const first = client.host.status().ikeSas[0]!.spiI;
    client.host.reauthenticate('office');
    await until(() => client.events.some((event) => event.type === 'closed'));
    const [sa, ...rest] = client.host.status().ikeSas;
    expect(rest).toEqual([]);
    expect(sa?.spiI).not.toBe(first);
    expect(await ping(client.host, 3)).toEqual([1, 2, 3]);
  });

  test('deleteChild and disconnect: both sides know', async () => {
    const { client, gateway } = await pair();
    client.host.deleteChild(children(client.host)[0]!);
    await until(() => children(gateway.host).length === 0 && children(client.host).length === 0);
    gateway.host.disconnect('office');
    await until(() => client.host.status().ikeSas.length === 0 && gateway.host.status().ikeSas.length === 0);
    expect(client.events.at(-1)).toMatchObject({ type: 'closed', wasEstablished: true });
  });

  test('close deletes, and can be called again; then commands are refused and packets go nowhere', async () => {
    const { client, gateway } = await pair();
    await Promise.all([client.host.close(), client.host.close()]);
    await until(() => gateway.host.status().ikeSas.length === 0);
    expect(gateway.events.at(-1)).toMatchObject({ type: 'closed', reason: 'deleted by the peer', error: undefined });
    expect(() => {
      client.host.rekeyIke('office');
    }).toThrow('the host: expected one that is running');
    expect((await failure(client.host.connect('office'))).code).toBe('invalid-argument');
    client.host.send(new Uint8Array(40));
  });

  test('close waits no longer than it is told for a peer that has forgotten us', async () => {
    const gateway = await startGateway();
    running.push(gateway.host);
    const old = await startClient(gateway.host.ports, {}, { closeTimeout: 30 });
    // The gateway believes INITIAL_CONTACT: the old IKE SA is gone there, without a word.
    const client = await startClient(gateway.host.ports);
    running.push(client.host);
    await until(() => gateway.host.status().ikeSas.length === 1);
    await old.host.close();
    expect(old.host.status().ikeSas).toMatchObject([{ state: 'DELETING' }]);
    expect(await ping(client.host, 1)).toEqual([1]);
  });

  test('IKE and ESP share one port', async () => {
    const free = await freePort();
    const gateway = await startGateway({ own: { ports: { ike: free, nat: free } } });
    running.push(gateway.host);
    expect(gateway.host.ports).toEqual({ ike: free, nat: free });
    const client = await startClient(gateway.host.ports, { connection: { startOnNatPort: true } });
    running.push(client.host);
    expect(await ping(client.host, 3)).toEqual([1, 2, 3]);
    client.host.rekeyIke('office');
    await until(() => gateway.events.some(({ type }) => type === 'rekeyed'));
    expect(await ping(client.host, 3)).toEqual([1, 2, 3]);
  });

  test('one host with two addresses: the same ports at both', async () => {
    const own = { addresses: ['127.0.0.1', '::1'] };
    const gateway = await startGateway({ own });
    running.push(gateway.host);
    for (const address of own.addresses) {
      const client = await startClient(gateway.host.ports, { address });
      expect(await ping(client.host, 2)).toEqual([1, 2]);
      await client.host.close();
    }
  });

  test('payloads are compressed, where both sides want it', async () => {
    const { client, gateway } = await pair({ child: { ipcomp: true } });
    expect(await ping(client.host, 2)).toEqual([1, 2]);
    const { octetsIn } = gateway.host.status().ikeSas[0]!.children[0]!;
    const source = parseAddress('10.1.0.1');
    client.host.send(encodeUdp({ source, destination: parseAddress('10.2.0.1') }, 1, 2, new Uint8Array(1000)));
    await until(() => gateway.host.status().ikeSas[0]!.children[0]!.octetsIn > octetsIn);
    expect(gateway.host.status().ikeSas[0]!.children[0]!.octetsIn - octetsIn).toBeLessThan(300);
  });

  test('several hosts in one process, several clients of one gateway', async () => {
    const gateway = await startGateway({
      gatewayConnection: { remote: { id: '.example', claims: ['10.1.0.0/16'] } },
    });
    running.push(gateway.host);
    const clients = await Promise.all(
      [1, 2, 3].map((n) =>
        startClient(gateway.host.ports, {
          connection: {
            local: { id: `${n}.example` },
            children: [{ local: `10.1.${n}.0/24`, remote: '10.2.0.0/16' }],
          },
        }),
      ),
    );
    running.push(...clients.map(({ host }) => host));
    for (const [i, { host }] of clients.entries()) expect(await ping(host, 2, [`10.1.${i + 1}.1`, '10.2.0.1'])).toEqual([1, 2]);
  });
});

describe('what keeps a connection from coming about', () => {
  test('another secret: our side does not say more to the peer, and more to us', async () => {
    const gateway = await startGateway();
    running.push(gateway.host);
    const config = clientConfig(gateway.host.ports, { connection: { auth: { psk: 'another secret' } } });
    const error = await failure(connect(config));
    expect([error.code, error.message]).toEqual(['peer-refused', expect.stringContaining('AUTHENTICATION_FAILED')]);
    await until(() => gateway.events.some(({ type }) => type === 'closed'));
    expect(wordsOf(gateway)).toMatch(/AUTH/);
    expect(gateway.host.status().ikeSas).toEqual([]);
  });

  test('no proposal in common: what was offered, what is accepted, where they differ', async () => {
    const gateway = await startGateway({ gatewayConnection: { proposals: 'aes128gcm16-prfsha256-ecp256' } });
    running.push(gateway.host);
    const proposals = 'aes256gcm16-prfsha256-curve25519';
    const config = clientConfig(gateway.host.ports, { connection: { proposals, setUpRetransmission: quick } });
    expect((await failure(connect(config))).message).toContain('NO_PROPOSAL_CHOSEN');
    expect(wordsOf(gateway)).toContain('no cipher in common: offered ENCR_AES_GCM_16 (256), accepted ENCR_AES_GCM_16 (128)');
  });

  test('a Child SA that is refused', async () => {
    const gateway = await startGateway();
    running.push(gateway.host);
    const config = clientConfig(gateway.host.ports, { child: { remote: '10.9.0.0/16', local: '10.1.0.0/16' } });
    const error = await failure(connect(config));
    expect(error.code).toBe('ts-unacceptable');
    expect(error.message).toContain('the traffic selectors 10.1.0.0/16 <-> 10.9.0.0/16, found TS_UNACCEPTABLE');
    expect(wordsOf(gateway)).toContain('10.9.0.0/16');
  });

  test('nobody there: timeout, as the configuration says', async () => {
    const free = await freePort();
    const config = clientConfig({ ike: free, nat: free }, { connection: { setUpRetransmission: quick } });
    expect((await failure(connect(config))).code).toBe('timeout');
  });

  test('close ends a connect that waits', async () => {
    const host = await listen(clientConfig({ ike: await freePort(), nat: 9 }));
    const waiting = failure(host.connect('office'));
    await host.close();
    expect((await waiting).message).toContain('office');
  });

  test('a port that somebody else has; then nothing is left open', async () => {
    const { host } = await startGateway();
    running.push(host);
    const { ike } = host.ports;
    const free = await freePort();
    const error = await failure(listen(gatewayConfig({ own: { ports: { ike: free, nat: ike } } })));
    expect([error.code, error.path]).toEqual(['invalid-config', 'ports.nat']);
    expect(error.message).toContain('expected a port that no other program has, found EADDRINUSE');
    const again = await listen(gatewayConfig({ own: { ports: { ike: free, nat: 0 } } }));
    await again.close();
  });

  test('an address that is not ours, and the wildcard', async () => {
    expect((await failure(listen(gatewayConfig({ address: '192.0.2.77' })))).path).toBe('addresses');
    expect((await failure(listen(gatewayConfig({ address: '0.0.0.0' })))).message).toContain('every address has a socket of its own');
  });

  test('names that are none', async () => {
    const { client } = await pair();
    expect((await failure(client.host.connect('ofice'))).message).toContain('expected office, found "ofice"');
    expect(() => {
      client.host.rekeyChild(1);
    }).toThrow('our inbound SPI of a Child SA: expected that of one that is there, found 0x1');
    expect((await failure(connect(gatewayConfig()))).path).toBe('connections');
  });
});

describe('listeners', () => {
  test('one that throws warns and stops nothing', async () => {
    const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const gateway = await startGateway();
    running.push(gateway.host);
    gateway.host.onPacket(() => {
      throw new Error('a listener of mine');
    });
    const throwing = {
      onEvent: (): void => {
        throw new Error('another');
      },
    };
    const client = await startClient(gateway.host.ports, {}, throwing);
    running.push(client.host);
    expect(await ping(client.host, 3)).toEqual([1, 2, 3]);
    expect(warning.mock.calls.map(([error]) => String(error))).toEqual(
      expect.arrayContaining(['Error: another', 'Error: a listener of mine']),
    );
    warning.mockRestore();
  });

  test('what a question is answered with; an answer that fails is none', async () => {
    const secret = new TextEncoder().encode('a long secret that both sides have');
    const gateway = await startGateway(
      { gatewayConnection: { auth: { ask: true } } },
      {
        answer: (question) =>
          question.kind === 'shared-key' && question.peerId.type === 'ID_FQDN' ? Promise.resolve(secret) : Promise.resolve(undefined),
      },
    );
    running.push(gateway.host);
    const client = await startClient(gateway.host.ports);
    running.push(client.host);
    expect(await ping(client.host, 1)).toEqual([1]);
    const broken = await startGateway(
      { gatewayConnection: { auth: { ask: true } } },
      {
        answer: () => {
          throw new Error('the database is away');
        },
      },
    );
    running.push(broken.host);
    expect((await failure(connect(clientConfig(broken.host.ports)))).code).toBe('peer-refused');
    expect(broken.events.some((event) => event.type === 'audit' && event.detail.includes('the database is away'))).toBe(true);
  });
});

describe('bad input', () => {
  test('garbage, cut and changed datagrams at both ports never throw, and the tunnel goes on', async () => {
    const warning = vi.spyOn(process, 'emitWarning');
    const said: EndpointDatagram[] = [];
    const gateway = await startGateway({}, { onDatagram: (datagram) => void said.push(datagram) });
    running.push(gateway.host);
    const client = await startClient(gateway.host.ports);
    running.push(client.host);
    expect(await ping(client.host, 3)).toEqual([1, 2, 3]);
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const { ike, nat } = gateway.host.ports;
    const send = (data: Uint8Array): void => {
      for (const port of [ike, nat]) socket.send(data, port, '127.0.0.1');
    };
    let state = 1;
    const random = (): number => (state = (Math.imul(state, 48271) >>> 0) % 0x7fffffff);
    for (let i = 0; i < 400; i++) {
      const data = Uint8Array.from({ length: random() % 200 }, () => random() & 255);
      if (i % 2 === 0 && data.length > 32) {
        // Something that looks like a message of IKE, behind the marker or not.
        const at = i % 4 === 0 ? 4 : 0;
        data.fill(0, 0, at);
        data.set([0x20, 34 + (i % 5), i % 3 === 0 ? 0x08 : 0x20, 0, 0, 0, 0], at + 17);
      }
      send(data);
      if (i % 50 === 0) await sleep(2);
    }
    send(new Uint8Array(0));
    send(Uint8Array.of(0xff));
    send(new Uint8Array(4));
    await sleep(50);
    expect(await ping(client.host, 3)).toEqual([1, 2, 3]);
    expect(gateway.host.status().ikeSas.filter(({ state: is }) => is === 'ESTABLISHED').length).toBe(1);
    expect(Object.values(gateway.host.status().counts).reduce((a, b) => a + b, 0)).toBeGreaterThan(0);
    // What others said, and what we said ourselves, once more.
    const others = recorded();
    expect(others.length).toBeGreaterThan(100);
    for (const [i, data] of [...others, ...said.map((datagram) => datagram.data)].entries()) {
      send(data);
      if (i % 50 === 0) await sleep(2);
    }
    await sleep(50);
    expect(await ping(client.host, 3)).toEqual([1, 2, 3]);
    for (const packet of [new Uint8Array(0), Uint8Array.of(0x45), new Uint8Array(40), new Uint8Array(2000).fill(0x45)])
      client.host.send(packet);
    expect(await ping(client.host, 1)).toEqual([1]);
    socket.close();
    // Nothing was thrown and caught somewhere, either.
    expect(warning).not.toHaveBeenCalled();
    warning.mockRestore();
  });
});

/** What stands in recorded frames, behind the headers of Ethernet or of IP. */
function recorded(): Uint8Array[] {
  const files = ['vectors/ikev2/captures', 'vectors/demo'].flatMap((place) => readdirSync(place).map((name) => `${place}/${name}`));
  return files
    .filter((name) => name.endsWith('.pcap'))
    .flatMap((name) => [...readCapture(new Uint8Array(readFileSync(name)))])
    .flatMap((record) => (record.error === undefined ? [0, 28, 42].map((at) => record.data.subarray(at)) : []));
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}
