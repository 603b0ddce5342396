/**
 * The work of `keyward check`: ask, say whether it passes, and show what makes it fail.
 */
import { accessClause } from '../explain/access-words.js'
import { capital } from '../explain/names.js'
import { check, type CheckResult } from '../explain/symbolic.js'
import { makingOf, restsOn, type MakingStatement } from '../source/answer/changed-statements.js'
import { replayDocument } from '../source/answer/replay.js'
import type { Access } from '../solve/access.js'
import type { ScopedResource } from '../solve/scope.js'
import { appliedTo } from '../solve/statements.js'
import { escapeTerminal } from '../text/escape.js'
import type { Palette } from '../text/palette.js'
import type { Result, SourceError } from '../text/source.js'
import { listItem, wrap } from '../text/wrap.js'
import { definitionOf, resourceNames, scopeOf, watched, writeWitnesses, type SymbolicOptions } from './ask-symbolic.js'
import type { CHECKS } from './check.js'
import { readSide } from './compare-input.js'
import { bothSides, compareSides, statementLines, type Finding } from './diff-run.js'
import { EXIT, type ExitCode } from './exit-codes.js'
import { paletteFor, terminalFacts, widthFor, writeError, writeOut } from './terminal.js'
import { refuse } from './why-run.js'

export interface CheckOptions extends SymbolicOptions {
  readonly against?: string
  readonly json?: boolean
}

type CheckName = (typeof CHECKS)[number]

export async function runCheck(
  name: CheckName,
  world: string,
  next: string | undefined,
  options: CheckOptions,
): Promise<ExitCode> {
  const isComparison = name === 'no-new-access' || name === 'equivalent'
  const asked = isComparison ? await compared(name, world, next, options) : await alone(name, world, next, options)
  if (!asked.ok) return refuse(asked.error, options)
  const { outcome, found } = asked.value
  if (options.witnesses !== undefined) {
    const written = writeWitnesses(options.witnesses, found)
    if (!written.ok) return refuse(written.error, options)
  }
  await writeOut(
    options.json === true
      ? `${JSON.stringify(checkJson(name, asked.value), null, 2)}\n`
      : rendered(name, asked.value, options),
  )
  return outcome === 'pass' || (outcome === 'unknown' && options.allowUnknown === true) ? EXIT.ok : EXIT.denied
}

interface Shown {
  readonly name: string
  readonly access: Access
  /** Of its witness. */
  readonly world: number
  readonly statements: readonly MakingStatement[]
}

interface Checked {
  readonly outcome: CheckResult['outcome']
  readonly reason: string | undefined
  readonly found: readonly Shown[]
  readonly lockedOut: readonly string[]
  readonly nameOf: (resource: ScopedResource) => string
}

async function compared(
  name: CheckName,
  old: string,
  next: string | undefined,
  options: CheckOptions,
): Promise<Result<Checked, string | SourceError>> {
  const sides = await bothSides(old, next, options)
  if (!sides.ok) return sides
  const answer = compareSides(sides.value, options)
  if (!answer.ok) return answer
  const { comparison, findings } = answer.value
  const { verdict, reason } = comparison
  const isHeld = verdict === 'equivalent' || (name === 'no-new-access' && verdict === 'less')
  const against = findings.filter(({ wider }) => name === 'equivalent' || wider === 1)
  const found = against.map((finding: Finding): Shown => {
    const { name: called, difference, wider } = finding
    return { name: called, access: difference, world: wider, statements: makingOf(difference, wider) }
  })
  const outcome = isHeld ? 'pass' : verdict === 'unknown' ? 'unknown' : 'fail'
  return { ok: true, value: { outcome, reason, found, lockedOut: [], nameOf: resourceNames(sides.value) } }
}

