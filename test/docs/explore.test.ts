/**
 * docs/explore.md and the screen in README.md: their screens are frames of the views, their tables the tables of the
 * program, and the recording is what the program does.
 *
 * Set KEYWARD_UPDATE_GOLDEN=1 to write screens and tables anew; `node scripts/record-explore.mjs` records anew.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { Terminal as Emulator } from '@xterm/headless'
import { Command } from 'commander'
import { format, resolveConfig } from 'prettier'
import { beforeAll, describe, expect, test } from 'vitest'
import { registerExplore } from '../../src/cli/explore.js'
import { APP_KEYS } from '../../src/tui/app/app.js'
import type { Env, View } from '../../src/tui/app/view.js'
import { DOORS } from '../../src/tui/doors.js'
import { ASCII, UNICODE, type Glyphs } from '../../src/tui/frame/glyphs.js'
import { LIST_KEYS } from '../../src/tui/frame/list.js'
import { INPUT_KEYS } from '../../src/tui/frame/text-input.js'
import { KeyDecoder } from '../../src/tui/keys/decode-keys.js'
import { keyName, type KeyEntry } from '../../src/tui/keys/key-table.js'
import { openAsk } from '../../src/tui/views/ask/ask-view.js'
import { denialsView } from '../../src/tui/views/denials-view.js'
import { fixDoor } from '../../src/tui/views/fix/fix-view.js'
import { graphDoor } from '../../src/tui/views/graph/graph-view.js'
import { readingView } from '../../src/tui/views/reading-view.js'
import { openVerdict } from '../../src/tui/views/verdict/verdict-view.js'
import { whatIfDoor } from '../../src/tui/views/what-if/what-if-view.js'
import { whoCanDoor } from '../../src/tui/views/who-can/who-can-view.js'
import { acme, dayFeed, started, type Driven, type Room } from '../tui/frames.js'
import { ProgramOutput } from '../tui/program-output.js'
import { keysOf, MOST_KEYS, TASKS } from '../tui/tasks.js'
import { answered, pressed, settle, WRONG_TENANT } from '../tui/views/settle.js'

const ROOM: Room = { columns: 80, rows: 24 }
const ENV: Env = { asking: acme(), ...ROOM, glyphs: UNICODE, feed: dayFeed() }
const updates = process.env['KEYWARD_UPDATE_GOLDEN'] === '1'

/** Views that are reached by keys, each with what stands on the screen then. */
const reached = new Map<string, Driven>()

beforeAll(async () => {
  const answer = answered(WRONG_TENANT)
  const opened = (view: View, ...keys: readonly string[]): Promise<Driven> =>
    pressed(started(view, ROOM, ENV.feed), ...keys)
  const verdict = openVerdict(answer.question, ENV)
  if (!verdict.ok) throw new Error(verdict.error)
  const all: Readonly<Record<string, Driven>> = {
    'While a large world is read': await opened(readingView()),
    'What was denied': await opened(denialsView()),
    Why: await opened(verdict.value),
    'What if': await opened(whatIfDoor.open(answer, ENV)),
    'What helps': await opened(fixDoor.open(answer, ENV)),
    'Who can': await opened(whoCanDoor.open(answer, ENV)),
    'Statements of a cell': await opened(whoCanDoor.open(answer, ENV), 'p'),
    'Grants of a key': await opened(whoCanDoor.open(answer, ENV), 'n'),
    'Decision graph': await opened(graphDoor.open(answer, ENV)),
    'New question': await opened(openAsk(ENV)),
    Export: await opened(graphDoor.open(answer, ENV), 'e'),
    'To a file': await opened(fixDoor.open(answer, ENV), 'j', 'j', 'j', 'p'),
  }
  for (const [name, driven] of Object.entries(all)) reached.set(name, driven)
})

// ------------------------------------------------------------------------------------------------------------ screens

function screen(name: string): string {
  const golden = `test/cases/tui/${name}.txt`
  const drawn: Readonly<Record<string, string>> = { 'export-80x24': 'Export', 'save-80x24': 'To a file' }
  const view = drawn[name]
  if (view !== undefined) return reachedView(view).frame()
  if (!existsSync(golden)) throw new Error(`there is no frame \`${name}\``)
  return readFileSync(golden, 'utf8')
}

