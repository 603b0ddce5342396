/** The example caller, key and policies that tests of simulation documents share. */

export const A = '111122223333'
export const KEY = `arn:aws:kms:us-west-2:${A}:key/1234abcd-12ab-34cd-56ef-1234567890ab`
export const OTHER_KEY = `arn:aws:kms:us-west-2:${A}:key/99999999-12ab-34cd-56ef-1234567890ab`
export const ALICE = { type: 'user', arn: `arn:aws:iam::${A}:user/Alice` } as const

export function policyFor(principal: unknown, more: object = {}): object {
  return {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: principal, Action: 'kms:*', Resource: '*', ...more }],
  }
}

export const delegated = policyFor({ AWS: `arn:aws:iam::${A}:root` })

export const allowAll = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: undefined, Action: '*', Resource: '*' }],
}

/** Alice decrypts with a key whose policy knows only somebody else. */
export function asked(changes: object = {}): object {
  return {
    principal: ALICE,
    action: 'kms:Decrypt',
    resource: { type: 'key', arn: KEY },
    keyPolicy: policyFor({ AWS: `arn:aws:iam::${A}:role/Nobody` }),
    ...changes,
  }
}

export function grantTo(grantee: string, changes: object = {}): object {
  return { GrantId: 'g-1', KeyId: KEY, GranteePrincipal: grantee, Operations: ['Decrypt'], ...changes }
}
