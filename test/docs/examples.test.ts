/** Every example in README.md and docs/library.md runs as it is written and prints what its comments say. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'

const LIBRARY = pathToFileURL(resolve('dist/index.js')).href

for (const page of ['README.md', 'docs/library.md']) {
  const blocks = [...readFileSync(page, 'utf8').matchAll(/^```ts\n([^]*?)^```/gm)].map(([, code]) => code ?? '')

  test(`${page} has examples`, () => {
    expect(blocks.length).toBeGreaterThan(0)
  })

  test.each(blocks.map((code, index) => [index + 1, code] as const))(`${page}, example %i`, (_number, code) => {
    const folder = mkdtempSync(join(tmpdir(), 'keyward-example-'))
    try {
      const file = join(folder, 'example.mjs')
      writeFileSync(file, code.replaceAll("'keyward'", `'${LIBRARY}'`))
      const run = spawnSync(process.execPath, [file], { encoding: 'utf8' })
      expect(run.stderr).toBe('')
      expect(run.stdout).toBe(expectedOutput(code))
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
}

/** The comment lines that stand directly below a console.log. */
function expectedOutput(code: string): string {
  const lines = code.split('\n')
  const shown: string[] = []
  for (const [index, line] of lines.entries()) {
    if (!line.includes('console.log(')) continue
    for (let next = index + 1; lines[next]?.trimStart().startsWith('// ') === true; next++) {
      shown.push(lines[next]!.trimStart().slice('// '.length))
    }
  }
  return shown.map((line) => `${line}\n`).join('')
}
