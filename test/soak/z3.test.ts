/**
 * z3 as a judge of symbolic answers: is anything allowed by the new policy and not by the old one?
 *
 * Policies are encoded straight from their JSON (`smt.ts`); z3 runs in a process of its own, which is ended by hand, and
 * has some seconds for each question. What it leaves open proves nothing either way and is counted.
 *
 * `KEYWARD_BLOCKS=first-last` takes blocks of 20 pairs, `0-3` when left out: 160 questions. `KEYWARD_EVIDENCE=yes` adds a
 * dated line to `docs/evidence.md`.
 */
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { createInterface, type Interface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { parsePolicyValue } from '../../src/policy/parse.js'
import type { PolicyDocument, PolicyKind } from '../../src/policy/document.js'
import type { Verdict } from '../../src/solve/access.js'
import { comparePolicies } from '../../src/solve/policies.js'
import type { PolicyJson, StatementJson } from '../reference/document.js'
import { Dice, statementsOf } from '../solve/aimed.js'
import { buildProgram } from '../store/support.js'
import { blocks, evidence, tellDone } from './evidence.js'
import { all, allowedAlone, allowedByKeyPolicy, Formula, not, text, any, type AskedCaller } from './smt.js'

const PAIRS = 20
/** Milliseconds that z3 gives itself for a question, and after which its process is ended. */
const Z3_MS = 5000
const PROCESS_MS = 15_000

const [first, last] = blocks('0-3')

// ---------------------------------------------------------------------------------------------------------------- z3

class Judge {
  private child: ChildProcessByStdio<Writable, Readable, null> | undefined
  private lines: Interface | undefined

  constructor(private readonly program: string) {}

  async ask(question: string): Promise<'sat' | 'unsat' | 'open'> {
    const { child, lines } = this.started()
    const answer = await new Promise<string>((resolve) => {
      const late = setTimeout(() => {
        this.end()
        resolve('late')
      }, PROCESS_MS)
      lines.once('line', (line) => {
        clearTimeout(late)
        resolve(line)
      })
      child.stdin.write(`${JSON.stringify(question)}\n`)
    })
    if (answer.includes('error')) throw new Error(`z3 cannot read a question: ${answer}\n${question}`)
    return answer === '"sat"' ? 'sat' : answer === '"unsat"' ? 'unsat' : 'open'
  }

  end(): void {
    this.child?.kill('SIGKILL')
    this.child = undefined
  }

  private started(): { readonly child: ChildProcessByStdio<Writable, Readable, null>; readonly lines: Interface } {
    if (this.child === undefined || this.lines === undefined) {
      this.child = spawn(process.execPath, [this.program, String(Z3_MS)], { stdio: ['pipe', 'pipe', 'inherit'] })
      this.lines = createInterface({ input: this.child.stdout })
    }
    return { child: this.child, lines: this.lines }
  }
}

// ------------------------------------------------------------------------------------------------------------ policies

const ACCOUNT = '111122223333'
const OTHER = '444455556666'
const CALLERS: readonly AskedCaller[] = [
  { arn: `arn:aws:iam::${ACCOUNT}:role/team/App`, account: ACCOUNT },
  { arn: `arn:aws:iam::${ACCOUNT}:user/team/Alice`, account: ACCOUNT },
  { arn: `arn:aws:iam::${OTHER}:role/App`, account: OTHER },
  { arn: `arn:aws:iam::${OTHER}:user/Bob`, account: OTHER },
  { arn: 'arn:aws:iam::777788889999:role/Third', account: '777788889999' },
]

/** In lower case, as the formula does not know that the case of an action means nothing. */
const ACTIONS = ['s3:getobject', 's3:get*', 's3:*', 's3:*object*', 's3:?etobject', 'sqs:*message', 'sqs:send*', '*']
const RESOURCES = [
  '*',
  ...['*', 'b/*', 'b/a*', '*b*', '*/x?', 'b/abc', 'a*c', '?/*a*'].map((path) => `arn:aws:s3:::${path}`),
]
const OPERATIONS = ['kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey']
const OPERATION_PATTERNS = [...OPERATIONS, 'kms:*', 'kms:*crypt', 'kms:?ecrypt', 'kms:Gen*', 'kms:En*t']
const PRINCIPALS = ['*', `arn:aws:iam::${ACCOUNT}:root`, OTHER, ...CALLERS.map(({ arn }) => arn)]
const WORDS = ['a', 'b', 'ab', 'abc', 'ba', 'c']
const GLOBS = ['a*', '*b', '*ab*', 'a?c', '??', 'a*c', '*', 'abc']
const ARNS = [
  ...['team/*', '*App', 'team/App', '*a*p*'].map((path) => `arn:aws:iam::${ACCOUNT}:role/${path}`),
  `arn:aws:iam::${ACCOUNT}:user/team/Alice`,
  `arn:aws:iam::${OTHER}:*`,
]
const NUMBERS = ['1', '2.5', '3', '10', '300']

function several<T>(dice: Dice, values: readonly T[], most: number): readonly T[] {
  return [...new Set(Array.from({ length: 1 + dice.below(most) }, () => dice.of(values)))]
}

function condition(
  dice: Dice,
  texts: readonly string[],
): Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> {
  const ifExists = dice.below(4) === 0 ? 'IfExists' : ''
  const key = dice.of(texts)
  switch (dice.below(8)) {
    case 0:
    case 1:
      return { [`${dice.of(['StringEquals', 'StringNotEquals'])}${ifExists}`]: { [key]: several(dice, WORDS, 3) } }
    case 2:
    case 3:
      return { [`${dice.of(['StringLike', 'StringNotLike'])}${ifExists}`]: { [key]: several(dice, GLOBS, 2) } }
    case 4:
      return {
        [`${dice.of(['ArnLike', 'ArnNotLike', 'ArnEquals'])}${ifExists}`]: {
          'aws:PrincipalArn': several(dice, ARNS, 2),
        },
      }
    case 5:
      return { [`Bool${ifExists}`]: { 'aws:MultiFactorAuthPresent': [dice.of(['true', 'false'])] } }
    case 6: {
      const operator = dice.of([
        'NumericLessThan',
        'NumericGreaterThanEquals',
        'NumericEquals',
        'NumericNotEquals',
        'NumericLessThanEquals',
      ])
      return { [`${operator}${ifExists}`]: { 'aws:MultiFactorAuthAge': [dice.of(NUMBERS)] } }
    }
    default:
      return { Null: { [dice.of([key, 'aws:MultiFactorAuthAge'])]: [dice.of(['true', 'false'])] } }
  }
}

/** One question of every kind: what is made up, how it is compared, and what z3 is told of a request. */
interface Family {
  readonly kind: PolicyKind
  statement(dice: Dice): StatementJson
  compare(before: PolicyDocument, after: PolicyDocument): Verdict
  allowed(formula: Formula, policy: PolicyJson): string
  readonly limits: (key: string, value: string) => string | undefined
}

const TAGS = ['aws:PrincipalTag/x', 'aws:PrincipalTag/y']
const CONTEXTS = ['kms:EncryptionContext:x', 'kms:EncryptionContext:y']

const conditions = (dice: Dice, texts: readonly string[]): Pick<StatementJson, 'Condition'> => {
  const made = Array.from({ length: dice.below(4) }, () => condition(dice, texts))
  return made.length === 0 ? {} : { Condition: Object.assign({}, ...made) as NonNullable<StatementJson['Condition']> }
}

const effect = (dice: Dice): 'Allow' | 'Deny' => (dice.below(4) === 0 ? 'Deny' : 'Allow')

const LABEL = '(re.+ (re.union (re.range "a" "z") (re.range "0" "9") (str.to_re "-")))'
const LABEL_OR_NONE = LABEL.replace('re.+', 're.*')
const PARTITION = '(re.++ (str.to_re "aws") (re.* (re.++ (str.to_re "-") (re.+ (re.range "a" "z")))))'
const COLON = '(str.to_re ":")'
const NAME =
  '(re.+ (re.union (re.range "a" "z") (re.range "A" "Z") (re.range "0" "9") (str.to_re "/") (str.to_re "-")))'
const ID = '((_ re.^ 12) (re.range "0" "9"))'
const within = (value: string, ...parts: readonly string[]): string => `(str.in_re ${value} (re.++ ${parts.join(' ')}))`

/** Values that requests have: actions, ARNs, and what calls. */
function anyRequest(name: string, value: string): string | undefined {
  switch (name) {
    case 'action':
      return within(value, LABEL, COLON, '(re.+ (re.union (re.range "a" "z") (re.range "0" "9")))')
    case 'resource':
      return within(
        value,
        '(str.to_re "arn:")',
        PARTITION,
        COLON,
        LABEL,
        COLON,
        LABEL_OR_NONE,
        COLON,
        LABEL_OR_NONE,
        COLON,
        '(re.+ re.allchar)',
      )
    case 'aws:PrincipalArn':
      return within(
        value,
        '(str.to_re "arn:")',
        PARTITION,
        '(str.to_re ":iam::")',
        ID,
        '(re.union (str.to_re ":role/") (str.to_re ":user/"))',
        NAME,
      )
    default:
      return undefined
  }
}

const FAMILIES: readonly Family[] = [
  {
    kind: 'identity',
    statement: (dice) => ({
      Effect: effect(dice),
      [dice.below(6) === 0 ? 'NotAction' : 'Action']: several(dice, ACTIONS, 2),
      [dice.below(6) === 0 ? 'NotResource' : 'Resource']: several(dice, RESOURCES, 2),
      ...conditions(dice, TAGS),
    }),
    compare: (before, after) => comparePolicies(before, after, 'identity').verdict,
    allowed: allowedAlone,
    limits: anyRequest,
  },
  {
    kind: 'key',
    statement: (dice) => ({
      Effect: effect(dice),
      Principal: dice.below(4) === 0 ? '*' : { AWS: several(dice, PRINCIPALS, 3) },
      Action: several(dice, OPERATION_PATTERNS, 2),
      Resource: '*',
      ...conditions(dice, CONTEXTS),
    }),
    compare: (before, after) =>
      comparePolicies(before, after, 'key', {
        keyArn: `arn:aws:kms:eu-west-1:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`,
        scope: {
          principals: CALLERS.map(({ arn }) => arn),
          actions: OPERATIONS,
          sessionPolicies: 'none',
          unknownIdentity: 'any',
        },
      }).verdict,
    allowed: (formula, policy) => allowedByKeyPolicy(formula, policy, CALLERS, ACCOUNT),
    limits: (name, value) =>
      name === 'action' ? any(OPERATIONS.map((action) => `(= ${value} ${text(action)})`)) : undefined,
  },
]

/** The same, a part of it, a little more, or something else. */
function changed(dice: Dice, statements: readonly StatementJson[], family: Family): readonly StatementJson[] {
  const at = dice.below(statements.length)
  const one = statements[at]!
  switch (dice.below(6)) {
    case 0:
      return statements.toReversed()
    case 1:
      return statements.length === 1 ? statements : statements.toSpliced(at, 1)
    case 2:
      return statements.with(at, family.statement(dice))
    case 3:
      return [...statements, family.statement(dice)]
    case 4: {
      const { Condition: _condition, ...rest } = one
      return statements.with(at, {
        ...rest,
        ...(dice.below(2) === 0 ? conditions(dice, family.kind === 'key' ? CONTEXTS : TAGS) : {}),
      })
    }
    default: {
      const actions = one.Action
      if (!Array.isArray(actions)) return [...statements, one]
      return statements.toSpliced(at, 1, ...(actions as readonly string[]).map((Action) => ({ ...one, Action })))
    }
  }
}

function parsed(policy: PolicyJson, kind: PolicyKind): PolicyDocument {
  const found = parsePolicyValue(policy, kind)
  if (!found.ok) throw new Error(`${found.error[0]?.message ?? ''}: ${JSON.stringify(policy)}`)
  return found.value
}

// --------------------------------------------------------------------------------------------------------------- asked

const judge = new Judge(
  fileURLToPath(await buildProgram(fileURLToPath(new URL('./z3-program.ts', import.meta.url)), 'z3-program')),
)
afterAll(() => judge.end())

const GROWN: readonly Verdict[] = ['more', 'incomparable']
const SHRUNK: readonly Verdict[] = ['less', 'incomparable']

test(`blocks ${first} to ${last} of ${PAIRS} pairs of policies, each asked both ways`, async () => {
  const seen = { sat: 0, unsat: 0, open: 0, unknown: 0 }
  for (let block = first; block <= last; block++) {
    const dice = new Dice(4000 + block)
    for (let pair = 0; pair < PAIRS; pair++) {
      const family = FAMILIES[pair % FAMILIES.length]!
      const statements = Array.from({ length: 1 + dice.below(5) }, () => family.statement(dice))
      const policyOf = (Statement: readonly StatementJson[]): PolicyJson => ({ Version: '2012-10-17', Statement })
      const [before, after] = [policyOf(statements), policyOf(changed(dice, statements, family))]
      const verdict = family.compare(parsed(before, family.kind), parsed(after, family.kind))
      if (verdict === 'unknown') {
        seen.unknown += 1
        continue
      }
      for (const [wider, narrower, verdicts] of [
        [after, before, GROWN],
        [before, after, SHRUNK],
      ] as const) {
        const found = await judge.ask(question(family, wider, narrower))
        seen[found] += 1
        if (found === 'open') continue
        const told = `${verdict}, z3 says ${found}: ${JSON.stringify(statementsOf(before))} ${JSON.stringify(statementsOf(after))}`
        expect(verdicts.includes(verdict), told).toBe(found === 'sat')
      }
    }
    tellDone(block)
  }
  const answered = seen.sat + seen.unsat
  expect(seen.sat).toBeGreaterThan(answered / 10)
  expect(seen.unsat).toBeGreaterThan(answered / 10)
  expect(seen.open + seen.unknown).toBeLessThan(answered / 5)
  evidence(
    `z3 agreed on all ${answered} questions that it answered about what one of two policies allows and the other does not (${seen.sat} yes, ${seen.unsat} no, ${seen.open} left open by z3, ${seen.unknown} pairs by Keyward; blocks ${first} to ${last})`,
  )
})

function question(family: Family, wider: PolicyJson, narrower: PolicyJson): string {
  const formula = new Formula(family.limits)
  const asked = all([family.allowed(formula, wider), not(family.allowed(formula, narrower))])
  return `${formula.declarations()}\n(assert ${asked})\n`
}