async function alone(
  name: Exclude<CheckName, 'no-new-access' | 'equivalent'> | CheckName,
  path: string,
  next: string | undefined,
  options: CheckOptions,
): Promise<Result<Checked, string | SourceError>> {
  if (name === 'no-new-access' || name === 'equivalent') throw new Error(`${name} compares two worlds`)
  if (next !== undefined || options.against !== undefined) {
    return { ok: false, error: `\`${name}\` is about one world or policy; leave out the second` }
  }
  const warn = (message: string): void => writeError(`keyward: ${escapeTerminal(message)}\n`)
  const side = await readSide(path, { warn, ...(options.kind === undefined ? {} : { kind: options.kind }) })
  if (!side.ok) return side
  if (side.value.kind === 'policy' && side.value.policy.kind !== 'key') {
    return { ok: false, error: `\`${name}\` is about a key policy or a world; this is a policy of another kind` }
  }
  const scope = scopeOf([side.value], options)
  if (!scope.ok) return scope
  const { options: control, progress } = watched(options)
  const { outcome, found, lockedOut, reason } = check(
    { check: name, world: definitionOf(side.value, options) },
    scope.value,
    control,
  )
  progress.finish()
  const shown = found.map((access, index): Shown => {
    const call = access.witness?.calls[0]
    const because = call === undefined ? [] : appliedTo(call)
    return { name: `${name}-${index + 1}`, access, world: 0, statements: restsOn(because) }
  })
  return { ok: true, value: { outcome, reason, found: shown, lockedOut, nameOf: resourceNames([side.value]) } }
}

// ------------------------------------------------------------------------------------------------------------- printed

const HELD: Readonly<Record<CheckName, string>> = {
  'no-new-access': 'nothing is allowed that was not allowed before',
  equivalent: 'exactly the same is allowed',
  'access-not-granted': 'none of this access is granted',
  'no-public-access': 'nobody from an account that is not named has access',
  lockout: 'somebody can change the policy of every key',
}

const BROKEN: Readonly<Record<CheckName, string>> = {
  'no-new-access': 'something is allowed that was not allowed before',
  equivalent: 'not the same is allowed',
  'access-not-granted': 'some of this access is granted',
  'no-public-access': 'somebody from an account that is not named has access',
  lockout: 'of some keys nobody can change the policy any more',
}

function rendered(
  name: CheckName,
  { outcome, reason, found, lockedOut, nameOf }: Checked,
  options: CheckOptions,
): string {
  const terminal = terminalFacts()
  const page = { width: widthFor(terminal, undefined), color: paletteFor(terminal, options.color) }
  const { color } = page
  const lines = wrap(`${headline(name, outcome)}`, '', page).map(paintOf(outcome, color))
  if (reason !== undefined) lines.push(...wrap(`${capital(reason)}.`, '', page))
  for (const key of lockedOut) lines.push(...listItem(nameOf({ type: 'key', arn: key }), page))
  for (const { access, statements } of found) {
    const [first = '', ...rest] = wrap(`${capital(accessClause(access, nameOf))}.`, '    ', page)
    lines.push(
      `  - ${first.trimStart()}`,
      ...rest,
      ...statements.flatMap((statement) => statementLines(statement, page)),
    )
  }
  return `${lines.join('\n')}\n`
}

function headline(name: CheckName, outcome: CheckResult['outcome']): string {
  switch (outcome) {
    case 'pass':
      return `PASS  ${name}: ${HELD[name]}`
    case 'fail':
      return `FAIL  ${name}: ${BROKEN[name]}`
    case 'unknown':
      return `UNKNOWN  ${name}: it could be neither proved nor refuted`
  }
}

function paintOf(outcome: CheckResult['outcome'], color: Palette): (text: string) => string {
  return outcome === 'pass' ? color.strong : color.error
}

function checkJson(name: CheckName, { outcome, reason, found, lockedOut, nameOf }: Checked): unknown {
  return {
    version: 1,
    check: name,
    outcome,
    reason: reason ?? null,
    lockedOut,
    found: found.map(({ name: called, access, world, statements }) => {
      const call = access.witness?.calls[world]
      return {
        name: called,
        sentence: accessClause(access, nameOf),
        principals: access.callers.map(({ principal }) => principal),
        actions: access.actions,
        resource: access.resource.arn ?? null,
        conditions: access.cubes,
        statements: statements.map(({ name: statement, effect }) => ({ name: statement, effect })),
        witness: call === undefined ? null : replayDocument(call, called),
      }
    }),
  }
}
