/**
 * What every key exchange has in common: the life of a private value, and the rule that whatever a peer sends ends as a secret or as
 * one kind of error.
 *
 * @module
 */
import { IpsecError, type IpsecErrorDetails } from '../errors.js';
import { destroyed } from './key.js';
import type { KeyExchange, KeyExchangeRow } from './types-ike.js';

/** A group as such, without an engine: its numbers and its tests. */
export interface Group {
  /** IANA's name. */
  readonly name: string;
  /** What configurations call it. */
  readonly shortName: string;
  /** IANA's Transform Type 4 number. */
  readonly id: number;
  /** Octets of a public value. */
  readonly publicLength: number;
  /** Octets of the shared secret. */
  readonly sharedLength: number;
  /** Octets of chance that a private value is made of. */
  readonly seedLength: number;
  /** Makes a private value of `seedLength` octets; may return them as they are. */
  privateOf(seed: Uint8Array): Uint8Array;
  /** Throws `invalid-argument` when there is no such private value. */
  checkPrivate(value: Uint8Array): void;
  /** The recipient tests. Throws {@link invalidPublicValue}; the length is already right. */
  checkPublic(value: Uint8Array): void;
}

/** What an engine does with a private value; it may keep it, but not change it. */
interface Half {
  /** The public value that belongs to it. */
  readonly publicValue: Uint8Array;
  /** The shared secret with a peer whose value passed the tests. Whatever it throws counts as the peer's fault. */
  shared(peerPublic: Uint8Array): Uint8Array;
}

/** Does the expensive half of the work. */
export type Engine = (privateValue: Uint8Array) => Half;

/** A row from a group and an engine. */
export function keyExchangeRow(group: Group, engine: string, begin: Engine): KeyExchangeRow {
  const { name, shortName, id, publicLength, sharedLength } = group;
  return Object.freeze({
    kind: 'ke',
    name,
    shortName,
    id,
    publicLength,
    sharedLength,
    engine,
    generate: (random): KeyExchange => {
      const seed = new Uint8Array(group.seedLength);
      random(seed);
      const privateValue = group.privateOf(seed);
      if (privateValue !== seed) seed.fill(0);
      return createKeyExchange(group, privateValue, begin);
    },
    from: (privateValue): KeyExchange => createKeyExchange(group, privateValue.slice(), begin),
  } satisfies KeyExchangeRow);
}

/** The error of a public value that a peer must not send. */
export function invalidPublicValue(name: string, details: IpsecErrorDetails): IpsecError {
  return new IpsecError('invalid-public-value', `public value of ${name}`, details);
}

/** The error of a private value that is none. */
export function invalidPrivateValue(name: string, expected: string, found: string): IpsecError {
  return new IpsecError('invalid-argument', `private value of ${name}`, { expected, found });
}

/** Owns `privateValue`. */
function createKeyExchange(group: Group, privateValue: Uint8Array, begin: Engine): KeyExchange {
  group.checkPrivate(privateValue);
  let half: Half | undefined = begin(privateValue);
  return {
    publicValue: half.publicValue,
    shared(peerPublic): Uint8Array {
      if (half === undefined) throw destroyed(group.name);
      const { name, publicLength } = group;
      if (peerPublic.length !== publicLength)
        throw invalidPublicValue(name, { expected: `${publicLength} octets`, found: `${peerPublic.length}` });
      group.checkPublic(peerPublic);
      try {
        return half.shared(peerPublic);
      } catch (cause) {
        throw invalidPublicValue(name, { expected: 'one that gives a secret', found: 'one that the engine refuses', cause });
      }
    },
    destroy(): void {
      half = undefined;
      privateValue.fill(0);
    },
    secrets: [privateValue],
  };
}
