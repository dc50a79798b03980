/**
 * The transition table of IKEv1: what is done with a message, in every state in which something is. A message that no row takes is dropped.
 * docs/ikev1-machine.md shows it, and each row is taken by some test.
 *
 * @module
 */
import { finishAggressive2 } from './exchange/aggressive-initiator.js';
import { answerAggressive1, answerAggressive3, resumeAggressive1 } from './exchange/aggressive-responder.js';
import { answerInformational } from './exchange/informational.js';
import { finishMain2, finishMain4, finishMain6 } from './exchange/main-initiator.js';
import { answerMain1, answerMain3, answerMain5 } from './exchange/main-responder.js';
import { finishQuick2 } from './exchange/quick-initiator.js';
import { answerQuick1, answerQuick3 } from './exchange/quick-responder.js';
import { type AnyTransition, row } from './transition.js';
import { transactionTransitions } from './transitions-transaction.js';

const afterPhase1 = ['XAUTH_CLIENT', 'XAUTH_SERVER', 'CONFIG_CLIENT', 'CONFIG_SERVER', 'ESTABLISHED', 'CLOSED'] as const;
const proofs = ['HASH', 'SIG', 'CERT', 'CR'] as const;

/** The table. */
export const transitions: readonly AnyTransition[] = /* @__PURE__ */ Object.freeze([
  // ------------------------------------------------------------------------------------------------------ main mode, initiator
  row({
    story: 'The responder has chosen one of our offers: public value and nonce go out',
    from: 'MAIN_I1',
    exchange: 'Identity Protection',
    about: 'phase1',
    with: [],
    needs: ['SA'],
    may: ['CR'],
    to: ['MAIN_I2'],
    rfc: 'RFC 2409 section 5',
    run: finishMain2,
  }),
  row({
    story: 'Public value and nonce of the responder: there are keys now, and our identity and its proof go out under them',
    from: 'MAIN_I2',
    exchange: 'Identity Protection',
    about: 'phase1',
    with: [],
    needs: ['KE', 'Nonce'],
    may: ['CR'],
    to: ['MAIN_I2', 'MAIN_I3', 'CLOSED'],
    rfc: 'RFC 2409 section 5',
    run: finishMain4,
  }),
  row({
    story: 'The responder proves who it is: phase 1 is over',
    from: 'MAIN_I3',
    exchange: 'Identity Protection',
    about: 'phase1',
    with: [],
    needs: ['ID'],
    may: proofs,
    to: ['MAIN_I3', ...afterPhase1],
    rfc: 'RFC 2409 section 5',
    run: finishMain6,
  }),
  // ------------------------------------------------------------------------------------------------------ main mode, responder
  row({
    story: 'Somebody wants an IKE SA: the first offer that we like is sent back as it came',
    from: 'LISTENING',
    exchange: 'Identity Protection',
    about: 'new',
    with: [],
    needs: ['SA'],
    may: ['CR'],
    to: ['LISTENING', 'MAIN_R1'],
    rfc: 'RFC 2409 section 5',
    run: answerMain1,
  }),
  row({
    story: 'Public value and nonce of the initiator: ours go out, and there are keys',
    from: 'MAIN_R1',
    exchange: 'Identity Protection',
    about: 'phase1',
    with: [],
    needs: ['KE', 'Nonce'],
    may: ['CR'],
    to: ['MAIN_R1', 'MAIN_R2'],
    rfc: 'RFC 2409 section 5',
    run: answerMain3,
  }),
  row({
    story: 'The initiator proves who it is, and so do we: phase 1 is over',
    from: 'MAIN_R2',
    exchange: 'Identity Protection',
    about: 'phase1',
    with: [],
    needs: ['ID'],
    may: proofs,
    to: ['MAIN_R2', ...afterPhase1],
    rfc: 'RFC 2409 section 5',
    run: answerMain5,
  }),
  // ------------------------------------------------------------------------------------------------------------ aggressive mode
  row({
    story: 'The responder proves who it is with its first message, and we with our second: phase 1 is over',
    from: 'AGGRESSIVE_I1',
    exchange: 'Aggressive',
    about: 'phase1',
    with: [],
    needs: ['SA', 'KE', 'Nonce', 'ID'],
    may: proofs,
    to: ['AGGRESSIVE_I1', ...afterPhase1],
    rfc: 'RFC 2409 section 5',
    run: finishAggressive2,
  }),
  row({
    story: 'Somebody wants an IKE SA in three messages: the answer has our proof in it',
    from: 'LISTENING',
    exchange: 'Aggressive',
    about: 'new',
    with: [],
    needs: ['SA', 'KE', 'Nonce', 'ID'],
    may: ['CR'],
    to: ['LISTENING', 'AGGRESSIVE_R0', 'AGGRESSIVE_R1'],
    rfc: 'RFC 2409 section 5',
    run: answerAggressive1,
  }),
  row({
    story: 'The secret, or our signature, is there: the first message of aggressive mode is answered',
    from: 'AGGRESSIVE_R0',
    exchange: 'Aggressive',
    about: 'phase1',
    with: [],
    needs: ['SA', 'KE', 'Nonce', 'ID'],
    may: ['CR'],
    to: ['AGGRESSIVE_R0', 'AGGRESSIVE_R1', 'CLOSED'],
    rfc: 'RFC 2409 section 5',
    run: resumeAggressive1,
  }),
  row({
    story: 'The initiator proves who it is: phase 1 is over',
    from: 'AGGRESSIVE_R1',
    exchange: 'Aggressive',
    about: 'phase1',
    with: [],
    needs: [],
    may: proofs,
    to: ['AGGRESSIVE_R1', ...afterPhase1],
    rfc: 'RFC 2409 section 5',
    run: answerAggressive3,
  }),
  // --------------------------------------------------------------------------------------------------- XAUTH and Mode Config
  ...transactionTransitions,
  // ----------------------------------------------------------------------------------------------------------------- quick mode
  row({
    story: 'The peer wants Child SAs: they are granted, and wait for the proof that the peer is there now',
    from: 'ESTABLISHED',
    exchange: 'Quick Mode',
    about: 'new',
    with: [],
    needs: ['SA', 'Nonce'],
    may: ['KE', 'ID'],
    to: ['ESTABLISHED'],
    rfc: 'RFC 2409 section 5.5',
    run: answerQuick1,
  }),
  row({
    story: 'The peer grants the Child SA that we asked for: it is there, and the peer is told that we are',
    from: 'ESTABLISHED',
    exchange: 'Quick Mode',
    about: 'quick-offered',
    with: [],
    needs: ['SA', 'Nonce'],
    may: ['KE', 'ID'],
    to: ['ESTABLISHED'],
    rfc: 'RFC 2409 section 5.5',
    run: finishQuick2,
  }),
  row({
    story: 'The peer is there: the Child SAs that we granted are, too',
    from: 'ESTABLISHED',
    exchange: 'Quick Mode',
    about: 'quick-answered',
    with: [],
    needs: [],
    may: [],
    to: ['ESTABLISHED'],
    rfc: 'RFC 2409 section 5.5',
    run: answerQuick3,
  }),
  // -------------------------------------------------------------------------------------------------------------- informational
  ...(['XAUTH_CLIENT', 'XAUTH_SERVER', 'CONFIG_CLIENT', 'CONFIG_SERVER', 'ESTABLISHED'] as const).map((from) =>
    row({
      story: 'The peer deletes SAs, asks whether we are alive, or tells us something',
      from,
      exchange: 'Informational',
      about: 'new',
      with: [],
      needs: [],
      may: ['D'],
      to: [from, 'CLOSED'],
      rfc: 'RFC 2408 sections 3.14 and 3.15, RFC 3706',
      run: answerInformational,
    }),
  ),
]);
