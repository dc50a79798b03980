/**
 * Loads what configurations name: files of keys and certificates, users, EAP. What none names is not loaded.
 *
 * @module
 */
import type { Credential, CredentialLoader, OwnSpec, PeerSpec } from '../../endpoint.js';
import type { LocalAuthentication, RemoteAuthentication } from '../../keying/connection.js';
import { loadEapDemand, loadOwnEap } from './eap.js';
import { loadOwnKey } from './keys.js';
import { placed } from './sources.js';
import { loadAuthorities, loadPeerKeys } from './trust.js';
import type { LoadContext } from './types.js';
import { loadXauthClient, loadXauthServer } from './xauth.js';

/** The loader of a configuration. */
export function createCredentialLoader(context: LoadContext): CredentialLoader {
  return {
    own: (spec) => placing(spec.path, loadOwn(spec, context)),
    peer: (spec) => placing(spec.path, loadPeer(spec, context)),
  };
}

async function loadOwn(spec: OwnSpec, context: LoadContext): Promise<Credential<LocalAuthentication>> {
  if (spec.form === 'eap') return await loadOwnEap(spec, context);
  return spec.form === 'xauth' ? loadXauthClient(spec, context) : await loadOwnKey(spec, context);
}

async function loadPeer(spec: PeerSpec, context: LoadContext): Promise<Credential<RemoteAuthentication>> {
  if (spec.form === 'eap') return await loadEapDemand(spec, context);
  if (spec.form === 'xauth') return await loadXauthServer(spec, context);
  return spec.form === 'certificate' ? await loadAuthorities(spec, context) : await loadPeerKeys(spec, context);
}

/** Whatever is wrong has a place in the configuration. */
async function placing<T>(path: string, loading: Promise<T>): Promise<T> {
  try {
    return await loading;
  } catch (error) {
    throw placed(path, error);
  }
}
