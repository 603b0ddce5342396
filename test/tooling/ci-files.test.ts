/** What CI is given: files that parse, options that there are, and a script that hands on what it is given. */
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseDocument } from 'yaml'
import { registerLint } from '../../src/cli/lint.js'
import { ROOT } from './sources.js'

const FILES = ['action.yml', '.pre-commit-hooks.yaml', 'ci/gitlab.yml', 'docs/ci.md'] as const

function textOf(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

function yaml(text: string): unknown {
  const document = parseDocument(text, { strict: true, uniqueKeys: true })
  expect([...document.errors, ...document.warnings]).toEqual([])
  return document.toJS()
}

interface Action {
  readonly inputs: Readonly<Record<string, { readonly default: string; readonly description: string }>>
  readonly outputs: Readonly<Record<string, { readonly value: string }>>
  readonly runs: {
    readonly using: string
    readonly steps: readonly {
      readonly id: string
      readonly shell: string
      readonly env: Readonly<Record<string, string>>
      readonly run: string
    }[]
  }
}

const { version } = JSON.parse(textOf('package.json')) as { version: string }
const action = (): Action => yaml(textOf('action.yml')) as Action

const program = new Command()
registerLint(program)
const options = program.commands[0]!.options

test('every option that is named is one of keyward lint', () => {
  const known = new Set(options.map(({ long }) => long))
  // Those of npx and of other tools in the examples.
  const foreign = new Set(['--yes'])
  for (const path of FILES) {
    const named = [...textOf(path).matchAll(/(?<=^|[\s`'"])--[a-z][a-z-]*/gm)].map(([name]) => name)
    expect(named.filter((name) => !known.has(name) && !foreign.has(name))).toEqual([])
  }
})

test('every format and severity that is named is one of keyward lint', () => {
  const choicesOf = (long: string): readonly string[] =>
    options.find((option) => option.long === long)?.argChoices ?? []
  for (const path of FILES) {
    for (const [, option, value] of textOf(path).matchAll(/(--format|--fail-on|--preset) ([a-z]+)/g)) {
      expect(choicesOf(option!)).toContain(value)
    }
  }
})

test('every version that is named is that of the package', () => {
  for (const path of FILES) {
    const named = [...textOf(path).matchAll(/(?:keyward@v?|rev: v|KEYWARD_VERSION: ')(\d+\.\d+\.\d+)/g)]
    for (const [, each] of named) expect(each).toBe(version)
  }
  expect(action().inputs['version']?.default).toBe(version)
})

describe('action.yml', () => {
  test('takes its inputs as variables and never as text of the script', () => {
    const { inputs, outputs, runs } = action()
    expect(runs.using).toBe('composite')
    const [step] = runs.steps
    expect(step?.shell).toBe('bash')
    expect(step?.run).not.toContain('${{')
    const used = Object.values(step?.env ?? {}).map((text) => /^\$\{\{ inputs\.([a-z-]+) \}\}$/.exec(text)?.[1])
    expect(new Set(used)).toEqual(new Set(Object.keys(inputs)))
    expect(outputs['sarif-file']?.value).toBe(`\${{ steps.${step?.id}.outputs.sarif-file }}`)
  })

  test('docs/ci.md tells of each input and what it is when left out', () => {
    const page = textOf('docs/ci.md')
    for (const [name, { default: value }] of Object.entries(action().inputs)) {
      const row = page.split('\n').find((line) => line.startsWith(`| \`${name}\``))
      expect(row).toBeDefined()
      if (value !== '') expect(row).toContain(`\`${value}\``)
    }
  })

  describe.skipIf(process.platform === 'win32')('the script', () => {
    let folder = ''
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'keyward-action-'))
      // Stands for npx: prints its arguments one a line, and ends as it is told.
      writeFileSync(
        join(folder, 'npx'),
        '#!/bin/sh\nfor each in "$@"; do printf "<%s>\\n" "$each"; done\nexit "$STATUS"\n',
      )
      chmodSync(join(folder, 'npx'), 0o755)
    })
    afterAll(() => rmSync(folder, { recursive: true }))

    function run(
      given: Readonly<Record<string, string>>,
      status = 0,
    ): { status: number | null; stdout: string; stderr: string } {
      const { run: script } = action().runs.steps[0]!
      const env = {
        PATH: `${folder}:${process.env['PATH'] ?? ''}`,
        STATUS: String(status),
        GITHUB_OUTPUT: join(folder, 'output'),
        KEYWARD_ARGS: '',
        KEYWARD_PATHS: '.',
        KEYWARD_FORMAT: 'github',
        KEYWARD_SARIF: 'keyward.sarif',
        KEYWARD_VERSION: '1.2.3',
        ...given,
      }
      // As GitHub runs a script for `shell: bash`.
      const {
        status: ended,
        stdout,
        stderr,
      } = spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script], {
        cwd: folder,
        env,
        encoding: 'utf8',
      })
      return { status: ended, stdout, stderr }
    }

    test('hands on paths as they are and options word by word, and ends as lint does', () => {
      const ran = run({ KEYWARD_PATHS: 'a b/*.json\n\n$(touch x); -z\n', KEYWARD_ARGS: '--preset strict' }, 1)
      const words = [
        '--yes',
        'keyward@1.2.3',
        'lint',
        '--format',
        'github',
        '--preset',
        'strict',
        '--',
        'a b/*.json',
        '$(touch x); -z',
      ]
      expect(ran).toEqual({ status: 1, stdout: words.map((word) => `<${word}>\n`).join(''), stderr: '' })
    })

    test('writes SARIF to its file and says where, also when there are findings', () => {
      const ran = run({ KEYWARD_FORMAT: 'sarif', KEYWARD_SARIF: 'a file.sarif' }, 1)
      expect(ran).toEqual({ status: 1, stdout: '', stderr: '' })
      expect(readFileSync(join(folder, 'a file.sarif'), 'utf8')).toContain('<sarif>')
      expect(readFileSync(join(folder, 'output'), 'utf8')).toBe('sarif-file=a file.sarif\n')
    })
  })
})

