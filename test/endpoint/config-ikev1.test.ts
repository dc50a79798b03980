import { describe, expect, it } from 'vitest';
import { lintConfig, loadCredentials, parseEndpointConfig } from '../../src/endpoint.js';
import { IpsecError } from '../../src/errors.js';
import { allRows } from '../../src/suite/all.js';
import { legacyRows } from '../../src/suite/legacy.js';

const rows = [...allRows, ...legacyRows];
const plain = {
  name: 'peer',
  auth: { psk: 'X7#kq0!zLw93@pVbTm5^cR' },
  local: { id: 'a.example' },
  remote: { address: '192.0.2.2' },
} as const;

/** A host of one connection. */
function host(connection: object, more: object = {}): object {
  return { ike: 1, addresses: ['192.0.2.1'], connections: [{ ...plain, ...connection }], ...more };
}

/** Members of `auth` that name files come to nothing here. */
const credentials = { own: () => ({ auth: { method: 'null' } }) as const, peer: () => ({ auth: { method: 'null' } }) as const };

function refusal(json: object): string {
  try {
    parseEndpointConfig(json, { rows, credentials });
  } catch (error) {
    if (error instanceof IpsecError) return `${error.code} ${error.path}: ${error.message}`;
    throw error;
  }
  return 'taken';
}

function connectionOf(connection: object): ReturnType<typeof parseEndpointConfig>['connections'][number] {
  return parseEndpointConfig(host(connection), { rows, credentials }).connections[0]!;
}

