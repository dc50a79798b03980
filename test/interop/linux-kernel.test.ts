import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { open as openAh, seal as sealAh } from '../../src/ah.js';
import { readU16, toHex } from '../../src/bytes.js';
import {
  createSa,
  open as openEsp,
  seal as sealEsp,
  sealDummy,
  type SaConfig,
  type SecurityAssociation,
  type Verdict,
} from '../../src/esp.js';
import {
  addFragment,
  createReassembler,
  decodeIcmp,
  decodeIp,
  encodeEcho,
  formatAddress,
  fragmentPacket,
  parseAddress,
  protocols,
} from '../../src/ip.js';
import { aeadRows, aes128Gcm16 } from '../../src/suite/aead.js';
import { encrRows } from '../../src/suite/encr.js';
import { integRows } from '../../src/suite/integ.js';
import { legacyRows } from '../../src/suite/legacy.js';
import { nodeRows } from '../../src/node/suite.js';
import type { EncryptionRow, IntegrityRow } from '../../src/suite/types.js';
import { bootKernel, type Kernel } from './linux/kernel.js';

// ---- what Linux calls the algorithms --------------------------------------------------------------------------------------

const linux: Record<string, string> = {
  ENCR_AES_GCM_16: "aead 'rfc4106(gcm(aes))' KEY 128",
  ENCR_AES_GCM_12: "aead 'rfc4106(gcm(aes))' KEY 96",
  ENCR_AES_GCM_8: "aead 'rfc4106(gcm(aes))' KEY 64",
  ENCR_AES_CCM_16: "aead 'rfc4309(ccm(aes))' KEY 128",
  ENCR_AES_CCM_12: "aead 'rfc4309(ccm(aes))' KEY 96",
  ENCR_AES_CCM_8: "aead 'rfc4309(ccm(aes))' KEY 64",
  ENCR_CHACHA20_POLY1305: "aead 'rfc7539esp(chacha20,poly1305)' KEY 128",
  ENCR_NULL_AUTH_AES_GMAC: "aead 'rfc4543(gcm(aes))' KEY 128",
  ENCR_AES_CBC: "enc 'cbc(aes)' KEY",
  ENCR_AES_CTR: "enc 'rfc3686(ctr(aes))' KEY",
  ENCR_3DES: "enc 'cbc(des3_ede)' KEY",
  ENCR_DES: "enc 'cbc(des)' KEY",
  ENCR_NULL: "enc 'ecb(cipher_null)' ''",
  AUTH_HMAC_SHA1_96: "auth-trunc 'hmac(sha1)' KEY 96",
  AUTH_HMAC_SHA2_256_128: "auth-trunc 'hmac(sha256)' KEY 128",
  AUTH_HMAC_SHA2_256_96: "auth-trunc 'hmac(sha256)' KEY 96",
  AUTH_HMAC_SHA2_384_192: "auth-trunc 'hmac(sha384)' KEY 192",
  AUTH_HMAC_SHA2_512_256: "auth-trunc 'hmac(sha512)' KEY 256",
  AUTH_HMAC_MD5_96: "auth-trunc 'hmac(md5)' KEY 96",
  AUTH_AES_XCBC_96: "auth-trunc 'xcbc(aes)' KEY 96",
  AUTH_AES_CMAC_96: "auth-trunc 'cmac(aes)' KEY 96",
};
const modes = ['t4', 't6', 'u44', 'u66', 'u64', 'u46'] as const;
type Mode = (typeof modes)[number];

/** One way of talking to the kernel: an SA in each direction, keyed afresh. */
interface Link {
  readonly name: string;
  readonly mode: Mode;
  readonly outbound: SecurityAssociation;
  readonly inbound: SecurityAssociation;
  readonly script: string;
  readonly us: Uint8Array;
  readonly them: Uint8Array;
}
interface Choice {
  readonly protocol: 'ESP' | 'AH';
  readonly mode: Mode;
  readonly encryption?: EncryptionRow;
  readonly integrity?: IntegrityRow;
  readonly esn?: boolean;
  readonly udp?: boolean;
  readonly startSeq?: number;
}

