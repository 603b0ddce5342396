/**
 * A passphrase or a PIN from a file, from standard input, or from somebody at a terminal, who types it unseen. Never from the command
 * line itself, which other users of the machine can read.
 */
import { readFileSync } from 'node:fs'
import { quote } from '../text/escape.js'
import type { Result } from '../text/source.js'

/**
 * The first line of a file, or of standard input for `-`.
 *
 * @param what - is read, for the message.
 */
export function readPassphrase(path: string, what = 'passphrase'): Result<string, string> {
  try {
    const text = readFileSync(path === '-' ? 0 : path, 'utf8')
    const [line = ''] = text.split(/\r?\n/, 1)
    return { ok: true, value: line }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return { ok: false, error: `cannot read the ${what} from ${quote(path, 200)}: ${reason}` }
  }
}

export function canAsk(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY
}

const ENTER = new Set(['\r', '\n', '\u0004'])
const RUB_OUT = new Set(['\u007f', '\b'])
const INTERRUPT = '\u0003'

/** Undefined where nobody can be asked, or whoever was has given up with Ctrl-C. */
export function askPassphrase(prompt: string): Promise<string | undefined> {
  const { stdin, stderr } = process
  if (!canAsk()) return Promise.resolve(undefined)
  stderr.write(prompt)
  stdin.setRawMode(true)
  stdin.setEncoding('utf8')
  stdin.resume()
  return new Promise((resolve) => {
    let typed: string[] = []
    const finish = (answer: string | undefined): void => {
      stdin.off('data', take)
      stdin.setRawMode(false)
      stdin.pause()
      stderr.write('\n')
      resolve(answer)
    }
    const take = (chunk: string | Buffer): void => {
      for (const char of String(chunk)) {
        if (ENTER.has(char)) return finish(typed.join(''))
        if (char === INTERRUPT) return finish(undefined)
        if (RUB_OUT.has(char)) typed = typed.slice(0, -1)
        else typed.push(char)
      }
    }
    stdin.on('data', take)
  })
}
