/**
 * What the IKE machine sees of its endpoint.
 *
 * @module
 */
import { readU16 } from '../bytes.js';
import { IpsecError } from '../errors.js';
import type { Connection } from '../keying/connection.js';
import type { Configuration, ConfigurationRequest } from '../ikev2/configuration.js';
import type { IkeEnv } from '../ikev2/events.js';
import { allocateSpi } from '../sad.js';
import type { Identity } from '../traffic-selector.js';
import { configureClient } from './leases.js';
import type { Endpoint, Turn } from './state.js';

/** The surroundings of one step. @param version which connections there are. */
export function envOf({ endpoint, now }: Turn, version: 1 | 2): IkeEnv {
  const { random, db, children } = endpoint;
  return {
    now,
    random,
    connections: version === 1 ? endpoint.ikev1Connections : endpoint.ikeConnections,
    allocateSpi: () => allocateSpi(db.sad, random),
    allocateCpi: () => allocateCpi(endpoint),
    configure: (peer, request, connection) => configure(endpoint, peer, request, connection),
    heardAt: (spis) => spis.reduce((at, spi) => Math.max(at, children.get(spi)?.heardAt ?? -Infinity), -Infinity),
  };
}

/** RFC 7296 section 2.22 takes CPIs from RFC 3173: 256 to 61439 are negotiated. */
function allocateCpi({ cpis, random }: Endpoint): number {
  const octets = new Uint8Array(2);
  for (let i = 0; i < 256; i++) {
    random(octets);
    const cpi = readU16(octets, 0);
    if (cpi < 256 || cpi > 61_439 || cpis.has(cpi)) continue;
    cpis.add(cpi);
    return cpi;
  }
  throw new IpsecError('spi-exhausted', '256 random CPIs were all taken', { expected: 'fewer Child SAs with IPComp' });
}

function configure(
  { connections, pools }: Endpoint,
  peer: Identity,
  request: ConfigurationRequest,
  connection: Connection,
): Configuration | undefined {
  const name = connections.get(connection.name)?.config.pool;
  const pool = name === undefined ? undefined : pools.get(name);
  return pool && configureClient(pool, peer, request);
}
