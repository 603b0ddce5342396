/** The published examples, written as simulation documents: the interpreter has to agree with all of them. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { AuthorizeDocument } from './document.js'
import { interpret } from './interpret.js'

interface Case {
  readonly name: string
  readonly page: string
  readonly document: AuthorizeDocument
  readonly expect: { readonly decision: string; readonly layer: string }
}

function casesOf(file: string): readonly Case[] {
  const text = readFileSync(new URL(`../cases/semantics/${file}`, import.meta.url), 'utf8')
  return JSON.parse(text) as readonly Case[]
}

for (const [file, count] of [
  ['d10.json', 13],
  ['b5.json', 20],
] as const) {
  describe(`the cases of ${file}`, () => {
    const cases = casesOf(file)
    test('is complete', () => expect(cases).toHaveLength(count))
    for (const { name, page, document, expect: wanted } of cases) {
      test(`${page}: ${name}`, () => {
        const { decision, layer } = interpret(document)
        expect({ decision, layer }).toEqual(wanted)
      })
    }
  })
}
