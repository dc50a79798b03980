/**
 * Sends IKE_SA_INIT requests that nobody goes on with, and so leaves half-open IKE SAs at the responder.
 * `node half-open.mjs ADDRESS COUNT` ends when all are answered; the proposal is aes128gcm16-prfsha256-x25519.
 */
import { createSocket } from 'node:dgram';
import { encodeMessage, type Proposal } from '../../../src/ike.js';

const address = process.argv[2]!;
let left = Number(process.argv[3]);
const random = (n: number): Uint8Array => crypto.getRandomValues(new Uint8Array(n));
const proposal: Proposal = {
  proposalNum: 1,
  protocol: 'IKE',
  spi: new Uint8Array(0),
  transforms: [
    { type: 'ENCR', id: 20, attributes: [{ type: 'Key Length', value: 128 }] },
    { type: 'PRF', id: 5, attributes: [] },
    { type: 'KE', id: 31, attributes: [] },
  ],
};
const socket = createSocket('udp4');
socket.on('message', () => {
  if (--left === 0) process.exit(0);
});
for (let i = 0; i < left; i++) {
  const request = encodeMessage({
    spiI: random(8),
    spiR: new Uint8Array(8),
    exchange: 'IKE_SA_INIT',
    isInitiator: true,
    isResponse: false,
    messageId: 0,
    payloads: [
      { type: 'SA', proposals: [proposal] },
      { type: 'KE', method: 31, data: random(32) },
      { type: 'Nonce', data: random(32) },
    ],
  });
  socket.send(request, 500, address);
}
setTimeout(() => process.exit(1), 3000);
