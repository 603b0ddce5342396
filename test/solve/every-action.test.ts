/**
 * Every KMS permission by itself: a policy that adds it alone allows something new, and nothing else.
 *
 * Permissions that ask for more than policies, such as that to retire a grant, have witnesses as well.
 */
import { describe, expect, test } from 'vitest'
import { KMS_ACTIONS } from '../../src/aws/actions.js'
import { comparePolicies } from '../../src/solve/policies.js'
import { allow, APP, delegating, KEY, policy, policyOf } from './worlds.js'

const other = allow('s3:GetObject')

describe('in an identity policy', () => {
  test.each(KMS_ACTIONS.map(({ name }) => name))('%s', (name) => {
    const [before, after] = [policy(other), policy(other, allow(name))]
    const { verdict, more, reason } = comparePolicies(
      policyOf(before, 'identity'),
      policyOf(after, 'identity'),
      'identity',
    )
    expect([verdict, reason]).toEqual(['more', undefined])
    expect(new Set(more.flatMap(({ actions }) => actions))).toEqual(new Set([name]))
    for (const { witness } of more) {
      expect(witness?.outcomes.map(({ decision }) => decision)).toEqual(['implicitDeny', 'allow'])
    }
  })

  test('all of them at once, and all but one', () => {
    const [all, but] = [
      policy(allow('kms:*')),
      policy({ Effect: 'Allow', NotAction: 'kms:RetireGrant', Resource: '*' }),
    ]
    const { verdict, less } = comparePolicies(policyOf(all, 'identity'), policyOf(but, 'identity'), 'identity')
    expect(verdict).toBe('incomparable')
    expect(less.flatMap(({ actions }) => actions)).toEqual(['kms:RetireGrant'])
  })
})

describe('in a key policy', () => {
  const onKeys = KMS_ACTIONS.filter(({ resources }) => resources.includes('key'))
  test.each(onKeys.map(({ name }) => name))('%s', (name) => {
    const [before, after] = [policy(delegating), policy(delegating, allow(name, { to: { AWS: APP } }))]
    const { verdict, more } = comparePolicies(policyOf(before, 'key'), policyOf(after, 'key'), 'key', { keyArn: KEY })
    // Whoever may retire a grant is told by the grant, and by identity policies.
    expect(verdict).toBe(name === 'kms:RetireGrant' ? 'equivalent' : 'more')
    expect(new Set(more.flatMap(({ actions }) => actions))).toEqual(new Set(name === 'kms:RetireGrant' ? [] : [name]))
  })
})
