// Authentication: handshakes of both roles in one process with certificates and with EAP beside those with a pre-shared key, signatures alone, and what a
// certificate costs an IKE SA that is there. A question of the machine is answered as a host on Node answers it: through the keys that its configuration names.
// Chains of certificates alone are in x509.mjs.
import { createPublicKey, randomFillSync, sign as signNatively, verify as verifyNatively } from 'node:crypto';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { answer, answerQuestion, connect, createEndpoint, disconnect, receiveDatagram, status } from '../dist/endpoint.js';
import { parseAddress } from '../dist/ip.js';
import { loadConfig } from '../dist/node.js';
import { nodeRows } from '../dist/node/suite.js';
import { nodeKeyExchangeRows, nodePrfRows } from '../dist/node/suite-ike.js';
import { nodeSignatureRows } from '../dist/node/suite-sign.js';
import { aeadRows } from '../dist/suite/aead.js';
import { keyExchangeRows } from '../dist/suite/dh.js';
import { encrRows } from '../dist/suite/encr.js';
import { integRows } from '../dist/suite/integ.js';
import { prfRows } from '../dist/suite/prf.js';
import { defaultSignatureRows, publicKeyOfCertificate } from '../dist/suite/sign.js';
import { createCertificateVerifier, readCertificates, readPrivateKey } from '../dist/x509.js';

const { files } = JSON.parse(readFileSync(new URL('../vectors/ikev2/keys/strongswan.json', import.meta.url), 'utf8'));
const at = Date.UTC(2030, 0, 1);
const random = (target) => void randomFillSync(target);
const engines = {
  noble: { rows: [...aeadRows, ...encrRows, ...integRows, ...prfRows, ...keyExchangeRows], signatureRows: defaultSignatureRows },
  native: { rows: [...nodeRows, ...nodePrfRows, ...nodeKeyExchangeRows], signatureRows: nodeSignatureRows },
};
const windows = { ms: 40, windows: 15, warmup: 800 };

const ecdsa = withCertificates('p256', 'ecdsa-sha256');
const password = 'correct horse battery staple';
/** How the two sides prove who they are: `a` begins, `b` answers. */
const ways = {
  psk: { own: () => ({ psk: 'a secret that both sides have' }), peer: () => ({ psk: 'a secret that both sides have' }) },
  ecdsa,
  rsa: withCertificates('rsa', 'rsa-sha256'),
  eap: {
    own: (name) => (name === 'a' ? { eap: 'mschapv2', password } : ecdsa.own('b')),
    peer: (name) => (name === 'b' ? { eap: 'mschapv2', users: { 'anna@example.org': password } } : ecdsa.peer()),
  },
};

function withCertificates(kind, schemes) {
  return {
    own: (name) => ({ certificate: files[`x509/${kind}-${name}.crt`], key: files[`private/${kind}-${name}.key`], schemes }),
    peer: () => ({ ca: files[`x509ca/ca-${kind}.crt`], extendedKeyUsages: 'serverAuth', schemes }),
  };
}

const hosts = {
  a: { own: '192.0.2.1', peer: '198.51.100.1', net: '10.1.0.0/16', other: 'b' },
  b: { own: '198.51.100.1', peer: undefined, net: '10.2.0.0/16', other: 'a' },
};

export async function run({ compareLater, judged, sink }) {
  const pairs = {};
  for (const [engine, rows] of Object.entries(engines))
    for (const way of Object.keys(ways)) pairs[`${way} ${engine}`] = await pairOf(way, rows);
  const alone = { ...(await signatures(sink, 'p256', 'ecdsa')), ...(await signatures(sink, 'rsa', 'rsa')) };
  const turns = Object.fromEntries(Object.entries(pairs).map(([name, configs]) => [name, handshakes(configs)]));
  const ns = await compareLater({ ...alone, ...turns }, windows);
  return [
    ...signatureRowsOf(ns),
    ...Object.keys(engines).flatMap((engine) => handshakeRows(engine, ns, judged)),
    ...(await memory(judged)),
  ];
}

