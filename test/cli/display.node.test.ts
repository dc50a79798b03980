import { describe, expect, test } from 'vitest';
import { createDisplay } from '../../src/cli/host/display.js';
import { formatPings } from '../../src/cli/host/ping.js';
import { findSource } from '../../src/cli/host/source.js';
import { formatStatus } from '../../src/cli/host/words.js';
import type { EndpointStatus } from '../../src/endpoint.js';
import { formatAddress, parseAddress } from '../../src/ip.js';
import { parseConfig } from '../../src/node.js';
import { aes128Gcm16 } from '../../src/suite/aead.js';

const status: EndpointStatus = {
  ikeSas: [
    {
      connection: 'office',
      version: 2,
      state: 'ESTABLISHED',
      user: undefined,
      role: 'initiator',
      spiI: '0011223344556677',
      spiR: '8899aabbccddeeff',
      local: '127.0.0.1:4500',
      remote: '192.0.2.1:4500',
      peerId: 'b.example',
      suite: 'ENCR_AES_GCM_16-256, PRF_HMAC_SHA2_256, curve25519',
      nat: 'ours',
      createdAt: 0,
      rekeyAt: 14_400_000,
      reauthenticateAt: Infinity,
      expiresAt: Infinity,
      children: [
        {
          name: 'net',
          protocol: 'ESP',
          mode: 'tunnel',
          spiIn: 0x1234,
          spiOut: 0xc0ffee00,
          local: '10.1.0.0/16',
          remote: '10.2.0.0/16',
          suite: 'ENCR_AES_GCM_16-256, ESN',
          inUdp: true,
          isUsed: true,
          octetsIn: 100,
          packetsIn: 1,
          octetsOut: 3 * 1024 * 1024,
          packetsOut: 3000,
          createdAt: 0,
          rekeyAt: 3_600_000,
          expiresAt: 3_960_000,
        },
      ],
    },
  ],
  halfOpen: 2,
  waiting: 1,
  counts: { replay: 3 },
};

describe('the status', () => {
  test('SAs, traffic, the next rekey', () => {
    expect(formatStatus(status, 60_000)).toEqual([
      'office: established, initiator | b.example at 192.0.2.1:4500 | rekey in 3:59:00 | NAT: ours | ENCR_AES_GCM_16-256, PRF_HMAC_SHA2_256, curve25519',
      '  net: 10.1.0.0/16 <-> 10.2.0.0/16 | rekey in 59:00 | ESP tunnel in UDP | ENCR_AES_GCM_16-256, ESN',
      '    in 0x00001234: 1 packets, 100 octets | out 0xc0ffee00: 3000 packets, 3.0 MiB',
      '2 half open, 1 packets waiting, replay 3',
    ]);
    expect(formatStatus({ ikeSas: [], halfOpen: 0, waiting: 0, counts: {} }, 0)[0]).toBe('no IKE SAs');
  });
});

describe('on a terminal', () => {
  test('what happens stands above a block that is drawn anew, no line of it wider than the terminal', () => {
    let written = '';
    const display = createDisplay({ json: false, isTerminal: true, write: (text) => (written += text), columns: () => 40 });
    display.watch(() => status);
    expect(written.split('\n').every((line) => line.length < 40)).toBe(true);
    expect(written.split('\n')).toHaveLength(6);
    written = '';
    display.say('something');
    // Five lines up, and everything below is cleared.
    expect(written.startsWith('\u001b[5A\r\u001b[J')).toBe(true);
    expect(written).toMatch(/\d\d:\d\d:\d\d {2}something\n\noffice: established/);
    written = '';
    display.end();
    expect(written.startsWith('\u001b[5A\r\u001b[J')).toBe(true);
    expect(written).toContain('3000 packets, 3.0 MiB\n');
    written = '';
    display.say('afterwards');
    expect(written).toMatch(/afterwards\n$/);
  });

  test('strangers do not fill the screen', () => {
    let lines = 0;
    const display = createDisplay({
      json: false,
      isTerminal: false,
      write: () => {
        lines++;
      },
      columns: () => 80,
    });
    for (let i = 0; i < 1000; i++) display.event({ type: 'audit', event: 'malformed', detail: 'again', connection: undefined });
    expect(lines).toBeLessThanOrEqual(20);
    const [key, spi] = [new Uint8Array(20), new Uint8Array(8)];
    const keys = { SK_ei: key, SK_er: key, SK_ai: key, SK_ar: key };
    display.event({ type: 'ikeKeys', spiI: spi, spiR: spi, encryption: aes128Gcm16, integrity: undefined, keys });
    expect(lines).toBeLessThanOrEqual(20);
  });
});

describe('pings', () => {
  test('the statistics', () => {
    const times = { min: 1, average: 2.5, max: 4, deviation: 1.25 };
    expect(formatPings({ target: '10.2.0.1', sent: 3, received: 2, duplicates: 1, milliseconds: 2004.4, times })).toEqual([
      '--- 10.2.0.1 ping statistics ---',
      '3 packets transmitted, 2 received, +1 duplicates, 33.3% packet loss, time 2004 ms',
      'rtt min/avg/max/mdev = 1.000/2.500/4.000/1.250 ms',
    ]);
    expect(formatPings({ target: '::1', sent: 0, received: 0, duplicates: 0, milliseconds: 0, times: undefined })).toHaveLength(2);
  });

  const child = (local: string | string[], remote: string): unknown => ({ local, remote });
  const config = (...children: unknown[]): ReturnType<typeof parseConfig> =>
    parseConfig({
      ike: 2,
      addresses: ['192.0.2.7'],
      connections: [{ name: 'c', auth: { psk: 'hush' }, remote: { address: '192.0.2.1' }, children }],
    });

  test.each([
    [config(child('10.1.0.0/16', '10.2.0.0/16')), '10.2.3.4', '10.1.0.1'],
    [config(child('10.1.0.5/32', '10.2.0.0/16')), '10.2.3.4', '10.1.0.5'],
    [config(child('10.1.0.8/29', '10.2.0.0/16')), '10.2.3.4', '10.1.0.8'],
    [config(child('dynamic', '0.0.0.0/0')), '10.2.3.4', '192.0.2.7'],
    [config(child('dynamic', 'dynamic')), '192.0.2.1', '192.0.2.7'],
    [config(child('10.9.0.0/16', '10.8.0.0/16'), child(['fd00::/64', '10.1.0.0/24'], '10.2.0.0/16')), '10.2.0.1', '10.1.0.1'],
    [config(child('fd00:1::/64', 'fd00:2::/64')), 'fd00:2::9', 'fd00:1::1'],
  ])('come from our end of the Child SA: %#', (host, target, source) => {
    expect(formatAddress(findSource(host, parseAddress(target), []))).toBe(source);
  });

  test('come from the address that we were given', () => {
    const source = findSource(config(child('dynamic', '0.0.0.0/0')), parseAddress('10.2.3.4'), [parseAddress('10.77.0.3')]);
    expect(formatAddress(source)).toBe('10.77.0.3');
  });
});
