/**
 * Members of values that came from outside, by name and type: what is of another type is not there.
 */

export type Members = Readonly<Record<string, unknown>>

/** Longest text that is taken from a record; an encryption context has 8 KiB in all. */
const MAX_TEXT = 8192

export function asObject(value: unknown): Members | undefined {
  // An object that is no list has members by name, whatever they are.
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : undefined
}

/** Own members alone: a record that lacks one must not be given what every object inherits. */
export function memberOf(object: Members | undefined, name: string): unknown {
  return object !== undefined && Object.hasOwn(object, name) ? object[name] : undefined
}

export function objectIn(object: Members | undefined, name: string): Members | undefined {
  return asObject(memberOf(object, name))
}

/** Undefined also for an empty text, and for one of absurd length. */
export function textIn(object: Members | undefined, name: string): string | undefined {
  const value = memberOf(object, name)
  return typeof value === 'string' && value !== '' && value.length <= MAX_TEXT ? value : undefined
}

export function listIn(object: Members | undefined, name: string): readonly unknown[] {
  const value = memberOf(object, name)
  return Array.isArray(value) ? value : []
}

/** The pairs of texts of an object, such as an encryption context; undefined where it is none. */
export function pairsIn(object: Members | undefined, name: string): Readonly<Record<string, string>> | undefined {
  const given = objectIn(object, name)
  if (given === undefined) return undefined
  const pairs: [string, string][] = []
  for (const [key, text] of Object.entries(given)) if (typeof text === 'string') pairs.push([key, text])
  return Object.fromEntries(pairs)
}
