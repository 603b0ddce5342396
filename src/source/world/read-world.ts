/**
 * Reads the files of a world: text in, a world or what is wrong with it out.
 *
 * Pure: `load-world.ts` reads the folder. Every file is either taken as something or reported; none is passed over in
 * silence.
 */
import { quote } from '../../text/escape.js'
import { detectFormat, type SyntaxFormat } from '../../text/read-syntax.js'
import type { Result, SourceError, SourceText } from '../../text/source.js'
import { WorldDraft } from './draft.js'
import { linkWorld } from './link.js'
import { collectedOutput, isPartialIdentity, looksLike, recognise, type Form } from './recognise.js'
import { subjectOfAbout, subjectOfName, type FileSubject } from './subject.js'
import { topOf, valuesOf, type TopValue, type Unread } from './top-value.js'
import { finish, told, type Steps } from './world-progress.js'
import type { World, WorldFile } from './world.js'

/** A world some of whose files could not be used. */
export interface FaultyWorld {
  readonly errors: readonly SourceError[]
  /** What the other files say. */
  readonly world: World
}

/** How far the files have been read. */
export interface ReadingProgress {
  readonly stage: 'understanding' | 'joining'
  /** Part of the work of this stage, from 0 to 1. */
  readonly done: number
  /** Files whose values have been looked at. */
  readonly understood: number
  readonly file: string | undefined
  readonly principals: number
  readonly keys: number
}

/** Files in any order; where two disagree, the one whose name comes first is believed. */
export function readWorld(files: readonly SourceText[]): Result<World, FaultyWorld> {
  return finish(readingWorld(files))
}

/** The same in steps, of which none is longer than one file or, in a large list, than one item. */
export function* readingWorld(files: readonly SourceText[]): Steps<ReadingProgress, Result<World, FaultyWorld>> {
  const reader = new WorldReader(files)
  for (const file of files.toSorted(byName)) yield* reader.readFile(file)
  const world = yield* reader.finish()
  const errors = [...reader.draft.errors, ...world.unreadable.flatMap((policy) => policy.errors)]
  return errors.length === 0 ? { ok: true, value: world } : { ok: false, error: { errors, world } }
}

function byName(left: SourceText, right: SourceText): number {
  return left.name < right.name ? -1 : left.name > right.name ? 1 : 0
}

/** More than somebody reads; the rest is counted. */
const MAX_ERRORS_OF_FILE = 50
/** Characters of values whose trees are kept until their turn. */
const MAX_KEPT = 16 * 1024 * 1024

interface Waiting {
  readonly open: () => TopValue | undefined
  readonly form: Form
  readonly subject: FileSubject
  readonly folder: string
}

class WorldReader {
  readonly draft = new WorldDraft()
  private readonly files: WorldFile[] = []
  /** Read when every key is known. */
  private readonly waiting: Waiting[] = []
  private keptSize = 0
  /** Folder -> the account whose credentials collected it. */
  private readonly accountOfFolder = new Map<string, string>()
  /** Characters of all files, and of those that have been read. */
  private readonly size: number
  private readSize = 0

  constructor(files: readonly SourceText[]) {
    this.size = files.reduce((sum, { text }) => sum + text.length, 0)
  }

  private progress(stage: ReadingProgress['stage'], done: number, file = this.files.at(-1)?.name): ReadingProgress {
    const { files, draft } = this
    return { stage, done, understood: files.length, file, principals: draft.principals.size, keys: draft.keys.size }
  }

  /** @param part - of the file that has been read, where it is not the whole of it. */
  private whileReading(file: string, part = 0): ReadingProgress {
    return this.progress('understanding', this.size === 0 ? 1 : Math.min((this.readSize + part) / this.size, 1), file)
  }

  *readFile(file: SourceText): Steps<ReadingProgress, void> {
    const before = this.draft.errors.length
    const takenAs = new Set<string>()
    const values = valuesOf(file, formatOf(file))
    const prose = values.ok ? undefined : proseError(file)
    if (prose !== undefined) this.draft.report(prose)
    else if (!values.ok) for (const error of values.error) this.draft.report(error)
    else for (const value of values.value) yield* this.readValue(file, value, takenAs)
    this.files.push({ name: file.name, takenAs: [...takenAs] })
    this.readSize += file.text.length
    yield this.whileReading(file.name)
    const { errors } = this.draft
    const tooMany = errors.length - before - MAX_ERRORS_OF_FILE
    const last = errors[before + MAX_ERRORS_OF_FILE]
    if (tooMany <= 0 || last === undefined) return
    const { source, span } = last
    errors.splice(before + MAX_ERRORS_OF_FILE)
    this.draft.report({
      message: `${tooMany} more errors of this file are not listed; here is the first`,
      source,
      span,
    })
  }