async function configOf(name, way, { rows, signatureRows }, more = {}) {
  const { own, peer, net, other } = hosts[name];
  const { own: ownAuth, peer: peerAuth } = ways[way];
  const isEap = way === 'eap';
  return loadConfig(
    {
      ike: 2,
      addresses: [own],
      limits: { halfOpen: { cookieThreshold: 1_000_000, total: 1_000_000, perAddress: 1_000_000 } },
      connections: [
        {
          name: 'peer',
          local: { id: isEap && name === 'a' ? 'anna@example.org' : `${name}.example.org`, auth: ownAuth(name) },
          remote: {
            id: isEap && name === 'b' ? 'anna@example.org' : `${other}.example.org`,
            auth: peerAuth(name),
            ...(peer && { address: peer }),
          },
          proposals: 'aes256gcm16-prfsha256-curve25519',
          children: [{ name: 'net', local: net, remote: hosts[other].net, proposals: 'aes256gcm16' }],
          ...more,
        },
      ],
    },
    { rows, signatureRows, clock: () => at },
  );
}

async function pairOf(way, rows, more) {
  return [await configOf('a', way, rows, more), await configOf('b', way, rows, more)];
}

/** Carries datagrams, questions and answers between two endpoints until nothing more comes; the time stands still. */
async function carry(queue) {
  for (let item = queue.shift(); item; item = queue.shift()) {
    const { from, to, action } = item;
    if (action.type === 'datagram') start(queue, to, from, receiveDatagram(to.endpoint, action, 0));
    else if (action.type === 'ask') {
      const value = await answerQuestion(from.credentials, action.ask, action.connection);
      start(queue, from, to, answer(from.endpoint, action.id, value, 0));
    }
  }
}

/** What a side wants to have done. */
function start(queue, from, to, actions) {
  for (const action of actions) if (action.type === 'datagram' || action.type === 'ask') queue.push({ from, to, action });
}

function sideOf(config) {
  return { endpoint: createEndpoint(config, { now: 0, random }), credentials: config.connections[0].credentials };
}

/** Four messages, the two of a Delete, and what EAP needs in between, between hosts that go on. */
function handshakes([configA, configB]) {
  const [a, b] = [sideOf(configA), sideOf(configB)];
  return async () => {
    const queue = [];
    start(queue, a, b, connect(a.endpoint, 'peer', 0));
    await carry(queue);
    for (const { endpoint } of [a, b]) if (status(endpoint).ikeSas[0]?.children.length !== 1) throw new Error('no Child SA');
    start(queue, a, b, disconnect(a.endpoint, 'peer', 0));
    await carry(queue);
    if (a.endpoint.ikeSas.size + b.endpoint.ikeSas.size > 0) throw new Error('not over');
  };
}

/** Signing, verifying and judging one certificate, by both engines. */
async function signatures(sink, kind, name) {
  const octets = crypto.getRandomValues(new Uint8Array(700)); // message, nonce, MACedID
  const [certificate] = readCertificates(files[`x509/${kind}-a.crt`]);
  const anchors = readCertificates(files[`x509ca/ca-${kind}.crt`]);
  const publicKey = publicKeyOfCertificate(certificate);
  const key = await readPrivateKey(files[`private/${kind}-a.key`]);
  const pem = files[`private/${kind}-a.key`];
  const options = kind === 'rsa' ? {} : { dsaEncoding: 'ieee-p1363' };
  const bare = signNatively('sha256', octets, { key: pem, ...options });
  const bareKey = createPublicKey(files[`x509/${kind}-a.crt`]);
  const verify = createCertificateVerifier({ anchors, extendedKeyUsages: ['serverAuth'] });
  const ask = {
    kind: 'certificates',
    round: 0,
    matchIdentity: true,
    peerId: { type: 'ID_FQDN', name: 'a.example.org' },
    certificates: [certificate],
    crls: [],
    ocspResponses: [],
  };
  const fns = {
    [`${name} judge`]: () => verify(ask, at),
    [`${name} verify bare`]: () => sink(verifyNatively('sha256', octets, { key: bareKey, ...options }, bare)),
  };
  const verdict = await verify(ask, at);
  if (verdict !== 'trusted') throw verdict;
  for (const [engine, { signatureRows }] of Object.entries(engines)) {
    const row = signatureRows.find(({ shortName }) => shortName === (kind === 'rsa' ? 'rsa-sha256' : 'ecdsa-sha256'));
    const sign = () => (key.privateKey ? row.sign(publicKey, key.privateKey, octets) : key.sign(row, octets));
    const signature = await sign();
    if (!row.verify(publicKey, octets, signature)) throw new Error('wrong');
    fns[`${name} ${engine} sign`] = sign;
    fns[`${name} ${engine} verify`] = () => sink(row.verify(publicKey, octets, signature));
    // A key that nobody has seen before, as each handshake has one.
    fns[`${name} ${engine} fresh`] = () => sink(row.verify(publicKeyOfCertificate(certificate), octets, signature));
  }
  return fns;
}

