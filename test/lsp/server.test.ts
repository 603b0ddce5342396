/** `keyward lsp`, asked by a client of the protocol. Source: Language Server Protocol 3.17. */
import { spawnSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CodeAction, CompletionList, Diagnostic, Hover, Range } from 'vscode-languageserver-protocol/node'
import { TextDocument } from 'vscode-languageserver-textdocument'
import { bundleProgram } from '../cli/bundled-program.js'
import { Editor, FULL, positionOf } from './editor.js'

let program = ''
let editor: Editor
beforeAll(async () => {
  program = await bundleProgram('lsp', ['main', 'lint-worker', 'lsp-worker'])
  editor = new Editor(program)
  await editor.start()
})
afterAll(async () => {
  await editor.stop()
  rmSync(program, { recursive: true })
})

/** The second `kms:Decrypt` says nothing new; a symbol of two UTF-16 units stands before it on its line. */
const REPEATED = `{
  "Version": "2012-10-17",
  "Statement": {
    "Sid": "Use",
    "Effect": "Allow",
    "Principal": { "AWS": "arn:aws:iam::111122223333:role/App" },
    "Condition": { "StringEquals": { "kms:EncryptionContext:\u{1f600}": "a" } }, "Action": ["kms:Decrypt", "kms:Decrypt"],
    "Resource": "*"
  }
}
`

const REPEATED_YAML = `Version: 2012-10-17
Statement:
  - Sid: Use
    Effect: Allow
    Principal:
      AWS: arn:aws:iam::111122223333:role/App
    Action:
      - kms:Decrypt
      - kms:Decrypt
    Resource: '*'
`

const TEMPLATE = `Resources:
  Key:
    Type: AWS::KMS::Key
    Properties:
      EnableKeyRotation: true
      KeyPolicy:
        Version: '2012-10-17'
        Statement:
          - Sid: Admin
            Effect: Allow
            Principal:
              AWS: !Sub arn:aws:iam::\${AWS::AccountId}:root
            Action: kms:*
            Resource: '*'
          - Sid: Use
            Effect: Allow
            Principal:
              AWS: arn:aws:iam::111122223333:role/App
            Action: [kms:Decrypt, kms:Decrypt]
            Resource: '*'
`

function codesOf(diagnostics: readonly Diagnostic[]): readonly unknown[] {
  return diagnostics.map(({ code }) => code)
}

function textIn(text: string, range: Range): string {
  return TextDocument.create('', '', 1, text).getText(range)
}

async function actionsAt(
  of: Editor,
  uri: string,
  range: Range,
  only?: readonly string[],
): Promise<readonly CodeAction[]> {
  return of.client.sendRequest('textDocument/codeAction', {
    textDocument: { uri },
    range,
    context: { diagnostics: [], ...(only === undefined ? {} : { only }) },
  })
}

/** The text after an action was taken, its edit asked for where it came without one. */
async function taken(of: Editor, text: string, action: CodeAction): Promise<string> {
  const { edit } =
    action.edit === undefined ? await of.client.sendRequest<CodeAction>('codeAction/resolve', action) : action
  const edits =
    edit?.changes === undefined ? edit?.documentChanges : Object.values(edit.changes).map((edits) => ({ edits }))
  const changes = (edits ?? []).flatMap((change) => ('edits' in change ? change.edits : []))
  return TextDocument.applyEdits(TextDocument.create('', '', 1, text), changes as never)
}

test('initialize says what the server does', async () => {
  const other = new Editor(program)
  const { capabilities, serverInfo } = await other.start()
  expect(serverInfo?.name).toBe('keyward')
  expect(capabilities).toMatchObject({
    positionEncoding: 'utf-16',
    textDocumentSync: { openClose: true, change: 2 },
    hoverProvider: true,
    completionProvider: { resolveProvider: true },
    codeActionProvider: { codeActionKinds: ['quickfix', 'source.fixAll.keyward'], resolveProvider: true },
  })
  expect(await other.stop()).toBe(0)
  expect(other.stderr).toBe('')
})

