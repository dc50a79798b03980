import { keyExchangeRows } from '../../src/suite/dh.js';
import { legacyKeyExchangeRows } from '../../src/suite/dh-legacy.js';
import { describeAttacks } from './key-exchange-cases.js';

describeAttacks([...keyExchangeRows, ...legacyKeyExchangeRows]);
