/**
 * What tests are run from: test files, the worlds and policies they are about, and the events they name.
 *
 * A file found in a folder is a test file by its name; one that is named, or found by a glob, is meant.
 */
import { existsSync, statSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import { policySubject, worldSubject, type Subject } from '../check/subject.js'
import { readTestFile, type TestedThing, type TestFile } from '../check/test-file.js'
import type { PolicyDocument } from '../policy/document.js'
import { quote } from '../text/escape.js'
import type { Result, SourceError, SourceText } from '../text/source.js'
import { accountOf } from './ask-symbolic.js'
import { readSide } from './compare-input.js'
import { readInput } from './input.js'
import { findInputs } from './lint-inputs.js'

const TEST_FILE = /\.keyward-test\.(?:ya?ml|json)$/

export interface FoundFiles {
  readonly files: readonly string[]
  /** One sentence for each path that cannot be read. */
  readonly errors: readonly string[]
}

export function findTestFiles(paths: readonly string[]): FoundFiles {
  const files = new Set<string>()
  const errors: string[] = []
  for (const path of paths.length === 0 ? ['.'] : paths) {
    const found = findInputs([path], [])
    errors.push(...found.errors)
    const isGlob = path !== '-' && !existsSync(path)
    for (const input of found.inputs) if (isGlob || input.isNamed || TEST_FILE.test(input.path)) files.add(input.path)
  }
  if (files.size === 0 && errors.length === 0) {
    errors.push('there are no tests: no file is called `….keyward-test.yaml` or `….keyward-test.json`')
  }
  return { files: [...files].toSorted(), errors }
}

export interface LoadedFile {
  readonly source: SourceText
  /** Undefined where the file is refused. */
  readonly file: TestFile | undefined
  readonly errors: readonly SourceError[]
  readonly events: ReadonlyMap<string, Result<SourceText, string>>
}

/** The error is one sentence. */
export async function loadTestFile(path: string): Promise<Result<LoadedFile, string>> {
  const read = await readInput(path)
  if (!read.ok) return read
  const source = { name: path === '-' ? '<stdin>' : path, text: read.value.text }
  const file = readTestFile(source)
  if (!file.ok) return { ok: true, value: { source, file: undefined, errors: file.error, events: new Map() } }
  const events = new Map<string, Result<SourceText, string>>()
  for (const { asked } of file.value.tests) {
    if (asked.kind !== 'event' || events.has(asked.path)) continue
    events.set(asked.path, await readInput(besides(source, asked.path)))
  }
  return { ok: true, value: { source, file: file.value, errors: [], events } }
}

/** A path as a test file has it, from where the command runs. */
function besides({ name }: SourceText, path: string): string {
  return isAbsolute(path) || name === '<stdin>' ? path : join(dirname(name), path)
}

/** Everything that a file is made from, besides itself. */
export function pathsOf({ source, file, events }: LoadedFile): readonly string[] {
  return [...(file === undefined ? [] : [file.about.path]), ...events.keys()].map((path) => besides(source, path))
}

/** Opens each world and policy once, however many files are about it. */
export class Subjects {
  private readonly opened = new Map<string, Result<Subject, Refused>>()

  constructor(private readonly warn: (message: string) => void) {}

  /** The name by which people know what a file is about. */
  nameOf({ source, file }: LoadedFile): string {
    return file === undefined ? '' : besides(source, file.about.path)
  }

  async of(loaded: LoadedFile & { readonly file: TestFile }): Promise<Result<Subject, SourceError>> {
    const { about, source } = loaded.file
    const path = this.nameOf(loaded)
    const key = JSON.stringify([path, about.policyKind, about.account])
    let known = this.opened.get(key)
    if (known === undefined) {
      known = await this.open(path, about)
      this.opened.set(key, known)
    }
    if (known.ok) return known
    if (typeof known.error !== 'string') return { ok: false, error: known.error }
    return { ok: false, error: { message: known.error, source, span: about.span } }
  }

  private async open(path: string, about: TestedThing): Promise<Result<Subject, Refused>> {
    const { policyKind: kind, account } = about
    // What is not there is said by the reader.
    const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory()
    if (isFolder !== undefined && isFolder !== (about.kind === 'world')) {
      const what = isFolder ? 'a folder, and a policy is a file' : 'a file, and a world is a folder'
      return { ok: false, error: `${quote(path, 200)} is ${what}` }
    }
    const side = await readSide(path, { warn: this.warn, ...(kind === undefined ? {} : { kind }) })
    if (!side.ok) return side
    if (side.value.kind === 'world') return { ok: true, value: worldSubject(side.value.world, `${path}/`) }
    const { policy } = side.value
    if (!isTested(policy)) {
      const message = `a policy of kind ${policy.kind} is not tested by itself; \`kind\` says what it is`
      return { ok: false, error: message }
    }
    return { ok: true, value: policySubject(policy, account ?? accountOf(policy)) }
  }
}

type Refused = string | SourceError

function isTested(policy: PolicyDocument): policy is Parameters<typeof policySubject>[0] {
  return policy.kind === 'key' || policy.kind === 'identity' || policy.kind === 'boundary' || policy.kind === 'scp'
}
