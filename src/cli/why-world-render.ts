/**
 * Answers of a world as text for a terminal: what `explain` renders, and after it what only a world and a question add.
 *
 * Everything that came from outside is escaped, and colour never says anything that words do not.
 */
import { CAUSES } from '../aws/causes.js'
import { renderExplanation } from '../explain/render.js'
import type { Answer } from '../source/answer/answer-question.js'
import { lookedAt } from '../source/answer/looked-at.js'
import type { Explanation } from '../explain/story.js'
import type { OpenStatement } from '../source/answer/either-way.js'
import type { CountedReason, GroupedQuestions, GroupKind, QuestionGroup } from '../source/answer/grouped-questions.js'
import type { AwsAnswer } from '../source/asked/aws-answer.js'
import type { Question } from '../source/asked/question.js'
import { escapeTerminal } from '../text/escape.js'
import type { Palette } from '../text/palette.js'
import { listItem, wrap } from '../text/wrap.js'
import { renderChecks } from './why-document.js'

export interface PageOptions {
  readonly width: number
  readonly color: Palette
  readonly allLayers: boolean
}

type Block = readonly string[]

/** Ends in a line feed. */
export function renderAnswer(answer: Answer, options: PageOptions): string {
  const { question, checks, told: toldCheck, explanation } = answer
  const api = question.operation
  const told = options.allLayers ? explanation : withoutIgnored(explanation)
  // What AWS said is known, and it was something else.
  const differs = answer.comparison !== undefined && answer.comparison.agreement !== 'same'
  const body = renderExplanation(told, differs ? { ...options, messageTitle: 'By this world AWS would say' } : options)
  const list = checks.length < 2 ? '' : renderChecks(api, checks, toldCheck, options.color)
  const blocks = [
    lookedAtBlock(answer, options),
    dependsBlock(answer, options),
    awsBlock(answer, options),
    list === '' ? [] : [list.trimEnd()],
    notAskedBlock(question, options),
    originBlock(question, options),
  ]
  return [body, ...blocks.filter((block) => block.length > 0).map((block) => `${block.join('\n')}\n`)].join('\n')
}

/** A world has policies of every kind; that some have no part in a request is no news. */
function withoutIgnored(explanation: Explanation): Explanation {
  return { ...explanation, diagnostics: explanation.diagnostics.filter(({ code }) => code !== 'policyIgnored') }
}

/** Where an Allow would have to stand, when none came near. */
function lookedAtBlock({ trace, explanation }: Answer, options: PageOptions): Block {
  if (explanation.decisive.length > 0) return []
  const all = lookedAt(trace)
  if (all.length === 0) return []
  const shown = all.slice(0, options.allLayers ? all.length : SHOWN)
  const more = all.length - shown.length
  return [
    options.color.strong('Policies without an Allow for this'),
    ...shown.flatMap(({ name, file, line }) => listItem(file === null ? name : `${name} (${file}:${line})`, options)),
    ...(more === 0 ? [] : [options.color.faint(`  and ${more} more; --all-layers shows them`)]),
  ]
}

// -------------------------------------------------------------------------------------------------------- either way

const SHOWN = 3

function dependsBlock({ eitherWay, explanation, comparison }: Answer, options: PageOptions): Block {
  if (eitherWay.answer !== 'depends') return []
  const { color } = options
  const turned = explanation.verdict === 'allow' ? 'denied' : 'allowed'
  const { dependsOn } = eitherWay
  const shown = dependsOn.slice(0, options.allLayers ? dependsOn.length : SHOWN)
  const more = dependsOn.length - shown.length
  const keys = new Map(dependsOn.flatMap((each) => each.keys.map(({ key, why }) => [key, why] as const)))
  return [
    ...strong(
      comparison?.agreement === 'same'
        ? `Not known here; since AWS ${explanation.verdict === 'allow' ? 'allowed' : 'denied'} it, none of these made it ${turned}`
        : `Not certain: what is not known could make it ${turned}`,
      options,
    ),
    ...shown.flatMap((open) => listItem(openWords(open), options)),
    ...(more === 0 ? [] : [color.faint(`  and ${more} more; --all-layers shows them`)]),
    ...(dependsOn.length === 0 ? listItem('a statement whose Resource has variables that are not known', options) : []),
    ...reasons(keys).flatMap((line) => wrap(line, '  ', options)),
  ]
}

