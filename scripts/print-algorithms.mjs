// Prints docs/algorithms.md from the registries and the rows of the build: `node scripts/print-algorithms.mjs` writes the page,
// `--check` fails when the page says something else. `--dist DIR`: another build than dist/.
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false }, dist: { type: 'string', default: 'dist' } } });
const root = new URL('../', import.meta.url);
const page = new URL('docs/algorithms.md', root);
const load = (path) => import(new URL(`${values.dist}/${path}.js`, root).href);

const [{ encryptionAlgorithms }, { integrityAlgorithms, integrityQuirks }, { ipcompTransforms }] = await Promise.all(
  ['iana/encryption', 'iana/integrity', 'iana/ipcomp'].map(load),
);
const engines = [
  {
    label: 'default',
    rows: [...(await load('suite/aead')).aeadRows, ...(await load('suite/encr')).encrRows, ...(await load('suite/integ')).integRows],
  },
  { label: '`suite/legacy`', rows: (await load('suite/legacy')).legacyRows },
  { label: '`suite/node`', rows: (({ nodeRows, nodeLegacyRows = [] }) => [...nodeRows, ...nodeLegacyRows])(await load('node/suite')) },
];

const rfcLink = (rfc) => rfc.replace(/RFC (\d+)/g, '[RFC $1](https://www.rfc-editor.org/rfc/rfc$1)');
const level = (text) => (text === null ? '-' : text);

/** Which rows of an engine carry the name: their key sizes in bits, without the salt; `yes` where the key has one size. */
function offered({ rows }, name) {
  const sizes = [...new Set(rows.filter((row) => row.name === name).map((row) => 8 * row.keyLength))].sort((a, b) => a - b);
  return sizes.length === 0 ? '' : sizes.length === 1 ? 'yes' : sizes.join(', ');
}

function line({ id, name, rfc, esp, ike, deprecated, note }) {
  const remarks = [note, deprecated && `deprecated by ${deprecated}`].filter(Boolean).join('; ');
  return `| ${[id ?? '-', `\`${name}\``, rfcLink(rfc), level(esp), level(ike), ...engines.map((e) => offered(e, name)), rfcLink(remarks)].join(' | ')} |`;
}

function table(rows) {
  const head = ['ID', 'Name', 'Defined in', 'ESP, AH', 'IKEv2', ...engines.map((e) => e.label), 'Remarks'];
  return [`| ${head.join(' | ')} |`, `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

function ipcompTable(rows) {
  const head = ['ID', 'Name', 'Defined in', 'IPComp', 'Offered', 'Remarks'];
  const cells = rows.map(({ id, name, rfc, esp, note }) => [
    id,
    `\`${name}\``,
    rfcLink(rfc),
    level(esp),
    name === 'IPCOMP_DEFLATE' ? 'yes' : '',
    note ?? '',
  ]);
  return [`| ${head.join(' | ')} |`, `|${head.map(() => '---').join('|')}|`, ...cells.map((c) => `| ${c.join(' | ')} |`)].join('\n');
}

const text = `# Algorithms

Printed by \`scripts/print-algorithms.mjs\` from the tables in \`src/iana/\` and the rows in \`src/suite/\`.

- *ESP, AH*: the requirement level of [RFC 8221](https://www.rfc-editor.org/rfc/rfc8221); *IKEv2*: that of [RFC 8247](https://www.rfc-editor.org/rfc/rfc8247); \`-\` where the document does not name the algorithm.
- The next columns say which rows exist: key sizes in bits (without salt), or *yes* where there is only one. The default rows stand over \`@noble\`, those of \`suite/node\` over \`node:crypto\`; rows of \`suite/legacy\` have to be asked for.
- A number without a row survives decoding and encoding, and is never negotiated.

## Encryption (IKEv2 Transform Type 1)

${table(encryptionAlgorithms)}

## Integrity (IKEv2 Transform Type 3)

${table(integrityAlgorithms)}

In use without a number of IANA's:

${table(integrityQuirks.map((quirk) => ({ id: null, esp: null, ike: null, ...quirk })))}

## IPComp transforms

${ipcompTable(ipcompTransforms)}
`;

if (values.check) {
  const found = readFileSync(page, 'utf8');
  if (found !== text) {
    const [a, b] = [found.split('\n'), text.split('\n')];
    const at = b.findIndex((l, i) => l !== a[i]);
    console.error(
      `docs/algorithms.md is stale, line ${at + 1}:\n  there: ${a[at] ?? ''}\n  now:   ${b[at] ?? ''}\nnode scripts/print-algorithms.mjs writes it anew.`,
    );
    process.exit(1);
  }
  console.log('docs/algorithms.md is up to date');
} else {
  writeFileSync(page, text);
  console.log('docs/algorithms.md written');
}
