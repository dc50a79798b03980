/**
 * What a host on Node is, and what it takes.
 *
 * @module
 */
import type { AskOutside, EndpointDatagram, EndpointEvent, EndpointStatus } from '../endpoint.js';
import type { FillRandom } from '../suite/types.js';

/** What only the caller knows. */
export type Question = AskOutside['ask'];

/** What `listen` and `connect` take besides the configuration. */
export interface HostOptions {
  /** Answers what only the caller knows, such as a secret that stands in a database. Default: nothing is known. */
  readonly answer?: ((question: Question, connection: string) => Promise<unknown>) | undefined;
  /** Sends whole IP packets on the unprotected side, where the caller has a raw socket: then ESP need not go in UDP. */
  readonly sendIp?: ((packet: Uint8Array) => void) | undefined;
  /** Is told of events from the very beginning; otherwise the same as {@link Host.onEvent}. */
  readonly onEvent?: ((event: EndpointEvent) => void) | undefined;
  /** Gets clear packets from the very beginning; otherwise the same as {@link Host.onPacket}. */
  readonly onPacket?: ((packet: Uint8Array) => void) | undefined;
  /** Sees every UDP datagram that comes or goes, for captures. The octets are not to be changed. */
  readonly onDatagram?: ((datagram: EndpointDatagram, direction: 'in' | 'out') => void) | undefined;
  /** Milliseconds that {@link Host.close} waits for the peers' answers. Default 2000. */
  readonly closeTimeout?: number | undefined;
  /** Where chance comes from. Default: `node:crypto`. For tests. */
  readonly random?: FillRandom | undefined;
}

/**
 * A running host. What its listeners throw becomes a warning of the process and stops nothing. The commands throw `IpsecError`
 * `invalid-argument` for names and SPIs that are none, and once the host is closed.
 */
export interface Host {
  /** The UDP ports that it has. */
  readonly ports: {
    /** Of IKE alone. */
    readonly ike: number;
    /** Of IKE and ESP. */
    readonly nat: number;
  };
  /**
   * Sends a clear IP packet from the protected side. What becomes of it is policy's: the peer gets it, or an event of type `packet` says why not.
   * After {@link Host.close} it goes nowhere.
   */
  send(packet: Uint8Array): void;
  /** Clear IP packets for the protected side. Returns a function that ends it. */
  onPacket(listener: (packet: Uint8Array) => void): () => void;
  /** What happens. Returns a function that ends it. */
  onEvent(listener: (event: EndpointEvent) => void): () => void;
  /** SAs, traffic, what happens next: plain data. Times are those of `performance.now()`. */
  status(): EndpointStatus;
  /** Begins a connection. Kept once its first Child SA is there (or the IKE SA, where it has none); broken with an `IpsecError` that says why not. */
  connect(connection: string): Promise<void>;
  /** Ends a connection; its peer is told. */
  disconnect(connection: string): void;
  /** Sets up one more Child SA of a connection, by the name of its policy; the event `childUp` or `childFailed` says what came of it. */
  createChild(connection: string, child: string): void;
  /** Looks whether the peer of a connection is alive; without an answer the event `closed` comes. */
  checkLiveness(connection: string): void;
  /** Replaces the IKE SA of a connection. */
  rekeyIke(connection: string): void;
  /** Replaces a Child SA, by the SPI of what we receive. */
  rekeyChild(spiIn: number): void;
  /** Ends a Child SA, by the SPI of what we receive. */
  deleteChild(spiIn: number): void;
  /** Replaces the IKE SA of a connection by one with an authentication of its own, before it is deleted. */
  reauthenticate(connection: string): void;
  /** Ends all connections, tells the peers, waits for their answers, closes the sockets. Can be called again. */
  close(): Promise<void>;
}
