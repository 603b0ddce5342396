/**
 * The work of `keyward why`: see what is given, answer it, print.
 */
import type { DecisionOptions } from '../decide/options.js'
import type { Advised } from '../explain/advice/advise.js'
import { explainDocument, whyJson, type ExplainedDocument } from '../source/explain-document.js'
import { describeError } from '../text/code-frame.js'
import { escapeTerminal } from '../text/escape.js'
import type { SourceText } from '../text/source.js'
import { parseDecisionOptions } from './decision-options.js'
import { EXIT, type ExitCode } from './exit-codes.js'
import { paletteFor, terminalFacts, widthFor, writeError, writeOut } from './terminal.js'
import { renderDocument, type RenderOptions } from './why-document.js'
import { readGiven, type Given } from './why-input.js'
import type { AskOptions } from './why-options.js'
import type { AskFailure } from './why-questions.js'
import type { Asked, AskContext } from './why-world.js'

export interface WhyOptions extends AskOptions {
  readonly json?: boolean
  readonly allLayers?: boolean
  /** Print the simulation document that replays the decision. */
  readonly document?: boolean
  /** Tell also what would allow a denied request. */
  readonly advice?: boolean
  /** False with --no-color. */
  readonly color: boolean
  readonly width?: number
}

export async function runWhy(input: string | undefined, options: WhyOptions): Promise<ExitCode> {
  const decision = parseDecisionOptions(options.option ?? [])
  if (!decision.ok) return refuse(decision.error, options)
  const given = await readGiven(input, options)
  if (!given.ok) return refuse(given.error, options)
  return given.value.kind === 'simulation'
    ? whyDocument(given.value.source, decision.value, options)
    : whyInWorld(given.value, decision.value, options)
}

/** Says what is wrong with the input, on standard error. */
export function refuse(failure: AskFailure, { color: wanted, width }: Pick<WhyOptions, 'color' | 'width'>): ExitCode {
  if (typeof failure === 'string') {
    writeError(`keyward: ${escapeTerminal(failure)}\n`)
    return EXIT.usage
  }
  const stderr = terminalFacts(process.stderr)
  const color = paletteFor(stderr, wanted)
  writeError(`${describeError(failure, { color, width: widthFor(stderr, width) })}\n`)
  return EXIT.usage
}

function renderOptions(options: WhyOptions): RenderOptions {
  const terminal = terminalFacts()
  return {
    width: widthFor(terminal, options.width),
    color: paletteFor(terminal, options.color),
    allLayers: options.allLayers === true,
  }
}

// ------------------------------------------------------------------------------------------------ simulation documents

async function whyDocument(
  source: SourceText,
  decision: Partial<DecisionOptions>,
  options: WhyOptions,
): Promise<ExitCode> {
  const stray = flagForWorld(options)
  if (stray !== undefined) return refuse(`a simulation document says all by itself; leave out \`${stray}\``, options)
  const found = explainDocument(source, decision)
  if (!found.ok) return refuse(found.error, options)
  const { trace, sourceOf, callerContext } = found.value
  const advised = await adviceOn(options, passes(found.value), ({ adviseOn }) =>
    adviseOn(trace, { sourceOf, callerContext }),
  )
  await writeOut(
    options.json === true
      ? `${JSON.stringify({ ...whyJson(found.value), ...advised.json }, null, 2)}\n`
      : `${renderDocument(found.value, renderOptions(options))}${advised.text}`,
  )
  return passes(found.value) ? EXIT.ok : EXIT.denied
}

/** Nothing where none is asked for, and no words where nothing is denied; what advice needs is loaded only then. */
async function adviceOn(
  options: WhyOptions,
  isLetIn: boolean,
  advise: (room: typeof import('../explain/advice/advise.js')) => Advised | Promise<Advised>,
): Promise<{ readonly json: object; readonly text: string }> {
  if (options.advice !== true) return { json: {}, text: '' }
  const [room, { adviceJson, renderAdvice }] = await Promise.all([
    import('../explain/advice/advise.js'),
    import('../explain/advice/render-advice.js'),
  ])
  const advised = await advise(room)
  return options.json === true
    ? { json: adviceJson(advised), text: '' }
    : { json: {}, text: isLetIn ? '' : `\n${renderAdvice(advised, renderOptions(options))}` }
}

