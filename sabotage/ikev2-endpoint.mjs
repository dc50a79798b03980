const tests = ['test/attacks/ikev2-endpoint.test.ts'];

/** @type {readonly import('./defects.mjs').Defect[]} */
export const defects = [
  {
    name: 'ikev2-endpoint: the secret of cookies never changes',
    file: 'src/endpoint/receive.ts',
    find: 'endpoint.cookies = rotateCookieSecrets(endpoint.cookies, endpoint.random, now);',
    replace: 'rotateCookieSecrets(endpoint.cookies, endpoint.random, now);',
    tests,
  },
  {
    name: 'ikev2-endpoint: half-open IKE SAs of an address are not counted',
    file: 'src/endpoint/receive.ts',
    find: 'endpoint.halfOpen.get(halfOpenKey(from.address, 2)) ?? 0;',
    replace: '0 * (endpoint.halfOpen.get(halfOpenKey(from.address, 2)) ?? 0);',
    tests,
  },
  {
    name: 'ikev2-endpoint: answers of later versions are answered',
    file: 'src/endpoint/receive.ts',
    find: 'if (version > 2 && isRequest)',
    replace: 'if (version > 2)',
    tests,
  },
  {
    name: 'ikev2-endpoint: answers of strangers are answered',
    file: 'src/endpoint/receive.ts',
    find: 'else if (isRequest) answerStranger(',
    replace: 'else if (message.length > 0) answerStranger(',
    tests,
  },
  {
    name: 'ikev2-endpoint: every stranger gets an answer',
    file: 'src/endpoint/strangers.ts',
    find: 'if (request.length < noticeLength || !takeToken(endpoint.notices, now)) return;',
    replace: 'if (request.length < noticeLength || now < 0) return;',
    tests,
  },
  {
    name: 'ikev2-endpoint: hints may come from anywhere',
    file: 'src/endpoint/strangers.ts',
    find: 'if (equalAddresses(one.sa.path.remote.address, from.address))',
    replace: '',
    tests,
  },
];
