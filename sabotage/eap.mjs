const peer = 'src/eap/peer.ts';
const authenticator = 'src/eap/authenticator.ts';
const attacks = ['test/attacks/eap.test.ts'];
const peers = ['test/eap/peer.test.ts'];

/** @type {readonly import('./defects.mjs').Defect[]} */
export const defects = [
  {
    name: 'EAP: a Success is taken before the method has come to its end',
    file: peer,
    find: 'if (!isDone) throw fault(conversation, `${method.name} to come to its end`',
    replace: 'if (!isDone && !session) throw fault(conversation, `${method.name} to come to its end`',
    tests: attacks,
  },
  {
    name: 'EAP: a password for a responder that has not proved itself',
    file: peer,
    find: 'if (!isResponderProved && !isSafeAlone(method)) throw',
    replace: 'if (!isResponderProved && !method.isMutual) throw',
    tests: attacks,
  },
  {
    name: 'EAP: a method that makes a key may come without one',
    file: peer,
    find: 'if (method.makesKey && (msk?.length ?? 0) < 64)',
    replace: 'if (method.makesKey && (msk?.length ?? 64) < 64)',
    tests: attacks,
  },
  {
    name: 'EAP: a Request of a second method is taken for one of the first',
    file: peer,
    find: 'if (begun && begun.type !== type) throw',
    replace: 'if (begun?.type === 0) throw',
    tests: peers,
  },
  {
    name: 'EAP: a repeated Request is processed once more',
    file: peer,
    find: "if (last && equalBytes(last.request, octets)) return { kind: 'continue', packet: last.response.slice() };",
    replace: '',
    tests: peers,
  },
  {
    name: 'EAP: a conversation without an end',
    file: peer,
    find: 'if (conversation.rounds > maxRounds) {',
    replace: 'if (conversation.rounds > 1000 * maxRounds) {',
    tests: attacks,
  },
  {
    name: 'EAP: a Response to another Request is as good',
    file: authenticator,
    find: 'if (packet.identifier !== identifier) throw',
    replace: 'if (packet.identifier > 255) throw',
    tests: ['test/eap/authenticator.test.ts'],
  },
  {
    name: 'EAP: a claimed identity counts for an authenticated one',
    file: authenticator,
    find: 'const user = step.identity ?? conversation.user;',
    replace: 'const user = conversation.user;',
    tests: ['test/eap/authenticator.test.ts'],
  },
  {
    name: 'MSCHAPv2: the authenticator need not know the password',
    file: 'src/eap/mschapv2-peer.ts',
    find: 'if (!equalBytes(decodeSuccess(data), expected)) {',
    replace: 'if (decodeSuccess(data).length !== expected.length) {',
    tests: attacks,
  },
  {
    name: 'MSCHAPv2: the keys of both directions change places',
    file: 'src/eap/mschapv2-hash.ts',
    find: '[CLIENT_SENDS, CLIENT_RECEIVES].forEach',
    replace: '[CLIENT_RECEIVES, CLIENT_SENDS].forEach',
    tests: ['test/eap/transcripts.test.ts'],
  },
  {
    name: 'MSCHAPv2: what is invented for an unknown name lets it in',
    file: 'src/eap/mschapv2-authenticator.ts',
    find: "if (state.kind === 'challenged' && isRight && known !== undefined) {",
    replace: "if (state.kind === 'challenged' && isRight) {",
    tests: ['test/eap/authenticator.test.ts'],
  },
  {
    name: 'EAP: conversations without number',
    file: 'src/eap/answerer.ts',
    find: 'if (conversations.size >= maxConversations) {',
    replace: 'if (conversations.size > 1000 * maxConversations) {',
    tests: ['test/eap/answerer.test.ts'],
  },
];
