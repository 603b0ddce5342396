/** What soak tests have in common: which blocks of their work to do, and the line of `docs/evidence.md` that says so. */
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../tooling/sources.js'

/** `KEYWARD_BLOCKS=first-last`, by their numbers. */
export function blocks(whenLeftOut: string): readonly [first: number, last: number] {
  const text = process.env['KEYWARD_BLOCKS'] ?? whenLeftOut
  const range = /^(\d+)-(\d+)$/.exec(text)
  if (range === null) throw new Error(`KEYWARD_BLOCKS is \`${text}\`; expected two numbers such as \`0-999\``)
  return [Number(range[1]), Number(range[2])]
}

/** So that whoever breaks a run off knows where to go on. */
export function tellDone(block: number): void {
  process.stdout.write(`block ${block} is done\n`)
}

/** Adds a dated line where `KEYWARD_EVIDENCE=yes` asks for one. */
export function evidence(whatAgreed: string): void {
  if (process.env['KEYWARD_EVIDENCE'] !== 'yes') return
  const line = `- ${new Date().toISOString().slice(0, 10)}: ${whatAgreed}, Node.js ${process.version}.\n`
  appendFileSync(join(ROOT, 'docs/evidence.md'), line)
}
