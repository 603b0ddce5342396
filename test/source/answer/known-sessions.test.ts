/**
 * What a world says of a session counts where the question does not say it itself: `docs/world.md`, "Sessions".
 */
import { describe, expect, test } from 'vitest'
import { Answerer, type Answer } from '../../../src/source/answer/answer-question.js'
import { questionOfText } from '../../../src/source/asked/from-message.js'
import { A, ALLOW_ALL, errorsOf, faultyWorld, KEY, KEY_ID, KEY_POLICY, worldOf } from '../world/files.js'

const only = (action: string): object => ({
  Version: '2012-10-17',
  Statement: { Effect: 'Allow', Action: action, Resource: '*' },
})

const CLEARED = {
  Version: '2012-10-17',
  Statement: {
    Effect: 'Allow',
    Action: 'kms:*',
    Resource: '*',
    Condition: { StringEquals: { 'aws:PrincipalTag/clearance': 'high' } },
  },
}

interface Session {
  readonly policies?: object
  readonly attached?: readonly string[]
  readonly tags?: object
}

function files(sessions: Readonly<Record<string, Session>>, boundary?: object): Readonly<Record<string, unknown>> {
  return {
    'world.json': {
      keyward: 'world/1',
      accounts: {
        [A]: {
          region: 'us-west-2',
          policies: { 'team/Reader': only('kms:Describe*') },
          users: { alice: { policies: { All: ALLOW_ALL } } },
          roles: { 'ops/App': { policies: { All: ALLOW_ALL }, ...(boundary === undefined ? {} : { boundary }) } },
          sessions,
          keys: { [KEY_ID]: { policy: KEY_POLICY } },
        },
      },
    },
  }
}

function asked(sessions: Readonly<Record<string, Session>>, caller: string, boundary?: object): Answer {
  const text = `User: ${caller} is not authorized to perform: kms:Decrypt on resource: ${KEY} because no session policy allows the kms:Decrypt action`
  const question = questionOfText('<test>', text)
  if (!question.ok) throw new Error(question.error.message)
  const answer = new Answerer(worldOf(files(sessions, boundary))).answer(question.value)
  if (!answer.ok) throw new Error(answer.error.message)
  return answer.value
}

const SESSION = `arn:aws:sts::${A}:assumed-role/App/nightly-7`
const ROLE = `arn:aws:iam::${A}:role/ops/App`
const FEDERATED = `arn:aws:sts::${A}:federated-user/alice`

const outcome = ({ trace }: Answer): string => `${trace.outcome.decision} ${trace.outcome.layer}`

