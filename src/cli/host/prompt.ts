/**
 * Asks for a secret on the terminal, without showing what is typed.
 *
 * @module
 */
import process from 'node:process';
import { IpsecError } from '../../errors.js';
import type { PromptSecret, SecretQuestion } from '../../node.js';

/** A terminal, as far as a question needs one. */
export interface Terminal {
  readonly isTTY?: boolean | undefined;
  setRawMode?(on: boolean): unknown;
  on(event: 'data', listener: (octets: Uint8Array) => void): unknown;
  off(event: 'data', listener: (octets: Uint8Array) => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

/** Where questions go: to standard error, so that standard output stays what it is. */
export interface Paper {
  readonly isTTY?: boolean | undefined;
  write(text: string): unknown;
}

/** The terminal of this process. */
export const askOnTerminal: PromptSecret = (question) => askSecret(question, process.stdin, process.stderr);

const [interrupt, endOfText, backspace, erase, wipeLine] = ['\u0003', '\u0004', '\u0008', '\u007f', '\u0015'];

/**
 * Asks.
 *
 * @throws IpsecError `invalid-config` where there is no terminal, or whoever sits there gives up.
 */
export function askSecret({ what, path, connection }: SecretQuestion, terminal: Terminal, paper: Paper): Promise<string> {
  if (terminal.isTTY !== true || paper.isTTY !== true || !terminal.setRawMode) return Promise.reject(noTerminal(what, path));
  const decoder = new TextDecoder();
  paper.write(`${connection === undefined ? '' : `${connection}: `}${what}: `);
  terminal.setRawMode(true);
  return new Promise((resolve, reject) => {
    let typed: string[] = [];
    const end = (then: () => void): void => {
      terminal.off('data', take);
      terminal.setRawMode?.(false);
      terminal.pause();
      paper.write('\n');
      then();
    };
    const take = (octets: Uint8Array): void => {
      for (const key of decoder.decode(octets, { stream: true })) {
        if (key === '\r' || key === '\n') {
          end(() => {
            resolve(typed.join(''));
          });
          return;
        }
        if (key === interrupt || key === endOfText) {
          end(() => {
            reject(
              new IpsecError('invalid-config', `a ${what}`, { path, expected: 'that somebody types it', found: 'somebody who gave up' }),
            );
          });
          return;
        }
        if (key === backspace || key === erase) typed.pop();
        else if (key === wipeLine) typed = [];
        else if (key >= ' ') typed.push(key);
      }
    };
    terminal.on('data', take);
    terminal.resume();
  });
}

function noTerminal(what: string, path: string): IpsecError {
  return new IpsecError('invalid-config', `a ${what}`, {
    path,
    expected: 'a terminal to ask on, or a file or a variable of the environment that holds it',
    found: 'no terminal',
  });
}
