/**
 * The language server: hands what an editor asks to what answers it.
 *
 * A document is checked a moment after it has come to rest, and at once where an answer is wanted; what takes long is
 * looked at when somebody pauses. A check that a newer text has overtaken is never shown. A request that fails is answered with an error, and the next one is served.
 *
 * Source: Language Server Protocol 3.17.
 */
import {
  CodeActionKind,
  createConnection,
  DiagnosticSeverity,
  DidChangeWatchedFilesNotification,
  LSPErrorCodes,
  MarkupKind,
  PositionEncodingKind,
  ResponseError,
  TextDocuments,
  TextDocumentSyncKind,
  type ClientCapabilities,
  type CodeAction,
  type Connection,
  type Diagnostic,
  type InitializeParams,
  type InitializeResult,
} from 'vscode-languageserver/node'
import { TextDocument } from 'vscode-languageserver-textdocument'
import { pathToFileURL } from 'node:url'
import { Checker, type CheckedDocument, type Depth } from './checked-document.js'
import { codeActions, FIX_ALL, lateEdit, type ActionData, type ActionSupport } from './code-actions.js'
import { completionsAt, TRIGGERS, withDocumentation } from './completion.js'
import { diagnosticsOf, settingsDiagnostics } from './diagnostics.js'
import type { FolderSettings, LanguageEnvironment } from './environment.js'
import { hoverAt } from './hover.js'
import { pathOf, placeOf } from './workspace.js'

/** Serves until the editor says `exit` or goes away; the process ends then. */
export function startServer(
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
  environment: LanguageEnvironment,
): void {
  new LanguageServer(createConnection(input, output), environment).listen()
}

/** A check that takes longer waits for somebody to pause. */
const LIGHT_MS = 30
/** Keys that come together are one change. */
const SHORT_REST_MS = 10
/** Long enough for the next key of somebody who types on. */
const REST_MS = 150
const LONG_REST_MS = 400
/** The longer it takes in this thread, the longer the pause. */
const MAX_REST_MS = 3000

const CONFIG_FILES = '**/keyward.config.{json,yaml,yml}'

const INTERNAL_ERROR: Diagnostic = {
  range: { start: { line: 0, character: 0 }, end: { line: 0, character: 1 } },
  severity: DiagnosticSeverity.Information,
  source: 'keyward',
  message: 'this text was not checked: internal error of keyward; its output has the lines to report',
}

class LanguageServer {
  private readonly documents = new TextDocuments(TextDocument)
  private readonly checker: Checker
  /** Of the versions that are open, as far as they have been checked. */
  private readonly checked = new Map<string, CheckedDocument>()
  private readonly waiting = new Map<string, NodeJS.Timeout>()
  /** Of the last check of each depth. */
  private readonly costMs: Readonly<Record<Depth, Map<string, number>>> = { quick: new Map(), thorough: new Map() }
  /** Files of settings that have diagnostics. */
  private readonly complainedOf = new Set<string>()
  private folders: string[] = []
  private client: ClientCapabilities = {}

  constructor(
    private readonly connection: Connection,
    private readonly environment: LanguageEnvironment,
  ) {
    this.checker = new Checker((folder) => environment.settingsOf(folder))
  }

  listen(): void {
    const { connection, documents } = this
    connection.onInitialize((params) => this.initialize(params))
    connection.onInitialized(() => this.initialized())
    documents.onDidChangeContent(({ document }) => this.changed(document))
    documents.onDidClose(({ document }) => this.closed(document))
    documents.onDidSave(({ document }) => {
      if (/[\\/]keyward\.config\.[a-z]+$/.test(document.uri)) this.recheckAll()
    })
    connection.onDidChangeWatchedFiles(() => this.recheckAll())
    connection.onHover(({ textDocument, position }) => {
      const known = this.current(textDocument.uri)
      return (
        known &&
        hoverAt(known, known.document.offsetAt(position), this.markup(this.client.textDocument?.hover?.contentFormat))
      )
    })
    connection.onCompletion(({ textDocument, position }) => {
      const document = documents.get(textDocument.uri)
      if (document === undefined) return undefined
      const snippets = this.client.textDocument?.completion?.completionItem?.snippetSupport === true
      return completionsAt(
        document,
        this.checker.formatOf(document, this.folders),
        document.offsetAt(position),
        snippets,
      )
    })
    connection.onCompletionResolve((item) =>
      withDocumentation(item, this.markup(this.client.textDocument?.completion?.completionItem?.documentationFormat)),
    )
    connection.onCodeAction(({ textDocument, range, context }) => {
      const known = this.current(textDocument.uri)
      if (known === undefined) return []
      const span = { start: known.document.offsetAt(range.start), end: known.document.offsetAt(range.end) }
      return codeActions(known, { span, diagnostics: context.diagnostics, only: context.only }, this.actionSupport())
    })
    connection.onCodeActionResolve((action) => this.resolveAction(action))
    documents.listen(connection)
    connection.listen()
  }

