/**
 * Records docs/explore.cast: the released explorer in a pseudo-terminal of `script`, with the keys and pauses of a person
 * who wants to know why the tenant service is denied, what would help, and whether it does.
 *
 *   npm run build && node scripts/record-explore.mjs
 *
 * Source: asciinema, "asciicast v2".
 */
import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { StringDecoder } from 'node:string_decoder'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import xterm from '@xterm/headless'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const CAST = join(ROOT, 'docs/explore.cast')
const COLUMNS = 100
const ROWS = 30
const PATIENCE_MS = 30_000
const BETWEEN_LETTERS_MS = 70

const COMMAND = 'keyward explore fixtures/acme/world fixtures/acme/questions/day.jsonl'

/** Each: what is done, how long it takes a person to begin with it, what then stands on the screen, and its chapter. */
const STEPS = [
  { type: COMMAND, afterMs: 800, see: COMMAND },
  { keys: ['\r'], afterMs: 500, see: '7 denied', chapter: 'What was denied, by cause' },
  { keys: ['\r'], afterMs: 3000, see: 'EachTenantItsOwnData', chapter: 'Why: the condition, wanted and got' },
  { keys: ['f'], afterMs: 5000, see: '✓ verified', chapter: 'What would help' },
  { keys: ['\u001b'], afterMs: 4000, see: 'EachTenantItsOwnData' },
  { keys: ['w'], afterMs: 1200, see: 'nothing has been changed', chapter: 'What if it were the right tenant?' },
  { keys: ['j', 'j', 'j'], afterMs: 1500, see: 'context tenant' },
  { keys: ['\r'], afterMs: 900, see: 'blue' },
  { keys: ['\u001b[B', '\r'], afterMs: 1200, see: 'DENIED  ›  ALLOWED', chapter: 'Allowed' },
  { keys: ['Q'], afterMs: 4000, see: 'ALLOWED  kms:Decrypt' },
  { type: 'exit', afterMs: 2500, see: 'exit' },
  { keys: ['\r'], afterMs: 300, see: '' },
]

const home = mkdtempSync(join(tmpdir(), 'keyward-record-'))
try {
  const program = join(home, 'keyward')
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${join(ROOT, 'dist/cli/main.js')}' "$@"\n`)
  chmodSync(program, 0o755)
  writeFileSync(CAST, await recorded())
} finally {
  rmSync(home, { recursive: true })
}

async function recorded() {
  const emulator = new xterm.Terminal({ cols: COLUMNS, rows: ROWS, allowProposedApi: true })
  const shell = spawn('script', ['-qfec', `stty rows ${ROWS} cols ${COLUMNS}; exec sh -i`, '/dev/null'], {
    cwd: ROOT,
    env: {
      HOME: home,
      PATH: `${home}${delimiter}${process.env['PATH']}`,
      PS1: '$ ',
      SHELL: '/bin/sh',
      TERM: 'xterm-256color',
      LANG: 'C.UTF-8',
    },
  })
  const hasEnded = new Promise((resolve) => {
    shell.on('exit', resolve)
  })
  const events = []
  const decoder = new StringDecoder('utf8')
  let startedAtMs
  const note = (kind, text) => {
    startedAtMs ??= performance.now()
    events.push([Math.round(performance.now() - startedAtMs) / 1000, kind, text])
  }
  shell.stdout.on('data', (chunk) => {
    const text = decoder.write(chunk)
    emulator.write(text)
    note('o', text)
  })
  const type = (key) => {
    note('i', key)
    shell.stdin.write(key)
  }
  await see(emulator, '$')
  for (const { type: text = '', keys = [...text], afterMs, see: expected, chapter } of STEPS) {
    await pause(afterMs)
    for (const key of keys) {
      type(key)
      await pause(text === '' ? BETWEEN_LETTERS_MS * 4 : BETWEEN_LETTERS_MS)
    }
    await see(emulator, expected)
    if (chapter !== undefined) note('m', chapter)
  }
  await hasEnded
  const header = {
    version: 2,
    width: COLUMNS,
    height: ROWS,
    title: 'keyward explore: why is the tenant service denied?',
    command: COMMAND,
    env: { TERM: 'xterm-256color', SHELL: '/bin/sh' },
  }
  return `${[header, ...events].map((line) => JSON.stringify(line)).join('\n')}\n`
}

async function see(emulator, text) {
  const endMs = performance.now() + PATIENCE_MS
  while (!screenOf(emulator).includes(text)) {
    if (performance.now() > endMs)
      throw new Error(`\`${text}\` does not come; this is the screen:\n${screenOf(emulator)}`)
    await pause(20)
  }
}

function screenOf({ buffer: { active }, rows }) {
  const lines = Array.from({ length: rows }, (_, row) => active.getLine(active.baseY + row)?.translateToString(true))
  return lines.join('\n')
}