describe('diagnostics', () => {
  test('have place, severity, code, page and related places', async () => {
    const uri = await editor.open('repeated.json', REPEATED)
    const { diagnostics } = await editor.diagnostics(uri)
    const repeated = diagnostics.find(({ code }) => code === 'ACT005')!
    expect(textIn(REPEATED, repeated.range)).toBe('"kms:Decrypt"')
    const line = REPEATED.split('\n')[repeated.range.start.line]!
    expect(repeated.range.start.character).toBe(line.lastIndexOf('"kms:Decrypt"'))
    expect(repeated).toMatchObject({
      severity: 4,
      source: 'keyward',
      codeDescription: { href: expect.stringMatching(/^file:.*\/docs\/rules\/ACT005\.md$/) as string },
      relatedInformation: [{ location: { uri }, message: 'where it stands first' }],
    })
    expect(diagnostics.find(({ code }) => code === 'SYN012')).toMatchObject({ severity: 1 })
  })

  const FORMS: readonly (readonly [string, string])[] = [
    ['repeated.yaml', REPEATED_YAML],
    ['template.yaml', TEMPLATE],
    ['repeated.jsonc', `// readers\n${REPEATED}`],
  ]
  for (const [name, text] of FORMS) {
    test(name, async () => {
      const { diagnostics } = await editor.diagnostics(await editor.open(name, text))
      const repeated = diagnostics.find(({ code }) => code === 'ACT005')!
      expect(textIn(text, repeated.range)).toMatch(/^"?kms:Decrypt"?$/)
      expect(repeated.range.start.line).toBe(text.slice(0, text.lastIndexOf('kms:Decrypt')).split('\n').length - 1)
    })
  }

  test('a text that cannot be read is told where it ends to make sense', async () => {
    const text = '{ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", '
    const { diagnostics } = await editor.diagnostics(await editor.open('broken.json', text))
    expect(codesOf(diagnostics)).toEqual(['SYN001'])
  })

  test('a JSON file that is no policy has none', async () => {
    const { diagnostics } = await editor.diagnostics(await editor.open('package.json', '{ "name": "a", }'))
    expect(diagnostics).toEqual([])
  })

  test('of a text that is written on are shown when it rests, and of its last version alone', async () => {
    const uri = await editor.open('typed.json', '{')
    await editor.replace(uri, 2, REPEATED.slice(0, 100))
    await editor.replace(uri, 3, REPEATED)
    const { diagnostics } = await editor.diagnostics(uri, 3)
    expect(codesOf(diagnostics)).toContain('ACT005')
    expect(editor.published.filter((each) => each.uri === uri).every(({ version }) => version === 3)).toBe(true)
  })

  test('follow changes of parts of the text', async () => {
    const uri = await editor.open('parts.yaml', REPEATED_YAML)
    const start = positionOf(REPEATED_YAML, '      - kms:Decrypt\n    Resource')
    await editor.client.sendNotification('textDocument/didChange', {
      textDocument: { uri, version: 2 },
      contentChanges: [{ range: { start, end: { line: start.line + 1, character: 0 } }, text: '' }],
    })
    expect(codesOf((await editor.diagnostics(uri, 2)).diagnostics)).not.toContain('ACT005')
  })

  test('go when the document is closed', async () => {
    const uri = await editor.open('closed.json', REPEATED)
    await editor.diagnostics(uri)
    await editor.client.sendNotification('textDocument/didClose', { textDocument: { uri } })
    const last = await editor.until(() =>
      editor.published.find((each) => each.uri === uri && each.version === undefined),
    )
    expect(last.diagnostics).toEqual([])
  })

  test('are those of keyward lint', async () => {
    for (const [name, text] of [
      ['same.json', REPEATED],
      ['same.yaml', TEMPLATE],
    ] as const) {
      writeFileSync(join(editor.workspace, name), text)
      const { diagnostics } = await editor.thoroughDiagnostics(await editor.open(name, text))
      const { findings } = lint(editor, [name, '--json']) as {
        findings: { rule: string; start: { line: number; column: number }; end: { line: number; column: number } }[]
      }
      const told = diagnostics.map(({ code, range: { start, end } }) => [
        code,
        start.line + 1,
        start.character + 1,
        end.line + 1,
        end.character + 1,
      ])
      expect(told).toEqual(
        findings.map(({ rule, start, end }) => [rule, start.line, start.column, end.line, end.column]),
      )
      expect(told.length).toBeGreaterThan(0)
    }
  })
})

function lint(of: Editor, args: readonly string[]): unknown {
  const { stdout } = spawnSync(process.execPath, [join(program, 'dist/cli/main.js'), 'lint', ...args], {
    cwd: of.workspace,
    encoding: 'utf8',
  })
  return stdout === '' ? undefined : JSON.parse(stdout)
}

