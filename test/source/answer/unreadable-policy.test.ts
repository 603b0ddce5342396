/**
 * A policy that nobody can read is neither one that is absent nor one that says nothing: an answer that it could turn
 * says so in its first sentences, with the file and the line, and for programs as a part of `missing`. The decision
 * itself is what it is without that policy.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { answerJson } from '../../../src/source/answer/answer-json.js'
import { Answerer, type Answer } from '../../../src/source/answer/answer-question.js'
import { questionsOfQuery } from '../../../src/source/asked/from-query.js'
import { GapFinder } from '../../../src/source/world/gaps.js'
import { openWorld } from '../../../src/source/world/load-world.js'
import { ladderOf } from '../../../src/tui/views/verdict/ladder.js'
import { parseAccessQuery } from '../../../src/text/access-query.js'
import { A, ALLOW_ALL, faultyWorld, KEY, KEY_ID, KEY_POLICY, type Files } from '../world/files.js'

const ROLE = `arn:aws:iam::${A}:role/App`
const QUERY = `can ${ROLE} do kms:Decrypt on ${KEY}`
/** No effect is called so. */
const BROKEN = { Version: '2012-10-17', Statement: [{ Effect: 'Permit', Action: '*', Resource: '*' }] }
const OTHER = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }] }
const DENY_ALL = { Version: '2012-10-17', Statement: [{ Effect: 'Deny', Action: '*', Resource: '*' }] }

interface World {
  readonly keyPolicy?: unknown
  readonly inline?: unknown
  readonly attached?: unknown
  readonly boundary?: unknown
  readonly scp?: unknown
}

function filesOf({ keyPolicy = KEY_POLICY, inline = ALLOW_ALL, attached, boundary, scp = ALLOW_ALL }: World): Files {
  return {
    'own.json': {
      keyward: 'world/1',
      organization: {
        id: 'o-abc',
        managementAccount: '999988887777',
        root: { id: 'r-ab12', scps: ['Guard'], rcps: [], accounts: [A, '999988887777'] },
      },
      scps: { Guard: scp },
      accounts: {
        [A]: {
          scps: ['FullAWSAccess'],
          rcps: [],
          roles: {
            App: {
              policies: { Inline: inline },
              attached: attached === undefined ? [] : ['Attached'],
              ...(boundary === undefined ? {} : { boundary }),
            },
          },
          policies: attached === undefined ? {} : { Attached: attached },
          keys: { [`us-west-2/${KEY_ID}`]: { policy: keyPolicy, aliases: ['alias/app'] } },
        },
        '999988887777': { scps: ['FullAWSAccess'], rcps: [], roles: {} },
      },
    },
  }
}

function answerOf(files: Files, text = QUERY): { readonly answer: Answer; readonly answerer: Answerer } {
  const { world } = faultyWorld(files)
  const answerer = new Answerer(world)
  const query = parseAccessQuery(text)
  if (!query.ok) throw new Error(query.error.message)
  const asked = questionsOfQuery(text, query.value, answerer.names)
  const question = asked.ok ? asked.value.questions[0] : undefined
  const answer = question === undefined ? undefined : answerer.answer(question)
  if (answer?.ok !== true) throw new Error('nothing was answered')
  return { answer: answer.value, answerer }
}

interface Case {
  readonly name: string
  readonly world: World
  readonly decision: 'allow' | 'implicitDeny' | 'explicitDeny'
  /** How the headline ends; undefined where it says nothing of the kind. */
  readonly says?: RegExp
}

const CASES: readonly Case[] = [
  {
    name: 'the key policy: a denial could be an allow',
    world: { keyPolicy: BROKEN },
    decision: 'implicitDeny',
    says: /It could also be allowed: the policy of the key \(own\.json:\d+\) cannot be read\.$/,
  },
  {
    name: 'a policy of the caller, who has no other: a denial could be an allow',
    world: { inline: BROKEN },
    decision: 'implicitDeny',
    says: /It could also be allowed: policy Inline of \S+role\/App \(own\.json:\d+\) cannot be read\.$/,
  },
  {
    name: 'a policy of the caller beside one that allows: an allow could be a denial',
    world: { attached: BROKEN },
    decision: 'allow',
    says: /It could also be denied: managed policy \S+policy\/Attached \(own\.json:\d+\) cannot be read\.$/,
  },
  {
    name: 'a permissions boundary, which is taken as not limiting: an allow could be a denial',
    world: { boundary: BROKEN },
    decision: 'allow',
    says: /It could also be denied: \S.*\(own\.json:\d+\) cannot be read\.$/,
  },
  {
    name: 'a boundary could let nobody in: a denial stays one',
    world: { boundary: BROKEN, inline: OTHER },
    decision: 'implicitDeny',
  },
  {
    name: 'an SCP: an account that no SCP lets in could be let in',
    world: { scp: BROKEN },
    decision: 'implicitDeny',
    says: /It could also be allowed: SCP Guard \(own\.json:\d+\) cannot be read\.$/,
  },
  {
    name: 'a key policy where no SCP lets anybody in: the denial stays one',
    world: { keyPolicy: BROKEN, scp: OTHER },
    decision: 'implicitDeny',
  },
  {
    name: 'a key policy where the caller is denied: no Allow outweighs a Deny',
    world: { keyPolicy: BROKEN, inline: DENY_ALL },
    decision: 'explicitDeny',
  },
  { name: 'nothing that cannot be read', world: {}, decision: 'allow' },
]

