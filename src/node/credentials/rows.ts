/**
 * Which signature algorithms a configuration means.
 *
 * @module
 */
import type { PlacedText } from '../../endpoint.js';
import { IpsecError, nearestName } from '../../errors.js';
import { describePublicKey } from '../../suite/public-key.js';
import type { PublicKey, SignatureRow } from '../../suite/types-sign.js';

/**
 * Those that are named; of all but SHA-1 those that are for the keys, where none is.
 *
 * @param keys undefined: of any type.
 * @throws IpsecError `unknown-algorithm`, `invalid-config`.
 */
export function pickRows(
  names: readonly PlacedText[] | undefined,
  all: readonly SignatureRow[],
  keys: readonly PublicKey[] | undefined,
  path: string,
): readonly SignatureRow[] {
  if (names === undefined)
    return sorted(
      fitting(
        all.filter(({ hash }) => hash !== 'SHA1'),
        keys,
      ),
      keys,
    );
  const rows = fitting(
    names.map((name) => findRow(name, all)),
    keys,
  );
  if (rows.length > 0) return rows;
  throw new IpsecError('invalid-config', 'signature algorithms', {
    path,
    expected: `one for ${(keys ?? []).map(describePublicKey).join(', ')}: ${fitting(all, keys)
      .map(({ shortName }) => shortName)
      .join(', ')}`,
    found: names.map(({ text }) => text).join(', '),
  });
}

function findRow({ text, path }: PlacedText, all: readonly SignatureRow[]): SignatureRow {
  const found = all.find(({ name, shortName }) => text === shortName || text === name);
  if (found) return found;
  const names = all.map(({ shortName }) => shortName);
  const nearest = nearestName(text, [...names, ...all.map(({ name }) => name)]);
  throw new IpsecError('unknown-algorithm', 'a signature algorithm', {
    path,
    expected: names.join(', '),
    found: JSON.stringify(text.slice(0, 80)),
    ...(nearest !== undefined && { nearest }),
  });
}

function fitting(rows: readonly SignatureRow[], keys: readonly PublicKey[] | undefined): readonly SignatureRow[] {
  return keys === undefined ? rows : rows.filter(({ keyType }) => keys.some(({ type }) => type === keyType));
}

const hashOfCurve = { 'P-256': 'SHA2-256', 'P-384': 'SHA2-384', 'P-521': 'SHA2-512' } as const;

/** Of one EC key the hash of its curve first: RFC 4754 knows each curve with one hash only. */
function sorted(rows: readonly SignatureRow[], keys: readonly PublicKey[] | undefined): readonly SignatureRow[] {
  const [key, more] = keys ?? [];
  if (key?.type !== 'EC' || more !== undefined) return rows;
  const isOwn = ({ hash }: SignatureRow): boolean => hash === hashOfCurve[key.curve];
  return [...rows.filter(isOwn), ...rows.filter((row) => !isOwn(row))];
}
