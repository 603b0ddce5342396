/** `keyward lint` and `keyward explain` as they are run: files, exit codes, fixing, baselines, settings. */
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { registerExplain } from '../../src/cli/explain.js'
import { registerLint } from '../../src/cli/lint.js'
import { runCommand, type Ran } from '../cli/run-command.js'

const before = process.cwd()
let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-lint-'))
  process.chdir(folder)
})
afterAll(() => {
  process.chdir(before)
  rmSync(folder, { recursive: true })
})
beforeEach(() => {
  rmSync(folder, { recursive: true })
  mkdirSync(folder)
  process.chdir(folder)
})

const statement = (sid: string): object => ({
  Sid: sid,
  Effect: 'Allow',
  Action: 'kms:DescribeKey',
  Resource: 'arn:aws:kms:us-east-1:111122223333:key/*',
})
const policy = (...sids: readonly string[]): string =>
  `${JSON.stringify({ Version: '2012-10-17', Statement: sids.map(statement) }, null, 2)}\n`
const write = (name: string, text: string): void => {
  mkdirSync(join(folder, name, '..'), { recursive: true })
  writeFileSync(join(folder, name), text)
}
const ONE = ['--select', 'SYN010,SUP', '--kind', 'identity']
const lint = (...args: readonly string[]): Promise<Ran> => runCommand(registerLint, ['lint', ...args])
const git = (...args: readonly string[]): void => {
  const author = ['-c', 'user.name=x', '-c', 'user.email=x@example.com']
  execFileSync('git', [...author, ...args], { stdio: 'ignore', timeout: 60_000 })
}
const commit = (): void => {
  git('add', '.')
  git('commit', '-m', 'x')
}
const places = ({ out }: Ran): readonly string[] =>
  out.split('\n').flatMap((line) => /^(\S+:\d+:\d+): \w+ (\w+)/.exec(line)?.slice(1, 3).join(' ') ?? [])

describe('files', () => {
  beforeEach(() => {
    write('a.json', policy('A', 'A'))
    write(
      'sub/b.yaml',
      'Version: 2012-10-17\nStatement:\n  - Sid: B\n    Effect: Allow\n    Action: kms:a\n    Resource: "*"\n  - Sid: B\n    Effect: Allow\n    Action: kms:b\n    Resource: "*"\n',
    )
    write('sub/other.json', '{"name": "x"}')
    write('node_modules/c.json', policy('C', 'C'))
  })
  const A = 'a.json:11:14 SYN010'
  const B = 'sub/b.yaml:7:10 SYN010'

  test.each<[string, readonly string[], readonly string[]]>([
    ['the current folder', [], [A, B]],
    ['one file', ['a.json'], [A]],
    ['a folder', ['sub'], [B]],
    ['a glob', ['**/*.yaml'], [B]],
    ['a file twice', ['a.json', '*.json'], [A]],
  ])('%s', async (_name, paths, expected) => {
    const ran = await lint(...ONE, '--format', 'concise', ...paths)
    expect(places(ran)).toEqual(expected)
    expect(ran.exitCode).toBe(1)
  })

  test('settings leave files out', async () => {
    write('keyward.config.yaml', 'exclude: ["sub/"]\n')
    expect(places(await lint(...ONE, '--format', 'concise'))).toEqual([A])
    expect(places(await lint(...ONE, '--format', 'concise', '--no-config'))).toEqual([A, B])
  })
  test('a file without a policy is mentioned when it was named', async () => {
    const ran = await lint('sub/other.json')
    expect([ran.err, ran.exitCode]).toEqual(['keyward: no policy was found in `sub/other.json`\n', 0])
  })
})

