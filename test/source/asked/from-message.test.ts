import { describe, expect, test } from 'vitest'
import { questionOfText, questionsOfMessages } from '../../../src/source/asked/from-message.js'
import { completeQuestion, whyUnknown, type Question } from '../../../src/source/asked/question.js'
import { A, denied, KEY, SESSION } from './events.js'

function ask(text: string): Question {
  const question = questionOfText('<stdin>', text)
  if (!question.ok) throw new Error(question.error.message)
  return question.value
}

const CLI = (operation: string, text: string): string =>
  `An error occurred (SomeException) when calling the ${operation} operation: ${text}`
const OPAQUE =
  'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.'

// authorization.md G1, G2.
describe('what a message tells', () => {
  test('a denial with everything', () => {
    const text = `boto: ${CLI('Decrypt', denied())}`
    const question = ask(text)
    expect(question).toMatchObject({
      origin: { form: 'message', name: '<stdin>' },
      operation: 'Decrypt',
      checks: [{ principal: SESSION, action: 'kms:Decrypt', resource: KEY }],
      incomplete: [],
      said: { decision: 'deny', layer: 'identity', isExplicit: false, resource: KEY, message: denied() },
      notes: [],
    })
    expect(whyUnknown(question.unknown, 'kms:EncryptionContext:tenant')).toBe('the message does not tell it')
    expect(whyUnknown(question.unknown, 'aws:PrincipalTag/team')).toBe('the message does not tell session tags')
    expect(whyUnknown(question.unknown, 'kms:CallerAccount')).toBeUndefined()
    expect(whyUnknown(question.unknown, 'kms:GrantOperations')).toBeUndefined()
    expect(question.unknown.map(({ kind }) => kind)).toContain('sessionPolicies')
  })

  const POLICY = 'arn:aws:iam::111122223333:policy/DenyKms'
  test('the policy that denies', () => {
    const text = `User: ${SESSION} is not authorized to perform: kms:Decrypt on resource: ${KEY} with an explicit deny in an identity-based policy: ${POLICY}`
    expect(ask(text).said).toMatchObject({ decision: 'deny', layer: 'identity', isExplicit: true, policyArn: POLICY })
  })

  const lacking: readonly (readonly [string, string, readonly string[], string | undefined])[] = [
    ['the short form', `User: ${SESSION} is not authorized to perform: kms:Decrypt`, ['resource'], 'kms:Decrypt'],
    [
      'a caller that is no ARN',
      `User: anonymous is not authorized to perform: kms:Decrypt on resource: ${KEY}`,
      ['principal'],
      'kms:Decrypt',
    ],
    ['the ciphertext', OPAQUE, ['principal', 'resource'], 'kms:Decrypt'],
    ['the ciphertext of ReEncrypt', CLI('ReEncrypt', OPAQUE), ['principal', 'resource'], 'kms:ReEncryptFrom'],
    ['an unknown key', CLI('Encrypt', `Key '${KEY}' does not exist`), ['principal'], 'kms:Encrypt'],
    ['an unknown key of nobody knows which call', `Key '${KEY}' does not exist`, ['principal', 'action'], undefined],
    ['a disabled key', CLI('Sign', `${KEY} is disabled.`), ['principal'], 'kms:Sign'],
    [
      'a lockout',
      'The new key policy will not allow you to update the key policy in the future.',
      ['principal', 'resource'],
      'kms:PutKeyPolicy',
    ],
    ['several permissions', CLI('ReEncrypt', `${KEY} is disabled.`), ['principal', 'action'], undefined],
  ]
  for (const [name, text, parts, action] of lacking) {
    test(`lacks ${parts.join(' and ')}: ${name}`, () => {
      const question = ask(text)
      expect(question.checks).toEqual([])
      expect(question.incomplete.map(({ lacks }) => lacks.map(({ part }) => part))).toEqual([parts])
      expect(question.incomplete[0]?.action).toBe(action)
    })
  }

  test('what is lacking can be supplied, and what is there stays', () => {
    const supplied = {
      principal: SESSION,
      action: 'kms:Encrypt',
      resource: KEY,
      context: { 'aws:SourceVpce': 'vpce-1' },
    }
    expect(completeQuestion(ask(OPAQUE), supplied)).toMatchObject({
      checks: [{ principal: SESSION, action: 'kms:Decrypt', resource: KEY, context: supplied.context }],
      incomplete: [],
    })
    expect(
      completeQuestion(ask(OPAQUE), { principal: SESSION }).incomplete.map(({ lacks }) =>
        lacks.map(({ part }) => part),
      ),
    ).toEqual([['resource']])
  })

  const said: readonly (readonly [string, object])[] = [
    [OPAQUE, { decision: 'deny', isOpaque: true }],
    [`Key '${KEY}' does not exist`, { decision: 'undecided', notFound: KEY }],
    [`${KEY} is pending deletion.`, { decision: 'allow', keyState: 'pendingDeletion' }],
    [
      'The new key policy will not allow you to update the key policy in the future.',
      { decision: 'undecided', isLockout: true },
    ],
    ['Policy contains a statement with one or more invalid principals.', { decision: 'undecided' }],
  ]
  for (const [text, answer] of said)
    test(`said: ${text}`, () => expect(ask(text).said).toMatchObject({ ...answer, message: text.replace(/\.$/, '') }))

  test('every resource', () => {
    const text = `User: ${SESSION} is not authorized to perform: kms:ListKeys on resource: * because no identity-based policy allows the kms:ListKeys action`
    expect(ask(text).checks).toEqual([{ principal: SESSION, action: 'kms:ListKeys' }])
  })

  test('tags of a key that is being made', () => {
    const text = `User: ${SESSION} is not authorized to perform: kms:TagResource on resource: * because no identity-based policy allows the kms:TagResource action`
    expect(ask(text).checks).toHaveLength(1)
  })

  const notes: readonly (readonly [string, string])[] = [
    [
      `User: ${SESSION} is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::${A}:role/X because no role trust policy allows the sts:AssumeRole action`,
      'a role trust policy refused: this is about assuming a role, not about KMS',
    ],
    [`User: ${SESSION} is not authorized to perform: s3:GetObject`, '`s3:GetObject` is no permission of KMS'],
    [denied('kms:ReEncryptTo'), 'ReEncrypt makes other checks besides, of which the message does not tell'],
  ]
  for (const [text, note] of notes) test(`notes: ${note}`, () => expect(ask(text).notes).toEqual([note]))

  test('a text without a refusal is an error', () => {
    expect(questionOfText('<stdin>', 'all is well')).toMatchObject({
      ok: false,
      error: { message: 'there is no AWS refusal in this text' },
    })
  })
})

