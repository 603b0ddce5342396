/** An editor for tests: the program itself, bundled as a release is, and a real client of the protocol at its pipes. */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  createProtocolConnection,
  PublishDiagnosticsNotification,
  StreamMessageReader,
  StreamMessageWriter,
  type ClientCapabilities,
  type InitializeResult,
  type ProtocolConnection,
  type PublishDiagnosticsParams,
} from 'vscode-languageserver-protocol/node'

export const FULL: ClientCapabilities = {
  workspace: { workspaceEdit: { documentChanges: true }, workspaceFolders: true },
  textDocument: {
    publishDiagnostics: { relatedInformation: true, versionSupport: true },
    hover: { contentFormat: ['markdown', 'plaintext'] },
    codeAction: {
      dataSupport: true,
      resolveSupport: { properties: ['edit'] },
      codeActionLiteralSupport: { codeActionKind: { valueSet: ['quickfix', 'source.fixAll'] } },
    },
    completion: { completionItem: { snippetSupport: true, documentationFormat: ['markdown'] } },
  },
}

/** An editor with one workspace folder. */
export class Editor {
  readonly child: ChildProcess
  readonly client: ProtocolConnection
  /** What was published, in order. */
  readonly published: PublishDiagnosticsParams[] = []
  readonly ended: Promise<number | null>
  readonly workspace = mkdtempSync(join(tmpdir(), 'keyward-workspace-'))
  stderr = ''
  private readonly listeners = new Set<() => void>()

  constructor(program: string) {
    const main = join(program, 'dist/cli/main.js')
    const child = spawn(process.execPath, [main, 'lsp', '--stdio', `--clientProcessId=${process.pid}`], {
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    this.child = child
    child.stderr.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()))
    this.ended = new Promise((resolve) => {
      child.on('exit', (code) => resolve(code))
    })
    this.client = createProtocolConnection(new StreamMessageReader(child.stdout), new StreamMessageWriter(child.stdin))
    this.client.onNotification(PublishDiagnosticsNotification.type, (params) => {
      this.published.push(params)
      for (const listener of this.listeners) listener()
    })
    this.client.listen()
  }

  async start(capabilities: ClientCapabilities = FULL): Promise<InitializeResult> {
    const result = await this.client.sendRequest<InitializeResult>('initialize', {
      processId: process.pid,
      rootUri: null,
      workspaceFolders: [{ uri: pathToFileURL(this.workspace).href, name: 'work' }],
      capabilities,
    })
    await this.client.sendNotification('initialized', {})
    return result
  }

  uri(name: string): string {
    return pathToFileURL(join(this.workspace, name)).href
  }

  /** @returns its URI. */
  async open(name: string, text: string, languageId = name.slice(name.lastIndexOf('.') + 1)): Promise<string> {
    const uri = this.uri(name)
    await this.client.sendNotification('textDocument/didOpen', {
      textDocument: { uri, languageId, version: 1, text },
    })
    return uri
  }

  async replace(uri: string, version: number, text: string): Promise<void> {
    await this.client.sendNotification('textDocument/didChange', {
      textDocument: { uri, version },
      contentChanges: [{ text }],
    })
  }

  /** The first diagnostics of a document that were published for a version. */
  diagnostics(uri: string, version = 1): Promise<PublishDiagnosticsParams> {
    const find = (): PublishDiagnosticsParams | undefined =>
      this.published.find((each) => each.uri === uri && each.version === version)
    return this.until(find)
  }

  /** Those of a document just opened, once everything has been looked at. */
  thoroughDiagnostics(uri: string): Promise<PublishDiagnosticsParams> {
    return this.until(() => this.published.filter((each) => each.uri === uri)[1])
  }

  async until<T>(find: () => T | undefined): Promise<T> {
    for (;;) {
      const found = find()
      if (found !== undefined) return found
      await new Promise<void>((resolve) => {
        const listener = (): void => {
          this.listeners.delete(listener)
          resolve()
        }
        this.listeners.add(listener)
      })
    }
  }

  async stop(): Promise<number | null> {
    await this.client.sendRequest('shutdown')
    await this.client.sendNotification('exit')
    const code = await this.ended
    this.client.dispose()
    rmSync(this.workspace, { recursive: true })
    return code
  }
}

/** Where a part of a text begins, as the protocol counts. */
export function positionOf(text: string, part: string, behind = 0): { line: number; character: number } {
  const offset = text.indexOf(part) + behind
  if (offset < behind) throw new Error(`the text has no ${part}`)
  const before = text.slice(0, offset).split('\n')
  return { line: before.length - 1, character: before.at(-1)!.length }
}
