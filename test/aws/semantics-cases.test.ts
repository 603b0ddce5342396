/**
 * The semantics cases are well-formed: `test/cases/semantics/README.md`. That a decision is the expected one is tested
 * where decisions are made.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { CAUSES, type CauseCode } from '../../src/aws/causes.js'

const FOLDER = new URL('../cases/semantics/', import.meta.url)
const DECISIONS = ['allow', 'implicitDeny', 'explicitDeny']

interface Case {
  readonly name: string
  readonly page: string
  readonly document: { readonly kind?: string; readonly principal?: unknown }
  readonly expect: Readonly<Record<string, unknown>>
}

const files = readdirSync(FOLDER).filter((name) => name.endsWith('.json'))

function casesOf(file: string): readonly Case[] {
  return JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as readonly Case[]
}

function isCause(value: unknown): value is CauseCode {
  return typeof value === 'string' && Object.hasOwn(CAUSES, value)
}

for (const file of files) {
  describe(`file ${file}`, () => {
    const cases = casesOf(file)

    test('names each case once', () => {
      const names = cases.map(({ name }) => name)
      expect(new Set(names).size).toBe(names.length)
    })

    test('says for each case where it comes from and what is expected', () => {
      for (const { name, page, document, expect: wanted } of cases) {
        expect(page, name).toMatch(/^(authorization\.md )/)
        expect(document.principal, name).toBeDefined()
        if (wanted['error'] !== undefined) expect(Object.keys(wanted), name).toEqual(['error'])
        else if (document.kind === 'lockout') expect(['pass', 'fail'], name).toContain(wanted['lockout'])
        else expect(DECISIONS, name).toContain(wanted['decision'])
      }
    })

    test('names causes that go with the layer and the kind of denial', () => {
      for (const { name, expect: wanted } of cases) {
        const { cause, layer, decision } = wanted
        if (cause === undefined) continue
        if (!isCause(cause)) throw new Error(`${name}: ${JSON.stringify(cause)} is no cause`)
        expect({ layer: CAUSES[cause].layer, explicit: CAUSES[cause].explicit }, name).toEqual({
          layer,
          explicit: decision === 'explicitDeny',
        })
      }
    })
  })
}

test('every section of the rules has its cases', () => {
  const pages = files.flatMap((file) => casesOf(file).map(({ page }) => page)).join(' ')
  const sections = [
    'A4',
    'A5',
    'A6',
    'A7',
    'A8',
    'B1',
    'B2',
    'B3',
    'B4',
    'B5',
    'C1',
    'C2',
    'C3',
    'C4',
    'C5',
    'D1',
    'D2',
  ]
  const more = ['D3', 'D4', 'D5', 'D6', 'D7', 'D8', 'D9', 'D10', 'E', 'F2', 'F3', 'F4', 'F5', 'F6', 'F7', 'G3', 'H']
  for (const section of [...sections, ...more]) expect(pages).toMatch(new RegExp(`\\b${section}\\b`))
})

// K-7 and K-22 show in no decision: one is about what a request carries, the other about a message.
test('every decision that can show in a verdict has its case', () => {
  const pages = files.flatMap((file) => casesOf(file).map(({ page }) => page)).join(' ')
  const missing = Array.from({ length: 34 }, (_, index) => `K-${index + 1}`).filter(
    (decision) => !new RegExp(`\\b${decision}\\b`).test(pages),
  )
  expect(missing).toEqual(['K-7', 'K-22'])
})
