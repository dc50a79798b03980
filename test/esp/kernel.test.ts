import { describe, expect, it } from 'vitest';
import { open as openAh } from '../../src/ah.js';
import { fromHex, toHex } from '../../src/bytes.js';
import { open as openEsp } from '../../src/esp.js';
import { findSecurityHeader } from '../../src/frame.js';
import { protocols } from '../../src/ip/protocol.js';
import { open as openIpcomp } from '../../src/ipcomp.js';
import type { IpcompAssociation } from '../../src/ipcomp.js';
import { decodeIp } from '../../src/ip.js';
import { dropReason } from '../../src/verdict.js';
import { openInto as openEspInto } from '../../src/esp.js';
import { openInto as openAhInto } from '../../src/ah.js';
import { createSa, fullSeq, type SecurityAssociation } from '../../src/association.js';
import { isSupported, kernelCases, kernelConfig, kernelLayers, kernelTranscripts } from '../kernel-sa.js';

/** Takes all layers off one packet of a Linux kernel. */
function openAll(layers: readonly (SecurityAssociation | IpcompAssociation)[], outer: Uint8Array): Uint8Array {
  let packet = outer;
  for (const layer of layers) {
    if (layer.protocol === 'IPCOMP') packet = openMaybeCompressed(layer, packet);
    else {
      const verdict = layer.protocol === 'ESP' ? openEsp(layer, packet) : openAh(layer, packet);
      if (!verdict.ok) throw new Error(`${layer.protocol} ${layer.mode}: ${verdict.drop}`);
      packet = verdict.packet;
    }
  }
  return packet;
}

/** RFC 3173 section 2.2: a datagram that would not shrink travels without IPComp; in tunnel mode it still has its outer header. */
function openMaybeCompressed(ipca: IpcompAssociation, packet: Uint8Array): Uint8Array {
  if (findSecurityHeader(packet, protocols.IPComp) >= 0) {
    const clear = openIpcomp(ipca, packet);
    if (!clear) throw new Error('IPComp');
    return clear;
  }
  return ipca.mode === 'tunnel' ? packet.slice(decodeIp(packet).upperOffset) : packet;
}

describe('packets of a Linux kernel', () => {
  const supported = kernelCases.filter((c) => isSupported(c.sas));
  it('are there, and of all algorithms but six cases of Blowfish, Camellia, CAST and RIPEMD-160', () => {
    expect(kernelCases.length).toBeGreaterThan(190);
    expect(kernelCases.length - supported.length).toBe(5);
  });
  for (const c of supported) {
    it(c.name, () => {
      const layers = { AB: kernelLayers(c, 'AB'), BA: kernelLayers(c, 'BA') };
      for (const p of c.packets) {
        const outer = fromHex(p.outer);
        const before = toHex(outer);
        const clear = openAll(layers[p.dir], outer);
        expect(toHex(clear)).toBe(p.plain ?? p.inner);
        expect(toHex(outer)).toBe(before);
        const [outermost] = layers[p.dir];
        if (outermost && outermost.protocol !== 'IPCOMP') expect(fullSeq(outermost, outermost.seq)).toBe(BigInt(p.seq));
      }
    });
  }
});

describe('anti-replay transcripts of a Linux kernel', () => {
  for (const t of kernelTranscripts.filter((x) => x.name.startsWith('replay-'))) {
    it(t.name, () => {
      const sa = createSa({ ...kernelConfig({ ...t, startSeq: t.receiverTop }), replayWindow: t.replayWindow });
      for (const [i, step] of t.steps.entries()) {
        const packet = fromHex(t.packets[step.packet]!.outer);
        const out = new Uint8Array(packet.length);
        const length = (t.proto === 'ah' ? openAhInto : openEspInto)(sa, packet, out);
        expect([i, length >= 0]).toEqual([i, step.accepted]);
        if (t.replayWindow > 0) expect([i, fullSeq(sa, sa.window.top)]).toEqual([i, BigInt(step.top)]);
        if (step.counter === 'XfrmInStateSeqError') expect([i, dropReason(length)]).toEqual([i, 'replay']);
      }
    });
  }
});
