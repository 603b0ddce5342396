/**
 * Requests that were good once: another value, another shape, other bytes, another frame. The same ones for the same seed.
 */
import { FORM_TYPE, JSON_TYPE, type Unsigned } from './wire.js'

type Dice = () => number

const LONG = 'x'.repeat(9000)
const TEXTS = [
  '',
  ' ',
  '*',
  '/',
  '..',
  '\0',
  'null',
  'true',
  '0',
  '-1',
  '{}',
  '[]',
  '${aws:username}',
  '%00',
  '\u202e',
  '🗝',
  'ß',
  'constructor',
  '__proto__',
  'toString',
  'alias/',
  'alias/aws/s3',
  'alias/*',
  'arn:aws:kms:::key/',
  'mrk-',

  'arn:aws:kms:us-east-1:111122223333:key/*',
  'arn:aws:iam::111122223333:root',
  'SYMMETRIC_DEFAULT',
  'ECC_NIST_P256',
  'us-east-1',
  '1234abcd-12ab-34cd-56ef-1234567890ab',
  'AA==',
  '=',
  'A',
  '!!!!',
  '2026-01-01T00:00:00Z',
  LONG,
  '\\'.repeat(2000),
  '"'.repeat(2000),
]
const NUMBERS = [0, -0, -1, 1, 0.5, 1e-9, 1e308, 2 ** 31, 2 ** 32, 2 ** 53, -(2 ** 63), 1_000_000]
const SHAPES: readonly unknown[] = [null, true, false, [], {}, [null], [[]], { a: { b: {} } }, [{}, {}]]
const TYPES = [
  'application/json',
  'text/plain',
  `${JSON_TYPE}; charset=utf-16`,
  FORM_TYPE,
  'multipart/form-data',
  '',
  '*/*',
]
const METHODS = ['POST', 'GET', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE']
const PATHS = [
  '/',
  '//',
  '/kms',
  '/../',
  '/%00',
  '/?',
  '/?Action=GetCallerIdentity&Version=2011-06-15',
  '/?X-Amz-Expires=1',
]
const REGIONS = ['us-east-1', 'eu-west-1', 'cn-north-1', 'us-gov-west-1', 'mars', 'us-east-1-', 'x'.repeat(64)]
const HEADERS: readonly (readonly [string, string])[] = [
  ['X-Amz-Security-Token', 'nonsense'],
  ['X-Amz-Content-Sha256', 'UNSIGNED-PAYLOAD'],
  ['X-Forwarded-For', '10.0.0.1, ::1, nonsense'],
  ['X-Forwarded-Proto', 'https'],
  ['X-Amz-Source-Arn', 'arn:aws:iam::111122223333:root'],
  ['Content-Encoding', 'gzip'],
  ['Connection', 'upgrade'],
  ['Upgrade', 'h2c'],
  ['Accept', 'text/html'],
  ['User-Agent', `\xff${LONG.slice(0, 2000)}`],
  ['Cookie', 'a=b'],
]

export function mutantOf(seeds: readonly Unsigned[], index: number, dice: Dice): Unsigned {
  // Each of them in its turn, so that none is left out.
  const seed = seeds[index % seeds.length]!
  const kind = dice()
  const changed = kind < 0.72 ? otherValue(seed, seeds, dice) : kind < 0.82 ? otherBytes(seed, dice) : seed
  return kind >= 0.82 || dice() < 0.05 ? otherFrame(changed, seeds, dice) : changed
}

// ------------------------------------------------------------------------------------------------------------ values

interface Place {
  readonly holder: Record<string, unknown> | unknown[]
  readonly key: string
}

function otherValue(seed: Unsigned, seeds: readonly Unsigned[], dice: Dice): Unsigned {
  const text = String(seed.body)
  if (seed.service === 'sts') return { ...seed, body: otherForm(text, dice) }
  const root: unknown[] = [JSON.parse(text)]
  for (let count = dice() < 0.8 ? 1 : 2; count > 0; count--) changeOne(root, seeds, dice)
  const body = JSON.stringify(root[0] ?? null)
  return { ...seed, body: dice() < 0.05 ? twice(body, dice) : body }
}

function changeOne(root: unknown[], seeds: readonly Unsigned[], dice: Dice): void {
  const places = placesIn(root)
  // Seldom the whole of it.
  const { holder, key } = places[Math.ceil(dice() * (places.length - 1))] ?? { holder: root, key: '0' }
  const before: unknown = Reflect.get(holder, key)
  const kind = dice()
  if (kind < 0.1) Reflect.deleteProperty(holder, key)
  else if (kind < 0.35) Reflect.set(holder, key, namesake(key, seeds, dice) ?? pick(TEXTS, dice))
  else if (kind < 0.6) Reflect.set(holder, key, ofItsKind(before, dice))
  else if (kind < 0.7) Reflect.set(holder, key, pick(TEXTS, dice))
  else if (kind < 0.75) Reflect.set(holder, key, pick(NUMBERS, dice))
  else if (kind < 0.8) Reflect.set(holder, key, structuredClone(pick(SHAPES, dice)))
  else if (kind < 0.85)
    Reflect.set(
      holder,
      key,
      Array.from({ length: 1 + Math.floor(dice() * 200) }, () => before),
    )
  else if (kind < 0.9) Reflect.set(holder, key, nested(before, Math.floor(dice() * 400)))
  else if (kind < 0.95) {
    Object.defineProperty(holder, pick(TEXTS, dice), { value: before, enumerable: true, configurable: true })
  } else Reflect.set(holder, key, partOf(pick(seeds, dice), dice))
}

/** What stands under this name in another request. */
function namesake(name: string, seeds: readonly Unsigned[], dice: Dice): unknown {
  const found = seeds
    .filter(({ service }) => service !== 'sts')
    .flatMap(({ body }) => Object.entries(JSON.parse(String(body)) as object))
    .filter(([known]) => known === name)
    .map(([, value]) => value as unknown)
  return structuredClone(pick(found, dice))
}

function ofItsKind(before: unknown, dice: Dice): unknown {
  if (typeof before === 'string') return dice() < 0.5 ? changedText(before, dice) : pick(TEXTS, dice)
  if (typeof before === 'number') return pick(NUMBERS, dice)
  return structuredClone(pick(SHAPES, dice))
}

function placesIn(root: unknown[]): readonly Place[] {
  const places: Place[] = []
  const open: (readonly [value: unknown, depth: number])[] = [[root, 0]]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [value, depth] = next
    if (typeof value !== 'object' || value === null || depth > 8) continue
    for (const key of Object.keys(value)) {
      places.push({ holder: value as Place['holder'], key })
      open.push([Reflect.get(value, key), depth + 1])
    }
  }
  return places
}

