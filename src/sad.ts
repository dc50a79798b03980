/**
 * The Security Association Database of RFC 4301 section 4.4.2: look-up, SPIs, lifetimes, path MTU, and the state of SAs as JSON.
 *
 * @module
 */
export { addSa, clearSad, createSad, listSas, removeSa, type Sad, type SadOptions } from './sad/database.js';
export type { PolicyKey, SadEntry, SadEntryOptions, SaKeys, SaLimits, SaLookup } from './sad/entry.js';
export {
  exportSa,
  exportSad,
  type ExportOptions,
  type EncapsulationState,
  type NamedAlgorithm,
  type SadState,
  type SaState,
} from './sad/export.js';
export { findInboundSa, findOutboundSas, findSa, findSentBy, newestSa, takesDscp } from './sad/find.js';
export { importSa, importSad, type ImportOptions } from './sad/import.js';
export { checkLifetimes, checkTraffic, lifetimesWakeAt, type LifetimeEvent } from './sad/lifetime.js';
export { MIN_PATH_MTU_V6, notePathMtu, pathMtu } from './sad/path-mtu.js';
export { allocateSpi, MIN_SPI, releaseSpi } from './sad/spi.js';
export type { Deadlines, Scheduled } from './deadlines.js';
export type { SpiTable } from './sad/spi-table.js';
