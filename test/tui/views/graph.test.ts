/** The decision graph as a tree that folds, and what it is exported as; in a browser: `test/extended/explore-report.test.ts`. */
import { describe, expect, test } from 'vitest'
import type { Effect, Env } from '../../../src/tui/app/view.js'
import { graphDoor } from '../../../src/tui/views/graph/graph-view.js'
import { allOpen, rowsOf, treeOf } from '../../../src/tui/views/graph/tree-rows.js'
import { drawDecision } from '../../../src/explain/drawing/decision-drawing.js'
import type { Drawing } from '../../../src/explain/drawing/drawing.js'
import { acme, checkFrame, SIZES, started, type Driven } from '../frames.js'
import { decisionPage } from './decision-page.js'
import { answered, pressed, reply, settle, WRONG_TENANT, hasControls } from './settle.js'

function graph(query = WRONG_TENANT, room: { readonly columns: number; readonly rows: number } = SIZES[0]): Driven {
  const env: Env = { asking: acme(), ...room, glyphs: {} as never, feed: {} as never }
  return started(graphDoor.open(answered(query), env), room)
}

describe('frames', () => {
  for (const room of SIZES) {
    test(`${room.columns}x${room.rows}`, () => {
      checkFrame(`graph-${room.columns}x${room.rows}`, graph(WRONG_TENANT, room).press('a').frame())
    })
  }
})

const box = (id: string, title: string, isDecisive: boolean): Drawing['boxes'][number] => ({
  id,
  kind: 'test',
  title,
  lines: [],
  isDecisive,
})

/** a -> b -> d on the way; a -> c -> d beside it, c -> e -> c a circle. */
const DRAWING: Drawing = {
  title: 'small',
  boxes: [box('a', 'A', true), box('b', 'B', true), box('c', 'C', false), box('e', 'E', false), box('d', 'D', true)],
  arrows: [
    { from: 'a', to: 'b', label: 'yes', isDecisive: true },
    { from: 'a', to: 'c', label: 'no', isDecisive: false },
    { from: 'c', to: 'd', label: 'yes', isDecisive: false },
    { from: 'c', to: 'e', label: 'no', isDecisive: false },
    { from: 'e', to: 'c', label: 'yes', isDecisive: false },
    { from: 'b', to: 'd', label: '', isDecisive: true },
  ],
  notes: [],
}

describe('the tree', () => {
  const tree = treeOf(DRAWING)
  const shown = (open: ReadonlySet<string>): readonly string[] =>
    rowsOf(tree, open).map(
      ({ box: { title }, depth, label, isReference }) =>
        `${'  '.repeat(depth)}${label === '' ? '' : `${label}: `}${isReference ? 'go to ' : ''}${title}`,
    )

  const CASES = [
    { name: 'folded, the way and what hangs on it', open: [], rows: ['A', '  no: C', 'yes: B', 'D'] },
    {
      name: 'a branch unfolded',
      open: ['a>c'],
      rows: ['A', '  no: C', '    yes: D', '    no: E', 'yes: B', 'D'],
    },
    {
      name: 'a circle ends in a reference',
      open: ['a>c', 'a>c>e'],
      rows: ['A', '  no: C', '    yes: D', '    no: E', '      yes: go to C', 'yes: B', 'D'],
    },
  ]
  for (const { name, open, rows } of CASES) test(name, () => expect(shown(new Set(open))).toEqual(rows))

  test('all of it ends', () => expect([...allOpen(tree)].toSorted()).toEqual(['a>c', 'a>c>e']))

  test('every box of a real decision is a row when all is unfolded', () => {
    const drawing = drawDecision(answered(WRONG_TENANT).trace)
    const real = treeOf(drawing)
    const ids = new Set(rowsOf(real, allOpen(real)).map(({ box: { id } }) => id))
    expect(drawing.boxes.filter(({ id }) => !ids.has(id))).toEqual([])
  })
})

