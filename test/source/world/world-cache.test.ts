/**
 * Worlds that are kept: answers from them are those of their files, and what is damaged, changed or foreign is not used.
 */
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { renderAnswer } from '../../../src/cli/why-world-render.js'
import { answerJson } from '../../../src/source/answer/answer-json.js'
import { Answerer } from '../../../src/source/answer/answer-question.js'
import { readCloudTrail } from '../../../src/source/asked/cloudtrail.js'
import { questionOfText } from '../../../src/source/asked/from-message.js'
import { questionsOfText } from '../../../src/source/asked/from-query.js'
import { completeQuestion, type Question } from '../../../src/source/asked/question.js'
import { openWorld } from '../../../src/source/world/load-world.js'
import { StoredWorld } from '../../../src/source/world/stored-world.js'
import type { CacheOptions, OpenedWorld } from '../../../src/source/world/world-cache.js'
import type { AskedWorld } from '../../../src/source/world/world.js'
import { plainPalette } from '../../../src/text/palette.js'
import { ACME } from './acme-requests.js'

const QUESTIONS = 'fixtures/acme/questions'
const DECRYPT = 'can role/PaymentsApi do kms:Decrypt on alias/payments'

let folder: string
let cache: CacheOptions

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-cache-'))
  cache = { folder: join(folder, 'cache'), fromBytes: 0, fromFiles: 0, settledAfterMs: -3_600_000 }
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function opened(path: string, options?: CacheOptions): OpenedWorld {
  const found = openWorld(path, options)
  if (!found.ok) throw new Error(found.error)
  return found.value
}

function isKept({ world }: OpenedWorld): boolean {
  return world instanceof StoredWorld
}

/** A copy of fixtures/acme that a test may change. */
function acmeCopy(): string {
  const copy = join(folder, 'world')
  cpSync(ACME, copy, { recursive: true })
  return copy
}

function entries(): readonly string[] {
  return existsSync(cache.folder) ? readdirSync(cache.folder) : []
}

function entryPath(): string {
  const [name] = entries()
  return join(cache.folder, name ?? 'none')
}

function questionsTo(answerer: Answerer): readonly (readonly [name: string, question: Question])[] {
  const events = [...readdirSync(`${QUESTIONS}/events`).map((name) => `events/${name}`), 'day.jsonl']
  const queries = [
    DECRYPT,
    'can role/PaymentsApi do kms:Decrypt, kms:DescribeKey on 444455556666:alias/payments',
    'can role/ReconcileJob do kms:Encrypt on alias/payments via s3',
    'can 444455556666:root do kms:CreateKey',
    'can 777788889999:role/Nobody do kms:Decrypt on alias/*',
  ]
  const [principal] = answerer.names.principals({
    kind: 'principal',
    name: { kind: 'role', name: 'Support', path: '/' },
    span: { start: 0, end: 0 },
  })
  const supplied = { principal: principal!, resource: [...answerer.names.keysOfId(TENANT_KEY)][0]! }
  return [
    ...events.flatMap((name) =>
      [...readCloudTrail(name, readFileSync(`${QUESTIONS}/${name}`, 'utf8'), { names: answerer.names })].flatMap(
        (item) => (item.ok ? [[name, item.value] as const] : []),
      ),
    ),
    ...queries.flatMap((text) => {
      const found = questionsOfText(text, answerer.names)
      return found.ok ? found.value.questions.map((question) => [text, question] as const) : []
    }),
    ...readdirSync(`${QUESTIONS}/messages`).flatMap((name) => {
      const found = questionOfText(name, readFileSync(`${QUESTIONS}/messages/${name}`, 'utf8'))
      return found.ok ? [[name, completeQuestion(found.value, supplied)] as const] : []
    }),
  ]
}

const TENANT_KEY = '3b8ea1d5-62cf-4a1b-9d4e-af2c5a7b9c03'

/** Everything that anybody is told. */
function told(answerer: Answerer, question: Question): unknown {
  const answer = answerer.answer(question)
  if (!answer.ok) return answer.error
  return [
    JSON.stringify(answerJson(answer.value), null, 2),
    renderAnswer(answer.value, { width: 100, color: plainPalette, allLayers: true }),
  ]
}

function answers(world: AskedWorld): unknown {
  const answerer = new Answerer(world)
  return questionsTo(answerer).map(([name, question]) => [name, told(answerer, question)])
}