  private initialize({ capabilities, workspaceFolders }: InitializeParams): InitializeResult {
    this.client = capabilities
    this.folders = (workspaceFolders ?? []).flatMap(({ uri }) => pathOf(uri) ?? [])
    return {
      capabilities: {
        positionEncoding: PositionEncodingKind.UTF16,
        textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental, save: true },
        hoverProvider: true,
        completionProvider: { triggerCharacters: [...TRIGGERS], resolveProvider: true },
        codeActionProvider: {
          codeActionKinds: [CodeActionKind.QuickFix, FIX_ALL],
          resolveProvider: this.actionSupport().lateEdits,
        },
        workspace: { workspaceFolders: { supported: true, changeNotifications: true } },
      },
      serverInfo: { name: 'keyward', version: this.environment.version },
    }
  }

  private initialized(): void {
    const { connection, client } = this
    if (client.workspace?.didChangeWatchedFiles?.dynamicRegistration === true) {
      const watchers = [{ globPattern: CONFIG_FILES }]
      void this.orLog(connection.client.register(DidChangeWatchedFilesNotification.type, { watchers }))
    }
    if (client.workspace?.workspaceFolders !== true) return
    connection.workspace.onDidChangeWorkspaceFolders(({ added, removed }) => {
      const gone = new Set(removed.map(({ uri }) => pathOf(uri)))
      const come = added.flatMap(({ uri }) => pathOf(uri) ?? [])
      this.folders = [...this.folders.filter((each) => !gone.has(each)), ...come]
      this.recheckAll()
    })
  }

  // ------------------------------------------------------------------------------------------------------ diagnostics

  private changed({ uri }: TextDocument): void {
    this.checked.delete(uri)
    // Where everything can be told at once, nothing comes and goes while somebody types.
    const isLight = this.isLight(uri, 'thorough')
    this.checkLater(uri, isLight ? 'thorough' : 'quick', this.isLight(uri, 'quick') ? SHORT_REST_MS : REST_MS)
  }

  private isLight(uri: string, depth: Depth): boolean {
    return (this.costMs[depth].get(uri) ?? Infinity) <= LIGHT_MS
  }

  private checkLater(uri: string, depth: Depth, restMs: number): void {
    clearTimeout(this.waiting.get(uri))
    const work = (): void => void this.orLog(this.publish(uri, depth))
    this.waiting.set(uri, setTimeout(work, restMs))
  }

  private async publish(uri: string, depth: Depth): Promise<void> {
    this.waiting.delete(uri)
    const known = await this.checkedOrComplaint(uri, depth)
    if (known === undefined) return
    if (known.depth === 'quick') {
      // What another thread does is in nobody's way.
      const costMs = this.environment.lookThoroughly === undefined ? (this.costMs.thorough.get(uri) ?? 0) : 0
      this.checkLater(uri, 'thorough', Math.min(Math.max(LONG_REST_MS, costMs), MAX_REST_MS))
    }
    const { version } = known.document
    const diagnostics = diagnosticsOf(known, this.environment.docs)
    await this.publishSettings(known.settings)
    await this.connection.sendDiagnostics({ uri, version, diagnostics })
  }

  /** What was found in an older text must not stay, whatever happens. */
  private async checkedOrComplaint(uri: string, depth: Depth): Promise<CheckedDocument | undefined> {
    try {
      return depth === 'quick' ? this.check(uri, depth) : await this.checkThoroughly(uri)
    } catch (error) {
      await this.connection.sendDiagnostics({ uri, diagnostics: [INTERNAL_ERROR] })
      throw error
    }
  }

  /** Settings that cannot be read are told at their own file, and so is that they are right again. */
  private async publishSettings({ file, errors }: FolderSettings): Promise<void> {
    if (file === undefined || (errors.length === 0 && !this.complainedOf.has(file))) return
    this.complainedOf.add(file)
    await this.connection.sendDiagnostics({ uri: pathToFileURL(file).href, diagnostics: settingsDiagnostics(errors) })
  }

  private closed({ uri }: TextDocument): void {
    clearTimeout(this.waiting.get(uri))
    this.waiting.delete(uri)
    this.checked.delete(uri)
    for (const costs of Object.values(this.costMs)) costs.delete(uri)
    void this.orLog(this.connection.sendDiagnostics({ uri, diagnostics: [] }))
  }

  private recheckAll(): void {
    for (const document of this.documents.all()) this.changed(document)
  }

  /** The newest text, checked so far as it is; undefined for a document that is not open. */
  private current(uri: string): CheckedDocument | undefined {
    return this.check(uri, 'quick')
  }

  private check(uri: string, depth: Depth): CheckedDocument | undefined {
    const document = this.documents.get(uri)
    if (document === undefined) return undefined
    const known = this.checked.get(uri)
    if (known !== undefined && (known.depth === 'thorough' || known.depth === depth)) return known
    const started = performance.now()
    const made = this.checker.check(document, this.folders, depth)
    this.costMs[depth].set(uri, performance.now() - started)
    this.checked.set(uri, made)
    return made
  }

  /** With every rule, in another thread where there is one; undefined when a newer text has overtaken this one. */
  private async checkThoroughly(uri: string): Promise<CheckedDocument | undefined> {
    const { lookThoroughly } = this.environment
    if (lookThoroughly === undefined) return this.check(uri, 'thorough')
    const quick = this.check(uri, 'quick')
    if (quick === undefined || quick.depth === 'thorough') return quick
    const { settings, file, document } = quick
    const { folder } = placeOf(uri, document.languageId, this.folders)
    const { name, text } = file.source
    const { found, costMs } = await lookThoroughly({ uri, folder, name, text, settings })
    if (found === undefined || this.checked.get(uri) !== quick) return undefined
    this.costMs.thorough.set(uri, costMs)
    const made = this.checker.completed(quick, found)
    this.checked.set(uri, made)
    return made
  }

  // ----------------------------------------------------------------------------------------------------- code actions

  private async resolveAction(action: CodeAction): Promise<CodeAction> {
    const data: unknown = action.data
    if (!isActionData(data)) return action
    const known = this.current(data.uri)
    if (known === undefined || known.document.version !== data.version) {
      throw new ResponseError(LSPErrorCodes.ContentModified, 'the text has changed')
    }
    const edit = await lateEdit(known, data, this.actionSupport())
    if (typeof edit === 'string') throw new ResponseError(LSPErrorCodes.RequestFailed, `not fixed: ${edit}`)
    return { ...action, ...edit }
  }

  private actionSupport(): ActionSupport {
    const { workspace, textDocument } = this.client
    return {
      lateEdits:
        textDocument?.codeAction?.dataSupport === true &&
        textDocument.codeAction.resolveSupport?.properties.includes('edit') === true,
      disabled: textDocument?.codeAction?.disabledSupport === true,
      versionedEdits: workspace?.workspaceEdit?.documentChanges === true,
    }
  }

  private markup(formats: readonly MarkupKind[] | undefined): MarkupKind {
    return formats?.includes(MarkupKind.Markdown) === true ? MarkupKind.Markdown : MarkupKind.PlainText
  }

  /** What goes wrong outside of a request has nobody to be answered to. */
  private async orLog(work: Promise<unknown>): Promise<void> {
    try {
      await work
    } catch (error) {
      this.connection.console.error(error instanceof Error ? (error.stack ?? error.message) : String(error))
    }
  }
}

function isActionData(data: unknown): data is ActionData {
  return (
    typeof data === 'object' &&
    data !== null &&
    'uri' in data &&
    typeof data.uri === 'string' &&
    'version' in data &&
    typeof data.version === 'number' &&
    'finding' in data &&
    typeof data.finding === 'number'
  )
}
