/** From proposals off the wire back to records of rows, as a configuration would have them. */
import type { ChildProposal, IkeProposal } from '../../src/ikev2/proposal.js';
import type { Proposal, Transform } from '../../src/ike.js';
import { aeadRows } from '../../src/suite/aead.js';
import { keyExchangeRows } from '../../src/suite/dh.js';
import { legacyKeyExchangeRows } from '../../src/suite/dh-legacy.js';
import { encrRows } from '../../src/suite/encr.js';
import { integRows } from '../../src/suite/integ.js';
import { legacyRows } from '../../src/suite/legacy.js';
import { prfRows } from '../../src/suite/prf.js';
import { legacyPrfRows } from '../../src/suite/prf-legacy.js';

/** Every row there is. */
export const allRows = [
  ...aeadRows,
  ...encrRows,
  ...integRows,
  ...legacyRows,
  ...prfRows,
  ...legacyPrfRows,
  ...keyExchangeRows,
  ...legacyKeyExchangeRows,
];

const idsOf = ({ transforms }: Proposal, type: Transform['type']): number[] =>
  transforms.filter((t) => t.type === type).map(({ id }) => id);

function encryptionOf(proposal: Proposal) {
  return proposal.transforms
    .filter(({ type }) => type === 'ENCR')
    .map(({ id, attributes }) => {
      const length = attributes.find(({ type }) => type === 'Key Length')?.value;
      const row = allRows.find(
        (r) => (r.kind === 'aead' || r.kind === 'cipher') && r.id === id && (length === undefined || r.keyLength * 8 === length),
      );
      return row?.kind === 'aead' || row?.kind === 'cipher' ? row : undefined;
    });
}
function rowsOf<Kind extends 'integrity' | 'prf' | 'ke'>(kind: Kind, ids: readonly number[]) {
  return ids.map((id) => allRows.find((r): r is Extract<(typeof allRows)[number], { kind: Kind }> => r.kind === kind && r.id === id));
}
const isRow = <Row>(row: Row | undefined): row is Row => row !== undefined;
const known = <Row>(rows: readonly (Row | undefined)[]): Row[] => rows.filter(isRow);

/** Whether every transform has a row, so that nothing is lost on the way back. */
export function isKnown(proposal: Proposal): boolean {
  const types = new Set(proposal.transforms.map(({ type }) => type));
  const expected = proposal.protocol === 'IKE' ? ['ENCR', 'PRF', 'INTEG', 'KE'] : ['ENCR', 'INTEG', 'KE', 'ESN'];
  return (
    [...types].every((type) => expected.includes(`${type}`)) &&
    encryptionOf(proposal).every(isRow) &&
    rowsOf('integrity', idsOf(proposal, 'INTEG')).every(isRow) &&
    rowsOf('prf', idsOf(proposal, 'PRF')).every(isRow) &&
    rowsOf(
      'ke',
      idsOf(proposal, 'KE').filter((id) => id !== 0),
    ).every(isRow)
  );
}

/** What there is a row for. */
export function ikeRecordOf(proposal: Proposal): IkeProposal {
  return {
    encryption: known(encryptionOf(proposal)),
    integrity: known(rowsOf('integrity', idsOf(proposal, 'INTEG'))),
    prf: known(rowsOf('prf', idsOf(proposal, 'PRF'))),
    keyExchange: known(rowsOf('ke', idsOf(proposal, 'KE'))),
  };
}

/** What there is a row for. */
export function childRecordOf(proposal: Proposal): ChildProposal {
  const esn = idsOf(proposal, 'ESN').map((id) => id === 1);
  return {
    protocol: proposal.protocol === 'AH' ? 'AH' : 'ESP',
    encryption: known(encryptionOf(proposal)),
    integrity: known(rowsOf('integrity', idsOf(proposal, 'INTEG'))),
    keyExchange: idsOf(proposal, 'KE').flatMap((id): ChildProposal['keyExchange'] => (id === 0 ? ['none'] : known(rowsOf('ke', [id])))),
    esn: esn.length > 0 ? esn : [false],
  };
}
