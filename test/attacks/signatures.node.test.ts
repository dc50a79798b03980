import { nodeLegacySignatureRows, nodeSignatureRows } from '../../src/node/suite-sign.js';
import { describeForgeries } from './signatures-cases.js';

describeForgeries([...nodeSignatureRows, ...nodeLegacySignatureRows]);
