/**
 * What the organization means for the condition keys of a caller whose account the world does not have: outside, it is
 * in no organization or in any other one.
 *
 * Other organizations are told apart only as far as policies do: those they name, and one that none of them names.
 *
 * Source: IAM User Guide, "aws:PrincipalOrgID", "aws:PrincipalOrgPaths".
 */
import type { RequestContext } from '../decide/values.js'
import type { PolicyDocument } from '../policy/document.js'
import type { WorldDefinition } from '../solve/world.js'

export interface OrganizationReadings {
  readonly readings: readonly RequestContext[]
  /** False where policies test organizations with patterns, which may fit others than these. */
  readonly isComplete: boolean
}

const ID = 'aws:PrincipalOrgID'
const PATHS = 'aws:PrincipalOrgPaths'
/** Of an organization that nobody names. */
const ROOT = 'r-zzzz'

export function readingsOutside(definition: WorldDefinition, own: string): OrganizationReadings {
  const paths = new Map<string, Set<string>>()
  let isComplete = true
  const add = (id: string, path: string): void => {
    const known = paths.get(id)
    if (known === undefined) paths.set(id, new Set([path]))
    else known.add(path)
  }
  for (const { key, value } of organizationTests(definition)) {
    const [id = '', ...rest] = value.split('/')
    if (isOpen(id)) isComplete = false
    else if (id.toLowerCase() !== own.toLowerCase()) {
      add(id, `${id}/${ROOT}/`)
      if (key !== PATHS.toLowerCase()) continue
      const path = rest.join('/')
      const fixed = path.endsWith('*') ? path.slice(0, -1) : path
      if (isOpen(fixed)) isComplete = false
      else add(id, `${id}/${fixed}`)
    }
  }
  add(unnamed(paths, own), `${unnamed(paths, own)}/${ROOT}/`)
  const inOthers = [...paths].flatMap(([id, each]) => [...each].map((path) => ({ [ID]: id, [PATHS]: [path] })))
  return { readings: [{ [ID]: null, [PATHS]: null }, ...inOthers], isComplete }
}

/** Where in it the account is may be anything. */
export function readingsInside(own: string): OrganizationReadings {
  return { readings: [{ [ID]: own }], isComplete: true }
}

function isOpen(text: string): boolean {
  return text.includes('*') || text.includes('?') || text.includes('${')
}

function unnamed(paths: ReadonlyMap<string, unknown>, own: string): string {
  let id = 'o-zzzzzzzzzz'
  while (paths.has(id) || id === own) id += 'z'
  return id
}

function* organizationTests({
  keys = [],
  principals = [],
  accounts = [],
  endpoints = [],
}: WorldDefinition): Generator<{ readonly key: string; readonly value: string }> {
  const documents: (PolicyDocument | undefined)[] = [
    ...keys.map(({ policy }) => policy),
    ...principals.flatMap(({ policies = [], boundary }) => [...policies, boundary]),
    ...accounts.flatMap(({ scps = [], rcps = [] }) => [...scps.flat(), ...rcps.flat()]),
    ...endpoints.map(({ policy }) => policy),
  ]
  for (const document of new Set(documents)) {
    for (const { conditions } of document?.statements ?? []) {
      for (const { key, values, base } of conditions) {
        const name = key.toLowerCase()
        if (base === 'Null' || (name !== ID.toLowerCase() && name !== PATHS.toLowerCase())) continue
        for (const value of values) yield { key: name, value }
      }
    }
  }
}
