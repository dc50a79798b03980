import { describe, expect, it } from 'vitest';
import { IpsecError } from '../../src/errors.js';
import { createEndpoint, lintConfig, parseEndpointConfig } from '../../src/endpoint.js';
import { formatAddress } from '../../src/ip.js';
import { allRows, createRandom, gateways, parseHost } from '../pair.js';

const psk = 'c4f1c8f7f4a34c1bb3a5a3ee5b8f9d11';
const peer = { name: 'peer', auth: { pskHex: psk }, remote: { address: '192.0.2.2', id: 'b.example.com' } };
const host = { addresses: ['192.0.2.1'], connections: [peer] };

/** What is wrong with a configuration. */
function refusal(json: unknown): IpsecError {
  try {
    parseEndpointConfig(json, { rows: allRows });
  } catch (error) {
    if (error instanceof IpsecError) return error;
  }
  throw new Error('it was taken');
}

function withConnection(change: Readonly<Record<string, unknown>>): unknown {
  return { ...host, connections: [{ ...peer, ...change }] };
}

function withChild(change: Readonly<Record<string, unknown>>): unknown {
  return withConnection({ children: [{ remote: '10.2.0.0/16', ...change }] });
}

describe('a configuration in JSON', () => {
  it('needs little: everything else has a default', () => {
    const config = parseEndpointConfig({ ...host, connections: [{ ...peer, children: [{ remote: '10.2.0.0/16' }] }] }, { rows: allRows });
    const [{ ike, remote }] = config.connections as [(typeof config.connections)[0]];
    expect(config.ports).toEqual({ ike: 500, nat: 4500 });
    expect(ike.localId).toMatchObject({ type: 'ID_IPV4_ADDR' });
    expect(ike.remoteId).toEqual({ type: 'ID_FQDN', name: 'b.example.com' });
    expect(remote).toMatchObject({ port: 500, natPort: 4500 });
    expect(ike.proposals[0]?.encryption[0]?.name).toBe('ENCR_AES_GCM_16');
    expect(ike.children[0]).toMatchObject({
      name: 'child-1',
      mode: 'tunnel',
      local: [{ addresses: 'dynamic' }],
      softLifetime: { seconds: 3600 },
      hardLifetime: { seconds: 3960 },
    });
    expect(ike.options).toMatchObject({ natTraversal: 'detect', rekeyAfter: 14_400_000, fragmentSizes: [1280, 576], windowSize: 1 });
    expect(formatAddress(ike.remoteAddresses![0]!.start)).toBe('192.0.2.2');
  });

  it('says where the wrong value stands, what it is, and what would be right', () => {
    for (const [json, path, words] of [
      [[], 'configuration', 'an object'],
      [{}, 'addresses', 'one or more'],
      [{ ...host, ike: 3 }, 'ike', '1 to 2'],
      [{ addresses: ['192.0.2.300'] }, 'addresses.0', '192.0.2.300'],
      [{ ...host, ports: { ike: 4500 } }, 'ports.nat', 'another than that of IKE'],
      [{ ...host, encapsulation: 'allways' }, 'encapsulation', 'did you mean always?'],
      [{ ...host, otherwise: 'drop' }, 'otherwise', 'DISCARD, BYPASS'],
      [withConnection({ name: '' }), 'connections.0.name', 'text'],
      [withConnection({ auth: undefined }), 'connections.0.auth', 'psk'],
      [withConnection({ auth: { pskHex: '123' } }), 'connections.0.auth.pskHex', 'hexadecimal digits'],
      [withConnection({ auth: { psk: 'a', ask: true } }), 'connections.0.auth', 'one of psk, pskHex, ask'],
      [withConnection({ remote: {} }), 'connections.0.remote.id', 'an identity'],
      [withConnection({ remote: { address: '2001:db8::1' } }), 'connections.0.remote.address', 'family'],
      [withConnection({ proposals: 'aes256gcm16-prfsha256-curve22519' }), 'connections.0.proposals', 'curve25519'],
      [withConnection({ nat: 'forced' }), 'connections.0.nat', 'did you mean force?'],
      [withConnection({ timers: { rekey: -1 } }), 'connections.0.timers.rekey', 'seconds'],
      [withConnection({ fragmentation: [576, 1280] }), 'connections.0.fragmentation.1', 'less than 576'],
      [withConnection({ request: ['ipv5'] }), 'connections.0.request.0', 'ipv4'],
      [withConnection({ retransmission: { factor: 1 } }), 'connections.0.retransmission.factor', 'more than 1'],
      [withChild({ mode: 'tunel' }), 'connections.0.children.0.mode', 'did you mean tunnel?'],
      [withChild({ remote: '10.2.0.0/33' }), 'connections.0.children.0.remote', '10.2.0.0/33'],
      [withChild({ local: 'fd00::/8' }), 'connections.0.children.0.remote', 'IPv4'],
      [withChild({ proposals: 'aes256gcm16-md5' }), 'connections.0.children.0.proposals', ''],
      [withChild({ replayWindow: -1 }), 'connections.0.children.0.replayWindow', '0 to 1048576'],
      [withChild({ lifetime: { seconds: 0 } }), 'connections.0.children.0.lifetime.seconds', '1 to'],
      [
        { ...host, policies: [{ action: 'PROTECT', processing: { protocol: 'ESP', mode: 'tunnel' } }] },
        'policies.0.action',
        'BYPASS or DISCARD',
      ],
      [{ ...host, processing: { natPorts: [1] } }, 'processing.natPorts', 'none'],
      [{ ...host, pools: [{ name: 'p' }] }, 'pools.0.ranges', 'one range or more'],
    ] as const) {
      const error = refusal(json);
      expect([error.code, error.path, error.message.includes(words)]).toEqual([
        error.code === 'unknown-algorithm' ? 'unknown-algorithm' : 'invalid-config',
        path,
        true,
      ]);
    }
  });

  it('warns of members that mean nothing, with the name that was meant, and takes the rest', () => {
    const warnings: string[] = [];
    const json = { ...host, adresses: [], connections: [{ ...peer, childern: [], timers: { reky: 5 } }] };
    const config = parseEndpointConfig(json, {
      rows: allRows,
      warn: ({ path, nearest }) => warnings.push(`${path ?? ''} ${nearest ?? ''}`),
    });
    expect(warnings).toEqual(['adresses addresses', 'connections.0.childern children', 'connections.0.timers.reky rekey']);
    expect(config.connections).toHaveLength(1);
  });

  it('shows no secret in any error', () => {
    const secret = 'correct horse battery staple';
    for (const json of [
      withConnection({ auth: { psk: secret, ask: true } }),
      withConnection({ auth: { pskHex: secret } }),
      withConnection({ auth: { psk: [secret] } }),
    ])
      expect(JSON.stringify([refusal(json), refusal(json).message])).not.toContain('horse');
  });

  it('RFC 7296 section 2.15: takes long secrets as they are, in ASCII and in hexadecimal', () => {
    const long = 'x'.repeat(64);
    const secretOf = (auth: object): Uint8Array => {
      const [connection] = parseEndpointConfig(withConnection({ auth }), { rows: allRows }).connections;
      return (connection!.ike.localAuth as { secret: Uint8Array }).secret;
    };
    expect(secretOf({ psk: long })).toEqual(new Uint8Array(64).fill(0x78));
    expect(secretOf({ pskHex: '78'.repeat(64) })).toEqual(new Uint8Array(64).fill(0x78));
  });

  it('names that stand twice, and pools that are none, are refused when the endpoint is made', () => {
    const make = (json: Readonly<Record<string, unknown>>): unknown => createEndpoint(parseHost(json), { now: 0, random: createRandom(1) });
    expect(() => make({ ...host, connections: [peer, peer] })).toThrow(/connections.1.name/);
    expect(() => make(withConnection({ pool: 'nowhere' }) as Record<string, unknown>)).toThrow(/connections.0.pool/);
    const twice = withConnection({ children: [{ name: 'x' }, { name: 'x' }] });
    expect(() => make(twice as Record<string, unknown>)).toThrow(/connections.0.children.1.name/);
  });
});