describe('the headline', () => {
  test.each(CASES)('$name', ({ world, decision, says }) => {
    const { answer, answerer } = answerOf(filesOf(world))
    const { summary } = answer.explanation
    expect(answer.trace.outcome.decision).toBe(decision)
    if (says === undefined) expect(summary).not.toContain('cannot be read')
    else expect(summary).toMatch(says)
    const json = answerJson(answer)
    expect(json.summary).toBe(summary)
    expect(json.missing.map(({ code }) => code)).toEqual(says === undefined ? [] : ['policy-unreadable'])
    // Cells of a matrix say the same.
    const weighed = answerer.weigh(answer.question)
    expect(weighed.ok && weighed.value.isOpen).toBe(says !== undefined)
  })

  test('many are counted', () => {
    const { answer } = answerOf(filesOf({ inline: BROKEN, attached: { ...BROKEN, Id: 'x' }, boundary: BROKEN }))
    // The boundary could only deny what is denied already.
    expect(answer.explanation.summary).toMatch(
      /also be allowed: policy Inline of \S+ \(own\.json:\d+\) and managed policy \S+ \(own\.json:\d+\) cannot be read\.$/,
    )
  })
})

test('which policy, where, and what is wrong with it, for programs; the decision is that without it', () => {
  const keyPolicy = { Version: '2012-10-17', Statement: [{ ...BROKEN.Statement[0], Principal: '*' }] }
  const files = filesOf({ keyPolicy })
  const { answer } = answerOf(files)
  const line =
    1 +
    JSON.stringify(files['own.json'], null, 2)
      .split('\n')
      .findIndex((each) => each.includes('Permit'))
  const json = answerJson(answer)
  expect(json.verdict).toBe('implicitDeny')
  expect(json.missing).toEqual([
    {
      code: 'policy-unreadable',
      message: `the policy of key ${KEY} cannot be read: taken as letting nobody in`,
      unreadable: {
        part: 'keyPolicy',
        policy: `the policy of key ${KEY}`,
        file: 'own.json',
        line,
        column: 27,
        problem: '`Permit` is not an effect',
      },
    },
  ])
})

test('a policy in a string is shown where the string is, as its own lines are none of the file', () => {
  const { world } = faultyWorld({
    [`${A}/us-west-2/describe-key.${KEY_ID}.json`]: { KeyMetadata: { KeyId: KEY_ID, Arn: KEY, AWSAccountId: A } },
    [`${A}/us-west-2/get-key-policy.${KEY_ID}.json`]: {
      PolicyName: 'default',
      Policy: JSON.stringify(BROKEN, null, 2),
    },
  })
  const gaps = new GapFinder(world).gapsFor({ principal: 'logs.us-west-2.amazonaws.com', resource: KEY })
  expect(gaps.find(({ code }) => code === 'policy-unreadable')?.unreadable).toMatchObject({
    file: `${A}/us-west-2/get-key-policy.${KEY_ID}.json`,
    line: 3,
  })
})

test('the layer says that its policy cannot be read, not that there is none', () => {
  const key = answerOf(filesOf({ keyPolicy: BROKEN })).answer
  expect(key.explanation.layers.find(({ layer }) => layer === 'keyPolicy')?.why).toMatch(
    /^cannot be read: own\.json:\d+$/,
  )
  const files = filesOf({ boundary: BROKEN })
  const rungs = ladderOf(answerOf(files).answer, faultyWorld(files).world)
  expect(rungs.find(({ id }) => id === 'boundary')?.why).toMatch(/^cannot be read: own\.json:\d+$/)
})

test('a world that was kept says so as well', () => {
  const folder = mkdtempSync(join(tmpdir(), 'keyward-unreadable-'))
  try {
    const world = join(folder, 'world')
    mkdirSync(world)
    writeFileSync(join(world, 'own.json'), JSON.stringify(filesOf({ keyPolicy: BROKEN })['own.json'], null, 2))
    const cache = { folder: join(folder, 'cache'), fromBytes: 0, fromFiles: 0, settledAfterMs: -3_600_000 }
    const gaps = [openWorld(world, cache), openWorld(world, cache)].map((opened) =>
      opened.ok ? opened.value.world.gaps.filter(({ code }) => code === 'policy-unreadable') : [],
    )
    expect(gaps[0]).toHaveLength(1)
    expect(gaps[1]?.map(({ unreadable }) => unreadable)).toEqual(gaps[0]?.map(({ unreadable }) => unreadable))
  } finally {
    rmSync(folder, { recursive: true })
  }
})
