const initiator = 'src/ikev2/exchange/eap-initiator.ts';
const responder = 'src/ikev2/exchange/eap-responder.ts';
const key = 'src/ikev2/exchange/eap-key.ts';
const said = 'src/ikev2/exchange/eap-step.ts';
const response = 'src/ikev2/exchange/ike-auth-response.ts';
const pair = ['test/ikev2/eap.test.ts'];
const attacks = ['test/attacks/ikev2-eap.test.ts'];
const records = ['test/ikev2/eap-transcripts.test.ts'];

/** @type {readonly import('./defects.mjs').Defect[]} */
export const defects = [
  {
    name: 'EAP: the last AUTH of the responder is not checked',
    file: initiator,
    find: 'if (error) return rejectResponder(sa, responder.id, error, env);\n  // Where EAP',
    replace: 'if (error && !sa) return rejectResponder(sa, responder.id, error, env);\n  // Where EAP',
    tests: attacks,
  },
  {
    name: 'EAP: the last AUTH of the initiator is not checked',
    file: responder,
    find: 'if (error) throw error;',
    replace: 'if (error && !IDi) throw error;',
    tests: pair,
  },
  {
    name: 'EAP: without an MSK SK_pi and SK_pr will do, whatever the connection says (CVE-2021-45079)',
    file: key,
    find: 'return isAlone || !allowKeyless',
    replace: 'return isAlone && !allowKeyless',
    tests: pair,
  },
  {
    name: 'EAP: an MSK of no octets is one',
    file: key,
    find: 'return msk.length >= leastMsk',
    replace: 'return msk.length >= 0',
    tests: pair,
  },
  {
    name: 'EAP alone: a method by which only one side proves who it is will do',
    file: key,
    find: 'if (isAlone && !isMutual)',
    replace: 'if (isAlone && isMutual === undefined)',
    tests: pair,
  },
  {
    name: 'EAP: the PAD is not asked about who EAP has authenticated',
    file: responder,
    find: 'if (identity) return explainPeerOf(connection, identity, id);',
    replace: 'if (identity) return undefined;',
    tests: pair,
  },
  {
    name: 'EAP: who has not been authenticated is whom IDi claims',
    file: responder,
    find: 'const { msk, identity } = success;',
    replace: 'const { msk, identity = sa.claimedId } = success;',
    tests: pair,
  },
  {
    name: 'EAP: a wing that says success is believed without a Success',
    file: said,
    find: "if ((received.code === 'Success') !== (step.kind === 'success'))",
    replace: "if (received.code === 'Success' && step.kind !== 'success')",
    tests: attacks,
  },
  {
    name: 'EAP: the wing is asked before the responder has proved who it is',
    file: response,
    find: "if (!auth) return { id, error: unexpected(connection, `AUTH (${demand.auth.method})`, 'EAP alone') };",
    replace: 'if (!auth) return { ...kept, isProved, proofs: before + 1 };',
    tests: attacks,
  },
  {
    name: 'EAP: AUTH is made with SK_pi although there is an MSK',
    file: key,
    find: 'computeSharedKeyAuth(sa.crypto.suite.prf, sa.msk ?? proofKeyOf(sa, id)',
    replace: 'computeSharedKeyAuth(sa.crypto.suite.prf, proofKeyOf(sa, id)',
    tests: records,
  },
  {
    name: 'RFC 4739: whoever says that nothing more follows has proved enough',
    file: 'src/ikev2/exchange/ike-auth-proceed.ts',
    find: 'if (isOwed !== announcesAnother(payloads)) return',
    replace: 'if (isOwed && !sa) return',
    tests: ['test/ikev2/several-auths.test.ts'],
  },
  {
    name: 'RFC 4739: a further identity may be any',
    file: 'src/ikev2/exchange/ike-auth-further.ts',
    find: 'explainPeerOf(connection, peerId, demand.id);',
    replace: 'undefined;',
    tests: ['test/ikev2/several-auths.test.ts'],
  },
  {
    name: 'RFC 4739: the further AUTH of an initiator is not checked',
    file: 'src/ikev2/exchange/ike-auth-further.ts',
    find: "if (checked !== 'right') throw checked.error;",
    replace: '',
    tests: ['test/ikev2/several-auths.test.ts'],
  },
];