describe('lintConfig', () => {
  const findings = (json: unknown): string[] =>
    lintConfig(parseHost(json as Record<string, unknown>)).map(({ path, level }) => `${level} ${path}`);
  const good = withChild({ proposals: 'aes256gcm16-curve25519' });

  it('has nothing to say about the defaults', () => {
    expect(findings(good)).toEqual([]);
    expect(findings(withChild({}))).toEqual([]);
  });

  it.each([
    ['a secret that can be guessed', withConnection({ auth: { psk: 'secret' } }), 'warning connections.0.auth.psk'],
    ['a secret for everybody', withConnection({ remote: { id: '*' } }), 'warning connections.0.remote.id'],
    ['an IKE SA that ends before it is replaced', withConnection({ timers: { lifetime: 100 } }), 'error connections.0.timers.lifetime'],
    ['little time to replace it', withConnection({ timers: { rekey: 100, lifetime: 110 } }), 'warning connections.0.timers.lifetime'],
    ['lifetimes that invite collisions', withConnection({ timers: { jitter: 0 } }), 'warning connections.0.timers.jitter'],
    ['no liveness checks', withConnection({ timers: { liveness: 'never' } }), 'warning connections.0.timers.liveness'],
    ['fragments switched off', withConnection({ fragmentation: false }), 'warning connections.0.fragmentation'],
    ['an algorithm of yesterday', withConnection({ proposals: 'aes128-sha1-modp2048' }), 'warning connections.0.proposals.0.integrity.0'],
    ['no perfect forward secrecy', withChild({ proposals: 'aes256gcm16' }), 'warning connections.0.children.0.proposals'],
    ['a group that shows at the first rekey', withChild({ proposals: 'aes256gcm16-ecp521' }), 'warning connections.0.children.0.proposals'],
    ['a Child SA without jitter', withChild({ lifetimeJitter: 0 }), 'warning connections.0.children.0.lifetimeJitter'],
    [
      'a Child SA that ends first',
      withChild({ rekeyAfter: { seconds: 10 }, lifetime: { seconds: 5 } }),
      'error connections.0.children.0.lifetime.seconds',
    ],
    ['no anti-replay', withChild({ replayWindow: 0 }), 'warning connections.0.children.0.replayWindow'],
    ['networks in transport mode', withChild({ mode: 'transport' }), 'warning connections.0.children.0'],
    [
      'AH on a host with UDP alone',
      { ...(withChild({ proposals: 'ah:sha256-curve25519' }) as object), encapsulation: 'always' },
      'error connections.0.children.0.proposals',
    ],
    [
      'UDP alone without telling the peer',
      { ...(withConnection({ nat: 'detect' }) as object), encapsulation: 'always' },
      'error connections.0.nat',
    ],
    ['a policy behind another', { ...(good as object), policies: [{ action: 'DISCARD' }] }, 'warning connections.0.children.0'],
  ])('%s', (_what, json, finding) => {
    expect(findings(json)).toContain(finding);
  });

  it('compression that is not there', () => {
    const config = parseEndpointConfig(withChild({ ipcomp: true }), { rows: allRows });
    expect(lintConfig(config).map(({ path }) => path)).toEqual(['connections.0.children.0.ipcomp']);
  });

  it('the same peer twice', () => {
    const twice = [1, 2].map((n) => ({ ...peer, name: `c${n}`, remote: { id: 'b.example.com' } }));
    expect(findings({ ...host, connections: twice })).toEqual(['warning connections.1.remote.id']);
  });

  it('the configurations of the tests are good but for their secrets', () => {
    for (const json of Object.values(gateways({}))) expect(findings(json)).toEqual([]);
  });
});
