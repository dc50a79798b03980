const answer = 'src/ikev2/exchange/rekey-ike-answer.ts';
const rekey = 'src/ikev2/exchange/rekey-ike.ts';
const successor = 'src/ikev2/exchange/rekey-ike-successor.ts';
const nonces = 'src/ikev2/exchange/rekey-ike-nonces.ts';
const deletes = 'src/ikev2/exchange/informational-delete.ts';
const notifies = 'src/ikev2/exchange/informational-notify.ts';
const queue = 'src/ikev2/task-queue.ts';
const tasks = 'src/ikev2/tasks.ts';
const timers = 'src/ikev2/timers.ts';
const commands = 'src/ikev2/commands.ts';
const early = 'src/ikev2/deleted-early.ts';

const rekeyTests = ['test/ikev2/rekey-ike.test.ts'];
const transcripts = ['test/ikev2/rekey-ike-transcripts.test.ts'];
const overlaps = ['test/ikev2/exchange-collisions.test.ts'];
const chance = ['test/ikev2/collisions.test.ts'];
const informational = ['test/ikev2/informational.test.ts'];
const taskTests = ['test/ikev2/tasks.test.ts'];
const timerTests = ['test/ikev2/timers.test.ts'];

/** @type {readonly import('./defects.mjs').Defect[]} */
export const defects = [
  {
    name: "IKE rekey: the new prf makes SKEYSEED instead of the old IKE SA's",
    file: successor,
    find: 'computeRekeySkeyseed(old.crypto.suite.prf,',
    replace: 'computeRekeySkeyseed(suite.prf,',
    tests: rekeyTests,
  },
  {
    name: 'IKE rekey: the new IKE SA goes on with the old Message IDs',
    file: successor,
    find: '      windows: freshWindows,\n',
    replace: '      windows: { ...old.windows, outstanding: [], replies: [] },\n',
    tests: rekeyTests,
  },
  {
    name: 'IKE rekey: the new IKE SA keeps the role of the old one',
    file: successor,
    find: '      role,\n      spiI,\n      spiR,\n      crypto,',
    replace: '      spiI,\n      spiR,\n      crypto,',
    tests: [...rekeyTests, ...transcripts],
  },
  {
    name: 'IKE rekey: leased addresses stay with the old IKE SA',
    file: successor,
    find: '      children: [],\n      leased: [],\n      assigned: undefined,',
    replace: '      children: [],\n      assigned: undefined,',
    tests: rekeyTests,
  },
  {
    name: 'IKE rekey: what was still to be asked is forgotten',
    file: successor,
    find: "{ type: 'handOver', to, children: sa.children, leased: sa.leased, tasks }",
    replace: "{ type: 'handOver', to, children: sa.children, leased: sa.leased, tasks: [] }",
    tests: rekeyTests,
  },
  {
    name: 'IKE rekey: an IKE SA that expires takes its successor with it',
    file: successor,
    find: " && !(task.kind === 'deleteIke' && task.reason === expired)",
    replace: '',
    tests: timerTests,
  },
  {
    name: 'IKE rekey: a rekey puts off the next authentication',
    file: successor,
    find: 'return { ...fresh, reauthenticate: old.deadlines.reauthenticate };',
    replace: 'return fresh;',
    tests: rekeyTests,
  },
  {
    name: 'IKE rekey: the Child SAs go over before it is decided where',
    file: answer,
    find: '  if (own === undefined) {',
    replace: '  if (own === undefined || sa.children.length > 0) {',
    tests: overlaps,
  },
  {
    name: 'IKE rekey: answered while a Child SA is being created',
    file: answer,
    find: "about.kind === 'createChild' || about.kind === 'rekeyChild' ||",
    replace: "about.kind === 'rekeyChild' ||",
    tests: overlaps,
  },
  {
    name: 'IKE rekey: answered while a Child SA is being closed',
    file: answer,
    find: " || about.kind === 'deleteChild')",
    replace: ')',
    tests: overlaps,
  },
  {
    name: 'IKE rekey: a KE payload of any group is taken for the chosen one',
    file: answer,
    find: '  if (ke.method !== row.id) {',
    replace: '  if (ke.method === 0) {',
    tests: rekeyTests,
  },
  {
    name: 'IKE rekey: the highest nonce loses',
    file: nonces,
    find: 'return compareNonces(lower(first), lower(second)) < 0;',
    replace: 'return compareNonces(lower(first), lower(second)) > 0;',
    tests: rekeyTests,
  },
  {
    name: 'IKE rekey: of two nonces the longer one is the lower',
    file: nonces,
    find: 'return a.length - b.length;',
    replace: 'return b.length - a.length;',
    tests: rekeyTests,
  },
  {
    name: 'IKE rekey: both successors of a collision stay',
    file: rekey,
    find: 'if (collision !== undefined && hasLowestNonce(',
    replace: 'if (collision !== undefined && collision.nonces.length > 2 && hasLowestNonce(',
    tests: [...overlaps, ...chance],
  },
  {
    name: 'IKE rekey: a refusal is believed although the peer has rekeyed meanwhile',
    file: rekey,
    find: '  if (about.collision) {',
    replace: '  if (about.collision && about.groupsTried.length > 9) {',
    tests: overlaps,
  },
  {
    name: 'IKE rekey: the initiator leaves the old IKE SA to the peer',
    file: rekey,
    find: "    sa: queueTask(handed.sa, { kind: 'deleteIke', notBefore: env.now, reason: 'replaced' }),",
    replace: '    sa: handed.sa,',
    tests: transcripts,
  },
  {
    name: 'IKE rekey: INVALID_KE_PAYLOAD is followed for ever',
    file: rekey,
    find: 'return isOffered && !groupsTried.includes(method) ? method : undefined;',
    replace: 'return isOffered ? method : undefined;',
    tests: rekeyTests,
  },
  {
    name: 'IKE rekey: INVALID_KE_PAYLOAD leads to a group that was not offered',
    file: rekey,
    find: 'return isOffered && !groupsTried.includes(method) ? method : undefined;',
    replace: 'return !groupsTried.includes(method) ? method : undefined;',
    tests: rekeyTests,
  },
  {
    name: 'IKE rekey: TEMPORARY_FAILURE is borne for ever',
    file: rekey,
    find: '  if (env.now - refusedSince >= patience)',
    replace: '  if (env.now - refusedSince >= Infinity)',
    tests: rekeyTests,
  },
  {
    name: 'Delete: the Child SAs die with an IKE SA that the peer has rekeyed',
    file: deletes,
    find: '  const successor = collisionOf(sa);',
    replace: '  const successor = collisionOf({ ...sa, windows: { ...sa.windows, outstanding: [] } });',
    tests: overlaps,
  },
  {
    name: 'Delete: our own SPI is taken for the peer',
    file: deletes,
    find: '(other) => other.spiOut === spi && other.suite.protocol === protocol',
    replace: '(other) => (other.spiOut === spi || other.spiIn === spi) && other.suite.protocol === protocol',
    tests: informational,
  },
  {
    name: 'Delete: an SPI of AH deletes a Child SA of ESP',
    file: deletes,
    find: 'other.spiOut === spi && other.suite.protocol === protocol',
    replace: 'other.spiOut === spi',
    tests: informational,
  },
  {
    name: 'Delete: two Deletes that cross are both answered by another',
    file: deletes,
    find: 'named.children.filter((child) => !isBeingDeleted(sa, child))',
    replace: 'named.children.filter((child) => child !== undefined)',
    tests: overlaps,
  },
  {
    name: 'Delete: a collision outlives the successor that the peer gave up',
    file: deletes,
    find: 'return { ...request, about: { ...about, collision: undefined } };',
    replace: 'return request;',
    tests: informational,
  },
  {
    name: 'Delete: one that overtakes its Child SA is forgotten',
    file: early,
    find: '  if (spis.length === 0 || !mayBringChildren(sa)) return sa;',
    replace: '  if (spis.length >= 0 || !mayBringChildren(sa)) return sa;',
    tests: informational,
  },
  {
    name: 'INFORMATIONAL: an error ends the IKE SA at any time',
    file: notifies,
    find: '  if (!followsAuth(sa, message)) return undefined;',
    replace: '  if (message.messageId < 0) return undefined;',
    tests: informational,
  },
  {
    name: 'INFORMATIONAL: a window becomes smaller',
    file: notifies,
    find: 'ownSize = Math.max(ownSize, Math.min(',
    replace: 'ownSize = Math.max(1, Math.min(',
    tests: informational,
  },
  {
    name: 'INFORMATIONAL: a window is as large as the peer says',
    file: notifies,
    find: "Math.min(decodeNotifyData('SET_WINDOW_SIZE', data).size, largestWindow)",
    replace: "decodeNotifyData('SET_WINDOW_SIZE', data).size",
    tests: informational,
  },
  {
    name: 'tasks: the window counts requests instead of Message IDs',
    file: 'src/ikev2/windows.ts',
    find: 'outstanding.every(({ messageId }) => messageId > nextOwnId - ownSize);',
    replace: 'outstanding.length < ownSize;',
    tests: taskTests,
  },
  {
    name: 'tasks: the queue grows without bound',
    file: queue,
    find: "return isFull && task.kind !== 'deleteIke' ? sa :",
    replace: "return isFull && task.kind === 'liveness' ? sa :",
    tests: taskTests,
  },
  {
    name: 'tasks: what was refused for a time is asked again at once',
    file: queue,
    find: 'notBefore: now + retryDelay * (1 + readU32(octets, 0) / 0x1_0000_0000)',
    replace: 'notBefore: now + (0 * retryDelay * readU32(octets, 0)) / 0x1_0000_0000',
    tests: taskTests,
  },
  {
    name: 'tasks: Child SAs are asked for while the IKE SA is being rekeyed',
    file: queue,
    find: "if (asked('rekeyIke')) return task.kind !== 'liveness' && task.kind !== 'notify';",
    replace: "if (asked('rekeyIke')) return task.kind === 'deleteIke';",
    tests: taskTests,
  },
  {
    name: 'tasks: the end of an IKE SA does not wait for its rekey',
    file: queue,
    find: "if (asked('rekeyIke')) return task.kind !== 'liveness' && task.kind !== 'notify';",
    replace: "if (asked('rekeyIke')) return task.kind !== 'liveness' && task.kind !== 'notify' && task.kind !== 'deleteIke';",
    tests: taskTests,
  },
  {
    name: 'tasks: the rekey of the IKE SA crosses exchanges about Child SAs',
    file: queue,
    find: "return asked('createChild') || asked('rekeyChild') || asked('deleteChild');",
    replace: 'return false;',
    tests: taskTests,
  },
  {
    name: 'tasks: packets flow until the Delete of the IKE SA has its turn',
    file: tasks,
    find: "  if (end && sa.state !== 'DELETING') {",
    replace: "  if (end && sa.state !== 'DELETING' && sa.windows.outstanding.length === 0) {",
    tests: taskTests,
  },
  {
    name: 'timers: packets of a Child SA are no sign of life',
    file: 'src/ikev2/heard.ts',
    find: 'return Math.max(sa.heardAt, onChildren);',
    replace: 'return Math.max(sa.heardAt, onChildren * 0);',
    tests: timerTests,
  },
  {
    name: 'timers: an expired IKE SA lives on',
    file: timers,
    find: 'if (now >= sa.deadlines.expire) {',
    replace: 'if (now < 0) {',
    tests: timerTests,
  },
  {
    name: 'commands: every forged hint makes a liveness check',
    file: commands,
    find: ' || env.now - heardAt(sa, env) < quietAfterHearing) return',
    replace: ' || heardAt(sa, env) < -quietAfterHearing) return',
    tests: timerTests,
  },
  {
    name: 'commands: a host behind a NAT follows whoever sends',
    file: commands,
    find: 'if (isSame || !nat.follow) return',
    replace: 'if (isSame) return',
    tests: timerTests,
  },
];
