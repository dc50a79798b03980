/**
 * `ipsec-ts demo`: two hosts of ours negotiate, a road warrior logs in, and packets of a Linux kernel are opened. Every line that claims something was checked.
 *
 * @module
 */
import process from 'node:process';
import { exitCodes, type Command, type Given } from './command.js';
import { createClaims } from './demo/claims.js';
import { showKernelCapture } from './demo/kernel.js';

const LIMIT_SECONDS = 50;

/** The command. */
export const demo: Command = {
  name: 'demo',
  summary:
    'Lets two hosts negotiate with IKEv2, ping and rekey, lets a user log in, decodes packets of a Linux kernel; checks every line of it.',
  positionals: [],
  options: [
    { name: 'out', short: 'o', value: 'FOLDER', help: 'where the capture and its keys go; default: a new folder for temporary files' },
  ],
  notes: `The hosts are UDP sockets on the loopback interface with random ports: no privileges, no configuration, nothing that leaves the machine.
Their capture is written together with the keys, as a folder of settings for Wireshark.

Exit code: 0 when every line was so; 1 when one was not; 2 when the command line is wrong.

Example:
  ipsec-ts demo --out ipsec-demo`,
  run,
};

async function run({ values }: Given): Promise<number> {
  const claims = createClaims((text) => process.stdout.write(`${text}\n`));
  const started = performance.now();
  const limit = setTimeout(() => {
    process.stdout.write(`FAILED: still not done after ${LIMIT_SECONDS} seconds\n`);
    process.exit(exitCodes.failed);
  }, LIMIT_SECONDS * 1000);
  try {
    // Loaded when it is needed: the other commands do without.
    const { showTunnel } = await import('./demo/tunnel.js');
    await showTunnel(claims, values.get('out'));
    const { showLogin } = await import('./demo/login.js');
    await showLogin(claims);
    showKernelCapture(claims);
  } finally {
    clearTimeout(limit);
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  claims.say('');
  claims.say(`${claims.held()} claims held, ${claims.failed()} failed, ${seconds} s`);
  return claims.failed() === 0 ? exitCodes.fine : exitCodes.failed;
}