describe('exit status', () => {
  beforeEach(() => {
    write('good.json', policy('A'))
    write('bad.json', policy('A', 'A'))
    write('broken.json', '{"Statement": [}')
    write('binary.json', '\u0000\u0001')
  })
  test.each<[string, readonly string[], number]>([
    ['nothing found', [...ONE, 'good.json'], 0],
    ['an error', [...ONE, 'bad.json'], 1],
    ['a warning', ['--select', 'SYN010', 'bad.json'], 0],
    ['a warning that fails the run', ['--select', 'SYN010', '--fail-on', 'warning', 'bad.json'], 1],
    ['one warning too many', ['--select', 'SYN010', '--max-warnings', '0', 'bad.json'], 1],
    ['nothing ever fails', [...ONE, '--fail-on', 'never', 'bad.json'], 0],
    ['a text that cannot be read', ['--select', 'SYN', 'broken.json'], 1],
    ['no such file', [...ONE, 'bad.json', 'none.json'], 2],
    ['no file for a glob', ['*.xyz'], 2],
    ['an unknown kind', ['--kind', 'keys', 'good.json'], 2],
    ['an unknown rule', ['--select', 'KEY999', 'good.json'], 2],
    ['settings that are not there', ['--config', 'none.json', 'good.json'], 2],
    ['no repository', ['--against', 'HEAD', 'good.json'], 2],
  ])('%s', async (_name, args, status) => expect((await lint(...args)).exitCode).toBe(status))

  test('a fault in the settings is shown at its place', async () => {
    write('keyward.config.json', '{"failOnn": "error"}')
    const { err, exitCode } = await lint('good.json')
    expect(exitCode).toBe(2)
    expect(err).toContain('unknown member `failOnn`')
    expect(err).toContain('keyward.config.json:1:2')
  })
  test('an unknown rule in the settings is a finding', async () => {
    write('keyward.config.json', '{"ignore": ["KEY999"]}')
    const ran = await lint('--format', 'concise', 'good.json')
    expect(places(ran)).toContain('keyward.config.json:1:13 SUP003')
    expect(ran.exitCode).toBe(1)
  })
})

describe('output', () => {
  beforeEach(() => write('a.json', policy('A', 'A')))
  test('JSON', async () => {
    const { findings, summary } = JSON.parse((await lint(...ONE, '--json', 'a.json')).out) as {
      findings: object[]
      summary: object
    }
    expect(findings).toMatchObject([{ rule: 'SYN010', file: 'a.json', start: { line: 11, column: 14 } }])
    expect(summary).toMatchObject({ files: 1, policies: 1, findings: 1 })
  })
  test('statistics', async () =>
    expect((await lint(...ONE, '--statistics', 'a.json')).out).toBe('1  [*]  SYN010  duplicate-sid\n'))
  test.each([
    ['nowhere/base.json', 'there is no such folder'],
    ['.', 'it is a folder'],
  ])('a baseline that cannot be written to %s ends the run', async (path, reason) => {
    const ran = await lint(...ONE, '--write-baseline', path, 'a.json')
    expect([ran.err, ran.exitCode]).toEqual([`keyward: cannot write \`${path}\`: ${reason}\n`, 2])
  })
  test('a baseline that is not there', async () =>
    expect((await lint('--baseline', 'none.json', 'a.json')).err).toBe(
      'keyward: cannot read the baseline `none.json`: there is no such file\n',
    ))
  test.each([
    ['--account', '1111'],
    ['--account', ','],
    ['--organization', 'acme'],
    ['--caller', 'role/Deploy'],
  ])('%s %s is refused', async (option, value) =>
    expect((await lint(option, value, 'a.json')).exitCode).toBe('commander.invalidArgument'),
  )
  // Whoever is root may write everything.
  test.skipIf(process.getuid?.() === 0)('nor does a file that cannot be fixed', async () => {
    chmodSync('a.json', 0o444)
    const ran = await lint(...ONE, '--format', 'concise', '--fix', 'a.json')
    expect([ran.err, ran.exitCode]).toEqual(['keyward: cannot write `a.json`: no permission to write it\n', 2])
    expect(places(ran)).toEqual(['a.json:11:14 SYN010'])
  })
  test('quiet leaves out what does not fail', async () =>
    expect((await lint('--select', 'SYN010', '--quiet', '--format', 'concise', 'a.json')).out).toMatch(
      /^nothing that fails the run/,
    ))
  test('quiet says how much it leaves out', async () => {
    const quiet = [...ONE, '--quiet', '--fail-on', 'never', 'a.json']
    expect((await lint(...quiet)).out).toMatch(/^nothing that fails the run in 1 policy in 1 file \(1 not shown\)\n/)
    expect((await lint(...quiet, '--format', 'markdown')).out).toContain('Nothing that fails the run, 1 not shown;')
    expect(JSON.parse((await lint(...quiet, '--json')).out)).toMatchObject({ summary: { findings: 0, hidden: 1 } })
  })
})

