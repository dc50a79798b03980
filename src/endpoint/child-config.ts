/**
 * From what IKE has negotiated to the two SAs of a pair.
 *
 * @module
 */
import type { Lifetime, SaConfig, SaEnds } from '../association.js';
import { EMPTY, readU32 } from '../bytes.js';
import { IpsecError } from '../errors.js';
import type { IkeAction } from '../ikev2/events.js';
import type { ChildSa, Path } from '../ikev2/states.js';
import type { ChildPolicy } from '../keying/connection.js';
import { createIpcomp } from '../ipcomp/packet.js';
import { selectorSetsOf } from '../traffic-selector.js';
import type { ChildRecord, Endpoint, Plan, Turn } from './state.js';

/** The action that asks for a pair. */
export type Install = Extract<IkeAction, { type: 'installChild' }>;

/** What the two SAs are made of. */
export function configsOf(
  turn: Turn,
  { policy, options }: Plan,
  { child, keys, path, nat }: Install,
): { inbound: SaConfig; outbound: SaConfig } {
  const { endpoint, now } = turn;
  const { suite, ipcomp } = child;
  const inUdp = suite.protocol === 'ESP' && !child.ah && (nat.local || nat.remote || endpoint.config.encapsulation === 'always');
  const { softLifetime, hardLifetime } = lifetimesOf(policy, child);
  const { seconds, ...counts } = softLifetime;
  const common = {
    protocol: suite.protocol,
    mode: ipcomp ? ('transport' as const) : child.mode,
    esn: suite.esn,
    selectors: selectorSetsOf(child),
    tunnelHeader: { df: options.df },
    createdAt: now,
    random: endpoint.random,
    hardLifetime,
  };
  const keyed = ({ encryption, integrity }: Install['keys']['inbound']): Pick<SaConfig, 'encryption' | 'integrity'> => ({
    ...(suite.encryption && { encryption: { row: suite.encryption, key: encryption ?? EMPTY } }),
    ...(suite.integrity && { integrity: { row: suite.integrity, key: integrity ?? EMPTY } }),
  });
  // The clock of the pair is that of its inbound half, which is there from the first moment to the last.
  const soft = seconds === undefined ? counts : { ...counts, seconds: seconds * (1 - options.lifetimeJitter * fraction(turn)) };
  return {
    inbound: {
      ...common,
      ...keyed(keys.inbound),
      ...inboundEnds(path, inUdp),
      spi: child.spiIn,
      replayWindow: options.replayWindow,
      softLifetime: soft,
    },
    outbound: {
      ...common,
      ...keyed(keys.outbound),
      ...outboundEnds(path, inUdp),
      spi: child.spiOut,
      softLifetime: counts,
      ...(child.mode === 'tunnel' && !ipcomp && child.peerTakesTfc && { tfcLength: options.tfcLength }),
    },
  };
}

/** What AH of a bundle is made of: it carries ESP, whose selectors say what that may be. */
export function bundleConfigsOf(
  { endpoint, now }: Turn,
  { policy, options }: Plan,
  { child, keys, path }: Install,
): { inbound: SaConfig; outbound: SaConfig } | undefined {
  if (!child.ah || !keys.ah) return undefined;
  const { suite, spiIn, spiOut } = child.ah;
  const { integrity: row, esn } = suite;
  if (!row) throw new IpsecError('invalid-argument', 'AH', { expected: 'an integrity algorithm', found: 'none' });
  const { hardLifetime } = lifetimesOf(policy, child);
  const common = { protocol: 'AH', mode: 'transport', esn, createdAt: now, random: endpoint.random, hardLifetime } as const;
  const { inbound, outbound } = keys.ah;
  return {
    inbound: {
      ...common,
      ...inboundEnds(path, false),
      integrity: { row, key: inbound.integrity ?? EMPTY },
      spi: spiIn,
      replayWindow: options.replayWindow,
    },
    outbound: { ...common, ...outboundEnds(path, false), integrity: { row, key: outbound.integrity ?? EMPTY }, spi: spiOut },
  };
}

/** What of a shorter life that the peer has asked for is over when a successor is due. */
const softPart = 0.9;

/** How long a pair lives: as the policy has it, or shorter where the peer wants that (IKEv1). */
function lifetimesOf(policy: ChildPolicy, { lifetime }: ChildSa): { readonly softLifetime: Lifetime; readonly hardLifetime: Lifetime } {
  const { softLifetime = {}, hardLifetime = {} } = policy;
  const shorter = (own: Lifetime, part: number): Lifetime => {
    const unit = (name: keyof Lifetime): number => {
      const wish = (lifetime?.[name] ?? Infinity) * part;
      return Math.min(own[name] ?? Infinity, name === 'seconds' ? wish : Math.floor(wish));
    };
    const all = { seconds: unit('seconds'), octets: unit('octets'), packets: unit('packets') };
    return Object.fromEntries(Object.entries(all).filter(([, value]) => value < Infinity));
  };
  return { softLifetime: shorter(softLifetime, softPart), hardLifetime: shorter(hardLifetime, 1) };
}

/** The ends of what we receive. */
export function inboundEnds({ local, remote }: Path, inUdp: boolean): SaEnds {
  const encapsulation = inUdp ? { sourcePort: remote.port, destinationPort: local.port } : undefined;
  return { source: remote.address, destination: local.address, encapsulation };
}

/** The ends of what we send. */
export function outboundEnds({ local, remote }: Path, inUdp: boolean): SaEnds {
  const encapsulation = inUdp ? { sourcePort: local.port, destinationPort: remote.port } : undefined;
  return { source: local.address, destination: remote.address, encapsulation };
}

/** Compression, where it was agreed on. */
export function ipcompOf({ config }: Endpoint, { ipcomp, mode }: ChildSa, { local, remote }: Path): ChildRecord['ipcomp'] {
  const codec = config.compression;
  if (!ipcomp || !codec) return undefined;
  const [ours, theirs] = [local.address, remote.address];
  return {
    inbound: createIpcomp({ cpi: ipcomp.cpiIn, mode, codec, source: theirs, destination: ours }),
    outbound: createIpcomp({ cpi: ipcomp.cpiOut, mode, codec, source: ours, destination: theirs }),
  };
}

/**
 * RFC 7296 section 2.23.1: "Store the original Traffic Selector IP addresses as received source and destination address, in case undo address
 * substitution is needed, to use as the "real source and destination address" specified by [UDPENCAPS], and for TCP/UDP checksum fixup."
 */
export function checksumFixOf({ original }: ChildSa): { source: Uint8Array; destination: Uint8Array } | undefined {
  return original && { source: original.remote, destination: original.local };
}

/** 0 to 1, by chance. */
function fraction({ endpoint }: Turn): number {
  const octets = new Uint8Array(4);
  endpoint.random(octets);
  return readU32(octets, 0) / 0x1_0000_0000;
}
