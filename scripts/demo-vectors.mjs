// Makes vectors/demo out of the Linux-kernel cases: a few datagrams of several cases in one capture, their SAs as keys.json, and the clear
// packets that the kernels themselves recorded. Needs the captures of the cases, which are not in the repository:
//   node scripts/demo-vectors.mjs FOLDER_WITH_THE_CAPTURES
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { readCapture, writePcap } from '../dist/capture.js';

const chosen = [
  ['esp-gcm256-icv128-u44', 4],
  ['nest-esptun-then-ah-u44', 4],
  ['esp-udpencap-ccm128-icv128-u46', 4],
  ['ah-sha256-t6', 3],
  ['esp-large-gcm128-icv128-t4', 3],
];
const aead = { 'rfc4106(gcm(aes))': 'ENCR_AES_GCM_', 'rfc4309(ccm(aes))': 'ENCR_AES_CCM_' };
const encryption = { 'cbc(aes)': 'ENCR_AES_CBC', 'ecb(cipher_null)': 'ENCR_NULL' };
const integrity = {
  'hmac(sha1)96': 'AUTH_HMAC_SHA1_96',
  'hmac(sha256)128': 'AUTH_HMAC_SHA2_256_128',
  'hmac(sha384)192': 'AUTH_HMAC_SHA2_384_192',
  'hmac(sha512)256': 'AUTH_HMAC_SHA2_512_256',
};

const folder = process.argv[2];
if (folder === undefined) throw new Error('which folder?');
const records = [];
const sas = [];
const expected = [];
for (const [name, count] of chosen) {
  const kernelCase = JSON.parse(readFileSync(`vectors/linux-kernel/${name}.json`, 'utf8'));
  const frames = [...readCapture(new Uint8Array(readFileSync(`${folder}/${name}.pcap`)))];
  for (const packet of kernelCase.packets.slice(0, count)) {
    for (const index of packet.records) records.push(frames[index]);
    expected.push({ packet: records.length, case: name, inner: packet.plain ?? packet.inner });
  }
  for (const sa of kernelCase.sas) sas.push(keysOf(sa, kernelCase.flags ?? []));
}
writeFileSync('vectors/demo/linux-kernel.pcap', writePcap({ linkType: 1 }, records));
writeFileSync('vectors/demo/linux-kernel.keys.json', `${JSON.stringify({ sas }, undefined, 2)}\n`);
writeFileSync('vectors/demo/linux-kernel.expected.json', `${JSON.stringify(expected, undefined, 1)}\n`);
console.log(`${records.length} records, ${expected.length} datagrams, ${sas.length} SAs`);

function keysOf(sa, flags) {
  return {
    protocol: sa.proto.toUpperCase(),
    mode: sa.mode,
    spi: `0x${sa.spi.toString(16).padStart(8, '0')}`,
    source: sa.src,
    destination: sa.dst,
    ...(sa.aead && { encryption: { name: `${aead[sa.aead.name]}${sa.aead.icvBits / 8}`, key: sa.aead.key + sa.aead.salt } }),
    ...(sa.enc && { encryption: { name: encryption[sa.enc.name], key: sa.enc.key } }),
    ...(sa.auth && { integrity: { name: integrity[`${sa.auth.name}${sa.auth.icvBits}`], key: sa.auth.key } }),
    esn: sa.esn,
    replayWindow: sa.replayWindow,
    startSeq: sa.startSeq,
    ...(sa.udpEncap && { encapsulation: { protocol: 'udp', sourcePort: sa.udpEncap.sport, destinationPort: sa.udpEncap.dport } }),
    ...(sa.proto === 'ah' && sa.src.includes('.') && { ahPadding: flags.includes('align4') ? 4 : 8 }),
  };
}
