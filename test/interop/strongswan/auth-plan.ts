/** What the scenarios of authentication are made of. A client begins, a gateway answers; we are one of them, and then the other. */
import { join } from 'node:path';
import { ocspPort } from './credentials.js';
import { until } from './lab.js';
import { logged, pings, refused, type Scenario, type Step, up, weLog } from './play.js';
import type { Wishes } from './side.js';
import type { Section } from './swanctl.js';
import { certificate, type CertificateWishes, secrets, type Way } from './ways.js';

export type Who = 'client' | 'gw';
/** An identity, and how strongSwan writes it where that differs. */
type Name = string | readonly [ours: string, theirs: string];
export const usual: Readonly<Record<Who, Name>> = { client: 'client.example.org', gw: 'gw.example.org' };
export const written = (name: Name, by: 'us' | 'them'): string => (typeof name === 'string' ? name : name[by === 'us' ? 0 : 1]);

/** What the ends are told. */
export interface Plan {
  /** How each proves who it is. Default: a certificate for P-256. */
  readonly client?: Way | readonly Way[];
  readonly gw?: Way | readonly Way[];
  /** How many proofs each gives, where that is not all of them (RFC 4739). */
  readonly proofs?: Partial<Record<Who, number>>;
  /** Who each says that it is. */
  readonly ids?: Partial<Record<Who, Name>>;
  /** Whom each expects. */
  readonly expects?: Partial<Record<Who, Name>>;
  /** Whom we take each for in the end, where that is another name (EAP). A pattern. */
  readonly known?: Partial<Record<Who, string>>;
  /** What else each is told. */
  readonly more?: Partial<Record<Who, Partial<Wishes>>>;
  /** Settings of strongSwan, whatever its part is. */
  readonly charon?: Section;
  /** What both propose, where that matters. */
  readonly proposals?: Pick<Scenario, 'ike' | 'esp'>;
  /** What is done before the client begins. */
  readonly before?: Scenario['steps'];
  /** Our parts. Default: both. */
  readonly roles?: readonly Scenario['role'][];
}

export function build(folder: string, name: string, plan: Plan, steps: (us: Who, them: Who) => Scenario['steps']): Scenario[] {
  const waysOf = (who: Who): readonly Way[] => [plan[who] ?? certificate(`${who}-p256`)].flat();
  const end = (who: Who, other: Who, by: 'us' | 'them', more: Partial<Wishes>): Partial<Wishes> => ({
    id: written(plan.ids?.[who] ?? usual[who], by),
    peerId: written(plan.expects?.[who] ?? plan.ids?.[other] ?? usual[other], by),
    auth: {
      own: waysOf(who)
        .slice(0, plan.proofs?.[who])
        .map(({ proves }) => proves),
      peer: waysOf(other).map(({ checks }) => checks),
      folder,
    },
    ...plan.more?.[who],
    ...more,
  });
  return (plan.roles ?? (['initiator', 'responder'] as const)).map((role) => {
    const [us, them] = role === 'initiator' ? (['client', 'gw'] as const) : (['gw', 'client'] as const);
    return {
      name,
      role,
      ...(plan.proposals ?? { ike: 'aes128gcm16-prfsha256-x25519', esp: 'aes128gcm16' }),
      us: end(us, them, 'us', {}),
      them: end(them, us, 'them', { charon: plan.charon }),
      steps: [...(plan.before ?? []), ...steps(us, them)],
    };
  });
}

/** As text in a pattern. */
export const quoted = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&');

/** How strongSwan calls what somebody signs with; both sides may have preferences of their own. */
export type Method = string | { readonly we: string; readonly they: string };

/** It comes about. @param by what the client and the gateway prove themselves with. */
export const works =
  (folder: string) =>
  (name: string, by: Method | readonly [client: Method, gw: Method], plan: Plan = {}, more: Scenario['steps'] = []): Scenario[] =>
    build(folder, name, plan, (us, them) => {
      const [client, gw] = Array.isArray(by) ? (by as readonly [Method, Method]) : [by as Method, by as Method];
      const methods = { client, gw };
      const method = (who: Who): string => {
        const found = methods[who];
        return quoted(typeof found === 'string' ? found : found[who === us ? 'we' : 'they']);
      };
      const id = (who: Who, by: 'us' | 'them'): string => quoted(written(plan.ids?.[who] ?? usual[who], by));
      const known = plan.known?.[them] ?? id(them, 'us');
      return [
        up,
        logged(new RegExp(`authentication of '${id(us, 'them')}' with ${method(us)} successful`)),
        logged(new RegExp(`authentication of '${id(them, 'them')}' \\(myself\\) with ${method(them)}`)),
        weLog(new RegExp(`^gw: IKE SA with ${known} at `)),
        pings,
        ...more,
      ];
    });

