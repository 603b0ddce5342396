/**
 * What commands with symbolic questions share: worlds from their arguments, the scope, the budget, names and witnesses.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Access } from '../solve/access.js'
import type { SolveOptions } from '../solve/access.js'
import type { ScopedResource, SolveScope } from '../solve/scope.js'
import type { WorldDefinition } from '../solve/world.js'
import type { PolicyDocument, PolicyKind } from '../policy/document.js'
import { replayDocument } from '../source/answer/replay.js'
import { nameResolver, type NameResolver } from '../source/asked/name-resolver.js'
import { worldDefinition } from '../source/world/to-definition.js'
import type { AskedWorld } from '../source/world/world.js'
import { escapeTerminal, quote } from '../text/escape.js'
import { readPrincipal, readResource, type QueryTerm } from '../text/query-term.js'
import type { Result } from '../text/source.js'
import type { Side } from './compare-input.js'
import { progressOn, type Progress } from './progress.js'
import { terminalFacts, writeError } from './terminal.js'

export interface SymbolicOptions {
  readonly actions?: readonly string[]
  readonly principals?: readonly string[]
  readonly keys?: readonly string[]
  readonly kind?: PolicyKind
  readonly account?: string
  readonly witnesses?: string
  readonly allowUnknown?: boolean
  readonly budget: number
  /** False with --no-color. */
  readonly color: boolean
}

/** A side as documents. A key policy is that of one invented key; its account is told by whom it names. */
export function definitionOf(side: Side, { account }: SymbolicOptions): WorldDefinition {
  if (side.kind === 'world') return worldDefinition(side.world)
  return keyWorld(side.policy, account ?? accountOf(side.policy))
}

const INVENTED_KEY_ID = '00000000-0000-4000-8000-000000000000'

/** The key that a key policy is of where nobody says which. */
export function inventedKey(account: string): string {
  return `arn:aws:kms:us-east-1:${account}:key/${INVENTED_KEY_ID}`
}

function keyWorld(policy: PolicyDocument, account: string): WorldDefinition {
  return { keys: [{ arn: inventedKey(account), policy }] }
}

const ANY_ACCOUNT = '111122223333'

/** The account whose root is allowed something, else the one that is named first. */
export function accountOf(...policies: readonly PolicyDocument[]): string {
  const entries = policies
    .flatMap(({ statements }) => statements)
    .filter(({ effect }) => effect === 'Allow')
    .flatMap(({ principal }) => (principal?.negated === false ? principal.entries : []))
  const root = entries.find(({ kind }) => kind === 'account')
  if (root !== undefined) return root.value
  const [, named] =
    entries.map(({ value }) => /^arn:[^:]*:(?:iam|sts)::([0-9]{12}):/.exec(value)).find((found) => found !== null) ?? []
  return named ?? ANY_ACCOUNT
}

/** The error is one sentence. */
export function scopeOf(sides: readonly Side[], options: SymbolicOptions): Result<SolveScope, string> {
  const worlds = sides.flatMap((side) => (side.kind === 'world' ? [side.world] : []))
  const resolver = names(worlds)
  const principals: string[] = []
  for (const text of options.principals ?? []) {
    const found = resolvePrincipal(text, resolver)
    if (!found.ok) return found
    principals.push(...found.value)
  }
  const resources: string[] = []
  for (const text of options.keys ?? []) {
    const found = resolveKey(text, resolver, worlds)
    if (!found.ok) return found
    resources.push(...found.value)
  }
  return {
    ok: true,
    value: {
      sessionPolicies: 'none',
      ...(options.actions === undefined ? {} : { actions: options.actions }),
      ...(options.principals === undefined ? {} : { principals }),
      ...(options.keys === undefined ? {} : { resources }),
    },
  }
}

function names(worlds: readonly AskedWorld[]): NameResolver {
  return nameResolver({
    principals: new Set(worlds.flatMap(({ principals }) => [...principals.keys()])),
    accounts: new Set(worlds.flatMap(({ accounts }) => [...accounts.keys()])),
    keys: worlds.flatMap(({ keys }) =>
      [...keys.values()].map(({ arn, properties: { aliases } }) => ({
        arn,
        ...(aliases === undefined ? {} : { aliases }),
      })),
    ),
  })
}

function term(text: string): QueryTerm {
  return { text, span: { start: 0, end: text.length } }
}

function resolvePrincipal(text: string, resolver: NameResolver): Result<readonly string[], string> {
  const read = readPrincipal(term(text))
  if (!read.ok) return { ok: false, error: read.error.message }
  if (read.value.kind === 'anyone')
    return { ok: false, error: 'everybody is asked about when `--principals` is left out' }
  const found = resolver.principals(read.value)
  return found.length > 0
    ? { ok: true, value: found }
    : { ok: false, error: `no principal ${quote(text, 160)} is known` }
}

function resolveKey(
  text: string,
  resolver: NameResolver,
  worlds: readonly AskedWorld[],
): Result<readonly string[], string> {
  const read = readResource(term(text))
  if (!read.ok) return { ok: false, error: read.error.message }
  const found = resolver.resources(read.value)
  const keys = found.map((arn) => worlds.map(({ aliases }) => aliases.get(arn)).find((key) => key !== undefined) ?? arn)
  return keys.length > 0
    ? { ok: true, value: [...new Set(keys)] }
    : { ok: false, error: `no key or alias ${quote(text, 160)} is known` }
}

/** What a resource is called: by its first alias, else by its ARN. */
export function resourceNames(sides: readonly Side[]): (resource: ScopedResource) => string {
  const aliases = new Map<string, string>()
  for (const side of sides) {
    if (side.kind === 'policy') continue
    for (const { arn, properties } of side.world.keys.values()) {
      const [first] = properties.aliases ?? []
      if (first !== undefined && !aliases.has(arn)) aliases.set(arn, first)
    }
  }
  return ({ arn }) => {
    if (arn === undefined) return 'no resource'
    if (arn.endsWith(INVENTED_KEY_ID)) return 'the key'
    return aliases.get(arn) ?? arn
  }
}

/** The budget, with a progress bar on a terminal. Ctrl-C ends the program as ever. */
export function watched({ budget }: SymbolicOptions): { readonly options: SolveOptions; readonly progress: Progress } {
  const progress = progressOn('combinations', terminalFacts(process.stderr), writeError)
  return {
    progress,
    options: {
      nowMs: () => performance.now(),
      budget: { maxMs: budget * 1000 },
      onProgress: ({ done, total }) => progress.update(done, total === 0 ? 1 : done / total),
    },
  }
}

/** Writes a document for each finding that has a request: `more-1.json`, and what the other world would need. */
export function writeWitnesses(
  folder: string,
  findings: readonly { readonly name: string; readonly access: Access; readonly world: number }[],
): Result<readonly string[], string> {
  const written: string[] = []
  try {
    mkdirSync(folder, { recursive: true })
    for (const { name, access, world } of findings) {
      const call = access.witness?.calls[world]
      if (call === undefined) continue
      const file = join(folder, `${name}.json`)
      writeFileSync(file, `${JSON.stringify(replayDocument(call, name), null, 2)}\n`)
      written.push(file)
    }
    return { ok: true, value: written }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return { ok: false, error: `cannot write into ${quote(folder, 200)}: ${escapeTerminal(reason)}` }
  }
}
