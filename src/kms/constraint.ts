/**
 * Reads one member of an input and says what is wrong with it in AWS's words.
 *
 * A value of the wrong type is no constraint failure: AWS cannot read such a request at all, and answers
 * SerializationException. Values that are secret or bytes are never quoted.
 *
 * Source: kms-behaviour 1; KMS API Reference, "Common Errors".
 */
import type { Result } from '../text/source.js'

export interface InputFault {
  readonly code: 'ValidationException' | 'SerializationException'
  readonly message: string
}

export type Validated<T> = Result<T, InputFault>

type Members = Readonly<Record<string, unknown>>

/** More than somebody reads; a list of a million bad entries is one error like any other. */
const MAX_LISTED = 20
const MAX_QUOTED = 2048

/** What is wrong with one input; holds nothing while nothing is. */
export class Faults {
  private constraints: string[] | undefined
  private constraintCount = 0
  private unreadable: string | undefined

  /** The member breaks a constraint; `value` is undefined where it must not be shown. */
  constraint(path: string, value: string | undefined, must: string): void {
    this.constraintCount++
    this.constraints ??= []
    if (this.constraints.length >= MAX_LISTED) return
    const shown = value === undefined ? 'Value' : value === NULL ? 'Value null' : `Value '${shortened(value)}'`
    this.constraints.push(`${shown} at '${path}' failed to satisfy constraint: Member must ${must}`)
  }

  /** The member has a type that the API does not have there. */
  wrongType(path: string, wanted: string): void {
    this.unreadable ??= `the member '${path}' is not ${wanted}`
  }

  get(): InputFault | undefined {
    if (this.unreadable !== undefined) return { code: 'SerializationException', message: this.unreadable }
    if (this.constraints === undefined) return undefined
    const counted = `${this.constraintCount} validation error${this.constraintCount === 1 ? '' : 's'} detected: `
    return { code: 'ValidationException', message: counted + this.constraints.join('; ') }
  }
}

/** Stands for a value that is not there, which AWS writes without quotes. */
const NULL = Symbol('null').toString()

function shortened(value: string): string {
  return value.length <= MAX_QUOTED ? value : `${value.slice(0, MAX_QUOTED)}...`
}

export function finish<T>(faults: Faults, read: { readonly [M in keyof T]: T[M] | undefined }): Validated<T> {
  const error = faults.get()
  // Without faults, every member that must be there is.
  return error === undefined ? { ok: true, value: read as T } : { ok: false, error }
}

const NOTHING: Members = {}

export function membersOf(faults: Faults, given: unknown): Members {
  if (given === undefined || given === null) return NOTHING
  if (isMembers(given)) return given
  faults.wrongType('input', 'an object')
  return NOTHING
}

export function structure(faults: Faults, given: unknown, path: string): Members | undefined {
  if (given === undefined || given === null) return undefined
  if (isMembers(given)) return given
  faults.wrongType(path, 'an object')
  return undefined
}

function isMembers(given: unknown): given is Members {
  return typeof given === 'object' && given !== null && !Array.isArray(given) && !ArrayBuffer.isView(given)
}

/** Whether there is no value; says so where there has to be one. */
function isMissing(faults: Faults, value: unknown, path: string, required: boolean): value is undefined | null {
  if (value !== undefined && value !== null) return false
  if (required) faults.constraint(path, NULL, 'not be null')
  return true
}

export function text(
  faults: Faults,
  value: unknown,
  path: string,
  required: boolean,
  min: number,
  max: number,
  pattern?: Pattern,
  sensitive = false,
): string | undefined {
  if (isMissing(faults, value, path, required)) return undefined
  if (typeof value !== 'string') {
    faults.wrongType(path, 'a string')
    return undefined
  }
  checkText(faults, value, path, min, max, pattern, sensitive)
  return value
}

function checkText(
  faults: Faults,
  value: string,
  path: string,
  min: number,
  max: number,
  pattern: Pattern | undefined,
  sensitive: boolean,
): void {
  const shown = sensitive ? undefined : value
  if (value.length > max) faults.constraint(path, shown, `have length less than or equal to ${max}`)
  if (value.length < min) faults.constraint(path, shown, `have length greater than or equal to ${min}`)
  if (pattern?.whole.test(value) === false) {
    faults.constraint(path, shown, `satisfy regular expression pattern: ${pattern.source}`)
  }
}

/** A pattern of the API model: as it is written there, and for the whole of a text. */
interface Pattern {
  readonly source: string
  readonly whole: RegExp
}

/** All patterns of the model are linear, and constants of this program. */
export function patternOf(source: string): Pattern {
  return { source, whole: new RegExp(`^(?:${source})$`) }
}

