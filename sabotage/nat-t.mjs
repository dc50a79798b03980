/** @type {readonly import('./defects.mjs').Defect[]} */
export const defects = [
  {
    name: 'nat-t: an SPI that begins with a zero octet is IKE',
    file: 'src/nat-t/payload.ts',
    find: 'if ((payload[0]! | payload[1]! | payload[2]! | payload[3]!) !== 0) return',
    replace: 'if (payload[0] !== 0) return',
    tests: ['test/nat-t.test.ts'],
  },
  {
    name: 'nat-t: a UDP checksum that is there is not verified',
    file: 'src/nat-t/encapsulation.ts',
    find: 'if (!checksumAbsent && ',
    replace: 'if (checksumAbsent && ',
    tests: ['test/nat-t.test.ts'],
  },
  {
    name: 'nat-t: a checksum that comes out as zero is sent as none',
    file: 'src/nat-t/checksum-fix.ts',
    find: "after === 0 && neverZero(protocol) && fix !== 'clear' ? 0xffff : after",
    replace: 'after',
    tests: ['test/nat-t.test.ts'],
  },
  {
    name: 'ipcomp: a packet may become longer than IP can say',
    file: 'src/ipcomp/packet.ts',
    find: '0xffff - headers)',
    replace: '0xfffff - headers)',
    tests: ['test/attacks/packets.test.ts'],
  },
  {
    name: 'ipcomp: a bomb is decompressed to its end',
    file: 'src/ipcomp/deflate.ts',
    find: 'if (length > limit) return undefined;',
    replace: '',
    tests: ['test/attacks/packets.test.ts'],
  },
  {
    name: 'ipcomp: another CPI is decompressed all the same',
    file: 'src/ipcomp/packet.ts',
    find: '|| readU16(packet, at + 2) !== ipca.cpi) return undefined;',
    replace: ') return undefined;',
    tests: ['test/ipcomp'],
  },
];
