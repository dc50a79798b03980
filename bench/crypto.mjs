// Sealing and opening alone: a keyed context per SA against what one would write first with the same library, keying it for every packet.
// The copy of the text into the packet, and of the result out of what the naive call returns, is inside the figures.
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { cbc, gcm } from '@noble/ciphers/aes.js';
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { aes128Gcm16, aes256Gcm16, chacha20Poly1305 } from '../dist/suite/aead.js';
import { aes128Cbc } from '../dist/suite/encr.js';
import { hmacSha256_128 } from '../dist/suite/integ.js';
import * as node from '../dist/node/suite.js';

const HEADER = 16; // SPI, sequence number, IV
const ICV = 16;
const EMPTY = new Uint8Array(0);
/** Many short windows: what disturbs the machine for a while then falls out of the median. */
const windows = { ms: 15, windows: 41 };

export async function run({ compare, judged, sink }) {
  return [
    ...aead(compare, judged, 'AES-128-GCM', aes128Gcm16, gcm, 1400, 1.9),
    ...aead(compare, judged, 'AES-128-GCM', aes128Gcm16, gcm, 64, 5),
    ...aead(compare, judged, 'AES-256-GCM', aes256Gcm16, gcm, 1400),
    ...aead(compare, judged, 'AES-256-GCM', aes256Gcm16, gcm, 64),
    ...manySas(compare, judged),
    ...aead(compare, judged, 'ChaCha20-Poly1305', chacha20Poly1305, chacha20poly1305, 1400, 1.3),
    ...aead(compare, judged, 'ChaCha20-Poly1305', chacha20Poly1305, chacha20poly1305, 64),
    ...cbcHmac(compare, judged, sink, 1400, 1.2),
    ...cbcHmac(compare, judged, sink, 64, 2.5),
    ...nodeGcm(compare, judged, 1400, 0.85),
    ...nodeGcm(compare, judged, 64),
  ];
}

/** Seal and open of a row against noble's function called per packet. */
function aead(compare, judged, title, row, naive, octets, atLeast) {
  const key = octetsOf(row.keyLength + row.saltLength);
  const cipherKey = key.subarray(0, row.keyLength);
  const text = octetsOf(octets);
  const { packet, nonce, aad, iv, end } = packetOf(octets, key.subarray(row.keyLength));
  const sealed = packet.slice();
  sealed.set(text, HEADER);
  const context = row.create(key);
  context.seal(aad, iv, sealed, HEADER, end);
  const sealedText = sealed.slice(HEADER);

  const ns = compare(
    {
      seal: () => {
        packet.set(text, HEADER);
        context.seal(aad, iv, packet, HEADER, end);
      },
      naiveSeal: () => packet.set(naive(cipherKey, nonce, aad).encrypt(text), HEADER),
      open: () => {
        packet.set(sealedText, HEADER);
        if (!context.open(aad, iv, packet, HEADER, end)) throw new Error('did not open');
      },
      naiveOpen: () => packet.set(naive(cipherKey, nonce, aad).decrypt(sealedText), HEADER),
    },
    windows,
  );
  context.destroy();
  const line = (what, value, base) => {
    const plain = {
      name: `${title}, ${octets} octets: ${what}`,
      value,
      unit: 'ns',
      baseline: 'noble keyed per packet',
      ratio: base / value,
    };
    return atLeast === undefined ? plain : judged(plain, { atLeast });
  };
  return [line('seal', ns.seal, ns.naiveSeal), line('open', ns.open, ns.naiveOpen)];
}

/** The same packet under one SA and under each of 1024 in turn. */
function manySas(compare, judged) {
  const octets = 1400;
  const text = octetsOf(octets);
  const { packet, aad, iv, end } = packetOf(octets, EMPTY);
  const contexts = Array.from({ length: 1024 }, (_, i) => aes128Gcm16.create(octetsOf(20, i)));
  let next = 0;
  const seal = (context) => {
    packet.set(text, HEADER);
    context.seal(aad, iv, packet, HEADER, end);
  };
  const ns = compare({ one: () => seal(contexts[0]), many: () => seal(contexts[next++ & 1023]) }, windows);
  for (const context of contexts) context.destroy();
  const row = {
    name: 'AES-128-GCM, 1400 octets: seal, 1024 SAs in rotation',
    value: ns.many,
    unit: 'ns',
    baseline: 'one SA',
    ratio: ns.many / ns.one,
  };
  return [judged(row, { atMost: 1.7 })];
}

