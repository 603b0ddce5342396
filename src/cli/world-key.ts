/**
 * The key of a world that `--key` names, by an alias, an id or an ARN.
 */
import { nameResolver } from '../source/asked/name-resolver.js'
import type { AskedWorld } from '../source/world/world.js'
import { quote } from '../text/escape.js'
import type { Result } from '../text/source.js'
import { readFlags } from './why-flags.js'
import type { AskOptions } from './why-options.js'
import { oneOf, type AskFailure } from './why-questions.js'
import { openedWorld } from './why-world.js'

export function keyOfWorld(
  options: AskOptions,
  warn: (message: string) => void,
): Result<{ readonly world: AskedWorld; readonly arn: string }, AskFailure> {
  if (options.world === undefined) return { ok: false, error: 'a key is known in a world; give `--world DIR`' }
  const flags = readFlags(options.key === undefined ? {} : { key: options.key })
  if (!flags.ok) return flags
  const world = openedWorld(options.world, options, warn)
  if (!world.ok) return world
  const { keys, aliases, accounts, principals } = world.value
  const named = [...keys.values()].map(({ arn, properties }) => ({
    arn,
    ...(properties.aliases === undefined ? {} : { aliases: properties.aliases }),
  }))
  const names = nameResolver({ principals: principals.keys(), keys: named, accounts: accounts.keys() })
  const found = oneOf(flags.value, flags.value.resource, (term) => names.resources(term), 'key or alias')
  if (!found.ok) return found
  const arn = aliases.get(found.value ?? '') ?? found.value
  if (arn === undefined || !keys.has(arn)) {
    return { ok: false, error: `the world has no key ${quote(options.key ?? '', 160)}` }
  }
  return { ok: true, value: { world: world.value, arn } }
}
