/** Every example in docs/kms.md runs as it is written and prints what the page says. */
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const PAGE = readFileSync('docs/kms.md', 'utf8')
const SERVICE = pathToFileURL(resolve('dist/kms.js')).href
const LIBRARY = pathToFileURL(resolve('dist/index.js')).href

/** Inside of the project, so that packages are found from there. */
let folder = ''
beforeAll(() => {
  mkdirSync(resolve('node_modules/.cache'), { recursive: true })
  folder = mkdtempSync(resolve('node_modules/.cache/keyward-docs-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function blocks(language: string): readonly string[] {
  return [...PAGE.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'gm'))].map(([, code]) => code ?? '')
}

describe('programs', () => {
  test.each(blocks('ts').map((code, index) => [index + 1, code] as const))('%i', (number, code) => {
    const file = join(folder, `example-${number}.mjs`)
    writeFileSync(file, code.replaceAll("'keyward/kms'", `'${SERVICE}'`).replaceAll("'keyward'", `'${LIBRARY}'`))
    // The SDK warns of old versions of Node.js.
    const run = spawnSync(process.execPath, ['--no-warnings', file], { cwd: folder, encoding: 'utf8' })
    expect(run.stderr).toBe(code.includes('console.error') ? 'kms:Decrypt identity-condition\n' : '')
    expect(run.stdout).toBe(shownOutput(code))
  })
})

/** The comment lines that stand directly below a console.log, or below the end of the loop that it is in. */
function shownOutput(code: string): string {
  const shown = code.split('\n').flatMap((line, index, lines) => {
    const before = lines[index - 1]?.trim() ?? ''
    const isShown = line.startsWith('// ') && /^(?:for .*|.*\b)console\.log\(|^\}$|^\/\/ /.test(before)
    return isShown ? [`${line.slice('// '.length)}\n`] : []
  })
  return shown.join('')
}

describe('the command line', () => {
  const canRun = spawnSync('bash', ['-c', 'jq --version'], { stdio: 'ignore' }).status === 0
  test.skipIf(!canRun)('the transcripts are what happens', () => {
    const bin = join(folder, 'bin')
    mkdirSync(bin)
    writeFileSync(join(bin, 'keyward'), `#!/bin/sh\nexec "${process.execPath}" "${resolve('dist/cli/main.js')}" "$@"\n`)
    chmodSync(join(bin, 'keyward'), 0o755)
    const transcript = blocks('console').join('')
    const commands = transcript.split('\n').filter((line) => line.startsWith('$ '))
    // Each command is echoed before it runs; a marker would hide its status from `$?`.
    const script = commands
      .map((line) => line.slice(2))
      .map(
        (command) =>
          `status=$?; printf '%s\\n' '$ ${command.replaceAll("'", String.raw`'\''`)}'; (exit $status); ${command}`,
      )
    const env = { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}`, AWS_REGION: 'us-east-1' }
    const run = spawnSync('bash', ['-c', `exec 2>&1\n${script.join('\n')}`], { cwd: folder, encoding: 'utf8', env })
    expect(sameOnEveryRun(run.stdout)).toMatch(pattern(sameOnEveryRun(transcript)))
  })
})

function sameOnEveryRun(text: string): string {
  return text
    .replace(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '<id>')
    .replace(/\b(?:[0-9a-f]{64}|[0-9a-f]{32})\b/g, '<id>')
    .replace(/(?<=")[A-Za-z0-9+/]{40,}={0,2}(?=")/g, '<blob>')
}

/** A line of `...` stands for any lines. */
function pattern(text: string): RegExp {
  const parts = text.split('\n...\n').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
  return new RegExp(`^${parts.join('\n[^$]*\n')}$`)
}
