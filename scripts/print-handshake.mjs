// Fills in the octets of docs/learn/four-messages.md from a recorded conversation: `node scripts/print-handshake.mjs` writes them, `--check`
// fails when the page has others. A place is `<!-- message N -->` in front of a fence of text.
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { explainMessage } from '../dist/capture.js';
import { createSkContext, decodeMessage, openSk } from '../dist/ike.js';
import { aes128Cbc } from '../dist/suite/encr.js';
import { hmacSha256_128 } from '../dist/suite/integ.js';

const root = new URL('../', import.meta.url);
const page = new URL('docs/learn/four-messages.md', root);
const { messages, ike_sas: ikeSas } = JSON.parse(readFileSync(new URL('vectors/ikev2/strongswan/ikev2-psk.json', root), 'utf8'));
const [keys] = ikeSas;
const octets = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));

/** The keys of the side that sent a message. */
function contextOf({ from_original_initiator: byInitiator }) {
  const [e, a] = byInitiator ? [keys.sk_ei, keys.sk_ai] : [keys.sk_er, keys.sk_ar];
  return createSkContext({ encryption: aes128Cbc, encryptionKey: octets(e), integrity: hmacSha256_128, integrityKey: octets(a) });
}

function explain(message) {
  const raw = octets(message.raw);
  if (!message.encrypted) return explainMessage(raw);
  const context = contextOf(message);
  const opened = openSk(context, decodeMessage(raw));
  if (!opened.ok) throw new Error(`message ${message.frame} does not open`);
  return explainMessage(raw, {
    firstPayload: opened.firstPayload,
    content: opened.octets,
    ivLength: context.ivLength,
    icvLength: context.icvLength,
  });
}

const before = readFileSync(page, 'utf8');
const after = before.replace(
  /(<!-- message (\d) -->\n\n```text\n)[\s\S]*?(```)/g,
  (_, head, number, tail) => `${head}${explain(messages[number - 1])}\n${tail}`,
);
if (!process.argv.includes('--check')) writeFileSync(page, after);
else if (before !== after) {
  console.error('docs/learn/four-messages.md has other octets than the conversation: npm run handshake:write');
  process.exitCode = 1;
}
console.log(`docs/learn/four-messages.md: ${after.match(/<!-- message/g).length} messages`);
