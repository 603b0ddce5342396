/** What if: a request changed in place, the verdict at once, undone and made again. */
import { describe, expect, test } from 'vitest'
import type { Effect, Env } from '../../../src/tui/app/view.js'
import { whatIfDoor } from '../../../src/tui/views/what-if/what-if-view.js'
import { edited, scenarioOf, type Edit } from '../../../src/tui/views/what-if/scenario.js'
import { Answerer } from '../../../src/source/answer/answer-question.js'
import { Asking } from '../../../src/tui/world/asking.js'
import { acme, checkFrame, SIZES, started, type Driven } from '../frames.js'
import { answered, reply, WRONG_TENANT, hasControls } from './settle.js'

function whatIf(query = WRONG_TENANT, room: { readonly columns: number; readonly rows: number } = SIZES[1]): Driven {
  const env: Env = { asking: acme(), ...room, glyphs: {} as never, feed: {} as never }
  return started(whatIfDoor.open(answered(query), env), room)
}

/** The badges of the first line. */
function verdicts(driven: Driven): string {
  const line =
    driven
      .frame()
      .split('\n')
      .find((each) => /ALLOWED|DENIED|CANNOT/.test(each)) ?? ''
  return line.match(/ALLOWED|DENIED|CANNOT BE ASKED/g)?.join(' > ') ?? ''
}

const RIGHT_TENANT = WRONG_TENANT.replace('"green"', '"blue"')
const RESTORE_PROJECT = 'can user/carol do kms:Decrypt on alias/projects'

const TO_TENANT = ['j', 'j', 'j'] as const
const TENANT_BLUE = [...TO_TENANT, 'enter', '"blue"', 'enter'] as const

describe('frames', () => {
  for (const room of SIZES) {
    const size = `${room.columns}x${room.rows}`
    test(`changed, ${size}`, () =>
      checkFrame(
        `what-if-${size}`,
        whatIf(WRONG_TENANT, room)
          .press(...TENANT_BLUE)
          .frame(),
      ))
    test(`typing, ${size}`, () =>
      checkFrame(`what-if-typing-${size}`, whatIf(WRONG_TENANT, room).press('enter', '"pay"').frame()))
  }
})

describe('keys', () => {
  const CASES: readonly (readonly [name: string, keys: readonly string[], verdicts: string])[] = [
    ['nothing has been changed', [], 'DENIED'],
    ['the verdict is that of what is typed, before Enter', [...TO_TENANT, 'enter', '"blue"'], 'DENIED > ALLOWED'],
    ['Esc leaves it as it was', [...TO_TENANT, 'enter', '"blue"', 'esc'], 'DENIED'],
    ['Enter takes it', TENANT_BLUE, 'DENIED > ALLOWED'],
    ['a value that a policy asks for is offered', [...TO_TENANT, 'enter', 'down', 'enter'], 'DENIED > ALLOWED'],
    ['undo', [...TENANT_BLUE, 'u'], 'DENIED'],
    ['redo', [...TENANT_BLUE, 'u', 'r'], 'DENIED > ALLOWED'],
    ['another change after it', [...TENANT_BLUE, 'g', 'enter', '"Support"', 'enter'], 'DENIED > DENIED'],
    ['two changes undone', [...TENANT_BLUE, 'g', 'enter', '"Support"', 'enter', 'u', 'u'], 'DENIED'],
    ['reset', [...TENANT_BLUE, 'R'], 'DENIED'],
    ['reset can be undone', [...TENANT_BLUE, 'R', 'u'], 'DENIED > ALLOWED'],
    ['compared with another', [...TENANT_BLUE, 'B', 'u'], 'ALLOWED > DENIED'],
    ['without a pair', [...TO_TENANT, 'x'], 'DENIED > DENIED'],
    ['a new pair', [...TO_TENANT, 'j', 'enter', '"job = export"', 'enter'], 'DENIED > DENIED'],
  ]
  for (const [name, keys, expected] of CASES) {
    test(name, () => expect(verdicts(whatIf().press(...keys))).toBe(expected))
  }

  test('what is wrong is said, and nothing is taken', () => {
    const driven = whatIf().press('j', 'j', 'j', 'j', 'j', 'enter', '"999.1.1.1"')
    expect(driven.frame()).toContain('`999.1.1.1` is not an IP address')
    expect(verdicts(driven.press('enter', 'esc'))).toBe('DENIED')
  })
})

