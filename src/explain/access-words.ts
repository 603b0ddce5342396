/**
 * Access and differences of access as sentences: who may do what on what, and under which conditions.
 *
 * Sentences hold texts of policies and requests as they are; who shows them escapes them.
 */
import type { Access } from '../solve/access.js'
import type { CallerClass } from '../solve/callers.js'
import type { Cube, SolvedCondition } from '../solve/conditions.js'
import type { ScopedResource } from '../solve/scope.js'
import { listed, principalInWords, shortened } from './names.js'

/** What people call a resource: its alias where it has one. */
export type ResourceName = (resource: ScopedResource) => string

/** `role App of account 111122223333 may kms:Decrypt on alias/payments when ...`; without the final stop. */
export function accessClause(access: Access, nameOf: ResourceName = resourceArn): string {
  const { callers, actions, resource, cubes, complete } = access
  const when = conditionsInWords(cubes, complete)
  const on = resource.type === 'none' ? '' : ` on ${nameOf(resource)}`
  return `${callersInWords(callers)} may ${actionsInWords(actions)}${on}${when === undefined ? '' : ` ${when}`}`
}

function resourceArn({ arn }: ScopedResource): string {
  return arn ?? 'no resource'
}

export function callersInWords(callers: readonly CallerClass[]): string {
  return listed(callers.map(callerName), 'and')
}

/** One class of callers. */
export function callerName({ words, principal, kind, standing }: CallerClass): string {
  if (standing === 'stranger' || words !== principal) return words
  return kind === 'service' ? `service ${principal}` : principalInWords(principal)
}

const MANY_ACTIONS = 6

export function actionsInWords(actions: readonly string[]): string {
  if (actions.length <= MANY_ACTIONS) return listed(actions, 'and')
  return `${actions.slice(0, MANY_ACTIONS - 1).join(', ')} and ${actions.length - MANY_ACTIONS + 1} more actions`
}

/**
 * `with an identity policy that allows it when tenant is "a"`, of several ways each with its `or`; undefined where
 * nothing is asked.
 */
export function conditionsInWords(cubes: readonly Cube[], complete: boolean): string | undefined {
  if (cubes.some((cube) => cube.length === 0)) return undefined
  const ways = cubes.map(wayInWords)
  return [...ways, ...(complete ? [] : ['in other ways'])].join(', or ')
}

/** Conditions are never cut short: what is left out would read as more access than there is. */
function wayInWords(cube: Cube): string {
  const besides = cube.filter(({ key }) => key === undefined).map(({ words }) => words.join(' or '))
  const clauses = cube.filter(({ key }) => key !== undefined).map(conditionClause)
  const parts = [listedAll(besides), clauses.length === 0 ? '' : `when ${listedAll(clauses)}`]
  return parts.filter((part) => part !== '').join(' ')
}

function listedAll(parts: readonly string[]): string {
  return parts.length < 2 ? (parts[0] ?? '') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)!}`
}

function conditionClause({ key, words }: SolvedCondition): string {
  return `${key ?? ''} is ${listed(words.map(shortened), 'or')}`
}
