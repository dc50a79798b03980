/** Chains: extensions that nobody knows, and DER that is none. */
import { concat } from '../../src/bytes.js';
import type { Chain } from './openssl-cases.js';
import {
  bits,
  certify,
  der,
  explicit,
  extension,
  int,
  keyOf,
  type Made,
  name,
  oid,
  octets,
  seq,
  time,
  today,
  day,
  utf8,
  yes,
} from './maker.js';

const k = keyOf;
const root = certify({ subject: 'CN=Root', key: k('root'), ca: true });
const unknown = (critical: boolean): Uint8Array => extension('1.3.6.1.4.1.55555.1', octets(), critical);
const one = (what: string, certificate: Made | Uint8Array, more: Partial<Chain> = {}): Chain => ({
  name: what,
  certificate,
  anchors: [root],
  ...more,
});
const leafOf = (...extensions: Uint8Array[]): Made => certify({ subject: 'CN=gw', key: k('leaf'), extensions }, root);

/** A leaf of parts: each may be another. */
function assemble(
  parts: Partial<Record<'version' | 'serial' | 'from' | 'until' | 'subject' | 'extensions' | 'signature' | 'tail', Uint8Array>>,
): Uint8Array {
  const tbs = seq(
    parts.version ?? explicit(0, int(2)),
    parts.serial ?? int(77),
    root.key.algorithm,
    name('CN=Root'),
    seq(parts.from ?? time(today - day), parts.until ?? time(today + day)),
    parts.subject ?? name('CN=gw'),
    k('leaf').spki,
    explicit(3, parts.extensions ?? seq(extension('2.5.29.19', seq(), true))),
  );
  return seq(tbs, root.key.algorithm, parts.signature ?? bits(root.key.sign(tbs)), parts.tail ?? new Uint8Array(0));
}

/** The same element with one octet more for its length. */
const longer = (element: Uint8Array): Uint8Array => {
  const size = element[1]!;
  if (size < 0x80) return concat(element.subarray(0, 1), Uint8Array.of(0x81, size), element.subarray(2));
  return concat(element.subarray(0, 1), Uint8Array.of(size + 1, 0), element.subarray(2));
};

export function oddChains(): Chain[] {
  const sub = certify({ subject: 'CN=Sub', key: k('sub'), ca: true, extensions: [unknown(true)] }, root);
  const strictDer = 'we take DER only; openssl reads BER';
  const text = leafOf().der;
  const leaf = certify({ subject: 'CN=gw', key: k('leaf') }, root).der;
  return [
    one('an unknown extension', leafOf(unknown(false))),
    one('an unknown critical extension', leafOf(unknown(true))),
    {
      name: 'an unknown critical extension of an authority',
      certificate: certify({ subject: 'CN=gw', key: k('leaf') }, sub),
      others: [sub],
      anchors: [root],
    },
    one('an extension twice', leafOf(extension('2.5.29.19', seq(), true))),
    one('a whole certificate of parts', assemble({})),
    one('basicConstraints that is no sequence', assemble({ extensions: seq(extension('2.5.29.19', int(1), true)) })),
    one('a keyUsage that is no bit string', assemble({ extensions: seq(extension('2.5.29.15', int(1), true)) })),
    one('a subjectAltName with a name of no kind', assemble({ extensions: seq(extension('2.5.29.17', seq(der(0x8f, utf8('x'))))) })),
    one(
      'nameConstraints of an odd mask',
      assemble({ extensions: seq(extension('2.5.29.30', seq(explicit(0, seq(der(0x87, new Uint8Array(5))))), true)) }),
      {
        differs: 'openssl looks at a mask only when it compares',
      },
    ),
    one('a serial number of zero', assemble({ serial: int(0) })),
    one('a negative serial number', assemble({ serial: der(0x02, Uint8Array.of(0x80)) })),
    one('a serial number of 20 octets', assemble({ serial: int(new Uint8Array(20).fill(0x7f)) })),
    one('a UTCTime without seconds', assemble({ from: der(0x17, utf8('2611200000Z')) })),
    one('a UTCTime with an offset', assemble({ from: der(0x17, utf8('261120000000+0000')) })),
    one('a GeneralizedTime with a fraction', assemble({ from: der(0x18, utf8('20261120000000.5Z')) })),
    one('the thirteenth month', assemble({ from: der(0x17, utf8('261320000000Z')) })),
    one('extensions in version 1', assemble({ version: new Uint8Array(0) }), {
      differs: 'RFC 5280 section 4.1.2.9 has extensions in version 3 only; openssl does not look unless it is strict',
    }),
    one('version 4', assemble({ version: explicit(0, int(3)) }), { differs: 'there is none; openssl does not look' }),
    one('no subject and no other name', assemble({ subject: name('') })),
    one('a field behind the signature', assemble({ tail: int(1) })),
    one('an octet behind the certificate', concat(leaf, Uint8Array.of(0)), {
      differs: 'nothing may stand behind a certificate; openssl reads up to its end',
    }),
    one('a longer length than needed, outside', longer(leaf), { differs: strictDer }),
    one('a longer length than needed, inside what is signed', assemble({ serial: Uint8Array.of(0x02, 0x81, 0x01, 0x4d) }), {
      differs: strictDer,
    }),
    one('a critical of 0x01', assemble({ extensions: seq(seq(oid('2.5.29.19'), der(0x01, Uint8Array.of(1)), octets(seq()))) }), {
      differs: strictDer,
    }),
    one(
      'a critical of FALSE, written down',
      assemble({ extensions: seq(seq(oid('2.5.29.19'), der(0x01, Uint8Array.of(0)), octets(seq()))) }),
    ),
    one('a signature with unused bits', assemble({ signature: concat(Uint8Array.of(0x03, 0x03, 0x04), Uint8Array.of(0x10, 0x20)) })),
    one('a certificate without its last octet', text.subarray(0, text.length - 1)),
    one(
      'a common name that is not UTF-8',
      assemble({ subject: seq(der(0x31, seq(oid('2.5.4.3'), der(0x0c, Uint8Array.of(0xff, 0xfe))))) }),
    ),
    one('extensions that are none', assemble({ extensions: seq() })),
    one('cA TRUE in a leaf without keyCertSign', assemble({ extensions: seq(extension('2.5.29.19', seq(yes), true)) })),
  ];
}
