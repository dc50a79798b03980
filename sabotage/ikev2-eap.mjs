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
    find: 'return error ? rejectResponder(sa, id, error, env) : admitResponder(',
    replace: 'return error && !id ? rejectResponder(sa, id, error, env) : admitResponder(',
    tests: attacks,
  },
  {
    name: 'EAP: the last AUTH of the initiator is not checked',
    file: responder,
    find: 'if (error) throw error;\n  const auth',
    replace: 'if (error && !IDi) throw error;\n  const auth',
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
    find: 'if (identity) return explainPeerOf(connection, identity);',
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
    find: "if (!auth) return { id, error: unexpected(connection, `AUTH (${connection.remoteAuth.method})`, 'EAP alone') };",
    replace: 'if (!auth) return { id };',
    tests: attacks,
  },
  {
    name: 'EAP: AUTH is made with SK_pi although there is an MSK',
    file: key,
    find: 'computeSharedKeyAuth(sa.crypto.suite.prf, sa.msk ?? proofKeyOf(sa, id)',
    replace: 'computeSharedKeyAuth(sa.crypto.suite.prf, proofKeyOf(sa, id)',
    tests: records,
  },
];
