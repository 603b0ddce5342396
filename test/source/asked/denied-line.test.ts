import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readDeniedLine } from '../../../src/source/asked/denied-line.js'
import { parseDeniedMessage } from '../../../src/text/denied-message.js'
import { denied, KEY, SESSION } from './events.js'

const POLICY = 'arn:aws:organizations::999988887777:policy/o-a1b2c3d4e5/service_control_policy/p-12345678'
const START = `User: ${SESSION} is not authorized to perform: kms:Decrypt on resource: ${KEY}`

function byGrammar(line: string): object | undefined {
  const read = parseDeniedMessage(line)
  if (!read.ok) return undefined
  const { span, ...sentence } = read.value
  expect(span).toEqual({ start: 0, end: line.length })
  return sentence
}

// IAM User Guide, "Troubleshoot access denied error messages"; authorization.md G1.
describe('forms that are read without the grammar', () => {
  const lines = [
    denied(),
    `${START} because no resource-based policy allows the kms:Decrypt action`,
    `${START} because no permissions boundary allows the kms:Decrypt action`,
    `${START} because no session policy allows the kms:Decrypt action`,
    `${START} because no service control policy allows the kms:Decrypt action`,
    `${START} because no VPC endpoint policy allows the kms:Decrypt action`,
    `${START} with an explicit deny in an identity-based policy`,
    `${START} with an explicit deny in a resource-based policy`,
    `${START} with an explicit deny in a permissions boundary`,
    `${START} with an explicit deny in a session policy`,
    `${START} with an explicit deny in a service control policy`,
    `${START} with an explicit deny in a service control policy: ${POLICY}`,
    `${START} with an explicit deny in a resource control policy`,
    `${START} with an explicit deny in a VPC endpoint policy`,
    'User: logs.us-west-2.amazonaws.com is not authorized to perform: kms:ListKeys on resource: * because no identity-based policy allows the kms:ListKeys action',
    `User: ${SESSION} is not authorized to perform: kms:Decrypt with an explicit deny in a session policy`,
  ]
  for (const line of lines) {
    test(line, () => {
      const quick = readDeniedLine(line)
      expect(quick).toBeDefined()
      expect(quick).toEqual(byGrammar(line))
    })
  }
})

describe('forms that are left to the grammar', () => {
  const lines = [
    `User: ${SESSION} is not authorized to perform: kms:Decrypt`,
    `${START} because no identity-based policy allows the kms:Encrypt action`,
    `${START} because no identity-based policy allows the kms:Decrypt action.`,
    `${START} with an explicit deny`,
    `${START}  because no identity-based policy allows the kms:Decrypt action`,
    `An error occurred (AccessDeniedException) when calling the Decrypt operation: ${denied()}`,
    'User: "x" is not authorized to perform: kms:Decrypt with an explicit deny in a session policy',
    'hello',
  ]
  for (const line of lines) test(line, () => expect(readDeniedLine(line)).toBeUndefined())
})

const WORDS = [
  'User:',
  'is not authorized to perform:',
  'on resource:',
  'because no',
  'session policy',
  'allows the',
  'kms:Decrypt',
  'action',
  'with an explicit deny in',
  'a session policy',
  KEY,
  SESSION,
  ':',
  '.',
  '*',
  'x"y',
]

test('what is read here, the grammar reads the same', () =>
  fc.assert(
    fc.property(fc.shuffledSubarray(WORDS), fc.subarray(WORDS), (shuffled, ordered) => {
      for (const line of [shuffled.join(' '), `${START} ${ordered.join(' ')}`, ordered.join(' ')]) {
        const quick = readDeniedLine(line)
        if (quick !== undefined) expect(quick).toEqual(byGrammar(line))
      }
    }),
    { numRuns: 200, seed: 5 },
  ))