describe('several refusals in one text', () => {
  const ask2 = (text: string): readonly Question[] => {
    const read = questionsOfMessages('<stdin>', text)
    if (!read.ok) throw new Error(read.error.message)
    return read.value
  }
  test('are as many questions, in their order', () => {
    const other = denied().replace('kms:Decrypt', 'kms:Encrypt').replace('the kms:Decrypt', 'the kms:Encrypt')
    const questions = ask2(`${CLI('Decrypt', denied())}\n${CLI('Encrypt', other)}`)
    expect(questions.map(({ checks }) => checks[0]?.action)).toEqual(['kms:Decrypt', 'kms:Encrypt'])
  })
  test('are one where a program prints one twice, and once cut off; the fuller counts', () => {
    const [text] = denied().split(' because')
    const [question, ...others] = ask2(`${text} (truncated...)\n${CLI('Decrypt', denied())}\n${denied()}`)
    expect(others).toEqual([])
    expect(question?.said).toMatchObject({ layer: 'identity' })
  })
})

// IAM User Guide, "Forward access sessions".
describe('the error of another service tells that the request came through it', () => {
  const GO = (service: string): string =>
    `operation error ${service}: X, https response error StatusCode: 403, RequestID: ABCD-1, api error AccessDenied: ${denied()}`
  const cases: readonly (readonly [name: string, text: string, via: string | undefined])[] = [
    ['the AWS CLI and boto3, S3', CLI('PutObject', denied()), 's3.amazonaws.com'],
    ['boto3, Secrets Manager', CLI('GetSecretValue', denied()), 'secretsmanager.amazonaws.com'],
    ['the SDK for Go', GO('Secrets Manager'), 'secretsmanager.amazonaws.com'],
    [
      'the SDK for Java 1',
      `${denied()} (Service: Amazon S3; Status Code: 403; Error Code: AccessDenied; Request ID: A-1)`,
      's3.amazonaws.com',
    ],
    ['the SDK for Java 2', `${denied()} (Service: Sqs, Status Code: 400, Request ID: A-1)`, 'sqs.amazonaws.com'],
    ['KMS itself', CLI('Decrypt', denied()), undefined],
    ['KMS itself, the SDK for Go', GO('KMS'), undefined],
    ['KMS itself, the SDK for Java 2', `${denied()} (Service: Kms, Status Code: 400, Request ID: A-1)`, undefined],
    ['an operation that many services have', CLI('CreateFunction', denied()), undefined],
  ]
  for (const [name, text, via] of cases) {
    test(name, () => {
      const { checks, unknown } = ask(text)
      expect(checks[0]?.via).toBe(via)
      expect(whyUnknown(unknown, 'kms:ViaService') === undefined).toBe(via !== undefined)
    })
  }
})
