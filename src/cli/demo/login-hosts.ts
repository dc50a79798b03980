/**
 * The hosts of a login: gateways with certificates, and anna with her password. The certificates are those of vectors/demo.
 *
 * @module
 */
import { fileURLToPath } from 'node:url';
import { type Host, loadConfig } from '../../node.js';
import { type Party, startHost, type WireRecord } from './hosts.js';

const folder = fileURLToPath(new URL('../../../vectors/demo', import.meta.url));
const proposals = 'aes256gcm16-curve25519';
const base = { ike: 2, addresses: ['127.0.0.1'], ports: { ike: 0, nat: 0 }, keyLog: true } as const;

/** A host that says that it is vpn.example.com. @param key which certificate it has: the gateway's, or that of a printer. */
export async function startGateway(key: 'gateway' | 'printer', password: string, wire: WireRecord[]): Promise<Party> {
  const users = {
    name: 'users',
    local: { id: 'vpn.example.com', auth: { certificate: `${key}.pem`, key: `${key}.key` } },
    remote: { auth: { eap: 'mschapv2', users: { 'anna@example.com': password } } },
    pool: 'inside',
    children: [{ name: 'office', local: '10.2.0.0/16', remote: 'dynamic', proposals }],
  };
  const pools = [{ name: 'inside', ranges: ['10.77.0.0/24'], exclude: ['10.77.0.0/32', '10.77.0.255/32'] }];
  return await startHost(key, await loadConfig({ ...base, connections: [users], pools }, { folder }), wire);
}

/** Her computer. It knows the authority, the name of the gateway, and a password. */
export async function startAnna({ ike: port, nat: natPort }: Host['ports'], password: string, wire: WireRecord[]): Promise<Party> {
  const office = {
    name: 'office',
    local: { auth: { eap: 'mschapv2', identity: 'anna@example.com', password } },
    remote: { address: '127.0.0.1', port, natPort, id: 'vpn.example.com', auth: { ca: 'authority.pem' } },
    request: true,
    children: [{ name: 'office', local: 'dynamic', remote: '10.2.0.0/16', proposals }],
  };
  return await startHost('anna', await loadConfig({ ...base, connections: [office] }, { folder }), wire);
}
