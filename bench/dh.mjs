// The expensive pieces of a handshake: making a public value and a shared secret in each group, over noble and over node:crypto, and the
// pseudorandom functions. One side of an IKE_SA_INIT costs one of each.
import { pow } from '@noble/curves/abstract/modular.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import * as noble from '../dist/suite/dh.js';
import { modp2048Group } from '../dist/suite/dh-modp.js';
import { prf, prfHmacSha256, prfPlus } from '../dist/suite/prf.js';
import * as node from '../dist/node/suite-ike.js';

const windows = { ms: 20, windows: 15 };
const groups = ['curve25519', 'curve448', 'ecp256', 'ecp384', 'ecp521', 'brainpoolP256r1', 'modp2048', 'modp3072', 'modp4096'];
/** Curve25519 is what handshakes use: where Node is, they should be bound by something else. */
const goals = { curve25519: 4 };

export async function run({ compare, judged, sink }) {
  return [
    ...groups.flatMap((name) => exchange(compare, judged, sink, name)),
    shortExponent(compare, judged, sink),
    ...prfs(compare, judged, sink),
  ];
}

/** generate() and shared() of a row against the other engine's. */
function exchange(compare, judged, sink, name) {
  const peer = noble[name].generate(random).publicValue;
  const ours = noble[name].generate(random);
  const theirs = node[name].generate(random);
  const ns = compare(
    {
      generate: () => sink(noble[name].generate(random)),
      nodeGenerate: () => sink(node[name].generate(random)),
      shared: () => sink(ours.shared(peer)),
      nodeShared: () => sink(theirs.shared(peer)),
    },
    windows,
  );
  const both = { default: ns.generate + ns.shared, node: ns.nodeGenerate + ns.nodeShared };
  const ratio = { value: both.node / 1000, unit: 'us', ratio: both.default / both.node, baseline: 'the default engine' };
  return [
    { name: `${name}: public value`, value: ns.generate / 1000, unit: 'us' },
    { name: `${name}: shared secret`, value: ns.shared / 1000, unit: 'us' },
    goals[name] === undefined
      ? { name: `${name}: both, suite/node-ike`, ...ratio }
      : judged({ name: `${name}: both, suite/node-ike`, ...ratio }, { atLeast: goals[name] }),
  ];
}

/** An exponent of 256 bits against one as long as the prime. */
function shortExponent(compare, judged, sink) {
  const p = modp2048Group.prime();
  const exchange = noble.modp2048.generate(random);
  const { publicValue } = noble.modp2048.generate(random);
  const base = BigInt(`0x${hex(publicValue)}`);
  const full = BigInt(`0x${hex(random(new Uint8Array(256)))}`) | (1n << 2047n);
  const ns = compare({ short: () => sink(exchange.shared(publicValue)), full: () => sink(pow(base, full, p)) }, windows);
  const row = {
    name: 'modp2048: shared secret',
    value: ns.short / 1000,
    unit: 'us',
    ratio: ns.full / ns.short,
    baseline: 'a full exponent',
  };
  return judged(row, { atLeast: 5 });
}

/** prf and prf+ against noble's hmac() written out. */
function prfs(compare, judged, sink) {
  const key = random(new Uint8Array(32));
  const seed = random(new Uint8Array(80));
  const length = 224;
  const ns = compare(
    {
      prf: () => sink(prf(prfHmacSha256, key, seed)),
      nodePrf: () => sink(prf(node.prfHmacSha256, key, seed)),
      plus: () => sink(prfPlus(prfHmacSha256, key, seed, length)),
      nodePlus: () => sink(prfPlus(node.prfHmacSha256, key, seed, length)),
      naivePlus: () => sink(naivePrfPlus(key, seed, length)),
    },
    windows,
  );
  const us = (value) => ({ value: value / 1000, unit: 'us' });
  return [
    { name: 'PRF_HMAC_SHA2_256, 80 octets', ...us(ns.prf) },
    { name: 'PRF_HMAC_SHA2_256, 80 octets, suite/node-ike', ...us(ns.nodePrf), ratio: ns.prf / ns.nodePrf, baseline: 'the default engine' },
    judged({ name: 'prf+, 224 octets', ...us(ns.plus), ratio: ns.naivePlus / ns.plus, baseline: 'hmac() per block' }, { atLeast: 1.5 }),
    { name: 'prf+, 224 octets, suite/node-ike', ...us(ns.nodePlus), ratio: ns.plus / ns.nodePlus, baseline: 'the default engine' },
  ];
}

function naivePrfPlus(key, seed, length) {
  const out = new Uint8Array(256);
  let block = new Uint8Array(0);
  for (let i = 1, at = 0; at < length; i++, at += 32) {
    block = hmac(sha256, key, Uint8Array.of(...block, ...seed, i));
    out.set(block, at);
  }
  return out.subarray(0, length);
}

function random(target) {
  return crypto.getRandomValues(target);
}

function hex(octets) {
  return [...octets].map((octet) => octet.toString(16).padStart(2, '0')).join('');
}
