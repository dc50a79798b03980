import { defaultSignatureRows } from '../../src/suite/sign.js';
import { legacySignatureRows } from '../../src/suite/sign-legacy.js';
import { describeSignatures } from './sign-cases.js';

describeSignatures([...defaultSignatureRows, ...legacySignatureRows]);
