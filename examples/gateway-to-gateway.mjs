// Two security gateways with manual keys carry the traffic of their networks through an ESP tunnel (RFC 2401 section 4.5, case 2).
//
//   npm run build && node examples/gateway-to-gateway.mjs
//
// SAs and policies stand in gateway-to-gateway.json: that file is all the configuration there is. Nothing is sent anywhere: what one gateway
// would put on the wire is handed to the other.
import { readFileSync } from 'node:fs';
import { parseKeyFile, toSaConfig } from 'ipsec-ts/capture';
import { decodeIp, encodeUdp, formatAddress, parseAddress } from 'ipsec-ts/ip';
import { createManualDatabases, effectiveMtu, parseProcessConfig, processInbound, processOutbound } from 'ipsec-ts/process';
import { listSas } from 'ipsec-ts/sad';
import { parsePolicies } from 'ipsec-ts/spd';
import { aes256Cbc } from 'ipsec-ts/suite/encr';
import { hmacSha256_128 } from 'ipsec-ts/suite/integ';
import { claim, told } from './check.mjs';

const rows = { encryption: [aes256Cbc], integrity: [hmacSha256_128] };
const file = parseKeyFile(readFileSync(new URL('gateway-to-gateway.json', import.meta.url), 'utf8'));

function createGateway(name) {
  const { options, policies } = file.rest.gateways[name];
  return createManualDatabases({
    ...parseProcessConfig(options, `gateways.${name}.options`),
    policies: parsePolicies(policies, `gateways.${name}.policies`),
    sas: file.sas.map((sa) => ({ config: toSaConfig(sa, rows), rest: sa.rest, path: sa.path })),
  });
}

const amsterdam = createGateway('Amsterdam');
const berlin = createGateway('Berlin');
const packet = (from, to, octets = 100, more = {}) =>
  encodeUdp({ source: parseAddress(from), destination: parseAddress(to), ...more }, 4000, 53, new Uint8Array(octets - 28).fill(0x2e));

console.log('Amsterdam sends to Berlin');
const clear = packet('10.1.0.5', '10.2.0.9');
const sent = processOutbound(amsterdam, clear, 0);
claim('a packet of the network', told(sent), 'send');
const [wire] = sent.packets;
const outer = decodeIp(wire);
claim(
  'on the wire',
  `${formatAddress(outer.source)} > ${formatAddress(outer.destination)} protocol ${outer.protocol}`,
  '192.0.2.1 > 192.0.2.2 protocol 50',
);
const got = processInbound(berlin, wire, 0);
claim('Berlin', told(got), 'deliver');
claim('octet for octet', Buffer.compare(got.packet, clear), 0);

console.log('Berlin answers');
const answer = processOutbound(berlin, packet('10.2.0.9', '10.1.0.5'), 1);
claim('Amsterdam', told(processInbound(amsterdam, answer.packets[0], 1)), 'deliver');

console.log('An attacker tries');
claim('the same packet again', told(processInbound(berlin, wire, 2)), 'discarded (replay)');
const second = processOutbound(amsterdam, clear, 2).packets[0];
claim(
  'a changed packet',
  told(
    processInbound(
      berlin,
      Uint8Array.from(second, (octet, i) => (i === 60 ? octet ^ 1 : octet)),
      2,
    ),
  ),
  'discarded (icv)',
);
claim('a clear packet with a forged source', told(processInbound(berlin, clear, 2)), 'discarded (policy)');
claim('the true packet, afterwards', told(processInbound(berlin, second, 2)), 'deliver');

console.log('Policy decides the rest');
claim('to the Internet', told(processOutbound(amsterdam, packet('10.1.0.5', '203.0.113.1'), 3)), 'discarded (policy)');

console.log('Path MTU');
const { sa } = listSas(amsterdam.sad).find((entry) => entry.direction === 'outbound');
const fits = effectiveMtu(sa, 1500);
claim('what fits 1500 octets through AES-CBC and HMAC-SHA-256', fits, 1438);
claim('one octet more, with DF', told(processOutbound(amsterdam, packet('10.1.0.5', '10.2.0.9', fits + 1, { df: true }), 4)), 'icmp');
claim('and without DF, packets on the wire', processOutbound(amsterdam, packet('10.1.0.5', '10.2.0.9', fits + 1), 4).packets.length, 2);
console.log('all of it is so');
