// What ESP and AH cost around their cryptography: headers, look at the window, padding, copies. The algorithm is a row that
// does nothing, so that what is left is ours; beside it the same with AES-GCM, and what stays on the heap.
import { createSa, openInto, sealInto } from '../dist/esp.js';
import { encodeUdp, parseAddress } from '../dist/ip.js';
import { aes128Gcm16 } from '../dist/suite/aead.js';

/** As AES-GCM, without the work. */
const nothing = {
  ...aes128Gcm16,
  name: 'nothing',
  create: () => ({ seal: () => undefined, open: () => true, destroy: () => undefined, secrets: [] }),
};
const key = new Uint8Array(20).fill(7);
const [source, destination] = [parseAddress('192.0.2.1'), parseAddress('192.0.2.2')];

export async function run({ compare, judged, octetsPerCall, sink }) {
  const rows = [];
  for (const mode of ['tunnel', 'transport'])
    for (const size of [64, 1400]) {
      const config = (row) => ({
        protocol: 'ESP',
        mode,
        spi: 0x1000,
        source,
        destination,
        encryption: { row, key },
        replayWindow: 0,
        esn: true,
      });
      const clear = encodeUdp({ source, destination }, 1, 2, new Uint8Array(size - 28));
      const out = new Uint8Array(size + 200);
      const back = new Uint8Array(size + 200);
      const make = (row) => {
        const [sender, receiver] = [createSa(config(row)), createSa(config(row))];
        const sealed = out.slice(0, sealInto(sender, clear, out));
        return {
          seal: () => sink(sealInto(sender, clear, out)),
          open: () => sink(openInto(receiver, sealed, back)),
          aead: aes128Gcm16.create(key),
          sealed,
        };
      };
      const bare = make(nothing);
      const gcm = make(aes128Gcm16);
      const aad = new Uint8Array(12);
      const iv = new Uint8Array(8);
      const [text, end] = [mode === 'tunnel' ? 36 : 36, gcm.sealed.length - 16];
      const buffer = gcm.sealed.slice();
      const ns = compare({
        seal: bare.seal,
        open: bare.open,
        sealGcm: gcm.seal,
        openGcm: gcm.open,
        crypto: () => gcm.aead.seal(aad, iv, buffer, text, end),
        copy: () => back.set(clear),
      });
      const what = `${mode}, ${size} octets:`;
      rows.push(
        judged(
          { name: `${what} seal without cryptography`, value: ns.seal, unit: 'ns', baseline: 'one copy', ratio: ns.seal / ns.copy },
          { atMost: 500 },
          ns.seal,
        ),
      );
      rows.push(
        judged(
          { name: `${what} open without cryptography`, value: ns.open, unit: 'ns', baseline: 'one copy', ratio: ns.open / ns.copy },
          { atMost: 500 },
          ns.open,
        ),
      );
      rows.push({
        name: `${what} seal, AES-128-GCM`,
        value: ns.sealGcm,
        unit: 'ns',
        baseline: 'the cryptography alone',
        ratio: ns.sealGcm / ns.crypto,
      });
      rows.push({
        name: `${what} open, AES-128-GCM`,
        value: ns.openGcm,
        unit: 'ns',
        baseline: 'the cryptography alone',
        ratio: ns.openGcm / ns.crypto,
      });
      if (globalThis.gc) {
        const left = octetsPerCall(bare.seal, 300_000) + octetsPerCall(bare.open, 300_000);
        rows.push(judged({ name: `${what} heap octets of one seal and one open`, value: left, unit: 'B' }, { atMost: 1 }, left));
      }
    }
  return rows;
}
