/** Fixes: the advice with its edits, copied, written after yes, tried, and kept as a test that `keyward test` runs. */
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { applyPatch } from 'diff'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Exercised } from '../../../src/check/coverage.js'
import { runTest } from '../../../src/check/run-test.js'
import { worldSubject, type Subject } from '../../../src/check/subject.js'
import { readTestFile } from '../../../src/check/test-file.js'
import { loadTestFile, Subjects } from '../../../src/cli/test-inputs.js'
import { printPolicy } from '../../../src/policy/print.js'
import { adviseOnAnswer } from '../../../src/source/answer/advise-in-world.js'
import type { Effect, Env } from '../../../src/tui/app/view.js'
import { expectationText } from '../../../src/tui/views/fix/expectation.js'
import { fixDoor } from '../../../src/tui/views/fix/fix-view.js'
import { hasPatch, patchText } from '../../../src/tui/views/fix/patch-text.js'
import { changedWorld, policyIdOf, readEdited } from '../../../src/tui/views/what-if/changed-world.js'
import { acme, checkFrame, SIZES, started, type Driven } from '../frames.js'
import { answered, pressed, reply, settle, WRONG_TENANT } from './settle.js'

const TENANT_DATA = 'alias/tenant-data'

async function fix(
  query = WRONG_TENANT,
  room: { readonly columns: number; readonly rows: number } = SIZES[1],
): Promise<Driven> {
  const env: Env = { asking: acme(), ...room, glyphs: {} as never, feed: {} as never }
  return settle(started(fixDoor.open(answered(query), env), room))
}

describe('frames', () => {
  for (const room of SIZES) {
    const size = `${room.columns}x${room.rows}`
    test(`a change of a policy, ${size}`, async () => {
      checkFrame(`fix-${size}`, (await fix(WRONG_TENANT, room)).press('j', 'j', 'j').frame())
    })
  }

  test('while it is searched for', () => {
    const env: Env = { asking: acme(), ...SIZES[0], glyphs: {} as never, feed: {} as never }
    const frame = started(fixDoor.open(answered(WRONG_TENANT), env), SIZES[0]).frame()
    expect(frame).toContain('Searching for what would let it in')
  })

  test('nothing to fix', async () => {
    const driven = await fix('can role/PaymentsApi do kms:Decrypt on alias/payments')
    expect(driven.frame()).toContain('there is nothing to fix')
    expect(driven.effects).toEqual([])
  })

  test('the caution of a guardrail', async () => {
    const driven = await fix('can role/Deployer do kms:Decrypt on alias/payments')
    expect(driven.frame()).toContain('verified')
  })
})

type Copy = Extract<Effect, { readonly kind: 'copy' }>
type Write = Extract<Effect, { readonly kind: 'write' }>

