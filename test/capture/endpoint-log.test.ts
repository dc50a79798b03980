/**
 * Two endpoints tell the keys of a session with rekeys; the decoder reads the key logs and opens all that went over the link, and the lines are
 * the ones that the captures' own writer makes.
 */
import { describe, expect, test } from 'vitest';
import { toHex } from '../../src/bytes.js';
import { decodeCapture } from '../../src/capture/decode.js';
import { formatEspSa, parseEspSa } from '../../src/capture/esp-sa.js';
import { createIkeFollower } from '../../src/capture/ike-follow.js';
import { formatKeyLog } from '../../src/capture/key-log.js';
import { formatIkev2DecryptionTable, parseIkev2DecryptionTable } from '../../src/capture/ikev2-table.js';
import { readCapture } from '../../src/capture/pcap.js';
import { createReceiver } from '../../src/capture/receiver.js';
import { rekeyChild, rekeyIke, status } from '../../src/endpoint.js';
import { encodeUdp } from '../../src/ip.js';
import { act, begin, clearPacket, closePair, createPair, eventsOf, gateways, run, send, type Side } from '../pair.js';
import { captureOf, ikeRows, messagesOf } from './ike-captures.js';
import { options } from './kernel-keys.js';

const linesOf = (side: Side, table: string): string[] =>
  [...eventsOf(side, 'ikeKeys'), ...eventsOf(side, 'childKeys')]
    .map(formatKeyLog)
    .flatMap((line) => (line.table === table ? [line.text.trimEnd()] : []));

describe.each([
  ['aes256gcm16-prfsha256-curve25519', 'aes256gcm16-curve25519-none'],
  ['aes128-sha256-prfsha384-ecp256', 'aes128-sha256-none'],
])('a session of %s and %s', (ikeProposals, childProposals) => {
  const hosts = gateways({ connection: { proposals: ikeProposals }, child: { proposals: childProposals }, host: { keyLog: true } });
  const pair = createPair(hosts);
  const packets: Uint8Array[] = [];
  pair.onCarried.push(({ type, data, source, destination }) => {
    if (type === 'ip') packets.push(data);
    else packets.push(encodeUdp({ source: source!.address, destination: destination!.address }, source!.port, destination!.port, data));
  });
  begin(pair, pair.a);
  run(pair, 1000);
  let number = 0;
  const exchange = (): void => {
    send(pair, pair.a, clearPacket('10.1.0.1', '10.2.0.1', ++number));
    send(pair, pair.b, clearPacket('10.2.0.1', '10.1.0.1', ++number));
    run(pair, pair.now + 500);
  };
  exchange();
  act(pair, pair.b, (endpoint, now) => rekeyChild(endpoint, status(endpoint).ikeSas[0]!.children[0]!.spiIn, now));
  run(pair, pair.now + 1000);
  exchange();
  act(pair, pair.a, (endpoint, now) => rekeyIke(endpoint, 'peer', now));
  run(pair, pair.now + 1000);
  exchange();
  closePair(pair);

  const ikeTable = linesOf(pair.a, 'ikev2_decryption_table');
  const espTable = linesOf(pair.a, 'esp_sa');

  test('both sides log the same keys', () => {
    expect(linesOf(pair.b, 'ikev2_decryption_table')).toEqual(ikeTable);
    expect(linesOf(pair.b, 'esp_sa').toSorted()).toEqual(espTable.toSorted());
    expect([ikeTable.length, espTable.length]).toEqual([2, 4]);
  });

  test('every message and every packet opens with them', () => {
    const { keys, warnings } = parseIkev2DecryptionTable(ikeTable.join('\n'));
    const esp = parseEspSa(espTable.join('\n'));
    expect([warnings, esp.warnings]).toEqual([[], []]);
    const ike = createIkeFollower({ keys, secrets: [] }, ikeRows);
    const records = [...decodeCapture(readCapture(captureOf(packets)), createReceiver(esp.sas, { ...options, ike }))];
    const messages = messagesOf(records);
    expect(messages.length).toBeGreaterThan(10);
    for (const { outline, followed } of messages) expect(followed?.decrypted !== undefined).toBe(outline!.exchange !== 'IKE_SA_INIT');
    const inner = records.flatMap((r) => (r.type === 'datagram' ? [r.inner && toHex(r.inner)] : []));
    expect(inner.toSorted()).toEqual([...pair.a.delivered, ...pair.b.delivered].map(toHex).toSorted());
    expect(inner.length).toBe(number);
  });

  test("they are what this module's writers make of the same keys", () => {
    const { keys } = parseIkev2DecryptionTable(ikeTable.join('\n'));
    expect(formatIkev2DecryptionTable(keys)).toBe(`# IKEv2 SAs\n${ikeTable.map((line) => `${line}\n`).join('')}`);
    expect(formatEspSa(parseEspSa(espTable.join('\n')).sas)).toBe(`# ESP SAs\n${espTable.map((line) => `${line}\n`).join('')}`);
  });
});
