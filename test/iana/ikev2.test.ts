import { describe, expect, test } from 'vitest';
import * as small from '../../src/iana/ikev2.js';
import * as configuration from '../../src/iana/ikev2-configuration.js';
import { firstStatusType, notifyTypes } from '../../src/iana/ikev2-notify.js';
import { findById, type RegistryRow } from '../../src/iana/registry.js';

const tables: Record<string, readonly RegistryRow[]> = { ...small, ...configuration, notifyTypes };

describe.each(Object.entries(tables))('%s', (_, table) => {
  test('numbers ascend, names are told apart, nobody changes a row', () => {
    const ids = table.map((row) => row.id);
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
    expect(new Set(table.map((row) => row.name)).size).toBe(table.length);
    expect(table.every((row) => Object.isFrozen(row) && /^(RFC \d{4}|3GPP TS [\d.]+)$/.test(row.rfc))).toBe(true);
  });
});

/** Name and number of each line of a drawing. */
const lines = (drawing: string): [string, number][] =>
  [...drawing.matchAll(/^\s+(\S.*?)\s{2,}(\d+)\s*$/gm)].map(([, name, id]) => [name!, Number(id)]);

describe('as the RFCs print them', () => {
  test('RFC 7296 section 3.10.1', () => {
    const drawing = `
   UNSUPPORTED_CRITICAL_PAYLOAD              1
   INVALID_IKE_SPI                           4
   INVALID_MAJOR_VERSION                     5
   INVALID_SYNTAX                            7
   INVALID_MESSAGE_ID                        9
   INVALID_SPI                              11
   NO_PROPOSAL_CHOSEN                       14
   INVALID_KE_PAYLOAD                       17
   AUTHENTICATION_FAILED                    24
   SINGLE_PAIR_REQUIRED                     34
   NO_ADDITIONAL_SAS                        35
   INTERNAL_ADDRESS_FAILURE                 36
   FAILED_CP_REQUIRED                       37
   TS_UNACCEPTABLE                          38
   INVALID_SELECTORS                        39
   TEMPORARY_FAILURE                        43
   CHILD_SA_NOT_FOUND                       44
   INITIAL_CONTACT                          16384
   SET_WINDOW_SIZE                          16385
   ADDITIONAL_TS_POSSIBLE                   16386
   IPCOMP_SUPPORTED                         16387
   NAT_DETECTION_SOURCE_IP                  16388
   NAT_DETECTION_DESTINATION_IP             16389
   COOKIE                                   16390
   USE_TRANSPORT_MODE                       16391
   HTTP_CERT_LOOKUP_SUPPORTED               16392
   REKEY_SA                                 16393
   ESP_TFC_PADDING_NOT_SUPPORTED            16394
   NON_FIRST_FRAGMENTS_ALSO                 16395
`;
    const expected = lines(drawing);
    expect(expected.length).toBe(29);
    for (const [name, id] of expected) expect(findById(notifyTypes, id)?.name).toBe(name);
    expect(firstStatusType).toBe(16384);
  });

  test('RFC 7296 section 3.15.1', () => {
    const drawing = `
      INTERNAL_IP4_ADDRESS     1
      INTERNAL_IP4_NETMASK     2
      INTERNAL_IP4_DNS         3
      INTERNAL_IP4_NBNS        4
      INTERNAL_IP4_DHCP        6
      APPLICATION_VERSION      7
      INTERNAL_IP6_ADDRESS     8
      INTERNAL_IP6_DNS         10
      INTERNAL_IP6_DHCP        12
      INTERNAL_IP4_SUBNET      13
      SUPPORTED_ATTRIBUTES     14
      INTERNAL_IP6_SUBNET      15
`;
    for (const [name, id] of lines(drawing)) expect(findById(configuration.configurationAttributeTypes, id)?.name).toBe(name);
    expect(lines(drawing).length).toBe(12);
  });

  test('RFC 7296 sections 3.1, 3.2, 3.5 and 3.6', () => {
    const named = (table: readonly RegistryRow[], drawing: string): void => {
      expect(lines(drawing).length).toBeGreaterThan(3);
      for (const [name, id] of lines(drawing)) expect(findById(table, id)?.name).toBe(name);
    };
    named(small.exchangeTypes, '\n IKE_SA_INIT               34\n IKE_AUTH                  35\n CREATE_CHILD_SA           36\n INFORMATIONAL             37\n'); // prettier-ignore
    named(
      small.payloadTypes,
      `
      SA         33
      KE         34
      IDi        35
      IDr        36
      CERT       37
      CERTREQ    38
      AUTH       39
      N          41
      D          42
      V          43
      TSi        44
      TSr        45
      SK         46
      CP         47
      EAP        48
`,
    );
    named(
      small.idTypes,
      `
   ID_IPV4_ADDR                        1
   ID_FQDN                             2
   ID_RFC822_ADDR                      3
   ID_IPV6_ADDR                        5
   ID_DER_ASN1_DN                      9
   ID_DER_ASN1_GN                      10
   ID_KEY_ID                           11
`,
    );
    named(
      small.certificateEncodings,
      `
      PKCS #7 wrapped X.509 certificate    1
      PGP Certificate                      2
      DNS Signed Key                       3
      X.509 Certificate - Signature        4
      SPKI Certificate                     9
      X.509 Certificate - Attribute        10
      Deprecated (was Raw RSA Key)         11
      Hash and URL of X.509 certificate    12
      Hash and URL of X.509 bundle         13
`,
    );
  });
});