/** Encrypt then authenticate, verify then decrypt. */
function cbcHmac(compare, judged, sink, octets, atLeast) {
  const header = 8 + aes128Cbc.ivLength;
  const length = Math.ceil(octets / 16) * 16;
  const end = header + length;
  const text = octetsOf(length);
  const [cipherKey, macKey] = [octetsOf(16), octetsOf(32, 1)];
  const iv = octetsOf(16, 2);
  const cipher = aes128Cbc.create(cipherKey);
  const mac = hmacSha256_128.create(macKey);
  const packet = new Uint8Array(end + ICV);
  packet.set(iv, 8);
  const seal = () => {
    packet.set(text, header);
    cipher.encrypt(iv, packet, header, end);
    mac.begin(EMPTY);
    mac.update(packet, 0, end);
    mac.finishInto(packet, end);
  };
  seal();
  const sealed = packet.slice();

  const ns = compare(
    {
      seal,
      naiveSeal: () => {
        packet.set(cbc(cipherKey, iv, { disablePadding: true }).encrypt(text), header);
        packet.set(hmac(sha256, macKey, packet.subarray(0, end)).subarray(0, ICV), end);
      },
      open: () => {
        packet.set(sealed);
        mac.begin(EMPTY);
        mac.update(packet, 0, end);
        if (!mac.finishVerify(packet, end)) throw new Error('did not verify');
        cipher.decrypt(iv, packet, header, end);
      },
      naiveOpen: () => {
        sink(hmac(sha256, macKey, sealed.subarray(0, end)));
        packet.set(cbc(cipherKey, iv, { disablePadding: true }).decrypt(sealed.subarray(header, end)), header);
      },
    },
    windows,
  );
  cipher.destroy();
  mac.destroy();
  const line = (what, value, base) =>
    judged(
      {
        name: `AES-128-CBC with HMAC-SHA-256, ${octets} octets: ${what}`,
        value,
        unit: 'ns',
        baseline: 'noble keyed per packet',
        ratio: base / value,
      },
      { atLeast },
    );
  return [line('seal', ns.seal, ns.naiveSeal), line('open', ns.open, ns.naiveOpen)];
}

/** The rows over node:crypto against the bare calls on the same packet, in place; the ratio is the share of the bare loop's speed that is left. */
function nodeGcm(compare, judged, octets, atLeast) {
  const key = octetsOf(20);
  const cipherKey = key.subarray(0, 16);
  const text = octetsOf(octets);
  const { packet, nonce, aad, iv, end } = packetOf(octets, key.subarray(16));
  const context = node.aes128Gcm16.create(key);
  packet.set(text, HEADER);
  context.seal(aad, iv, packet, HEADER, end);
  const sealed = packet.slice();

  const ns = compare(
    {
      seal: () => {
        packet.set(text, HEADER);
        context.seal(aad, iv, packet, HEADER, end);
      },
      bareSeal: () => {
        packet.set(text, HEADER);
        const cipher = createCipheriv('aes-128-gcm', cipherKey, nonce);
        cipher.setAAD(aad);
        packet.set(cipher.update(packet.subarray(HEADER, end)), HEADER);
        cipher.final();
        packet.set(cipher.getAuthTag(), end);
      },
      open: () => {
        packet.set(sealed);
        if (!context.open(aad, iv, packet, HEADER, end)) throw new Error('did not open');
      },
      bareOpen: () => {
        packet.set(sealed);
        const decipher = createDecipheriv('aes-128-gcm', cipherKey, nonce);
        decipher.setAAD(aad);
        decipher.setAuthTag(packet.subarray(end));
        packet.set(decipher.update(packet.subarray(HEADER, end)), HEADER);
        decipher.final();
      },
    },
    windows,
  );
  context.destroy();
  const line = (what, value, base) => {
    const plain = {
      name: `suite/node, AES-128-GCM, ${octets} octets: ${what}`,
      value,
      unit: 'ns',
      baseline: 'a bare createCipheriv loop',
      ratio: base / value,
    };
    return atLeast === undefined ? plain : judged(plain, { atLeast });
  };
  return [line('seal', ns.seal, ns.bareSeal), line('open', ns.open, ns.bareOpen)];
}

function packetOf(octets, salt) {
  const packet = new Uint8Array(HEADER + octets + ICV);
  packet.set([0, 0, 0x10, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1]);
  const iv = packet.slice(8, HEADER);
  const nonce = new Uint8Array(salt.length + iv.length);
  nonce.set(salt);
  nonce.set(iv, salt.length);
  return { packet, nonce, iv, aad: packet.slice(0, 8), end: HEADER + octets };
}

function octetsOf(length, seed = 0) {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + seed * 7 + 1) & 0xff);
}
