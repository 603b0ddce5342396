/**
 * Benchmarks of `keyward why` with a world: a small one from cold, a large one, the same from its cache, and many
 * events. What goes in is generated below the folder for temporary files.
 *
 * A child's processor time is what `bash` says of it; `node -e 0` is measured in turn with the command, so that a slow
 * minute of the machine slows both.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { QUESTION, writeLargeWorld } from './large-world.mjs'
import { writeManyEvents } from './many-events.mjs'

const ACME = fileURLToPath(new URL('../fixtures/acme', import.meta.url))
const STARTS = 15
const ROUNDS = 3
const EVENTS = 100_000

/** Run one after the other: the large world is written by the first that needs it. */
export function worldBenches({ cli, folder }) {
  const given = { cli, folder, large: join(folder, 'large-world'), cache: join(folder, 'large-cache') }
  return [
    { name: 'world-cold', run: () => worldCold(given) },
    { name: 'world-large', run: () => worldLarge(given) },
    { name: 'world-cached', run: () => worldCached(given) },
    { name: 'events', run: () => manyEvents(given) },
  ]
}

function notBuilt(cli, result) {
  return existsSync(cli) ? undefined : { ...result, notes: ['not run: `npm run build` first'] }
}

// -------------------------------------------------------------------------------------------------------------- cold

function worldCold({ cli }) {
  const world = join(ACME, 'world')
  const result = {
    name: 'world-cold',
    title: '`keyward why` with a small world, from cold',
    input: `fixtures/acme (7 accounts, 77 files, JSON and YAML), which is never kept in a cache; ${STARTS} starts, in turn with \`node -e 0\``,
    figures: [],
  }
  const missing = notBuilt(cli, result)
  if (missing !== undefined) return missing
  const words = ['why', '--world', world, '--principal', 'role/PaymentsApi', '--action', 'kms:Decrypt']
  return { ...result, figures: overBare([cli, ...words, '--key', 'alias/payments'], '`keyward why`', 150) }
}

function overBare(words, label, atMost) {
  expectAnswer(words, /^ALLOWED {2}kms:Decrypt/)
  const bare = []
  const command = []
  for (let start = 0; start < STARTS; start++) {
    bare.push(timed(['-e', '0']))
    command.push(timed(words))
  }
  const over = (part) => spreadOf(command.map((time, start) => time[part] - bare[start][part]))
  return [
    { label: '`node -e 0`', unit: 'ms wall', spread: spreadOf(bare.map(({ wallMs }) => wallMs)) },
    {
      label: `${label}, over bare Node`,
      unit: 'ms wall',
      spread: over('wallMs'),
      target: { text: `<= ${atMost}`, atMost },
    },
    { label: `${label}, over bare Node`, unit: 'ms CPU', spread: over('cpuMs') },
  ]
}

// ------------------------------------------------------------------------------------------------------------- large

function ensureLarge({ large }) {
  if (existsSync(large)) return
  writeLargeWorld(large)
}

const LARGE =
  '10 accounts with 5,000 roles, 2,000 keys and 20,000 policies: 8,135 outputs of the AWS CLI of 88 MB, account dumps in pages'

function questionTo({ large }) {
  const { principal, action, key } = QUESTION
  return ['why', '--world', large, '--principal', principal, '--action', action, '--key', key]
}

function worldLarge(given) {
  const { cli } = given
  const result = { name: 'world-large', title: 'Reading a large world', input: LARGE, figures: [] }
  const missing = notBuilt(cli, result)
  if (missing !== undefined) return missing
  ensureLarge(given)
  const world = [cli, 'world', given.large]
  const why = [cli, ...questionTo(given), '--no-cache']
  expectAnswer(world, /10 accounts/)
  expectAnswer(why, /^ALLOWED {2}kms:Decrypt/)
  const worlds = Array.from({ length: ROUNDS }, () => timed(world))
  const whys = Array.from({ length: ROUNDS }, () => timed(why))
  const seconds = (times, part) => spreadOf(times.map((time) => time[part] / 1000))
  const target = { text: '<= 4', atMost: 4 }
  const memory = { text: '<= 600', atMost: 600 }
  return {
    ...result,
    figures: [
      { label: '`keyward world`, start included', unit: 's wall', spread: seconds(worlds, 'wallMs'), target },
      { label: '`keyward world`, start included', unit: 's CPU', spread: seconds(worlds, 'cpuMs') },
      { label: '`keyward why --no-cache`, start included', unit: 's wall', spread: seconds(whys, 'wallMs'), target },
      { label: '`keyward why --no-cache`, start included', unit: 's CPU', spread: seconds(whys, 'cpuMs') },
      { label: 'greatest resident set', unit: 'MB', spread: megabytesOf(why), target: memory },
    ],
  }
}

// ------------------------------------------------------------------------------------------------------------ cached

