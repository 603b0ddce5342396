/** Session files: what was looked at is had again, and nothing of a file is trusted. */
import { storeWithoutPassword } from '../../src/cli/explore-store.js'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { NO_FEED, startApp } from '../../src/tui/app/app.js'
import type { Env } from '../../src/tui/app/view.js'
import { RESTORERS } from '../../src/tui/doors.js'
import { partsFor } from '../../src/tui/explorer.js'
import { UNICODE } from '../../src/tui/frame/glyphs.js'
import { readQuestion, savedQuestion } from '../../src/tui/session/saved-question.js'
import { readSession, restoreViews, sessionText } from '../../src/tui/session/session-file.js'
import { denialsView } from '../../src/tui/views/denials-view.js'
import { readCloudTrail } from '../../src/source/asked/cloudtrail.js'
import type { Question } from '../../src/source/asked/question.js'
import { acme, dayFeed, Driven, started } from './frames.js'

const ROOM = { columns: 120, rows: 40 }
const env: Env = { asking: acme(), glyphs: UNICODE, feed: NO_FEED, ...ROOM }

const day = (): readonly Question[] => {
  const name = 'fixtures/acme/questions/day.jsonl'
  return [...readCloudTrail(name, readFileSync(name, 'utf8'))].flatMap((item) => (item.ok ? [item.value] : []))
}

test('every question of a day is read again as it was', () => {
  const questions = day()
  expect(questions.length).toBeGreaterThan(8)
  for (const question of questions) {
    expect(readQuestion(savedQuestion(question))).toEqual(JSON.parse(JSON.stringify(question)))
  }
})

test('a question with session policies is not kept, since it would be another one without them', () => {
  const [question] = day()
  const [check] = question?.checks ?? []
  if (question === undefined || check === undefined) throw new Error('the day has no question')
  const policy = acme().answerer.managedPolicy('arn:aws:iam::aws:policy/AdministratorAccess')
  if (policy === undefined) throw new Error('the world has no such policy')
  const limited = { ...question, checks: [{ ...check, sessionPolicies: [acme().answerer.compile(policy)] }] }
  expect(savedQuestion(limited)).toBeUndefined()
})

test('a session opens where it was left', () => {
  const left = started(denialsView(), ROOM, dayFeed()).press('enter')
  const session = readSession(sessionText(left.app, 'fixtures/acme/world', { path: 'day.jsonl', follows: false }))
  if (!session.ok) throw new Error(session.error)
  expect(session.value).toMatchObject({ world: 'fixtures/acme/world', events: { path: 'day.jsonl', follows: false } })
  const { views, lost } = restoreViews(session.value.views, RESTORERS, env)
  expect({ titles: views.map(({ title }) => title), lost }).toEqual({
    titles: ['denials', 'Decrypt by TenantService (api-1)'],
    lost: 0,
  })
})

