/**
 * From what IKE has negotiated to the two SAs of a pair.
 *
 * @module
 */
import type { SaConfig, SaEnds } from '../association.js';
import { EMPTY, readU32 } from '../bytes.js';
import type { IkeAction } from '../ikev2/events.js';
import type { ChildSa, Path } from '../ikev2/states.js';
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
  const inUdp = suite.protocol === 'ESP' && (nat.local || nat.remote || endpoint.config.encapsulation === 'always');
  const { seconds, ...counts } = policy.softLifetime ?? {};
  const common = {
    protocol: suite.protocol,
    mode: ipcomp ? ('transport' as const) : child.mode,
    esn: suite.esn,
    selectors: selectorSetsOf(child),
    tunnelHeader: { df: options.df },
    createdAt: now,
    random: endpoint.random,
    hardLifetime: policy.hardLifetime,
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
