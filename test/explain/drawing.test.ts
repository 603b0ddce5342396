/** Drawings of decisions and keys: what they show, that every one is whole, and that no text of a policy breaks a format. */
import fc from 'fast-check'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Trace } from '../../src/decide/trace.js'
import { drawDecision } from '../../src/explain/drawing/decision-drawing.js'
import { dotOf } from '../../src/explain/drawing/dot-format.js'
import type { Drawing } from '../../src/explain/drawing/drawing.js'
import { drawKey } from '../../src/explain/drawing/key-drawing.js'
import { mermaidOf } from '../../src/explain/drawing/mermaid-format.js'
import { svgOf } from '../../src/explain/drawing/svg-format.js'
import { treeOf } from '../../src/explain/drawing/tree-format.js'
import { drawnKey } from '../../src/source/answer/key-picture.js'
import { explainDocument } from '../../src/source/explain-document.js'
import { loadWorld } from '../../src/source/world/load-world.js'
import { plainPalette } from '../../src/text/palette.js'
import { simulationDocuments } from '../reference/generate.js'

const CASES = new URL('../cases/graph/', import.meta.url)
const updates = process.env['KEYWARD_UPDATE_GOLDEN'] === '1'

function compare(name: string, printed: string): void {
  const golden = new URL(name, CASES)
  if (updates) writeFileSync(golden, printed)
  expect(existsSync(golden), `${golden.pathname} is there`).toBe(true)
  expect(printed).toBe(readFileSync(golden, 'utf8'))
}

function traceOf(text: string): Trace {
  const found = explainDocument({ name: 'document.json', text })
  if (!found.ok) throw new Error(found.error.message)
  return found.value.trace
}

function drawn(file: string): Drawing {
  return drawDecision(traceOf(readFileSync(new URL(`../../fixtures/first/${file}`, import.meta.url), 'utf8')))
}

describe('golden pictures', () => {
  for (const name of ['denied-decrypt', 'denied-by-scp', 'boundary', 'cross-account']) {
    test(`${name} as a tree`, () => compare(`${name}.tree`, treeOf(drawn(`${name}.json`), plainPalette)))
  }
  test('as Mermaid', () => compare('denied-decrypt.mermaid', mermaidOf(drawn('denied-decrypt.json'))))
  test('as DOT', () => compare('denied-decrypt.dot', dotOf(drawn('denied-decrypt.json'))))

  test('a key of the organization: its statements, its grants, and who its account lets use it', () => {
    const loaded = loadWorld(new URL('../../fixtures/acme/world', import.meta.url).pathname)
    if (!loaded.ok) throw new Error('the fixture does not load')
    const keys = [...loaded.value.keys.values()].filter(({ grants }) => grants.length > 0)
    const [key] = keys.toSorted((left, right) => (left.arn < right.arn ? -1 : 1))
    if (key === undefined) throw new Error('no key of the fixture has a grant')
    compare('acme-key.tree', treeOf(drawKey(drawnKey(loaded.value, key.arn)), plainPalette))
  })
})

test('no box makes a picture wide: long lines are broken at spaces, and words such as ARNs stay whole', () => {
  const arn = `arn:aws:iam::111122223333:role/${'x'.repeat(90)}`
  const line = `the service control policies let it through: ${'policy "FullAWSAccess"; '.repeat(12)}and ${arn}`
  const box = { id: 'a', kind: 'question', title: 'title', lines: [line], isDecisive: true } as const
  const dot = dotOf({ title: 'one', boxes: [box], arrows: [], notes: [] })
  const label = /label="(title[^]*?)", shape/.exec(dot)?.[1] ?? ''
  const lines = label.replaceAll(String.raw`\"`, '"').split(String.raw`\n`)
  expect(lines.join(' ')).toBe(`title ${line}`)
  expect(lines).toContain(arn)
  for (const each of lines) if (each !== arn) expect(each.length).toBeLessThanOrEqual(80)
})