describe('settings', () => {
  test('of the workspace folder count, and what is wrong with them is told there', async () => {
    const own = new Editor(program)
    await own.start()
    const config = join(own.workspace, 'keyward.config.json')
    const uri = await own.open('policies/key.json', REPEATED)
    expect(codesOf((await own.diagnostics(uri)).diagnostics)).toContain('ACT005')

    writeFileSync(config, '{ "files": [{ "files": "policies/*.json", "ignore": ["ACT005"] }] }')
    await own.replace(uri, 2, `${REPEATED} `)
    const second = await own.diagnostics(uri, 2)
    expect(codesOf(second.diagnostics)).not.toContain('ACT005')
    expect(codesOf(second.diagnostics)).toContain('SYN012')

    writeFileSync(config, '{ "presets": "strict" }')
    await own.replace(uri, 3, REPEATED)
    expect(codesOf((await own.diagnostics(uri, 3)).diagnostics)).toContain('ACT005')
    const ofConfig = own.published.filter((each) => each.uri.endsWith('keyward.config.json'))
    expect(ofConfig.at(-1)?.diagnostics).toMatchObject([
      { message: 'unknown member `presets`; did you mean `preset`?' },
    ])

    writeFileSync(config, '{ "exclude": "policies/" }')
    await own.replace(uri, 4, REPEATED)
    expect((await own.diagnostics(uri, 4)).diagnostics).toEqual([])
    expect(own.published.findLast((each) => each.uri.endsWith('keyward.config.json'))?.diagnostics).toEqual([])
    await own.stop()
  })

  test('what the baseline knows is not shown', async () => {
    const own = new Editor(program)
    await own.start()
    writeFileSync(join(own.workspace, 'known.json'), REPEATED)
    lint(own, ['known.json', '--write-baseline', 'known-findings.json'])
    writeFileSync(join(own.workspace, 'keyward.config.yaml'), 'baseline: known-findings.json\n')
    const more = REPEATED.replace('"kms:Decrypt"]', '"kms:Decrypt", "kms:Nothing"]')
    const { diagnostics } = await own.thoroughDiagnostics(await own.open('known.json', more))
    expect(diagnostics.map(({ range }) => textIn(more, range))).toEqual(['"kms:Nothing"'])
    await own.stop()
  })
})

