/**
 * README.md, "Use it from AWS clients", and docs/server.md: what they show is what happens, with the clients that are
 * installed and a server that is started as the page says. Where they show nothing, `...` stands.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readServerConfig } from '../../src/server/http/server-config.js'
import { AWS } from '../server/clients/aws-cli.js'
import { PYTHON } from '../server/clients/boto3.js'
import { describeWith } from '../server/clients/presence.js'
import { isRecord } from '../server/clients/records.js'
import { cleanEnvironment, MAIN, startServe, type Serving } from '../server/clients/serve-process.js'

const README = /^## Use it from AWS clients\n([^]*?)^## /m.exec(readFileSync('README.md', 'utf8'))?.[1] ?? ''
const SERVER = readFileSync('docs/server.md', 'utf8')

/** A program that is waited for stops the test's own clock too. */
const WITHIN_MS = 90_000

/** Packages are found from the folder of the first page. */
const INSIDE = resolve('node_modules/.cache')

for (const [name, page, under] of [
  ['README.md', README, INSIDE],
  ['docs/server.md', SERVER, tmpdir()],
] as const) {
  describeWith('The AWS CLI', AWS !== undefined, name, () => {
    const [start = '', ...transcripts] = blocks(page, 'console')
    const [command = '', ...shown] = start.trimEnd().split('\n')
    let folder = ''
    let serving: Serving
    let env: NodeJS.ProcessEnv = {}
    beforeAll(async () => {
      mkdirSync(under, { recursive: true })
      folder = mkdtempSync(join(under, 'keyward-docs-'))
      for (const yaml of blocks(page, 'yaml')) {
        const [, path = ''] = /^# (\S+)\n/.exec(yaml) ?? []
        mkdirSync(dirname(join(folder, path)), { recursive: true })
        writeFileSync(join(folder, path), yaml)
      }
      const [prompt, program, ...words] = command.split(' ')
      expect([prompt, program]).toEqual(['$', 'keyward'])
      serving = await startServe([...words, '--listen', '127.0.0.1:0'], folder)
      env = environmentOf(serving, folder)
    })
    afterAll(async () => {
      expect(await serving.stop()).toBe(0)
      rmSync(folder, { recursive: true })
    })

    test('the server says what is shown', () => {
      const told = serving.told().replaceAll(serving.urls[0] ?? '', 'http://127.0.0.1:8155')
      expect(told.trimEnd()).toMatch(pattern(shown.join('\n')))
    })

    test.skipIf(transcripts.length === 0)('the transcripts are what happens', () => {
      const transcript = transcripts.join('')
      const commands = transcript.split('\n').filter((line) => line.startsWith('$ '))
      const script = commands.map((line) => `printf '%s\\n' ${quoted(line)}; ${line.slice(2)}`)
      const run = spawnSync('bash', ['-c', `exec 2>&1\n${script.join('\n')}`], {
        cwd: folder,
        encoding: 'utf8',
        env,
        timeout: WITHIN_MS,
      })
      expect(sameOnEveryRun(run.stdout)).toMatch(pattern(sameOnEveryRun(transcript)))
    })

    test.each(blocks(page, 'js').map((code, index) => [index + 1, code] as const))('program %i', (number, code) => {
      if (!code.includes('import ')) return
      const file = join(folder, `example-${number}.mjs`)
      writeFileSync(file, code)
      const run = spawnSync(process.execPath, ['--no-warnings', file], {
        cwd: folder,
        encoding: 'utf8',
        env,
        timeout: WITHIN_MS,
      })
      expect(run).toMatchObject({ stderr: '', stdout: printed(code, 'console.log(', '// '), status: 0 })
    })

    const programs = blocks(page, 'python').map((code, index) => [index + 1, code] as const)
    test.skipIf(PYTHON === undefined).each(programs)('boto3 program %i', (number, code) => {
      const file = join(folder, `example-${number}.py`)
      writeFileSync(
        file,
        isOldBoto3() ? code.replaceAll("('kms')", `('kms', endpoint_url='${serving.urls[0]}')`) : code,
      )
      const run = spawnSync(PYTHON ?? '', [file], { cwd: folder, encoding: 'utf8', env, timeout: WITHIN_MS })
      expect(run).toMatchObject({ stderr: '', stdout: printed(code, 'print(', '# '), status: 0 })
    })
  })
}