test('.pre-commit-hooks.yaml has what pre-commit asks for', () => {
  const hooks = yaml(textOf('.pre-commit-hooks.yaml')) as readonly Record<string, unknown>[]
  expect(hooks.map(({ id }) => id)).toEqual(['keyward-lint', 'keyward-lint-fix'])
  for (const { name, entry, language, files } of hooks) {
    expect({ name, entry, language }).toMatchObject({
      name: expect.any(String) as string,
      entry: expect.stringMatching(/^keyward lint/) as string,
      language: 'node',
    })
    const pattern = new RegExp(String(files))
    expect(['a/key.json', 'main.tf', 'x.template', 'a.yml'].every((name_) => pattern.test(name_))).toBe(true)
    expect(pattern.test('src/main.ts')).toBe(false)
  }
})

test('pre-commit learns from npm what was packed: all that `npm pack` writes is the name', () => {
  const folder = mkdtempSync(join(tmpdir(), 'keyward-pack-'))
  try {
    // As this package, it is built before it is packed.
    const scripts = { prepare: 'node -e "console.log(1)"' }
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'packed', version: '1.2.3', scripts }))
    writeFileSync(join(folder, '.npmrc'), textOf('.npmrc'))
    const cache = join(folder, 'cache')
    const packed = execFileSync('npm', ['pack', '--cache', cache, '--offline', '--no-update-notifier'], {
      cwd: folder,
      // Of whoever runs this test, and of an `npm run` around it, nothing counts.
      env: { PATH: process.env['PATH'], HOME: folder },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 60_000,
    })
    expect(packed).toBe('packed-1.2.3.tgz\n')
  } finally {
    rmSync(folder, { recursive: true })
  }
})

describe('ci/gitlab.yml', () => {
  const jobs = yaml(textOf('ci/gitlab.yml')) as Record<
    string,
    { script: readonly string[]; artifacts: { when: string; reports: { codequality: string } } }
  >
  const { script, artifacts } = jobs['keyward-lint']!
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'keyward-gitlab-'))
    // Stands for npx: prints the format, and ends as it is told for it.
    writeFileSync(
      join(folder, 'npx'),
      '#!/bin/sh\necho "$5"\nif [ "$5" = gitlab ]; then exit "$FIRST"; fi\nexit "$SECOND"\n',
    )
    chmodSync(join(folder, 'npx'), 0o755)
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  test.each<[string, number, number, number, string]>([
    ['nothing found', 0, 0, 0, 'concise\n'],
    ['findings are in the report and in the log, whatever options make them fail', 1, 1, 1, 'concise\n'],
    ['what cannot be run ends the job at once', 2, 0, 1, ''],
  ])('%s', (_name, first, second, status, log) => {
    const { PATH = '' } = process.env
    const env = { PATH: `${folder}:${PATH}`, FIRST: String(first), SECOND: String(second), KEYWARD_VERSION: '1.2.3' }
    const ran = spawnSync('sh', ['-e', '-c', script.join('\n')], { cwd: folder, env, encoding: 'utf8' })
    expect([ran.status, ran.stdout]).toEqual([status, log])
    expect(artifacts.when).toBe('always')
    expect(readFileSync(join(folder, artifacts.reports.codequality), 'utf8')).toBe('gitlab\n')
  })
})

describe('docs/ci.md', () => {
  const page = textOf('docs/ci.md')
  const examples = [...page.matchAll(/```(\w+)\n([\s\S]*?)```/g)].map(([, language, text]) => ({
    language,
    text: text!,
  }))

  test('its YAML is valid', () => {
    const texts = examples.filter(({ language }) => language === 'yaml').map(({ text }) => text)
    expect(texts.length).toBeGreaterThan(5)
    for (const text of texts) expect(yaml(text)).toBeTypeOf('object')
  })

  test('its shell examples are valid', () => {
    const texts = examples.filter(({ language }) => language === 'sh').map(({ text }) => text)
    expect(texts.length).toBeGreaterThan(4)
    for (const text of texts) execFileSync('bash', ['-n', '-c', text])
  })

  test('what it uses of the action and of the hooks there is', () => {
    const { inputs } = action()
    for (const { text } of examples.filter(({ language }) => language === 'yaml')) {
      for (const { uses, with: given } of stepsOf(yaml(text))) {
        if (uses?.includes('/keyward@') === true)
          expect(Object.keys(inputs)).toEqual(expect.arrayContaining(Object.keys(given ?? {})))
      }
    }
  })
})

interface Step {
  readonly uses?: string
  readonly with?: Readonly<Record<string, unknown>>
}

function stepsOf(workflow: unknown): readonly Step[] {
  const { jobs = {} } = workflow as { jobs?: Readonly<Record<string, { steps?: readonly Step[] }>> }
  return Object.values(jobs).flatMap(({ steps = [] }) => steps)
}