let spi = 0x1000;
function link(choice: Choice): Link {
  const { protocol, mode, encryption, integrity, esn = false, udp = false, startSeq = 0 } = choice;
  // u64 is a tunnel of IPv6 in IPv4
  const outer6 = mode === 't6' || mode[2] === '6';
  const inner6 = mode === 't6' || mode[1] === '6';
  const tunnel = mode.startsWith('u');
  const [theirs, ours] = outer6 ? ['fd99::1', 'fd99::2'] : ['10.99.0.1', '10.99.0.2'];
  const [them, us] = !tunnel ? [theirs, ours] : inner6 ? ['fd00:1::1', 'fd00:2::1'] : ['10.1.0.1', '10.2.0.1'];
  const keys = (row: EncryptionRow | IntegrityRow): Uint8Array => crypto.getRandomValues(new Uint8Array(row.keyLength + row.saltLength));
  const config = (source: string, destination: string): SaConfig => ({
    protocol,
    mode: tunnel ? 'tunnel' : 'transport',
    spi: ++spi,
    source: parseAddress(source),
    destination: parseAddress(destination),
    encryption: encryption && { row: encryption, key: keys(encryption) },
    integrity: integrity && { row: integrity, key: keys(integrity) },
    esn,
    startSeq,
    ahPadding: protocol === 'AH' && !outer6 ? 8 : undefined, // a Linux receiver demands its own length
    encapsulation: udp ? { sourcePort: 4500, destinationPort: 4500 } : undefined,
  });
  const [out, back] = [config(ours, theirs), config(theirs, ours)];
  const state = (c: SaConfig, src: string, dst: string): string =>
    [
      `ip xfrm state add src ${src} dst ${dst} proto ${protocol.toLowerCase()} spi ${c.spi} mode ${c.mode} reqid 1`,
      `replay-window 64 flag ${esn ? 'esn ' : ''}af-unspec`,
      startSeq > 0
        ? `replay-seq-hi ${Math.floor(startSeq / 2 ** 32)} replay-seq ${startSeq % 2 ** 32} replay-oseq-hi ${Math.floor(startSeq / 2 ** 32)} replay-oseq ${startSeq % 2 ** 32}`
        : '',
      c.encryption ? linux[c.encryption.row.name]!.replace('KEY', `0x${toHex(c.encryption.key)}`) : '',
      c.integrity ? linux[c.integrity.row.name]!.replace('KEY', `0x${toHex(c.integrity.key)}`) : '',
      udp ? 'encap espinudp 4500 4500 0.0.0.0' : '',
    ].join(' ');
  const template = `tmpl src SRC dst DST proto ${protocol.toLowerCase()} reqid 1 mode ${tunnel ? 'tunnel' : 'transport'}`;
  const policy = (dir: string, a: string, b: string, from: string, to: string): string =>
    `ip xfrm policy add dir ${dir} src ${a} dst ${b} proto ${inner6 ? 'ipv6-icmp' : 'icmp'} ${template.replace('SRC', from).replace('DST', to)}`;
  return {
    name: [protocol, mode, encryption && `${encryption.name}/${encryption.keyLength * 8}`, integrity?.name, esn && 'ESN', udp && 'in UDP']
      .filter(Boolean)
      .join(' '),
    mode,
    outbound: createSa(out),
    inbound: createSa(back),
    us: parseAddress(us),
    them: parseAddress(them),
    script: [
      'set -e; ip xfrm state flush; ip xfrm policy flush',
      state(out, ours, theirs),
      state(back, theirs, ours),
      policy('out', them, us, theirs, ours),
      policy('in', us, them, ours, theirs),
    ].join('\n'),
  };
}

const open = (sa: SecurityAssociation, packet: Uint8Array): Verdict => (sa.protocol === 'ESP' ? openEsp : openAh)(sa, packet);
const seal = (sa: SecurityAssociation, packet: Uint8Array): Uint8Array => (sa.protocol === 'ESP' ? sealEsp : sealAh)(sa, packet);

// ---- the tests ---------------------------------------------------------------------------------------------------------------

let kernel: Kernel;
let reason = '';
const table: string[] = [];

