/**
 * A wing for EAP that keeps no promises by itself: a method of two Requests whose key is a function of a password, and everything that may go wrong with it.
 */
import { equalBytes } from '../../src/bytes.js';
import { IpsecError } from '../../src/errors.js';
import type { Payload } from '../../src/ikev2/payload-cases.js';
import type { AskEap, EapStep } from '../../src/ikev2/requests.js';
import type { Identity } from '../../src/traffic-selector.js';

/** What one end is like. */
export interface ToyEap {
  /** What both have to know. */
  readonly password: string;
  /** As authenticator: who the other is, once it has proved it. */
  readonly identity?: Identity | undefined;
  /** Default true. */
  readonly isMutual?: boolean;
  /** Whether it makes an MSK. Default true. */
  readonly makesKey?: boolean;
  /** How many Requests there are. Default 2. */
  readonly requests?: number;
  /** As peer: whether every Success will do. Default false. */
  readonly isCredulous?: boolean;
  /** Instead of what it would say. */
  readonly instead?: (step: EapStep, ask: AskEap) => unknown;
}

const type = 254; // Expanded Types: of no method that anybody has
const codes = { Request: 1, Response: 2, Success: 3, Failure: 4 } as const;

/** A packet. */
export function packetOf(code: keyof typeof codes, identifier: number, data: readonly number[] = []): Uint8Array {
  const isPlain = code === 'Success' || code === 'Failure';
  const rest = isPlain ? [] : [type, ...data];
  return Uint8Array.of(codes[code], identifier, 0, 4 + rest.length, ...rest);
}

/** The MSK of a password: nothing that anybody should do. */
export function mskOf(password: string): Uint8Array {
  return Uint8Array.from({ length: 64 }, (_, i) => (password.charCodeAt(i % password.length) * 7 + i) & 0xff);
}

const proofOf = (password: string): number => mskOf(password).reduce((a, b) => (a * 31 + b) & 0xff, 1);

/** Answers a question. The count of Requests is the Identifier: it keeps nothing. */
export function answerToy(toy: ToyEap, ask: AskEap): unknown {
  const step = ask.role === 'peer' ? answerAsPeer(toy, ask) : answerAsAuthenticator(toy, ask);
  return toy.instead ? toy.instead(step, ask) : step;
}

function answerAsPeer({ password, isMutual = true, makesKey = true, isCredulous = false }: ToyEap, { packet }: AskEap): EapStep {
  const [code, identifier] = packet!;
  if (code === codes.Failure) return { kind: 'failure', error: new IpsecError('peer-refused', 'the toy', { found: 'Failure' }) };
  const tooEarly = new IpsecError('authentication-failed', 'the toy', { expected: 'another Request', found: 'Success' });
  if (code === codes.Success && identifier === 1 && !isCredulous) return { kind: 'failure', error: tooEarly };
  if (code === codes.Success) return { kind: 'success', isMutual, msk: makesKey ? mskOf(password) : undefined };
  return { kind: 'continue', packet: packetOf('Response', identifier!, [proofOf(password)]) };
}

function answerAsAuthenticator(toy: ToyEap, { packet, otherId }: AskEap): EapStep {
  const { password, isMutual = true, makesKey = true, requests = 2 } = toy;
  if (packet === undefined) return { kind: 'continue', packet: packetOf('Request', 1) };
  const identifier = packet[1]!;
  if (!equalBytes(packet, packetOf('Response', identifier, [proofOf(password)])))
    return {
      kind: 'failure',
      packet: packetOf('Failure', identifier),
      error: new IpsecError('authentication-failed', 'the toy', { expected: 'the password', found: 'another' }),
    };
  if (identifier < requests) return { kind: 'continue', packet: packetOf('Request', identifier + 1) };
  const identity = 'identity' in toy ? toy.identity : otherId;
  return { kind: 'success', packet: packetOf('Success', identifier), isMutual, msk: makesKey ? mskOf(password) : undefined, identity };
}

/** A message in words. */
export function wordsOf(payloads: readonly Payload[]): string {
  return payloads.map((p) => (p.type === 'N' ? `N(${p.notify})` : p.type === 'EAP' ? `EAP(${p.code})` : p.type)).join(', ');
}
