/** A TLS engine that plays what it is told, and remembers what it was given. */
import type { TlsEngine, TlsProgress, TlsWish } from '../../src/eap/tls-engine.js';

const nothing: TlsProgress = {
  output: new Uint8Array(),
  data: new Uint8Array(),
  isDone: false,
  version: undefined,
  certificates: undefined,
  verdict: undefined,
  error: undefined,
};

export type Scene = Partial<TlsProgress> | Error;

export interface ScriptedEngine extends TlsEngine {
  /** What sessions were given, in order. */
  readonly given: Uint8Array[];
  readonly wishes: TlsWish[];
  readonly exported: unknown[][];
  destroyed: number;
}

/** @param scenes what `advance` comes to, one after the other; the last stays. An `Error` is thrown. */
export function scriptedEngine(
  scenes: readonly Scene[],
  options: { readonly material?: Uint8Array; readonly verifiesPeers?: boolean } = {},
): ScriptedEngine {
  const { material = Uint8Array.from({ length: 128 }, (_, i) => i), verifiesPeers = true } = options;
  let at = 0;
  const engine: ScriptedEngine = {
    name: 'script',
    verifiesPeers,
    given: [],
    wishes: [],
    exported: [],
    destroyed: 0,
    createSession: (wish) => {
      engine.wishes.push(wish);
      return {
        advance: (input) => {
          engine.given.push(input);
          const scene = scenes[Math.min(at++, scenes.length - 1)]!;
          if (scene instanceof Error) throw scene;
          return { ...nothing, ...scene };
        },
        protect: (data) => Uint8Array.of(23, 3, 3, 0, data.length, ...data),
        exportKeyingMaterial: (...args) => {
          engine.exported.push(args);
          return material.slice();
        },
        destroy: () => {
          engine.destroyed++;
        },
      };
    },
  };
  return engine;
}

/** The end of a handshake. */
export const done = (version: 'TLSv1.2' | 'TLSv1.3' = 'TLSv1.2', more: Partial<TlsProgress> = {}): Partial<TlsProgress> => ({
  isDone: true,
  version,
  certificates: [Uint8Array.of(0x30, 0)],
  verdict: 'trusted',
  ...more,
});
