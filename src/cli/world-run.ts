/**
 * The work of `keyward world`: load a folder, summarise, print.
 */
import { filesLeftAlone, loadWorld } from '../source/world/load-world.js'
import { renderSummary, summarizeWorld } from '../source/world/summary.js'
import type { World } from '../source/world/world.js'
import { escapeTerminal } from '../text/escape.js'
import type { SourceError } from '../text/source.js'
import { EXIT, type ExitCode } from './exit-codes.js'
import { paletteFor, terminalFacts, widthFor, writeError, writeOut } from './terminal.js'

export interface WorldOptions {
  readonly json?: boolean
  /** False with --no-color. */
  readonly color: boolean
}

/** Nobody reads trust policies until a role is to be assumed, and one that cannot be read lets nobody in. */
function trustErrors({ principals }: World): readonly SourceError[] {
  return [...principals.values()].flatMap(({ trust }) => trust?.errors() ?? [])
}

export async function runWorld(dir: string, options: WorldOptions): Promise<ExitCode> {
  const loaded = loadWorld(dir)
  const failure = loaded.ok ? { kind: 'files' as const, world: loaded.value, errors: [] } : loaded.error
  if (failure.kind === 'folder') {
    writeError(`keyward: ${escapeTerminal(failure.message)}\n`)
    return EXIT.usage
  }
  const { world } = failure
  const errors = [...failure.errors, ...trustErrors(world)]
  const summary = summarizeWorld(world, errors, filesLeftAlone(dir))
  const terminal = terminalFacts()
  const text =
    options.json === true
      ? `${JSON.stringify(summary, null, 2)}\n`
      : renderSummary(dir, summary, errors, {
          color: paletteFor(terminal, options.color),
          width: widthFor(terminal, undefined),
        })
  await writeOut(text)
  return errors.length > 0 || world.contradictions.length > 0 ? EXIT.denied : EXIT.ok
}
