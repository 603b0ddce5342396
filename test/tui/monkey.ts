/** Keys by chance, from a seed: what a hand does that slips, pastes, resizes and never reads. */

/** Numbers from a seed, the same every time. Source: G. Marsaglia, "Xorshift RNGs". */
export class Chance {
  private state: number

  constructor(seed: number) {
    this.state = seed | 0 || 1
  }

  /** Whole, from 0 to below `limit`. */
  below(limit: number): number {
    this.state ^= this.state << 13
    this.state ^= this.state >>> 17
    this.state ^= this.state << 5
    return (this.state >>> 0) % limit
  }

  of<T>(all: readonly T[]): T {
    const one = all[this.below(all.length)]
    if (one === undefined) throw new Error('there is nothing to choose from')
    return one
  }
}

const KEYS: readonly string[] = [
  ...'abcdefghijklmnoprstuvwxyz?/:GRUYNq012 *$"\\'.split(''),
  '\r',
  '\r',
  '\r',
  '\t',
  '\u007f',
  '\u0004',
  '\u0015',
  '\u000c',
  '\u001b[A',
  '\u001b[B',
  '\u001b[C',
  '\u001b[D',
  '\u001b[5~',
  '\u001b[6~',
  '\u001b[H',
  '\u001b[F',
  '\u001b[Z',
  '\u001b[<64;20;5M',
  '\u001b[<65;20;5M',
  '\u001b[<0;20;8M',
  '\u001b[200~can role/BreakGlass do kms:Decrypt on alias/payments\u001b[201~',
  '\u001b[200~\u0000\u001b[2J\u202e\u001b[201~',
  '\u001b[999;999X',
  'ä',
  '好',
]

/** What a terminal sends for one key; never one that ends the program or hands the terminal to somebody else. */
export function anyKey(chance: Chance): string {
  return chance.of(KEYS)
}
