/**
 * Key logs: what Wireshark needs to open the messages of an IKE SA and the packets of a Child SA, as lines of its tables.
 *
 * Whoever has these lines reads all of the traffic. Nothing of this library writes them by itself: a caller has to ask for it.
 *
 * @module
 */
import type { ChildSaKeys, IkeKeys } from '../ike.js';
import type { EncryptionRow, IntegrityRow } from '../suite/types.js';
import { formatEspSa } from './esp-sa.js';
import { formatIkev1DecryptionLine } from './isakmp-table.js';
import { formatIkev2DecryptionTable } from './ikev2-table.js';

/** An IKE SA with its keys. */
export interface LoggedIkeSa {
  /** 8 octets. */
  readonly spiI: Uint8Array;
  /** 8 octets. */
  readonly spiR: Uint8Array;
  /** The algorithm of SK_ei and SK_er. */
  readonly encryption: EncryptionRow;
  /** The algorithm of SK_ai and SK_ar; absent with a combined-mode one. */
  readonly integrity?: IntegrityRow | undefined;
  /** Of `deriveIkeKeys`. */
  readonly keys: Pick<IkeKeys, 'SK_ei' | 'SK_er' | 'SK_ai' | 'SK_ar'>;
}

/** An IKE SA of IKEv1 with its key. */
export interface LoggedIkev1Sa {
  /** CKY-I: 8 octets. */
  readonly spiI: Uint8Array;
  /** What messages are encrypted with. */
  readonly key: Uint8Array;
}

/** One direction of a Child SA with its keys. */
export interface LoggedChildSa {
  /** AH has no place in the table, and hides nothing. */
  readonly protocol: 'ESP' | 'AH';
  /** The receiver's SPI. */
  readonly spi: number;
  /** The sender; absent: any. */
  readonly source?: Uint8Array | undefined;
  /** The receiver; absent: any. */
  readonly destination?: Uint8Array | undefined;
  /** ESP: the algorithm of the encryption key. */
  readonly encryption?: EncryptionRow | undefined;
  /** The algorithm of the integrity key; absent with a combined-mode one. */
  readonly integrity?: IntegrityRow | undefined;
  /** Of `deriveChildKeys`: those of this direction. */
  readonly keys: ChildSaKeys;
  /** Extended Sequence Numbers. */
  readonly esn?: boolean | undefined;
}

/**
 * The line of `ikev2_decryption_table` for an IKE SA, with a line feed; a comment where Wireshark does not know the algorithms.
 *
 * @example
 * ```ts
 * import { formatIkeSaKeyLog, parseIkev2DecryptionTable } from 'ipsec-ts/capture';
 * import { aes256Gcm16 } from 'ipsec-ts/suite/aead';
 *
 * const [key, none, spi] = [new Uint8Array(36), new Uint8Array(0), new Uint8Array(8)];
 * const line = formatIkeSaKeyLog({ spiI: spi, spiR: spi, encryption: aes256Gcm16, keys: { SK_ei: key, SK_er: key, SK_ai: none, SK_ar: none } });
 * if (parseIkev2DecryptionTable(line).keys[0]?.encryption !== 'ENCR_AES_GCM_16') throw new Error(line);
 * ```
 */
export function formatIkeSaKeyLog({ spiI, spiR, encryption, integrity, keys }: LoggedIkeSa): string {
  const { SK_ei, SK_er, SK_ai, SK_ar } = keys;
  const algorithms = { encryption: encryption.name, ...(integrity && { integrity: integrity.name }) };
  return withoutHeading(formatIkev2DecryptionTable([{ spiI, spiR, SK_ei, SK_er, SK_ai, SK_ar, ...algorithms, path: 'an IKE SA' }]));
}

/**
 * The line of `esp_sa` for one direction of a Child SA, with a line feed; two lines, one for each version of IP, where no address is given.
 */
export function formatChildSaKeyLog(sa: LoggedChildSa): string {
  const { protocol, spi, source, destination, encryption, integrity, keys, esn = false } = sa;
  return withoutHeading(
    formatEspSa([
      {
        protocol,
        mode: 'by-next-header',
        spi,
        ...(source && { source }),
        ...(destination && { destination }),
        ...(encryption && { encryption: { name: encryption.name, key: keys.encryption } }),
        ...(integrity && { integrity: { name: integrity.name, key: keys.integrity } }),
        esn,
        replayWindow: 64,
        startSeq: 0,
        unsafeNoIntegrity: false,
        rest: {},
        path: `SPI 0x${spi.toString(16).padStart(8, '0')}`,
      },
    ]),
  );
}

/** A line for one of Wireshark's tables. */
export interface KeyLogLine {
  /** The file of Wireshark's profile that it belongs into. */
  readonly table: 'ikev1_decryption_table' | 'ikev2_decryption_table' | 'esp_sa';
  /** One line or more, each with its line feed. */
  readonly text: string;
}

/** What a host appends to which table for an event of an endpoint with `keyLog`: `ikeKeys`, `ikev1Keys` or `childKeys`. */
export function formatKeyLog(
  event:
    | ({ readonly type: 'ikeKeys' } & LoggedIkeSa)
    | ({ readonly type: 'ikev1Keys' } & LoggedIkev1Sa)
    | ({ readonly type: 'childKeys' } & LoggedChildSa),
): KeyLogLine {
  switch (event.type) {
    case 'ikeKeys':
      return { table: 'ikev2_decryption_table', text: formatIkeSaKeyLog(event) };
    case 'ikev1Keys':
      return { table: 'ikev1_decryption_table', text: formatIkev1SaKeyLog(event) };
    case 'childKeys':
      return { table: 'esp_sa', text: formatChildSaKeyLog(event) };
  }
}

/** The line of `ikev1_decryption_table` for an IKE SA of IKEv1, with a line feed. */
export function formatIkev1SaKeyLog({ spiI, key }: LoggedIkev1Sa): string {
  return `${formatIkev1DecryptionLine({ cookieI: spiI, key })}\n`;
}

/** A log grows line by line: no heading in it. */
function withoutHeading(table: string): string {
  return table.slice(table.indexOf('\n') + 1);
}
