/**
 * `ipsec-ts id`.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
// Not by ipsec-ts/x509, which needs pkijs: these files do without, and so does everybody who only wants to look at a certificate.
import { describeCertificate, summarizeCertificate } from '../x509/describe.js';
import { readCertificates } from '../x509/read-certificates.js';
import { exitCodes, type Command, type Given } from './command.js';
import { readOctets } from './files.js';
import { createLineWriter, type LineWriter, warn } from './output.js';

/** The command. */
export const id: Command = {
  name: 'id',
  summary: 'Shows which IKE identities a certificate may claim, and what a peer may refuse it for.',
  positionals: ['CERT.pem ...'],
  options: [{ name: 'json', help: 'one JSON object a certificate and line, for programs' }],
  notes: `CERT.pem holds one certificate or several, as PEM or DER; - is standard input. Nothing is verified: neither signatures nor who issued it.

What is listed under "may claim in IKE" goes into a configuration as it stands, as "id" of "local" at its holder and of "remote" on the
other side: the subject as a distinguished name, and the DNS names, email and IP addresses of the subjectAltName. Others do not count
(RFC 4945): no wildcards, and no host name that is only in the subject's CN.

Exit code: 0 when everything could be read, whatever the warnings; 1 when a file could not be read or holds something else; 2 when the
command line is wrong.

Examples:
  ipsec-ts id gateway.pem
  ipsec-ts id *.pem --json
  openssl s_client -connect gw.example.com:443 </dev/null | ipsec-ts id -`,
  run,
};

async function run({ positionals, flags }: Given): Promise<number> {
  if (positionals.filter((path) => path === '-').length > 1)
    throw new IpsecError('invalid-argument', 'standard input can be read once only');
  const out = createLineWriter();
  let code: number = exitCodes.fine;
  for (const [i, path] of positionals.entries()) {
    try {
      await show(path, i > 0, flags.has('json'), out);
    } catch (error) {
      if (!(error instanceof IpsecError)) throw error;
      // The others are shown all the same.
      warn(`id: ${error.message}`);
      code = exitCodes.failed;
    }
  }
  await out.end();
  return code;
}

async function show(path: string, isLater: boolean, asJson: boolean, out: LineWriter): Promise<void> {
  const source = path === '-' ? 'standard input' : path;
  const certificates = readCertificates(await readOctets(path), { source });
  const now = Date.now();
  for (const [i, certificate] of certificates.entries()) {
    if (asJson) {
      await out.line(JSON.stringify({ file: source, index: i, ...summarizeCertificate(certificate, now) }));
      continue;
    }
    if (isLater || i > 0) await out.line('');
    await out.line(certificates.length === 1 ? `${source}:` : `${source}, ${i + 1} of ${certificates.length}:`);
    for (const line of describeCertificate(certificate, now).split('\n')) await out.line(`  ${line}`);
  }
}
