/**
 * How each side of phase 1 proves who it is, by Authentication Method (RFC 2409 sections 5.1 and 5.4, RFC 4754, and the drafts of XAUTH and hybrid authentication).
 *
 * @module
 */
import { IpsecError } from '../../errors.js';
import type { Connection } from '../../keying/connection.js';
import type { Phase1Suite } from '../states.js';

/** What a side shows: that it knows the pre-shared key; a signature; or with `nothing` only that it is the one who made the keys. */
export type ProofKind = 'secret' | 'RSA' | 'EC' | 'nothing';
/** A side of phase 1. */
export type Side = 'initiator' | 'responder';

type Proofs = Readonly<Record<Side, ProofKind>>;
type MethodName = Extract<Phase1Suite['authentication'], string>;

const both = (kind: ProofKind): Proofs => ({ initiator: kind, responder: kind });

/**
 * Modes with public key encryption, DSS, and ECDSA without a curve are not here. With hybrid authentication the XAUTH client has a HASH payload in the place of a
 * signature; SKEYID is that of signatures, so the hash shows nothing but that its sender took part in the key exchange.
 */
const proofs: Readonly<Partial<Record<MethodName, Proofs>>> = /* @__PURE__ */ Object.freeze({
  'pre-shared key': both('secret'),
  XAUTHInitPreShared: both('secret'),
  XAUTHRespPreShared: both('secret'),
  'RSA signatures': both('RSA'),
  XAUTHInitRSA: both('RSA'),
  XAUTHRespRSA: both('RSA'),
  'ECDSA with SHA-256 on the P-256 curve': both('EC'),
  'ECDSA with SHA-384 on the P-384 curve': both('EC'),
  'ECDSA with SHA-512 on the P-521 curve': both('EC'),
  HybridInitRSA: { initiator: 'nothing', responder: 'RSA' },
  HybridRespRSA: { initiator: 'RSA', responder: 'nothing' },
});

/** The curve of an Authentication Method with ECDSA. */
const curves: Readonly<Partial<Record<MethodName, string>>> = /* @__PURE__ */ Object.freeze({
  'ECDSA with SHA-256 on the P-256 curve': 'P-256',
  'ECDSA with SHA-384 on the P-384 curve': 'P-384',
  'ECDSA with SHA-512 on the P-521 curve': 'P-521',
});

/** What a side has to show. Throws `unsupported`. */
export function proofOf({ authentication }: Pick<Phase1Suite, 'authentication'>, side: Side): ProofKind {
  const found = proofs[authentication as MethodName];
  if (found) return found[side];
  const details = { blame: 'peer', expected: Object.keys(proofs).join(', '), found: `${authentication}` } as const;
  throw new IpsecError('unsupported', 'an Authentication Method of phase 1', details);
}

/** The curve that the keys of a method are on; undefined: it has none. */
export function curveOf({ authentication }: Pick<Phase1Suite, 'authentication'>): string | undefined {
  return curves[authentication as MethodName];
}

/** The other side. */
export function otherSide(side: Side): Side {
  return side === 'initiator' ? 'responder' : 'initiator';
}

const localMethods: Readonly<Record<ProofKind, readonly Connection['localAuth']['method'][]>> = {
  secret: ['shared-key', 'ask-shared-key'],
  RSA: ['signature'],
  EC: ['signature'],
  nothing: ['null'],
};
const remoteMethods: Readonly<Record<ProofKind, readonly Connection['remoteAuth']['method'][]>> = {
  secret: ['shared-key', 'ask-shared-key'],
  RSA: ['public-key', 'certificate'],
  EC: ['public-key', 'certificate'],
  nothing: ['null'],
};

/**
 * Whether an Authentication Method is what a connection wants, with us on this side. It is looked at again after the negotiation: nobody gets by with less than the
 * connection has been told to want.
 */
export function isMethodOf({ localAuth, remoteAuth }: Connection, suite: Pick<Phase1Suite, 'authentication'>, side: Side): boolean {
  return (
    localMethods[proofOf(suite, side)].includes(localAuth.method) &&
    remoteMethods[proofOf(suite, otherSide(side))].includes(remoteAuth.method)
  );
}
