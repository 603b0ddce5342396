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
  const { callers, actions, resource, complete } = access
  const { on, cubes } = placed(access, nameOf)
  const when = conditionsInWords(cubes, complete)
  const where = resource.type === 'none' && on === '' ? '' : ` on ${on}`
  return `${callersInWords(callers)} may ${actionsInWords(actions)}${where}${when === undefined ? '' : ` ${when}`}`
}

const OF_RESOURCE = 'the resource is '

/** Where all ways are about the same resources, these are what it is on, and no condition. */
function placed(
  { resource, cubes }: Access,
  nameOf: ResourceName,
): { readonly on: string; readonly cubes: readonly Cube[] } {
  const named = cubes.map((cube) =>
    cube.filter(isOfResource).map(({ words }) => words.join(' or ').slice(OF_RESOURCE.length)),
  )
  const [first = []] = named
  const [on] = first
  if (on === undefined || named.some((each) => each.length !== 1 || each[0] !== on)) {
    return { on: resource.arn === undefined ? '' : nameOf(resource), cubes }
  }
  return { on, cubes: cubes.map((cube) => cube.filter((condition) => !isOfResource(condition))) }
}

function isOfResource({ key, words }: SolvedCondition): boolean {
  return key === undefined && words.every((word) => word.startsWith(OF_RESOURCE))
}

function resourceArn({ arn }: ScopedResource): string {
  return arn ?? 'no resource'
}

function callersInWords(callers: readonly CallerClass[]): string {
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

const ELEMENTS = /^(one|none) of the values is /

function conditionClause({ key = '', words }: SolvedCondition): string {
  const [only = ''] = words
  if (words.length === 1 && ELEMENTS.test(only)) return only.replace('of the values is', `of the values of ${key} is`)
  if (words.length === 1 && only === 'several values') return `${key} has several values`
  return `${key} is ${listed(
    words.map((word) => (word === '' ? 'empty' : shortened(word))),
    'or',
  )}`
}
