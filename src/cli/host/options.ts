/**
 * The options that `connect` and `serve` share, and what their help says.
 *
 * @module
 */
import { IpsecError } from '../../errors.js';
import type { Command, Given } from '../command.js';

type Option = Command['options'][number];

/** Only `connect` has it. */
export const connectionOption: Option = {
  name: 'connection',
  value: 'NAME',
  help: 'begin this one; default: all whose peer has an address',
};

/** Both have these. */
export const hostOptions: readonly Option[] = [
  { name: 'ping', value: 'ADDRESS', help: 'ping an address behind the peer, through the tunnel' },
  { name: 'from', value: 'ADDRESS', help: 'where pings come from; default: an address of our end of the tunnel' },
  { name: 'count', value: 'N', help: 'end after so many pings; default: go on until Ctrl-C' },
  { name: 'interval', value: 'SECONDS', help: 'between pings; default 1' },
  { name: 'key-log', value: 'DIR', help: "append all keys to Wireshark's tables there: whoever has them can read everything" },
  { name: 'json', help: 'one JSON object a line: events, status, pings' },
  { name: 'check', help: 'only look for mistakes in the configuration' },
];

/** Which of the two commands. */
export type Role = 'connect' | 'serve';

const passwordOptions: readonly Option[] = [
  { name: 'password-file', value: 'FILE', help: 'the password of the user or of the key; default: it is asked for, without echo' },
  { name: 'password-env', value: 'NAME', help: 'the same in a variable of the environment' },
];

/** Options of hosts without a CONFIG.json: those that begin it, and those that go with them. */
export const withoutFile: Readonly<Record<Role, { readonly starts: readonly Option[]; readonly others: readonly Option[] }>> = {
  connect: {
    starts: [
      { name: 'user', value: 'NAME', help: 'without CONFIG.json: log in to GATEWAY with a user name and a password (EAP)' },
      { name: 'cert', value: 'FILE', help: 'without CONFIG.json: log in with a certificate' },
      { name: 'p12', value: 'FILE', help: 'without CONFIG.json: log in with a certificate and its key in PKCS#12' },
      { name: 'psk-file', value: 'FILE', help: 'without CONFIG.json: log in with the shared secret in that file' },
    ],
    others: [
      { name: 'key', value: 'FILE', help: 'the private key of --cert' },
      { name: 'ca', value: 'FILE', help: "who vouches for the gateway's certificate" },
      ...passwordOptions,
      { name: 'eap', value: 'METHODS', help: 'of mschapv2, tls, md5, gtc, with commas; default mschapv2' },
      { name: 'id', value: 'NAME', help: 'who we are in IKE; default: what the certificate says, or the user name' },
      { name: 'gateway-id', value: 'NAME', help: 'who the gateway is; default: GATEWAY' },
      { name: 'to', value: 'PREFIXES', help: 'what is behind the gateway, with commas; default: everything' },
      { name: 'gateway-ports', value: 'IKE,NAT', help: 'its UDP ports; default 500,4500' },
      { name: 'ike', value: '1|2', help: 'the version of IKE; default 2. 1 is deprecated (RFC 9395); there --user is one of XAUTH' },
      { name: 'aggressive', help: 'with --ike 1: aggressive mode, which shows who we are' },
      { name: 'unsafe-aggressive-psk', help: 'with --aggressive and --psk-file: whoever sees it can guess the secret offline' },
    ],
  },
  serve: {
    starts: [
      { name: 'cert', value: 'FILE', help: 'without CONFIG.json: a gateway on ADDRESS with this certificate' },
      { name: 'p12', value: 'FILE', help: 'without CONFIG.json: the same with certificate and key in PKCS#12' },
    ],
    others: [
      { name: 'key', value: 'FILE', help: 'the private key of --cert' },
      ...passwordOptions,
      { name: 'users', value: 'FILE', help: 'clients with a user name and a password: lines "name : password", or JSON' },
      { name: 'ca', value: 'FILE', help: 'clients with a certificate: who vouches for it' },
      { name: 'eap', value: 'METHODS', help: 'of users: of mschapv2, md5, gtc, with commas; default mschapv2' },
      { name: 'id', value: 'NAME', help: 'who we are in IKE; default: what the certificate says' },
      { name: 'pool', value: 'RANGES', help: 'addresses for clients, with commas: 10.77.0.0/24' },
      { name: 'dns', value: 'ADDRESSES', help: 'name servers for clients, with commas' },
      { name: 'net', value: 'PREFIXES', help: 'what is behind us, with commas; default: everything' },
      { name: 'ports', value: 'IKE,NAT', help: 'our UDP ports; default 500,4500' },
    ],
  },
};

/** Paragraphs of both helps. */
export const sharedNotes = `docs/configuration.md explains every member of CONFIG.json. A secret may stand elsewhere: { "psk": { "env": "NAME" } } is a variable of
the environment, { "psk": { "file": "PATH" } } a file beside CONFIG.json, without the end of its last line, { "psk": { "prompt": true } }
is asked for on the terminal; passwords likewise. No password is taken on the command line: every user of a machine can read it there.

ESP always goes in UDP. What comes out of the tunnels ends here: there is no TUN device; ipsec-ts/node hands the packets to programs.

On a terminal the SAs stand below what has happened: algorithms, traffic, time to the next rekey. Ctrl-C deletes them; a second one does
not wait for the peers.`;

/** One side of a pair of configurations that fit together. */
export function exampleConfig(side: 'a' | 'b'): string {
  const [own, peer, ownNet, peerNet] = side === 'a' ? ['a', 'b', '10.1.0.0/16', '10.2.0.0/16'] : ['b', 'a', '10.2.0.0/16', '10.1.0.0/16'];
  const [ports, where] =
    side === 'a'
      ? ['"ike": 15500, "nat": 15501', ', "address": "127.0.0.1", "port": 14500, "natPort": 14501']
      : ['"ike": 14500, "nat": 14501', ''];
  return `  {
    "ike": 2,
    "addresses": ["127.0.0.1"],
    "ports": { ${ports} },
    "connections": [{
      "name": "office",
      "auth": { "psk": "use a long random one" },
      "local": { "id": "${own}.example" },
      "remote": { "id": "${peer}.example"${where} },
      "children": [{ "local": "${ownNet}", "remote": "${peerNet}" }]
    }]
  }`;
}

/** A number that was given. Throws `invalid-argument`. */
export function numberOption({ values }: Given, name: string, lowest: number, whole: boolean): number | undefined {
  const text = values.get(name);
  if (text === undefined) return undefined;
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (value >= lowest && value <= 1e6 && (!whole || Number.isInteger(value))) return value;
  throw new IpsecError('invalid-argument', `--${name}`, {
    expected: `${whole ? 'a whole number' : 'a number'} from ${lowest} to 1000000`,
    found: JSON.stringify(text),
  });
}
