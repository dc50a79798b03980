/**
 * The rows of the Transaction exchange, XAUTH and Mode Config: part of the table in `transitions.ts`. Neither ever became an RFC.
 *
 * @module
 */
import { answerConfigSet, finishConfigReply } from './exchange/mode-config-client.js';
import { answerConfigRequest, finishConfigAck } from './exchange/mode-config-server.js';
import { answerXauthRequest, answerXauthStatus } from './exchange/xauth-client.js';
import { finishXauthAck, finishXauthReply } from './exchange/xauth-server.js';
import { type AnyTransition, row } from './transition.js';

const XAUTH = 'draft-ietf-ipsec-isakmp-xauth';
const MODE_CONFIG = 'draft-dukes-ike-mode-cfg';

/** What a gateway and its client say to each other between phase 1 and Quick Mode, and Mode Config later on. */
export const transactionTransitions: readonly AnyTransition[] = /* @__PURE__ */ Object.freeze([
  // -------------------------------------------------------------------------------------------------------- XAUTH, client
  // Everybody begins a new exchange for every line; one that goes on in the old one is understood.
  ...(['new', 'done'] as const).flatMap((about) => [
    row({
      story: 'The gateway asks who the user is; its name and password are asked for, and told',
      from: 'XAUTH_CLIENT',
      exchange: 'Transaction',
      about,
      with: ['ATTR(ISAKMP_CFG_REQUEST)'],
      needs: [],
      may: [],
      to: ['XAUTH_CLIENT', 'CLOSED'],
      rfc: XAUTH,
      run: answerXauthRequest,
    }),
    row({
      story: 'The gateway believes us, and Mode Config follows or nothing; or it does not: the end',
      from: 'XAUTH_CLIENT',
      exchange: 'Transaction',
      about,
      with: ['ATTR(ISAKMP_CFG_SET)'],
      needs: [],
      may: [],
      to: ['CONFIG_CLIENT', 'CONFIG_SERVER', 'ESTABLISHED', 'CLOSED'],
      rfc: XAUTH,
      run: answerXauthStatus,
    }),
  ]),
  // -------------------------------------------------------------------------------------------------------- XAUTH, server
  row({
    story: 'The client says who its user is; somebody decides, and it is told how it went',
    from: 'XAUTH_SERVER',
    exchange: 'Transaction',
    about: 'xauth-requested',
    with: ['ATTR(ISAKMP_CFG_REPLY)'],
    needs: [],
    may: [],
    to: ['XAUTH_SERVER'],
    rfc: XAUTH,
    run: finishXauthReply,
  }),
  row({
    story: 'The client has heard how it went: Mode Config follows, or nothing, or the end',
    from: 'XAUTH_SERVER',
    exchange: 'Transaction',
    about: 'xauth-status',
    with: ['ATTR(ISAKMP_CFG_ACK)'],
    needs: [],
    may: [],
    to: ['CONFIG_CLIENT', 'CONFIG_SERVER', 'ESTABLISHED', 'CLOSED'],
    rfc: XAUTH,
    run: finishXauthAck,
  }),
  // -------------------------------------------------------------------------------------------------- Mode Config, client
  row({
    story: 'The gateway answers with our address: everything may be asked for; without one it is the end',
    from: 'CONFIG_CLIENT',
    exchange: 'Transaction',
    about: 'config-requested',
    with: ['ATTR(ISAKMP_CFG_REPLY)'],
    needs: [],
    may: [],
    to: ['ESTABLISHED', 'CLOSED'],
    rfc: MODE_CONFIG,
    run: finishConfigReply,
  }),
  row({
    story: 'The gateway tells us our address; we say that we have heard it',
    from: 'CONFIG_CLIENT',
    exchange: 'Transaction',
    about: 'new',
    with: ['ATTR(ISAKMP_CFG_SET)'],
    needs: [],
    may: [],
    to: ['ESTABLISHED', 'CLOSED'],
    rfc: MODE_CONFIG,
    run: answerConfigSet,
  }),
  row({
    story: 'The gateway answers, but it has also pushed, and that came first: nothing changes',
    from: 'ESTABLISHED',
    exchange: 'Transaction',
    about: 'config-requested',
    with: ['ATTR(ISAKMP_CFG_REPLY)'],
    needs: [],
    may: [],
    to: ['ESTABLISHED'],
    rfc: MODE_CONFIG,
    run: finishConfigReply,
  }),
  row({
    story: 'The gateway pushes once more: it is told that nothing of it is taken',
    from: 'ESTABLISHED',
    exchange: 'Transaction',
    about: 'new',
    with: ['ATTR(ISAKMP_CFG_SET)'],
    needs: [],
    may: [],
    to: ['ESTABLISHED'],
    rfc: MODE_CONFIG,
    run: answerConfigSet,
  }),
  // -------------------------------------------------------------------------------------------------- Mode Config, server
  row({
    story: 'A client asks for its address, and gets one, or an answer without',
    from: 'ESTABLISHED',
    exchange: 'Transaction',
    about: 'new',
    with: ['ATTR(ISAKMP_CFG_REQUEST)'],
    needs: [],
    may: [],
    to: ['ESTABLISHED'],
    rfc: MODE_CONFIG,
    run: answerConfigRequest,
  }),
  row({
    story: 'A client asks before it has heard of what is pushed: it is served, and everything may be asked for',
    from: 'CONFIG_SERVER',
    exchange: 'Transaction',
    about: 'new',
    with: ['ATTR(ISAKMP_CFG_REQUEST)'],
    needs: [],
    may: [],
    to: ['ESTABLISHED'],
    rfc: MODE_CONFIG,
    run: answerConfigRequest,
  }),
  row({
    story: 'The client has heard what was pushed: everything may be asked for',
    from: 'CONFIG_SERVER',
    exchange: 'Transaction',
    about: 'config-pushed',
    with: ['ATTR(ISAKMP_CFG_ACK)'],
    needs: [],
    may: [],
    to: ['ESTABLISHED', 'CLOSED'],
    rfc: MODE_CONFIG,
    run: finishConfigAck,
  }),
  row({
    story: 'The client had asked meanwhile, and has now heard what was pushed: nothing changes',
    from: 'ESTABLISHED',
    exchange: 'Transaction',
    about: 'config-pushed',
    with: ['ATTR(ISAKMP_CFG_ACK)'],
    needs: [],
    may: [],
    to: ['ESTABLISHED'],
    rfc: MODE_CONFIG,
    run: finishConfigAck,
  }),
]);
