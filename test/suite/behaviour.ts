/**
 * What every row of every engine must do, whatever its algorithm: forgeries never open, ranges and lengths are checked, keys are
 * wiped, and the buffer around the text stays as it was.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/bytes.js';
import { IpsecError } from '../../src/errors.js';
import type { AeadRow, EncryptionRow, IntegrityRow } from '../../src/suite/types.js';
import { aeadOf, ciphersOf, integrityOf, type Engine } from './cases.js';

/** A row's name and key length, since names repeat. */
export function label(row: EncryptionRow | IntegrityRow): string {
  return `${row.name} with ${row.keyLength * 8} bits`;
}

/** A key that is neither weak nor alike in its parts. */
function keyOf(row: EncryptionRow | IntegrityRow, seed = 0): Uint8Array {
  return Uint8Array.from({ length: row.keyLength + row.saltLength }, (_, i) => (i * 37 + seed * 11 + 5) & 0xff);
}

const octets = (min: number, max = min): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: min, maxLength: max });

export function describeBehaviour(engine: Engine): void {
  describe.each(aeadOf(engine).map((row) => [label(row), row] as const))('%s', (_, row) => {
    it('opens what it sealed, at any alignment, and leaves the rest of the buffer alone', () => {
      const context = row.create(keyOf(row));
      fc.assert(
        fc.property(octets(0, 300), octets(0, 24), octets(8), fc.nat(9), fc.nat(5), (text, aad, iv, offset, skipped) => {
          const end = offset + text.length;
          const buffer = new Uint8Array(skipped + end + row.icvLength + 3).subarray(skipped).fill(0xee);
          buffer.set(text, offset);
          context.seal(aad, iv, buffer, offset, end);
          expect(buffer.subarray(0, offset).every((b) => b === 0xee)).toBe(true);
          expect(buffer.subarray(end + row.icvLength).every((b) => b === 0xee)).toBe(true);
          if (text.length >= 16 && !row.name.includes('GMAC')) expect(toHex(buffer.subarray(offset, end))).not.toBe(toHex(text));
          expect(context.open(aad, iv, buffer, offset, end)).toBe(true);
          expect(toHex(buffer.subarray(offset, end))).toBe(toHex(text));
        }),
        { numRuns: 30 },
      );
      context.destroy();
    });

    it('never opens when a bit of ciphertext, ICV, AAD or IV is another', () => {
      const context = row.create(keyOf(row));
      fc.assert(
        fc.property(octets(1, 80), octets(8, 12), octets(8), fc.nat(), fc.nat(7), (text, aad, iv, place, bit) => {
          const sealed = new Uint8Array(text.length + row.icvLength);
          sealed.set(text);
          context.seal(aad, iv, sealed, 0, text.length);
          for (const target of [sealed, aad, iv]) {
            const copies = [sealed, aad, iv].map((b) => b.slice());
            const [packet, otherAad, otherIv] = copies as [Uint8Array, Uint8Array, Uint8Array];
            const changed = copies[[sealed, aad, iv].indexOf(target)]!;
            changed[place % changed.length] = changed[place % changed.length]! ^ (1 << bit);
            expect(context.open(otherAad, otherIv, packet, 0, text.length)).toBe(false);
            if (text.length >= 8 && !row.name.includes('GMAC')) expect(toHex(packet.subarray(0, text.length))).not.toBe(toHex(text));
          }
          expect(context.open(aad, iv, sealed, 0, text.length)).toBe(true);
        }),
        { numRuns: 30 },
      );
    });

    it('does not open under another key, with another length or with AAD and text divided elsewhere', () => {
      const context = row.create(keyOf(row));
      const iv = new Uint8Array(8).fill(1);
      const sealed = new Uint8Array(64 + row.icvLength);
      context.seal(new Uint8Array(8), iv, sealed, 0, 64);
      expect(row.create(keyOf(row, 1)).open(new Uint8Array(8), iv, sealed.slice(), 0, 64)).toBe(false);
      expect(context.open(new Uint8Array(8), iv, sealed.slice(), 0, 63)).toBe(false);
      expect(context.open(new Uint8Array(9), iv, sealed.slice(), 1, 64)).toBe(false);
      expect(context.open(new Uint8Array(0), iv, sealed.slice(), 0, 64)).toBe(false);
    });

    it('refuses wrong IVs and ranges', () => {
      const context = row.create(keyOf(row));
      const b = new Uint8Array(100);
      const calls: (() => unknown)[] = [
        () => {
          context.seal(b, b.subarray(0, 7), b, 0, 16);
        },
        () => {
          context.seal(b, b.subarray(0, 8), b, 0, 101 - row.icvLength);
        },
        () => {
          context.seal(b, b.subarray(0, 8), b, 5, 4);
        },
        () => {
          context.seal(b, b.subarray(0, 8), b, -1, 4);
        },
        () => context.open(b, b.subarray(0, 16), b, 0, 16),
        () => context.open(b, b.subarray(0, 8), b, 0, 100),
      ];
      for (const call of calls) expect(call).toThrow(IpsecError);
    });
  });

  describe.each(ciphersOf(engine).map((row) => [label(row), row] as const))('%s', (_, row) => {
    it('decrypts what it encrypted, at any alignment, and leaves the rest of the buffer alone', () => {
      const context = row.create(keyOf(row));
      fc.assert(
        fc.property(fc.nat(20), octets(row.ivLength), fc.nat(9), fc.nat(5), fc.nat(255), (blocks, iv, offset, skipped, fill) => {
          const end = offset + blocks * row.blockSize;
          const buffer = new Uint8Array(skipped + end + 3).subarray(skipped).fill(fill);
          const before = toHex(buffer);
          context.encrypt(iv, buffer, offset, end);
          const after = toHex(buffer);
          if (!row.isNull && end - offset >= 8) expect(after).not.toBe(before);
          expect(after.slice(0, 2 * offset) + after.slice(2 * end)).toBe(before.slice(0, 2 * offset) + before.slice(2 * end));
          context.decrypt(iv, buffer, offset, end);
          expect(toHex(buffer)).toBe(before);
        }),
        { numRuns: 30 },
      );
      context.destroy();
    });

    it('refuses wrong IVs, ranges and lengths', () => {
      const context = row.create(keyOf(row));
      const b = new Uint8Array(64);
      const iv = b.subarray(0, row.ivLength);
      expect(() => {
        context.encrypt(b.subarray(0, row.ivLength + 1), b, 0, 16);
      }).toThrow(/IV/);
      expect(() => {
        context.decrypt(iv, b, 0, 80);
      }).toThrow(/range/);
      if (row.blockSize === 1) return;
      expect(() => {
        context.encrypt(iv, b, 0, 17);
      }).toThrow(`expected a multiple of ${row.blockSize}, found 17`);
    });
  });

  describe.each(integrityOf(engine).map((row) => [label(row), row] as const))('%s', (_, row) => {
    it('gives the same tag however the message is cut, and no tag fits another message', () => {
      const context = row.create(keyOf(row));
      fc.assert(
        fc.property(octets(0, 200), octets(row.ivLength), fc.array(fc.nat(200), { maxLength: 4 }), fc.nat(), (data, iv, cuts, place) => {
          const tag = new Uint8Array(row.icvLength + 1);
          context.begin(iv);
          context.update(data, 0, data.length);
          context.finishInto(tag, 1);
          const marks = [0, ...cuts.filter((c) => c < data.length).sort((a, b) => a - b), data.length];
          context.begin(iv);
          for (let i = 1; i < marks.length; i++) context.update(data, marks[i - 1]!, marks[i]!);
          expect(context.finishVerify(tag, 1)).toBe(true);
          tag[1 + (place % row.icvLength)]! ^= 1 << (place % 8);
          context.begin(iv);
          context.update(data, 0, data.length);
          expect(context.finishVerify(tag, 1)).toBe(false);
        }),
        { numRuns: 30 },
      );
      context.destroy();
    });

    it('refuses wrong IVs and ranges', () => {
      const context = row.create(keyOf(row));
      const b = new Uint8Array(40);
      const iv = b.subarray(0, row.ivLength);
      if (row.ivLength > 0)
        expect(() => {
          context.begin(b.subarray(0, 3));
        }).toThrow(/IV/);
      context.begin(iv);
      expect(() => {
        context.update(b, 0, 41);
      }).toThrow(IpsecError);
      expect(() => {
        context.finishInto(b, 41 - row.icvLength);
      }).toThrow(IpsecError);
      expect(() => context.finishVerify(b, 41 - row.icvLength)).toThrow(IpsecError);
    });
  });

  it.each(integrityOf(engine).map((row) => [label(row), row] as const))('%s wants begin() before update() and finish', (_, row) => {
    const context = row.create(keyOf(row));
    const b = new Uint8Array(64);
    const calls: (() => unknown)[] = [
      () => {
        context.update(b, 0, 8);
      },
      () => {
        context.finishInto(b, 0);
      },
      () => context.finishVerify(b, 0),
    ];
    for (const call of calls) expect(call).toThrow(/begin\(\) first/);
    context.begin(b.subarray(0, row.ivLength));
    context.finishInto(b, 0);
    for (const call of calls) expect(call).toThrow(/begin\(\) first/);
    context.begin(b.subarray(0, row.ivLength));
    context.destroy();
    for (const call of calls) expect(call).toThrow(/wiped/);
  });

  describe('keys', () => {
    it.each(engine.rows.map((row) => [label(row), row] as const))('%s refuses a key of another length and says both', (_, row) => {
      for (const length of [0, row.keyLength, row.keyLength + row.saltLength - 1, row.keyLength + row.saltLength + 1]) {
        if (length < 0 || length === row.keyLength + row.saltLength) continue;
        const call = (): unknown => row.create(new Uint8Array(length));
        expect(call).toThrow(IpsecError);
        expect(call).toThrow(`key of ${row.name}: expected ${row.keyLength + row.saltLength} octets`);
        expect(call).toThrow(`found ${length}`);
      }
    });

    it.each(engine.rows.map((row) => [label(row), row] as const))(
      '%s copies its key, wipes it on destroy and then refuses to work',
      (_, row) => {
        const key = keyOf(row);
        const context = row.create(key);
        const before = run(row, context);
        key.fill(0);
        expect(run(row, context)).toBe(before);
        if (row.keyLength > 0 && row.kind !== 'integrity') expect(context.secrets.some((s) => s.some((x) => x !== 0))).toBe(true);
        context.destroy();
        for (const secret of context.secrets) expect(secret.every((x) => x === 0)).toBe(true);
        if (row.keyLength > 0) expect(() => run(row, context)).toThrow(/wiped/);
        context.destroy();
      },
    );
  });
}

