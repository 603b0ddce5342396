/** The matchers of `keyward/vitest`: what passes, what fails with which words, and what neither may. */
import { describe, expect, test } from 'vitest'
import { loadPolicy, loadWorld, policyMatchers } from '../../src/vitest.js'

expect.extend(policyMatchers)

const acme = loadWorld('fixtures/acme/world')
const policy = loadPolicy('fixtures/diff/before.json', 'key')

describe('matchers', () => {
  test('queries', () => {
    expect(acme).toAllow('can role/PaymentsApi do kms:Decrypt on alias/payments')
    expect(acme).not.toAllow('can role/Researcher do kms:Decrypt on alias/payments')
    expect(acme).toDeny('can role/TenantService do kms:Decrypt on alias/tenant-data', {
      because: 'key-policy-condition-key-absent',
      layer: 'keyPolicy',
      verdict: 'implicitDeny',
    })
    expect(policy).toAllow('can role/App do kms:Decrypt on alias/this when kms:EncryptionContext:tenant = a')
  })

  test('assertions', () => {
    expect(acme).toSatisfyAssertion('only role/LedgerWriter can kms:Decrypt on alias/ledger')
    expect(acme).not.toSatisfyAssertion('nobody can kms:Decrypt on alias/ledger', { budgetSeconds: 10 })
  })
})

describe('failures', () => {
  test('say what was wanted, what came, and by which statement', () => {
    const ask = (): void => expect(acme).toDeny('can role/PaymentsApi do kms:Decrypt on alias/payments')
    expect(ask).toThrow('wanted deny, got allow')
    expect(ask).toThrow('get-account-authorization-details.json:')
  })

  test('of what was denied otherwise', () => {
    const ask = (): void =>
      expect(acme).toDeny('can role/TenantService do kms:Decrypt on alias/tenant-data', { because: 'scp-action' })
    expect(ask).toThrow('wanted deny (scp-action), got implicitDeny (key-policy-condition-key-absent)')
  })

  test.each([
    ['no principal', () => expect(acme).not.toAllow('can role/Nobody do kms:Decrypt on alias/payments')],
    ['unexpected `may`', () => expect(acme).not.toAllow('may role/App')],
    ['the assertion ends too early', () => expect(acme).not.toSatisfyAssertion('nobody')],
    ['loadWorld', () => expect({}).not.toAllow('can role/App do kms:Decrypt on alias/a')],
    ['no key or alias', () => expect(policy).not.toDeny('can root do kms:Decrypt on alias/that')],
    ['hangs on identity policies', () => expect(policy).not.toDeny('can role/App do kms:Encrypt on alias/this')],
  ])('neither pass nor fail: %s', (message, ask) => {
    expect(ask).toThrow(message)
  })

  test('a folder that is no world', () => {
    expect(() => loadWorld('no-such-folder')).toThrow('no-such-folder')
    expect(() => loadPolicy('fixtures/diff/before.json', 'identity')).toThrow('Principal')
  })
})