describe('connections of version 1 in JSON', () => {
  it('by default: main mode, what phase 1 and Quick Mode have numbers for', () => {
    const { ike } = connectionOf({ children: [{}] });
    expect(ike).toMatchObject({ version: 1, ikev1: { mode: 'main', unsafeAggressivePsk: false, modeConfig: 'pull' } });
    expect(ike.ikev1!.xauth).toBeUndefined();
    expect(ike.peer.authentication.protocol).toBe('IKEv1');
    const [phase1] = ike.proposals;
    expect(phase1!.encryption.map(({ name, keyLength }) => `${name}-${keyLength * 8}`)).toEqual(['ENCR_AES_CBC-256', 'ENCR_AES_CBC-128']);
    expect(phase1!.keyExchange.map(({ shortName }) => shortName)).toEqual(['ecp256', 'ecp384', 'modp3072', 'modp2048', 'modp4096']);
    for (const { name } of phase1!.prf) expect(ike.ikev1!.hashes.map(({ prf }) => prf.name)).toContain(name);
    const [quick] = ike.children[0]!.proposals;
    expect(quick!.encryption.map(({ name }) => name)).not.toContain('ENCR_CHACHA20_POLY1305');
    expect(quick!.keyExchange.map((row) => (row === 'none' ? row : row.shortName))).not.toContain('curve25519');
  });

  it('by connection or by host, whichever is nearer', () => {
    const json = { ...host({}), connections: [plain, { ...plain, name: 'new', ike: 2 }] };
    expect(parseEndpointConfig(json, { rows }).connections.map(({ ike }) => ike.version)).toEqual([1, undefined]);
    const other = {
      ...host({}),
      ike: 2,
      connections: [
        { ...plain, ike: 1 },
        { ...plain, name: 'new' },
      ],
    };
    expect(parseEndpointConfig(other, { rows }).connections.map(({ ike }) => ike.version)).toEqual([1, undefined]);
  });

  it('all that it may have besides', () => {
    const { ike } = connectionOf({
      aggressive: true,
      unsafeAggressivePsk: true,
      xauth: 'client',
      modeConfig: 'push',
      proposals: 'aes256-sha384-modp2048, 3des-sha1-modp2048',
      children: [{ proposals: 'aes256gcm16-modp2048', ah: 'sha256, ah:sha512' }],
    });
    expect(ike.ikev1).toMatchObject({ mode: 'aggressive', unsafeAggressivePsk: true, xauth: 'client', modeConfig: 'push' });
    expect(ike.proposals.map(({ encryption }) => encryption[0]!.name)).toEqual(['ENCR_AES_CBC', 'ENCR_3DES']);
    expect(ike.children[0]!.ah!.map(({ protocol, integrity }) => `${protocol} ${integrity[0]!.name}`)).toEqual([
      'AH AUTH_HMAC_SHA2_256_128',
      'AH AUTH_HMAC_SHA2_512_256',
    ]);
    expect(connectionOf({ proposals: ['default', 'aes128-sha256-modp2048'] }).ike.proposals).toHaveLength(2);
  });

  it('hybrid authentication: the client proves nothing but a user', () => {
    const client = {
      auth: undefined,
      local: { auth: { null: true } },
      remote: { ...plain.remote, auth: { ca: 'ca.pem' } },
      xauth: 'client',
    };
    expect(connectionOf(client).ike.localAuth.method).toBe('null');
    const server = {
      auth: undefined,
      local: { id: 'gw', auth: { certificate: 'gw.pem', key: 'gw.key' } },
      remote: { auth: { null: true } },
      xauth: { users: { anna: 'hush' } },
    };
    const { ike, credentials: held } = connectionOf(server);
    expect(ike.peer.id).toEqual({ type: 'any' });
    expect(held!.xauth).toBeDefined();
  });

  const cert = { certificate: 'a.pem', key: 'a.key' };
  it.each([
    [{ aggressive: true }, /^unsafe-config connections\.0\.unsafeAggressivePsk: .*guessed offline/],
    [{ auth: { ask: true }, aggressive: true }, /^unsafe-config connections\.0\.unsafeAggressivePsk/],
    [
      { auth: undefined, local: { auth: { eap: 'mschapv2' } }, remote: { ...plain.remote, auth: { ca: 'ca.pem' } } },
      /connections\.0\.local\.auth: .*XAUTH in its place/,
    ],
    [{ auth: undefined, local: { auth: cert }, remote: { auth: { eap: 'tls' } } }, /connections\.0\.remote\.auth: .*XAUTH in its place/],
    [{ auth: { null: true } }, /connections\.0\.auth: .*expected something/],
    [
      { auth: undefined, local: { auth: { null: true } }, remote: { ...plain.remote, auth: { ca: 'ca.pem' } } },
      /connections\.0\.auth: .*one kind on both sides.*null here, signature there/,
    ],
    [{ local: { auth: cert } }, /connections\.0\.auth: .*one kind on both sides.*signature here, secret there/],
    [{ local: { further: [{ auth: { psk: 'more' } }] } }, /connections\.0\.local\.further: .*IKEv1 has one of each side/],
    [{ remote: { ...plain.remote, further: [{ auth: { psk: 'more' } }] } }, /connections\.0\.remote\.further/],
    [{ proposals: 'aes256gcm16-prfsha256-modp2048' }, /connections\.0\.proposals: .*CBC.*ENCR_AES_GCM_16/],
    [{ proposals: 'aes128ctr-sha256-modp2048' }, /connections\.0\.proposals: .*CBC/],
    [{ proposals: ['aes128-sha256-modp2048', 'aes128-sha256-curve25519'] }, /connections\.0\.proposals\.1: .*a number for.*curve25519/],
    [
      { proposals: { encryption: 'ENCR_AES_CBC-128', integrity: 'AUTH_AES_XCBC_96', prf: 'PRF_AES128_XCBC', keyExchange: 'modp2048' } },
      /connections\.0\.proposals: .*HMAC of a hash/,
    ],
    [{ proposals: [] }, /connections\.0\.proposals: .*at least one/],
    [
      { children: [{ local: ['10.1.0.0/16', '10.3.0.0/16'], remote: '10.2.0.0/16' }] },
      /connections\.0\.children\.0\.local: .*a Child SA of each/,
    ],
    [{ children: [{ local: '10.1.0.0/16', remote: '10.2.0.0/16 tcp 80-90' }] }, /connections\.0\.children\.0\.remote: .*one port, or all/],
    [{ children: [{ proposals: 'chacha20poly1305' }] }, /connections\.0\.children\.0\.proposals: .*CHACHA20/],
    [{ children: [{ proposals: 'aes128-sha256-curve25519' }] }, /connections\.0\.children\.0\.proposals: .*curve25519/],
    [{ children: [{ proposals: 'ah:sha256', ah: 'sha256' }] }, /connections\.0\.children\.0\.proposals: .*proposals for ESP/],
    [
      { children: [{ ah: { encryption: 'ENCR_AES_CBC', integrity: 'AUTH_HMAC_SHA2_256_128' } }] },
      /connections\.0\.children\.0\.ah: .*proposals for AH/,
    ],
    [{ xauth: 'both' }, /connections\.0\.xauth: .*client/],
    [{ xauth: { user: 'anna' } }, /connections\.0\.xauth\.password/],
    [{ xauth: { password: 'hush' } }, /connections\.0\.xauth\.user/],
    [{ xauth: { user: 'anna', password: 'hush', users: {} } }, /connections\.0\.xauth: .*both/],
    [{ xauth: { users: 7 } }, /connections\.0\.xauth\.users/],
    [{ modeConfig: 'shove' }, /connections\.0\.modeConfig/],
    [{ ike: 3 }, /connections\.0\.ike: .*1 to 2/],
    [{ ike: 2, aggressive: true }, /connections\.0\.aggressive: .*"ike": 1 beside it/],
    [{ ike: 2, xauth: 'client' }, /connections\.0\.xauth: .*"ike": 1 beside it/],
    [{ ike: 2, children: [{ ah: 'sha256' }] }, /connections\.0\.children\.0\.ah: .*IKEv2 negotiates no bundles/],
  ])('%o is refused', (connection, expected) => {
    const told = refusal(host(connection));
    expect(told).toMatch(expected);
    expect(told).not.toContain('hush');
  });

  it('XAUTH with names and passwords needs a host that loads them', async () => {
    const json = host({ xauth: { user: 'anna', password: 'hush' } });
    expect(() => parseEndpointConfig(json, { rows })).toThrow(/"client" or "server", to be asked/);
    const seen: unknown[] = [];
    await loadCredentials((given) => parseEndpointConfig(json, { rows, credentials: given }), {
      own: (spec) => (seen.push(spec), { auth: { method: 'null' } }),
      peer: () => ({ auth: { method: 'null' } }),
    });
    const at = 'connections.0.xauth';
    expect(seen).toEqual([
      { form: 'xauth', path: at, user: { text: 'anna', path: `${at}.user` }, password: { text: 'hush', path: `${at}.password` } },
    ]);
  });

  it('a pseudorandom function without a hash at hand is of no use', () => {
    const without = rows.filter(({ kind }) => kind !== 'hash');
    for (const proposals of [undefined, 'default', 'aes128-sha256-modp2048'])
      expect(() => parseEndpointConfig(host({ proposals }), { rows: without })).toThrow(/HMAC of a hash that is among the rows/);
  });
});

