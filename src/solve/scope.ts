/**
 * What a symbolic question is about: worlds, callers, actions, resources and what is known of the request.
 */
import { KMS_ACTIONS } from '../aws/actions.js'
import { isCheckedWithoutKey } from '../aws/action.js'
import { DEFAULT_OPTIONS, type DecisionOptions } from '../decide/options.js'
import type { RequestContext } from '../decide/values.js'
import type { Snapshot } from '../graph/world.js'
import { parseAliasArn, parseKeyArn } from '../text/arn.js'
import { compileGlob } from '../text/glob.js'
import { Unanswerable } from './budget.js'
import type { CallerScope } from './callers.js'

/** A world and the readings by which it decides. Worlds of one question share their GraphTables. */
export interface SolveWorld {
  readonly snapshot: Snapshot
  /** The recommended ones where left out. */
  readonly options?: Partial<DecisionOptions>
}

export interface SolveScope extends CallerScope {
  /** KMS permissions, `kms:Decrypt` or patterns such as `kms:*Key*`; left out, all of them. */
  readonly actions?: readonly string[]
  /**
   * ARNs of keys and aliases; left out, all of the worlds' and, for actions that have none, no resource.
   * `none` stands for "no resource".
   */
  readonly resources?: readonly string[]
  /** Condition keys that are known; null: the request does not have the key. */
  readonly context?: RequestContext
  /**
   * `any`, when left out: sessions may have been made with any session policies, which then limit them. `none`: without
   * any.
   */
  readonly sessionPolicies?: 'any' | 'none'
}

export interface ScopedResource {
  /** `other`: of a service other than KMS, in a comparison of bare policies. */
  readonly type: 'key' | 'alias' | 'none' | 'other'
  /** Undefined for `none`. */
  readonly arn: string | undefined
}

export interface ScopedAction {
  readonly name: string
  readonly bit: number
}

const NO_RESOURCE = 'none'

export function optionsOf({ options }: SolveWorld): DecisionOptions {
  return { ...DEFAULT_OPTIONS, ...options }
}

export function scopedResources(worlds: readonly SolveWorld[], scope: SolveScope): readonly ScopedResource[] {
  if (scope.resources !== undefined) {
    return scope.resources.map((arn): ScopedResource => {
      if (arn === NO_RESOURCE) return { type: 'none', arn: undefined }
      if (parseKeyArn(arn) !== undefined) return { type: 'key', arn }
      if (parseAliasArn(arn) !== undefined) return { type: 'alias', arn }
      throw new Unanswerable(`\`${arn}\` is the ARN of no key and no alias`)
    })
  }
  const keys = new Set<string>()
  const aliases = new Set<string>()
  for (const { snapshot } of worlds) {
    for (const [arn] of snapshot.keys.entries()) keys.add(arn)
    for (const [arn] of snapshot.aliases.entries()) aliases.add(arn)
  }
  return [
    ...[...keys].map((arn): ScopedResource => ({ type: 'key', arn })),
    ...[...aliases].map((arn): ScopedResource => ({ type: 'alias', arn })),
    { type: 'none', arn: undefined },
  ]
}

/** The actions of the scope that are authorised on a resource of this type. */
export function scopedActions({ actions }: SolveScope, type: ScopedResource['type']): readonly ScopedAction[] {
  if (type === 'other') return []
  const patterns = (actions ?? ['*']).map((pattern) => compileGlob(pattern, { ignoreCase: true }))
  const found: ScopedAction[] = []
  for (const [bit, { name, resources }] of KMS_ACTIONS.entries()) {
    const fits = type === 'none' ? resources.length === 0 || isCheckedWithoutKey(name) : resources.includes(type)
    if (fits && patterns.some((pattern) => pattern.matches(name))) found.push({ name, bit })
  }
  return found
}

/** An action that is misspelt must not look like one that nobody may do. */
export function checkActions({ actions = [] }: SolveScope): void {
  for (const pattern of actions) {
    const glob = compileGlob(pattern, { ignoreCase: true })
    if (!KMS_ACTIONS.some(({ name }) => glob.matches(name))) {
      throw new Unanswerable(`no KMS permission is called \`${pattern}\``)
    }
  }
}
