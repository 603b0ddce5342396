/** Who there is in the tests of clients, and an administrator's clients of a server. */
import { KMS } from '@aws-sdk/client-kms'
import { STSClient } from '@aws-sdk/client-sts'
import { onTestFinished } from 'vitest'
import { ACCOUNT, REGION, type AccessKeys } from './serve-process.js'

export const ADMIN = `arn:aws:iam::${ACCOUNT}:user/admin`
export const ROLE = `arn:aws:iam::${ACCOUNT}:role/service/App`
export const SESSION = `arn:aws:sts::${ACCOUNT}:assumed-role/App`

function allow(...actions: readonly string[]): object {
  return { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: actions, Resource: '*' } }
}

/** `admin` may do everything, `nobody` nothing; the role `App` may use keys, for whom `admin` is and says so. */
export const WORLD = {
  accounts: {
    [ACCOUNT]: {
      users: { admin: { policies: { All: allow('kms:*', 'sts:*') } }, nobody: {} },
      roles: {
        'service/App': {
          policies: { Use: allow('kms:Encrypt', 'kms:Decrypt', 'kms:GenerateDataKey', 'kms:ListKeys') },
          trust: {
            Version: '2012-10-17',
            Statement: {
              Effect: 'Allow',
              Principal: { AWS: ADMIN },
              Action: ['sts:AssumeRole', 'sts:TagSession'],
            },
          },
        },
      },
    },
  },
}

interface At {
  readonly url: string
  readonly keys: AccessKeys
  readonly region?: string
  readonly maxAttempts?: number
}

/** Ends with the test. */
export function kmsClient({ url, keys, region = REGION, maxAttempts = 1 }: At): KMS {
  const client = new KMS({ endpoint: url, region, credentials: keys, maxAttempts })
  onTestFinished(() => client.destroy())
  return client
}

/** Ends with the test. */
export function stsClient({ url, keys, region = REGION }: At): STSClient {
  const client = new STSClient({ endpoint: url, region, credentials: keys, maxAttempts: 1 })
  onTestFinished(() => client.destroy())
  return client
}
