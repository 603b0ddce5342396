/**
 * Source: KMS API Reference, "GenerateRandom"; kms-behaviour 5, 13.
 */
import type { Result } from '../../text/source.js'
import { after } from '../awaitable.js'
import { randomInStore } from '../cluster-key.js'
import { fail, succeed, type Failure } from '../failure.js'
import type { Call, Done, Operation } from '../operation.js'
import { disclose, recipientAudit } from '../recipient.js'

export const generateRandom: Operation<'GenerateRandom'> = {
  name: 'GenerateRandom',
  targets: [],
  checks: [{ action: 'kms:GenerateRandom', on: 'nothing' }],
  usage: 'none',
  audit: {
    readOnly: true,
    request: { NumberOfBytes: 'logged', CustomKeyStoreId: 'logged', Recipient: 'hidden' },
    response: 'nothing',
  },
  run: (call) => {
    const { input, services } = call
    // The model lets it be left out, and the service does not.
    if (input.NumberOfBytes === undefined) return fail('ValidationException', 'NumberOfBytes is required.')
    const { CustomKeyStoreId: storeId, NumberOfBytes: size } = input
    if (storeId === undefined) return answerOf(call, services.materials.random(size))
    return after(services.customKeyStores.find(call.caller.accountId, call.region, storeId), (found) => {
      if (!found.ok) return found
      const { type, connectionState } = found.value.record
      // Proxies of external key stores make no random bytes.
      if (type === 'EXTERNAL_KEY_STORE') {
        return fail('UnsupportedOperationException', `${storeId} does not make random bytes.`)
      }
      if (connectionState !== 'CONNECTED') {
        return fail('CustomKeyStoreInvalidStateException', `The custom key store ${storeId} is not connected.`)
      }
      return after(randomInStore(call, found.value, size), (made) => (made.ok ? answerOf(call, made.value) : made))
    })
  },
}

function answerOf(call: Call<'GenerateRandom'>, bytes: Buffer): Result<Done<'GenerateRandom'>, Failure> {
  return succeed({
    output: disclose(call, 'Plaintext', bytes),
    ...(call.recipient === undefined ? {} : { audit: { additionalEventData: recipientAudit(call) } }),
  })
}
