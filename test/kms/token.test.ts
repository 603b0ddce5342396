/**
 * Markers, grant tokens and ids: opaque, their own, and refused when touched.
 *
 * Source: kms-behaviour 11, 14.
 */
import { randomBytes } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Ids } from '../../src/kms/ids.js'
import { Tokens } from '../../src/kms/token.js'

const TOKENS = new Tokens('a store', randomBytes)
const PLACE = { accountId: '111122223333', region: 'us-east-1', keyId: '12345678-1234-1234-1234-123456789012' }

describe('markers', () => {
  test('give back the position, in their own list alone', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (scope, other, position) => {
        const marker = TOKENS.marker(scope, position)
        expect(TOKENS.readMarker(scope, marker)).toBe(Buffer.from(position).toString())
        if (other !== scope) expect(TOKENS.readMarker(other, marker)).toBeUndefined()
        expect(new Tokens('another store', randomBytes).readMarker(scope, marker)).toBeUndefined()
      }),
      { numRuns: 100, seed: 1 },
    )
  })

  test('any other text is none', () => {
    const marker = TOKENS.marker('list', 'position')
    fc.assert(
      fc.property(fc.nat(marker.length - 1), fc.base64String({ minLength: 4, maxLength: 80 }), (at, noise) => {
        const changed = marker.slice(0, at) + (marker[at] === 'A' ? 'B' : 'A') + marker.slice(at + 1)
        expect(TOKENS.readMarker('list', changed)).toBeUndefined()
        expect(TOKENS.readMarker('list', noise)).toBeUndefined()
      }),
      { numRuns: 200, seed: 1 },
    )
    for (const text of ['', '=', '%%%', `${marker}=`, ` ${marker}`]) {
      expect(TOKENS.readMarker('list', text)).toBeUndefined()
    }
  })
})

test('a grant has many tokens, which all name it', () => {
  const [one, other] = [TOKENS.grantToken(PLACE, 'a'.repeat(64)), TOKENS.grantToken(PLACE, 'a'.repeat(64))]
  expect(one).not.toBe(other)
  for (const token of [one, other]) {
    expect(TOKENS.readGrantToken(token)).toEqual({
      keyArn: `arn:aws:kms:us-east-1:111122223333:key/${PLACE.keyId}`,
      grantId: 'a'.repeat(64),
    })
  }
  expect(TOKENS.readGrantToken(TOKENS.marker('grant', 'x'))).toBeUndefined()
})

test('ids are UUIDs of version 4, and no two are the same', () => {
  const ids = new Ids(randomBytes)
  const made = Array.from({ length: 2000 }, () => ids.uuid())
  expect(new Set(made).size).toBe(2000)
  for (const id of made) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(ids.hex(32)).toMatch(/^[0-9a-f]{64}$/)
})
