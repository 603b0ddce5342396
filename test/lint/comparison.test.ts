/** What the rules that compare say together of one change: one cause is one finding. */
import { describe, expect, test } from 'vitest'
import { RULES } from '../../src/lint/rules/index.js'
import { runCase, writings } from './rule-cases.js'

const COMPARING = RULES.filter(({ on }) => on === 'comparison')
const OWN = 'arn:aws:iam::111122223333:role/App'
const FOREIGN = 'arn:aws:iam::444455556666:role/Partner'

const allow = (principal: unknown, action = 'kms:Decrypt'): object => ({
  Effect: 'Allow',
  Principal: principal,
  Action: action,
  Resource: '*',
})
const policy = (...statements: readonly object[]): object => ({
  Version: '2012-10-17',
  Statement: [allow({ AWS: 'arn:aws:iam::111122223333:root' }, 'kms:DescribeKey'), ...statements],
})

test.each<[string, readonly object[], readonly string[]]>([
  ['everybody', [allow('*')], ['DIF002 1']],
  ['somebody outside', [allow({ AWS: FOREIGN })], ['DIF002 1']],
  ['somebody inside', [allow({ AWS: OWN })], ['DIF001 1']],
  ['both in one statement', [allow({ AWS: [OWN, FOREIGN] })], ['DIF002 1']],
  ['both, each in its own', [allow({ AWS: OWN }), allow({ AWS: FOREIGN }, 'kms:Encrypt')], ['DIF001 1', 'DIF002 2']],
])('%s', (_name, added, expected) => {
  const given = {
    name: '',
    kind: 'key',
    policy: policy(...added),
    before: policy(),
    project: { accounts: ['111122223333'] },
  } as const
  for (const written of writings(given)) {
    const found = runCase(COMPARING, given, written)
    expect(found.map(({ rule, path }) => `${rule.id} ${/\d+/.exec(path)?.[0] ?? path}`)).toEqual(expected)
    for (const { witness } of found) expect(witness).toBeDefined()
  }
})

describe('a Deny that is gone', () => {
  const deny = { Effect: 'Deny', Principal: '*', Action: 'kms:ScheduleKeyDeletion', Resource: '*' }
  const own = allow({ AWS: OWN }, 'kms:*')
  test.each<[string, readonly object[], readonly object[], readonly string[]]>([
    ['what an Allow gives again is told once', [own, deny], [own], ['DIF003']],
    ['what nothing allows', [deny], [], ['DIF003']],
    ['another Allow is another cause', [own, deny], [own, allow({ AWS: `${OWN}2` })], ['DIF001', 'DIF003']],
  ])('%s', (_name, earlier, later, expected) => {
    const given = { name: '', kind: 'key', policy: policy(...later), before: policy(...earlier) } as const
    const found = runCase(COMPARING, { ...given, project: { accounts: ['111122223333'] } }, writings(given)[0]!)
    expect(found.map(({ rule }) => rule.id).toSorted()).toEqual(expected)
  })
  test('is told as new access where nothing else tells of it', () => {
    const given = { name: '', kind: 'key', policy: policy(own), before: policy(own, deny) } as const
    const newAccess = COMPARING.filter(({ id }) => id === 'DIF001')
    expect(runCase(newAccess, given, writings(given)[0]!).map(({ rule }) => rule.id)).toEqual(['DIF001'])
  })
})
