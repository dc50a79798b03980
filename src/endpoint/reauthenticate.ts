/**
 * A new authentication. RFC 7296 section 2.8.3: "Reauthentication is done by creating a new IKE SA from scratch (using IKE_SA_INIT/IKE_AUTH exchanges,
 * without any REKEY_SA Notify payloads), creating new Child SAs within the new IKE SA (without REKEY_SA Notify payloads), and finally deleting the old
 * IKE SA (which deletes the old Child SAs as well)."
 *
 * @module
 */
import type { Connection } from '../keying/connection.js';
import type { Path } from '../ikev2/states.js';
import { beginIke, type Begun, connectionNamed } from './connect.js';
import type { Endpoint, IkeEntry, Turn } from './state.js';

/** Begins the IKE SA that is to take the place of another. Undefined: it cannot be, or is on its way. */
export function beginSuccessor(turn: Turn, entry: IkeEntry): Begun | undefined {
  const { sa } = entry;
  if (sa.state !== 'ESTABLISHED' || entry.supersededBy) return undefined;
  const connection = connectionNamed(turn.endpoint, sa.connection.name);
  // Where the peer began, and where nobody knows it but by the IKE SA, its present address is the one to talk to.
  const path = connection.remote ? undefined : againstPeer(turn.endpoint, sa.path);
  const begun = beginIke(turn, connection, { ike: successorOf(sa.connection, sa.assigned?.addresses), path });
  if (!begun) return undefined;
  begun.entry.supersedes = entry;
  entry.supersededBy = begun.entry;
  return begun;
}

/**
 * The same connection, but the old IKE SA is still there: so no INITIAL_CONTACT, which would end it, and the same virtual addresses as before.
 */
function successorOf(connection: Connection, previous: NonNullable<Connection['configuration']>['previous']): Connection {
  return {
    ...connection,
    ...(connection.configuration && previous && { configuration: { ...connection.configuration, previous } }),
    // In IKEv1 the new one takes over the Child SAs of the old one, and asks for none.
    options: { ...connection.options, initialContact: false, ...(connection.version === 1 && { childless: true }) },
  };
}

function againstPeer({ config }: Endpoint, { local, remote }: Path): Path {
  return { local: { address: local.address, port: config.ports.nat }, remote };
}
