/** Certificates that OpenSSL makes, and two hosts over loopback UDP that prove who they are with them. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answerEcho, readEcho } from '../../src/cli/host/echo.js';
import { formatEvent } from '../../src/cli/host/words.js';
import type { EndpointEvent } from '../../src/endpoint.js';
import { IpsecError } from '../../src/errors.js';
import { connect, type Host, type HostOptions, listen, loadConfig, type LoadConfigOptions } from '../../src/node.js';

/** A key as `openssl genpkey` makes it. */
type KeyKind = 'RSA' | 'P-256' | 'P-384' | 'ED25519';

const genpkey: Readonly<Record<KeyKind, readonly string[]>> = {
  RSA: ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
  'P-256': ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  'P-384': ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384'],
  ED25519: ['-algorithm', 'ED25519'],
};

/** Runs `openssl` in a folder. */
function openssl(folder: string, ...args: readonly string[]): void {
  execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Files NAME.pem and NAME.key of an authority. */
function makeAuthority(folder: string, name: string): void {
  openssl(folder, 'genpkey', ...genpkey['P-256'], '-out', `${name}.key`);
  const extensions = ['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign,cRLSign'];
  openssl(
    folder,
    'req',
    '-x509',
    '-new',
    '-key',
    `${name}.key`,
    '-subj',
    `/O=Example/CN=${name}`,
    '-days',
    '30',
    ...extensions,
    '-out',
    `${name}.pem`,
  );
}

/** Files NAME.pem and NAME.key of somebody. @param san `DNS:gw.example` */
export function makeCertificate(folder: string, name: string, kind: KeyKind, san: string, authority = 'ca'): void {
  openssl(folder, 'genpkey', ...genpkey[kind], '-out', `${name}.key`);
  openssl(folder, 'req', '-new', '-key', `${name}.key`, '-subj', `/O=Example/CN=${name}`, '-out', `${name}.csr`);
  writeFileSync(
    join(folder, `${name}.ext`),
    `basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nsubjectAltName=${san}\n`,
  );
  const issuer = ['-CA', `${authority}.pem`, '-CAkey', `${authority}.key`, '-CAcreateserial'];
  openssl(folder, 'x509', '-req', '-in', `${name}.csr`, ...issuer, '-days', '20', '-extfile', `${name}.ext`, '-out', `${name}.pem`);
}

/** The file NAME.crl, in which the certificates stand that are named. */
export function makeCrl(folder: string, name: string, revoked: readonly string[]): void {
  writeFileSync(join(folder, `${name}.index`), '');
  for (const certificate of revoked) {
    const serial = execFileSync('openssl', ['x509', '-in', `${certificate}.pem`, '-noout', '-serial'], { cwd: folder, encoding: 'utf8' });
    appendFileSync(
      join(folder, `${name}.index`),
      `R\t400101000000Z\t250101000000Z,keyCompromise\t${serial.trim().slice(7)}\tunknown\t/CN=${certificate}\n`,
    );
  }
  writeFileSync(join(folder, `${name}.number`), '01\n');
  const section = `database=${name}.index\ncrlnumber=${name}.number\ndefault_md=sha256\ndefault_crl_days=10\n`;
  writeFileSync(join(folder, `${name}.cnf`), `[ca]\ndefault_ca=d\n[d]\n${section}`);
  openssl(folder, 'ca', '-gencrl', '-config', `${name}.cnf`, '-keyfile', 'ca.key', '-cert', 'ca.pem', '-out', `${name}.crl`);
}

/** A folder with `ca`, `other-ca` and certificates below them, and a list of those that were revoked. */
export function makePki(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ipsec-ts-auth-'));
  makeAuthority(folder, 'ca');
  makeAuthority(folder, 'other-ca');
  makeCertificate(folder, 'gw-rsa', 'RSA', 'DNS:gw.example');
  makeCertificate(folder, 'gw', 'P-256', 'DNS:gw.example');
  makeCertificate(folder, 'gw-384', 'P-384', 'DNS:gw.example');
  makeCertificate(folder, 'gw-ed', 'ED25519', 'DNS:gw.example');
  makeCertificate(folder, 'anna-rsa', 'RSA', 'email:anna@example.com');
  makeCertificate(folder, 'anna', 'P-256', 'email:anna@example.com');
  makeCertificate(folder, 'anna-384', 'P-384', 'email:anna@example.com');
  makeCertificate(folder, 'anna-ed', 'ED25519', 'email:anna@example.com');
  makeCertificate(folder, 'stranger', 'P-256', 'email:anna@example.com', 'other-ca');
  makeCertificate(folder, 'revoked', 'P-256', 'email:anna@example.com');
  makeCrl(folder, 'ca', ['revoked']);
  for (const name of ['gw', 'anna']) openssl(folder, 'pkey', '-in', `${name}.key`, '-pubout', '-out', `${name}.pub`);
  openssl(
    folder,
    'pkcs12',
    '-export',
    '-in',
    'anna.pem',
    '-inkey',
    'anna.key',
    '-certfile',
    'ca.pem',
    '-passout',
    'pass:open sesame',
    '-out',
    'anna.p12',
  );
  openssl(folder, 'pkcs8', '-topk8', '-in', 'gw.key', '-passout', 'pass:open sesame', '-out', 'gw-locked.key');
  writeFileSync(join(folder, 'users.txt'), '\ufeff# who may come in\r\n\r\nanna : correct horse battery staple\r\n', { mode: 0o600 });
  return folder;
}

/** What differs between the tests. */
export interface AuthWishes {
  /** `local.auth` of the client. */
  readonly client: object;
  /** `remote.auth` of the client. Default: certificates below `ca`. */
  readonly clientTrusts?: object;
  /** `local.auth` of the gateway. Default: `gw`. */
  readonly gateway?: object;
  /** `remote.auth` of the gateway. Default: certificates below `ca`. */
  readonly gatewayTrusts?: object;
  /** Members of the client's connection. */
  readonly connection?: object;
  /** Members of the gateway's connection. */
  readonly gatewayConnection?: object;
  /** Connections of the gateway that stand before that for the client. */
  readonly before?: readonly object[];
  /** Members of the gateway's configuration. */
  readonly host?: object;
  readonly clientOptions?: LoadConfigOptions;
  readonly gatewayOptions?: LoadConfigOptions;
  readonly hostOptions?: HostOptions;
}

/** Both hosts, how it went, and their lines. */
export interface Meeting {
  /** Why it came to nothing. */
  readonly error: IpsecError | undefined;
  readonly client: Host | undefined;
  readonly gateway: Host;
  /** What the command line shows. */
  readonly clientLines: readonly string[];
  readonly gatewayLines: readonly string[];
  readonly gatewayEvents: readonly EndpointEvent[];
  close(): Promise<void>;
}

/** A gateway, and a client that tries. */
export async function meet(folder: string, wishes: AuthWishes): Promise<Meeting> {
  const {
    client: own,
    clientTrusts = { ca: 'ca.pem' },
    gateway: gatewayAuth = { certificate: 'gw.pem', key: 'gw.key' },
    gatewayTrusts = { ca: 'ca.pem' },
  } = wishes;
  const base = { ike: 2, addresses: ['127.0.0.1'], ports: { ike: 0, nat: 0 } };
  const { remote: gatewayRemote, ...gatewayRest } = { remote: {}, ...wishes.gatewayConnection };
  const gatewayConnection = {
    name: 'clients',
    local: { auth: gatewayAuth },
    remote: { id: '*', auth: gatewayTrusts, ...gatewayRemote },
    children: [{ name: 'net', local: '10.2.0.0/16', remote: '10.1.0.0/16' }],
    ...gatewayRest,
  };
  const gatewayJson = { ...base, ...wishes.host, connections: [...(wishes.before ?? []), gatewayConnection] };
  const gatewayEvents: EndpointEvent[] = [];
  const gateway: Host = await listen(await loadConfig(gatewayJson, { folder, ...wishes.gatewayOptions }), {
    onEvent: (event) => void gatewayEvents.push(event),
    onPacket: (packet) => {
      const echo = readEcho(packet);
      if (echo && !echo.isReply) gateway.send(answerEcho(echo));
    },
    ...wishes.hostOptions,
  });
  const { ike: port, nat: natPort } = gateway.ports;
  const { local, remote, ...rest } = { local: {}, remote: {}, ...wishes.connection };
  const connection = {
    name: 'home',
    local: { auth: own, ...local },
    remote: { address: '127.0.0.1', port, natPort, id: 'gw.example', auth: clientTrusts, ...remote },
    children: [{ name: 'net', local: '10.1.0.0/16', remote: '10.2.0.0/16' }],
    ...rest,
  };
  const clientEvents: EndpointEvent[] = [];
  const config = await loadConfig({ ...base, connections: [connection] }, { folder, ...wishes.clientOptions });
  const outcome = await connect(config, { onEvent: (event) => void clientEvents.push(event) }).catch((error: unknown) => error);
  if (outcome instanceof Error && !(outcome instanceof IpsecError)) throw outcome;
  const client = outcome instanceof IpsecError ? undefined : (outcome as Host);
  const linesOf = (events: readonly EndpointEvent[]): string[] => events.flatMap((event) => formatEvent(event) ?? []);
  return {
    error: outcome instanceof IpsecError ? outcome : undefined,
    client,
    gateway,
    get clientLines() {
      return linesOf(clientEvents);
    },
    get gatewayLines() {
      return linesOf(gatewayEvents);
    },
    gatewayEvents,
    async close() {
      await client?.close();
      await gateway.close();
    },
  };
}