beforeAll(async () => {
  const booted = await bootKernel();
  if (typeof booted === 'string') {
    reason = booted;
    if (process.env['REQUIRE_PEERS'] === '1') throw new Error(booted);
    console.log(`skipped: ${booted}`);
  } else kernel = booted;
}, 120_000);
afterAll(async () => {
  if (reason !== '') return;
  await kernel.stop();
  console.log(`Linux ${kernel.release}: ${table.length} scenarios\n${table.join('\n')}`);
});

/** Waits for what the kernel sends back, put together from fragments. */
async function exchange(send: () => void, wanted: number, milliseconds = 3000): Promise<Uint8Array[]> {
  const got: Uint8Array[] = [];
  const reassembler = createReassembler();
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    kernel.onPacket = (packet) => {
      const whole = addFragment(reassembler, packet, 0);
      if (whole.type !== 'whole') return;
      const { protocol } = decodeIp(whole.packet);
      if (protocol !== protocols.ESP && protocol !== protocols.AH && protocol !== protocols.UDP) return;
      got.push(whole.packet);
      if (got.length === wanted) {
        clearTimeout(timer);
        resolve();
      }
    };
    send();
  });
  return got;
}

/** We ping the kernel, the kernel pings us. Both through the SAs. */
async function bothWays(l: Link, size = 56): Promise<void> {
  const set = await kernel.run(l.script);
  expect(set, l.script).toMatchObject({ code: 0 });
  const data = crypto.getRandomValues(new Uint8Array(size));
  for (let seq = 1; seq <= 3; seq++) {
    const request = encodeEcho({ source: l.us, destination: l.them, id: 7, seq, data });
    const [reply] = await exchange(() => {
      for (const piece of fragmentPacket(seal(l.outbound, request), 1500)) kernel.send(piece);
    }, 1);
    if (!reply)
      throw new Error(`no reply from the kernel; ${(await kernel.run('grep -v " 0$" /proc/net/xfrm_stat; ip -s xfrm state')).output}`);
    const verdict = open(l.inbound, reply);
    if (!verdict.ok) throw new Error(`the kernel's reply: ${verdict.drop}`);
    const echo = decodeIcmp(verdict.packet);
    expect([decodeIp(verdict.packet).source, echo.type, echo.checksumRight]).toEqual([l.them, l.us.length === 4 ? 0 : 129, true]);
    expect(toHex(verdict.packet)).toContain(toHex(data));
  }
  const asked = kernel.run(`for i in 1 2; do ping -c 1 -W 3 -s ${size} ${formatAddress(l.us)}; done`);
  const requests: Uint8Array[] = [];
  kernel.onPacket = (packet) => {
    const verdict = open(l.inbound, packet);
    if (!verdict.ok || ![8, 128].includes(decodeIcmp(verdict.packet).type)) return;
    requests.push(verdict.packet);
    const at = decodeIp(verdict.packet).upperOffset;
    const reply = encodeEcho({
      source: l.us,
      destination: l.them,
      id: readU16(verdict.packet, at + 4),
      seq: readU16(verdict.packet, at + 6),
      data: verdict.packet.subarray(at + 8),
      reply: true,
    });
    kernel.send(seal(l.outbound, reply));
  };
  const { code, output } = await asked;
  const complete = output.split(' 0% packet loss').length === 3;
  const counts = complete ? '' : (await kernel.run(String.raw`grep -v '\s0$' /proc/net/xfrm_stat; ip -s link show dev eth0`)).output;
  expect(complete, `${requests.length} requests came; ${output}${counts}`).toBe(true);
  expect([code, requests.length]).toEqual([0, 2]);
  table.push(`  ${l.name.padEnd(72)} 3 pings answered, 2 pings received and answered`);
}

const hmac256 = integRows.find((r) => r.name === 'AUTH_HMAC_SHA2_256_128')!;
const cbc = encrRows.find((r) => r.name === 'ENCR_AES_CBC' && r.keyLength === 32)!;
const legacyCiphers = legacyRows.filter((r): r is Extract<EncryptionRow, { kind: 'cipher' }> => r.kind === 'cipher');
const legacyMacs = legacyRows.filter((r): r is IntegrityRow => r.kind === 'integrity');
const pick = (i: number): Mode => modes[i % modes.length]!;

