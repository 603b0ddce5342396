/**
 * Benchmarks of `keyward explore`, the program as it was built, in a pseudo-terminal: from its start to the first frame,
 * from a key to its frame in long lists, from a change of a request to its verdict, and while many events are read.
 *
 * Times are those of the clock, as a person waits: other work on the machine is in them, and the terminal as well.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { COLUMNS, Explorer, ROWS } from './explore-terminal.mjs'
import { deniedEvents, QUESTION, SIZES, writeLargeWorld } from './large-world.mjs'
import { writeManyEvents } from './many-events.mjs'
import { eventTemplates } from './worlds.mjs'

const ACME = fileURLToPath(new URL('../fixtures/acme', import.meta.url))
const WORLD = join(ACME, 'world')
const STARTS = 11
const ROUNDS = 3
const EVENTS = 100_000

const BENCHES = {
  'explore-start': {
    title: '`keyward explore`, from its start to the first frame',
    input: `fixtures/acme; ${STARTS} starts of each, in turn with \`node -e 0\` in the same terminal`,
    measure: start,
  },
  'explore-keys': {
    title: 'From a key to its frame in long lists',
    input:
      'the world of `world-large`: 5,000 callers, 2,000 keys; 5,000 groups of events; the 95th percentile of each of 3 rounds, the first from cold',
    measure: keys,
  },
  'explore-what-if': {
    title: 'From a change of the request to its verdict',
    input: 'each key asks anew, and its frame has the answer; the 95th percentile of each of 3 rounds',
    measure: whatIf,
  },
  'explore-events': {
    title: 'Many events in `keyward explore`',
    input: `${EVENTS.toLocaleString('en')} CloudTrail events, those of \`events\`; keys are pressed while they are read`,
    measure: events,
  },
}

export function exploreBenches({ cli, folder }) {
  return Object.entries(BENCHES).map(([name, { title, input, measure }]) => ({
    name,
    run: async () => {
      const result = { name, title, input: `${input}; ${COLUMNS} by ${ROWS}`, figures: [] }
      const lacking = lackingHere(cli)
      if (lacking !== undefined) return { ...result, notes: [`not run: ${lacking}`] }
      return { ...result, figures: await measure({ folder, explore: [process.execPath, cli, 'explore'] }) }
    },
  }))
}

function lackingHere(cli) {
  if (!existsSync(cli)) return '`npm run build` first'
  return spawnSync('script', ['--version']).status === 0 ? undefined : 'there is no `script` of util-linux here'
}

/** The program, used and ended, whatever happens. */
async function using(words, folder, use, env = {}) {
  const explorer = new Explorer(words, folder, env)
  try {
    return await use(explorer)
  } finally {
    await explorer.end()
  }
}

// ------------------------------------------------------------------------------------------------------------- start

const ASKED = ['--principal', 'role/TenantService', '--action', 'kms:Decrypt', '--key', 'alias/tenant-data']

async function start({ folder, explore }) {
  const kinds = [
    { label: 'with a world alone', words: [WORLD], told: 'May somebody do something' },
    { label: 'with a request', words: [WORLD, ...ASKED], told: 'DENIED' },
    { label: 'with a day of events', words: [WORLD, join(ACME, 'questions/day.jsonl')], told: 'denials' },
  ]
  const bare = []
  const times = kinds.map(() => [])
  const cpu = kinds.map(() => [])
  const whole = []
  for (let round = 0; round < STARTS; round++) {
    bare.push(await bareMs(folder))
    for (const [index, { words, told }] of kinds.entries()) {
      await using([...explore, ...words], folder, async (explorer) => {
        times[index].push(await explorer.until(told))
        cpu[index].push(explorer.cpuNs() / 1e6)
        if (index === 2) whole.push(await explorer.until('7 denied'))
      })
    }
  }
  return [
    figure('`node -e 0`', bare),
    ...kinds.flatMap(({ label }, index) => [
      figure(label, times[index], 350),
      { label, unit: 'ms CPU', spread: spreadOf(cpu[index]) },
    ]),
    figure('until a day of events is grouped', whole),
  ]
}

/** A Node.js that says one word, in the same terminal. */
async function bareMs(folder) {
  const explorer = new Explorer([process.execPath, '-e', String.raw`console.log('\x1b[?2026l')`], folder)
  const atMs = await explorer.frame(() => true, 0)
  await explorer.end()
  return atMs - explorer.startedAtMs
}

// -------------------------------------------------------------------------------------------------------------- keys

