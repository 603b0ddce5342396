/**
 * Worlds made of a few texts, for tests.
 */
import { readWorld } from '../../../src/source/world/read-world.js'
import type { World } from '../../../src/source/world/world.js'

export const A = '111122223333'
export const KEY_ID = '1234abcd-12ab-34cd-56ef-1234567890ab'
export const KEY = `arn:aws:kms:us-west-2:${A}:key/${KEY_ID}`
export const ALLOW_ALL = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }
export const KEY_POLICY = {
  Version: '2012-10-17',
  Statement: [
    { Sid: 'Root', Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${A}:root` }, Action: 'kms:*', Resource: '*' },
  ],
}

/** File name -> text, or a value to write as JSON. */
export type Files = Readonly<Record<string, unknown>>

function sources(files: Files): { readonly name: string; readonly text: string }[] {
  return Object.entries(files).map(([name, value]) => ({
    name,
    text: typeof value === 'string' ? value : JSON.stringify(value, null, 2),
  }))
}

/** A world that must be readable. */
export function worldOf(files: Files): World {
  const read = readWorld(sources(files))
  if (read.ok) return read.value
  throw new Error(read.error.errors.map(({ message, source }) => `${source.name}: ${message}`).join('\n'))
}

/** A world that need not be, with what is wrong in it. */
export function faultyWorld(files: Files): { readonly world: World; readonly messages: readonly string[] } {
  const read = readWorld(sources(files))
  if (read.ok) return { world: read.value, messages: [] }
  const { world, errors } = read.error
  return { world, messages: errors.map(({ message, source }) => `${source.name}: ${message}`) }
}

export function errorsOf(files: Files) {
  const read = readWorld(sources(files))
  return read.ok ? [] : read.error.errors
}
