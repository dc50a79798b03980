// Three OSPFv3 routers on a link protect what they say to each other with one manually keyed multicast SA, as RFC 4552 has it: ESP in
// transport mode, integrity alone, the same SPI and key for all routers and both directions, and no anti-replay, since a sender that restarts
// counts from 1 again.
//
//   npm run build && node examples/ospfv3.mjs
//
// Each router has the same file, ospfv3.json; only its own address differs.
import { readFileSync } from 'node:fs';
import { parseKeyFile, toSaConfig } from 'ipsec-ts/capture';
import { decodeIp, encodePacket, formatAddress, parseAddress } from 'ipsec-ts/ip';
import { createManualDatabases, processInbound, processOutbound } from 'ipsec-ts/process';
import { parsePolicies } from 'ipsec-ts/spd';
import { nullEncryption } from 'ipsec-ts/suite/encr';
import { hmacSha256_128 } from 'ipsec-ts/suite/integ';
import { claim, told } from './check.mjs';

const rows = { encryption: [nullEncryption], integrity: [hmacSha256_128] };
const file = parseKeyFile(readFileSync(new URL('ospfv3.json', import.meta.url), 'utf8'));

function createRouter(address) {
  return createManualDatabases({
    addresses: [address, 'ff02::5'], // the group AllSPFRouters, which every router joins
    policies: parsePolicies(file.rest.policies),
    sas: file.sas.map((sa) => ({ config: toSaConfig(sa, rows), rest: sa.rest, path: sa.path })),
  });
}

const ospf = 89;
const hello = (from, to = 'ff02::5') =>
  encodePacket({ source: parseAddress(from), destination: parseAddress(to), hopLimit: 1 }, ospf, new Uint8Array(36).fill(3));
const [first, second, third] = ['fe80::1', 'fe80::2', 'fe80::3'].map(createRouter);

console.log('fe80::1 says hello to all routers');
const sent = processOutbound(first, hello('fe80::1'), 0);
claim('it', told(sent), 'send');
const [wire] = sent.packets;
const { source, destination, protocol } = decodeIp(wire);
claim('on the link', `${formatAddress(source)} > ${formatAddress(destination)} protocol ${protocol}`, 'fe80::1 > ff02::5 protocol 50');
claim('fe80::2', told(processInbound(second, wire, 0)), 'deliver');
claim('fe80::3', told(processInbound(third, wire, 0)), 'deliver');

console.log('others answer on the same SA');
const answer = processOutbound(second, hello('fe80::2'), 1).packets[0];
claim('fe80::1', told(processInbound(first, answer, 1)), 'deliver');
const unicast = processOutbound(third, hello('fe80::3', 'fe80::1'), 1).packets[0];
claim('fe80::1, spoken to alone', told(processInbound(first, unicast, 1)), 'deliver');

console.log('a router restarts: its counter begins at 1 again');
const restarted = createRouter('fe80::2');
claim(
  'fe80::1 hears it all the same',
  told(processInbound(first, processOutbound(restarted, hello('fe80::2'), 2).packets[0], 2)),
  'deliver',
);

console.log('somebody without the key');
claim('says hello in the clear', told(processInbound(first, hello('fe80::bad'), 3)), 'discarded (policy)');
const forged = wire.slice();
forged[60] ^= 1;
claim('changes a packet', told(processInbound(second, forged, 3)), 'discarded (icv)');
claim(
  'and neighbour discovery is let through',
  told(
    processInbound(
      first,
      encodePacket({ source: parseAddress('fe80::2'), destination: parseAddress('fe80::1') }, 58, Uint8Array.of(136, 0, 0, 0, 0, 0, 0, 0)),
      3,
    ),
  ),
  'bypass',
);
console.log('all of it is so');