function openWords({ name, effect, when, place }: OpenStatement): string {
  const at = place === null ? '' : ` (${place.source.name}:${place.line})`
  return `${name}${at} ${effect === 'Deny' ? 'denies' : 'allows'} this when ${when}`
}

/** Keys that are not known for one reason in one line: `Not known: k1, k2 (the message does not tell it)`. */
function reasons(keys: ReadonlyMap<string, string>): readonly string[] {
  const byReason = new Map<string, string[]>()
  for (const [key, why] of keys) {
    const known = byReason.get(why)
    if (known === undefined) byReason.set(why, [key])
    else known.push(key)
  }
  return [...byReason].map(([why, names]) => `Not known, and taken as not there: ${names.join(', ')} (${why})`)
}

// --------------------------------------------------------------------------------------------------------------- AWS

const LAYERS: Readonly<Record<NonNullable<AwsAnswer['layer']>, string>> = {
  scp: 'a service control policy',
  rcp: 'a resource control policy',
  vpce: 'the VPC endpoint policy',
  keyPolicy: 'the key policy',
  identity: 'the identity policies',
  boundary: 'the permissions boundary',
  session: 'the session policy',
  trust: 'the trust policy',
}

function awsBlock({ question: { said }, comparison, explanation }: Answer, options: PageOptions): Block {
  if (said === undefined || comparison === undefined) return []
  const { color } = options
  const { agreement, explanations } = comparison
  const bullets = explanations.flatMap(({ sentence }) => listItem(sentence, options))
  const was = `AWS ${saidWords(said)}`
  switch (agreement) {
    case 'same':
      return wrap(`${was}, and this world gives the same answer.`, '', options)
    case 'notComparable':
      return [...strong(`${was}: no answer about permissions.`, options), ...bullets]
    case 'opposite':
    case 'otherLayer': {
      const here =
        explanation.verdict === 'allow' ? 'allows it' : agreement === 'opposite' ? 'denies it' : 'names another layer'
      return [
        ...strong(`${was}; this world ${here}. What would explain the difference:`, options),
        ...(bullets.length === 0 ? [color.faint('  nothing that is given here')] : bullets),
      ]
    }
  }
}

function saidWords({ decision, layer, isExplicit, errorCode }: AwsAnswer): string {
  if (decision === 'allow') return errorCode === undefined ? 'let the request in' : `let the request in (${errorCode})`
  if (decision === 'undecided') return `answered ${errorCode ?? 'with an error'}`
  if (layer === undefined) return 'denied it'
  return isExplicit === false
    ? `denied it because ${LAYERS[layer]} ${plural(layer)} not allow it`
    : `denied it by ${LAYERS[layer]}`
}

function plural(layer: NonNullable<AwsAnswer['layer']>): string {
  return layer === 'identity' ? 'do' : 'does'
}

// ------------------------------------------------------------------------------------------------------ the question

function notAskedBlock({ incomplete }: Question, options: PageOptions): Block {
  if (incomplete.length === 0) return []
  return [
    options.color.strong('Not asked'),
    ...incomplete.flatMap(({ action = 'a permission', lacks }) =>
      listItem(`${action}: ${lacks.map(({ part, why }) => `the ${part} is not known, ${why}`).join('; ')}`, options),
    ),
  ]
}

function originBlock({ origin, operation }: Question, options: PageOptions): Block {
  if (origin.form !== 'cloudtrail') return []
  const id = origin.eventId === undefined ? 'event' : `event ${origin.eventId}`
  const line = origin.line === undefined ? '' : `:${origin.line}`
  return wrap(
    `From ${id} in ${origin.name}${line}${operation === undefined ? '' : `, a call of ${operation}`}.`,
    '',
    options,
  )
}

// -------------------------------------------------------------------------------------------------------------- many

const SECTIONS: readonly (readonly [kind: GroupKind, title: string])[] = [
  ['denied', 'Denied'],
  ['onlyAwsDenies', 'Denied by AWS and allowed by this world: something is missing here or has changed'],
  ['onlyWorldDenies', 'Allowed by AWS and denied by this world: something is missing here or has changed'],
]
const SHOWN_GROUPS = 20
const SHOWN_REASONS = 5

