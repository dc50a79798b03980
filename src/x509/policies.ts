/**
 * Certificate policies along a path (RFC 5280 section 6.1): the valid policies of each depth as a set, not as a tree. A tree of equal policies doubles
 * with every mapping; a set cannot be larger than what the certificates say.
 *
 * @module
 */
import type { Certificate } from './certificate.js';
import type { Complaint } from './signature.js';

const anyPolicy = '2.5.29.32.0';

/** A policy that is valid at some depth. */
interface Node {
  /** Which policies of the next certificate continue it. */
  readonly expected: ReadonlySet<string>;
  /** Which policies of the first authorities it comes from; `anyPolicy`: of any. */
  readonly roots: ReadonlySet<string>;
}

/** The state of RFC 5280 section 6.1.2 that policies need. Policies undefined: none are valid any more. */
export interface PolicyState {
  readonly nodes: ReadonlyMap<string, Node>;
  readonly explicitPolicy: number;
  readonly policyMapping: number;
  readonly inhibitAny: number;
}

/**
 * Before the first certificate behind the anchor.
 *
 * @param length how many certificates come.
 */
export function beginPolicies(length: number, isExplicit: boolean): PolicyState {
  const any: Node = { expected: new Set([anyPolicy]), roots: new Set([anyPolicy]) };
  return {
    nodes: new Map([[anyPolicy, any]]),
    explicitPolicy: isExplicit ? 0 : length + 1,
    policyMapping: length + 1,
    inhibitAny: length + 1,
  };
}

/** RFC 5280 section 6.1.3 (d) to (f): what a certificate leaves of the policies. */
export function applyPolicies(
  state: PolicyState,
  { extensions: { policies } }: Certificate,
  isSelfIssued: boolean,
  isLast: boolean,
): PolicyState {
  const next = new Map<string, Node>();
  const any = state.nodes.get(anyPolicy);
  for (const policy of policies ?? []) {
    if (policy === anyPolicy) continue;
    const parents = [...state.nodes.values()].filter(({ expected }) => expected.has(policy));
    if (parents.length > 0)
      next.set(policy, { expected: new Set([policy]), roots: union(parents.map(({ roots }) => rootsOf(roots, policy))) });
    else if (any) next.set(policy, { expected: new Set([policy]), roots: new Set([policy]) });
  }
  if (policies?.includes(anyPolicy) && (state.inhibitAny > 0 || (isSelfIssued && !isLast)))
    for (const { expected, roots } of state.nodes.values())
      for (const policy of expected)
        if (!next.has(policy))
          next.set(policy, { expected: new Set([policy]), roots: policy === anyPolicy ? roots : rootsOf(roots, policy) });
  return { ...state, nodes: next };
}

/** A policy that comes out of anyPolicy has itself as its root. */
const rootsOf = (roots: ReadonlySet<string>, policy: string): ReadonlySet<string> => (roots.has(anyPolicy) ? new Set([policy]) : roots);

function union(sets: readonly ReadonlySet<string>[]): Set<string> {
  return new Set(sets.flatMap((set) => [...set]));
}

/** RFC 5280 section 6.1.4 (a), (b), (h) to (j): what an authority's certificate means for the next one. */
export function preparePolicies(state: PolicyState, { extensions }: Certificate, isSelfIssued: boolean): PolicyState | Complaint {
  const { policyMappings = [], policyConstraints, inhibitAnyPolicy } = extensions;
  if (policyMappings.some((pair) => pair.includes(anyPolicy)))
    return { what: 'policyMappings', expected: 'no mapping from or to anyPolicy', found: 'one' };
  const step = (n: number): number => (isSelfIssued || n === 0 ? n : n - 1);
  const least = (n: number, limit: number | undefined): number => Math.min(step(n), limit ?? Infinity);
  return {
    nodes: mapPolicies(state, policyMappings),
    explicitPolicy: least(state.explicitPolicy, policyConstraints?.requireExplicit),
    policyMapping: least(state.policyMapping, policyConstraints?.inhibitMapping),
    inhibitAny: least(state.inhibitAny, inhibitAnyPolicy),
  };
}

function mapPolicies({ nodes, policyMapping }: PolicyState, mappings: readonly (readonly [string, string])[]): ReadonlyMap<string, Node> {
  if (mappings.length === 0) return nodes;
  const next = new Map(nodes);
  for (const from of new Set(mappings.map(([issuer]) => issuer))) {
    const node = nodes.get(from);
    const any = nodes.get(anyPolicy);
    if (policyMapping === 0) next.delete(from);
    else if (node ?? any) {
      const expected = new Set(mappings.filter(([issuer]) => issuer === from).map(([, subject]) => subject));
      next.set(from, { expected, roots: node ? node.roots : new Set([from]) });
    }
  }
  return next;
}

/**
 * RFC 5280 section 6.1.5: the policies under which the path is valid, `anyPolicy` among them for all; or why none is, although one has to be.
 *
 * @param wanted the user's initial policy set; undefined: any.
 */
export function endPolicies(
  state: PolicyState,
  { extensions }: Certificate,
  isSelfIssued: boolean,
  wanted: readonly string[] | undefined,
): readonly string[] | Complaint {
  const explicit =
    extensions.policyConstraints?.requireExplicit === 0 ? 0 : isSelfIssued ? state.explicitPolicy : Math.max(0, state.explicitPolicy - 1);
  const found = [...union([...state.nodes.values()].map(({ roots }) => roots))];
  const valid = wanted === undefined ? found : found.includes(anyPolicy) ? [...wanted] : found.filter((policy) => wanted.includes(policy));
  if (valid.length > 0 || explicit > 0) return valid;
  return {
    what: 'certificate policies',
    expected: wanted === undefined ? 'one along the whole path' : wanted.join(' or '),
    found: found.join(', ') || 'none',
  };
}
