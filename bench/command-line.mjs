/**
 * Benchmarks of the built command: documents a second through `keyward eval`, and how long it takes to start.
 *
 * A child's processor time is what `bash` says of it (`times` in milliseconds); `node -e 0` is measured in turn with the
 * command, so that a slow minute of the machine slows both.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const DOCUMENTS = 100_000
const STARTS = 25

export function commandLineBenches({ cli, folder, scenario }) {
  return [
    { name: 'eval', run: () => evalDocuments({ cli, folder, scenario }) },
    { name: 'start', run: () => starting({ cli, folder, scenario }) },
  ]
}

function evalDocuments({ cli, folder, scenario }) {
  const input = `${DOCUMENTS.toLocaleString('en')} simulation documents of the scenario of \`decide\` in JSON Lines; policies repeat, tenants do not`
  const result = { name: 'eval', title: '`keyward eval --only decision`', input, figures: [] }
  if (!existsSync(cli)) return { ...result, notes: ['not run: `npm run build` first'] }
  const given = JSON.parse(readFileSync(scenario, 'utf8'))
  const path = join(folder, 'documents.jsonl')
  const lines = Array.from({ length: DOCUMENTS }, (_, number) =>
    JSON.stringify(documentOf(given, given.REQUESTS[number % given.REQUESTS.length], number)),
  )
  writeFileSync(path, `${lines.join('\n')}\n`)
  const bytes = lines[0].length
  const expected = given.REQUESTS.map(({ expected: decision }) => decision)
  const out = join(folder, 'answers.jsonl')
  const times = Array.from({ length: 5 }, () => timed([cli, 'eval', '--only', 'decision', path], out))
  const answers = readFileSync(out, 'utf8').trimEnd().split('\n')
  if (answers.length !== DOCUMENTS)
    throw new Error(`${answers.length} answers to ${DOCUMENTS} documents: ${answers[0]}`)
  answers.forEach((line, number) => {
    const { decision } = JSON.parse(line)
    const right = expected[number % expected.length]
    if (decision !== right) throw new Error(`document ${number + 1}: decided ${line}, right is ${right}`)
  })
  const target = { text: '>= 20,000', atLeast: 20_000 }
  return {
    ...result,
    input: `${input}; ${bytes.toLocaleString('en')} bytes each`,
    figures: [
      {
        label: 'start included',
        unit: 'documents per CPU-second',
        spread: spreadOf(times.map(({ cpuMs }) => (DOCUMENTS / cpuMs) * 1000)),
        target,
      },
      {
        label: 'start included',
        unit: 'documents per second, wall',
        spread: spreadOf(times.map(({ wallMs }) => (DOCUMENTS / wallMs) * 1000)),
      },
    ],
  }
}

function documentOf({ KEY_POLICY, IDENTITY_POLICIES, SCP, RCP }, request, number) {
  const account = '111122223333'
  const { role } = /assumed-role\/(?<role>[^/]+)/.exec(request.principal).groups
  return {
    id: number,
    principal: {
      type: 'role',
      arn: request.principal,
      accountId: account,
      roleArn: `arn:aws:iam::${account}:role/${role}`,
    },
    action: request.action,
    resource: { type: 'key', arn: request.resource, accountId: account },
    keyPolicy: KEY_POLICY,
    identityPolicies: IDENTITY_POLICIES,
    scps: { [account]: [[SCP]] },
    rcps: { [account]: [[RCP]] },
    request: { encryptionContext: { ...request.encryptionContext, document: String(number) } },
    context: { ...request.context, 'kms:EncryptionContext:document': String(number) },
  }
}

function starting({ cli, folder, scenario }) {
  const result = {
    name: 'start',
    title: 'Starting the command',
    input: `one document of the scenario of \`decide\`; ${STARTS} starts of each, in turn with \`node -e 0\``,
    figures: [],
  }
  if (!existsSync(cli)) return { ...result, notes: ['not run: `npm run build` first'] }
  const given = JSON.parse(readFileSync(scenario, 'utf8'))
  const denied = join(folder, 'denied.json')
  writeFileSync(denied, JSON.stringify(documentOf(given, given.REQUESTS[1], 1), undefined, 2))
  const why = execWhy(cli, denied)
  if (!/tenant/.test(why)) throw new Error(`\`keyward why\` does not name the tenant:\n${why}`)
  const commands = {
    bare: ['-e', '0'],
    help: [cli, '--help'],
    why: [cli, 'why', denied],
  }
  const times = { bare: [], help: [], why: [] }
  const out = join(folder, 'ignored.txt')
  for (let start = 0; start < STARTS; start++) {
    for (const [name, words] of Object.entries(commands)) times[name].push(timed(words, out))
  }
  // Start by start: the bare one was measured in the same moment.
  const over = (name, part) => spreadOf(times[name].map((time, start) => time[part] - times.bare[start][part]))
  const rows = (name, label, atMost) => [
    {
      label: `${label}, over bare Node`,
      unit: 'ms wall',
      spread: over(name, 'wallMs'),
      target: { text: `<= ${atMost}`, atMost },
    },
    { label: `${label}, over bare Node`, unit: 'ms CPU', spread: over(name, 'cpuMs') },
  ]
  return {
    ...result,
    figures: [
      { label: '`node -e 0`', unit: 'ms wall', spread: spreadOf(times.bare.map(({ wallMs }) => wallMs)) },
      { label: '`node -e 0`', unit: 'ms CPU', spread: spreadOf(times.bare.map(({ cpuMs }) => cpuMs)) },
      ...rows('why', '`keyward why`', 120),
      ...rows('help', '`keyward --help`', 40),
    ],
  }
}

/** Denied is exit status 1, which is no failure here. */
function execWhy(cli, document) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, 'why', document], { encoding: 'utf8' })
  if (status !== 1) throw new Error(`\`keyward why\` ended with ${status}:\n${stderr}`)
  return stdout
}

function timed(words, out) {
  const script = 'TIMEFORMAT="%U %S %R"; { time "$@" >"$OUT" 2>/dev/null; } 2>&1; true'
  const target = openSync(out, 'w')
  closeSync(target)
  const text = execFileSync('bash', ['-c', script, 'bash', process.execPath, ...words], {
    encoding: 'utf8',
    env: { ...process.env, OUT: out, LC_ALL: 'C' },
  })
  const [user, system, real] = text.trim().split(' ').map(Number)
  return { cpuMs: (user + system) * 1000, wallMs: real * 1000 }
}

function spreadOf(values) {
  const sorted = values.toSorted((left, right) => left - right)
  return { median: sorted[sorted.length >> 1], least: sorted[0], most: sorted.at(-1) }
}