const DOWN = '\u001b[B'
const UP = '\u001b[A'
const PAGE_DOWN = '\u001b[6~'
const PAGE_UP = '\u001b[5~'
const ESC = '\u001b'
const ERASE_ALL = '\u0015'
const times = (count, ...each) => Array.from({ length: count }, () => each).flat()
/** Letter by letter, as they are typed. */
const typed = (...texts) => texts.flatMap((text) => text.split(''))
const erased = (text) => typed(text, ERASE_ALL)

const SCROLLING = [...times(10, DOWN), ...times(10, PAGE_DOWN), ...times(5, UP), ...times(5, PAGE_UP)]

async function keys({ folder, explore }) {
  const world = join(folder, 'large-world')
  if (!existsSync(world)) writeLargeWorld(world)
  const path = join(folder, 'explore-denied.jsonl')
  writeFileSync(path, deniedEvents())
  const found = new Map()
  const measured = async (explorer, label, sequence) => {
    const times = []
    for (const key of sequence) times.push(await explorer.key(key))
    found.set(label, [...(found.get(label) ?? []), times])
  }
  const cpu = []
  const megabytes = []
  for (let round = 0; round < ROUNDS; round++) {
    await using([...explore, world, path], folder, async (explorer) => {
      await explorer.until(`${counted(SIZES.accounts * SIZES.roles)} denied`)
      const before = explorer.cpuNs()
      await measured(explorer, 'events: scrolling', SCROLLING)
      await explorer.key('/')
      await measured(explorer, 'events: letters of the filter', [...erased('role-0042'), ...erased('team-7')])
      await explorer.key(ESC)
      await explorer.key('n')
      await measured(explorer, 'callers: the first letter', ['r'])
      await explorer.key(ERASE_ALL)
      await measured(explorer, 'callers: scrolling', SCROLLING)
      await measured(explorer, 'callers: letters of the search', [
        ...erased('role-0042'),
        ...erased('team 7'),
        ...typed('0042'),
      ])
      for (const text of ['\r', 'dec', '\r']) await explorer.key(text)
      await measured(explorer, 'keys: the first letter', ['a'])
      await measured(explorer, 'keys: letters of the search', typed('pp-0042', ERASE_ALL, 'app 0042'))
      await explorer.key('\r', (screen) => screen.some((line) => /ALLOWED|DENIED/.test(line)))
      await explorer.key('c', (screen) => screen.some((line) => line.includes('5,000 callers on 2,000 keys')))
      await measured(explorer, 'matrix: scrolling', [
        ...times(10, 'j', 'l'),
        ...times(8, PAGE_DOWN, 'L'),
        ...times(5, 'k'),
      ])
      await explorer.key('z')
      await measured(explorer, 'matrix, dense: scrolling', [...times(8, 'j', 'l'), ...times(6, PAGE_DOWN, 'L')])
      await explorer.key('/')
      await measured(explorer, 'matrix: letters of the filter', [...erased('role-0042'), '\t', ...erased('app-01')])
      await explorer.key(ESC)
      await measured(explorer, 'jump: opened', [':'])
      await measured(explorer, 'jump: the first letter', ['a'])
      await measured(explorer, 'jump: letters of the search', typed('pp-0042', ERASE_ALL, 'role 42'))
      const pressed = [...found.values()].flatMap((rounds) => rounds[round]).length
      cpu.push((explorer.cpuNs() - before) / 1e6 / pressed)
      megabytes.push(explorer.mostMegabytes())
    })
  }
  const all = Array.from({ length: ROUNDS }, (_, round) => [...found.values()].flatMap((rounds) => rounds[round]))
  return [
    percentile95(`all ${all[0].length} keys`, all, 30),
    ...[...found].map(([label, rounds]) => percentile95(label, rounds)),
    { label: 'a key, its frames and what is decided behind them', unit: 'ms CPU', spread: spreadOf(cpu) },
    { label: 'memory at its most', unit: 'MB', spread: spreadOf(megabytes) },
  ]
}

// ----------------------------------------------------------------------------------------------------------- what if

const CHANGES = 15

async function whatIf({ folder, explore }) {
  const large = join(folder, 'large-world')
  if (!existsSync(large)) writeLargeWorld(large)
  const small = await changes({ folder, words: [...explore, WORLD, ...ASKED, '--encryption-context', 'tenant=green'] })
  const { principal, action, key } = QUESTION
  const asked = [
    '--principal',
    principal,
    '--action',
    action,
    '--key',
    key,
    '--encryption-context',
    'service=role-0042',
  ]
  const many = await changes({ folder, words: [...explore, large, ...asked] })
  return [
    percentile95('fixtures/acme: another value of the encryption context', small.values, 30),
    percentile95('fixtures/acme: another text of a policy, the editor included', small.texts),
    percentile95('5,000 callers: another value of the encryption context', many.values, 30),
    percentile95('5,000 callers: another text of a policy, the editor included', many.texts),
  ]
}

