/**
 * Ways through a diagram as conditions that people can read: which values each condition key may have.
 */
import { conditionKeyInfo } from '../aws/condition-key.js'
import type { SlotValue } from '../graph/atom.js'
import type { GraphTables } from '../graph/tables.js'
import { LITERAL } from '../graph/template-value.js'
import { NO, YES, type DiagramId, type WayStep } from './diagram.js'
import type { OpaqueTest, OpaqueTests } from './question.js'
import { describeRegion } from './region.js'
import type { SlotVariable, Space } from './space.js'

/** What one condition key, or something else that a request says, must be. */
export interface SolvedCondition {
  /** The documented spelling; undefined where it is no condition key. */
  readonly key: string | undefined
  /** Samples of what it may be; undefined: the request does not have the key. */
  readonly values: readonly SlotValue[]
  /** Clauses of which one must hold, such as "absent" or "any value but `a`". */
  readonly words: readonly string[]
}

/** All conditions of a cube hold together. An empty cube: whatever the request says. */
export type Cube = readonly SolvedCondition[]

/** A variable that is no part of the space. */
export interface OtherVariable {
  readonly level: number
  readonly condition: (values: readonly number[]) => SolvedCondition
}

/**
 * @param real - the requests that there can be; what none of them has is not told.
 * @returns the cubes and whether there are more.
 */
export function cubesOf(
  space: Space,
  opaque: OpaqueTests,
  node: DiagramId,
  limit: number,
  { other, real = YES }: { readonly other?: OtherVariable; readonly real?: DiagramId } = {},
): { readonly cubes: readonly Cube[]; readonly complete: boolean } {
  const ways = space.diagrams.ways(node, limit + 1)
  const cubes = ways.slice(0, limit).map((way) =>
    way.flatMap(({ level, values }): SolvedCondition[] => {
      if (level === other?.level) return [other.condition(values)]
      const found = space.at(level)
      if (typeof found === 'number') {
        const told = opaqueWords(opaque.get(found), values.includes(1), space.tables)
        return [{ key: undefined, values: [], words: [told] }]
      }
      return level === found.level
        ? [choiceCondition(space, found, realChoices(space, way, found, values, real))]
        : elementCondition(space, found, level, values)
    }),
  )
  return { cubes, complete: ways.length <= limit }
}

/** The documented spelling of a condition key. */
export function displayKey(name: string): string {
  const pattern = conditionKeyInfo(name)?.pattern
  if (pattern === undefined) return name
  const brace = pattern.indexOf('{')
  return brace < 0 ? pattern : pattern.slice(0, brace) + name.slice(brace)
}

function choiceCondition(space: Space, variable: SlotVariable, choices: readonly number[]): SolvedCondition {
  return {
    key: displayKey(space.tables.slotName(variable.slot)),
    values: choices.map((choice) => variable.choices[choice]),
    words: choicesInWords(variable, choices),
  }
}

const ABSENT = 0

/** Without the absent key, or several values, where no request of this way is such. */
function realChoices(
  { diagrams }: Space,
  way: readonly WayStep[],
  { level, several }: SlotVariable,
  choices: readonly number[],
  real: DiagramId,
): readonly number[] {
  const asked = choices.filter((choice) => choice === ABSENT || choice === several)
  if (real === YES || asked.length === 0 || asked.length === choices.length) return choices
  const others = way
    .filter((step) => step.level !== level)
    .map((step) => diagrams.test(step.level, (value) => step.values.includes(value)))
  const there = diagrams.all([real, ...others])
  const isReal = (choice: number): boolean =>
    diagrams.and(
      there,
      diagrams.test(level, (value) => value === choice),
    ) !== NO
  const left = choices.filter((choice) => !asked.includes(choice) || isReal(choice))
  return left.length === 0 ? choices : left
}

/** What is "any other value" beside values that are left out is told by these: nobody could guess them. */
function choicesInWords(variable: SlotVariable, choices: readonly number[]): readonly string[] {
  const words = choices.map((choice) => choiceWords(variable, choice))
  if (!words.some(isOther)) return words
  const leftOut = variable.choices.flatMap((_, choice) =>
    choices.includes(choice) || choice === ABSENT ? [] : [choice],
  )
  const but = leftOut.map((choice) => choiceWords(variable, choice))
  if (but.length > MAX_LEFT_OUT || but.some(isOther)) return words
  const value = but.length === 0 ? 'any value' : `any value but ${but.join(' and ')}`
  return choices.includes(ABSENT) ? ['absent', value] : [value]
}

const MAX_LEFT_OUT = 4

function isOther(words: string): boolean {
  return words.includes('other')
}

function choiceWords(variable: SlotVariable, choice: number): string {
  if (choice === ABSENT) return 'absent'
  if (choice === variable.several) return 'several values'
  const region = variable.regions[choice - 1]
  const words = region === undefined ? '' : describeRegion(region, variable.tests, variable.domain)
  return words === '' ? 'empty' : words
}

function elementCondition(
  space: Space,
  variable: SlotVariable,
  level: number,
  values: readonly number[],
): SolvedCondition[] {
  const region = variable.regions[level - variable.elementLevel]
  if (region === undefined || values.length > 1) return []
  const described = describeRegion(region, variable.tests, variable.domain)
  const told = described === '' ? 'empty' : described
  const words = [values.includes(1) ? `one of the values is ${told}` : `none of the values is ${told}`]
  return [{ key: displayKey(space.tables.slotName(variable.slot)), values: [region.sample], words }]
}

function opaqueWords({ about }: OpaqueTest, holds: boolean, tables: GraphTables): string {
  switch (about.kind) {
    case 'identity':
      return holds ? 'with an identity policy that allows it' : 'without an identity policy that allows it'
    case 'session':
      return holds ? 'with no session policy that leaves it out' : 'with a session policy that leaves it out'
    case 'grantToken':
      return holds ? `with the token of grant ${about.grantId}` : `without the token of grant ${about.grantId}`
    case 'grantToRetire':
      return holds ? `to retire grant ${about.grantId}` : `not to retire grant ${about.grantId}`
    case 'grantContext': {
      const pairs = Object.entries(about.pairs).map(([key, value]) => `${key}=${value}`)
      return `${holds ? 'with' : 'without'} the encryption context ${about.exactly ? 'exactly ' : ''}${pairs.join(', ')}`
    }
    case 'grantChild':
      return `for a grant that grant ${about.grantId} ${holds ? 'permits' : 'does not permit'}`
    case 'pattern': {
      const [slot] = about.slots
      const { atom } = about
      const key = slot === undefined ? 'the resource' : displayKey(tables.slotName(slot))
      if (atom === undefined) return `the resource ${holds ? 'matches' : 'does not match'} a pattern with ${key}`
      const values = tables.atom(atom).marked.map((value) => `\`${value.slice(LITERAL.length)}\``)
      return `${key} ${holds ? 'passes' : 'fails'} a test against ${values.join(', ')}`
    }
  }
}
