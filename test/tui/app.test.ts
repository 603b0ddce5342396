/** The program as a reducer: views on views, help, jumps, questions that wait for yes, effects and their replies. */
import { describe, expect, test } from 'vitest'
import { startApp, type AppParts } from '../../src/tui/app/app.js'
import { viewOf, type Action, type Reply, type Step, type View, type ViewKind } from '../../src/tui/app/view.js'
import { partsFor } from '../../src/tui/explorer.js'
import { ASCII, UNICODE } from '../../src/tui/frame/glyphs.js'
import { span } from '../../src/tui/frame/span.js'
import { Asking } from '../../src/tui/world/asking.js'
import { acme, Driven, started } from './frames.js'

interface ProbeState {
  readonly name: string
  readonly seen: readonly string[]
  readonly isTyping: boolean
}

const written = (action: Action): string => {
  switch (action.kind) {
    case 'command':
      return action.command
    case 'reply':
      return `reply ${action.reply.kind} ${action.reply.tag}`
    case 'text':
      return `text ${action.text}`
    case 'click':
      return `click ${action.row}`
    case 'wheel':
    case 'resize':
    case 'feed':
      return action.kind
  }
}

const probeKind: ViewKind<ProbeState> = {
  id: 'probe',
  keys: [
    { command: 'type', keys: ['t'], what: 'type something', hint: 'type' },
    { command: 'deeper', keys: ['enter'], what: 'open another', hint: 'deeper' },
    { command: 'save', keys: ['s'], what: 'write a file' },
    { command: 'never', keys: ['x'], what: 'what cannot be done' },
  ],
  title: ({ name }) => name,
  isTyping: ({ isTyping }) => isTyping,
  can: (_state, command) => command !== 'never',
  escape: (state) => (state.isTyping ? { state: { ...state, isTyping: false } } : undefined),
  reduce: (state, action): Step<ProbeState> => {
    const next = { ...state, seen: [...state.seen, written(action)] }
    if (action.kind !== 'command') return { state: next }
    switch (action.command) {
      case 'type':
        return { state: { ...next, isTyping: true } }
      case 'deeper':
        return { state: next, go: { to: 'view', view: probe(`${state.name}'`) } }
      case 'save':
        return { state: next, confirm: { question: 'Write it?', command: 'saveNow' } }
      case 'saveNow':
        return {
          state: next,
          effects: [{ kind: 'write', tag: 'file', path: 'x', text: 'y', replaces: false }],
          say: 'written soon',
        }
      default:
        return { state: next }
    }
  },
  draw: ({ name, seen }) => [[span(name)], [span(seen.join(' '))]],
  spots: () => [{ name: 'the middle', what: 'of it', command: 'middle' }],
}

function probe(name: string): View {
  return viewOf(probeKind, { name, seen: [], isTyping: false })
}

const ROOM = { columns: 60, rows: 12 }
const begin = (): Driven => started(probe('one'), ROOM)
const lines = (driven: Driven): readonly string[] => driven.frame().split('\n')
const seen = (driven: Driven): string => lines(driven)[2] ?? ''

describe('views on views', () => {
  test('a frame has as many lines as the screen', () => {
    for (const rows of [3, 12, 40])
      expect(started(probe('one'), { columns: 60, rows }).frame().split('\n')).toHaveLength(rows + 1)
  })

  test('Enter goes deeper, Esc and q go back, and at the bottom nothing is lost', () => {
    const driven = begin().press('enter', 'enter')
    expect(lines(driven)[0]).toContain("keyward › one › one' › one''")
    driven.press('esc')
    expect(lines(driven)[0]).toContain("keyward › one › one'")
    driven.press('q', 'esc')
    expect(driven.app.stack).toHaveLength(1)
    expect(lines(driven)[11]).toContain('Q or Ctrl-C leaves')
    expect(driven.app.hasQuit).toBe(false)
  })

  test.each([['Q'], ['ctrl+c']])('%s leaves the program', (key) => {
    expect(begin().press(key).app.hasQuit).toBe(true)
  })

  test('in a narrow place the last breadcrumbs stay', () => {
    const driven = started(probe('a rather long name'), { columns: 40, rows: 12 }).press('enter', 'enter', 'enter')
    expect(lines(driven)[0]).toMatch(/^ keyward › … › /)
    expect(lines(driven)[0]?.length).toBeLessThanOrEqual(40)
  })

  test('who goes in circles does not fill the memory', () => {
    const driven = begin()
    for (let turn = 0; turn < 300; turn++) driven.press('enter')
    expect(driven.app.stack.length).toBeLessThan(100)
  })

  test('a command that cannot be done now is no command', () => {
    expect(seen(begin().press('x'))).toBe('resize')
  })
})

describe('typing', () => {
  test('letters are text and not commands, and Esc ends it', () => {
    const driven = begin().press('t', 'Q', '?', 's')
    expect(seen(driven)).toBe('resize type text Q text ? text s')
    driven.press('esc', 's')
    expect(driven.app.confirm?.question).toBe('Write it?')
  })

  test('what is pasted is one text', () => {
    expect(seen(begin().press('t').paste('two lines'))).toBe('resize type text two lines')
  })
})