function reachedView(name: string): Driven {
  const driven = reached.get(name)
  if (driven === undefined) throw new Error(`there is no view \`${name}\``)
  return driven
}

// ------------------------------------------------------------------------------------------------------------- tables

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

const code = (text: string): string => `\`${text}\``

const SIGNS: readonly (readonly [sign: keyof Glyphs, what: string])[] = [
  ['allow', 'allows; in a fix: verified'],
  ['deny', 'denies; beside a condition: not met'],
  ['silent', 'silent: neither allows nor denies; in a matrix: hangs on what is not known'],
  ['skipped', 'not asked, as it cannot matter here; in a matrix: no'],
  ['decides', 'this layer decided; in what if: this part was changed'],
  ['bar', 'beside a policy: the statement spoken of; in a graph: the way of this request'],
  ['open', 'can be folded'],
  ['closed', 'can be unfolded'],
  ['cursor', 'the row, column or field that keys are about'],
  ['ellipsis', 'there is more than there is room for; in a matrix: not decided yet'],
]

function signs(): string {
  // Of what decides the sign alone: its word says itself.
  const shown = (glyphs: Glyphs, sign: keyof Glyphs): string => code(glyphs[sign].split(' ')[0] ?? '')
  return table(
    ['Sign', 'else', 'Meaning'],
    SIGNS.map(([sign, what]) => [shown(UNICODE, sign), shown(ASCII, sign), what]),
  )
}

const COMMON = new Set([...LIST_KEYS, ...INPUT_KEYS].map(({ command }) => command))

function keys(): string {
  const views = [...reached].map(([name, driven]): readonly [string, readonly KeyEntry[]] => {
    const own = driven.app.stack.at(-1)?.view.keys ?? []
    return [name, own.filter(({ command }) => !COMMON.has(command))]
  })
  const all = [
    ['Everywhere', APP_KEYS] as const,
    ['From every verdict', DOORS.map(({ entry }) => entry)] as const,
    ['Lists', LIST_KEYS] as const,
    ['Typed text', INPUT_KEYS] as const,
    ...views,
  ]
  return table(
    ['Where', 'Keys', 'What they do'],
    all.flatMap(([where, entries]) =>
      entries.map((entry, index) => [
        index === 0 ? where : '',
        entry.keys.map((name) => code(keyName(name))).join(' '),
        entry.what,
      ]),
    ),
  )
}

function shownKey(key: string): string {
  if (key.startsWith('type:')) return code(key.slice('type:'.length))
  if (key.startsWith('paste:')) return 'the text, pasted'
  return code(keyName(key))
}

function tasks(): string {
  return table(
    ['Task', 'Begun with `keyward explore`', 'Keys', 'How many'],
    TASKS.map(({ task, given, cause }) => [
      task,
      code(given.replaceAll('fixtures/acme/', '').replaceAll('questions/', '').replace('WEEK', 'week.jsonl')),
      cause.keys.map(shownKey).join(' '),
      String(cause.keys.flatMap(keysOf).length),
    ]),
  )
}

function exploreCommand(): Command {
  const program = new Command()
  registerExplore(program)
  const [command] = program.commands
  if (command === undefined) throw new Error('the command is not registered')
  return command
}

function options(): string {
  return table(
    ['Option', 'What it does'],
    exploreCommand().options.map(({ flags, description, argChoices, defaultValue }) => {
      const choices = argChoices === undefined ? '' : `: ${argChoices.join(', ')}`
      const usual = typeof defaultValue === 'string' ? `; ${defaultValue} when left out` : ''
      return [code(flags), `${description}${choices}${usual}`]
    }),
  )
}

const TABLES: Readonly<Record<string, () => string>> = { signs, keys, tasks, options }

/** The page with its screens and tables as they are now. */
async function asItIs(path: string, page: string): Promise<string> {
  const filled = page
    .replaceAll(
      /<!-- screen: ([\w-]+) -->\n(?:\n```text\n[^]*?\n```\n)?/g,
      (_, name: string) => `<!-- screen: ${name} -->\n\n\`\`\`text\n${screen(name).trimEnd()}\n\`\`\`\n`,
    )
    .replaceAll(
      /<!-- begin: (\w+) -->\n[^]*?<!-- end: \1 -->/g,
      (_, name: string) => `<!-- begin: ${name} -->\n\n${TABLES[name]?.()}\n\n<!-- end: ${name} -->`,
    )
  return format(filled, { ...(await resolveConfig(path)), parser: 'markdown' })
}

