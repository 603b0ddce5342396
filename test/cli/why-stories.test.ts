/**
 * The story of every event and every message of `fixtures/acme`, kept as text in `test/cases/why-world/stories`, and the
 * claim that they tell of every cause there is.
 *
 * 100 columns, no colour; read each difference as somebody who has just been denied.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { CAUSES, type CauseCode } from '../../src/aws/causes.js'
import { registerWhy } from '../../src/cli/why.js'
import { renderAnswer } from '../../src/cli/why-world-render.js'
import { Answerer, type Answer } from '../../src/source/answer/answer-question.js'
import { readCloudTrail } from '../../src/source/asked/cloudtrail.js'
import { questionOfText } from '../../src/source/asked/from-message.js'
import { completeQuestion, type Supplied } from '../../src/source/asked/question.js'
import { loadWorld } from '../../src/source/world/load-world.js'
import { displayWidth } from '../../src/text/display-width.js'
import { plainPalette } from '../../src/text/palette.js'
import { runCommand } from './run-command.js'

const WORLD = 'fixtures/acme/world'
const QUESTIONS = 'fixtures/acme/questions'
const STORIES = new URL('../cases/why-world/stories/', import.meta.url)

/** Set to write the files anew; read the difference before it is kept. */
const updates = process.env['KEYWARD_UPDATE_GOLDEN'] === '1'

interface Story {
  readonly name: string
  readonly file: string
  /** What the text does not tell. */
  readonly supplied?: Supplied
  /** Null for an allow. */
  readonly cause: CauseCode | null
}

/** An event is named for its cause. */
const EVENTS = readdirSync(`${QUESTIONS}/events`).map((name): Story => {
  const code = name.replace(/\.json$/, '')
  // Whatever is no code fails in a test of its own.
  return { name: code, file: `${QUESTIONS}/events/${name}`, cause: code as CauseCode }
})

const MESSAGES: Readonly<Record<string, Omit<Story, 'name' | 'file'>>> = {
  'authorization-id': { cause: 'identity-action' },
  'cli-service-control-policy': { cause: 'scp-explicit-deny' },
  'operation-resource': { cause: 'operation-resource' },
  'policy-arn': { cause: 'scp-explicit-deny' },
  'sdk-ciphertext': {
    cause: 'key-policy-principal',
    supplied: {
      principal: 'arn:aws:sts::444455556666:assumed-role/DataLakeReader/i-1',
      resource: 'arn:aws:kms:us-east-1:777788889999:key/c3b6d9e4-2f50-4b78-8c91-3d4e5f6a7b82',
    },
  },
  'session-policy': { cause: null },
  'unauthorized-short': { cause: 'identity-explicit-deny' },
  'unknown-path': { cause: 'key-policy-condition-key-absent' },
}

const STORIES_TOLD: readonly Story[] = [
  ...EVENTS,
  ...Object.entries(MESSAGES).map(([name, rest]): Story => {
    return { name: `message-${name}`, file: `${QUESTIONS}/messages/${name}.txt`, ...rest }
  }),
]

test('every message of the fixtures has a story', () => {
  const files = readdirSync(`${QUESTIONS}/messages`).map((file) => file.replace(/\.txt$/, ''))
  expect(files.toSorted()).toEqual(Object.keys(MESSAGES).toSorted())
})

let answerer: Answerer
beforeAll(() => {
  const world = loadWorld(WORLD)
  if (!world.ok) throw new Error(`${WORLD} cannot be loaded`)
  answerer = new Answerer(world.value)
})

function answerTo({ file, supplied = {} }: Story): Answer {
  const text = readFileSync(file, 'utf8')
  const [event] = file.endsWith('.json') ? [...readCloudTrail(file, text, { names: answerer.names })] : []
  const question = event ?? questionOfText(file, text)
  if (!question.ok) throw new Error(question.error.message)
  const answer = answerer.answer(completeQuestion(question.value, supplied))
  if (!answer.ok) throw new Error(answer.error.message)
  return answer.value
}

describe('every cause is reached by an event or a message', () => {
  test.each(Object.keys(CAUSES))('%s', (code) => {
    const story = STORIES_TOLD.find(({ cause }) => cause === code)
    if (story === undefined) throw new Error(`no event and no message of fixtures/acme ends in ${code}`)
    expect(answerTo(story)).toMatchObject({ explanation: { cause: { code } }, comparison: { agreement: 'same' } })
  })

  test.each(STORIES_TOLD)('$name ends in the cause that it is said to', (story) => {
    expect(answerTo(story).explanation.cause?.code ?? null).toBe(story.cause)
  })

  // authorization.md G1: message -> request -> decision -> the same message.
  test.each(STORIES_TOLD.filter(({ cause }) => cause !== null))('$name brings AWS’s own text back', (story) => {
    const { explanation, question } = answerTo(story)
    // A sentence in a log has lost its final stop.
    expect(explanation.message?.replace(/\.$/, '')).toBe(question.said?.message?.replace(/\.$/, ''))
  })

  test('an event is named for a cause', () => {
    expect(EVENTS.filter(({ name }) => !Object.hasOwn(CAUSES, name))).toEqual([])
  })
})

async function told({ file, supplied }: Story): Promise<string> {
  const { principal, resource } = supplied ?? {}
  const flags = principal === undefined ? [] : ['--principal', principal, '--key', resource ?? '']
  const args = ['why', '--world', WORLD, '--no-color', '--width', '100', file, ...flags]
  const { out, err } = await runCommand(registerWhy, args)
  expect(err).toBe('')
  return out
}

describe('test/cases/why-world/stories', () => {
  test.each(STORIES_TOLD)('$name', async (story) => {
    const out = await told(story)
    const golden = new URL(`${story.name}.out`, STORIES)
    if (updates) {
      mkdirSync(STORIES, { recursive: true })
      writeFileSync(golden, out)
    } else if (!existsSync(golden)) throw new Error(`${golden.pathname} is missing`)
    expect(out).toBe(readFileSync(golden, 'utf8'))
  })

  test('no file without its event or message', () => {
    const names = readdirSync(STORIES).map((file) => file.replace(/\.out$/, ''))
    expect(names.toSorted()).toEqual(STORIES_TOLD.map(({ name }) => name).toSorted())
  })
})

// A word that cannot be broken, such as an ARN or the name of a file, stays whole to be copied.
test('80 columns are enough for all that can be broken', () => {
  const wide = STORIES_TOLD.flatMap((story) =>
    renderAnswer(answerTo(story), { width: 80, color: plainPalette, allLayers: true })
      .split('\n')
      .filter((line) => displayWidth(line) > 80 && line.split(' ').every((word) => displayWidth(word) < 60)),
  )
  expect(wide).toEqual([])
})
