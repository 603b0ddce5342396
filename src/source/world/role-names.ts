/**
 * The roles of a world by the name that their sessions show: a session's ARN has the name without the path.
 */
import type { AskedWorld } from './world.js'

const known = new WeakMap<AskedWorld, ReadonlyMap<string, string>>()

/** `account/name` -> role ARN; of two roles of one name the later one, as in the decision graph. */
export function rolesByName(world: AskedWorld): ReadonlyMap<string, string> {
  let roles = known.get(world)
  if (roles === undefined) {
    roles = new Map(namesOf(world.principals.keys()))
    known.set(world, roles)
  }
  return roles
}

function* namesOf(arns: Iterable<string>): Generator<readonly [name: string, arn: string]> {
  for (const arn of arns) {
    const name = roleName(arn)
    if (name !== undefined) yield [name, arn]
  }
}

/** `account/name` of the ARN of a role of a world; undefined for that of a user. */
export function roleName(arn: string): string | undefined {
  const at = arn.indexOf(':role/')
  return at < 0
    ? undefined
    : `${arn.slice(arn.lastIndexOf(':', at - 1) + 1, at)}/${arn.slice(arn.lastIndexOf('/') + 1)}`
}