describe('quick fixes', () => {
  const PLAIN = REPEATED.replace('\u{1f600}', 'tenant')
  const all = { start: { line: 0, character: 0 }, end: { line: 100, character: 0 } }

  test('a safe fix is preferred, and its edit comes when it is chosen', async () => {
    const uri = await editor.open('fix.json', PLAIN)
    const [action] = (await actionsAt(editor, uri, all)).filter(({ title }) => title.includes('ACT005'))
    expect(action).toMatchObject({
      title: 'Remove the covered entry (ACT005, safe)',
      kind: 'quickfix',
      isPreferred: true,
    })
    expect(action).not.toHaveProperty('edit')
    expect(await taken(editor, PLAIN, action!)).toBe(PLAIN.replace('["kms:Decrypt", "kms:Decrypt"]', '["kms:Decrypt"]'))
  })

  test('an edit for a text that has changed since is an error', async () => {
    const uri = await editor.open('stale.json', PLAIN)
    const [action] = await actionsAt(editor, uri, all)
    await editor.replace(uri, 2, `${PLAIN} `)
    await expect(editor.client.sendRequest('codeAction/resolve', action)).rejects.toThrow('the text has changed')
  })

  test('only those at the place are offered, with the diagnostic they are for', async () => {
    const uri = await editor.open('place.json', PLAIN)
    const { diagnostics } = await editor.diagnostics(uri)
    const at = diagnostics.find(({ code }) => code === 'ACT005')!
    expect(await actionsAt(editor, uri, { start: { line: 0, character: 0 }, end: { line: 0, character: 1 } })).toEqual(
      [],
    )
    const actions = await editor.client.sendRequest<CodeAction[]>('textDocument/codeAction', {
      textDocument: { uri },
      range: at.range,
      context: { diagnostics: [at] },
    })
    expect(actions.map(({ diagnostics: about }) => codesOf(about ?? []))).toEqual([['ACT005']])
  })

  test('an unsafe fix is marked and not preferred', async () => {
    const text = PLAIN.replace('"kms:Decrypt", "kms:Decrypt"', '"kms:Decript"')
    const uri = await editor.open('unsafe.json', text)
    const [action] = (await actionsAt(editor, uri, all)).filter(({ title }) => title.includes('unsafe'))
    expect(action?.title).toMatch(/\(ACT\d+, unsafe: may change what is allowed\)$/)
    expect(action).not.toHaveProperty('isPreferred')
    expect(await taken(editor, text, action!)).toContain('"kms:Decrypt"')
  })

  test('all safe fixes at once', async () => {
    const text = REPEATED_YAML.replace('    Resource', '      - kms:DescribeKey\n      - kms:DescribeKey\n    Resource')
    const uri = await editor.open('all.yaml', text)
    const [action] = await actionsAt(editor, uri, all, ['source.fixAll'])
    expect(action).toMatchObject({ kind: 'source.fixAll.keyward' })
    expect(await taken(editor, text, action!)).toContain(
      '    Action:\n      - kms:Decrypt\n      - kms:DescribeKey\n    Res',
    )
  })

  test('ignore here, where the format has comments', async () => {
    for (const [name, text, comment] of [
      ['ignore.yaml', REPEATED_YAML, '      # keyward-ignore ACT005\n      - kms:Decrypt\n    Resource'],
      ['ignore.jsonc', PLAIN, '    // keyward-ignore ACT005\n    "Condition"'],
    ] as const) {
      const uri = await editor.open(name, text)
      const [action] = (await actionsAt(editor, uri, all)).filter(({ title }) => title.startsWith('Ignore ACT005'))
      expect(action?.title).toBe('Ignore ACT005 here, then say why')
      const after = await taken(editor, text, action!)
      if (name === 'ignore.yaml') expect(after).toContain(comment)
      await editor.replace(uri, 2, after)
      const codes = codesOf((await editor.diagnostics(uri, 2)).diagnostics)
      expect(codes).not.toContain('ACT005')
      expect(codes).toContain('SUP002')
    }
    const json = await editor.open('ignore.json', PLAIN)
    expect((await actionsAt(editor, json, all)).filter(({ title }) => title.startsWith('Ignore'))).toEqual([])
  })

  test('ignore here never goes into a value', async () => {
    const policy = REPEATED.trimEnd().replaceAll(/^/gm, '        ')
    const text = `Resources:\n  Key:\n    Type: AWS::KMS::Key\n    Properties:\n      KeyPolicy: |\n${policy}\n`
    const uri = await editor.open('embedded.yaml', text)
    const ignoring = (await actionsAt(editor, uri, all)).filter(({ title }) => title.startsWith('Ignore'))
    expect(ignoring.length).toBeGreaterThan(0)
    for (const action of ignoring) expect(await taken(editor, text, action)).toContain(policy)
  })

  test('an editor that takes no late edits gets them at once, and reasons where it shows them', async () => {
    const plain = new Editor(program)
    await plain.start({ textDocument: { codeAction: { disabledSupport: true } } })
    const uri = await plain.open('fix.json', PLAIN)
    const [action] = (await actionsAt(plain, uri, all)).filter(({ title }) => title.includes('ACT005'))
    expect(Object.keys(action?.edit?.changes ?? {})).toEqual([uri])
    const refused = await plain.open('refused.json', REPEATED)
    const [disabled] = (await actionsAt(plain, refused, all)).filter(({ title }) => title.includes('ACT005'))
    expect(disabled).toMatchObject({ disabled: { reason: expect.stringContaining('AWS accepts') as string } })
    expect(disabled).not.toHaveProperty('edit')
    expect(await plain.stop()).toBe(0)
  })
})

describe('hover', () => {
  async function hover(uri: string, text: string, part: string, of = editor): Promise<Hover | null> {
    return of.client.sendRequest('textDocument/hover', { textDocument: { uri }, position: positionOf(text, part, 2) })
  }
  const valueOf = (shown: Hover | null): string => (shown!.contents as { value: string }).value

  test('a statement in words', async () => {
    const uri = await editor.open('words.yaml', TEMPLATE)
    expect(valueOf(await hover(uri, TEMPLATE, 'Effect'))).toBe(
      [
        '**Allows: statement 1 "Admin" of a key policy**',
        '',
        '- Who: arn:aws:iam::${AWS::AccountId}:root',
        '- What: kms:\\*',
        '- On: this key',
      ].join('\n'),
    )
    const json = await editor.open('words.json', REPEATED)
    const { value, kind } = (await hover(json, REPEATED, '"Effect"'))!.contents as { value: string; kind: string }
    expect(kind).toBe('markdown')
    expect(value).toContain('- Who: role App of account 111122223333\n')
    expect(value).toMatch(/- When: kms:EncryptionContext:.* is "a"$/)
  })

  test('an action and a condition key', async () => {
    const text = REPEATED.replace('\u{1f600}', 'tenant')
    const uri = await editor.open('names.json', text)
    const action = await hover(uri, text, '"kms:Decrypt"')
    expect(valueOf(action)).toMatch(/^\*\*kms:Decrypt: Write\*\*\n\n- Asked for by: Decrypt\n- On: key\n/)
    expect(textIn(text, action!.range!)).toBe('"kms:Decrypt"')
    const key = valueOf(await hover(uri, text, '"kms:EncryptionContext:'))
    expect(key).toContain('- Type: String (StringEquals, StringLike and the like)')
    expect(key).toContain('- Holds when: kms:EncryptionContext:tenant is "a"')
  })

  test('what a policy holds formats nothing', async () => {
    const text = REPEATED.replace('"Use"', '"**<img src=x>[a](http://b.example)\\u001b[31m`"')
    const uri = await editor.open('hostile.json', text)
    const value = valueOf(await hover(uri, text, '"Effect"'))
    expect(value).toContain('\\*\\*&lt;img src=x&gt;\\[a\\](http:\\/\\/b.example)')
    expect(value).not.toContain('\u001b')
  })

  test('plain text for who reads no Markdown; nothing outside of policies', async () => {
    const plain = new Editor(program)
    await plain.start({})
    const uri = await plain.open('words.yaml', TEMPLATE)
    const shown = await hover(uri, TEMPLATE, 'Effect', plain)
    expect(shown?.contents).toMatchObject({ kind: 'plaintext' })
    expect(valueOf(shown)).toContain('\nWhat: kms:*\n')
    expect(await hover(uri, TEMPLATE, 'EnableKeyRotation', plain)).toBeNull()
    expect(await plain.stop()).toBe(0)
  })
})

