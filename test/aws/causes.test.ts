/**
 * The causes and their pages: authorization.md G1 and G3.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { CAUSES, type Cause, type CauseCode } from '../../src/aws/causes.js'

const PAGES = new URL('../../docs/causes/', import.meta.url)
const codes = Object.keys(CAUSES) as readonly CauseCode[]

const SECTIONS = [
  'What it means',
  'How to see it',
  'Usual reasons',
  'What to change',
  'What AWS says',
  'Sources',
] as const

test('every cause has a page and every page a cause', () => {
  const pages = readdirSync(PAGES).map((name) => name.replace(/\.md$/, ''))
  expect(new Set(pages)).toEqual(new Set<string>(codes))
})

for (const code of codes) {
  describe(`code ${code}`, () => {
    const page = readFileSync(new URL(`${code}.md`, PAGES), 'utf8')
    const cause: Cause = CAUSES[code]

    test('has the title and the layer of its page', () => {
      const [title, , facts] = page.split('\n')
      expect(title).toBe(`# ${cause.title}`)
      expect(facts).toBe(
        `Code \`${code}\` · layer \`${cause.layer}\` · ${cause.explicit ? 'explicit' : 'implicit'} deny`,
      )
    })

    test('has a page with every section filled', () => {
      const sections = page.split('\n## ').slice(1)
      expect(sections.map((section) => section.split('\n')[0])).toEqual(SECTIONS)
      for (const section of sections) expect(section.split('\n').slice(1).join('').length).toBeGreaterThan(20)
    })

    test('is explicit exactly when a statement denies', () => {
      expect(cause.explicit).toBe(cause.miss === 'explicitDeny')
      expect(code.endsWith('-explicit-deny')).toBe(cause.explicit)
    })
  })
}

test('titles tell the causes apart', () => {
  expect(new Set(codes.map((code) => CAUSES[code].title)).size).toBe(codes.length)
})

// The one code other programs are promised by name.
test('a condition value in the key policy has its own code', () => {
  expect(CAUSES['key-policy-condition']).toMatchObject({ layer: 'keyPolicy', explicit: false, miss: 'condition' })
})