const CONTEXT = /^ +context (?:tenant|service)/
/** An editor that turns every Allow of a policy into a Deny, and every Deny into an Allow. */
const EDITOR = 'sed -i -e \'s/"Allow"/"?"/\' -e \'s/"Deny"/"Allow"/\' -e \'s/"?"/"Deny"/\''

async function changes({ folder, words }) {
  const found = { values: [], texts: [] }
  for (let round = 0; round < ROUNDS; round++) {
    await using(
      words,
      folder,
      async (explorer) => {
        await explorer.until('decides')
        await explorer.key('w')
        await down(explorer, /^ +caller /, CONTEXT)
        await explorer.key('\r')
        const values = []
        for (const letter of typed('blue', '\u007f', 'xyz', ERASE_ALL, 'red-and-green', ERASE_ALL, 'blue')) {
          values.push(await explorer.key(letter))
        }
        found.values.push(values)
        await explorer.key(ESC)
        await down(explorer, CONTEXT, /^ +key policy/)
        const texts = []
        for (let change = 0; change < CHANGES; change++) {
          const word = `${change + 1} change${change === 0 ? '' : 's'}`
          texts.push(await explorer.key('\r', (screen) => screen.some((line) => line.includes(word))))
        }
        found.texts.push(texts)
      },
      { EDITOR },
    )
  }
  return found
}

/** From one row of the request down to another. */
async function down(explorer, from, to) {
  const rows = explorer.screen.map((line) => line.slice(0, Math.floor(COLUMNS / 2)))
  const [first, last] = [from, to].map((pattern) => rows.findIndex((row) => pattern.test(row)))
  if (first < 0 || last < first) throw new Error(`there are no rows ${from} and ${to}:\n${explorer.shown()}`)
  for (let row = first; row < last; row++) await explorer.key('j')
}

// ------------------------------------------------------------------------------------------------------------ events

async function events({ folder, explore }) {
  const path = join(folder, 'explore-events.jsonl')
  writeManyEvents(path, eventTemplates(), EVENTS)
  const found = { first: [], listed: [], grouped: [], whole: [], pressed: [], megabytes: [] }
  for (let round = 0; round < ROUNDS; round++) {
    await using([...explore, WORLD, path], folder, async (explorer) => {
      found.first.push(await explorer.until('denials'))
      found.listed.push(await explorer.until('caller '))
      const progress = await explorer.until('reading')
      const times = []
      const isReading = (screen) => screen[0].includes('reading')
      const ended = explorer.frame((screen) => !isReading(screen), -1)
      // To the heading of a group and back, as more may be read between them.
      for (let count = 0; isReading(explorer.screen); count++) {
        times.push(await explorer.press('kj'[count % 2], (screen) => isOnGroup(screen) === (count % 2 === 1)))
      }
      const grouped = (await ended) - explorer.startedAtMs
      found.pressed.push(times)
      found.grouped.push(grouped / 1000)
      found.megabytes.push(explorer.mostMegabytes())
      if (!(progress < grouped)) throw new Error('no progress was shown')
      await explorer.until(`${counted(EVENTS)} requests`)
    })
  }
  return [
    { ...figure('loaded and grouped, from the start', found.grouped, 10), unit: 's wall' },
    figure('first frame, from the start', found.first, 350),
    figure('the first denials listed, from the start', found.listed, 500),
    percentile95('a key in the list while events are read', found.pressed, 30),
    { label: 'memory at its most', unit: 'MB', spread: spreadOf(found.megabytes) },
  ]
}

/** The preview tells of the row under the cursor: of a group it has the caller. */
function isOnGroup(screen) {
  return screen.slice(-8).some((line) => line.startsWith(' caller '))
}

// --------------------------------------------------------------------------------------------------------- measuring

function figure(label, times, atMost) {
  const target = atMost === undefined ? {} : { target: { text: `<= ${atMost}`, atMost } }
  return { label, unit: 'ms wall', spread: spreadOf(times), ...target }
}

function percentile95(label, rounds, atMost) {
  const all = rounds.map((round) => round.toSorted((left, right) => left - right)[Math.floor(round.length * 0.95)])
  return figure(label, all, atMost)
}

function counted(number) {
  return number.toLocaleString('en')
}

function spreadOf(values) {
  const sorted = values.toSorted((left, right) => left - right)
  return { median: sorted[sorted.length >> 1], least: sorted[0], most: sorted.at(-1) }
}
