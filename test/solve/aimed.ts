/**
 * Requests aimed at what policies name, and a slow reading of one policy by itself to judge them with.
 *
 * The judge is made of the pieces of the slow interpreter; nothing here knows diagrams or regions.
 */
import type { RequestContext } from '../../src/decide/values.js'
import { conditionsHold } from '../reference/conditions.js'
import { listOf, type Context, type OneOrMany, type PolicyJson, type StatementJson } from '../reference/document.js'
import { actionCovered, resourceCovered } from '../reference/resources.js'

export interface AimedRequest {
  readonly action: string
  /** Undefined: the action takes none. */
  readonly resource: string | undefined
  readonly context: Context
}

/** A context as the program has it, which may have keys that are nothing. */
export function contextOf(given: RequestContext = {}): Context {
  const found: Record<string, NonNullable<Context[string]>> = {}
  for (const [key, value] of Object.entries(given)) if (value !== undefined && value !== null) found[key] = value
  return found
}

const nothing = (): void => undefined

/** Whether somebody who has this policy and no other is allowed, on something without a policy of its own. */
export function allowsAlone(policy: PolicyJson, { action, resource, context }: AimedRequest): boolean {
  const version = policy.Version ?? '2008-10-17'
  const statements = statementsOf(policy).filter(
    (statement) =>
      actionCovered(statement, action, nothing) &&
      resourceCovered(statement, version, resource, context, nothing) &&
      conditionsHold(statement.Condition, version, context),
  )
  return statements.some(({ Effect }) => Effect === 'Allow') && !statements.some(({ Effect }) => Effect === 'Deny')
}

/** The same numbers in every run. */
export class Dice {
  constructor(private state: number) {}

  below(limit: number): number {
    this.state = (Math.imul(this.state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((this.state / 2 ** 32) * limit)
  }

  of<T>(values: readonly T[]): T {
    const found = values[this.below(values.length)]
    if (found === undefined && values.length === 0) throw new Error('nothing to choose from')
    return found as T
  }
}

/** A text that a pattern matches, or nearly so: wildcards filled with little, with more, or with pieces of other patterns. */
function filled(pattern: string, dice: Dice, pieces: readonly string[] = []): string {
  const inserts = ['', 'x', 'ab', ...pieces]
  const plain = pattern.replaceAll(/\$\{[*?$]\}/g, (whole) => whole.charAt(2)).replaceAll(/\$\{[^}]*\}/g, 'x')
  const text = plain.replaceAll('*', () => dice.of(inserts)).replaceAll('?', () => dice.of(['x', 'a', '7']))
  return dice.below(8) === 0 ? text.slice(0, -1) : text
}

/** The words between the wildcards of patterns. */
function piecesOf(patterns: readonly string[]): readonly string[] {
  return [...new Set(patterns.flatMap((pattern) => pattern.split(/[*?]/)))].filter((piece) => /^[^:${}]+$/.test(piece))
}

/** What several policies name, as a source of requests. */
export class Aim {
  private readonly actions: readonly string[]
  private readonly resources: readonly string[]
  private readonly keys = new Map<string, string[]>()

  /** @param isAsked - condition keys that a request may have as it likes. */
  constructor(
    policies: readonly PolicyJson[],
    private readonly dice: Dice,
    isAsked: (key: string) => boolean = () => true,
  ) {
    const statements = policies.flatMap(statementsOf)
    const all = (member: (statement: StatementJson) => OneOrMany<string> | undefined): readonly string[] => [
      ...new Set(statements.flatMap((statement) => listOf(member(statement)))),
    ]
    this.actions = [...all(({ Action }) => Action), ...all(({ NotAction }) => NotAction)]
    this.resources = [...all(({ Resource }) => Resource), ...all(({ NotResource }) => NotResource)]
    for (const { Condition = {} } of statements) {
      for (const block of Object.values(Condition)) {
        for (const [key, values] of Object.entries(block)) {
          if (!isAsked(key)) continue
          const known = this.keys.get(key)
          if (known === undefined) this.keys.set(key, listOf(values).map(String))
          else known.push(...listOf(values).map(String))
        }
      }
    }
  }

  request(): AimedRequest {
    const { dice } = this
    const pattern = dice.of(this.actions)
    const action = pattern === '*' ? 'kms:Decrypt' : filled(pattern, dice, ['List', 'Get'])
    const resource = dice.below(8) === 0 ? undefined : this.resource()
    return { action, resource, context: this.context() }
  }

  private resource(): string {
    const { dice } = this
    const pattern = dice.of(this.resources)
    if (pattern === '*') return 'arn:aws:s3:::anything'
    const fields = pattern.split(':')
    const [head, tail] = [fields.slice(0, 5).join(':'), fields.slice(5).join(':')]
    return `${filled(head, dice, ['aws', 'eu-west-1', '111122223333'])}:${filled(tail, dice, ['key/', 'role/x'])}`
  }

  context(): Context {
    const { dice } = this
    const found: Record<string, string> = {}
    for (const [key, values] of this.keys) {
      if (dice.below(4) === 0) continue
      const value = dice.below(4) === 0 ? 'other' : filled(dice.of(values), dice, piecesOf(values))
      if (value !== '') found[key] = value
    }
    return found
  }
}

export function statementsOf({ Statement }: PolicyJson): readonly StatementJson[] {
  return 'Effect' in Statement ? [Statement] : Statement
}
