/**
 * The views of the explorer on an invented organization: their frames as text, and what their keys do.
 *
 * Set KEYWARD_UPDATE_GOLDEN=1 to write the frames anew; read the difference before it is kept.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { View } from '../../src/tui/app/view.js'
import { openAsk, openPasted } from '../../src/tui/views/ask/ask-view.js'
import { denialsView } from '../../src/tui/views/denials-view.js'
import { openVerdict } from '../../src/tui/views/verdict/verdict-view.js'
import { partsFor } from '../../src/tui/explorer.js'
import { UNICODE } from '../../src/tui/frame/glyphs.js'
import { Asking } from '../../src/tui/world/asking.js'
import { Answerer } from '../../src/source/answer/answer-question.js'
import { openWorld } from '../../src/source/world/load-world.js'
import { readCloudTrail } from '../../src/source/asked/cloudtrail.js'
import type { Question } from '../../src/source/asked/question.js'
import { acme, checkFrame, dayFeed, SIZES, started, type Driven, type Room } from './frames.js'

const QUESTIONS = 'fixtures/acme/questions'
const MEDIUM = SIZES[1]

function questionIn(event: string): Question {
  const name = `${QUESTIONS}/events/${event}.json`
  for (const item of readCloudTrail(name, readFileSync(name, 'utf8'), { names: acme().answerer.names })) {
    if (item.ok) return item.value
  }
  throw new Error(`${name} has no question`)
}

function verdictOf(question: Question, room: Room = MEDIUM): View {
  const view = openVerdict(question, { asking: acme(), ...room })
  if (!view.ok) throw new Error(view.error)
  return view.value
}

const asked = (text: string): Question => {
  const question = acme().query(text)
  if (!question.ok) throw new Error(question.error.message)
  return question.value
}

const ALLOWED = 'can role/PaymentsApi do kms:Decrypt on alias/payments'

describe.each(SIZES)('at $columns x $rows', (room) => {
  const size = `${room.columns}x${room.rows}`
  const check = (name: string, driven: Driven): void => checkFrame(`${name}-${size}`, driven.frame())

  test('denials of a day', () => {
    const driven = started(denialsView(), room, dayFeed())
    check('denials', driven)
    check('denials-filter', driven.press('/', '"payments"'))
  })

  test('what was not asked, and why', () =>
    check('denials-passed-over', started(denialsView(), room, dayFeed()).press('G', 'enter', 'G', 'up')))

  test.each([
    'key-policy-condition',
    'vpce-condition',
    'scp-explicit-deny',
    'delegation-missing',
    'grant-constraint',
    'boundary-action',
    'session-not-passed',
    'operation-cross-account',
    'key-policy-absent',
  ])('the verdict on %s', (event) => {
    check(`verdict-${event}`, started(verdictOf(questionIn(event), room), room))
  })

  test('an allow', () => check('verdict-allowed', started(verdictOf(asked(ALLOWED), room), room)))

  test('panes of a verdict', () => {
    const driven = started(verdictOf(questionIn('key-policy-condition'), room), room)
    check('verdict-all-open', driven.press('a', 'G'))
    check('verdict-notes', started(verdictOf(questionIn('vpce-condition'), room), room).press('tab', 'tab'))
    check('verdict-policy', started(verdictOf(questionIn('vpce-condition'), room), room).press('enter'))
  })

  test('a new question', () => {
    const driven = started(openAsk({ asking: acme() }), room)
    check('ask', driven.press('"payapi"'))
  })

  test('help and jump', () => {
    check('help', started(denialsView(), room, dayFeed()).press('?'))
    check('jump', started(denialsView(), room, dayFeed()).press(':', '"tenant"'))
  })
})

describe('on a small screen', () => {
  const SMALL = { columns: 60, rows: 20 }
  const event = 'key-policy-condition'

  test('denials of a day', () => checkFrame('denials-60x20', started(denialsView(), SMALL, dayFeed()).frame()))

  test('what was wanted is told to its end, before lines of the policy', () => {
    const driven = started(verdictOf(questionIn(event), SMALL), SMALL)
    checkFrame(`verdict-${event}-60x20`, driven.frame())
    expect(driven.frame()).toContain('(here "blue")')
  })

  test('the graph names the caller and the key, not what the bar means', () => {
    const frame = started(verdictOf(questionIn(event), SMALL), SMALL)
      .press('v')
      .frame()
    expect(frame.split('\n')[1]).toBe('  DENIED  kms:Decrypt  TenantService (story) on alias/tenan…')
  })
})

test('what the world lacks and could change the verdict stands beside it', () => {
  for (const room of SIZES) {
    const driven = started(verdictOf(questionIn('key-policy-absent'), room), room)
    expect(driven.frame()).toContain('! 1 thing not known')
  }
})

test('that something is not known is seen beside a name that is too long for the line', () => {
  const name = `role/${'Long'.repeat(20)}`
  const question = asked(`can arn:aws:iam::444455556666:${name} do kms:Decrypt on alias/payments`)
  expect(started(verdictOf(question, SIZES[0]), SIZES[0]).frame()).toMatch(/LongLong\S*… {2}! \d+ things? not known/)
})

describe('denials', () => {
  const day = (): Driven => started(denialsView(), MEDIUM, dayFeed())

  test('what was not asked stands last, folded, and tells why and where', () => {
    const driven = day().press('G')
    expect(driven.frame()).toContain('4 events; Enter shows them and why')
    expect(driven.frame()).not.toContain('the principal is not known')
    driven.press('enter', 'down')
    expect(driven.frame()).toContain('its own events name it')
    expect(driven.frame()).toContain('not asked, once, first at fixtures/acme/questions/day.jsonl:14')
    expect(driven.press('enter').frame()).toContain('there is no verdict on it')
    driven.press('y')
    expect(driven.effects.at(-1)).toMatchObject({ kind: 'copy', what: 'the reason' })
    expect(driven.press('left').frame()).toContain('4 events; Enter shows them and why')
  })

  test('a filter finds what was not asked by its reason', () => {
    const frame = day().press('/', '"rotatekey"').frame()
    expect(frame).toContain('is what KMS did by itself')
    expect(frame).not.toContain('of another account')
    expect(day().press('/', '"tenant"').frame()).not.toContain('no request of KMS')
  })

  test('folding all causes leaves what was not asked as it is', () => {
    const frame = day().press('a').frame()
    expect(frame).toContain('▸     4 ✗')
    expect(day().press('G', 'enter', 'a').frame()).toContain('the principal is not known')
  })

  test('why the events cannot be read is told whole', () => {
    const failure = `the file ${'long '.repeat(20)}cannot be read: no permission`
    const frame = started(denialsView(), SIZES[0], {
      grouped: undefined,
      read: 0,
      state: 'read',
      name: 'x',
      failure,
    }).frame()
    expect(frame).toContain('no permission')
  })

  test('no count of the headline is cut in the middle', () => {
    const headline = (columns: number): string =>
      started(denialsView(), { columns, rows: 24 }, dayFeed()).frame().split('\n')[1]?.trim() ?? ''
    expect(headline(80)).toBe('12 requests   7 denied   2 not as AWS   1 allowed   1 other refusal   4 more')
    expect(headline(60)).toBe('12 requests   7 denied   2 not as AWS   1 allowed   5 more')
    expect(headline(30)).toBe('12 requests   7 denied')
    const { grouped } = dayFeed()
    if (grouped === undefined) throw new Error('nothing was grouped')
    const one = { ...grouped, groups: [], total: 1, allowed: 0, otherRefusals: 1, notAsked: [], notUnderstood: [] }
    const frame = started(denialsView(), MEDIUM, { ...dayFeed(), grouped: one }).frame()
    expect(frame).toContain('1 request   0 denied   1 other refusal')
  })

  test('begin at the first denial, and Enter tells why', () => {
    expect(day().press('enter').frame()).toContain('EachTenantItsOwnData')
  })

  test('what is under the cursor stays there when more come', () => {
    const driven = day().press('G')
    const before = driven.frame().split('\n').slice(-8).join('\n')
    expect(
      driven
        .send({ kind: 'feed', feed: { ...dayFeed(), read: 999 } })
        .frame()
        .split('\n')
        .slice(-8)
        .join('\n'),
    ).toBe(before)
  })

  test('a filter narrows, stays when its typing ends, and goes with Esc', () => {
    const driven = day().press('/', '"schedule"')
    expect(driven.frame()).not.toContain('tenant-data')
    driven.press('esc')
    expect(driven.frame()).not.toContain('tenant-data')
    driven.press('esc')
    expect(driven.frame()).toContain('tenant-data')
  })

  test('a heading says what Enter does with it', () => {
    const driven = started(denialsView(), MEDIUM, dayFeed()).press('g')
    expect(driven.frame()).toContain('4 requests; Enter folds them away')
    expect(driven.press('enter').frame()).toContain('4 requests; Enter shows them')
    expect(driven.press('G', 'up', 'up').frame()).toContain('1 request; Enter folds it away')
  })

  test('a cause folds and unfolds', () => {
    const driven = day().press('left')
    expect(driven.frame()).not.toContain('kms:Decrypt                   TenantService')
    expect(driven.press('enter').frame()).toContain('kms:Decrypt                   TenantService')
  })

  test('one event alone is told at once', () => {
    const { grouped } = dayFeed()
    const group = grouped?.groups[0]
    if (grouped === undefined || group === undefined) throw new Error('the day has no groups')
    const feed = { ...dayFeed(), read: 1, grouped: { ...grouped, groups: [group] } }
    expect(started(denialsView(), MEDIUM, feed).frame()).toContain('EachTenantItsOwnData')
  })

  test('the program remembers the verdict that was seen last', () => {
    expect(day().press('enter', 'esc').app.last?.explanation.cause?.code).toBe('key-policy-condition')
  })
})

describe('a new question', () => {
  const ask = (): Driven => started(openAsk({ asking: acme() }), MEDIUM)

  test('three names by a few letters each', () => {
    const frame = ask().press('"paymapi"', 'enter', '"decrypt"', 'enter', '"alias/payments"', 'enter').frame()
    expect(frame).toContain('ALLOWED')
    expect(frame).toContain('role/service/PaymentsApi')
  })

  test('a name that nobody has is said, and nothing is asked', () => {
    expect(ask().press('"zzzzz"', 'enter').frame()).toContain('nothing here has this name')
  })

  test('a world that has nobody says so, and takes a whole ARN', () => {
    const folder = mkdtempSync(join(tmpdir(), 'keyward-empty-'))
    try {
      const opened = openWorld(folder)
      if (!opened.ok) throw new Error(opened.error)
      const asking = new Asking(folder, opened.value.world, new Answerer(opened.value.world), 0)
      const driven = started(openAsk({ asking }), MEDIUM, undefined, partsFor(asking, UNICODE))
      expect(driven.frame()).toContain('this world has no callers; a whole ARN can be typed')
      driven.press('"arn:aws:iam::111122223333:role/App"', 'enter', '"kms:decrypt"', 'enter')
      expect(driven.frame()).toContain('this world has no keys; a whole ARN can be typed')
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  test('an access-denied text that is pasted is the whole question', () => {
    const text = readFileSync(`${QUESTIONS}/messages/cli-service-control-policy.txt`, 'utf8')
    expect(ask().paste(text).frame()).toContain('DENIED')
  })

  test('the same where nothing is typed', () => {
    const text = readFileSync(`${QUESTIONS}/messages/cli-service-control-policy.txt`, 'utf8')
    expect(started(denialsView(), MEDIUM, dayFeed()).paste(text).frame()).toContain('DENIED')
    expect(started(denialsView(), MEDIUM, dayFeed()).paste('hello').frame()).toContain('what was pasted is no question')
  })

  test('what a message does not tell is asked for', () => {
    const text = readFileSync(`${QUESTIONS}/messages/sdk-ciphertext.txt`, 'utf8')
    const env = { asking: acme(), columns: 120, rows: 37 }
    const view = openPasted(text, { ...env, glyphs: started(denialsView(), MEDIUM).app as never, feed: dayFeed() })
    if (!view.ok) throw new Error(view.error)
    const driven = started(view.value, MEDIUM)
    expect(driven.frame()).toContain('This lacks something')
    expect(driven.press('"TenantServ"', 'enter', '"tenant-data"', 'enter').frame()).toContain('DENIED')
  })
})

describe('a verdict', () => {
  const verdict = (): Driven => started(verdictOf(questionIn('key-policy-condition')), MEDIUM)

  test('Enter on a statement shows its policy whole, Esc goes back to the layers', () => {
    const driven = verdict().press('enter')
    expect(driven.frame()).not.toContain('guardrail RCPs')
    expect(driven.press('esc').frame()).toContain('guardrail RCPs')
  })

  test('a layer is found by its name', () => {
    expect(verdict().press(':', '"delegation"', 'enter').frame()).toContain('delegation to IAM')
  })

  test('the statement is copied', () => {
    const [effect] = verdict().press('y').effects
    expect(effect).toMatchObject({ kind: 'copy', what: 'key policy, statement 2 "EachTenantItsOwnData"' })
  })

  test('every layer has its rung, whatever it said', () => {
    const frame = verdict().frame()
    for (const title of [
      'RCPs',
      'SCPs',
      'VPC endpoint',
      'key policy',
      'delegation',
      'grants',
      'identity',
      'boundary',
      'session',
      'operation',
      'key state',
    ]) {
      expect(frame).toContain(title)
    }
  })
})

test('hostile text of an event changes nothing but itself', () => {
  const question = questionIn('key-policy-condition')
  const evil = '\u001b[2J\u001b]0;owned\u0007\u202e\u200bx\r'
  const [check] = question.checks
  if (check === undefined) throw new Error('no check')
  const hostile: Question = {
    ...question,
    checks: [{ ...check, encryptionContext: { tenant: evil } }],
    notes: [evil],
    origin: { ...question.origin, name: evil },
  }
  for (const room of SIZES) {
    const driven = started(verdictOf(hostile, room), room)
    for (const frame of [driven.frame(), driven.press('tab', 'tab').frame()]) {
      expect(frame.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
      expect(frame.split('\n')).toHaveLength(room.rows + 1)
    }
  }
})
