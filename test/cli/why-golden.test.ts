/** What `keyward why` prints for the documents of `fixtures/first`, kept as text: 100 columns, no colour. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { renderDocument } from '../../src/cli/why-document.js'
import { explainDocument } from '../../src/source/explain-document.js'
import { plainPalette } from '../../src/text/palette.js'

const FIXTURES = new URL('../../fixtures/first/', import.meta.url)
const CASES = new URL('../cases/why/', import.meta.url)
const WIDTH = 100

/** Set to write the files anew; read the difference before it is kept. */
const updates = process.env['KEYWARD_UPDATE_GOLDEN'] === '1'

function render(folder: URL, shown: string, file: string, allLayers: boolean): string {
  const text = readFileSync(new URL(file, folder), 'utf8')
  const found = explainDocument({ name: `${shown}/${file}`, text })
  if (!found.ok) throw new Error(found.error.message)
  return renderDocument(found.value, { width: WIDTH, color: plainPalette, allLayers })
}

function compare(golden: URL, printed: string): void {
  if (updates || !existsSync(golden)) {
    if (!updates) throw new Error(`${golden.pathname} is missing`)
    writeFileSync(golden, printed)
  }
  expect(printed).toBe(readFileSync(golden, 'utf8'))
}

function documentsIn(folder: URL): readonly string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .toSorted()
}

describe('fixtures/first', () => {
  for (const file of documentsIn(FIXTURES)) {
    const golden = new URL(file.replace(/json$/, 'out'), CASES)
    test(file, () => compare(golden, render(FIXTURES, 'fixtures/first', file, false)))
  }

  test('denied-decrypt.json with every layer', () =>
    compare(new URL('denied-decrypt.all.out', CASES), render(FIXTURES, 'fixtures/first', 'denied-decrypt.json', true)))
})

describe('test/cases/why', () => {
  for (const file of documentsIn(CASES)) {
    const golden = new URL(file.replace(/json$/, 'out'), CASES)
    test(file, () => compare(golden, render(CASES, 'test/cases/why', file, false)))
  }
})

test('no line of a golden file is wider than it should be, save for what cannot be broken', () => {
  for (const file of readdirSync(CASES).filter((name) => name.endsWith('.out'))) {
    const wide = readFileSync(new URL(file, CASES), 'utf8')
      .split('\n')
      .filter((line) => line.length > WIDTH)
    expect(
      wide.filter((line) =>
        line
          .trim()
          .split(/ +/)
          .every((word) => word.length < 60),
      ),
      file,
    ).toEqual([])
  }
})