describe('keys', () => {
  const COPIED: readonly (readonly [keys: readonly string[], what: string, text: RegExp])[] = [
    [['y'], 'what is to be done', /^# Use the encryption context tenant="blue"\.\n$/],
    [['j', 'j', 'y'], 'the command', /^aws kms create-grant .*--operations Decrypt/],
    [['j', 'j', 'j', 'y'], 'the patch', /^# Add a statement .*\n--- a\/key policy\n\+\+\+ b\/key policy\n@@/],
  ]
  for (const [keys, what, text] of COPIED) {
    test(`${keys.join(' ')} copies ${what}`, async () => {
      const copy = (await fix()).press(...keys).effects.at(-1) as Copy
      expect(copy).toMatchObject({ kind: 'copy', what })
      expect(copy.text).toMatch(text)
    })
  }

  test('p writes the patch after yes, and replaces nothing', async () => {
    const driven = (await fix()).press('j', 'j', 'j', 'p', 'enter')
    expect(driven.frame()).toContain('write the patch to fix-decrypt-tenantservice-tenant-data.patch?')
    expect(driven.press('n').effects.some((effect) => (effect as Effect).kind === 'write')).toBe(false)
    const write = driven.press('enter', 'y').effects.at(-1) as Write
    expect(write).toMatchObject({ path: 'fix-decrypt-tenantservice-tenant-data.patch', replaces: false })
    reply(driven, { kind: 'failed', tag: write.tag, message: 'there is such a file already' })
    expect(driven.frame()).toContain('there is such a file already')
    expect(driven.press('ctrl+r', 'y').effects.at(-1)).toMatchObject({ kind: 'write', replaces: true })
    reply(driven, { kind: 'written', tag: write.tag, path: write.path })
    expect(driven.frame()).toContain(`wrote ${write.path}`)
  })

  test('p has no meaning for a change of the request alone', async () => {
    const driven = (await fix()).press('p')
    expect(driven.app.stack).toHaveLength(1)
  })

  test('t tries the changes of the request', async () => {
    const driven = await pressed(await fix(), 't')
    expect(driven.frame()).toMatch(/what if[\s\S]*DENIED  ›  ALLOWED/)
  })

  test('Tab moves the piece by lines, Esc goes back to the list', async () => {
    const driven = (await fix(WRONG_TENANT, SIZES[0])).press('j', 'j', 'j', 'tab')
    const before = driven.frame()
    expect(driven.press('j').frame()).not.toBe(before)
    expect(driven.press('esc').frame()).toContain('✓ verified')
  })
})

describe('a patch', () => {
  const { advice } = adviseOnAnswer(answered(WRONG_TENANT))

  test('applies to what it is made from, and lets the request in', () => {
    const piece = advice.find((each) => each.steps.length === 1 && hasPatch(each))
    const edit = piece?.steps[0]?.edit
    if (piece === undefined || edit?.kind !== 'file') throw new Error('no advice edits a policy')
    const changed = withKeyPolicy(patchText(piece))
    const answer = worldSubject(changed).answerer.answer(answered(WRONG_TENANT).question)
    expect(answer.ok && answer.value.explanation.verdict).toBe('allow')
  })

  test('of a new policy makes a file', () => {
    const text = patchText({
      steps: [
        {
          kind: 'newPolicy',
          layer: 'identity',
          sentence: 'Give\n it.',
          caution: null,
          edit: { kind: 'newFile', text: '{\n  "a": 1\n}\n' },
          condition: null,
        },
      ],
    })
    expect(text.startsWith('# Give\\n it.\n--- /dev/null\n')).toBe(true)
    expect(applyPatch('', text)).toBe('{\n  "a": 1\n}\n')
  })
})

/** The world with the policy of the tenants' key as a patch makes it. */
function withKeyPolicy(patch: string): ReturnType<typeof changedWorld> {
  const { world } = acme()
  const key = [...world.keys.values()].find(({ properties }) => properties.aliases?.includes(TENANT_DATA))
  if (key?.policy === undefined) throw new Error('acme has no such key')
  const { document } = key.policy
  const id = policyIdOf(document.source, new Map())
  const text = applyPatch(`${printPolicy(document)}\n`, patch)
  if (id === undefined || text === false) throw new Error('the patch does not apply')
  const read = readEdited(text, document)
  if (!read.ok) throw new Error(read.error)
  return changedWorld(world, new Map([[id, read.value]]))
}

describe('an expectation', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'keyward-fix-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  /** As `keyward test` runs it. */
  async function ran(path: string, subject?: Subject): Promise<readonly string[]> {
    const loaded = await loadTestFile(path)
    if (!loaded.ok) throw new Error(loaded.error)
    const { file, errors } = loaded.value
    expect(errors).toEqual([])
    if (file === undefined) throw new Error('the file is refused')
    const asked = await new Subjects(() => undefined).of({ ...loaded.value, file })
    if (!asked.ok) throw new Error(asked.error.message)
    const options = { event: () => ({ ok: false as const, error: 'none' }), exercised: new Exercised() }
    return file.tests.map((each) => runTest(file, each, subject ?? asked.value, options).status)
  }

  /** Written by the view, as the shell does it. */
  async function saved(keys: readonly string[], name: string): Promise<string> {
    const path = join(folder, name)
    const driven = (await fix()).press(...keys, 's', 'ctrl+u')
    driven.press(`"${path}"`, 'enter', 'y')
    const write = driven.effects.at(-1) as Write
    expect(write).toMatchObject({ kind: 'write', path })
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, write.text)
    return path
  }

  test('of a change of the request passes already: it asks the changed request', async () => {
    expect(await ran(await saved([], 'request.keyward-test.yaml'))).toEqual(['pass'])
  })

  test('of an edit fails before it is made, and passes after it', async () => {
    const path = await saved(['j', 'j', 'j'], 'deep/edit.keyward-test.yaml')
    expect(await ran(path)).toEqual(['fail'])
    const piece = adviseOnAnswer(answered(WRONG_TENANT)).advice[3]!
    expect(await ran(path, worldSubject(withKeyPolicy(patchText(piece))))).toEqual(['pass'])
  })

  test('finds its world from where it stands', () => {
    const text = expectationText(
      { name: 'x', check: { principal: 'p', action: 'a' }, steps: [] },
      'fixtures/acme/world',
      'fixtures/acme/tests/new.yaml',
    )
    expect(text).toContain('world: "../world"')
    expect(relative('fixtures/acme/tests', 'fixtures/acme/world')).toBe('../world')
  })

  const CHECKS = [
    {
      name: 'everything that a test can say',
      check: {
        principal: 'arn:aws:iam::444455556666:role/service/TenantService',
        action: 'kms:Decrypt',
        resource: 'arn:aws:kms:us-east-1:444455556666:alias/tenant-data',
        encryptionContext: { tenant: 'blue', 'a "quoted" name': 'ü\u202e\n' },
        context: {
          'aws:SourceVpce': 'vpce-0a1b2c3d4e5f60001',
          'aws:VpcSourceIp': '10.0.0.1',
          'aws:MultiFactorAuthPresent': true,
        },
        sessionTags: { team: 'x' },
        time: '2026-01-31T12:00:00Z',
      },
      lost: undefined,
    },
    {
      name: 'a service and an address',
      check: {
        principal: 'arn:aws:iam::444455556666:role/ops/Support',
        action: 'kms:Decrypt',
        resource: 'arn:aws:kms:us-east-1:444455556666:alias/payments',
        via: 's3.us-east-1.amazonaws.com',
      },
      lost: undefined,
    },
    {
      name: 'what a test cannot say is told',
      check: {
        principal: 'arn:aws:iam::444455556666:role/ops/Support',
        action: 'kms:Decrypt',
        resource: 'arn:aws:kms:us-east-1:444455556666:alias/payments',
        grantTokens: ['t'],
        context: { 'aws:SourceIp': '203.0.113.7' },
      },
      lost: 'its grant tokens',
    },
  ]
  for (const { name, check, lost } of CHECKS) {
    test(`${name}`, async () => {
      const path = join(folder, `${name.replace(/\W+/g, '-')}.keyward-test.yaml`)
      const text = expectationText({ name, check, steps: ['Do\nit.'] }, 'fixtures/acme/world', path)
      expect(text.includes('A test cannot say this')).toBe(lost !== undefined)
      if (lost !== undefined) expect(text).toContain(lost)
      const read = readTestFile({ name: path, text })
      expect(read.ok ? [] : read.error.map(({ message }) => message)).toEqual([])
      writeFileSync(path, text)
      expect(['pass', 'fail']).toContain((await ran(path))[0])
    })
  }
})
