// A router authenticates its advertisements with AH and a manual key, so that a host takes no other router at its word. One multicast SA to
// all nodes (ff02::1): the router holds its sending side, each host its receiving side, found by SPI and group (RFC 4301 section 4.1).
//
//   npm run build && node examples/router-advertisements.mjs
import { readFileSync } from 'node:fs';
import { parseKeyFile, toSaConfig } from 'ipsec-ts/capture';
import { decodeIp, encodeIcmp, parseAddress } from 'ipsec-ts/ip';
import { createManualDatabases, processInbound, processOutbound } from 'ipsec-ts/process';
import { parsePolicies } from 'ipsec-ts/spd';
import { hmacSha256_128 } from 'ipsec-ts/suite/integ';
import { claim, told } from './check.mjs';

const rows = { encryption: [], integrity: [hmacSha256_128] };
const file = parseKeyFile(readFileSync(new URL('router-advertisements.json', import.meta.url), 'utf8'));

function createNode(name, direction) {
  const { addresses, policies } = file.rest[name];
  return createManualDatabases({
    addresses,
    policies: parsePolicies(policies, `${name}.policies`),
    sas: file.sas.map((sa) => ({ config: toSaConfig(sa, rows), rest: { ...sa.rest, direction }, path: sa.path })),
  });
}

/** RFC 4861 section 4.2: an advertisement with a lifetime of 1800 seconds and without options. */
function advertisement(from) {
  const message = new Uint8Array(16);
  message.set([134, 0, 0, 0, 64, 0, 0x07, 0x08]);
  return encodeIcmp({ source: parseAddress(from), destination: parseAddress('ff02::1'), hopLimit: 255 }, message);
}

const router = createNode('router', 'out');
const host = createNode('host', 'in');

console.log('the router advertises itself');
const clear = advertisement('fe80::1');
const sent = processOutbound(router, clear, 0);
claim('it', told(sent), 'send');
const [wire] = sent.packets;
claim('the protocol on the link', decodeIp(wire).protocol, 51);
const heard = processInbound(host, wire, 0);
claim('a host', told(heard), 'deliver');
claim('what it hears is what was said', Buffer.compare(heard.packet, clear), 0);

console.log('a rogue router');
claim('advertises itself without the key', told(processInbound(host, advertisement('fe80::bad'), 1)), 'discarded (policy)');
const forged = wire.slice();
forged.set([0x0b, 0xad], 22); // AH protects the source address too
claim('takes the place of the true one in a packet', told(processInbound(host, forged, 1)), 'discarded (icv)');
const solicitation = encodeIcmp(
  { source: parseAddress('fe80::1'), destination: parseAddress('fe80::99'), hopLimit: 255 },
  Uint8Array.of(135, 0, 0, 0, 0, 0, 0, 0),
);
claim('other neighbour discovery passes in the clear', told(processInbound(host, solicitation, 1)), 'bypass');
console.log('all of it is so');
