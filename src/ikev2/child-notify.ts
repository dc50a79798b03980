/**
 * The notifications in front of the SA payload that negotiates a Child SA (RFC 7296 sections 1.3.1 and 2.22).
 *
 * @module
 */
import { writeU32 } from '../bytes.js';
import { createNotify, decodeNotifyData, encodeNotifyData } from './notify-data.js';
import type { Payload } from './payload-cases.js';
import { findNotifies, findNotify } from './pick.js';

/** What one side says about a Child SA besides its algorithms and selectors. */
interface ChildExtras {
  /** USE_TRANSPORT_MODE. */
  readonly transport: boolean;
  /** False: ESP_TFC_PADDING_NOT_SUPPORTED. */
  readonly takesTfc: boolean;
  /** NON_FIRST_FRAGMENTS_ALSO. */
  readonly nonFirstFragments: boolean;
}

/** The notifications, in the order of RFC 7296 appendix C.4; `cpi`: IPCOMP_SUPPORTED with DEFLATE. */
export function encodeExtras({
  transport,
  takesTfc,
  nonFirstFragments,
  cpi,
}: ChildExtras & { readonly cpi: number | undefined }): Payload[] {
  return [
    ...(cpi === undefined
      ? []
      : [
          createNotify(
            'IPCOMP_SUPPORTED',
            encodeNotifyData('IPCOMP_SUPPORTED', { cpi, transform: 'IPCOMP_DEFLATE', attributes: new Uint8Array(0) }),
          ),
        ]),
    ...(transport ? [createNotify('USE_TRANSPORT_MODE')] : []),
    ...(takesTfc ? [] : [createNotify('ESP_TFC_PADDING_NOT_SUPPORTED')]),
    ...(nonFirstFragments ? [createNotify('NON_FIRST_FRAGMENTS_ALSO')] : []),
  ];
}

/** What the other side says. `ipcomp`: the algorithms with their CPIs. Throws `truncated` for an IPCOMP_SUPPORTED that is too short. */
export function decodeExtras(
  payloads: readonly Payload[],
): ChildExtras & { readonly ipcomp: readonly { readonly cpi: number; readonly transform: string | number }[] } {
  return {
    transport: findNotify(payloads, 'USE_TRANSPORT_MODE') !== undefined,
    takesTfc: findNotify(payloads, 'ESP_TFC_PADDING_NOT_SUPPORTED') === undefined,
    nonFirstFragments: findNotify(payloads, 'NON_FIRST_FRAGMENTS_ALSO') !== undefined,
    ipcomp: findNotifies(payloads, 'IPCOMP_SUPPORTED').map(({ data }) => decodeNotifyData('IPCOMP_SUPPORTED', data)),
  };
}

/** Whether this is the algorithm that we have, with a CPI that can be negotiated (RFC 3173 section 3.3: 256 to 65,535). */
export function isDeflate({ cpi, transform }: { readonly cpi: number; readonly transform: string | number }): boolean {
  return transform === 'IPCOMP_DEFLATE' && cpi >= 256;
}

/** An SPI of ESP or AH as 4 octets. */
export function encodeSpi(spi: number): Uint8Array {
  const octets = new Uint8Array(4);
  writeU32(octets, 0, spi);
  return octets;
}
