/** Packets of the Linux-kernel cases: everything in `vectors/linux-kernel` that has the shape of a packet case. */
import { fromHex } from '../../src/bytes.js';

interface RawPacket {
  dir: string;
  outer: string;
  outerSent?: string;
  outerFragments?: string[];
  inner: string;
  innerDecap?: string;
  plain?: string;
}
interface RawCase {
  name: string;
  mode: string;
  family: string;
  innerFamily: string;
  packets: RawPacket[];
}

const files = import.meta.glob<RawCase>('../../vectors/linux-kernel/*.json', { eager: true, import: 'default' });

export const kernelCases: RawCase[] = Object.values(files).filter(
  (c) => Array.isArray(c.packets) && c.packets.every((p) => typeof p.outer === 'string' && typeof p.inner === 'string' && 'dir' in p),
);

/** Every whole packet of every case: name of the case, which member, the octets. */
export function* kernelPackets(): Generator<{ name: string; member: string; octets: Uint8Array }> {
  for (const c of kernelCases)
    for (const p of c.packets)
      for (const member of ['outer', 'outerSent', 'inner', 'innerDecap', 'plain'] as const) {
        const hex = p[member];
        if (hex !== undefined && hex !== '') yield { name: c.name, member, octets: fromHex(hex) };
      }
}