describe('keys', () => {
  const CURSOR: readonly (readonly [name: string, keys: readonly string[], title: RegExp])[] = [
    ['begins where the request decided', [], /kms:EncryptionContext:tenant is/],
    ['Tab goes along the way', ['tab'], /leaves nothing of this/],
    ['Shift-Tab goes back', ['tab', 'shift+tab'], /kms:EncryptionContext:tenant is/],
    ['g goes to the request', ['g'], /^kms:Decrypt$/],
    [
      'a reference leads to its box',
      ['a', 'g', 'j', 'j', 'j', 'j', 'j', 'enter'],
      /no Deny that fits in service control/,
    ],
    ['h folds what the row hangs on', ['a', 'g', 'j', 'j', 'j', 'j', 'h'], /PrincipalIsAWSService/],
  ]
  for (const [name, keys, title] of CURSOR) {
    test(name, () => {
      const driven = graph(WRONG_TENANT, SIZES[1]).press(...keys)
      const pane = driven.frame().split('\n').slice(-7).join(' ')
      const first = pane.split('─ ').at(-1)!.trim()
      expect(first.split('   ')[0]).toMatch(title)
    })
  }

  test('Esc leaves it', () => {
    const driven = graph().press('a', 'esc')
    expect(driven.frame()).toContain('this is where it begins')
  })
})

describe('exports', () => {
  const EXPORTS = [
    ['"html"', '.html', '<!doctype html>'],
    ['"svg"', '.svg', '<?xml'],
    ['"mermaid"', '.mmd', 'flowchart TD'],
    ['"dot"', '.dot', 'digraph keyward'],
  ] as const
  for (const [typed, suffix, beginning] of EXPORTS) {
    test(`${typed} is written after yes`, async () => {
      const driven = graph()
      await pressed(driven, 'e', typed, 'enter')
      expect(driven.frame()).toContain(`denied-decrypt-tenantservice-tenant-data${suffix}`)
      await pressed(driven, 'enter')
      expect(driven.effects.filter((effect) => (effect as Effect).kind === 'write')).toEqual([])
      await pressed(driven, 'y')
      const write = driven.effects.at(-1) as Extract<Effect, { readonly kind: 'write' }>
      expect(write).toMatchObject({ kind: 'write', replaces: false })
      expect(write.path.endsWith(suffix)).toBe(true)
      expect(write.text.startsWith(beginning)).toBe(true)
      reply(driven, { kind: 'written', tag: write.tag, path: write.path })
      expect(driven.frame()).toContain(`wrote ${write.path}`)
      expect(driven.app.stack).toHaveLength(1)
    })
  }
})

describe('the HTML report', () => {
  test('has the verdict, the layers, the statement, its condition and the drawing', async () => {
    const html = await decisionPage()
    expect(html).toContain('✗ Denied')
    expect(html).toContain('guardrail SCPs')
    expect(html).toContain('statement 2 &quot;EachTenantItsOwnData&quot;')
    expect(html).toContain(
      '<mark>&quot;kms:EncryptionContext:tenant&quot;: &quot;${aws:PrincipalTag/tenant}&quot;</mark>',
    )
    expect(html).toContain('<svg')
    expect(html).toContain("default-src 'none'")
    expect(html).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)/)
  })

  test('an allowed request says so', async () => {
    const html = await decisionPage('can role/BreakGlass do kms:Decrypt on alias/payments')
    expect(html).toContain('✓ Allowed')
  })

  test('hostile text stays text', async () => {
    const html = await decisionPage(
      'can role/TenantService do kms:Decrypt on alias/tenant-data when kms:EncryptionContext:tenant = "</code><script>alert(1)</script>\\u202e\\u001b[2J"',
    )
    expect(html).not.toContain('<script>')
    expect(hasControls(html)).toBe(false)
    expect(html).toContain('\\u{202e}')
  })
})

test('hostile names move no cursor', async () => {
  const driven = graph(
    'can role/TenantService do kms:Decrypt on alias/tenant-data when kms:EncryptionContext:tenant = "\\u001b[2J\\u202egreen"',
  )
  await settle(driven)
  const frame = driven.press('a').frame()
  expect(hasControls(frame)).toBe(false)
  expect(frame.split('\n').every((line) => line.length <= SIZES[0].columns)).toBe(true)
})