/** One of the values of an enum. */
export function choice<T extends string>(
  faults: Faults,
  value: unknown,
  path: string,
  required: boolean,
  values: ReadonlySet<string>,
): T | undefined {
  if (isMissing(faults, value, path, required)) return undefined
  if (typeof value !== 'string') {
    faults.wrongType(path, 'a string')
    return undefined
  }
  if (!values.has(value)) {
    faults.constraint(path, value, `satisfy enum value set: [${[...values].join(', ')}]`)
    return undefined
  }
  // `values` are those of T.
  return value as T
}

export function bytes(
  faults: Faults,
  value: unknown,
  path: string,
  required: boolean,
  min: number,
  max: number,
): Uint8Array | undefined {
  if (isMissing(faults, value, path, required)) return undefined
  if (!(value instanceof Uint8Array)) {
    faults.wrongType(path, 'bytes, which are base64 in JSON and a Uint8Array in a program')
    return undefined
  }
  if (value.length > max) faults.constraint(path, undefined, `have length less than or equal to ${max}`)
  if (value.length < min) faults.constraint(path, undefined, `have length greater than or equal to ${min}`)
  return value
}

export function flag(faults: Faults, value: unknown, path: string, required: boolean): boolean | undefined {
  if (isMissing(faults, value, path, required)) return undefined
  if (typeof value === 'boolean') return value
  faults.wrongType(path, 'a boolean')
  return undefined
}

export function integer(
  faults: Faults,
  value: unknown,
  path: string,
  required: boolean,
  min: number,
  max: number,
): number | undefined {
  if (isMissing(faults, value, path, required)) return undefined
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) {
    faults.wrongType(path, 'a whole number')
    return undefined
  }
  if (value > max) faults.constraint(path, String(value), `have value less than or equal to ${max}`)
  if (value < min) faults.constraint(path, String(value), `have value greater than or equal to ${min}`)
  return value
}

export function moment(faults: Faults, value: unknown, path: string, required: boolean): Date | undefined {
  if (isMissing(faults, value, path, required)) return undefined
  if (value instanceof Date && !Number.isNaN(value.getTime())) return new Date(value.getTime())
  faults.wrongType(path, 'a point in time, which is seconds since 1970 in JSON and a valid Date in a program')
  return undefined
}

/** A map of texts to texts, copied: what is authorized is what is used, whatever becomes of the caller's object. */
export function pairs(
  faults: Faults,
  value: unknown,
  path: string,
  required: boolean,
): Readonly<Record<string, string>> | undefined {
  if (isMissing(faults, value, path, required)) return undefined
  if (!isMembers(value)) {
    faults.wrongType(path, 'an object')
    return undefined
  }
  const copy: Members = { ...value }
  for (const key in copy) {
    if (typeof copy[key] === 'string') continue
    faults.wrongType(path, 'a map of strings')
    return undefined
  }
  // Every value has just been seen to be a text.
  return copy as Readonly<Record<string, string>>
}

function list(
  faults: Faults,
  value: unknown,
  path: string,
  required: boolean,
  min: number,
  max: number,
): readonly unknown[] | undefined {
  if (isMissing(faults, value, path, required)) return undefined
  if (!Array.isArray(value)) {
    faults.wrongType(path, 'a list')
    return undefined
  }
  const items: readonly unknown[] = value
  if (items.length > max) faults.constraint(path, shownList(items), `have length less than or equal to ${max}`)
  if (items.length < min) faults.constraint(path, shownList(items), `have length greater than or equal to ${min}`)
  return items
}

function shownList(items: readonly unknown[]): string {
  const shown = items.slice(0, MAX_LISTED).map((item) => (typeof item === 'string' ? shortened(item) : '...'))
  return `[${shown.join(', ')}${items.length > MAX_LISTED ? ', ...' : ''}]`
}

function itemPath(path: string, index: number): string {
  return `${path}.${index + 1}.member`
}

export function texts(
  faults: Faults,
  value: unknown,
  path: string,
  required: boolean,
  min: number,
  max: number,
  itemMin: number,
  itemMax: number,
): readonly string[] | undefined {
  return list(faults, value, path, required, min, max)?.map(
    (item, index) => text(faults, item, itemPath(path, index), true, itemMin, itemMax) ?? '',
  )
}

export function choices<T extends string>(
  faults: Faults,
  value: unknown,
  path: string,
  required: boolean,
  min: number,
  max: number,
  values: ReadonlySet<string>,
): readonly T[] | undefined {
  return list(faults, value, path, required, min, max)?.flatMap(
    (item, index) => choice<T>(faults, item, itemPath(path, index), true, values) ?? [],
  )
}

export function structures<T>(
  faults: Faults,
  value: unknown,
  path: string,
  required: boolean,
  min: number,
  max: number,
  read: (faults: Faults, given: unknown, path: string) => T | undefined,
): readonly T[] | undefined {
  return list(faults, value, path, required, min, max)?.flatMap((item, index) => {
    if (isMissing(faults, item, itemPath(path, index), true)) return []
    return read(faults, item, itemPath(path, index)) ?? []
  })
}