describe('fixing', () => {
  const broken = policy('A', 'A')
  beforeEach(() => write('a.json', broken))
  test('--diff changes nothing', async () => {
    const ran = await lint(...ONE, '--fix', '--diff', 'a.json')
    expect(ran.out).toContain('--- a/a.json\n+++ b/a.json\n')
    expect(ran.out).toContain('-      "Sid": "A",\n+      "Sid": "A2",\n')
    expect([ran.exitCode, readFileSync('a.json', 'utf8')]).toEqual([1, broken])
  })
  test('--fix repairs what AWS refuses, and the second time nothing', async () => {
    const ran = await lint(...ONE, '--fix', 'a.json')
    expect([ran.err, ran.exitCode]).toEqual(['keyward: 1 finding fixed\n', 0])
    expect(readFileSync('a.json', 'utf8')).toBe(policy('A', 'A2'))
    expect((await lint(...ONE, '--fix', '--diff', 'a.json')).out).toBe('')
  })
})

describe('baselines', () => {
  test('written, used, pruned', async () => {
    write('a.json', policy('A', 'A', 'B', 'B'))
    await lint(...ONE, '--write-baseline', 'base.json', 'a.json')
    expect((await lint(...ONE, '--baseline', 'base.json', 'a.json')).exitCode).toBe(0)
    write('a.json', policy('A', 'A', 'C', 'C'))
    const told = await lint(...ONE, '--format', 'concise', '--baseline', 'base.json', 'a.json')
    expect(told.out).toContain('SUP001')
    const ran = await lint(...ONE, '--format', 'concise', '--baseline', 'base.json', '--prune-baseline', 'a.json')
    expect(ran.out).toContain('Sid `C` occurs twice')
    expect(ran.out).not.toContain('Sid `A` occurs twice')
    expect(ran.out).not.toContain('SUP001')
    expect((JSON.parse(readFileSync('base.json', 'utf8')) as { entries: object[] }).entries).toHaveLength(1)
  })
})

test('--against shows what a change brings', async () => {
  write('a.json', policy('A', 'A'))
  git('init')
  commit()
  write('a.json', policy('A', 'A', 'B', 'B'))
  write('new.json', policy('N', 'N'))
  const ran = await lint(...ONE, '--format', 'concise', '--against', 'HEAD')
  expect(places(ran)).toEqual(['a.json:23:14 SYN010', 'new.json:11:14 SYN010'])
})

describe('--against and what is kept quiet', () => {
  const AGAINST = ['--select', 'SYN010,KMS008,SUP', '--format', 'concise', '--against', 'HEAD']
  const decrypting = (...statements: readonly string[]): string =>
    `Version: '2012-10-17'\nStatement:\n${statements.map((above) => `${above}  - Effect: Allow\n    Action: kms:Decrypt\n    Resource: '*'\n`).join('')}`
  const QUIET = '  # keyward-ignore KMS008 auditors read all\n'
  const BARE = '  # keyward-ignore KMS008\n'
  const UNKNOWN = '  # keyward-ignore NOPE001 because\n'
  const begin = (text: string): void => {
    write('a.yaml', text)
    git('init')
    commit()
  }

  test('a suppression of what was there before is in use', async () => {
    begin(decrypting(QUIET))
    write('a.yaml', `# changed\n${decrypting(QUIET)}`)
    expect(places(await lint(...AGAINST))).toEqual([])
  })
  test('what is wrong with a suppression is told when it comes', async () => {
    begin(decrypting(BARE, UNKNOWN))
    write('a.yaml', `# changed\n${decrypting(BARE, UNKNOWN)}`)
    expect(places(await lint(...AGAINST))).toEqual([])
    write('a.yaml', decrypting(BARE, UNKNOWN, `${QUIET}    # keyward-ignore SYN010 unused\n`))
    expect(places(await lint(...AGAINST))).toEqual(['a.yaml:12:5 SUP001'])
  })
  test('who takes a suppression away brings what it kept quiet', async () => {
    begin(decrypting(QUIET))
    write('a.yaml', decrypting(''))
    expect(places(await lint(...AGAINST))).toEqual(['a.yaml:5:15 KMS008'])
  })
  test('entries of the settings and of a baseline for what was there before are not unused', async () => {
    write(
      'keyward.config.json',
      '{"suppress": [{"rule": "KMS008", "files": "a.yaml", "value": "*", "reason": "auditors"}]}',
    )
    begin(decrypting(''))
    write('b.json', policy('B', 'B'))
    await lint('--select', 'SYN010', '--write-baseline', 'base.json', 'b.json')
    commit()
    write('a.yaml', `# changed\n${decrypting('')}`)
    write('b.json', `${policy('B', 'B')}\n`)
    expect(places(await lint(...AGAINST, '--baseline', 'base.json'))).toEqual([])
    const pruned = await lint(...AGAINST, '--baseline', 'base.json', '--prune-baseline')
    expect(pruned.err).toContain("'--prune-baseline' cannot be used with option '--against")
  })
})