describe('Esc with a letter close behind it, as a slow connection brings them', () => {
  test('goes back, and the letter is a command of the view below', () => {
    const driven = begin().press('enter', 'alt+t')
    expect(lines(driven)[0]).not.toContain("one'")
    expect(seen(driven)).toMatch(/ type$/)
  })

  test('where something is typed it is no letter and leaves nothing', () => {
    expect(seen(begin().press('t', 'alt+b', 'x'))).toBe('resize type text x')
  })
})

test('of a long path of a world the end stands in the corner, and the breadcrumbs keep their room', () => {
  const { world, answerer } = acme()
  const asking = new Asking('/home/somebody/work/infrastructure/acme-organization/world', world, answerer)
  const driven = started(probe('a name'), ROOM, undefined, partsFor(asking, UNICODE))
  expect(lines(driven)[0]?.trimEnd()).toMatch(/^ keyward › a name +…nization\/world$/)
})

describe('a question that waits', () => {
  test('yes does it, and the effect comes from the view that asked', () => {
    const driven = begin().press('s')
    expect(lines(driven)[11]).toContain('Write it?')
    driven.press('j')
    expect(driven.effects).toEqual([])
    driven.press('y')
    expect(driven.effects).toEqual([{ kind: 'write', tag: 'file', path: 'x', text: 'y', replaces: false }])
    expect(lines(driven)[11]).toContain('written soon')
  })

  test('the screen can be drawn anew and the program suspended meanwhile', () => {
    const driven = begin().press('s', 'ctrl+l', 'ctrl+z')
    expect(driven.effects).toEqual([{ kind: 'redraw' }, { kind: 'suspend' }])
    expect(driven.app.confirm?.question).toBe('Write it?')
  })

  test.each([['n'], ['esc']])('%s leaves it', (key) => {
    const driven = begin().press('s', key)
    expect(driven.effects).toEqual([])
    expect(lines(driven)[11]).toContain('left as it is')
  })
})

describe('replies', () => {
  const reply: Reply = { kind: 'written', tag: 'file', path: 'x' }

  test('reach the view that asked, also below another one', () => {
    const driven = begin().press('enter').send({ kind: 'reply', to: 0, reply }).press('esc')
    expect(seen(driven)).toBe('resize deeper reply written file')
  })

  test('to a view that was left are dropped', () => {
    const driven = begin().press('enter', 'esc')
    expect(seen(driven.send({ kind: 'reply', to: 1, reply }))).toBe('resize deeper')
  })

  test('new events reach every view', () => {
    const feed = { grouped: undefined, read: 7, state: 'reading' as const, name: 'events' }
    const driven = begin().press('enter').send({ kind: 'feed', feed })
    expect(lines(driven)[0]).toContain('reading, 7 events')
    expect(seen(driven.press('esc'))).toBe('resize deeper feed')
  })
})

describe('help', () => {
  test('lists the keys of the view and of the program', () => {
    const frame = begin().press('?').frame()
    expect(frame).toContain('open another')
    expect(frame).toContain('leave the program')
    expect(frame).not.toContain('what cannot be done')
  })

  test('finds by letters and does what is chosen', () => {
    const driven = begin().press('?', '"anoth"')
    expect(driven.frame()).not.toContain('leave the program')
    driven.press('enter')
    expect(lines(driven)[0]).toContain("one › one'")
  })

  test('Esc leaves it without doing anything', () => {
    expect(seen(begin().press('?', '"anoth"', 'esc'))).toBe('resize')
  })
})

describe('jumps', () => {
  test('to a place inside the view', () => {
    expect(seen(begin().press(':', '"middle"', 'enter'))).toBe('resize middle')
  })

  test('to a view below', () => {
    const driven = begin().press('enter', 'enter', ':', '"back one"', 'enter')
    expect(driven.app.stack.length).toBeLessThan(3)
  })

  test('to a key of the world', () => {
    const driven = begin().press(':', '"alias/payments"', 'enter')
    expect(driven.frame()).toContain('May somebody do something with a key?')
    expect(driven.frame()).toContain('✓ alias/payments')
  })
})

test('a click is told in the lines of the view', () => {
  const driven = begin()
  driven.send({ kind: 'input', input: { kind: 'click', row: 3, column: 1 } })
  driven.send({ kind: 'input', input: { kind: 'click', row: 0, column: 1 } })
  expect(seen(driven)).toBe('resize click 2')
})

test('a terminal without Unicode gets signs that it has', () => {
  const parts: AppParts = partsFor(acme(), ASCII)
  const frame = new Driven(startApp([probe('one')], ROOM), parts).frame()
  expect(frame).toMatch(/^[\x20-\x7e\n]*$/)
  expect(new Driven(startApp([probe('one')], ROOM), partsFor(acme(), UNICODE)).frame()).toContain('›')
})