describe.each(['docs/explore.md', 'README.md'])('%s', (path) => {
  test('has the screens and tables of the program', async () => {
    const page = readFileSync(path, 'utf8')
    const current = await asItIs(path, page)
    if (updates) writeFileSync(path, current)
    else expect(page).toBe(current)
    expect(current).toContain('explore.cast')
    expect(current.match(/^```text$/gm)?.length ?? 0).toBeGreaterThan(0)
  })
})

test('every view has its keys and a screen in the page', () => {
  const page = readFileSync('docs/explore.md', 'utf8')
  for (const [name] of reached) expect(page).toContain(`| ${name} `)
  for (const name of [
    'denials',
    'verdict',
    'what-if',
    'fix',
    'who-can',
    'statements',
    'grants',
    'graph',
    'ask',
    'help',
  ]) {
    expect(page).toMatch(new RegExp(`<!-- screen: ${name}[\\w-]*-80x24 -->`))
  }
  expect(page).toMatch(/<!-- screen: [\w-]+-120x40 -->/)
})

// ---------------------------------------------------------------------------------------------------------- recording

type CastEvent = readonly [atSeconds: number, kind: string, text: string]

function isEvent(value: unknown): value is CastEvent {
  if (!Array.isArray(value) || value.length !== 3) return false
  return typeof value[0] === 'number' && typeof value[1] === 'string' && typeof value[2] === 'string'
}

describe('docs/explore.cast', () => {
  const [first = '', ...lines] = readFileSync('docs/explore.cast', 'utf8').trimEnd().split('\n')
  const header: unknown = JSON.parse(first)
  const events = lines.map((line): CastEvent => {
    const event: unknown = JSON.parse(line)
    if (!isEvent(event)) throw new Error(line)
    return event
  })
  const room = { columns: 100, rows: 30 }

  test('is an asciicast whose time goes forward, as long as somebody will watch', () => {
    expect(header).toMatchObject({ version: 2, width: room.columns, height: room.rows })
    expect(new Set(events.map(([, kind]) => kind))).toEqual(new Set(['o', 'i', 'm']))
    for (const [index, [at]] of events.entries()) expect(at).toBeGreaterThanOrEqual(events[index - 1]?.[0] ?? 0)
    expect(events.at(-1)?.[0]).toBeGreaterThan(15)
    expect(events.at(-1)?.[0]).toBeLessThan(90)
  })

  test('leaves the terminal as it was', () => {
    const output = new ProgramOutput()
    for (const [, kind, text] of events) if (kind === 'o') output.push(text)
    expect(output.wrong).toEqual([])
    expect(output.isShells).toBe(true)
  })

  test('shows at each key what the program shows there now, and the cause after few of them', async () => {
    const emulator = new Emulator({ cols: room.columns, rows: room.rows, allowProposedApi: true })
    const decoder = new KeyDecoder()
    const driven = await settle(started(denialsView(), room, dayFeed()))
    let pressedKeys = 0
    let untilCause: number | undefined
    for (const [, kind, text] of events) {
      if (kind === 'o') {
        await new Promise<void>((resolve) => {
          emulator.write(text, resolve)
        })
      }
      if (kind !== 'i' || emulator.buffer.active.type !== 'alternate') continue
      const { active } = emulator.buffer
      const shown = Array.from({ length: room.rows }, (_, row) =>
        active.getLine(row)?.translateToString(true).trimEnd(),
      )
      expect(`${shown.join('\n')}\n`, 'the program has changed: node scripts/record-explore.mjs').toBe(driven.frame())
      if (shown.join('\n').includes('"kms:EncryptionContext:tenant"')) untilCause ??= pressedKeys
      pressedKeys++
      for (const input of [...decoder.push(text), ...decoder.flush()]) driven.send({ kind: 'input', input })
      await settle(driven)
    }
    expect(driven.app.hasQuit).toBe(true)
    expect(untilCause).toBeLessThanOrEqual(MOST_KEYS)
    expect(pressedKeys).toBeGreaterThan(8)
  })
})