describe('edits', () => {
  const support = 'can role/Support do kms:Decrypt on alias/tenant-data'
  const CASES: readonly {
    readonly name: string
    readonly query: string
    readonly edits: readonly Edit[]
    readonly allowed: boolean
  }[] = [
    { name: 'no endpoint', query: support, edits: [], allowed: false },
    {
      name: 'through the endpoint',
      query: support,
      edits: [{ part: 'endpoint', value: 'vpce-0a1b2c3d4e5f60001' }],
      allowed: true,
    },
    {
      name: 'and out of it again',
      query: support,
      edits: [
        { part: 'endpoint', value: 'vpce-0a1b2c3d4e5f60001' },
        { part: 'endpoint', value: undefined },
      ],
      allowed: false,
    },
    {
      name: 'a service takes the place of the endpoint',
      query: support,
      edits: [
        { part: 'endpoint', value: 'vpce-0a1b2c3d4e5f60001' },
        { part: 'service', value: 's3' },
      ],
      allowed: false,
    },
    {
      name: 'another tag of the caller',
      query: WRONG_TENANT,
      edits: [{ part: 'condition', name: 'aws:PrincipalTag/tenant', value: 'green' }],
      allowed: true,
    },
    {
      name: 'with the tag that the context has',
      query: RIGHT_TENANT,
      edits: [],
      allowed: true,
    },
    {
      name: 'without the tag of the caller',
      query: RIGHT_TENANT,
      edits: [{ part: 'tag', name: 'aws:PrincipalTag/tenant' }],
      allowed: false,
    },
    {
      name: 'the same, written otherwise, and of a session of the role',
      query: RIGHT_TENANT.replace('role/TenantService', 'arn:aws:sts::444455556666:assumed-role/TenantService/api-1'),
      edits: [{ part: 'tag', name: 'AWS:principaltag/TENANT' }],
      allowed: false,
    },
    {
      name: 'a tag that was changed before',
      query: RIGHT_TENANT,
      edits: [
        { part: 'condition', name: 'aws:PrincipalTag/tenant', value: 'green' },
        { part: 'tag', name: 'aws:PrincipalTag/tenant' },
      ],
      allowed: false,
    },
    {
      name: 'a tag taken away and given again',
      query: RIGHT_TENANT,
      edits: [
        { part: 'tag', name: 'aws:PrincipalTag/tenant' },
        { part: 'condition', name: 'aws:PrincipalTag/tenant', value: 'blue' },
      ],
      allowed: true,
    },
    {
      name: 'the tag of a key, by its alias',
      query: RESTORE_PROJECT,
      edits: [{ part: 'tag', name: 'aws:ResourceTag/project' }],
      allowed: false,
    },
    {
      name: 'another caller',
      query: 'can role/Support do kms:Decrypt on alias/payments',
      edits: [{ part: 'caller', value: 'arn:aws:iam::444455556666:role/service/PaymentsApi' }],
      allowed: true,
    },
    {
      name: 'another key',
      query: 'can role/PaymentsApi do kms:Decrypt on alias/tenant-data',
      edits: [{ part: 'key', value: 'arn:aws:kms:us-east-1:444455556666:alias/payments' }],
      allowed: true,
    },
    {
      name: 'another action',
      query: 'can role/Deployer do kms:Decrypt on alias/payments',
      edits: [{ part: 'action', value: 'kms:DescribeKey' }],
      allowed: true,
    },
  ]
  for (const { name, query, edits, allowed } of CASES) {
    test(name, () => {
      const { told } = answered(query)
      let scenario = scenarioOf(answered(query))
      for (const edit of edits) {
        const made = edited(scenario, edit, told, acme())
        if (!made.ok) throw new Error(made.error)
        scenario = made.value
      }
      expect(scenario.answer.ok && scenario.answer.value.explanation.verdict === 'allow').toBe(allowed)
    })
  }

  const REFUSED: readonly (readonly [Edit, RegExp])[] = [
    [{ part: 'caller', value: 'arn:nothing' }, /arn:nothing/],
    [{ part: 'address', value: 'here' }, /not an IP address/],
    [{ part: 'endpoint', value: 'x' }, /not a VPC endpoint/],
    [{ part: 'time', value: 'noon' }, /not a time/],
    [{ part: 'condition', name: 'aws:Nothing', value: 'x' }, /no request to KMS carries/],
  ]
  for (const [edit, message] of REFUSED) {
    test(`${edit.part} is refused`, () => {
      const answer = answered(WRONG_TENANT)
      const made = edited(scenarioOf(answer), edit, answer.told, acme())
      expect(made.ok ? '' : made.error).toMatch(message)
    })
  }

  test('a changed world is decided by the options that the program was given', () => {
    const { name, world, openedAtMs } = acme()
    const decision = { uncomparable: 'deny' } as const
    const asking = new Asking(name, world, new Answerer(world, decision), openedAtMs, decision)
    const answer = answered(RIGHT_TENANT)
    const made = edited(scenarioOf(answer), { part: 'tag', name: 'aws:PrincipalTag/tenant' }, answer.told, asking)
    expect(made.ok && made.value.answer.ok && made.value.answer.value.trace.call.options.uncomparable).toBe('deny')
  })

  test('what AWS has said is said of no other request', () => {
    const answer = answered(WRONG_TENANT)
    const said = { ...answer, question: { ...answer.question, said: { decision: 'deny' } as never } }
    const made = edited(scenarioOf(said), { part: 'time', value: '2026-01-01T00:00:00Z' }, 0, acme())
    expect(made.ok && made.value.question.said).toBeUndefined()
  })
})

