import { nodeKeyExchangeRows, nodeLegacyKeyExchangeRows } from '../../src/node/suite-ike.js';
import { describeAttacks } from './key-exchange-cases.js';

describeAttacks([...nodeKeyExchangeRows, ...nodeLegacyKeyExchangeRows]);
