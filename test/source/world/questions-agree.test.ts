/**
 * Raw AWS output and world files that describe the same organization answer alike: the decision, the cause and the whole
 * story but for its places. `fixtures/acme` is written out as either, and asked everything that the fixtures ask, and
 * more.
 */
import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { KMS_ACTIONS } from '../../../src/aws/actions.js'
import type { AuthorizationRequest } from '../../../src/decide/resolve.js'
import { explanationJson } from '../../../src/explain/explanation-json.js'
import { Answerer } from '../../../src/source/answer/answer-question.js'
import { readCloudTrail } from '../../../src/source/asked/cloudtrail.js'
import { questionOfText } from '../../../src/source/asked/from-message.js'
import type { Question } from '../../../src/source/asked/question.js'
import { loadWorld } from '../../../src/source/world/load-world.js'
import { readWorld } from '../../../src/source/world/read-world.js'
import type { World } from '../../../src/source/world/world.js'
import type { SourceText } from '../../../src/text/source.js'
import { ACME } from './acme-requests.js'
import { asAwsFiles, asOwnFiles } from './exports.js'

const QUESTIONS = new URL('../../../fixtures/acme/questions/', import.meta.url)

interface Form {
  readonly name: string
  readonly answerer: Answerer
}

let acme: World
let forms: readonly Form[]

beforeAll(() => {
  const loaded = loadWorld(ACME)
  if (!loaded.ok) throw new Error('fixtures/acme cannot be loaded')
  acme = loaded.value
  forms = [
    { name: 'as it is', answerer: new Answerer(acme) },
    { name: 'AWS output', answerer: reread(asAwsFiles(acme)) },
    { name: 'our own form', answerer: reread(asOwnFiles(acme, 'yaml')) },
  ]
})

function reread(files: readonly SourceText[]): Answerer {
  const read = readWorld(files)
  if (!read.ok) throw new Error(`${read.error.errors[0]?.source.name}: ${read.error.errors[0]?.message}`)
  return new Answerer(read.value)
}

/** What an answer says besides the story: this hangs on what a form can say. */
const OF_FORM: ReadonlySet<string> = new Set(['place', 'policy', 'unknown'])

/**
 * Everything that an answer says, without where in the files it stands.
 *
 * Left out: the number of a policy, since those of one level have no order and AWS's have it by ids, ours by names; the
 * ARNs of SCPs, which ours do not have; and what is missing, which is not written out.
 */
function said({ answerer }: Form, question: Question): unknown {
  const answer = answerer.answer(question)
  if (!answer.ok) return answer.error
  const { explanation, eitherWay, comparison, failingCheck } = answer.value
  const judged = answerer.judge(question)
  const told = explanationJson(explanation)
  const text = JSON.stringify(
    {
      ...told,
      message: told.message?.replace(/: arn:aws:organizations:\S+$/, ''),
      eitherWay,
      comparison,
      failingCheck,
      judged: judged.ok ? { decision: judged.value.decision, cause: judged.value.cause } : judged.error,
    },
    (key, value: unknown) => (OF_FORM.has(key) ? undefined : value),
  )
  return JSON.parse(text) as unknown
}

function agree(question: Question): void {
  const [first, ...rest] = forms.map((form) => said(form, question))
  for (const other of rest) expect(other).toEqual(first)
}

function* fixtureQuestions(): Generator<Question> {
  const files = [...readdirSync(new URL('events/', QUESTIONS)).map((name) => `events/${name}`), 'day.jsonl']
  for (const file of files) {
    const text = readFileSync(new URL(file, QUESTIONS), 'utf8')
    for (const item of readCloudTrail(file, text, { names: forms[0]!.answerer.names })) if (item.ok) yield item.value
  }
  for (const name of readdirSync(new URL('messages/', QUESTIONS))) {
    const asked = questionOfText(name, readFileSync(new URL(`messages/${name}`, QUESTIONS), 'utf8'))
    if (asked.ok) yield asked.value
  }
}

describe('the forms of one organization answer alike', () => {
  test('to every event and message of the fixtures', () => {
    const questions = [...fixtureQuestions()]
    expect(questions.length).toBeGreaterThan(60)
    for (const question of questions) agree(question)
  })

  test('to whatever else is asked', () => {
    const callers = [...acme.principals.keys(), ...[...acme.sessions.keys()].map((arn) => arn.replace('*', 'x'))]
    const sessions = callers.flatMap((arn) => {
      const role = /^arn:aws:iam::(\d+):role\/(?:.*\/)?([^/]+)$/.exec(arn)
      return role === null ? [] : [`arn:aws:sts::${role[1]!}:assumed-role/${role[2]!}/any`]
    })
    const others = [
      'arn:aws:iam::444455556666:root',
      'arn:aws:iam::999988887777:role/Stranger',
      'arn:aws:sts::444455556666:federated-user/alice',
      'rds.amazonaws.com',
    ]
    const aliases = [...acme.keys.values()].flatMap(({ arn, properties }) =>
      (properties.aliases ?? []).map((alias) => `${arn.slice(0, arn.lastIndexOf(':'))}:${alias}`),
    )
    const context = fc.record(
      {
        'aws:SourceVpce': fc.constantFrom(...acme.endpoints.keys(), 'vpce-0000'),
        'aws:SourceIp': fc.constantFrom('203.0.113.10', '10.0.0.1'),
        'aws:CurrentTime': fc.constantFrom('2026-03-15T12:00:00Z', '2031-01-01T00:00:00Z'),
        'aws:MultiFactorAuthPresent': fc.constantFrom('true', 'false'),
      },
      { requiredKeys: [] },
    )
    const request: fc.Arbitrary<AuthorizationRequest> = fc.record(
      {
        principal: fc.constantFrom(...callers, ...sessions, ...others),
        action: fc.constantFrom(...KMS_ACTIONS.map(({ name }) => name)),
        resource: fc.constantFrom(...acme.keys.keys(), ...aliases),
        context,
        encryptionContext: fc.dictionary(fc.constantFrom('tenant', 'job'), fc.constantFrom('blue', 'green', 'export')),
        via: fc.constantFrom('s3.us-east-1.amazonaws.com', 'ec2.us-east-1.amazonaws.com'),
        grantTokens: fc.subarray([...acme.keys.values()].flatMap(({ grants }) => grants.map(({ grantId }) => grantId))),
      },
      { requiredKeys: ['principal', 'action', 'resource'] },
    )
    fc.assert(
      fc.property(request, (check) =>
        agree({ origin: { form: 'query', name: '<test>' }, checks: [check], incomplete: [], unknown: [], notes: [] }),
      ),
      { seed: 20260315, numRuns: 400 },
    )
  })
})