/** @param tell - one sentence or two on the example of a group. */
export function renderGroups(
  grouped: GroupedQuestions,
  tell: (example: Question) => string,
  options: PageOptions,
): string {
  const { groups, notAsked, notUnderstood } = grouped
  const { color } = options
  const blocks: Block[] = [strong(headline(grouped), options)]
  let room = options.allLayers ? groups.length : SHOWN_GROUPS
  for (const [kind, title] of SECTIONS) {
    const ofKind = groups.filter((group) => group.kind === kind)
    if (ofKind.length === 0) continue
    blocks.push(strong(title, options))
    const shown = ofKind.slice(0, room)
    room -= shown.length
    for (const group of shown) blocks.push(groupBlock(group, tell, options))
    const more = ofKind.length - shown.length
    if (more > 0) blocks.push([color.faint(`and ${number(more, 'more group')}; --all-layers shows them`)])
  }
  blocks.push(reasonBlock('Not asked', notAsked, options), reasonBlock('Not understood', notUnderstood, options))
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n')}\n`
}

/** Every request once. */
function headline({ groups, total, allowed, otherRefusals, notAsked, uncounted }: GroupedQuestions): string {
  const isSame = ({ kind }: QuestionGroup): boolean => kind === 'denied'
  const countOf = (some: readonly { readonly count: number }[]): number =>
    some.reduce((sum, { count }) => sum + count, 0)
  const rest = [
    [countOf(groups.filter((group) => !isSame(group))), 'answered otherwise by AWS than by this world'],
    [otherRefusals, 'refused for other reasons than permissions'],
    [countOf(notAsked), 'not asked'],
  ] as const
  const parts = [
    `${countOf(groups.filter(isSame)) + uncounted} denied`,
    `${allowed} allowed`,
    ...rest.flatMap(([count, what]) => (count === 0 ? [] : [`${count} ${what}`])),
  ]
  return `${number(total, 'request')}: ${parts.join(', ')}`
}

const COUNT_WIDTH = 7

function groupBlock(
  { count, cause, action, caller, resource, example, decision }: QuestionGroup,
  tell: (example: Question) => string,
  options: PageOptions,
): Block {
  const { color } = options
  const title = cause === null ? 'allowed here' : `${cause}: ${CAUSES[cause].title}`
  const indent = ' '.repeat(COUNT_WIDTH + 2)
  const line = (text: string): Block => wrap(text, indent, options)
  const { origin } = example
  const event = origin.eventId === undefined ? '' : `event ${origin.eventId} in `
  const [head = '', ...rest] = line(title)
  const heading = `${String(count).padStart(COUNT_WIDTH)}  ${decision === 'allow' ? head.trimStart() : color.error(head.trimStart())}`
  return [
    heading,
    ...rest,
    ...line(`${action} by ${caller}`),
    ...(resource === null ? [] : line(`on ${resource}`)),
    ...line(tell(example)),
    ...(origin.form === 'cloudtrail'
      ? [color.place(`${indent}${escapeTerminal(`${event}${origin.name}:${origin.line ?? 1}`)}`)]
      : []),
  ]
}

function reasonBlock(title: string, all: readonly CountedReason[], options: PageOptions): Block {
  if (all.length === 0) return []
  const more = all.length - SHOWN_REASONS
  const { color } = options
  return [
    color.strong(`${title}: ${all.reduce((sum, { count }) => sum + count, 0)}`),
    ...all.slice(0, SHOWN_REASONS).flatMap(({ reason, count, example }) => {
      const at = example.line === undefined ? example.name : `${example.name}:${example.line}`
      return listItem(`${count} times: ${reason} (first at ${at})`.replace(/^1 times/, 'once'), options)
    }),
    ...(more > 0 ? [color.faint(`  and ${number(more, 'more reason')}`)] : []),
  ]
}

function number(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? '' : 's'}`
}

function strong(text: string, options: PageOptions): Block {
  return wrap(text, '', options).map((line) => options.color.strong(line))
}
