import { KMS, KMSClient, CreateKeyCommand, NotFoundException, DescribeKeyCommand } from '@aws-sdk/client-kms'
import { test, expect } from 'vitest'
import { inProcess } from '../../src/kms/in-process.js'
import { testKms, ADMIN } from './test-kms.js'
test('x', async () => {
  const { kms } = await testKms()
  const client = new KMSClient({ ...inProcess(kms, ADMIN) })
  const made = await client.send(new CreateKeyCommand({}))
  console.log(made)
  const all = new KMS(inProcess(kms, ADMIN))
  const error = await all.describeKey({ KeyId: 'nope' }).catch((e: unknown) => e)
  console.log(error, error instanceof NotFoundException)
  console.log(await new KMS({ ...inProcess(kms, ADMIN), region: 'eu-west-1' }).createKey({}))
  let n = 0
  const t = process.cpuUsage()
  for (; n < 2000; n++) await client.send(new DescribeKeyCommand({ KeyId: made.KeyMetadata!.KeyId }))
  const u = process.cpuUsage(t)
  console.log((u.user + u.system) / n, 'us/call')
  expect(1).toBe(1)
})
