/**
 * What the lint rules say of published policies: AWS managed policies, the examples of the KMS and IAM guides, the data
 * perimeter policies of AWS. These are right but for a few, so whatever is an error there is a false alarm until somebody
 * has looked at it: `test/lint/reviewed.json` has those that are real, each with its reason.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { findPolicies } from '../../src/lint/find-policies.js'
import type { Finding } from '../../src/lint/finding.js'
import { RULES } from '../../src/lint/rules/index.js'
import { runRules } from '../../src/lint/run-rules.js'
import type { PolicyKind } from '../../src/policy/document.js'
import { CORPORA, isThere, kindOfIamExample, kindOfKmsExample, kindOfPerimeterPolicy } from '../lint/corpora.js'
import { active, projectFacts } from '../lint/rule-cases.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** `{folder}/{file} {rule}`: why the finding is right, or why it is one that a reader of the example expects. */
const REVIEWED = JSON.parse(readFileSync(path.join(ROOT, 'test/lint/reviewed.json'), 'utf8')) as Readonly<
  Record<string, string>
>

interface Corpus {
  readonly folder: string
  readonly kind: (file: string, text: string) => PolicyKind
  readonly severities: readonly string[]
  readonly skips?: (file: string) => boolean
}

const ERRORS = ['error']
const ERRORS_AND_SECURITY = ['error', 'security']

const CORPUS_LIST: readonly Corpus[] = [
  { folder: 'aws-managed-policies/policies', kind: () => 'identity', severities: ERRORS },
  { folder: 'kms-guide-examples/policies', kind: kindOfKmsExample, severities: ERRORS_AND_SECURITY },
  {
    folder: 'iam-guide-examples/policies',
    kind: kindOfIamExample,
    severities: ERRORS_AND_SECURITY,
    // These pages show what goes wrong.
    skips: (file) => file.startsWith('troubleshoot'),
  },
  { folder: 'data-perimeter', kind: kindOfPerimeterPolicy, severities: ERRORS_AND_SECURITY },
]

const DEFAULT_RULES = RULES.filter((rule) => rule.default === 'on').map((rule) => ({
  ...active(rule),
  takesMedium: false,
}))

function findingsOf({ folder, kind }: Corpus): ReadonlyMap<string, readonly Finding[]> {
  const found = new Map<string, readonly Finding[]>()
  const root = path.join(CORPORA, folder)
  for (const file of readdirSync(root, { recursive: true, encoding: 'utf8' }).sort()) {
    if (!file.endsWith('.json')) continue
    const text = readFileSync(path.join(root, file), 'utf8')
    const options = { kind: kind(file, text), format: 'json', isNamed: true } as const
    found.set(file, runRules(findPolicies({ name: file, text }, options, []), DEFAULT_RULES, projectFacts()))
  }
  return found
}

describe.skipIf(!isThere)('published policies', () => {
  const seen = new Set<string>()
  for (const corpus of CORPUS_LIST) {
    test(`${corpus.folder}: nothing of ${corpus.severities.join(' and ')} that nobody has reviewed`, () => {
      const unreviewed: string[] = []
      const found = findingsOf(corpus)
      expect(found.size).toBeGreaterThan(0)
      for (const [file, findings] of found) {
        if (corpus.skips?.(file) === true) continue
        for (const { rule, severity, message } of findings) {
          if (!corpus.severities.includes(severity)) continue
          const name = `${corpus.folder}/${file} ${rule.id}`
          seen.add(name)
          if (REVIEWED[name] === undefined) unreviewed.push(`${name}: ${message}`)
        }
      }
      expect(unreviewed).toEqual([])
    })
  }

  test('every review is of a finding that is there', () => {
    expect(Object.keys(REVIEWED).filter((name) => !seen.has(name))).toEqual([])
  })

  test('the default preset touches at most a fifth of the AWS managed policies', () => {
    const [managed] = CORPUS_LIST
    const found = managed === undefined ? [] : [...findingsOf(managed).values()]
    const touched = found.filter((findings) => findings.length > 0)
    expect(touched.length / found.length).toBeLessThanOrEqual(0.2)
  })
})

test.skipIf(!isThere)('the committed table of key presence is what the facts say', () => {
  const out = mkdtempSync(path.join(tmpdir(), 'keyward-presence-'))
  try {
    execFileSync(process.execPath, [path.join(ROOT, 'scripts/generate-services.mjs'), '--out', out])
    const name = 'aws/key-presence.ts'
    expect(readFileSync(path.join(out, name), 'utf8')).toBe(readFileSync(path.join(ROOT, 'src', name), 'utf8'))
  } finally {
    rmSync(out, { recursive: true })
  }
})
