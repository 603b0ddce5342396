/**
 * What a symbolic decision hangs on besides the values of condition keys, as yes-or-no questions.
 *
 * An opaque test is one that no region can express: a pattern with variables of which nothing is known, or what a
 * request says outside its context (grant tokens, the encryption context itself). Equal tests are one number, so what
 * two worlds have in common cancels out. A literal is `test << 1 | negated`; tests of atoms are even, opaque ones odd.
 */
import type { GrantFacts } from '../decide/gate.js'
import type { SlotValues } from '../graph/atom.js'

export type TestId = number
export type Literal = number

export interface OpaqueTest {
  /** Equal tests have equal keys. */
  readonly key: string
  readonly about: OpaqueSubject
  /** The answer of a request; what no request can tell (`identity`, `session`) is false. */
  holds(values: SlotValues, request: GrantFacts): boolean
}

export type OpaqueSubject =
  /**
   * Condition or resource pattern with variables. `slots`: of every key that the answer hangs on. `implied`: a test that
   * holds wherever this one does.
   */
  | {
      readonly kind: 'pattern'
      readonly slots: readonly number[]
      readonly atom: number | undefined
      readonly implied?: TestId
    }
  /** Whether the caller's unknown identity policies allow, or its unknown session policies. */
  | { readonly kind: 'identity' | 'session' }
  | { readonly kind: 'grantToken'; readonly grantId: string }
  | { readonly kind: 'grantToRetire'; readonly grantId: string }
  | {
      readonly kind: 'grantContext'
      readonly pairs: Readonly<Record<string, string>>
      /** No other pair may be there. */
      readonly exactly: boolean
    }
  | { readonly kind: 'grantChild'; readonly grantId: string }

export class OpaqueTests {
  private readonly tests: OpaqueTest[] = []
  private readonly ids = new Map<string, number>()

  intern(key: string, make: () => Omit<OpaqueTest, 'key'>): TestId {
    const known = this.ids.get(key)
    if (known !== undefined) return known
    const id = this.tests.length * 2 + 1
    this.tests.push({ key, ...make() })
    this.ids.set(key, id)
    return id
  }

  get(test: TestId): OpaqueTest {
    const found = this.tests[test >> 1]
    if (found === undefined) throw new RangeError(`no opaque test ${test}`)
    return found
  }
}

export function testOfAtom(atom: number): TestId {
  return atom * 2
}

/** The atom behind a test, or undefined for an opaque one. */
export function atomOfTest(test: TestId): number | undefined {
  return (test & 1) === 0 ? test / 2 : undefined
}

export const literalOf = (test: TestId, negated: boolean): Literal => test * 2 + (negated ? 1 : 0)
