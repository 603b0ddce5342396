/** Every operation through the AWS SDK for JavaScript v3, as it is installed, on an engine in the same process. */
import { KMS } from '@aws-sdk/client-kms'
import { describe, expect, test } from 'vitest'
import { API_OPERATIONS, type OperationName } from '../../src/aws/operations.js'
import { EVERY_OPERATION, methodOf } from './every-operation.js'
import { fixture } from './sdk-fixture.js'

describe('every operation goes through', () => {
  test.each(Object.keys(API_OPERATIONS) as OperationName[])('%s', async (name) => {
    const t = await fixture()
    const [prepare, ...expected] = EVERY_OPERATION[name]
    const { $metadata, ...answer } = (await methodOf(t.sdk, name)(await prepare(t))) as {
      $metadata: { httpStatusCode?: number; requestId?: string }
    }
    expect(
      Object.entries(answer)
        .flatMap(([member, value]) => (value === undefined ? [] : [member]))
        .sort(),
    ).toEqual(expected)
    expect($metadata.httpStatusCode).toBe(200)
    // The request id of the answer is that of its audit record.
    expect(t.records.some((record) => record.eventName === name && record.requestID === $metadata.requestId)).toBe(true)
  })

  test('the SDK has no operation that is not tested here', async () => {
    const { sdk } = await fixture()
    const own = ['constructor', 'send', 'destroy']
    const methods = Object.getOwnPropertyNames(KMS.prototype).filter(
      (name) => !own.includes(name) && !name.startsWith('paginate'),
    )
    const known = Object.keys(API_OPERATIONS).map((name) => `${name.charAt(0).toLowerCase()}${name.slice(1)}`)
    expect(methods.toSorted()).toEqual(known.toSorted())
    sdk.destroy()
  })
})