describe('tags', () => {
  /** The cursor on the row of a condition key. */
  function at(query: string, label: string): Driven {
    const driven = whatIf(query)
    const rows = driven.frame().split('\n')
    const from = rows.findIndex((line) => line.startsWith('   caller '))
    for (let row = rows.findIndex((line) => line.startsWith(label, 3)); row > from; row--) driven.press('j')
    return driven
  }
  const lineOf = (driven: Driven, label: string): string =>
    driven
      .frame()
      .split('\n')
      .find((line) => line.startsWith(label, 3))
      ?.split('│')[0]
      ?.trim() ?? ''

  test('the tag that a value of a policy names can be changed, and is taken away with x', () => {
    const driven = at(RIGHT_TENANT, 'aws:PrincipalTag/tenant')
    expect(lineOf(driven, 'aws:PrincipalTag/tenant')).toMatch(/blue {2}of the world$/)
    driven.press('x')
    expect(verdicts(driven)).toBe('ALLOWED > DENIED')
    expect(lineOf(driven, 'aws:PrincipalTag/tenant')).toMatch(/none {3}was blue$/)
    expect(verdicts(driven.press('u'))).toBe('ALLOWED')
  })

  test('the tag of a key', () => {
    const driven = at(RESTORE_PROJECT, 'aws:ResourceTag/project').press('x')
    expect(verdicts(driven)).toBe('ALLOWED > DENIED')
    expect(lineOf(driven, 'aws:ResourceTag/project')).toMatch(/none {3}was heron$/)
  })

  test('one that is given for the tag of the world, then the tag itself', () => {
    const driven = at(RIGHT_TENANT, 'aws:PrincipalTag/tenant').press('enter', '"green"', 'enter')
    expect(lineOf(driven, 'aws:PrincipalTag/tenant')).toContain('green')
    expect(lineOf(driven.press('x'), 'aws:PrincipalTag/tenant')).toContain('blue')
    expect(lineOf(driven.press('x'), 'aws:PrincipalTag/tenant')).toContain('none')
  })
})