describe('completion', () => {
  let count = 0
  /** `¦` is the cursor. */
  async function complete(marked: string, extension: string): Promise<CompletionList | null> {
    const text = marked.replace('¦', '')
    const uri = await editor.open(`completion-${++count}.${extension}`, text)
    return editor.client.sendRequest('textDocument/completion', {
      textDocument: { uri },
      position: positionOf(marked, '¦'),
    })
  }

  test('an item replaces what is typed, and says more when it is looked at', async () => {
    const marked = '{ "Statement": [{ "Action": ["kms:De¦"] }] }'
    const list = await complete(marked, 'json')
    const item = list!.items.find(({ label }) => label === 'kms:Decrypt')!
    const text = marked.replace('¦', '')
    expect(TextDocument.applyEdits(TextDocument.create('', '', 1, text), [item.textEdit as never])).toBe(
      '{ "Statement": [{ "Action": ["kms:Decrypt"] }] }',
    )
    const resolved = await editor.client.sendRequest<{ documentation: { value: string } }>(
      'completionItem/resolve',
      item,
    )
    expect(resolved.documentation.value).toContain('Asked for by: Decrypt')
  })

  test('a key comes with its quotes and colon, its free part to be filled in', async () => {
    const marked = '{ "Statement": [{ "Condition": { "StringEquals": { "kms:Enc¦" } } }] }'
    const list = await complete(marked, 'json')
    const item = list!.items.find(({ label }) => label.startsWith('kms:EncryptionContext:{'))!
    expect(item.insertTextFormat).toBe(2)
    const text = marked.replace('¦', '')
    expect(TextDocument.applyEdits(TextDocument.create('', '', 1, text), [item.textEdit as never])).toContain(
      '{ "kms:EncryptionContext:${1:context-key}":  }',
    )
  })

  test('a file that is no policy gets none', async () => {
    expect(await complete('{ "name": "a", "description": "a package of this name", "¦" }', 'json')).toBeNull()
  })
})

describe('the server', () => {
  test('answers a request that fails with an error, and goes on', async () => {
    const uri = await editor.open('goes-on.json', REPEATED)
    const bad = { position: { line: 0, character: 0 } }
    await expect(editor.client.sendRequest('textDocument/hover', bad)).rejects.toThrow('failed with message')
    await expect(editor.client.sendRequest('textDocument/nothing', {})).rejects.toThrow('Unhandled method')
    const deep = await editor.open('deep.json', `${'{"Statement":['.repeat(20_000)}`)
    const position = { line: 0, character: 280_000 }
    await editor.client
      .sendRequest('textDocument/completion', { textDocument: { uri: deep }, position })
      .catch(() => null)
    expect(
      await editor.client.sendRequest('textDocument/hover', { textDocument: { uri: 'file:///none' }, position }),
    ).toBeNull()
    expect((await editor.diagnostics(uri)).diagnostics.length).toBeGreaterThan(0)
  })

  test('ends with 1 when the editor goes without a word', async () => {
    for (const leave of [
      async (of: Editor): Promise<void> => of.client.sendNotification('exit'),
      async (of: Editor): Promise<void> => void of.child.stdin?.end(),
    ]) {
      const left = new Editor(program)
      await left.start(FULL)
      await leave(left)
      expect(await left.ended).toBe(1)
      left.client.dispose()
      rmSync(left.workspace, { recursive: true })
    }
  })
})
