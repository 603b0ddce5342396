/** `keyward eval` as a command: files in, lines out, exit status, backpressure. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable, Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { afterAll, describe, expect, test } from 'vitest'
import { runEval, type EvalOptions } from '../../src/cli/eval-run.js'
import { asked, policyFor } from '../source/documents.js'

const folder = mkdtempSync(join(tmpdir(), 'keyward-eval-'))
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

interface Run {
  readonly status: number
  readonly lines: readonly unknown[]
  readonly errors: string
}

async function run(files: readonly string[], options: EvalOptions = {}, input = ''): Promise<Run> {
  const collect = (): { stream: Writable; text: () => string } => {
    const pieces: string[] = []
    const stream = new Writable({
      write(chunk, _encoding, done) {
        pieces.push(String(chunk))
        // Slower than the program, so that it has to wait.
        setImmediate(done)
      },
      highWaterMark: 16,
    })
    return { stream, text: () => pieces.join('') }
  }
  const out = collect()
  const err = collect()
  const status = await runEval(files, options, {
    stdin: Readable.from([input]),
    stdout: out.stream,
    stderr: err.stream,
  })
  out.stream.end()
  await finished(out.stream)
  const lines = out.text() === '' ? [] : out.text().trimEnd().split('\n')
  return { status, lines: lines.map((line) => JSON.parse(line) as unknown), errors: err.text() }
}

const denied = JSON.stringify(asked({ id: 'denied' }))
const allowed = JSON.stringify(asked({ id: 'allowed', keyPolicy: policyFor('*') }))
const short = { only: 'decision' } as const

describe('input', () => {
  test('several files, in order', async () => {
    const files = [
      file('a.jsonl', `${denied}\n${allowed}\n`),
      file('b.json', JSON.stringify(asked({ id: 'b' }), null, 2)),
    ]
    expect(await run(files, short)).toEqual({
      status: 0,
      lines: [
        { id: 'denied', decision: 'implicitDeny' },
        { id: 'allowed', decision: 'allow' },
        { id: 'b', decision: 'implicitDeny' },
      ],
      errors: '',
    })
  })

  test('standard input, named or not', async () => {
    for (const files of [[], ['-']]) {
      expect(await run(files, short, `${allowed}\n`)).toEqual({
        status: 0,
        lines: [{ id: 'allowed', decision: 'allow' }],
        errors: '',
      })
    }
  })

  test('a list of documents', async () => {
    const { lines } = await run([], short, `[\n${denied},\n${allowed}\n]`)
    expect(lines).toMatchObject([{ id: 'denied' }, { id: 'allowed' }])
  })

  test('nothing', async () => {
    expect(await run([], {}, '')).toEqual({ status: 0, lines: [], errors: '' })
  })
})

describe('faults', () => {
  test('a document in error has its answer, and the run goes on', async () => {
    const { status, lines } = await run([], short, `${denied}\n{"id":"x","principal":1}\n{"id":\n${allowed}\n`)
    expect(status).toBe(2)
    expect(lines).toMatchObject([
      { id: 'denied' },
      { id: 'x', error: { pointer: '/principal', line: 2, column: 23 } },
      { id: 3, error: { line: 3 } },
      { id: 'allowed', decision: 'allow' },
    ])
  })

  test('a file that cannot be read is said, and the next one is answered', async () => {
    const { status, lines, errors } = await run([join(folder, 'missing.json'), file('c.json', allowed)], short)
    expect(status).toBe(2)
    expect(lines).toEqual([{ id: 'allowed', decision: 'allow' }])
    expect(errors).toMatch(/^keyward eval: cannot read `.*missing\.json`: there is no such file\n$/)
  })

  test('a wrong option answers nothing', async () => {
    const { status, lines, errors } = await run([], { option: ['grantBoundry=allGrantees'] }, allowed)
    expect({ status, lines }).toEqual({ status: 2, lines: [] })
    expect(errors).toContain('did you mean `grantBoundary`?')
  })
})

test('--explain and --option', async () => {
  const { lines } = await run([], { explain: true, option: ['rootGrantee=rootUserOnly'] }, denied)
  expect(lines).toMatchObject([{ id: 'denied', trace: { layers: [{ layer: 'keyPolicy' }, { layer: 'identity' }] } }])
})

test('a reader that goes away ends the run quietly', async () => {
  let endless = 0
  const stdin = Readable.from(
    (function* () {
      for (;;) {
        endless++
        yield `${allowed}\n`
      }
    })(),
  )
  const stdout = new Writable({
    write(_chunk, _encoding, done) {
      done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE', syscall: 'write' }))
    },
  })
  const status = await runEval([], short, { stdin, stdout, stderr: new PassThrough() })
  expect(status).toBe(0)
  expect(endless).toBeGreaterThan(0)
})