describe('--against looks at what policies come to', () => {
  const locals = (who: string): string => `locals {\n  who = "${who}"\n}\n`
  const key = (principal: string): string =>
    `resource "aws_kms_key" "k" {\n  policy = jsonencode({\n    Version = "2012-10-17"\n    Statement = [\n      { Effect = "Allow", Principal = { AWS = "arn:aws:iam::111122223333:root" }, Action = "kms:*", Resource = "*" },\n      { Effect = "Allow", Principal = { AWS = ${principal} }, Action = "kms:Decrypt", Resource = "*" },\n    ]\n  })\n}\n`
  const DIF = ['--select', 'DIF,KEY007', '--account', '111122223333', '--format', 'concise', '--against', 'HEAD']

  test.each([
    ['in the current folder', 'infra/a.tf', 'infra/b.tf', 'infra'],
    ['in a folder below', 'infra/x/a.tf', 'infra/x/b.tf', 'infra'],
  ])('a local of another file, %s', async (_name, policyFile, localsFile, start) => {
    write(policyFile, key('local.who'))
    write(localsFile, locals('arn:aws:iam::111122223333:role/App'))
    git('init')
    commit()
    process.chdir(join(folder, start))
    expect(places(await lint(...DIF))).toEqual([])
    write(localsFile, locals('arn:aws:iam::444455556666:role/Partner'))
    const changed = await lint(...DIF)
    expect(places(changed).map((place) => place.replace(/:\d+:\d+/, ''))).toEqual([
      `${policyFile.slice(start.length + 1)} DIF002`,
    ])
    write(localsFile, locals('*'))
    expect(places(await lint(...DIF)).map((place) => place.split(' ')[1])).toEqual(['DIF002', 'KEY007'])
    process.chdir(folder)
  })

  test('each policy of a resource is compared with its own', async () => {
    const role = (action: string): string =>
      `Resources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument:\n        Version: 2012-10-17\n        Statement: { Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: sts:AssumeRole }\n      Policies:\n        - PolicyName: a\n          PolicyDocument:\n            Version: 2012-10-17\n            Statement: { Effect: Allow, Action: ${action}, Resource: 'arn:aws:kms:us-east-1:111122223333:key/*' }\n        - PolicyName: b\n          PolicyDocument:\n            Version: 2012-10-17\n            Statement: { Effect: Allow, Action: kms:ListKeys, Resource: '*' }\n`
    write('t.yaml', role('kms:DescribeKey'))
    git('init')
    commit()
    write('t.yaml', role('kms:Decrypt'))
    expect(places(await lint(...DIF))).toEqual(['t.yaml:12:24 DIF001'])
  })
})

