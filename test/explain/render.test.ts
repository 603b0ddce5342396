import { describe, expect, test } from 'vitest'
import { renderExplanation, type RenderOptions } from '../../src/explain/render.js'
import { explainTrace } from '../../src/explain/story.js'
import { ansiPalette } from '../../src/text/palette.js'
import { displayWidth } from '../../src/text/display-width.js'
import { A, ALICE, allow, ask, deny, named, OPS, type Question } from './build.js'

const render = (question: Question, options?: RenderOptions): string =>
  renderExplanation(explainTrace(ask(question)), options)

const tenant = { StringEquals: { 'kms:EncryptionContext:tenant': 'a' } }
const denied: Question = {
  key: [
    allow({ Sid: 'Tenants', Principal: named(ALICE), Condition: tenant }),
    ...['X', 'Y', 'Z', 'Ops'].map((role) => allow({ Principal: named(`arn:aws:iam::${A}:role/${role}`) })),
  ],
  context: { 'kms:EncryptionContext:tenant': 'b' },
}

describe('renderExplanation', () => {
  test('says the verdict first', () => {
    expect(render(denied).split('\n')[0]).toBe('DENIED   kms:Decrypt  (key policy, nothing allows it)')
    expect(render({ identity: [[deny()]] }).split('\n')[0]).toBe(
      'DENIED   kms:Decrypt  (identity policy, explicit deny)',
    )
    expect(render({ identity: [[allow()]] }).split('\n')[0]).toBe('ALLOWED  kms:Decrypt  (identity policy)')
  })

  test('without colour is the same text as with it', () => {
    const plain = render(denied)
    const coloured = render(denied, { color: ansiPalette })
    expect(coloured).toContain('\u001b[31mDENIED')
    // oxlint-disable-next-line no-control-regex -- colour is what is taken away here
    expect(coloured.replaceAll(/\u001b\[[0-9;]*m/g, '')).toBe(plain)
  })

  for (const width of [20, 60, 80, 120]) {
    test(`at width ${width} no line is wider, 60 at least, but for a word that is`, () => {
      const lines = render(denied, { width }).split('\n')
      const wide = lines.filter(
        (line) => displayWidth(line) > Math.max(width, 60) && !line.split(' ').some((word) => displayWidth(word) > 40),
      )
      expect(wide).toEqual([])
    })
  }

  test('shows three near misses, and all of them when asked', () => {
    expect(render(denied)).toContain('and 1 more; --all-layers shows them')
    expect(render(denied)).not.toContain('role Ops')
    expect(render(denied, { allLayers: true })).toContain('is for role Ops of account')
  })

  test('hides the layers that did not matter, unless asked', () => {
    const question: Question = { key: [allow({ Principal: named(ALICE) })] }
    expect(render(question)).toContain('1 layer did not matter; --all-layers shows it')
    expect(render(question, { allLayers: true })).toContain(
      'no allow  identity policies  there are none (did not matter)',
    )
  })

  test('a Deny that fails open stands above everything but the answer', () => {
    const text = render({
      identity: [[allow(), deny({ Condition: { NotIpAddress: { 'aws:SourceIp': '203.0.113.0/24' } } })]],
      context: { 'aws:SourceIp': 'x' },
    })
    const [, , warning] = text.split('\n\n')
    expect(warning).toMatch(/^Warning: a Deny fails open\n {2}- denyNotEvaluated \(identity policy 1, statement 2\)/)
  })

  test('names the page of the cause, and ends in a line feed', () => {
    const text = render({ key: [allow({ Principal: named(OPS) })] })
    expect(text.endsWith('\nCause    key-policy-principal  docs/causes/key-policy-principal.md\n')).toBe(true)
  })

  test('nothing from outside moves the cursor', () => {
    const text = render({ ...denied, context: { 'kms:EncryptionContext:tenant': '\u001b[2J\u0007\u202e\r\n' } })
    // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/)
  })
})
