/** What the table and RFC 7296 say of a message, by the names of its payloads alone: written anew here, so that the machine can be held against it. */
import type { IkeSa, StateName } from '../../src/ikev2/states.js';
import type { AnyTransition } from '../../src/ikev2/transition.js';
import { transitions } from '../../src/ikev2/transitions.js';
import type { Situation } from './model-states.js';

/** A message of the peer. */
export interface Said {
  readonly exchange: string | number;
  readonly isResponse: boolean;
  /** Names in the dictionary of payloads. */
  readonly names: readonly string[];
}

/** What has to become of it. */
export type Verdict =
  /** This row does it. */
  | { readonly kind: 'taken'; readonly row: AnyTransition }
  /** Nothing changes, and nothing is said. */
  | { readonly kind: 'dropped' }
  /** Nothing is kept of somebody who has no IKE SA; one notification. */
  | { readonly kind: 'declined'; readonly notify: string }
  /** The answer is one notification, and all else stays as it is. */
  | { readonly kind: 'refused'; readonly notify: string }
  /** The answer is one notification, and the IKE SA is over: RFC 7296 sections 2.21.2 and 2.21.3. */
  | { readonly kind: 'fatal'; readonly notify: string }
  /** An answer that we cannot live with: the IKE SA goes there. */
  | { readonly kind: 'ended'; readonly to: 'CLOSED' | 'DELETING' };

/** Everything that a payload of the dictionary is called in the table. */
function labelsOf(name: string): readonly string[] {
  if (name === 'unknown' || name === 'critical') return [];
  if (name === 'N(COOKIE)' || name === 'N(REKEY_SA)' || name === 'N(status)') return ['N', name];
  const type = name.replace(/\(.*/, '');
  return type === 'N' ? ['N', 'N(error)', name] : [type, name];
}
const typeOf = (name: string): string => name.replace(/\(.*/, '').replace('critical', 'unknown');

const manyMayBe = ['N', 'V', 'D', 'CERT', 'CERTREQ', 'unknown'];

/** The rules, one after the other. */
export function judge({ sa, asked }: Situation, said: Said): Verdict {
  const { exchange, isResponse, names } = said;
  const { state } = sa;
  const isCritical = names.includes('critical');
  if (state === 'CLOSED') return { kind: 'dropped' };
  if (state === 'LISTENING') {
    if (exchange !== 'IKE_SA_INIT' || isResponse) return { kind: 'dropped' };
    if (isCritical) return { kind: 'declined', notify: 'UNSUPPORTED_CRITICAL_PAYLOAD' };
    const row = findRow(state, said, undefined);
    return row?.kind === 'taken' ? row : { kind: 'declined', notify: 'INVALID_SYNTAX' };
  }
  if ((exchange === 'IKE_SA_INIT') !== (state === 'INIT_SENT')) return { kind: 'dropped' };
  if (isResponse) {
    if (asked?.exchange !== exchange) return { kind: 'dropped' };
    const row = isCritical ? undefined : findRow(state, said, asked.about.kind);
    if (row?.kind === 'taken') return row;
    if (state === 'INIT_SENT') return { kind: 'dropped' };
    return { kind: 'ended', to: state === 'ESTABLISHED' || state === 'REPLACED' ? 'DELETING' : 'CLOSED' };
  }
  const row = findRow(state, said, undefined);
  if (!row && !isAuthenticated(state)) return { kind: 'dropped' };
  if (isCritical) return { kind: isAuthenticated(state) ? 'refused' : 'fatal', notify: 'UNSUPPORTED_CRITICAL_PAYLOAD' };
  return row?.kind === 'taken' ? row : { kind: 'fatal', notify: 'INVALID_SYNTAX' };
}

/** Whether the peer has proved who it is. */
function isAuthenticated(state: StateName | IkeSa['state']): boolean {
  return state === 'ESTABLISHED' || state === 'REPLACED' || state === 'DELETING';
}

/** The row that takes it; or one whose payloads are not all right; undefined: there is none at all. */
function findRow(
  from: StateName,
  { exchange, isResponse, names }: Said,
  about: string | undefined,
): { readonly kind: 'taken'; readonly row: AnyTransition } | { readonly kind: 'fatal'; readonly notify: string } | undefined {
  const have = names.flatMap(labelsOf);
  const message = isResponse ? 'response' : 'request';
  const row = transitions.find(
    (t) =>
      t.from === from && t.exchange === exchange && t.message === message && t.about === about && t.with.every((l) => have.includes(l)),
  );
  if (!row) return undefined;
  const allowed = new Set<string>([...row.with, ...row.needs, ...row.may, 'N', 'V']);
  const hasAll = row.needs.every((label) => have.includes(label));
  const hasNoOther = names.every((name) => typeOf(name) === 'unknown' || labelsOf(name).some((label) => allowed.has(label)));
  const types = names.map(typeOf);
  const onceEach = types.every((type, i) => manyMayBe.includes(type) || types.indexOf(type) === i);
  return hasAll && hasNoOther && onceEach ? { kind: 'taken', row } : { kind: 'fatal', notify: 'INVALID_SYNTAX' };
}