function signatureRowsOf(ns) {
  return [
    ['ECDSA P-256', 'ecdsa'],
    ['RSA-2048', 'rsa'],
  ].flatMap(([title, name]) => [
    ...['sign', 'verify', 'fresh'].flatMap((what) => {
      const text = `${title}: ${what === 'fresh' ? 'key of a certificate and verify' : what}`;
      const [noble, native] = [ns[`${name} noble ${what}`], ns[`${name} native ${what}`]];
      return [
        { name: text, value: noble / 1000, unit: 'us' },
        { name: `${text}, suite/node-sign`, value: native / 1000, unit: 'us', ratio: noble / native, baseline: 'noble' },
      ];
    }),
    { name: `${title}: verify of node:crypto, the key at hand`, value: ns[`${name} verify bare`] / 1000, unit: 'us' },
    {
      name: `${title}: one certificate below an authority`,
      value: ns[`${name} judge`] / 1000,
      unit: 'us',
      ratio: ns[`${name} judge`] / ns[`${name} verify bare`],
      baseline: 'the signature alone in Node',
    },
  ]);
}

const titles = { noble: 'the default engine', native: 'node:crypto' };
const names = {
  psk: 'a pre-shared key',
  ecdsa: 'ECDSA P-256 certificates',
  rsa: 'RSA-2048 certificates',
  eap: 'EAP-MSCHAPv2, and ECDSA P-256 of the gateway',
};

/** Beyond what signatures and certificates take, a handshake should cost what one with a pre-shared key does. */
function handshakeRows(engine, ns, judged) {
  const time = (way) => ns[`${way} ${engine}`];
  const sum = (name, ...parts) => parts.reduce((total, part) => total + ns[`${name} ${part}`], 0);
  const ofOne = {
    // Each side makes one, and verifies and judges the other's; what RSA signs somewhere else is verified before it goes out, twice.
    ecdsa: 2 * sum('ecdsa', `${engine} sign`, `${engine} fresh`, 'judge'),
    rsa: 2 * sum('rsa', `${engine} sign`, `${engine} verify`, `${engine} fresh`, 'judge'),
  };
  return [
    { name: `handshakes with ${names.psk}, ${titles[engine]}`, value: 1e9 / time('psk'), unit: 'a second' },
    ...['ecdsa', 'rsa', 'eap'].map((way) => ({
      name: `with ${names[way]}, ${titles[engine]}`,
      value: 1e9 / time(way),
      unit: 'a second',
      ratio: time('psk') / time(way),
      baseline: 'a pre-shared key',
    })),
    ...['ecdsa', 'rsa'].map((way) =>
      judged(
        {
          name: `time with ${names[way]}, ${titles[engine]}`,
          value: time(way) / 1000,
          unit: 'us',
          ratio: time(way) / (time('psk') + ofOne[way]),
          baseline: 'a pre-shared key and the signatures',
        },
        { atMost: 1.5 },
      ),
    ),
  ];
}

/** One gateway and as many clients; what an IKE SA without Child SAs costs it. */
async function memory(judged) {
  const [few, many] = [50, 450];
  const octets = {};
  for (const way of ['psk', 'ecdsa']) {
    const [configA, configB] = await pairOf(way, engines.native, { childless: true, initialContact: false });
    const gateway = sideOf(configB);
    const grow = async (first, count) => {
      for (let i = first; i < first + count; i++) {
        const client = sideOf({ ...configA, addresses: [parseAddress(`192.0.${i >> 8}.${i & 255}`)] });
        const queue = [];
        start(queue, client, gateway, connect(client.endpoint, 'peer', 0));
        await carry(queue);
      }
      globalThis.gc?.();
      await new Promise((resolve) => void setTimeout(resolve, 20));
      globalThis.gc?.();
      if (gateway.endpoint.ikeSas.size !== first + count) throw new Error(`${gateway.endpoint.ikeSas.size} IKE SAs`);
      const { heapUsed, external } = process.memoryUsage();
      return heapUsed + external;
    };
    const before = await grow(0, few);
    octets[way] = ((await grow(few, many)) - before) / many;
  }
  const kib = (way) => ({ value: octets[way] / 1024, unit: 'KiB' });
  return [
    { name: 'an IKE SA with a pre-shared key, without Child SAs, at one end', ...kib('psk') },
    judged(
      { name: 'one with ECDSA P-256 certificates', ...kib('ecdsa'), ratio: octets.ecdsa / octets.psk, baseline: 'a pre-shared key' },
      { atMost: 1.2 },
    ),
  ];
}