test('a new pair says how it is written', () => {
  const frame = whatIf(RIGHT_TENANT)
    .press(...TO_TENANT, 'j', 'enter')
    .frame()
  expect(frame).toContain('name = value; nothing for none')
  expect(frame).toContain('no pair  as it is typed')
})

describe('a policy in the editor', () => {
  /** The row of the key policy, whose text the editor gets. */
  function editing(): { readonly driven: Driven; readonly effect: Extract<Effect, { readonly kind: 'edit' }> } {
    const driven = whatIf()
    const lines = driven.frame().split('\n')
    const row = lines.findIndex((line) => /^ +key policy .*statements/.test(line)) - 6
    for (let step = 0; step < row; step++) driven.press('j')
    driven.press('enter')
    return { driven, effect: driven.effects.at(-1) as Extract<Effect, { readonly kind: 'edit' }> }
  }

  test('gets its text, and the verdict is that of the new one', () => {
    const { driven, effect } = editing()
    expect(effect).toMatchObject({ kind: 'edit', name: 'key-policy.json' })
    expect(effect.text).toContain('EachTenantItsOwnData')
    const text = effect.text.replace('"${aws:PrincipalTag/tenant}"', '"green"')
    reply(driven, { kind: 'edited', tag: effect.tag, text })
    expect(verdicts(driven)).toBe('DENIED > ALLOWED')
    expect(driven.frame()).toContain('4 statements, changed')
    driven.press('x')
    expect(verdicts(driven)).toBe('DENIED > DENIED')
    driven.press('u', 'u')
    expect(verdicts(driven)).toBe('DENIED')
  })

  test('a change of another part keeps the new text', () => {
    const { driven, effect } = editing()
    reply(driven, {
      kind: 'edited',
      tag: effect.tag,
      text: effect.text.replace('"${aws:PrincipalTag/tenant}"', '"green"'),
    })
    driven.press('g', 'j', 'j', 'j', 'enter', '"green"', 'enter')
    expect(verdicts(driven)).toBe('DENIED > ALLOWED')
  })

  test('a text that is no policy is not lost', () => {
    const { driven, effect } = editing()
    const broken = effect.text.replace('"Effect": "Allow"', '"Effect": "Alow"')
    reply(driven, { kind: 'edited', tag: effect.tag, text: broken })
    expect(driven.frame()).toMatch(/not taken, line \d+/)
    expect(verdicts(driven)).toBe('DENIED')
    // What is wrong has the line for itself.
    expect(driven.frame()).toMatch(/key policy +✗ not taken: line \d+: `Alow` is not an effect *│/)
    driven.press('enter')
    expect((driven.effects.at(-1) as Extract<Effect, { readonly kind: 'edit' }>).text).toBe(broken)
  })

  test('the same text changes nothing', () => {
    const { driven, effect } = editing()
    reply(driven, { kind: 'edited', tag: effect.tag, text: effect.text })
    expect(driven.frame()).toContain('the text is as it was')
    expect(verdicts(driven)).toBe('DENIED')
  })
})

test('hostile values move no cursor', () => {
  const driven = whatIf(WRONG_TENANT, SIZES[0]).press(...TO_TENANT, 'enter')
  driven.paste('\u001b[2J\u202eevil\u0007')
  driven.press('enter')
  const frame = driven.frame()
  expect(hasControls(frame)).toBe(false)
  expect(frame.split('\n').every((line) => [...line].length <= SIZES[0].columns)).toBe(true)
})