describe('the configuration file', () => {
  const [example = ''] = blocks(SERVER, 'yaml').filter((each) => each.startsWith('# keyward.yaml'))

  test('that is shown is right', () => {
    expect(readServerConfig({ name: 'keyward.yaml', text: example })).toMatchObject({ ok: true })
  })

  test('each of its members is told of', () => {
    const schema: unknown = JSON.parse(readFileSync('src/server/http/server-config.schema.json', 'utf8'))
    const missing = membersOf(schema).filter((name) => name !== '$schema' && !SERVER.includes(`\`${name}\``))
    expect(missing).toEqual([])
  })
})

/** The names of all properties that a schema has, those of its parts included. */
function membersOf(schema: unknown): readonly string[] {
  if (Array.isArray(schema)) return schema.flatMap(membersOf)
  if (!isRecord(schema)) return []
  return Object.entries(schema).flatMap(([name, value]) =>
    name === 'properties' && isRecord(value)
      ? [...Object.keys(value), ...Object.values(value).flatMap(membersOf)]
      : membersOf(value),
  )
}

function blocks(page: string, language: string): readonly string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'gm'))].map(([, code]) => code ?? '')
}

/** What the server has said to set, and its programs; those of the tests' own are found behind them. */
function environmentOf({ told, urls: [url = ''] }: Serving, folder: string): NodeJS.ProcessEnv {
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  const program = (name: string, text: string): void => {
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`)
    chmodSync(join(bin, name), 0o755)
  }
  program('keyward', `exec "${process.execPath}" --no-warnings "${MAIN}" "$@"`)
  const aws = execFileSync('sh', ['-c', `command -v ${AWS ?? 'aws'}`], { encoding: 'utf8' }).trim()
  // Older ones do not know the variables.
  if (isOldCli()) program('aws', `service=$1; shift; exec "${aws}" "$service" --endpoint-url ${url} "$@"`)
  else symlinkSync(aws, join(bin, 'aws'))
  const exported = [...told().matchAll(/^ {2}export (.*)$/gm)].flatMap(([, line = '']) =>
    [...line.replace(/#.*/, '').matchAll(/(\w+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value] as const),
  )
  const variables: Record<string, string> = Object.fromEntries(exported)
  return { ...cleanEnvironment(folder, variables), PATH: `${bin}:${process.env['PATH'] ?? ''}` }
}

/** Before 2.13, and before 1.29 of the first version. */
function isOldCli(): boolean {
  const text = execFileSync(AWS ?? 'aws', ['--version'], { encoding: 'utf8' })
  const [, major = 0, minor = 0] = (/aws-cli\/(\d+)\.(\d+)/.exec(text) ?? []).map(Number)
  return minor < (major === 1 ? 29 : 13)
}

/** Before 1.28. */
function isOldBoto3(): boolean {
  const text = execFileSync(PYTHON ?? 'python3', ['-c', 'import boto3; print(boto3.__version__)'], { encoding: 'utf8' })
  const [major = 0, minor = 0] = text.split('.').map(Number)
  return major === 1 && minor < 28
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}

function sameOnEveryRun(text: string): string {
  return text
    .replace(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '<id>')
    .replace(/\bAKIA[A-Z2-7]{16}\b/g, '<key>')
}

/** The comment lines that stand directly below one that prints. */
function printed(code: string, print: string, comment: string): string {
  const lines = code.split('\n')
  const shown = lines.filter((line, index) => line.startsWith(comment) && lines[index - 1]?.includes(print))
  return shown.map((line) => `${line.slice(comment.length)}\n`).join('')
}

/** A line of `...` stands for any lines. */
function pattern(text: string): RegExp {
  const parts = text.split('\n...\n').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
  return new RegExp(`^${parts.join('\n[^$]*\n')}$`)
}