function run(row: EncryptionRow | IntegrityRow, context: ReturnType<(EncryptionRow | IntegrityRow)['create']>): string {
  const buffer = new Uint8Array(80);
  const iv = new Uint8Array(row.ivLength);
  if ('seal' in context) context.seal(new Uint8Array(8), new Uint8Array(8), buffer, 0, 48);
  else if ('begin' in context) {
    context.begin(iv);
    context.update(buffer, 0, 48);
    context.finishInto(buffer, 48);
  } else context.encrypt(iv, buffer, 0, 48);
  return toHex(buffer);
}

/** RFC 8750: the same algorithm, the IV merely does not travel. */
export function describeImplicitIv(engine: Engine): void {
  const rows = aeadOf(engine).filter((row) => row.implicitIv);
  it.each(rows.map((row) => [label(row), row] as const))('%s is its explicit twin with the sequence number for an IV', (_, row) => {
    const twin = aeadOf(engine).find((r: AeadRow) => `${r.name}_IIV` === row.name && r.keyLength === row.keyLength);
    expect(twin).toBeDefined();
    if (twin === undefined) return;
    expect({ ...row, name: '', id: 0, create: null, ivLength: 8, implicitIv: false }).toEqual({ ...twin, name: '', id: 0, create: null });
    const seq = new Uint8Array([0, 0, 0, 0, 0, 0, 0, 5]);
    const [a, b] = [new Uint8Array(64), new Uint8Array(64)];
    row.create(keyOf(row)).seal(seq, seq, a, 0, 48);
    twin.create(keyOf(row)).seal(seq, seq, b, 0, 48);
    expect(toHex(a)).toBe(toHex(b));
  });
}