describe('what there is to say against version 1', () => {
  const found = (connection: object, more?: object): string[] =>
    lintConfig(parseEndpointConfig(host(connection, more), { rows, credentials })).map(
      ({ level, path, message }) => `${level} ${path}: ${message}`,
    );

  it('that it is deprecated, always', () => {
    expect(found({})).toEqual([expect.stringMatching(/^warning connections\.0\.ike: IKEv1 is deprecated/)]);
  });

  it.each([
    [{ aggressive: true, unsafeAggressivePsk: true }, /^warning connections\.0\.aggressive: anybody who asks.*offline/],
    [{ aggressive: true, unsafeAggressivePsk: true }, /^warning connections\.0\.aggressive: identities/],
    [{ aggressive: true, unsafeAggressivePsk: true, auth: { psk: 'summer' } }, /^error connections\.0\.aggressive: a secret of \d+ bits/],
    [{ xauth: 'client' }, /^warning connections\.0\.xauth: everybody in the group/],
    [{ modeConfig: 'push' }, /^warning connections\.0\.modeConfig: nothing is pushed/],
    [{ proposals: 'des-sha256-modp2048' }, /^error connections\.0\.proposals.*ENCR_DES is at MUST NOT/],
    [{ proposals: '3des-sha1-modp2048' }, /^warning connections\.0\.proposals.*MUST-/],
  ])('%o', (connection, expected) => {
    expect(found(connection)).toContainEqual(expect.stringMatching(expected));
  });

  it('one peer may have a connection of each version', () => {
    const guest = { auth: plain.auth, remote: { id: '*' }, local: plain.local };
    const of = (ike: number, name: string): object => ({ ...guest, ike, name });
    const paths = (...connections: object[]): string[] =>
      lintConfig(parseEndpointConfig({ addresses: ['192.0.2.1'], connections }, { rows }))
        .filter(({ message }) => message.includes('is looked at first'))
        .map(({ path }) => path);
    expect(paths(of(1, 'old'), of(2, 'new'))).toEqual([]);
    expect(paths(of(1, 'old'), of(1, 'older'))).toEqual(['connections.1.remote.id']);
  });

  it('hybrid authentication is no NULL authentication', () => {
    const hybrid = {
      auth: undefined,
      local: { auth: { null: true } },
      remote: { ...plain.remote, auth: { ca: 'ca.pem' } },
      xauth: 'client',
    };
    expect(found(hybrid).filter((line) => line.includes('nothing is proved'))).toEqual([]);
  });

  it('AH around ESP does not go through UDP', () => {
    const lines = found({ nat: 'force', children: [{ ah: 'sha256' }] }, { encapsulation: 'always' });
    expect(lines).toContainEqual(expect.stringMatching(/^error connections\.0\.children\.0\.proposals: AH does not go through UDP/));
  });
});