describe('what stands behind a verdict is had again', () => {
  const again = (left: Driven): Driven => {
    const session = readSession(sessionText(left.app, 'acme', { follows: false }))
    if (!session.ok) throw new Error(session.error)
    const { views, lost } = restoreViews(session.value.views, RESTORERS, env)
    expect(lost).toBe(0)
    const [first, ...rest] = views
    if (first === undefined) throw new Error('there is no view')
    return new Driven(startApp([first, ...rest], ROOM, dayFeed()), partsFor(acme(), UNICODE)).send({
      kind: 'resize',
      ...ROOM,
    })
  }
  const verdict = (): Driven => started(denialsView(), ROOM, dayFeed()).press('enter')

  test.each([
    ['f', 'fix'],
    ['v', 'graph'],
    ['w', 'what if'],
    ['c', 'who can Decrypt'],
  ])('%s, %s', (key, title) => {
    expect(again(verdict().press(key)).app.stack.map(({ view }) => view.title)).toEqual([
      'denials',
      'Decrypt by TenantService (api-1)',
      title,
    ])
  })

  test('the request as it was changed, and it can be undone', () => {
    const left = verdict().press('w', 'j', 'j', 'j', 'enter', '"blue"', 'enter')
    const driven = again(left)
    expect(driven.frame().split('\n')[2]).toMatch(/DENIED {2}› {2}ALLOWED/)
    expect(driven.press('u').frame().split('\n')[2]).not.toContain('ALLOWED')
  })

  test('without the changes of the world itself, which a session does not hold', () => {
    const left = verdict().press('w')
    const rows = left.frame().split('\n')
    const row = (label: string): number => rows.findIndex((line) => line.startsWith(label, 3))
    for (let step = row('aws:PrincipalTag/tenant') - row('caller'); step > 0; step--) left.press('j')
    left.press('x')
    expect(left.frame()).toContain('was blue')
    expect(again(left).frame()).not.toContain('was blue')
  })

  test('the filter of the denials, and what is folded', () => {
    const left = started(denialsView(), ROOM, dayFeed()).press('/', '"BreakGlass"', 'esc')
    expect(again(left).frame()).toContain('kms:ScheduleKeyDeletion')
    expect(again(left).frame()).not.toContain('kms:ReEncryptFrom')
    const folded = started(denialsView(), ROOM, dayFeed()).press('a')
    expect(again(folded).frame()).not.toContain('kms:ScheduleKeyDeletion')
  })
})

test.each([
  { store: 'keys', follows: true },
  { store: 'keys', follows: false },
  { path: 'audit.jsonl', follows: true },
  { follows: false },
])('where the events come from is known again: %j', (place) => {
  const { app } = started(denialsView(), ROOM)
  const session = readSession(sessionText(app, 'acme', place))
  expect(session.ok && session.value.events).toEqual(place)
})

test.each([
  ['keys', 'keys'],
  ['postgres://app:secret@db:5432/kms?sslmode=require', 'postgres://app@db:5432/kms?sslmode=require'],
  ['postgres://db/kms?password=secret&schema=mine', 'postgres://db/kms?schema=mine'],
  ['postgres://app:secret@/kms', 'postgres://app@localhost/kms'],
])('a session keeps no password: %s', (place, kept) => {
  expect(storeWithoutPassword(place)).toBe(kept)
})

describe('what is no session', () => {
  test.each([
    ['', 'it is no session of the explorer'],
    ['[]', 'it is no session of the explorer'],
    ['{"keyward":"session","version":2}', 'it is a session of another version of the explorer'],
    ['{"keyward":"session","version":1}', 'it names no world'],
    ['{"keyward":"session","version":1,"world":"a","events":1,"views":[]}', 'its events are no file'],
    ['{"keyward":"session","version":1,"world":"a","store":1,"views":[]}', 'its store is no folder and no URL'],
    [
      '{"keyward":"session","version":1,"world":"a","store":"b","events":"c","views":[]}',
      'its events come from two places',
    ],
    [
      '{"keyward":"session","version":1,"world":"a","store":"b","follow":"no","views":[]}',
      'it does not say whether it follows its events',
    ],
    ['{"keyward":"session","version":1,"world":"a"}', 'it has no list of views'],
  ])('%s', (text, error) => {
    expect(readSession(text)).toEqual({ ok: false, error })
  })
})

describe('a view that is not what it says', () => {
  const [question] = day()
  const broken: readonly (readonly [what: string, state: unknown])[] = [
    ['nothing', undefined],
    ['a text', 'x'],
    ['a check without a caller', { ...question, checks: [{ action: 'kms:Decrypt' }] }],
    ['a member that nobody knows', { ...question, evil: 1 }],
    ['a prototype', JSON.parse('{"__proto__":{"checks":[]}}') as unknown],
    ['compiled policies', { ...question, checks: [{ principal: 'a', action: 'b', sessionPolicies: [{}] }] }],
  ]
  test.each(broken)('%s', (_what, state) => {
    expect(restoreViews([{ view: 'verdict', state }], RESTORERS, env)).toEqual({ views: [], lost: 1 })
  })

  test('a kind that nobody knows', () => {
    expect(restoreViews([{ view: 'toString', state: {} }], RESTORERS, env).lost).toBe(1)
  })
})