/** Of another request, so that what is good elsewhere stands where it is not. */
function partOf(seed: Unsigned, dice: Dice): unknown {
  if (seed.service === 'sts') return 'arn:aws:iam::111122223333:role/App'
  return structuredClone(pick(Object.values(JSON.parse(String(seed.body)) as object), dice)) as unknown
}

function nested(value: unknown, depth: number): unknown {
  let all = value
  for (let level = 0; level < depth; level++) all = level % 2 === 0 ? [all] : { a: all }
  return all
}

function changedText(text: string, dice: Dice): string {
  const at = Math.floor(dice() * text.length)
  const kind = dice()
  if (kind < 0.3) return text.slice(0, at) + text.slice(at + 1)
  if (kind < 0.6) return text.slice(0, at) + String.fromCharCode(Math.floor(dice() * 0x300)) + text.slice(at)
  if (kind < 0.8) return text.slice(0, at)
  return text.toLowerCase() === text ? text.toUpperCase() : text.toLowerCase()
}

/** A member that is there a second time. */
function twice(body: string, dice: Dice): string {
  const value: unknown = JSON.parse(body)
  if (typeof value !== 'object' || value === null) return body
  const members: readonly (readonly [string, unknown])[] = Object.entries(value)
  const [name, first] = members.length === 0 ? ['a', 1] : pick(members, dice)
  return `${body.slice(0, -1)},${JSON.stringify(name)}:${JSON.stringify(first) ?? 'null'}${body.slice(-1)}`
}

function otherForm(text: string, dice: Dice): string {
  const fields = [...new URLSearchParams(text)]
  const field = pick(fields, dice)
  const kind = dice()
  if (field === undefined || kind < 0.3) return `${text}&${encodeURIComponent(pick(TEXTS, dice))}=${LONG.slice(0, 100)}`
  const at = fields.indexOf(field)
  if (kind < 0.45) fields.splice(at, 1)
  else if (kind < 0.55) fields.push(field)
  else fields[at] = [field[0], kind < 0.8 ? pick(TEXTS, dice) : changedText(field[1], dice)]
  return new URLSearchParams(fields).toString()
}

// ------------------------------------------------------------------------------------------------------------- bytes

function otherBytes(seed: Unsigned, dice: Dice): Unsigned {
  let body = Buffer.from(seed.body)
  for (let count = 1 + Math.floor(dice() * 3); count > 0; count--) {
    const at = Math.floor(dice() * (body.length + 1))
    const until = Math.min(body.length, at + Math.ceil(dice() * 16))
    const kind = dice()
    const byte = Buffer.from([Math.floor(dice() * 256)])
    if (kind < 0.35) body = Buffer.concat([body.subarray(0, at), byte, body.subarray(at + 1)])
    else if (kind < 0.6) body = Buffer.concat([body.subarray(0, at), byte, body.subarray(at)])
    else if (kind < 0.75) body = Buffer.concat([body.subarray(0, at), body.subarray(until)])
    else if (kind < 0.85) body = body.subarray(0, at)
    else body = Buffer.concat([body.subarray(0, until), body.subarray(at)])
  }
  return { ...seed, body }
}

// ------------------------------------------------------------------------------------------------------------- frame

function otherFrame(seed: Unsigned, seeds: readonly Unsigned[], dice: Dice): Unsigned {
  const { headers = {} } = seed
  const kind = dice()
  if (kind < 0.25) return { ...seed, headers: { ...headers, ...pick(seeds, dice).headers } }
  if (kind < 0.35) {
    const target = changedText(headers['X-Amz-Target'] ?? 'TrentService.ListKeys', dice).replaceAll(/[^ -~]/g, '-')
    return { ...seed, headers: { ...headers, 'X-Amz-Target': target } }
  }
  if (kind < 0.5) return { ...seed, headers: { ...headers, 'Content-Type': pick(TYPES, dice) } }
  if (kind < 0.6) return { ...seed, method: pick(METHODS, dice) }
  if (kind < 0.7) return { ...seed, path: pick(PATHS, dice) }
  if (kind < 0.8) return { ...seed, service: seed.service === 'sts' ? 'kms' : 'sts' }
  if (kind < 0.88) return { ...seed, region: pick(REGIONS, dice) }
  const [name, value] = pick(HEADERS, dice)
  return { ...seed, headers: { ...headers, [name]: value } }
}

function pick<T>(all: readonly T[], dice: Dice): T {
  // Below the end, as a die is below 1; of an empty list it is nothing, which no caller has.
  return all[Math.floor(dice() * all.length)]!
}
