/** Who is let in, with a clock that stands until it is moved: no verdict here depends on the speed of a machine. */
import { describe, expect, test } from 'vitest'
import { Admission, type AdmissionLimits, type ThrottleReason } from '../../../src/server/operations/admission.js'
import type { AdmissionRequest, Refused } from '../../../src/server/http/hooks.js'
import type { ServiceAnswer } from '../../../src/server/http/http-service.js'

const ALICE = 'arn:aws:iam::111122223333:user/alice'
const ANSWER: ServiceAnswer = { status: 200, contentType: 'text/plain', body: '', requestId: 'r' }

function admissionWith(limits: Partial<AdmissionLimits> = {}) {
  const clock = { nowMs: 1000, delayMs: 0 }
  const reasons: ThrottleReason[] = []
  const admission = new Admission({
    limits,
    nowMs: () => clock.nowMs,
    loopDelayMs: () => clock.delayMs,
    onThrottled: (reason) => void reasons.push(reason),
  })
  const admit = (operation = 'Sign', principal = ALICE): Refused | undefined => {
    const refused = admission.hooks.admit(request(operation, principal))
    return typeof refused === 'string' ? { message: refused, afterMs: 0 } : refused
  }
  /** A request that is admitted and waits; answers what ends it. */
  const wait = (operation = 'Sign'): (() => Promise<void>) => {
    let end: (answer: ServiceAnswer) => void = () => undefined
    const work = new Promise<ServiceAnswer>((resolve) => {
      end = resolve
    })
    const done = admission.hooks.around(request(operation, ALICE), [], () => work)
    return async () => {
      end(ANSWER)
      await done
    }
  }
  return { admission, clock, reasons, admit, wait }
}

function request(operation: string, principal: string): AdmissionRequest {
  return { service: 'kms', operation, principal, accessKeyId: 'AKIA', region: 'us-east-1', inFlight: 1 }
}

describe('rate limits', () => {
  test('a principal has its burst, then its rate, and others have theirs', () => {
    const { clock, reasons, admit } = admissionWith({ principalRate: { perSecond: 10, burst: 3 } })
    expect([admit(), admit(), admit()]).toEqual([undefined, undefined, undefined])
    expect(admit()?.message).toMatch(/^You have exceeded the rate/)
    expect(admit('Sign', 'arn:aws:iam::111122223333:user/bob')).toBeUndefined()
    clock.nowMs += 100
    expect(admit()).toBeUndefined()
    expect(admit()).toBeDefined()
    expect(reasons).toEqual(['principal', 'principal'])
  })

  test('all sessions of a role are one principal', () => {
    const { admit } = admissionWith({ principalRate: { perSecond: 1 } })
    const session = (name: string): string => `arn:aws:sts::111122223333:assumed-role/App/${name}`
    expect(admit('Sign', session('one'))).toBeUndefined()
    expect(admit('Sign', session('two'))).toBeDefined()
    expect(admit('Sign', 'arn:aws:sts::111122223333:assumed-role/Other/one')).toBeUndefined()
  })

  test('there are none unless they are set', () => {
    const { admit } = admissionWith()
    expect(Array.from({ length: 10_000 }, () => admit()).every((each) => each === undefined)).toBe(true)
  })
})

describe('waiting', () => {
  test('no more wait at once than there is room for', async () => {
    const { admission, admit, wait, reasons } = admissionWith({ maxWaiting: 3 })
    const ends = [wait(), wait(), wait('Encrypt')]
    expect(admission.waiting).toBe(3)
    expect(admit('Decrypt')?.message).toMatch(/^The service is overloaded/)
    await ends[0]?.()
    expect(admit('Decrypt')).toBeUndefined()
    expect(reasons).toEqual(['waiting'])
  })

  test('an operation whose requests end too slowly is refused, and no other one is', async () => {
    const { clock, admit, wait } = admissionWith({ maxWaitMs: 1000 })
    const ends = Array.from({ length: 200 }, () => wait())
    expect(admit()).toBeUndefined()
    for (const end of ends.slice(0, 100)) {
      clock.nowMs += 20
      await end()
    }
    // A hundred before it, one each 20 ms.
    expect(admit()).toBeDefined()
    expect(admit('Encrypt')).toBeUndefined()
    for (const end of ends.slice(100, 190)) {
      clock.nowMs += 20
      await end()
    }
    expect(admit()).toBeUndefined()
  })

  test('many that end quickly are let in however many they are', async () => {
    const { clock, admit, wait } = admissionWith({ maxWaitMs: 1000 })
    const ends = Array.from({ length: 800 }, () => wait())
    for (const [index, end] of ends.slice(0, 400).entries()) {
      // As a store does that writes many at once: nothing for 10 ms, then 40 at the same time.
      if (index % 40 === 0) clock.nowMs += 10
      await end()
    }
    expect(admit()).toBeUndefined()
  })

  test('a standstill is seen while it lasts', () => {
    const { clock, admit, wait } = admissionWith({ maxWaitMs: 1000 })
    for (let count = 0; count < 64; count++) wait()
    expect(admit()).toBeUndefined()
    clock.nowMs += 1100
    expect(admit()).toBeDefined()
  })

  test('one that takes long holds nobody up', async () => {
    const { clock, admit, wait } = admissionWith({ maxWaitMs: 1000 })
    wait()
    for (let round = 0; round < 200; round++) {
      const ends = Array.from({ length: 20 }, () => wait())
      clock.nowMs += 20
      for (const end of ends) await end()
    }
    const more = Array.from({ length: 20 }, () => wait())
    expect(admit()).toBeUndefined()
    await Promise.all(more.map((end) => end()))
  })

  test('what fails is no longer waiting', async () => {
    const { admission } = admissionWith()
    const failing = admission.hooks.around(request('Sign', ALICE), [], () => Promise.reject(new Error('broken')))
    expect(admission.waiting).toBe(1)
    await expect(failing).rejects.toThrow('broken')
    expect(admission.waiting).toBe(0)
  })

  test('what is answered at once never waits', () => {
    const { admission } = admissionWith()
    expect(admission.hooks.around(request('Sign', ALICE), [], () => ANSWER)).toBe(ANSWER)
    expect(admission.waiting).toBe(0)
  })
})

describe('a late thread', () => {
  test.each([
    [250, 0],
    [500, 50],
    [1000, 75],
  ])('of %i ms refuses %i of 100 requests', (delayMs, refused) => {
    const { clock, admit, reasons } = admissionWith({ maxLoopDelayMs: 250 })
    clock.delayMs = delayMs
    const answers = Array.from({ length: 100 }, () => admit())
    expect(answers.filter((each) => each !== undefined)).toHaveLength(refused)
    expect(new Set(reasons)).toEqual(new Set(refused === 0 ? [] : ['loop']))
  })
})

test('refusals leave one every four milliseconds, and none waits longer than a second', () => {
  const { clock, admit, wait } = admissionWith({ maxWaiting: 1 })
  wait()
  expect(Array.from({ length: 5 }, () => admit()?.afterMs)).toEqual([0, 4, 8, 12, 16])
  clock.nowMs += 100
  expect(admit()?.afterMs).toBe(0)
  const many = Array.from({ length: 5000 }, () => admit()?.afterMs ?? NaN)
  expect(Math.max(...many)).toBe(1000)
})
