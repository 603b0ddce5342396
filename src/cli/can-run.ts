/**
 * The work of `keyward can`: the same answers as `keyward why`, each in one line.
 */
import type { GroupedQuestions } from '../source/answer/grouped-questions.js'
import { explainDocument } from '../source/explain-document.js'
import { escapeTerminal } from '../text/escape.js'
import type { Palette } from '../text/palette.js'
import type { Explanation } from '../explain/story.js'
import { parseDecisionOptions } from './decision-options.js'
import { EXIT, type ExitCode } from './exit-codes.js'
import { paletteFor, terminalFacts, writeError, writeOut } from './terminal.js'
import { readGiven } from './why-input.js'
import type { AskOptions } from './why-options.js'
import { flagForWorld, passes, refuse } from './why-run.js'

export interface CanOptions extends AskOptions {
  /** False with --no-color. */
  readonly color: boolean
}

export async function runCan(input: string | undefined, options: CanOptions): Promise<ExitCode> {
  const decision = parseDecisionOptions(options.option ?? [])
  if (!decision.ok) return refuse(decision.error, options)
  const given = await readGiven(input, options)
  if (!given.ok) return refuse(given.error, options)
  const color = paletteFor(terminalFacts(), options.color)
  if (given.value.kind === 'simulation') {
    const stray = flagForWorld(options)
    if (stray !== undefined) return refuse(`a simulation document says all by itself; leave out \`${stray}\``, options)
    const found = explainDocument(given.value.source, decision.value)
    if (!found.ok) return refuse(found.error, options)
    const doesPass = passes(found.value)
    await writeOut(`${line(doesPass, found.value.explanation, color)}\n`)
    return doesPass ? EXIT.ok : EXIT.denied
  }
  const [{ ask }, { isAllowed }] = await Promise.all([
    import('./why-world.js'),
    import('../source/answer/answer-question.js'),
  ])
  const warn = (message: string): void => writeError(`keyward: ${escapeTerminal(message)}\n`)
  const asked = await ask(given.value, { options, decision: decision.value, warn, onProgress: () => undefined })
  if (!asked.ok) return refuse(asked.error, options)
  if (asked.value.kind === 'many') {
    const { grouped } = asked.value
    await writeOut(`${lineOfMany(grouped, color)}\n`)
    return grouped.allowed === grouped.total ? EXIT.ok : EXIT.denied
  }
  const { answer } = asked.value
  const { explanation, failingCheck, question } = answer
  if (failingCheck === null && !isAllowed(answer)) {
    const actions = question.incomplete.map(({ action = 'a permission' }) => action)
    const text = `${explanation.summary} Not asked, because something is not known: ${actions.join(', ')}.`
    await writeOut(`${color.error('not certain')}: ${escapeTerminal(text)}\n`)
    return EXIT.denied
  }
  await writeOut(`${line(failingCheck === null, explanation, color)}\n`)
  return failingCheck === null ? EXIT.ok : EXIT.denied
}

function lineOfMany({ groups, allowed, total }: GroupedQuestions, color: Palette): string {
  if (allowed === total) return color.hint(`allowed: all ${total} requests`)
  const denied = groups.filter(({ kind }) => kind !== 'onlyAwsDenies')
  const count = denied.reduce((sum, group) => sum + group.count, 0)
  if (count === 0)
    return `${color.error('not certain')}: ${allowed} of ${total} requests are allowed, and none is denied here`
  const byCause = new Map<string, number>()
  for (const { cause, decision, count: ofGroup } of denied) {
    const name = cause ?? decision
    byCause.set(name, (byCause.get(name) ?? 0) + ofGroup)
  }
  const [most = ''] = [...byCause].toSorted(([, left], [, right]) => right - left)[0] ?? []
  return `${color.error('denied')}: ${count} of ${total} requests, most often ${most}`
}

/** `denied (key-policy-condition): ...`. A lockout check may pass where its decision is a denial. */
function line(isAllowed: boolean, { summary, cause }: Explanation, color: Palette): string {
  const code = isAllowed || cause === null ? '' : ` (${cause.code})`
  const verdict = isAllowed ? color.hint('allowed') : `${color.error('denied')}${code}`
  return `${verdict}: ${escapeTerminal(summary)}`
}