/** A flag that only a world takes up. */
export function flagForWorld(options: AskOptions & { readonly document?: boolean }): string | undefined {
  const names = [
    'world',
    'principal',
    'action',
    'key',
    'context',
    'encryptionContext',
    'via',
    'from',
    'endpoint',
    'grantToken',
    'sessionPolicy',
    'sessionPolicyArn',
    'time',
    'region',
    'document',
  ] as const
  const stray = names.find((name) => options[name] !== undefined)
  return stray === undefined ? undefined : `--${stray.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}

export function passes({ lockout, failingCheck }: ExplainedDocument): boolean {
  return lockout === undefined ? failingCheck === null : lockout !== 'fail'
}

// -------------------------------------------------------------------------------------------------------------- worlds

async function whyInWorld(
  given: Exclude<Given, { readonly kind: 'simulation' }>,
  decision: Partial<DecisionOptions>,
  options: WhyOptions,
): Promise<ExitCode> {
  const { ask, progressOn } = await import('./why-world-room.js')
  const progress = progressOn('events', terminalFacts(process.stderr), writeError)
  const context: AskContext = {
    options,
    decision,
    warn: (message) => writeError(`keyward: ${escapeTerminal(message)}\n`),
    onProgress: (count) => progress.update(count),
  }
  const asked = await ask(given, context)
  progress.finish()
  if (!asked.ok) return refuse(asked.error, options)
  return asked.value.kind === 'one' ? tellOne(asked.value, options) : tellMany(asked.value, options)
}

async function tellOne({ answer }: Extract<Asked, { readonly kind: 'one' }>, options: WhyOptions): Promise<ExitCode> {
  await writeOut(await textOfOne(answer, options))
  const { isAllowed } = await import('./why-world-room.js')
  return isAllowed(answer) ? EXIT.ok : EXIT.denied
}

async function textOfOne(
  answer: Extract<Asked, { readonly kind: 'one' }>['answer'],
  options: WhyOptions,
): Promise<string> {
  const { answerJson, isAllowed, renderAnswer, replayDocument } = await import('./why-world-room.js')
  if (options.document === true) {
    return `${JSON.stringify(replayDocument(answer.trace.call, answer.question.origin.eventId), null, 2)}\n`
  }
  const advised = await adviceOn(options, isAllowed(answer), async () => {
    const { adviseOnAnswer } = await import('../source/answer/advise-in-world.js')
    return adviseOnAnswer(answer)
  })
  if (options.json === true) {
    return `${JSON.stringify({ ...answerJson(answer), ...advised.json }, null, 2)}\n`
  }
  return `${renderAnswer(answer, renderOptions(options))}${advised.text}`
}

async function tellMany(
  { grouped, answerer }: Extract<Asked, { readonly kind: 'many' }>,
  options: WhyOptions,
): Promise<ExitCode> {
  if (options.advice === true) {
    return refuse(`\`--advice\` is on one request, and this is ${grouped.total}`, options)
  }
  if (options.document === true) {
    return refuse(`\`--document\` replays one decision, and this is ${grouped.total} requests`, options)
  }
  const { groupsJson, renderGroups } = await import('./why-world-room.js')
  if (options.json === true) {
    await writeOut(`${JSON.stringify(groupsJson(grouped, answerer), null, 2)}\n`)
  } else {
    const tell = (example: Parameters<typeof answerer.answer>[0]): string => {
      const answer = answerer.answer(example)
      if (!answer.ok) return answer.error.message
      const { explanation, comparison } = answer.value
      const [nearest] = comparison?.explanations ?? []
      const difference = nearest === undefined ? '' : ` What would explain the difference: ${nearest.sentence}.`
      return `${explanation.summary}${difference}`
    }
    await writeOut(renderGroups(grouped, tell, renderOptions(options)))
  }
  return grouped.allowed === grouped.total ? EXIT.ok : EXIT.denied
}