/** What is seen of a refusal. */
interface Refusal {
  /** Who is refused. */
  readonly who: Who;
  /** What our line says when we refuse: what stands behind "no IKE SA: ", or all of it. */
  readonly ours: RegExp;
  /** strongSwan's lines when it does. */
  readonly theirs: RegExp;
  /** What strongSwan must not get to hear when we refuse. */
  readonly unheard?: RegExp;
  /** Our line when we are refused. */
  readonly told?: RegExp;
}

export const fails =
  (folder: string) =>
  (name: string, { who, ours, theirs, unheard, told }: Refusal, plan: Plan): Scenario[] =>
    build(folder, name, plan, (us) => {
      if (us === who) return [refused(''), logged(theirs), weLog(told ?? refusedBy[who]), discreet];
      return [refused(''), weLog(ours), discreet, ...(unheard ? [unlogged(unheard)] : [])];
    });

/** No secret stands in our log. */
export const discreet: Step = {
  name: 'our log tells no secret',
  take: (p) => {
    const told = secrets.filter((text) => p.us.log().includes(text));
    return told.length === 0 ? Promise.resolve() : Promise.reject(new Error(`it tells ${told.join(', ')}`));
  },
};

const unlogged = (pattern: RegExp): Step => ({
  name: `strongSwan does not log ${pattern.source}`,
  take: (p) => (pattern.test(p.them.log()) ? Promise.reject(new Error('it does')) : Promise.resolve()),
});

/** What we are told when we are refused: as initiator in the answer, as responder afterwards. */
export const refusedBy: Readonly<Record<Who, RegExp>> = {
  client:
    /^gw: no IKE SA: IKE_AUTH of connection gw: expected a responder that takes us as ID_\S+ .* with (signature|shared-key|eap), found AUTHENTICATION_FAILED$/,
  gw: /^gw: IKE SA closed: our IKE_AUTH response: expected an initiator that takes it, found AUTHENTICATION_FAILED$/,
};

/** A signature algorithm as we call it, and as strongSwan does. */
export const scheme = (ours: string, theirs: string): CertificateWishes => ({ scheme: [ours, theirs] });
/** Certificates of one kind on both sides. */
export const both = (kind: string, wishes?: CertificateWishes): Required<Pick<Plan, Who>> => ({
  client: certificate(`client-${kind}`, wishes),
  gw: certificate(`gw-${kind}`, wishes),
});
/** Without RFC 7427. */
export const classic: Section = { signature_authentication: false };
/** IDi of clients with a user name. */
export const anna: Record<'client', Name> = { client: 'anna@example.org' };
/** Nobody gets in of whom it is not known that the certificate is good. */
export const strict: CertificateWishes = { trust: { revocation: 'required' }, constraints: { revocation: 'strict' } };

/** The same by asking the OCSP responder that certificates name. */
export const ocsp: CertificateWishes = { trust: { revocation: 'required', fetch: 'ocsp' }, constraints: { revocation: 'strict' } };

/** The OCSP responder, at strongSwan's end. */
export const ocspResponder: Scenario['steps'] = [
  {
    name: 'the OCSP responder is there',
    take: async (p) => {
      const folder = p.scenario.us!.auth!.folder;
      const [index, ca, key] = ['index', 'ca.pem', 'ca.key'].map((name) => join(folder, name));
      const files = ['-index', index!, '-CA', ca!, '-rsigner', ca!, '-rkey', key!];
      const child = p.namespaces.them.start(['openssl', 'ocsp', '-port', String(ocspPort), ...files, '-ndays', '1']);
      let output = '';
      for (const stream of [child.stdout, child.stderr]) stream?.on('data', (d: Buffer) => (output += d.toString()));
      if ((await until(() => (output.includes('ACCEPT') ? true : undefined))) === undefined) throw new Error(`openssl ocsp: ${output}`);
    },
  },
];