describe('--against knows a file that has moved', () => {
  const AGAINST = [...ONE, '--format', 'concise', '--against', 'start']
  const WHOLE = policy('A', 'A', 'C', 'D', 'E', 'F')
  const EDITED = policy('A', 'A', 'C', 'D', 'E', 'F', 'B', 'B')
  const move = (from: string, to: string): void => {
    mkdirSync(join(folder, to, '..'), { recursive: true })
    renameSync(join(folder, from), join(folder, to))
  }
  beforeEach(() => {
    write('a.json', WHOLE)
    write('sub/kept.json', policy('K'))
    git('init')
    commit()
    git('tag', 'start')
  })

  test.each<[string, () => void]>([
    ['in a commit', commit],
    ['in the index', () => git('add', '--all', '.')],
    ['in the working tree alone', () => undefined],
  ])('%s', async (_name, then) => {
    move('a.json', 'x/b.json')
    then()
    expect(places(await lint(...AGAINST))).toEqual([])
    write('x/b.json', EDITED)
    expect(places(await lint(...AGAINST))).toEqual(['x/b.json:47:14 SYN010'])
  })
  test.each(['é\n"b".json', '-b.json', ':b.json', ' b.json', 'b\tc.json'])('to an odd name: %j', async (name) => {
    move('a.json', name)
    expect(places(await lint(...AGAINST))).toEqual([])
    commit()
    expect(places(await lint(...AGAINST))).toEqual([])
  })
  test('seen from a folder below, by every way of naming it', async () => {
    move('a.json', 'sub/b.json')
    process.chdir(join(folder, 'sub'))
    for (const name of ['.', 'b.json', './b.json', '../sub/b.json', join(folder, 'sub/b.json')])
      expect(places(await lint(...AGAINST, name))).toEqual([])
    process.chdir(folder)
  })
  test('a copy is new, and so is what git takes for another text', async () => {
    write('copy.json', WHOLE)
    expect(places(await lint(...AGAINST))).toEqual(['copy.json:11:14 SYN010'])
    rmSync(join(folder, 'copy.json'))
    rmSync(join(folder, 'a.json'))
    write('other.json', '{ "Statement": [{ "Sid": "O", "Effect": "Deny" }, { "Sid": "O", "Effect": "Deny" }] }')
    expect(places(await lint(...AGAINST))).toEqual(['other.json:1:60 SYN010'])
  })
  test('whatever the settings of git are', async () => {
    move('a.json', 'sub/b.json')
    git('config', 'diff.renames', 'false')
    git('config', 'diff.relative', 'true')
    git('config', 'status.showUntrackedFiles', 'no')
    process.chdir(join(folder, 'sub'))
    expect(places(await lint(...AGAINST))).toEqual([])
    process.chdir(folder)
  })
  test('the repository stays as it is', async () => {
    move('a.json', 'b.json')
    const state = (): readonly unknown[] => [
      readFileSync('.git/index').toString('hex'),
      readdirSync('.git', { recursive: true, encoding: 'utf8' }).toSorted(),
    ]
    const kept = state()
    expect(places(await lint(...AGAINST))).toEqual([])
    expect(state()).toEqual(kept)
  })
  test('what it allows is compared, with the files that stood beside it', async () => {
    const grants = (action: string): string =>
      `data "aws_iam_policy_document" "d" {\n  statement {\n    actions   = ["kms:DescribeKey", ${action}]\n    resources = [local.key]\n  }\n}\n`
    write('old/main.tf', grants('"kms:ListGrants"'))
    write('old/locals.tf', 'locals {\n  key = "arn:aws:kms:us-east-1:111122223333:key/*"\n}\n')
    write('locals.tf', 'locals {\n  key = "*"\n}\n')
    commit()
    git('tag', '-f', 'start')
    const difference = ['--select', 'DIF', '--format', 'concise', '--against', 'start']
    move('old/main.tf', 'new/main.tf')
    move('old/locals.tf', 'new/values.tf')
    expect(places(await lint(...difference))).toEqual([])
    write('new/main.tf', grants('"kms:Decrypt"'))
    expect(places(await lint(...difference))).toEqual(['new/main.tf:2:3 DIF001'])
    // At the root, where the other value of the local is: more keys than before.
    move('new/main.tf', 'main.tf')
    write('main.tf', grants('"kms:ListGrants"'))
    expect(places(await lint(...difference, 'main.tf'))).toEqual(['main.tf:2:3 DIF001'])
  })
})

test('metadata of a resource keeps quiet what is found at its name', async () => {
  const key = { Type: 'AWS::KMS::Key', Properties: { KeyPolicy: JSON.parse(policy('A')) as unknown } }
  const quiet = { keyward: { ignore: [{ rule: 'KMS012', reason: 'rotated by hand' }] } }
  const only = ['--select', 'KMS012,SUP', '--format', 'concise']
  write('loud.json', JSON.stringify({ Resources: { Key: key } }))
  write('quiet.json', JSON.stringify({ Resources: { Key: { ...key, Metadata: quiet } } }))
  expect(places(await lint(...only, 'loud.json'))).toEqual(['loud.json:1:15 KMS012'])
  expect(places(await lint(...only, 'quiet.json'))).toEqual([])
})

describe('keyward explain', () => {
  const explain = (name: string): Promise<Ran> => runCommand(registerExplain, ['explain', name])
  test('a rule, by id or name', async () => {
    expect((await explain('syn010')).out).toMatch(/^# SYN010: duplicate-sid\n/)
    expect((await explain('duplicate-sid')).out).toMatch(/^# SYN010: duplicate-sid\n/)
  })
  test('a cause', async () => expect((await explain('delegation-missing')).out).toContain('delegation-missing'))
  test('several rules', async () => expect((await explain('SUP')).out.split('\n')).toHaveLength(4))
  test('what there is not', async () => {
    const { err, exitCode } = await explain('duplicate-sids')
    expect([err, exitCode]).toEqual([
      'keyward: no rule or cause is called `duplicate-sids`; did you mean `duplicate-sid`?\n',
      2,
    ])
  })
})