function worldCached(given) {
  const { cli, cache } = given
  const result = {
    name: 'world-cached',
    title: 'A second question to a large world',
    input: `the world of \`world-large\`, kept in a cache; ${STARTS} questions, in turn with \`node -e 0\``,
    figures: [],
  }
  const missing = notBuilt(cli, result)
  if (missing !== undefined) return missing
  ensureLarge(given)
  rmSync(cache, { recursive: true, force: true })
  const words = [cli, ...questionTo(given), '--cache-dir', cache]
  const first = timed(words)
  if (!existsSync(cache)) throw new Error('the large world was not kept')
  const anew = printed([cli, ...questionTo(given), '--no-cache'])
  if (printed(words) !== anew) throw new Error('the answer from the cache is another')
  return {
    ...result,
    figures: [
      ...overBare(words, '`keyward why`', 400),
      { label: 'the first question, which keeps the world', unit: 's wall', spread: spreadOf([first.wallMs / 1000]) },
      { label: 'the first question, which keeps the world', unit: 's CPU', spread: spreadOf([first.cpuMs / 1000]) },
    ],
  }
}

// ------------------------------------------------------------------------------------------------------------ events

function manyEvents({ cli, folder }) {
  const result = {
    name: 'events',
    title: '`keyward why` of many events',
    input: `${EVENTS.toLocaleString('en')} CloudTrail events of fixtures/acme in JSON Lines, each with another time, id, address and encryption context, of 500 sessions; every second one denied, for each cause there is`,
    figures: [],
  }
  const missing = notBuilt(cli, result)
  if (missing !== undefined) return missing
  const path = join(folder, 'events.jsonl')
  const bytes = writeManyEvents(path, eventTemplates(), EVENTS)
  const words = [cli, 'why', '--world', join(ACME, 'world'), path]
  expectAnswer(words, /^100000 requests: /)
  const times = Array.from({ length: ROUNDS }, () => timed(words))
  const seconds = (part) => spreadOf(times.map((time) => time[part] / 1000))
  return {
    ...result,
    input: `${result.input}; ${Math.round(bytes / EVENTS).toLocaleString('en')} bytes each`,
    figures: [
      {
        label: 'explained and grouped, start included',
        unit: 's wall',
        spread: seconds('wallMs'),
        target: { text: '<= 10', atMost: 10 },
      },
      { label: 'explained and grouped, start included', unit: 's CPU', spread: seconds('cpuMs') },
      { label: 'greatest resident set', unit: 'MB', spread: megabytesOf(words) },
    ],
  }
}

/** Denied events are named by their cause; one of a day was let in by AWS and by the world. */
export function eventTemplates() {
  const events = join(ACME, 'questions/events')
  const denied = readdirSync(events)
    .toSorted()
    .map((name) => JSON.parse(readFileSync(join(events, name), 'utf8')))
  const day = readFileSync(join(ACME, 'questions/day.jsonl'), 'utf8').split('\n')
  const decrypts = day.slice(0, 10).map((line) => JSON.parse(line))
  const allowed = decrypts.find(
    ({ errorCode, requestParameters: { keyId } }) => errorCode === undefined && /1f0c6f5e/.test(keyId),
  )
  const named = (eventName) => ({ ...allowed, eventName })
  return { denied, allowed: [allowed, named('Encrypt'), named('GenerateDataKey')] }
}

// --------------------------------------------------------------------------------------------------------- measuring

/** Denied is exit status 1, which is no failure here. */
function printed(words) {
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8', maxBuffer: 1 << 26 })
  if (status !== 0 && status !== 1) throw new Error(`\`keyward ${words[1]}\` ended with ${status}:\n${stderr}`)
  return stdout
}

function expectAnswer(words, pattern) {
  const text = printed(words)
  if (!pattern.test(text)) throw new Error(`\`keyward ${words[1]}\` answered:\n${text.slice(0, 2000)}`)
}

function timed(words) {
  const script = 'TIMEFORMAT="%U %S %R"; { time "$@" >/dev/null 2>&1; } 2>&1; true'
  const text = execFileSync('bash', ['-c', script, 'bash', process.execPath, ...words], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  })
  const [user, system, real] = text.trim().split(' ').map(Number)
  return { cpuMs: (user + system) * 1000, wallMs: real * 1000 }
}

/** What the program says of itself at its end, to which a few lines are loaded that it would not have. */
function megabytesOf(words) {
  const last = "process.on('exit',()=>process._rawDebug('MAXRSS '+process.resourceUsage().maxRSS))"
  const { stderr } = spawnSync(process.execPath, ['--import', `data:text/javascript,${last}`, ...words], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  })
  const [, kilobytes = 'NaN'] = /MAXRSS (\d+)/.exec(stderr) ?? []
  return spreadOf([Number(kilobytes) / 1000])
}

function spreadOf(values) {
  const sorted = values.toSorted((left, right) => left - right)
  return { median: sorted[sorted.length >> 1], least: sorted[0], most: sorted.at(-1) }
}
