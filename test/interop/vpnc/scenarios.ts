/** What is played with vpnc, which always begins: the table. */
import { certificate, secret, type Way, wrongPassword, xauth } from '../strongswan/ways.js';
import type { VpncSettings } from './client.js';

export interface Scenario {
  readonly name: string;
  /** What we take. */
  readonly ike: string;
  readonly esp: string;
  /** How the client proves who it is, and how we do. */
  readonly client: readonly Way[];
  readonly gw: Way;
  /** What vpnc is told beyond the gateway, the group and the user. */
  readonly settings: VpncSettings;
  /** Whether it is behind a NAT. */
  readonly nat: boolean;
  /** Undefined: the tunnel comes up. Else what vpnc says, and what our line says. */
  readonly refused?: { readonly vpnc: RegExp; readonly ours: RegExp };
}

const group = secret('the secret of the group');
const forced: VpncSettings = { 'NAT Traversal Mode': 'force-natt', 'IPSec secret': 'the secret of the group' };
const dh14: VpncSettings = { ...forced, 'IKE DH Group': 'dh14', 'Perfect Forward Secrecy': 'nopfs' };
const basic: Scenario = {
  name: '',
  ike: 'aes256-sha1-modp2048',
  esp: 'aes256-sha1',
  client: [group, xauth()],
  gw: group,
  settings: dh14,
  nat: false,
};

/** @param folder of the certificates. */
export const vpncScenarios = (folder: string): readonly Scenario[] => [
  { ...basic, name: 'a group, a password' },
  { ...basic, name: 'AES-128', ike: 'aes128-sha1-modp2048', esp: 'aes128-sha1' },
  { ...basic, name: 'PFS', esp: 'aes256-sha1-modp2048', settings: { ...dh14, 'Perfect Forward Secrecy': 'dh14' } },
  {
    ...basic,
    name: '3DES, MD5, MODP-1024',
    ike: '3des-md5-modp1024',
    esp: '3des-md5',
    settings: {
      ...dh14,
      'IKE DH Group': 'dh2',
      'Enable weak encryption': true,
      'Enable weak authentication': true,
    },
  },
  { ...basic, name: 'behind a NAT', nat: true, settings: { ...dh14, 'NAT Traversal Mode': 'natt' } },
  {
    ...basic,
    name: 'hybrid',
    client: [xauth()],
    gw: certificate('gw-rsa'),
    settings: { ...dh14, 'IKE Authmode': 'hybrid', 'CA-File': `${folder}/ca.pem` },
  },
  {
    ...basic,
    name: 'another secret',
    settings: { ...dh14, 'IPSec secret': 'another' },
    refused: { vpnc: /hash comparison failed/, ours: /^audit: retransmitted: Aggressive 0, try 2$/ },
  },
  {
    ...basic,
    name: 'a wrong password',
    settings: { ...dh14, 'Xauth password': wrongPassword },
    refused: { vpnc: /authentication unsuccessful/, ours: /: no IKE SA: the user "anna" of connection gw: .* found another password$/ },
  },
];

/** What does not work with it, and is none of our doing. */
export const remarks = [
  'we end it: vpnc 0.5.3 answers the deletion of a Child SA with a Quick Mode, listens to nothing else meanwhile, and has wrong keys after it, with strongSwan, too',
  'Cisco-UDP: what comes before RFC 3947, and is not ours',
  'NAT traversal where there is no NAT, without force: then its ESP goes without UDP, for which our host of Node has no socket',
];
