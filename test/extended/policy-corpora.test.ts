/**
 * Published policies load: AWS managed policies, the examples of the guides, sample SCPs, RCPs and endpoint policies,
 * policies of a running project. Those that AWS itself would refuse are listed, each with its first error, in
 * `test/cases/policy/corpus-refusals.json`; a change of that list is a change of what Keyward refuses.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { PolicyKind } from '../../src/policy/document.js'
import { parsePolicyNode, parsePolicyValue } from '../../src/policy/parse.js'
import { printPolicy } from '../../src/policy/print.js'
import { readSyntax } from '../../src/text/read-syntax.js'
import { nodeAt } from '../../src/text/syntax-tree.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const corpora = path.resolve(root, process.env['KEYWARD_SHARED'] ?? '../shared', 'corpora')
const expected = JSON.parse(
  readFileSync(path.join(root, 'test/cases/policy/corpus-refusals.json'), 'utf8'),
) as Readonly<Record<string, string>>

interface Corpus {
  readonly folder: string
  readonly kind: (file: string, text: string) => PolicyKind
  /** Where policies stand in a file; the whole file when left out. */
  readonly members?: readonly string[]
}

const CORPORA: readonly Corpus[] = [
  { folder: 'aws-managed-policies/policies', kind: () => 'identity' },
  { folder: 'aws-managed-policy-version-pairs', kind: () => 'identity', members: ['before', 'after'] },
  { folder: 'iam-guide-examples/policies', kind: (_file, text) => roleOrResource(text) },
  { folder: 'kms-guide-examples/policies', kind: keyOrIdentity },
  { folder: 'scp-examples', kind: () => 'scp' },
  // Beside the RCPs stand resource-based policies that follow the same pattern for services without RCP support.
  {
    folder: 'data-perimeter/resource_control_policies',
    kind: (file) => (file.includes('service_specific') ? 'resource' : 'rcp'),
  },
  { folder: 'data-perimeter/service_control_policies', kind: () => 'scp' },
  { folder: 'data-perimeter/vpc_endpoint_policies', kind: () => 'vpce' },
  { folder: 'kops-iam', kind: (_file, text) => roleOrResource(text) },
  { folder: 'validator-examples', kind: ofValidatorExample },
]

function roleOrResource(text: string): PolicyKind {
  if (!/"(?:Not)?Principal"/.test(text)) return 'identity'
  return /sts:AssumeRole/.test(text) && !/"(?:Not)?Resource"/.test(text) ? 'trust' : 'resource'
}

function keyOrIdentity(file: string, text: string): PolicyKind {
  if (!/"(?:Not)?Principal"/.test(text)) return 'identity'
  return file.startsWith('kms-vpc-endpoint-0') && !text.includes('aws:SourceVpce') ? 'vpce' : 'key'
}

function ofValidatorExample(file: string, text: string): PolicyKind {
  if (file.includes('resource-control-policies')) return 'rcp'
  return file.includes('kms-key-policy') ? 'key' : roleOrResource(text)
}

function policyFiles(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(?:json|yaml)$/.test(file))
    .sort()
}

describe.skipIf(!existsSync(corpora))('published policies', () => {
  const refused: Record<string, string> = {}
  for (const { folder, kind: kindOf, members } of CORPORA) {
    test(`${folder}: every policy loads, or is refused for its listed reason`, () => {
      const files = policyFiles(path.join(corpora, folder))
      expect(files.length).toBeGreaterThan(0)
      for (const file of files) {
        const text = readFileSync(path.join(corpora, folder, file), 'utf8')
        const kind = kindOf(file, text)
        for (const member of members ?? [undefined]) {
          const first = firstError(file, text, kind, member)
          if (first !== undefined) refused[`${folder}/${file}${member === undefined ? '' : `#${member}`}`] = first
        }
      }
      const listed = Object.entries(expected).filter(([file]) => file.startsWith(`${folder}/`))
      expect(Object.entries(refused).filter(([file]) => file.startsWith(`${folder}/`))).toEqual(listed)
    })
  }
})

/** The first error of a policy; undefined when it loads, and then it also survives printing. */
function firstError(name: string, text: string, kind: PolicyKind, member: string | undefined): string | undefined {
  const source = { name, text }
  const format = name.endsWith('.yaml') ? 'yaml' : 'json'
  const read = readSyntax(source, format)
  if (!read.ok) return read.error[0]?.message
  const node = nodeAt(read.value, member === undefined ? [] : [member])
  if (node === undefined) throw new Error(`${name} has no ${member}`)
  const parsed = parsePolicyNode(node, { source, format, pointer: member === undefined ? '' : `/${member}` }, kind)
  if (!parsed.ok) return parsed.error[0]?.message
  const again = parsePolicyValue(printPolicy(parsed.value), kind, name, { sizes: 'report' })
  expect(again.ok && again.value.statements).toEqual(parsed.value.statements)
  return undefined
}
