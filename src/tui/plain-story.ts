/**
 * The story of a verdict line by line, for screen readers and for output that is no terminal: the same words as on the
 * screen, none of it told by place or colour.
 */
import type { Answer } from '../source/answer/answer-question.js'
import type { AskedWorld } from '../source/world/world.js'
import { ASCII } from './frame/glyphs.js'
import { plainText } from './frame/span.js'
import { ladderOf, type Rung, type RungId, type RungVerdict } from './views/verdict/ladder.js'
import { partsOf, tellingChecks } from './views/verdict/layer-parts.js'
import { noteLines } from './views/verdict/verdict-notes.js'
import { escapeTerminal } from '../text/escape.js'

const WORDS: Readonly<Record<RungVerdict, string>> = {
  allow: 'allows',
  deny: 'denies',
  silent: 'is silent',
  skipped: 'was not asked',
}
const WORDS_OF_MANY: Readonly<Record<RungVerdict, string>> = {
  allow: 'allow',
  deny: 'deny',
  silent: 'are silent',
  skipped: 'were not asked',
}

/** Of these a request has several. */
const MANY: ReadonlySet<RungId> = new Set(['rcp', 'scp', 'grant', 'identity', 'session'])

function saidBy({ id, title, verdict, why, decides }: Rung): string {
  const isMany = MANY.has(id)
  const decision = decides ? `, and ${isMany ? 'decide' : 'decides'}` : ''
  return `${title} ${(isMany ? WORDS_OF_MANY : WORDS)[verdict]}${decision}: ${why}`
}

/** Longer than any line: who reads aloud needs no line breaks. */
const NO_WIDTH = 100_000

/** Ends in a line feed. */
export function plainStory(answer: Answer, world: AskedWorld): string {
  const { explanation } = answer
  const { verdict, action, caller, resource, summary } = explanation
  const ladder = ladderOf(answer, world)
  const lines = [
    `${verdict === 'allow' ? 'Allowed' : 'Denied'}: ${action}`,
    `Caller: ${caller}`,
    `Key: ${resource ?? 'none'}`,
    summary,
    '',
    `From the request to the verdict, ${ladder.length} layers:`,
    ...ladder.map((rung, index) => `${index + 1}. ${saidBy(rung)}`),
    '',
  ]
  for (const { layer, decides, title } of ladder) {
    if (!decides || layer === undefined) continue
    for (const part of partsOf(answer, layer).filter(({ isNear }) => isNear)) {
      const place = tellingChecks(part)[0]?.place ?? part.place
      const at = place === null ? '' : `, ${place.source.name} line ${place.line}`
      lines.push(`${title}: ${part.name} (${part.effect}) ${part.applies ? 'applies' : 'does not apply'}${at}`)
      for (const { wanted, got } of tellingChecks(part)) lines.push(`Wanted: ${wanted}. Got: ${got}.`)
    }
  }
  const notes = noteLines(answer, NO_WIDTH, ASCII).map((line) => plainText(line).trim())
  return `${[...lines.map((line) => escapeTerminal(line)), '', ...notes].join('\n')}\n`
}

/** The verdict that was seen last, for the screen to which the user returns. Ends in a line feed. */
export function lastVerdict({ explanation }: Answer): string {
  const { verdict, action, caller, resource, summary, cause } = explanation
  const lines = [
    `${verdict === 'allow' ? 'ALLOWED' : 'DENIED'}  ${action}`,
    `caller  ${caller}`,
    ...(resource === null ? [] : [`key     ${resource}`]),
    summary,
    ...(cause === null ? [] : [`cause   ${cause.code}  docs/causes/${cause.code}.md`]),
  ]
  return `${lines.map((line) => escapeTerminal(line)).join('\n')}\n`
}