describe('a kept world', () => {
  test('gives every answer of fixtures/acme as its files do, to the letter', () => {
    const first = opened(ACME, cache)
    const second = opened(ACME, cache)
    expect([isKept(first), isKept(second)]).toEqual([false, true])
    expect(second).toMatchObject({ unusable: first.unusable, contradictions: first.contradictions })
    const expected = answers(first.world)
    expect(expected).toHaveLength(questionsTo(new Answerer(first.world)).length)
    expect(answers(second.world)).toEqual(expected)
  })

  test('has everything that answers are made from', () => {
    const first = opened(ACME, cache).world
    const { world } = opened(ACME, cache)
    for (const kind of [
      'accounts',
      'principals',
      'groups',
      'sessions',
      'managedPolicies',
      'keys',
      'endpoints',
    ] as const) {
      expect([...world[kind].keys()]).toEqual([...first[kind].keys()])
      expect([...world[kind]].length).toBe(first[kind].size)
    }
    expect([...world.aliases]).toEqual([...first.aliases])
    expect(world.organization).toEqual(first.organization)
    expect(world.gaps).toEqual(first.gaps.map(({ code, message, scope }) => ({ code, message, scope })))
    for (const [arn, { policy, grants, properties }] of first.keys) {
      const kept = world.keys.get(arn)
      expect(kept).toMatchObject({ grants, properties })
      expect(kept?.policy?.document.statements).toEqual(policy?.document.statements)
      expect(kept?.policy?.document.source.source.text).toBe(policy?.document.source.source.text)
    }
  })

  test('policies of large files are shown at their places without the files', () => {
    const statement = { Effect: 'Deny', Action: 'kms:*', Resource: '*' }
    const role = (name: string, Action: string) => ({
      Arn: `arn:aws:iam::111122223333:role/${name}`,
      RolePolicyList: [
        { PolicyName: 'p', PolicyDocument: { Version: '2012-10-17', Statement: [{ ...statement, Action }] } },
      ],
    })
    const dump = { Padding: 'x'.repeat(4_300_000), RoleDetailList: [role('A', 's3:*'), role('B', 'kms:*')] }
    const path = join(folder, 'world')
    mkdirSync(path)
    writeFileSync(join(path, 'dump.json'), JSON.stringify(dump, null, 2))
    writeFileSync(join(path, 'dump-cr.json'), JSON.stringify({ RoleDetailList: [role('C', 'kms:*')] }, null, 2))
    const first = opened(path, cache)
    const second = opened(path, cache)
    const ask = ({ world }: OpenedWorld): unknown => {
      const answerer = new Answerer(world)
      const found = questionsOfText('can role/B, role/C do kms:Decrypt on alias/x', answerer.names)
      return found.ok ? found.value.questions.map((question) => told(answerer, question)) : found.error
    }
    expect(isKept(second)).toBe(true)
    expect(ask(second)).toEqual(ask(first))
  })

  test('is readable by nobody else', () => {
    opened(ACME, cache)
    expect(statSync(cache.folder).mode & 0o777).toBe(0o700)
    expect(statSync(entryPath()).mode & 0o777).toBe(0o600)
  })
})

// ---------------------------------------------------------------------------------------------- when it is not used

describe('a world is read anew', () => {
  const changes: readonly (readonly [name: string, change: (world: string) => void])[] = [
    ['a file has changed', (world) => appendFileSync(join(world, 'organization/list-roots.json'), '\n')],
    [
      'a file has other text of the same size and time',
      (world) => {
        const path = join(world, '123456789012-sandbox.yaml')
        const { atime, mtime } = statSync(path)
        writeFileSync(path, readFileSync(path, 'utf8').replace(/e/, 'E'))
        utimesSync(path, atime, mtime)
      },
    ],
    ['a file is new', (world) => writeFileSync(join(world, 'new.yaml'), 'keyward: world/1\n')],
    ['a file is gone', (world) => rmSync(join(world, '123456789012-sandbox.yaml'))],
    ['a file has another name', (world) => cpSync(join(world, '444455556666-sessions.yaml'), join(world, 'a.yaml'))],
  ]
  test.each(changes)('when %s; what was kept before is removed', (_name, change) => {
    const world = acmeCopy()
    opened(world, cache)
    const [before] = entries()
    expect(isKept(opened(world, cache))).toBe(true)
    change(world)
    expect(isKept(opened(world, cache))).toBe(false)
    expect(entries()).toHaveLength(1)
    expect(entries()).not.toContain(before)
  })

  test('when others could have written what was kept', () => {
    opened(ACME, cache)
    chmodSync(entryPath(), 0o622)
    expect(isKept(opened(ACME, cache))).toBe(false)
  })

  test('and not kept where it is read quickly, or has changed a moment ago', () => {
    const { fromBytes: _bytes, fromFiles: _files, ...usual } = cache
    opened(ACME, usual)
    expect(entries()).toEqual([])
    opened(acmeCopy(), { ...cache, settledAfterMs: 3_600_000 })
    expect(entries()).toEqual([])
  })

  test('where the folder for it cannot be made', () => {
    writeFileSync(join(folder, 'file'), '')
    const world = opened(ACME, { ...cache, folder: join(folder, 'file', 'cache') })
    expect(isKept(world)).toBe(false)
    expect(world.world.keys.size).toBeGreaterThan(0)
  })
})

