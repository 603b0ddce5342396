/**
 * An organization decides the same however it is written down: as AWS prints it, or in our own form, JSON or YAML.
 *
 * `fixtures/acme` is written out in each form and read back; every caller then asks for every key.
 */
import { beforeAll, describe, expect, test } from 'vitest'
import type { AuthorizationRequest } from '../../../src/decide/resolve.js'
import type { Authorizer } from '../../../src/explain/authorizer.js'
import { loadWorld } from '../../../src/source/world/load-world.js'
import { readWorld } from '../../../src/source/world/read-world.js'
import { toAuthorizer } from '../../../src/source/world/to-authorizer.js'
import type { World } from '../../../src/source/world/world.js'
import type { SourceText } from '../../../src/text/source.js'
import { ACME, REQUESTS } from './acme-requests.js'
import { asAwsFiles, asOwnFiles } from './exports.js'

const ACTIONS = ['kms:Decrypt', 'kms:CreateGrant', 'kms:DescribeKey', 'kms:ScheduleKeyDeletion', 'kms:Sign']
const CONTEXT = { tenant: 'blue', job: 'export' }

let acme: World
let asked: readonly AuthorizationRequest[]

beforeAll(async () => {
  const loaded = loadWorld(ACME)
  if (!loaded.ok) throw new Error('fixtures/acme cannot be loaded')
  acme = loaded.value
  asked = [
    ...Object.values(REQUESTS).map(({ session: _session, ...request }) => request),
    ...[...acme.principals.keys()].flatMap((principal) =>
      [...acme.keys.keys()].flatMap((resource) =>
        ACTIONS.map((action) => ({ principal, resource, action, encryptionContext: CONTEXT })),
      ),
    ),
  ]
})

function reread(files: readonly SourceText[]): Authorizer {
  const read = readWorld(files)
  if (!read.ok) throw new Error(`${read.error.errors[0]?.source.name}: ${read.error.errors[0]?.message}`)
  expect(read.value.contradictions).toEqual([])
  return toAuthorizer(read.value)
}

describe('the forms of one organization agree', () => {
  test.each([
    ['AWS output', (world: World) => asAwsFiles(world)],
    ['our own form as JSON', (world: World) => asOwnFiles(world, 'json')],
    ['our own form as YAML', (world: World) => asOwnFiles(world, 'yaml')],
  ])('%s', (_name, write) => {
    const original = toAuthorizer(acme)
    const again = reread(write(acme))
    const differing = asked.filter(
      (request) => JSON.stringify(again.authorize(request)) !== JSON.stringify(original.authorize(request)),
    )
    expect(differing).toEqual([])
  })

  test('the requests are answered in more than one way', () => {
    const original = toAuthorizer(acme)
    const answers = new Set(asked.map((request) => JSON.stringify(original.authorize(request))))
    expect(answers.size).toBeGreaterThan(8)
  })
})
