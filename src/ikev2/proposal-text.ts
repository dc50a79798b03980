/**
 * Proposals as compact text: `aes256gcm16-prfsha384-curve25519`.
 *
 * @module
 */
import { IpsecError, nearestName } from '../errors.js';
import { keywords } from './proposal-keywords.js';

/** Text for a Child SA, with `ah:` or `esp:` in front or without, as the JSON it stands for. */
export function readChildText(text: string, path: string): Record<string, unknown> {
  const [, prefix = 'esp', rest = ''] = /^\s*(?:(ah|esp):)?(.*)$/is.exec(text) ?? [];
  const protocol = prefix.toLowerCase() === 'ah' ? 'AH' : 'ESP';
  return { protocol, ...readText(rest, protocol, path) };
}

const misplaced: Readonly<Record<'IKE' | 'ESP' | 'AH', readonly string[]>> = { IKE: ['esn'], ESP: ['prf'], AH: ['prf', 'encryption'] };

/** Keywords with hyphens between them, in any order of kinds, as the JSON they stand for. */
export function readText(text: string, protocol: 'IKE' | 'ESP' | 'AH', path: string): Record<string, unknown> {
  const lists: Record<string, unknown[]> = {};
  for (const word of text.trim().split('-')) {
    const name = word.toLowerCase();
    const keyword = keywords.get(name) ?? refuseWord(word, path);
    // strongSwan has one word for AES-GMAC, which is a cipher in ESP and an integrity algorithm in AH.
    const isGmac = protocol === 'AH' && /^aes(128|192|256)gmac$/.test(name);
    const kind = isGmac ? 'integrity' : keyword.kind;
    if (misplaced[protocol].includes(kind))
      throw new IpsecError('invalid-config', `a proposal for ${protocol}`, {
        path,
        found: JSON.stringify(word),
        expected: expectedFor[protocol],
      });
    const value = kind === 'esn' ? keyword.id === 1 : isGmac ? `AUTH_AES_${name.slice(3, 6)}_GMAC` : name;
    (lists[kind] ??= []).push(value);
  }
  return lists;
}

const expectedFor = {
  IKE: 'a cipher, an integrity algorithm, a pseudorandom function, a group',
  ESP: 'a cipher, an integrity algorithm, a group, esn or noesn',
  AH: 'an integrity algorithm, a group, esn or noesn',
} as const;

function refuseWord(word: string, path: string): never {
  const nearest = nearestName(word, keywords.keys());
  throw new IpsecError('unknown-algorithm', 'a word of a proposal', {
    path,
    expected: 'words such as aes256gcm16, sha256, prfsha384, curve25519, with hyphens between them',
    found: JSON.stringify(word.slice(0, 60)),
    ...(nearest === undefined ? {} : { nearest }),
  });
}