describe('damage is noticed, and changes no answer', () => {
  function damaged(damage: (bytes: Buffer) => Buffer): OpenedWorld {
    opened(ACME, cache)
    const path = entryPath()
    writeFileSync(path, damage(readFileSync(path)))
    return opened(ACME, cache)
  }

  const DAMAGE: readonly (readonly [name: string, damage: (bytes: Buffer) => Buffer])[] = [
    ['empty', () => Buffer.alloc(0)],
    ['cut off', (bytes) => bytes.subarray(0, bytes.length - 7)],
    ['longer', (bytes) => Buffer.concat([bytes, Buffer.from('x')])],
    ['something else', () => Buffer.from('{"version": 1}\n'.repeat(100))],
    ['another head', (bytes) => flipped(bytes, bytes.length - 140)],
    ['another table', (bytes) => flipped(bytes, bytes.lastIndexOf('{"form"') - 30)],
    ['another trailer', (bytes) => flipped(bytes, bytes.length - 128)],
  ]
  test.each(DAMAGE)('%s: the entry is written again', (_name, damage) => {
    expect(isKept(damaged(damage))).toBe(false)
    expect(isKept(opened(ACME, cache))).toBe(true)
  })

  test('in what is read later: the files are read then, and the entry is removed', () => {
    const expected = answers(opened(ACME).world)
    for (const at of [0.1, 0.3, 0.5, 0.7, 0.9]) {
      const { world } = damaged((bytes) => zeroed(bytes, at))
      expect(world).toBeInstanceOf(StoredWorld)
      expect(answers(world)).toEqual(expected)
      expect(entries()).toEqual([])
    }
  })

  function flipped(bytes: Buffer, at: number): Buffer {
    const copy = Buffer.from(bytes)
    copy[at] = (copy[at] ?? 0) ^ 1
    return copy
  }

  /** A tenth of the entries is gone. */
  function zeroed(bytes: Buffer, from: number): Buffer {
    const end = bytes.lastIndexOf('{"form"') / 2
    return Buffer.from(bytes).fill(0, Math.floor(end * (from - 0.1)), Math.floor(end * from))
  }
})

test('a file that changes after its world was opened is not shown with places that are no longer its own', () => {
  const world = acmeCopy()
  opened(world, cache)
  const kept = opened(world, cache)
  const answerer = new Answerer(kept.world)
  const dump = '444455556666-payments/us-east-1/get-key-policy.2a7d90c4-51be-4f0a-8c3d-9e1b4f6a8b02.json'
  for (const name of ['777788889999-data.yaml', dump]) {
    const path = join(world, name)
    writeFileSync(path, `\n\n\n${readFileSync(path, 'utf8')}`)
  }
  const unchanged = opened(ACME)
  const verdicts = (of: Answerer): unknown =>
    questionsTo(of).map(([, question]) => {
      const answer = of.answer(question)
      return answer.ok ? answerJson(answer.value).summary : answer.error
    })
  expect(verdicts(answerer)).toEqual(verdicts(new Answerer(unchanged.world)))
})

describe('what is kept stays within bounds', () => {
  test('the entry that was not used for longest goes first', () => {
    const worlds = ['a', 'b', 'c'].map((name) => {
      const world = join(folder, name)
      mkdirSync(world)
      writeFileSync(join(world, `${name}.yaml`), 'keyward: world/1\n')
      return world
    })
    const [a, b, c] = worlds as [string, string, string]
    opened(a, cache)
    opened(b, cache)
    const old = new Date(Date.now() - 100_000)
    for (const name of entries()) utimesSync(join(cache.folder, name), old, old)
    expect(isKept(opened(a, cache))).toBe(true)
    const { size } = statSync(entryPath())
    opened(c, { ...cache, maxBytes: Math.floor(size * 2.5) })
    expect([isKept(opened(a, cache)), isKept(opened(c, cache)), isKept(opened(b, cache))]).toEqual([true, true, false])
  })

  test('drafts of programs that were stopped are removed, and nothing that is not an entry', () => {
    opened(ACME, cache)
    const draft = `${entryPath()}.1-2.tmp`
    const stranger = join(cache.folder, 'notes.txt')
    for (const path of [draft, stranger]) writeFileSync(path, 'x')
    const old = new Date(Date.now() - 10 * 3_600_000)
    utimesSync(draft, old, old)
    opened(acmeCopy(), { ...cache, maxBytes: 1 })
    expect(entries()).toHaveLength(2)
    expect([existsSync(draft), existsSync(stranger)]).toEqual([false, true])
  })
})