describe('session policies of a world', () => {
  const S3 = { policies: { Files: only('s3:*') } }
  const KMS = { policies: { Keys: only('kms:*') } }
  const CASES: readonly (readonly [
    name: string,
    sessions: Readonly<Record<string, Session>>,
    who: string,
    is: string,
  ])[] = [
    ['nothing is said', {}, SESSION, 'allow identity'],
    ['the session itself', { 'assumed-role/App/nightly-7': S3 }, SESSION, 'implicitDeny session'],
    ['another session', { 'assumed-role/App/nightly-8': S3 }, SESSION, 'allow identity'],
    ['the same name of another role', { 'assumed-role/Other/nightly-7': S3 }, SESSION, 'allow identity'],
    ['a pattern', { 'assumed-role/App/nightly-*': S3 }, SESSION, 'implicitDeny session'],
    [
      'the session before a pattern',
      { 'assumed-role/App/*': S3, 'assumed-role/App/nightly-7': KMS },
      SESSION,
      'allow identity',
    ],
    [
      'the longer of two patterns',
      { 'assumed-role/App/*': S3, 'assumed-role/App/nightly-*': KMS },
      SESSION,
      'allow identity',
    ],
    ['a role for what all its sessions have', { 'assumed-role/App/*': S3 }, ROLE, 'implicitDeny session'],
    ['a role and what some of its sessions have', { 'assumed-role/App/n*': S3 }, ROLE, 'allow identity'],
    ['a federated user', { 'federated-user/alice': KMS }, FEDERATED, 'implicitDeny identity'],
    ['a session without any', { 'assumed-role/App/nightly-7': {} }, SESSION, 'allow identity'],
    [
      'several are joined',
      { 'assumed-role/App/nightly-7': { policies: { Files: only('s3:*'), Keys: only('kms:*') } } },
      SESSION,
      'allow identity',
    ],
    [
      'a managed policy by its name in the account',
      { 'assumed-role/App/nightly-7': { attached: ['Reader'] } },
      SESSION,
      'implicitDeny session',
    ],
    [
      'a managed policy by its ARN',
      { 'assumed-role/App/nightly-7': { attached: [`arn:aws:iam::${A}:policy/team/Reader`] } },
      SESSION,
      'implicitDeny session',
    ],
  ]
  test.each(CASES)('%s', (_name, sessions, who, is) => expect(outcome(asked(sessions, who))).toBe(is))

  test('a session of which the world speaks is known', () => {
    const known = asked({ 'assumed-role/App/nightly-7': {} }, SESSION)
    expect(known.question.unknown.map(({ kind }) => kind)).not.toContain('sessionPolicies')
    expect(asked({}, SESSION).question.unknown.map(({ kind }) => kind)).toContain('sessionPolicies')
  })

  test('its tags are those of the caller', () => {
    const high = asked({ 'assumed-role/App/nightly-7': { tags: { clearance: 'high' } } }, SESSION, CLEARED)
    expect([outcome(high), high.eitherWay.answer]).toEqual(['allow identity', 'allow'])
    const none = asked({ 'assumed-role/App/nightly-7': {} }, SESSION, CLEARED)
    expect([outcome(none), none.eitherWay.answer]).toEqual(['implicitDeny boundary', 'deny'])
    expect(asked({}, SESSION, CLEARED).eitherWay.answer).toBe('depends')
  })

  test('a policy is called by its name', () => {
    const { explanation } = asked({ 'assumed-role/App/nightly-7': S3 }, SESSION)
    expect(explanation.decisive[0]?.name).toBe('session policy "Files", statement 1')
    expect(explanation.decisive[0]?.place?.source.name).toBe('world.json')
  })

  test('a managed policy that no file has is a gap of its sessions', () => {
    const world = worldOf(files({ 'assumed-role/App/*': { attached: ['arn:aws:iam::aws:policy/ReadOnlyAccess'] } }))
    expect(world.gaps.filter(({ code }) => code === 'managed-policy-missing')).toMatchObject([
      {
        message:
          'managed policy arn:aws:iam::aws:policy/ReadOnlyAccess is in no file: as a session policy it is taken as not there',
        scope: { kind: 'principals', arns: [ROLE] },
      },
    ])
  })
})

describe('what is no session', () => {
  test.each([
    'App/nightly',
    'assumed-role/App',
    'assumed-role/ops/App/n',
    'assumed-role/*/n',
    'federated-user/*',
    'role/App',
  ])('%s', (name) => {
    const [error] = errorsOf(files({ [name]: {} }))
    expect(error?.message).toBe(`\`${name}\` is no session`)
    expect(error?.hint).toContain('`assumed-role/{role}/{session}`')
  })

  test('a principal in the policy of a session', () => {
    const { messages } = faultyWorld(
      files({ 'assumed-role/App/n': { policies: { P: { ...ALLOW_ALL, Statement: [{ Principal: '*' }] } } } }),
    )
    expect(messages.join()).toMatch(/Principal/)
  })

  test('two files that disagree', () => {
    const base = files({})
    const session = (policy: object): object => ({
      keyward: 'world/1',
      accounts: { [A]: { sessions: { 'assumed-role/App/n': { policies: { P: policy } } } } },
    })
    const world = worldOf({ ...base, 'a.json': session(only('s3:*')), 'b.json': session(only('kms:*')) })
    expect(world.contradictions.map(({ about }) => about)).toEqual([`session arn:aws:sts::${A}:assumed-role/App/n`])
  })
})