  private *readValue(file: SourceText, value: Unread, takenAs: Set<string>): Steps<ReadingProgress, void> {
    const before = this.draft.errors.length
    const top = value.open(this.draft.report)
    if (top === undefined) {
      if (this.draft.errors.length === before) this.notUnderstood(file, undefined)
      return
    }
    const folder = folderOf(file.name)
    const named = subjectOfName(file.name)
    const collected = collectedOutput(top)
    const subject = collected === undefined ? named : { ...named, ...subjectOfAbout(collected.about, named.command) }
    const inner = collected === undefined ? top : topOf(collected.output)
    const form = recognise(inner, subject)
    if (form === undefined) {
      this.notUnderstood(file, inner)
      return
    }
    takenAs.add(form.label)
    const account = form.label === 'aws sts get-caller-identity' ? inner.get('Account')?.node : undefined
    if (account?.kind === 'string') this.accountOfFolder.set(folder, account.value)
    if (form.order === 'first') {
      for (const at of form.read(this.draft, inner, subject, folder) ?? []) yield this.whileReading(file.name, at)
    } else {
      // Read twice rather than kept, where there are many.
      const isKept = this.keptSize + value.size <= MAX_KEPT
      if (isKept) this.keptSize += value.size
      const open = (): TopValue | undefined => (isKept ? inner : this.openAgain(value))
      this.waiting.push({ open, form, subject, folder })
    }
  }

  private openAgain(value: Unread): TopValue | undefined {
    const top = value.open(this.draft.report)
    const collected = top === undefined ? undefined : collectedOutput(top)
    return collected === undefined ? top : topOf(collected.output)
  }

  private notUnderstood(file: SourceText, top: TopValue | undefined): void {
    const place = top?.place ?? { source: file, span: { start: 0, end: Math.min(1, file.text.length) }, pointer: '' }
    const what = top === undefined ? 'no object' : looksLike(top)
    this.draft.report({
      ...place,
      message: `cannot tell what this is: it looks like ${what}`,
      hint: hintFor(top, file.name),
    })
  }

  *finish(): Steps<ReadingProgress, World> {
    const { waiting } = this
    for (const [index, { open, form, subject, folder }] of waiting.entries()) {
      const top = open()
      const accountId = subject.accountId ?? this.accountAbove(folder)
      const whose = { ...subject, ...(accountId === undefined ? {} : { accountId }) }
      const done = index / waiting.length
      const steps = top === undefined ? undefined : form.read(this.draft, top, whose, folder)
      for (const _ of steps ?? []) yield this.progress('joining', done)
      yield this.progress('joining', done)
    }
    return yield* told(linkWorld(this.draft, this.files), () => this.progress('joining', 1))
  }

  /** The account of the nearest folder upwards that says whose credentials it was collected with. */
  private accountAbove(folder: string): string | undefined {
    let at = folder
    for (;;) {
      const account = this.accountOfFolder.get(at)
      if (account !== undefined || at === '') return account
      at = folderOf(at)
    }
  }
}

/** A file that is named as JSON and was never meant to be: a table, an error, nothing at all. */
function proseError(file: SourceText): SourceError | undefined {
  if (!file.name.toLowerCase().endsWith('.json')) return undefined
  const start = file.text.length - file.text.trimStart().length
  const [char] = file.text.slice(start, start + 1)
  if (char === undefined) {
    const hint = 'a command of the AWS CLI that was refused leaves nothing; collect it again'
    return { message: 'the text is empty', source: file, span: { start: 0, end: 0 }, hint }
  }
  if ('{["'.includes(char)) return undefined
  const line = file.text.slice(start).split('\n', 1)[0] ?? ''
  const isRefusal = line.includes('An error occurred (')
  return {
    message: isRefusal ? 'this is an error of the AWS CLI, not an output' : 'this is text, not JSON',
    source: file,
    span: { start, end: start + line.trimEnd().length },
    hint: isRefusal ? 'collect it again with credentials that may' : 'collect it with `--output json`',
  }
}

function hintFor(top: TopValue | undefined, name: string): string {
  if (top?.has('Statement') === true) {
    return `a key policy is named \`get-key-policy.{key id}.json\`; found ${quote(name.slice(name.lastIndexOf('/') + 1))}`
  }
  if (top !== undefined && isPartialIdentity(top)) {
    return 'collect `aws iam get-account-authorization-details` instead: it has all users, groups, roles and their policies'
  }
  return 'a world has files that begin `keyward: world/1`, and outputs of the AWS CLI as they are'
}

function folderOf(name: string): string {
  const slash = Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\'))
  return slash < 0 ? '' : name.slice(0, slash)
}

function formatOf({ name, text }: SourceText): SyntaxFormat {
  return name.toLowerCase().endsWith('.jsonl') ? 'json' : detectFormat(name, text)
}