test('SVG: one document with every box and every arrow', async () => {
  const drawing = drawn('denied-decrypt.json')
  const svg = await svgOf(drawing)
  expect(svg.startsWith('<?xml')).toBe(true)
  expect(svg.trimEnd().endsWith('</svg>')).toBe(true)
  expect(svg.split('<g id="node').length - 1).toBe(drawing.boxes.length)
  expect(svg.split('<g id="edge').length - 1).toBe(drawing.arrows.length)
  expect(svg).toContain('kms:EncryptionContext:tenant is &quot;green&quot;')
})

test('the way through a drawing ends where the decision ended, and nothing hangs in the air', () => {
  fc.assert(
    fc.property(simulationDocuments(), (document) => {
      const found = explainDocument({ name: 'document.json', text: JSON.stringify(document) })
      if (!found.ok) return
      const { trace } = found.value
      const { boxes, arrows } = drawDecision(trace)
      const byId = new Map(boxes.map((box) => [box.id, box]))
      expect(byId.size).toBe(boxes.length)
      const reached = new Set(arrows.map(({ to }) => to))
      for (const { from, to } of arrows) expect([byId.has(from), byId.has(to)]).toEqual([true, true])
      expect(boxes.slice(1).filter(({ id }) => !reached.has(id))).toEqual([])
      let at = boxes[0]!
      for (let steps = 0; ; steps++) {
        expect(steps).toBeLessThan(boxes.length + 1)
        const onward = arrows.filter(({ from, isDecisive }) => from === at.id && isDecisive)
        if (onward.length === 0) break
        expect(onward.length).toBe(1)
        at = byId.get(onward[0]!.to)!
        expect(at.isDecisive).toBe(true)
      }
      expect(at.kind).toBe(trace.outcome.decision === 'allow' ? 'allowed' : 'denied')
      expect(arrows.some(({ from }) => from === at.id)).toBe(false)
    }),
    { numRuns: 200, seed: 20_261_122 },
  )
})

describe('hostile texts', () => {
  const SID = 'x"]; end\\ --> <script>alert(1)</script> & #quot; `a` |b| ${c}'
  const POLICY = {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: SID,
        Effect: 'Allow',
        Principal: { AWS: 'arn:aws:iam::111122223333:role/App' },
        Action: 'kms:Decrypt',
        Resource: '*',
        Condition: { StringEquals: { 'aws:PrincipalTag/team': SID } },
      },
    ],
  }
  const DOCUMENT = JSON.stringify({
    principal: { type: 'role', arn: 'arn:aws:iam::111122223333:role/App' },
    action: 'kms:Decrypt',
    resource: {
      type: 'key',
      arn: 'arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
    },
    keyPolicy: POLICY,
    identityPolicies: [],
    context: { 'aws:PrincipalTag/team': `\u202e\u001b[2J${SID}` },
  })
  const drawing = (): Drawing => {
    const found = explainDocument({ name: 'hostile.json', text: DOCUMENT })
    if (!found.ok) throw new Error(found.error.message)
    return drawDecision(found.value.trace)
  }

  test('a terminal gets no control and no bidirectional character', () => {
    expect(treeOf(drawing(), plainPalette)).toMatch(/^[\P{C}\n]*$/u)
  })

  test('Mermaid: quotes, brackets and marks of Markdown are entity codes', () => {
    const lines = mermaidOf(drawing()).split('\n')
    for (const line of lines.filter((each) => /^ {2}(?:n\d+|request)[^A-Za-z0-9 ]/.test(each))) {
      const text = /"(.*)"/s.exec(line)?.[1] ?? ''
      expect(text.replaceAll('<br/>', '')).toMatch(/^[\p{L}\p{N} .,:/_#;-]*$/u)
    }
  })

  test('DOT: no quote ends a string early', async () => {
    expect(dotOf(drawing())).not.toMatch(/[^\\]"\]; end/)
    expect(await svgOf(drawing())).not.toContain('<script')
  })
})