describe('a Linux kernel answers through our ESP and AH, and asks through them', () => {
  const choices: Choice[] = [
    ...aeadRows.filter((r) => r.name in linux).map((encryption, i): Choice => ({ protocol: 'ESP', mode: pick(i), encryption })),
    ...[...encrRows, ...legacyCiphers].map((encryption, i): Choice => ({
      protocol: 'ESP',
      mode: pick(i + 1),
      encryption,
      integrity: hmac256,
    })),
    ...[...integRows.filter((r) => r.ivLength === 0), ...legacyMacs].flatMap((integrity, i): Choice[] => [
      { protocol: 'ESP', mode: pick(i + 2), encryption: cbc, integrity },
      { protocol: 'AH', mode: pick(i), integrity },
      { protocol: 'AH', mode: pick(i + 3), integrity },
    ]),
    ...modes.flatMap((mode): Choice[] => [
      { protocol: 'ESP', mode, encryption: aes128Gcm16 },
      { protocol: 'ESP', mode, encryption: cbc, integrity: hmac256 },
      { protocol: 'AH', mode, integrity: hmac256 },
      { protocol: 'ESP', mode, encryption: aes128Gcm16, esn: true, startSeq: 2 ** 32 - 3 },
      { protocol: 'AH', mode, integrity: hmac256, esn: true, startSeq: 2 ** 33 },
    ]),
    { protocol: 'ESP', mode: 'u44', encryption: aes128Gcm16, udp: true },
    { protocol: 'ESP', mode: 'u64', encryption: cbc, integrity: hmac256, udp: true },
    { protocol: 'ESP', mode: 't4', encryption: aes128Gcm16, udp: true },
    ...nodeRows
      .filter((r): r is EncryptionRow => r.kind !== 'integrity' && ['ENCR_AES_GCM_16', 'ENCR_CHACHA20_POLY1305'].includes(r.name))
      .map((encryption): Choice => ({ protocol: 'ESP', mode: 'u44', encryption })),
  ];
  for (const [i, choice] of choices.entries()) {
    const l = link(choice);
    it(`${i} ${l.name}`, async (context) => {
      if (reason !== '') context.skip(reason);
      // In transport mode inside UDP the policy would hit the outer UDP packet too; it is for ICMP alone.
      await bothWays(l);
    });
  }
  it('in fragments: a ping of 4000 octets', async (context) => {
    if (reason !== '') context.skip(reason);
    const l = link({ protocol: 'ESP', mode: 'u44', encryption: aes128Gcm16 });
    expect((await kernel.run(l.script)).code).toBe(0);
    const request = encodeEcho({ source: l.us, destination: l.them, id: 7, seq: 1, data: new Uint8Array(4000).fill(7) });
    const [reply] = await exchange(() => {
      for (const piece of fragmentPacket(seal(l.outbound, request), 1500)) kernel.send(piece);
    }, 1);
    expect(reply && open(l.inbound, reply).ok).toBe(true);
  });
  it('refuses what we refuse: a replay, a forgery, a dummy packet', async (context) => {
    if (reason !== '') context.skip(reason);
    const l = link({ protocol: 'ESP', mode: 'u44', encryption: aes128Gcm16 });
    expect((await kernel.run(l.script)).code).toBe(0);
    const stat = async (): Promise<Map<string, number>> => {
      const { output } = await kernel.run('cat /proc/net/xfrm_stat');
      return new Map(
        output
          .trim()
          .split('\n')
          .map((x) => [x.split(/\s+/)[0] ?? '', Number(x.split(/\s+/)[1])]),
      );
    };
    const before = await stat();
    const sealed = seal(l.outbound, encodeEcho({ source: l.us, destination: l.them, id: 7, seq: 1 }));
    const forged = seal(l.outbound, encodeEcho({ source: l.us, destination: l.them, id: 7, seq: 2 }));
    forged[forged.length - 1]! ^= 1;
    const replies = await exchange(
      () => {
        for (const p of [sealed, sealed, forged, sealDummy(l.outbound, 80)]) kernel.send(p);
      },
      4,
      400,
    );
    expect(replies.length).toBe(1);
    const after = await stat();
    const moved = [...after.keys()].filter((k) => after.get(k) !== before.get(k)).map((k) => `${k} ${after.get(k)! - before.get(k)!}`);
    expect(moved).toEqual(['XfrmInStateProtoError 2', 'XfrmInStateSeqError 1']);
  });
});
